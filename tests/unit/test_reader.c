/* reader: what happens to files between two runs. Each step changes the files, runs, and tells what must be kept. */
#include "tests/unit/reader_case.h"

static void appended(void **unused)
{
    (void)unused;
    write_text("a.log", "one\ntwo\n");
    RUN("a.log");
    expect(1, "a.log", "one\ntwo\n");
    assert_int_equal(skipped, 0);
    RUN("a.log");
    expect(1, "a.log", "one\ntwo\n");
    assert_int_equal(skipped, 2);
    append_text("a.log", "three\nfo");
    RUN("a.log");
    expect(1, "a.log", "one\ntwo\nthree\nfo");
    assert_int_equal(skipped, 2);
    assert_int_equal(store->sources[1].state.pending_bytes, 8);
    RUN("a.log");
    assert_int_equal(skipped, 4);
    append_text("a.log", "ur\n");
    RUN("a.log");
    expect(1, "a.log", "one\ntwo\nthree\nfour\n");
    assert_int_equal(skipped, 3); /* the unterminated end is new again */
    expect_count(1);
}

static void empty_then_filled(void **unused)
{
    (void)unused;
    write_text("a.log", "");
    RUN("a.log");
    expect(1, "a.log", "");
    append_text("a.log", "one\n");
    RUN("a.log");
    expect(1, "a.log", "one\n");
    expect_count(1);
}

static void renamed_by_rotation(void **unused)
{
    (void)unused;
    write_text("a.log", "one\ntwo\n");
    RUN(".");
    append_text("a.log", "late\n");
    assert_int_equal(rename("a.log", "a.log.1"), 0);
    write_text("a.log", "new\n");
    RUN(".");
    expect(1, "a.log", "one\ntwo\nlate\n");
    expect(2, "a.log", "new\n");
    expect_count(2);
    assert_true(store->sources[1].state.replaced);
    assert_false(store->sources[2].state.replaced);
    RUN(".");
    expect_count(2);
    assert_int_equal(skipped, 4);
}

/* What was found under another name is not taken for the file that now has the first name. */
static void renamed_and_copied_back(void **unused)
{
    (void)unused;
    write_text("a.log", "one\ntwo\n");
    RUN("a.log");
    assert_int_equal(rename("a.log", "0.log"), 0);
    write_text("a.log", "one\ntwo\nthree\n");
    RUN("0.log", "a.log");
    expect(1, "a.log", "one\ntwo\n");
    expect(2, "a.log", "one\ntwo\nthree\n");
    expect_count(2);
}

static void truncated_in_place(void **unused)
{
    (void)unused;
    write_text("a.log", "one\ntwo\n");
    RUN("a.log");
    write_text("a.log", "x\n"); /* shorter */
    RUN("a.log");
    expect(1, "a.log", "one\ntwo\n");
    expect(2, "a.log", "x\n");
    write_text("a.log", "y\nother lines, more than before\n"); /* longer, but not the same beginning */
    RUN("a.log");
    expect(2, "a.log", "x\n");
    expect(3, "a.log", "y\nother lines, more than before\n");
    expect_count(3);
    assert_true(store->sources[1].state.replaced && store->sources[2].state.replaced);
}

static void truncated_with_an_equal_head(void **unused)
{
    (void)unused;
    char head[2048];
    memset(head, 'h', sizeof head);
    head[sizeof head - 1] = '\n';
    scratch_write("a.log", str_from(head, sizeof head));
    append_text("a.log", "one\ntwo\n");
    RUN("a.log");
    scratch_write("a.log", str_from(head, sizeof head));
    append_text("a.log", "other\nlines\nmore\n");
    RUN("a.log");
    expect_count(2);
    assert_int_equal(store->sources[1].bytes.size, sizeof head + 8);
    assert_int_equal(store->sources[2].bytes.size, sizeof head + 17);
}

static void rewritten_by_an_editor(void **unused)
{
    (void)unused;
    write_text("a.log", "one\ntwo\n");
    RUN("a.log");
    write_text("b", "one\ntwo\nthree\n");
    assert_int_equal(rename("b", "a.log"), 0); /* another inode, the same beginning */
    RUN("a.log");
    expect(1, "a.log", "one\ntwo\nthree\n");
    write_text("b", "different\nfile\n");
    assert_int_equal(rename("b", "a.log"), 0);
    RUN("a.log");
    expect(1, "a.log", "one\ntwo\nthree\n");
    expect(2, "a.log", "different\nfile\n");
    expect_count(2);
}

/* Nothing that was stored is lost, also when it was only an unterminated line. */
static void unterminated_line_rewritten(void **unused)
{
    (void)unused;
    write_text("a.log", "first");
    RUN("a.log");
    write_text("a.log", "second line\n");
    RUN("a.log");
    expect(1, "a.log", "first");
    expect(2, "a.log", "second line\n");
}

static void two_files_with_equal_content(void **unused)
{
    (void)unused;
    write_text("a.log", "one\n");
    write_text("b.log", "one\n");
    RUN("a.log", "b.log");
    expect(1, "a.log", "one\n");
    expect(2, "b.log", "one\n");
}

static void named_twice(void **unused)
{
    (void)unused;
    write_text("a.log", "one\ntwo");
    assert_int_equal(symlink("a.log", "link.log"), 0);
    RUN("a.log", "a.log", "./a.log", "link.log", "*.log", ".");
    expect_count(1);
    expect(1, "a.log", "one\ntwo");
    assert_false(failed);
}

