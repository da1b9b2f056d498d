/* struct expand: what the user named becomes a list of inputs, each file once.
 *
 * A folder gives the regular files in and below it, sorted by name; hidden ones, folders behind symbolic links and
 * whatever is not a regular file are left out. A word with * ? or [ that is no file itself is a glob(3) pattern. "-" is
 * standard input; what begins with kafka:// is left for others to understand. Nothing is opened but folders. One thread. */
#ifndef WINNOW_INGEST_EXPAND_H
#define WINNOW_INGEST_EXPAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"

enum { EXPAND_DEPTH_MAX = 64 }; /* folders within folders */

enum input_kind {
    INPUT_FILE,
    INPUT_PIPE, /* a FIFO or a character device */
    INPUT_STDIN,
    INPUT_KAFKA, /* kafka://... */
};

struct input {
    enum input_kind kind;
    const char *path;             /* as it was named or found; in the expand's arena */
    bool named;                   /* an operand itself, not found in a folder or by a pattern */
    uint64_t device, inode, size; /* of a file, when it was found */
};

struct expand {
    struct arena arena;
    struct input *inputs; /* in the order of the operands */
    size_t count, capacity;
    struct map files;   /* device and inode -> input + 1 */
    struct map ignored; /* device and inode of files passed over in folders */
    /* What could not be expanded; called as it is met. */
    void (*report)(void *context, const struct err *err);
    void *context;
    size_t failures;
};

void expand_init(struct expand *expand, void (*report)(void *context, const struct err *err), void *context);
void expand_release(struct expand *expand);
/* The store's own files are no logs: passes over path, path-wal, path-shm, path-journal and path-lock wherever a folder or a
 * pattern shows them. */
void expand_ignore_store(struct expand *expand, const char *path);
/* Adds what one operand stands for. What fails is reported and counted, and the rest goes on. */
void expand_operand(struct expand *expand, const char *operand);

#endif
