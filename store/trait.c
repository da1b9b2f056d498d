#include "store/trait.h"

#include "base/must.h"
#include "base/scope.h"
#include "store/error_tally.h"
#include "store/fact.h"
#include "store/keep.h"
#include "store/name.h"

/* What is remembered is bounded: it starts anew when it holds this many. */
enum { TRAITS_MAX = 1 << 16, TRAITS_LOADED_MAX = 1 << 14 };

/* The columns behind id, 0 for NULL: as a whole they are the key of what the writer remembers. The file has 0 for NOT_KEPT. */
enum column { SOURCE, LEVEL, STATUS, SERVICE, LOGGER, METHOD, TEMPLATE, COLUMN_COUNT, COUNTED = COLUMN_COUNT };
enum { NOT_KEPT = -1 };

struct key {
    int64_t columns[COLUMN_COUNT];
};

static struct str key_bytes(const struct key *key)
{
    return str_from((const char *)key->columns, sizeof key->columns);
}

static bool load(struct store *store, struct err *err)
{
    if (store->traits_loaded)
        return true;
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "trait_latest", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, TRAITS_LOADED_MAX);
    int step;
    while ((step = sql_step(&store->sql, stmt, err)) == 1) {
        struct key key;
        for (int i = 0; i < COLUMN_COUNT; i++)
            key.columns[i] = sql_i64(stmt, 1 + i);
        map_at(&store->traits, key_bytes(&key), NULL)->value = (uint64_t)sql_i64(stmt, 0);
    }
    store->traits_loaded = step == 0;
    return step == 0;
}

static bool known(const struct store *store, const struct key *key, int64_t *ret_id)
{
    const struct map_entry *entry = map_find(&store->traits, key_bytes(key));
    *ret_id = entry != NULL ? (int64_t)entry->value : 0;
    return entry != NULL;
}

static bool add(struct store *store, const struct key *key, int64_t *ret_id, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "trait_insert", err);
    if (stmt == NULL)
        return false;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (i == SOURCE || key->columns[i] != 0)
            sql_bind_i64(stmt, 1 + i, i == TEMPLATE && key->columns[i] == NOT_KEPT ? 0 : key->columns[i]);
    }
    if (!sql_do(&store->sql, stmt, err))
        return false;
    *ret_id = sql_last_id(&store->sql);
    if (store->traits.count >= TRAITS_MAX)
        map_reset(&store->traits);
    map_at(&store->traits, key_bytes(key), NULL)->value = (uint64_t)*ret_id;
    return true;
}

static bool put_name(struct store *store, struct str text, size_t size_max, int64_t *column, struct err *err)
{
    return text.data == NULL || name_id(store, fact_cut(text, size_max), column, err);
}

bool trait_id(struct store *store, int64_t source, const struct fact *fact, int64_t *ret_id, struct err *err)
{
    struct key key = {.columns = {[SOURCE] = source, [LEVEL] = fact->level, [STATUS] = fact->status}};
    if (!load(store, err) || !put_name(store, fact->service, FACT_TEXT_MAX, &key.columns[SERVICE], err) ||
        !put_name(store, fact->logger, FACT_TEXT_MAX, &key.columns[LOGGER], err) ||
        !put_name(store, fact->method, FACT_TEXT_MAX, &key.columns[METHOD], err) ||
        !put_name(store, fact->template, FACT_TEMPLATE_MAX, &key.columns[TEMPLATE], err))
        return false;
    return known(store, &key, ret_id) || add(store, &key, ret_id, err);
}

/* ---- What errors are counted under -------------------------------------------------------------------------------------- */

static bool damaged(struct store *store, int64_t trait, struct err *err)
{
    return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: trait %lld is not in it, or its template",
                   store->path, (long long)trait);
}

static bool read_key(struct store *store, int64_t trait, struct key *ret, int64_t *ret_counted, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "trait_read", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, trait);
    int step = sql_step(&store->sql, stmt, err);
    if (step <= 0)
        return step == 0 && damaged(store, trait, err);
    for (int i = 0; i < COLUMN_COUNT; i++)
        ret->columns[i] = sql_i64(stmt, i);
    *ret_counted = sql_i64(stmt, COUNTED);
    sql_rest(stmt);
    return true;
}

static bool is_kept(struct store *store, int64_t trait, int64_t template, bool *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "name_read", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, template);
    int step = sql_step(&store->sql, stmt, err);
    if (step <= 0)
        return step == 0 && damaged(store, trait, err);
    SCOPED(arena) arena = {0};
    struct str text = arena_str(&arena, sql_str(stmt, 0));
    sql_rest(stmt);
    return keep_template(store, text, ret, err);
}

static bool set_counted(struct store *store, int64_t trait, int64_t counted, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "trait_counted_set", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, trait);
    sql_bind_i64(stmt, 2, counted);
    return sql_do(&store->sql, stmt, err);
}

static bool find_counted(struct store *store, int64_t trait, int64_t *ret_counted, int64_t *ret_template,
                         struct err *err)
{
    struct key key;
    bool kept = true;
    if (!load(store, err) || !read_key(store, trait, &key, ret_counted, err))
        return false;
    *ret_template = TEMPLATE_OTHER;
    if (*ret_counted != 0)
        return true;
    if (key.columns[TEMPLATE] != 0 && !is_kept(store, trait, key.columns[TEMPLATE], &kept, err))
        return false;
    if (kept) {
        *ret_counted = trait;
        *ret_template = key.columns[TEMPLATE] != 0 ? key.columns[TEMPLATE] : TEMPLATE_ABSENT;
        return true;
    }
    key.columns[TEMPLATE] = NOT_KEPT;
    return (known(store, &key, ret_counted) || add(store, &key, ret_counted, err)) &&
           set_counted(store, trait, *ret_counted, err);
}

bool trait_counted(struct store *store, int64_t trait, int64_t *ret_counted, int64_t *ret_template, struct err *err)
{
    struct str key = str_from((const char *)&trait, sizeof trait);
    const struct map_entry *entry = map_find(&store->counted, key);
    if (entry != NULL) {
        *ret_counted = trait;
        *ret_template = (int64_t)entry->value;
        return true;
    }
    if (!find_counted(store, trait, ret_counted, ret_template, err))
        return false;
    if (*ret_counted == trait && store->counted.count < TRAITS_LOADED_MAX)
        map_at(&store->counted, key, NULL)->value = (uint64_t)*ret_template;
    return true;
}

void trait_forget(struct store *store)
{
    map_reset(&store->traits);
    map_reset(&store->counted);
    store->traits_loaded = false;
}
