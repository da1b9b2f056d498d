#include "store/list.h"

#include "store/split.h"

struct decoder {
    struct column_set *set;
    uint32_t index;
    struct pool_reader *in;
    struct arena *arena;
};

/* Fills *ret, a list of count texts that belong to these rows. */
static bool open_list(struct decoder *d, const uint32_t *rows, uint32_t count, unsigned depth, struct list *ret);

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
    ret->raw.data = text.data;
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
    struct typed *typed = ARENA_NEW(d->arena, struct typed);
    if (!take_typed(d, typed))
        return false;
    ret->typed.typed = typed;
    ret->typed.numbers = NULL;
    ret->typed.scales = NULL;
    if (!typed_is_number(typed->type)) {
        struct str bytes;
        ret->typed.each = typed_byte_size(typed);
        if (!pool_take(d->in, POOL_BITS, ret->typed.each * ret->count, &bytes))
            return false;
        ret->typed.bytes = bytes.data;
        return true;
    }
    int64_t *numbers = ARENA_ARRAY(d->arena, int64_t, ret->count);
    ret->typed.numbers = numbers;
    if (!pool_take_numbers(d->in, numbers, ret->count))
        return false;
    if (typed->type != TYPE_FLOATING)
        return true;
    uint32_t *scales = ARENA_ARRAY(d->arena, uint32_t, ret->count);
    ret->typed.scales = scales;
    return pool_take_codes(d->in, scales, ret->count, 256);
}

/* ---- Dictionaries -------------------------------------------------------------------------------------------------------- */

#define NO_GUESS UINT32_MAX

struct guesser {
    const struct column *parent;
    uint32_t *last; /* of each text of the parent */
    uint32_t at;
    bool aligned; /* the parent has a text wherever the list has one */
};

/* Where the guess for text i, of this row, stands, or NULL when the parent has nothing there. */
static inline uint32_t *guess_for(struct guesser *g, uint32_t i, uint32_t row)
{
    const struct column *parent = g->parent;
    if (g->aligned)
        return &g->last[parent->codes[i]];
    while (g->at < parent->count && parent->rows[g->at] < row)
        g->at++;
    return g->at < parent->count && parent->rows[g->at] == row ? &g->last[parent->codes[g->at]] : NULL;
}

static bool take_parent(struct decoder *d, const uint32_t *rows, struct guesser *ret)
{
    ret->parent = take_column(d);
    if (!ret->parent || !ret->parent->codes)
        return false;
    ret->last = ARENA_ARRAY(d->arena, uint32_t, ret->parent->distinct);
    memset(ret->last, 0xff, ret->parent->distinct * sizeof *ret->last);
    ret->at = 0;
    ret->aligned = rows == ret->parent->rows;
    return true;
}

/* Symbols become codes, in place. */
static bool resolve_symbols(uint32_t *codes, const uint32_t *rows, uint32_t count, uint32_t distinct, bool age,
                            struct guesser *guesser)
{
    uint32_t known = 0;
    if (!guesser && !age) { /* symbols are codes */
        for (uint32_t i = 0; i < count; i++)
            known |= codes[i] >= distinct;
        return known == 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t symbol = codes[i], code;
        uint32_t *guess = guesser ? guess_for(guesser, i, rows[i]) : NULL;
        if (guesser && symbol == 0) {
            if (!guess || *guess == NO_GUESS)
                return false;
            code = *guess;
        } else {
            symbol -= guesser ? 1 : 0;
            if (age && symbol > known)
                return false;
            code = !age ? symbol : symbol == 0 ? known : known - symbol;
        }
        if (code >= distinct)
            return false;
        if (code == known)
            known++;
        if (guess)
            *guess = code;
        codes[i] = code;
    }
    return true;
}

/* The rows of the first uses, in arena; NULL when a text is never used, which is a sign of damage. */
static uint32_t *first_rows(struct decoder *d, const uint32_t *codes, const uint32_t *rows, uint32_t count,
                            uint32_t distinct)
{
    uint32_t *first = ARENA_ARRAY(d->arena, uint32_t, distinct);
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (codes[i] > used)
            return NULL;
        if (codes[i] == used)
            first[used++] = rows[i];
    }
    return used == distinct ? first : NULL;
}

