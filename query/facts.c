#include "query/facts.h"

#include <stdio.h>

#include "base/must.h"
#include "query/follow.h"
#include "query/subject_fact.h"

/* The keys of --by and the columns they make: first the keys, then count, first, last; with "pattern" among the keys
 * also its template, level, services and an example. */
struct counting {
    struct question *q;
    const struct facts_ask *ask;
    struct subject keys[GROUP_KEYS_MAX];
    bool is_pattern[GROUP_KEYS_MAX];
    bool patterns; /* one of them is */
    size_t key_count;
    struct group group;
    struct hits hits; /* when nothing is grouped */
    struct arena arena;
};

static void counting_release(struct counting *counting)
{
    group_release(&counting->group);
    hits_release(&counting->hits);
    arena_release(&counting->arena);
}

static bool is_choice(const char *const *choices, struct str name)
{
    for (size_t i = 0; choices[i]; i++)
        if (str_equal(str_of(choices[i]), name))
            return true;
    return false;
}

static bool choose_keys(struct counting *counting, struct err *err)
{
    const char *const *choices = counting->ask->by_all;
    struct str rest = str_of(counting->ask->by);
    while (rest.data) {
        struct str name = str_trim(str_cut(&rest, ','));
        if (counting->key_count == GROUP_KEYS_MAX)
            return err_set(err, ERR_USAGE, 0, "--by takes at most %d fields", GROUP_KEYS_MAX);
        if (!is_choice(choices, name)) {
            char list[128] = "";
            for (size_t i = 0, size = 0; choices[i] && size < sizeof list; i++)
                size += (size_t)snprintf(list + size, sizeof list - size, "%s%s", i ? ", " : "", choices[i]);
            return err_set(err, ERR_USAGE, 0, "--by '%.*s': choose from %s", STR_ARG(name), list);
        }
        for (size_t i = 0; i < counting->key_count; i++)
            if (str_equal(counting->keys[i].name, name))
                return err_set(err, ERR_USAGE, 0, "--by '%s': '%.*s' is there twice", counting->ask->by, STR_ARG(name));
        bool pattern = str_equal(name, STR("pattern"));
        counting->is_pattern[counting->key_count] = pattern;
        counting->patterns = counting->patterns || pattern;
        counting->keys[counting->key_count++] = subject_of(name);
    }
    counting->q->asks_pattern = counting->q->asks_pattern || counting->patterns;
    group_init(&counting->group, counting->key_count);
    return true;
}

/* ---- Visiting ---------------------------------------------------------------------------------------------------- */

struct visiting {
    struct question *q;
    const struct facts_visit *visit;
    struct arena arena;
    struct err err;
};

static void visiting_release(struct visiting *visiting)
{
    arena_release(&visiting->arena);
}

static bool visit_fact(void *context, const struct fact_row *fact)
{
    struct visiting *visiting = context;
    struct question *q = visiting->q;
    const struct store_source *source = select_source(&q->select, fact->source);
    bool known;
    if (visiting->arena.used_bytes > 0)
        arena_reset(&visiting->arena);
    if (fact->record > q->newest)
        return true;
    if (!source || !select_holds_fact(&q->select, fact, source, &visiting->arena, &known))
        return true;
    if (fact->pending)
        kept_add(&q->kept, fact->pending);
    if (!known) {
        struct event event;
        int found = question_fetch(q, fact->record, &event, &visiting->err);
        if (found <= 0 || !select_holds(&q->select, &event))
            return found >= 0;
    }
    return visiting->visit->visit(visiting->visit->context, fact, source, &visiting->arena, &visiting->err);
}

bool facts_each(struct question *q, const struct facts_visit *visit, struct err *err)
{
    SCOPED(visiting) visiting = {.q = q, .visit = visit};
    struct fact_ask ask = {.kinds = visit->kinds,
                           .since_us = visit->since_us,
                           .until_us = visit->until_us,
                           .sources = q->select.source_ids,
                           .source_count = q->select.source_count};
    if (q->select.source_count == 0)
        return true;
    if (!store_facts(q->store, &ask, visit_fact, &visiting, err))
        return false;
    if (visiting.err.kind != ERR_NONE)
        *err = visiting.err;
    return visiting.err.kind == ERR_NONE;
}

/* ---- Counting ---------------------------------------------------------------------------------------------------- */

static bool count_fact(void *context, const struct fact_row *fact, const struct store_source *source,
                       struct arena *arena, struct err *err)
{
    struct counting *counting = context;
    struct str keys[GROUP_KEYS_MAX];
    for (size_t i = 0; i < counting->key_count; i++) {
        bool known = counting->is_pattern[i];
        if (known)
            keys[i] = pattern_key(pattern_set_of(counting->q->patterns, fact->template), arena);
        else
            known = subject_fact_text(&counting->keys[i], fact, source, arena, &keys[i]);
        must(known);
    }
    struct group_row *row = group_add(&counting->group, keys, fact->time_us, fact->record, err);
    if (!row)
        return false;
    row->level = fact->level > row->level ? fact->level : row->level;
    if (counting->patterns && fact->service.data)
        map_at(&row->services, fact->service, NULL);
    counting->q->matched++;
    return true;
}

static bool list_fact(void *context, const struct fact_row *fact, const struct store_source *source,
                      struct arena *arena, struct err *err)
{
    struct counting *counting = context;
    (void)arena;
    (void)err;
    hits_add(&counting->hits,
             (struct hit){.number = fact->record, .time_us = fact->time_us, .source = (uint32_t)source->state.id});
    return true;
}

