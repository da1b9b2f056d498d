/* prose: wrapped text and curves. */
#include "query/prose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void test_text(void **state)
{
    static const struct {
        const char *text;
        unsigned width;
        size_t indent;
        enum tint variables;
        bool as_it_is;
        const char *shown;
    } cases[] = {
        {"one two  three", 0, 4, TINT_NONE, false, "one two three"},
        {"one two  three", 0, 4, TINT_NONE, true, "one two  three"},
        {"aaaa bbbb cccc dddd eeee ffff", 26, 4, TINT_NONE, false, "aaaa bbbb cccc dddd\n    eeee ffff"},
        {"abcdefghijklmnopqrstuvwxyz", 22, 0, TINT_NONE, false, "abcdefghijklmnopqrstuv\nwxyz"},
        {"a abcdefghijklmnopqrstuvwxyz b", 22, 0, TINT_NONE, false, "a\nabcdefghijklmnopqrstuv\nwxyz b"},
        {"a abcdefghijklmnopqrstuvwxyz b", 22, 0, TINT_NONE, true, "a abcdefghijklmnopqrst\nuvwxyz b"},
        {"\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2", 3, 0, TINT_NONE, false,
         "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2"},
        {"esc \033[31m nul", 80, 0, TINT_NONE, false, "esc \\x1b[31m nul"},
        {"x=<*>, y", 80, 0, TINT_DIM, false, "x=\033[2m<*>\033[0m, y"},
        {"", 80, 0, TINT_NONE, false, ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        SCOPED(buf) line = BUF(4096);
        struct prose prose = {.line = &line,
                              .width = cases[i].width,
                              .indent = cases[i].indent,
                              .variables = cases[i].variables,
                              .as_it_is = cases[i].as_it_is};
        prose_text(&prose, str_of(cases[i].text));
        if (!str_equal(buf_str(&line), str_of(cases[i].shown)))
            fail_msg("case %zu: '%s'", i, line.data);
    }
}

static void test_curve(void **state)
{
    static const uint64_t none[3] = {0}, some[6] = {1, 0, 1000, 500, 250, 2}, huge[2] = {UINT64_MAX / 2, 1};
    static const struct {
        const uint64_t *counts;
        size_t count, each;
        const char *shown;
    } cases[] = {
        {none, 3, 1, "···"}, {some, 6, 1, "▁·█▅▃▁"}, {some, 6, 2, "▁█▂"}, {some, 6, 4, "█▂"}, {huge, 2, 1, "█▁"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        SCOPED(buf) line = BUF(4096);
        prose_curve(&line, cases[i].counts, cases[i].count, cases[i].each, TINT_NONE);
        if (!str_equal(buf_str(&line), str_of(cases[i].shown)))
            fail_msg("case %zu: '%s'", i, line.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_curve)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
