#include "query/question.h"

#include <limits.h>
#include <stdio.h>

#include "base/log.h"
#include "base/must.h"
#include "base/place.h"

enum { FIELDS_FILE_MAX = 1 << 20, NOTES_MAX = 1 << 24, KEPT_BYTES_MAX = 1 << 20 };

void question_release(struct question *q)
{
    render_free(q->render);
    output_close(&q->output, NULL);
    pattern_memo_release(&q->pattern_memo);
    stored_patterns_free(q->stored_patterns);
    analyzer_free(q->analyzer);
    field_table_free(q->fields);
    store_free(q->store);
    select_release(&q->select);
    buf_release(&q->notes);
    kept_release(&q->kept);
    shown_release(&q->shown);
    arena_release(&q->sources);
    arena_release(&q->scratch);
    arena_release(&q->arena);
    *q = (struct question){0};
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

bool question_init(struct question *q, const struct cmd *cmd, const struct select_options *select,
                   const struct output_options *output, unsigned forms, const char *what, struct err *err)
{
    *q = (struct question){.cmd = cmd, .notes = BUF(NOTES_MAX), .newest = UINT64_MAX};
    if (!output_set_zone(output, err) || !output_choose(&q->output, output, forms, what, err))
        return false;
    q->asks_pattern = forms & 1U << RENDER_RAW && (q->output.format == RENDER_JSON || q->output.format == RENDER_CSV);
    q->now_us = clock_now_us();
    return select_init(&q->select, select, q->now_us, err);
}

struct store *question_open_store(const char *option, struct err *err)
{
    SCOPED(buf) path = BUF(PATH_MAX);
    if (!place_store(option, &path, err))
        return NULL;
    struct store *store = store_open(path.data, STORE_READ, err);
    if (!store && err->kind == ERR_MISSING)
        err_set(err, ERR_MISSING, 0,
                "no store at '%s'; 'winnow ingest' makes one, --store or $WINNOW_STORE names another", path.data);
    return store;
}

static struct field_table *open_fields(const char *file, struct err *err)
{
    SCOPED(buf) text = BUF(FIELDS_FILE_MAX);
    if (file && !io_read_file(file, &text, err))
        return NULL;
    return field_table_new(file ? buf_str(&text) : STR_ABSENT, file, err);
}

bool question_read_sources(struct question *q, struct err *err)
{
    struct arena arena = {0};
    struct store_source *all;
    size_t count;
    bool ok = store_sources(q->store, &arena, &all, &count, err);
    if (ok) {
        select_sources(&q->select, q->wanted, all, count, &arena);
        select_prepare(&q->select);
    }
    arena_release(ok ? &q->sources : &arena);
    if (ok)
        q->sources = arena;
    return ok;
}

static bool open_patterns(struct question *q, struct err *err)
{
    if (!q->asks_pattern && !select_asks_pattern(&q->select))
        return true;
    q->stored_patterns = stored_patterns_new(q->store, q->select.follow, err);
    if (!q->stored_patterns)
        return false;
    q->patterns = q->pattern_memo.set = q->stored_patterns->set;
    return select_use_patterns(&q->select, q->stored_patterns, &q->pattern_memo, &q->notes, err);
}

struct subject question_subject(struct question *q, struct str name)
{
    struct subject subject = subject_of(name);
    must(subject.kind != SUBJECT_PATTERN || q->patterns);
    subject.patterns = subject.kind == SUBJECT_PATTERN ? &q->pattern_memo : NULL;
    return subject;
}

bool question_open(struct question *q, const struct select_options *select, const struct output_options *output,
                   struct err *err)
{
    q->wanted = &select->sources;
    q->fields = open_fields(select->fields, err);
    q->own_fields = select->fields != NULL;
    if (!q->fields)
        return false;
    q->analyzer = analyzer_new(q->fields);
    q->store = question_open_store(select->store, err);
    /* The number before the sources, so that each record up to it has its source. */
    if (!q->store || (select->follow && !store_last_number(q->store, &q->newest, err)) || !open_patterns(q, err) ||
        !question_read_sources(q, err))
        return false;
    output_open(&q->output, output, select->follow);
    return true;
}

bool question_renew(struct question *q, struct err *err)
{
    SCOPED(buf) told = BUF(NOTES_MAX);
    return (!q->patterns || select_use_patterns(&q->select, q->stored_patterns, &q->pattern_memo, &told, err)) &&
           question_read_sources(q, err);
}

static void make_render(struct question *q, const struct column *columns, size_t count, bool headless)
{
    must(!q->render);
    struct render_ask ask = {.format = q->output.format,
                             .out = &q->output.out,
                             .color = q->output.color,
                             .width = q->output.width,
                             .headless = headless,
                             .live = q->select.follow,
                             .columns = columns,
                             .column_count = count,
                             .patterns = q->patterns ? &q->pattern_memo : NULL,
                             .marks = q->select.greps,
                             .mark_count = q->select.grep_count};
    q->render = render_new(&ask);
}

void question_show_events(struct question *q, const struct layout *layout)
{
    q->layout = *layout;
    bool table = q->output.format == RENDER_TABLE;
    make_render(q, table ? layout->columns : NULL, table ? layout->column_count : 0, layout->headless);
}

void question_show_rows(struct question *q, const struct column *columns, size_t count)
{
    make_render(q, columns, count, false);
}

/* ---- Records ----------------------------------------------------------------------------------------------------- */

/* False when the source is not a chosen one. */
static bool begin_event(struct question *q, const struct scan_record *found, struct event *ret)
{
    const struct store_source *source = select_source(&q->select, found->source);
    if (!source)
        return false;
    if (q->scratch.used_bytes > 0)
        arena_reset(&q->scratch);
    *ret = (struct event){.number = found->number,
                          .record = found->record,
                          .believes_kinds = !q->own_fields,
                          .analyzer = q->analyzer,
                          .arena = &q->scratch};
    event_set_source(ret, &source->state);
    return true;
}

/* The table does not show them; raw needs them to tell whether a line goes on. */
static bool shows_offsets(const struct question *q)
{
    return q->output.format != RENDER_TABLE;
}

/* Raw does so only where a line without a newline is near. */
static bool needs_offset(const struct question *q, const struct scan_record *found)
{
    return q->output.format == RENDER_RAW &&
           (found->record.flags & RECORD_NO_NEWLINE || !q->render || render_is_open(q->render));
}

/* Pending records; and the few that a word leads to, so that they need not be put together again. */
static bool wants_kept(const struct question *q, const struct question_scan *scan, const struct scan_record *found)
{
    if (found->record.flags & RECORD_TAIL)
        return true;
    bool offset = q->select.offsets || q->output.format == RENDER_JSON || q->output.format == RENDER_CSV;
    return scan->word.data && !offset && q->kept.arena.used_bytes < KEPT_BYTES_MAX;
}

static bool may_hold(void *context, const struct scan_record *found)
{
    return select_may_hold(context, &found->record);
}

/* Columns decide, unless everything is wanted anyway, or a few lines that a word leads to. */
static struct judge *make_judge(struct question *q, const struct question_scan *scan)
{
    struct judge_ask ask = scan->total ? *scan->total : (struct judge_ask){0};
    if (scan->everything || scan->word.data)
        return NULL;
    ask.select = &q->select;
    ask.fields = q->fields;
    ask.believes_kinds = !q->own_fields;
    return judge_new(&ask);
}

/* All there is in range goes to who wants everything; else the store may leave out what cannot hold. */
static struct scan_ask make_ask(struct question *q, const struct question_scan *scan, struct judge *judge)
{
    struct select *select = &q->select;
    struct scan_ask ask = {.since_us = select->since_us,
                           .until_us = select->until_us,
                           .sources = select->all_sources ? NULL : select->source_ids,
                           .source_count = select->source_count,
                           .after = scan->after,
                           .word = scan->word,
                           .literal = scan->literal,
                           .offsets = select->offsets || scan->offsets || (scan->writes && shows_offsets(q))};
    ask.newest_first = scan->enough != NULL;
    if (scan->everything)
        return ask;
    ask.needs = select->needs;
    ask.need_count = select->need_count;
    ask.wants = select_asks_stored(select) ? may_hold : NULL;
    ask.context = select;
    ask.judge = judge_of_scan(judge);
    ask.textless = scan->textless && (judge || select_is_textless(select));
    return ask;
}

bool question_scan(struct question *q, struct question_scan *scan, struct err *err)
{
    if (q->select.source_count == 0)
        return true;
    SCOPED_FREE(judge) *judge = make_judge(q, scan);
    struct scan_ask ask = make_ask(q, scan, judge);
    SCOPED_FREE(scan) *cursor = scan_new(q->store, &ask, err);
    if (!cursor)
        return false;
    struct scan_record found;
    int more;
    bool going = true;
    while (going && out_alive(&q->output.out) && (more = scan_next(cursor, &found, err)) != 0) {
        struct event event;
        if (more < 0)
            return false;
        int64_t left_us;
        if (scan->enough && scan_enters_block(cursor, &left_us) && scan->enough(scan->context, left_us))
            break;
        if (found.number > q->newest || !begin_event(q, &found, &event))
            continue;
        bool holds = found.sure || select_holds(&q->select, &event);
        if ((holds || scan->everything) && !scan->writes && wants_kept(q, scan, &found))
            kept_add(&q->kept, &found);
        going = !(holds || scan->everything) || scan->visit(scan->context, &event, holds, err);
    }
    struct scan_counts counts = scan_counts(cursor);
    if (counts.blocks_damaged > q->loss.blocks_damaged) {
        q->loss.blocks_damaged = counts.blocks_damaged;
        memcpy(q->loss.damaged, counts.damaged, sizeof q->loss.damaged);
    }
    q->loss.blocks_gone += counts.blocks_gone;
    q->loss.records_without_time += counts.records_without_time;
    scan->index_used = counts.index_used;
    return going || err->kind == ERR_NONE;
}

/* 0 with *ret_why when it cannot be read. */
static int fetch(struct question *q, uint64_t number, struct event *ret, struct err *ret_why)
{
    struct scan_record found;
    const struct scan_record *kept = kept_find(&q->kept, number);
    if (kept && (kept->record.flags & RECORD_TAIL || !needs_offset(q, kept)) && begin_event(q, kept, ret))
        return 1;
    bool offset = q->select.offsets || (shows_offsets(q) && q->output.format != RENDER_RAW);
    bool sound = store_fetch(q->store, number, offset, &found, ret_why);
    if (sound && !offset && needs_offset(q, &found))
        sound = store_fetch(q->store, number, true, &found, ret_why);
    if (sound) {
        if (begin_event(q, &found, ret))
            return 1;
        err_set(ret_why, ERR_CORRUPT, 0, "record %llu is not of the source it should be of",
                (unsigned long long)number);
    }
    return ret_why->kind == ERR_CORRUPT || ret_why->kind == ERR_MISSING ? 0 : -1;
}

int question_fetch(struct question *q, uint64_t number, struct event *ret, struct err *err)
{
    struct err why = {0};
    int found = fetch(q, number, ret, &why);
    if (found == 0 && q->loss.records_unreadable++ == 0)
        q->loss.unreadable = why;
    if (found < 0)
        *err = why;
    return found;
}

int question_fetch_if_there(struct question *q, uint64_t number, struct event *ret, struct err *err)
{
    struct err why = {0};
    int found = fetch(q, number, ret, &why);
    if (found < 0)
        *err = why;
    return found;
}

bool question_each(struct question *q, struct hits *hits,
                   bool (*visit)(void *context, struct event *event, struct err *err), void *context, struct err *err)
{
    size_t kept = 0, at = 0;
    bool going = true;
    while (going && at < hits->count && out_alive(&q->output.out)) {
        struct event event;
        struct hit hit = hits->items[at++];
        int found = question_fetch(q, hit.number, &event, err);
        if (found < 0)
            return false;
        if (found == 0) {
            q->matched -= !(hit.sequence & HIT_CONTEXT);
            continue;
        }
        event.context = hit.sequence & HIT_CONTEXT;
        hits->items[kept++] = hit;
        going = visit(context, &event, err);
    }
    while (at < hits->count)
        hits->items[kept++] = hits->items[at++];
    hits->count = kept;
    return going || err->kind == ERR_NONE;
}

void question_write(struct question *q, struct event *event)
{
    if (q->select.follow && event->record.flags & RECORD_TAIL)
        shown_note(&q->shown, event);
    if (q->output.format != RENDER_TABLE) {
        render_event(q->render, event);
        return;
    }
    struct cell cells[RENDER_COLUMNS_MAX] = {0};
    q->layout.fill(q->layout.context, event, cells);
    render_row(q->render, cells);
}

struct hit question_hit(const struct event *event)
{
    must(event->source_id > 0 && event->source_id <= UINT32_MAX);
    return (struct hit){
        .number = event->number, .time_us = event->record.time_us, .source = (uint32_t)event->source_id};
}

void question_sort(struct question *q, struct hits *hits, enum hits_order order)
{
    hits_sort(hits, order);
    if (q->select.lines_max != UINT64_MAX)
        hits_keep_newest(hits, q->select.lines_max);
    if (q->select.reverse)
        hits_reverse(hits);
    for (size_t i = 0; i < hits->count; i++)
        q->matched += !(hits->items[i].sequence & HIT_CONTEXT);
}

struct writing {
    struct question *q;
    const struct hits *hits;
    bool apart;
    size_t at;
};

static bool write_hit(void *context, struct event *event, struct err *err)
{
    struct writing *writing = context;
    (void)err;
    const struct hit *items = writing->hits->items;
    while (items[writing->at].number != event->number)
        writing->at++;
    if (writing->apart && writing->at > 0 && hits_apart(&items[writing->at - 1], &items[writing->at]))
        render_break(writing->q->render);
    question_write(writing->q, event);
    return true;
}

bool question_write_hits(struct question *q, struct hits *hits, bool apart, struct err *err)
{
    struct writing writing = {.q = q, .hits = hits, .apart = apart};
    return question_each(q, hits, write_hit, &writing, err);
}

/* ---- Finishing --------------------------------------------------------------------------------------------------- */

int question_fail(struct question *q, const struct err *err)
{
    struct err ignored = {0};
    output_close(&q->output, &ignored);
    return cmd_fail(q->cmd, err);
}

static void print_day(char text[16], int64_t time_us)
{
    struct clock_civil civil;
    clock_to_civil(time_us, &civil);
    snprintf(text, 16, "%04d-%02d-%02d", civil.year % 10000, civil.month % 100, civil.day % 100);
}

/* "713 failed logins · 7 sources · 2026-03-27 … 2026-04-20 · 0 unparsed" */
static void tell_footer(const struct question *q, const char *noun)
{
    uint64_t unparsed = 0;
    int64_t first = TIME_NONE, last = TIME_NONE;
    for (size_t i = 0; i < q->select.source_count; i++) {
        const struct store_source *source = &q->select.sources[i];
        unparsed += source->unparsed;
        if (source->time_min != TIME_NONE && (first == TIME_NONE || source->time_min < first))
            first = source->time_min;
        last = source->time_max > last ? source->time_max : last;
    }
    char from[16], to[16], range[48] = "no times";
    if (first != TIME_NONE) {
        first = q->select.since_us > first && q->select.since_us < last ? q->select.since_us : first;
        last = q->select.until_us != TIME_NONE && q->select.until_us < last && q->select.until_us > first
                   ? q->select.until_us - 1
                   : last;
        print_day(from, first);
        print_day(to, last);
        snprintf(range, sizeof range, "%s … %s", from, to);
    }
    fprintf(stderr, "%s%llu %s%s · %zu source%s · %s · %llu unparsed%s\n", q->output.note_color ? "\033[2m" : "",
            (unsigned long long)q->matched, noun, q->matched == 1 ? "" : "s", q->select.source_count,
            q->select.source_count == 1 ? "" : "s", range, (unsigned long long)unparsed,
            q->output.note_color ? RENDER_TINT_END : "");
}

void question_tell(struct question *q)
{
    q->loss.nothing_matched = q->matched == 0;
    enum cover cover =
        q->told ? cover_loss_notes(&q->select, &q->loss, &q->notes) : cover_notes(&q->select, &q->loss, &q->notes);
    struct str rest = buf_str(&q->notes);
    while (rest.size > 0) {
        struct str line = str_cut(&rest, '\n');
        log_note("%.*s", STR_ARG(line));
    }
    buf_reset(&q->notes);
    q->loss = (struct cover_loss){.limit_hits = select_limit_hits(&q->select)};
    q->cover = cover > q->cover ? cover : q->cover;
    q->told = true;
}

int question_finish(struct question *q, const char *noun)
{
    struct err err = {0};
    if (q->render)
        render_end(q->render);
    if (!output_close(&q->output, &err))
        return cmd_fail(q->cmd, &err);
    if (q->output.format == RENDER_TABLE)
        tell_footer(q, noun);
    question_tell(q);
    if (q->cover == COVER_BROKEN)
        return CMD_FAILED;
    if (q->cover == COVER_SHORT && q->select.strict)
        return CMD_INCOMPLETE;
    return q->matched > 0 || q->answered ? CMD_MATCHED : CMD_NOTHING;
}
