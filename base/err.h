/* struct err: what went wrong in the world (a file, a disk, the user's words), told to the caller.
 *
 * It belongs to the caller, never allocates and is only written on failure. Functions that can fail return bool and
 * take `struct err *err` last; `return err_set(err, ERR_IO, errno, "open '%s'", path);` is the whole failing path.
 * Bugs are must(); bad log data is never an err. Thread: any, each with its own struct err. */
#ifndef WINNOW_BASE_ERR_H
#define WINNOW_BASE_ERR_H

#include <stdbool.h>

enum err_kind {
    ERR_NONE = 0,
    ERR_USAGE,       /* the command line or a configuration file is wrong */
    ERR_IO,          /* the system refused: sys holds errno */
    ERR_MISSING,     /* what was named does not exist */
    ERR_FORMAT,      /* it exists and is not what it should be (not a store, not a log, truncated gzip) */
    ERR_VERSION,     /* written by a newer winnow */
    ERR_CORRUPT,     /* a store's content is damaged */
    ERR_BUSY,        /* another process holds it */
    ERR_FULL,        /* no space left */
    ERR_LIMIT,       /* a stated limit was reached */
    ERR_INTERRUPTED, /* the user asked to stop */
};

enum { ERR_TEXT_MAX = 1024 };

struct err {
    enum err_kind kind;
    int sys; /* errno, or 0 */
    char text[ERR_TEXT_MAX];
};

/* Sets kind and text; when sys is not 0 appends ": " and its strerror. ENOSPC and EDQUOT turn ERR_IO into ERR_FULL.
 * Always returns false. err may be NULL when the caller does not care. */
bool err_set(struct err *err, enum err_kind kind, int sys, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Puts "context: " before the text that is there. Always returns false. */
bool err_within(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
