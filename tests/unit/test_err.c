#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/must.h"

static void sets_kind_and_text(void **state)
{
    (void)state;
    struct err err;
    assert_false(err_set(&err, ERR_USAGE, 0, "option '%s': %d", "--lines", 7));
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(err.sys, 0);
    assert_string_equal(err.text, "option '--lines': 7");
}

static void appends_the_system_s_words(void **state)
{
    (void)state;
    struct err err;
    assert_false(err_set(&err, ERR_IO, ENOENT, "open '%s'", "a.log"));
    assert_int_equal(err.kind, ERR_IO);
    assert_int_equal(err.sys, ENOENT);
    assert_string_equal(err.text, "open 'a.log': No such file or directory");
}

static void tells_a_full_disk_apart(void **state)
{
    (void)state;
    static const struct {
        enum err_kind kind;
        int sys;
        enum err_kind expected;
    } cases[] = {
        {ERR_IO, ENOSPC, ERR_FULL},
        {ERR_IO, EDQUOT, ERR_FULL},
        {ERR_IO, EIO, ERR_IO},
        {ERR_MISSING, ENOSPC, ERR_MISSING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err;
        err_set(&err, cases[i].kind, cases[i].sys, "write");
        assert_int_equal(err.kind, cases[i].expected);
    }
}

static void adds_context_in_front(void **state)
{
    (void)state;
    struct err err;
    err_set(&err, ERR_CORRUPT, 0, "block %d is damaged", 3);
    assert_false(err_within(&err, "store '%s'", "w.db"));
    assert_string_equal(err.text, "store 'w.db': block 3 is damaged");
    assert_int_equal(err.kind, ERR_CORRUPT);
}

static void may_quote_its_own_text(void **state)
{
    (void)state;
    struct err err;
    err_set(&err, ERR_IO, 0, "inner");
    err_set(&err, ERR_FORMAT, 0, "outer (%s)", err.text);
    assert_string_equal(err.text, "outer (inner)");
    err_within(&err, "again %s", err.text);
    assert_string_equal(err.text, "again outer (inner): outer (inner)");
}

static void long_text_is_cut(void **state)
{
    (void)state;
    char text[3 * ERR_TEXT_MAX];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    struct err err;
    err_set(&err, ERR_IO, EIO, "%s", text);
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
    err_within(&err, "%s", "context");
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
    assert_memory_equal(err.text, "context: xxx", 12);
}

static void nobody_may_care(void **state)
{
    (void)state;
    assert_false(err_set(NULL, ERR_IO, EIO, "open"));
    assert_false(err_within(NULL, "context"));
}

static void must_aborts(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        must(child != 0);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_kind_and_text),      cmocka_unit_test(appends_the_system_s_words),
        cmocka_unit_test(tells_a_full_disk_apart), cmocka_unit_test(adds_context_in_front),
        cmocka_unit_test(may_quote_its_own_text),  cmocka_unit_test(long_text_is_cut),
        cmocka_unit_test(nobody_may_care),         cmocka_unit_test(must_aborts),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
