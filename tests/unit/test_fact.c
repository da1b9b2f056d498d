#include "store_case.h"

struct seen {
    struct buf text;
    unsigned stop_after;
    unsigned count;
    struct store *store; /* to fetch from while visiting, or NULL */
};

static void add_part(struct buf *text, const char *name, struct str part)
{
    if (part.data != NULL)
        buf_printf(text, " %s=%.*s", name, STR_ARG(part));
}

static bool see(void *context, const struct fact_row *row)
{
    struct seen *seen = context;
    buf_printf(&seen->text, "%llu/%u", (unsigned long long)row->record, row->kinds);
    add_part(&seen->text, "user", row->user);
    add_part(&seen->text, "ip", row->client_ip);
    add_part(&seen->text, "service", row->service);
    add_part(&seen->text, "logger", row->logger);
    add_part(&seen->text, "method", row->method);
    add_part(&seen->text, "path", row->path);
    add_part(&seen->text, "template", row->template);
    buf_add_char(&seen->text, '|');
    if (seen->store != NULL) {
        struct scan_record rec;
        struct err err = {0};
        assert_true(store_fetch(seen->store, row->record, true, &rec, &err));
        assert_true(rec.number == row->record && rec.record.time_us == row->time_us && rec.source == row->source);
    }
    return ++seen->count != seen->stop_after;
}

static const char *facts(struct store *store, struct fact_ask ask)
{
    static char text[4096];
    struct seen seen = {.text = BUF(sizeof text - 1), .store = store};
    struct err err = {0};
    if (!store_facts(store, &ask, see, &seen, &err))
        fail_msg("%s", err.text);
    snprintf(text, sizeof text, "%s", seen.text.data ? seen.text.data : "");
    buf_release(&seen.text);
    return text;
}

#define ASK(...) ((struct fact_ask){.since_us = TIME_NONE, .until_us = TIME_NONE, __VA_ARGS__})

static struct store *some_facts(struct store_case *test_case)
{
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("1"), 0, T0);
    put_fact(batch, KIND_AUTH_FAILURE)->user = STR("eve");
    put_line(batch, STR("2"), 0, T0 + 1);
    put_line(batch, STR("3"), 0, T0 + 2);
    put_fact(batch, KIND_ERROR | KIND_RATE_LIMIT)->template = STR("too many");
    put_line(batch, STR("4"), 0, T0 + 3);
    put_fact(batch, KIND_AUTH_SUCCESS)->user = STR("adam");
    put_run(batch, 2, "/b", 0);
    put_line(batch, STR("5"), 0, TIME_NONE);
    put_fact(batch, KIND_DENIAL);
    put_commit(store, batch);
    put_run(batch, 2, "/b", 2);
    put_line(batch, STR("6"), RECORD_TAIL | RECORD_NO_NEWLINE, T0 + 3);
    put_fact(batch, KIND_AUTH_FAILURE | KIND_ERROR)->user = STR("eve");
    put_run(batch, 1, "/a", 10);
    put_line(batch, STR("7"), 0, T0 + 4);
    put_fact(batch, KIND_ERROR);
    put_commit(store, batch);
    return store;
}

static void kinds_times_and_sources_choose(void **state)
{
    struct store *store = some_facts(*state);
    assert_string_equal(
        facts(store, ASK(.kinds = 31)),
        "1/1 user=eve|3/4 template=too many|3/16 template=too many|4/2 user=adam|5/8|6/1 user=eve|6/16 user=eve|"
        "7/16|");
    assert_string_equal(facts(store, ASK(.kinds = KIND_AUTH_FAILURE)), "1/1 user=eve|6/1 user=eve|");
    assert_string_equal(facts(store, ASK(.kinds = KIND_AUTH_SUCCESS)), "4/2 user=adam|");
    assert_string_equal(facts(store, ASK(.kinds = KIND_AUTH_SUCCESS | KIND_AUTH_FAILURE)),
                        "1/1 user=eve|4/2 user=adam|6/1 user=eve|");
    assert_string_equal(facts(store, ASK(.kinds = KIND_RATE_LIMIT)), "3/4 template=too many|");
    assert_string_equal(facts(store, ASK(.kinds = 0)), "");
    struct fact_ask ask = {.kinds = 31, .since_us = T0 + 2, .until_us = T0 + 4};
    assert_string_equal(facts(store, ask),
                        "3/4 template=too many|3/16 template=too many|4/2 user=adam|6/1 user=eve|6/16 user=eve|");
    const int64_t second[] = {2};
    assert_string_equal(facts(store, ASK(.kinds = 31, .sources = second, .source_count = 1)),
                        "5/8|6/1 user=eve|6/16 user=eve|");
    assert_string_equal(facts(store, ASK(.kinds = 31, .sources = second, .source_count = 0)), "");
    store_free(store);
}

