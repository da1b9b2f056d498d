/* render: an answer as a table for people, as JSON lines, as CSV, as a table of Markdown, or as the raw lines.
 *
 * An answer is made of rows, whose columns the question declares, or of events (records), which have one fixed form
 * each in JSON, CSV and raw, but none in Markdown; an event in a table is a row the question makes of it. Log bytes are escaped for what reads
 * them (safe.h); raw is byte-exact unless it goes to a terminal.
 *
 * Rows of a table are held back until RENDER_PAGE_ROWS are there or the answer ends, to size the columns by their
 * content. A live answer, which has no end, is laid out anew with each page: columns become wider, never narrower, and
 * one that had nothing to show appears. One thread. */
#ifndef WINNOW_QUERY_RENDER_H
#define WINNOW_QUERY_RENDER_H

#include "analyze/analyze.h"
#include "base/io.h"

enum { RENDER_PAGE_ROWS = 256, RENDER_PAGE_BYTES = 1 << 20, RENDER_COLUMNS_MAX = 24, RENDER_LINE_MAX = 1 << 29 };

enum render_format { RENDER_TABLE, RENDER_JSON, RENDER_CSV, RENDER_RAW, RENDER_MD };

enum tint { TINT_NONE, TINT_DIM, TINT_RED, TINT_STRONG, TINT_YELLOW, TINT_GREEN, TINT_BOLD };
enum tint render_level_tint(unsigned level);
const char *render_tint_code(enum tint tint); /* its escape sequence, "" for none */
#define RENDER_TINT_END "\033[0m"

enum cell_kind { CELL_TEXT, CELL_COUNT, CELL_NUMBER, CELL_TIME, CELL_LIST };

struct cell {
    struct str text; /* CELL_TEXT; CELL_NUMBER as decimal text, shown as text when it is none; absent = unknown */
    uint64_t count;  /* CELL_COUNT; the length of list */
    int64_t time_us; /* CELL_TIME; TIME_NONE = unknown */
    const struct str *list; /* CELL_LIST */
    enum tint tint;
    bool borrowed; /* CELL_TIME: it is a neighbour's */
};

enum column_trait {
    COLUMN_RIGHT = 1,
    COLUMN_FLEX = 2,     /* the last of a table: takes the width that is left, and is cut there on a terminal */
    COLUMN_OPTIONAL = 4, /* no column of a table in which the first page has nothing */
    COLUMN_MARK = 8,     /* what a regex matched is marked */
    COLUMN_NULL = 16,    /* JSON has the key also when the text is unknown: null */
};

struct column {
    const char *name;  /* JSON key and heading in CSV and Markdown; NULL: of tables only */
    const char *title; /* heading of a table; NULL: not of tables */
    enum cell_kind kind;
    unsigned traits;
};

struct render_ask {
    enum render_format format;
    struct out *out;
    bool color;
    unsigned width; /* columns of the terminal; 0 = nothing is cut */
    bool headless;  /* a table without headings */
    bool live;      /* goes on: pages end with render_flush; a raw line gets a newline though it has none */
    const struct column *columns; /* must outlive the render; NULL when only events come */
    size_t column_count;
    struct pattern_memo *patterns; /* tells those of events, in JSON and CSV; NULL: they are left out */
    struct re *const *marks;
    size_t mark_count;
};

struct render;
struct render *render_new(const struct render_ask *ask);
void render_free(struct render *render); /* does not write what is held back */
SCOPE_FREE(render)
/* One row of column_count cells. The cells may die afterwards. */
void render_row(struct render *render, const struct cell *cells);
/* One record, in JSON, CSV or raw. */
void render_event(struct render *render, struct event *event);
/* Did the record written last, as raw, leave its line open? Then the next one's offset tells whether it goes on. */
bool render_is_open(const struct render *render);
/* "--" between groups of lines that are apart, in a table or raw. */
void render_break(struct render *render);
/* Writes what is held back so far, of a live answer. The caller flushes the out. */
void render_flush(struct render *render);
/* Writes what is held back. The caller flushes the out. */
void render_end(struct render *render);

#endif
