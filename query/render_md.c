#include "query/render_form.h"

#include "query/safe.h"

/* Tables of GitHub Flavored Markdown. What Markdown or HTML would take for more than text is escaped with a backslash, which both
 * readers of it and e-mail show as the character itself. */

void render_md_text(struct buf *line, struct str text)
{
    SCOPED(buf) safe = BUF(RENDER_LINE_MAX);
    safe_add(&safe, text, SAFE_TABLE, SIZE_MAX);
    for (size_t i = 0; i < safe.size; i++) {
        if (strchr("\\`*_[]<>|#~&", safe.data[i]))
            buf_add_char(line, '\\');
        buf_add_char(line, safe.data[i]);
    }
}

void render_md_head(struct buf *line, const struct column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i].name)
            buf_printf(line, "| %s ", columns[i].name);
    buf_add_text(line, "|\n");
    for (size_t i = 0; i < count; i++)
        if (columns[i].name)
            buf_add_text(line, columns[i].traits & COLUMN_RIGHT ? "|--:" : "|---");
    buf_add_text(line, "|\n");
}

static void add_cell(struct buf *line, enum cell_kind kind, const struct cell *cell)
{
    char text[CLOCK_TEXT_MAX];
    switch (kind) {
    case CELL_TEXT:
    case CELL_NUMBER:
        render_md_text(line, cell->text);
        break;
    case CELL_COUNT:
        buf_add_u64(line, cell->count);
        break;
    case CELL_TIME:
        if (cell->time_us != TIME_NONE)
            buf_add_text(line, clock_print_local(cell->time_us, text));
        break;
    case CELL_LIST:
        for (uint64_t i = 0; i < cell->count; i++) {
            buf_add_text(line, i ? ", " : "");
            render_md_text(line, cell->list[i]);
        }
        break;
    }
}

void render_md_row(struct buf *line, const struct column *columns, size_t count, const struct cell *cells)
{
    for (size_t i = 0; i < count; i++) {
        if (!columns[i].name)
            continue;
        buf_add_text(line, "| ");
        add_cell(line, columns[i].kind, &cells[i]);
        buf_add_char(line, ' ');
    }
    buf_add_text(line, "|\n");
}
