#include "store/chain.h"

/* The one row a statement gives: a block number and a digest. 1 a row, 0 none, -1 failed. */
static int read_link(struct store *store, const char *statement, const char *what, int64_t *ret_block,
                     uint8_t ret_digest[DIGEST_SIZE], struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, statement, err);
    if (stmt == NULL)
        return -1;
    int step = sql_step(&store->sql, stmt, err);
    if (step <= 0)
        return step;
    *ret_block = sql_i64(stmt, 0);
    struct str digest = sql_str(stmt, 1);
    bool sound = digest.size == DIGEST_SIZE && *ret_block >= 0;
    if (sound)
        memcpy(ret_digest, digest.data, DIGEST_SIZE);
    sql_rest(stmt);
    if (sound)
        return 1;
    err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: the %s of its chain cannot be", store->path, what);
    return -1;
}

bool chain_head(struct store *store, int64_t *ret_block, uint8_t ret_digest[DIGEST_SIZE], struct err *err)
{
    int found = read_link(store, "chain_head", "head", ret_block, ret_digest, err);
    if (found == 0)
        err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: its chain has no head", store->path);
    return found == 1;
}

bool chain_anchor(struct store *store, int64_t *ret_block, uint8_t ret_digest[DIGEST_SIZE], struct err *err)
{
    *ret_block = 0;
    memset(ret_digest, 0, DIGEST_SIZE);
    return read_link(store, "pruned_last", "beginning", ret_block, ret_digest, err) >= 0;
}
