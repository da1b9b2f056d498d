#include "store/scan_team.h"

#include <sched.h>

#include "base/must.h"

void team_init(struct team *team, const struct plan *plan)
{
    *team = (struct team){.plan = plan, .job_count = 1};
    must(pthread_mutex_init(&team->lock, NULL) == 0 && pthread_cond_init(&team->changed, NULL) == 0);
}

void team_release(struct team *team)
{
    must(pthread_mutex_lock(&team->lock) == 0);
    team->stop = true;
    must(pthread_cond_broadcast(&team->changed) == 0);
    must(pthread_mutex_unlock(&team->lock) == 0);
    for (unsigned i = 0; i < team->thread_count; i++)
        must(pthread_join(team->threads[i], NULL) == 0);
    for (unsigned i = 0; i < TEAM_JOBS_MAX; i++)
        job_release(team->plan, &team->jobs[i]);
    must(pthread_cond_destroy(&team->changed) == 0 && pthread_mutex_destroy(&team->lock) == 0);
}

/* The oldest job that nobody runs yet, now running, or NULL. Under the lock. */
static struct job *take_ready(struct team *team)
{
    for (unsigned i = 0; i < team->used; i++) {
        struct job *job = &team->jobs[(team->first + i) % team->job_count];
        if (job->state == JOB_READY) {
            job->state = JOB_RUNNING;
            return job;
        }
    }
    return NULL;
}

/* Runs a job that was taken. Under the lock, which is let go meanwhile. */
static void run_taken(struct team *team, struct job *job, unsigned worker)
{
    must(pthread_mutex_unlock(&team->lock) == 0);
    job_run(team->plan, job, worker);
    must(pthread_mutex_lock(&team->lock) == 0);
    job->state = JOB_DONE;
    must(pthread_cond_broadcast(&team->changed) == 0);
}

static void *work(void *context)
{
    struct team *team = context;
    must(pthread_mutex_lock(&team->lock) == 0);
    unsigned worker = ++team->workers; /* 0 is the scan's own thread */
    while (!team->stop) {
        struct job *job = take_ready(team);
        if (job != NULL)
            run_taken(team, job, worker);
        else
            must(pthread_cond_wait(&team->changed, &team->lock) == 0);
    }
    must(pthread_mutex_unlock(&team->lock) == 0);
    return NULL;
}

void team_start(struct team *team)
{
    cpu_set_t processors;
    int count = sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : 1;
    if (team->thread_count > 0 || team->used > 0)
        return;
    while ((int)team->thread_count < count - 1 && team->thread_count < TEAM_THREADS_MAX &&
           pthread_create(&team->threads[team->thread_count], NULL, work, team) == 0)
        team->thread_count++;
    team->job_count = team->thread_count + (team->thread_count > 0 ? 2 : 1);
}

struct job *team_place(struct team *team)
{
    return team->used < team->job_count ? &team->jobs[(team->first + team->used) % team->job_count] : NULL;
}

void team_push(struct team *team)
{
    must(pthread_mutex_lock(&team->lock) == 0);
    team_place(team)->state = JOB_READY;
    team->used++;
    must(pthread_cond_broadcast(&team->changed) == 0);
    must(pthread_mutex_unlock(&team->lock) == 0);
}

struct job *team_first(struct team *team)
{
    if (team->used == 0)
        return NULL;
    struct job *first = &team->jobs[team->first];
    must(pthread_mutex_lock(&team->lock) == 0);
    while (first->state != JOB_DONE) {
        struct job *job = take_ready(team);
        if (job != NULL)
            run_taken(team, job, 0);
        else
            must(pthread_cond_wait(&team->changed, &team->lock) == 0);
    }
    must(pthread_mutex_unlock(&team->lock) == 0);
    return first;
}

void team_pop(struct team *team)
{
    must(pthread_mutex_lock(&team->lock) == 0);
    team->jobs[team->first].state = JOB_FREE;
    team->first = (team->first + 1) % team->job_count;
    team->used--;
    must(pthread_mutex_unlock(&team->lock) == 0);
}
