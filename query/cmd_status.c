#include "query/query.h"

#include <stdlib.h>

#include "base/map.h"
#include "query/cover.h"
#include "query/question.h"
#include "query/safe.h"
#include "query/status_outputs.h"
#include "query/status_text.h"

struct status_options {
    const char *store;
    struct output_options output;
};

static const struct opt rows[] = {
    {.long_name = "store",
     .type = OPT_TEXT,
     .offset = offsetof(struct status_options, store),
     .argument = "PATH",
     .help = "the store to look at (else $WINNOW_STORE, else the usual place)"},
    {0},
};

static const struct opt_group groups[] = {
    {"Store", rows, 0},
    {"Output", output_rows, offsetof(struct status_options, output)},
    {NULL, output_look_rows, offsetof(struct status_options, output)},
    {0},
};

/* What is known by one name: the file that lies there now, or lay there last, and what the sums tell of all it had before. */
struct row {
    struct store_source source;
    struct cover_lag lag;
};

struct status {
    struct store *store;
    struct store_summary summary;
    struct row *rows; /* in the order in which their names were first met */
    size_t row_count;
    struct status_outputs outputs;
    struct arena arena;
    struct output output;
    int64_t now_us;
};

static void status_release(struct status *status)
{
    output_close(&status->output, NULL);
    store_free(status->store);
    arena_release(&status->arena);
}

static const char *kind_text(enum source_kind kind)
{
    static const char *const texts[] = {[SOURCE_FILE] = "file",
                                        [SOURCE_GZIP] = "gzip",
                                        [SOURCE_STREAM] = "stream",
                                        [SOURCE_JOURNAL] = "journal",
                                        [SOURCE_KAFKA] = "kafka"};
    return texts[kind];
}

static uint64_t stored_bytes(const struct store_source *source)
{
    return source->state.position + source->state.pending_bytes;
}

static uint64_t pruned_records(const struct status *status)
{
    uint64_t records = 0;
    for (size_t i = 0; i < status->row_count; i++)
        records += status->rows[i].source.pruned_records;
    return records;
}

/* How old the newest stored record is, while there is something newer to read; of a partition, whose messages may be records of
 * other sources, how long ago it was read to its end. */
static uint64_t lag_seconds(const struct status *status, const struct row *row)
{
    const struct store_source *source = &row->source;
    int64_t first_us = source->time_max, second_us = source->state.read_us;
    if (source->state.kind == SOURCE_KAFKA) {
        first_us = source->state.read_us;
        second_us = source->time_max;
    }
    if (row->lag.bytes == 0 && row->lag.messages == 0)
        return 0;
    return status_age(status->now_us, first_us != TIME_NONE ? first_us : second_us);
}

/* Several of a name are files in turn, or what partitions have brought of a file. */
static bool is_later(const struct source_state *a, const struct source_state *b)
{
    if (a->kind == SOURCE_KAFKA && b->kind == SOURCE_KAFKA)
        return a->position > b->position;
    if (a->rotations != b->rotations)
        return a->rotations > b->rotations;
    return a->truncations != b->truncations ? a->truncations > b->truncations : a->id > b->id;
}

/* Adds another file of the same name. */
static void add_file(struct row *row, const struct store_source *source)
{
    struct store_source *sum = &row->source;
    struct cover_lag lag = cover_lag(&source->state);
    uint64_t lag_bytes = row->lag.bytes + lag.bytes, lag_messages = row->lag.messages + lag.messages;
    if (is_later(&source->state, &sum->state)) {
        sum->state = source->state;
        row->lag = lag;
    }
    row->lag.bytes = lag_bytes;
    row->lag.messages = lag_messages;
    sum->records += source->records;
    sum->raw_bytes += source->raw_bytes;
    sum->unparsed += source->unparsed;
    sum->gaps += source->gaps;
    sum->pruned_records += source->pruned_records;
    if (sum->time_max == TIME_NONE || (source->time_max != TIME_NONE && source->time_max > sum->time_max))
        sum->time_max = source->time_max;
}

