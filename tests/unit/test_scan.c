#include "store_case.h"

/* Three blocks and two hot records:
 *   1 a0 2 a1 (source 1)  3 b0 (source 2)      times T0, +1 s, none
 *   4 a2 5 [a3, hot]                            times +10 s, +11 s
 *   6 c0 7 c1 (source 3)  8 [b1, hot]           times +100 s, none (lent: +100 s), +5 s */
static struct store *three_blocks(struct store_case *test_case)
{
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("a0 id=req_0001"), 0, T0);
    put_line(batch, STR("a1 end"), 0, T0 + TIME_SECOND);
    put_run(batch, 2, "/b", 0);
    put_line(batch, STR("b0 id=req_0002"), 0, TIME_NONE);
    put_commit(store, batch);
    put_run(batch, 1, "/a", 22);
    put_line(batch, STR("a2 id=req_0001"), 0, T0 + 10 * TIME_SECOND);
    put_line(batch, STR("a3 id=req_0001"), RECORD_TAIL | RECORD_NO_NEWLINE, T0 + 11 * TIME_SECOND);
    put_commit(store, batch);
    put_run(batch, 3, "/c", 0);
    put_line(batch, STR("c0 id=req_0003"), 0, T0 + 100 * TIME_SECOND);
    put_line(batch, STR("c1"), 0, TIME_NONE);
    put_run(batch, 2, "/b", 15);
    put_line(batch, STR("b1 end"), RECORD_TAIL | RECORD_NO_NEWLINE, T0 + 5 * TIME_SECOND);
    put_commit(store, batch);
    return store;
}

#define EVERYTHING                                                                                                     \
    "1=a0 id=req_0001|2=a1 end|3=b0 id=req_0002|4=a2 id=req_0001|5=a3 id=req_0001|6=c0 id=req_0003|7=c1|8=b1 end|"

static void everything_comes_in_record_order(void **state)
{
    struct store *store = three_blocks(*state);
    struct scan_counts counts;
    assert_string_equal(scan_text(store, &ASK_ALL, &counts), EVERYTHING);
    assert_true(counts.blocks == 3 && counts.blocks_read == 3 && counts.blocks_damaged == 0);
    assert_true(counts.records_without_time == 0 && !counts.index_used);
    store_free(store);
}

