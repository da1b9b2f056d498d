#include "small_store.h"

/* Records of an agent's source that came through a partition: what was not sent there is left out between them, their offsets only
 * grow, up to the highest there can be. And several such sources of one name. */

#define FAR (RECORD_OFFSET_MAX - 4000)

static void put_sparse(struct batch *batch, int64_t source, const char *cursor, uint64_t offset)
{
    batch_run_begin(batch, source, offset, T0);
    struct source_state state = {
        .id = source,
        .name = STR("/var/log/app.log"),
        .kind = SOURCE_KAFKA,
        .cursor = str_of(cursor),
        .modified_us = TIME_NONE,
        .read_us = TIME_NONE,
        .position = offset,
    };
    batch_set_source(batch, &state);
}

/* A line at an offset of its own; the source's position moves behind it. */
static void put_at(struct batch *batch, const char *text, uint64_t offset, uint8_t flags)
{
    struct record *rec = put_line(batch, str_of(text), flags, T0 + (int64_t)(offset % 1000));
    rec->offset = offset;
    uint64_t end = offset + strlen(text) + (record_has_newline(flags) ? 1 : 0);
    struct batch_run *run = &batch->runs[batch->run_count - 1];
    struct source_state state = *batch_source(batch, run->source);
    run->end = end;
    state.position = flags & RECORD_TAIL ? offset : end;
    state.pending_bytes = end - state.position;
    batch_set_source(batch, &state);
}

static void commit(struct store *store, struct batch *batch, bool hot)
{
    struct err err = {0};
    if (hot)
        batch->hot = true;
    else
        encode(batch);
    if (!store_commit(store, batch, &err))
        fail_msg("store_commit: %s", err.text);
    batch_reset(batch);
}

/* Two partitions bring the odd and the even lines of a file, by turns; each line of hundreds apart. */
static void put_turn(struct store *store, struct batch *batch, uint64_t from, bool hot)
{
    put_sparse(batch, 1, "logs/0 a1/fleet 7", from);
    put_at(batch, "one", from, 0);
    put_at(batch, "three", from + 200, RECORD_UNPARSED);
    put_sparse(batch, 2, "logs/1 a1/fleet 7", from + 100);
    put_at(batch, "two", from + 100, 0);
    put_sparse(batch, 1, "logs/0 a1/fleet 7", from + 400);
    put_at(batch, "five", from + 400, RECORD_NO_NEWLINE);
    commit(store, batch, hot);
}

static const char *offsets_of(struct store *store, const int64_t *source)
{
    static char text[2048];
    size_t size = 0;
    struct err err = {0};
    struct scan_ask ask = ASK_ALL;
    ask.sources = source;
    ask.source_count = source ? 1 : 0;
    struct scan *scan = scan_new(store, &ask, &err);
    struct scan_record rec, fetched;
    text[0] = '\0';
    while (scan_next(scan, &rec, &err) == 1) {
        size += (size_t)snprintf(text + size, sizeof text - size, "%lld@%llu=%.*s|", (long long)rec.source,
                                 (unsigned long long)rec.record.offset, STR_ARG(rec.record.raw));
        assert_true(store_fetch(store, rec.number, true, &fetched, &err));
        assert_true(fetched.record.offset == rec.record.offset && fetched.source == rec.source);
    }
    scan_free(scan);
    return text;
}

static const char *told(int64_t source, uint64_t from)
{
    static char text[2048];
    size_t size = 0;
    static const struct {
        int64_t source;
        uint64_t at;
        const char *text;
    } lines[] = {{1, 0, "one"}, {1, 200, "three"}, {2, 100, "two"}, {1, 400, "five"}};
    text[0] = '\0';
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (source == 0 || lines[i].source == source)
            size += (size_t)snprintf(text + size, sizeof text - size, "%lld@%llu=%s|", (long long)lines[i].source,
                                     (unsigned long long)(from + lines[i].at), lines[i].text);
    return text;
}

static void what_is_left_out_between_records_is_no_gap(void **state)
{
    static const uint64_t places[] = {0, 12345, UINT64_C(1) << 32, FAR};
    struct store_case *test_case = *state;
    const int64_t ids[] = {1, 2};
    for (size_t i = 0; i < 2 * sizeof places / sizeof *places; i++) {
        bool hot = i % 2;
        uint64_t from = places[i / 2];
        struct store *store = store_case_open(test_case, STORE_WRITE);
        put_turn(store, test_case->batch, from, hot);
        assert_string_equal(offsets_of(store, NULL), told(0, from));
        assert_string_equal(offsets_of(store, &ids[0]), told(1, from));
        assert_string_equal(offsets_of(store, &ids[1]), told(2, from));
        expect(store, true, "");
        put_turn(store, test_case->batch, from + 1000, true);
        expect(store, true, "");
        store_free(store);
        store_case_clear(test_case);
    }
}

