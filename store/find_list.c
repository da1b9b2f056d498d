#include "store/digits.h"
#include "store/find_part.h"

enum { UUID_SIZE = 36, DIGITS_MAX = 18 };

static bool same_bytes(const struct finder *f, struct str a, struct str b)
{
    if (f->wanted->ignore_case)
        return str_equal_nocase(a, b);
    return a.size == b.size && (a.size == 0 || (a.data[0] == b.data[0] && memcmp(a.data, b.data, a.size) == 0));
}

static bool same_byte(const struct finder *f, char a, char b)
{
    return a == b || (f->wanted->ignore_case && str_equal_nocase(str_from(&a, 1), str_from(&b, 1)));
}

/* ---- Cuts ---------------------------------------------------------------------------------------------------------------- */

enum reach find_reach_over_end(const struct finder *f, struct str literal, bool first)
{
    enum reach reach = REACH_NONE;
    for (size_t head = 1; head < f->text.size; head++) {
        if (literal.size > 0 && !same_byte(f, f->text.data[head - 1], literal.data[literal.size - 1]))
            continue;
        if (head <= literal.size) {
            if (same_bytes(f, str_slice(f->text, 0, head), str_slice(literal, literal.size - head, literal.size)))
                reach = REACH_NEAR;
        } else if (!first && same_bytes(f, str_slice(f->text, head - literal.size, head), literal)) {
            return REACH_FAR;
        }
    }
    return reach;
}

enum reach find_reach_over_start(const struct finder *f, struct str literal, bool last)
{
    enum reach reach = REACH_NONE;
    for (size_t tail = 1; tail < f->text.size; tail++) {
        size_t from = f->text.size - tail;
        if (literal.size > 0 && !same_byte(f, f->text.data[from], literal.data[0]))
            continue;
        if (tail <= literal.size) {
            if (same_bytes(f, str_slice(f->text, from, f->text.size), str_slice(literal, 0, tail)))
                reach = REACH_NEAR;
        } else if (!last && same_bytes(f, str_slice(f->text, from, from + literal.size), literal)) {
            return REACH_FAR;
        }
    }
    return reach;
}

/* ---- Lists ----------------------------------------------------------------------------------------------------------------- */

/* Sets hits[i] for each text of the list that holds the wanted one, and tells whether there is any. hits is zeroed. */
static bool find_list(struct finder *f, const struct list *list, uint8_t *hits);

static bool text_holds(struct finder *f, const struct list *list, uint32_t i)
{
    f->scratch.size = 0;
    if (!list_put(&f->block->lister, list, i, &f->scratch)) {
        f->damaged = true;
        return false;
    }
    return find_in(f->wanted, buf_str(&f->scratch));
}

static bool find_each(struct finder *f, const struct list *list, uint8_t *hits)
{
    bool any = false;
    for (uint32_t i = 0; i < list->count && !f->damaged; i++)
        any |= hits[i] = text_holds(f, list, i);
    return any;
}

static bool find_raw(struct finder *f, const struct list *list, uint8_t *hits)
{
    bool any = false;
    uint32_t i = 0, size = list->raw.ends[list->count - 1];
    for (size_t at = 0; at < size;) {
        struct str rest = str_from(list->raw.data + at, size - at);
        size_t found = f->wanted->ignore_case ? str_find_nocase(rest, f->text) : str_find(rest, f->text);
        if (found == STR_NONE)
            break;
        at += found;
        while (list->raw.ends[i] <= at)
            i++;
        if (at + f->text.size <= list->raw.ends[i]) {
            hits[i] = any = 1;
            at = list->raw.ends[i];
        } else {
            at++;
        }
    }
    return any;
}

