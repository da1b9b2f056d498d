#include "query/search.h"

#include <stdlib.h>

#include "query/group.h"
#include "query/histogram.h"

/* The forms of search that count instead of listing: one pass in record order, no hit is kept. */

static const char bar_text[] = "████████████████████████████████████████"; /* three bytes each */
enum { BAR_COLUMNS = 40, BAR_BYTES_EACH = 3 };
_Static_assert(sizeof bar_text == BAR_COLUMNS * BAR_BYTES_EACH + 1, "a bar of BAR_COLUMNS");

/* ---- --count ----------------------------------------------------------------------------------------------------- */

static bool count_record(void *context, struct event *event, bool holds, struct err *err)
{
    struct question *q = context;
    (void)event;
    (void)holds;
    (void)err;
    q->matched++;
    return true;
}

static bool count_total(void *context, const struct total *total, struct err *err)
{
    struct question *q = context;
    (void)err;
    q->matched += total->records;
    return true;
}

bool search_count(struct question *q, struct err *err)
{
    static const struct column columns[] = {{"count", "count", CELL_COUNT, 0}};
    const struct judge_ask total = {.way = TOTAL_COUNT, .take = count_total, .context = q};
    struct question_scan scan = {.visit = count_record, .context = q, .total = &total, .textless = true};
    if (!question_scan(q, &scan, err))
        return false;
    question_show_rows(q, columns, 1);
    if (q->output.format == RENDER_TABLE) {
        out_printf(&q->output.out, "%llu\n", (unsigned long long)q->matched);
        return true;
    }
    struct cell cell = {.count = q->matched};
    render_row(q->render, &cell);
    return true;
}

/* ---- --by -------------------------------------------------------------------------------------------------------- */

struct grouping {
    struct question *q;
    struct group group;
    struct subject keys[GROUP_KEYS_MAX];
    size_t key_count;
};

static void grouping_release(struct grouping *grouping)
{
    group_release(&grouping->group);
}

bool search_by_check(const char *by, bool *ret_asks_pattern, struct err *err)
{
    struct str names[GROUP_KEYS_MAX], rest = str_of(by);
    size_t count = 0;
    while (rest.data) {
        struct str name = str_trim(str_cut(&rest, ','));
        if (name.size == 0)
            return err_set(err, ERR_USAGE, 0, "--by '%s': give a field, or several with commas", by);
        if (count == GROUP_KEYS_MAX)
            return err_set(err, ERR_USAGE, 0, "--by takes at most %d fields", GROUP_KEYS_MAX);
        for (size_t i = 0; i < count; i++)
            if (str_equal(names[i], name))
                return err_set(err, ERR_USAGE, 0, "--by '%s': '%.*s' is there twice", by, STR_ARG(name));
        names[count++] = name;
        *ret_asks_pattern = *ret_asks_pattern || subject_of(name).kind == SUBJECT_PATTERN;
    }
    return true;
}

static bool group_record(void *context, struct event *event, bool holds, struct err *err)
{
    struct grouping *grouping = context;
    struct str keys[GROUP_KEYS_MAX];
    (void)holds;
    for (size_t i = 0; i < grouping->key_count; i++)
        keys[i] = subject_text(&grouping->keys[i], event);
    grouping->q->matched++;
    return group_add(&grouping->group, keys, event->record.time_us, event->number, err) != NULL;
}

static bool group_total(void *context, const struct total *total, struct err *err)
{
    struct grouping *grouping = context;
    grouping->q->matched += total->records;
    for (size_t i = 0; i < total->row_count; i++) {
        const struct total_row *row = &total->rows[i];
        if (!group_add_all(&grouping->group, row->keys, row->count, row->first_us, row->last_us, row->latest, err))
            return false;
    }
    return true;
}

static void show_groups(struct question *q, struct grouping *grouping)
{
    size_t n = grouping->key_count;
    struct column *columns = ARENA_ARRAY(&q->arena, struct column, n + 3);
    for (size_t i = 0; i < n; i++) {
        const char *name = arena_str(&q->arena, grouping->keys[i].name).data;
        enum cell_kind kind = subject_is_number(&grouping->keys[i]) ? CELL_NUMBER : CELL_TEXT;
        columns[i] = (struct column){name, name, kind, COLUMN_NULL};
    }
    columns[n] = (struct column){"count", "count", CELL_COUNT, COLUMN_RIGHT};
    columns[n + 1] = (struct column){"first", "first", CELL_TIME, 0};
    columns[n + 2] = (struct column){"last", "last", CELL_TIME, 0};
    question_show_rows(q, columns, n + 3);
    group_sort(&grouping->group);
    size_t count = group_count(&grouping->group);
    size_t shown = count < q->select.lines_max ? count : (size_t)q->select.lines_max;
    for (size_t r = 0; r < shown && out_alive(&q->output.out); r++) {
        const struct group_row *row = &grouping->group.rows[q->select.reverse ? shown - 1 - r : r];
        struct cell cells[GROUP_KEYS_MAX + 3] = {0};
        for (size_t i = 0; i < n; i++)
            cells[i].text = group_key(row, i);
        cells[n].count = row->count;
        cells[n + 1].time_us = row->first_us;
        cells[n + 2].time_us = row->last_us;
        render_row(q->render, cells);
    }
}

