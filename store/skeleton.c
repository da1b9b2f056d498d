#include "store/skeleton.h"

#include "base/map.h"
#include "base/must.h"
#include "base/scope.h"

enum { RECENT_MAX = 64 };

/* What of a batch has been numbered so far. */
struct numbering {
    struct skeletons *to;
    struct arena *arena;
    struct map columns, pieces, shapes;
    struct buf key;
    uint32_t column_capacity, piece_capacity, capacity;
    struct {
        const struct shape *shape;
        uint32_t number;
        bool known;
    } recent[RECENT_MAX]; /* shapes found without a look into their map, by a hash */
};

static void numbering_release(struct numbering *n)
{
    map_release(&n->columns);
    map_release(&n->pieces);
    map_release(&n->shapes);
    buf_release(&n->key);
}

static void *grown(struct arena *arena, void *old, uint32_t count, uint32_t *capacity, size_t each)
{
    if (count < *capacity)
        return old;
    *capacity = *capacity ? *capacity * 2 : 64;
    void *bigger = arena_alloc(arena, *capacity * each);
    if (count)
        memcpy(bigger, old, count * each);
    return bigger;
}

static uint32_t number_column(struct numbering *n, struct str path, uint8_t kind)
{
    bool is_new;
    buf_reset(&n->key);
    buf_add_char(&n->key, (char)kind);
    buf_add_str(&n->key, path);
    struct map_entry *entry = map_at(&n->columns, buf_str(&n->key), &is_new);
    if (is_new) {
        struct skeletons *s = n->to;
        s->columns = grown(n->arena, s->columns, s->column_count, &n->column_capacity, sizeof *s->columns);
        entry->value = s->column_count;
        s->columns[s->column_count++] = (struct skeleton_column){.path = path, .kind = kind};
    }
    return (uint32_t)entry->value;
}

static uint32_t number_piece(struct numbering *n, struct str literal, uint32_t column)
{
    bool is_new;
    buf_reset(&n->key);
    buf_add(&n->key, &column, sizeof column);
    buf_add_str(&n->key, literal);
    struct map_entry *entry = map_at(&n->pieces, buf_str(&n->key), &is_new);
    if (is_new) {
        struct skeletons *s = n->to;
        s->pieces = grown(n->arena, s->pieces, s->piece_count, &n->piece_capacity, sizeof *s->pieces);
        entry->value = s->piece_count;
        s->pieces[s->piece_count++] = (struct skeleton_piece){.column = column, .literal = literal};
    }
    return (uint32_t)entry->value;
}

static uint32_t add_skeleton(struct numbering *n, const struct shape *shape)
{
    struct skeletons *s = n->to;
    s->skeletons = grown(n->arena, s->skeletons, s->count, &n->capacity, sizeof *s->skeletons);
    struct skeleton *skeleton = &s->skeletons[s->count];
    uint32_t count = shape ? shape->slot_count : 1;
    uint32_t *pieces = ARENA_ARRAY(n->arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++) {
        struct str literal = shape ? shape->literals[i] : STR("");
        uint32_t column =
            shape ? number_column(n, shape->slots[i].path, shape->slots[i].kind) : number_column(n, STR(""), SLOT_TEXT);
        pieces[i] = number_piece(n, literal, column);
    }
    *skeleton = (struct skeleton){
        .count = count, .pieces = pieces, .tail = shape ? shape->literals[count] : STR(""), .whole = !shape};
    return s->count++;
}

static const struct shape *literal_shape(const struct record *rec)
{
    return rec->shape && rec->shape->literals && !(rec->flags & RECORD_TAIL) ? rec->shape : NULL;
}

