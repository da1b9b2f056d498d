/* source: bytes of files, gzip files and pipes, whole and broken. */
#include "ingest/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "tests/unit/scratch.h"

static struct source *open_source(const char *path)
{
    struct input input = {.kind = INPUT_FILE, .path = path, .named = true};
    struct err err;
    return source_open(&input, &err);
}

/* Reads all of it in small reads; returns how it ended. */
static enum source_result drain(struct source *source, size_t step, struct buf *ret_bytes, struct err *err)
{
    for (;;) {
        char data[300];
        size_t got;
        enum source_result result = source_read(source, data, step, &got, err);
        if (result == SOURCE_QUIET)
            continue;
        if (result != SOURCE_DATA)
            return result;
        buf_add(ret_bytes, data, got);
    }
}

static void check_file(const char *path, size_t step, enum source_result end, struct str content, const char *message)
{
    SCOPED(buf) bytes = BUF(1 << 20);
    struct err err = {0};
    SCOPED_FREE(source) *source = open_source(path);
    assert_non_null(source);
    assert_int_equal(drain(source, step, &bytes, &err), end);
    assert_int_equal(bytes.size, content.size);
    assert_memory_equal(buf_str(&bytes).data, content.data, content.size);
    assert_int_equal(source->offset, content.size);
    assert_string_equal(err.text, message);
}

static void plain(void **unused)
{
    (void)unused;
    scratch_write("a.gz", STR("plain, whatever its name\n\0"));
    check_file("a.gz", 7, SOURCE_END, STR("plain, whatever its name\n\0"), "");
    scratch_write("empty", STR(""));
    check_file("empty", 7, SOURCE_END, STR(""), "");
    scratch_write("short", STR("\x1f\x8b"));
    check_file("short", 7, SOURCE_END, STR("\x1f\x8b"), "");
}

static void gzip_forms(void **unused)
{
    (void)unused;
    char one[256], two[256], none[256], data[1024];
    size_t one_size = scratch_gzip(STR("hello "), one, sizeof one);
    size_t two_size = scratch_gzip(STR("world\n"), two, sizeof two);
    size_t none_size = scratch_gzip(STR(""), none, sizeof none);
    const struct {
        const char *name;
        struct str parts[4];
        enum source_result end;
        struct str content;
        const char *message;
    } forms[] = {
        {"one", {{one, one_size}}, SOURCE_END, STR("hello "), ""},
        {"concatenated", {{one, one_size}, {none, none_size}, {two, two_size}}, SOURCE_END, STR("hello world\n"), ""},
        {"padded", {{one, one_size}, STR("\0\0\0\0\0")}, SOURCE_END, STR("hello "), ""},
        {"padded between", {{one, one_size}, STR("\0\0\0"), {two, two_size}}, SOURCE_END, STR("hello world\n"), ""},
        {"garbage",
         {{one, one_size}, STR("\0\0xyz")},
         SOURCE_FAILED,
         STR("hello "),
         "f: bytes after the gzip data at offset 28 are not gzip; ignored"},
        {"half a magic",
         {{one, one_size}, STR("\x1f")},
         SOURCE_FAILED,
         STR("hello "),
         "f: bytes after the gzip data at offset 26 are not gzip; ignored"},
        {"second is cut",
         {{one, one_size}, {two, 10}},
         SOURCE_FAILED,
         STR("hello "),
         "f: gzip data ends early at compressed byte 36; what could be read was stored"},
    };
    assert_int_equal(one_size, 26);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t size = 0;
        for (size_t k = 0; k < 4 && forms[i].parts[k].size > 0; k++) {
            memcpy(data + size, forms[i].parts[k].data, forms[i].parts[k].size);
            size += forms[i].parts[k].size;
        }
        scratch_write("f", str_from(data, size));
        for (size_t step = 1; step <= 300; step = step * 7 + 1)
            check_file("f", step, forms[i].end, forms[i].content, forms[i].message);
    }
}

