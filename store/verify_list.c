#include <stdlib.h>

#include "base/must.h"
#include "store/hot.h"
#include "store/source.h"
#include "store/verify.h"

/* Grows an array in the verify's arena-less memory: doubles, so that a long list costs no more than its length. */
static void *grown(void *items, size_t count, size_t size)
{
    if (count == 0 || (count >= 64 && (count & (count - 1)) == 0))
        return mem_resize_array(items, count ? count * 2 : 64, size);
    return items;
}

/* ---- Sources ------------------------------------------------------------------------------------------------------- */

static bool list_sources(struct verify *v, struct err *err)
{
    struct err why = {0};
    if (store_sources(v->store, &v->arena, &v->sources, &v->source_count, &why)) {
        for (size_t i = 0; i < v->source_count; i++)
            v->raw_total += v->sources[i].raw_bytes;
        return true;
    }
    v->source_count = 0;
    v->lists_whole = false;
    return verify_damage(v, "source", 0, &why, err);
}

const struct store_source *verify_source_of(const struct verify *v, int64_t id)
{
    size_t low = 0, high = v->source_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->sources[middle].state.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < v->source_count && v->sources[low].state.id == id ? &v->sources[low] : NULL;
}

/* ---- Runs ---------------------------------------------------------------------------------------------------------- */

static bool fits_u32(int64_t value)
{
    return value >= 0 && value <= UINT32_MAX;
}

static bool take_run(const struct verify *v, struct sqlite3_stmt *stmt, struct verify_run *ret)
{
    *ret = (struct verify_run){
        .block = sql_i64(stmt, 1),
        .row =
            {
                .source = sql_i64(stmt, 0),
                .first = (uint32_t)sql_i64(stmt, 2),
                .slots = (uint32_t)sql_i64(stmt, 3),
                .offset_from = (uint64_t)sql_i64(stmt, 4),
                .offset_to = (uint64_t)sql_i64(stmt, 5),
                .records = (uint32_t)sql_i64(stmt, 6),
                .unparsed = (uint32_t)sql_i64(stmt, 7),
                .raw_bytes = (uint64_t)sql_i64(stmt, 8),
                .time_min = sql_time(stmt, 9),
                .time_max = sql_time(stmt, 10),
            },
    };
    const struct store_source *source = verify_source_of(v, ret->row.source);
    ret->row.name = source != NULL ? source->state.name : STR("");
    return ret->block >= 1 && fits_u32(sql_i64(stmt, 2)) && fits_u32(sql_i64(stmt, 3)) && fits_u32(sql_i64(stmt, 6)) &&
           fits_u32(sql_i64(stmt, 7)) && sql_i64(stmt, 4) >= 0 && sql_i64(stmt, 4) <= sql_i64(stmt, 5) &&
           sql_i64(stmt, 8) >= 0;
}

static int compare_by_block(const void *a, const void *b)
{
    const struct verify_run *x = *(struct verify_run *const *)a, *y = *(struct verify_run *const *)b;
    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    return (x->row.first > y->row.first) - (x->row.first < y->row.first);
}

static bool list_runs(struct verify *v, struct err *err)
{
    struct sql *sql = &v->store->sql;
    struct err why = {0};
    struct sqlite3_stmt *stmt = sql_use(sql, "run_list", &why);
    int step = stmt == NULL ? -1 : 1;
    while (step == 1 && (step = sql_step(sql, stmt, &why)) == 1) {
        struct verify_run run;
        if (!take_run(v, stmt, &run)) {
            verify_find(v, "run", 0, "the store's row of source %lld in block %lld cannot be",
                        (long long)run.row.source, (long long)run.block);
            continue;
        }
        v->runs = grown(v->runs, v->run_count, sizeof *v->runs);
        v->runs[v->run_count++] = run;
    }
    v->by_block = mem_resize_array(NULL, v->run_count + 1, sizeof *v->by_block);
    for (size_t i = 0; i < v->run_count; i++)
        v->by_block[i] = &v->runs[i];
    if (v->run_count > 0)
        qsort(v->by_block, v->run_count, sizeof *v->by_block, compare_by_block);
    v->lists_whole &= step == 0;
    return step == 0 || verify_damage(v, "run", 0, &why, err);
}

