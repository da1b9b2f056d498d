/* page: a document made of sections with notes, tables and charts, said once and printed as text, Markdown or HTML.
 *
 * Its texts may hold bytes of logs: the printers make them harmless for what reads them. Text: as safe.h has it. Markdown: they
 * stand in code, in which no form of Markdown and no chat program sees marks or mentions; a backtick becomes an apostrophe, and
 * nothing stands between '<' and '!', '@' or '#' but what keeps them apart. HTML: escaped; no scripts, nothing from outside.
 * Everything lives in the arena the page was made in. Pure functions, one thread. */
#ifndef WINNOW_QUERY_PAGE_H
#define WINNOW_QUERY_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { PAGE_BYTES_MAX = 1 << 26, PAGE_COLUMNS_MAX = 12, PAGE_BARS_MAX = 26 };

enum page_tone { PAGE_PLAIN, PAGE_DIM, PAGE_STRONG, PAGE_BAD, PAGE_WARN, PAGE_GOOD };

struct page_cell {
    struct str text;
    enum page_tone tone;
    bool badge;           /* one word that should be seen */
    const uint64_t *bars; /* a small chart of so many counts instead of the text */
    unsigned bar_count;
};

enum page_trait {
    PAGE_RIGHT = 1,
    PAGE_CODE = 2,      /* text of logs: names, routes */
    PAGE_FLEX = 4,      /* takes the width that is left, and is cut first */
    PAGE_BARS = 16,     /* small charts; its title is that of the text's columns */
    PAGE_OPTIONAL = 32, /* not shown when no cell has a text */
    PAGE_TAIL = 8,      /* cut at its beginning: of a path the end tells more */
    PAGE_SPARE = 64,    /* left out where the width is not enough for all */
};
struct page_column {
    const char *title;
    unsigned traits;
};

/* How a text that is too long for its line is told. */
enum page_fit {
    PAGE_WRAP,
    PAGE_CUT,
    PAGE_WHOLE, /* in one line all the same: it is to be copied */
};
/* A line below a row: "example", the text of a log, a command. */
struct page_detail {
    const char *label; /* NULL: none */
    struct str text;
    enum page_tone tone;
    enum page_fit fit;
};
enum { PAGE_DETAILS_MAX = 4 };
struct page_row {
    struct page_cell *cells;
    struct page_detail details[PAGE_DETAILS_MAX];
    unsigned detail_count;
    struct page_row *next;
};

struct page_chart {
    const char *title;
    const char *unit;      /* of the bars, "errors" */
    unsigned count, known; /* bars; of them, those of hours that have begun */
    double bars[PAGE_BARS_MAX];
    double part[PAGE_BARS_MAX]; /* of each bar, what is bad; 0: none */
    const char *part_unit;      /* NULL: no parts */
    const char *axis;           /* for text: every sixth label above its bar; NULL: stands above the chart before */
    const char *const *labels;  /* of each bar: "00", "01", ... */
    bool gaps;                  /* a bar that is not finite is not known; a dot and a line instead of bars */
};

enum page_kind { PAGE_NOTE, PAGE_TABLE, PAGE_CHART };
struct page_block {
    enum page_kind kind;
    struct str text; /* of a note; heading of a table, may be absent */
    enum page_tone tone;
    const struct page_column *columns;
    unsigned column_count;
    struct page_row *rows, **end;
    bool beside;     /* narrow: may stand beside its neighbours, where there is room */
    struct str more; /* below the table: "and 12 more, 345 records"; absent */
    struct page_chart chart;
    struct page_block *next;
};

struct page_section {
    const char *id, *title;
    struct str summary; /* beside the title; may be absent */
    struct page_block *blocks, **end;
    struct page_section *next;
};

struct page {
    struct str title, subtitle;
    struct page_section *lead; /* what matters most, in notes; without a title */
    struct page_section *sections, **end;
    struct arena *arena;
};

/* ---- Making ----------------------------------------------------------------------------------------------------------------- */

struct page *page_new(struct arena *arena, struct str title, struct str subtitle);
struct page_section *page_add_section(struct page *page, const char *id, const char *title, struct str summary);
void page_add_note(struct page *page, struct page_section *section, enum page_tone tone, struct str text);
struct page_block *page_add_table(struct page *page, struct page_section *section, struct str heading,
                                  const struct page_column *columns, unsigned count);
/* Its cells are zeroed, one for each column. */
struct page_row *page_add_row(struct page *page, struct page_block *table);
struct page_detail *page_add_detail(struct page_row *row, const char *label, struct str text);
struct page_chart *page_add_chart(struct page *page, struct page_section *section, const char *title);

/* ---- Printing --------------------------------------------------------------------------------------------------------------- */

/* width: columns; 0: there is no terminal. */
void page_text(const struct page *page, unsigned width, bool color, struct buf *out);
void page_md(const struct page *page, struct buf *out);
void page_html(const struct page *page, struct buf *out);

bool page_column_shown(const struct page_block *table, unsigned column);
/* Stands between '<' and what would make it mean something to a chat program; nobody sees it (U+2060). */
#define PAGE_KEPT_APART "\xe2\x81\xa0"
/* The lines of a table as text, `indent` in front of each. For page_text and page_md. */
struct page_style {
    unsigned width;
    bool color;
    bool code; /* inside a fence of Markdown */
    const char *indent;
};
void page_table_lines(const struct page_block *table, const struct page_style *style, struct buf *out);
/* A chart as one or two lines. */
void page_chart_lines(const struct page_chart *chart, const struct page_style *style, struct buf *out);
/* Counts as bars of eighths, one column each; zero is a dot. */
void page_bars(const double *values, unsigned count, unsigned known, struct buf *out);

#endif
