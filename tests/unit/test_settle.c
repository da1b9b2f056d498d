#include "hot_case.h"

#include <signal.h>
#include <sys/wait.h>

/* 1 a "one" 2 b "x" 3 a "two" 4 [a pending, replaced] 5 a "pending" 6 [b pending] 7 a "three" */
static struct store *hot_store(const struct store_case *test_case)
{
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("one"), 0, T0);
    put_fact(batch, KIND_AUTH_FAILURE | KIND_ERROR)->user = STR("eve");
    put_position(batch);
    put_run(batch, 2, "/b", 0);
    put_line(batch, STR("x"), RECORD_UNPARSED, TIME_NONE);
    put_position(batch);
    commit_hot(store, batch);
    put_run(batch, 1, "/a", 4);
    put_line(batch, STR("two"), 0, TIME_NONE); /* lent */
    put_line(batch, STR("pen"), RECORD_TAIL, T0 + 2);
    put_fact(batch, KIND_DENIAL);
    put_position(batch);
    commit_hot(store, batch);
    put_run(batch, 1, "/a", 8);
    put_line(batch, STR("pending"), 0, T0 + 3);
    put_fact(batch, KIND_DENIAL);
    put_position(batch);
    put_run(batch, 2, "/b", 2);
    put_line(batch, STR("bp"), RECORD_TAIL | RECORD_NO_NEWLINE, T0 + 4);
    put_fact(batch, KIND_ERROR);
    put_position(batch);
    put_run(batch, 1, "/a", 16);
    put_line(batch, STR("three"), 0, INT64_MIN + 1);
    put_position(batch);
    commit_hot(store, batch);
    return store;
}

static const char hot_lines[] = "1=one|2=x|3=two|5=pending|6=bp|7=three|";

/* Everything a scan tells of the records, and all counts, as one text. */
static void describe(struct store *store, struct buf *out)
{
    struct err err = {0};
    struct scan_record rec;
    SCOPED(arena) arena = {0};
    struct store_source *sources;
    size_t count;
    SCOPED_FREE(scan) *scan = scan_new(store, &ASK_ALL, &err);
    assert_non_null(scan);
    while (scan_next(scan, &rec, &err) == 1)
        buf_printf(out, "%llu %lld %.*s @%llu %lld %x %x %x %x\n", (unsigned long long)rec.number,
                   (long long)rec.source, STR_ARG(rec.record.raw), (unsigned long long)rec.record.offset,
                   (long long)rec.record.time_us, rec.record.flags, rec.record.level, rec.record.kinds,
                   rec.record.format);
    assert_true(store_sources(store, &arena, &sources, &count, &err));
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%llu %llu %llu %lld %lld %llu+%llu\n", (unsigned long long)sources[i].records,
                   (unsigned long long)sources[i].unparsed, (unsigned long long)sources[i].raw_bytes,
                   (long long)sources[i].time_min, (long long)sources[i].time_max,
                   (unsigned long long)sources[i].state.position, (unsigned long long)sources[i].state.pending_bytes);
    buf_printf(out, "%lld %lld %lld\n", (long long)ask_sql(store, "SELECT group_concat(record) FROM fact_auth"),
               (long long)ask_sql(store, "SELECT sum(record) FROM fact_denial"),
               (long long)ask_sql(store, "SELECT sum(record * moment) FROM fact_error"));
}

static void settling_changes_nothing_but_the_place(void **state)
{
    struct store *store = hot_store(*state);
    SCOPED(buf) before = BUF(65536);
    SCOPED(buf) after = BUF(65536);
    describe(store, &before);
    expect(store, true, "");
    assert_int_equal(store_hot_records(store), 5);
    settle_all(store);
    describe(store, &after);
    assert_string_equal(after.data, before.data);
    expect(store, true, "");
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM hot"), 1); /* the pending one */
    assert_int_equal(ask_sql(store, "SELECT first_record * 10000 + slots * 100 + records FROM block"), 10705);
    assert_false(settle_some(store, BATCH_BYTES_TARGET));
    struct store_case *test_case = *state;
    put_hot(store, test_case->batch, 2, "/b", 2, "bpend", 0); /* which is replaced as ever */
    settle_all(store);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=one|2=x|3=two|5=pending|7=three|8=bpend|");
    expect(store, true, "");
    store_free(store);
}

