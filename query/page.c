#include "query/page.h"

#include "base/must.h"

struct page *page_new(struct arena *arena, struct str title, struct str subtitle)
{
    struct page *page = ARENA_NEW(arena, struct page);
    *page = (struct page){.title = title, .subtitle = subtitle, .arena = arena};
    page->end = &page->sections;
    page->lead = ARENA_NEW(arena, struct page_section);
    page->lead->end = &page->lead->blocks;
    return page;
}

struct page_section *page_add_section(struct page *page, const char *id, const char *title, struct str summary)
{
    struct page_section *section = ARENA_NEW(page->arena, struct page_section);
    *section = (struct page_section){.id = id, .title = title, .summary = summary};
    section->end = &section->blocks;
    *page->end = section;
    page->end = &section->next;
    return section;
}

static struct page_block *add_block(struct page *page, struct page_section *section, enum page_kind kind)
{
    struct page_block *block = ARENA_NEW(page->arena, struct page_block);
    block->kind = kind;
    block->end = &block->rows;
    *section->end = block;
    section->end = &block->next;
    return block;
}

void page_add_note(struct page *page, struct page_section *section, enum page_tone tone, struct str text)
{
    struct page_block *note = add_block(page, section, PAGE_NOTE);
    note->text = text;
    note->tone = tone;
}

struct page_block *page_add_table(struct page *page, struct page_section *section, struct str heading,
                                  const struct page_column *columns, unsigned count)
{
    must(count <= PAGE_COLUMNS_MAX);
    struct page_block *table = add_block(page, section, PAGE_TABLE);
    table->text = heading;
    table->columns = columns;
    table->column_count = count;
    return table;
}

struct page_row *page_add_row(struct page *page, struct page_block *table)
{
    struct page_row *row = ARENA_NEW(page->arena, struct page_row);
    row->cells = arena_zalloc(page->arena, table->column_count * sizeof *row->cells);
    *table->end = row;
    table->end = &row->next;
    return row;
}

struct page_detail *page_add_detail(struct page_row *row, const char *label, struct str text)
{
    must(row->detail_count < PAGE_DETAILS_MAX);
    struct page_detail *detail = &row->details[row->detail_count++];
    *detail = (struct page_detail){.label = label, .text = text};
    return detail;
}

struct page_chart *page_add_chart(struct page *page, struct page_section *section, const char *title)
{
    struct page_block *block = add_block(page, section, PAGE_CHART);
    block->chart.title = title;
    return &block->chart;
}

bool page_column_shown(const struct page_block *table, unsigned column)
{
    if (!(table->columns[column].traits & PAGE_OPTIONAL))
        return true;
    for (const struct page_row *row = table->rows; row; row = row->next)
        if (row->cells[column].text.size > 0)
            return true;
    return false;
}
