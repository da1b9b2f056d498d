#include <stdlib.h>

#include "base/must.h"
#include "store/fetch.h"
#include "store/handle.h"
#include "store/hot.h"
#include "store/scan_team.h"
#include "store/segment.h"
#include "store/word.h"

/* A scan lists at its start, in one short read, the blocks there are, but for those that the index rules out for the word asked, and
 * the hot records it wants. From then on it reads
 * block by block, each in a short read of its own, so that it never keeps the write-ahead log from starting anew. The hot
 * records are copied at the start because a later commit may replace them or put them into a block; memory for them is bounded by
 * what their writer lets come together, about a block's worth, and by the number of sources. A block is decided on in this order, cheapest first: word, source, time, then as a job (scan_job.h). Many blocks are
 * run ahead by a team; the few that the index names for a word are taken from those that store_fetch keeps. */

struct listed_block {
    int64_t id;
    uint64_t first_record;
    uint32_t slots;
    bool wanted; /* one of the sources asked is in it */
    uint32_t timeless;
    int64_t time_min, time_max;
    int64_t left_us;      /* the latest time in it and all blocks before it */
    enum word_found word; /* WORD_PRESENT: the index names it for the word asked; else it says nothing */
};

/* What the index says of a word: whether block first_block + i has it, bit by bit. */
struct heard {
    int64_t first_block;
    unsigned count;
    uint64_t holders;
};

enum { TEAM_BLOCKS_MIN = 4 }; /* blocks worth starting threads for */

struct scan {
    struct store *store;
    struct arena arena;
    struct plan plan;
    bool by_word;
    uint32_t fingerprint;
    struct heard *heard;
    size_t heard_count, heard_capacity;
    struct listed_block *blocks;
    size_t block_count, block_capacity, block_at;
    struct scan_record *hot;
    size_t hot_count, hot_capacity, hot_at;
    struct team team;
    struct job *job;           /* the one being read, or NULL */
    struct scan_record found;  /* the next record of the blocks, if have */
    bool have, fresh, entered; /* fresh: the job's first; entered: it was given last, see scan_enters_block */
    struct scan_counts counts;
    uint64_t last_number;
};

/* ---- The snapshot ------------------------------------------------------------------------------------------------------ */

/* id 0: not known. */
static void note_damaged(struct scan *scan, int64_t id)
{
    if (scan->counts.blocks_damaged < SCAN_DAMAGED_MAX)
        scan->counts.damaged[scan->counts.blocks_damaged] = id;
    scan->counts.blocks_damaged++;
}

/* A row that cannot be, or stands across another block, is damage; the rest still answers. */
static bool take_listed(const struct scan *scan, struct sqlite3_stmt *stmt, struct listed_block *ret)
{
    int64_t id = sql_i64(stmt, 0), first = sql_i64(stmt, 1), slots = sql_i64(stmt, 2), timeless = sql_i64(stmt, 3);
    if (id < 1 || first < 1 || first > INT64_MAX - BATCH_RECORDS_MAX || slots < 1 || slots > BATCH_RECORDS_MAX ||
        timeless < 0 || timeless > slots)
        return false;
    if (scan->block_count > 0) {
        const struct listed_block *before = &scan->blocks[scan->block_count - 1];
        if (id <= before->id || (uint64_t)first < before->first_record + before->slots)
            return false;
    }
    *ret = (struct listed_block){
        .id = id,
        .first_record = (uint64_t)first,
        .slots = (uint32_t)slots,
        .wanted = scan->plan.all_sources,
        .timeless = (uint32_t)timeless,
        .time_min = sql_time(stmt, 4),
        .time_max = sql_time(stmt, 5),
        .left_us = sql_time(stmt, 5),
    };
    return true;
}

