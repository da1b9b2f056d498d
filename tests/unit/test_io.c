#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/scope.h"

/* A file in the temporary folder with this content; its descriptor, and its path in path. */
static int temporary(char path[64], struct str content)
{
    memcpy(path, "/tmp/winnow-test-XXXXXX", 24);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(io_write_all(fd, content, NULL));
    return fd;
}

static void descriptors_close_with_their_scope(void **state)
{
    (void)state;
    int seen;
    {
        SCOPED_FD fd = open("/dev/null", O_RDONLY);
        seen = fd;
        assert_true(fcntl(seen, F_GETFD) >= 0);
    }
    assert_int_equal(fcntl(seen, F_GETFD), -1);
    SCOPED_FD none = -1;
    (void)none;
}

static void reading_at_an_offset(void **state)
{
    (void)state;
    char path[64], data[16];
    SCOPED_FD fd = temporary(path, STR("0123456789"));
    assert_int_equal(io_pread(fd, data, 4, 3), 4);
    assert_memory_equal(data, "3456", 4);
    assert_int_equal(io_pread(fd, data, 16, 8), 2);
    assert_int_equal(io_pread(fd, data, 16, 10), 0);
    assert_int_equal(io_pread(fd, data, 16, 1000), 0);
    assert_int_equal(io_pread(fd, data, 16, UINT64_MAX), -1);
    assert_int_equal(io_pread(-1, data, 16, 0), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(io_read(fd, data, 16), 10);
    assert_int_equal(io_read(fd, data, 16), 0);
    assert_int_equal(io_read(-1, data, 16), -1);
    unlink(path);
}

static void whole_files(void **state)
{
    (void)state;
    static char large[200000];
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7 % 251);
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 200000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char path[64];
        SCOPED_FD fd = temporary(path, str_from(large, sizes[i]));
        (void)fd;
        for (size_t more = 0; more < 2; more++) {
            SCOPED(buf) buf = BUF(3 + sizes[i] + more);
            assert_true(buf_add_text(&buf, "abc"));
            struct err err;
            assert_true(io_read_file(path, &buf, &err));
            assert_int_equal(buf.size, 3 + sizes[i]);
            assert_memory_equal(buf.data + 3, large, sizes[i]);
            assert_int_equal(buf.data[buf.size], 0);
        }
        if (sizes[i] > 0) { /* one byte too many: what was there stays */
            SCOPED(buf) buf = BUF(2 + sizes[i]);
            assert_true(buf_add_text(&buf, "abc"));
            struct err err;
            assert_false(io_read_file(path, &buf, &err));
            assert_int_equal(err.kind, ERR_LIMIT);
            assert_string_equal(buf.data, "abc");
        }
        unlink(path);
    }
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    SCOPED(buf) buf = BUF(100);
    struct err err;
    assert_false(io_read_file("/nonexistent/winnow", &buf, &err));
    assert_int_equal(err.kind, ERR_MISSING);
    assert_string_equal(err.text, "open '/nonexistent/winnow': No such file or directory");
    assert_false(io_read_file("/", &buf, &err));
    assert_int_equal(err.kind, ERR_IO);
    assert_string_equal(err.text, "read '/': Is a directory");
    assert_int_equal(buf.size, 0);
}

static void writing_to_a_full_device(void **state)
{
    (void)state;
    SCOPED_FD fd = open("/dev/full", O_WRONLY);
    struct err err;
    assert_false(io_write_all(fd, STR("x"), &err));
    assert_int_equal(err.kind, ERR_FULL);

    struct out out;
    out_init(&out, fd);
    out_text(&out, "x");
    assert_true(out_alive(&out));
    assert_false(out_flush(&out, &err));
    assert_int_equal(err.kind, ERR_FULL);
    assert_false(out_alive(&out));
    out_text(&out, "more");
    out_printf(&out, "%d", 1);
    assert_false(out_flush(&out, &err)); /* still */
    out_release(&out);
}

/* Reads a pipe to its end into a buffer, slowly at first, so that the writer meets a full pipe. */
struct reader {
    int fd;
    struct buf got;
};

