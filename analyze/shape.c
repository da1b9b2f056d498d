#include "analyze/shape.h"

#include <stdlib.h>

#include "analyze/field.h"
#include "base/chars.h"
#include "base/map.h"
#include "base/must.h"

/* A node with more ways on would make every line that fits none slow; lines beyond them are judged one by one. */
enum { NODE_EDGES_MAX = 128 };

struct node;

/* From a node: the literal that comes next, then a slot and the node behind it, or the end of the line. */
struct edge {
    const char *literal;
    uint32_t size;
    bool end;
    uint8_t kind;  /* enum slot_kind of the slot behind it */
    uint16_t hits; /* how often it has matched, halved now and then */
    union {
        struct node *node;
        const struct shape *shape; /* end */
    };
};

struct node {
    struct edge *edges; /* those that match most often come first */
    uint32_t count, capacity;
};

struct shape_set {
    const struct field_table *table;
    const struct signal_table *signals;
    struct arena arena; /* nodes, literals and shapes */
    struct node root;
    struct map texts; /* format and piece names -> const struct shape * */
    struct str slots[JSON_SLOTS_MAX];
    uint64_t quotes[JSON_QUOTED_MAX / 64]; /* of the line being matched, if it is simple */
    bool looked, simple;                   /* json_find_quotes was asked, and said yes */
};

struct shape_set *shape_set_new(const struct field_table *table, const struct signal_table *signals)
{
    struct shape_set *set = mem_alloc(sizeof *set);
    set->table = table;
    set->signals = signals;
    return set;
}

void shape_set_free(struct shape_set *set)
{
    if (!set)
        return;
    arena_release(&set->arena);
    map_release(&set->texts);
    free(set);
}

static bool has_room(const struct shape_set *set)
{
    return set->arena.used_bytes < SHAPE_BYTES_MAX;
}

void shape_set_trim(struct shape_set *set)
{
    if (has_room(set))
        return;
    arena_reset(&set->arena);
    map_reset(&set->texts);
    set->root = (struct node){0};
}

/* ---- Matching ------------------------------------------------------------------------------------------------------ */

/* Lines of several shapes take turns, so an edge moves ahead of another only once it has matched more often. Returns the edge. */
static const struct edge *count_hit(struct node *node, uint32_t index)
{
    struct edge *edge = &node->edges[index];
    if (++edge->hits == UINT16_MAX)
        for (uint32_t i = 0; i < node->count; i++)
            node->edges[i].hits /= 2;
    if (index == 0 || edge->hits <= edge[-1].hits)
        return edge;
    struct edge ahead = edge[-1];
    edge[-1] = *edge;
    *edge = ahead;
    return edge - 1;
}

static inline size_t string_end(struct shape_set *set, struct str line, size_t from)
{
    if (!set->looked)
        set->simple = json_find_quotes(line, set->quotes);
    set->looked = true;
    if (!set->simple)
        return json_scan_string(line, from);
    size_t end = bits_next(set->quotes, (line.size + 63) / 64, from);
    return end < line.size ? end : STR_NONE;
}

/* The edge of the node that fits at *at; *at moves behind its literal and slot, which goes to *ret_slot. */
static const struct edge *follow(struct shape_set *set, struct node *node, struct str line, size_t *at,
                                 struct str *ret_slot)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const struct edge *edge = &node->edges[i];
        if (line.size - *at < edge->size || !bytes_equal(line.data + *at, edge->literal, edge->size))
            continue;
        size_t from = *at + edge->size;
        size_t end = from;
        if (edge->end) {
            if (from != line.size)
                continue;
        } else if (edge->kind == SLOT_STRING) {
            end = string_end(set, line, from);
            if (end == STR_NONE)
                return NULL; /* an open string: no other edge can fit */
        } else if (edge->kind == SLOT_BARE) {
            end = json_scan_bare(line, from);
            if (!end)
                continue;
        } else {
            continue; /* SLOT_JSON: only the judge can tell */
        }
        *ret_slot = str_from(line.data + from, end - from);
        *at = end;
        return count_hit(node, i);
    }
    return NULL;
}

const struct shape *shape_match(struct shape_set *set, struct str line, struct arena *arena,
                                const struct str **ret_slots)
{
    struct node *node = &set->root;
    set->looked = set->simple = false;
    size_t at = 0;
    uint32_t count = 0;
    for (;;) {
        struct str slot;
        const struct edge *edge = follow(set, node, line, &at, &slot);
        if (!edge)
            return NULL;
        if (edge->end) {
            must(count == edge->shape->slot_count);
            struct str *slots = ARENA_ARRAY(arena, struct str, count);
            if (count)
                memcpy(slots, set->slots, count * sizeof *slots);
            *ret_slots = slots;
            return edge->shape;
        }
        must(count < JSON_SLOTS_MAX);
        set->slots[count++] = slot;
        node = edge->node;
    }
}

bool shape_line_is_plain(const struct shape_set *set)
{
    return set->simple;
}

/* ---- Learning ------------------------------------------------------------------------------------------------------ */