static bool load_rows(struct status *status, struct err *err)
{
    struct store_source *sources;
    size_t count;
    struct map by_name = {0};
    if (!store_sources(status->store, &status->arena, &sources, &count, err))
        return false;
    status->rows = ARENA_ARRAY(&status->arena, struct row, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct map_entry *at = map_at(&by_name, sources[i].state.name, NULL);
        if (at->value == 0) {
            status->rows[status->row_count++] = (struct row){sources[i], cover_lag(&sources[i].state)};
            at->value = status->row_count;
        } else {
            add_file(&status->rows[at->value - 1], &sources[i]);
        }
    }
    map_release(&by_name);
    return true;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void add_source(struct buf *line, const struct status *status, const struct row *row)
{
    const struct store_source *source = &row->source;
    buf_add_char(line, '{');
    status_add_text(line, "source", source->state.name);
    buf_add_char(line, ',');
    status_add_text(line, "kind", str_of(kind_text(source->state.kind)));
    status_add_number(line, "position", stored_bytes(source));
    status_add_number(line, "size", row->lag.size);
    status_add_number(line, "lag_bytes", row->lag.bytes);
    if (source->state.kind == SOURCE_KAFKA)
        status_add_number(line, "lag_messages", row->lag.messages);
    status_add_number(line, "lag_seconds", lag_seconds(status, row));
    status_add_number(line, "unparsed", source->unparsed);
    status_add_number(line, "gaps", source->gaps);
    status_add_number(line, "rotations", source->state.rotations);
    status_add_number(line, "truncations", source->state.truncations);
    buf_add_char(line, '}');
}

static void show_json(struct status *status)
{
    SCOPED(buf) line = BUF(RENDER_LINE_MAX);
    buf_add_text(&line, "{\"store\":{");
    status_add_text(&line, "path", str_of(store_path(status->store)));
    status_add_number(&line, "bytes", status->summary.file_bytes);
    status_add_number(&line, "raw_bytes", status->summary.raw_bytes);
    status_add_number(&line, "records", status->summary.records);
    status_add_time(&line, "first", status->summary.time_min);
    status_add_time(&line, "last", status->summary.time_max);
    if (pruned_records(status) > 0)
        status_add_number(&line, "pruned_records", pruned_records(status));
    buf_add_text(&line, "},\"sources\":[");
    for (size_t i = 0; i < status->row_count; i++) {
        if (i > 0)
            buf_add_char(&line, ',');
        add_source(&line, status, &status->rows[i]);
        out_add(&status->output.out, buf_str(&line));
        buf_reset(&line);
    }
    buf_add_text(&line, "],\"outputs\":[");
    out_add(&status->output.out, buf_str(&line));
    buf_reset(&line);
    status_outputs_json(&status->outputs, &status->output.out);
    buf_add_text(&line, "]}\n");
    out_add(&status->output.out, buf_str(&line));
}

/* ---- Table ------------------------------------------------------------------------------------------------------- */

static void show_store(struct status *status)
{
    struct out *out = &status->output.out;
    const struct store_summary *summary = &status->summary;
    char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];
    SCOPED(buf) path = BUF(RENDER_LINE_MAX);
    safe_add(&path, str_of(store_path(status->store)), SAFE_TABLE, SIZE_MAX);
    out_printf(out, "store    %s\n", path.data ? path.data : "");
    struct str disk = status_size(&status->arena, summary->file_bytes),
               raw = status_size(&status->arena, summary->raw_bytes);
    out_printf(out, "size     %s for %s of lines", disk.data, raw.data);
    if (summary->file_bytes > 0 && summary->raw_bytes > 0)
        out_printf(out, " (ratio %.1f)", (double)summary->raw_bytes / (double)summary->file_bytes);
    out_printf(out, "\nrecords  %llu, %llu unparsed\n", (unsigned long long)summary->records,
               (unsigned long long)summary->unparsed);
    if (pruned_records(status) > 0)
        out_printf(out, "pruned   %llu records\n", (unsigned long long)pruned_records(status));
    if (summary->time_min != TIME_NONE)
        out_printf(out, "range    %s - %s\n", clock_print_local(summary->time_min, first),
                   clock_print_local(summary->time_max, last));
    out_text(out, "\n");
}

static struct cell size_cell(struct status *status, uint64_t bytes, bool zero_is_blank)
{
    if (zero_is_blank && bytes == 0)
        return (struct cell){0};
    return (struct cell){.text = status_size(&status->arena, bytes), .tint = zero_is_blank ? TINT_YELLOW : TINT_NONE};
}

/* Of what came through Kafka the offsets tell where it is, not how much: much may have been left out. */
static struct cell stored_cell(struct status *status, const struct store_source *source)
{
    bool sparse = source->state.kind == SOURCE_KAFKA;
    return size_cell(status, sparse ? source->raw_bytes : stored_bytes(source), false);
}

static struct cell file_size_cell(struct status *status, const struct row *row)
{
    if (row->source.state.kind == SOURCE_KAFKA)
        return (struct cell){0};
    return size_cell(status, row->lag.size, false);
}

