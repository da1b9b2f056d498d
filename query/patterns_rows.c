#include "query/patterns.h"

#include <stdlib.h>

/* The rows of JSON, CSV and Markdown. */

/* ---- Examples ---------------------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const struct hit *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

/* The latest record of each row. In record order, so that neighbours come from one block; sequence is the row. */
static bool fetch_examples(struct patterns_answer *answer, struct str *examples, struct err *err)
{
    SCOPED(hits) hits = {0};
    for (size_t i = 0; i < answer->row_count; i++)
        if (answer->census.patterns[answer->rows[i].pattern].latest > 0)
            hits_add(&hits, (struct hit){.number = answer->census.patterns[answer->rows[i].pattern].latest,
                                         .sequence = (uint32_t)i});
    if (hits.count > 1)
        qsort(hits.items, hits.count, sizeof *hits.items, by_number);
    for (size_t i = 0; i < hits.count; i++) {
        struct event event;
        int found = question_fetch_if_there(answer->q, hits.items[i].number, &event, err);
        if (found < 0)
            return false;
        if (found > 0)
            examples[hits.items[i].sequence] = arena_str(&answer->arena, event.record.raw);
    }
    return true;
}

/* ---- Columns ----------------------------------------------------------------------------------------------------- */

enum {
    ROW_PATTERN,
    ROW_TEMPLATE,
    ROW_COUNT,
    ROW_FIRST,
    ROW_LAST,
    ROW_LEVEL,
    ROW_SERVICES,
    ROW_EXAMPLE,
    ROW_BEFORE,
    ROW_CHANGE,
    ROW_FLAG,
    ROW_CELLS
};

static const struct column columns[ROW_CELLS] = {
    [ROW_PATTERN] = {"pattern", NULL, CELL_TEXT, 0},
    [ROW_TEMPLATE] = {"template", NULL, CELL_TEXT, 0},
    [ROW_COUNT] = {"count", NULL, CELL_COUNT, COLUMN_RIGHT},
    [ROW_FIRST] = {"first", NULL, CELL_TIME, 0},
    [ROW_LAST] = {"last", NULL, CELL_TIME, 0},
    [ROW_LEVEL] = {"level", NULL, CELL_TEXT, 0},
    [ROW_SERVICES] = {"services", NULL, CELL_LIST, 0},
    [ROW_EXAMPLE] = {"example", NULL, CELL_TEXT, 0},
    [ROW_BEFORE] = {"before", NULL, CELL_COUNT, COLUMN_RIGHT},
    [ROW_CHANGE] = {"change", NULL, CELL_NUMBER, COLUMN_RIGHT},
    [ROW_FLAG] = {"flag", NULL, CELL_TEXT, 0},
};

/* What goes into a table to paste, in this order. */
static const unsigned of_md[] = {ROW_COUNT,    ROW_BEFORE, ROW_CHANGE, ROW_FLAG,    ROW_LEVEL,
                                 ROW_SERVICES, ROW_FIRST,  ROW_LAST,   ROW_PATTERN, ROW_TEMPLATE};

static bool is_compared(unsigned column)
{
    return column == ROW_BEFORE || column == ROW_CHANGE || column == ROW_FLAG;
}

static size_t choose_columns(const struct patterns_answer *answer, unsigned *chosen)
{
    bool md = answer->q->output.format == RENDER_MD;
    size_t count = 0, all = md ? sizeof of_md / sizeof *of_md : ROW_CELLS;
    for (unsigned i = 0; i < all; i++) {
        unsigned column = md ? of_md[i] : i;
        if (answer->options->compare || !is_compared(column))
            chosen[count++] = column;
    }
    return count;
}

static void fill(struct patterns_answer *answer, const struct patterns_row *row, struct str example, struct cell *cells)
{
    const struct census_pattern *pattern = &answer->census.patterns[row->pattern];
    const char *level = level_name((enum level)pattern->level), *flag = compare_flag_name(row->flag);
    cells[ROW_PATTERN].text = pattern_set_id(answer->q->patterns, row->pattern);
    cells[ROW_TEMPLATE].text = pattern_set_text(answer->q->patterns, row->pattern);
    cells[ROW_COUNT].count = row->compare.count;
    cells[ROW_FIRST].time_us = pattern->first_us;
    cells[ROW_LAST].time_us = pattern->last_us;
    cells[ROW_LEVEL].text = level[0] ? str_of(level) : STR_ABSENT;
    cells[ROW_SERVICES].list = map_keys(&pattern->services, &answer->arena);
    cells[ROW_SERVICES].count = pattern->services.count;
    cells[ROW_EXAMPLE].text = example;
    cells[ROW_BEFORE].count = row->compare.before;
    cells[ROW_CHANGE].text = arena_printf(&answer->arena, "%lld", (long long)compare_change(&row->compare));
    cells[ROW_FLAG].text = flag ? str_of(flag) : STR_ABSENT;
}

bool patterns_rows(struct patterns_answer *answer, struct err *err)
{
    struct question *q = answer->q;
    unsigned chosen[ROW_CELLS];
    size_t count = choose_columns(answer, chosen);
    size_t shown = answer->row_count < q->select.lines_max ? answer->row_count : (size_t)q->select.lines_max;
    struct column *own = ARENA_ARRAY(&q->arena, struct column, count);
    struct str *examples = arena_zalloc(&answer->arena, (answer->row_count + 1) * sizeof *examples);
    for (size_t i = 0; i < count; i++)
        own[i] = columns[chosen[i]];
    if (q->output.format != RENDER_MD && !fetch_examples(answer, examples, err))
        return false;
    question_show_rows(q, own, count);
    for (size_t i = 0; i < shown && out_alive(&q->output.out); i++) {
        struct cell cells[ROW_CELLS] = {0}, own_cells[ROW_CELLS];
        size_t at = q->select.reverse ? shown - 1 - i : i;
        fill(answer, &answer->rows[at], examples[at], cells);
        for (size_t c = 0; c < count; c++)
            own_cells[c] = cells[chosen[c]];
        render_row(q->render, own_cells);
    }
    return true;
}