static bool open_dict(struct decoder *d, const uint32_t *rows, unsigned depth, struct list *ret)
{
    uint32_t distinct;
    uint8_t bits;
    struct guesser guesser;
    if (!take_code_count(d, ret->count, &distinct) || !take_byte(d, &bits))
        return false;
    bool guess = bits & DICT_GUESS;
    if (guess && !take_parent(d, rows, &guesser))
        return false;
    uint32_t *codes = ARENA_ARRAY(d->arena, uint32_t, ret->count);
    if (!pool_take_codes(d->in, codes, ret->count, distinct + 2) ||
        !resolve_symbols(codes, rows, ret->count, distinct, bits & DICT_AGE, guess ? &guesser : NULL))
        return false;
    const uint32_t *first = first_rows(d, codes, rows, ret->count, distinct);
    ret->dict.codes = codes;
    ret->dict.texts = ARENA_NEW(d->arena, struct list);
    ret->dict.made = arena_zalloc(d->arena, distinct * sizeof *ret->dict.made);
    if (depth == 0) {
        d->set->columns[d->index].codes = codes;
        d->set->columns[d->index].distinct = distinct;
    }
    return first && open_list(d, first, distinct, depth + 1, ret->dict.texts);
}

static bool open_same(struct decoder *d, const uint32_t *rows, unsigned depth, struct list *ret)
{
    const struct column *column = take_column(d);
    uint32_t *places = ARENA_ARRAY(d->arena, uint32_t, ret->count);
    if (!column || !pool_take_codes(d->in, places, ret->count, 2))
        return false;
    uint32_t *own_rows = ARENA_ARRAY(d->arena, uint32_t, ret->count);
    uint32_t own = 0, at = 0;
    bool aligned = rows == column->rows;
    for (uint32_t i = 0; i < ret->count; i++) {
        if (!places[i]) {
            places[i] = own | LIST_OWN;
            own_rows[own++] = rows[i];
            continue;
        }
        while (!aligned && at < column->count && column->rows[at] < rows[i])
            at++;
        at = aligned ? i : at;
        if (at == column->count || column->rows[at] != rows[i])
            return false;
        places[i] = at;
    }
    struct list *list = ARENA_NEW(d->arena, struct list);
    ret->same.places = places;
    ret->same.other = column->list;
    ret->same.own = list;
    ret->same.column = (uint32_t)(column - d->set->columns);
    return open_list(d, own_rows, own, depth + 1, list);
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

static bool open_variables(struct decoder *d, const uint32_t *rows, struct list_template *template, unsigned depth)
{
    if (template->count == 0)
        return true;
    uint32_t *own_rows = ARENA_ARRAY(d->arena, uint32_t, template->count);
    template->lists = arena_zalloc(d->arena, template->variables * sizeof *template->lists);
    for (uint32_t i = 0; i < template->count; i++)
        own_rows[i] = rows[template->texts[i]];
    for (uint32_t v = 0; v < template->variables; v++)
        if (!open_list(d, own_rows, template->count, depth + 1, &template->lists[v]))
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

static bool open_split(struct decoder *d, const uint32_t *rows, unsigned depth, struct list *ret)
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

static bool open_lines(struct decoder *d, const uint32_t *rows, unsigned depth, struct list *ret)
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
    uint32_t *line_rows = ARENA_ARRAY(d->arena, uint32_t, total);
    for (uint32_t i = 0, at = 0; i < ret->count; i++)
        while (at < ends[i])
            line_rows[at++] = rows[i];
    struct list *lines = ARENA_NEW(d->arena, struct list);
    ret->lines.ends = ends;
    ret->lines.lines = lines;
    return open_list(d, line_rows, (uint32_t)total, depth + 1, lines);
}

static bool open_list(struct decoder *d, const uint32_t *rows, uint32_t count, unsigned depth, struct list *ret)
{
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
    column->codes = NULL;
    column->distinct = column->chain = 0;
    struct decoder d = {.set = set, .index = index, .in = in, .arena = arena};
    struct list *list = ARENA_NEW(arena, struct list);
    column->list = open_list(&d, column->rows, column->count, 0, list) ? list : NULL;
    return column->list != NULL;
}