static bool visit_all(struct counting *counting, struct err *err)
{
    struct question *q = counting->q;
    struct facts_visit visit = {.kinds = counting->ask->kinds,
                                .since_us = q->select.since_us,
                                .until_us = q->select.until_us,
                                .visit = counting->ask->by ? count_fact : list_fact,
                                .context = counting};
    for (size_t i = 0; i < counting->key_count; i++)
        counting->keys[i] = question_subject(q, counting->keys[i].name);
    return facts_each(q, &visit, err);
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static size_t make_columns(const struct counting *counting, struct column *columns)
{
    size_t n = 0;
    for (size_t i = 0; i < counting->key_count; i++) {
        char *name = arena_alloc(&counting->q->arena, counting->keys[i].name.size + 1);
        memcpy(name, counting->keys[i].name.data, counting->keys[i].name.size);
        name[counting->keys[i].name.size] = '\0';
        columns[n++] = (struct column){name, name, CELL_TEXT, COLUMN_NULL};
        if (counting->is_pattern[i])
            columns[n++] = (struct column){"template", NULL, CELL_TEXT, 0};
    }
    columns[n++] = (struct column){"count", "count", CELL_COUNT, COLUMN_RIGHT};
    columns[n++] = (struct column){"first", "first", CELL_TIME, 0};
    columns[n++] = (struct column){"last", "last", CELL_TIME, 0};
    if (!counting->patterns)
        return n;
    columns[n++] = (struct column){"level", "level", CELL_TEXT, COLUMN_OPTIONAL};
    columns[n++] = (struct column){"services", "services", CELL_LIST, COLUMN_OPTIONAL};
    columns[n++] = (struct column){"example", NULL, CELL_TEXT, 0};
    columns[n++] = (struct column){NULL, "template", CELL_TEXT, COLUMN_FLEX};
    return n;
}

static bool show_row(struct counting *counting, struct group_row *row, struct err *err)
{
    struct question *q = counting->q;
    struct cell cells[RENDER_COLUMNS_MAX] = {0};
    struct str template = STR_ABSENT;
    size_t n = 0;
    arena_reset(&counting->arena);
    for (size_t i = 0; i < counting->key_count; i++) {
        struct str key = group_key(row, i);
        cells[n++].text = counting->is_pattern[i] ? pattern_set_id(q->patterns, pattern_of_key(key)) : key;
        if (counting->is_pattern[i])
            cells[n++].text = template = pattern_set_text(q->patterns, pattern_of_key(key));
    }
    cells[n++].count = row->count;
    cells[n++].time_us = row->first_us;
    cells[n++].time_us = row->last_us;
    if (counting->patterns) {
        struct event event;
        bool wanted = q->output.format != RENDER_TABLE;
        int found = wanted ? question_fetch(q, row->latest, &event, err) : 0;
        if (found < 0)
            return false;
        const char *level = level_name((enum level)row->level);
        cells[n++] =
            (struct cell){.text = level[0] ? str_of(level) : STR_ABSENT, .tint = render_level_tint(row->level)};
        cells[n++] = (struct cell){.list = map_keys(&row->services, &counting->arena), .count = row->services.count};
        cells[n++].text = found ? event.record.raw : STR_ABSENT;
        cells[n++].text = template;
    }
    render_row(q->render, cells);
    return true;
}

static bool show_rows(struct counting *counting, struct err *err)
{
    struct question *q = counting->q;
    struct column *columns = ARENA_ARRAY(&q->arena, struct column, RENDER_COLUMNS_MAX);
    question_show_rows(q, columns, make_columns(counting, columns));
    group_sort(&counting->group);
    size_t count = group_count(&counting->group);
    size_t shown = count < q->select.lines_max ? count : (size_t)q->select.lines_max;
    for (size_t i = 0; i < shown && out_alive(&q->output.out); i++)
        if (!show_row(counting, &counting->group.rows[q->select.reverse ? shown - 1 - i : i], err))
            return false;
    return true;
}

/* What the facts say of a record it says itself. */
static bool is_of_kinds(void *context, struct event *event)
{
    const struct counting *counting = context;
    return event->record.kinds & counting->ask->kinds;
}

static bool answer(struct counting *counting, struct err *err)
{
    struct question *q = counting->q;
    if (!visit_all(counting, err))
        return false;
    if (counting->ask->by)
        return show_rows(counting, err);
    question_show_events(q, counting->ask->layout);
    question_sort(q, &counting->hits, HITS_BY_TIME);
    struct follow_ask ask = {.wants = is_of_kinds, .context = counting};
    return question_write_hits(q, &counting->hits, false, err) && follow(q, &ask, err);
}

/* The operands are filters; anything else is a mistake worth a hint. */
static bool read_operands(struct question *q, char **operands, int count, struct err *err)
{
    for (int i = 0; i < count; i++) {
        struct str word = str_of(operands[i]);
        if (!filter_is(word))
            return err_set(err, ERR_USAGE, 0, "'%s' is not FIELD=VALUE; -g REGEX looks for text", operands[i]);
        if (!select_add_filter(&q->select, word, q->now_us, err))
            return false;
    }
    return true;
}

int facts_run(const struct cmd *cmd, const struct facts_ask *ask, const struct select_options *select,
              const struct output_options *output, char **operands, int operand_count)
{
    struct err err = {0};
    SCOPED(question) q = {0};
    SCOPED(counting) counting = {.q = &q, .ask = ask};
    bool by = ask->by != NULL;
    if (!question_init(&q, cmd, select, output, by ? QUESTION_ROWS : QUESTION_EVENTS, by ? "--by" : cmd->name, &err) ||
        (by && (!follow_check(select, "--by", &err) || !choose_keys(&counting, &err))) ||
        !read_operands(&q, operands, operand_count, &err) || !question_open(&q, select, output, &err) ||
        !answer(&counting, &err))
        return question_fail(&q, &err);
    return question_finish(&q, ask->noun);
}
