/* page: what the printers make of any text: lines that fit, fences that close, marks that are winnow's own. */
#include "query/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "query/safe.h"

static const char *const texts[] = {
    "plain",
    "",
    "a name that is longer than any column of any table has room for, and goes on, and on, and on, and on, and on, and on, and on",
    "```\n# heading\n```",
    "<script>alert('x')</script>\"&amp;<!-- --><![CDATA[",
    "\x1b[31mred\x1b[0m \xe2\x80\xae backwards \xff\xfe not UTF-8 \t tab \r return",
    "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
    "e\xcc\x81\xcc\x81\xcc\x81 <@U123> <!channel> @here <#C1> `tick",
    "| a | b |\\",
};
enum { TEXTS = sizeof texts / sizeof *texts };
static const uint64_t hours[24] = {0, 1, 2, 3, 1000000, 5};
static const char *const labels[24] = {"00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11",
                                       "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23"};

/* Every text in every place where one of a log may stand. */
static struct page *make(struct arena *arena, unsigned first)
{
    static const struct page_column columns[] = {{"count", PAGE_RIGHT},
                                                 {"none", PAGE_OPTIONAL},
                                                 {"by hour", PAGE_BARS},
                                                 {"name", PAGE_CODE},
                                                 {"path", PAGE_CODE | PAGE_FLEX | PAGE_TAIL}};
    struct page *page = page_new(arena, STR("Title"), STR("subtitle"));
    struct page_section *section = page_add_section(page, "id", "Section", STR("3 things"));
    page_add_note(page, page->lead, PAGE_BAD, STR("what matters"));
    page_add_note(page, section, PAGE_WARN, str_of(texts[first % TEXTS]));
    struct page_chart *chart = page_add_chart(page, section, "errors by hour");
    *chart =
        (struct page_chart){"errors by hour", "errors", 24, 20, {1, 2, 3}, {0}, NULL, "00", labels, first % 2 == 0};
    struct page_block *table = page_add_table(page, section, STR("Table"), columns, 5);
    for (unsigned i = 0; i < TEXTS; i++) {
        struct page_row *row = page_add_row(page, table);
        row->cells[0].text = STR("12");
        row->cells[2] = (struct page_cell){.bars = hours, .bar_count = 24};
        row->cells[3] = (struct page_cell){.text = str_of(texts[(first + i) % TEXTS]), .badge = i % 2};
        row->cells[4].text = str_of(texts[i]);
        page_add_detail(row, "e.g.", str_of(texts[(first + i) % TEXTS]));
        page_add_detail(row, NULL, str_of(texts[i]))->fit = PAGE_CUT;
    }
    table->more = STR("and 3 more: 4 records");
    return page;
}

static void text_fits(void **unused)
{
    (void)unused;
    for (unsigned width = 60; width <= 140; width += 7) {
        SCOPED(arena) arena = {0};
        SCOPED(buf) out = BUF(1 << 20);
        page_text(make(&arena, width), width, false, &out);
        assert_true(utf8_valid(buf_str(&out)));
        assert_null(strchr(out.data, '\x1b'));
        struct str rest = buf_str(&out);
        while (rest.data) {
            struct str line = str_cut(&rest, '\n');
            if (safe_columns(line, SAFE_TABLE, 1000) > width)
                fail_msg("%zu columns instead of %u: %.*s", safe_columns(line, SAFE_TABLE, 1000), width, STR_ARG(line));
            assert_true(line.size == 0 || line.data[line.size - 1] != ' ');
        }
        assert_null(strstr(out.data, "none"));
    }
}

static void fences_close(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < TEXTS; i++) {
        SCOPED(arena) arena = {0};
        SCOPED(buf) out = BUF(1 << 20);
        unsigned fences = 0;
        page_md(make(&arena, i), &out);
        assert_true(utf8_valid(buf_str(&out)));
        struct str rest = buf_str(&out);
        while (rest.data) {
            struct str line = str_cut(&rest, '\n');
            bool fence = str_equal(line, STR("```"));
            assert_true(fence || str_find(line, STR("```")) == STR_NONE);
            fences += fence;
            if (fences % 2 == 0 && str_starts(line, STR("- "))) /* outside, no mark of theirs stands alone */
                for (size_t at = 1; at < line.size; at++)
                    assert_true(!strchr("`<*|@", line.data[at]) || line.data[at - 1] == '\\');
        }
        assert_true(fences == 2);
        assert_null(strstr(out.data, "<!channel"));
        assert_null(strstr(out.data, "<@U"));
    }
}

/* Tags open and close in turn; what stands in attributes and between them has no mark but ours. */
static void html_nests(void **unused)
{
    (void)unused;
    static const char *const lone[] = {"!DOCTYPE", "meta", "line", "rect", "path"};
    for (unsigned i = 0; i < TEXTS; i++) {
        SCOPED(arena) arena = {0};
        SCOPED(buf) out = BUF(1 << 20);
        struct str open[64];
        size_t depth = 0;
        page_html(make(&arena, i), &out);
        assert_true(utf8_valid(buf_str(&out)));
        assert_null(strchr(out.data, '\x1b'));
        struct str rest = buf_str(&out);
        for (size_t at; (at = str_find_char(rest, '<')) != STR_NONE;) {
            rest = str_slice(rest, at + 1, rest.size);
            size_t end = str_find_char(rest, '>');
            assert_true(end != STR_NONE);
            struct str tag = str_slice(rest, 0, end), name = tag;
            rest = str_slice(rest, end + 1, rest.size);
            size_t blank = str_find_char(tag, ' ');
            name = blank == STR_NONE ? tag : str_slice(tag, 0, blank);
            bool alone = false;
            for (size_t k = 0; k < sizeof lone / sizeof *lone; k++)
                alone = alone || str_equal(name, str_of(lone[k]));
            assert_false(str_equal(name, STR("script")));
            if (name.data[0] == '/') {
                if (depth == 0 || !str_equal(open[--depth], str_slice(name, 1, name.size)))
                    fail_msg("%.*s closes nothing", STR_ARG(name));
            } else if (!alone)
                open[depth++] = name;
            assert_true(depth < 64);
        }
        assert_int_equal(depth, 0);
        assert_null(strstr(out.data, "http"));
        assert_null(strstr(out.data, "url("));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_fits),
        cmocka_unit_test(fences_close),
        cmocka_unit_test(html_nests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
