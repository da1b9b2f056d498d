/* feeder: something that brings records of its sources into the batches of a live run, a little at a time.
 *
 *     live (live.h) ─ poll descriptor, due time ─▶ feed ─▶ frame ─▶ batch
 *
 * A feeder never waits: it reads what is there into the frame, up to its share, and says whether there is more. It commits only
 * when a batch is full, and before work of its own that may take long (frame_flush). The states of its sources travel in the batches, so that positions and records are one transaction. What fails is
 * told by the feeder as it is met (log.h) and tried again when it is due. One thread. */
#ifndef WINNOW_INGEST_FEEDER_H
#define WINNOW_INGEST_FEEDER_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/frame.h"

enum feed {
    FEED_IDLE, /* there is nothing more now */
    FEED_MORE, /* its share is used up, there is more */
    FEED_OVER, /* no more batches are given */
};

struct feeder_ops {
    int (*descriptor)(void *self); /* readable when there may be something; -1: none */
    int64_t (*due_us)(void *self); /* monotonic: when feed wants to be called at the latest; INT64_MAX: when readable */
    enum feed (*feed)(void *self, struct frame *frame, int64_t now_us);
    void (*free)(void *self);
};

struct feeder {
    const struct feeder_ops *ops;
    void *self;
};

#endif
