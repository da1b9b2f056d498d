#include "query/render_form.h"

static void add_number(struct buf *line, const char *key, struct str text)
{
    if (!text.data || !number_is(text)) {
        member_text(line, key, text);
        return;
    }
    member_key(line, key);
    buf_add_str(line, text);
}

static void add_list(struct buf *line, const struct cell *cell)
{
    buf_add_char(line, '[');
    for (uint64_t i = 0; i < cell->count; i++) {
        if (i > 0)
            buf_add_char(line, ',');
        member_string(line, cell->list[i]);
    }
    buf_add_char(line, ']');
}

void render_json_row(struct buf *line, const struct column *columns, size_t count, const struct cell *cells)
{
    buf_add_char(line, '{');
    for (size_t i = 0; i < count; i++) {
        const char *name = columns[i].name;
        if (!name)
            continue;
        if (columns[i].traits & COLUMN_NULL && !cells[i].text.data) {
            member_key(line, name);
            buf_add_text(line, "null");
            continue;
        }
        switch (columns[i].kind) {
        case CELL_TEXT:
            member_text(line, name, cells[i].text);
            break;
        case CELL_TIME:
            member_time(line, name, cells[i].time_us);
            break;
        case CELL_COUNT:
            member_key(line, name);
            buf_add_u64(line, cells[i].count);
            break;
        case CELL_NUMBER:
            add_number(line, name, cells[i].text);
            break;
        case CELL_LIST:
            member_key(line, name);
            add_list(line, &cells[i]);
            break;
        }
    }
    buf_add_text(line, "}\n");
}
