/* like: how texts and patterns are laid beside each other. */
#include "analyze/like.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void test_values(void **state)
{
    static const struct {
        const char *pattern, *text, *values; /* values with '|' between them; NULL: it does not fit */
    } cases[] = {
        {"plain words", "plain words", ""},
        {"plain words", "plain  \t words ", ""},
        {"plain words", "plain word", NULL},
        {"plain words", "plainwords", NULL},
        {"user <*> from <*>", "user bob from 10.0.0.1", "bob|10.0.0.1"},
        {"user <*> from <*>", "user bob from here from there", "bob|here from there"},
        {"<*> failed", "disk 7 failed", "disk 7"},
        {"<*> failed", "it failed because it failed", "it failed because it"},
        {"<*>", "anything at all", "anything at all"},
        {"<*>", "", ""},
        {"took <*>ms", "took 12ms", "12"},
        {"took <*>ms", "took 12ms or so", NULL},
        {"a <*> b <*> c", "a 1 b 2 b 3 c", "1|2 b 3"},
        {"a<*>a", "a", NULL},
        {"a<*>a", "aa", ""},
        {"[<*>]", "[x]", "x"},
        {"", "", ""},
        {"", "x", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str values[8];
        char text[256] = "";
        int count = like_values(str_of(cases[i].pattern), str_of(cases[i].text), values, 8);
        if ((count < 0) != (cases[i].values == NULL))
            fail_msg("'%s' of '%s': %d values", cases[i].pattern, cases[i].text, count);
        for (int v = 0; v < count; v++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s", v ? "|" : "", STR_ARG(values[v]));
        if (count >= 0)
            assert_string_equal(text, cases[i].values);
    }
}

static void test_limits(void **state)
{
    struct str values[2];
    (void)state;
    assert_int_equal(like_values(STR("<*> a <*> b <*>"), STR("1 a 2 b 3"), values, 2), -1);
    static char many[4 * LIKE_WORDS_MAX + 1];
    for (size_t i = 0; i < sizeof many - 1; i++)
        many[i] = "ab c"[i % 4];
    assert_true(like_score(str_of(many), STR("x y"), STR("x y")) < LIKE_NEAR);
}

static void test_score(void **state)
{
    static const struct {
        const char *pattern, *text, *template;
        double least, most;
    } cases[] = {
        {"user <*> failed", "user bob failed", "user bob failed", LIKE_HELD, LIKE_HELD},
        {"disk <*> is full", "disk 7 is full", "disk <*> is full", LIKE_HELD, LIKE_HELD},
        {"disk <*> is full", "IS FULL", "IS FULL", LIKE_PART, LIKE_PART},
        {"disk <*> is full", "the disk <*> is full", "the disk <*> is full", 0.8, 0.8},
        {"disk <*> is full", "user bob failed", "user bob failed", 0, 0},
        {"disk <*> is full", "", "", 0, 0},
        {"", "", "", LIKE_HELD, LIKE_HELD},
        {"one two three four", "four three two one", "four three two one", 0.25, 0.25},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double score = like_score(str_of(cases[i].pattern), str_of(cases[i].text), str_of(cases[i].template));
        if (score < cases[i].least - 1e-9 || score > cases[i].most + 1e-9)
            fail_msg("'%s' and '%s': %f", cases[i].pattern, cases[i].text, score);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
