/* struct progress: one line on standard error that tells how far reading is, redrawn at most ten times a second.
 * Messages of log.h clear it first, so the two never mix. There is at most one at a time; main thread. */
#ifndef WINNOW_BASE_PROGRESS_H
#define WINNOW_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;            /* is wanted at all */
    bool drawn;            /* stands on the screen */
    uint64_t total_bytes;  /* on the disk, of all files named; 0 when only streams are read */
    uint64_t done_bytes;   /* of sources that are finished */
    uint64_t passed_bytes; /* of those, what was not read because it was stored before */
    int64_t begin_us, drawn_us;
};

/* shown: with false nothing is ever drawn. */
void progress_begin(struct progress *progress, bool shown, uint64_t total_bytes);
/* taken: bytes of the current source so far; passed: of these, what was stored before. */
void progress_show(struct progress *progress, const char *name, uint64_t taken, uint64_t passed);
/* The current source is finished; size is what it counted for in total_bytes. */
void progress_next(struct progress *progress, uint64_t size, uint64_t passed);
/* Clears the line. */
void progress_end(struct progress *progress);

/* One line of at most width columns; the name is escaped and shortened. For tests. */
struct buf;
struct str;
void progress_line(struct buf *line, unsigned width, uint64_t done, uint64_t total, uint64_t read, double seconds,
                   struct str name);

#endif
