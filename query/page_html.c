#include "query/page.h"

#include "base/scope.h"
#include "query/page_svg.h"
#include "query/safe.h"

/* One file with nothing beside it. What a mail program must not lose stands in style attributes, in the light colours; the style
 * sheet adds the dark ones, paper and small screens. A row and its details are a tbody of their own, so that no page break comes
 * between them; tables without details are not broken at all. */

enum { CELL_BYTES_MAX = 1 << 20 };

static const char head[] =
    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"supported-color-schemes\" content=\"light dark\">\n";

static const char sheet[] =
    "<style>\n"
    ":root{color-scheme:light dark}\n"
    "body{-webkit-text-size-adjust:100%}\n"
    ".t{border-collapse:collapse;margin:4px 0 0;font-variant-numeric:tabular-nums}\n"
    ".t td,.t th{padding:3px 14px 3px 0;white-space:nowrap}.t .x{white-space:normal;min-width:11em}\n"
    ".t thead th,.t thead td{font-weight:500;font-size:.88em;color:#5f6368;border-bottom:1px solid #d5d8dc}\n"
    ".t .d{padding:0 0 10px 24px}\n"
    "code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:.92em}\n"
    "b,.e{font-weight:600}\n"
    ".s{overflow-x:auto}\n"
    ".x{overflow-wrap:anywhere;word-break:break-word}\n"
    "@media screen and (prefers-color-scheme:dark){\n"
    "body,.page{background:#16181c!important;color:#e4e6e9!important}\n"
    ".dim,.t thead th{color:#a3a9b1!important}.bad{color:#ff9187!important}.warn{color:#f4c463!important}.good{color:#7fd6a0!important}\n"
    ".bad.b{background:#4a1d1a!important}.warn.b{background:#40310f!important}.good.b{background:#163a25!important}\n"
    ".l,.t thead th,.t thead td{border-color:#34383f!important}.lead{background:#1e2126!important;border-color:#34383f!important}\n"
    "code{color:#d4d8dd!important}\n"
    "svg .bar{fill:#7fabe6}svg .line{stroke:#7fabe6}svg .part{fill:#ff9187}svg .grid{stroke:#34383f}svg .base{fill:#34383f}"
    "svg .tick{fill:#a3a9b1}\n"
    "}\n"
    "@media screen{.o{table-layout:fixed}}\n"
    "@media (max-width:640px){.page{padding:12px!important}.h{display:none}}\n"
    "@page{size:A4;margin:13mm 12mm}\n"
    "@media print{\n"
    "body{font-size:10px!important}.page{padding:0!important}.s{overflow:visible}\n"
    "h1{font-size:18px!important}h2{font-size:13px!important}\n"
    "h2,h3{break-after:avoid}tbody,svg,.lead,.k{break-inside:avoid}thead{display:table-header-group}\n"
    "}\n"
    "</style>\n";

static const char *tone_class(enum page_tone tone)
{
    static const char *const classes[] = {[PAGE_PLAIN] = "",  [PAGE_DIM] = "dim",   [PAGE_STRONG] = "",
                                          [PAGE_BAD] = "bad", [PAGE_WARN] = "warn", [PAGE_GOOD] = "good"};
    return classes[tone];
}

static const char *tone_style(enum page_tone tone)
{
    static const char *const styles[] = {[PAGE_PLAIN] = "",
                                         [PAGE_DIM] = "color:#5f6368",
                                         [PAGE_STRONG] = "font-weight:600",
                                         [PAGE_BAD] = "color:#b3261e",
                                         [PAGE_WARN] = "color:#8a5300",
                                         [PAGE_GOOD] = "color:#1b6e3c"};
    return styles[tone];
}

static const char *badge_style(enum page_tone tone)
{
    return tone == PAGE_BAD ? "background:#fbe4e2" : tone == PAGE_WARN ? "background:#fcefd2" : "background:#dff3e6";
}

/* Text of anywhere, made harmless. */
static void add_text(struct buf *out, struct str text)
{
    SCOPED(buf) safe = BUF(CELL_BYTES_MAX);
    safe_add(&safe, text, SAFE_TABLE, SIZE_MAX);
    for (size_t i = 0; i < safe.size; i++) {
        char c = safe.data[i];
        switch (c) {
        case '&':
            buf_add_text(out, "&amp;");
            break;
        case '<':
            buf_add_text(out, "&lt;");
            break;
        case '>':
            buf_add_text(out, "&gt;");
            break;
        case '"':
            buf_add_text(out, "&quot;");
            break;
        case '\'':
            buf_add_text(out, "&#39;");
            break;
        default:
            buf_add_char(out, c);
        }
    }
}

