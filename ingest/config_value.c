#include "ingest/config_value.h"

#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/opt.h"
#include "ingest/config_text.h"

enum { TEXT_BYTES_MAX = 4096, LIST_ITEMS_MAX = 1000 };

struct set {
    const struct config_key *key;
    void *base;
    const char *folder;
    struct arena *arena;
    unsigned *ret_line;
    struct err *err;
};

static void *value_of(const struct set *set)
{
    return (char *)set->base + set->key->offset;
}

static bool is_null(const struct yaml_node *node)
{
    return node->type == YAML_SCALAR && node->plain &&
           (node->text.size == 0 || str_equal(node->text, STR("~")) || str_equal(node->text, STR("null")));
}

/* A scalar that can be a C string. */
static bool take_text(const struct set *set, const struct yaml_node *node, struct str *ret)
{
    *set->ret_line = node->line;
    const char *path = set->key->path;
    if (node->type != YAML_SCALAR)
        return err_set(set->err, ERR_USAGE, 0, "'%s' must be %s, not a %s", path, set->key->argument,
                       node->type == YAML_LIST ? "list" : "map");
    if (is_null(node) || node->text.size == 0)
        return err_set(set->err, ERR_USAGE, 0, "'%s' has no value", path);
    if (node->text.size > TEXT_BYTES_MAX)
        return err_set(set->err, ERR_USAGE, 0, "'%s' is longer than %d bytes", path, TEXT_BYTES_MAX);
    for (size_t i = 0; i < node->text.size; i++) {
        if ((unsigned char)node->text.data[i] < ' ' || node->text.data[i] == 0x7f)
            return err_set(set->err, ERR_USAGE, 0, "'%s' has a control character in it", path);
    }
    *ret = node->text;
    return true;
}

static const char *absolute(const struct set *set, struct str path)
{
    if (path.data[0] == '/')
        return arena_str(set->arena, path).data;
    while (str_starts(path, STR("./")) && path.size > 2)
        path = str_slice(path, 2, path.size);
    return arena_printf(set->arena, "%s/%.*s", set->folder, STR_ARG(path)).data;
}

static bool take_checked(const struct set *set, const struct yaml_node *node, const char **ret)
{
    struct str text;
    if (!take_text(set, node, &text) || (set->key->check != NULL && !set->key->check(text, set->err)))
        return false;
    bool path = set->key->type == CONFIG_PATH || set->key->type == CONFIG_PATHS;
    *ret = path ? absolute(set, text) : arena_str(set->arena, text).data;
    return true;
}

static bool set_list(const struct set *set, const struct yaml_node *node)
{
    struct config_list *list = value_of(set);
    size_t count = 0;
    if (node->type != YAML_LIST) {
        const char **items = ARENA_ARRAY(set->arena, const char *, 1);
        *list = (struct config_list){.items = items, .count = 1};
        return take_checked(set, node, items);
    }
    *set->ret_line = node->line;
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next)
        count++;
    if (count == 0 || count > LIST_ITEMS_MAX)
        return err_set(set->err, ERR_USAGE, 0, "'%s' must have 1 to %d values", set->key->path, LIST_ITEMS_MAX);
    *list = (struct config_list){.items = ARENA_ARRAY(set->arena, const char *, count)};
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
        if (!take_checked(set, item, &list->items[list->count]))
            return false;
        list->count++;
    }
    return true;
}

/* The words of a text; an item of a list is taken as it is, spaces and all. */
static bool set_words(const struct set *set, struct str text)
{
    struct config_list *list = value_of(set);
    size_t count = 0;
    struct str rest = text;
    *list = (struct config_list){.items = ARENA_ARRAY(set->arena, const char *, text.size / 2 + 1)};
    while (rest.data != NULL) {
        struct str word = str_cut(&rest, ' ');
        if (word.size == 0)
            continue;
        word = arena_str(set->arena, word);
        if (set->key->check != NULL && !set->key->check(word, set->err))
            return false;
        list->items[count++] = word.data;
    }
    list->count = count;
    return count > 0 || err_set(set->err, ERR_USAGE, 0, "'%s' has no value", set->key->path);
}

static bool set_map(const struct set *set, const struct yaml_node *node)
{
    struct config_properties *map = value_of(set);
    size_t count = 0;
    if (node->type != YAML_MAP)
        return err_set(set->err, ERR_USAGE, 0, "'%s' must be a map: lines such as '%s'", set->key->path,
                       set->key->argument);
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next)
        count++;
    if (count > LIST_ITEMS_MAX)
        return err_set(set->err, ERR_USAGE, 0, "'%s' must have at most %d members", set->key->path, LIST_ITEMS_MAX);
    *map = (struct config_properties){.items = ARENA_ARRAY(set->arena, struct config_property, count + 1)};
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
        struct str text;
        if (!take_text(set, item, &text))
            return err_within(set->err, "'%.100s'", item->key->text.data);
        map->items[map->count++] = (struct config_property){
            .name = arena_str(set->arena, item->key->text).data,
            .value = arena_str(set->arena, text).data,
            .line = item->key->line,
        };
    }
    return true;
}

static bool set_choice(const struct set *set, struct str text)
{
    const struct config_key *key = set->key;
    size_t count = 0;
    for (; key->choices[count] != NULL; count++) {
        if (str_equal(str_of(key->choices[count]), text)) {
            *(unsigned *)value_of(set) = (unsigned)count;
            return true;
        }
    }
    SCOPED(buf) list = BUF(1024);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", key->choices[i]);
    const char *near = opt_nearest(text.data, key->choices, count);
    if (near != NULL)
        return err_set(set->err, ERR_USAGE, 0, "'%s': '%s' is none of %s; did you mean '%s'?", key->path, text.data,
                       list.data, near);
    return err_set(set->err, ERR_USAGE, 0, "'%s': '%s' is none of %s", key->path, text.data, list.data);
}

