#include "query/status_outputs.h"

#include "base/amount.h"
#include "query/prose.h"
#include "query/safe.h"
#include "query/status_text.h"

enum { WIDTH_USUAL = 110 }; /* of a terminal: on a narrower one the table of outputs leaves columns out */

struct status_output {
    struct store_output output;
    uint64_t records, bytes, seconds;
};

bool status_outputs_load(struct store *store, int64_t now_us, struct arena *arena, struct status_outputs *ret,
                         struct err *err)
{
    struct store_output *outputs;
    if (!store_outputs(store, arena, &outputs, &ret->count, err))
        return false;
    ret->rows = ARENA_ARRAY(arena, struct status_output, ret->count + 1);
    for (size_t i = 0; i < ret->count; i++) {
        struct status_output *row = &ret->rows[i];
        *row = (struct status_output){.output = outputs[i]};
        if (!row->output.active) {
            row->output.state = STR("removed");
            continue;
        }
        if (!store_output_lag(store, row->output.position, &row->records, &row->bytes, err))
            return false;
        row->seconds = row->records > 0 ? status_age(now_us, row->output.caught_up_us) : 0;
    }
    return true;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void add_output(struct buf *line, const struct status_output *row)
{
    const struct store_output *output = &row->output;
    buf_add_char(line, '{');
    status_add_text(line, "name", output->name);
    buf_add_char(line, ',');
    status_add_text(line, "kind", output->kind);
    buf_add_char(line, ',');
    status_add_text(line, "target", output->target);
    status_add_number(line, "position", output->position);
    status_add_number(line, "delivered", output->delivered);
    if (output->active) {
        status_add_number(line, "lag_records", row->records);
        status_add_number(line, "lag_bytes", row->bytes);
        status_add_number(line, "lag_seconds", row->seconds);
    }
    buf_add_char(line, ',');
    status_add_text(line, "state", output->state);
    if (output->error.size > 0) {
        buf_add_char(line, ',');
        status_add_text(line, "error", output->error);
    }
    status_add_time(line, "error_time", output->error_us);
    status_add_number(line, "missed", output->missed);
    status_add_time(line, "updated", output->updated_us);
    buf_add_char(line, '}');
}

void status_outputs_json(const struct status_outputs *outputs, struct out *out)
{
    SCOPED(buf) line = BUF(RENDER_LINE_MAX);
    for (size_t i = 0; i < outputs->count; i++) {
        if (i > 0)
            buf_add_char(&line, ',');
        add_output(&line, &outputs->rows[i]);
        out_add(out, buf_str(&line));
        buf_reset(&line);
    }
}

/* ---- Table ------------------------------------------------------------------------------------------------------- */

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

/* "20,000 records, 3.1 MiB, 5 min"; on a narrow terminal, where a cell would be cut, without the bytes. */
static struct cell behind_cell(struct arena *arena, unsigned width, const struct status_output *row)
{
    char number[AMOUNT_TEXT_MAX];
    if (!row->output.active)
        return (struct cell){0};
    if (row->records == 0)
        return (struct cell){.text = STR("nothing")};
    bool narrow = width > 0 && width < WIDTH_USUAL;
    struct str text =
        arena_printf(arena, "%s record%s", amount_number(row->records, number), row->records == 1 ? "" : "s");
    if (!narrow || row->seconds == 0)
        text = arena_printf(arena, "%s, %s", text.data, status_size(arena, row->bytes).data);
    if (row->seconds > 0)
        text = arena_printf(arena, "%s, %s", text.data, status_age_text(arena, row->seconds).data);
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
static void add_output_error(const struct store_output *output, unsigned width, struct buf *line)
{
    enum { INDENT_MAX = 24 };
    char time[CLOCK_TEXT_MAX];
    SCOPED(buf) text = BUF(RENDER_LINE_MAX);
    struct prose prose = {.line = line, .width = width};
    prose.indent = safe_add(line, output->name, SAFE_TABLE, SIZE_MAX) + 2;
    bool apart = width > 0 && prose.indent > INDENT_MAX;
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

static void show_errors(const struct status_outputs *outputs, struct output *output)
{
    SCOPED(buf) line = BUF(RENDER_LINE_MAX);
    for (size_t i = 0; i < outputs->count; i++) {
        const struct store_output *stored = &outputs->rows[i].output;
        if (stored->error.size == 0)
            continue;
        buf_reset(&line);
        add_output_error(stored, output->width, &line);
        out_add(&output->out, buf_str(&line));
    }
}

enum { OUT_NAME, OUT_STATE, OUT_BEHIND, OUT_DELIVERED, OUT_MISSED, OUT_UPDATED, OUT_TO, OUT_COLUMNS };

static bool has_missed(const struct status_outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++)
        if (outputs->rows[i].output.missed > 0)
            return true;
    return false;
}

/* On a narrow terminal what can be done without is left out, so that nothing needed is off the screen. */
static bool shows(const struct status_outputs *outputs, unsigned width, int column)
{
    if (width == 0 || width >= WIDTH_USUAL)
        return true;
    return column != OUT_UPDATED && column != OUT_DELIVERED && (column != OUT_MISSED || has_missed(outputs));
}

static void show_row(const struct status_outputs *outputs, const struct status_output *row, struct arena *arena,
                     unsigned width, struct render *render)
{
    const struct cell all[OUT_COLUMNS] = {
        [OUT_NAME] = {.text = row->output.name},       [OUT_STATE] = state_cell(&row->output),
        [OUT_BEHIND] = behind_cell(arena, width, row), [OUT_DELIVERED] = {.count = row->output.delivered},
        [OUT_MISSED] = {.count = row->output.missed},  [OUT_UPDATED] = {.time_us = row->output.updated_us},
        [OUT_TO] = {.text = row->output.target},
    };
    struct cell cells[OUT_COLUMNS];
    size_t count = 0;
    for (int i = 0; i < OUT_COLUMNS; i++)
        if (shows(outputs, width, i))
            cells[count++] = all[i];
    render_row(render, cells);
}

void status_outputs_show(const struct status_outputs *outputs, struct arena *arena, struct output *output)
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
    struct render_ask ask = {.out = &output->out, .color = output->color, .width = output->width, .columns = columns};
    if (outputs->count == 0)
        return;
    for (int i = 0; i < OUT_COLUMNS; i++)
        if (shows(outputs, output->width, i))
            columns[ask.column_count++] = all[i];
    out_text(&output->out, "\n");
    SCOPED_FREE(render) *render = render_new(&ask);
    for (size_t i = 0; i < outputs->count; i++)
        show_row(outputs, &outputs->rows[i], arena, output->width, render);
    render_end(render);
    show_errors(outputs, output);
}
