#include "ingest/pipeline.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"

enum { SPARE_BATCHES = 3 }; /* one being filled, one it continues in, one being committed */

struct pipeline {
    struct pipeline_steps steps;
    unsigned worker_count, batch_count;
    struct batch **batches; /* all of them */
    pthread_t *workers;
    pthread_t committer;
    unsigned workers_started;
    bool committer_started, joined;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t is_free, is_work, is_done;
    struct batch **free_batches; /* a stack */
    unsigned free_count;
    struct batch **work; /* a ring */
    unsigned work_first, work_count;
    struct batch **done; /* by sequence modulo batch_count; so many cannot be under way at once */
    uint64_t sequence;   /* of the next batch put */
    bool closing;        /* nothing more will be put */
    bool failed;
    struct err err;
};

struct batch *pipeline_take(struct pipeline *pipeline)
{
    struct batch *batch = NULL;
    must(pthread_mutex_lock(&pipeline->lock) == 0);
    while (pipeline->free_count == 0 && !pipeline->failed)
        must(pthread_cond_wait(&pipeline->is_free, &pipeline->lock) == 0);
    if (!pipeline->failed)
        batch = pipeline->free_batches[--pipeline->free_count];
    must(pthread_mutex_unlock(&pipeline->lock) == 0);
    return batch;
}

void pipeline_put(struct pipeline *pipeline, struct batch *batch)
{
    must(pthread_mutex_lock(&pipeline->lock) == 0);
    must(!pipeline->closing && pipeline->work_count < pipeline->batch_count);
    batch->sequence = pipeline->sequence++;
    pipeline->work[(pipeline->work_first + pipeline->work_count++) % pipeline->batch_count] = batch;
    must(pthread_cond_signal(&pipeline->is_work) == 0);
    must(pthread_mutex_unlock(&pipeline->lock) == 0);
}

/* ---- Threads ------------------------------------------------------------------------------------------------------------ */

/* NULL when there will be no more. */
static struct batch *wait_for_work(struct pipeline *pipeline, bool *ret_failed)
{
    struct batch *batch = NULL;
    must(pthread_mutex_lock(&pipeline->lock) == 0);
    while (pipeline->work_count == 0 && !pipeline->closing)
        must(pthread_cond_wait(&pipeline->is_work, &pipeline->lock) == 0);
    if (pipeline->work_count > 0) {
        batch = pipeline->work[pipeline->work_first];
        pipeline->work_first = (pipeline->work_first + 1) % pipeline->batch_count;
        pipeline->work_count--;
    }
    *ret_failed = pipeline->failed;
    must(pthread_mutex_unlock(&pipeline->lock) == 0);
    return batch;
}

static void *work(void *context)
{
    struct pipeline *pipeline = context;
    void *worker = pipeline->steps.worker_new(pipeline->steps.context);
    for (;;) {
        bool failed;
        struct batch *batch = wait_for_work(pipeline, &failed);
        if (batch == NULL)
            break;
        if (!failed)
            pipeline->steps.work(worker, batch);
        must(pthread_mutex_lock(&pipeline->lock) == 0);
        struct batch **done = &pipeline->done[batch->sequence % pipeline->batch_count];
        must(*done == NULL);
        *done = batch;
        must(pthread_cond_signal(&pipeline->is_done) == 0);
        must(pthread_mutex_unlock(&pipeline->lock) == 0);
    }
    pipeline->steps.worker_free(worker);
    return NULL;
}

/* NULL when all that was put is through. */
static struct batch *wait_for_done(struct pipeline *pipeline, uint64_t sequence, bool *ret_failed)
{
    struct batch **done = &pipeline->done[sequence % pipeline->batch_count];
    must(pthread_mutex_lock(&pipeline->lock) == 0);
    while (*done == NULL && !(pipeline->closing && sequence == pipeline->sequence))
        must(pthread_cond_wait(&pipeline->is_done, &pipeline->lock) == 0);
    struct batch *batch = *done;
    *done = NULL;
    *ret_failed = pipeline->failed;
    must(pthread_mutex_unlock(&pipeline->lock) == 0);
    return batch;
}

