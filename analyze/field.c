#include "analyze/field.h"

#include <stdlib.h>

#include "analyze/yaml.h"
#include "base/asset.h"
#include "base/map.h"
#include "base/must.h"

enum { RANK_WILDCARD = 1 << 20 }; /* "*.x" comes after every exact path */

struct field_table {
    struct map paths; /* key path, or "*.key" -> packed entry */
    uint32_t next_rank;
};

static uint64_t entry_pack(enum field field, enum unit unit, uint32_t rank)
{
    return (uint64_t)rank << 16 | (uint64_t)unit << 8 | (uint64_t)field;
}
static enum field entry_field(uint64_t entry)
{
    return (enum field)(entry & 0xff);
}
static enum unit entry_unit(uint64_t entry)
{
    return (enum unit)(entry >> 8 & 0xff);
}
static uint32_t entry_rank(uint64_t entry)
{
    return (uint32_t)(entry >> 16);
}

static bool unit_parse(struct str text, enum unit *ret)
{
    static const struct {
        struct str name;
        enum unit unit;
    } units[] = {{{"ns", 2}, UNIT_NANOSECONDS},
                 {{"us", 2}, UNIT_MICROSECONDS},
                 {{"ms", 2}, UNIT_MILLISECONDS},
                 {{"s", 1}, UNIT_SECONDS},
                 {{"windows", 7}, UNIT_WINDOWS_LEVEL}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (str_equal(text, units[i].name)) {
            *ret = units[i].unit;
            return true;
        }
    }
    return false;
}

/* The first mention of a path wins: a user's file is read before the built-in one. */
static void add_path(struct field_table *table, struct str path, enum field field, enum unit unit)
{
    uint32_t rank = table->next_rank++;
    if (str_starts(path, STR("*.")))
        rank += RANK_WILDCARD;
    bool is_new;
    struct map_entry *entry = map_at(&table->paths, path, &is_new);
    if (is_new)
        entry->value = entry_pack(field, unit, rank);
}

static bool add_item(struct field_table *table, enum field field, const struct yaml_node *item, const char *name,
                     struct err *err)
{
    if (item->type == YAML_SCALAR && item->text.size) {
        add_path(table, item->text, field, field == FIELD_DURATION ? UNIT_MILLISECONDS : UNIT_NONE);
        return true;
    }
    if (item->type == YAML_MAP && item->first && !item->first->next && item->first->type == YAML_SCALAR) {
        enum unit unit;
        if (!unit_parse(item->first->text, &unit))
            return err_set(err, ERR_USAGE, 0, "%s:%u: unit '%.*s' is none of ns, us, ms, s, windows", name, item->line,
                           STR_ARG(item->first->text));
        add_path(table, item->first->key->text, field, unit);
        return true;
    }
    return err_set(err, ERR_USAGE, 0, "%s:%u: a key path, or one 'path: unit', is expected", name, item->line);
}

static bool load(struct field_table *table, struct str text, const char *name, struct err *err)
{
    SCOPED(arena) arena = {0};
    const struct yaml_node *root = yaml_load(text, name, &arena, err);
    if (!root)
        return false;
    if (root->type != YAML_MAP)
        return err_set(err, ERR_USAGE, 0, "%s:%u: a map of field names is expected", name, root->line);
    for (const struct yaml_node *member = root->first; member; member = member->next) {
        enum field field = field_by_name(member->key->text);
        if (field == FIELD_COUNT)
            return err_set(err, ERR_USAGE, 0, "%s:%u: '%.*s' is not a canonical field", name, member->line,
                           STR_ARG(member->key->text));
        if (member->type != YAML_LIST) {
            if (!add_item(table, field, member, name, err))
                return false;
            continue;
        }
        for (const struct yaml_node *item = member->first; item; item = item->next)
            if (!add_item(table, field, item, name, err))
                return false;
    }
    return true;
}

struct field_table *field_table_new(struct str extra, const char *extra_name, struct err *err)
{
    struct field_table *table = mem_alloc(sizeof *table);
    struct err builtin;
    if (extra.data && !load(table, extra, extra_name, err)) {
        field_table_free(table);
        return NULL;
    }
    must(load(table, asset_get("fields.yml"), "fields.yml", &builtin));
    return table;
}

void field_table_free(struct field_table *table)
{
    if (!table)
        return;
    map_release(&table->paths);
    free(table);
}

static const struct map_entry *find_path(const struct field_table *table, struct str path)
{
    const struct map_entry *entry = map_find(&table->paths, path);
    if (entry)
        return entry;
    for (size_t i = path.size; i > 0; i--) {
        if (path.data[i - 1] != '.')
            continue;
        char wild[128];
        size_t key_size = path.size - i;
        if (key_size > sizeof wild - 2)
            return NULL;
        memcpy(wild, "*.", 2);
        memcpy(wild + 2, path.data + i, key_size);
        return map_find(&table->paths, str_from(wild, key_size + 2));
    }
    return NULL;
}

void field_table_resolve(const struct field_table *table, struct shape_slot *slots, uint32_t count,
                         int16_t ret_first[FIELD_COUNT])
{
    uint32_t *ranks = mem_alloc(sizeof *ranks * (count + 1));
    for (size_t i = 0; i < FIELD_COUNT; i++)
        ret_first[i] = -1;
    for (uint32_t i = 0; i < count; i++) {
        slots[i].field = FIELD_COUNT;
        slots[i].next = -1;
        const struct map_entry *entry = slots[i].kind == SLOT_JSON ? NULL : find_path(table, slots[i].path);
        if (!entry)
            continue;
        slots[i].field = (uint8_t)entry_field(entry->value);
        slots[i].unit = (uint8_t)entry_unit(entry->value);
        ranks[i] = entry_rank(entry->value);
        int16_t *link = &ret_first[slots[i].field];
        while (*link >= 0 && ranks[*link] < ranks[i])
            link = &slots[*link].next;
        slots[i].next = *link;
        *link = (int16_t)i;
    }
    free(ranks);
}