static bool set_priority(const struct set *set, struct str text)
{
    static const struct {
        struct str name;
        int64_t priority;
    } other_names[] = {{{"critical", 8}, 2}, {{"error", 5}, 3}, {{"warn", 4}, 4}};
    int64_t *value = value_of(set);
    for (size_t i = 0; config_priorities[i] != NULL; i++) {
        if (str_equal(str_of(config_priorities[i]), text)) {
            *value = (int64_t)i;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++) {
        if (str_equal(other_names[i].name, text)) {
            *value = other_names[i].priority;
            return true;
        }
    }
    if (str_to_i64(text, value) && *value >= 0 && *value <= 7)
        return true;
    return err_set(set->err, ERR_USAGE, 0,
                   "'%s': '%s' is none of emerg, alert, crit, err, warning, notice, info, debug or 0..7",
                   set->key->path, text.data);
}

static bool set_amount(const struct set *set, struct str text)
{
    const struct config_key *key = set->key;
    bool size = key->type == CONFIG_SIZE;
    int64_t value = 0;
    if (!(key->min == 0 && str_equal(text, STR("none")))) {
        if (!(size ? opt_parse_size(text, &value) : clock_parse_duration(text, &value)))
            return err_set(set->err, ERR_USAGE, 0, "'%s' needs a %s, not '%s'", key->path,
                           size ? "size such as 500M or 50G" : "duration such as 90d or 2h30m", text.data);
        if (value < key->min || value > key->max) {
            SCOPED(buf) range = BUF(128);
            void (*add)(struct buf *, int64_t) = size ? config_text_add_size : config_text_add_duration;
            add(&range, key->min);
            buf_add_text(&range, "..");
            add(&range, key->max);
            return err_set(set->err, ERR_USAGE, 0, "'%s': %s is out of range (%s)", key->path, text.data, range.data);
        }
    }
    *(int64_t *)value_of(set) = value;
    return true;
}

static bool set_pattern(const struct set *set, struct str text)
{
    struct config_source *source = set->base;
    struct re *re = re_new(text, false, set->err);
    if (re == NULL)
        return err_within(set->err, "'%s'", set->key->path);
    re_free(re);
    source->join = set->key->mode;
    source->join_pattern = arena_str(set->arena, text).data;
    return true;
}

/* As the built-in default of the key, or from a file. */
static bool set_text(const struct set *set, struct str text)
{
    switch (set->key->type) {
    case CONFIG_CHOICE:
        return set_choice(set, text);
    case CONFIG_SIZE:
    case CONFIG_DURATION:
        return set_amount(set, text);
    case CONFIG_PRIORITY:
        return set_priority(set, text);
    case CONFIG_PATTERN:
        return set_pattern(set, text);
    case CONFIG_TEXT:
    case CONFIG_TEXTS:
    case CONFIG_PATH:
    case CONFIG_PATHS:
    case CONFIG_WORDS:
    case CONFIG_MAP:
    case CONFIG_SOURCES:
    case CONFIG_OUTPUTS:
    case CONFIG_NESTED:
    case CONFIG_SLO:
    case CONFIG_LATER:
        break;
    }
    must(false);
    return false;
}

bool config_value_set(const struct config_key *key, void *base, const struct yaml_node *node, const char *folder,
                      struct arena *arena, unsigned *ret_line, struct err *err)
{
    struct set set = {key, base, folder, arena, ret_line, err};
    struct str text;
    *ret_line = node->line;
    switch (key->type) {
    case CONFIG_LATER:
        *ret_line = node->key->line;
        return err_set(err, ERR_USAGE, 0, "'%s' is not in this version of winnow", key->path);
    case CONFIG_TEXTS:
    case CONFIG_PATHS:
        return set_list(&set, node);
    case CONFIG_WORDS:
        return node->type == YAML_LIST ? set_list(&set, node) : take_text(&set, node, &text) && set_words(&set, text);
    case CONFIG_MAP:
        return set_map(&set, node);
    case CONFIG_TEXT:
    case CONFIG_PATH:
        return take_checked(&set, node, value_of(&set));
    case CONFIG_CHOICE:
    case CONFIG_SIZE:
    case CONFIG_DURATION:
    case CONFIG_PRIORITY:
    case CONFIG_PATTERN:
        return take_text(&set, node, &text) && set_text(&set, text);
    case CONFIG_SOURCES:
    case CONFIG_OUTPUTS:
    case CONFIG_NESTED:
    case CONFIG_SLO:
        break;
    }
    must(false);
    return false;
}

void config_value_defaults(const struct config_key *keys, void *base, struct arena *arena)
{
    for (const struct config_key *key = keys; key->path != NULL; key++) {
        unsigned line;
        if (key->fallback != NULL && key->type == CONFIG_TEXT) {
            *(const char **)((char *)base + key->offset) = key->fallback;
        } else if (key->fallback != NULL && key->type != CONFIG_SLO) {
            struct set set = {key, base, NULL, arena, &line, NULL};
            must(set_text(&set, str_of(key->fallback)));
        }
        if (key->type == CONFIG_TEXTS || key->type == CONFIG_PATHS || key->type == CONFIG_WORDS)
            *(struct config_list *)((char *)base + key->offset) =
                (struct config_list){.items = ARENA_ARRAY(arena, const char *, 1)};
    }
}
