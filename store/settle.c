#include "base/must.h"
#include "store/append.h"
#include "store/block.h"
#include "store/hot.h"

/* Hot rows become a block, in their order, so that blocks stay in the order of record numbers:
 *
 *     hot    1 2 3 . 5 p 7 ...                 . replaced, p pending
 *     block  1 2 3 h 5 h 7     hot  p ...      h a hole: the number is the block's, the record, if any, is not in it
 *
 * A block ends at a row, so there are no holes behind the last. Whoever reads finds each record once, at any moment: before the
 * transaction in hot, from then on in the block. */

struct settle_mark {
    int64_t time_us;
    uint8_t flags, level, kinds, format;
};

struct batch_settle {
    uint64_t first_record;
    struct settle_mark *marks; /* of each record of the batch, as its row has them */
};

uint64_t store_hot_records(const struct store *store)
{
    return store->writer.hot_records;
}

uint64_t store_hot_bytes(const struct store *store)
{
    return store->writer.hot_bytes;
}

/* ---- Out of the table ---------------------------------------------------------------------------------------------- */

static void add_mark(struct batch *batch)
{
    const struct record *rec = &batch->records[batch->record_count - 1];
    batch->settle->marks[batch->record_count - 1] = (struct settle_mark){
        .time_us = rec->time_us,
        .flags = rec->flags,
        .level = rec->level,
        .kinds = rec->kinds,
        .format = rec->format,
    };
}

static void add_hole(struct batch *batch)
{
    batch_add(batch, STR(""), RECORD_TAIL | RECORD_NO_NEWLINE);
    add_mark(batch);
}

/* The text moves while more is added behind it, so it is given to the record in the end (point_texts). */
static void add_row(struct batch *batch, const struct scan_record *row)
{
    const struct record *from = &row->record;
    const struct batch_run *last = batch->run_count > 0 ? &batch->runs[batch->run_count - 1] : NULL;
    if (last == NULL || last->source != row->source)
        batch_run_begin(batch, row->source, from->offset, from->time_us != TIME_NONE ? from->time_us : 0);
    batch->runs[batch->run_count - 1].end = from->offset;
    batch_add(batch, str_from(NULL, from->raw.size), from->flags);
    struct record *rec = &batch->records[batch->record_count - 1];
    rec->time_us = from->time_us;
    rec->level = from->level;
    rec->kinds = from->kinds;
    rec->format = from->format;
    add_mark(batch);
    buf_add_str(&batch->raw, from->raw);
}

static void point_texts(struct batch *batch)
{
    size_t at = 0;
    for (uint32_t i = 0; i < batch->record_count; i++) {
        struct record *rec = &batch->records[i];
        if (rec->flags & RECORD_TAIL)
            continue;
        rec->raw.data = batch->raw.data + at;
        at += rec->raw.size;
    }
    must(at == batch->raw.size);
}

/* 1: the row was taken, 0: it is for another block, -1: it is damaged. */
static int take_row(struct batch *batch, struct sqlite3_stmt *stmt, size_t bytes_max)
{
    struct scan_record row;
    if (!hot_row(stmt, &row) || row.record.offset > RECORD_OFFSET_MAX)
        return -1;
    if (batch->record_count == 0)
        batch->settle->first_record = row.number;
    uint64_t slot = row.number - batch->settle->first_record;
    if (slot >= BATCH_RECORDS_MAX || batch->raw.size >= bytes_max)
        return 0;
    while (batch->record_count < slot)
        add_hole(batch);
    add_row(batch, &row);
    return 1;
}

bool store_settle_take(struct store *store, struct batch *batch, size_t bytes_max, bool *ret_any, struct err *err)
{
    must(batch->record_count == 0 && batch->run_count == 0 && batch->raw.size == 0 && !batch->hot);
    must(bytes_max > 0 && bytes_max <= BATCH_BYTES_TARGET);
    *ret_any = false;
    if (store->writer.hot_records == 0)
        return true;
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "hot_settleable", err);
    if (stmt == NULL)
        return false;
    batch->settle = ARENA_NEW(&batch->arena, struct batch_settle);
    batch->settle->marks = ARENA_ARRAY(&batch->arena, struct settle_mark, BATCH_RECORDS_MAX);
    int step, taken = 1;
    while ((step = sql_step(&store->sql, stmt, err)) == 1 && (taken = take_row(batch, stmt, bytes_max)) == 1)
        ;
    int64_t number = step == 1 ? sql_i64(stmt, 0) : 0;
    if (step == 1)
        sql_rest(stmt);
    if (taken < 0)
        return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: record %lld is not readable", store->path,
                       (long long)number);
    point_texts(batch);
    *ret_any = batch->record_count > 0;
    return step >= 0;
}

/* ---- Into a block -------------------------------------------------------------------------------------------------- */

void store_settle_encode(struct store_encoder *encoder, struct batch *batch)
{
    must(batch->settle != NULL);
    for (uint32_t i = 0; i < batch->record_count; i++) {
        struct record *rec = &batch->records[i];
        const struct settle_mark *mark = &batch->settle->marks[i];
        rec->time_us = mark->time_us;
        rec->flags = mark->flags;
        rec->level = mark->level;
        rec->kinds = mark->kinds;
        rec->format = mark->format;
    }
    block_encode(encoder, batch);
}

static bool delete_rows(struct store *store, const struct batch *batch, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "hot_settled", err);
    if (stmt == NULL)
        return false;
    uint64_t first = batch->settle->first_record;
    sql_bind_u64(stmt, 1, first);
    sql_bind_u64(stmt, 2, first + batch->record_count - 1);
    if (!sql_do(&store->sql, stmt, err))
        return false;
    return sql_changes(&store->sql) == batch->image.records ||
           err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: hot rows from record %llu on cannot be removed",
                   store->path, (unsigned long long)first);
}

bool store_settle(struct store *store, struct batch *batch, struct err *err)
{
    must(store->mode == STORE_WRITE && batch->settle != NULL && batch->image.records > 0);
    must(batch->image.records <= store->writer.hot_records && batch->image.raw_bytes <= store->writer.hot_bytes);
    if (!sql_run(&store->sql, "begin_write", err))
        return false;
    struct writer_state writer = store->writer;
    writer.hot_records -= batch->image.records;
    writer.hot_bytes -= batch->image.raw_bytes;
    if (!append_block(store, &writer, batch, batch->settle->first_record, err) || !delete_rows(store, batch, err) ||
        !sql_run(&store->sql, "commit", err)) {
        if (sql_in_transaction(&store->sql))
            sql_run(&store->sql, "rollback", NULL);
        return false;
    }
    store->writer = writer;
    store_checkpoint(store);
    return true;
}
