#include "store_case.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct store_source source_by_id(struct store *store, int64_t id, struct arena *arena)
{
    struct store_source *sources;
    size_t count;
    struct err err = {0};
    if (!store_sources(store, arena, &sources, &count, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < count; i++) {
        if (sources[i].state.id == id)
            return sources[i];
    }
    fail_msg("no source %lld", (long long)id);
    return (struct store_source){0};
}

static uint64_t count_facts(struct store *store, uint8_t kinds);

static void source_states_come_back(void **state)
{
    struct store_case *test_case = *state;
    struct arena arena = {0};
    struct store *store = store_case_open(test_case, STORE_WRITE);
    struct source_state written = {
        .id = 4,
        .name = STR("/var/log/\xff.log"),
        .kind = SOURCE_GZIP,
        .device = UINT64_MAX,
        .inode = UINT64_C(1) << 63,
        .head_size = 1024,
        .tail_size = 77,
        .head_hash = UINT64_MAX - 1,
        .tail_hash = 12345,
        .position = 1 << 20,
        .pending_bytes = 3,
        .size = 99,
        .modified_us = T0,
        .read_us = TIME_NONE,
        .replaced = true,
    };
    batch_set_source(test_case->batch, &written);
    put_commit(store, test_case->batch); /* states alone, no records */
    struct store_source got = source_by_id(store, 4, &arena);
    assert_true(str_equal(got.state.name, written.name));
    got.state.name = written.name;
    assert_true(got.state.kind == written.kind && got.state.device == written.device &&
                got.state.inode == written.inode && got.state.head_size == 1024 && got.state.tail_size == 77 &&
                got.state.head_hash == written.head_hash && got.state.tail_hash == 12345 &&
                got.state.position == 1 << 20 && got.state.pending_bytes == 3 && got.state.size == 99 &&
                got.state.modified_us == T0 && got.state.read_us == TIME_NONE && got.state.replaced);
    assert_true(got.records == 0 && got.time_min == TIME_NONE && got.time_max == TIME_NONE);
    arena_release(&arena);
    store_free(store);
}

static void counts_add_up_over_batches(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct arena arena = {0};
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("one"), RECORD_UNPARSED, T0 + 5);
    put_run(batch, 2, "/b", 0);
    put_line(batch, STR("x"), 0, TIME_NONE);
    put_run(batch, 1, "/a", 4);
    put_line(batch, STR("three"), 0, T0 + 1);
    put_commit(store, batch);
    put_run(batch, 1, "/a", 10);
    put_line(batch, STR("four\r"), RECORD_NO_NEWLINE, T0 + 9);
    put_commit(store, batch);
    struct store_source got = source_by_id(store, 1, &arena);
    assert_true(got.records == 3 && got.unparsed == 1 && got.raw_bytes == 4 + 6 + 5);
    assert_true(got.time_min == T0 + 1 && got.time_max == T0 + 9);
    got = source_by_id(store, 2, &arena);
    assert_true(got.records == 1 && got.raw_bytes == 2 && got.time_min == TIME_NONE);
    struct store_summary summary;
    struct err err = {0};
    assert_true(store_summary(store, &summary, &err));
    assert_true(summary.records == 4 && summary.raw_bytes == 17 && summary.unparsed == 1 && summary.blocks == 2);
    arena_release(&arena);
    store_free(store);
}

static bool count_fact(void *context, const struct fact_row *row)
{
    (void)row;
    ++*(uint64_t *)context;
    return true;
}

static uint64_t count_facts(struct store *store, uint8_t kinds)
{
    uint64_t count = 0;
    struct err err = {0};
    struct fact_ask ask = {.kinds = kinds, .since_us = TIME_NONE, .until_us = TIME_NONE};
    if (!store_facts(store, &ask, count_fact, &count, &err))
        fail_msg("%s", err.text);
    return count;
}

