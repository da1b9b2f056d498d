#include "query/patterns.h"

#include "query/facts.h"

/* A row for each record: where it is, and which pattern it has. */

struct lining {
    struct question *q;
    struct hits hits;
};

static void lining_release(struct lining *lining)
{
    hits_release(&lining->hits);
}

static bool show_event(struct question *q, struct event *event)
{
    event_analyze(event);
    uint32_t pattern = pattern_memo_of(&q->pattern_memo, &event->record, event->arena);
    struct cell cells[] = {{.text = event->source},
                           {.count = event->record.offset},
                           {.text = pattern_set_id(q->patterns, pattern)},
                           {.text = pattern_set_text(q->patterns, pattern)}};
    render_row(q->render, cells);
    return true;
}

static bool show_hit(void *context, struct event *event, struct err *err)
{
    struct lining *lining = context;
    (void)err;
    return show_event(lining->q, event);
}

static bool show_at_once(void *context, struct event *event, bool holds, struct err *err)
{
    struct lining *lining = context;
    (void)holds;
    (void)err;
    lining->q->matched++;
    return show_event(lining->q, event);
}

static bool note_event(void *context, struct event *event, bool holds, struct err *err)
{
    struct lining *lining = context;
    (void)holds;
    (void)err;
    hits_add(&lining->hits, question_hit(event));
    return true;
}

static bool note_fact(void *context, const struct fact_row *fact, const struct store_source *source,
                      struct arena *arena, struct err *err)
{
    struct lining *lining = context;
    (void)arena;
    (void)err;
    hits_add(&lining->hits,
             (struct hit){.number = fact->record, .time_us = fact->time_us, .source = (uint32_t)source->state.id});
    return true;
}

bool patterns_lines(struct question *q, bool all_levels, struct err *err)
{
    static const struct column columns[] = {
        {"source", "source", CELL_TEXT, 0},
        {"offset", "offset", CELL_COUNT, COLUMN_RIGHT},
        {"pattern", "pattern", CELL_TEXT, 0},
        {"template", "template", CELL_TEXT, COLUMN_FLEX},
    };
    SCOPED(lining) lining = {.q = q};
    bool streams = q->select.source_count == 1 && q->select.lines_max == UINT64_MAX && !q->select.reverse;
    question_show_rows(q, columns, sizeof columns / sizeof *columns);
    q->select.offsets = true;
    if (all_levels) {
        struct question_scan scan = {
            .visit = streams ? show_at_once : note_event, .context = &lining, .textless = !streams, .offsets = streams};
        if (!question_scan(q, &scan, err) || streams)
            return err->kind == ERR_NONE;
    } else {
        struct facts_visit visit = {.kinds = KIND_ERROR,
                                    .since_us = q->select.since_us,
                                    .until_us = q->select.until_us,
                                    .visit = note_fact,
                                    .context = &lining};
        if (!facts_each(q, &visit, err))
            return false;
    }
    question_sort(q, &lining.hits, all_levels ? HITS_AS_STORED : HITS_BY_TIME);
    return question_each(q, &lining.hits, show_hit, &lining, err);
}
