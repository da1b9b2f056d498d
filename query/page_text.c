#include <math.h>
#include <stdio.h>

#include "query/page.h"

#include "base/scope.h"
#include "query/render.h"
#include "query/safe.h"

enum {
    WIDTH_MIN = 60,
    WIDTH_MAX = 140,
    WIDTH_PLAIN = 100,
    GAP = 2,
    CELL_BYTES_MAX = 1 << 20,
    DETAIL_INDENT = 4,
    CHART_TITLE = 22,
    CELL_WIDTH_MIN = 10,
    FLEX_WIDTH_MIN = 16,
};

static const char *tone_code(enum page_tone tone)
{
    static const enum tint tints[] = {[PAGE_PLAIN] = TINT_NONE, [PAGE_DIM] = TINT_DIM,     [PAGE_STRONG] = TINT_STRONG,
                                      [PAGE_BAD] = TINT_RED,    [PAGE_WARN] = TINT_YELLOW, [PAGE_GOOD] = TINT_GREEN};
    return render_tint_code(tints[tone]);
}

static void begin_tone(const struct page_style *style, enum page_tone tone, struct buf *out)
{
    if (style->color && tone != PAGE_PLAIN)
        buf_add_text(out, tone_code(tone));
}

static void end_tone(const struct page_style *style, enum page_tone tone, struct buf *out)
{
    if (style->color && tone != PAGE_PLAIN)
        buf_add_text(out, RENDER_TINT_END);
}

static void add_spaces(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_add_char(out, ' ');
}

static void cut_blanks(struct buf *out)
{
    while (out->size > 0 && out->data[out->size - 1] == ' ')
        buf_cut(out, out->size - 1);
}

/* ---- Bars ------------------------------------------------------------------------------------------------------------------ */

void page_bars(const double *values, unsigned count, unsigned known, struct buf *out)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double most = 0;
    for (unsigned i = 0; i < count; i++)
        if (isfinite(values[i]) && values[i] > most)
            most = values[i];
    for (unsigned i = 0; i < count; i++) {
        if (i >= known)
            buf_add_char(out, ' ');
        else if (!isfinite(values[i]) || values[i] <= 0)
            buf_add_text(out, "·");
        else
            buf_add_text(out, bars[(unsigned)(values[i] / most * 7.999)]);
    }
}

static void add_cell_bars(const struct page_cell *cell, struct buf *out)
{
    double values[PAGE_BARS_MAX];
    for (unsigned i = 0; i < cell->bar_count && i < PAGE_BARS_MAX; i++)
        values[i] = (double)cell->bars[i];
    page_bars(values, cell->bar_count, cell->bar_count, out);
}

void page_chart_lines(const struct page_chart *chart, const struct page_style *style, struct buf *out)
{
    unsigned peak = 0;
    bool any = false;
    if (chart->axis)
        buf_printf(out, "%s%-*s %s\n", style->indent, CHART_TITLE, "", chart->axis);
    for (unsigned i = 0; i < chart->count; i++) {
        if (!isfinite(chart->bars[i]) || chart->bars[i] <= 0)
            continue;
        if (!any || chart->bars[i] > chart->bars[peak])
            peak = i;
        any = true;
    }
    buf_printf(out, "%s%-*s ", style->indent, CHART_TITLE, chart->title);
    page_bars(chart->bars, chart->count, chart->known, out);
    size_t columns = strlen(style->indent) + CHART_TITLE + 1 + chart->count;
    char text[128];
    int size = any ? snprintf(text, sizeof text, "  peak %.*g %s at %s:00", chart->bars[peak] < 100 ? 3 : 15,
                              chart->bars[peak] < 100 ? chart->bars[peak] : round(chart->bars[peak]), chart->unit,
                              chart->labels[peak])
                   : 0;
    if (size > 0 && columns + (size_t)size <= style->width)
        buf_add_text(out, text);
    cut_blanks(out);
    buf_add_char(out, '\n');
}

/* ---- Tables ---------------------------------------------------------------------------------------------------------------- */

