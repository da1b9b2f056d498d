#include "store/trait.h"

#include "base/must.h"
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

/* counted: the trait its errors are counted under, or 0 for itself. */
static bool insert(struct store *store, const struct key *key, int64_t counted, int64_t *ret_id, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "trait_insert", err);
    if (stmt == NULL)
        return false;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (i == SOURCE || key->columns[i] != 0)
            sql_bind_i64(stmt, 1 + i, i == TEMPLATE && key->columns[i] == NOT_KEPT ? 0 : key->columns[i]);
    }
    if (counted != 0)
        sql_bind_i64(stmt, 1 + COUNTED, counted);
    if (!sql_do(&store->sql, stmt, err))
        return false;
    *ret_id = sql_last_id(&store->sql);
    return true;
}

static bool known(const struct store *store, const struct key *key, int64_t *ret_id)
{
    const struct map_entry *entry = map_find(&store->traits, key_bytes(key));
    *ret_id = entry != NULL ? (int64_t)entry->value : 0;
    return entry != NULL;
}

static bool add(struct store *store, const struct key *key, int64_t counted, int64_t *ret_id, struct err *err)
{
    if (!insert(store, key, counted, ret_id, err))
        return false;
    if (store->traits.count >= TRAITS_MAX)
        map_reset(&store->traits);
    map_at(&store->traits, key_bytes(key), NULL)->value = (uint64_t)*ret_id;
    return true;
}

/* A new trait, and the one it is counted under when its template is not kept. */
static bool add_counted(struct store *store, const struct key *key, struct str template, int64_t *ret_id,
                        struct err *err)
{
    struct key other = *key;
    int64_t counted = 0;
    bool kept = true;
    other.columns[TEMPLATE] = NOT_KEPT;
    if (template.data != NULL && !keep_template(store, template, &kept, err))
        return false;
    if (!kept && !known(store, &other, &counted) && !add(store, &other, 0, &counted, err))
        return false;
    return add(store, key, counted, ret_id, err);
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
    return known(store, &key, ret_id) || add_counted(store, &key, fact->template, ret_id, err);
}

void trait_forget(struct store *store)
{
    map_reset(&store->traits);
    store->traits_loaded = false;
}
