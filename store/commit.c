#include "base/must.h"
#include "store/block.h"
#include "store/fact.h"
#include "store/handle.h"
#include "store/hot.h"
#include "store/name.h"
#include "store/segment.h"
#include "store/source.h"
#include "store/trait.h"

/* One batch, one transaction, in this order:
 *
 *   1. states of its sources          a run's counts need the row of its source
 *   2. hot records it replaces go     with their facts and their share of the counts
 *   3. block, runs, head, words       the digest chains to the block before
 *   4. its tails become hot records
 *   5. facts
 *   6. counts of its sources, and the record counter
 *
 * Record i of the batch is number writer.next_record + i. */

struct commit {
    struct store *store;
    const struct batch *batch;
    struct writer_state writer; /* becomes the store's when the transaction is durable */
    uint64_t first_record;
    struct arena arena;
};

static uint64_t record_end(const struct record *rec)
{
    bool newline = (rec->flags & (RECORD_NO_NEWLINE | RECORD_PIECE | RECORD_TAIL)) == 0;
    return rec->offset + rec->raw.size + (newline ? 1 : 0);
}

static bool is_tail(const struct record *rec)
{
    return (rec->flags & RECORD_TAIL) != 0;
}

/* What count records from first on add to their source. */
static struct source_change change_of(const struct batch *batch, uint32_t first, uint32_t count)
{
    struct source_change change = {.records = count, .time_min = TIME_NONE, .time_max = TIME_NONE};
    for (uint32_t i = first; i < first + count; i++) {
        const struct record *rec = &batch->records[i];
        change.unparsed += (rec->flags & RECORD_UNPARSED) != 0;
        change.raw_bytes += (int64_t)(record_end(rec) - rec->offset);
        if (rec->time_us == TIME_NONE)
            continue;
        if (change.time_min == TIME_NONE || rec->time_us < change.time_min)
            change.time_min = rec->time_us;
        if (change.time_max == TIME_NONE || rec->time_us > change.time_max)
            change.time_max = rec->time_us;
    }
    return change;
}

/* ---- The block ------------------------------------------------------------------------------------------------------- */

/* A batch carries the states of all its sources; where one is missing, source_count refuses the commit. */
static struct str name_of(const struct batch *batch, int64_t source)
{
    for (uint32_t i = 0; i < batch->source_count; i++) {
        if (batch->sources[i].id == source)
            return batch->sources[i].name;
    }
    return STR("");
}

/* The rows of run: of every run that has records in the block. */
static const struct run_row *make_runs(struct commit *commit, uint32_t *ret_count)
{
    const struct batch *batch = commit->batch;
    struct run_row *rows = ARENA_ARRAY(&commit->arena, struct run_row, batch->run_count + 1);
    *ret_count = 0;
    for (uint32_t r = 0; r < batch->run_count; r++) {
        const struct batch_run *run = &batch->runs[r];
        uint32_t last = run->count;
        while (last > 0 && is_tail(&batch->records[run->first + last - 1]))
            last--;
        if (last == 0)
            continue;
        struct source_change change = change_of(batch, run->first, last);
        rows[(*ret_count)++] = (struct run_row){
            .source = run->source,
            .name = name_of(batch, run->source),
            .first = run->first,
            .slots = run->count,
            .offset_from = run->offset,
            .offset_to = record_end(&batch->records[run->first + last - 1]),
            .records = last,
            .unparsed = (uint32_t)change.unparsed,
            .raw_bytes = (uint64_t)change.raw_bytes,
            .time_min = change.time_min,
            .time_max = change.time_max,
        };
    }
    return rows;
}

static uint32_t count_timeless(const struct batch *batch)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->record_count; i++)
        count += !is_tail(&batch->records[i]) && batch->records[i].time_us == TIME_NONE;
    return count;
}

static bool insert_run(struct commit *commit, int64_t block, const struct run_row *run, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&commit->store->sql, "run_insert", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, run->source);
    sql_bind_i64(stmt, 2, block);
    sql_bind_i64(stmt, 3, run->first);
    sql_bind_i64(stmt, 4, run->slots);
    sql_bind_u64(stmt, 5, run->offset_from);
    sql_bind_u64(stmt, 6, run->offset_to);
    sql_bind_i64(stmt, 7, run->records);
    sql_bind_i64(stmt, 8, run->unparsed);
    sql_bind_u64(stmt, 9, run->raw_bytes);
    sql_bind_time(stmt, 10, run->time_min);
    sql_bind_time(stmt, 11, run->time_max);
    return sql_do(&commit->store->sql, stmt, err);
}

static bool set_head(struct commit *commit, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&commit->store->sql, "chain_head_set", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, commit->writer.last_block);
    sql_bind_blob(stmt, 2, str_from((const char *)commit->writer.digest, DIGEST_SIZE));
    return sql_do(&commit->store->sql, stmt, err);
}