/* Does the store know the keys without a record's text? */
static bool by_stored(const struct grouping *grouping)
{
    for (size_t i = 0; i < grouping->key_count; i++)
        if (!subject_is_stored(&grouping->keys[i]))
            return false;
    return true;
}

bool search_by(struct question *q, const char *by, struct err *err)
{
    SCOPED(grouping) grouping = {.q = q};
    struct str rest = str_of(by);
    while (rest.data)
        grouping.keys[grouping.key_count++] = question_subject(q, str_trim(str_cut(&rest, ',')));
    group_init(&grouping.group, grouping.key_count);
    const struct judge_ask total = {.way = TOTAL_KEYS,
                                    .keys = grouping.keys,
                                    .key_count = grouping.key_count,
                                    .take = group_total,
                                    .context = &grouping};
    struct question_scan scan = {
        .visit = group_record, .context = &grouping, .total = &total, .textless = by_stored(&grouping)};
    for (size_t i = 0; i < grouping.key_count; i++)
        scan.offsets = scan.offsets || grouping.keys[i].kind == SUBJECT_OFFSET;
    if (!question_scan(q, &scan, err))
        return false;
    show_groups(q, &grouping);
    return true;
}

/* ---- --histogram ------------------------------------------------------------------------------------------------- */

struct timing {
    struct question *q;
    struct histogram histogram;
};

static void timing_release(struct timing *timing)
{
    histogram_release(&timing->histogram);
}

static bool time_record(void *context, struct event *event, bool holds, struct err *err)
{
    struct timing *timing = context;
    (void)holds;
    timing->q->matched++;
    return histogram_add(&timing->histogram, event->record.time_us, err);
}

static bool time_total(void *context, const struct total *total, struct err *err)
{
    struct timing *timing = context;
    timing->q->matched += total->records;
    for (uint64_t i = 0; i < total->records; i++)
        if (!histogram_add(&timing->histogram, total->times[i], err))
            return false;
    return true;
}

static void show_histogram(struct question *q, const struct histogram_row *rows, size_t count)
{
    static const struct column columns[] = {
        {"time", "time", CELL_TIME, 0},
        {"count", "count", CELL_COUNT, COLUMN_RIGHT},
        {NULL, "", CELL_TEXT, COLUMN_FLEX},
    };
    uint64_t most = 1;
    for (size_t i = 0; i < count; i++)
        most = rows[i].count > most ? rows[i].count : most;
    question_show_rows(q, columns, sizeof columns / sizeof *columns);
    if (count > q->select.lines_max) { /* the newest */
        rows += count - q->select.lines_max;
        count = (size_t)q->select.lines_max;
    }
    for (size_t i = 0; i < count && out_alive(&q->output.out); i++) {
        const struct histogram_row *row = &rows[q->select.reverse ? count - 1 - i : i];
        /* Rounded up: what is not zero shows. */
        double share = (double)row->count / (double)most * BAR_COLUMNS;
        size_t bar = (size_t)share + (share > (double)(size_t)share);
        struct cell cells[] = {{.time_us = row->time_us, .tint = TINT_DIM},
                               {.count = row->count},
                               {.text = str_from(bar_text, bar * BAR_BYTES_EACH)}};
        render_row(q->render, cells);
    }
}

bool search_histogram(struct question *q, int64_t step_us, struct err *err)
{
    SCOPED(timing) timing = {.q = q};
    histogram_init(&timing.histogram, step_us);
    const struct judge_ask total = {.way = TOTAL_TIMES, .take = time_total, .context = &timing};
    struct question_scan scan = {.visit = time_record, .context = &timing, .total = &total, .textless = true};
    if (!question_scan(q, &scan, err))
        return false;
    size_t count;
    struct histogram_row *rows = histogram_finish(&timing.histogram, &count);
    show_histogram(q, rows, count);
    free(rows);
    if (timing.histogram.without_time > 0)
        q->loss.records_untimed = timing.histogram.without_time;
    return true;
}
