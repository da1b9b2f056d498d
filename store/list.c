#include "store/list.h"

#include "store/block.h"

void lister_reset(struct lister *lister, struct arena *arena)
{
    lister->arena = arena;
    lister->scratch.size_max = BLOCK_TEXT_MAX;
    buf_reset(&lister->scratch);
    lister->texts_left = LIST_TEXTS_MAX;
    lister->empties_left = LIST_EMPTIES_MAX;
}

void lister_release(struct lister *lister)
{
    buf_release(&lister->scratch);
}

/* ---- Texts ------------------------------------------------------------------------------------------------------------- */

/* Most texts are short: two loads and two stores that overlap are cheaper than a call. */
static inline void copy(char *to, const char *from, size_t size)
{
    if (size >= 8 && size <= 16) {
        uint64_t a, b;
        memcpy(&a, from, 8);
        memcpy(&b, from + size - 8, 8);
        memcpy(to, &a, 8);
        memcpy(to + size - 8, &b, 8);
    } else if (size >= 4 && size < 8) {
        uint32_t a, b;
        memcpy(&a, from, 4);
        memcpy(&b, from + size - 4, 4);
        memcpy(to, &a, 4);
        memcpy(to + size - 4, &b, 4);
    } else if (size < 4) {
        for (size_t i = 0; i < size; i++)
            to[i] = from[i];
    } else {
        memcpy(to, from, size);
    }
}

static inline bool spend_empty(struct lister *lister)
{
    return lister->empties_left > 0 && lister->empties_left-- > 0;
}

static inline bool put(struct lister *lister, struct str text, struct buf *out)
{
    if (text.size == 0)
        return spend_empty(lister);
    if (out->capacity - out->size <= text.size && !buf_reserve(out, text.size))
        return false;
    copy(out->data + out->size, text.data, text.size);
    out->size += text.size;
    return true;
}

static inline struct str raw_text(const struct list *list, uint32_t i)
{
    uint32_t from = i ? list->raw.ends[i - 1] : 0;
    return str_from(list->raw.data + from, list->raw.ends[i] - from);
}

const int64_t *list_numbers(struct arena *arena, struct list_typed *typed)
{
    if (!typed->numbers) {
        int64_t *numbers = ARENA_ARRAY(arena, int64_t, typed->packed.count);
        pool_read_numbers(&typed->packed, numbers);
        typed->numbers = numbers;
    }
    return typed->numbers;
}

static inline size_t typed_text(struct lister *lister, const struct list *list, uint32_t i, char *out)
{
    struct list_typed *typed = list->typed;
    if (typed->bytes)
        return typed_bytes_text(&typed->typed, typed->bytes + i * typed->each, out);
    bool alone = !typed->numbers && !typed->packed.deltas; /* then each can be read by itself */
    int64_t number = alone ? pool_number_at(&typed->packed, i) : list_numbers(lister->arena, typed)[i];
    return typed_number_text(&typed->typed, number, typed->scales ? typed->scales[i] : 0, out);
}

static inline bool put_typed(struct lister *lister, const struct list *list, uint32_t i, struct buf *out)
{
    if (out->capacity - out->size <= TYPED_TEXT_MAX && !buf_reserve(out, TYPED_TEXT_MAX))
        return false;
    size_t size = typed_text(lister, list, i, out->data + out->size);
    out->size += size;
    return size > 0;
}

static bool put_split(struct lister *lister, const struct list *list, uint32_t i, struct buf *out)
{
    const struct list_template *template = &list->split.templates[list->split.codes[i]];
    uint32_t place = list->split.places[i];
    for (uint32_t v = 0; v < template->variables; v++)
        if (!put(lister, template->literals[v], out) || !list_put(lister, &template->lists[v], place, out))
            return false;
    return put(lister, template->literals[template->variables], out);
}

static bool put_lines(struct lister *lister, const struct list *list, uint32_t i, struct buf *out)
{
    uint32_t first = i ? list->lines.ends[i - 1] : 0;
    for (uint32_t line = first; line < list->lines.ends[i]; line++)
        if ((line > first && !put(lister, STR("\\n"), out)) || !list_put(lister, list->lines.lines, line, out))
            return false;
    return true;
}

/* ---- One by one -------------------------------------------------------------------------------------------------------- */

/* The record of one text, without those of all where that can be. */
static bool row_of(struct arena *arena, struct list_rows *rows, uint32_t i, uint32_t *ret)
{
    while (!rows->rows && rows->picked) {
        i = rows->picked[i];
        rows = rows->base;
    }
    if (!rows->rows && !list_rows(arena, rows))
        return false;
    *ret = rows->rows[i];
    return true;
}

/* What is written of a text: see column.h. */
static inline uint32_t symbol_at(const struct list_dict *dict, uint32_t i, bool wide)
{
    uint32_t low = (uint8_t)dict->symbols.low.data[i];
    return wide ? low | (uint32_t)(uint8_t)dict->symbols.high.data[i] << 8 : low;
}