/* May texts of this type hold the wanted one, going by its characters? */
static bool type_fits(const struct finder *f, const struct typed *typed)
{
    static const char *const others[] = {
        [TYPE_INTEGER] = "-",    [TYPE_DECIMAL] = "-.",       [TYPE_FLOATING] = "-.",        [TYPE_DIGITS] = "",
        [TYPE_TIME] = "-:",      [TYPE_HEX] = "abcdefABCDEF", [TYPE_UUID] = "-abcdefABCDEF", [TYPE_IPV4] = ".",
        [TYPE_FRACTION] = "-.e",
    };
    const char *other = others[typed->type];
    unsigned dots = 0, dots_max = typed->type == TYPE_IPV4 ? 3 : 1;
    if (f->text.size > TYPED_TEXT_MAX)
        return false;
    for (size_t i = 0; i < f->text.size; i++) {
        char c = f->text.data[i];
        dots += c == '.';
        if ((c >= '0' && c <= '9') || (c && strchr(other, c)))
            continue;
        if (typed->type != TYPE_TIME)
            return false;
        const struct str own = str_from((const char[]){typed->separator, (char)typed->variant}, 2);
        if (!find_in(&(struct find_text){str_from(&c, 1), f->wanted->ignore_case}, own) &&
            !find_in(&(struct find_text){str_from(&c, 1), f->wanted->ignore_case},
                     str_from(typed->suffix, typed->suffix_size)))
            return false;
    }
    return dots <= dots_max || typed->type == TYPE_TIME;
}

/* A text as long as those of the list: its bytes are compared with theirs. */
static bool find_whole(struct finder *f, const struct list *list, uint8_t *hits)
{
    const struct list_typed *typed = list->typed;
    char text[TYPED_TEXT_MAX], bytes[TYPED_TEXT_MAX];
    bool any = false;
    typed_to_bytes(&typed->typed, f->text, bytes);
    if (typed_bytes_text(&typed->typed, bytes, text) != f->text.size ||
        !same_bytes(f, str_from(text, f->text.size), f->text))
        return false; /* dashes elsewhere, or letters of the other case */
    for (uint32_t i = 0; i < list->count; i++)
        any |= hits[i] = memcmp(typed->bytes + i * typed->each, bytes, typed->each) == 0;
    return any;
}

