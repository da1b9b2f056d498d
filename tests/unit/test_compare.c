/* compare: the rule, case by case. */
#include "query/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* count, before, covered, weeks_count, weeks, seen_before, store_before */
static const struct {
    struct compare compare;
    enum compare_flag flag;
} cases[] = {
    /* New: whatever its count, when the store reaches back at all. */
    {{1, 0, true, 0, 0, false, true}, COMPARE_NEW},
    {{5000, 0, true, 0, 4, false, true}, COMPARE_NEW},
    {{5000, 0, false, 0, 0, false, false}, COMPARE_USUAL},
    {{0, 0, true, 0, 4, false, true}, COMPARE_USUAL},
    /* Small counts do not shout. */
    {{9, 0, true, 0, 0, true, true}, COMPARE_USUAL},
    {{9, 1, true, 0, 0, true, true}, COMPARE_USUAL},
    {{10, 0, true, 0, 0, true, true}, COMPARE_SURGE},
    {{0, 9, true, 0, 0, true, true}, COMPARE_USUAL},
    {{1, 9, true, 0, 0, true, true}, COMPARE_USUAL},
    /* Double, and more than three roots above. */
    {{199, 100, true, 0, 0, true, true}, COMPARE_USUAL},
    {{200, 100, true, 0, 0, true, true}, COMPARE_SURGE},
    {{12, 6, true, 0, 0, true, true}, COMPARE_USUAL},
    {{14, 6, true, 0, 0, true, true}, COMPARE_SURGE},
    {{18, 9, true, 0, 0, true, true}, COMPARE_USUAL},
    {{19, 9, true, 0, 0, true, true}, COMPARE_SURGE},
    /* The same weekday is usually like it, or is not. */
    {{200, 50, true, 800, 4, true, true}, COMPARE_USUAL},
    {{200, 50, true, 400, 4, true, true}, COMPARE_SURGE},
    {{200, 150, true, 400, 4, true, true}, COMPARE_USUAL},
    {{50, 200, true, 200, 4, true, true}, COMPARE_USUAL},
    {{50, 200, true, 400, 4, true, true}, COMPARE_DROP},
    /* Baselines that are not covered do not count. */
    {{200, 0, false, 0, 0, true, true}, COMPARE_USUAL},
    {{200, 0, false, 150, 1, true, true}, COMPARE_USUAL},
    {{200, 0, false, 100, 1, true, true}, COMPARE_SURGE},
    {{0, 0, false, 400, 4, true, true}, COMPARE_DROP},
    /* Drop: the mirror of surge; gone: nothing is left of what was there the day before. */
    {{100, 199, true, 0, 0, true, true}, COMPARE_USUAL},
    {{100, 200, true, 0, 0, true, true}, COMPARE_DROP},
    {{1, 10, true, 0, 0, true, true}, COMPARE_USUAL},
    {{0, 10, true, 0, 0, true, true}, COMPARE_GONE},
    {{0, 5000, true, 0, 4, true, true}, COMPARE_GONE},
    {{0, 0, true, 400, 4, true, true}, COMPARE_USUAL},
    /* Nothing overflows. */
    {{UINT64_MAX, 1, true, 4, 4, true, true}, COMPARE_SURGE},
    {{1, UINT64_MAX, true, 0, 0, true, true}, COMPARE_DROP},
};

static void test_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (compare_flag(&cases[i].compare) != cases[i].flag)
            fail_msg("case %zu: flag %d, not %d", i, (int)compare_flag(&cases[i].compare), (int)cases[i].flag);
}

/* More of today never makes a surge of what is none, and less no drop. */
static void test_order(void **state)
{
    (void)state;
    for (uint64_t before = 0; before < 200; before++) {
        bool surge = false, drop = true;
        for (uint64_t count = 1; count < 1000; count++) {
            struct compare compare = {.count = count, .before = before, .before_covered = true, .seen_before = true};
            enum compare_flag flag = compare_flag(&compare);
            assert_false(surge && flag != COMPARE_SURGE);
            assert_false(!drop && flag == COMPARE_DROP);
            surge = flag == COMPARE_SURGE;
            drop = flag == COMPARE_DROP;
        }
        assert_true(surge);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(compare_flag_name(COMPARE_NEW), "new");
    assert_string_equal(compare_flag_name(COMPARE_SURGE), "surge");
    assert_string_equal(compare_flag_name(COMPARE_DROP), "drop");
    assert_string_equal(compare_flag_name(COMPARE_GONE), "gone");
    assert_null(compare_flag_name(COMPARE_USUAL));
}

static void test_change(void **state)
{
    static const struct {
        uint64_t count, before;
        bool covered;
        int64_t change;
        const char *text;
    } changes[] = {
        {30, 12, true, 18, "+150%"}, {12, 30, true, -18, "-60%"}, {7, 7, true, 0, "="},     {240, 20, true, 220, "x12"},
        {0, 8, true, -8, "-100%"},   {5, 0, true, 5, ""},         {5, 0, false, 5, ""},     {0, 0, true, 0, ""},
        {10, 1, true, 9, "+900%"},   {11, 1, true, 10, "x11"},    {8, 9, true, -1, "-11%"}, {999, 1000, true, -1, "="},
    };
    char text[COMPARE_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct compare compare = {
            .count = changes[i].count, .before = changes[i].before, .before_covered = changes[i].covered};
        assert_int_equal(compare_change(&compare), changes[i].change);
        assert_string_equal(compare_text(&compare, text), changes[i].text);
    }
}

static void test_covers(void **state)
{
    (void)state;
    assert_true(compare_covers(0, TIME_DAY));
    assert_true(compare_covers(TIME_DAY, TIME_DAY));
    assert_true(compare_covers(TIME_DAY + TIME_HOUR - 1, TIME_DAY));
    assert_false(compare_covers(TIME_DAY + TIME_HOUR, TIME_DAY));
    assert_false(compare_covers(TIME_NONE, TIME_DAY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule),   cmocka_unit_test(test_order),  cmocka_unit_test(test_names),
        cmocka_unit_test(test_change), cmocka_unit_test(test_covers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
