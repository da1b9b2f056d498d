#include "query/render_form.h"

#include <stdlib.h>

#include "base/must.h"
#include "query/safe.h"

/* Rows are held back as cells whose texts are ready, the first page decides the widths, later rows use them. On a
 * terminal (ask->width) a column that is not the flexible one takes at most a third of the width, and what does not fit
 * is cut with an ellipsis. Elsewhere nothing is cut and a long cell only pushes its row out of line. */

enum { TABLE_GAP = 2, TABLE_FLEX_MIN = 20, TABLE_PLAIN_MAX = 48 };
static const char spaces[] = "                                                                ";

void render_table_release(struct render_table *table)
{
    arena_release(&table->arena);
    free(table->cells);
    free(table->breaks);
    *table = (struct render_table){0};
}

/* ---- Text -------------------------------------------------------------------------------------------------------- */

/* The next stretch of text that a regex matches; absent when there is none. */
static struct str next_match(struct str text, const struct render_ask *ask)
{
    struct str nearest = STR_ABSENT;
    for (size_t i = 0; i < ask->mark_count; i++) {
        struct str match;
        if (!re_match(ask->marks[i], text, &match) || match.size == 0)
            continue;
        if (!nearest.data || match.data < nearest.data)
            nearest = match;
    }
    return nearest;
}

static size_t add_marked(struct buf *line, struct str text, enum safe_style style, size_t columns_max,
                         const struct render_ask *ask)
{
    size_t columns = 0;
    while (text.size > 0 && columns < columns_max) {
        struct str match = next_match(text, ask);
        size_t before = match.data ? (size_t)(match.data - text.data) : text.size;
        columns += safe_add(line, str_slice(text, 0, before), style, columns_max - columns);
        if (!match.data || columns >= columns_max)
            break;
        buf_add_text(line, render_tint_code(TINT_STRONG));
        columns += safe_add(line, match, style, columns_max - columns);
        buf_add_text(line, RENDER_TINT_END);
        text = str_slice(text, before + match.size, text.size);
    }
    return columns;
}

size_t render_table_text(struct buf *line, struct str text, enum safe_style style, size_t columns_max,
                         const struct render_ask *ask, bool mark)
{
    bool cut = columns_max != SIZE_MAX && safe_columns(text, style, columns_max) > columns_max;
    size_t room = cut && columns_max > 0 ? columns_max - 1 : columns_max;
    size_t columns = mark && ask->color && ask->mark_count > 0 ? add_marked(line, text, style, room, ask)
                                                               : safe_add(line, text, style, room);
    if (cut && columns_max > 0) {
        buf_add_text(line, "…");
        columns++;
    }
    return columns;
}

/* The text of a cell as the table shows it, in arena. */
static struct str show_cell(const struct column *column, const struct cell *cell, struct arena *arena)
{
    char time[CLOCK_TEXT_MAX];
    struct str text = STR("");
    switch (column->kind) {
    case CELL_TEXT:
    case CELL_NUMBER:
        return arena_str(arena, cell->text.data ? cell->text : STR("-"));
    case CELL_COUNT:
        return arena_printf(arena, "%llu", (unsigned long long)cell->count);
    case CELL_TIME:
        if (cell->time_us == TIME_NONE)
            return STR("-");
        clock_print_local(cell->time_us, time);
        /* A neighbour's time is only near: no fraction, and a tilde. */
        if (cell->borrowed && strlen(time) > 4)
            return arena_printf(arena, "%.*s~", (int)strlen(time) - 4, time);
        return arena_str(arena, str_of(time));
    case CELL_LIST:
        for (uint64_t i = 0; i < cell->count; i++)
            text = arena_printf(arena, "%.*s%s%.*s", STR_ARG(text), i ? ", " : "", STR_ARG(cell->list[i]));
        return text.size ? text : STR("-");
    }
    return text;
}

/* ---- Layout ------------------------------------------------------------------------------------------------------ */

static bool is_blank(const struct cell *cell)
{
    return cell->text.size == 0 || str_equal(cell->text, STR("-"));
}

static void lay_out(struct render_table *table, const struct render_ask *ask)
{
    size_t cap = ask->width ? (ask->width / 3 > 12 ? ask->width / 3 : 12) : TABLE_PLAIN_MAX;
    size_t taken = 0;
    for (size_t c = 0; c < ask->column_count; c++) {
        const struct column *column = &ask->columns[c];
        bool blank = true;
        bool shown = table->laid_out && !table->hidden[c];
        size_t width = !ask->headless && column->title ? safe_columns(str_of(column->title), SAFE_TABLE, SIZE_MAX) : 0;
        for (size_t r = 0; r < table->row_count; r++) {
            const struct cell *cell = &table->cells[r * ask->column_count + c];
            blank = blank && is_blank(cell);
            size_t columns = safe_columns(cell->text, SAFE_TABLE, cap);
            width = columns > width ? columns : width;
        }
        if (shown && width < table->widths[c] && !(column->traits & COLUMN_FLEX))
            width = table->widths[c];
        /* What may appear later in a live table has its heading from the beginning. */
        bool may_hide = (column->traits & COLUMN_OPTIONAL) && !shown && (ask->headless || !ask->live);
        table->hidden[c] = !column->title || (blank && may_hide && table->row_count > 0);
        table->widths[c] = width < cap ? width : cap;
        if (!table->hidden[c] && !(column->traits & COLUMN_FLEX))
            taken += table->widths[c] + TABLE_GAP;
    }
    for (size_t c = 0; c < ask->column_count; c++)
        if (ask->columns[c].traits & COLUMN_FLEX)
            table->widths[c] = ask->width == 0                       ? SIZE_MAX
                               : ask->width > taken + TABLE_FLEX_MIN ? ask->width - taken
                                                                     : TABLE_FLEX_MIN;
    table->laid_out = true;
}

