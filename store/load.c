#include "store/load.h"

static bool take_u32(struct sqlite3_stmt *stmt, int column, uint32_t *ret)
{
    int64_t value = sql_i64(stmt, column);
    *ret = value >= 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
    return value == *ret;
}

/* Columns: id, first_record, slots, records, codec, directory, body. */
static bool take_row(struct sqlite3_stmt *stmt, struct block_row *row, struct err *err)
{
    int64_t first_record = sql_i64(stmt, 1);
    *row = (struct block_row){.id = sql_i64(stmt, 0), .first_record = (uint64_t)first_record};
    if (first_record < 1 || first_record > INT64_MAX - BATCH_RECORDS_MAX || !take_u32(stmt, 2, &row->slots) ||
        !take_u32(stmt, 3, &row->records) || !take_u32(stmt, 4, &row->codec))
        return err_set(err, ERR_CORRUPT, 0, "block %lld is damaged: its numbers are wrong", (long long)row->id);
    row->directory = sql_str(stmt, 5);
    row->body = sql_str(stmt, 6);
    return true;
}

static enum load_result load(struct store *store, struct sqlite3_stmt *stmt, load_wants_text *wants_text, void *context,
                             struct block *block, struct err *err)
{
    struct err why = {0};
    int step = sql_step(&store->sql, stmt, &why);
    if (step == 0)
        return LOAD_GONE;
    bool damaged = step < 0;
    if (step == 1) {
        struct block_row row;
        damaged = !take_row(stmt, &row, &why) || !block_decode(block, &row, &why) ||
                  ((wants_text == NULL || wants_text(context, block)) && !block_decode_text(block, &why));
        sql_rest(stmt);
    }
    if (!damaged)
        return LOAD_DONE;
    err_set(err, why.kind, 0, "%s", why.text);
    if (step == 1)
        err_within(err, "the store '%s'", store->path);
    return why.kind == ERR_CORRUPT || why.kind == ERR_VERSION ? LOAD_DAMAGED : LOAD_FAILED;
}

enum load_result load_block(struct store *store, int64_t id, load_wants_text *wants_text, void *context,
                            struct block *block, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "block_read", err);
    if (stmt == NULL)
        return LOAD_FAILED;
    sql_bind_i64(stmt, 1, id);
    return load(store, stmt, wants_text, context, block, err);
}

enum load_result load_block_holding(struct store *store, uint64_t number, struct block *block, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "block_holding", err);
    if (stmt == NULL)
        return LOAD_FAILED;
    sql_bind_u64(stmt, 1, number);
    return load(store, stmt, NULL, NULL, block, err);
}
