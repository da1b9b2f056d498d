#include "analyze/filter.h"

#include <stdio.h>

#include "analyze/analyze.h"
#include "base/must.h"

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '@' || c == '$';
}

/* Splits at the operator; false when the word is not a filter. */
static bool split(struct str word, struct str *ret_field, enum filter_op *ret_op, struct str *ret_value)
{
    static const struct {
        struct str text;
        enum filter_op op;
    } operators[] = {
        {{"!=", 2}, FILTER_NOT_EQUAL},  {{"!~", 2}, FILTER_NOT_MATCH}, {{">=", 2}, FILTER_GREATER_EQUAL},
        {{"<=", 2}, FILTER_LESS_EQUAL}, {{"=", 1}, FILTER_EQUAL},      {{"~", 1}, FILTER_MATCH},
        {{">", 1}, FILTER_GREATER},     {{"<", 1}, FILTER_LESS},
    };
    size_t end = 0;
    while (end < word.size &&
           (is_letter(word.data[end]) || (end > 0 && ((word.data[end] >= '0' && word.data[end] <= '9') ||
                                                      word.data[end] == '.' || word.data[end] == '-'))))
        end++;
    if (end == 0 || word.data[end - 1] == '-' || word.data[end - 1] == '.')
        return false;
    struct str rest = str_slice(word, end, word.size);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!str_starts(rest, operators[i].text))
            continue;
        *ret_field = str_slice(word, 0, end);
        *ret_op = operators[i].op;
        *ret_value = str_slice(rest, operators[i].text.size, rest.size);
        return true;
    }
    return false;
}

bool filter_is(struct str word)
{
    struct str field, value;
    enum filter_op op;
    return split(word, &field, &op, &value);
}

static bool has_upper_case(struct str pattern)
{
    for (size_t i = 0; i < pattern.size; i++) {
        if (pattern.data[i] >= 'A' && pattern.data[i] <= 'Z')
            return true;
        if (pattern.data[i] != '\\' || ++i == pattern.size)
            continue;
        /* \p{Lu}, \x{1F600}, \N{U+41}: what stands in the braces belongs to the escape. */
        if (i + 1 < pattern.size && pattern.data[i + 1] == '{')
            while (i + 1 < pattern.size && pattern.data[i] != '}')
                i++;
        else if (pattern.data[i] == 'x') /* \x4F */
            for (int digits = 0;
                 digits < 2 && i + 1 < pattern.size && memchr("0123456789abcdefABCDEF", pattern.data[i + 1], 22);
                 digits++)
                i++;
    }
    return false;
}

struct re *filter_re_new(struct str pattern, struct err *err)
{
    return re_new(pattern, !has_upper_case(pattern), err);
}

static bool read_kind(struct filter *filter, struct err *err)
{
    for (unsigned bit = 0; bit < KIND_COUNT; bit++)
        if (str_equal(filter->value, str_of(kind_name(bit))))
            filter->kinds = (uint8_t)(1U << bit);
    if (filter->kinds || filter->value.size == 0)
        return true;
    return err_set(err, ERR_USAGE, 0,
                   "'%.*s' is no kind of record; there are auth_failure auth_success rate_limit denial error",
                   STR_ARG(filter->value));
}

/* What the value must be for the fields that have a type of their own. */
static bool read_value(struct filter *filter, int64_t now_us, struct err *err)
{
    bool regex = filter->op == FILTER_MATCH || filter->op == FILTER_NOT_MATCH;
    if (regex)
        return (filter->re = filter_re_new(filter->value, err)) != NULL;
    bool ordered = filter->op >= FILTER_GREATER;
    if (ordered && subject_is_number(&filter->subject) && filter->subject.kind != SUBJECT_FIELD)
        return number_is(filter->value) || err_set(err, ERR_USAGE, 0, "'%.*s' is no number", STR_ARG(filter->value));
    if (ordered && filter->subject.kind != SUBJECT_FIELD && filter->subject.kind != SUBJECT_PATH)
        return err_set(err, ERR_USAGE, 0, "'%.*s' has no order; use = != ~ or !~", STR_ARG(filter->subject.name));
    if (filter->subject.kind == SUBJECT_KIND)
        return read_kind(filter, err);
    if (filter->subject.kind != SUBJECT_FIELD || (filter->value.size == 0 && !ordered))
        return true;
    if (filter->subject.field == FIELD_LEVEL && (filter->level = level_parse(filter->value)) == LEVEL_UNKNOWN)
        return err_set(err, ERR_USAGE, 0,
                       "'%.*s' is no level; there are trace debug info notice warning error critical",
                       STR_ARG(filter->value));
    int64_t us;
    bool number = number_is(filter->value) ||
                  (filter->subject.field == FIELD_DURATION && clock_parse_duration(filter->value, &us));
    if (ordered && !number && (filter->subject.field == FIELD_STATUS || filter->subject.field == FIELD_DURATION))
        return err_set(err, ERR_USAGE, 0, "'%.*s' is no number", STR_ARG(filter->value));
    if (filter->subject.field == FIELD_TIME)
        return timeexpr_parse(filter->value, now_us, &filter->time_us, err);
    return true;
}