static void pad(struct buf *line, size_t columns)
{
    while (columns > 0) {
        size_t piece = columns < sizeof spaces - 1 ? columns : sizeof spaces - 1;
        buf_add(line, spaces, piece);
        columns -= piece;
    }
}

static void add_cell(struct buf *line, const struct render_table *table, const struct render_ask *ask, size_t c,
                     struct str text, enum tint tint, bool last)
{
    const struct column *column = &ask->columns[c];
    size_t width = table->widths[c];
    size_t limit = ask->width ? width : SIZE_MAX;
    size_t columns = width == SIZE_MAX ? 0 : safe_columns(text, SAFE_TABLE, width);
    columns = columns < width ? columns : width;
    bool tinted = ask->color && tint != TINT_NONE;
    if (column->traits & COLUMN_RIGHT)
        pad(line, width - columns);
    if (tinted)
        buf_add_text(line, render_tint_code(tint));
    render_table_text(line, text, SAFE_TABLE, limit, ask, !tinted && (column->traits & COLUMN_MARK));
    if (tinted)
        buf_add_text(line, RENDER_TINT_END);
    if (!last)
        pad(line, (column->traits & COLUMN_RIGHT ? 0 : width - columns) + TABLE_GAP);
}

static size_t last_shown(const struct render_table *table, const struct render_ask *ask)
{
    size_t last = 0;
    for (size_t c = 0; c < ask->column_count; c++)
        if (!table->hidden[c])
            last = c;
    return last;
}

/* Behind an empty last cell only padding stands. */
static void trim(struct buf *line, struct str last_cell)
{
    while (last_cell.size == 0 && line->size > 0 && line->data[line->size - 1] == ' ')
        line->size--;
}

static void add_head(struct buf *line, const struct render_table *table, const struct render_ask *ask)
{
    size_t last = last_shown(table, ask);
    for (size_t c = 0; c < ask->column_count; c++)
        if (!table->hidden[c])
            add_cell(line, table, ask, c, str_of(ask->columns[c].title),
                     ask->columns[c].title[0] ? TINT_DIM : TINT_NONE, c == last);
    trim(line, str_of(ask->columns[last].title));
    buf_add_char(line, '\n');
}

void render_table_flush(struct render_table *table, const struct render_ask *ask, struct buf *line)
{
    bool first_page = !table->laid_out;
    if (first_page || ask->live)
        lay_out(table, ask);
    if (first_page && !ask->headless && table->row_count > 0)
        add_head(line, table, ask);
    size_t last = last_shown(table, ask);
    for (size_t r = 0; r < table->row_count; r++) {
        if (table->breaks[r])
            buf_add_text(line, "--\n");
        const struct cell *cells = &table->cells[r * ask->column_count];
        for (size_t c = 0; c < ask->column_count; c++)
            if (!table->hidden[c])
                add_cell(line, table, ask, c, cells[c].text, cells[c].tint, c == last);
        trim(line, cells[last].text);
        buf_add_char(line, '\n');
    }
    table->row_count = 0;
    table->bytes = 0;
    arena_reset(&table->arena);
}

void render_table_row(struct render_table *table, const struct render_ask *ask, const struct cell *cells,
                      struct buf *line)
{
    if (!table->cells) {
        table->cells = mem_alloc((size_t)RENDER_PAGE_ROWS * ask->column_count * sizeof *table->cells);
        table->breaks = mem_alloc(RENDER_PAGE_ROWS * sizeof *table->breaks);
    }
    struct cell *held = &table->cells[table->row_count * ask->column_count];
    for (size_t c = 0; c < ask->column_count; c++) {
        held[c] = cells[c];
        if (!ask->columns[c].title)
            continue;
        held[c].text = show_cell(&ask->columns[c], &cells[c], &table->arena);
        table->bytes += held[c].text.size;
    }
    table->breaks[table->row_count++] = table->break_next;
    table->break_next = false;
    /* Once the widths are known there is nothing to wait for. */
    if ((table->laid_out && !ask->live) || table->row_count == RENDER_PAGE_ROWS || table->bytes >= RENDER_PAGE_BYTES)
        render_table_flush(table, ask, line);
}
