#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "query/safe.h"

static void shown_as(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str text;
        enum safe_style style;
        const char *shown;
        size_t columns;
    } cases[] = {
        {"plain", STR("GET /a?b=c"), SAFE_TABLE, "GET /a?b=c", 10},
        {"escape", STR("a\x1b[31mb"), SAFE_TABLE, "a\\x1b[31mb", 10},
        {"tab in a cell", STR("a\tb"), SAFE_TABLE, "a\\tb", 4},
        {"tab in a line", STR("a\tb"), SAFE_LINE, "a\tb", 3},
        {"tab in csv", STR("a\tb"), SAFE_CSV, "a\\x09b", 6},
        {"newline in a cell", STR("a\nb"), SAFE_TABLE, "a\\nb", 4},
        {"newline in a line", STR("a\r\n"), SAFE_LINE, "a\\r\\n", 5},
        {"newline in csv", STR("a\nb"), SAFE_CSV, "a\\x0ab", 6},
        {"nul", STR("a\0b"), SAFE_TABLE, "a\\x00b", 6},
        {"delete", STR("\x7f"), SAFE_TABLE, "\\x7f", 4},
        {"c1 as utf-8", STR("\xc2\x9b"), SAFE_TABLE, "\\u009b", 6},
        {"c1 as a byte", STR("\x9b"), SAFE_TABLE, "\\x9b", 4},
        {"not utf-8", STR("\xff\xfe"), SAFE_CSV, "\\xff\\xfe", 8},
        {"overlong", STR("\xc0\xaf"), SAFE_TABLE, "\\xc0\\xaf", 8},
        {"bidi override", STR("\xe2\x80\xae"), SAFE_TABLE, "\\u202e", 6},
        {"bidi isolate", STR("\xe2\x81\xa6"), SAFE_LINE, "\\u2066", 6},
        {"tag character", STR("\xf3\xa0\x81\x81"), SAFE_TABLE, "\\U000e0041", 10},
        {"wide", STR("日本"), SAFE_TABLE, "日本", 4},
        {"combining", STR("e\xcc\x81"), SAFE_TABLE, "e\xcc\x81", 1},
        {"latin", STR("zoë"), SAFE_TABLE, "zoë", 3},
        {"empty", STR(""), SAFE_TABLE, "", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) out = BUF(256);
        size_t columns = safe_add(&out, cases[i].text, cases[i].style, SIZE_MAX);
        if (!str_equal(buf_str(&out), str_of(cases[i].shown)))
            fail_msg("%s: \"%.*s\"", cases[i].name, STR_ARG(buf_str(&out)));
        assert_int_equal(columns, cases[i].columns);
        assert_int_equal(safe_columns(cases[i].text, cases[i].style, SIZE_MAX), cases[i].columns);
    }
}

static void cut_at_whole_characters(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        size_t columns_max;
        const char *shown;
    } cases[] = {
        {STR("abcdef"), 4, "abcd"},    {STR("日本語"), 5, "日本"}, {STR("ab\x1b"), 5, "ab"},
        {STR("ab\x1b"), 6, "ab\\x1b"}, {STR("abc"), 0, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) out = BUF(64);
        safe_add(&out, cases[i].text, SAFE_TABLE, cases[i].columns_max);
        assert_string_equal(out.data ? out.data : "", cases[i].shown);
    }
}

/* Whatever the bytes, nothing comes out that a terminal would obey. */
static void never_a_control(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        char bytes[64];
        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (char)(seed >> 24);
        }
        SCOPED(buf) out = BUF(1024);
        safe_add(&out, str_from(bytes, sizeof bytes), SAFE_TABLE, SIZE_MAX);
        assert_false(out.full);
        assert_true(utf8_valid(buf_str(&out)));
        for (size_t i = 0; i < out.size; i++) {
            unsigned char byte = (unsigned char)out.data[i];
            assert_true(byte >= 0x20 && byte != 0x7f);
            assert_false(byte == 0xc2 && (unsigned char)out.data[i + 1] < 0xa0);
        }
    }
}

static void csv_cells(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        bool is_text;
        const char *cell;
    } cases[] = {
        {STR("plain"), true, "plain"},
        {STR("a,b"), true, "\"a,b\""},
        {STR("say \"hi\""), true, "\"say \"\"hi\"\"\""},
        {STR("two\nlines"), true, "two\\x0alines"},
        {STR("=1+1"), true, "'=1+1"},
        {STR("=A1,B1"), true, "\"'=A1,B1\""},
        {STR("@SUM(A1)"), true, "'@SUM(A1)"},
        {STR("-cmd"), true, "'-cmd"},
        {STR("+49 30"), true, "'+49 30"},
        {STR("-1.5"), true, "-1.5"},
        {STR("+1"), true, "+1"},
        {STR("++1"), true, "'++1"},
        {STR("-"), true, "'-"},
        {STR("-1"), false, "-1"},
        {STR("=x"), false, "=x"},
        {STR(" padded"), true, "\" padded\""},
        {STR("\xff"), true, "\\xff"},
        {STR(""), true, ""},
        {STR_ABSENT, true, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) out = BUF(64);
        safe_add_csv(&out, cases[i].text, cases[i].is_text);
        assert_string_equal(out.data ? out.data : "", cases[i].cell);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shown_as),
        cmocka_unit_test(cut_at_whole_characters),
        cmocka_unit_test(never_a_control),
        cmocka_unit_test(csv_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
