#include "analyze/shape.h"

#include <stdlib.h>

#include "analyze/field.h"
#include "base/map.h"
#include "base/must.h"
#include "base/processor.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A node with more ways on would make every line that fits none slow; lines beyond them are judged one by one. */
enum { NODE_EDGES_MAX = 128 };

struct node;

enum {
    EDGE_HEAD = 32,           /* bytes of a literal that are compared at once */
    EDGE_END = SLOT_BARE + 1, /* a kind: of an edge that the line ends with */
    EDGE_LONG = 8,            /* a bit of the kind: the literal has more bytes */
    COUNTED_LINES = 13, /* in one of so many lines hits are counted. Lines that take turns seldom do so in thirteens */
};

/* From a node: the literal that comes next, then a slot and the node behind it, or the end of the line. A line of a cache. */
struct edge {
    _Alignas(16) char head[EDGE_HEAD]; /* what the literal begins with */
    uint32_t head_bits;                /* a bit for each byte of head that is the literal's */
    uint32_t size;
    const char *literal;
    uint16_t hits; /* how often it has matched, halved now and then */
    uint8_t kind;  /* enum slot_kind of the slot behind it, or EDGE_END; and EDGE_LONG */
    union {
        struct node *node;
        const struct shape *shape; /* of EDGE_END */
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
    uint64_t quotes[JSON_QUOTES_WORDS]; /* of the line being matched, if json_find_quotes finds them */
    bool plain;                         /* it has no backslash */
    unsigned lines;                     /* since hits were counted */
    char tail[2 * EDGE_HEAD]; /* EDGE_HEAD bytes that end with the line, and NULs behind them, which no literal has */
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

/* Does the literal, or its head, stand where EDGE_HEAD bytes can be read? */
static inline bool head_fits(const struct edge *edge, const char *data)
{
#ifdef __SSE2__
    const __m128i *bytes = (const __m128i *)(const void *)data, *head = (const __m128i *)(const void *)edge->head;
    __m128i low = _mm_cmpeq_epi8(_mm_loadu_si128(bytes), _mm_load_si128(head));
    __m128i high = _mm_cmpeq_epi8(_mm_loadu_si128(bytes + 1), _mm_load_si128(head + 1));
    unsigned same = (unsigned)_mm_movemask_epi8(low) | (unsigned)_mm_movemask_epi8(high) << 16;
    return (edge->head_bits & ~same) == 0;
#else
    return bytes_equal(data, edge->head, edge->size < EDGE_HEAD ? edge->size : EDGE_HEAD);
#endif
}

#ifdef PROCESSOR_WIDE
TARGET_WIDE static inline bool head_fits_wide(const struct edge *edge, const char *data)
{
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)data);
    __m256i head = _mm256_loadu_si256((const __m256i *)(const void *)edge->head);
    return (edge->head_bits & ~(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, head))) == 0;
}
#endif

/* Does all of it, where its head does? Apart, for it is seldom asked. */
static __attribute__((noinline)) bool long_literal_fits(const struct edge *edge, struct str line, size_t at)
{
    return edge->size <= line.size - at && memcmp(line.data + at, edge->literal, edge->size) == 0;
}

/* Lines of several shapes take turns, so an edge moves ahead of another only once it has matched more often. */
static void count_hit(struct node *node, struct edge *edge)
{
    if (++edge->hits == UINT16_MAX)
        for (uint32_t i = 0; i < node->count; i++)
            node->edges[i].hits /= 2;
    if (edge == node->edges || edge->hits <= edge[-1].hits)
        return;
    struct edge ahead = edge[-1];
    edge[-1] = *edge;
    *edge = ahead;
}

/* The quote that ends the string that begins at from, an offset; the end of the line when there is none, where no literal fits. */
static inline size_t string_end(const struct shape_set *set, size_t from)
{
    size_t word = from / 64;
    uint64_t rest = set->quotes[word] >> from % 64;
    if (rest != 0)
        return from + (size_t)__builtin_ctzll(rest);
    do
        rest = set->quotes[++word];
    while (rest == 0);
    return word * 64 + (size_t)__builtin_ctzll(rest);
}

