/* watch: what happens in a folder is told, and never keeps the one who is told from his work. */
#include "ingest/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"

static void expect(struct watch *watch, enum watch_what what, const char *name)
{
    char path[PATH_MAX + 16];
    struct watch_event event;
    (void)snprintf(path, sizeof path, "%s%s", scratch_path, name);
    assert_true(watch_next(watch, &event));
    assert_int_equal(event.what, what);
    assert_string_equal(event.path, path);
}

static void tells_what_happened(void **unused)
{
    (void)unused;
    struct watch_event event;
    SCOPED(watch) watch;
    watch_open(&watch);
    watch_folder(&watch, scratch_path);
    watch_begin(&watch);
    assert_false(watch_next(&watch, &event));
    scratch_write("a", STR("x"));
    watch_begin(&watch);
    expect(&watch, WATCH_NAMES, "");
    expect(&watch, WATCH_WRITTEN, "/a");
    assert_false(watch_next(&watch, &event));
}

/* Each event taken makes another: a log of the taker's own, say, in the folder. */
static void ends_a_turn_although_more_comes(void **unused)
{
    (void)unused;
    struct watch_event event;
    SCOPED(watch) watch;
    watch_open(&watch);
    watch_folder(&watch, scratch_path);
    scratch_write("a", STR("x"));
    for (int turn = 0; turn < 3; turn++) {
        unsigned taken = 0;
        watch_begin(&watch);
        while (watch_next(&watch, &event)) {
            assert_true(++taken < 100000);
            scratch_append("a", STR("x"));
        }
        assert_true(taken >= WATCH_READS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_what_happened, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(ends_a_turn_although_more_comes, scratch_enter, scratch_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