static void each_record_is_found_by_number_before_and_after(void **state)
{
    static const char *const lines[] = {"one", "x", "two", NULL, "pending", "bp", "three", NULL};
    struct store_case *test_case = *state;
    struct store *store = hot_store(test_case);
    struct store *reader = store_case_open(test_case, STORE_READ); /* what it keeps in mind is older, then */
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++) {
            struct scan_record rec;
            struct err err = {0};
            bool found = store_fetch(reader, i + 1, true, &rec, &err);
            assert_true(found == (lines[i] != NULL));
            assert_true(found ? str_equal(rec.record.raw, str_of(lines[i])) : err.kind == ERR_MISSING);
        }
        if (round == 0)
            settle_all(store);
    }
    store_free(reader);
    store_free(store);
}

static void a_scan_that_began_before_goes_on(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = hot_store(test_case);
    struct store *reader = store_case_open(test_case, STORE_READ);
    struct err err = {0};
    struct scan_record rec;
    struct scan *scan = scan_new(reader, &ASK_ALL, &err);
    settle_all(store);
    for (const char *number = hot_lines; number[1] != '\0'; number = strchr(number + 1, '|')) {
        assert_int_equal(scan_next(scan, &rec, &err), 1);
        assert_int_equal(rec.number, strtoull(number + (*number == '|'), NULL, 10));
    }
    assert_int_equal(scan_next(scan, &rec, &err), 0);
    assert_string_equal(scan_text(reader, &ASK_ALL, NULL), hot_lines);
    scan_free(scan);
    store_free(reader);
    store_free(store);
}

/* The analyzer is asked for the shapes only: it may know other fields and rules than the one before. */
static void what_the_rows_say_stays(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = hot_store(test_case);
    struct err err = {0};
    bool any;
    SCOPED(buf) before = BUF(65536);
    SCOPED(buf) after = BUF(65536);
    describe(store, &before);
    struct batch *batch = test_case->batch;
    struct store_encoder *encoder = store_encoder_new();
    assert_true(store_settle_take(store, batch, 4096, &any, &err) && any);
    assert_int_equal(batch->record_count, 7);
    for (uint32_t i = 0; i < batch->record_count; i++) {
        struct record *rec = &batch->records[i];
        assert_int_equal(rec->flags & RECORD_TAIL, i == 3 || i == 5 ? RECORD_TAIL : 0);
        assert_int_equal(rec->raw.size == 0, i == 3 || i == 5);
        rec->time_us = 17;
        rec->flags |= RECORD_UNPARSED;
        rec->flags &= (uint8_t)~RECORD_TIME_BORROWED;
        rec->level = LEVEL_CRITICAL;
        rec->kinds = KIND_RATE_LIMIT;
        rec->format = FORMAT_LOGFMT;
    }
    batch_add_fact(batch)->kinds = KIND_RATE_LIMIT;
    store_settle_encode(encoder, batch);
    assert_true(store_settle(store, batch, &err));
    describe(store, &after);
    assert_string_equal(after.data, before.data);
    expect(store, true, "");
    store_encoder_free(encoder);
    store_free(store);
}

/* Rows go as they come, interleaved; still a source has one row for its stretch of bytes. */
static void sources_that_interleave_have_a_run_each(void **state)
{
    enum { SOURCES = 20, ROUNDS = 50 };
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    char name[16];
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 1; i <= SOURCES; i++) {
            snprintf(name, sizeof name, "/%u", i);
            put_run(batch, i, name, round * 5);
            put_line(batch, STR("line"), 0, T0 + round);
            put_position(batch);
        }
        commit_hot(store, batch);
    }
    settle_all(store);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM run"), SOURCES);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM run WHERE first = source - 1 AND slots = 50 AND records = 50 "
                                    "AND offset_from = 0 AND offset_to = 250 AND raw_bytes = 250"),
                     SOURCES);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM block"), 1);
    expect(store, true, "");
    struct scan_record rec;
    struct err err = {0};
    assert_true(store_fetch(store, 37 * SOURCES + 5, true, &rec, &err));
    assert_true(rec.source == 5 && rec.record.offset == 37 * 5);
    int64_t source = 7;
    struct scan_ask ask = ASK_ALL;
    ask.sources = &source;
    ask.source_count = 1;
    ask.after = 40 * SOURCES;
    assert_string_equal(scan_text(store, &ask, NULL),
                        "807=line|827=line|847=line|867=line|887=line|907=line|927=line|947=line|967=line|987=line|");
    store_free(store);
}

