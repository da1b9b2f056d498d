#include "store/encode.h"

#include "base/hash.h"
#include "base/must.h"
#include "store/fraction.h"
#include "store/typed.h"

enum {
    HINT_USES_MIN =
        3, /* after so many uses a hint is searched anew, then after twice as many, and so on up to the maximum */
    HINT_USES_MAX = 96,
    HINT_WAYS = 4, /* places where a hint may stand: a few lists too many forget few others */
};

/* ---- What the ways share ------------------------------------------------------------------------------------------------ */

/* Where the key's hint is, or is to be put. */
static struct column_hint *hint_place(struct column_hints *hints, uint64_t key)
{
    struct column_hint *set = &hints->hints[(key >> 40) % (HINTS / HINT_WAYS) * HINT_WAYS], *free = NULL;
    for (unsigned way = 0; way < HINT_WAYS; way++) {
        if (set[way].key == key)
            return &set[way];
        if (set[way].key == 0)
            free = &set[way];
    }
    return free ? free : &set[key / 2 % HINT_WAYS];
}

struct column_hint *encode_hint(struct encoder *e, struct texts list)
{
    uint64_t key = list.key | 1;
    struct column_hint *hint = hint_place(e->hints, key);
    bool known = hint->key == key;
    if (known && hint->uses_left-- > 0)
        return hint;
    unsigned uses = known && hint->uses < HINT_USES_MAX / 2 ? hint->uses * 2 : known ? HINT_USES_MAX : HINT_USES_MIN;
    *hint = (struct column_hint){
        .key = key, .parent = HINT_UNKNOWN, .same = HINT_UNKNOWN, .uses = (uint8_t)uses, .uses_left = (uint8_t)uses};
    return hint;
}

void encode_refer(struct encoder *e, const struct column *other)
{
    struct column *self = &e->set->columns[e->index];
    if (self->chain <= other->chain)
        self->chain = other->chain + 1;
}

const struct column *encode_column_by_id(const struct encoder *e, int32_t id)
{
    for (uint32_t i = 0; i < e->index && id >= 0; i++)
        if ((int32_t)e->set->columns[i].id == id)
            return &e->set->columns[i];
    return NULL;
}

void encode_way(struct encoder *e, enum column_way way, unsigned depth)
{
    if (depth == 0)
        e->set->columns[e->index].way = (uint8_t)way;
    buf_add_char(&e->out->bufs[POOL_META], (char)way);
}

void encode_literal(struct encoder *e, struct str text)
{
    buf_add_varint(&e->out->bufs[POOL_META], text.size);
    buf_add_str(&e->out->bufs[POOL_TEXT], text);
}

/* The words of the list's first texts; runs of digits cut out of a word are none. */
void encode_words(struct encoder *e, struct texts list, enum stage stage, uint32_t count)
{
    for (uint32_t i = 0; i < count && stage <= STAGE_DIGITS; i++)
        words_add(e->words, list.values[i]);
}

static bool all_equal(struct texts list)
{
    for (uint32_t i = 1; i < list.count; i++)
        if (!str_equal(list.values[0], list.values[i]))
            return false;
    return true;
}

static void encode_raw(struct encoder *e, struct texts list)
{
    int64_t *sizes = ARENA_ARRAY(e->scratch, int64_t, list.count);
    for (uint32_t i = 0; i < list.count; i++) {
        sizes[i] = (int64_t)list.values[i].size;
        buf_add_str(&e->out->bufs[POOL_TEXT], list.values[i]);
    }
    pool_add_numbers(e->out, sizes, list.count, e->scratch);
}

