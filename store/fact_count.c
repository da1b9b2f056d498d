#include "base/must.h"
#include "store/fact.h"

bool fact_range(struct store *store, int64_t since_us, int64_t until_us, uint64_t *after, uint64_t *before,
                struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "fact_range", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, since_us); /* TIME_NONE is the least */
    sql_bind_i64(stmt, 2, until_us == TIME_NONE ? INT64_MAX : until_us);
    int step = sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    int64_t first = step == 1 && sql_is_i64(stmt, 0) ? sql_i64(stmt, 0) : INT64_MAX;
    int64_t behind = step == 1 && sql_is_i64(stmt, 1) ? sql_i64(stmt, 1) : 0;
    sql_rest(stmt);
    if (first > 0 && (uint64_t)first - 1 > *after)
        *after = (uint64_t)first - 1;
    if (behind < 0 || (uint64_t)behind < *before)
        *before = behind < 0 ? 0 : (uint64_t)behind;
    return true;
}

static bool count(struct store *store, int64_t since_us, int64_t until_us, uint64_t ret_counts[KIND_COUNT],
                  struct err *err)
{
    uint64_t after = 0, before = INT64_MAX;
    if (!fact_range(store, since_us, until_us, &after, &before, err))
        return false;
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "fact_counts", err);
    if (stmt == NULL)
        return false;
    sql_bind_u64(stmt, 1, after);
    sql_bind_u64(stmt, 2, before);
    sql_bind_time(stmt, 3, fact_moment(since_us));
    sql_bind_time(stmt, 4, fact_moment(until_us));
    int step = sql_step(&store->sql, stmt, err);
    for (unsigned i = 0; step == 1 && i < KIND_COUNT; i++) {
        int64_t counted = sql_i64(stmt, (int)i);
        ret_counts[i] = counted > 0 ? (uint64_t)counted : 0;
    }
    if (step == 1)
        sql_rest(stmt);
    return step >= 0;
}

bool store_fact_counts(struct store *store, int64_t since_us, int64_t until_us, uint64_t ret_counts[KIND_COUNT],
                       struct err *err)
{
    must(since_us != TIME_NONE && until_us != TIME_NONE);
    for (unsigned i = 0; i < KIND_COUNT; i++)
        ret_counts[i] = 0;
    if (!sql_run(&store->sql, "begin_read", err))
        return false;
    bool ok = count(store, since_us, until_us, ret_counts, err);
    return sql_run(&store->sql, "commit", ok ? err : NULL) && ok;
}
