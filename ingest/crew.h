/* struct crew: threads that do the same work with each of many batches, several at a time; they come out in the order in which they
 * went in.
 *
 *     crew_put ─▶ work queue ─┬▶ worker ─┐
 *                             └▶ worker ─┴▶ crew_next
 *
 * It knows only the step and owns no batch: what is under way is bounded by whoever puts. crew_put and crew_close belong to one
 * thread, crew_next to one, too, which may be another. The threads it starts block all signals, so that these reach the others. */
#ifndef WINNOW_INGEST_CREW_H
#define WINNOW_INGEST_CREW_H

#include <stdbool.h>

#include "base/batch.h"
#include "base/err.h"
#include "base/scope.h"

enum { CREW_THREADS_MAX = 64 };

struct crew_steps {
    void *context;
    void *(*worker_new)(void *context);              /* in its thread: what one worker works with */
    void (*work)(void *worker, struct batch *batch); /* several at a time, each with its own worker */
    void (*worker_free)(void *worker);               /* in its thread */
};

struct crew;
/* Starts 1..CREW_THREADS_MAX threads. So many batches may be put that have not come out of crew_next. NULL when the system refuses a
 * thread. */
struct crew *crew_new(unsigned threads, unsigned batches_max, const struct crew_steps *steps, struct err *err);
/* Ends the threads when they have done what was put; it need not have come out. NULL is fine. */
void crew_free(struct crew *crew);
SCOPE_FREE(crew)

/* Its sequence is set: 0 for the first one, and so on. */
void crew_put(struct crew *crew, struct batch *batch);
/* Nothing more will be put. */
void crew_close(struct crew *crew);
/* The next one in sequence that has been worked on. NULL: it has not been yet. With wait it is waited for, put or not, and NULL means
 * that the crew is closed and all are out. */
struct batch *crew_next(struct crew *crew, bool wait);

#endif