/* Cut at every byte, and broken at every byte: never a crash, what is given is a beginning of the content, and a file
 * that is cut is told. */
static void gzip_broken_anywhere(void **unused)
{
    (void)unused;
    char content[3000], data[4096];
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)("abcdefgh \n"[(i * i / 7) % 10]);
    size_t size = scratch_gzip(str_from(content, sizeof content), data, sizeof data);
    for (size_t at = 3; at < size; at++) {
        SCOPED(buf) bytes = BUF(1 << 20);
        struct err err = {0};
        scratch_write("f", str_from(data, at));
        SCOPED_FREE(source) *source = open_source("f");
        assert_int_equal(drain(source, 300, &bytes, &err), SOURCE_FAILED);
        assert_int_equal(err.kind, ERR_FORMAT);
        assert_true(bytes.size <= sizeof content && memcmp(buf_str(&bytes).data, content, bytes.size) == 0);
    }
    size_t told = 0;
    for (size_t at = 10; at < size; at++) {
        SCOPED(buf) bytes = BUF(1 << 24);
        struct err err = {0};
        data[at] = (char)(data[at] ^ 0x10);
        scratch_write("f", str_from(data, size));
        data[at] = (char)(data[at] ^ 0x10);
        SCOPED_FREE(source) *source = open_source("f");
        told += drain(source, 300, &bytes, &err) == SOURCE_FAILED;
    }
    assert_int_equal(told, size - 10); /* the check sums see every one */
}

static void seeking(void **unused)
{
    (void)unused;
    static char content[200000], data[200000];
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)(i * 31 >> 7);
    scratch_write("plain", str_from(content, sizeof content));
    scratch_write("gzip", str_from(data, scratch_gzip(str_from(content, sizeof content), data, sizeof data)));
    static const char *const paths[] = {"plain", "gzip"};
    for (size_t i = 0; i < 2; i++) {
        struct err err = {0};
        SCOPED_FREE(source) *source = open_source(paths[i]);
        static const uint64_t offsets[] = {0, 5, 199999, 70000, 70001, 0, 200000};
        for (size_t k = 0; k < sizeof offsets / sizeof offsets[0]; k++) {
            char bytes[100];
            size_t got, left = sizeof content - (size_t)offsets[k];
            assert_int_equal(source_seek(source, offsets[k], &err), SOURCE_DATA);
            enum source_result end = source_read_full(source, bytes, sizeof bytes, &got, &err);
            assert_int_equal(end, left < sizeof bytes ? SOURCE_END : SOURCE_DATA);
            assert_int_equal(got, left < sizeof bytes ? left : sizeof bytes);
            assert_memory_equal(bytes, content + offsets[k], got);
        }
        assert_int_equal(source_seek(source, sizeof content + 1, &err), SOURCE_END);
    }
}

static void what_cannot_be_opened(void **unused)
{
    (void)unused;
    struct err err = {0};
    struct input missing = {.kind = INPUT_FILE, .path = "missing"};
    assert_null(source_open(&missing, &err));
    assert_int_equal(err.kind, ERR_MISSING);
    assert_string_equal(err.text, "missing: No such file or directory");
    struct input folder = {.kind = INPUT_FILE, .path = "."};
    assert_null(source_open(&folder, &err));
    assert_string_equal(err.text, ".: Is a directory");
    if (geteuid() != 0) { /* root may read everything */
        scratch_write("closed", STR("x"));
        assert_int_equal(chmod("closed", 0), 0);
        struct input closed = {.kind = INPUT_FILE, .path = "closed"};
        assert_null(source_open(&closed, &err));
        assert_string_equal(err.text, "closed: Permission denied");
    }
}