/* How many values each column has. False when they are more than there may be of all columns together. */
static bool count_values(struct skeletons *s, uint32_t records, struct arena *arena)
{
    uint32_t *uses = arena_zalloc(arena, s->count * sizeof *uses);
    uint64_t values = 0;
    for (uint32_t i = 0; i < records; i++)
        uses[s->of_record[i]]++;
    for (uint32_t k = 0; k < s->count; k++) {
        const struct skeleton *skeleton = &s->skeletons[k];
        if ((values += (uint64_t)skeleton->count * uses[k]) > SKELETON_TOTAL_MAX)
            return false;
        for (uint32_t p = 0; p < skeleton->count; p++)
            s->columns[s->pieces[skeleton->pieces[p]].column].count += uses[k];
    }
    return true;
}

/* The skeleton of the shape; NULL: of a whole line. */
static uint32_t number_shape(struct numbering *n, const struct shape *shape)
{
    uint64_t hash = (uint64_t)(uintptr_t)shape * UINT64_C(0x9e3779b97f4a7c15) >> 32;
    uint32_t i = (uint32_t)hash % RECENT_MAX;
    if (n->recent[i].known && n->recent[i].shape == shape)
        return n->recent[i].number;
    bool is_new;
    struct map_entry *entry = map_at(&n->shapes, str_from((const char *)&shape, sizeof shape), &is_new);
    if (is_new)
        entry->value = add_skeleton(n, shape);
    n->recent[i].shape = shape;
    n->recent[i].number = (uint32_t)entry->value;
    n->recent[i].known = true;
    return n->recent[i].number;
}

static bool make(const struct batch *batch, struct skeletons *ret, struct arena *arena, bool plain)
{
    __attribute__((cleanup(numbering_release))) struct numbering n = {.to = ret, .arena = arena, .key = BUF(64 << 20)};
    *ret = (struct skeletons){.of_record = ARENA_ARRAY(arena, uint32_t, batch->record_count)};
    for (uint32_t i = 0; i < batch->record_count; i++) {
        ret->of_record[i] = number_shape(&n, plain ? NULL : literal_shape(&batch->records[i]));
        if (ret->column_count >= COLUMN_COUNT_MAX - 8 || ret->piece_count >= SKELETON_PIECES_MAX)
            return false;
    }
    return count_values(ret, batch->record_count, arena);
}

bool skeletons_make(const struct batch *batch, struct skeletons *ret, struct arena *arena)
{
    return make(batch, ret, arena, false);
}

void skeletons_plain(const struct batch *batch, struct skeletons *ret, struct arena *arena)
{
    must(make(batch, ret, arena, true));
}

/* ---- Columns of the same records --------------------------------------------------------------------------------------- */

/* Classes of columns that stood together in all skeletons so far. */
struct classes {
    uint32_t count;
    uint32_t *of;      /* column -> class */
    uint32_t *size;    /* class -> columns in it */
    uint32_t *hits;    /* class -> those of them in the skeleton at hand */
    uint32_t *into;    /* class -> the class that these go to, 0 = none */
    uint32_t *seen;    /* column -> the last skeleton it stood in, and one */
    uint32_t *touched; /* columns of the skeleton at hand, each once */
    bool *twice;       /* column -> it stood twice in some skeleton */
};

/* Those that stand in the skeleton part from those that do not. */
static void split_classes(struct classes *c, const struct skeletons *s, uint32_t index)
{
    const struct skeleton *skeleton = &s->skeletons[index];
    uint32_t touched = 0;
    for (uint32_t p = 0; p < skeleton->count; p++) {
        uint32_t column = s->pieces[skeleton->pieces[p]].column;
        if (c->seen[column] == index + 1) {
            c->twice[column] = true;
            continue;
        }
        c->seen[column] = index + 1;
        c->touched[touched++] = column;
        c->hits[c->of[column]]++;
    }
    for (uint32_t i = 0; i < touched; i++) {
        uint32_t from = c->of[c->touched[i]];
        if (c->hits[from] == c->size[from])
            continue; /* the whole class */
        if (c->into[from] == 0)
            c->into[from] = c->count++;
        c->of[c->touched[i]] = c->into[from];
    }
    for (uint32_t i = 0; i < touched; i++) { /* sizes change only now: they were still being compared with */
        uint32_t to = c->of[c->touched[i]];
        c->size[to] += c->hits[to] == 0;
    }
    for (uint32_t from = 0; from < c->count; from++) {
        if (c->into[from])
            c->size[from] -= c->hits[from];
        c->hits[from] = c->into[from] = 0;
    }
}

