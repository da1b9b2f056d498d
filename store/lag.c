#include "store/lag.h"

#include "store/fetch.h"

struct lag {
    uint64_t records, bytes;
};

static uint64_t count_of(int64_t value)
{
    return value > 0 ? (uint64_t)value : 0;
}

static bool add_whole(struct store *store, uint64_t position, struct lag *lag, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "lag", err);
    if (stmt == NULL)
        return false;
    sql_bind_u64(stmt, 1, position);
    int step = sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    if (step == 1) {
        lag->records += count_of(sql_i64(stmt, 0));
        lag->bytes += count_of(sql_i64(stmt, 1));
        sql_rest(stmt);
    }
    return true;
}

/* The block that has numbers both up to the position and behind it; 0: none. */
static bool find_block(struct store *store, uint64_t position, int64_t *ret, uint64_t *ret_last, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "lag_block", err);
    if (stmt == NULL)
        return false;
    sql_bind_u64(stmt, 1, position);
    int step = sql_step(&store->sql, stmt, err);
    *ret = 0;
    if (step == 1) {
        uint64_t first = count_of(sql_i64(stmt, 1)), slots = count_of(sql_i64(stmt, 2));
        *ret = first <= position && position - first + 1 < slots ? sql_i64(stmt, 0) : 0;
        *ret_last = first + slots - 1;
        sql_rest(stmt);
    }
    return step >= 0;
}

/* Of a damaged block as much as can be told. */
static void add_slots(struct block *block, uint64_t position, struct lag *lag)
{
    if (block->first_record > position)
        return;
    uint64_t size, from = position - block->first_record + 1;
    for (uint64_t slot = from; slot < block->slots; slot++) {
        if (block_is_hole(block, (uint32_t)slot))
            continue;
        if (!block_slot_size(block, (uint32_t)slot, &size))
            return;
        lag->records++;
        lag->bytes += size + block_ends_with_newline(block->flags[slot]);
    }
}

/* *ret_last: of the block's numbers, or the position when it stands in none. */
static bool add_part(struct store *store, uint64_t position, struct lag *lag, uint64_t *ret_last, struct err *err)
{
    int64_t id;
    struct block *block;
    struct err why = {0};
    *ret_last = position;
    if (!find_block(store, position, &id, ret_last, err))
        return false;
    if (id == 0) {
        *ret_last = position;
        return true;
    }
    enum load_result result = fetch_block(store, id, &block, &why);
    if (result == LOAD_DONE)
        add_slots(block, position, lag);
    return result != LOAD_FAILED || err_set(err, why.kind, 0, "%s", why.text);
}

/* In one read, so that a record that moves from a hot row into a block is counted once. */
bool store_output_lag(struct store *store, uint64_t position, uint64_t *ret_records, uint64_t *ret_bytes,
                      struct err *err)
{
    struct lag lag = {0};
    uint64_t last;
    *ret_records = *ret_bytes = 0;
    if (position > INT64_MAX)
        return true;
    if (!sql_run(&store->sql, "begin_read", err))
        return false;
    bool ok = add_whole(store, position, &lag, err) && add_part(store, position, &lag, &last, err);
    if (sql_in_transaction(&store->sql)) /* SQLite may have ended it when it met damage */
        ok = sql_run(&store->sql, "commit", ok ? err : NULL) && ok;
    *ret_records = lag.records;
    *ret_bytes = lag.bytes;
    return ok;
}

bool lag_reach(struct store *store, uint64_t position, uint64_t *ret, struct err *err)
{
    struct lag lag = {0};
    uint64_t last;
    *ret = position;
    if (position > INT64_MAX)
        return true;
    if (!add_part(store, position, &lag, &last, err))
        return false;
    if (lag.records == 0)
        *ret = last;
    return true;
}
