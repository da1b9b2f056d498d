/* scan_job: one block of a scan, from its row to the records wanted of it. Running it touches no store, so that any thread may;
 * the team (scan_team.c) decides which does.
 *
 *     load (the scan's thread) ─▶ job_run: glance ─▶ find ─▶ marks, times, sources ─▶ judge ─▶ text of the slots wanted
 *                              ─▶ read in order
 */
#ifndef WINNOW_STORE_SCAN_JOB_H
#define WINNOW_STORE_SCAN_JOB_H

#include "store/find.h"
#include "store/load.h"

enum { PLAN_TEXT_MAX = 256 }; /* of a longer text that is looked for, this much is */

/* One of these must stand in the line. */
struct plan_need {
    struct find_text *texts;
    size_t count;
    bool late;
};

/* What is wanted; does not change while jobs run. */
struct plan {
    int64_t since_us, until_us;
    bool timed;     /* since or until is given */
    uint64_t after; /* numbers up to this are not wanted */
    int64_t *sources;
    size_t source_count;
    bool all_sources, offsets, textless, newest_first;
    struct plan_need *needs;
    size_t need_count;
    bool (*wants)(void *context, const struct scan_record *rec);
    void *context;
    const struct scan_judge *judge;
};

void plan_take(struct plan *plan, const struct scan_ask *ask, struct arena *arena);
bool plan_wants_source(const struct plan *plan, int64_t source);
bool plan_wants_time(const struct plan *plan, int64_t time_us);
/* Could a record between these times be wanted? */
bool plan_wants_span(const struct plan *plan, int64_t time_min, int64_t time_max);
/* Does the line hold what it must? */
bool plan_wants_text(const struct plan *plan, struct str raw);

enum job_state { JOB_FREE, JOB_READY, JOB_RUNNING, JOB_DONE };

struct job {
    enum job_state state; /* under the team's lock */
    int64_t id;
    uint64_t first_record;
    uint32_t slots;
    struct load load;
    struct block own;
    struct block *block; /* own, to be decoded from load, or one that is open already */
    uint8_t *wanted;     /* BATCH_RECORDS_MAX flags */
    bool damaged, read;  /* read: more than a glance */
    bool any;            /* some slot is wanted */
    uint64_t timeless;   /* left out because they have no time */
    uint32_t at;         /* next slot to give out */
    int64_t left_us;     /* for the scan: see scan_enters_block */
    void *result;        /* the judge's, or NULL */
};
void job_release(const struct plan *plan, struct job *job);
/* worker: below SCAN_WORKERS_MAX, another one on each thread. */
void job_run(const struct plan *plan, struct job *job, unsigned worker);
/* Gives the judge's result to who takes it. */
bool job_take_result(const struct plan *plan, struct job *job, struct err *err);
/* The next record wanted; false at the end. */
bool job_next(const struct plan *plan, struct job *job, struct scan_record *ret);

#endif
