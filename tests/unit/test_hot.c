#include "hot_case.h"

#include <signal.h>
#include <sys/wait.h>

static struct store_source *read_sources(struct store *store, struct arena *arena)
{
    struct store_source *sources;
    size_t count;
    struct err err = {0};
    if (!store_sources(store, arena, &sources, &count, &err))
        fail_msg("%s", err.text);
    return sources;
}

static bool count_fact(void *context, const struct fact_row *row)
{
    (void)row;
    ++*(uint64_t *)context;
    return true;
}

static uint64_t count_facts(struct store *store, const struct fact_ask *ask)
{
    uint64_t count = 0;
    struct err err = {0};
    if (!store_facts(store, ask, count_fact, &count, &err))
        fail_msg("%s", err.text);
    return count;
}

#define FACTS_ALL ((struct fact_ask){.kinds = (1U << KIND_COUNT) - 1, .since_us = TIME_NONE, .until_us = TIME_NONE})

static void a_hot_batch_is_answerable_at_once(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct arena arena = {0};
    struct err err = {0};
    struct store *store = store_case_open(test_case, STORE_WRITE);
    struct store *reader = store_case_open(test_case, STORE_READ);
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("one"), 0, T0);
    put_fact(batch, KIND_AUTH_FAILURE | KIND_ERROR)->user = STR("eve");
    put_line(batch, STR("two"), RECORD_UNPARSED, T0 + 7);
    put_position(batch);
    put_run(batch, 2, "/b", 0);
    put_line(batch, STR("three"), 0, TIME_NONE);
    put_position(batch);
    commit_hot(store, batch);
    assert_string_equal(scan_text(reader, &ASK_ALL, NULL), "1=one|2=two|3=three|");
    struct scan_record rec;
    assert_true(store_fetch(reader, 2, true, &rec, &err));
    assert_true(str_equal(rec.record.raw, STR("two")) && rec.record.offset == 4 && rec.record.time_us == T0 + 7);
    assert_int_equal(count_facts(reader, &FACTS_ALL), 2);
    struct store_source *sources = read_sources(reader, &arena);
    assert_true(sources[0].records == 2 && sources[0].unparsed == 1 && sources[0].raw_bytes == 8);
    assert_true(sources[0].time_min == T0 && sources[0].time_max == T0 + 7);
    assert_true(store_hot_records(store) == 3 && store_hot_bytes(store) == 8 + 6);
    expect(reader, true, "");
    store_free(reader);
    store_free(store);
    store = store_case_open(test_case, STORE_WRITE); /* whoever comes next knows of them */
    assert_true(store_hot_records(store) == 3 && store_hot_bytes(store) == 8 + 6);
    arena_release(&arena);
    store_free(store);
}

static void a_pending_record_grows_from_batch_to_batch(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_hot(store, batch, 1, "/a", 0, "Trace", RECORD_TAIL); /* its line has ended: six bytes */
    assert_int_equal(ask_sql(store, "SELECT raw_bytes FROM source_file"), 6);
    assert_int_equal(ask_sql(store, "SELECT position * 100 + pending_bytes FROM source_file"), 6);
    expect(store, true, "");
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("Trace\n  at x"), RECORD_TAIL | RECORD_NO_NEWLINE, T0);
    put_fact(batch, KIND_ERROR);
    put_position(batch);
    commit_hot(store, batch);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "2=Trace\n  at x|");
    assert_int_equal(ask_sql(store, "SELECT raw_bytes FROM source_file"), 12);
    assert_true(store_hot_records(store) == 0 && store_hot_bytes(store) == 0);
    expect(store, true, "");
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("Trace\n  at xy"), 0, T0);
    put_fact(batch, KIND_ERROR);
    put_line(batch, STR("next"), RECORD_TAIL, T0);
    put_position(batch);
    commit_hot(store, batch);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "3=Trace\n  at xy|4=next|");
    assert_int_equal(count_facts(store, &FACTS_ALL), 1);
    assert_int_equal(ask_sql(store, "SELECT records * 1000 + raw_bytes FROM source_file"), 2000 + 14 + 5);
    assert_true(store_hot_records(store) == 1 && store_hot_bytes(store) == 14);
    expect(store, true, "");
    store_free(store);
}

