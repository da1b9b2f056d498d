#include "query/render.h"

#include <stdlib.h>

#include "base/must.h"
#include "query/render_form.h"
#include "query/safe.h"

struct render {
    struct render_ask ask;
    struct render_table table;
    struct buf line;
    bool begun;           /* the heading is written */
    bool break_next;      /* raw: "--" before the next line */
    int64_t open_source;  /* raw: the line written last has no newline, is of this source (0: it has one) */
    uint64_t open_offset; /* and ends here */
};

enum { LINE_KEEP_BYTES = 1 << 20 };

enum tint render_level_tint(unsigned level)
{
    switch ((enum level)level) {
    case LEVEL_CRITICAL:
        return TINT_STRONG;
    case LEVEL_ERROR:
        return TINT_RED;
    case LEVEL_WARNING:
        return TINT_YELLOW;
    case LEVEL_TRACE:
    case LEVEL_DEBUG:
        return TINT_DIM;
    default:
        return TINT_NONE;
    }
}

const char *render_tint_code(enum tint tint)
{
    static const char *const codes[] = {
        [TINT_NONE] = "",           [TINT_DIM] = "\033[2m",    [TINT_RED] = "\033[31m", [TINT_STRONG] = "\033[1;31m",
        [TINT_YELLOW] = "\033[33m", [TINT_GREEN] = "\033[32m", [TINT_BOLD] = "\033[1m",
    };
    return codes[tint];
}

struct render *render_new(const struct render_ask *ask)
{
    must(ask->column_count <= RENDER_COLUMNS_MAX);
    struct render *render = mem_alloc(sizeof *render);
    render->ask = *ask;
    render->line = BUF(RENDER_LINE_MAX);
    return render;
}

void render_free(struct render *render)
{
    if (!render)
        return;
    render_table_release(&render->table);
    buf_release(&render->line);
    free(render);
}

/* JSON may hold characters that a terminal obeys; it has escapes for them. */
static void make_safe(struct buf *line)
{
    struct buf safe = BUF(RENDER_LINE_MAX);
    safe_add(&safe, str_slice(buf_str(line), 0, line->size - (line->size > 0)), SAFE_LINE, SIZE_MAX);
    if (line->size > 0)
        buf_add_char(&safe, '\n');
    buf_release(line);
    *line = safe;
}

static void write_line(struct render *render)
{
    /* A record has at most RECORD_BYTES_MAX bytes and each is written a few times, escaped to six bytes at worst. */
    must(!render->line.full);
    if (render->ask.format == RENDER_JSON && render->ask.out->terminal)
        make_safe(&render->line);
    out_add(render->ask.out, buf_str(&render->line));
    if (render->line.capacity > LINE_KEEP_BYTES) {
        buf_release(&render->line);
        render->line = BUF(RENDER_LINE_MAX);
    } else {
        buf_reset(&render->line);
    }
}

static void begin(struct render *render)
{
    if (render->begun || (render->ask.format != RENDER_CSV && render->ask.format != RENDER_MD))
        return;
    if (render->ask.format == RENDER_MD)
        render_md_head(&render->line, render->ask.columns, render->ask.column_count);
    else if (render->ask.columns)
        render_csv_head(&render->line, render->ask.columns, render->ask.column_count);
    else
        render_csv_event_head(&render->line);
    write_line(render);
    render->begun = true;
}

void render_row(struct render *render, const struct cell *cells)
{
    const struct render_ask *ask = &render->ask;
    must(ask->columns && ask->format != RENDER_RAW);
    begin(render);
    if (ask->format == RENDER_JSON)
        render_json_row(&render->line, ask->columns, ask->column_count, cells);
    else if (ask->format == RENDER_CSV)
        render_csv_row(&render->line, ask->columns, ask->column_count, cells);
    else if (ask->format == RENDER_MD)
        render_md_row(&render->line, ask->columns, ask->column_count, cells);
    else
        render_table_row(&render->table, ask, cells, &render->line);
    write_line(render);
}

static void render_raw(struct render *render, const struct event *event)
{
    struct out *out = render->ask.out;
    const struct record *rec = &event->record;
    bool newline = !(rec->flags & RECORD_NO_NEWLINE) || (render->ask.live && !(rec->flags & RECORD_PIECE));
    /* The end of a file, or a piece of a long line: only what follows it in its source may be joined to it. */
    if (render->open_source && (render->open_source != event->source_id || render->open_offset != rec->offset))
        out_text(out, "\n");
    render->open_source = newline || out->terminal ? 0 : event->source_id;
    render->open_offset = rec->offset + rec->raw.size;
    if (render->break_next)
        out_text(out, "--\n");
    render->break_next = false;
    if (!out->terminal) {
        out_add(out, event->record.raw);
        if (newline)
            out_add(out, STR("\n"));
        return;
    }
    struct str rest = rec->raw;
    do {
        render_table_text(&render->line, str_cut(&rest, '\n'), SAFE_LINE, SIZE_MAX, &render->ask, !event->context);
        buf_add_char(&render->line, '\n');
    } while (rest.data != NULL);
    write_line(render);
}

bool render_is_open(const struct render *render)
{
    return render->open_source != 0;
}

void render_event(struct render *render, struct event *event)
{
    must(render->ask.format != RENDER_TABLE && render->ask.format != RENDER_MD);
    begin(render);
    if (render->ask.format == RENDER_RAW) {
        render_raw(render, event);
        return;
    }
    if (render->ask.format == RENDER_JSON) {
        event_json(&render->line, event, render->ask.patterns);
        buf_add_char(&render->line, '\n');
    } else {
        render_csv_event(&render->line, event, render->ask.patterns);
    }
    write_line(render);
}

void render_break(struct render *render)
{
    if (render->ask.format == RENDER_RAW)
        render->break_next = true;
    else if (render->ask.format == RENDER_TABLE)
        render->table.break_next = true;
}

void render_flush(struct render *render)
{
    must(render->ask.live);
    begin(render);
    if (render->table.row_count > 0)
        render_table_flush(&render->table, &render->ask, &render->line);
    write_line(render);
}

void render_end(struct render *render)
{
    begin(render);
    if (render->ask.format == RENDER_TABLE && render->ask.columns)
        render_table_flush(&render->table, &render->ask, &render->line);
    write_line(render);
}
