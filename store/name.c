#include "store/name.h"

#include "base/must.h"

/* The map remembers ids met before; it starts anew when it holds this many, so its memory is bounded. */
enum { NAMES_CACHED_MAX = 1 << 20 };

static bool look_up_or_add(struct store *store, struct str text, int64_t *ret_id, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "name_find", err);
    if (stmt == NULL)
        return false;
    sql_bind_str(stmt, 1, text);
    int step = sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    if (step == 1) {
        *ret_id = sql_i64(stmt, 0);
        sql_rest(stmt);
        return true;
    }
    stmt = sql_use(&store->sql, "name_insert", err);
    if (stmt == NULL)
        return false;
    sql_bind_str(stmt, 1, text);
    if (!sql_do(&store->sql, stmt, err))
        return false;
    *ret_id = sql_last_id(&store->sql);
    return true;
}

bool name_id(struct store *store, struct str text, int64_t *ret_id, struct err *err)
{
    struct map_entry *known = map_find(&store->names, text);
    if (known != NULL) {
        *ret_id = (int64_t)known->value;
        return true;
    }
    if (!look_up_or_add(store, text, ret_id, err))
        return false;
    if (store->names.count >= NAMES_CACHED_MAX)
        map_reset(&store->names);
    map_at(&store->names, text, NULL)->value = (uint64_t)*ret_id;
    return true;
}

void name_forget(struct store *store)
{
    map_reset(&store->names);
}