struct walk {
    bool quotes;  /* they were found */
    bool counted; /* hits are */
    bool (*head_fits)(const struct edge *edge, const char *data);
};

/* What stands at `at`, where so many bytes, EDGE_HEAD at most, can be read; NULs behind the line. */
static inline const char *readable(const struct shape_set *set, struct str line, size_t at, size_t bytes)
{
    size_t size = line.size - at;
    return __builtin_expect(size < bytes, 0) ? set->tail + EDGE_HEAD - size : line.data + at;
}

/* The end of the slot that begins at from; 0: there is none of this kind. */
static inline __attribute__((always_inline)) size_t slot_end(const struct shape_set *set, unsigned kind,
                                                             struct str line, size_t from, struct walk walk)
{
    if (kind == SLOT_STRING) {
        size_t end = walk.quotes ? string_end(set, from) : json_scan_string(line, from);
        return !walk.quotes && end == STR_NONE ? 0 : end;
    }
    if (kind != SLOT_BARE)
        return 0; /* SLOT_JSON: only the judge can tell */
    size_t size = json_short_number(readable(set, line, from, JSON_SHORT));
    return __builtin_expect(size != 0, 1) ? from + size : json_scan_bare(line, from);
}

/* Fills the set's slots on the way to a shape. */
static inline __attribute__((always_inline)) const struct shape *walk_tree(struct shape_set *set, struct str line,
                                                                           struct walk walk)
{
    struct node *node = &set->root;
    struct str *slot = set->slots;
    for (size_t at = 0, from, end;; at = end) {
        const char *data = readable(set, line, at, EDGE_HEAD);
        struct edge *edge = node->edges, *behind = edge + node->count;
        for (;; edge++) {
            if (edge == behind)
                return NULL;
            if (!walk.head_fits(edge, data))
                continue;
            unsigned kind = edge->kind;
            if (__builtin_expect(kind & EDGE_LONG, 0)) {
                if (!long_literal_fits(edge, line, at))
                    continue;
                kind -= EDGE_LONG;
            }
            from = at + edge->size;
            if (kind == EDGE_END && from == line.size) {
                const struct shape *shape = edge->shape;
                must(shape->slot_count == (size_t)(slot - set->slots));
                if (walk.counted)
                    count_hit(node, edge);
                return shape;
            }
            end = slot_end(set, kind, line, from, walk);
            if (__builtin_expect(end != 0, 1))
                break;
        }
        *slot++ = str_from(line.data + from, end - from);
        struct node *next = edge->node;
        if (walk.counted)
            count_hit(node, edge);
        node = next;
    }
}

#ifdef PROCESSOR_WIDE
TARGET_WIDE static const struct shape *walk_wide(struct shape_set *set, struct str line)
{
    return walk_tree(set, line, (struct walk){.quotes = true, .head_fits = head_fits_wide});
}
#endif

static const struct shape *walk_plainly(struct shape_set *set, struct str line)
{
    return walk_tree(set, line, (struct walk){.quotes = true, .head_fits = head_fits});
}

static const struct shape *walk_counting(struct shape_set *set, struct str line, bool quotes)
{
    return walk_tree(set, line, (struct walk){.quotes = quotes, .counted = true, .head_fits = head_fits});
}

static void copy_tail(struct shape_set *set, struct str line)
{
    if (line.size >= EDGE_HEAD)
        memcpy(set->tail, line.data + line.size - EDGE_HEAD, EDGE_HEAD);
    else if (line.size > 0)
        memcpy(set->tail + EDGE_HEAD - line.size, line.data, line.size);
}

static const struct shape *find_shape(struct shape_set *set, struct str line)
{
    bool quotes = line.size > 0 && line.data[0] == '{' && json_find_quotes(line, set->quotes, &set->plain);
    copy_tail(set, line); /* behind what reads the line from its begin on, which goes better */
    if (!quotes || ++set->lines == COUNTED_LINES) {
        set->lines = 0;
        return walk_counting(set, line, quotes);
    }
#ifdef PROCESSOR_WIDE
    if (processor_is_wide())
        return walk_wide(set, line);
#endif
    return walk_plainly(set, line);
}

