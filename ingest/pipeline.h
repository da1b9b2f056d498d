/* struct pipeline: batches go from the reader through the workers to the committer.
 *
 *            ┌──────────────────────── free ◀────────────────────────┐
 *     pipeline_take ─▶ (reader fills) ─▶ pipeline_put ─▶ work queue ─┬▶ worker ─┐      │
 *                                                                    └▶ worker ─┴▶ committer, in sequence order
 *
 * 1. threads + PIPELINE_SPARE batches exist and circulate: when none is free the reader waits. That is all the memory there is.
 * 2. Batches are numbered as they are put and committed in that order, one at a time.
 * 3. After a commit fails nothing is committed any more, and pipeline_take gives NULL.
 *
 * It knows neither analyzer nor store, only the steps. pipeline_take, _put and _finish belong to one thread. The
 * threads it starts block all signals, so that these reach the others. */
#ifndef WINNOW_INGEST_PIPELINE_H
#define WINNOW_INGEST_PIPELINE_H

#include <stdbool.h>

#include "base/batch.h"
#include "base/err.h"
#include "base/scope.h"
#include "ingest/crew.h"

enum {
    PIPELINE_THREADS_MAX = CREW_THREADS_MAX,
    PIPELINE_SPARE =
        6, /* one being filled, one it continues in, one being committed; the others while a checkpoint is synced */
};

struct pipeline_steps {
    struct crew_steps crew;
    bool (*commit)(void *context, struct batch *batch, struct err *err); /* one at a time, in order */
    void *context;
};

struct pipeline;
/* Starts 1..PIPELINE_THREADS_MAX workers and the committer. NULL when the system refuses a thread. */
struct pipeline *pipeline_new(unsigned threads, const struct pipeline_steps *steps, struct err *err);
/* Finishes first if pipeline_finish was not called. */
void pipeline_free(struct pipeline *pipeline);
SCOPE_FREE(pipeline)

/* An empty batch; waits for one. NULL once a commit has failed. The taker may hold two. */
struct batch *pipeline_take(struct pipeline *pipeline);
void pipeline_put(struct pipeline *pipeline, struct batch *batch);
/* Waits until everything put is committed and ends the threads. False with the failure of the first commit that failed. */
bool pipeline_finish(struct pipeline *pipeline, struct err *err);

#endif
