#include "small_store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

struct place {
    char path[100], partial[120];
};

static struct place place_of(const struct store_case *test_case)
{
    struct place place;
    snprintf(place.path, sizeof place.path, "%s/copy.db", test_case->folder);
    snprintf(place.partial, sizeof place.partial, "%s.partial", place.path);
    return place;
}

static void expect_none(const struct place *place)
{
    assert_int_not_equal(access(place->path, F_OK), 0);
    assert_int_not_equal(access(place->partial, F_OK), 0);
}

static void a_copy_is_the_store(void **state)
{
    struct store_case *test_case = *state;
    struct place place = place_of(test_case);
    struct store *store = small_store(test_case);
    struct backup_result result;
    struct err err = {0};
    if (!store_backup(store, &(struct backup_ask){.path = place.path}, &result, &err))
        fail_msg("%s", err.text);
    assert_true(result.records == 13 && result.head.block == 4);
    put_block(store, test_case->batch, 4); /* not in the copy */
    struct store *copy = store_open(place.path, STORE_WRITE, &err);
    assert_non_null(copy);
    expect(copy, true, "");
    char lines[4096];
    snprintf(lines, sizeof lines, "%s", scan_text(copy, &ASK_ALL, NULL));
    assert_string_equal(strrchr(lines, '='), "=tail|");
    store_free(copy);
    store_free(store);
    struct stat stat_buf;
    assert_true(stat(place.path, &stat_buf) == 0 && (stat_buf.st_mode & 0777) == 0600);
}

static bool stop_at_once(void *context, uint64_t done, uint64_t bytes)
{
    (void)context;
    (void)done;
    (void)bytes;
    return false;
}

static void nothing_is_left_of_a_copy_that_failed(void **state)
{
    struct store_case *test_case = *state;
    struct place place = place_of(test_case);
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    unsigned seed = 1;
    for (unsigned i = 0; i < 8192; i++) { /* enough for more than one step, whatever the codec makes of it */
        char *line = arena_alloc(&batch->arena, 1500);
        for (unsigned k = 0; k < 1500; k++)
            line[k] = (char)('0' + ((seed = seed * 1103515245U + 12345U) >> 16) % 64);
        put_line(batch, str_from(line, 1500), 0, T0);
    }
    batch->sources[0].position = 8192 * 1501;
    put_commit(store, batch);
    struct backup_result result;
    struct err err = {0};
    struct backup_ask ask = {.path = place.path, .go_on = stop_at_once};
    assert_false(store_backup(store, &ask, &result, &err));
    assert_int_equal(err.kind, ERR_INTERRUPTED);
    expect_none(&place);

    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = {.rlim_cur = 1 << 20, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ask.go_on = NULL;
    bool made = store_backup(store, &ask, &result, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(made);
    assert_non_null(strstr(err.text, place.partial));
    expect_none(&place);

    run_sql(store, "UPDATE block SET raw_bytes = 7");
    assert_false(store_backup(store, &ask, &result, &err));
    assert_int_equal(err.kind, ERR_CORRUPT);
    expect_none(&place);
    store_free(store);
}

/* Each copy made beside a busy writer is sound, and ends with a whole batch. */
static void copies_beside_a_busy_writer_are_whole(void **state)
{
    enum { BLOCKS = 200 };
    struct store_case *test_case = *state;
    struct place place = place_of(test_case);
    store_free(store_case_open(test_case, STORE_WRITE));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *writer = store_case_open(test_case, STORE_WRITE);
        for (uint64_t n = 0; n < BLOCKS; n++)
            put_block(writer, test_case->batch, n);
        store_free(writer);
        _exit(0);
    }
    unsigned copies = 0;
    uint64_t last = 0;
    for (bool over = false; !over;) {
        over = waitpid(child, NULL, WNOHANG) != 0; /* one more copy when it has ended */
        struct store *store = store_case_open(test_case, STORE_READ);
        struct backup_result result;
        struct err err = {0};
        if (!store_backup(store, &(struct backup_ask){.path = place.path, .replace = true}, &result, &err))
            fail_msg("%s", err.text);
        assert_true(result.records % 3 == 0 && result.records >= last);
        last = result.records;
        copies++;
        store_free(store);
    }
    assert_true(copies > 1);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_copy_is_the_store),
        CASE(nothing_is_left_of_a_copy_that_failed),
        CASE(copies_beside_a_busy_writer_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
