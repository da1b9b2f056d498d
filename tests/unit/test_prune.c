#include "small_store.h"

#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "store/segment.h"

static struct prune_result prune(struct store *store, int64_t before_us, uint64_t bytes_max, bool dry)
{
    struct prune_result result;
    struct err err = {0};
    struct prune_ask ask = {.before_us = before_us, .bytes_max = bytes_max, .dry = dry, .now_us = T0 + TIME_SECOND};
    if (!store_prune(store, &ask, &result, &err))
        fail_msg("store_prune: %s", err.text);
    return result;
}

static void old_blocks_go_with_everything_of_theirs(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = small_store(test_case);
    struct store_link before = verify(store, true, NULL).result.head;
    struct prune_result told = prune(store, T0 + 1500, 0, true);
    assert_true(told.blocks == 2 && told.records == 6 && told.raw_bytes == 44);
    expect(store, true, "");
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM block"), 4);

    struct prune_result gone = prune(store, T0 + 1500, 0, false);
    assert_true(gone.blocks == 2 && gone.records == 6 && gone.raw_bytes == 44);
    assert_true(gone.time_min == T0 && gone.time_max == T0 + 1001 && !gone.stopped);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL),
                        "7=a0_00002|8=a1_00002|9=bbb|10=a0_00003|11=a1_00003|12=bbb|13=tail|");
    assert_int_equal(ask_sql(store, "SELECT min(record) FROM fact_auth"), 8);
    assert_int_equal(ask_sql(store, "SELECT min(record) FROM fact_error"), 8);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM run"), 4);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM word_bucket WHERE id > 1 << 62"), 2);
    assert_int_equal(ask_sql(store, "SELECT position FROM source_file WHERE id = 1"), 72);
    assert_int_equal(ask_sql(store, "SELECT records FROM source_file WHERE id = 1"), 4);
    assert_int_equal(ask_sql(store, "SELECT pruned_records FROM source_file WHERE id = 1"), 4);
    assert_true(ask_sql(store, "SELECT time_min FROM source_file WHERE id = 1") == T0 + 2000);
    assert_int_equal(ask_sql(store, "SELECT last_block FROM pruned WHERE first_block = 1"), 2);

    struct heard heard = verify(store, true, &before); /* the chain is the same */
    assert_string_equal(heard.text, "");
    assert_true(heard.result.pruned_blocks == 2 && heard.result.pruned_us == T0 + TIME_SECOND);
    store_free(store);
}

static void numbers_and_positions_go_on_when_all_is_gone(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = small_store(test_case);
    assert_int_equal(prune(store, T0 + TIME_DAY, 0, false).blocks, 4);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "13=tail|"); /* an unterminated end stays */
    expect(store, true, "");
    assert_int_equal(prune(store, T0 + TIME_DAY, 0, false).blocks, 0);
    store_free(store);
    store = store_case_open(test_case, STORE_WRITE);
    put_block(store, test_case->batch, 4);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "14=a0_00004|15=a1_00004|16=bbb|");
    struct heard heard = verify(store, true, NULL);
    assert_string_equal(heard.text, "");
    assert_int_equal(heard.result.head.block, 5);
    store_free(store);
}

/* A block between newer ones goes alone, and the proof goes on behind it. */
static void an_old_block_between_newer_ones_goes(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = small_store(test_case);
    put_run(test_case->batch, 3, "/old", 0);
    put_line(test_case->batch, STR("old"), 0, T0 - TIME_DAY);
    test_case->batch->sources[0].position = 4;
    put_commit(store, test_case->batch);
    put_block(store, test_case->batch, 4);
    assert_int_equal(prune(store, T0 - 1, 0, false).blocks, 1);
    expect(store, true, "");
    assert_int_equal(prune(store, T0 + 1, 0, false).blocks, 0); /* block 1 ends at T0 + 1 */
    assert_int_equal(prune(store, T0 + 2, 0, false).blocks, 1);
    expect(store, true, "");
    run_sql(store, "UPDATE block SET raw_bytes = 1 WHERE id = 6"); /* behind what was pruned it is still proved */
    expect(store, false, "block 6|");
    store_free(store);
}