/* A source may be read twice before its batch is committed. */
static void what_the_same_batch_replaces_is_not_kept(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (unsigned hot = 0; hot < 2; hot++) {
        uint64_t offset = hot * 14;
        put_run(batch, 1, "/a", offset);
        put_line(batch, STR("whole"), 0, T0);
        put_line(batch, STR("pen"), RECORD_TAIL | RECORD_NO_NEWLINE, T0);
        put_fact(batch, KIND_ERROR);
        put_run(batch, 2, "/b", hot * 4);
        put_line(batch, STR("bbb"), 0, T0);
        put_position(batch);
        put_run(batch, 1, "/a", offset + 6);
        put_line(batch, STR("pend"), RECORD_TAIL, T0);
        put_run(batch, 1, "/a", offset + 6);
        put_line(batch, STR("pending"), 0, T0);
        put_fact(batch, KIND_ERROR);
        put_line(batch, STR("last"), RECORD_TAIL, T0);
        put_position(batch);
        if (hot)
            commit_hot(store, batch);
        else
            put_commit(store, batch);
        expect(store, true, "");
    }
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=whole|3=bbb|5=pending|7=whole|9=bbb|11=pending|12=last|");
    assert_int_equal(count_facts(store, &FACTS_ALL), 2);
    assert_int_equal(ask_sql(store, "SELECT records FROM source_file WHERE id = 1"), 5);
    store_free(store);
}

static void times_are_lent_from_batch_to_batch(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct err err = {0};
    struct scan_record rec;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (unsigned i = 0; i < 3; i++) {
        put_run(batch, 1, "/a", i * 4);
        put_line(batch, STR("aaa"), 0, i == 1 ? T0 : TIME_NONE);
        put_run(batch, 2, "/b", i * 4);
        put_line(batch, STR("bbb"), 0, TIME_NONE);
        commit_hot(store, batch);
    }
    assert_true(store_fetch(store, 1, false, &rec, &err));
    assert_true(rec.record.time_us == TIME_NONE && rec.record.flags == 0); /* nothing was known then */
    assert_true(store_fetch(store, 5, false, &rec, &err));
    assert_true(rec.record.time_us == T0 && rec.record.flags == RECORD_TIME_BORROWED);
    assert_true(store_fetch(store, 6, false, &rec, &err));
    assert_true(rec.record.time_us == TIME_NONE);
    store_free(store);
}

/* Or blocks would not be in the order of record numbers. */
static void a_block_waits_until_the_hot_rows_are_settled(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_hot(store, batch, 1, "/a", 0, "one", 0);
    put_run(batch, 1, "/a", 4);
    put_line(batch, STR("two"), 0, T0);
    put_position(batch);
    encode(batch);
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        store_commit(store, batch, NULL);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    settle_all(store);
    struct err err = {0};
    assert_true(store_commit(store, batch, &err));
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=one|2=two|");
    expect(store, true, "");
    store_free(store);
}

static void only_what_came_after_is_read(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct err err = {0};
    struct store *store = small_store(test_case); /* records 1 .. 12, and the pending 13 */
    settle_all(store);
    put_run(batch, 1, "/a", 72);
    put_line(batch, STR("hot1"), 0, T0);
    put_fact(batch, KIND_ERROR);
    put_line(batch, STR("hot2"), 0, T0);
    commit_hot(store, batch);
    struct scan_ask ask = ASK_ALL;
    struct scan_counts counts;
    ask.after = 10;
    assert_string_equal(scan_text(store, &ask, &counts), "11=a1_00003|12=bbb|13=tail|14=hot1|15=hot2|");
    assert_int_equal(counts.blocks_read, 1);
    ask.after = 13; /* the pending one, whose number the block has, too */
    assert_string_equal(scan_text(store, &ask, &counts), "14=hot1|15=hot2|");
    assert_int_equal(counts.blocks_read, 0);
    ask.after = 14;
    assert_string_equal(scan_text(store, &ask, NULL), "15=hot2|");
    ask.after = UINT64_MAX;
    assert_string_equal(scan_text(store, &ask, NULL), "");
    struct scan *scan = scan_new(store, &ask, &err);
    assert_int_equal(scan_last_number(scan), 15);
    scan_free(scan);
    uint64_t newest = 0;
    assert_true(store_last_number(store, &newest, &err));
    assert_int_equal(newest, 15);
    /* Who is left out for want of a time is not counted again. */
    ask = (struct scan_ask){.since_us = T0, .until_us = TIME_NONE, .after = 11};
    assert_string_equal(scan_text(store, &ask, &counts), "14=hot1|15=hot2|");
    assert_int_equal(counts.records_without_time, 2);
    uint64_t last = 0;
    struct fact_ask facts = FACTS_ALL;
    facts.ret_last_number = &last;
    assert_int_equal(count_facts(store, &facts), 4 * 2 + 1);
    assert_int_equal(last, 15);
    facts.after = 10;
    assert_int_equal(count_facts(store, &facts), 2 + 1);
    facts.after = 14;
    assert_int_equal(count_facts(store, &facts), 0);
    store_free(store);
}

