#include "query/patterns.h"

#include <stdio.h>
#include <stdlib.h>

#include "query/group.h"
#include "query/prose.h"
#include "query/safe.h"

/* One pattern: which values stand for each <*> of its text, how often, in the selected records of any level. */

enum { VALUES_SHOWN = 10, VALUES_MAX = 100000, VALUE_BYTES_MAX = 256, MEMBERS_SHOWN = 10 };

struct explanation {
    struct question *q;
    uint32_t pattern;
    struct str id, text;
    uint64_t count;
    uint64_t unfit; /* records whose line does not show the variables */
    int64_t first_us, last_us;
    uint64_t first, latest; /* record numbers */
    uint8_t level;
    struct map services;
    int variable_count;
    struct map *variables; /* value -> count */
    uint64_t *crowded;     /* records whose value came after VALUES_MAX others */
    struct str first_raw, latest_raw;
    struct arena arena;
    struct buf line;
};

static void explanation_release(struct explanation *explanation)
{
    for (int i = 0; i < explanation->variable_count; i++)
        map_release(&explanation->variables[i]);
    free(explanation->variables);
    free(explanation->crowded);
    map_release(&explanation->services);
    arena_release(&explanation->arena);
    buf_release(&explanation->line);
}

/* ---- Gathering --------------------------------------------------------------------------------------------------- */

/* What of the pattern's text the headline of a stack trace shows: "order <*> failed" of "order <*> failed | KeyError @
 * orders.py:load", "KeyError: <*>" of "KeyError: <*> @ orders.py:load". */
static struct str headline_of(struct str text)
{
    size_t at = str_find(text, STR(" | "));
    at = at == STR_NONE ? str_find_last(text, STR(" @ ")) : at;
    return str_slice(text, 0, at);
}

static void note_values(struct explanation *explanation, struct event *event)
{
    struct str values[LIKE_WORDS_MAX];
    struct str text = record_headline(&event->record, event->arena);
    int count = like_values(explanation->text, text, values, LIKE_WORDS_MAX);
    if (count != explanation->variable_count)
        count = like_values(headline_of(explanation->text), text, values, explanation->variable_count);
    if (count < 0) {
        explanation->unfit++;
        return;
    }
    for (int i = 0; i < count; i++) {
        struct map *map = &explanation->variables[i];
        struct str value = str_slice(values[i], 0, VALUE_BYTES_MAX);
        if (map->count < VALUES_MAX || map_find(map, value))
            map_at(map, value, NULL)->value++;
        else
            explanation->crowded[i]++;
    }
}

static bool note_event(void *context, struct event *event, bool holds, struct err *err)
{
    struct explanation *explanation = context;
    (void)holds;
    (void)err;
    int64_t time_us = event->record.time_us;
    event_analyze(event);
    if (explanation->count++ == 0 || time_us < explanation->first_us) {
        explanation->first = event->number;
        explanation->first_us = time_us;
    }
    if (explanation->latest == 0 || time_us >= explanation->last_us) {
        explanation->latest = event->number;
        explanation->last_us = time_us;
    }
    if (event->record.level > explanation->level)
        explanation->level = event->record.level;
    struct str service = event_field(event, FIELD_SERVICE);
    if (service.size > 0 && explanation->services.count < VALUES_MAX)
        map_at(&explanation->services, service, NULL);
    note_values(explanation, event);
    return true;
}

static bool fetch_raw(struct explanation *explanation, uint64_t number, struct str *ret_raw, struct err *err)
{
    struct event event;
    int found = number ? question_fetch_if_there(explanation->q, number, &event, err) : 0;
    if (found > 0)
        *ret_raw = arena_str(&explanation->arena, event.record.raw);
    return found >= 0;
}

static int count_variables(struct str text)
{
    int count = 0;
    for (size_t at; (at = str_find(text, STR("<*>"))) != STR_NONE && count < LIKE_WORDS_MAX; count++)
        text = str_slice(text, at + 3, text.size);
    return count;
}

static bool gather(struct explanation *explanation, struct err *err)
{
    struct question *q = explanation->q;
    struct question_scan scan = {.visit = note_event, .context = explanation};
    explanation->id = pattern_set_id(q->patterns, explanation->pattern);
    explanation->text = pattern_set_text(q->patterns, explanation->pattern);
    explanation->variable_count = count_variables(explanation->text);
    explanation->variables = mem_alloc((size_t)(explanation->variable_count + 1) * sizeof *explanation->variables);
    explanation->crowded = mem_alloc((size_t)(explanation->variable_count + 1) * sizeof *explanation->crowded);
    if (!question_scan(q, &scan, err))
        return false;
    q->matched = explanation->count;
    return fetch_raw(explanation, explanation->first, &explanation->first_raw, err) &&
           fetch_raw(explanation, explanation->latest, &explanation->latest_raw, err);
}

