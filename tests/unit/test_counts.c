#include "counts_case.h"

#include "base/hash.h"

/* ---- Errors --------------------------------------------------------------------------------------------------------------- */

static void errors_are_counted_by_hour_and_template(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    put_error(batch, "disk", 0, T0);
    put_error(batch, "disk", 0, T0 + 1);
    put_error(batch, "net", 0, T0 + HOUR);
    put_error(batch, "disk", 0, T0 + 2 * HOUR);
    put_line(batch, STR("no error"), 0, T0);
    put_fact(batch, KIND_DENIAL)->template = STR("refused");
    put_line(batch, STR("an error without template or time"), 0, TIME_NONE);
    put_fact(batch, KIND_ERROR);
    put_commit(store, batch);
    /* A neighbour lends its time to what has none. */
    assert_string_equal(errors(store), "0 disk 2|0 - 1|1 net 1|2 disk 1|");
    assert_string_equal(errors_between(store, T0 + HOUR, TIME_NONE), "1 net 1|2 disk 1|");
    assert_string_equal(errors_between(store, TIME_NONE, T0 / HOUR * HOUR + HOUR), "0 disk 2|0 - 1|");
    assert_string_equal(errors_between(store, T0 / HOUR * HOUR + HOUR - 1, T0 / HOUR * HOUR + HOUR + 1),
                        "0 disk 2|0 - 1|1 net 1|");
    assert_string_equal(errors_between(store, T0 + 5 * HOUR, TIME_NONE), "");
    put_run(batch, 1, "/a", 100);
    put_error(batch, "net", 0, T0 + HOUR);
    put_commit(store, batch);
    assert_string_equal(errors_between(store, T0 + HOUR, T0 + HOUR + 1), "1 net 2|");
    assert_int_equal(ask_view(test_case, "SELECT sum(count) FROM error_count"), 6);
    assert_int_equal(ask_view(test_case, "SELECT count(*) FROM error_event"), 6);
    assert_int_equal(ask_view(test_case, "SELECT sum(count) FROM error_count WHERE template = 'disk'"), 3);
    assert_int_equal(ask_view(test_case, "SELECT count FROM error_template WHERE template = 'net'"), 2);
    store_free(store);
}

static void errors_without_any_time_have_an_hour_of_their_own(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(test_case->batch, 1, "/a", 0);
    put_error(test_case->batch, "disk", 0, TIME_NONE);
    put_commit(store, test_case->batch);
    assert_string_equal(errors(store), "- disk 1|");
    assert_string_equal(errors_between(store, INT64_MIN + 1, TIME_NONE), "");
    assert_string_equal(errors_between(store, TIME_NONE, INT64_MAX), "");
    assert_string_equal(templates(store), "disk 1 ?-? 1-1|");
    assert_int_equal(ask_view(test_case, "SELECT count(*) FROM error_count WHERE hour IS NULL AND hour_us IS NULL"), 1);
    store_free(store);
}

static void pending_errors_are_taken_back(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    put_error(batch, "disk", 0, T0);
    put_error(batch, "hal", RECORD_TAIL | RECORD_NO_NEWLINE, T0 + 1);
    put_commit(store, batch);
    assert_string_equal(errors(store), "0 disk 1|0 hal 1|");
    put_run(batch, 1, "/a", 9);
    put_error(batch, "half", 0, T0 + 1);
    put_commit(store, batch);
    assert_string_equal(errors(store), "0 disk 1|0 half 1|");
    assert_string_equal(templates(store), "disk 1 0-0 1-1|half 1 1-1 3-3|");
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM error_hour WHERE count = 0"), 0);
    store_free(store);
}

static void settling_counts_nothing_again(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (uint64_t i = 0; i < 3; i++) {
        put_run(batch, 1, "/a", i * 19);
        put_error(batch, "disk", 0, T0);
        put_request(batch, "/r", "eve", 200, 5, 0, T0);
        commit_hot(store, batch);
    }
    assert_string_equal(errors(store), "0 disk 3|");
    assert_string_equal(requests(store), "0 api GET /r 3/0/0 5|");
    settle_all(store);
    assert_string_equal(errors(store), "0 disk 3|");
    assert_string_equal(requests(store), "0 api GET /r 3/0/0 5|");
    assert_string_equal(users(store), "0 eve 3|");
    store_free(store);
}

