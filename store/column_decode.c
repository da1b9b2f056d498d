#include "store/list.h"

#include "store/split.h"

struct decoder {
    struct column_set *set;
    uint32_t index;
    struct pool_reader *in;
    struct arena *arena;
};

/* Fills *ret, a list of texts that belong to these rows. */
static bool open_list(struct decoder *d, struct list_rows *rows, unsigned depth, struct list *ret);

static bool take_count(struct decoder *d, uint64_t max, uint32_t *ret)
{
    uint64_t count;
    if (!pool_take_varint(d->in, &count) || count > max)
        return false;
    *ret = (uint32_t)count;
    return true;
}

/* Of what codes stand for: there are never more (pool_add_codes). */
static bool take_code_count(struct decoder *d, uint32_t max, uint32_t *ret)
{
    return take_count(d, max < COLUMN_CODES_MAX ? max : COLUMN_CODES_MAX, ret) && *ret > 0;
}

static bool take_byte(struct decoder *d, uint8_t *ret)
{
    struct str byte;
    if (!pool_take(d->in, POOL_META, 1, &byte))
        return false;
    *ret = (uint8_t)byte.data[0];
    return true;
}

/* The column that another one refers to, decoded. Only earlier ones can be. */
static const struct column *take_column(struct decoder *d)
{
    uint32_t index;
    if (d->index == 0 || !take_count(d, d->index - 1, &index) || !d->set->need(d->set->context, index))
        return NULL;
    const struct column *other = &d->set->columns[index];
    struct column *self = &d->set->columns[d->index];
    if (other->chain >= COLUMN_CHAIN_MAX)
        return NULL;
    if (self->chain <= other->chain)
        self->chain = other->chain + 1;
    return other;
}

static bool take_text(struct decoder *d, struct str *ret)
{
    uint64_t size;
    return pool_take_varint(d->in, &size) && pool_take(d->in, POOL_TEXT, size, ret);
}

static bool open_raw(struct decoder *d, struct list *ret)
{
    int64_t *sizes = ARENA_ARRAY(d->arena, int64_t, ret->count);
    uint32_t *ends = ARENA_ARRAY(d->arena, uint32_t, ret->count);
    size_t left = d->in->rest[POOL_TEXT].size, total = 0;
    if (!pool_take_numbers(d->in, sizes, ret->count))
        return false;
    for (uint32_t i = 0; i < ret->count; i++) {
        if (sizes[i] < 0 || (uint64_t)sizes[i] > left - total)
            return false;
        total += (size_t)sizes[i];
        ends[i] = (uint32_t)total;
    }
    struct str text;
    if (total > UINT32_MAX || !pool_take(d->in, POOL_TEXT, total, &text))
        return false;
    ret->raw.data = text.data ? text.data : "";
    ret->raw.ends = ends;
    return true;
}

static bool take_typed(struct decoder *d, struct typed *ret)
{
    *ret = (struct typed){0};
    struct str suffix = STR("");
    uint8_t separator = 0;
    if (!take_byte(d, &ret->type) || !take_byte(d, &ret->width) || !take_byte(d, &ret->variant))
        return false;
    if (ret->type == TYPE_TIME && (!take_byte(d, &separator) || !take_byte(d, &ret->suffix_size)))
        return false;
    if (!typed_valid(ret) || !pool_take(d->in, POOL_META, ret->suffix_size, &suffix))
        return false;
    ret->separator = (char)separator;
    memcpy(ret->suffix, suffix.data, suffix.size);
    return true;
}

static bool open_typed(struct decoder *d, struct list *ret)
{
    struct list_typed *typed = ARENA_NEW(d->arena, struct list_typed);
    ret->typed = typed;
    if (!take_typed(d, &typed->typed))
        return false;
    if (!typed_is_number(typed->typed.type)) {
        struct str bytes;
        typed->each = typed_byte_size(&typed->typed);
        if (!pool_take(d->in, POOL_BITS, typed->each * ret->count, &bytes))
            return false;
        typed->bytes = bytes.data;
        return bytes.size > 0;
    }
    if (!pool_skip_numbers(d->in, ret->count, &typed->packed))
        return false;
    if (!typed_has_scales(typed->typed.type))
        return true;
    uint32_t *scales = ARENA_ARRAY(d->arena, uint32_t, ret->count);
    typed->scales = scales;
    return pool_take_codes(d->in, scales, ret->count, 256);
}

/* ---- Dictionaries -------------------------------------------------------------------------------------------------------- */