static void time_ranges_are_half_open_and_prune(void **state)
{
    struct store *store = three_blocks(*state);
    static const struct {
        int64_t since, until; /* seconds after T0, -1 = open */
        const char *found;
        uint64_t read, timeless;
    } cases[] = {
        {-1, 1, "1=a0 id=req_0001|", 1, 1},
        {0, 1, "1=a0 id=req_0001|", 1, 1},
        {1, 10, "2=a1 end|8=b1 end|", 1, 1},
        {10, 11, "4=a2 id=req_0001|", 1, 1},
        {11, -1, "5=a3 id=req_0001|6=c0 id=req_0003|7=c1|", 1, 1},
        {101, -1, "", 0, 1},
        {50, 60, "", 0, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scan_ask ask = {
            .since_us = cases[i].since < 0 ? TIME_NONE : T0 + cases[i].since * TIME_SECOND,
            .until_us = cases[i].until < 0 ? TIME_NONE : T0 + cases[i].until * TIME_SECOND,
        };
        struct scan_counts counts;
        assert_string_equal(scan_text(store, &ask, &counts), cases[i].found);
        assert_true(counts.blocks_read == cases[i].read);
        assert_true(counts.records_without_time == cases[i].timeless);
    }
    store_free(store);
}

static void sources_prune(void **state)
{
    struct store *store = three_blocks(*state);
    struct scan_counts counts;
    struct scan_ask ask = ASK_ALL;
    const int64_t two[] = {2}, both[] = {3, 2}, none[] = {77};
    ask.sources = two;
    ask.source_count = 1;
    assert_string_equal(scan_text(store, &ask, &counts), "3=b0 id=req_0002|8=b1 end|");
    assert_true(counts.blocks_read == 1);
    ask.sources = both;
    ask.source_count = 2;
    assert_string_equal(scan_text(store, &ask, &counts), "3=b0 id=req_0002|6=c0 id=req_0003|7=c1|8=b1 end|");
    assert_true(counts.blocks_read == 2);
    ask.sources = none;
    ask.source_count = 1;
    assert_string_equal(scan_text(store, &ask, &counts), "");
    assert_true(counts.blocks_read == 0);
    ask.source_count = 0; /* an empty list is none, not all */
    assert_string_equal(scan_text(store, &ask, &counts), "");
    store_free(store);
}

static void sources_and_times_count_who_has_no_time(void **state)
{
    struct store *store = three_blocks(*state);
    struct scan_counts counts;
    const int64_t one[] = {1}, two[] = {2};
    struct scan_ask ask = {
        .since_us = T0 + 200 * TIME_SECOND, .until_us = TIME_NONE, .sources = one, .source_count = 1};
    assert_string_equal(scan_text(store, &ask, &counts), "");
    assert_true(counts.records_without_time == 0);
    ask.sources = two;
    assert_string_equal(scan_text(store, &ask, &counts), "");
    assert_true(counts.records_without_time == 1);
    ask.literal = STR("req_0002");
    assert_string_equal(scan_text(store, &ask, &counts), "");
    assert_true(counts.records_without_time == 1);
    ask.literal = STR("elsewhere");
    assert_string_equal(scan_text(store, &ask, &counts), "");
    assert_true(counts.records_without_time == 0);
    store_free(store);
}

static void words_prune_by_the_index(void **state)
{
    struct store *store = three_blocks(*state);
    struct scan_counts counts;
    struct scan_ask ask = ASK_ALL;
    ask.word = STR("req_0001");
    assert_string_equal(scan_text(store, &ask, &counts), "1=a0 id=req_0001|4=a2 id=req_0001|5=a3 id=req_0001|");
    assert_true(counts.index_used && counts.blocks_read == 2);
    ask.word = STR("req_0009");
    assert_string_equal(scan_text(store, &ask, &counts), "");
    assert_true(counts.index_used && counts.blocks_read == 0);
    ask.word = STR("end"); /* not in the index, but a glance shows where it is not */
    assert_string_equal(scan_text(store, &ask, &counts), "2=a1 end|8=b1 end|");
    assert_true(!counts.index_used && counts.blocks_read == 1);

    run_sql(
        store,
        "UPDATE word_bucket SET words = x'0102030405' WHERE id = (1 << 62) + (1 << 28); DELETE FROM word_bucket WHERE id = (1 << 62) + (2 << 28)");
    ask.word = STR("req_0001"); /* complete all the same */
    assert_string_equal(scan_text(store, &ask, &counts), "1=a0 id=req_0001|4=a2 id=req_0001|5=a3 id=req_0001|");
    store_free(store);
}

static void literals_stand_within_one_record(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    static const char *const lines[] = {"", "ab", "cab", "", "", "c", "abc", "", "abcabc", "ab\0", "c"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        put_line(batch, str_of(lines[i]), 0, T0);
    put_commit(store, batch);
    struct scan_ask ask = ASK_ALL;
    ask.literal = STR("abc");
    assert_string_equal(scan_text(store, &ask, NULL), "7=abc|9=abcabc|");
    ask.literal = STR("c");
    assert_string_equal(scan_text(store, &ask, NULL), "3=cab|6=c|7=abc|9=abcabc|11=c|");
    ask.literal = STR("");
    assert_string_equal(scan_text(store, &ask, NULL), "1=|2=ab|3=cab|4=|5=|6=c|7=abc|8=|9=abcabc|10=ab|11=c|");
    ask.literal = STR("abcabcabc");
    assert_string_equal(scan_text(store, &ask, NULL), "");
    store_free(store);
}

static void a_scan_sees_its_snapshot(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = three_blocks(test_case);
    struct store *reader = store_case_open(test_case, STORE_READ);
    struct err err = {0};
    struct scan *scan = scan_new(reader, &ASK_ALL, &err);
    assert_non_null(scan);
    struct scan_record rec;
    assert_int_equal(scan_next(scan, &rec, &err), 1);
    put_run(batch, 1, "/a", 37); /* replaces the tail a3 */
    put_line(batch, STR("a3 id=req_0001 whole"), 0, T0);
    put_line(batch, STR("a4"), 0, T0);
    put_commit(store, batch);
    uint64_t numbers = rec.number;
    while (scan_next(scan, &rec, &err) == 1) {
        assert_true(rec.number == numbers % 10 + 1);
        numbers = numbers * 10 + rec.number;
        if (rec.number == 5)
            assert_true(str_equal(rec.record.raw, STR("a3 id=req_0001")));
    }
    assert_true(numbers == 12345678);
    scan_free(scan);
    assert_string_equal(scan_text(reader, &ASK_ALL, NULL),
                        "1=a0 id=req_0001|2=a1 end|3=b0 id=req_0002|4=a2 id=req_0001|6=c0 id=req_0003|7=c1|8=b1 end|"
                        "9=a3 id=req_0001 whole|10=a4|");
    store_free(reader);
    store_free(store);
}

static void damaged_blocks_are_counted_and_left_out(void **state)
{
    static const char *const damages[] = {
        "UPDATE block SET body = zeroblob(length(body)) WHERE id = 2",
        "UPDATE block SET body = substr(body, 1, 20) WHERE id = 2",
        "UPDATE block SET directory = x'' WHERE id = 2",
        "UPDATE block SET slots = 1 WHERE id = 2",
        "UPDATE block SET slots = -1 WHERE id = 2",
        "UPDATE block SET records = 70000 WHERE id = 2",
        "UPDATE block SET first_record = 2 WHERE id = 2",
        "UPDATE block SET first_record = 9223372036854775807 WHERE id = 2",
        "UPDATE block SET codec = 9 WHERE id = 2",
        "UPDATE block SET body = 'text' WHERE id = 2",
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct store_case *test_case = *state;
        struct store *store = three_blocks(test_case);
        run_sql(store, damages[i]);
        struct scan_counts counts;
        const char *found = scan_text(store, &ASK_ALL, &counts);
        if (strcmp(found,
                   "1=a0 id=req_0001|2=a1 end|3=b0 id=req_0002|5=a3 id=req_0001|6=c0 id=req_0003|7=c1|8=b1 end|"))
            fail_msg("%s: %s", damages[i], found);
        assert_true(counts.blocks_damaged == 1 && counts.blocks == 3 && counts.blocks_read == 2);
        assert_true(counts.damaged[0] == 2);
        struct scan_record rec;
        struct err err = {0};
        assert_false(store_fetch(store, 4, true, &rec, &err));
        assert_true(err.kind == ERR_CORRUPT || err.kind == ERR_MISSING || err.kind == ERR_VERSION);
        store_free(store);
        store_case_end(state);
        store_case_begin(state);
    }
}

static void damaged_hot_records_are_counted_and_left_out(void **state)
{
    struct store *store = three_blocks(*state);
    run_sql(store, "UPDATE hot SET format = 200 WHERE record = 5; UPDATE hot SET flags = -1 WHERE record = 8");
    struct scan_counts counts;
    assert_string_equal(scan_text(store, &ASK_ALL, &counts),
                        "1=a0 id=req_0001|2=a1 end|3=b0 id=req_0002|4=a2 id=req_0001|6=c0 id=req_0003|7=c1|");
    assert_true(counts.blocks_damaged == 2 && counts.damaged[0] == 0 && counts.damaged[1] == 0);
    struct scan_record rec;
    struct err err = {0};
    assert_false(store_fetch(store, 5, true, &rec, &err));
    assert_int_equal(err.kind, ERR_CORRUPT);
    store_free(store);
}

static void records_are_fetched_by_number(void **state)
{
    struct store *store = three_blocks(*state);
    static const char *const raw[] = {"a0 id=req_0001", "a1 end", "b0 id=req_0002", "a2 id=req_0001", "a3 id=req_0001",
                                      "c0 id=req_0003", "c1",     "b1 end"};
    struct scan_record rec;
    struct err err = {0};
    for (uint64_t i = 0; i < 40; i++) {
        uint64_t number = 1 + i * 5 % 8;
        assert_true(store_fetch(store, number, true, &rec, &err));
        assert_true(rec.number == number && str_equal(rec.record.raw, str_of(raw[number - 1])));
    }
    assert_true(store_fetch(store, 8, true, &rec, &err));
    assert_true(rec.source == 2 && rec.record.offset == 15 && rec.record.time_us == T0 + 5 * TIME_SECOND);
    assert_int_equal(rec.record.flags, RECORD_TAIL | RECORD_NO_NEWLINE);
    assert_true(store_fetch(store, 7, true, &rec, &err));
    assert_true(rec.source == 3 && rec.record.offset == 15 && rec.record.flags == RECORD_TIME_BORROWED);
    const uint64_t missing[] = {0, 9, 1000000, UINT64_MAX};
    for (size_t i = 0; i < 4; i++) {
        err.kind = ERR_NONE;
        assert_false(store_fetch(store, missing[i], true, &rec, &err));
        assert_int_equal(err.kind, ERR_MISSING);
    }
    store_free(store);
}

/* More blocks than are kept decoded, in an order that never repeats soon. */
static void fetching_goes_on_beyond_the_cache(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (uint64_t i = 0; i < 30; i++) {
        char line[32];
        int size = snprintf(line, sizeof line, "line %llu", (unsigned long long)i + 1);
        put_run(test_case->batch, 1, "/a", i * 10);
        put_line(test_case->batch, str_from(line, (size_t)size), 0, T0);
        put_commit(store, test_case->batch);
    }
    struct err err = {0};
    for (uint64_t i = 0; i < 300; i++) {
        uint64_t number = 1 + i * 7 % 30;
        char line[32];
        int size = snprintf(line, sizeof line, "line %llu", (unsigned long long)number);
        struct scan_record rec;
        assert_true(store_fetch(store, number, true, &rec, &err));
        assert_true(str_equal(rec.record.raw, str_from(line, (size_t)size)));
    }
    store_free(store);
}

/* ---- Properties ------------------------------------------------------------------------------------------------------ */

/* Line n, made from n alone: any bytes, any size, now and then as long as a line can be. */
static struct str line_of(uint64_t n, char *to)
{
    uint64_t seed = n * UINT64_C(0x9e3779b97f4a7c15) + 1;
    size_t size = n == 777 ? RECORD_BYTES_MAX : seed >> 40 & (n % 50 == 0 ? 0x3fff : 0x7f);
    for (size_t i = 0; i < size; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        to[i] = (char)(seed >> 60 < 12 ? 'a' + (seed >> 60) : seed >> 56);
    }
    return str_from(to, size);
}

static void any_lines_come_back_through_the_file(void **state)
{
    struct store_case *test_case = *state;
    enum { LINES = 4000, SOURCES = 3 };
    char *line = malloc(RECORD_BYTES_MAX);
    uint64_t offsets[SOURCES] = {0};
    struct store *store = store_case_open(test_case, STORE_WRITE);
    uint64_t n = 1;
    while (n <= LINES) {
        for (uint64_t left = n % 7 + 1; left > 0; left--) { /* runs */
            uint64_t source = n % SOURCES;
            put_run(test_case->batch, (int64_t)source + 1, "/x", offsets[source]);
            for (uint64_t lines = n % 41 + 1; lines > 0 && n <= LINES; lines--, n++) {
                uint8_t flags = n % 97 == 0 ? RECORD_NO_NEWLINE : 0;
                struct str raw = line_of(n, line);
                put_line(test_case->batch, raw, flags, n % 5 ? T0 + (int64_t)n : TIME_NONE);
                offsets[source] += raw.size + (flags ? 0 : 1);
            }
        }
        put_commit(store, test_case->batch);
    }
    store_free(store);

    store = store_case_open(test_case, STORE_READ);
    struct err err = {0};
    struct scan *scan = scan_new(store, &ASK_ALL, &err);
    uint64_t seen[SOURCES] = {0};
    struct scan_record rec, fetched;
    for (n = 1; n <= LINES; n++) {
        assert_int_equal(scan_next(scan, &rec, &err), 1);
        struct str raw = line_of(n, line);
        uint64_t source = (uint64_t)rec.source - 1;
        assert_true(rec.number == n && str_equal(rec.record.raw, raw) && source < SOURCES);
        assert_true(rec.record.offset == seen[source]);
        seen[source] += raw.size + (n % 97 == 0 ? 0 : 1);
        if (n % 100 == 0) {
            assert_true(store_fetch(store, n, true, &fetched, &err));
            assert_true(str_equal(fetched.record.raw, raw));
        }
    }
    assert_int_equal(scan_next(scan, &rec, &err), 0);
    assert_memory_equal(seen, offsets, sizeof seen);
    scan_free(scan);
    store_free(store);
    free(line);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(everything_comes_in_record_order),
        CASE(time_ranges_are_half_open_and_prune),
        CASE(sources_prune),
        CASE(sources_and_times_count_who_has_no_time),
        CASE(words_prune_by_the_index),
        CASE(literals_stand_within_one_record),
        CASE(a_scan_sees_its_snapshot),
        CASE(damaged_blocks_are_counted_and_left_out),
        CASE(damaged_hot_records_are_counted_and_left_out),
        CASE(records_are_fetched_by_number),
        CASE(fetching_goes_on_beyond_the_cache),
        CASE(any_lines_come_back_through_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
