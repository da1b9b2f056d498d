#include "query/query.h"

#include "base/map.h"
#include "query/cell.h"
#include "query/follow.h"
#include "query/mention.h"
#include "query/question.h"
#include "query/safe.h"

struct trace_options {
    struct select_options select;
    struct output_options output;
};

static const struct opt_group groups[] = {
    {"Choosing lines", select_rows, offsetof(struct trace_options, select)},
    {"Output", output_rows, offsetof(struct trace_options, output)},
    {NULL, output_look_rows, offsetof(struct trace_options, output)},
    {0},
};

/* What the head line tells about all records of a trace. */
struct trace {
    struct question *q;
    char **ids;
    int id_count;
    struct hits hits;
    struct str id; /* being looked for */
    uint64_t errors, warnings;
    unsigned last_status;
    int64_t first_us, last_us;
    struct map services, hosts, sources;
};

static void trace_release(struct trace *trace)
{
    hits_release(&trace->hits);
    map_release(&trace->services);
    map_release(&trace->hosts);
    map_release(&trace->sources);
}

static const struct column columns[] = {
    {NULL, "time", CELL_TIME, 0},
    {NULL, "offset", CELL_TEXT, COLUMN_RIGHT},
    {NULL, "level", CELL_TEXT, COLUMN_OPTIONAL},
    {NULL, "service", CELL_TEXT, 0},
    {NULL, "message", CELL_TEXT, COLUMN_FLEX | COLUMN_MARK},
};

static void fill(void *context, struct event *event, struct cell *cells)
{
    const struct trace *trace = context;
    cells[0] = cell_time(event);
    if (event_has_time(event)) {
        double seconds = (double)(event->record.time_us - trace->first_us) / (double)TIME_SECOND;
        cells[1].text = arena_printf(event->arena, "%+.3fs", seconds);
    }
    cells[2] = cell_level(event);
    cells[3] = cell_origin(event);
    cells[4] = cell_text(event);
}

/* ---- The head line ----------------------------------------------------------------------------------------------- */

static bool look_at(void *context, struct event *event, struct err *err)
{
    struct trace *trace = context;
    (void)err;
    struct str service = event_field(event, FIELD_SERVICE), host = event_field(event, FIELD_HOST);
    unsigned status = record_status(&event->record);
    if (service.size > 0)
        map_at(&trace->services, service, NULL);
    if (host.size > 0)
        map_at(&trace->hosts, host, NULL);
    struct str source = event->source;
    size_t slash = str_find_last(source, STR("/")); /* whole paths would fill the line; json has them */
    map_at(&trace->sources, slash == STR_NONE ? source : str_slice(source, slash + 1, source.size), NULL);
    trace->errors += event->record.level >= LEVEL_ERROR || (event->record.kinds & KIND_ERROR);
    trace->warnings += event->record.level == LEVEL_WARNING;
    trace->last_status = status ? status : trace->last_status;
    int64_t time_us = event->record.time_us;
    if (time_us == TIME_NONE)
        return true;
    trace->first_us = trace->first_us == TIME_NONE || time_us < trace->first_us ? time_us : trace->first_us;
    trace->last_us = time_us > trace->last_us ? time_us : trace->last_us;
    return true;
}

static void add_names(struct buf *line, const char *one, const char *many, const struct map *names)
{
    enum { NAMES_MAX = 6 };
    if (names->count == 0)
        return;
    buf_printf(line, " · %s ", names->count == 1 ? one : many);
    for (size_t i = 0; i < names->count && i < NAMES_MAX; i++) {
        buf_add_text(line, i ? ", " : "");
        safe_add(line, names->entries[i].key, SAFE_TABLE, SIZE_MAX);
    }
    if (names->count > NAMES_MAX)
        buf_printf(line, " and %zu more", names->count - NAMES_MAX);
}

/* "0.201 s", "12 m 5 s", "5 h 12 m", "224 d 17 h" */
static void add_length(struct buf *line, int64_t us)
{
    long long seconds = us / TIME_SECOND, minutes = seconds / 60, hours = minutes / 60;
    if (minutes == 0)
        buf_printf(line, "%.3f s", (double)us / (double)TIME_SECOND);
    else if (hours == 0)
        buf_printf(line, "%lld m %lld s", minutes, seconds % 60);
    else if (hours < 48)
        buf_printf(line, "%lld h %lld m", hours, minutes % 60);
    else
        buf_printf(line, "%lld d %lld h", hours / 24, hours % 24);
}

static void add_span(struct buf *line, const struct trace *trace)
{
    char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];
    if (trace->first_us == TIME_NONE)
        return;
    clock_print_local(trace->first_us, first);
    clock_print_local(trace->last_us, last);
    bool same_day = strlen(first) > 11 && strncmp(first, last, 11) == 0;
    buf_printf(line, " · %s - %s (", first, same_day ? last + 11 : last);
    add_length(line, trace->last_us - trace->first_us);
    buf_add_char(line, ')');
}

static void add_outcome(struct buf *line, const struct trace *trace, bool color)
{
    bool failed = trace->errors > 0 || trace->last_status >= 400;
    const char *separator = ": ";
    buf_printf(line, " · %s%s", color ? render_tint_code(failed ? TINT_STRONG : TINT_GREEN) : "",
               failed ? "failed" : "ok");
    if (trace->errors > 0) {
        buf_printf(line, ": %llu error%s", (unsigned long long)trace->errors, trace->errors == 1 ? "" : "s");
        separator = ", ";
    } else if (trace->warnings > 0) {
        buf_printf(line, ": %llu warning%s", (unsigned long long)trace->warnings, trace->warnings == 1 ? "" : "s");
        separator = ", ";
    }
    if (trace->last_status)
        buf_printf(line, "%slast status %u", separator, trace->last_status);
    buf_add_text(line, color ? RENDER_TINT_END : "");
}