static bool open_dict(struct decoder *d, struct list_rows *rows, unsigned depth, struct list *ret)
{
    struct list_dict *dict = ARENA_NEW(d->arena, struct list_dict);
    uint8_t bits;
    *dict = (struct list_dict){.count = ret->count, .rows = rows};
    ret->dict = dict;
    if (!take_code_count(d, ret->count, &dict->distinct) || !take_byte(d, &bits))
        return false;
    dict->age = bits & DICT_AGE;
    if (bits & DICT_GUESS) {
        dict->parent = take_column(d);
        if (!dict->parent || dict->parent->list->way != WAY_DICT)
            return false;
    }
    dict->texts = ARENA_NEW(d->arena, struct list);
    struct list_rows *first = ARENA_NEW(d->arena, struct list_rows);
    *first = (struct list_rows){.dict = dict, .count = dict->distinct};
    return pool_skip_codes(d->in, ret->count, dict->distinct + 2, &dict->symbols) &&
           open_list(d, first, depth + 1, dict->texts);
}

static bool open_same(struct decoder *d, struct list_rows *rows, unsigned depth, struct list *ret)
{
    struct list_same *same = arena_zalloc(d->arena, sizeof *same);
    struct list_rows *left = arena_zalloc(d->arena, sizeof *left);
    struct list *own = ARENA_NEW(d->arena, struct list);
    ret->same = same;
    same->count = ret->count;
    same->rows = rows;
    same->other = take_column(d);
    same->own = own;
    if (!same->other || !pool_skip_codes(d->in, ret->count, 2, &same->bits))
        return false;
    uint32_t zeros = pool_count_codes(&same->bits, ret->count, 0);
    if (zeros + pool_count_codes(&same->bits, ret->count, 1) != ret->count)
        return false;
    *left = (struct list_rows){.base = rows, .bits = same->bits.low.data, .count = zeros};
    return open_list(d, left, depth + 1, own);
}

/* ---- Templates -------------------------------------------------------------------------------------------------------------- */

static bool take_templates(struct decoder *d, struct list_template *templates, uint32_t count)
{
    for (uint32_t t = 0; t < count; t++) {
        struct list_template *template = &templates[t];
        *template = (struct list_template){0};
        if (!take_text(d, &template->text))
            return false;
        for (size_t i = 0; i < template->text.size; i++)
            template->variables += template->text.data[i] == 0;
        if (template->variables > SPLIT_VARIABLES_MAX)
            return false;
        template->literals = ARENA_ARRAY(d->arena, struct str, template->variables + 1);
        struct str rest = template->text;
        for (uint32_t v = 0; v <= template->variables; v++)
            template->literals[v] = v < template->variables ? str_cut(&rest, 0) : rest;
    }
    return true;
}

static bool open_variables(struct decoder *d, struct list_rows *rows, struct list_template *template, unsigned depth)
{
    if (template->count == 0)
        return true;
    struct list_rows *picked = ARENA_NEW(d->arena, struct list_rows);
    *picked = (struct list_rows){.base = rows, .picked = template->texts, .count = template->count};
    template->lists = arena_zalloc(d->arena, template->variables * sizeof *template->lists);
    for (uint32_t v = 0; v < template->variables; v++)
        if (!open_list(d, picked, depth + 1, &template->lists[v]))
            return false;
    return true;
}

/* Which texts have which template. */
static void deal_out(struct decoder *d, struct list *list, struct list_template *templates)
{
    const uint32_t *codes = list->split.codes;
    uint32_t *places = ARENA_ARRAY(d->arena, uint32_t, list->count);
    for (uint32_t i = 0; i < list->count; i++)
        places[i] = templates[codes[i]].count++;
    for (uint32_t t = 0; t < list->split.template_count; t++)
        templates[t].texts = ARENA_ARRAY(d->arena, uint32_t, templates[t].count);
    for (uint32_t i = 0; i < list->count; i++)
        templates[codes[i]].texts[places[i]] = i;
    list->split.places = places;
}

static bool open_split(struct decoder *d, struct list_rows *rows, unsigned depth, struct list *ret)
{
    uint32_t count;
    if (!take_code_count(d, ret->count, &count))
        return false;
    struct list_template *templates = ARENA_ARRAY(d->arena, struct list_template, count);
    uint32_t *codes = ARENA_ARRAY(d->arena, uint32_t, ret->count);
    ret->split.templates = templates;
    ret->split.template_count = count;
    ret->split.codes = codes;
    if (!take_templates(d, templates, count) || !pool_take_codes(d->in, codes, ret->count, count))
        return false;
    deal_out(d, ret, templates);
    for (uint32_t t = 0; t < count; t++)
        if (!open_variables(d, rows, &templates[t], depth))
            return false;
    return true;
}