/* ---- Tables ---------------------------------------------------------------------------------------------------------------- */

static void add_tone(enum page_tone tone, const char *class, struct buf *out)
{
    if (*class || *tone_class(tone))
        buf_printf(out, " class=\"%s%s%s\"", class, *class && *tone_class(tone) ? " " : "", tone_class(tone));
    if (*tone_style(tone))
        buf_printf(out, " style=\"%s\"", tone_style(tone));
}

static const char *column_class(const struct page_column *column)
{
    return column->traits & PAGE_FLEX ? "x" : column->traits & PAGE_SPARE ? "h" : "";
}

static void add_cell(const struct page_cell *cell, const struct page_column *column, struct buf *out)
{
    bool code = column->traits & PAGE_CODE && cell->text.size > 0;
    bool badge = cell->badge && cell->text.size > 0;
    buf_printf(out, "<td%s", column->traits & PAGE_RIGHT ? " align=\"right\"" : "");
    add_tone(badge ? PAGE_PLAIN : cell->tone, column_class(column), out);
    buf_add_char(out, '>');
    if (cell->bars) {
        page_svg_bars(cell->bars, cell->bar_count, out);
    } else if (badge) {
        buf_printf(
            out,
            "<span class=\"b %s\" style=\"%s;%s;font-weight:600;font-size:.82em;padding:1px 6px;border-radius:8px\">",
            tone_class(cell->tone), tone_style(cell->tone), badge_style(cell->tone));
        add_text(out, cell->text);
        buf_add_text(out, "</span>");
    } else {
        buf_add_text(out, code ? "<code>" : "");
        add_text(out, cell->text);
        buf_add_text(out, code ? "</code>" : "");
    }
    buf_add_text(out, "</td>");
}

static void add_details(const struct page_row *row, unsigned columns, struct buf *out)
{
    buf_printf(out, "<tr><td class=\"x d\" colspan=\"%u\">", columns);
    for (unsigned i = 0; i < row->detail_count; i++) {
        const struct page_detail *detail = &row->details[i];
        buf_add_text(out, "<div");
        add_tone(detail->tone, "", out);
        buf_add_char(out, '>');
        if (detail->label)
            buf_printf(out, "<span class=\"dim\" style=\"color:#5f6368\">%s</span> ", detail->label);
        buf_add_text(out, "<code>");
        add_text(out, detail->text);
        buf_add_text(out, "</code></div>");
    }
    buf_add_text(out, "</td></tr>");
}

static void add_head(const struct page_block *table, struct buf *out)
{
    buf_add_text(out, "<thead><tr>");
    for (unsigned i = 0; i < table->column_count; i++) {
        const struct page_column *column = &table->columns[i];
        if (!page_column_shown(table, i))
            continue;
        const char *title = column->traits & PAGE_BARS ? "by hour" : column->title;
        const char *tag = *title ? "th scope=\"col\"" : "td";
        buf_printf(out, "<%s align=\"%s\"", tag, column->traits & PAGE_RIGHT ? "right" : "left");
        add_tone(PAGE_PLAIN, column_class(column), out);
        buf_add_char(out, '>');
        add_text(out, str_of(title));
        buf_add_text(out, *title ? "</th>" : "</td>");
    }
    buf_add_text(out, "</tr></thead>\n");
}

static void add_table(const struct page_block *table, const char *section, struct buf *out)
{
    if (table->beside)
        buf_add_text(out, "<div style=\"display:inline-block;vertical-align:top;max-width:100%;margin-right:52px\">\n");
    if (table->text.size > 0) {
        buf_add_text(out, "<h3 style=\"font-size:1em;font-weight:600;margin:14px 0 4px\">");
        add_text(out, table->text);
        buf_add_text(out, "</h3>\n");
    }
    bool details = false;
    for (const struct page_row *row = table->rows; row; row = row->next)
        details = details || row->detail_count > 0;
    buf_printf(out, "<div class=\"s%s\"><table aria-label=\"%s", details ? "" : " k", section);
    if (table->text.size > 0) {
        buf_add_text(out, ": ");
        add_text(out, table->text);
    }
    buf_add_text(out, "\" class=\"t\" cellspacing=\"0\" cellpadding=\"3\">\n");
    add_head(table, out);
    unsigned shown = 0;
    for (unsigned i = 0; i < table->column_count; i++)
        shown += page_column_shown(table, i);
    for (const struct page_row *row = table->rows; row; row = row->next) {
        buf_add_text(out, "<tbody><tr valign=\"top\">");
        for (unsigned i = 0; i < table->column_count; i++)
            if (page_column_shown(table, i))
                add_cell(&row->cells[i], &table->columns[i], out);
        buf_add_text(out, "</tr>");
        if (row->detail_count > 0)
            add_details(row, shown, out);
        buf_add_text(out, "</tbody>\n");
    }
    buf_add_text(out, "</table></div>\n");
    if (table->more.size > 0) {
        buf_add_text(out, "<div class=\"dim\" style=\"color:#5f6368;margin:2px 0 0\">");
        add_text(out, table->more);
        buf_add_text(out, "</div>\n");
    }
    if (table->beside)
        buf_add_text(out, "</div>\n");
}