static bool look_at_pending(void *context, const struct fact_row *fact)
{
    bool *seen = context;
    if (fact->record == 1)
        assert_null(fact->pending);
    else
        *seen = fact->pending->number == 2 && str_equal(fact->pending->record.raw, STR("two"));
    return true;
}

/* A commit may replace one before it could be fetched: who finds it is given all of it. */
static void pending_records_come_whole(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("one"), 0, T0);
    put_fact(batch, KIND_ERROR);
    put_line(batch, STR("two"), RECORD_TAIL, T0);
    put_fact(batch, KIND_ERROR);
    commit_hot(store, batch);
    bool seen = false;
    struct fact_ask facts = FACTS_ALL;
    struct err err;
    assert_true(store_facts(store, &facts, look_at_pending, &seen, &err));
    assert_true(seen);
    struct scan_ask ask = ASK_ALL;
    struct scan_record rec;
    ask.textless = true;
    struct scan *scan = scan_new(store, &ask, &err);
    assert_int_equal(scan_next(scan, &rec, &err), 1);
    assert_null(rec.record.raw.data);
    assert_int_equal(scan_next(scan, &rec, &err), 1);
    assert_true(str_equal(rec.record.raw, STR("two")));
    scan_free(scan);
    store_free(store);
}

static void facts_of_pending_records_can_be_left_out(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("one"), 0, T0);
    put_fact(batch, KIND_ERROR);
    put_line(batch, STR("two"), RECORD_TAIL, T0);
    put_fact(batch, KIND_ERROR);
    commit_hot(store, batch);
    struct fact_ask ask = FACTS_ALL;
    assert_int_equal(count_facts(store, &ask), 2);
    ask.after = 1;
    assert_int_equal(count_facts(store, &ask), 1);
    ask.final = true;
    assert_int_equal(count_facts(store, &ask), 0);
    ask.after = 0;
    assert_int_equal(count_facts(store, &ask), 1);
    store_free(store);
}

static void what_is_known_of_followed_sources_comes_back(void **state)
{
    struct store_case *test_case = *state;
    struct arena arena = {0};
    struct store *store = store_case_open(test_case, STORE_WRITE);
    struct source_state written = {.id = 1,
                                   .name = STR("journal:sshd.service"),
                                   .kind = SOURCE_JOURNAL,
                                   .modified_us = TIME_NONE,
                                   .read_us = TIME_NONE,
                                   .cursor = STR("s=1;i=2"),
                                   .rotations = 3,
                                   .truncations = 4,
                                   .defaults = {STR("shop"), STR("Europe/Berlin"), FORMAT_JSON}};
    batch_set_source(test_case->batch, &written);
    written.id = 2;
    written.cursor = STR_ABSENT;
    written.defaults = (struct source_defaults){0};
    batch_set_source(test_case->batch, &written);
    commit_hot(store, test_case->batch);
    struct store_source *sources = read_sources(store, &arena);
    assert_true(str_equal(sources[0].state.cursor, STR("s=1;i=2")) && sources[0].state.kind == SOURCE_JOURNAL);
    assert_true(sources[0].state.rotations == 3 && sources[0].state.truncations == 4);
    assert_null(sources[1].state.cursor.data);
    struct source_defaults defaults = sources[0].state.defaults;
    assert_true(str_equal(defaults.service, STR("shop")) && str_equal(defaults.timezone, STR("Europe/Berlin")));
    assert_int_equal(defaults.format, FORMAT_JSON);
    defaults = sources[1].state.defaults;
    assert_true(!defaults.service.data && !defaults.timezone.data && defaults.format == FORMAT_NONE);
    assert_int_equal(ask_view(test_case, "SELECT count(*) FROM source WHERE kind = 'journal' AND rotations = 3 AND "
                                         "truncations = 4"),
                     2);
    arena_release(&arena);
    store_free(store);
}

static void put_gap(struct batch *batch, uint64_t offset, uint64_t bytes, enum gap_reason reason)
{
    struct batch_gap gap = {.source = 1, .offset = offset, .bytes = bytes, .reason = (uint8_t)reason, .found_us = T0};
    batch_add_gap(batch, &gap);
}

