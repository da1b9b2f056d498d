#include "store/column.h"

#include "store/split.h"
#include "store/typed.h"

struct decoder {
    struct column_set *set;
    uint32_t index;
    struct pool_reader *in;
    struct arena *arena;
    const int64_t *times; /* of the list decoded last, if its texts are numbers */
};

struct list {
    struct str *values; /* to fill */
    const uint32_t *rows;
    uint32_t count;
};

static bool decode_list(struct decoder *d, struct list list, unsigned depth);

static bool take_count(struct decoder *d, uint64_t max, uint32_t *ret)
{
    uint64_t count;
    if (!pool_take_varint(d->in, &count) || count > max)
        return false;
    *ret = (uint32_t)count;
    return true;
}

static bool take_byte(struct decoder *d, uint8_t *ret)
{
    struct str byte;
    if (!pool_take(d->in, POOL_META, 1, &byte))
        return false;
    *ret = (uint8_t)byte.data[0];
    return true;
}

/* Counts what is put together, so that a small file cannot make much of itself. */
static bool spend_text(struct decoder *d, size_t size)
{
    if (size > d->set->text_left)
        return false;
    d->set->text_left -= size;
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

static bool decode_one(struct decoder *d, struct list list)
{
    struct str text;
    if (!take_text(d, &text))
        return false;
    for (uint32_t i = 0; i < list.count; i++)
        list.values[i] = text;
    return true;
}

static bool decode_raw(struct decoder *d, struct list list)
{
    int64_t *sizes = ARENA_ARRAY(d->arena, int64_t, list.count);
    if (!pool_take_numbers(d->in, sizes, list.count))
        return false;
    for (uint32_t i = 0; i < list.count; i++)
        if (sizes[i] < 0 || !pool_take(d->in, POOL_TEXT, (size_t)sizes[i], &list.values[i]))
            return false;
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

static bool decode_numbers(struct decoder *d, struct list list, const struct typed *typed)
{
    int64_t *numbers = ARENA_ARRAY(d->arena, int64_t, list.count);
    uint32_t *scales = NULL;
    if (!pool_take_numbers(d->in, numbers, list.count))
        return false;
    if (typed->type == TYPE_FLOATING) {
        scales = ARENA_ARRAY(d->arena, uint32_t, list.count);
        if (!pool_take_codes(d->in, scales, list.count, 256))
            return false;
    }
    d->times = typed_times(typed, numbers, scales, list.count, d->arena);
    char *out = NULL;
    size_t left = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        if (left < TYPED_TEXT_MAX) {
            left = TYPED_TEXT_MAX * 64;
            out = arena_alloc(d->arena, left);
        }
        size_t size = typed_number_text(typed, numbers[i], scales ? scales[i] : 0, out);
        if (!size)
            return false;
        list.values[i] = str_from(out, size);
        out += size;
        left -= size;
    }
    return true;
}

static bool decode_typed(struct decoder *d, struct list list)
{
    struct typed typed;
    if (!take_typed(d, &typed))
        return false;
    if (typed_is_number(typed.type))
        return decode_numbers(d, list, &typed);
    size_t each = typed_byte_size(&typed);
    struct str bytes;
    if (!pool_take(d->in, POOL_BITS, each * list.count, &bytes))
        return false;
    for (uint32_t i = 0; i < list.count; i++) {
        char text[TYPED_TEXT_MAX];
        size_t size = typed_bytes_text(&typed, bytes.data + i * each, text);
        char *copy = arena_alloc(d->arena, size);
        memcpy(copy, text, size);
        list.values[i] = str_from(copy, size);
    }
    return true;
}

/* ---- Dictionaries -------------------------------------------------------------------------------------------------------- */

#define NO_GUESS UINT32_MAX

struct guesser {
    const struct column *parent;
    uint32_t *last; /* of each text of the parent */
    uint32_t at;
};

/* Where the guess for this row stands, or NULL when the parent has nothing there. */
static uint32_t *guess_for(struct guesser *g, uint32_t row)
{
    const struct column *parent = g->parent;
    while (g->at < parent->count && parent->rows[g->at] < row)
        g->at++;
    return g->at < parent->count && parent->rows[g->at] == row ? &g->last[parent->codes[g->at]] : NULL;
}

static bool take_parent(struct decoder *d, struct guesser *ret)
{
    ret->parent = take_column(d);
    if (!ret->parent || !ret->parent->codes)
        return false;
    ret->last = ARENA_ARRAY(d->arena, uint32_t, ret->parent->distinct);
    memset(ret->last, 0xff, ret->parent->distinct * sizeof *ret->last);
    ret->at = 0;
    return true;
}

/* Symbols become codes, in place. */
static bool resolve_symbols(uint32_t *codes, struct list list, uint32_t distinct, bool age, struct guesser *guesser)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        uint32_t symbol = codes[i], code;
        uint32_t *guess = guesser ? guess_for(guesser, list.rows[i]) : NULL;
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

static bool decode_dict(struct decoder *d, struct list list, unsigned depth)
{
    uint32_t distinct;
    uint8_t bits;
    struct guesser guesser;
    if (!take_count(d, list.count, &distinct) || distinct == 0 || !take_byte(d, &bits))
        return false;
    bool guess = bits & DICT_GUESS;
    if (guess && !take_parent(d, &guesser))
        return false;
    uint32_t *codes = ARENA_ARRAY(d->arena, uint32_t, list.count);
    if (!pool_take_codes(d->in, codes, list.count, distinct + 2) ||
        !resolve_symbols(codes, list, distinct, bits & DICT_AGE, guess ? &guesser : NULL))
        return false;
    /* The rows of the first uses; a text that is never used is a sign of damage. */
    uint32_t *rows = ARENA_ARRAY(d->arena, uint32_t, distinct);
    uint32_t used = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        if (codes[i] > used)
            return false;
        if (codes[i] == used)
            rows[used++] = list.rows[i];
    }
    if (used != distinct)
        return false;
    struct str *texts = ARENA_ARRAY(d->arena, struct str, distinct);
    if (!decode_list(d, (struct list){texts, rows, distinct}, depth + 1))
        return false;
    for (uint32_t i = 0; i < list.count; i++)
        list.values[i] = texts[codes[i]];
    if (depth > 0)
        return true;
    d->set->columns[d->index].codes = codes;
    d->set->columns[d->index].distinct = distinct;
    if (d->times) {
        int64_t *times = ARENA_ARRAY(d->arena, int64_t, list.count);
        for (uint32_t i = 0; i < list.count; i++)
            times[i] = d->times[codes[i]];
        d->times = times;
    }
    return true;
}

