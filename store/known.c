#include "store/known.h"

#include "base/hash.h"
#include "base/must.h"
#include "base/scope.h"
#include "store/counts.h"
#include "store/roll.h"

static void pack(const struct store_pattern *pattern, struct buf *out)
{
    for (unsigned i = 0; i < KNOWN_HASH_SIZE; i++)
        buf_add_char(out, (char)(pattern->hash >> 8 * i & 0xff));
    buf_add_varint(out, pattern->template);
}

bool known_unpack(struct str item, struct store_pattern *ret)
{
    uint64_t template;
    *ret = (struct store_pattern){0};
    if (item.size < KNOWN_HASH_SIZE)
        return false;
    for (unsigned i = 0; i < KNOWN_HASH_SIZE; i++)
        ret->hash |= (uint64_t)(unsigned char)item.data[i] << 8 * i;
    item = str_slice(item, KNOWN_HASH_SIZE, item.size);
    if (!str_take_varint(&item, &template) || template >= TEMPLATES_MAX)
        return false;
    ret->template = (uint32_t) template;
    return item.size == 0;
}

static uint64_t hash_of(struct str text)
{
    return hash_bytes(text.data, text.size, 0);
}

/* ---- Writing --------------------------------------------------------------------------------------------------------- */

static struct map_entry *at_hash(struct store *store, uint64_t hash, bool *ret_new)
{
    return map_at(&store->given, str_from((const char *)&hash, sizeof hash), ret_new);
}

/* Makes sure that store->given has the hashes of all templates and ids. */
static bool load(struct store *store, struct err *err)
{
    if (!roll_load(store, PACK_TEMPLATES, TEMPLATES_MAX, &store->templates, err) ||
        !roll_load(store, PACK_PATTERNS, PATTERNS_MAX, &store->patterns, err))
        return false;
    if (store->given.count == 0)
        store->given_templates = store->given_patterns = 0;
    const struct map *templates = &store->templates.texts, *patterns = &store->patterns.texts;
    for (; store->given_templates < templates->count; store->given_templates++)
        at_hash(store, hash_of(templates->entries[store->given_templates].key), NULL);
    for (; store->given_patterns < patterns->count; store->given_patterns++) {
        struct store_pattern pattern;
        if (known_unpack(patterns->entries[store->given_patterns].key, &pattern))
            at_hash(store, pattern.hash, NULL);
    }
    return true;
}

/* Adds those that are not known to the roll. */
static void add_new(struct store *store, const struct store_pattern *patterns, size_t count)
{
    struct map *texts = &store->patterns.texts;
    for (size_t i = 0; i < count && texts->count < PATTERNS_MAX; i++) {
        must(patterns[i].template <store->templates.texts.count);
        bool is_new;
        at_hash(store, patterns[i].hash, &is_new);
        if (!is_new)
            continue;
        SCOPED(buf) item = BUF(KNOWN_ITEM_MAX);
        pack(&patterns[i], &item);
        map_at(texts, buf_str(&item), NULL);
    }
    store->given_patterns = texts->count;
}

static bool set_given(struct store *store, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "templates_given_set", err);
    if (stmt == NULL)
        return false;
    sql_bind_u64(stmt, 1, store->templates.texts.count);
    return sql_do(&store->sql, stmt, err);
}

static bool keep_mined(struct store *store, struct str mined, struct err *err)
{
    return mined.data == NULL || mined.size > PACK_TEXT_MAX || pack_write(store, PACK_MINED, 0, mined, err);
}

bool store_patterns_mined(struct store *store, struct arena *arena, struct str *ret, struct err *err)
{
    struct pack_row row;
    bool ok = pack_read(store, PACK_MINED, 0, arena, &row, err);
    *ret = ok ? row.text : STR_ABSENT;
    return ok;
}

bool store_patterns_given(struct store *store, const struct store_pattern *patterns, size_t count, struct str mined,
                          struct err *err)
{
    must(store->mode == STORE_WRITE);
    if (!load(store, err))
        return false;
    add_new(store, patterns, count);
    if (!sql_run(&store->sql, "begin_write", err) || !counts_write(store, err) || !set_given(store, err) ||
        !keep_mined(store, mined, err) || !sql_run(&store->sql, "commit", err)) {
        if (sql_in_transaction(&store->sql))
            sql_run(&store->sql, "rollback", NULL);
        counts_forget(store);
        return false;
    }
    store_checkpoint(store);
    return true;
}

bool store_patterns_due(struct store *store, bool *ret, struct err *err)
{
    must(store->mode == STORE_WRITE);
    if (!roll_load(store, PACK_TEMPLATES, TEMPLATES_MAX, &store->templates, err))
        return false;
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "templates_given", err);
    if (stmt == NULL)
        return false;
    int step = sql_step(&store->sql, stmt, err);
    *ret = step == 1 && sql_i64(stmt, 0) != (int64_t)store->templates.texts.count;
    if (step == 1)
        sql_rest(stmt);
    return step >= 0;
}

/* ---- Reading --------------------------------------------------------------------------------------------------------- */

struct search {
    uint64_t hash;
    struct store_pattern found;
    bool any;
};

static bool look_at(void *context, struct str item)
{
    struct search *search = context;
    search->any = known_unpack(item, &search->found) && search->found.hash == search->hash;
    return !search->any;
}

static bool parse_id(struct str id, uint64_t *ret_hash)
{
    *ret_hash = 0;
    if (id.size != 1 + 2 * KNOWN_HASH_SIZE || id.data[0] != 'p')
        return false;
    for (size_t i = 1; i < id.size; i++) {
        char c = id.data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
        *ret_hash = *ret_hash << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

bool store_pattern_known(struct store *store, struct str id, struct arena *arena, struct str *ret_template,
                         struct err *err)
{
    SCOPED(arena) texts = {0};
    struct search search = {0};
    struct str *templates;
    size_t count;
    *ret_template = STR_ABSENT;
    if (!parse_id(id, &search.hash))
        return true;
    if (!store_templates(store, &texts, &templates, &count, err))
        return false;
    for (size_t i = 0; i < count && ret_template->data == NULL; i++) {
        if (hash_of(templates[i]) == search.hash)
            *ret_template = arena_str(arena, templates[i]);
    }
    if (ret_template->data != NULL)
        return true;
    if (!roll_each(store, PACK_PATTERNS, look_at, &search, err))
        return false;
    if (search.any && search.found.template <count)
        *ret_template = arena_str(arena, templates[search.found.template]);
    return true;
}