struct verify_run **verify_runs_of(const struct verify *v, int64_t first, int64_t last, size_t *ret_count)
{
    size_t low = 0, high = v->by_block != NULL ? v->run_count : 0, end = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->by_block[middle]->block < first)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_count = 0;
    while (low + *ret_count < end && v->by_block[low + *ret_count]->block <= last)
        ++*ret_count;
    return end > 0 ? v->by_block + low : NULL;
}

/* ---- Hot rows, gaps and what was pruned ------------------------------------------------------------------------------------ */

static int compare_hots(const void *a, const void *b)
{
    const struct verify_hot *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static bool list_hots(struct verify *v, struct err *err)
{
    struct sql *sql = &v->store->sql;
    struct err why = {0};
    struct sqlite3_stmt *stmt = sql_use(sql, "hot_list", &why);
    int step = stmt == NULL ? -1 : 1;
    if (stmt != NULL)
        sql_bind_i64(stmt, 1, 0);
    while (step == 1 && (step = sql_step(sql, stmt, &why)) == 1) {
        struct scan_record rec;
        if (!hot_row(stmt, &rec)) {
            verify_find(v, "hot", 0, "record %lld, which is not in a block, is not readable",
                        (long long)sql_i64(stmt, 0));
            continue;
        }
        v->hots = grown(v->hots, v->hot_count, sizeof *v->hots);
        struct verify_hot *hot = &v->hots[v->hot_count++];
        *hot = (struct verify_hot){
            .number = rec.number,
            .offset = rec.record.offset,
            .size = rec.record.raw.size + (record_has_newline(rec.record.flags) ? 1 : 0),
            .source = rec.source,
            .unparsed = (rec.record.flags & RECORD_UNPARSED) != 0,
            .pending = (rec.record.flags & RECORD_TAIL) != 0,
        };
        verify_facts_add(&hot->facts, &rec);
    }
    if (v->hot_count > 0)
        qsort(v->hots, v->hot_count, sizeof *v->hots, compare_hots);
    v->lists_whole &= step == 0;
    return step == 0 || verify_damage(v, "hot", 0, &why, err);
}

static bool list_gaps(struct verify *v, struct err *err)
{
    struct sql *sql = &v->store->sql;
    struct err why = {0};
    struct sqlite3_stmt *stmt = sql_use(sql, "gap_list", &why);
    int step = stmt == NULL ? -1 : 1;
    while (step == 1 && (step = sql_step(sql, stmt, &why)) == 1) {
        v->gaps = grown(v->gaps, v->gap_count, sizeof *v->gaps);
        v->gaps[v->gap_count++] = (struct verify_gap){
            .source = sql_i64(stmt, 0),
            .offset = (uint64_t)sql_i64(stmt, 1),
            .lost = sql_i64(stmt, 2) != GAP_SKIPPED,
        };
    }
    v->lists_whole &= step == 0;
    return step == 0 || verify_damage(v, "source", 0, &why, err);
}

static bool list_pruned_runs(struct verify *v, struct err *err)
{
    struct sql *sql = &v->store->sql;
    struct err why = {0};
    struct sqlite3_stmt *stmt = sql_use(sql, "pruned_runs", &why);
    int step = stmt == NULL ? -1 : 1;
    while (step == 1 && (step = sql_step(sql, stmt, &why)) == 1) {
        v->pruned_runs = grown(v->pruned_runs, v->pruned_run_count, sizeof *v->pruned_runs);
        v->pruned_runs[v->pruned_run_count++] = (struct verify_pruned_run){
            .source = sql_i64(stmt, 0),
            .offset_from = (uint64_t)sql_i64(stmt, 1),
            .offset_to = (uint64_t)sql_i64(stmt, 2),
        };
    }
    v->lists_whole &= step == 0;
    return step == 0 || verify_damage(v, "run", 0, &why, err);
}

static bool take_pruned(struct verify *v, struct sqlite3_stmt *stmt)
{
    struct verify_pruned *at = &v->pruned[v->pruned_count];
    struct str digest = sql_str(stmt, 2);
    *at = (struct verify_pruned){.first = sql_i64(stmt, 1), .last = sql_i64(stmt, 0)};
    int64_t before = v->pruned_count > 0 ? at[-1].last : 0;
    if (digest.size != DIGEST_SIZE || at->first <= before || at->last < at->first || at->last == INT64_MAX)
        return false;
    memcpy(at->digest, digest.data, DIGEST_SIZE);
    return true;
}

static bool list_pruned(struct verify *v, struct err *err)
{
    struct sql *sql = &v->store->sql;
    struct err why = {0};
    struct sqlite3_stmt *stmt = sql_use(sql, "pruned_list", &why);
    int step = stmt == NULL ? -1 : 1;
    while (step == 1 && (step = sql_step(sql, stmt, &why)) == 1) {
        v->pruned = grown(v->pruned, v->pruned_count, sizeof *v->pruned);
        if (!take_pruned(v, stmt)) {
            verify_find(v, "head", 0, "what is told of blocks pruned up to %lld cannot be",
                        (long long)sql_i64(stmt, 0));
            continue;
        }
        const struct verify_pruned *at = &v->pruned[v->pruned_count++];
        v->result->pruned_blocks += (uint64_t)(at->last - at->first + 1);
        if (v->result->pruned_us == TIME_NONE || sql_time(stmt, 3) > v->result->pruned_us)
            v->result->pruned_us = sql_time(stmt, 3);
    }
    return step == 0 || verify_damage(v, "head", 0, &why, err);
}

/* ---- The ends of the chain --------------------------------------------------------------------------------------------- */

static bool read_head(struct verify *v, struct err *err)
{
    struct verify_result *result = v->result;
    struct err why = {0};
    if (chain_head(v->store, &result->head.block, result->head.digest, &why))
        return true;
    result->head.block = -1;
    return verify_damage(v, "head", 0, &why, err);
}

/* A block that is where none can be; a statement that takes no bound is given -1. */
static bool find_outsider(struct verify *v, const char *statement, int64_t bound, const char *where, struct err *err)
{
    struct sql *sql = &v->store->sql;
    struct err why = {0};
    struct sqlite3_stmt *stmt = sql_use(sql, statement, err);
    if (stmt == NULL)
        return false;
    if (bound >= 0)
        sql_bind_i64(stmt, 1, bound);
    int step = sql_step(sql, stmt, &why);
    if (step < 0)
        return verify_damage(v, "table", 0, &why, err);
    if (step == 1) {
        int64_t id = sql_i64(stmt, 0);
        sql_rest(stmt);
        verify_find(v, "head", id, "block %lld stands %s", (long long)id, where);
    }
    return true;
}

static bool read_counter(struct verify *v, struct err *err)
{
    struct sql *sql = &v->store->sql;
    struct err why = {0};
    struct sqlite3_stmt *stmt = sql_use(sql, "next_record", &why);
    int step = stmt == NULL ? -1 : sql_step(sql, stmt, &why);
    if (step < 0)
        return verify_damage(v, "counter", 0, &why, err);
    v->next_record = step == 1 && sql_i64(stmt, 0) >= 1 ? (uint64_t)sql_i64(stmt, 0) : 0;
    if (step == 1)
        sql_rest(stmt);
    if (v->next_record == 0)
        verify_find(v, "counter", 0, "the record counter is not readable");
    return true;
}

bool verify_list(struct verify *v, struct err *err)
{
    v->lists_whole = true;
    if (!sql_run(&v->store->sql, "begin_read", err))
        return false;
    bool ok = read_head(v, err) && read_counter(v, err) && list_sources(v, err) && list_runs(v, err) &&
              list_hots(v, err) && list_gaps(v, err) && list_pruned(v, err) && list_pruned_runs(v, err) &&
              find_outsider(v, "block_pruned", -1, "where the chain says it was pruned", err) &&
              find_outsider(v, "block_before", 1, "before the beginning of the chain", err) &&
              (v->result->head.block < 0 ||
               find_outsider(v, "block_after", v->result->head.block, "behind the end of the chain", err));
    /* SQLite may have ended the transaction itself when it met damage. */
    if (sql_in_transaction(&v->store->sql))
        ok = sql_run(&v->store->sql, "commit", ok ? err : NULL) && ok;
    return ok;
}

void verify_list_release(struct verify *v)
{
    free(v->runs);
    free(v->by_block);
    free(v->hots);
    free(v->gaps);
    free(v->pruned);
    free(v->pruned_runs);
    arena_release(&v->arena);
}