static void what_is_told_of_pruning_must_fit(void **state)
{
    struct store_case *test_case = *state;
    static const struct {
        const char *sql, *findings;
    } cases[] = {
        {"DELETE FROM pruned", "missing 1|"},
        {"UPDATE pruned SET digest = zeroblob(32)", "block 3|"},
        {"UPDATE pruned SET digest = x'01'", "head 0|"},
        {"UPDATE pruned SET first_block = 2", "missing 1|"},
        {"UPDATE pruned SET first_block = 0", "head 0|"},
        {"UPDATE pruned SET last_block = 3", "head 3|block 4|run 3|"},
        {"UPDATE pruned SET last_block = 9223372036854775806", "head 3|head 4|run 3|run 4|"},
        {"UPDATE pruned SET last_block = 9223372036854775807", "head 0|head 3|"},
        {"DELETE FROM pruned_run WHERE source = 1", "gap 0|"},
        {"UPDATE pruned_run SET offset_to = offset_to + 1 WHERE source = 1", "overlap 0|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store *store = small_store(test_case);
        assert_int_equal(prune(store, T0 + 1500, 0, false).blocks, 2);
        run_sql(store, cases[i].sql);
        struct heard heard = verify(store, false, NULL);
        if (strcmp(heard.text, cases[i].findings) != 0)
            fail_msg("%s: found %s, expected %s", cases[i].sql, heard.text, cases[i].findings);
        store_free(store);
        store_case_clear(test_case);
    }
}

static void blocks_without_times_go_by_size_only(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (uint64_t n = 0; n < 3; n++) {
        put_run(test_case->batch, 1, "/a", n * 4);
        put_line(test_case->batch, STR("one"), 0, TIME_NONE);
        test_case->batch->sources[0].position = n * 4 + 4;
        put_commit(store, test_case->batch);
    }
    struct prune_result result = prune(store, T0 + TIME_DAY, 0, false);
    assert_true(result.blocks == 0 && result.blocks_timeless == 3);
    result = prune(store, TIME_NONE, 1, false); /* nothing fits */
    assert_true(result.blocks == 3 && result.time_min == TIME_NONE);
    expect(store, true, "");
    store_free(store);
}

/* A store kept at a size reuses what becomes free, also while its segments of the id index come and go. */
static void a_store_kept_small_does_not_grow(void **state)
{
    enum { BLOCKS = 3 * SEGMENT_BLOCKS, LINES = 400 };
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    uint64_t position = 0, pages_early = 0;
    char line[64];
    for (unsigned n = 0; n < BLOCKS; n++) {
        put_run(batch, 1, "/a", position);
        for (unsigned i = 0; i < LINES; i++) {
            snprintf(line, sizeof line, "request_%08x is done", (n * LINES + i) * 2654435761U);
            put_line(batch, str_of(line), 0, T0 + n);
            position += strlen(line) + 1;
        }
        batch->sources[0].position = position;
        put_commit(store, batch);
        if (n % 8 == 7)
            prune(store, T0 + (int64_t)n - 70, 0, false);
        if (n == 2 * SEGMENT_BLOCKS)
            pages_early = (uint64_t)ask_sql(store, "PRAGMA page_count");
    }
    assert_true((uint64_t)ask_sql(store, "PRAGMA page_count") < pages_early + pages_early / 4);
    assert_int_equal(ask_sql(store, "SELECT count(DISTINCT id & 0xffffffff) FROM word_bucket"), 2);
    expect(store, true, "");
    struct scan_ask ask = {.since_us = TIME_NONE, .until_us = TIME_NONE, .word = STR("request_9e3779b1")};
    struct scan_counts counts;
    assert_string_equal(scan_text(store, &ask, &counts), ""); /* it was in block 1 */
    assert_true(counts.index_used);
    uint64_t used = prune(store, TIME_NONE, UINT64_MAX, true).used_bytes;
    struct prune_result result = prune(store, TIME_NONE, used / 3 * 2, false);
    assert_true(result.blocks > 0 && result.used_bytes <= used / 3 * 2 && result.used_bytes > used / 4);
    expect(store, true, "");
    store_free(store);
}

static void a_scan_tells_what_went_under_it(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = small_store(test_case);
    struct store *reader = store_case_open(test_case, STORE_READ);
    struct err err = {0};
    struct scan_record rec;
    cpu_set_t all, one; /* on one processor no block is read ahead */
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    struct scan *scan = scan_new(reader, &ASK_ALL, &err);
    sched_setaffinity(0, sizeof all, &all);
    assert_int_equal(scan_next(scan, &rec, &err), 1); /* block 1 is open */
    assert_int_equal(prune(store, T0 + 2500, 0, false).blocks, 3);
    unsigned records = 1;
    while (scan_next(scan, &rec, &err) == 1)
        records++;
    assert_int_equal(records, 3 + 3 + 1); /* blocks 1 and 4, and the unterminated end */
    assert_true(scan_counts(scan).blocks_gone == 2 && scan_counts(scan).blocks_damaged == 0);
    scan_free(scan);
    store_free(reader);
    store_free(store);
}

static bool die_at_once(void *context, uint64_t blocks_done, uint64_t blocks)
{
    (void)context;
    (void)blocks;
    if (blocks_done > 0)
        kill(getpid(), SIGKILL);
    return true;
}

static void a_killed_pruning_leaves_a_whole_store(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (uint64_t n = 0; n < 40; n++)
        put_block(store, test_case->batch, n);
    store_free(store);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct prune_result result;
        store = store_case_open(test_case, STORE_WRITE);
        struct prune_ask ask = {.before_us = T0 + TIME_DAY, .now_us = T0, .go_on = die_at_once};
        store_prune(store, &ask, &result, NULL);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    store = store_case_open(test_case, STORE_WRITE);
    assert_true(ask_sql(store, "SELECT count(*) FROM block") == 24); /* sixteen in a transaction */
    expect(store, true, "");
    assert_int_equal(prune(store, T0 + TIME_DAY, 0, false).blocks, 24);
    expect(store, true, "");
    store_free(store);
}

static bool stop_after(void *context, uint64_t blocks_done, uint64_t blocks)
{
    (void)blocks;
    return blocks_done < *(uint64_t *)context;
}

static void it_can_be_stopped_between_transactions(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (uint64_t n = 0; n < 40; n++)
        put_block(store, test_case->batch, n);
    uint64_t limit = 1;
    struct prune_result result;
    struct err err = {0};
    struct prune_ask ask = {.before_us = T0 + TIME_DAY, .now_us = T0, .go_on = stop_after, .context = &limit};
    assert_true(store_prune(store, &ask, &result, &err));
    assert_true(result.stopped && result.blocks >= 1 && result.blocks < 40);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM block"), 40 - (int64_t)result.blocks);
    expect(store, true, "");
    store_free(store);
}

/* A block of three failed logins: of a user and a service of its own, who come twice, and of those that all blocks have. */
static void put_logins(struct store *store, struct batch *batch, uint64_t n, unsigned name)
{
    char texts[2][32];
    snprintf(texts[0], sizeof texts[0], "user_%u", name);
    snprintf(texts[1], sizeof texts[1], "service_%u", name);
    put_run(batch, 1, "/a", n * 6);
    batch->sources[0].position = n * 6 + 6;
    for (unsigned i = 0; i < 3; i++) {
        put_line(batch, STR("x"), 0, T0 + (int64_t)n * TIME_SECOND + i);
        struct fact *fact = put_fact(batch, KIND_AUTH_FAILURE);
        fact->user = i < 2 ? str_of(texts[0]) : STR("everybody");
        fact->service = i < 2 ? str_of(texts[1]) : STR("everywhere");
    }
    put_commit(store, batch);
}

static bool add_names(void *context, const struct fact_row *row)
{
    buf_printf(context, "%llu %.*s %.*s|", (unsigned long long)row->record, STR_ARG(row->user), STR_ARG(row->service));
    return true;
}

static void names_nobody_refers_to_go(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (unsigned n = 0; n < 6; n++)
        put_logins(store, test_case->batch, n, n);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM name WHERE text GLOB '*_[012]'"), 6);
    int64_t last = ask_sql(store, "SELECT max(id) FROM name");
    prune(store, T0 + 3 * TIME_SECOND, 0, false);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM name WHERE text GLOB '*_[012]'"), 0);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM name WHERE text GLOB '*_[345]' OR text GLOB 'every*'"), 8);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM name WHERE id <= 7"), 7);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM trait"), 4);
    expect(store, true, "");

    put_logins(store, test_case->batch, 6, 0); /* who was forgotten, and the writer does not go by what it remembered */
    SCOPED(buf) text = BUF(4096);
    struct err err = {0};
    const struct fact_ask ask = {.kinds = 0xff, .since_us = TIME_NONE, .until_us = TIME_NONE};
    assert_true(store_facts(store, &ask, add_names, &text, &err));
    assert_string_equal(text.data, "10 user_3 service_3|11 user_3 service_3|12 everybody everywhere|"
                                   "13 user_4 service_4|14 user_4 service_4|15 everybody everywhere|"
                                   "16 user_5 service_5|17 user_5 service_5|18 everybody everywhere|"
                                   "19 user_0 service_0|20 user_0 service_0|21 everybody everywhere|");

    prune(store, T0 + TIME_DAY, 0, false);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM name WHERE id > 7"),
                     1); /* so that its id is not given again */
    assert_true(ask_sql(store, "SELECT max(id) FROM name") > last);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM trait"), 1);
    store_free(store);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(old_blocks_go_with_everything_of_theirs), CASE(numbers_and_positions_go_on_when_all_is_gone),
        CASE(an_old_block_between_newer_ones_goes),    CASE(what_is_told_of_pruning_must_fit),
        CASE(blocks_without_times_go_by_size_only),    CASE(a_store_kept_small_does_not_grow),
        CASE(a_scan_tells_what_went_under_it),         CASE(a_killed_pruning_leaves_a_whole_store),
        CASE(it_can_be_stopped_between_transactions),  CASE(names_nobody_refers_to_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
