#include "small_store.h"

#include <fcntl.h>
#include <sqlite3.h>

#include "store/page.h"

static void foreign(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int count_row(void *context, int columns, char **values, char **names)
{
    (void)columns;
    (void)values;
    (void)names;
    ++*(int *)context;
    return 0;
}

static void other_programs_read_a_store(void **state)
{
    struct store_case *test_case = *state;
    store_free(small_store(test_case));
    sqlite3 *db;
    int rows = 0;
    assert_int_equal(sqlite3_open_v2(test_case->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT * FROM auth_event", count_row, &rows, NULL), SQLITE_OK);
    assert_int_equal(rows, 4);
    rows = 0;
    assert_int_equal(sqlite3_exec(db, "PRAGMA integrity_check", count_row, &rows, NULL), SQLITE_OK);
    assert_int_equal(rows, 1);
    sqlite3_close(db);
}

/* The last to close the store after a crash brings the log into the file. When that is another program its pages have no
 * checksums; that is no damage, and they get some when they are written again. */
static void a_log_brought_in_by_another_program_is_no_damage(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = small_store(test_case);
    char command[400];
    snprintf(command, sizeof command, "mkdir %s/x && cp %s %s-wal %s/x/", test_case->folder, test_case->path,
             test_case->path, test_case->folder);
    assert_int_equal(system(command), 0); /* as it lies when the writer is killed */
    store_free(store);
    char path[200];
    snprintf(path, sizeof path, "%s/x/a.db", test_case->folder);
    foreign(path, "SELECT count(*) FROM block");
    struct err err = {0};
    store = store_open(path, STORE_READ, &err);
    assert_non_null(store);
    struct heard heard = verify(store, true, NULL);
    assert_string_equal(heard.text, "");
    assert_true(heard.result.pages_unsummed > 0 && heard.result.blocks == 4);
    store_free(store);
    store = store_open(path, STORE_WRITE, &err);
    assert_non_null(store);
    put_block(store, test_case->batch, 4);
    expect(store, true, "");
    store_free(store);
    snprintf(command, sizeof command, "rm -r %s/x", test_case->folder);
    assert_int_equal(system(command), 0);
}

static void what_another_program_writes_is_damage(void **state)
{
    struct store_case *test_case = *state;
    store_free(small_store(test_case));
    foreign(test_case->path, "UPDATE fact_auth SET outcome = 1");
    struct store *store = store_case_open(test_case, STORE_READ);
    struct heard heard = verify(store, false, NULL);
    assert_non_null(strstr(heard.text, "table 0|"));
    struct err err = {0};
    struct fact_ask ask = {.kinds = KIND_AUTH_SUCCESS, .since_us = TIME_NONE, .until_us = TIME_NONE};
    assert_false(store_facts(store, &ask, NULL, NULL, &err));
    assert_int_equal(err.kind, ERR_CORRUPT);
    assert_non_null(strstr(err.text, "of its file is not what was written"));
    store_free(store);
}

/* ---- Every bit ----------------------------------------------------------------------------------------------------------- */

/* All that a store answers, as one text; what could not be read stands in it as a failure. */
struct answer {
    char text[16384];
    size_t size;
    bool told; /* an error or a count of damage was given */
};

static bool add_fact(void *context, const struct fact_row *fact)
{
    struct answer *answer = context;
    answer->size +=
        (size_t)snprintf(answer->text + answer->size, sizeof answer->text - answer->size, "f%llu %u %lld %lld %.*s|",
                         (unsigned long long)fact->record, fact->kinds, (long long)fact->time_us,
                         (long long)fact->source, (int)fact->user.size, fact->user.data ? fact->user.data : "");
    return true;
}

static void ask_scan(struct store *store, struct answer *answer, struct str word)
{
    struct err err = {0};
    struct scan_ask ask = {.since_us = T0, .until_us = TIME_NONE, .word = word};
    struct scan *scan = scan_new(store, &ask, &err);
    struct scan_record rec;
    int step = scan == NULL ? -1 : 1;
    while (step == 1 && (step = scan_next(scan, &rec, &err)) == 1)
        answer->size += (size_t)snprintf(answer->text + answer->size, sizeof answer->text - answer->size,
                                         "%llu %lld %llu %lld %.*s|", (unsigned long long)rec.number,
                                         (long long)rec.source, (unsigned long long)rec.record.offset,
                                         (long long)rec.record.time_us, (int)rec.record.raw.size, rec.record.raw.data);
    if (step == 0) {
        struct scan_counts counts = scan_counts(scan);
        answer->told |= counts.blocks_damaged > 0;
        answer->size += (size_t)snprintf(answer->text + answer->size, sizeof answer->text - answer->size, "(%llu)",
                                         (unsigned long long)counts.records_without_time);
    }
    answer->told |= step < 0;
    scan_free(scan);
}

static void ask_sources(struct store *store, struct answer *answer)
{
    struct err err = {0};
    struct arena arena = {0};
    struct store_source *sources;
    size_t count;
    if (!store_sources(store, &arena, &sources, &count, &err)) {
        answer->told = true;
        count = 0;
    }
    for (size_t i = 0; i < count; i++)
        answer->size += (size_t)snprintf(
            answer->text + answer->size, sizeof answer->text - answer->size, "%.*s %llu %llu %llu %lld %lld|",
            (int)sources[i].state.name.size, sources[i].state.name.data, (unsigned long long)sources[i].state.position,
            (unsigned long long)sources[i].records, (unsigned long long)sources[i].raw_bytes,
            (long long)sources[i].time_min, (long long)sources[i].time_max);
    arena_release(&arena);
}

static void ask_everything(const char *path, struct answer *answer)
{
    struct err err = {0};
    answer->size = 0;
    answer->told = false;
    answer->text[0] = '\0';
    struct store *store = store_open(path, STORE_STILL, &err);
    if (store == NULL) {
        answer->told = true;
        return;
    }
    struct fact_ask facts = {.kinds = (1U << KIND_COUNT) - 1, .since_us = TIME_NONE, .until_us = TIME_NONE};
    ask_scan(store, answer, STR_ABSENT);
    ask_scan(store, answer, STR("a0_00002"));
    ask_sources(store, answer);
    answer->told |= !store_facts(store, &facts, add_fact, answer, &err);
    store_free(store);
}

static bool verify_tells(const char *path)
{
    struct err err = {0};
    struct store *store = store_open(path, STORE_STILL, &err);
    if (store == NULL)
        return true;
    struct heard heard = {0};
    struct verify_ask ask = {.deep = true, .context = &heard, .find = hear};
    bool told = !store_verify(store, &ask, &heard.result, &err) || heard.result.findings > 0;
    store_free(store);
    return told;
}

static void flip(int fd, uint64_t offset, unsigned bit)
{
    unsigned char byte;
    assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
    byte ^= (unsigned char)(1U << bit);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
}

/* Each flipped bit of the file is told by whoever reads the page it is in, or changes no answer; and verify tells it wherever
 * a page is in use. Bits spread over the file; with WINNOW_TEST_FLIP_STEP=1 all of them. */
static void no_flipped_bit_changes_an_answer(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = small_store(test_case);
    run_sql(store, "DELETE FROM meta WHERE key = 'none'; PRAGMA wal_checkpoint(TRUNCATE)");
    store_free(store);
    static struct answer whole, flipped;
    ask_everything(test_case->path, &whole);
    assert_false(whole.told);
    assert_true(whole.size > 600 && whole.size + 1 < sizeof whole.text);
    assert_false(verify_tells(test_case->path));
    struct stat stat_buf;
    assert_int_equal(stat(test_case->path, &stat_buf), 0);
    int fd = open(test_case->path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    uint64_t bits = (uint64_t)stat_buf.st_size * 8, told = 0, verified = 0, tried = 0;
    uint64_t step = 1021; /* a prime: every bit of a byte, every place in a page */
    const char *wanted = getenv("WINNOW_TEST_FLIP_STEP");
    assert_true(wanted == NULL || (str_to_u64(str_of(wanted), &step) && step > 0));
    for (uint64_t at = 0; at < bits; at += at < 800 ? 1 : step) { /* the header of the file in any case */
        flip(fd, at / 8, at % 8);
        ask_everything(test_case->path, &flipped);
        if (!flipped.told && strcmp(flipped.text, whole.text) != 0)
            fail_msg("bit %llu of byte %llu changes an answer: %s", (unsigned long long)(at % 8),
                     (unsigned long long)(at / 8), flipped.text);
        told += flipped.told;
        verified += verify_tells(test_case->path);
        flip(fd, at / 8, at % 8);
        tried++;
    }
    close(fd);
    print_message("%llu bits: %llu told by questions, %llu by verify\n", (unsigned long long)tried,
                  (unsigned long long)told, (unsigned long long)verified);
    assert_true(verified >= told && told > tried / 3);
    assert_false(verify_tells(test_case->path));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(other_programs_read_a_store),
        CASE(a_log_brought_in_by_another_program_is_no_damage),
        CASE(what_another_program_writes_is_damage),
        CASE(no_flipped_bit_changes_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