static void *commit(void *context)
{
    struct pipeline *pipeline = context;
    for (uint64_t sequence = 0;; sequence++) {
        bool failed;
        struct batch *batch = wait_for_done(pipeline, sequence, &failed);
        if (batch == NULL)
            return NULL;
        must(batch->sequence == sequence);
        struct err err = {0};
        bool fails = !failed && !pipeline->steps.commit(pipeline->steps.context, batch, &err);
        batch_reset(batch);
        must(pthread_mutex_lock(&pipeline->lock) == 0);
        if (fails) {
            pipeline->failed = true;
            pipeline->err = err;
        }
        pipeline->free_batches[pipeline->free_count++] = batch;
        must(pthread_cond_signal(&pipeline->is_free) == 0);
        must(pthread_mutex_unlock(&pipeline->lock) == 0);
    }
}

/* ---- Beginning and end -------------------------------------------------------------------------------------------------- */

static bool start_threads(struct pipeline *pipeline, struct err *err)
{
    sigset_t all, found;
    sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &found) == 0);
    int failure = pthread_create(&pipeline->committer, NULL, commit, pipeline);
    pipeline->committer_started = failure == 0;
    while (failure == 0 && pipeline->workers_started < pipeline->worker_count) {
        failure = pthread_create(&pipeline->workers[pipeline->workers_started], NULL, work, pipeline);
        pipeline->workers_started += failure == 0;
    }
    must(pthread_sigmask(SIG_SETMASK, &found, NULL) == 0);
    return failure == 0 || err_set(err, ERR_IO, failure, "start a thread");
}

static void join_threads(struct pipeline *pipeline)
{
    must(pthread_mutex_lock(&pipeline->lock) == 0);
    pipeline->closing = true;
    must(pthread_cond_broadcast(&pipeline->is_work) == 0);
    must(pthread_cond_broadcast(&pipeline->is_done) == 0);
    must(pthread_mutex_unlock(&pipeline->lock) == 0);
    for (unsigned i = 0; i < pipeline->workers_started; i++)
        must(pthread_join(pipeline->workers[i], NULL) == 0);
    if (pipeline->committer_started)
        must(pthread_join(pipeline->committer, NULL) == 0);
    pipeline->joined = true;
}

struct pipeline *pipeline_new(unsigned threads, const struct pipeline_steps *steps, struct err *err)
{
    must(threads >= 1 && threads <= PIPELINE_THREADS_MAX);
    struct pipeline *pipeline = mem_alloc(sizeof *pipeline);
    pipeline->steps = *steps;
    pipeline->worker_count = threads;
    pipeline->batch_count = threads + SPARE_BATCHES;
    must(pthread_mutex_init(&pipeline->lock, NULL) == 0);
    must(pthread_cond_init(&pipeline->is_free, NULL) == 0 && pthread_cond_init(&pipeline->is_work, NULL) == 0 &&
         pthread_cond_init(&pipeline->is_done, NULL) == 0);
    pipeline->workers = mem_alloc(threads * sizeof *pipeline->workers);
    size_t size = pipeline->batch_count * sizeof(struct batch *);
    pipeline->batches = mem_alloc(size);
    pipeline->free_batches = mem_alloc(size);
    pipeline->work = mem_alloc(size);
    pipeline->done = mem_alloc(size);
    for (unsigned i = 0; i < pipeline->batch_count; i++)
        pipeline->free_batches[pipeline->free_count++] = pipeline->batches[i] = batch_new();
    if (start_threads(pipeline, err))
        return pipeline;
    pipeline_free(pipeline);
    return NULL;
}

bool pipeline_finish(struct pipeline *pipeline, struct err *err)
{
    must(!pipeline->joined);
    join_threads(pipeline);
    if (pipeline->failed)
        *err = pipeline->err;
    return !pipeline->failed;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    if (!pipeline->joined)
        join_threads(pipeline);
    for (unsigned i = 0; i < pipeline->batch_count; i++)
        batch_free(pipeline->batches[i]);
    free(pipeline->batches);
    free(pipeline->free_batches);
    free(pipeline->work);
    free(pipeline->done);
    free(pipeline->workers);
    pthread_cond_destroy(&pipeline->is_free);
    pthread_cond_destroy(&pipeline->is_work);
    pthread_cond_destroy(&pipeline->is_done);
    pthread_mutex_destroy(&pipeline->lock);
    free(pipeline);
}
