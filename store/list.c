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

static inline size_t typed_text(const struct list *list, uint32_t i, char *out)
{
    if (list->typed.numbers)
        return typed_number_text(list->typed.typed, list->typed.numbers[i],
                                 list->typed.scales ? list->typed.scales[i] : 0, out);
    return typed_bytes_text(list->typed.typed, list->typed.bytes + i * list->typed.each, out);
}

static inline bool put_typed(const struct list *list, uint32_t i, struct buf *out)
{
    if (out->capacity - out->size <= TYPED_TEXT_MAX && !buf_reserve(out, TYPED_TEXT_MAX))
        return false;
    size_t size = typed_text(list, i, out->data + out->size);
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

static bool make_text(struct lister *lister, const struct list *list, uint32_t code)
{
    struct str *made = &list->dict.made[code];
    if (!list_text(lister, list->dict.texts, code, made))
        return false;
    if (!made->data)
        made->data = "";
    return true;
}

/* Where the text of a SAME stands. */
static inline const struct list *same_text(const struct list *list, uint32_t i, uint32_t *ret_place)
{
    uint32_t place = list->same.places[i];
    *ret_place = place & ~LIST_OWN;
    return place & LIST_OWN ? list->same.own : list->same.other;
}

bool list_put(struct lister *lister, const struct list *list, uint32_t i, struct buf *out)
{
    uint32_t place;
    switch (list->way) {
    case WAY_ONE:
        return put(lister, list->one, out);
    case WAY_RAW:
        return put(lister, raw_text(list, i), out);
    case WAY_TYPED:
        return put_typed(list, i, out);
    case WAY_DICT:
        place = list->dict.codes[i];
        return (list->dict.made[place].data || make_text(lister, list, place)) &&
               put(lister, list->dict.made[place], out);
    case WAY_SPLIT:
        return put_split(lister, list, i, out);
    case WAY_SAME:
        list = same_text(list, i, &place);
        return list_put(lister, list, place, out);
    case WAY_LINES:
        return put_lines(lister, list, i, out);
    default:
        return false;
    }
}

bool list_text(struct lister *lister, const struct list *list, uint32_t i, struct str *ret)
{
    while (list->way == WAY_SAME)
        list = same_text(list, i, &i);
    if (list->way == WAY_ONE || list->way == WAY_RAW) {
        *ret = list->way == WAY_ONE ? list->one : raw_text(list, i);
        return true;
    }
    if (list->way == WAY_DICT) {
        uint32_t code = list->dict.codes[i];
        bool sound = list->dict.made[code].data || make_text(lister, list, code);
        *ret = list->dict.made[code];
        return sound;
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
        return (*ret = typed_text(list, i, text)) > 0;
    case WAY_SPLIT:
        return split_size(lister, list, i, ret);
    case WAY_SAME:
        list = same_text(list, i, &i);
        return list_size(lister, list, i, ret);
    case WAY_LINES:
        return lines_size(lister, list, i, ret);
    case WAY_ONE:
    case WAY_RAW:
    case WAY_DICT:
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
    if (list->way == WAY_TYPED && list->typed.numbers)
        return typed_times(list->typed.typed, list->typed.numbers, list->typed.scales, list->count, arena);
    if (list->way != WAY_DICT || list->dict.texts->way != WAY_TYPED)
        return NULL;
    const int64_t *distinct = list_times(list->dict.texts, arena);
    if (!distinct)
        return NULL;
    int64_t *times = ARENA_ARRAY(arena, int64_t, list->count);
    for (uint32_t i = 0; i < list->count; i++)
        times[i] = distinct[list->dict.codes[i]];
    return times;
}
