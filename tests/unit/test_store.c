#include "store_case.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

static void write_file(const char *path, const void *data, size_t size, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, data, size) == (ssize_t)size && fchmod(fd, mode) == 0);
    close(fd);
}

static void foreign_database(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void expect_refused(const char *path, enum store_mode mode, enum err_kind kind, const char *text)
{
    struct err err = {0};
    struct store *store = store_open(path, mode, &err);
    assert_null(store);
    assert_string_equal(err.text, text);
    assert_int_equal(err.kind, kind);
}

static void a_missing_store_is_named_with_what_to_do(void **state)
{
    struct store_case *test_case = *state;
    char text[300];
    snprintf(text, sizeof text, "no store at '%s': put logs in with 'winnow ingest' first, or name one with --store",
             test_case->path);
    expect_refused(test_case->path, STORE_READ, ERR_MISSING, text);
    assert_int_not_equal(access(test_case->path, F_OK), 0); /* and nothing was made */
}

static void what_is_no_store_is_refused(void **state)
{
    struct store_case *test_case = *state;
    char text[300];
    snprintf(text, sizeof text, "'%s' is a folder, not a winnow store", test_case->folder);
    expect_refused(test_case->folder, STORE_READ, ERR_FORMAT, text);
    expect_refused(test_case->folder, STORE_WRITE, ERR_FORMAT, text);
    expect_refused("/dev/null", STORE_READ, ERR_FORMAT, "'/dev/null' is not a file, so not a winnow store");

    snprintf(text, sizeof text, "'%s' is not a winnow store", test_case->path);
    char log[20000];
    memset(log, 'x', sizeof log);
    write_file(test_case->path, log, sizeof log, 0600);
    expect_refused(test_case->path, STORE_READ, ERR_FORMAT, text);
    expect_refused(test_case->path, STORE_WRITE, ERR_FORMAT, text);
    write_file(test_case->path, "one line\n", 9, 0600);
    expect_refused(test_case->path, STORE_READ, ERR_FORMAT, text);
    expect_refused(test_case->path, STORE_WRITE, ERR_FORMAT, text);

    unlink(test_case->path);
    foreign_database(test_case->path, "CREATE TABLE t(a)");
    expect_refused(test_case->path, STORE_READ, ERR_FORMAT, text);
    expect_refused(test_case->path, STORE_WRITE, ERR_FORMAT, text);
    foreign_database(test_case->path, "PRAGMA application_id = 99; DROP TABLE t");
    expect_refused(test_case->path, STORE_WRITE, ERR_FORMAT, text);
    char lock[120];
    snprintf(lock, sizeof lock, "%s-lock", test_case->path);
    assert_int_not_equal(access(lock, F_OK), 0); /* nothing is put beside somebody else's file */
}

static void a_newer_store_is_refused(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    run_sql(store, "PRAGMA user_version = 7");
    store_free(store);
    char text[300];
    snprintf(text, sizeof text, "'%s' was written by a newer winnow (schema 7, this one knows 1): upgrade winnow",
             test_case->path);
    expect_refused(test_case->path, STORE_READ, ERR_VERSION, text);
    expect_refused(test_case->path, STORE_WRITE, ERR_VERSION, text);
}

static void an_empty_file_becomes_a_store_when_written(void **state)
{
    struct store_case *test_case = *state;
    write_file(test_case->path, "", 0, 0600);
    char text[300];
    snprintf(text, sizeof text, "'%s' is empty, not a winnow store", test_case->path);
    expect_refused(test_case->path, STORE_READ, ERR_FORMAT, text);
    store_free(store_case_open(test_case, STORE_WRITE));
    store_free(store_case_open(test_case, STORE_READ));
}

static void folders_and_file_are_private(void **state)
{
    struct store_case *test_case = *state;
    char path[200], folder[100];
    snprintf(folder, sizeof folder, "%s/deep", test_case->folder);
    snprintf(path, sizeof path, "%s/er/winnow.db", folder);
    struct err err = {0};
    struct store *store = store_open(path, STORE_WRITE, &err);
    assert_non_null(store);
    assert_string_equal(store_path(store), path);
    struct stat stat_buf;
    assert_true(stat(path, &stat_buf) == 0 && (stat_buf.st_mode & 0777) == 0600);
    char beside[220];
    snprintf(beside, sizeof beside, "%s-wal", path);
    assert_true(stat(beside, &stat_buf) == 0 && (stat_buf.st_mode & 0777) == 0600);
    snprintf(beside, sizeof beside, "%s-lock", path);
    assert_true(stat(beside, &stat_buf) == 0 && (stat_buf.st_mode & 0777) == 0600);
    assert_true(stat(folder, &stat_buf) == 0 && (stat_buf.st_mode & 0777) == 0700);
    store_free(store);
    unlink(beside);
    unlink(path);
    snprintf(beside, sizeof beside, "%s/er", folder);
    assert_int_equal(rmdir(beside), 0); /* nothing else was left */
    assert_int_equal(rmdir(folder), 0);
}

static void odd_names_are_only_names(void **state)
{
    struct store_case *test_case = *state;
    static const char *const names[] = {":memory:", "a?mode=memory", "50%41#b", "file:x"};
    char before[512];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(test_case->folder), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct err err = {0};
        struct store *store = store_open(names[i], STORE_WRITE, &err);
        assert_non_null(store);
        store_free(store);
        struct stat stat_buf;
        assert_true(stat(names[i], &stat_buf) == 0 && stat_buf.st_size > 0);
    }
    assert_int_equal(chdir(before), 0);
}