/* The code beside a text of a guessed dictionary, of the parent's text in the same record. False when there is none. */
static bool find_beside(struct arena *arena, const struct list_dict *dict, uint32_t i, uint32_t *ret)
{
    const struct column *parent = dict->parent;
    struct list_dict *of = parent->list->dict;
    uint32_t row, at = i;
    if (dict->rows->rows != parent->rows) {
        if (!row_of(arena, dict->rows, i, &row))
            return false;
        at = column_find(parent, row);
        if (at >= parent->count || parent->rows[at] != row)
            return false;
    }
    if (!of->codes && !of->parent && !of->age) {
        *ret = symbol_at(of, at, of->symbols.high.size > 0);
        return true;
    }
    const uint16_t *codes = list_codes(arena, of);
    if (codes)
        *ret = codes[at];
    return codes != NULL;
}

/* Where it is said what stands for a guess: the text before it that had the same text beside it, and was no guess. UINT32_MAX
 * when it is not near. */
static uint32_t find_said(struct arena *arena, const struct list_dict *dict, uint32_t i, bool wide)
{
    enum { NEAR = 1024 };
    uint32_t wanted, beside;
    if (!find_beside(arena, dict, i, &wanted))
        return UINT32_MAX;
    for (uint32_t at = i; at > 0 && i - at < NEAR; at--)
        if (symbol_at(dict, at - 1, wide) != 0 && find_beside(arena, dict, at - 1, &beside) && beside == wanted)
            return at - 1;
    return UINT32_MAX;
}

/* One code, without those of all where that can be. */
static bool find_code(struct arena *arena, struct list_dict *dict, uint32_t i, uint32_t *ret)
{
    bool wide = dict->symbols.high.size > 0, guessed = dict->parent != NULL;
    if (!dict->codes && guessed && symbol_at(dict, i, wide) == 0) {
        uint32_t said = find_said(arena, dict, i, wide);
        if (said == UINT32_MAX && !list_codes(arena, dict))
            return false;
        i = said == UINT32_MAX ? i : said;
    }
    uint32_t symbol = symbol_at(dict, i, wide);
    if (dict->codes)
        *ret = dict->codes[i];
    else if (dict->age)
        *ret = pool_count_codes(&dict->symbols, i, guessed) + guessed -
               symbol; /* the symbols of new ones count those before */
    else
        *ret = symbol - guessed;
    return *ret < dict->distinct;
}

/* ---- Texts of dictionaries and of other columns ------------------------------------------------------------------------ */

/* The text of a dictionary, made when it is wanted first; absent when it is damaged. */
static inline struct str dict_text(struct lister *lister, struct list_dict *dict, uint32_t i)
{
    const uint16_t *codes = dict->codes ? dict->codes : list_codes(lister->arena, dict);
    if (!codes)
        return STR_ABSENT;
    if (dict->texts->way == WAY_RAW) /* made as it stands */
        return raw_text(dict->texts, codes[i]);
    if (!dict->made)
        dict->made = arena_zalloc(lister->arena, dict->distinct * sizeof *dict->made);
    struct str *made = &dict->made[codes[i]];
    if (made->data)
        return *made;
    if (!list_text(lister, dict->texts, codes[i], made))
        return STR_ABSENT;
    if (!made->data)
        made->data = "";
    return *made;
}

/* As long as few texts of a dictionary are asked for, each is found by itself. */
static inline bool is_asked_seldom(struct list_dict *dict)
{
    enum { ASKED_MAX = 64 };
    return dict->asked < ASKED_MAX && ++dict->asked < ASKED_MAX;
}

/* One place; false when the other column has no text there. */
static bool find_place(struct arena *arena, const struct list_same *same, uint32_t i, uint32_t *ret)
{
    uint32_t row;
    if (!same->bits.low.data[i]) {
        *ret = pool_count_codes(&same->bits, i, 0) | LIST_OWN;
        return true;
    }
    if (!row_of(arena, same->rows, i, &row))
        return false;
    *ret = column_find(same->other, row);
    return *ret < same->other->count && same->other->rows[*ret] == row;
}

/* The list in which the text of a SAME stands, and where; NULL when it is damaged. */
static const struct list *same_text(struct lister *lister, const struct list *list, uint32_t i, uint32_t *ret_place)
{
    enum { ASKED_MAX = 64 };
    struct list_same *same = list->same;
    uint32_t place;
    if (!same->places && same->asked++ < ASKED_MAX) {
        if (!find_place(lister->arena, same, i, &place))
            return NULL;
    } else {
        const uint32_t *places = list_places(lister->arena, same);
        if (!places)
            return NULL;
        place = places[i];
    }
    *ret_place = place & ~LIST_OWN;
    return place & LIST_OWN ? same->own : same->other->list;
}

