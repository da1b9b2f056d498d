/* identity, content: a source is found again after its file was compressed, or copied away and truncated. */
#include "tests/unit/reader_case.h"

#define LINES "2026-11-20T10:00:00Z ERROR one of several\n2026-11-20T10:00:01Z ERROR two of several\n"
#define LATE "2026-11-20T10:00:02Z ERROR late\n"

static void write_gzip(const char *path, const char *content)
{
    char data[8192];
    scratch_write(path, str_from(data, scratch_gzip(str_of(content), data, sizeof data)));
}

static void remove_file(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

static void compressed(void **unused)
{
    (void)unused;
    write_text("a.log", LINES);
    RUN(".");
    write_gzip("a.log.gz", LINES LATE);
    remove_file("a.log");
    RUN(".");
    expect(1, "a.log", LINES LATE);
    expect_count(1);
    assert_int_equal(skipped, 2);
    RUN("."); /* now it lies there */
    assert_int_equal(skipped, 3);
    write_text("a.log.1", LINES LATE); /* and is decompressed again */
    remove_file("a.log.gz");
    RUN(".");
    expect(1, "a.log", LINES LATE);
    expect_count(1);
}

static void compressed_beside_its_successor(void **unused)
{
    (void)unused;
    write_text("a.log", LINES);
    RUN(".");
    assert_int_equal(rename("a.log", "a.log.1"), 0);
    write_gzip("a.log.1.gz", LINES);
    write_text("a.log", LATE);
    remove_file("a.log.1");
    RUN(".");
    expect(1, "a.log", LINES);
    expect(2, "a.log", LATE);
    expect_count(2);
    assert_int_equal(skipped, 2);
    assert_true(store->sources[1].state.replaced);
}

/* First seen as a.log.1, whose name has the next one by then. */
static void compressed_a_rotation_later(void **unused)
{
    (void)unused;
    write_text("a.log.1", LINES);
    write_text("a.log", LATE LINES);
    RUN(".");
    write_gzip("a.log.2.gz", LINES);
    remove_file("a.log.1");
    assert_int_equal(rename("a.log", "a.log.1"), 0);
    write_text("a.log", LATE);
    RUN(".");
    expect_count(3);
    assert_int_equal(skipped, 5);
    assert_int_equal(store->sources[1].bytes.size + store->sources[2].bytes.size, 2 * strlen(LINES) + strlen(LATE));
}

static void copied_and_truncated(void **unused)
{
    (void)unused;
    write_text("a.log", LINES);
    RUN(".");
    write_text("a.log.1", LINES LATE); /* the copy has what was not read yet */
    write_text("a.log", "");
    RUN(".");
    expect(1, "a.log", LINES LATE);
    expect(2, "a.log", "");
    expect_count(2);
    append_text("a.log", LATE);
    RUN(".");
    expect(2, "a.log", LATE);
    expect_count(2);
    assert_int_equal(skipped, 3);
}

/* The copy comes before the truncated file among the inputs, and that has grown beyond the position again. */
static void copied_and_truncated_and_grown(void **unused)
{
    (void)unused;
    write_text("b.log", LINES);
    RUN(".");
    write_text("a.log", LINES);
    write_text("b.log", LATE LATE LATE LATE LATE);
    RUN("a.log", "b.log");
    expect(1, "b.log", LINES);
    expect(2, "b.log", LATE LATE LATE LATE LATE);
    expect_count(2);
}

/* The copy took the place of a source of which nothing was read. */
static void copied_onto_an_empty_file(void **unused)
{
    (void)unused;
    write_text("a.log", LINES);
    write_text("a.log.1", "");
    RUN(".");
    write_text("a.log.1", LINES);
    write_text("a.log", "");
    RUN(".");
    expect_count(3);
    expect(1, "a.log", LINES);
    expect(2, "a.log.1", "");
    assert_true(store->sources[2].state.replaced);
}

static void copied_beside_a_living_original(void **unused)
{
    (void)unused;
    write_text("b.log", LINES);
    RUN("b.log");
    write_text("a.log", LINES);
    write_gzip("b.log.gz", LINES);
    RUN("a.log", "b.log.gz"); /* the original is not even among the inputs */
    expect_count(3);
    append_text("b.log", LATE);
    RUN(".");
    expect(1, "b.log", LINES LATE);
    expect_count(3);
}

/* One moves, the other does not begin like it or is cut. */
static void other_content(void **unused)
{
    (void)unused;
    write_text("a.log", LINES);
    RUN(".");
    remove_file("a.log");
    write_gzip("a.log.1.gz", LATE LINES);
    write_gzip("a.log.2.gz", "2026-11-20T10:00:00Z ERROR one of several\n");
    RUN(".");
    expect(1, "a.log", LINES);
    expect_count(3);
}

/* Equal heads, and one the beginning of the other: each goes to where all of it is. */
static void equal_heads(void **unused)
{
    (void)unused;
    static const char *const ends[] = {LINES, LINES LATE, LATE LINES};
    char content[3][4096];
    for (size_t i = 0; i < 3; i++) {
        memset(content[i], 'h', 2000);
        snprintf(content[i] + 2000, sizeof content[i] - 2000, "\n%s", ends[i]);
    }
    write_text("a.log", content[0]);
    write_text("b.log", content[1]);
    write_text("c.log", content[2]);
    RUN(".");
    remove_file("a.log");
    write_gzip("y.gz", content[1]); /* where inodes are used again, in the place of a.log, whose content it has too */
    remove_file("b.log");
    write_gzip("z.gz", content[0]);
    remove_file("c.log");
    write_gzip("x.gz", content[2]);
    RUN(".");
    expect_count(3);
    expect(1, "a.log", content[0]);
    expect(2, "b.log", content[1]);
    expect(3, "c.log", content[2]);
    assert_int_equal(skipped, 11);
    for (size_t i = 1; i <= 3; i++)
        assert_int_equal(store->sources[i].state.kind, SOURCE_GZIP);
}

/* A few equal bytes say something of files with related names, nothing of others; none say nothing at all. */
static void short_content(void **unused)
{
    (void)unused;
    write_text("a.log", "started\n");
    write_text("b.log", "begun\n");
    write_text("c.log", "");
    RUN(".");
    write_gzip("a.log-20261120.gz", "started\nand more\n");
    write_gzip("other.gz", "begun\n");
    write_gzip("c.log.1.gz", "anything\n");
    remove_file("a.log");
    remove_file("b.log");
    remove_file("c.log");
    RUN(".");
    expect(1, "a.log", "started\nand more\n");
    expect(2, "b.log", "begun\n");
    expect(3, "c.log", "");
    expect_count(5);
}

static void unterminated(void **unused)
{
    (void)unused;
    write_text("a.log", LINES "unfinished");
    RUN(".");
    write_gzip("a.log.gz", LINES "unfinished line\n" LATE);
    remove_file("a.log");
    RUN(".");
    expect(1, "a.log", LINES "unfinished line\n" LATE);
    expect_count(1);
}

/* The store is not trusted: what cannot be is no match. */
static void damaged_states(void **unused)
{
    (void)unused;
    const struct source_state bad[] = {
        {.position = strlen(LINES), .tail_size = UINT32_MAX},
        {.position = UINT64_MAX, .tail_size = strlen(LINES)},
        {.position = UINT64_MAX, .pending_bytes = 1, .tail_size = MARK_TAIL_MAX},
        {.position = strlen(LINES) + 1, .tail_size = strlen(LINES)},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fake_free(store);
        store = fake_new();
        write_text("a.log", LINES);
        RUN("a.log");
        write_gzip("b.gz", LINES LATE);
        remove_file("a.log");
        struct source_state *state = &store->sources[1].state;
        state->position = bad[i].position;
        state->pending_bytes = bad[i].pending_bytes;
        state->tail_size = bad[i].tail_size;
        RUN("b.gz");
        expect(2, "b.gz", LINES LATE);
        expect_count(2);
        remove_file("b.gz");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(compressed, enter, leave),
        cmocka_unit_test_setup_teardown(compressed_beside_its_successor, enter, leave),
        cmocka_unit_test_setup_teardown(compressed_a_rotation_later, enter, leave),
        cmocka_unit_test_setup_teardown(copied_and_truncated, enter, leave),
        cmocka_unit_test_setup_teardown(copied_and_truncated_and_grown, enter, leave),
        cmocka_unit_test_setup_teardown(copied_onto_an_empty_file, enter, leave),
        cmocka_unit_test_setup_teardown(copied_beside_a_living_original, enter, leave),
        cmocka_unit_test_setup_teardown(other_content, enter, leave),
        cmocka_unit_test_setup_teardown(equal_heads, enter, leave),
        cmocka_unit_test_setup_teardown(short_content, enter, leave),
        cmocka_unit_test_setup_teardown(unterminated, enter, leave),
        cmocka_unit_test_setup_teardown(damaged_states, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