const struct shape *shape_match(struct shape_set *set, struct str line, struct arena *arena,
                                const struct str **ret_slots)
{
    set->plain = false;
    const struct shape *shape = set->root.count > 0 ? find_shape(set, line) : NULL;
    if (!shape)
        return NULL;
    struct str *slots = ARENA_ARRAY(arena, struct str, shape->slot_count);
    if (shape->slot_count)
        memcpy(slots, set->slots, shape->slot_count * sizeof *slots);
    *ret_slots = slots;
    return shape;
}

bool shape_line_is_plain(const struct shape_set *set)
{
    return set->plain;
}

/* ---- Learning ------------------------------------------------------------------------------------------------------ */

static struct str literal_before(struct str line, const struct json_cut *cut, uint32_t index)
{
    const char *from = index ? cut->slots[index - 1].data + cut->slots[index - 1].size : line.data;
    const char *to = index < cut->slot_count ? cut->slots[index].data : line.data + line.size;
    return str_from(from, (size_t)(to - from));
}

/* What the slots mean is decided here, once per shape. */
static void give_meaning(const struct shape_set *set, struct shape *shape, struct shape_slot *slots,
                         struct arena *arena)
{
    field_table_resolve(set->table, slots, shape->slot_count, shape->field_slot);
    uint16_t watched[JSON_SLOTS_MAX];
    must(shape->slot_count <= JSON_SLOTS_MAX);
    for (uint32_t i = 0; i < shape->slot_count; i++)
        if (signal_path_known(set->signals, slots[i].path))
            watched[shape->watched_count++] = (uint16_t)i;
    if (shape->watched_count > 0)
        shape->watched =
            memcpy(ARENA_ARRAY(arena, uint16_t, shape->watched_count), watched, shape->watched_count * sizeof *watched);
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
    give_meaning(set, shape, slots, arena);
    return shape;
}

static struct edge *find_edge(struct node *node, struct str literal, unsigned kind)
{
    for (uint32_t i = 0; i < node->count; i++) {
        struct edge *edge = &node->edges[i];
        if ((edge->kind & ~(unsigned)EDGE_LONG) == kind && str_equal(str_from(edge->literal, edge->size), literal))
            return edge;
    }
    return NULL;
}

static struct edge *add_edge(struct shape_set *set, struct node *node, struct str literal, unsigned kind)
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
    size_t head = literal.size < EDGE_HEAD ? literal.size : EDGE_HEAD;
    *edge = (struct edge){.literal = arena_str(&set->arena, literal).data, .size = (uint32_t)literal.size};
    edge->kind = (uint8_t)(kind | (literal.size > EDGE_HEAD ? EDGE_LONG : 0u));
    memcpy(edge->head, edge->literal, head);
    edge->head_bits = (uint32_t)((UINT64_C(1) << head) - 1);
    return edge;
}

static bool can_grow(const struct shape_set *set, const struct node *node)
{
    return has_room(set) && node->count < NODE_EDGES_MAX;
}

const struct shape *shape_learn(struct shape_set *set, struct str line, const struct json_cut *cut, struct arena *arena)
{
    struct node *node = &set->root;
    must(cut->slot_count <= JSON_SLOTS_MAX); /* no line that matches has more */
    for (uint32_t i = 0; i < cut->slot_count; i++) {
        struct str literal = literal_before(line, cut, i);
        uint8_t kind = cut->meta[i].kind;
        struct edge *edge = find_edge(node, literal, kind);
        if (!edge) {
            if (!can_grow(set, node))
                return make_shape(set, line, cut, arena);
            edge = add_edge(set, node, literal, kind);
            edge->node = ARENA_NEW(&set->arena, struct node);
        }
        node = edge->node;
    }
    struct str literal = literal_before(line, cut, cut->slot_count);
    struct edge *edge = find_edge(node, literal, EDGE_END);
    if (!edge) {
        if (!can_grow(set, node))
            return make_shape(set, line, cut, arena);
        edge = add_edge(set, node, literal, EDGE_END);
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
    give_meaning(set, shape, slots, home);
    if (room)
        map_at(&set->texts, buf_str(&key), NULL)->value = (uint64_t)(uintptr_t)shape;
    return shape;
}
