/* struct live: the loop of `winnow run`. One thread waits for its feeders' descriptors and due times, lets them feed and commits. When
 * there is much to read, as a long file found at the start, others make batches ready meanwhile; its functions belong to the first.
 *
 *     poll ─▶ feeders feed the frame ─▶ batch ─┬ small: analyze ─▶ hot rows, answerable at once
 *                                              └ full ─▶ crew (crew.h): analyze, encode ─▶ a block, in the order of the batches
 *     hot rows worth a block ─▶ settled into one      retention, a slice at a time
 *
 *  1. What was read is committed at most LIVE_FLUSH_US later.
 *  2. While a commit fails because the disk is full or the store is held by another program it is tried again once a second;
 *     nothing is read meanwhile, nothing is dropped.
 *  3. Asked to stop, it reads what is there (for LIVE_DRAIN_US at most), commits and returns.
 *  4. Whoever flushes the frame (frame_flush), or asks it, knows what is committed. Before a reload everything is.
 *
 * Memory: two batches of LIVE_BATCH_BYTES, one of a block's worth while hot rows are settled, the encoder's and the sources'; while
 * there is much to read one batch more, and for each of at most four threads a batch and an encoder's. */
#ifndef WINNOW_INGEST_LIVE_H
#define WINNOW_INGEST_LIVE_H

#include <stdbool.h>

#include "analyze/analyze.h"
#include "ingest/catalog.h"
#include "ingest/config.h"
#include "ingest/feeder.h"
#include "ingest/service.h"
#include "store/store.h"

#define LIVE_FLUSH_US INT64_C(250000)
#define LIVE_DRAIN_US INT64_C(20000000)

enum {
    LIVE_BATCH_BYTES = 3 << 20,
    LIVE_DIRECT_BYTES = 2 << 20, /* a batch of so many bytes goes into a block at once, */
    LIVE_DIRECT_RECORDS = 12288, /* or of so many records */
    LIVE_SETTLE_BYTES = 3 << 20, /* hot rows are settled when there are so many bytes, */
    LIVE_SETTLE_RECORDS = 12288, /* or so many of them, */
};
#define LIVE_SETTLE_US (3600 * INT64_C(1000000)) /* or the oldest is so old */

struct live;
/* The store is open for writing; all must outlive it. */
struct live *live_new(struct store *store, const struct field_table *fields, struct service *service);
void live_free(struct live *live); /* frees its feeders, too */
SCOPE_FREE(live)
void live_add(struct live *live, struct feeder feeder);
/* Frees those with these operations. Between rounds, from a hook, too. */
void live_drop(struct live *live, const struct feeder_ops *ops);
/* Frees that one. Between rounds, from a hook, too. */
void live_drop_one(struct live *live, const struct feeder *feeder);
/* Commits what was read. Between rounds, from a hook, too. */
void live_flush(struct live *live);
/* Retention from now on; 0: none. With outputs_ignored also of what outputs have not delivered. */
void live_keep(struct live *live, int64_t keep_us, int64_t bytes_max, bool outputs_ignored);
/* Called when a reload is asked, and for the line of STATUS. */
struct live_hooks {
    void (*reload)(void *context);
    void (*status)(void *context, char *text, size_t size);
    void (*committed)(void *context); /* after each commit of records; may be NULL */
    void *context;
};
/* Runs until a stop is asked: true, or until the store cannot be written for good. */
bool live_run(struct live *live, const struct live_hooks *hooks, struct err *err);

#endif