/* What stands under a key path, and every field that is given as it stood, is in the raw line, unless that escapes it. */
static void set_needle(struct filter *filter)
{
    enum field field = filter->subject.field;
    bool verbatim =
        filter->subject.kind == SUBJECT_PATH || (filter->subject.kind == SUBJECT_FIELD && field != FIELD_LEVEL &&
                                                 field != FIELD_TIME && field != FIELD_DURATION);
    if (filter->op != FILTER_EQUAL || !verbatim || filter->value.size < 2 || number_is(filter->value))
        return;
    for (size_t i = 0; i < filter->value.size; i++) {
        char c = filter->value.data[i];
        if (c <= ' ' || c >= 0x7f || memchr("\"\\/'&%+#", c, 8))
            return;
    }
    filter->needle = filter->value;
}

static bool init(struct filter *filter, int64_t now_us, struct err *err)
{
    if (!read_value(filter, now_us, err))
        return false;
    if (filter->subject.kind == SUBJECT_PATTERN && !filter->re)
        filter->asked = filter->value;
    set_needle(filter);
    return true;
}

bool filter_init_equal(struct filter *filter, struct str field, struct str value, int64_t now_us, struct err *err)
{
    *filter = (struct filter){.subject = subject_of(field), .op = FILTER_EQUAL, .value = value};
    return init(filter, now_us, err);
}

bool filter_init(struct filter *filter, struct str word, int64_t now_us, struct err *err)
{
    struct str field, value;
    enum filter_op op;
    bool is = split(word, &field, &op, &value);
    must(is);
    *filter = (struct filter){.subject = subject_of(field), .op = op, .value = value};
    return init(filter, now_us, err) || err_within(err, "'%.*s'", STR_ARG(word));
}

void filter_use_patterns(struct filter *filter, struct pattern_memo *patterns, uint32_t pattern)
{
    filter->subject.patterns = patterns;
    if (filter->asked.size == 0)
        return;
    struct str id = pattern < patterns->set->count ? pattern_set_id(patterns->set, pattern) : filter->asked;
    id = str_slice(id, 0, sizeof filter->id);
    if (id.size > 0)
        memcpy(filter->id, id.data, id.size); /* patterns may change under it */
    filter->value = str_from(filter->id, id.size);
}

void filter_copy(struct filter *filter, const struct filter *from)
{
    struct err err = {0};
    *filter = *from;
    if (from->value.data == from->id)
        filter->value.data = filter->id;
    filter->re = from->re ? filter_re_new(from->value, &err) : NULL;
    must(!from->re == !filter->re);
}

void filter_release(struct filter *filter)
{
    re_free(filter->re);
    filter->re = NULL;
}

/* ---- Holding ----------------------------------------------------------------------------------------------------- */

static bool op_holds(enum filter_op op, int order)
{
    switch (op) {
    case FILTER_EQUAL:
    case FILTER_NOT_EQUAL:
        return order == 0;
    case FILTER_GREATER:
        return order > 0;
    case FILTER_GREATER_EQUAL:
        return order >= 0;
    case FILTER_LESS:
        return order < 0;
    case FILTER_LESS_EQUAL:
        return order <= 0;
    case FILTER_MATCH:
    case FILTER_NOT_MATCH:
        break;
    }
    return false;
}

