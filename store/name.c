#include "store/name.h"

#include "base/must.h"

/* What is remembered is bounded: it starts anew at either limit. */
enum { NAMES_MAX = 1 << 18, NAMES_BYTES_MAX = 32 << 20, NAMES_LOADED_MAX = 1 << 16 };

/* The newest names of the file, so that a writer goes on with the ids given before. */
static bool load(struct store *store, struct err *err)
{
    if (store->names_loaded)
        return true;
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "name_latest", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, NAMES_LOADED_MAX);
    int step;
    while ((step = sql_step(&store->sql, stmt, err)) == 1) {
        bool unknown;
        struct map_entry *entry = map_at(&store->names, sql_str(stmt, 1), &unknown);
        if (unknown)
            entry->value = (uint64_t)sql_i64(stmt, 0);
        if (store->names.keys.used_bytes < NAMES_BYTES_MAX / 2)
            continue;
        sql_rest(stmt);
        step = 0;
        break;
    }
    store->names_loaded = step == 0;
    return step == 0;
}

/* The text's entry, its value 0 until it has an id. NULL on failure. */
static struct map_entry *find(struct store *store, struct str text, bool *ret_new, struct err *err)
{
    if (!load(store, err))
        return NULL;
    if (store->names.count >= NAMES_MAX || store->names.keys.used_bytes >= NAMES_BYTES_MAX)
        map_reset(&store->names);
    return map_at(&store->names, text, ret_new);
}

static bool add(struct store *store, struct str text, struct map_entry *entry, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "name_insert", err);
    if (stmt == NULL)
        return false;
    sql_bind_str(stmt, 1, text);
    if (!sql_do(&store->sql, stmt, err))
        return false;
    entry->value = (uint64_t)sql_last_id(&store->sql);
    return true;
}

bool name_id(struct store *store, struct str text, int64_t *ret_id, struct err *err)
{
    struct map_entry *entry = find(store, text, NULL, err);
    if (entry == NULL || (entry->value == 0 && !add(store, text, entry, err)))
        return false;
    *ret_id = (int64_t)entry->value;
    return true;
}

bool name_id_recurring(struct store *store, struct str text, int64_t *ret_id, struct err *err)
{
    bool first;
    struct map_entry *entry = find(store, text, &first, err);
    if (entry == NULL || (!first && entry->value == 0 && !add(store, text, entry, err)))
        return false;
    *ret_id = (int64_t)entry->value;
    return true;
}

void name_forget(struct store *store)
{
    map_reset(&store->names);
    store->names_loaded = false;
}
