/* File descriptors and buffered output. */
#ifndef WINNOW_BASE_IO_H
#define WINNOW_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* SCOPED_FD fd = open(...); closes it (if >= 0) when the scope ends. */
void io_fd_release(int *fd);
#define SCOPED_FD __attribute__((cleanup(io_fd_release))) int

/* read/pread that retry EINTR; 0 is end of file, -1 an error with errno. */
ssize_t io_read(int fd, void *data, size_t size);
ssize_t io_pread(int fd, void *data, size_t size, uint64_t offset_bytes); /* fills size unless the file ends */
bool io_write_all(int fd, struct str data, struct err *err);
/* Appends the whole file to *buf; its maximum is the limit (ERR_LIMIT). */
bool io_read_file(const char *path, struct buf *buf, struct err *err);

bool io_is_terminal(int fd);
/* Columns of the terminal behind fd, else $COLUMNS, else 80. */
unsigned io_terminal_width(int fd);

/* struct out: buffered writing with a sticky failure, so that callers check once, at out_flush. A closed pipe (EPIPE)
 * is remembered as `closed` and is not an error: the reader has seen enough. */
struct out {
    int fd;
    bool terminal; /* fd is a terminal: log bytes must be escaped */
    bool closed;
    int sys; /* errno of the first failure, or 0 */
    struct buf buf;
};

void out_init(struct out *out, int fd);
void out_release(struct out *out); /* does not flush */
void out_add(struct out *out, struct str s);
void out_text(struct out *out, const char *text);
void out_printf(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* True while writing still makes sense. */
static inline bool out_alive(const struct out *out)
{
    return !out->closed && out->sys == 0;
}
bool out_flush(struct out *out, struct err *err);

#endif