static bool take_rows(struct scan *scan, struct sqlite3_stmt *stmt, enum word_found word, struct err *err)
{
    struct sql *sql = &scan->store->sql;
    int step;
    while ((step = sql_step(sql, stmt, err)) == 1) {
        scan->counts.blocks++;
        if (scan->block_count == scan->block_capacity) {
            scan->block_capacity = scan->block_capacity ? scan->block_capacity * 2 : 64;
            scan->blocks = mem_resize_array(scan->blocks, scan->block_capacity, sizeof *scan->blocks);
        }
        struct listed_block *listed = &scan->blocks[scan->block_count];
        if (take_listed(scan, stmt, listed)) {
            listed->word = word;
            if (scan->block_count > 0 && listed[-1].left_us > listed->left_us)
                listed->left_us = listed[-1].left_us;
            scan->block_count++;
        } else
            note_damaged(scan, sql_i64(stmt, 0));
    }
    return step == 0;
}

static bool list_all(struct scan *scan, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&scan->store->sql, "block_list", err);
    if (stmt == NULL)
        return false;
    /* Those that begin this far before `after` end before it. */
    uint64_t after = scan->plan.after;
    sql_bind_u64(stmt, 1, after > BATCH_RECORDS_MAX ? after - BATCH_RECORDS_MAX : 0);
    return take_rows(scan, stmt, WORD_DAMAGED, err);
}

static bool list_range(struct scan *scan, int64_t from, int64_t to, enum word_found word, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&scan->store->sql, "block_some", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, from);
    sql_bind_i64(stmt, 2, to);
    return take_rows(scan, stmt, word, err);
}

/* What the index says of some blocks. */
static void hear_index(void *context, int64_t first_block, unsigned count, uint64_t holders)
{
    struct scan *scan = context;
    if (first_block > INT64_MAX - count)
        return;
    if (scan->heard_count == scan->heard_capacity) {
        scan->heard_capacity = scan->heard_capacity ? scan->heard_capacity * 2 : 64;
        scan->heard = mem_resize_array(scan->heard, scan->heard_capacity, sizeof *scan->heard);
    }
    scan->heard[scan->heard_count++] = (struct heard){first_block, count, holders};
    scan->counts.index_used = true;
}

static int compare_heard(const void *a, const void *b)
{
    int64_t x = ((const struct heard *)a)->first_block, y = ((const struct heard *)b)->first_block;
    return (x > y) - (x < y);
}

/* Those that the index names, and those of which it says nothing. */
static bool list_by_word(struct scan *scan, struct err *err)
{
    int64_t next = 1;
    if (scan->heard_count > 0)
        qsort(scan->heard, scan->heard_count, sizeof *scan->heard, compare_heard);
    for (size_t h = 0; h < scan->heard_count; h++) {
        const struct heard *heard = &scan->heard[h];
        if (heard->first_block > next && !list_range(scan, next, heard->first_block - 1, WORD_DAMAGED, err))
            return false;
        for (unsigned i = 0; i < heard->count; i++) {
            int64_t id = heard->first_block + i;
            if (heard->holders >> i & 1 && id >= next && !list_range(scan, id, id, WORD_PRESENT, err))
                return false;
        }
        int64_t end = heard->first_block + heard->count;
        next = end > next ? end : next;
    }
    return list_range(scan, next, INT64_MAX, WORD_DAMAGED, err);
}

/* A damaged index says nothing; the blocks are read instead. */
static bool list_blocks(struct scan *scan, struct err *err)
{
    struct err why = {0};
    if (!scan->by_word)
        return list_all(scan, err);
    if (!segment_ask(scan->store, scan->fingerprint, hear_index, scan, &why) && why.kind != ERR_CORRUPT)
        return err_set(err, why.kind, 0, "%s", why.text);
    return list_by_word(scan, err);
}

static int compare_listed(const void *id, const void *listed)
{
    int64_t x = *(const int64_t *)id, y = ((const struct listed_block *)listed)->id;
    return (x > y) - (x < y);
}

static bool choose_by_source(struct scan *scan, struct err *err)
{
    struct sql *sql = &scan->store->sql;
    for (size_t i = 0; i < scan->plan.source_count && scan->block_count > 0; i++) {
        struct sqlite3_stmt *stmt = sql_use(sql, "run_blocks", err);
        if (stmt == NULL)
            return false;
        sql_bind_i64(stmt, 1, scan->plan.sources[i]);
        sql_bind_i64(stmt, 2, scan->blocks[0].id);
        int step;
        while ((step = sql_step(sql, stmt, err)) == 1) {
            int64_t id = sql_i64(stmt, 0);
            struct listed_block *block =
                bsearch(&id, scan->blocks, scan->block_count, sizeof *scan->blocks, compare_listed);
            if (block != NULL)
                block->wanted = true;
        }
        if (step < 0)
            return false;
    }
    return true;
}