/* != and !~ are answered here as = and ~; filter_holds turns them round. */
static bool text_holds(const struct filter *filter, struct str text)
{
    if (filter->re)
        return re_match(filter->re, text, NULL);
    bool numbers = number_is(filter->value) && number_is(text);
    if (filter->op == FILTER_EQUAL || filter->op == FILTER_NOT_EQUAL)
        return str_equal(text, filter->value) || (numbers && number_compare(text, filter->value) == 0);
    if (number_is(filter->value) != number_is(text))
        return false;
    return op_holds(filter->op, numbers ? number_compare(text, filter->value) : str_compare(text, filter->value));
}

struct holding {
    const struct filter *filter;
    bool any_value, holds;
};

static bool visit_value(void *context, struct str text)
{
    struct holding *holding = context;
    holding->any_value = holding->any_value || text.size > 0;
    holding->holds = text_holds(holding->filter, text);
    return !holding->holds;
}

/* "2s" may stand for 2000 where milliseconds are compared. */
static bool duration_holds(const struct filter *filter, struct str text)
{
    int64_t us;
    char ms[32];
    struct filter plain = *filter;
    if (!filter->re && !number_is(filter->value) && clock_parse_duration(filter->value, &us)) {
        int size = snprintf(ms, sizeof ms, "%.3f", (double)us / 1000);
        plain.value = str_from(ms, (size_t)size);
    }
    return text_holds(&plain, text);
}

/* The level, kind and time as the store knows them, without is_negative. False when the filter is of another sort. */
static bool marks_hold(const struct filter *filter, uint8_t level, uint8_t kinds, int64_t time_us, bool *ret_holds)
{
    const struct subject *subject = &filter->subject;
    if (filter->re || filter->value.size == 0)
        return false;
    if (subject->kind == SUBJECT_KIND)
        *ret_holds = (kinds & filter->kinds) != 0;
    else if (subject->kind == SUBJECT_FIELD && subject->field == FIELD_LEVEL)
        *ret_holds = level != LEVEL_UNKNOWN && op_holds(filter->op, (int)level - (int)filter->level);
    else if (subject->kind == SUBJECT_FIELD && subject->field == FIELD_TIME)
        *ret_holds =
            time_us != TIME_NONE && op_holds(filter->op, (time_us > filter->time_us) - (time_us < filter->time_us));
    else
        return false;
    return true;
}

static bool value_holds(struct holding *holding, struct event *event)
{
    const struct filter *filter = holding->filter;
    bool holds;
    if (marks_hold(filter, event->record.level, event->record.kinds, event->record.time_us, &holds))
        return holds;
    if (filter->subject.kind == SUBJECT_FIELD && filter->subject.field == FIELD_DURATION && filter->value.size > 0)
        return duration_holds(filter, subject_text(&filter->subject, event));
    subject_visit(&filter->subject, event, visit_value, holding);
    return holding->holds || (filter->value.size == 0 && !filter->re && !holding->any_value);
}

static bool is_negative(const struct filter *filter)
{
    return filter->op == FILTER_NOT_EQUAL || filter->op == FILTER_NOT_MATCH;
}

static bool is_positive(const struct filter *filter)
{
    return filter->op == FILTER_EQUAL || filter->op == FILTER_MATCH;
}

/* No line without the needle holds, but it need not stand there when the source tells the service. */
static bool lacks_needle(const struct filter *filter, const struct event *event)
{
    struct str raw = event->record.raw;
    if (!filter->needle.data || !raw.data || str_find(raw, filter->needle) != STR_NONE)
        return false;
    bool told_by_source = filter->subject.kind == SUBJECT_FIELD && filter->subject.field == FIELD_SERVICE &&
                          event->defaults && event->defaults->service.size > 0;
    return !told_by_source && !memchr(raw.data, '\\', raw.size);
}

static bool filter_holds(const struct filter *filter, struct event *event)
{
    if (lacks_needle(filter, event))
        return false;
    struct holding holding = {.filter = filter};
    return value_holds(&holding, event) != is_negative(filter);
}

bool filter_text_holds(const struct filter *filter, struct str text)
{
    struct holding holding = {.filter = filter};
    if (text.data)
        visit_value(&holding, text);
    bool holds = holding.holds || (filter->value.size == 0 && !filter->re && !holding.any_value);
    return holds != is_negative(filter);
}

bool filter_marks_hold(const struct filter *filter, uint8_t level, uint8_t kinds, int64_t time_us, bool *ret_holds)
{
    bool known = marks_hold(filter, level, kinds, time_us, ret_holds);
    *ret_holds = known && *ret_holds != is_negative(filter);
    return known;
}