static void gaps_are_told_counted_and_no_damage(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct err err = {0};
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_gap(batch, 0, 100, GAP_SKIPPED);
    put_hot(store, batch, 1, "/a", 100, "one", 0);
    expect(store, false, "");
    put_gap(batch, 104, 6, GAP_TRUNCATED);
    put_hot(store, batch, 1, "/a", 110, "two", 0);
    put_run(batch, 1, "/a", 200); /* it was not read from here to there */
    put_gap(batch, 114, 0, GAP_VANISHED);
    commit_hot(store, batch);
    expect(store, false, "");
    assert_int_equal(ask_view(test_case, "SELECT gaps FROM source"), 2);
    assert_int_equal(ask_view(test_case, "SELECT bytes FROM gap WHERE reason = 'skipped' AND source = '/a'"), 100);
    assert_int_equal(ask_view(test_case,
                              "SELECT count(*) FROM gap WHERE reason = 'vanished' AND bytes IS NULL AND "
                              "found = '2026-11-18T11:06:40Z' AND found_us = 1795000000000000 AND source_id = 1"),
                     1);
    put_hot(store, batch, 1, "/a", 300, "three", 0);
    expect(store, false, "");
    put_hot(store, batch, 1, "/a", 400, "four", 0); /* nobody tells why */
    expect(store, false, "gap 0|");
    run_sql(store, "UPDATE source_file SET position = 500");
    expect(store, false, "gap 0|position 0|");
    run_sql(store, "DELETE FROM source_gap WHERE reason = 3");
    expect(store, false, "gap 0|gap 0|position 0|source 0|");
    run_sql(store, "DELETE FROM source_gap WHERE reason = 4");
    expect(store, false, "gap 0|gap 0|gap 0|position 0|source 0|");
    struct batch_gap gap = {.source = 77, .reason = GAP_VANISHED};
    batch_add_gap(batch, &gap);
    assert_false(store_commit(store, batch, &err)); /* there is no such source */
    assert_int_equal(err.kind, ERR_CORRUPT);
    store_free(store);
}

static void durability_is_what_was_asked(void **state)
{
    struct store_case *test_case = *state;
    struct err err = {0};
    struct store *store = store_case_open(test_case, STORE_WRITE);
    assert_int_equal(ask_sql(store, "PRAGMA synchronous"), 1);
    assert_true(store_set_durability(store, STORE_FULL, &err));
    assert_int_equal(ask_sql(store, "PRAGMA synchronous"), 2);
    assert_true(store_set_durability(store, STORE_NORMAL, &err));
    assert_int_equal(ask_sql(store, "PRAGMA synchronous"), 1);
    store_free(store);
}

/* verify looks at hot rows as at blocks. */
static void tampering_with_hot_rows_is_found(void **state)
{
    static const struct {
        const char *tampering, *findings;
        bool deep;
    } cases[] = {
        {"DELETE FROM hot WHERE record = 1", "gap 0|source 0|", false},
        {"UPDATE hot SET raw = raw || 'x' WHERE record = 1", "overlap 0|source 0|", false},
        {"UPDATE hot SET raw = x'41'", "gap 0|position 0|source 0|", false},
        {"UPDATE hot SET flags = 64 WHERE record = 2", "hot 0|position 0|source 0|", false},
        {"UPDATE hot SET source = 9 WHERE record = 2", "position 0|source 0|", false},
        {"DELETE FROM fact_auth WHERE record = 1", "fact 0|", true},
        {"UPDATE fact_error SET moment = moment + 1 WHERE record = 1", "fact 0|", true},
        {"UPDATE hot SET kinds = 0 WHERE record = 1", "fact 0|", true},
        {"UPDATE meta SET value = 2 WHERE key = 'next_record'", "counter 0|", false},
    };
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store *store = store_case_open(test_case, STORE_WRITE);
        put_run(batch, 1, "/a", 0);
        put_line(batch, STR("one"), 0, T0);
        put_fact(batch, KIND_AUTH_FAILURE | KIND_ERROR);
        put_line(batch, STR("two"), 0, T0);
        put_position(batch);
        commit_hot(store, batch);
        expect(store, true, "");
        run_sql(store, cases[i].tampering);
        struct heard heard = verify(store, cases[i].deep, NULL);
        if (strcmp(heard.text, cases[i].findings) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].tampering, heard.text, cases[i].findings);
        store_free(store);
        store_case_clear(test_case);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, store_case_begin, store_case_end)
    const struct CMUnitTest tests[] = {
        CASE(a_hot_batch_is_answerable_at_once),
        CASE(a_pending_record_grows_from_batch_to_batch),
        CASE(what_the_same_batch_replaces_is_not_kept),
        CASE(times_are_lent_from_batch_to_batch),
        CASE(a_block_waits_until_the_hot_rows_are_settled),
        CASE(only_what_came_after_is_read),
        CASE(pending_records_come_whole),
        CASE(facts_of_pending_records_can_be_left_out),
        CASE(what_is_known_of_followed_sources_comes_back),
        CASE(gaps_are_told_counted_and_no_damage),
        CASE(durability_is_what_was_asked),
        CASE(tampering_with_hot_rows_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