static void becoming_shorter(void **unused)
{
    (void)unused;
    struct err err = {0};
    struct stat info;
    scratch_write("f", STR("one\ntwo\n"));
    assert_int_equal(stat("f", &info), 0);
    struct input input = {INPUT_FILE, "f", true, info.st_dev, info.st_ino, 9};
    assert_null(source_open(&input, &err));
    assert_non_null(strstr(err.text, "f: became shorter (8 bytes, before 9)"));

    SCOPED(buf) bytes = BUF(100);
    SCOPED_FREE(source) *source = open_source("f");
    scratch_write("f", STR("one\n"));
    assert_int_equal(drain(source, 100, &bytes, &err), SOURCE_END);
    assert_false(source_check(source, &err));
    assert_non_null(strstr(err.text, "f: became shorter (4 bytes, before 8) while it was read"));

    SCOPED_FREE(source) *growing = open_source("f");
    scratch_append("f", STR("two\n"));
    assert_int_equal(drain(growing, 100, &bytes, &err), SOURCE_END);
    assert_true(source_check(growing, &err));
    assert_int_equal(growing->size, 8);
}

/* Writes each part into the pipe a little later than the one before. */
static void write_slowly(const char *path, const struct str *parts, size_t count)
{
    if (fork() != 0)
        return;
    int fd = open(path, O_WRONLY);
    for (size_t i = 0; i < count; i++) {
        struct timespec wait = {.tv_nsec = 20000000};
        if (fd < 0 || write(fd, parts[i].data, parts[i].size) != (ssize_t)parts[i].size)
            _exit(1);
        nanosleep(&wait, NULL);
    }
    _exit(0);
}

static void pipes(void **unused)
{
    (void)unused;
    char data[256];
    size_t size = scratch_gzip(STR("from gzip\n"), data, sizeof data);
    char twice[2 * sizeof data];
    memcpy(twice, data, size);
    memcpy(twice + size, data, size);
    const struct {
        struct str parts[3];
        struct str content;
        bool gzip;
    } forms[] = {
        {{STR("o"), STR("ne\n"), STR("two")}, STR("one\ntwo"), false},
        {{{data, 1}, {data + 1, 1}, {data + 2, size - 2}}, STR("from gzip\n"), true},
        {{STR("\x1f"), STR("\x8b"), STR("\x07")}, STR("\x1f\x8b\x07"), false},
        {{{twice, size + 1}, {twice + size + 1, size - 1}}, STR("from gzip\nfrom gzip\n"), true},
    };
    assert_int_equal(mkfifo("pipe", 0600), 0);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        SCOPED(buf) bytes = BUF(1000);
        struct err err = {0};
        write_slowly("pipe", forms[i].parts, 3);
        struct input input = {.kind = INPUT_PIPE, .path = "pipe", .named = true};
        SCOPED_FREE(source) *source = source_open(&input, &err);
        assert_non_null(source);
        assert_int_equal(source->kind, SOURCE_STREAM);
        assert_int_equal(source->gzip != NULL, forms[i].gzip);
        assert_int_equal(drain(source, 100, &bytes, &err), SOURCE_END);
        assert_int_equal(bytes.size, forms[i].content.size);
        assert_memory_equal(bytes.data, forms[i].content.data, bytes.size);
    }
}

static void reference_time(void **unused)
{
    (void)unused;
    char data[256];
    size_t size = scratch_gzip(STR("x\n"), data, sizeof data);
    scratch_write("f", str_from(data, size)); /* a header without a time */
    struct source *source = open_source("f");
    assert_int_equal(source->reference_us, source->modified_us);
    source_free(source);
    memcpy(data + 4, "\x00\xf1\x53\x65", 4); /* 1700000000 */
    scratch_write("f", str_from(data, size));
    source = open_source("f");
    assert_int_equal(source->reference_us, 1700000000 * TIME_SECOND);
    source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(gzip_forms, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(gzip_broken_anywhere, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(seeking, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(what_cannot_be_opened, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(becoming_shorter, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(pipes, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(reference_time, scratch_enter, scratch_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
