/* The forms behind render.h, for render*.c only. Each appends to a line; render.c writes it. */
#ifndef WINNOW_QUERY_RENDER_FORM_H
#define WINNOW_QUERY_RENDER_FORM_H

#include "query/render.h"
#include "query/safe.h"

void render_json_row(struct buf *line, const struct column *columns, size_t count, const struct cell *cells);

void render_csv_event_head(struct buf *line);
void render_csv_event(struct buf *line, struct event *event, struct pattern_memo *patterns);
void render_csv_head(struct buf *line, const struct column *columns, size_t count);
void render_csv_row(struct buf *line, const struct column *columns, size_t count, const struct cell *cells);

void render_md_text(struct buf *line, struct str text);
void render_md_head(struct buf *line, const struct column *columns, size_t count);
void render_md_row(struct buf *line, const struct column *columns, size_t count, const struct cell *cells);

/* Text with what the regexes match marked, in at most columns_max columns, an ellipsis where it is cut. Returns the
 * columns taken. */
size_t render_table_text(struct buf *line, struct str text, enum safe_style style, size_t columns_max,
                         const struct render_ask *ask, bool mark);

/* A table being laid out. */
struct render_table {
    struct arena arena;
    struct cell *cells; /* rows held back, column_count each; texts are ready to show */
    bool *breaks;       /* a "--" stands before that row */
    size_t row_count;
    size_t bytes;
    bool laid_out;
    bool break_next;
    size_t widths[RENDER_COLUMNS_MAX];
    bool hidden[RENDER_COLUMNS_MAX];
};
void render_table_release(struct render_table *table);
void render_table_row(struct render_table *table, const struct render_ask *ask, const struct cell *cells,
                      struct buf *line);
/* Writes the rows held back. */
void render_table_flush(struct render_table *table, const struct render_ask *ask, struct buf *line);

#endif
