#include "analyze/field_load.h"

#include "analyze/yaml.h"

static uint64_t entry_pack(enum field field, enum unit unit, uint32_t rank)
{
    return (uint64_t)rank << 16 | (uint64_t)unit << 8 | (uint64_t)field;
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

/* The first mention of a path wins. */
static void add_path(struct field_paths *paths, struct str path, enum field field, enum unit unit)
{
    uint32_t rank = paths->next_rank++;
    if (str_starts(path, STR("*.")))
        rank += RANK_WILDCARD;
    bool is_new;
    struct map_entry *entry = map_at(&paths->map, path, &is_new);
    if (is_new)
        entry->value = entry_pack(field, unit, rank);
}

static bool add_item(struct field_paths *paths, enum field field, const struct yaml_node *item, const char *name,
                     struct err *err)
{
    if (item->type == YAML_SCALAR && item->text.size) {
        add_path(paths, item->text, field, field == FIELD_DURATION ? UNIT_MILLISECONDS : UNIT_NONE);
        return true;
    }
    if (item->type == YAML_MAP && item->first && !item->first->next && item->first->type == YAML_SCALAR) {
        enum unit unit;
        if (!unit_parse(item->first->text, &unit))
            return err_set(err, ERR_USAGE, 0, "%s:%u: unit '%.*s' is none of ns, us, ms, s, windows", name, item->line,
                           STR_ARG(item->first->text));
        add_path(paths, item->first->key->text, field, unit);
        return true;
    }
    return err_set(err, ERR_USAGE, 0, "%s:%u: a key path, or one 'path: unit', is expected", name, item->line);
}

bool field_load(struct field_paths *paths, struct str text, const char *name, struct err *err)
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
            if (!add_item(paths, field, member, name, err))
                return false;
            continue;
        }
        for (const struct yaml_node *item = member->first; item; item = item->next)
            if (!add_item(paths, field, item, name, err))
                return false;
    }
    return true;
}