static void a_second_writer_is_told_who_writes(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    char text[300];
    snprintf(text, sizeof text, "'%s' is being written by another winnow (pid %d)", test_case->path, (int)getpid());
    expect_refused(test_case->path, STORE_WRITE, ERR_BUSY, text);
    char link[120];
    snprintf(link, sizeof link, "%s/link.db", test_case->folder);
    assert_int_equal(symlink(test_case->path, link), 0);
    snprintf(text, sizeof text, "'%s' is being written by another winnow (pid %d)", link, (int)getpid());
    expect_refused(link, STORE_WRITE, ERR_BUSY, text); /* by whatever name */
    store_free(store_case_open(test_case, STORE_READ));
    store_free(store);
    store_free(store_case_open(test_case, STORE_WRITE));
}

static void a_killed_writer_leaves_no_lock(void **state)
{
    struct store_case *test_case = *state;
    store_free(store_case_open(test_case, STORE_WRITE));
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct err err;
        struct store *store = store_open(test_case->path, STORE_WRITE, &err);
        if (store != NULL && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct err err = {0};
    assert_null(store_open(test_case->path, STORE_WRITE, &err));
    assert_int_equal(err.kind, ERR_BUSY);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    store_free(store_case_open(test_case, STORE_WRITE));
    close(ready[0]);
    close(ready[1]);
}

/* The rest of the test as a user who owns nothing. */
static bool become_nobody(void)
{
    return geteuid() == 0 && seteuid(65534) == 0;
}

static void a_file_that_may_not_be_read_or_written(void **state)
{
    struct store_case *test_case = *state;
    store_free(store_case_open(test_case, STORE_WRITE));
    assert_int_equal(chmod(test_case->folder, 0755), 0);
    assert_int_equal(chmod(test_case->path, 0000), 0);
    bool changed = become_nobody();
    if (!changed && geteuid() == 0)
        skip();
    char text[300];
    snprintf(text, sizeof text, "open the store '%s': Permission denied", test_case->path);
    expect_refused(test_case->path, STORE_READ, ERR_IO, text);
    snprintf(text, sizeof text, "open the store '%s' for writing: Permission denied", test_case->path);
    expect_refused(test_case->path, STORE_WRITE, ERR_IO, text);
    if (changed)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(test_case->path, 0644), 0);
}

static void a_store_in_a_folder_that_cannot_be_written_is_read(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(test_case->batch, 1, "/a", 0);
    put_line(test_case->batch, STR("one"), 0, T0);
    put_commit(store, test_case->batch);
    store_free(store);
    char wal[120];
    snprintf(wal, sizeof wal, "%s-wal", test_case->path);
    assert_int_not_equal(access(wal, F_OK), 0); /* a clean end leaves one file */
    assert_int_equal(chmod(test_case->path, 0444), 0);
    assert_int_equal(chmod(test_case->folder, 0555), 0);
    bool changed = become_nobody();
    if (changed || geteuid() != 0) {
        store = store_case_open(test_case, STORE_READ);
        assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=one|");
        store_free(store);
    }
    if (changed)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(test_case->folder, 0755), 0);
}