static void gzip_members(void **unused)
{
    (void)unused;
    char data[4096];
    size_t size = scratch_gzip(STR("one\ntw"), data, sizeof data);
    scratch_write("a.gz", str_from(data, size));
    RUN("a.gz");
    expect(1, "a.gz", "one\ntw");
    RUN("a.gz");
    assert_int_equal(skipped, 2);
    size += scratch_gzip(STR("o\nthree\n"), data + size, sizeof data - size);
    scratch_write("a.gz", str_from(data, size));
    RUN("a.gz");
    expect(1, "a.gz", "one\ntwo\nthree\n");
    expect_count(1);
    assert_false(failed);
    /* Grown by a member that is cut: what is there is kept, and completed by the next run. */
    size_t whole = size + scratch_gzip(STR("four\nfive, which is longer\n"), data + size, sizeof data - size);
    scratch_write("a.gz", str_from(data, whole - 12));
    RUN("a.gz");
    assert_true(failed);
    RUN("a.gz");
    assert_true(failed);
    scratch_write("a.gz", str_from(data, whole));
    RUN("a.gz");
    assert_false(failed);
    expect(1, "a.gz", "one\ntwo\nthree\nfour\nfive, which is longer\n");
    expect_count(1);
}

static void not_logs(void **unused)
{
    (void)unused;
    char zeros[100] = {0};
    write_text("a.log", "one\n");
    scratch_write("b.bin", str_from(zeros, sizeof zeros));
    RUN(".");
    expect_count(1);
    assert_false(failed);
    RUN("b.bin");
    expect_count(1);
    assert_true(failed);
    run_with(&frame_limits_default, 0, true, (const char *const[]){"b.bin", NULL});
    expect_count(2);
    assert_false(failed);
    assert_int_equal(store->sources[2].bytes.size, sizeof zeros);
}

static void missing_and_unreadable(void **unused)
{
    (void)unused;
    write_text("a.log", "one\n");
    RUN("nothing.log", "a.log", "*.nothing");
    assert_true(failed);
    expect(1, "a.log", "one\n");
}

/* Killed after the n-th commit, for every n, and run again: every line once. */
static void killed_anywhere(void **unused)
{
    (void)unused;
    static const struct frame_limits small = {64, 20, 20, 16, 3};
    struct str contents[] = {
        STR("one\ntwo\nthree\nfour\nfive\nsix\nseven\n"),
        STR(""),
        STR("a line that is much longer than the limit of twenty bytes\nshort\nand the end without a newline"),
        STR("\n\n\n\n\n\n\n\n"),
        STR("tail only"),
    };
    char path[8] = "0.log";
    for (size_t i = 0; i < 5; i++) {
        path[0] = (char)('0' + i);
        scratch_write(path, contents[i]);
    }
    char data[4096];
    scratch_write("5.log", str_from(data, scratch_gzip(contents[2], data, sizeof data)));
    for (uint64_t puts = 1;; puts++) {
        fake_free(store);
        store = fake_new();
        run_with(&small, puts, true, (const char *const[]){".", NULL});
        bool all = !store->refused;
        while (store->refused) /* killed again and again */
            run_with(&small, puts, true, (const char *const[]){".", NULL});
        expect_count(6);
        for (size_t i = 0; i < FAKE_SOURCES; i++) {
            const struct fake_source *source = &store->sources[i];
            if (!source->known)
                continue;
            char digit = source->name[strlen(scratch_path) + 1];
            struct str content = digit == '5' ? contents[2] : contents[digit - '0'];
            assert_int_equal(source->bytes.size, content.size);
            assert_memory_equal(buf_str(&source->bytes).data, content.data, content.size);
        }
        if (all)
            break;
        assert_true(puts < 1000);
    }
}

static void stream_continues_behind_its_tail(void **unused)
{
    (void)unused;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    for (int round = 0; round < 2; round++) {
        int fd = open("pipe", O_RDWR); /* keeps the writer's side until the reader is there */
        assert_true(fd >= 0 && write(fd, "one\ntwo", 7) == 7);
        pid_t child = fork();
        if (child == 0) {
            struct timespec wait = {.tv_nsec = 200000000};
            nanosleep(&wait, NULL);
            _exit(0); /* closes the last writer: the end */
        }
        close(fd);
        RUN("pipe");
    }
    expect_count(1);
    expect(1, "pipe", "one\ntwoone\ntwo");
    assert_int_equal(store->sources[1].records, 4);
    assert_int_equal(skipped, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(appended, enter, leave),
        cmocka_unit_test_setup_teardown(empty_then_filled, enter, leave),
        cmocka_unit_test_setup_teardown(renamed_by_rotation, enter, leave),
        cmocka_unit_test_setup_teardown(renamed_and_copied_back, enter, leave),
        cmocka_unit_test_setup_teardown(truncated_in_place, enter, leave),
        cmocka_unit_test_setup_teardown(truncated_with_an_equal_head, enter, leave),
        cmocka_unit_test_setup_teardown(rewritten_by_an_editor, enter, leave),
        cmocka_unit_test_setup_teardown(unterminated_line_rewritten, enter, leave),
        cmocka_unit_test_setup_teardown(two_files_with_equal_content, enter, leave),
        cmocka_unit_test_setup_teardown(named_twice, enter, leave),
        cmocka_unit_test_setup_teardown(gzip_members, enter, leave),
        cmocka_unit_test_setup_teardown(not_logs, enter, leave),
        cmocka_unit_test_setup_teardown(missing_and_unreadable, enter, leave),
        cmocka_unit_test_setup_teardown(killed_anywhere, enter, leave),
        cmocka_unit_test_setup_teardown(stream_continues_behind_its_tail, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
