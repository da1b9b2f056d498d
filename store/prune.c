#include <stdlib.h>

#include "base/must.h"
#include "base/scope.h"
#include "store/counts.h"
#include "store/handle.h"
#include "store/lag.h"
#include "store/prune_block.h"
#include "store/prune_name.h"
#include "store/request.h"
#include "store/source.h"

/* The blocks are chosen first, from the index alone; then they go in the order of the chain, a few in each transaction:
 *
 *     choose ─▶ [begin ─▶ block by block: runs, source counts, facts, words, row ─▶ pruned ─▶ times of sources ─▶ commit]...
 *
 * What an active output has not delivered is held: it would be chosen, but stays.
 *
 * Killed at any instant, the store is whole: some of the blocks are gone and recorded, the others are there. */
enum { BLOCKS_AT_ONCE = 16, BYTES_AT_ONCE = 16 << 20 };

struct candidate {
    int64_t id;
    int64_t age_us; /* of its newest record; without any, of the block before */
    uint64_t last;  /* number */
    bool timeless, goes, held;
};

struct pruning {
    struct store *store;
    const struct prune_ask *ask;
    struct prune_result *result;
    struct candidate *candidates; /* by id */
    size_t count, capacity;
    size_t chosen;
    uint64_t delivered;           /* numbers above it are held */
    double share;                 /* bytes of the file in use for one byte of blobs */
    struct prune_sources sources; /* of this transaction */
};

/* ---- What outputs hold -------------------------------------------------------------------------------------------------- */

enum { HELD_BY_MAX = 4096 };

static void tell_holder(struct pruning *p, const struct store_output *output)
{
    struct buf *name = &p->store->held_by;
    buf_release(name);
    *name = BUF(HELD_BY_MAX);
    buf_add_str(name,
                str_slice(output->name, 0, output->name.size < HELD_BY_MAX ? output->name.size : HELD_BY_MAX - 1));
    p->result->held_by = buf_str(name);
    p->result->held_position = output->position;
}

static bool find_holder(struct pruning *p, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct store_output *outputs;
    size_t count;
    const struct store_output *furthest = NULL;
    p->delivered = UINT64_MAX;
    if (!store_outputs(p->store, &arena, &outputs, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (outputs[i].active && (furthest == NULL || outputs[i].position < furthest->position))
            furthest = &outputs[i];
    }
    if (furthest == NULL)
        return true;
    tell_holder(p, furthest);
    return p->ask->outputs_ignored || lag_reach(p->store, furthest->position, &p->delivered, err);
}

/* ---- Choosing -------------------------------------------------------------------------------------------------------- */

static bool list_candidates(struct pruning *p, struct err *err)
{
    struct sql *sql = &p->store->sql;
    struct sqlite3_stmt *stmt = sql_use(sql, "block_list", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, 0);
    int step;
    int64_t age = INT64_MIN;
    while ((step = sql_step(sql, stmt, err)) == 1) {
        if (p->count == p->capacity) {
            p->capacity = p->capacity ? p->capacity * 2 : 64;
            p->candidates = mem_resize_array(p->candidates, p->capacity, sizeof *p->candidates);
        }
        int64_t newest = sql_time(stmt, 5);
        age = newest != TIME_NONE ? newest : age;
        p->candidates[p->count++] = (struct candidate){
            .id = sql_i64(stmt, 0),
            .age_us = age,
            .last = (uint64_t)sql_i64(stmt, 1) + (uint64_t)sql_i64(stmt, 2) - 1,
            .timeless = newest == TIME_NONE,
        };
    }
    return step == 0;
}

/* False when it is held. */
static bool choose(struct pruning *p, struct candidate *candidate)
{
    if (candidate->last > p->delivered) {
        p->result->held_blocks += !candidate->held;
        candidate->held = true;
        return false;
    }
    p->chosen += !candidate->goes;
    candidate->goes = true;
    return true;
}

static void choose_by_time(struct pruning *p)
{
    for (size_t i = 0; p->ask->before_us != TIME_NONE && i < p->count; i++) {
        p->result->blocks_timeless += p->candidates[i].timeless;
        if (!p->candidates[i].timeless && p->candidates[i].age_us < p->ask->before_us)
            choose(p, &p->candidates[i]);
    }
}

static bool used_bytes(struct store *store, uint64_t *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "pages", err);
    if (stmt == NULL)
        return false;
    int step = sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    must(step == 1); /* pragmas always answer */
    int64_t pages = sql_i64(stmt, 0), size = sql_i64(stmt, 1);
    *ret = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
    sql_rest(stmt);
    return true;
}

static int compare_ages(const void *a, const void *b)
{
    const struct candidate *x = *(struct candidate *const *)a, *y = *(struct candidate *const *)b;
    if (x->age_us != y->age_us)
        return x->age_us < y->age_us ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* What a block takes of the file, about: its blobs, and as large a share of the rest as it has of all blobs. */
static bool block_bytes(struct pruning *p, int64_t id, uint64_t *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&p->store->sql, "prune_read", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, id);
    int step = sql_step(&p->store->sql, stmt, err);
    *ret = step == 1 && sql_i64(stmt, 8) > 0 ? (uint64_t)sql_i64(stmt, 8) : 0;
    if (step == 1)
        sql_rest(stmt);
    return step >= 0;
}