static void *read_all(void *context)
{
    struct reader *reader = context;
    usleep(20000);
    for (;;) {
        char *at = buf_reserve(&reader->got, 1000);
        ssize_t size = at ? io_read(reader->fd, at, 1000) : 0;
        if (size <= 0)
            return NULL;
        reader->got.size += (size_t)size;
    }
}

static void output_arrives_in_order(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0); /* EAGAIN is waited for */
    struct reader reader = {.fd = ends[0], .got = BUF(8 << 20)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_all, &reader), 0);

    static char large[300000];
    memset(large, 'L', sizeof large);
    SCOPED(buf) expected = BUF(8 << 20);
    struct out out;
    out_init(&out, ends[1]);
    assert_false(out.terminal);
    for (int i = 0; i < 20000; i++) {
        out_printf(&out, "line %d\n", i);
        buf_printf(&expected, "line %d\n", i);
        if (i % 5000 == 0) {
            out_add(&out, str_from(large, sizeof large));
            buf_add(&expected, large, sizeof large);
            out_printf(&out, "%0100000d", i);
            buf_printf(&expected, "%0100000d", i);
        }
    }
    struct err err;
    assert_true(out_flush(&out, &err));
    out_release(&out);
    close(ends[1]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(ends[0]);
    assert_false(expected.full);
    assert_int_equal(reader.got.size, expected.size);
    assert_memory_equal(reader.got.data, expected.data, expected.size);
    buf_release(&reader.got);
}

static void a_closed_pipe_is_no_error(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    struct out out;
    out_init(&out, ends[1]);
    out_text(&out, "nobody reads this");
    struct err err;
    assert_true(out_flush(&out, &err));
    assert_true(out.closed);
    assert_false(out_alive(&out));
    out_release(&out);
    close(ends[1]);
}

static void terminal_width(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_false(io_is_terminal(ends[0]));
    static const struct {
        const char *columns;
        unsigned width;
    } cases[] = {{"120", 120}, {"0", 80}, {"x", 80}, {"", 80}, {"99999999", 80}, {NULL, 80}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].columns != NULL)
            setenv("COLUMNS", cases[i].columns, 1);
        else
            unsetenv("COLUMNS");
        assert_int_equal(io_terminal_width(ends[0]), cases[i].width);
    }
    close(ends[0]);
    close(ends[1]);
}

static int before_calls;

static void before(void)
{
    before_calls++;
}

/* Runs with standard error in a pipe. */
static void diagnostics(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int real = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    log_set_before(before);
    log_error("%s", "open 'a\x1b[31m\nb\xff\tgr\xc3\xbcn\xc2\x9b\x7f'");
    log_set_before(NULL);
    log_note("%d lines", 3);
    log_error_of("trace", "%s", "no store");
    dup2(real, STDERR_FILENO);
    close(real);
    close(ends[1]);
    char text[512] = "";
    assert_true(io_read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    assert_string_equal(text, "winnow: open 'a\\x1b[31m\\x0ab\\xff\tgr\xc3\xbcn\\xc2\\x9b\\x7f'\n"
                              "winnow: note: 3 lines\n"
                              "winnow trace: no store\n");
    assert_int_equal(before_calls, 1);
}

static void long_diagnostics_are_one_line(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int real = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    static char controls[10000];
    memset(controls, 1, sizeof controls - 1);
    log_error("%s", controls);
    dup2(real, STDERR_FILENO);
    close(real);
    close(ends[1]);
    static char text[65536];
    ssize_t size = io_read(ends[0], text, sizeof text);
    close(ends[0]);
    assert_int_equal(size, 8 + 4 * 4095 + 4);
    assert_memory_equal(text + size - 8, "\\x01...\n", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_close_with_their_scope),
        cmocka_unit_test(reading_at_an_offset),
        cmocka_unit_test(whole_files),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(writing_to_a_full_device),
        cmocka_unit_test(output_arrives_in_order),
        cmocka_unit_test(a_closed_pipe_is_no_error),
        cmocka_unit_test(terminal_width),
        cmocka_unit_test(diagnostics),
        cmocka_unit_test(long_diagnostics_are_one_line),
    };
    return cmocka_run_group_tests_name("io", tests, NULL, NULL);
}
