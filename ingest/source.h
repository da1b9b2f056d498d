/* struct source: a cursor over the bytes of one input, uncompressed. Opened, read forward to the end, closed.
 *
 *     source_open ─▶ gzip or not (by its first bytes) ─▶ [source_seek] ─▶ source_read ... ─▶ source_free
 *
 * Files can be sought; streams (standard input, FIFOs, character devices) only move forward and are never the same
 * twice. What a source is, and whether it is known, is identity.h's business. One thread. */
#ifndef WINNOW_INGEST_SOURCE_H
#define WINNOW_INGEST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/batch.h"
#include "base/err.h"
#include "base/scope.h"
#include "ingest/expand.h"

enum { SOURCE_QUIET_MS = 1000 };

enum source_result {
    SOURCE_DATA,   /* there are bytes */
    SOURCE_END,    /* there are none any more */
    SOURCE_QUIET,  /* a stream has been silent for SOURCE_QUIET_MS; it may go on */
    SOURCE_FAILED, /* err tells why; what was read before stands. ERR_INTERRUPTED when a stop was asked meanwhile */
};

struct source;
/* Where bytes as they lie on the disk come from. */
struct source_bytes {
    enum source_result (*read)(struct source *source, char *data, size_t size, size_t *ret_size, struct err *err);
    bool (*rewind)(struct source *source, uint64_t offset, struct err *err); /* NULL: it cannot */
};
extern const struct source_bytes source_file_bytes, source_stream_bytes;

struct source_gzip;
struct source {
    enum source_kind kind;
    const char *path; /* as named, for messages; borrowed from the input */
    char *real_path;  /* absolute, without links; path itself where a stream has none */
    int fd;
    uint64_t device, inode, size; /* 0 for streams; size as it lies on the disk, when opened */
    int64_t modified_us;
    int64_t reference_us; /* see batch_run */
    uint64_t offset;      /* of the byte source_read gives next */
    uint64_t taken;       /* bytes taken from the disk, for progress */
    const struct source_bytes *bytes;
    char prefix[16]; /* what was read ahead of a stream to recognise gzip */
    size_t prefix_size, prefix_taken;
    struct source_gzip *gzip; /* NULL when its bytes are read as they are */
};

/* NULL on failure: ERR_MISSING, ERR_IO, ERR_FORMAT, "PATH: what is wrong". */
struct source *source_open(const struct input *input, struct err *err);
void source_free(struct source *source);
SCOPE_FREE(source)

/* Reads 1..size bytes into data on SOURCE_DATA. */
enum source_result source_read(struct source *source, char *data, size_t size, size_t *ret_size, struct err *err);
/* Reads until size bytes are there or the end: SOURCE_DATA when there are size bytes, else SOURCE_END or SOURCE_FAILED;
 * *ret_size is what was read in any case. Files only. */
enum source_result source_read_full(struct source *source, char *data, size_t size, size_t *ret_size, struct err *err);
/* Moves to an offset in the uncompressed bytes: SOURCE_DATA when it is there, SOURCE_END when the source is shorter.
 * A gzip source is decompressed up to there (from where it stands, if it can). Files only. */
enum source_result source_seek(struct source *source, uint64_t offset, struct err *err);
/* Was the file made after this moment? Then it may have an inode that another one had. False when the file system keeps no such
 * times. */
bool source_born_after(const struct source *source, int64_t time_us);
/* Looks at the file again after the end was reached. False when it has become shorter than what was read of it. */
bool source_check(struct source *source, struct err *err);

/* ---- gzip: for source.c only ---------------------------------------------------------------------------------------- */

struct source_gzip *source_gzip_new(void);
void source_gzip_free(struct source_gzip *gzip); /* NULL is fine */
/* As source_read. Damage is told only after everything decoded before it was given. */
enum source_result source_gzip_read(struct source *source, char *data, size_t size, size_t *ret_size, struct err *err);
bool source_gzip_rewind(struct source *source, struct err *err);

#endif