static bool wants_hot(struct scan *scan, const struct scan_record *rec)
{
    const struct plan *plan = &scan->plan;
    if (!plan_wants_source(plan, rec->source) || (plan->wants && !plan->wants(plan->context, rec)) ||
        !plan_wants_text(plan, rec->record.raw))
        return false;
    if (plan_wants_time(plan, rec->record.time_us))
        return true;
    scan->counts.records_without_time += rec->record.time_us == TIME_NONE;
    return false;
}

static bool copy_hot(struct scan *scan, struct err *err)
{
    struct sql *sql = &scan->store->sql;
    struct sqlite3_stmt *stmt = sql_use(sql, "hot_list", err);
    if (stmt == NULL)
        return false;
    sql_bind_u64(stmt, 1, scan->plan.after);
    int step;
    while ((step = sql_step(sql, stmt, err)) == 1) {
        struct scan_record rec;
        if (!hot_row(stmt, &rec)) {
            note_damaged(scan, 0);
            continue;
        }
        rec.sure = false;
        if (!wants_hot(scan, &rec))
            continue;
        /* Nobody judges a hot record but by its text; and a pending one may be replaced before it is fetched. */
        if (scan->plan.textless && scan->plan.judge == NULL && !(rec.record.flags & RECORD_TAIL))
            rec.record.raw = STR_ABSENT;
        if (scan->hot_count == scan->hot_capacity) {
            scan->hot_capacity = scan->hot_capacity ? scan->hot_capacity * 2 : 16;
            scan->hot = mem_resize_array(scan->hot, scan->hot_capacity, sizeof *scan->hot);
        }
        if (rec.record.raw.data != NULL)
            rec.record.raw = arena_str(&scan->arena, rec.record.raw);
        scan->hot[scan->hot_count++] = rec;
    }
    return step == 0;
}

bool store_last_number(struct store *store, uint64_t *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "next_record", err);
    int step = stmt == NULL ? -1 : sql_step(&store->sql, stmt, err);
    *ret = 0;
    if (step == 1) {
        int64_t next = sql_i64(stmt, 0);
        *ret = next > 1 ? (uint64_t)next - 1 : 0;
        sql_rest(stmt);
    }
    return step >= 0;
}

struct scan *scan_new(struct store *store, const struct scan_ask *ask, struct err *err)
{
    struct scan *scan = mem_alloc(sizeof *scan);
    scan->store = store;
    plan_take(&scan->plan, ask, &scan->arena);
    team_init(&scan->team, &scan->plan);
    scan->by_word = ask->word.data != NULL && store_word_indexable(ask->word);
    if (scan->by_word)
        scan->fingerprint = word_fingerprint(ask->word);
    bool ok = sql_run(&store->sql, "begin_read", err);
    if (ok) {
        ok = store_last_number(store, &scan->last_number, err) && list_blocks(scan, err) &&
             (scan->plan.all_sources || choose_by_source(scan, err)) && copy_hot(scan, err);
        ok = sql_run(&store->sql, "commit", ok ? err : NULL) && ok;
    }
    if (ok && !scan->by_word && !ask->alone && scan->block_count >= TEAM_BLOCKS_MIN)
        team_start(&scan->team);
    if (ok)
        return scan;
    scan_free(scan);
    return NULL;
}

void scan_free(struct scan *scan)
{
    if (scan == NULL)
        return;
    team_release(&scan->team);
    arena_release(&scan->arena);
    free(scan->heard);
    free(scan->blocks);
    free(scan->hot);
    free(scan);
}

struct scan_counts scan_counts(const struct scan *scan)
{
    return scan->counts;
}

uint64_t scan_last_number(const struct scan *scan)
{
    return scan->last_number;
}

/* ---- From block to block ----------------------------------------------------------------------------------------------- */