/* ---- Lines ------------------------------------------------------------------------------------------------------------------ */

static bool open_lines(struct decoder *d, struct list_rows *rows, unsigned depth, struct list *ret)
{
    int64_t *counts = ARENA_ARRAY(d->arena, int64_t, ret->count);
    uint32_t *ends = ARENA_ARRAY(d->arena, uint32_t, ret->count);
    uint64_t total = 0;
    if (!pool_take_numbers(d->in, counts, ret->count))
        return false;
    for (uint32_t i = 0; i < ret->count; i++) {
        if (counts[i] < 1 || (uint64_t)counts[i] > d->set->values_left ||
            (total += (uint64_t)counts[i]) > d->set->values_left)
            return false;
        ends[i] = (uint32_t)total;
    }
    struct list_rows *line_rows = ARENA_NEW(d->arena, struct list_rows);
    *line_rows = (struct list_rows){.base = rows, .line_ends = ends, .count = (uint32_t)total};
    struct list *lines = ARENA_NEW(d->arena, struct list);
    ret->lines.ends = ends;
    ret->lines.lines = lines;
    return open_list(d, line_rows, depth + 1, lines);
}

static bool open_list(struct decoder *d, struct list_rows *rows, unsigned depth, struct list *ret)
{
    uint32_t count = rows->count;
    *ret = (struct list){.count = count};
    if (count == 0)
        return true;
    if (depth > COLUMN_DEPTH_MAX || count > d->set->values_left || !take_byte(d, &ret->way))
        return false;
    d->set->values_left -= count;
    switch (ret->way) {
    case WAY_ONE:
        return take_text(d, &ret->one);
    case WAY_RAW:
        return open_raw(d, ret);
    case WAY_TYPED:
        return open_typed(d, ret);
    case WAY_DICT:
        return open_dict(d, rows, depth, ret);
    case WAY_SPLIT:
        return open_split(d, rows, depth, ret);
    case WAY_SAME:
        return open_same(d, rows, depth, ret);
    case WAY_LINES:
        return open_lines(d, rows, depth, ret);
    default:
        return false;
    }
}

bool column_open(struct column_set *set, uint32_t index, struct pool_reader *in, struct arena *arena)
{
    struct column *column = &set->columns[index];
    column->chain = 0;
    struct decoder d = {.set = set, .index = index, .in = in, .arena = arena};
    struct list *list = ARENA_NEW(arena, struct list);
    struct list_rows *rows = ARENA_NEW(arena, struct list_rows);
    *rows = (struct list_rows){.rows = column->rows, .count = column->count};
    column->list = open_list(&d, rows, 0, list) ? list : NULL;
    return column->list != NULL;
}

/* The way of a list without its own dictionary. False when META does not tell. */
static bool take_way(struct decoder *d, uint8_t *ret)
{
    uint32_t number;
    uint8_t bits;
    return take_byte(d, ret) &&
           (*ret != WAY_DICT || (take_count(d, UINT32_MAX, &number) && take_byte(d, &bits) &&
                                 (!(bits & DICT_GUESS) || take_count(d, UINT32_MAX, &number)) && take_byte(d, ret)));
}

bool column_is_typed(struct str meta, struct typed *ret)
{
    struct pool_reader in = {.rest = {[POOL_META] = meta}};
    struct decoder d = {.in = &in};
    uint8_t way;
    return take_way(&d, &way) && way == WAY_TYPED && take_typed(&d, ret);
}

bool column_may_begin(struct str meta, struct str text, struct str bytes)
{
    struct pool_reader in = {.rest = {[POOL_META] = meta, [POOL_TEXT] = text}};
    struct decoder d = {.in = &in};
    uint32_t count = 1;
    uint8_t way;
    if (meta.size == 0)
        return false; /* an empty list */
    if (!take_way(&d, &way) || (way == WAY_SPLIT && !take_count(&d, COLUMN_CODES_MAX, &count)))
        return true;
    if (way != WAY_ONE && way != WAY_SPLIT)
        return way != WAY_TYPED;
    for (uint32_t i = 0; i < count; i++) {
        struct str begin; /* of a template: with a NUL where a variable stands */
        if (!take_text(&d, &begin))
            return true;
        if (begin.size > 0 &&
            (memchr(bytes.data, begin.data[0], bytes.size) != NULL || (way == WAY_SPLIT && begin.data[0] == 0)))
            return true;
    }
    return false;
}
