#include "store/append.h"

#include "base/clock.h"
#include "base/must.h"
#include "store/block.h"
#include "store/run.h"
#include "store/segment.h"

static bool is_pending(const struct record *rec)
{
    return (rec->flags & RECORD_TAIL) != 0;
}

/* The row of run for one stretch of slots; without records when all of them are pending. */
static struct run_row row_of(const struct batch *batch, const struct batch_run *run)
{
    struct run_row row = {
        .source = run->source,
        .first = run->first,
        .slots = run->count,
        .offset_from = run->offset,
        .offset_to = run->offset,
        .time_min = TIME_NONE,
        .time_max = TIME_NONE,
    };
    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        const struct record *rec = &batch->records[i];
        if (is_pending(rec))
            continue;
        row.records++;
        row.unparsed += (rec->flags & RECORD_UNPARSED) != 0;
        row.raw_bytes += record_end(rec) - rec->offset;
        row.offset_to = record_end(rec);
        clock_widen(&row.time_min, &row.time_max, rec->time_us);
    }
    return row;
}

/* The name the digest covers. A source that is not there, as in a damaged store, has none, as for who verifies. */
static bool read_name(struct store *store, int64_t source, struct arena *arena, struct str *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "source_name", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, source);
    int step = sql_step(&store->sql, stmt, err);
    *ret = STR("");
    if (step == 1) {
        *ret = arena_str(arena, sql_str(stmt, 0));
        sql_rest(stmt);
    }
    return step >= 0;
}

static bool make_runs(struct store *store, const struct batch *batch, struct block_row *row, struct arena *arena,
                      struct err *err)
{
    struct run_row *rows = ARENA_ARRAY(arena, struct run_row, batch->run_count + 1);
    uint32_t count = 0;
    for (uint32_t r = 0; r < batch->run_count; r++) {
        rows[count] = row_of(batch, &batch->runs[r]);
        count += rows[count].records > 0;
    }
    row->runs = rows;
    row->run_count = run_rows_join(rows, count);
    for (uint32_t r = 0; r < row->run_count; r++) {
        if (!read_name(store, rows[r].source, arena, &rows[r].name, err))
            return false;
    }
    return true;
}

static uint32_t count_timeless(const struct batch *batch)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->record_count; i++)
        count += !is_pending(&batch->records[i]) && batch->records[i].time_us == TIME_NONE;
    return count;
}

static bool insert_run(struct store *store, int64_t block, const struct run_row *run, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "run_insert", err);
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
    return sql_do(&store->sql, stmt, err);
}

static bool set_head(struct store *store, const struct writer_state *writer, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "chain_head_set", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, writer->last_block);
    sql_bind_blob(stmt, 2, str_from((const char *)writer->digest, DIGEST_SIZE));
    return sql_do(&store->sql, stmt, err);
}

static bool insert_block(struct store *store, const struct writer_state *writer, const struct block_row *row,
                         struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "block_insert", err);
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
    sql_bind_blob(stmt, 12, str_from((const char *)writer->digest, DIGEST_SIZE));
    sql_bind_blob(stmt, 13, row->body);
    if (!sql_do(&store->sql, stmt, err))
        return false;
    for (uint32_t r = 0; r < row->run_count; r++) {
        if (!insert_run(store, row->id, &row->runs[r], err))
            return false;
    }
    return set_head(store, writer, err);
}

bool append_block(struct store *store, struct writer_state *writer, const struct batch *batch, uint64_t first_record,
                  struct err *err)
{
    const struct batch_image *image = &batch->image;
    if (image->records == 0)
        return true;
    must(image->body.size > 0 && image->directory.size > 0); /* it was encoded */
    if (writer->last_block >= SEGMENT_BLOCK_MAX)
        return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: its last block cannot be number %lld",
                       store->path, (long long)writer->last_block);
    struct block_row row = {
        .id = writer->last_block + 1,
        .first_record = first_record,
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
    SCOPED(arena) arena = {0};
    if (!make_runs(store, batch, &row, &arena, err))
        return false;
    uint8_t digest[DIGEST_SIZE];
    digest_block(writer->digest, &row, digest);
    memcpy(writer->digest, digest, DIGEST_SIZE);
    writer->last_block = row.id;
    return insert_block(store, writer, &row, err) && segment_add(store, row.id, buf_str(&image->index), err);
}
