#include "ingest/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"

struct crew {
    struct crew_steps steps;
    unsigned worker_count, batches_max;
    pthread_t *workers;
    unsigned workers_started;
    uint64_t next; /* sequence of the batch that comes out next; of whoever calls crew_next */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t is_work, is_done;
    struct batch **work; /* a ring */
    unsigned work_first, work_count;
    struct batch **done; /* by sequence modulo batches_max; so many cannot be under way at once */
    uint64_t sequence;   /* of the next batch put */
    bool closed;
};

/* ---- Workers -------------------------------------------------------------------------------------------------------------- */

/* NULL when there will be no more. */
static struct batch *wait_for_work(struct crew *crew)
{
    struct batch *batch = NULL;
    must(pthread_mutex_lock(&crew->lock) == 0);
    while (crew->work_count == 0 && !crew->closed)
        must(pthread_cond_wait(&crew->is_work, &crew->lock) == 0);
    if (crew->work_count > 0) {
        batch = crew->work[crew->work_first];
        crew->work_first = (crew->work_first + 1) % crew->batches_max;
        crew->work_count--;
    }
    must(pthread_mutex_unlock(&crew->lock) == 0);
    return batch;
}

static void *work(void *context)
{
    struct crew *crew = context;
    struct batch *batch;
    void *worker = crew->steps.worker_new(crew->steps.context);
    while ((batch = wait_for_work(crew)) != NULL) {
        crew->steps.work(worker, batch);
        must(pthread_mutex_lock(&crew->lock) == 0);
        struct batch **done = &crew->done[batch->sequence % crew->batches_max];
        must(*done == NULL);
        *done = batch;
        must(pthread_cond_signal(&crew->is_done) == 0);
        must(pthread_mutex_unlock(&crew->lock) == 0);
    }
    crew->steps.worker_free(worker);
    return NULL;
}

/* ---- Batches -------------------------------------------------------------------------------------------------------------- */

void crew_put(struct crew *crew, struct batch *batch)
{
    must(pthread_mutex_lock(&crew->lock) == 0);
    must(!crew->closed && crew->work_count < crew->batches_max);
    batch->sequence = crew->sequence++;
    crew->work[(crew->work_first + crew->work_count++) % crew->batches_max] = batch;
    must(pthread_cond_signal(&crew->is_work) == 0);
    must(pthread_mutex_unlock(&crew->lock) == 0);
}

void crew_close(struct crew *crew)
{
    must(pthread_mutex_lock(&crew->lock) == 0);
    crew->closed = true;
    must(pthread_cond_broadcast(&crew->is_work) == 0);
    must(pthread_cond_broadcast(&crew->is_done) == 0);
    must(pthread_mutex_unlock(&crew->lock) == 0);
}

struct batch *crew_next(struct crew *crew, bool wait)
{
    must(pthread_mutex_lock(&crew->lock) == 0);
    struct batch **done = &crew->done[crew->next % crew->batches_max];
    while (wait && *done == NULL && !(crew->closed && crew->next == crew->sequence))
        must(pthread_cond_wait(&crew->is_done, &crew->lock) == 0);
    struct batch *batch = *done;
    must(batch == NULL || batch->sequence == crew->next);
    *done = NULL;
    must(pthread_mutex_unlock(&crew->lock) == 0);
    crew->next += batch != NULL;
    return batch;
}

/* ---- Beginning and end ---------------------------------------------------------------------------------------------------- */

static bool start_threads(struct crew *crew, struct err *err)
{
    sigset_t all, found;
    int failure = 0;
    sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &found) == 0);
    while (failure == 0 && crew->workers_started < crew->worker_count) {
        failure = pthread_create(&crew->workers[crew->workers_started], NULL, work, crew);
        crew->workers_started += failure == 0;
    }
    must(pthread_sigmask(SIG_SETMASK, &found, NULL) == 0);
    return failure == 0 || err_set(err, ERR_IO, failure, "start a thread");
}

struct crew *crew_new(unsigned threads, unsigned batches_max, const struct crew_steps *steps, struct err *err)
{
    must(threads >= 1 && threads <= CREW_THREADS_MAX && batches_max >= 1);
    struct crew *crew = mem_alloc(sizeof *crew);
    crew->steps = *steps;
    crew->worker_count = threads;
    crew->batches_max = batches_max;
    must(pthread_mutex_init(&crew->lock, NULL) == 0);
    must(pthread_cond_init(&crew->is_work, NULL) == 0 && pthread_cond_init(&crew->is_done, NULL) == 0);
    crew->workers = mem_alloc(threads * sizeof *crew->workers);
    crew->work = mem_alloc(batches_max * sizeof(struct batch *));
    crew->done = mem_alloc(batches_max * sizeof(struct batch *));
    if (start_threads(crew, err))
        return crew;
    crew_free(crew);
    return NULL;
}

void crew_free(struct crew *crew)
{
    if (crew == NULL)
        return;
    crew_close(crew);
    for (unsigned i = 0; i < crew->workers_started; i++)
        must(pthread_join(crew->workers[i], NULL) == 0);
    free(crew->work);
    free(crew->done);
    free(crew->workers);
    pthread_cond_destroy(&crew->is_work);
    pthread_cond_destroy(&crew->is_done);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}
