#include "query/query.h"

#include <stdlib.h>

#include "base/amount.h"
#include "base/map.h"
#include "query/cover.h"
#include "query/prose.h"
#include "query/question.h"
#include "query/safe.h"

enum { WIDTH_USUAL = 110 }; /* of a terminal: on a narrower one the table of outputs leaves columns out */

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

/* How far behind an output is; one that is not configured any more is not behind. */
struct output_row {
    struct store_output output;
    uint64_t records, bytes, seconds;
};

struct status {
    struct store *store;
    struct store_summary summary;
    struct row *rows; /* in the order in which their names were first met */
    size_t row_count;
    struct output_row *outputs; /* by name */
    size_t output_count;
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

static uint64_t seconds_since(const struct status *status, int64_t time_us)
{
    if (time_us == TIME_NONE || time_us >= status->now_us)
        return 0;
    return ((uint64_t)status->now_us - (uint64_t)time_us) / TIME_SECOND;
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
    return seconds_since(status, first_us != TIME_NONE ? first_us : second_us);
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

static bool load_outputs(struct status *status, struct err *err)
{
    struct store_output *outputs;
    if (!store_outputs(status->store, &status->arena, &outputs, &status->output_count, err))
        return false;
    status->outputs = ARENA_ARRAY(&status->arena, struct output_row, status->output_count + 1);
    for (size_t i = 0; i < status->output_count; i++) {
        struct output_row *row = &status->outputs[i];
        *row = (struct output_row){.output = outputs[i]};
        if (!row->output.active) {
            row->output.state = STR("removed");
            continue;
        }
        if (!store_output_lag(status->store, row->output.position, &row->records, &row->bytes, err))
            return false;
        row->seconds = row->records > 0 ? seconds_since(status, row->output.caught_up_us) : 0;
    }
    return true;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void add_text(struct buf *line, const char *key, struct str text)
{
    buf_printf(line, "\"%s\":\"", key);
    buf_add_json(line, text);
    buf_add_char(line, '"');
}

static void add_number(struct buf *line, const char *key, uint64_t value)
{
    buf_printf(line, ",\"%s\":%llu", key, (unsigned long long)value);
}

static void add_time(struct buf *line, const char *key, int64_t time_us)
{
    char text[CLOCK_TEXT_MAX];
    if (time_us == TIME_NONE)
        return;
    buf_add_char(line, ',');
    add_text(line, key, str_of(clock_print_utc(time_us, text)));
}

static void add_source(struct buf *line, const struct status *status, const struct row *row)
{
    const struct store_source *source = &row->source;
    buf_add_char(line, '{');
    add_text(line, "source", source->state.name);
    buf_add_char(line, ',');
    add_text(line, "kind", str_of(kind_text(source->state.kind)));
    add_number(line, "position", stored_bytes(source));
    add_number(line, "size", row->lag.size);
    add_number(line, "lag_bytes", row->lag.bytes);
    if (source->state.kind == SOURCE_KAFKA)
        add_number(line, "lag_messages", row->lag.messages);
    add_number(line, "lag_seconds", lag_seconds(status, row));
    add_number(line, "unparsed", source->unparsed);
    add_number(line, "gaps", source->gaps);
    add_number(line, "rotations", source->state.rotations);
    add_number(line, "truncations", source->state.truncations);
    buf_add_char(line, '}');
}

static void add_output(struct buf *line, const struct output_row *row)
{
    const struct store_output *output = &row->output;
    buf_add_char(line, '{');
    add_text(line, "name", output->name);
    buf_add_char(line, ',');
    add_text(line, "kind", output->kind);
    buf_add_char(line, ',');
    add_text(line, "target", output->target);
    add_number(line, "position", output->position);
    add_number(line, "delivered", output->delivered);
    if (output->active) {
        add_number(line, "lag_records", row->records);
        add_number(line, "lag_bytes", row->bytes);
        add_number(line, "lag_seconds", row->seconds);
    }
    buf_add_char(line, ',');
    add_text(line, "state", output->state);
    if (output->error.size > 0) {
        buf_add_char(line, ',');
        add_text(line, "error", output->error);
    }
    add_time(line, "error_time", output->error_us);
    add_number(line, "missed", output->missed);
    add_time(line, "updated", output->updated_us);
    buf_add_char(line, '}');
}

static void show_json(struct status *status)
{
    SCOPED(buf) line = BUF(RENDER_LINE_MAX);
    buf_add_text(&line, "{\"store\":{");
    add_text(&line, "path", str_of(store_path(status->store)));
    add_number(&line, "bytes", status->summary.file_bytes);
    add_number(&line, "raw_bytes", status->summary.raw_bytes);
    add_number(&line, "records", status->summary.records);
    add_time(&line, "first", status->summary.time_min);
    add_time(&line, "last", status->summary.time_max);
    if (pruned_records(status) > 0)
        add_number(&line, "pruned_records", pruned_records(status));
    buf_add_text(&line, "},\"sources\":[");
    for (size_t i = 0; i < status->row_count; i++) {
        if (i > 0)
            buf_add_char(&line, ',');
        add_source(&line, status, &status->rows[i]);
        out_add(&status->output.out, buf_str(&line));
        buf_reset(&line);
    }
    buf_add_text(&line, "],\"outputs\":[");
    for (size_t i = 0; i < status->output_count; i++) {
        if (i > 0)
            buf_add_char(&line, ',');
        add_output(&line, &status->outputs[i]);
        out_add(&status->output.out, buf_str(&line));
        buf_reset(&line);
    }
    buf_add_text(&line, "]}\n");
    out_add(&status->output.out, buf_str(&line));
}

/* ---- Table ------------------------------------------------------------------------------------------------------- */

/* "1.2 GiB"; below a KiB the exact number. */
static struct str size_text(struct arena *arena, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    return arena_printf(arena, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static void show_store(struct status *status)
{
    struct out *out = &status->output.out;
    const struct store_summary *summary = &status->summary;
    char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];
    SCOPED(buf) path = BUF(RENDER_LINE_MAX);
    safe_add(&path, str_of(store_path(status->store)), SAFE_TABLE, SIZE_MAX);
    out_printf(out, "store    %s\n", path.data ? path.data : "");
    struct str disk = size_text(&status->arena, summary->file_bytes),
               raw = size_text(&status->arena, summary->raw_bytes);
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
    return (struct cell){.text = size_text(&status->arena, bytes), .tint = zero_is_blank ? TINT_YELLOW : TINT_NONE};
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

/* What a state means to who has to do something about it; one that is unknown is shown as it is. */
static struct cell state_cell(const struct store_output *output)
{
    static const struct {
        const char *state, *text;
        enum tint tint;
    } words[] = {
        {"starting", "starting", TINT_NONE},
        {"delivering", "delivering", TINT_NONE},
        {"idle", "up to date", TINT_NONE},
        {"waiting", "waiting, tries again", TINT_YELLOW},
        {"blocked", "blocked, needs help", TINT_RED},
        {"stopped", "stopped", TINT_YELLOW},
        {"removed", "removed", TINT_DIM},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal(output->state, str_of(words[i].state)))
            return (struct cell){.text = str_of(words[i].text), .tint = words[i].tint};
    return (struct cell){.text = output->state};
}

/* "5 m", in the largest unit. */
static struct str age_text(struct arena *arena, uint64_t seconds)
{
    if (seconds >= 2 * 86400)
        return arena_printf(arena, "%llu days", (unsigned long long)(seconds / 86400));
    if (seconds >= 2 * 3600)
        return arena_printf(arena, "%llu h", (unsigned long long)(seconds / 3600));
    if (seconds >= 120)
        return arena_printf(arena, "%llu min", (unsigned long long)(seconds / 60));
    return arena_printf(arena, "%llu s", (unsigned long long)seconds);
}

/* "20,000 records, 3.1 MiB, 5 min"; on a narrow terminal, where a cell would be cut, without the bytes. */
static struct cell behind_cell(struct status *status, const struct output_row *row)
{
    char number[AMOUNT_TEXT_MAX];
    if (!row->output.active)
        return (struct cell){0};
    if (row->records == 0)
        return (struct cell){.text = STR("nothing")};
    bool narrow = status->output.width > 0 && status->output.width < WIDTH_USUAL;
    struct str text =
        arena_printf(&status->arena, "%s record%s", amount_number(row->records, number), row->records == 1 ? "" : "s");
    if (!narrow || row->seconds == 0)
        text = arena_printf(&status->arena, "%s, %s", text.data, size_text(&status->arena, row->bytes).data);
    if (row->seconds > 0)
        text = arena_printf(&status->arena, "%s, %s", text.data, age_text(&status->arena, row->seconds).data);
    return (struct cell){.text = text, .tint = TINT_YELLOW};
}

/* What somebody has to do about an error that does not pass by itself, by words of it. */
static const char *advice_of(struct str error)
{
    static const struct {
        const char *word, *advice;
    } known[] = {
        {"nknown topic", "create the topic, or correct 'topic' in the configuration"},
        {"uthorization", "give this user the right to write to the topic"},
        {"certificate", "look at security.protocol and the ssl. properties"},
        {"SSL", "look at security.protocol and the ssl. properties"},
        {"SASL", "look at security.protocol and the sasl. properties"},
        {"uthentication", "look at security.protocol and the sasl. properties"},
        {"librdkafka", "install librdkafka1, or what it needs"},
        {"a message may be", "raise max.message.bytes of the topic"},
        {"too large", "raise max.message.bytes of the topic"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_find(error, str_of(known[i].word)) != STR_NONE)
            return known[i].advice;
    return "look at the brokers and at the output's configuration";
}

/* "archive: why it is (last error at ...)": the last error of each, also where it has gone on since: then the state tells. */
static void add_output_error(struct status *status, const struct store_output *output, struct buf *line)
{
    enum { INDENT_MAX = 24 };
    char time[CLOCK_TEXT_MAX];
    SCOPED(buf) text = BUF(RENDER_LINE_MAX);
    struct prose prose = {.line = line, .width = status->output.width};
    prose.indent = safe_add(line, output->name, SAFE_TABLE, SIZE_MAX) + 2;
    bool apart = status->output.width > 0 && prose.indent > INDENT_MAX;
    buf_add_text(line, apart ? ":\n    " : ": ");
    prose.indent = apart ? 4 : prose.indent;
    buf_add_str(&text, output->error);
    if (output->error_us != TIME_NONE)
        buf_printf(&text, " (last error at %s)", clock_print_local(output->error_us, time));
    else
        buf_add_text(&text, " (last error)");
    prose_text(&prose, buf_str(&text));
    buf_add_char(line, '\n');
    if (!output->active || !str_equal(output->state, STR("blocked")))
        return;
    buf_reset(&text);
    buf_printf(&text, "what to do: %s; it is tried again by itself", advice_of(output->error));
    prose_pad(line, prose.indent);
    prose_text(&prose, buf_str(&text));
    buf_add_char(line, '\n');
}

static void show_output_errors(struct status *status)
{
    SCOPED(buf) line = BUF(RENDER_LINE_MAX);
    for (size_t i = 0; i < status->output_count; i++) {
        const struct store_output *output = &status->outputs[i].output;
        if (output->error.size == 0)
            continue;
        buf_reset(&line);
        add_output_error(status, output, &line);
        out_add(&status->output.out, buf_str(&line));
    }
}

enum { OUT_NAME, OUT_STATE, OUT_BEHIND, OUT_DELIVERED, OUT_MISSED, OUT_UPDATED, OUT_TO, OUT_COLUMNS };

static bool has_missed(const struct status *status)
{
    for (size_t i = 0; i < status->output_count; i++)
        if (status->outputs[i].output.missed > 0)
            return true;
    return false;
}

/* On a narrow terminal what can be done without is left out, so that nothing needed is off the screen. */
static bool shows(const struct status *status, int column)
{
    if (status->output.width == 0 || status->output.width >= WIDTH_USUAL)
        return true;
    return column != OUT_UPDATED && column != OUT_DELIVERED && (column != OUT_MISSED || has_missed(status));
}

static void show_output_row(struct status *status, struct render *render, const struct output_row *row)
{
    const struct cell all[OUT_COLUMNS] = {
        [OUT_NAME] = {.text = row->output.name},      [OUT_STATE] = state_cell(&row->output),
        [OUT_BEHIND] = behind_cell(status, row),      [OUT_DELIVERED] = {.count = row->output.delivered},
        [OUT_MISSED] = {.count = row->output.missed}, [OUT_UPDATED] = {.time_us = row->output.updated_us},
        [OUT_TO] = {.text = row->output.target},
    };
    struct cell cells[OUT_COLUMNS];
    size_t count = 0;
    for (int i = 0; i < OUT_COLUMNS; i++)
        if (shows(status, i))
            cells[count++] = all[i];
    render_row(render, cells);
}

static void show_outputs(struct status *status)
{
    static const struct column all[OUT_COLUMNS] = {
        [OUT_NAME] = {NULL, "output", CELL_TEXT, 0},
        [OUT_STATE] = {NULL, "state", CELL_TEXT, 0},
        [OUT_BEHIND] = {NULL, "behind", CELL_TEXT, COLUMN_RIGHT},
        [OUT_DELIVERED] = {NULL, "delivered", CELL_COUNT, COLUMN_RIGHT},
        [OUT_MISSED] = {NULL, "missed", CELL_COUNT, COLUMN_RIGHT},
        [OUT_UPDATED] = {NULL, "updated", CELL_TIME, 0},
        [OUT_TO] = {NULL, "to", CELL_TEXT, COLUMN_FLEX},
    };
    struct column columns[OUT_COLUMNS];
    struct render_ask ask = {
        .out = &status->output.out, .color = status->output.color, .width = status->output.width, .columns = columns};
    if (status->output_count == 0)
        return;
    for (int i = 0; i < OUT_COLUMNS; i++)
        if (shows(status, i))
            columns[ask.column_count++] = all[i];
    out_text(&status->output.out, "\n");
    SCOPED_FREE(render) *render = render_new(&ask);
    for (size_t i = 0; i < status->output_count; i++)
        show_output_row(status, render, &status->outputs[i]);
    render_end(render);
    show_output_errors(status);
}

static bool answer(struct status *status, const struct status_options *options, struct err *err)
{
    if (!output_set_zone(&options->output, err) ||
        !output_choose(&status->output, &options->output, 1U << RENDER_TABLE | 1U << RENDER_JSON, "status", err))
        return false;
    status->now_us = clock_now_us();
    status->store = question_open_store(options->store, err);
    if (!status->store || !store_summary(status->store, &status->summary, err) || !load_rows(status, err) ||
        !load_outputs(status, err))
        return false;
    output_open(&status->output, &options->output, false);
    if (status->output.format == RENDER_JSON) {
        show_json(status);
    } else {
        show_store(status);
        show_sources(status);
        show_outputs(status);
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