void skeletons_group(const struct skeletons *s, uint32_t *ret_first, struct arena *scratch)
{
    uint32_t columns = s->column_count;
    struct classes c = {.count = 1};
    uint32_t **arrays[] = {&c.of, &c.size, &c.hits, &c.into, &c.seen, &c.touched};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        *arrays[i] = arena_zalloc(scratch, (columns + 1) * sizeof **arrays[i]);
    c.twice = arena_zalloc(scratch, columns * sizeof *c.twice);
    c.size[0] = columns;
    for (uint32_t i = 0; i < s->count; i++)
        split_classes(&c, s, i);
    uint32_t *first = c.touched; /* of each class, and one */
    memset(first, 0, (columns + 1) * sizeof *first);
    for (uint32_t i = 0; i < columns; i++) {
        uint32_t *of_class = &first[c.of[i]];
        if (*of_class == 0 && !c.twice[i])
            *of_class = i + 1;
        ret_first[i] = c.twice[i] ? i : *of_class - 1;
    }
}

/* ---- Writing ---------------------------------------------------------------------------------------------------------- */

static void add_text(struct pools *out, struct str text)
{
    buf_add_varint(&out->bufs[POOL_META], text.size);
    buf_add_str(&out->bufs[POOL_TEXT], text);
}

static void add_tails(const struct skeletons *s, struct pools *out, uint32_t *codes)
{
    SCOPED(map) tails = {0};
    for (uint32_t i = 0; i < s->count; i++) {
        bool is_new;
        struct map_entry *entry = map_at(&tails, s->skeletons[i].tail, &is_new);
        if (is_new)
            entry->value = tails.count - 1;
        codes[i] = (uint32_t)entry->value;
    }
    buf_add_varint(&out->bufs[POOL_META], tails.count);
    for (size_t i = 0; i < tails.count; i++)
        add_text(out, tails.entries[i].key);
    buf_add_varint(&out->bufs[POOL_META], s->count);
    pool_add_codes(out, codes, s->count, (uint32_t)tails.count);
}

void skeletons_encode(const struct skeletons *s, uint32_t records, struct pools *out, struct arena *scratch)
{
    struct buf *meta = &out->bufs[POOL_META];
    buf_add_varint(meta, s->column_count);
    for (uint32_t i = 0; i < s->column_count; i++) {
        buf_add_char(meta, (char)s->columns[i].kind);
        add_text(out, s->columns[i].path);
    }
    buf_add_varint(meta, s->piece_count);
    for (uint32_t i = 0; i < s->piece_count; i++) {
        buf_add_varint(meta, s->pieces[i].column);
        add_text(out, s->pieces[i].literal);
    }
    uint32_t *codes = ARENA_ARRAY(scratch, uint32_t, s->count);
    add_tails(s, out, codes);
    int64_t *counts = ARENA_ARRAY(scratch, int64_t, s->count);
    for (uint32_t i = 0; i < s->count; i++)
        counts[i] = s->skeletons[i].count;
    pool_add_numbers(out, counts, s->count, scratch);
    for (uint32_t i = 0; i < s->count; i++)
        pool_add_codes(out, s->skeletons[i].pieces, s->skeletons[i].count, s->piece_count);
    pool_add_codes(out, s->of_record, records, s->count);
}

/* ---- Reading ---------------------------------------------------------------------------------------------------------- */

static bool take_count(struct pool_reader *in, uint64_t max, uint32_t *ret)
{
    uint64_t count;
    if (!pool_take_varint(in, &count) || count > max)
        return false;
    *ret = (uint32_t)count;
    return true;
}