/* What a fence of Markdown must not have in it. */
static void add_code(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        buf_add_char(out, c == '`' ? '\'' : c);
        if (c == '<' && i + 1 < text.size && memchr("!@#", text.data[i + 1], 3))
            buf_add_text(out, PAGE_KEPT_APART);
    }
}

/* Without whole characters at its beginning, until it fits. */
static struct str tail_of(struct str text, size_t columns_max)
{
    while (text.size > 0 && safe_columns(text, SAFE_TABLE, columns_max) > columns_max) {
        uint32_t point;
        size_t size = utf8_decode(text, &point);
        text = str_slice(text, size ? size : 1, text.size);
    }
    return text;
}

/* At most so many columns, "…" where it was cut. Returns the columns it takes. */
static size_t add_cut(struct buf *out, struct str text, size_t columns_max, bool tail, bool code)
{
    SCOPED(buf) safe = BUF(CELL_BYTES_MAX);
    size_t columns = safe_columns(text, SAFE_TABLE, columns_max);
    if (columns <= columns_max) {
        columns = safe_add(&safe, text, SAFE_TABLE, columns_max);
    } else if (tail) {
        buf_add_text(&safe, "…");
        columns = safe_add(&safe, tail_of(text, columns_max - 1), SAFE_TABLE, columns_max - 1) + 1;
    } else {
        columns = safe_add(&safe, text, SAFE_TABLE, columns_max - 1) + 1;
        buf_add_text(&safe, "…");
    }
    if (code)
        add_code(out, buf_str(&safe));
    else
        buf_add_str(out, buf_str(&safe));
    return columns;
}

static size_t cell_columns(const struct page_cell *cell)
{
    return cell->bars ? cell->bar_count : safe_columns(cell->text, SAFE_TABLE, 400);
}

/* The last column that may be left out, or column_count. */
static unsigned find_spare(const struct page_block *table, const size_t *widths)
{
    unsigned spare = table->column_count;
    for (unsigned i = 0; i < table->column_count; i++)
        if (widths[i] != SIZE_MAX && table->columns[i].traits & PAGE_SPARE)
            spare = i;
    return spare;
}

/* The widest column above width_min that has the traits and is no chart, or column_count. */
static unsigned find_widest(const struct page_block *table, const size_t *widths, unsigned traits, size_t width_min)
{
    unsigned widest = table->column_count;
    for (unsigned i = 0; i < table->column_count; i++) {
        unsigned has = table->columns[i].traits;
        if (widths[i] != SIZE_MAX && widths[i] > width_min && (has & traits) == traits && !(has & PAGE_BARS) &&
            (widest == table->column_count || widths[i] > widths[widest]))
            widest = i;
    }
    return widest;
}

/* Widths that fit into the style's: what is too much is taken from the flexible column; then columns are left out; then it is
 * taken from the widest. */
static void lay_out(const struct page_block *table, const struct page_style *style, size_t *widths)
{
    size_t total = strlen(style->indent);
    for (unsigned i = 0; i < table->column_count; i++) {
        widths[i] = safe_columns(str_of(table->columns[i].title), SAFE_TABLE, 400);
        if (!page_column_shown(table, i)) {
            widths[i] = SIZE_MAX;
            continue;
        }
        for (const struct page_row *row = table->rows; row; row = row->next) {
            size_t columns = cell_columns(&row->cells[i]);
            widths[i] = columns > widths[i] ? columns : widths[i];
        }
        total += widths[i] + (i > 0 ? GAP : 0);
    }
    while (total > style->width) {
        unsigned flex = find_widest(table, widths, PAGE_FLEX, FLEX_WIDTH_MIN), spare = find_spare(table, widths);
        unsigned widest = flex < table->column_count ? flex : find_widest(table, widths, 0, CELL_WIDTH_MIN);
        if (flex == table->column_count && spare < table->column_count) {
            total -= widths[spare] + GAP;
            widths[spare] = SIZE_MAX;
        } else if (widest < table->column_count) {
            widths[widest]--;
            total--;
        } else {
            return;
        }
    }
}