/* ---- What there is to show --------------------------------------------------------------------------------------- */

static int by_frequency(const void *a, const void *b)
{
    const struct map_entry *left = *(const struct map_entry *const *)a, *right = *(const struct map_entry *const *)b;
    if (left->value != right->value)
        return left->value < right->value ? 1 : -1;
    return str_compare(left->key, right->key);
}

/* The most frequent values of a variable, at most VALUES_SHOWN. */
static size_t top_values(struct explanation *explanation, int variable, const struct map_entry ***ret_top)
{
    const struct map *map = &explanation->variables[variable];
    const struct map_entry **all = ARENA_ARRAY(&explanation->arena, const struct map_entry *, map->count + 1);
    for (size_t i = 0; i < map->count; i++)
        all[i] = &map->entries[i];
    if (map->count > 1)
        qsort(all, map->count, sizeof *all, by_frequency);
    *ret_top = all;
    return map->count < VALUES_SHOWN ? map->count : VALUES_SHOWN;
}

static uint32_t member_count(const struct explanation *explanation)
{
    const struct patterns *mined = explanation->q->patterns->mined;
    return explanation->pattern < mined->count ? mined->items[explanation->pattern].member_count : 0;
}

static struct str member(const struct explanation *explanation, uint32_t index)
{
    const struct pattern_set *set = explanation->q->patterns;
    return set->places.entries[set->mined->items[explanation->pattern].members[index]].key;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void add_element(struct buf *line, struct str text, bool first)
{
    buf_add_text(line, first ? "\"" : ",\"");
    buf_add_json(line, text);
    buf_add_char(line, '"');
}

static void add_variable(struct explanation *explanation, int variable)
{
    struct buf *line = &explanation->line;
    const struct map_entry **top;
    size_t count = top_values(explanation, variable, &top);
    buf_printf(line, "%s{\"variable\":%d,\"distinct\":%zu", variable ? "," : "", variable + 1,
               explanation->variables[variable].count);
    if (explanation->crowded[variable])
        buf_printf(line, ",\"uncounted\":%llu", (unsigned long long)explanation->crowded[variable]);
    buf_add_text(line, ",\"values\":[");
    for (size_t i = 0; i < count; i++) {
        buf_add_text(line, i ? ",{" : "{");
        member_text(line, "value", top[i]->key);
        buf_printf(line, ",\"count\":%llu}", (unsigned long long)top[i]->value);
    }
    buf_add_text(line, "]}");
}

static void show_json(struct explanation *explanation)
{
    struct buf *line = &explanation->line;
    const char *level = level_name((enum level)explanation->level);
    struct census_pattern seen = {.services = explanation->services};
    struct str *services = map_keys(&seen.services, &explanation->arena);
    buf_add_char(line, '{');
    member_text(line, "pattern", explanation->id);
    member_text(line, "template", explanation->text);
    buf_printf(line, ",\"count\":%llu", (unsigned long long)explanation->count);
    member_time(line, "first", explanation->first_us);
    member_time(line, "last", explanation->last_us);
    member_text(line, "level", level[0] ? str_of(level) : STR_ABSENT);
    buf_add_text(line, ",\"services\":[");
    for (size_t i = 0; i < explanation->services.count; i++)
        add_element(line, services[i], i == 0);
    buf_add_text(line, "],\"variables\":[");
    for (int i = 0; i < explanation->variable_count; i++)
        add_variable(explanation, i);
    buf_add_text(line, "],\"templates\":[");
    for (uint32_t i = 0; i < member_count(explanation); i++)
        add_element(line, member(explanation, i), i == 0);
    buf_add_char(line, ']');
    member_text(line, "example_first", explanation->first_raw);
    member_text(line, "example", explanation->latest_raw);
    buf_printf(line, ",\"command\":\"winnow search --pattern %.*s\"}\n", STR_ARG(explanation->id));
    out_add(&explanation->q->output.out, buf_str(line));
}

/* ---- For people -------------------------------------------------------------------------------------------------- */

static void write_line(struct explanation *explanation)
{
    buf_add_char(&explanation->line, '\n');
    out_add(&explanation->q->output.out, buf_str(&explanation->line));
    buf_reset(&explanation->line);
}

/* "first     text", wrapped. */
static void show_as(struct explanation *explanation, const char *name, struct str text, bool as_it_is)
{
    enum { NAME_COLUMNS = 11 };
    bool color = explanation->q->output.color;
    struct prose prose = {.line = &explanation->line,
                          .width = explanation->q->output.width,
                          .indent = NAME_COLUMNS,
                          .variables = color ? TINT_GREEN : TINT_NONE,
                          .as_it_is = as_it_is};
    size_t before = strlen(name);
    prose_add(&explanation->line, str_of(name), color ? TINT_DIM : TINT_NONE);
    prose_pad(&explanation->line, NAME_COLUMNS - before);
    prose_text(&prose, text);
    write_line(explanation);
}

static void show_text(struct explanation *explanation, const char *name, struct str text)
{
    show_as(explanation, name, text, false);
}

static void show_time(struct explanation *explanation, const char *name, int64_t time_us)
{
    char text[CLOCK_TEXT_MAX];
    show_text(explanation, name, str_of(time_us == TIME_NONE ? "-" : clock_print_local(time_us, text)));
}

static void show_variable(struct explanation *explanation, int variable)
{
    struct buf *line = &explanation->line;
    const struct map_entry **top;
    size_t shown = top_values(explanation, variable, &top), all = explanation->variables[variable].count;
    bool color = explanation->q->output.color;
    unsigned width = explanation->q->output.width;
    write_line(explanation);
    prose_add(line, arena_printf(&explanation->arena, "<*> %d", variable + 1), color ? TINT_GREEN : TINT_NONE);
    buf_printf(line, "  %zu value%s%s", all, all == 1 ? "" : "s", all > shown ? ", the most frequent:" : "");
    write_line(explanation);
    for (size_t i = 0; i < shown; i++) {
        buf_printf(line, "%9llu  ", (unsigned long long)top[i]->value);
        safe_add(line, top[i]->key, SAFE_TABLE, width > 31 ? width - 11 : width ? 20 : SIZE_MAX);
        write_line(explanation);
    }
    if (explanation->crowded[variable] > 0) {
        buf_printf(line, "%9llu  with values that came after %d others",
                   (unsigned long long)explanation->crowded[variable], VALUES_MAX);
        write_line(explanation);
    }
}

static void show_members(struct explanation *explanation)
{
    uint32_t count = member_count(explanation), shown = count < MEMBERS_SHOWN ? count : MEMBERS_SHOWN;
    if (count < 2)
        return;
    write_line(explanation);
    for (uint32_t i = 0; i < shown; i++)
        show_text(explanation, i == 0 ? "templates" : "", member(explanation, i));
    if (shown < count)
        show_text(explanation, "", arena_printf(&explanation->arena, "and %u more", count - shown));
}

static void show_people(struct explanation *explanation)
{
    const char *level = level_name((enum level)explanation->level);
    struct census_pattern seen = {.services = explanation->services};
    struct str *services = map_keys(&seen.services, &explanation->arena);
    struct str list = STR("");
    for (size_t i = 0; i < explanation->services.count; i++)
        list = arena_printf(&explanation->arena, "%.*s%s%.*s", STR_ARG(list), i ? ", " : "", STR_ARG(services[i]));
    show_text(explanation, "pattern", explanation->id);
    show_text(explanation, "template", explanation->text);
    show_text(explanation, "records",
              arena_printf(&explanation->arena, "%llu%s%s", (unsigned long long)explanation->count,
                           level[0] ? ", at worst " : "", level));
    if (list.size > 0)
        show_text(explanation, "services", list);
    show_time(explanation, "first", explanation->first_us);
    show_time(explanation, "last", explanation->last_us);
    for (int i = 0; i < explanation->variable_count; i++)
        show_variable(explanation, i);
    if (explanation->unfit > 0 && explanation->variable_count > 0)
        show_text(explanation, "",
                  arena_printf(&explanation->arena, "%llu records whose line does not show these values",
                               (unsigned long long)explanation->unfit));
    show_members(explanation);
    write_line(explanation);
    if (explanation->first != explanation->latest)
        show_as(explanation, "first", explanation->first_raw, true);
    show_as(explanation, "latest", explanation->latest_raw, true);
    show_text(explanation, "all",
              arena_printf(&explanation->arena, "winnow search --pattern %.*s", STR_ARG(explanation->id)));
}

bool patterns_explain(struct question *q, const char *id, struct err *err)
{
    SCOPED(explanation)
    explanation = {.q = q, .first_us = TIME_NONE, .last_us = TIME_NONE, .line = BUF(RENDER_LINE_MAX)};
    if (!stored_patterns_resolve(q->stored_patterns, str_of(id), &explanation.pattern, err))
        return false;
    if (explanation.pattern == q->patterns->count)
        return true; /* the notes say so */
    if (!gather(&explanation, err))
        return false;
    if (explanation.count == 0)
        return true;
    if (q->output.format == RENDER_JSON)
        show_json(&explanation);
    else
        show_people(&explanation);
    return true;
}