static void counts_are_those_of_the_facts(void **state)
{
    struct store *store = some_facts(*state);
    for (int64_t since_us = T0 - 1; since_us < T0 + 6; since_us++) {
        for (int64_t until_us = since_us; until_us < T0 + 7; until_us++) {
            uint64_t counts[KIND_COUNT];
            struct err err = {0};
            assert_true(store_fact_counts(store, since_us, until_us, counts, &err));
            for (unsigned i = 0; i < KIND_COUNT; i++) {
                struct fact_ask ask = {.kinds = (uint8_t)(1U << i), .since_us = since_us, .until_us = until_us};
                uint64_t count = 0;
                for (const char *text = facts(store, ask); *text != '\0'; text++)
                    count += *text == '|';
                assert_int_equal(counts[i], count);
            }
        }
    }
    store_free(store);
}

static void every_string_comes_back(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("x"), 0, T0);
    struct fact *fact = put_fact(batch, KIND_ERROR);
    fact->user = STR("u\xff");
    fact->client_ip = STR("2001:db8::1");
    fact->service = STR("");
    fact->logger = STR("l");
    fact->method = STR("GET");
    fact->path = STR("/items/17");
    fact->template = STR("no item <*>");
    put_line(batch, STR("y"), 0, T0);
    fact = put_fact(batch, KIND_DENIAL);
    fact->path = STR("/items");
    fact->template = STR("not this one");
    put_commit(store, batch);
    assert_string_equal(facts(store, ASK(.kinds = 31)),
                        "1/16 user=u\xff ip=2001:db8::1 service= logger=l method=GET path=/items/17 "
                        "template=no item <*>|2/8 path=/items template=not this one|");
    store_free(store);
}

static void long_strings_are_cut_between_characters(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    char text[301];
    memset(text, 'x', sizeof text);
    memcpy(text + 198, "\xe2\x82\xac", 3); /* would be cut in its middle */
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("x"), 0, T0);
    struct fact *fact = put_fact(batch, KIND_ERROR);
    fact->path = str_from(text, 300);
    fact->template = str_from(text, 300);
    put_commit(store, batch);
    char expected[700];
    snprintf(expected, sizeof expected, "1/16 path=%.198s template=%.300s|", text, text);
    assert_string_equal(facts(store, ASK(.kinds = 31)), expected);
    store_free(store);
}

/* Whether it is met for the first time or kept as a name and a number. */
static void every_path_comes_back_each_time(void **state)
{
    static const char *const paths[] = {"/items/17",
                                        "/items/0",
                                        "/items/007",
                                        "/items/00",
                                        "/v1",
                                        "42",
                                        "/",
                                        "/x/999999999999999999",
                                        "/x/1000000000000000000",
                                        "/x/99999999999999999999999",
                                        "/\xff/5",
                                        "/a b-1"};
    enum { PATHS = sizeof paths / sizeof *paths, ROUNDS = 3 };
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    char expected[4000] = "";
    size_t size = 0;
    put_run(batch, 1, "/a", 0);
    for (int i = 0; i < PATHS * ROUNDS; i++) {
        put_line(batch, STR("x"), 0, T0);
        put_fact(batch, KIND_DENIAL)->path = str_of(paths[i % PATHS]);
        size += (size_t)snprintf(expected + size, sizeof expected - size, "%d/8 path=%s|", i + 1, paths[i % PATHS]);
    }
    put_commit(store, batch);
    assert_string_equal(facts(store, ASK(.kinds = 31)), expected);
    store_free(store);
}

static void put_login(struct store *store, struct batch *batch, uint64_t offset, const char *user)
{
    put_run(batch, 1, "/a", offset);
    put_line(batch, STR("x"), 0, T0);
    struct fact *fact = put_fact(batch, KIND_AUTH_FAILURE);
    fact->user = str_of(user);
    fact->service = STR("sshd");
    fact->template = STR("failed");
    put_commit(store, batch);
}

/* A source that nobody has written is found missing once the facts are in. */
static void fail_logins(struct store *store, struct batch *batch)
{
    struct err err = {0};
    batch_run_begin(batch, 99, 0, T0);
    for (int i = 0; i < 3; i++) {
        put_line(batch, STR("x"), 0, T0);
        struct fact *fact = put_fact(batch, KIND_AUTH_FAILURE);
        fact->user = STR("adam");
        fact->service = STR("login");
    }
    encode(batch);
    assert_false(store_commit(store, batch, &err));
    batch_reset(batch);
}

static int64_t count_rows(struct store *store, const char *statement)
{
    struct err err = {0};
    struct sqlite3_stmt *stmt = sql_use(&store->sql, statement, &err);
    assert_non_null(stmt);
    sql_bind_i64(stmt, 1, 1000);
    int64_t count = 0;
    while (sql_step(&store->sql, stmt, &err) == 1)
        count++;
    return count;
}