static bool encode_typed(struct encoder *e, struct texts list, unsigned depth, enum stage stage)
{
    struct typed typed;
    int64_t *numbers = ARENA_ARRAY(e->scratch, int64_t, list.count);
    uint32_t *scales = ARENA_ARRAY(e->scratch, uint32_t, list.count);
    if (!typed_detect(list.values, list.count, &typed, numbers, scales))
        return false;
    encode_way(e, WAY_TYPED, depth);
    /* Numbers and times have no word that is indexed but in what all of them have in common, or as 5367431640625e of 9.5367431640625e-07. */
    encode_words(e, list, stage, typed_is_number(typed.type) ? 1 : list.count);
    for (uint32_t i = 0; i < list.count && typed.type == TYPE_FRACTION; i++)
        if (scales[i] >= FRACTION_POWER)
            words_add(e->words, list.values[i]);
    struct buf *meta = &e->out->bufs[POOL_META];
    buf_add_char(meta, (char)typed.type);
    buf_add_char(meta, (char)typed.width);
    buf_add_char(meta, (char)typed.variant);
    if (typed.type == TYPE_TIME) {
        buf_add_char(meta, typed.separator);
        buf_add_char(meta, (char)typed.suffix_size);
        buf_add(meta, typed.suffix, typed.suffix_size);
    }
    if (typed_is_number(typed.type)) {
        if (depth <= 1) /* of a column, or of its dictionary */
            e->times = typed_times(&typed, numbers, scales, list.count, e->scratch);
        pool_add_numbers(e->out, numbers, list.count, e->scratch);
        if (typed_has_scales(typed.type))
            pool_add_codes(e->out, scales, list.count, 256);
        return true;
    }
    size_t size = typed_byte_size(&typed);
    char *to = buf_reserve(&e->out->bufs[POOL_BITS], size * list.count);
    must(to);
    for (uint32_t i = 0; i < list.count; i++)
        typed_to_bytes(&typed, list.values[i], to + i * size);
    e->out->bufs[POOL_BITS].size += size * list.count;
    return true;
}

/* ---- One list --------------------------------------------------------------------------------------------------------------- */

/* Texts of no type and with few repeats. */
static void encode_plain(struct encoder *e, struct texts list, unsigned depth, enum stage stage)
{
    bool nest = list.count >= ENCODE_SMALL && depth + 1 < COLUMN_DEPTH_MAX;
    if (nest && stage <= STAGE_LINES) {
        enum split_lines lines = split_lines_kind(list.values[list.count / 2]);
        if (lines == LINES_JSON && encode_split(e, list, depth, SPLIT_PAIRS))
            return;
        if (lines == LINES_KEYED && encode_split(e, list, depth, SPLIT_LINES))
            return;
        if (lines >= LINES_PLAIN && lines <= LINES_KEYED && encode_lines(e, list, depth))
            return;
    }
    if (nest && stage <= STAGE_WORDS && encode_split(e, list, depth, SPLIT_WORDS))
        return;
    if (nest && stage <= STAGE_DIGITS && encode_split(e, list, depth, SPLIT_DIGITS))
        return;
    encode_way(e, WAY_RAW, depth);
    encode_words(e, list, stage, list.count);
    encode_raw(e, list);
}

/* distinct: no two texts are equal. The order of attempts is that of what usually comes out smallest. */
void encode_list(struct encoder *e, struct texts list, unsigned depth, enum stage stage, bool distinct)
{
    e->times = NULL;
    if (list.count == 0)
        return;
    if (!distinct && all_equal(list)) {
        encode_way(e, WAY_ONE, depth);
        encode_words(e, list, stage, 1);
        encode_literal(e, list.values[0]);
        return;
    }
    bool nest = list.count >= ENCODE_SMALL && depth + 1 < COLUMN_DEPTH_MAX;
    if (!(nest && encode_same(e, list, depth, stage))) {
        if (nest && !distinct && encode_dict(e, list, depth, stage))
            return;
        if (encode_typed(e, list, depth, stage))
            return;
        encode_plain(e, list, depth, stage);
    }
    e->times = NULL; /* those of a list within */
}

void column_encode(struct column_set *set, uint32_t index, struct column_hints *hints, struct pools *out,
                   struct words *words, struct arena *kept, struct arena *scratch)
{
    struct encoder e = {
        .set = set, .index = index, .hints = hints, .out = out, .words = words, .scratch = scratch, .kept = kept};
    struct column *column = &set->columns[index];
    column->codes = NULL;
    column->distinct = column->chain = 0;
    struct texts list = {column->values, column->rows, column->count, hash_bytes(&column->id, sizeof column->id, 0)};
    encode_list(&e, list, 0, STAGE_LINES, false);
    column->times = NULL;
    if (e.times && (column->way == WAY_TYPED || column->way == WAY_DICT)) {
        int64_t *times = ARENA_ARRAY(kept, int64_t, column->count);
        memcpy(times, e.times, column->count * sizeof *times);
        column->times = times;
    }
}