/* How many digits the text of a number of the list has. */
static unsigned digits_of(const struct typed *typed, uint64_t number)
{
    unsigned digits = 1;
    if (typed->type == TYPE_DIGITS)
        return typed->width;
    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

/* Whole numbers in which digits stand, without their texts. */
static bool find_digits(struct finder *f, const struct list *list, int64_t digits, uint8_t *hits)
{
    const struct typed *typed = &list->typed->typed;
    const int64_t *numbers = list_numbers(&f->block->arena, list->typed);
    unsigned size = (unsigned)f->text.size;
    uint64_t power = digits_power(size), wanted = (uint64_t)digits;
    bool any = false;
    for (uint32_t i = 0; i < list->count; i++) {
        uint64_t number = numbers[i] < 0 ? 0 - (uint64_t)numbers[i] : (uint64_t)numbers[i];
        if (number < wanted)
            continue;
        for (unsigned left = digits_of(typed, number); left >= size && !hits[i]; left--, number /= 10)
            hits[i] = number % power == wanted;
        any |= hits[i];
    }
    return any;
}

static bool find_typed(struct finder *f, const struct list *list, uint8_t *hits)
{
    const struct typed *typed = &list->typed->typed;
    if (!type_fits(f, typed))
        return false;
    int64_t digits;
    if ((typed->type == TYPE_DIGITS || typed->type == TYPE_INTEGER) && f->text.size <= DIGITS_MAX &&
        digits_take(f->text.data, f->text.size, &digits))
        return find_digits(f, list, digits, hits);
    size_t width = typed->type == TYPE_UUID ? UUID_SIZE : typed->type == TYPE_HEX ? typed->width : 0;
    bool upper = typed->type == TYPE_HEX && typed->variant;
    if (width == 0 || f->text.size < width || (upper && f->wanted->ignore_case))
        return find_each(f, list, hits);
    return f->text.size == width && find_whole(f, list, hits);
}

const uint16_t *find_codes(struct finder *f, const struct list *list)
{
    const uint16_t *codes = list_codes(&f->block->arena, list->dict);
    f->damaged |= codes == NULL;
    return codes;
}

static bool find_dict(struct finder *f, const struct list *list, uint8_t *hits)
{
    uint8_t *distinct = arena_zalloc(&f->arena, list->dict->distinct);
    if (!find_list(f, list->dict->texts, distinct))
        return false;
    const uint16_t *codes = find_codes(f, list);
    for (uint32_t i = 0; codes && i < list->count; i++)
        hits[i] = distinct[codes[i]];
    return true;
}

static bool cuts_allow(const struct finder *f, const struct list_template *template)
{
    for (uint32_t v = 0; v < template->variables; v++)
        if (find_reach_over_end(f, template->literals[v], v == 0) ||
            find_reach_over_start(f, template->literals[v + 1], v + 1 == template->variables))
            return true;
    return false;
}

/* Sets hits[template->texts[i]] where a variable holds the wanted text. */
static bool find_variables(struct finder *f, const struct list_template *template, uint8_t *hits)
{
    bool any = false;
    uint8_t *found = arena_alloc(&f->arena, template->count);
    for (uint32_t v = 0; v < template->variables; v++) {
        memset(found, 0, template->count);
        if (!find_list(f, &template->lists[v], found))
            continue;
        any = true;
        for (uint32_t i = 0; i < template->count; i++)
            hits[template->texts[i]] |= found[i];
    }
    return any;
}

/* Can another text be looked for in the list meanwhile? Of other columns it is remembered what was found in them. */
static bool is_alone(const struct list *list)
{
    while (list->way == WAY_DICT)
        list = list->dict->texts;
    return list->way == WAY_ONE || list->way == WAY_RAW || list->way == WAY_TYPED;
}

/* Does the wanted text reach no further than from a literal into the variable behind it? */
static bool ends_in_variables(const struct finder *f, const struct list_template *template)
{
    for (uint32_t v = 0; v < template->variables; v++)
        if (find_reach_over_start(f, template->literals[v + 1], v + 1 == template->variables) ||
            find_reach_over_end(f, template->literals[v], v == 0) == REACH_FAR || !is_alone(&template->lists[v]))
            return false;
    return true;
}

/* Where it begins in a literal, the variable behind that holds the rest: sets may[i] for texts of the template that it may be
 * in so. */
static void find_rests(struct finder *f, const struct list_template *template, uint8_t *may)
{
    const struct find_text *wanted = f->wanted;
    uint8_t *found = arena_alloc(&f->arena, template->count);
    for (uint32_t v = 0; v < template->variables; v++) {
        struct str literal = template->literals[v], whole = wanted->text;
        for (size_t head = 1; head < whole.size && head <= literal.size; head++) {
            if (!same_bytes(f, str_slice(whole, 0, head), str_slice(literal, literal.size - head, literal.size)))
                continue;
            const struct find_text rest = {str_slice(whole, head, whole.size), wanted->ignore_case};
            f->wanted = &rest;
            f->text = rest.text;
            memset(found, 0, template->count);
            if (find_list(f, &template->lists[v], found))
                for (uint32_t i = 0; i < template->count; i++)
                    may[i] |= found[i];
            f->wanted = wanted;
            f->text = whole;
        }
    }
}

/* Within a variable or across the cuts around it. */
static bool find_across(struct finder *f, const struct list *list, const struct list_template *template, uint8_t *hits)
{
    bool narrow = ends_in_variables(f, template);
    bool any = narrow && find_variables(f, template, hits);
    uint8_t *may = arena_alloc(&f->arena, template->count);
    memset(may, !narrow, template->count);
    if (narrow)
        find_rests(f, template, may);
    for (uint32_t i = 0; i < template->count && !f->damaged; i++)
        if (may[i] && text_holds(f, list, template->texts[i]))
            any |= hits[template->texts[i]] = true;
    return any;
}

static struct str joined(struct arena *arena, struct str a, struct str b)
{
    char *both = arena_alloc(arena, a.size + b.size + 1);
    if (a.size > 0)
        memcpy(both, a.data, a.size);
    if (b.size > 0)
        memcpy(both + a.size, b.data, b.size);
    return str_from(both, a.size + b.size);
}

/* The template with what is the same in all its texts as literal text. */
static struct list_template fix_equal(struct finder *f, const struct list_template *template)
{
    struct list_template fixed = *template;
    fixed.variables = 0;
    fixed.literals = ARENA_ARRAY(&f->arena, struct str, template->variables + 1);
    fixed.lists = ARENA_ARRAY(&f->arena, struct list, template->variables);
    struct str literal = template->literals[0];
    for (uint32_t v = 0; v < template->variables; v++) {
        const struct list *list = &template->lists[v];
        struct str next = template->literals[v + 1];
        if (list->way == WAY_ONE) {
            literal = joined(&f->arena, joined(&f->arena, literal, list->one), next);
            continue;
        }
        fixed.literals[fixed.variables] = literal;
        fixed.lists[fixed.variables++] = *list;
        literal = next;
    }
    fixed.literals[fixed.variables] = literal;
    return fixed;
}

static bool find_template(struct finder *f, const struct list *list, const struct list_template *as_stored,
                          uint8_t *hits)
{
    const struct list_template fixed = fix_equal(f, as_stored), *template = &fixed;
    for (uint32_t v = 0; v <= template->variables; v++) {
        if (!find_in(f->wanted, template->literals[v]))
            continue;
        for (uint32_t i = 0; i < template->count; i++)
            hits[template->texts[i]] = true;
        return true;
    }
    return cuts_allow(f, template) ? find_across(f, list, template, hits) : find_variables(f, template, hits);
}

static bool find_split(struct finder *f, const struct list *list, uint8_t *hits)
{
    bool any = false;
    for (uint32_t t = 0; t < list->split.template_count; t++)
        if (list->split.templates[t].count > 0)
            any |= find_template(f, list, &list->split.templates[t], hits);
    return any;
}

/* False when the column need not be opened: its texts are of a type that cannot hold the wanted one. */
static bool column_may_hold(struct finder *f, uint32_t index)
{
    struct str meta;
    struct typed typed;
    if (!block_column_pool(f->block, index, POOL_META, &meta)) {
        f->damaged = true;
        return false;
    }
    return !column_is_typed(meta, &typed) || type_fits(f, &typed);
}

/* Zeroed flags, enough for any column. Most columns leave them as they are, so that the next one can have them. */
static uint8_t *take_spare(struct finder *f)
{
    uint8_t *spare = f->spare ? f->spare : arena_zalloc(&f->arena, f->hits_max);
    f->spare = NULL;
    return spare;
}

const uint8_t *find_column_hits(struct finder *f, uint32_t index)
{
    const struct column *column = &f->block->set->columns[index];
    if (!f->column_looked[index] && column_may_hold(f, index)) {
        f->damaged |= !block_need_column(f->block, index);
        uint8_t *hits = f->damaged ? NULL : take_spare(f);
        if (hits && find_list(f, column->list, hits))
            f->column_hits[index] = hits;
        else if (hits) /* none is set */
            f->spare = hits;
    }
    f->column_looked[index] = true;
    return f->column_hits[index];
}

static bool find_same(struct finder *f, const struct list *list, uint8_t *hits)
{
    bool any = false;
    struct list_same *same = list->same;
    const uint8_t *other = find_column_hits(f, (uint32_t)(same->other - f->block->set->columns));
    uint8_t *own = arena_zalloc(&f->arena, same->own->count);
    if (!find_list(f, same->own, own) && !other)
        return false;
    const uint32_t *places = list_places(&f->block->arena, same);
    f->damaged |= places == NULL;
    for (uint32_t i = 0; places && i < list->count; i++) {
        uint32_t place = places[i];
        any |= hits[i] = place & LIST_OWN ? own[place & ~LIST_OWN] : other && other[place];
    }
    return any;
}

static bool find_lines(struct finder *f, const struct list *list, uint8_t *hits)
{
    struct str joint = STR("\\n");
    if (find_reach_over_end(f, joint, false) || find_reach_over_start(f, joint, false) || find_in(f->wanted, joint))
        return find_each(f, list, hits);
    uint8_t *found = arena_zalloc(&f->arena, list->lines.lines->count);
    if (!find_list(f, list->lines.lines, found))
        return false;
    for (uint32_t i = 0, line = 0; i < list->count; i++)
        for (; line < list->lines.ends[i]; line++)
            hits[i] |= found[line];
    return true;
}

static bool find_list(struct finder *f, const struct list *list, uint8_t *hits)
{
    switch (list->count ? list->way : 0) {
    case WAY_ONE:
        if (!find_in(f->wanted, list->one))
            return false;
        memset(hits, 1, list->count);
        return true;
    case WAY_RAW:
        return find_raw(f, list, hits);
    case WAY_TYPED:
        return find_typed(f, list, hits);
    case WAY_DICT:
        return find_dict(f, list, hits);
    case WAY_SPLIT:
        return find_split(f, list, hits);
    case WAY_SAME:
        return find_same(f, list, hits);
    case WAY_LINES:
        return find_lines(f, list, hits);
    default:
        return false;
    }
}
