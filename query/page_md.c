#include "query/page.h"

#include "base/scope.h"
#include "query/safe.h"

/* Headings, lists and fenced blocks, which GitHub, GitLab, Slack, Mattermost and a plain mail all show as they are meant; tables of
 * Markdown are not among these, so tables are drawn inside fences. Notes are winnow's own words and may hold a source's name: what
 * would be a mark in Markdown is escaped. */

enum { WIDTH = 96, NOTE_BYTES_MAX = 1 << 20 };

static void add_plain(struct buf *out, struct str text)
{
    SCOPED(buf) safe = BUF(NOTE_BYTES_MAX);
    safe_add(&safe, text, SAFE_TABLE, SIZE_MAX);
    for (size_t i = 0; i < safe.size; i++) {
        char c = safe.data[i];
        if (c != '\0' && strchr("\\`*_{}[]<>#|~!@", c) && !(c == '!' && i > 0))
            buf_add_char(out, '\\');
        buf_add_char(out, c);
        if (c == '<' && i + 1 < safe.size && memchr("!@#", safe.data[i + 1], 3))
            buf_add_text(out, PAGE_KEPT_APART);
    }
}

static void add_fence(struct buf *out)
{
    buf_add_text(out, "```\n");
}

static void add_notes(const struct page_section *section, struct buf *out)
{
    static const char *const marks[] = {[PAGE_PLAIN] = "", [PAGE_DIM] = "",       [PAGE_STRONG] = "",
                                        [PAGE_BAD] = "🔴 ", [PAGE_WARN] = "🟡 ", [PAGE_GOOD] = "🟢 "};
    for (const struct page_block *block = section->blocks; block; block = block->next) {
        if (block->kind != PAGE_NOTE)
            continue;
        buf_printf(out, "- %s", marks[block->tone]);
        add_plain(out, block->text);
        buf_add_char(out, '\n');
    }
}

static bool is_drawn(const struct page_section *section)
{
    for (const struct page_block *block = section->blocks; block; block = block->next)
        if (block->kind != PAGE_NOTE)
            return true;
    return false;
}

/* Charts and tables of a section share a fence. */
static void add_drawings(const struct page_section *section, struct buf *out)
{
    struct page_style style = {.width = WIDTH, .code = true, .indent = ""};
    if (!is_drawn(section))
        return;
    add_fence(out);
    enum page_kind before = PAGE_NOTE;
    for (const struct page_block *block = section->blocks; block; block = block->next) {
        if (block->kind == PAGE_NOTE)
            continue;
        if (before == PAGE_TABLE)
            buf_add_char(out, '\n');
        if (block->kind == PAGE_CHART) {
            page_chart_lines(&block->chart, &style, out);
        } else {
            if (block->text.size > 0) {
                buf_add_str(out, block->text);
                buf_add_text(out, ":\n");
            }
            page_table_lines(block, &style, out);
        }
        before = block->kind;
    }
    add_fence(out);
}

void page_md(const struct page *page, struct buf *out)
{
    buf_add_text(out, "# ");
    add_plain(out, page->title);
    buf_add_text(out, "\n");
    add_plain(out, page->subtitle);
    buf_add_text(out, "\n\n");
    add_notes(page->lead, out);
    for (const struct page_section *section = page->sections; section; section = section->next) {
        buf_printf(out, "\n## %s", section->title);
        if (section->summary.size > 0) {
            buf_add_text(out, ": ");
            add_plain(out, section->summary);
        }
        buf_add_text(out, "\n");
        add_notes(section, out);
        add_drawings(section, out);
    }
}