/* ---- The page -------------------------------------------------------------------------------------------------------------- */

static void add_note(const struct page_block *note, struct buf *out)
{
    static const char *const marks[] = {[PAGE_PLAIN] = "", [PAGE_DIM] = "",    [PAGE_STRONG] = "",
                                        [PAGE_BAD] = "● ", [PAGE_WARN] = "▲ ", [PAGE_GOOD] = "✓ "};
    buf_printf(out, "<div class=\"x %s\" style=\"margin:2px 0;%s\">%s", tone_class(note->tone), tone_style(note->tone),
               marks[note->tone]);
    add_text(out, note->text);
    buf_add_text(out, "</div>\n");
}

static void add_chart(const struct page_chart *chart, struct buf *out)
{
    buf_add_text(out, "<div style=\"margin:10px 0 6px\"><div class=\"dim\" style=\"color:#5f6368;font-size:.88em\">");
    add_text(out, str_of(chart->title));
    if (str_find(str_of(chart->title), str_of(chart->unit)) == STR_NONE)
        buf_printf(out, ", %s", chart->unit);
    if (chart->part_unit)
        buf_printf(out, "; <span class=\"bad\" style=\"color:#b3261e\">%s</span>", chart->part_unit);
    buf_add_text(out, "</div>");
    page_svg_chart(chart, out);
    buf_add_text(out, "</div>\n");
}

static void add_blocks(const struct page_section *section, struct buf *out)
{
    for (const struct page_block *block = section->blocks; block; block = block->next) {
        switch (block->kind) {
        case PAGE_NOTE:
            add_note(block, out);
            break;
        case PAGE_TABLE:
            add_table(block, section->title, out);
            break;
        case PAGE_CHART:
            add_chart(&block->chart, out);
            break;
        }
    }
}

static void add_section(const struct page_section *section, struct buf *out)
{
    buf_printf(out,
               "<h2 id=\"%s\" class=\"l\" style=\"font-size:1.2em;font-weight:600;margin:30px 0 6px;padding-top:14px;"
               "border-top:1px solid #d5d8dc\">",
               section->id);
    add_text(out, str_of(section->title));
    if (section->summary.size > 0) {
        buf_add_text(out, " <span class=\"dim\" style=\"color:#5f6368;font-weight:400;font-size:.8em\">");
        add_text(out, section->summary);
        buf_add_text(out, "</span>");
    }
    buf_add_text(out, "</h2>\n");
    add_blocks(section, out);
}

void page_html(const struct page *page, struct buf *out)
{
    buf_add_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n");
    buf_add_text(out, head);
    buf_add_text(out, "<title>");
    add_text(out, page->title);
    buf_add_text(out, "</title>\n");
    buf_add_text(out, sheet);
    buf_add_text(
        out,
        "</head>\n<body style=\"margin:0;background:#ffffff;color:#1f2328;font-family:system-ui,-apple-system,"
        "'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;font-size:14px;line-height:1.45\">\n"
        "<table class=\"o\" role=\"presentation\" width=\"100%\" cellspacing=\"0\" cellpadding=\"0\" style=\"border-collapse:"
        "collapse\"><tr><td align=\"center\" class=\"page\" style=\"padding:28px 20px;text-align:left\">\n"
        "<div style=\"max-width:940px;margin:0 auto;text-align:left\">\n"
        "<h1 style=\"font-size:1.75em;font-weight:650;letter-spacing:-.01em;margin:0\">");
    add_text(out, page->title);
    buf_add_text(out, "</h1>\n<div class=\"dim\" style=\"color:#5f6368;margin:2px 0 14px\">");
    add_text(out, page->subtitle);
    buf_add_text(out,
                 "</div>\n<div class=\"lead l\" style=\"background:#f6f7f9;border:1px solid #e3e5e8;border-radius:8px;"
                 "padding:10px 14px;font-size:1.05em\">\n");
    add_blocks(page->lead, out);
    buf_add_text(out, "</div>\n");
    for (const struct page_section *section = page->sections; section; section = section->next)
        add_section(section, out);
    buf_add_text(out, "</div>\n</td></tr></table>\n</body>\n</html>\n");
}