static bool decode_same(struct decoder *d, struct list list, unsigned depth)
{
    const struct column *column = take_column(d);
    uint32_t *same = ARENA_ARRAY(d->arena, uint32_t, list.count);
    if (!column || !pool_take_codes(d->in, same, list.count, 2))
        return false;
    struct str *values = ARENA_ARRAY(d->arena, struct str, list.count);
    uint32_t *rows = ARENA_ARRAY(d->arena, uint32_t, list.count);
    uint32_t left = 0, at = 0;
    for (uint32_t i = 0; i < list.count; i++)
        if (!same[i])
            rows[left++] = list.rows[i];
    if (!decode_list(d, (struct list){values, rows, left}, depth + 1))
        return false;
    left = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        if (!same[i]) {
            list.values[i] = values[left++];
            continue;
        }
        while (at < column->count && column->rows[at] < list.rows[i])
            at++;
        if (at == column->count || column->rows[at] != list.rows[i])
            return false;
        list.values[i] = column->values[at];
    }
    return true;
}

/* ---- Templates -------------------------------------------------------------------------------------------------------------- */

struct template
{
    struct str text;
    uint32_t variables, count;
    uint32_t *texts;     /* which texts of the list have it */
    struct str **values; /* per variable, per text */
    size_t literal_size;
};

static bool take_templates(struct decoder *d, struct template *templates, uint32_t count)
{
    for (uint32_t t = 0; t < count; t++) {
        struct template *template = &templates[t];
        *template = (struct template){0};
        if (!take_text(d, &template->text))
            return false;
        for (size_t i = 0; i < template->text.size; i++)
            template->variables += template->text.data[i] == 0;
        if (template->variables > SPLIT_VARIABLES_MAX)
            return false;
        template->literal_size = template->text.size - template->variables;
    }
    return true;
}

static bool decode_variables(struct decoder *d, struct template *template, struct list list, unsigned depth)
{
    uint32_t *rows = ARENA_ARRAY(d->arena, uint32_t, template->count);
    template->values = ARENA_ARRAY(d->arena, struct str *, template->variables);
    for (uint32_t i = 0; i < template->count; i++)
        rows[i] = list.rows[template->texts[i]];
    for (uint32_t v = 0; v < template->variables; v++) {
        template->values[v] = ARENA_ARRAY(d->arena, struct str, template->count);
        if (!decode_list(d, (struct list){template->values[v], rows, template->count}, depth + 1))
            return false;
    }
    return true;
}

/* Absent when it would be too much. */
static struct str fill_template(struct decoder *d, const struct template *template, uint32_t i)
{
    size_t size = template->literal_size;
    for (uint32_t v = 0; v < template->variables; v++)
        size += template->values[v][i].size;
    if (!spend_text(d, size))
        return STR_ABSENT;
    char *out = arena_alloc(d->arena, size + 1), *to = out;
    struct str rest = template->text;
    for (uint32_t v = 0; v < template->variables; v++) {
        struct str literal = str_cut(&rest, 0);
        struct str value = template->values[v][i];
        memcpy(to, literal.data, literal.size);
        to += literal.size;
        memcpy(to, value.data, value.size);
        to += value.size;
    }
    if (rest.size)
        memcpy(to, rest.data, rest.size);
    return str_from(out, size);
}