static void blocks_end_at_the_limits(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    uint64_t offset = 0;
    for (unsigned i = 0; i < 5; i++)
        offset = put_hot(store, batch, 1, "/a", offset, "four bytes and more", 0);
    assert_true(settle_some(store, 20)); /* the record that reaches the limit is the last */
    assert_int_equal(ask_sql(store, "SELECT slots FROM block WHERE id = 1"), 2);
    assert_int_equal(store_hot_records(store), 3);
    assert_int_equal(store_hot_bytes(store), 60);
    /* Numbers that replaced records had in great number are in no block. */
    run_sql(store, "UPDATE meta SET value = 40000 WHERE key = 'next_record'");
    store_free(store);
    store = store_case_open(test_case, STORE_WRITE);
    put_hot(store, batch, 1, "/a", offset, "the last", 0);
    settle_all(store);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM block"), 3);
    assert_int_equal(ask_sql(store, "SELECT first_record * 10 + slots FROM block WHERE id = 2"), 33);
    assert_int_equal(ask_sql(store, "SELECT first_record * 10 + slots FROM block WHERE id = 3"), 400001);
    expect(store, true, "");
    put_run(batch, 1, "/a", offset + 9);
    for (unsigned i = 0; i < BATCH_RECORDS_MAX; i++)
        put_line(batch, STR("n"), i % 2 ? RECORD_NO_NEWLINE : 0, T0 + i);
    put_position(batch);
    uint64_t end = batch->sources[0].position;
    commit_hot(store, batch);
    put_hot(store, batch, 1, "/a", end, "next", 0);
    settle_all(store);
    assert_int_equal(ask_sql(store, "SELECT slots FROM block WHERE id = 4"), BATCH_RECORDS_MAX);
    assert_int_equal(ask_sql(store, "SELECT slots FROM block WHERE id = 5"), 1);
    expect(store, true, "");
    store_free(store);
}

static void large_records_settle(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    uint64_t end = put_hot(store, batch, 1, "/a", 0, "small", 0);
    char *line = malloc(RECORD_BYTES_MAX);
    memset(line, 'x', RECORD_BYTES_MAX);
    for (unsigned i = 0; i < 2; i++) {
        put_run(batch, 1, "/a", end);
        put_line(batch, str_from(line, RECORD_BYTES_MAX), RECORD_PIECE | RECORD_NO_NEWLINE, T0);
        put_position(batch);
        end = batch->sources[0].position;
        commit_hot(store, batch);
    }
    free(line);
    settle_all(store);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM block"), 2);
    expect(store, true, "");
    store_free(store);
}

static void other_batches_may_come_between(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = hot_store(test_case);
    struct err err = {0};
    bool any;
    struct batch *batch = batch_new();
    struct store_encoder *encoder = store_encoder_new();
    assert_true(store_settle_take(store, batch, 4096, &any, &err) && any);
    put_hot(store, test_case->batch, 2, "/b", 2, "bp, whole", 0); /* replaces 6, which is a hole of the batch */
    store_settle_encode(encoder, batch);
    assert_true(store_settle(store, batch, &err));
    assert_true(store_hot_records(store) == 1 && store_hot_bytes(store) == 10);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=one|2=x|3=two|5=pending|7=three|8=bp, whole|");
    expect(store, true, "");
    settle_all(store);
    expect(store, true, "");
    batch_free(batch);
    store_encoder_free(encoder);
    store_free(store);
}

static void a_failure_leaves_the_rows(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = hot_store(test_case);
    struct err err = {0};
    bool any;
    run_sql(store, "INSERT INTO block VALUES (1, 900, 1, 1, 0, 0, 1, NULL, NULL, 1, x'', x'', x'')");
    assert_true(store_settle_take(store, test_case->batch, 4096, &any, &err) && any);
    struct store_encoder *encoder = store_encoder_new();
    store_settle_encode(encoder, test_case->batch);
    assert_false(store_settle(store, test_case->batch, &err));
    run_sql(store, "DELETE FROM block");
    assert_int_equal(store_hot_records(store), 5);
    expect(store, true, "");
    /* The same batch can be tried again. */
    if (!store_settle(store, test_case->batch, &err))
        fail_msg("%s", err.text);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), hot_lines);
    expect(store, true, "");
    store_encoder_free(encoder);
    store_free(store);
}

