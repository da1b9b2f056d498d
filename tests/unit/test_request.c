#include "counts_case.h"

#include "store/request.h"

/* ---- Requests -------------------------------------------------------------------------------------------------------------- */

static void requests_are_counted_by_minute_and_endpoint(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    int64_t t0 = T0 / TIME_MINUTE * TIME_MINUTE;
    put_run(batch, 1, "/a", 0);
    put_request(batch, "/r", "eve", 200, 10, 0, t0);
    put_request(batch, "/s", NULL, 404, -1, 0, t0 + 59 * TIME_SECOND);
    put_request(batch, "/r", "bob", 500, 30, 0, t0 + 1);
    put_request(batch, "/r", "eve", 429, 20, 0, t0 + 2);
    put_request(batch, "/r", "eve", 201, 7, 0, t0 + 25 * TIME_MINUTE);
    put_request(batch, "/r", "eve", 200, 8, 0, t0 + TIME_MINUTE); /* late */
    put_commit(store, batch);
    assert_string_equal(requests(store), "0 api GET /r 3/1/1 20|0 api GET /s 1/0/1 -1|1 api GET /r 1/0/0 8|"
                                         "25 api GET /r 1/0/0 7|");
    assert_string_equal(requests_between(store, t0 + TIME_MINUTE, t0 + 2 * TIME_MINUTE), "1 api GET /r 1/0/0 8|");
    assert_string_equal(requests_between(store, t0 + 2 * TIME_MINUTE, TIME_NONE), "25 api GET /r 1/0/0 7|");
    assert_string_equal(requests_between(store, TIME_NONE, t0 + 1), "0 api GET /r 3/1/1 20|0 api GET /s 1/0/1 -1|");
    put_run(batch, 1, "/a", 1000);
    put_request(batch, "/s", "eve", 200, 3, 0, t0);
    put_commit(store, batch);
    assert_string_equal(requests_between(store, TIME_NONE, t0 + 1), "0 api GET /r 3/1/1 20|0 api GET /s 2/0/1 3|");
    assert_string_equal(users(store), "0 eve 5|0 bob 1|");
    store_free(store);
}

static void pending_requests_count_until_they_are_replaced(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    put_request(batch, "/r", "eve", 200, 10, 0, T0);
    put_request(batch, "/half", "bob", 503, 20, RECORD_TAIL | RECORD_NO_NEWLINE, T0);
    put_commit(store, batch);
    assert_string_equal(requests(store), "0 api GET /r 1/0/0 10|0 api GET /half 1/1/0 20|");
    assert_string_equal(users(store), "0 eve 1|0 bob 1|");
    put_run(batch, 1, "/a", 10);
    put_request(batch, "/half/whole", "bob", 503, 20, RECORD_TAIL | RECORD_NO_NEWLINE, TIME_NONE);
    put_commit(store, batch);
    assert_string_equal(users(store), "0 eve 1|- bob 1|");
    put_run(batch, 1, "/a", 10);
    put_request(batch, "/half/whole", "bob", 200, 20, 0, T0 + TIME_MINUTE);
    put_commit(store, batch);
    assert_string_equal(requests(store), "0 api GET /r 1/0/0 10|1 api GET /half/whole 1/0/0 20|");
    assert_string_equal(users(store), "0 eve 1|0 bob 1|");
    store_free(store);
}

struct sums {
    uint64_t requests, others, rows;
};

static bool sum_requests(void *context, const struct request_count *count)
{
    struct sums *sums = context;
    sums->requests += count->requests;
    sums->others += count->other ? count->requests : 0;
    sums->rows++;
    return true;
}

static bool sum_users(void *context, const struct user_count *count)
{
    struct sums *sums = context;
    sums->requests += count->requests;
    sums->others += count->user.data ? 0 : count->requests;
    sums->rows++;
    return true;
}

static void endpoints_and_users_are_bounded_and_sums_exact(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    enum { COUNT = 3000 };
    put_run(batch, 1, "/a", 0);
    for (unsigned i = 0; i < COUNT; i++) {
        char text[64];
        snprintf(text, sizeof text, "%u", i);
        struct str name = arena_str(&batch->arena, str_of(text));
        struct batch_endpoint endpoint = {name, STR("GET"), name}; /* services without number, too */
        put_line(batch, STR("x"), 0, T0 / HOUR * HOUR);
        struct batch_request request = {batch->record_count - 1, batch_tell_endpoint(batch, &endpoint),
                                        batch_tell_user(batch, name), 200, 1};
        batch_tell_request(batch, &request);
    }
    put_commit(store, batch);
    struct sums sums = {0};
    struct err err = {0};
    assert_true(store_request_counts(store, TIME_NONE, TIME_NONE, sum_requests, &sums, &err));
    assert_true(sums.requests == COUNT && sums.others == COUNT - ENDPOINTS_MAX);
    assert_int_equal(sums.rows, ENDPOINTS_MAX + ENDPOINTS_OTHER);
    sums = (struct sums){0};
    assert_true(store_user_counts(store, TIME_NONE, TIME_NONE, sum_users, &sums, &err));
    assert_true(sums.requests == COUNT && sums.others == COUNT - HOUR_USERS_MAX && sums.rows == HOUR_USERS_MAX + 1);
    store_free(store);
}

/* ---- Damage -------------------------------------------------------------------------------------------------------------------- */

static bool ignore_request(void *context, const struct request_count *count)
{
    return context == NULL && count->requests > 0;
}

static bool ignore_user(void *context, const struct user_count *count)
{
    return context == NULL && count->requests > 0;
}

static void damaged_rows_are_told(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    struct err err = {0};
    SCOPED(arena) arena = {0};
    struct str *texts;
    size_t count;
    put_run(batch, 1, "/a", 0);
    put_request(batch, "/r", "eve", 200, 10, 0, T0);
    batch_tell_template(batch, STR("a template"), 0);
    put_commit(store, batch);
    run_sql(store, "UPDATE pack SET body = x'05ffff' WHERE id >> 40 = 1");
    assert_false(store_templates(store, &arena, &texts, &count, &err));
    assert_int_equal(err.kind, ERR_CORRUPT);
    run_sql(store, "UPDATE pack SET body = x'0141' WHERE id >> 40 = 4"); /* a text of one byte */
    assert_true(store_user_counts(store, TIME_NONE, TIME_NONE, ignore_user, NULL, &err));
    run_sql(store, "UPDATE pack SET body = x'024101' WHERE id >> 40 = 4");
    assert_false(store_user_counts(store, TIME_NONE, TIME_NONE, ignore_user, NULL, &err));
    run_sql(store, "UPDATE pack SET body = x'0600000100000501' WHERE id >> 40 = 5");
    assert_false(store_request_counts(store, TIME_NONE, TIME_NONE, ignore_request, NULL, &err));
    assert_int_equal(err.kind, ERR_CORRUPT);
    run_sql(store, "DELETE FROM pack WHERE id >> 40 = 3"); /* the endpoints */
    assert_false(store_request_counts(store, TIME_NONE, TIME_NONE, ignore_request, NULL, &err));
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(test) cmocka_unit_test_setup_teardown(test, store_case_begin, store_case_end)
        CASE(requests_are_counted_by_minute_and_endpoint),
        CASE(pending_requests_count_until_they_are_replaced),
        CASE(endpoints_and_users_are_bounded_and_sums_exact),
        CASE(damaged_rows_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
