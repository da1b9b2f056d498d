/* The tree is built from libyaml's events with a stack of open lists and maps, so nesting costs no C stack. */
#include "analyze/yaml.h"

#include <stdint.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/must.h"
#include "base/scope.h"

struct open_node {
    struct yaml_node *node;
    struct yaml_node *last; /* child, or NULL */
    struct yaml_node *key;  /* of a map, waiting for its value */
};

struct loader {
    const char *name;
    struct arena *arena;
    struct err *err;
    struct yaml_node *root;
    struct open_node stack[YAML_DEPTH_MAX];
    size_t depth;
    size_t nodes;
    struct map seen; /* the keys of every map, each behind its map's address: finds duplicates */
};

static void loader_release(struct loader *loader)
{
    map_release(&loader->seen);
}

static unsigned mark_line(const yaml_mark_t *mark)
{
    return (unsigned)mark->line + 1;
}

static bool refuse(struct loader *loader, unsigned line, const char *what)
{
    return err_set(loader->err, ERR_USAGE, 0, "%s:%u: %s", loader->name, line, what);
}

static bool parse_failed(struct loader *loader, const yaml_parser_t *parser, struct str text)
{
    const char *problem = parser->problem ? parser->problem : "not YAML";
    unsigned line = mark_line(&parser->problem_mark);
    if (parser->error == YAML_READER_ERROR) { /* has an offset, but no mark */
        line = 1;
        for (size_t i = 0; i < parser->problem_offset && i < text.size; i++) {
            if (text.data[i] == '\n')
                line++;
        }
    }
    if (!parser->context)
        return refuse(loader, line, problem);
    if (strcmp(parser->context, "while scanning an alias") == 0)
        return refuse(loader, line, "a text that begins with '*' needs quotes");
    return err_set(loader->err, ERR_USAGE, 0, "%s:%u: %s (%s)", loader->name, line, problem, parser->context);
}

/* Remembers the key; false and an error when its map has it already. */
static bool key_is_new(struct loader *loader, const struct yaml_node *map, const struct yaml_node *key)
{
    SCOPED(buf) name = BUF(YAML_BYTES_MAX + sizeof map);
    buf_add(&name, &map, sizeof map);
    buf_add_str(&name, key->text);
    must(!name.full);
    bool is_new;
    struct map_entry *entry = map_at(&loader->seen, buf_str(&name), &is_new);
    if (is_new) {
        entry->value = key->line;
        return true;
    }
    return err_set(loader->err, ERR_USAGE, 0, "%s:%u: '%s' stands here a second time, first in line %u", loader->name,
                   key->line, key->text.data, (unsigned)entry->value);
}

/* Puts a complete node where it belongs: root, element, key or value. */
static bool place(struct loader *loader, struct yaml_node *node)
{
    if (loader->depth == 0) {
        must(!loader->root);
        loader->root = node;
        return true;
    }
    struct open_node *open = &loader->stack[loader->depth - 1];
    if (open->node->type == YAML_MAP && !open->key) {
        if (node->type != YAML_SCALAR)
            return refuse(loader, node->line, "a key must be a text, not a list or a map");
        open->key = node;
        return key_is_new(loader, open->node, node);
    }
    node->key = open->key;
    open->key = NULL;
    if (open->last)
        open->last->next = node;
    else
        open->node->first = node;
    open->last = node;
    return true;
}

static struct yaml_node *node_new(struct loader *loader, enum yaml_type type, const yaml_event_t *event)
{
    if (++loader->nodes > YAML_NODES_MAX) {
        err_set(loader->err, ERR_USAGE, 0, "%s:%u: more than %d values", loader->name, mark_line(&event->start_mark),
                YAML_NODES_MAX);
        return NULL;
    }
    struct yaml_node *node = ARENA_NEW(loader->arena, struct yaml_node);
    node->type = type;
    node->line = mark_line(&event->start_mark);
    return node;
}

/* The tags every YAML value has by nature do no harm; others ask for something that is not done here. */
static bool tag_known(const yaml_char_t *tag)
{
    static const char core[] = "tag:yaml.org,2002:";
    return !tag || strncmp((const char *)tag, core, sizeof core - 1) == 0;
}

static bool add_scalar(struct loader *loader, const yaml_event_t *event)
{
    if (!tag_known(event->data.scalar.tag)) {
        return refuse(loader, mark_line(&event->start_mark), "tags ('!name') are not supported");
    }
    struct yaml_node *node = node_new(loader, YAML_SCALAR, event);
    if (!node)
        return false;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_str(loader->arena, str_from((const char *)event->data.scalar.value, event->data.scalar.length));
    return place(loader, node);
}

static bool open_collection(struct loader *loader, enum yaml_type type, const yaml_char_t *tag,
                            const yaml_event_t *event)
{
    unsigned line = mark_line(&event->start_mark);
    if (!tag_known(tag))
        return refuse(loader, line, "tags ('!name') are not supported");
    if (loader->depth == YAML_DEPTH_MAX) {
        return err_set(loader->err, ERR_USAGE, 0, "%s:%u: nested more than %d deep", loader->name, line,
                       YAML_DEPTH_MAX);
    }
    struct yaml_node *node = node_new(loader, type, event);
    if (!node || !place(loader, node))
        return false;
    loader->stack[loader->depth++] = (struct open_node){.node = node};
    return true;
}

static bool take_event(struct loader *loader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return add_scalar(loader, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(loader, YAML_LIST, event->data.sequence_start.tag, event);
    case YAML_MAPPING_START_EVENT:
        return open_collection(loader, YAML_MAP, event->data.mapping_start.tag, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        must(loader->depth > 0);
        loader->depth--;
        return true;
    case YAML_ALIAS_EVENT:
        return refuse(loader, mark_line(&event->start_mark),
                      "aliases ('*name') are not supported; a text that begins with '*' needs quotes");
    case YAML_DOCUMENT_START_EVENT:
        if (!loader->root)
            return true;
        return refuse(loader, mark_line(&event->start_mark), "a second document; one file holds one");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

const struct yaml_node *yaml_load(struct str text, const char *name, struct arena *arena, struct err *err)
{
    SCOPED(loader) loader = {.name = name, .arena = arena, .err = err};
    if (text.size > YAML_BYTES_MAX) {
        err_set(err, ERR_USAGE, 0, "%s:1: larger than %d bytes", name, YAML_BYTES_MAX);
        return NULL;
    }
    __attribute__((cleanup(yaml_parser_delete))) yaml_parser_t parser;
    must(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.data ? text.data : ""), text.size);
    for (bool more = true; more;) {
        __attribute__((cleanup(yaml_event_delete))) yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            memset(&event, 0, sizeof event);
            parse_failed(&loader, &parser, text);
            return NULL;
        }
        if (!take_event(&loader, &event))
            return NULL;
        more = event.type != YAML_STREAM_END_EVENT;
    }
    if (loader.root && !(loader.root->type == YAML_SCALAR && loader.root->plain && loader.root->text.size == 0)) {
        return loader.root;
    }
    struct yaml_node *empty = ARENA_NEW(arena, struct yaml_node);
    empty->type = YAML_MAP;
    empty->line = 1;
    return empty;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (!map || map->type != YAML_MAP)
        return NULL;
    struct str name = str_of(key);
    for (const struct yaml_node *member = map->first; member; member = member->next) {
        if (str_equal(member->key->text, name))
            return member;
    }
    return NULL;
}