bool list_put(struct lister *lister, const struct list *list, uint32_t i, struct buf *out)
{
    uint32_t place;
    struct str text;
    switch (list->way) {
    case WAY_ONE:
        return put(lister, list->one, out);
    case WAY_RAW:
        return put(lister, raw_text(list, i), out);
    case WAY_TYPED:
        return put_typed(lister, list, i, out);
    case WAY_DICT:
        if (is_asked_seldom(list->dict))
            return find_code(lister->arena, list->dict, i, &place) && list_put(lister, list->dict->texts, place, out);
        text = dict_text(lister, list->dict, i);
        return text.data && put(lister, text, out);
    case WAY_SPLIT:
        return put_split(lister, list, i, out);
    case WAY_SAME:
        list = same_text(lister, list, i, &place);
        return list && list_put(lister, list, place, out);
    case WAY_LINES:
        return put_lines(lister, list, i, out);
    default:
        return false;
    }
}

bool list_text(struct lister *lister, const struct list *list, uint32_t i, struct str *ret)
{
    while (list->way == WAY_SAME)
        if (!(list = same_text(lister, list, i, &i)))
            return false;
    if (list->way == WAY_ONE || list->way == WAY_RAW) {
        *ret = list->way == WAY_ONE ? list->one : raw_text(list, i);
        return true;
    }
    if (list->way == WAY_DICT) {
        uint32_t code;
        if (is_asked_seldom(list->dict))
            return find_code(lister->arena, list->dict, i, &code) && list_text(lister, list->dict->texts, code, ret);
        *ret = dict_text(lister, list->dict, i);
        return ret->data != NULL;
    }
    /* Texts within this one may use the scratch behind it. */
    size_t start = lister->scratch.size, size = 0;
    bool sound = list_put(lister, list, i, &lister->scratch);
    if (sound) {
        size = lister->scratch.size - start;
        sound = size <= lister->texts_left;
    }
    if (sound) {
        lister->texts_left -= size;
        char *to = arena_alloc(lister->arena, size + 1);
        if (size > 0) /* nothing was put anywhere */
            copy(to, lister->scratch.data + start, size);
        *ret = str_from(to, size);
    }
    lister->scratch.size = start;
    return sound;
}

/* ---- Sizes --------------------------------------------------------------------------------------------------------------- */

static bool split_size(struct lister *lister, const struct list *list, uint32_t i, size_t *ret)
{
    const struct list_template *template = &list->split.templates[list->split.codes[i]];
    *ret = template->text.size - template->variables;
    for (uint32_t v = 0; v < template->variables; v++) {
        size_t size;
        if (!list_size(lister, &template->lists[v], list->split.places[i], &size))
            return false;
        *ret += size;
    }
    return spend_empty(lister);
}

static bool lines_size(struct lister *lister, const struct list *list, uint32_t i, size_t *ret)
{
    uint32_t first = i ? list->lines.ends[i - 1] : 0;
    *ret = 0;
    for (uint32_t line = first; line < list->lines.ends[i]; line++) {
        size_t size;
        if (!list_size(lister, list->lines.lines, line, &size))
            return false;
        *ret += size + (line > first ? 2 : 0);
    }
    return true;
}

bool list_size(struct lister *lister, const struct list *list, uint32_t i, size_t *ret)
{
    char text[TYPED_TEXT_MAX];
    struct str view;
    switch (list->way) {
    case WAY_TYPED:
        return (*ret = typed_text(lister, list, i, text)) > 0;
    case WAY_SPLIT:
        return split_size(lister, list, i, ret);
    case WAY_SAME:
        list = same_text(lister, list, i, &i);
        return list && list_size(lister, list, i, ret);
    case WAY_LINES:
        return lines_size(lister, list, i, ret);
    case WAY_DICT:
        if (is_asked_seldom(list->dict))
            return find_code(lister->arena, list->dict, i, &i) && list_size(lister, list->dict->texts, i, ret);
        /* fall through */
    case WAY_ONE:
    case WAY_RAW:
        if (!list_text(lister, list, i, &view))
            return false;
        *ret = view.size;
        return spend_empty(lister);
    default:
        return false;
    }
}

/* ---- Times --------------------------------------------------------------------------------------------------------------- */

const int64_t *list_times(const struct list *list, struct arena *arena)
{
    if (list->way == WAY_TYPED && !list->typed->bytes)
        return typed_times(&list->typed->typed, list_numbers(arena, list->typed), list->typed->scales, list->count,
                           arena);
    if (list->way != WAY_DICT || list->dict->texts->way != WAY_TYPED)
        return NULL;
    const int64_t *distinct = list_times(list->dict->texts, arena);
    const uint16_t *codes = distinct ? list_codes(arena, list->dict) : NULL;
    if (!codes)
        return NULL;
    int64_t *times = ARENA_ARRAY(arena, int64_t, list->count);
    for (uint32_t i = 0; i < list->count; i++)
        times[i] = distinct[codes[i]];
    return times;
}