static void a_tail_is_replaced_once_with_its_facts(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct arena arena = {0};
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("whole"), 0, T0);
    put_line(batch, STR("fai"), RECORD_TAIL | RECORD_NO_NEWLINE | RECORD_UNPARSED, T0 + 1);
    put_fact(batch, KIND_AUTH_FAILURE | KIND_ERROR | KIND_DENIAL | KIND_RATE_LIMIT)->user = STR("eve");
    put_run(batch, 2, "/b", 0);
    put_line(batch, STR("other"), RECORD_TAIL | RECORD_NO_NEWLINE, T0);
    put_commit(store, batch);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=whole|2=fai|3=other|");
    assert_true(count_facts(store, 31) == 4);
    struct store_source got = source_by_id(store, 1, &arena);
    assert_true(got.records == 2 && got.unparsed == 1 && got.raw_bytes == 6 + 3);

    /* the tail grew, and is still one */
    put_run(batch, 1, "/a", 6);
    put_line(batch, STR("failu"), RECORD_TAIL | RECORD_NO_NEWLINE | RECORD_UNPARSED, T0 + 1);
    put_fact(batch, KIND_AUTH_FAILURE)->user = STR("eve");
    put_commit(store, batch);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=whole|3=other|4=failu|");
    assert_true(count_facts(store, 31) == 1);

    /* a run of another source, even one that begins before, leaves it alone */
    put_run(batch, 2, "/b", 0);
    put_line(batch, STR("other 2"), 0, T0);
    put_commit(store, batch);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=whole|4=failu|5=other 2|");

    /* and at last it is a line */
    put_run(batch, 1, "/a", 6);
    put_line(batch, STR("failure"), 0, T0 + 1);
    put_fact(batch, KIND_AUTH_FAILURE)->user = STR("eve");
    put_line(batch, STR("next"), RECORD_TAIL | RECORD_NO_NEWLINE, T0 + 1);
    put_commit(store, batch);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=whole|5=other 2|6=failure|7=next|");
    assert_true(count_facts(store, 31) == 1);
    got = source_by_id(store, 1, &arena);
    assert_true(got.records == 3 && got.unparsed == 0 && got.raw_bytes == 6 + 8 + 4);

    /* a batch whose run goes on behind the tail's end would be a bug of the reader; one behind it in offset keeps it */
    put_run(batch, 1, "/a", 100);
    put_line(batch, STR("later"), 0, T0 + 1);
    put_commit(store, batch);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=whole|5=other 2|6=failure|7=next|8=later|");
    arena_release(&arena);
    store_free(store);
}

static void numbers_are_never_given_twice(void **state)
{
    struct store_case *test_case = *state;
    for (int i = 0; i < 3; i++) { /* only tails, each replacing the one before, over restarts */
        struct store *store = store_case_open(test_case, STORE_WRITE);
        put_run(test_case->batch, 1, "/a", 0);
        put_line(test_case->batch, STR("tail"), RECORD_TAIL | RECORD_NO_NEWLINE, T0);
        put_commit(store, test_case->batch);
        char text[32];
        snprintf(text, sizeof text, "%d=tail|", i + 1);
        assert_string_equal(scan_text(store, &ASK_ALL, NULL), text);
        store_free(store);
    }
}

/* ---- Failures ---------------------------------------------------------------------------------------------------------- */

static void put_large(struct batch *batch)
{
    put_run(batch, 1, "/a", 10);
    uint64_t seed = 1;
    char line[1000];
    for (int i = 0; i < 2000; i++) {
        for (size_t k = 0; k < sizeof line; k++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            line[k] = (char)(seed >> 56);
        }
        put_line(batch, str_from(line, sizeof line), 0, T0);
        if (i % 100 == 0) {
            char user[16];
            snprintf(user, sizeof user, "user%d", i);
            put_fact(batch, KIND_AUTH_FAILURE)->user = arena_str(&batch->arena, str_of(user));
        }
    }
}

static void put_first(struct store *store, struct batch *batch)
{
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("first"), 0, T0);
    put_line(batch, STR("tail"), RECORD_TAIL | RECORD_NO_NEWLINE, T0);
    put_fact(batch, KIND_AUTH_FAILURE)->user = STR("eve");
    put_commit(store, batch);
}

static bool name_users(void *context, const struct fact_row *row)
{
    struct buf *text = context;
    buf_add_str(text, row->user);
    buf_add_char(text, ' ');
    return row->record < 500;
}

static void check_after_failure(struct store *store, struct batch *batch, const struct err *err, const char *path)
{
    char text[300];
    snprintf(text, sizeof text, "no space left for the store '%s'", path);
    assert_string_equal(err->text, text);
    assert_int_equal(err->kind, ERR_FULL);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=first|2=tail|");
    assert_true(count_facts(store, 31) == 1);
    assert_true(store->writer.next_record == 3 && store->writer.last_block == 1);
    batch_reset(batch);
}

static void check_commit_works_again(struct store *store, struct batch *batch)
{
    put_large(batch);
    put_commit(store, batch);
    assert_true(store->writer.next_record == 2003 && store->writer.last_block == 2);
    SCOPED(buf) users = BUF(4096);
    struct fact_ask ask = {.kinds = KIND_AUTH_FAILURE, .since_us = TIME_NONE, .until_us = TIME_NONE};
    struct err err = {0};
    assert_true(store_facts(store, &ask, name_users, &users, &err));
    assert_string_equal(users.data,
                        "eve user0 user100 user200 user300 user400 user500 "); /* ids of the failed try are gone */
}

static void a_full_store_stays_as_it_was(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_first(store, batch);
    /* fails at another statement each time */
    for (int pages = 1; pages < 200; pages += pages < 10 ? 1 : 41) {
        struct err err = {0};
        char pragma[64];
        snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %d", pages + 30);
        run_sql(store, pragma);
        put_large(batch);
        encode(batch);
        assert_false(store_commit(store, batch, &err));
        check_after_failure(store, batch, &err, test_case->path);
    }
    run_sql(store, "PRAGMA max_page_count = 1000000");
    check_commit_works_again(store, batch);
    store_free(store);
}

