#include "ingest/pipeline.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"

struct pipeline {
    struct pipeline_steps steps;
    struct crew *crew;
    unsigned batch_count;
    struct batch **batches; /* all of them */
    pthread_t committer;
    bool committer_started, joined;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t is_free;
    struct batch **free_batches; /* a stack */
    unsigned free_count;
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
    crew_put(pipeline->crew, batch);
}

/* ---- The committer ---------------------------------------------------------------------------------------------------- */

static void *commit(void *context)
{
    struct pipeline *pipeline = context;
    struct batch *batch;
    bool failed = false;
    while ((batch = crew_next(pipeline->crew, true)) != NULL) {
        struct err err = {0};
        bool fails = !failed && !pipeline->steps.commit(pipeline->steps.context, batch, &err);
        batch_reset(batch);
        failed = failed || fails;
        must(pthread_mutex_lock(&pipeline->lock) == 0);
        if (fails) {
            pipeline->failed = true;
            pipeline->err = err;
        }
        pipeline->free_batches[pipeline->free_count++] = batch;
        must(pthread_cond_signal(&pipeline->is_free) == 0);
        must(pthread_mutex_unlock(&pipeline->lock) == 0);
    }
    return NULL;
}

/* ---- Beginning and end -------------------------------------------------------------------------------------------------- */

static bool start_committer(struct pipeline *pipeline, struct err *err)
{
    sigset_t all, found;
    sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &found) == 0);
    int failure = pthread_create(&pipeline->committer, NULL, commit, pipeline);
    pipeline->committer_started = failure == 0;
    must(pthread_sigmask(SIG_SETMASK, &found, NULL) == 0);
    return failure == 0 || err_set(err, ERR_IO, failure, "start a thread");
}

static void join_threads(struct pipeline *pipeline)
{
    if (pipeline->crew != NULL)
        crew_close(pipeline->crew);
    if (pipeline->committer_started)
        must(pthread_join(pipeline->committer, NULL) == 0);
    crew_free(pipeline->crew);
    pipeline->crew = NULL;
    pipeline->joined = true;
}

struct pipeline *pipeline_new(unsigned threads, const struct pipeline_steps *steps, struct err *err)
{
    struct pipeline *pipeline = mem_alloc(sizeof *pipeline);
    pipeline->steps = *steps;
    pipeline->batch_count = threads + PIPELINE_SPARE;
    must(pthread_mutex_init(&pipeline->lock, NULL) == 0 && pthread_cond_init(&pipeline->is_free, NULL) == 0);
    pipeline->batches = mem_alloc(pipeline->batch_count * sizeof(struct batch *));
    pipeline->free_batches = mem_alloc(pipeline->batch_count * sizeof(struct batch *));
    for (unsigned i = 0; i < pipeline->batch_count; i++)
        pipeline->free_batches[pipeline->free_count++] = pipeline->batches[i] = batch_new();
    pipeline->crew = crew_new(threads, pipeline->batch_count, &steps->crew, err);
    if (pipeline->crew != NULL && start_committer(pipeline, err))
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
    pthread_cond_destroy(&pipeline->is_free);
    pthread_mutex_destroy(&pipeline->lock);
    free(pipeline);
}