/* Oldest first until what is left fits; where a block is held, the next ones go instead. */
static bool choose_by_size(struct pruning *p, struct err *err)
{
    if (!used_bytes(p->store, &p->result->used_bytes, err))
        return false;
    if (p->ask->bytes_max == 0 || p->result->used_bytes <= p->ask->bytes_max)
        return true;
    struct candidate **oldest = mem_resize_array(NULL, p->count + 1, sizeof(struct candidate *));
    uint64_t *bytes = mem_resize_array(NULL, p->count + 1, sizeof *bytes);
    uint64_t all = 0, gone = 0;
    bool ok = true;
    for (size_t i = 0; i < p->count && ok; i++) {
        oldest[i] = &p->candidates[i];
        ok = block_bytes(p, p->candidates[i].id, &bytes[i], err);
        all += bytes[i];
        gone += p->candidates[i].goes ? bytes[i] : 0;
    }
    if (ok && p->count > 0)
        qsort(oldest, p->count, sizeof(struct candidate *), compare_ages);
    p->share = all > 0 ? (double)p->result->used_bytes / (double)all : 0;
    double excess = (double)(p->result->used_bytes - p->ask->bytes_max);
    for (size_t i = 0; i < p->count && ok && (double)gone * p->share < excess; i++) {
        if (!oldest[i]->goes && choose(p, oldest[i]))
            gone += bytes[oldest[i] - p->candidates];
    }
    free(oldest);
    free(bytes);
    return ok;
}

/* ---- In transactions ---------------------------------------------------------------------------------------------------- */

static void count(struct prune_result *sum, const struct prune_block *going)
{
    sum->blocks++;
    sum->records += going->records;
    sum->raw_bytes += going->raw_bytes;
    sum->freed_bytes += going->bytes;
    if (going->time_min != TIME_NONE && (sum->time_min == TIME_NONE || going->time_min < sum->time_min))
        sum->time_min = going->time_min;
    if (going->time_max != TIME_NONE && (sum->time_max == TIME_NONE || going->time_max > sum->time_max))
        sum->time_max = going->time_max;
}

/* The next few from *at on. */
static bool drop_some(struct pruning *p, size_t *at, struct err *err)
{
    struct prune_result sum = *p->result;
    struct sql *sql = &p->store->sql;
    bool ok = sql_run(sql, "begin_write", err);
    unsigned blocks = 0;
    uint64_t bytes = 0;
    for (; ok && *at < p->count && blocks < BLOCKS_AT_ONCE && bytes < BYTES_AT_ONCE; ++*at) {
        struct prune_block going = {0};
        if (!p->candidates[*at].goes)
            continue;
        ok = prune_block_read(p->store, p->candidates[*at].id, &going, err) &&
             prune_block_drop(p->store, &going, p->ask->now_us, &p->sources, err);
        if (ok)
            count(&sum, &going);
        blocks++;
        bytes += going.bytes;
    }
    ok = ok && request_prune(p->store, err) && counts_write(p->store, err) &&
         source_set_times(p->store, p->sources.ids, p->sources.count, err) && sql_run(sql, "commit", err);
    p->sources.count = 0;
    if (!ok) {
        counts_forget(p->store);
        if (sql_in_transaction(sql))
            sql_run(sql, "rollback", NULL);
        return false;
    }
    *p->result = sum;
    store_checkpoint(p->store);
    return true;
}

/* What is gone is a candidate no more. */
static void forget_gone(struct pruning *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (!p->candidates[i].goes)
            p->candidates[kept++] = p->candidates[i];
    }
    p->count = kept;
    p->chosen = 0;
}

static bool drop_chosen(struct pruning *p, struct err *err)
{
    for (size_t at = 0; at < p->count;) {
        if (p->ask->go_on != NULL && !p->ask->go_on(p->ask->context, p->result->blocks, p->chosen)) {
            p->result->stopped = true;
            return true;
        }
        if (!drop_some(p, &at, err))
            return false;
    }
    forget_gone(p);
    return true;
}

/* What a block takes is an estimate, so choosing by size may take more than one round. */
static bool drop_all(struct pruning *p, struct err *err)
{
    uint64_t before = p->result->used_bytes;
    bool ok = true;
    while (ok && p->chosen > 0 && !p->result->stopped)
        ok = drop_chosen(p, err) && choose_by_size(p, err);
    if (ok && p->result->blocks > 0)
        ok = prune_names(p->store, err) && used_bytes(p->store, &p->result->used_bytes, err);
    p->result->freed_bytes = before > p->result->used_bytes ? before - p->result->used_bytes : 0;
    return ok;
}

/* Reads each block in a read of its own. */
static bool tell_all(struct pruning *p, struct err *err)
{
    for (size_t i = 0; i < p->count; i++) {
        struct prune_block going;
        if (!p->candidates[i].goes)
            continue;
        if (!prune_block_read(p->store, p->candidates[i].id, &going, err))
            return false;
        count(p->result, &going);
    }
    if (p->share > 1)
        p->result->freed_bytes = (uint64_t)((double)p->result->freed_bytes * p->share);
    return true;
}

bool store_prune(struct store *store, const struct prune_ask *ask, struct prune_result *ret, struct err *err)
{
    must(ask->dry || store->mode == STORE_WRITE);
    *ret = (struct prune_result){.time_min = TIME_NONE, .time_max = TIME_NONE};
    struct pruning p = {.store = store, .ask = ask, .result = ret};
    bool ok = find_holder(&p, err) && list_candidates(&p, err);
    if (ok) {
        choose_by_time(&p);
        ok = choose_by_size(&p, err) && (ask->dry ? tell_all(&p, err) : drop_all(&p, err));
    }
    free(p.candidates);
    free(p.sources.ids);
    return ok;
}