/* What the list says of the block; who is left out is counted. */
static bool wants_block(struct scan *scan, const struct listed_block *listed)
{
    if (!listed->wanted || listed->first_record + listed->slots - 1 <= scan->plan.after)
        return false;
    if (!plan_wants_span(&scan->plan, listed->time_min, listed->time_max)) {
        bool simple = scan->plan.all_sources && scan->plan.need_count == 0 && scan->plan.wants == NULL &&
                      listed->first_record > scan->plan.after;
        if (simple) /* then the row tells who is left out */
            scan->counts.records_without_time += listed->timeless;
        if (simple || listed->timeless == 0)
            return false;
    }
    return true;
}

/* Makes the block the next job, if it is to be looked into. False: err. */
static bool add_job(struct scan *scan, const struct listed_block *listed, struct err *err)
{
    struct job *job = team_place(&scan->team);
    struct err why = {0};
    enum load_result result;
    job->id = listed->id;
    job->left_us = listed->left_us;
    job->first_record = listed->first_record;
    job->slots = listed->slots;
    job->block = &job->own;
    if (scan->by_word && listed->word == WORD_PRESENT)
        result = fetch_block(scan->store, listed->id, &job->block, &why);
    else
        result = load_block(scan->store, listed->id, &job->load, &why);
    if (result == LOAD_FAILED)
        return err_set(err, why.kind, 0, "%s", why.text);
    if (result == LOAD_DONE)
        team_push(&scan->team);
    if (result == LOAD_DAMAGED)
        note_damaged(scan, listed->id);
    scan->counts.blocks_gone += result == LOAD_GONE;
    return true;
}

/* Keeps the team busy. Blocks of the fetch cache are one job at a time, so that none is put out of it while it is read. */
static bool add_jobs(struct scan *scan, struct err *err)
{
    while (scan->block_at < scan->block_count && team_place(&scan->team) && !(scan->by_word && scan->team.used > 0)) {
        size_t at = scan->block_at++;
        const struct listed_block *listed = &scan->blocks[scan->plan.newest_first ? scan->block_count - 1 - at : at];
        if (wants_block(scan, listed) && !add_job(scan, listed, err))
            return false;
    }
    return true;
}

/* The job whose records come next; NULL at the end. False: err. */
static bool next_job(struct scan *scan, struct err *err)
{
    if (scan->job != NULL) {
        scan->counts.blocks_read += scan->job->read;
        if (scan->job->damaged)
            note_damaged(scan, scan->job->id);
        scan->counts.records_without_time += scan->job->timeless;
        team_pop(&scan->team);
        scan->job = NULL;
    }
    if (!add_jobs(scan, err))
        return false;
    scan->job = team_first(&scan->team);
    scan->fresh = true;
    return scan->job == NULL || job_take_result(&scan->plan, scan->job, err);
}

/* Fills found with the next record of the blocks, if there is one. False: err. */
static bool find_next(struct scan *scan, struct err *err)
{
    while (!scan->have) {
        if (scan->job != NULL && job_next(&scan->plan, scan->job, &scan->found)) {
            scan->have = true;
            break;
        }
        if (scan->job == NULL && scan->block_at == scan->block_count && scan->team.used == 0)
            break;
        if (!next_job(scan, err))
            return false;
    }
    return true;
}

static bool hot_comes_next(const struct scan *scan)
{
    return scan->hot_at < scan->hot_count &&
           (scan->plan.newest_first || !scan->have || scan->hot[scan->hot_at].number < scan->found.number);
}

int scan_next(struct scan *scan, struct scan_record *ret, struct err *err)
{
    scan->entered = false;
    if (!find_next(scan, err))
        return -1;
    if (hot_comes_next(scan)) {
        *ret = scan->hot[scan->hot_at++];
        return 1;
    }
    if (!scan->have)
        return 0;
    *ret = scan->found;
    scan->have = false;
    scan->entered = scan->fresh;
    scan->fresh = false;
    return 1;
}

bool scan_enters_block(const struct scan *scan, int64_t *ret_left_us)
{
    must(scan->plan.newest_first);
    *ret_left_us = scan->job ? scan->job->left_us : TIME_NONE;
    return scan->entered;
}