static bool insert_block(struct commit *commit, const struct block_row *row, struct err *err)
{
    struct sql *sql = &commit->store->sql;
    struct sqlite3_stmt *stmt = sql_use(sql, "block_insert", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, row->id);
    sql_bind_u64(stmt, 2, row->first_record);
    sql_bind_i64(stmt, 3, row->slots);
    sql_bind_i64(stmt, 4, row->records);
    sql_bind_i64(stmt, 5, row->unparsed);
    sql_bind_i64(stmt, 6, row->timeless);
    sql_bind_u64(stmt, 7, row->raw_bytes);
    sql_bind_time(stmt, 8, row->time_min);
    sql_bind_time(stmt, 9, row->time_max);
    sql_bind_i64(stmt, 10, row->codec);
    sql_bind_blob(stmt, 11, row->directory);
    sql_bind_blob(stmt, 12, str_from((const char *)commit->writer.digest, DIGEST_SIZE));
    sql_bind_blob(stmt, 13, row->body);
    if (!sql_do(sql, stmt, err))
        return false;
    for (uint32_t r = 0; r < row->run_count; r++) {
        if (!insert_run(commit, row->id, &row->runs[r], err))
            return false;
    }
    return set_head(commit, err) && segment_add(commit->store, row->id, buf_str(&commit->batch->image.index), err);
}

static bool write_block(struct commit *commit, struct err *err)
{
    const struct batch *batch = commit->batch;
    const struct batch_image *image = &batch->image;
    if (image->records == 0)
        return true;
    must(image->body.size > 0 && image->directory.size > 0); /* store_encode ran */
    struct block_row row = {
        .id = commit->writer.last_block + 1,
        .first_record = commit->first_record,
        .slots = batch->record_count,
        .records = image->records,
        .unparsed = image->unparsed,
        .timeless = count_timeless(batch),
        .raw_bytes = image->raw_bytes,
        .time_min = image->time_min,
        .time_max = image->time_max,
        .codec = BLOCK_CODEC,
        .directory = buf_str(&image->directory),
        .body = buf_str(&image->body),
    };
    row.runs = make_runs(commit, &row.run_count);
    uint8_t digest[DIGEST_SIZE];
    digest_block(commit->writer.digest, &row, digest);
    memcpy(commit->writer.digest, digest, DIGEST_SIZE);
    commit->writer.last_block = row.id;
    return insert_block(commit, &row, err);
}

/* ---- Everything else ------------------------------------------------------------------------------------------------- */

static bool write_tails(struct commit *commit, struct err *err)
{
    const struct batch *batch = commit->batch;
    for (uint32_t i = 0; i < batch->record_count; i++) {
        const struct record *rec = &batch->records[i];
        if (is_tail(rec) && !hot_write(commit->store, commit->first_record + i, batch->runs[rec->run].source, rec, err))
            return false;
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
        int64_t source = batch->runs[rec->run].source;
        if (!fact_write(commit->store, commit->first_record + fact->record, source, rec, fact, err))
            return false;
    }
    return true;
}

static bool write_counts(struct commit *commit, struct err *err)
{
    const struct batch *batch = commit->batch;
    for (uint32_t r = 0; r < batch->run_count; r++) {
        struct source_change change = change_of(batch, batch->runs[r].first, batch->runs[r].count);
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

static bool replace_hot(struct commit *commit, struct err *err)
{
    const struct batch *batch = commit->batch;
    for (uint32_t r = 0; r < batch->run_count; r++) {
        const struct batch_run *run = &batch->runs[r];
        if (run->count > 0 && !hot_replace(commit->store, run->source, run->offset, err))
            return false;
    }
    return true;
}

static bool write_sources(struct commit *commit, struct err *err)
{
    for (uint32_t i = 0; i < commit->batch->source_count; i++) {
        if (!source_write(commit->store, &commit->batch->sources[i], err))
            return false;
    }
    return true;
}

bool store_commit(struct store *store, struct batch *batch, struct err *err)
{
    must(store->mode == STORE_WRITE);
    if (!sql_run(&store->sql, "begin_write", err))
        return false;
    struct commit commit = {
        .store = store,
        .batch = batch,
        .writer = store->writer,
        .first_record = store->writer.next_record,
    };
    bool ok = write_sources(&commit, err) && replace_hot(&commit, err) && write_block(&commit, err) &&
              write_tails(&commit, err) && write_facts(&commit, err) && write_counts(&commit, err) &&
              sql_run(&store->sql, "commit", err);
    arena_release(&commit.arena);
    if (!ok) {
        if (sql_in_transaction(&store->sql))
            sql_run(&store->sql, "rollback", NULL);
        name_forget(store);
        trait_forget(store);
        return false;
    }
    store->writer = commit.writer;
    store_checkpoint(store);
    return true;
}