static void pruning_takes_what_goes(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (int64_t i = 0; i < 3; i++) {
        put_run(batch, 1, "/a", (uint64_t)i * 100);
        put_error(batch, "disk", 0, T0 + i * HOUR);
        put_error(batch, i == 0 ? "old" : "new", 0, T0 + i * HOUR);
        put_request(batch, "/r", "eve", 503, 1, 0, T0 + i * HOUR);
        put_commit(store, batch);
    }
    struct prune_ask ask = {.before_us = T0 + HOUR, .now_us = T0};
    struct prune_result result;
    struct err err = {0};
    assert_true(store_prune(store, &ask, &result, &err));
    assert_int_equal(result.blocks, 1);
    assert_string_equal(errors(store), "1 disk 1|1 new 1|2 disk 1|2 new 1|");
    assert_non_null(strstr(templates(store), "disk 3 "));
    assert_non_null(strstr(templates(store), "old 1 0-0 2-2|"));
    assert_string_equal(requests(store), "60 api GET /r 1/1/0 1|120 api GET /r 1/1/0 1|");
    assert_string_equal(users(store), "1 eve 1|2 eve 1|");
    ask.before_us = T0 + 100 * HOUR;
    assert_true(store_prune(store, &ask, &result, &err));
    assert_string_equal(errors(store), "");
    assert_string_equal(requests(store), "");
    assert_string_equal(users(store), "");
    assert_non_null(strstr(templates(store), "disk 3 "));
    store_free(store);
}

/* ---- Templates ------------------------------------------------------------------------------------------------------------- */

static size_t kept(struct store *store, struct arena *arena, struct str **ret)
{
    struct err err = {0};
    size_t count;
    if (!store_templates(store, arena, ret, &count, &err))
        fail_msg("%s", err.text);
    return count;
}

/* Each of an origin of its own, nearly. */
static void put_templates(struct batch *batch, unsigned from, unsigned to, unsigned origins)
{
    char text[64];
    for (unsigned i = from; i < to; i++) {
        snprintf(text, sizeof text, "template %u", i);
        batch_tell_template(batch, arena_str(&batch->arena, str_of(text)), i % origins);
    }
}

static void templates_are_kept_once_and_in_order(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    SCOPED(arena) arena = {0};
    struct str *texts;
    for (unsigned i = 0; i < 3; i++) { /* each time another writer, which knows only what is in the file */
        struct store *store = store_case_open(test_case, STORE_WRITE);
        put_run(batch, 1, "/a", i * 2);
        put_line(batch, STR("x"), 0, T0);
        put_templates(batch, i * 1000, i * 1000 + 2000, TEMPLATE_ORIGINS);
        put_commit(store, batch);
        store_free(store);
    }
    struct store *store = store_case_open(test_case, STORE_READ);
    assert_int_equal(kept(store, &arena, &texts), 4000);
    for (unsigned i = 0; i < 4000; i++) {
        char text[64];
        snprintf(text, sizeof text, "template %u", i);
        assert_true(str_equal(texts[i], str_of(text)));
    }
    store_free(store);
}

