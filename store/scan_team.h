/* scan_team: a few jobs in order, run ahead by other threads while the scan's own reads the first of them. Without threads, or
 * when they are behind, the scan's own thread runs what it needs. Memory is that of TEAM_JOBS_MAX decoded blocks.
 *
 *     team_place ─▶ fill it ─▶ team_push ─▶ (run by anyone) ─▶ team_first ─▶ read it ─▶ team_pop
 */
#ifndef WINNOW_STORE_SCAN_TEAM_H
#define WINNOW_STORE_SCAN_TEAM_H

#include <pthread.h>

#include "store/scan_job.h"

enum { TEAM_THREADS_MAX = 3, TEAM_JOBS_MAX = TEAM_THREADS_MAX + 2 };

_Static_assert(TEAM_THREADS_MAX + 1 <= SCAN_WORKERS_MAX, "each thread is a worker of the judge's");

struct team {
    const struct plan *plan;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* some job's state, or stop */
    pthread_t threads[TEAM_THREADS_MAX];
    unsigned thread_count, job_count;
    unsigned workers;               /* threads that have begun */
    struct job jobs[TEAM_JOBS_MAX]; /* a ring: first .. first + used - 1 */
    unsigned first, used;
    bool stop;
};

void team_init(struct team *team, const struct plan *plan);
/* Stops the threads, each behind the block it is at. */
void team_release(struct team *team);
/* Starts threads, as many as there are other processors to run on; once. */
void team_start(struct team *team);

/* A free job to fill, or NULL when all are taken. */
struct job *team_place(struct team *team);
void team_push(struct team *team);
/* The first job, done; NULL when there is none. */
struct job *team_first(struct team *team);
void team_pop(struct team *team);

#endif