static void hot_records_are_settled_with_their_offsets(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    struct store_encoder *encoder = store_encoder_new();
    struct err err = {0};
    bool any;
    put_turn(store, batch, FAR, true);
    assert_true(store_settle_take(store, batch, BATCH_BYTES_TARGET, &any, &err) && any);
    store_settle_encode(encoder, batch);
    if (!store_settle(store, batch, &err))
        fail_msg("%s", err.text);
    batch_reset(batch);
    store_encoder_free(encoder);
    assert_true(store_hot_records(store) == 0);
    assert_string_equal(offsets_of(store, NULL), told(0, FAR));
    expect(store, true, "");
    store_free(store);
}

static void a_pending_record_is_replaced_by_what_it_became(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_turn(store, batch, 1000, false);
    put_sparse(batch, 1, "logs/0 a1/fleet 7", 1404);
    put_at(batch, "gro", 1700, RECORD_TAIL | RECORD_NO_NEWLINE);
    commit(store, batch, true);
    expect(store, true, "");
    put_sparse(batch, 1, "logs/0 a1/fleet 7", 1700);
    put_at(batch, "grown", 1700, 0);
    put_at(batch, "next", 1900, 0);
    commit(store, batch, true);
    expect(store, true, "");
    char all[256];
    snprintf(all, sizeof all, "%s1@1700=grown|1@1900=next|", told(0, 1000));
    assert_string_equal(offsets_of(store, NULL), all);
    store_free(store);
}

static void pruned_stretches_are_proved_on(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (uint64_t n = 0; n < 4; n++)
        put_turn(store, test_case->batch, FAR + n * 900, false);
    struct prune_ask ask = {.before_us = TIME_NONE, .bytes_max = 1, .now_us = T0};
    struct prune_result result;
    struct err err = {0};
    struct store_output output = {.name = STR("fleet"),
                                  .kind = STR("kafka"),
                                  .target = STR("h logs"),
                                  .state = STR("idle"),
                                  .position = 8,
                                  .active = true};
    assert_true(store_output_set(store, &output, &err));
    assert_true(store_prune(store, &ask, &result, &err) && result.blocks == 2 && result.records == 8);
    expect(store, true, "");
    ask.outputs_ignored = true;
    assert_true(store_prune(store, &ask, &result, &err) && result.blocks == 2);
    expect(store, true, "");
    assert_string_equal(offsets_of(store, NULL), "");
    store_free(store);
}

/* What is not sparse is proved as before: a file's, and a partition's own. */
static void what_must_be_whole_is(void **state)
{
    struct store_case *test_case = *state;
    static const struct {
        const char *sql, *findings;
    } cases[] = {
        {"UPDATE source_file SET cursor = '17' WHERE id = 1", "gap 0|gap 0|gap 0|"},
        {"UPDATE source_file SET cursor = NULL WHERE id = 1", "gap 0|gap 0|gap 0|"},
        {"UPDATE source_file SET kind = 1 WHERE id = 2", "gap 0|"},
        {"UPDATE source_file SET position = position - 1 WHERE id = 1", "position 0|"},
        {"UPDATE source_file SET records = records + 1 WHERE id = 1", "source 0|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store *store = store_case_open(test_case, STORE_WRITE);
        put_turn(store, test_case->batch, 10, true);
        run_sql(store, cases[i].sql);
        struct heard heard = verify(store, true, NULL);
        if (strcmp(heard.text, cases[i].findings) != 0)
            fail_msg("%s: %s", cases[i].sql, heard.text);
        store_free(store);
        store_case_clear(test_case);
    }
}

/* Each record of thousands stands far behind the one before. */
static void full_blocks_of_jumps_are_kept(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    char line[32];
    put_sparse(test_case->batch, 1, "logs/0 a1/fleet 7", 0);
    for (uint64_t i = 0; i < BATCH_RECORDS_MAX; i++) {
        snprintf(line, sizeof line, "line %llu", (unsigned long long)i);
        put_at(test_case->batch, line, i * i * UINT64_C(30000000000), 0);
    }
    commit(store, test_case->batch, false);
    expect(store, true, "");
    struct err err = {0};
    struct scan_record rec;
    struct scan_ask ask = ASK_ALL;
    struct scan *scan = scan_new(store, &ask, &err);
    uint64_t count = 0;
    for (; scan_next(scan, &rec, &err) == 1; count++)
        assert_true(rec.record.offset == count * count * UINT64_C(30000000000));
    assert_int_equal(count, BATCH_RECORDS_MAX);
    scan_free(scan);
    store_free(store);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_left_out_between_records_is_no_gap),
        CASE(hot_records_are_settled_with_their_offsets),
        CASE(a_pending_record_is_replaced_by_what_it_became),
        CASE(pruned_stretches_are_proved_on),
        CASE(what_must_be_whole_is),
        CASE(full_blocks_of_jumps_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