static void counters_go_on_after_reopening(void **state)
{
    struct store_case *test_case = *state;
    for (uint64_t i = 0; i < 3; i++) {
        struct store *store = store_case_open(test_case, STORE_WRITE);
        assert_true(store->writer.next_record == 1 + 2 * i && store->writer.last_block == (int64_t)i);
        put_run(test_case->batch, 1, "/a", i * 8);
        put_line(test_case->batch, STR("one"), 0, T0);
        put_line(test_case->batch, STR("two"), 0, T0);
        put_commit(store, test_case->batch);
        store_free(store);
    }
    struct store *store = store_case_open(test_case, STORE_READ);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "1=one|2=two|3=one|4=two|5=one|6=two|");
    store_free(store);
}

static void the_log_stays_bounded_with_a_reader_left_open(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(test_case->batch, 1, "/a", 0);
    put_line(test_case->batch, STR("first"), 0, T0);
    put_commit(store, test_case->batch);
    struct store *reader = store_case_open(test_case, STORE_READ);
    struct err err = {0};
    struct scan *scan = scan_new(reader, &ASK_ALL, &err); /* an open scan holds no read */
    assert_non_null(scan);
    char *noise = malloc(1 << 20);
    uint64_t seed = 1;
    uint64_t offset = 6;
    for (int i = 0; i < 100; i++) {
        for (size_t k = 0; k < 1 << 20; k++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            noise[k] = (char)(seed >> 56);
        }
        put_run(test_case->batch, 1, "/a", offset);
        put_line(test_case->batch, str_from(noise, 1 << 20), 0, T0);
        put_commit(store, test_case->batch);
        offset += (1 << 20) + 1;
    }
    free(noise);
    char wal[120];
    snprintf(wal, sizeof wal, "%s-wal", test_case->path);
    struct stat stat_buf;
    assert_int_equal(stat(wal, &stat_buf), 0);
    assert_true(stat_buf.st_size < (off_t)66 << 20);
    struct scan_record rec;
    assert_int_equal(scan_next(scan, &rec, &err), 1);
    assert_true(rec.number == 1);
    assert_int_equal(scan_next(scan, &rec, &err), 0);
    scan_free(scan);
    struct store_summary summary;
    assert_true(store_summary(reader, &summary, &err));
    assert_true(summary.blocks == 101 && summary.records == 101 && summary.raw_bytes == offset);
    assert_true(summary.file_bytes > 100 << 20);
    assert_true(summary.time_min == T0 && summary.time_max == T0);
    assert_int_equal(store_log_held(store), 0);
    store_free(reader);
    store_free(store);
}

static void put_noise(struct store *store, struct batch *batch, uint64_t *offset)
{
    static uint64_t seed = 1;
    char *noise = arena_alloc(&batch->arena, 1 << 20);
    for (size_t k = 0; k < 1 << 20; k++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        noise[k] = (char)(seed >> 56);
    }
    put_run(batch, 1, "/a", *offset);
    put_line(batch, str_from(noise, 1 << 20), 0, T0);
    put_commit(store, batch);
    *offset += (1 << 20) + 1;
}

/* A read that another program keeps open cannot be ended: the writer goes on, tells it, and starts the log anew afterwards. */
static void a_foreign_read_left_open_is_told_and_got_over(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    uint64_t offset = 0;
    put_noise(store, test_case->batch, &offset);
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(test_case->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM block", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_busy_timeout(store->sql.db, 10); /* not to wait as long as a user would */
    for (unsigned i = 0; i < 90; i++)
        put_noise(store, test_case->batch, &offset);
    char wal[120];
    snprintf(wal, sizeof wal, "%s-wal", test_case->path);
    struct stat stat_buf;
    assert_int_equal(stat(wal, &stat_buf), 0);
    assert_true(stat_buf.st_size > 90 << 20);
    assert_true(store_log_held(store) > 32 << 20);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    for (unsigned i = 0; i < 70; i++)
        put_noise(store, test_case->batch, &offset);
    assert_int_equal(stat(wal, &stat_buf), 0);
    assert_true(stat_buf.st_size < 80 << 20);
    sqlite3_close(db);
    store_free(store);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_missing_store_is_named_with_what_to_do),
        CASE(what_is_no_store_is_refused),
        CASE(a_newer_store_is_refused),
        CASE(an_empty_file_becomes_a_store_when_written),
        CASE(folders_and_file_are_private),
        CASE(odd_names_are_only_names),
        CASE(a_second_writer_is_told_who_writes),
        CASE(a_killed_writer_leaves_no_lock),
        CASE(a_file_that_may_not_be_read_or_written),
        CASE(a_store_in_a_folder_that_cannot_be_written_is_read),
        CASE(counters_go_on_after_reopening),
        CASE(the_log_stays_bounded_with_a_reader_left_open),
        CASE(a_foreign_read_left_open_is_told_and_got_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
