/* expand: what words on the command line stand for. */
#include "ingest/expand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/scope.h"
#include "tests/unit/scratch.h"

static struct buf errors = {.size_max = 1 << 16};

static void collect(void *context, const struct err *err)
{
    assert_ptr_equal(context, &errors);
    buf_printf(&errors, "%s|", err->text);
}

static int enter(void **state)
{
    scratch_enter(state);
    buf_reset(&errors);
    must(mkdir("logs", 0755) == 0 && mkdir("logs/sub", 0755) == 0 && mkdir("logs/.hidden", 0755) == 0);
    static const char *const files[] = {"logs/b.log",         "logs/a.log",    "logs/sub/c.log",    "logs/.d.log",
                                        "logs/.hidden/e.log", "logs/store.db", "logs/store.db-wal", "other"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        scratch_write(files[i], str_of(files[i]));
    must(symlink("sub", "logs/link") == 0 && symlink("a.log", "logs/z.log") == 0 && symlink("x", "logs/gone") == 0);
    must(mkfifo("logs/fifo", 0600) == 0 && mkfifo("fifo", 0600) == 0);
    return 0;
}

static int leave(void **state)
{
    buf_release(&errors);
    return scratch_leave(state);
}

struct expected {
    const char *operands[4];
    const char *inputs; /* "path path", a '!' behind those that are named themselves */
    const char *errors;
};

static const struct expected cases[] = {
    {{"other"}, "other!", ""},
    {{"logs"}, "logs/a.log logs/b.log logs/sub/c.log", ""},
    {{"logs/"}, "logs/a.log logs/b.log logs/sub/c.log", ""},
    {{"logs/link"}, "logs/link/c.log", ""}, /* named itself, so it is followed */
    {{"logs", "logs/b.log"}, "logs/a.log logs/b.log! logs/sub/c.log", ""},
    {{"logs/.d.log"}, "logs/.d.log!", ""},
    {{"logs/store.db"}, "logs/store.db!", ""},
    {{"logs/?.log"}, "logs/a.log logs/b.log", ""}, /* z.log is a.log again */
    {{"log[s]"}, "logs/a.log logs/b.log logs/sub/c.log", ""},
    {{"logs/*.none"}, "", "logs/*.none: no file has a name like this|"},
    {{"nothing", "other"}, "other!", "nothing: No such file or directory|"},
    {{"other/x"}, "", "other/x: Not a directory|"},
    {{"-", "other", "-"}, "-! other!", ""},
    {{"fifo"}, "fifo!", ""},
    {{""}, "", ": No such file or directory|"},
};

static void operands(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct expand expand;
        buf_reset(&errors);
        expand_init(&expand, collect, &errors);
        expand_ignore_store(&expand, "logs/store.db");
        for (size_t k = 0; k < 4 && cases[i].operands[k] != NULL; k++)
            expand_operand(&expand, cases[i].operands[k]);
        SCOPED(buf) got = BUF(1 << 16);
        for (size_t k = 0; k < expand.count; k++)
            buf_printf(&got, "%s%s%s", k ? " " : "", expand.inputs[k].path, expand.inputs[k].named ? "!" : "");
        assert_string_equal(buf_str(&got).data, cases[i].inputs);
        assert_string_equal(buf_str(&errors).data, cases[i].errors);
        assert_int_equal(expand.failures, cases[i].errors[0] != '\0');
        expand_release(&expand);
    }
}

static void a_file_with_a_pattern_for_a_name(void **unused)
{
    (void)unused;
    scratch_write("logs/[ab].log", STR("x"));
    struct expand expand;
    expand_init(&expand, collect, &errors);
    expand_operand(&expand, "logs/[ab].log");
    assert_int_equal(expand.count, 1);
    assert_string_equal(expand.inputs[0].path, "logs/[ab].log");
    expand_release(&expand);
}

static void kinds_and_sizes(void **unused)
{
    (void)unused;
    struct expand expand;
    expand_init(&expand, collect, &errors);
    expand_operand(&expand, "-");
    expand_operand(&expand, "fifo");
    expand_operand(&expand, "other");
    assert_int_equal(expand.inputs[0].kind, INPUT_STDIN);
    assert_int_equal(expand.inputs[1].kind, INPUT_PIPE);
    assert_int_equal(expand.inputs[2].kind, INPUT_FILE);
    assert_int_equal(expand.inputs[2].size, 5);
    expand_release(&expand);
}

static void too_deep(void **unused)
{
    (void)unused;
    SCOPED(buf) path = BUF(4096);
    buf_add_text(&path, "logs/sub");
    for (unsigned i = 0; i < EXPAND_DEPTH_MAX; i++) {
        buf_add_text(&path, "/d");
        must(mkdir(path.data, 0755) == 0);
    }
    struct expand expand;
    expand_init(&expand, collect, &errors);
    expand_operand(&expand, "logs");
    assert_int_equal(expand.failures, 1);
    assert_int_equal(expand.count, 5); /* store.db and store.db-wal: nobody said they are a store */
    expand_release(&expand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(operands, enter, leave),
        cmocka_unit_test_setup_teardown(a_file_with_a_pattern_for_a_name, enter, leave),
        cmocka_unit_test_setup_teardown(kinds_and_sizes, enter, leave),
        cmocka_unit_test_setup_teardown(too_deep, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