static void write_head(struct trace *trace)
{
    struct question *q = trace->q;
    SCOPED(buf) line = BUF(RENDER_LINE_MAX);
    for (int i = 0; i < trace->id_count; i++) {
        buf_add_text(&line, i ? ", " : "");
        safe_add(&line, str_of(trace->ids[i]), SAFE_TABLE, SIZE_MAX);
    }
    buf_printf(&line, " · %llu record%s", (unsigned long long)q->matched, q->matched == 1 ? "" : "s");
    add_span(&line, trace);
    if (trace->services.count > 0)
        add_names(&line, "service", "services", &trace->services);
    else
        add_names(&line, "host", "hosts", &trace->hosts);
    add_names(&line, "source", "sources", &trace->sources);
    add_outcome(&line, trace, q->output.color);
    buf_add_char(&line, '\n');
    out_add(&q->output.out, buf_str(&line));
}

/* ---- The question ------------------------------------------------------------------------------------------------ */

static bool note_record(void *context, struct event *event, bool holds, struct err *err)
{
    struct trace *trace = context;
    (void)holds;
    (void)err;
    if (mention_is(event->record.raw, trace->id))
        hits_add(&trace->hits, question_hit(event));
    return true;
}

static bool find(struct trace *trace, struct err *err)
{
    for (int i = 0; i < trace->id_count; i++) {
        trace->id = str_of(trace->ids[i]);
        struct question_scan scan = {
            .word = mention_word(trace->id), .literal = trace->id, .visit = note_record, .context = trace};
        if (!question_scan(trace->q, &scan, err))
            return false;
        if (scan.word.data)
            continue;
        buf_add_char(&trace->q->notes, '\'');
        safe_add(&trace->q->notes, trace->id, SAFE_TABLE, SIZE_MAX);
        buf_add_text(&trace->q->notes, "' is not covered by the id index; searched every block\n");
    }
    question_sort(trace->q, &trace->hits, HITS_BY_TIME);
    return true;
}

/* What comes while it is followed; times count from the first record of all. */
static bool mentions_one(void *context, struct event *event)
{
    struct trace *trace = context;
    for (int i = 0; i < trace->id_count; i++) {
        if (!mention_is(event->record.raw, str_of(trace->ids[i])))
            continue;
        if (trace->first_us == TIME_NONE)
            trace->first_us = event->record.time_us;
        return true;
    }
    return false;
}

static bool answer(struct trace *trace, struct err *err)
{
    struct question *q = trace->q;
    const struct layout layout = {columns, sizeof columns / sizeof *columns, true, fill, trace};
    question_show_events(q, &layout);
    if (!find(trace, err))
        return false;
    if (q->output.format == RENDER_TABLE && q->matched > 0) {
        if (!question_each(q, &trace->hits, look_at, trace, err))
            return false;
        write_head(trace);
    }
    struct follow_ask ask = {.wants = mentions_one, .context = trace};
    return question_write_hits(q, &trace->hits, false, err) && follow(q, &ask, err);
}

/* Bytes beyond ASCII may be letters. */
static bool has_word(struct str id)
{
    for (size_t i = 0; i < id.size; i++)
        if (mention_is_word(id.data[i]) || (unsigned char)id.data[i] >= 0x80)
            return true;
    return false;
}

static bool check_ids(char **ids, int count, struct err *err)
{
    if (count == 0)
        return err_set(err, ERR_USAGE, 0, "give the id to follow: winnow trace ID...");
    for (int i = 0; i < count; i++) {
        if (ids[i][0] == '\0')
            return err_set(err, ERR_USAGE, 0, "an id is empty");
        if (!has_word(str_of(ids[i])))
            return err_set(err, ERR_USAGE, 0,
                           "the id '%s' has no letter and no digit; 'winnow search' looks for any text", ids[i]);
    }
    return true;
}

static int run(struct cmd_call *call)
{
    const struct trace_options *options = call->values;
    struct err err = {0};
    SCOPED(question) q = {0};
    SCOPED(trace) trace = {.q = &q, .first_us = TIME_NONE, .last_us = TIME_NONE};
    trace.ids = call->operands;
    trace.id_count = call->operand_count;
    if (!question_init(&q, call->cmd, &options->select, &options->output, QUESTION_EVENTS, "trace", &err) ||
        !check_ids(call->operands, call->operand_count, &err))
        return question_fail(&q, &err);
    if (!options->select.lines) /* also when it follows */
        q.select.lines_max = UINT64_MAX;
    if (!question_open(&q, &options->select, &options->output, &err) || !answer(&trace, &err))
        return question_fail(&q, &err);
    return question_finish(&q, "record");
}

const struct cmd cmd_trace = {
    .name = "trace",
    .summary = "every record that mentions an id, across all sources, in time order",
    .usage = "ID...",
    .examples = "winnow trace 7f3a9c1e-5b0d-4c62-9f7e-2d1c8a6b4e90\n"
                "    what happened to one request: head line with span, services and outcome, then its records\n"
                "winnow trace q-48213 q-48214\n"
                "    several ids together; an id counts only where it stands as a whole token\n"
                "winnow trace 7f3a9c1e -o raw\n"
                "    the original lines\n"
                "winnow trace 7f3a9c1e -p warning -o json\n"
                "    only its warnings and errors, as JSON\n",
    .groups = groups,
    .values_size = sizeof(struct trace_options),
    .run = run,
};