/* Of a partition "3 messages". */
static struct cell lag_cell(struct status *status, const struct cover_lag *lag)
{
    if (lag->messages == 0)
        return size_cell(status, lag->bytes, true);
    return (struct cell){.text = arena_printf(&status->arena, "%llu message%s", (unsigned long long)lag->messages,
                                              lag->messages == 1 ? "" : "s"),
                         .tint = TINT_YELLOW};
}

/* "3 rotations, 1 truncation, 1 gap" */
static struct cell event_cell(struct status *status, const struct store_source *source)
{
    const struct {
        uint64_t count;
        const char *one, *many;
    } events[] = {
        {source->state.rotations, "rotation", "rotations"},
        {source->state.truncations, "truncation", "truncations"},
        {source->gaps, "gap", "gaps"},
    };
    SCOPED(buf) text = BUF(RENDER_LINE_MAX);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (events[i].count > 0)
            buf_printf(&text, "%s%llu %s", text.size ? ", " : "", (unsigned long long)events[i].count,
                       events[i].count == 1 ? events[i].one : events[i].many);
    return (struct cell){.text = arena_str(&status->arena, buf_str(&text)),
                         .tint = source->gaps > 0 ? TINT_YELLOW : TINT_NONE};
}

static void show_sources(struct status *status)
{
    static const struct column columns[] = {
        {NULL, "kind", CELL_TEXT, 0},
        {NULL, "records", CELL_COUNT, COLUMN_RIGHT},
        {NULL, "stored", CELL_TEXT, COLUMN_RIGHT},
        {NULL, "size", CELL_TEXT, COLUMN_RIGHT},
        {NULL, "lag", CELL_TEXT, COLUMN_RIGHT},
        {NULL, "unparsed", CELL_COUNT, COLUMN_RIGHT},
        {NULL, "last record", CELL_TIME, 0},
        {NULL, "events", CELL_TEXT, 0},
        {NULL, "source", CELL_TEXT, COLUMN_FLEX},
    };
    struct render_ask ask = {.out = &status->output.out,
                             .color = status->output.color,
                             .width = status->output.width,
                             .columns = columns,
                             .column_count = sizeof columns / sizeof *columns};
    SCOPED_FREE(render) *render = render_new(&ask);
    for (size_t i = 0; i < status->row_count; i++) {
        const struct store_source *source = &status->rows[i].source;
        struct cover_lag lag = status->rows[i].lag;
        struct cell cells[] = {{.text = str_of(kind_text(source->state.kind))},
                               {.count = source->records},
                               stored_cell(status, source),
                               file_size_cell(status, &status->rows[i]),
                               lag_cell(status, &lag),
                               {.count = source->unparsed},
                               {.time_us = source->time_max},
                               event_cell(status, source),
                               {.text = source->state.name}};
        render_row(render, cells);
    }
    render_end(render);
}

static bool answer(struct status *status, const struct status_options *options, struct err *err)
{
    if (!output_set_zone(&options->output, err) ||
        !output_choose(&status->output, &options->output, 1U << RENDER_TABLE | 1U << RENDER_JSON, "status", err))
        return false;
    status->now_us = clock_now_us();
    status->store = question_open_store(options->store, err);
    if (!status->store || !store_summary(status->store, &status->summary, err) || !load_rows(status, err) ||
        !status_outputs_load(status->store, status->now_us, &status->arena, &status->outputs, err))
        return false;
    output_open(&status->output, &options->output, false);
    if (status->output.format == RENDER_JSON) {
        show_json(status);
    } else {
        show_store(status);
        show_sources(status);
        status_outputs_show(&status->outputs, &status->arena, &status->output);
    }
    return output_close(&status->output, err);
}

static int run(struct cmd_call *call)
{
    struct err err = {0};
    SCOPED(status) status = {0};
    if (call->operand_count > 0)
        err_set(&err, ERR_USAGE, 0, "'%s': status takes no operands", call->operands[0]);
    else if (answer(&status, call->values, &err))
        return CMD_MATCHED;
    output_close(&status.output, NULL);
    return cmd_fail(call->cmd, &err);
}

const struct cmd cmd_status = {
    .name = "status",
    .summary = "what is stored, how far, and how far behind",
    .usage = "",
    .examples = "winnow status\n"
                "    the store's size and range; each source with what is not read yet\n"
                "winnow status -o json\n"
                "    one JSON object for a monitor: lag_bytes is 0 when everything is stored\n",
    .groups = groups,
    .values_size = sizeof(struct status_options),
    .run = run,
};