static bool decode_split(struct decoder *d, struct list list, unsigned depth)
{
    uint32_t count;
    if (!take_count(d, list.count, &count) || count == 0)
        return false;
    struct template *templates = ARENA_ARRAY(d->arena, struct template, count);
    uint32_t *codes = ARENA_ARRAY(d->arena, uint32_t, list.count);
    if (!take_templates(d, templates, count) || !pool_take_codes(d->in, codes, list.count, count))
        return false;
    for (uint32_t i = 0; i < list.count; i++)
        templates[codes[i]].count++;
    for (uint32_t t = 0; t < count; t++) {
        templates[t].texts = ARENA_ARRAY(d->arena, uint32_t, templates[t].count);
        templates[t].count = 0;
    }
    for (uint32_t i = 0; i < list.count; i++) {
        struct template *template = &templates[codes[i]];
        template->texts[template->count++] = i;
    }
    for (uint32_t t = 0; t < count; t++) {
        if (!decode_variables(d, &templates[t], list, depth))
            return false;
        for (uint32_t i = 0; i < templates[t].count; i++) {
            struct str text = fill_template(d, &templates[t], i);
            if (!text.data)
                return false;
            list.values[templates[t].texts[i]] = text;
        }
    }
    return true;
}

/* ---- Lines ------------------------------------------------------------------------------------------------------------------ */

static struct str join_lines(struct decoder *d, const struct str *lines, size_t count)
{
    size_t size = (count - 1) * 2;
    for (size_t i = 0; i < count; i++)
        size += lines[i].size;
    if (!spend_text(d, size))
        return STR_ABSENT;
    char *out = arena_alloc(d->arena, size + 1), *to = out;
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            memcpy(to, "\\n", 2);
            to += 2;
        }
        if (lines[i].size)
            memcpy(to, lines[i].data, lines[i].size);
        to += lines[i].size;
    }
    return str_from(out, size);
}

static bool decode_lines(struct decoder *d, struct list list, unsigned depth)
{
    int64_t *counts = ARENA_ARRAY(d->arena, int64_t, list.count);
    uint64_t total = 0;
    if (!pool_take_numbers(d->in, counts, list.count))
        return false;
    for (uint32_t i = 0; i < list.count; i++) {
        if (counts[i] < 1 || (uint64_t)counts[i] > d->set->values_left ||
            (total += (uint64_t)counts[i]) > d->set->values_left)
            return false;
    }
    struct str *lines = ARENA_ARRAY(d->arena, struct str, total);
    uint32_t *rows = ARENA_ARRAY(d->arena, uint32_t, total);
    size_t at = 0;
    for (uint32_t i = 0; i < list.count; i++)
        for (int64_t line = 0; line < counts[i]; line++)
            rows[at++] = list.rows[i];
    if (!decode_list(d, (struct list){lines, rows, (uint32_t)total}, depth + 1))
        return false;
    at = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        list.values[i] = join_lines(d, lines + at, (size_t)counts[i]);
        if (!list.values[i].data)
            return false;
        at += (size_t)counts[i];
    }
    return true;
}

static bool decode_list(struct decoder *d, struct list list, unsigned depth)
{
    uint8_t way;
    d->times = NULL;
    if (list.count == 0)
        return true;
    if (depth > COLUMN_DEPTH_MAX || list.count > d->set->values_left || !take_byte(d, &way))
        return false;
    d->set->values_left -= list.count;
    bool sound;
    switch (way) {
    case WAY_ONE:
        return decode_one(d, list);
    case WAY_RAW:
        return decode_raw(d, list);
    case WAY_TYPED:
        return decode_typed(d, list);
    case WAY_DICT:
        sound = decode_dict(d, list, depth);
        if (depth > 0)
            d->times = NULL;
        return sound;
    case WAY_SPLIT:
        sound = decode_split(d, list, depth);
        break;
    case WAY_SAME:
        sound = decode_same(d, list, depth);
        break;
    case WAY_LINES:
        sound = decode_lines(d, list, depth);
        break;
    default:
        sound = false;
    }
    d->times = NULL; /* those of a list within */
    return sound;
}

bool column_decode(struct column_set *set, uint32_t index, struct pool_reader *in, struct arena *arena)
{
    struct column *column = &set->columns[index];
    column->codes = NULL;
    column->distinct = column->chain = 0;
    struct decoder d = {.set = set, .index = index, .in = in, .arena = arena};
    column->decoded = decode_list(&d, (struct list){column->values, column->rows, column->count}, 0);
    column->times = d.times;
    return column->decoded;
}
