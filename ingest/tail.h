/* struct tail: one file that is being followed, from where its source stands in the catalog.
 *
 *     tail_new ─▶ tail_feed ... ─┬─▶ TAIL_CHANGED: the file holds something else now (truncated in place, written anew)
 *                                └─▶ [tail_sleep: gives its descriptor back] ─▶ tail_feed opens it again
 *
 *  1. A turn reads from the source's position, which is a record's first byte; an unfinished line is dropped and read again. It
 *     is not read again before a newline has been seen behind it, or silence: every byte is looked at a bounded number of times.
 *  2. What is read is believed only when the bytes before it are, afterwards, still those that were read before. A file that
 *     was truncated and has grown past the position meanwhile is noticed by this, not by its size alone.
 *  3. A line without an end is stored as it is, as one that may grow, after TAIL_QUIET_US without a change.
 *  4. A gzip file is read like any other, forward; the unfinished line is kept in memory instead.
 *
 * One thread. */
#ifndef WINNOW_INGEST_TAIL_H
#define WINNOW_INGEST_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/catalog.h"
#include "ingest/frame.h"
#include "ingest/mark.h"
#include "ingest/source.h"

enum {
    TAIL_QUIET_US = 1000000,
    TAIL_SHARE_BYTES = 1 << 20, /* of one turn, so that the others get theirs */
};

enum tail_role {
    TAIL_HERE,   /* the file lies under its path */
    TAIL_AWAY,   /* renamed or deleted: read by its descriptor as long as it may still be written to */
    TAIL_REMAINS /* what rotation left of a source whose file is another one by now: read to its end, once */
};

enum tail_result {
    TAIL_IDLE,    /* read to its end */
    TAIL_MORE,    /* there is more */
    TAIL_CHANGED, /* what was read is not there any more */
    TAIL_GONE,    /* it was asleep, and its path leads nowhere or to another file */
    TAIL_FAILED,  /* err */
    TAIL_OVER,    /* no more batches are given */
};

struct tail {
    struct catalog_entry *entry;
    char *path; /* by which it is found, or was */
    enum tail_role role;
    struct source *source; /* NULL: asleep */
    uint64_t device, inode;
    struct mark mark;    /* at the entry's position */
    uint64_t partial;    /* bytes behind the position known to hold no newline */
    struct buf carry;    /* of a gzip file: the same, themselves */
    uint64_t size_seen;  /* of the file, when it was last looked at */
    int64_t changed_us;  /* when it was last seen to change; monotonic */
    int64_t modified_us; /* its modification time then */
    bool dirty;          /* may have been written to since the last turn */
    bool failed;         /* the last turn failed, and that was told */
    int64_t retry_us;    /* then: not before this; monotonic */
    bool over;           /* to be let go */
    bool met;            /* by this look */
    int64_t poll_us;     /* when it is to be looked at again though nothing tells; monotonic; AWAY only */
};

/* Takes source and the entry's mark. */
struct tail *tail_new(struct catalog_entry *entry, enum tail_role role, struct source *source, const struct mark *mark,
                      int64_t now_us);
void tail_free(struct tail *tail);
/* Another entry for the same file, from its first byte. */
void tail_restart(struct tail *tail, struct catalog_entry *entry, int64_t now_us);
void tail_sleep(struct tail *tail);
enum tail_result tail_feed(struct tail *tail, struct frame *frame, int64_t now_us, struct err *err);
/* True when its unfinished line waits for silence, so that a turn is due at changed_us + TAIL_QUIET_US. */
bool tail_waits(const struct tail *tail);
/* False when the file does not hold any more what was read of it; it may be asleep. True also when that cannot be told. */
bool tail_holds(const struct tail *tail);
/* Is everything stored that was in the file when it was last looked at? */
bool tail_is_read(const struct tail *tail);
/* How many names the file has; 0: it is deleted. */
unsigned tail_links(const struct tail *tail);

#endif
