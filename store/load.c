#include "store/load.h"

#include "base/must.h"

enum { DIRECTORY_MAX = CODEC_STREAMS_MAX * 32 };

void load_release(struct load *load)
{
    buf_release(&load->bytes);
    *load = (struct load){0};
}

static bool take_u32(struct sqlite3_stmt *stmt, int column, uint32_t *ret)
{
    int64_t value = sql_i64(stmt, column);
    *ret = value >= 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
    return value == *ret;
}

static bool damaged(const struct store *store, const struct block_row *row, const char *what, struct err *err)
{
    return err_set(err, ERR_CORRUPT, 0, "the store '%s': block %lld is damaged: %s", store->path, (long long)row->id,
                   what);
}

/* Columns: id, first_record, slots, records, codec, directory, size of the body. */
static bool take_row(struct store *store, struct sqlite3_stmt *stmt, struct load *ret, struct err *err)
{
    struct block_row *row = &ret->row;
    int64_t first_record = sql_i64(stmt, 1);
    *row = (struct block_row){.id = sql_i64(stmt, 0), .first_record = (uint64_t)first_record};
    if (first_record < 1 || first_record > INT64_MAX - BATCH_RECORDS_MAX || !take_u32(stmt, 2, &row->slots) ||
        !take_u32(stmt, 3, &row->records) || !take_u32(stmt, 4, &row->codec))
        return damaged(store, row, "its numbers are wrong", err);
    struct str directory = sql_str(stmt, 5);
    int64_t body = sql_i64(stmt, 6);
    ret->bytes.size_max = DIRECTORY_MAX + BLOCK_BODY_MAX;
    buf_reset(&ret->bytes);
    if (directory.size > DIRECTORY_MAX || body < 0 || body > BLOCK_BODY_MAX)
        return damaged(store, row, "its size is beyond the limits", err);
    must(buf_add_str(&ret->bytes, directory));
    char *to = buf_reserve(&ret->bytes, (size_t)body);
    must(to != NULL);
    mem_expect(to, (size_t)body);
    if (!sql_read_blob(&store->sql, "block", "body", row->id, to, (size_t)body, err))
        return false;
    ret->bytes.size += (size_t)body;
    row->directory = str_slice(buf_str(&ret->bytes), 0, directory.size);
    row->body = str_slice(buf_str(&ret->bytes), directory.size, ret->bytes.size);
    return true;
}

static enum load_result load(struct store *store, struct sqlite3_stmt *stmt, struct load *ret, struct err *err)
{
    struct err why = {0};
    int step = sql_step(&store->sql, stmt, &why);
    if (step == 0)
        return LOAD_GONE;
    bool sound = false;
    if (step == 1) {
        sound = take_row(store, stmt, ret, &why);
        sql_rest(stmt);
    }
    if (sound)
        return LOAD_DONE;
    err_set(err, why.kind, 0, "%s", why.text);
    return why.kind == ERR_CORRUPT ? LOAD_DAMAGED : LOAD_FAILED;
}

enum load_result load_block(struct store *store, int64_t id, struct load *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "block_read", err);
    if (stmt == NULL)
        return LOAD_FAILED;
    sql_bind_i64(stmt, 1, id);
    return load(store, stmt, ret, err);
}

enum load_result load_block_holding(struct store *store, uint64_t number, struct load *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "block_holding", err);
    if (stmt == NULL)
        return LOAD_FAILED;
    sql_bind_u64(stmt, 1, number);
    return load(store, stmt, ret, err);
}
