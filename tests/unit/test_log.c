/* log: the lines a service writes about itself. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"

static int pipes[2], stderr_before;

static int enter(void **unused)
{
    (void)unused;
    must(setenv("WINNOW_NOW", "2026-11-20T12:00:00Z", 1) == 0);
    stderr_before = dup(STDERR_FILENO);
    must(stderr_before >= 0 && pipe(pipes) == 0 && dup2(pipes[1], STDERR_FILENO) >= 0);
    return 0;
}

static int leave(void **unused)
{
    (void)unused;
    must(dup2(stderr_before, STDERR_FILENO) >= 0);
    close(stderr_before);
    close(pipes[0]);
    close(pipes[1]);
    must(unsetenv("JOURNAL_STREAM") == 0);
    return 0;
}

static void written(const char *expected)
{
    char text[8192];
    ssize_t size = read(pipes[0], text, sizeof text - 1);
    must(size > 0);
    text[size] = '\0';
    assert_string_equal(text, expected);
}

/* First, as structure is for good. */
static void lines_for_people(void **unused)
{
    (void)unused;
    log_error("open '%s'", "a\x1b[31m");
    written("winnow: open 'a\\x1b[31m'\n");
    log_error_of("run", "no");
    written("winnow run: no\n");
}

static void lines_of_a_service(void **unused)
{
    (void)unused;
    log_structure();
    LOG_EVENT(LEVEL_INFO, "following", log_text("source", "/var/log/app.log"), log_number("position", -7));
    written("ts=2026-11-20T12:00:00Z level=info msg=\"following\" source=/var/log/app.log position=-7\n");
    LOG_EVENT(LEVEL_WARNING, "gap");
    written("ts=2026-11-20T12:00:00Z level=warning msg=\"gap\"\n");
    LOG_EVENT(LEVEL_ERROR, "say \"no\"", log_text("a", "x y"), log_text("b", ""), log_text("c", "k=v\\\n"),
              log_str("d", STR("\xff\x1b")), log_str("e", STR("\xc3\xa4")), log_text("f", NULL));
    written("ts=2026-11-20T12:00:00Z level=error msg=\"say \\\"no\\\"\" a=\"x y\" b=\"\" c=\"k=v\\\\\\n\" "
            "d=\"\\xff\\x1b\" e=\"\xc3\xa4\" f=\"\"\n");
    log_error("open '%s'", "a");
    written("ts=2026-11-20T12:00:00Z level=error msg=\"open 'a'\"\n");
    log_note("well");
    written("ts=2026-11-20T12:00:00Z level=notice msg=\"well\"\n");
}

static void lines_in_the_journal(void **unused)
{
    (void)unused;
    struct stat info;
    char stream[48];
    must(fstat(STDERR_FILENO, &info) == 0);
    (void)snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)info.st_dev,
                   (unsigned long long)info.st_ino);
    must(setenv("JOURNAL_STREAM", stream, 1) == 0);
    log_structure();
    LOG_EVENT(LEVEL_INFO, "following");
    written("<6>level=info msg=\"following\"\n");
    log_error("no");
    written("<3>level=error msg=\"no\"\n");
    must(setenv("JOURNAL_STREAM", "1:1", 1) == 0);
    log_structure();
    LOG_EVENT(LEVEL_CRITICAL, "elsewhere");
    written("ts=2026-11-20T12:00:00Z level=critical msg=\"elsewhere\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_for_people, enter, leave),
        cmocka_unit_test_setup_teardown(lines_of_a_service, enter, leave),
        cmocka_unit_test_setup_teardown(lines_in_the_journal, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
