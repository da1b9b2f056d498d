#include "base/clock.h"
#include "base/must.h"
#include "store/append.h"
#include "store/borrow.h"
#include "store/counts.h"
#include "store/fact.h"
#include "store/hot.h"
#include "store/keep.h"
#include "store/name.h"
#include "store/request.h"
#include "store/source.h"
#include "store/trait.h"

/* One batch, one transaction, in this order:
 *
 *   1. states of its sources, gaps       a run's counts need the row of its source
 *   2. pending records it replaces go    with their facts and their share of the counts
 *   3. block, runs, head, words          unless the batch is hot; the digest chains to the block before
 *   4. its pending records, or all of a hot batch, become hot rows
 *   5. facts
 *   6. templates, counts of errors, counts of its sources, and the record counter
 *
 * Record i of the batch is number writer.next_record + i. A pending record of the batch that a later run of its source
 * replaces is superseded: it gets no row and no facts, and is not counted; its number is lost. */

struct commit {
    struct store *store;
    const struct batch *batch;
    struct writer_state writer; /* becomes the store's when the transaction is durable */
    uint64_t first_record;
    const bool *superseded; /* of each record; NULL: none is */
    struct arena arena;
};

static bool is_pending(const struct record *rec)
{
    return (rec->flags & RECORD_TAIL) != 0;
}

static bool is_superseded(const struct commit *commit, uint32_t record)
{
    return commit->superseded != NULL && commit->superseded[record];
}

/* ---- What the batch itself replaces -------------------------------------------------------------------------------- */

static bool has_pending(const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->record_count; i++) {
        if (is_pending(&batch->records[i]))
            return true;
    }
    return false;
}

/* From the last run to the first: what is pending is superseded when its source is read again from there or before. Several
 * that are pending follow each other. */
static void find_superseded(struct commit *commit)
{
    const struct batch *batch = commit->batch;
    struct map followed = {0};
    bool *superseded = arena_zalloc(&commit->arena, batch->record_count * sizeof *superseded);
    for (uint32_t r = batch->run_count; r-- > 0;) {
        const struct batch_run *run = &batch->runs[r];
        if (run->count == 0)
            continue;
        bool is_last;
        struct map_entry *from = map_at(&followed, str_from((const char *)&run->source, sizeof run->source), &is_last);
        for (uint32_t i = run->first; i < run->first + run->count; i++)
            superseded[i] = !is_last && is_pending(&batch->records[i]) && batch->records[i].offset >= from->value;
        if (is_last || run->offset < from->value)
            from->value = run->offset;
    }
    map_release(&followed);
    commit->superseded = superseded;
}

/* ---- The steps ------------------------------------------------------------------------------------------------------- */

static bool write_sources(struct commit *commit, struct err *err)
{
    for (uint32_t i = 0; i < commit->batch->source_count; i++) {
        if (!source_write(commit->store, &commit->batch->sources[i], err))
            return false;
    }
    for (uint32_t i = 0; i < commit->batch->gap_count; i++) {
        if (!source_gap(commit->store, &commit->batch->gaps[i], err))
            return false;
    }
    return true;
}

static bool replace_pending(struct commit *commit, struct err *err)
{
    const struct batch *batch = commit->batch;
    for (uint32_t r = 0; r < batch->run_count; r++) {
        const struct batch_run *run = &batch->runs[r];
        if (run->count > 0 && !hot_replace(commit->store, run->source, run->offset, err))
            return false;
    }
    return true;
}

static bool write_hot(struct commit *commit, struct err *err)
{
    const struct batch *batch = commit->batch;
    SCOPED(buf) request = BUF(ENDPOINT_TEXT_MAX);
    for (uint32_t i = 0; i < batch->record_count; i++) {
        const struct record *rec = &batch->records[i];
        if (!(batch->hot || is_pending(rec)) || is_superseded(commit, i))
            continue;
        buf_reset(&request);
        if (is_pending(rec))
            request_keep_pending(batch, i, &request);
        if (!hot_write(commit->store, commit->first_record + i, batch->runs[rec->run].source, rec, buf_str(&request),
                       err))
            return false;
        if (!is_pending(rec)) {
            commit->writer.hot_records++;
            commit->writer.hot_bytes += record_end(rec) - rec->offset;
        }
    }
    return true;
}

static bool write_facts(struct commit *commit, struct err *err)
{
    const struct batch *batch = commit->batch;
    for (uint32_t i = 0; i < batch->fact_count; i++) {
        const struct fact *fact = &batch->facts[i];
        must(fact->record < batch->record_count);
        const struct record *rec = &batch->records[fact->record];
        if (is_superseded(commit, fact->record))
            continue;
        int64_t source = batch->runs[rec->run].source;
        if (!fact_write(commit->store, commit->first_record + fact->record, source, rec, fact, err))
            return false;
    }
    return true;
}

/* What the records of a run add to their source. */
static struct source_change change_of(const struct commit *commit, const struct batch_run *run)
{
    struct source_change change = {.time_min = TIME_NONE, .time_max = TIME_NONE};
    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        const struct record *rec = &commit->batch->records[i];
        must(rec->offset <= RECORD_OFFSET_MAX);
        if (is_superseded(commit, i))
            continue;
        change.records++;
        change.unparsed += (rec->flags & RECORD_UNPARSED) != 0;
        change.raw_bytes += (int64_t)(record_end(rec) - rec->offset);
        clock_widen(&change.time_min, &change.time_max, rec->time_us);
    }
    return change;
}

static bool write_counts(struct commit *commit, struct err *err)
{
    const struct batch *batch = commit->batch;
    for (uint32_t r = 0; r < batch->run_count; r++) {
        struct source_change change = change_of(commit, &batch->runs[r]);
        if (change.records > 0 && !source_count(commit->store, batch->runs[r].source, &change, err))
            return false;
    }
    commit->writer.next_record += batch->record_count;
    struct sqlite3_stmt *stmt = sql_use(&commit->store->sql, "next_record_set", err);
    if (stmt == NULL)
        return false;
    sql_bind_u64(stmt, 1, commit->writer.next_record);
    return sql_do(&commit->store->sql, stmt, err);
}

static bool write_block(struct commit *commit, struct err *err)
{
    return commit->batch->hot || append_block(commit->store, &commit->writer, commit->batch, commit->first_record, err);
}

bool store_commit(struct store *store, struct batch *batch, struct err *err)
{
    must(store->mode == STORE_WRITE && batch->settle == NULL);
    must(batch->hot || batch->image.records == 0 || store->writer.hot_records == 0);
    if (!sql_run(&store->sql, "begin_write", err))
        return false;
    struct commit commit = {
        .store = store,
        .batch = batch,
        .writer = store->writer,
        .first_record = store->writer.next_record,
    };
    if (batch->hot)
        borrow_times(batch, &store->last_times);
    if (has_pending(batch))
        find_superseded(&commit);
    bool ok = write_sources(&commit, err) && replace_pending(&commit, err) && write_block(&commit, err) &&
              write_hot(&commit, err) && keep_batch(store, batch, err) && write_facts(&commit, err) &&
              request_count_batch(store, batch, err) && counts_write(store, err) && write_counts(&commit, err) &&
              sql_run(&store->sql, "commit", err);
    arena_release(&commit.arena);
    if (!ok) {
        if (sql_in_transaction(&store->sql))
            sql_run(&store->sql, "rollback", NULL);
        name_forget(store);
        trait_forget(store);
        counts_forget(store);
        return false;
    }
    store->writer = commit.writer;
    store_checkpoint(store);
    return true;
}