static void templates_are_bounded_and_errors_beyond_are_other(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    SCOPED(arena) arena = {0};
    struct str *texts;
    char text[64];
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("x"), 0, T0);
    put_templates(batch, 0, 3 * TEMPLATES_ORIGIN_MAX, 2);
    put_commit(store, batch);
    assert_int_equal(kept(store, &arena, &texts), 2 * TEMPLATES_ORIGIN_MAX);
    put_run(batch, 1, "/a", 2);
    put_line(batch, STR("x"), 0, T0);
    put_templates(batch, 10000, 10000 + 2 * TEMPLATES_QUIET_MAX, TEMPLATE_ORIGINS);
    put_commit(store, batch);
    assert_int_equal(kept(store, &arena, &texts), TEMPLATES_QUIET_MAX);
    unsigned more = TEMPLATES_MAX - TEMPLATES_QUIET_MAX + 7;
    put_run(batch, 1, "/a", 4);
    for (unsigned i = 0; i < more; i++) {
        snprintf(text, sizeof text, "error %u", i);
        put_line(batch, STR("x"), 0, T0);
        put_fact(batch, KIND_ERROR)->template = arena_str(&batch->arena, str_of(text));
    }
    put_commit(store, batch);
    assert_int_equal(kept(store, &arena, &texts), TEMPLATES_MAX);
    assert_int_equal(ask_sql(store, "SELECT sum(count) FROM error_hour"), more);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM error_hour"), TEMPLATES_MAX - TEMPLATES_QUIET_MAX + 1);
    assert_int_equal(ask_view(test_case, "SELECT count FROM error_count WHERE template = 'other'"), 7);
    assert_int_equal(ask_view(test_case, "SELECT count FROM error_template WHERE template = 'other'"), 7);
    store_free(store);
    store = store_case_open(test_case, STORE_WRITE); /* and again by one who has to read it back */
    put_run(batch, 1, "/a", 4 + more * 2);
    put_line(batch, STR("x"), 0, T0);
    put_fact(batch, KIND_ERROR)->template = STR("error 5003");
    put_line(batch, STR("x"), 0, T0);
    put_fact(batch, KIND_ERROR)->template = STR("error 1");
    put_commit(store, batch);
    assert_int_equal(ask_view(test_case, "SELECT count FROM error_count WHERE template = 'other'"), 8);
    assert_int_equal(ask_view(test_case, "SELECT count FROM error_count WHERE template = 'error 1'"), 2);
    struct prune_ask ask = {.before_us = T0 + HOUR, .now_us = T0};
    struct prune_result result;
    struct err err = {0};
    assert_true(store_prune(store, &ask, &result, &err));
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM error_hour"), 0);
    assert_int_equal(ask_view(test_case, "SELECT count FROM error_template WHERE template = 'other'"), 8);
    store_free(store);
}

/* ---- Ids of patterns --------------------------------------------------------------------------------------------------------- */

static const char *known(struct store *store, const char *text)
{
    static char found[64];
    char id[32];
    struct err err = {0};
    SCOPED(arena) arena = {0};
    struct str template;
    snprintf(id, sizeof id, "p%016llx", (unsigned long long)hash_bytes(text, strlen(text), 0));
    if (!store_pattern_known(store, str_of(id), &arena, &template, &err))
        fail_msg("%s", err.text);
    snprintf(found, sizeof found, "%s", text_of(template));
    return found;
}

static void ids_once_given_stay_known(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    struct err err = {0};
    bool due;
    SCOPED(arena) arena = {0};
    struct str mined;
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("x"), 0, T0);
    put_templates(batch, 0, 3, 1);
    put_commit(store, batch);
    assert_true(store_patterns_due(store, &due, &err) && due);
    struct store_pattern patterns[] = {{hash_bytes("a pattern", 9, 0), 1}, {hash_bytes("template 2", 10, 0), 2}};
    assert_true(store_patterns_mined(store, &arena, &mined, &err) && mined.data == NULL);
    assert_true(store_patterns_given(store, patterns, 2, STR("mined"), &err));
    assert_true(store_patterns_due(store, &due, &err) && !due);
    patterns[0].template = 2; /* the first to be given stays */
    assert_true(store_patterns_given(store, patterns, 2, STR_ABSENT, &err));
    store_free(store);
    store = store_case_open(test_case, STORE_READ);
    assert_string_equal(known(store, "a pattern"), "template 1");
    assert_string_equal(known(store, "template 0"), "template 0");
    assert_string_equal(known(store, "template 2"), "template 2");
    assert_string_equal(known(store, "never"), "-");
    struct str template;
    assert_true(store_patterns_mined(store, &arena, &mined, &err) && str_equal(mined, STR("mined")));
    assert_true(store_pattern_known(store, STR("pxyz"), &arena, &template, &err) && template.data == NULL);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM pack WHERE id >> 40 = 2"), 1);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(test) cmocka_unit_test_setup_teardown(test, store_case_begin, store_case_end)
        CASE(errors_are_counted_by_hour_and_template),
        CASE(errors_without_any_time_have_an_hour_of_their_own),
        CASE(pending_errors_are_taken_back),
        CASE(settling_counts_nothing_again),
        CASE(pruning_takes_what_goes),
        CASE(templates_are_kept_once_and_in_order),
        CASE(templates_are_bounded_and_errors_beyond_are_other),
        CASE(ids_once_given_stay_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