static struct str literal_before(struct str line, const struct json_cut *cut, uint32_t index)
{
    const char *from = index ? cut->slots[index - 1].data + cut->slots[index - 1].size : line.data;
    const char *to = index < cut->slot_count ? cut->slots[index].data : line.data + line.size;
    return str_from(from, (size_t)(to - from));
}

/* What the slots mean is decided here, once per shape. */
static void give_meaning(const struct shape_set *set, struct shape *shape, struct shape_slot *slots)
{
    field_table_resolve(set->table, slots, shape->slot_count, shape->field_slot);
    for (uint32_t i = 0; i < shape->slot_count; i++)
        shape->watched = shape->watched || signal_path_known(set->signals, slots[i].path);
    shape->slots = slots;
}

static const struct shape *make_shape(const struct shape_set *set, struct str line, const struct json_cut *cut,
                                      struct arena *arena)
{
    struct shape *shape = ARENA_NEW(arena, struct shape);
    struct shape_slot *slots = ARENA_ARRAY(arena, struct shape_slot, cut->slot_count);
    struct str *literals = ARENA_ARRAY(arena, struct str, cut->slot_count + 1);
    for (uint32_t i = 0; i < cut->slot_count; i++) {
        slots[i] = cut->meta[i];
        slots[i].path = arena_str(arena, cut->meta[i].path);
    }
    for (uint32_t i = 0; i <= cut->slot_count; i++)
        literals[i] = arena_str(arena, literal_before(line, cut, i));
    shape->format = FORMAT_JSON;
    shape->slot_count = cut->slot_count;
    shape->literals = literals;
    give_meaning(set, shape, slots);
    return shape;
}

static struct edge *find_edge(struct node *node, struct str literal, bool end, uint8_t kind)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct edge *edge = &node->edges[i];
        if (edge->end == end && (end || edge->kind == kind) && str_equal(str_from(edge->literal, edge->size), literal))
            return edge;
    }
    return NULL;
}

static struct edge *add_edge(struct shape_set *set, struct node *node, struct str literal, bool end, uint8_t kind)
{
    if (node->count == node->capacity) {
        uint32_t capacity = node->capacity ? node->capacity * 2 : 2;
        struct edge *edges = ARENA_ARRAY(&set->arena, struct edge, capacity);
        if (node->count)
            memcpy(edges, node->edges, node->count * sizeof *edges);
        node->edges = edges;
        node->capacity = capacity;
    }
    struct edge *edge = &node->edges[node->count++];
    *edge = (struct edge){
        .literal = arena_str(&set->arena, literal).data, .size = (uint32_t)literal.size, .end = end, .kind = kind};
    return edge;
}

static bool can_grow(const struct shape_set *set, const struct node *node)
{
    return has_room(set) && node->count < NODE_EDGES_MAX;
}

const struct shape *shape_learn(struct shape_set *set, struct str line, const struct json_cut *cut, struct arena *arena)
{
    struct node *node = &set->root;
    for (uint32_t i = 0; i < cut->slot_count; i++) {
        struct str literal = literal_before(line, cut, i);
        uint8_t kind = cut->meta[i].kind;
        struct edge *edge = find_edge(node, literal, false, kind);
        if (!edge) {
            if (!can_grow(set, node))
                return make_shape(set, line, cut, arena);
            edge = add_edge(set, node, literal, false, kind);
            edge->node = ARENA_NEW(&set->arena, struct node);
        }
        node = edge->node;
    }
    struct str literal = literal_before(line, cut, cut->slot_count);
    struct edge *edge = find_edge(node, literal, true, 0);
    if (!edge) {
        if (!can_grow(set, node))
            return make_shape(set, line, cut, arena);
        edge = add_edge(set, node, literal, true, 0);
        edge->shape = make_shape(set, line, cut, &set->arena);
    }
    return edge->shape;
}

const struct shape *shape_of_text(struct shape_set *set, enum format format, const struct str *names, uint32_t count,
                                  struct arena *arena)
{
    SCOPED(buf) key = BUF(1 << 20);
    buf_add_char(&key, (char)format);
    for (uint32_t i = 0; i < count; i++) {
        buf_add_str(&key, names[i]);
        buf_add_char(&key, 0);
    }
    bool room = has_room(set) && !key.full;
    const struct map_entry *known = map_find(&set->texts, buf_str(&key));
    if (known)
        return (const struct shape *)(uintptr_t)known->value;
    struct arena *home = room ? &set->arena : arena;
    struct shape *shape = ARENA_NEW(home, struct shape);
    struct shape_slot *slots = ARENA_ARRAY(home, struct shape_slot, count);
    for (uint32_t i = 0; i < count; i++)
        slots[i] = (struct shape_slot){.path = arena_str(home, names[i]), .kind = SLOT_TEXT};
    shape->format = format;
    shape->slot_count = count;
    give_meaning(set, shape, slots);
    if (room)
        map_at(&set->texts, buf_str(&key), NULL)->value = (uint64_t)(uintptr_t)shape;
    return shape;
}