static void damaged_rows_are_an_error_that_names_them(void **state)
{
    static const char *const damages[] = {
        "UPDATE hot SET level = 99 WHERE record = 3",
        "UPDATE hot SET offset = -1 WHERE record = 3",
        "UPDATE hot SET offset = 9223372036854775807 WHERE record = 3",
        "UPDATE hot SET raw = NULL WHERE record = 3",
    };
    struct store_case *test_case = *state;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct store *store = hot_store(test_case);
        struct err err = {0};
        bool any;
        if (i + 1 < sizeof damages / sizeof *damages)
            run_sql(store, damages[i]);
        else
            run_sql(store, "UPDATE hot SET kinds = -1 WHERE record = 3");
        assert_false(store_settle_take(store, test_case->batch, 4096, &any, &err));
        assert_int_equal(err.kind, ERR_CORRUPT);
        assert_non_null(strstr(err.text, "record 3 "));
        batch_reset(test_case->batch);
        store_free(store);
        store_case_clear(test_case);
    }
}

/* Killed between its commits, a run leaves rows behind. */
static void who_comes_next_settles_what_was_left(void **state)
{
    struct store_case *test_case = *state;
    pid_t child = fork();
    if (child == 0) {
        hot_store(test_case);
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    struct store *store = store_case_open(test_case, STORE_WRITE);
    assert_int_equal(store_hot_records(store), 5);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), hot_lines);
    settle_all(store);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), hot_lines);
    expect(store, true, "");
    store_free(store);
}

static void words_of_settled_records_are_indexed(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    uint64_t end = 0;
    for (unsigned i = 0; i < 70; i++) { /* more than a segment */
        char line[64];
        snprintf(line, sizeof line, "request req_%04u done", i);
        end = put_hot(store, batch, 1, "/a", end, line, 0);
        settle_all(store);
    }
    struct scan_ask ask = ASK_ALL;
    struct scan_counts counts;
    ask.word = STR("req_0033");
    assert_string_equal(scan_text(store, &ask, &counts), "34=request req_0033 done|");
    assert_true(counts.index_used && counts.blocks == 1 && counts.blocks_read == 1);
    expect(store, true, "");
    store_free(store);
}

static void keeping_works_beside_hot_rows(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = hot_store(test_case);
    struct err err = {0};
    char path[96];
    snprintf(path, sizeof path, "%s/copy", test_case->folder);
    struct backup_ask backup = {.path = path};
    struct backup_result copied;
    if (!store_backup(store, &backup, &copied, &err))
        fail_msg("%s", err.text);
    struct store *copy = store_open(path, STORE_READ, &err);
    assert_string_equal(scan_text(copy, &ASK_ALL, NULL), hot_lines);
    store_free(copy);
    settle_all(store);
    put_hot(store, test_case->batch, 1, "/a", 22, "new", 0);
    struct prune_ask prune = {.before_us = T0 + TIME_SECOND, .now_us = T0 + 2 * TIME_SECOND};
    struct prune_result result;
    if (!store_prune(store, &prune, &result, &err))
        fail_msg("%s", err.text);
    assert_true(result.blocks == 1 && result.records == 5);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "6=bp|8=new|"); /* the pending one lay within the block */
    assert_int_equal(ask_sql(store, "SELECT time_min - 1795000000000000 FROM source_file WHERE id = 1"), 22);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM fact_error"), 1);
    expect(store, true, "");
    settle_all(store);
    expect(store, true, "");
    store_free(store);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, store_case_begin, store_case_end)
    const struct CMUnitTest tests[] = {
        CASE(settling_changes_nothing_but_the_place),
        CASE(each_record_is_found_by_number_before_and_after),
        CASE(a_scan_that_began_before_goes_on),
        CASE(what_the_rows_say_stays),
        CASE(sources_that_interleave_have_a_run_each),
        CASE(blocks_end_at_the_limits),
        CASE(large_records_settle),
        CASE(other_batches_may_come_between),
        CASE(a_failure_leaves_the_rows),
        CASE(damaged_rows_are_an_error_that_names_them),
        CASE(who_comes_next_settles_what_was_left),
        CASE(words_of_settled_records_are_indexed),
        CASE(keeping_works_beside_hot_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