static bool take_text(struct pool_reader *in, struct str *ret)
{
    uint64_t size;
    return pool_take_varint(in, &size) && pool_take(in, POOL_TEXT, size, ret);
}

static bool take_columns(struct pool_reader *in, struct skeletons *s, struct arena *arena)
{
    if (!take_count(in, COLUMN_COUNT_MAX, &s->column_count))
        return false;
    s->columns = arena_zalloc(arena, s->column_count * sizeof *s->columns);
    for (uint32_t i = 0; i < s->column_count; i++) {
        struct str kind;
        if (!pool_take(in, POOL_META, 1, &kind) || !take_text(in, &s->columns[i].path))
            return false;
        s->columns[i].kind = (uint8_t)kind.data[0];
    }
    return true;
}

static bool take_pieces(struct pool_reader *in, struct skeletons *s, struct arena *arena)
{
    if (!take_count(in, SKELETON_PIECES_MAX + 1024, &s->piece_count))
        return false;
    s->pieces = ARENA_ARRAY(arena, struct skeleton_piece, s->piece_count);
    for (uint32_t i = 0; i < s->piece_count; i++) {
        if (s->column_count == 0 || !take_count(in, s->column_count - 1, &s->pieces[i].column) ||
            !take_text(in, &s->pieces[i].literal))
            return false;
    }
    return true;
}

static bool take_tails(struct pool_reader *in, struct skeletons *s, uint32_t records, struct arena *arena)
{
    uint32_t count;
    if (!take_count(in, records, &count))
        return false;
    struct str *tails = ARENA_ARRAY(arena, struct str, count);
    for (uint32_t i = 0; i < count; i++)
        if (!take_text(in, &tails[i]))
            return false;
    if (!take_count(in, records, &s->count))
        return false;
    uint32_t *codes = ARENA_ARRAY(arena, uint32_t, s->count);
    if (!pool_take_codes(in, codes, s->count, count))
        return false;
    s->skeletons = arena_zalloc(arena, s->count * sizeof *s->skeletons);
    for (uint32_t i = 0; i < s->count; i++)
        s->skeletons[i].tail = tails[codes[i]];
    return true;
}

static bool take_skeletons(struct pool_reader *in, struct skeletons *s, struct arena *arena)
{
    int64_t *counts = ARENA_ARRAY(arena, int64_t, s->count);
    int64_t total = 0;
    if (!pool_take_numbers(in, counts, s->count))
        return false;
    for (uint32_t i = 0; i < s->count; i++) {
        if (counts[i] < 0 || counts[i] > SKELETON_TOTAL_MAX || (total += counts[i]) > SKELETON_TOTAL_MAX)
            return false;
        struct skeleton *skeleton = &s->skeletons[i];
        skeleton->count = (uint32_t)counts[i];
        uint32_t *pieces = ARENA_ARRAY(arena, uint32_t, skeleton->count);
        if (!pool_take_codes(in, pieces, skeleton->count, s->piece_count))
            return false;
        skeleton->literal_size = skeleton->tail.size;
        for (uint32_t p = 0; p < skeleton->count; p++)
            skeleton->literal_size += s->pieces[pieces[p]].literal.size;
        skeleton->pieces = pieces;
    }
    return true;
}

bool skeletons_decode(struct pool_reader *in, uint32_t records, struct skeletons *ret, struct arena *arena)
{
    *ret = (struct skeletons){0};
    if (!take_columns(in, ret, arena) || !take_pieces(in, ret, arena) || !take_tails(in, ret, records, arena) ||
        !take_skeletons(in, ret, arena))
        return false;
    ret->of_record = ARENA_ARRAY(arena, uint32_t, records);
    if (!pool_take_codes(in, ret->of_record, records, ret->count))
        return false;
    return count_values(ret, records, arena);
}
