#include "small_store.h"

#include <fcntl.h>
#include <signal.h>

#include "base/io.h"
#include "base/must.h"
#include "base/scope.h"
#include "ingest/live.h"

/* Retention of a run beside an output that is behind. */

static enum feed no_feed(void *self, struct frame *frame, int64_t now_us)
{
    (void)self, (void)frame, (void)now_us;
    return FEED_IDLE;
}

static int no_descriptor(void *self)
{
    (void)self;
    return -1;
}

/* Some turns later the run is over. */
static int64_t stop_soon(void *self)
{
    int *turns = self;
    if (--*turns == 0)
        must(raise(SIGTERM) == 0);
    return service_now_us();
}

static void nothing_to_free(void *self)
{
    (void)self;
}

static const struct feeder_ops idle_ops = {no_descriptor, stop_soon, no_feed, nothing_to_free};

static void run_live(struct store *store, bool outputs_ignored)
{
    struct err err = {0};
    SCOPED(service) service = {0};
    int turns = 20;
    if (!service_begin(&service, &err))
        fail_msg("%s", err.text);
    SCOPED_FREE(field_table) *fields = field_table_new(STR_ABSENT, NULL, &err);
    SCOPED_FREE(live) *live = live_new(store, fields, &service);
    live_add(live, (struct feeder){&idle_ops, &turns});
    live_keep(live, TIME_DAY, 0, outputs_ignored);
    struct live_hooks hooks = {0};
    if (!live_run(live, &hooks, &err))
        fail_msg("%s", err.text);
}

static size_t count_lines(const char *path, const char *text)
{
    SCOPED(buf) bytes = BUF(1 << 20);
    struct err err = {0};
    size_t count = 0;
    assert_true(io_read_file(path, &bytes, &err));
    buf_add_char(&bytes, '\0');
    for (const char *at = bytes.data; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

/* What is told on stderr goes to the file. */
static void run_telling(struct store *store, bool outputs_ignored, const char *path)
{
    int before = dup(STDERR_FILENO), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(before >= 0 && file >= 0 && dup2(file, STDERR_FILENO) >= 0);
    run_live(store, outputs_ignored);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    close(before);
    close(file);
}

static void a_run_keeps_what_an_output_has_not_delivered(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = small_store(test_case); /* blocks of 1..3, 4..6, 7..9, 10..13 */
    char told[100];
    snprintf(told, sizeof told, "%s/told", test_case->folder);
    struct store_output output = {.name = STR("fleet"),
                                  .kind = STR("kafka"),
                                  .target = STR("h logs"),
                                  .state = STR("waiting"),
                                  .position = 7,
                                  .active = true};
    struct err err = {0};
    assert_true(store_output_set(store, &output, &err));
    run_telling(store, false, told);
    assert_true(str_starts(str_of(scan_text(store, &ASK_ALL, NULL)), STR("7=")));
    assert_int_equal(count_lines(told, "retention waits for an output"), 1);
    assert_int_equal(count_lines(told, "fleet"), 1);

    run_telling(store, true, told);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "13=tail|");
    assert_int_equal(count_lines(told, "retention waits"), 0);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_keeps_what_an_output_has_not_delivered, store_case_begin, store_case_end),
    };
    setenv("WINNOW_NOW", "2027-06-01T00:00:00Z", 1); /* long after T0 */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
