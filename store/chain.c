#include "store/chain.h"

bool chain_head(struct store *store, int64_t *ret_block, uint8_t ret_digest[DIGEST_SIZE], struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "chain_head", err);
    if (stmt == NULL)
        return false;
    int step = sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    if (step == 0)
        return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: its chain has no head", store->path);
    *ret_block = sql_i64(stmt, 0);
    struct str digest = sql_str(stmt, 1);
    bool sound = digest.size == DIGEST_SIZE && *ret_block >= 0 && *ret_block < INT64_MAX;
    if (sound)
        memcpy(ret_digest, digest.data, DIGEST_SIZE);
    sql_rest(stmt);
    return sound ||
           err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: the head of its chain cannot be", store->path);
}

bool chain_pruned(struct store *store, int64_t block, bool *ret_pruned, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "pruned_holding", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, block);
    int step = sql_step(&store->sql, stmt, err);
    *ret_pruned = step == 1 && sql_i64(stmt, 0) <= block;
    if (step == 1)
        sql_rest(stmt);
    return step >= 0;
}