/* A limit on file sizes stands for a quota: the write itself fails, in the middle of the log. */
static void a_full_disk_is_told_as_such(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_first(store, batch);
    put_large(batch);
    encode(batch);
    struct rlimit before, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    tight = before;
    tight.rlim_cur = 1 << 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    struct err err = {0};
    bool committed = store_commit(store, batch, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(committed);
    check_after_failure(store, batch, &err, test_case->path);
    check_commit_works_again(store, batch);
    store_free(store);
}

/* Commits batches of 100 lines and a tail, each replacing the tail before, until it is killed; tells of the first. */
static void write_for_ever(struct store_case *test_case, int ready)
{
    struct store *store = store_case_open(test_case, STORE_WRITE);
    struct batch *batch = test_case->batch;
    struct arena arena = {0};
    struct store_source *sources = NULL;
    size_t count = 0;
    struct err err = {0};
    uint64_t position = store_sources(store, &arena, &sources, &count, &err) && count ? sources[0].state.position : 0;
    for (;;) {
        put_run(batch, 1, "/a", position);
        for (int i = 0; i < 100; i++) {
            put_line(batch, STR("a line"), 0, T0);
            put_fact(batch, KIND_ERROR);
        }
        put_line(batch, STR("tail"), RECORD_TAIL | RECORD_NO_NEWLINE, T0);
        put_fact(batch, KIND_ERROR);
        position += 700;
        batch->sources[0].position = position;
        put_commit(store, batch);
        if (ready >= 0 && write(ready, "x", 1) != 1)
            _exit(1);
        ready = -1;
    }
}

static void a_killed_writer_leaves_whole_batches(void **state)
{
    struct store_case *test_case = *state;
    store_free(store_case_open(test_case, STORE_WRITE));
    uint64_t lines_before = 0;
    for (unsigned round = 0; round < 10; round++) {
        int ready[2];
        assert_int_equal(pipe(ready), 0);
        pid_t child = fork();
        if (child == 0)
            write_for_ever(test_case, ready[1]);
        char byte;
        assert_int_equal(read(ready[0], &byte, 1), 1);
        close(ready[0]);
        close(ready[1]);
        usleep(round * 7919);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        struct arena arena = {0};
        struct store *store = store_case_open(test_case, STORE_WRITE);
        struct store_source source = source_by_id(store, 1, &arena);
        uint64_t lines = source.state.position / 7;
        assert_true(lines % 100 == 0 && lines > lines_before);
        assert_true(source.records == lines + 1 && source.raw_bytes == source.state.position + 4);
        assert_true(store->writer.next_record == lines / 100 * 101 + 1);
        assert_true(count_facts(store, KIND_ERROR) == lines + 1);
        struct err err = {0};
        struct scan *scan = scan_new(store, &ASK_ALL, &err);
        struct scan_record rec = {0};
        uint64_t found = 0, end = 0;
        for (; scan_next(scan, &rec, &err) == 1; found++) {
            assert_true(rec.record.offset == end);
            end += 7;
        }
        assert_true(found == lines + 1 && rec.record.offset == source.state.position);
        scan_free(scan);
        store_free(store);
        arena_release(&arena);
        lines_before = lines;
    }
}

static void a_source_nobody_stated_is_damage(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    batch_run_begin(test_case->batch, 9, 0, T0);
    put_line(test_case->batch, STR("x"), 0, T0);
    encode(test_case->batch);
    struct err err = {0};
    assert_false(store_commit(store, test_case->batch, &err));
    assert_int_equal(err.kind, ERR_CORRUPT);
    assert_non_null(strstr(err.text, "source 9 is not in it"));
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "");
    store_free(store);
}

/* ---- The chain --------------------------------------------------------------------------------------------------------- */

static void digests_chain_from_zeros(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    uint8_t seen[3][DIGEST_SIZE];
    memset(seen, 0, sizeof seen);
    for (uint64_t i = 0; i < 2; i++) {
        assert_memory_equal(store->writer.digest, seen[i], DIGEST_SIZE);
        put_run(test_case->batch, 1, "/a", 0);
        put_line(test_case->batch, STR("same"), 0, T0);
        put_commit(store, test_case->batch);
        memcpy(seen[i + 1], store->writer.digest, DIGEST_SIZE);
        assert_memory_not_equal(seen[i], seen[i + 1], DIGEST_SIZE);
        store_free(store);
        store = store_case_open(test_case, STORE_WRITE);
    }
    assert_memory_equal(store->writer.digest, seen[2], DIGEST_SIZE);
    store_free(store);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(source_states_come_back),
        CASE(counts_add_up_over_batches),
        CASE(a_tail_is_replaced_once_with_its_facts),
        CASE(numbers_are_never_given_twice),
        CASE(a_full_store_stays_as_it_was),
        CASE(a_full_disk_is_told_as_such),
        CASE(a_killed_writer_leaves_whole_batches),
        CASE(a_source_nobody_stated_is_damage),
        CASE(digests_chain_from_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