/* Also when another writer goes on, and after a transaction that failed. */
static void what_recurs_is_kept_once(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_login(store, batch, 0, "eve");
    enum { LEVELS = 7 };
    assert_int_equal(count_rows(store, "name_latest"), LEVELS + 2); /* sshd, failed; eve may never come again */
    put_login(store, batch, 2, "eve");
    put_login(store, batch, 4, "eve");
    assert_int_equal(count_rows(store, "name_latest"), LEVELS + 3);
    assert_int_equal(count_rows(store, "trait_latest"), 1);
    store_free(store);

    store = store_case_open(test_case, STORE_WRITE);
    put_login(store, batch, 6, "eve");
    fail_logins(store, batch);
    put_login(store, batch, 8, "adam");
    put_login(store, batch, 10, "adam");
    assert_int_equal(count_rows(store, "name_latest"), LEVELS + 4);
    assert_int_equal(count_rows(store, "trait_latest"), 1);
    assert_string_equal(facts(store, ASK(.kinds = 31)),
                        "1/1 user=eve service=sshd template=failed|2/1 user=eve service=sshd template=failed|"
                        "3/1 user=eve service=sshd template=failed|4/1 user=eve service=sshd template=failed|"
                        "5/1 user=adam service=sshd template=failed|6/1 user=adam service=sshd template=failed|");
    store_free(store);
}

static void a_missing_trait_is_damage(void **state)
{
    struct store *store = some_facts(*state);
    run_sql(store, "DELETE FROM trait WHERE id = 2");
    struct seen seen = {.text = BUF(4096)};
    struct err err = {0};
    struct fact_ask ask = ASK(.kinds = 31);
    assert_false(store_facts(store, &ask, see, &seen, &err));
    assert_int_equal(err.kind, ERR_CORRUPT);
    buf_release(&seen.text);
    store_free(store);
}

static void times_far_away_come_back(void **state)
{
    static const int64_t times[] = {TIME_NONE, -1, 0, INT64_C(253402300799999999), INT64_C(-62167219200000000)};
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        put_run(batch, (int64_t)i + 1, "/a", 0); /* or the first would borrow a time */
        put_line(batch, STR("x"), 0, times[i]);
        put_fact(batch, KIND_DENIAL);
    }
    put_commit(store, batch);
    assert_string_equal(facts(store, ASK(.kinds = 31)), "1/8|2/8|3/8|4/8|5/8|"); /* each with its record's time */
    struct fact_ask ask = {.kinds = 31, .since_us = INT64_MIN + 1, .until_us = 0};
    assert_string_equal(facts(store, ask), "2/8|5/8|");
    ask = (struct fact_ask){.kinds = 31, .since_us = 0, .until_us = INT64_MAX};
    assert_string_equal(facts(store, ask), "3/8|4/8|");
    store_free(store);
}

static void visiting_stops_when_told(void **state)
{
    struct store *store = some_facts(*state);
    struct seen seen = {.text = BUF(4096), .stop_after = 2};
    struct err err = {0};
    struct fact_ask ask = ASK(.kinds = 31);
    assert_true(store_facts(store, &ask, see, &seen, &err));
    assert_string_equal(seen.text.data, "1/1 user=eve|3/4 template=too many|");
    buf_release(&seen.text);
    store_free(store);
}

/* ---- More than a page, while the writer goes on ------------------------------------------------------------------------ */

enum { FACTS = 5000 };

struct counting {
    struct store *writer;
    struct batch *batch;
    uint64_t last;
    unsigned count;
};

static bool count_and_commit(void *context, const struct fact_row *row)
{
    struct counting *counting = context;
    assert_true(row->record > counting->last);
    counting->last = row->record;
    if (++counting->count == 10) { /* the tail becomes a line, with a new number */
        put_run(counting->batch, 1, "/a", 2 * FACTS);
        put_line(counting->batch, STR("tail, whole"), 0, T0);
        put_fact(counting->batch, KIND_AUTH_FAILURE);
        put_commit(counting->writer, counting->batch);
    }
    return true;
}

static void a_reading_sees_its_snapshot(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    for (int i = 0; i < FACTS; i++) {
        put_line(batch, STR("x"), 0, T0);
        put_fact(batch, KIND_AUTH_FAILURE);
    }
    put_line(batch, STR("tail"), RECORD_TAIL | RECORD_NO_NEWLINE, T0);
    put_fact(batch, KIND_AUTH_FAILURE);
    put_commit(store, batch);
    struct store *reader = store_case_open(test_case, STORE_READ);
    struct err err = {0};
    struct fact_ask ask = ASK(.kinds = 31);
    for (int round = 0; round < 2; round++) {
        struct counting counting = {.writer = store, .batch = batch, .count = round == 0 ? 0 : 10};
        assert_true(store_facts(reader, &ask, count_and_commit, &counting, &err));
        assert_int_equal(counting.count, FACTS + 1 + (round == 0 ? 0 : 10)); /* neither lost nor doubled */
        assert_true(counting.last == FACTS + 1 + (uint64_t)round);
    }
    store_free(reader);
    store_free(store);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(kinds_times_and_sources_choose),  CASE(counts_are_those_of_the_facts),
        CASE(every_string_comes_back),         CASE(long_strings_are_cut_between_characters),
        CASE(every_path_comes_back_each_time), CASE(what_recurs_is_kept_once),
        CASE(a_missing_trait_is_damage),       CASE(times_far_away_come_back),
        CASE(visiting_stops_when_told),        CASE(a_reading_sees_its_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
