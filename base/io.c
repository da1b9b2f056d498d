#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/must.h"
#include "base/scope.h"

enum {
    OUT_BYTES_MAX = 64 << 10, /* buffered before it is written */
    READ_BYTES = 64 << 10,    /* asked for at once */
    WIDTH_DEFAULT = 80,
};

void io_fd_release(int *fd)
{
    int saved_errno = errno;
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    errno = saved_errno;
}

ssize_t io_read(int fd, void *data, size_t size)
{
    ssize_t got;
    do {
        got = read(fd, data, size);
    } while (got < 0 && errno == EINTR);
    return got;
}

ssize_t io_pread(int fd, void *data, size_t size, uint64_t offset_bytes)
{
    if (size > SSIZE_MAX || offset_bytes > (uint64_t)INT64_MAX - size) {
        errno = EINVAL;
        return -1;
    }
    size_t filled = 0;
    while (filled < size) {
        ssize_t got = pread(fd, (char *)data + filled, size - filled, (off_t)(offset_bytes + filled));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        filled += (size_t)got;
    }
    return (ssize_t)filled;
}

/* Writes everything; 0, or the errno of the failure. A descriptor somebody made non-blocking is waited for. */
static int write_all(int fd, struct str data)
{
    while (data.size > 0) {
        ssize_t done = write(fd, data.data, data.size);
        if (done >= 0) {
            data = str_slice(data, (size_t)done, data.size);
        } else if (errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            if (poll(&wait, 1, -1) < 0 && errno != EINTR)
                return errno;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

bool io_write_all(int fd, struct str data, struct err *err)
{
    int sys = write_all(fd, data);
    return sys == 0 || err_set(err, ERR_IO, sys, "write");
}

/* Reads to the end. 0 when done, -1 when the buffer is full and more is left, else errno. */
static int read_to_end(int fd, struct buf *buf)
{
    for (;;) {
        size_t room = buf->size_max - buf->size;
        char probe;
        char *at = room > 0 ? buf_reserve(buf, room < READ_BYTES ? room : READ_BYTES) : &probe;
        must(at != NULL);
        ssize_t got = io_read(fd, at, room == 0 ? 1 : room < READ_BYTES ? room : READ_BYTES);
        if (got < 0)
            return errno;
        if (got == 0)
            return 0;
        if (room == 0)
            return -1;
        buf->size += (size_t)got;
    }
}

bool io_read_file(const char *path, struct buf *buf, struct err *err)
{
    SCOPED_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        int sys = errno;
        return err_set(err, sys == ENOENT || sys == ENOTDIR ? ERR_MISSING : ERR_IO, sys, "open '%s'", path);
    }
    size_t before = buf->size;
    int result = read_to_end(fd, buf);
    if (result != 0)
        buf->size = before;
    if (buf->data != NULL)
        buf->data[buf->size] = '\0';
    if (result < 0) {
        buf->full = true;
        return err_set(err, ERR_LIMIT, 0, "'%s' is larger than %zu bytes", path, buf->size_max - before);
    }
    return result == 0 || err_set(err, ERR_IO, result, "read '%s'", path);
}

bool io_is_terminal(int fd)
{
    int saved_errno = errno;
    bool terminal = isatty(fd) == 1;
    errno = saved_errno;
    return terminal;
}

unsigned io_terminal_width(int fd)
{
    struct winsize window;
    if (ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
        return window.ws_col;
    uint64_t columns;
    if (str_to_u64(str_of(getenv("COLUMNS")), &columns) && columns > 0 && columns <= UINT16_MAX)
        return (unsigned)columns;
    return WIDTH_DEFAULT;
}

void out_init(struct out *out, int fd)
{
    *out = (struct out){.fd = fd, .terminal = io_is_terminal(fd), .buf = BUF(OUT_BYTES_MAX)};
}

void out_release(struct out *out)
{
    buf_release(&out->buf);
}

static void write_out(struct out *out, struct str s)
{
    if (!out_alive(out))
        return;
    int sys = write_all(out->fd, s);
    if (sys == EPIPE)
        out->closed = true;
    else if (sys != 0)
        out->sys = sys;
}

static void empty(struct out *out)
{
    write_out(out, buf_str(&out->buf));
    buf_reset(&out->buf);
}

void out_add(struct out *out, struct str s)
{
    if (!out_alive(out))
        return;
    if (s.size > out->buf.size_max - out->buf.size)
        empty(out);
    if (s.size > out->buf.size_max)
        write_out(out, s);
    else
        (void)buf_add_str(&out->buf, s);
}

void out_text(struct out *out, const char *text)
{
    out_add(out, str_of(text));
}

void out_printf(struct out *out, const char *format, ...)
{
    if (!out_alive(out))
        return;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    if (!buf_vprintf(&out->buf, format, arguments)) {
        out->buf.full = false;
        SCOPED(buf) aside = BUF(INT_MAX);
        (void)buf_vprintf(&aside, format, again);
        out_add(out, buf_str(&aside));
    }
    va_end(again);
    va_end(arguments);
}

bool out_flush(struct out *out, struct err *err)
{
    empty(out);
    return out->sys == 0 || err_set(err, ERR_IO, out->sys, "write output");
}