/* Who asks about filters one by one, and of what. */
struct asking {
    bool (*holds)(void *context, const struct filter *filter);
    void *context;
};

static bool event_holds(void *context, const struct filter *filter)
{
    return filter_holds(filter, context);
}

static bool record_may_hold(void *context, const struct filter *filter)
{
    const struct record *const *rec = context;
    bool holds;
    return !filter_marks_hold(filter, (*rec)->level, (*rec)->kinds, (*rec)->time_us, &holds) || holds;
}

static bool same_field(const struct filter *a, const struct filter *b)
{
    return a->subject.kind == b->subject.kind && a->subject.field == b->subject.field &&
           (a->subject.kind != SUBJECT_PATH || str_equal(a->subject.name, b->subject.name));
}

static bool one_holds(const struct asking *asking, const struct filter *filters, size_t count, size_t index)
{
    if (!is_positive(&filters[index]))
        return asking->holds(asking->context, &filters[index]);
    for (size_t i = 0; i < count; i++) {
        if (!is_positive(&filters[i]) || !same_field(&filters[i], &filters[index]))
            continue;
        if (i < index)
            return true; /* asked when that one's turn was */
        if (asking->holds(asking->context, &filters[i]))
            return true;
    }
    return false;
}

bool filters_begin_group(const struct filter *filters, size_t index)
{
    for (size_t i = 0; i < index && is_positive(&filters[index]); i++)
        if (is_positive(&filters[i]) && same_field(&filters[i], &filters[index]))
            return false;
    return true;
}

bool filters_group_holds(const struct filter *filters, size_t count, size_t index, struct event *event)
{
    struct asking asking = {event_holds, event};
    return one_holds(&asking, filters, count, index);
}

bool filters_group_is_stored(const struct filter *filters, size_t count, size_t index)
{
    bool unused;
    for (size_t i = 0; i < count; i++)
        if ((i == index ||
             (is_positive(&filters[index]) && is_positive(&filters[i]) && same_field(&filters[i], &filters[index]))) &&
            !marks_hold(&filters[i], 0, 0, TIME_NONE, &unused))
            return false;
    return true;
}

bool filters_hold(const struct filter *filters, size_t count, struct event *event)
{
    struct asking asking = {event_holds, event};
    /* What the store's columns tell goes first: it saves analyzing. */
    for (int stored = 1; stored >= 0; stored--)
        for (size_t i = 0; i < count; i++)
            if (subject_is_stored(&filters[i].subject) == (stored == 1) && !one_holds(&asking, filters, count, i))
                return false;
    return true;
}

bool filters_hold_by(const struct filter *filters, size_t count,
                     bool (*holds)(void *context, const struct filter *filter), void *context)
{
    struct asking asking = {holds, context};
    for (size_t i = 0; i < count; i++)
        if (!one_holds(&asking, filters, count, i))
            return false;
    return true;
}

bool filters_may_hold(const struct filter *filters, size_t count, const struct record *rec)
{
    return filters_hold_by(filters, count, record_may_hold, &rec);
}

bool filters_are_stored(const struct filter *filters, size_t count)
{
    bool unused;
    for (size_t i = 0; i < count; i++)
        if (!marks_hold(&filters[i], 0, 0, TIME_NONE, &unused))
            return false;
    return true;
}

static struct str needle_of(const struct filter *filter)
{
    if (filter->subject.kind != SUBJECT_PATTERN)
        return filter->needle;
    if (filter->op != FILTER_EQUAL)
        return STR_ABSENT;
    const struct pattern_set *set = filter->subject.patterns->set;
    return pattern_set_needle(set, pattern_set_find(set, filter->value));
}

size_t filters_needles(const struct filter *filters, size_t count, size_t index, struct arena *arena,
                       const struct str **ret_needles)
{
    struct str *needles = ARENA_ARRAY(arena, struct str, count + 1);
    size_t found = 0;
    *ret_needles = needles;
    if (!is_positive(&filters[index]))
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_positive(&filters[i]) || !same_field(&filters[i], &filters[index]))
            continue;
        struct str needle = i < index ? STR_ABSENT : needle_of(&filters[i]);
        if (!needle.data)
            return 0;
        needles[found++] = arena_str(arena, needle); /* patterns may change under it */
    }
    needles[found++] = STR("\\"); /* the value may be escaped */
    return found;
}