static void add_cell(const struct page_cell *cell, const struct page_column *column, size_t width, bool last,
                     const struct page_style *style, struct buf *out)
{
    SCOPED(buf) text = BUF(CELL_BYTES_MAX);
    size_t columns = cell->bar_count;
    if (cell->bars)
        add_cell_bars(cell, &text);
    else
        columns = add_cut(&text, cell->text, width, column->traits & PAGE_TAIL, style->code);
    if (column->traits & PAGE_RIGHT)
        add_spaces(out, width - columns);
    begin_tone(style, cell->tone, out);
    buf_add_str(out, buf_str(&text));
    end_tone(style, cell->tone, out);
    if (!(column->traits & PAGE_RIGHT) && !last)
        add_spaces(out, width - columns);
}

/* Wrapped at the style's width, at blanks where there are some. */
static void add_wrapped(struct str text, size_t indent, size_t first, enum page_tone tone,
                        const struct page_style *style, struct buf *out)
{
    SCOPED(buf) safe = BUF(CELL_BYTES_MAX);
    safe_add(&safe, text, SAFE_TABLE, SIZE_MAX);
    struct str rest = buf_str(&safe);
    size_t room = style->width > first + 20 ? style->width - first : 20;
    begin_tone(style, tone, out);
    while (rest.size > 0) {
        SCOPED(buf) line = BUF(CELL_BYTES_MAX);
        safe_add(&line, rest, SAFE_TABLE, room);
        size_t end = line.size;
        if (end < rest.size) {
            size_t blank = end;
            while (blank > end / 2 && rest.data[blank] != ' ')
                blank--;
            end = rest.data[blank] == ' ' && blank > end / 2 ? blank : end;
        }
        if (style->code)
            add_code(out, str_slice(rest, 0, end));
        else
            buf_add_str(out, str_slice(rest, 0, end));
        rest = str_slice(rest, end, rest.size);
        while (rest.size > 0 && rest.data[0] == ' ')
            rest = str_slice(rest, 1, rest.size);
        if (rest.size > 0) {
            cut_blanks(out);
            buf_add_char(out, '\n');
            add_spaces(out, indent);
        }
        room = style->width > indent + 20 ? style->width - indent : 20;
    }
    end_tone(style, tone, out);
    cut_blanks(out);
    buf_add_char(out, '\n');
}

static void add_detail(const struct page_detail *detail, const struct page_style *style, struct buf *out)
{
    size_t indent = strlen(style->indent) + DETAIL_INDENT;
    add_spaces(out, indent);
    if (detail->label)
        indent += strlen(detail->label) + 1;
    begin_tone(style, PAGE_DIM, out);
    if (detail->label)
        buf_printf(out, "%s ", detail->label);
    end_tone(style, PAGE_DIM, out);
    if (detail->fit == PAGE_WRAP) {
        add_wrapped(detail->text, indent, indent, detail->tone, style, out);
        return;
    }
    size_t room = style->width > indent + 20 ? style->width - indent : 20;
    begin_tone(style, detail->tone, out);
    add_cut(out, detail->text, detail->fit == PAGE_CUT ? room : CELL_BYTES_MAX, false, style->code);
    end_tone(style, detail->tone, out);
    cut_blanks(out);
    buf_add_char(out, '\n');
}

/* A cell of each column that is shown. */
static void add_line(const struct page_block *table, const struct page_cell *cells, const size_t *widths,
                     const struct page_style *style, struct buf *out)
{
    buf_add_text(out, style->indent);
    for (unsigned i = 0; i < table->column_count; i++) {
        if (widths[i] == SIZE_MAX)
            continue;
        add_spaces(out, i > 0 ? GAP : 0);
        add_cell(&cells[i], &table->columns[i], widths[i], i + 1 == table->column_count, style, out);
    }
    cut_blanks(out);
}

void page_table_lines(const struct page_block *table, const struct page_style *style, struct buf *out)
{
    size_t widths[PAGE_COLUMNS_MAX];
    struct page_cell titles[PAGE_COLUMNS_MAX] = {0};
    lay_out(table, style, widths);
    for (unsigned i = 0; i < table->column_count; i++)
        titles[i].text = str_of(table->columns[i].title);
    begin_tone(style, PAGE_DIM, out);
    add_line(table, titles, widths, style, out);
    end_tone(style, PAGE_DIM, out);
    buf_add_char(out, '\n');
    for (const struct page_row *row = table->rows; row; row = row->next) {
        add_line(table, row->cells, widths, style, out);
        buf_add_char(out, '\n');
        for (unsigned i = 0; i < row->detail_count; i++)
            add_detail(&row->details[i], style, out);
        if (row->detail_count > 1 && row->next)
            buf_add_char(out, '\n');
    }
    if (table->more.size > 0) {
        buf_add_text(out, style->indent);
        begin_tone(style, PAGE_DIM, out);
        buf_add_str(out, table->more);
        end_tone(style, PAGE_DIM, out);
        buf_add_char(out, '\n');
    }
}

/* ---- The page -------------------------------------------------------------------------------------------------------------- */

static const char *note_mark(enum page_tone tone)
{
    return tone == PAGE_BAD || tone == PAGE_WARN ? "! " : tone == PAGE_GOOD ? "✓ " : "  ";
}

static void add_block(const struct page_block *block, const struct page_style *style, struct buf *out)
{
    switch (block->kind) {
    case PAGE_NOTE:
        buf_add_text(out, style->indent);
        begin_tone(style, block->tone, out);
        buf_add_text(out, note_mark(block->tone));
        end_tone(style, block->tone, out);
        add_wrapped(block->text, strlen(style->indent) + 2, strlen(style->indent) + 2, block->tone, style, out);
        break;
    case PAGE_TABLE:
        if (block->text.size > 0) {
            buf_add_char(out, '\n');
            buf_add_text(out, style->indent);
            begin_tone(style, PAGE_STRONG, out);
            buf_add_str(out, block->text);
            end_tone(style, PAGE_STRONG, out);
            buf_add_char(out, '\n');
        }
        page_table_lines(block, style, out);
        break;
    case PAGE_CHART:
        page_chart_lines(&block->chart, style, out);
        break;
    }
}

static void add_heading(const struct page_section *section, const struct page_style *style, struct buf *out)
{
    buf_add_char(out, '\n');
    begin_tone(style, PAGE_STRONG, out);
    for (const char *c = section->title; *c; c++)
        buf_add_char(out, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
    end_tone(style, PAGE_STRONG, out);
    if (section->summary.size > 0) {
        buf_add_text(out, "  ");
        begin_tone(style, PAGE_DIM, out);
        buf_add_str(out, section->summary);
        end_tone(style, PAGE_DIM, out);
    }
    buf_add_char(out, '\n');
}

void page_text(const struct page *page, unsigned width, bool color, struct buf *out)
{
    struct page_style style = {.width = width, .color = color, .indent = "  "};
    if (width == 0)
        style.width = WIDTH_PLAIN;
    style.width = style.width < WIDTH_MIN ? WIDTH_MIN : style.width > WIDTH_MAX ? WIDTH_MAX : style.width;
    begin_tone(&style, PAGE_STRONG, out);
    buf_add_str(out, page->title);
    end_tone(&style, PAGE_STRONG, out);
    buf_add_char(out, '\n');
    begin_tone(&style, PAGE_DIM, out);
    buf_add_str(out, page->subtitle);
    end_tone(&style, PAGE_DIM, out);
    buf_add_char(out, '\n');
    if (page->lead->blocks)
        buf_add_char(out, '\n');
    for (const struct page_block *block = page->lead->blocks; block; block = block->next)
        add_block(block, &style, out);
    for (const struct page_section *section = page->sections; section; section = section->next) {
        add_heading(section, &style, out);
        for (const struct page_block *block = section->blocks; block; block = block->next)
            add_block(block, &style, out);
    }
}
