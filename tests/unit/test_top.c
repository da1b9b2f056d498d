/* top: counts by name stay exact, whatever the names are, and sum up beyond the limit. */
#include "query/top.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/scope.h"

static void counts(void **unused)
{
    (void)unused;
    SCOPED(top) top = {0};
    top_add(&top, STR("b"), 2, 50, STR("x"));
    top_add(&top, STR("a"), 1, 20, STR("x"));
    top_add(&top, STR("a"), 1, 10, STR("y"));
    top_add(&top, STR("a"), 1, TIME_NONE, STR("y"));
    top_add(&top, STR_ABSENT, 2, TIME_NONE, STR_ABSENT);
    top_add(&top, STR(""), 2, 7, STR(""));
    top_sort(&top, 10);
    assert_int_equal(top.total, 9);
    assert_int_equal(top_count(&top), 4);
    assert_string_equal(top.rows[0].name.data, "a");
    assert_int_equal(top.rows[0].count, 3);
    assert_int_equal(top.rows[0].others, 2);
    assert_int_equal(top.rows[0].first_us, 10);
    assert_int_equal(top.rows[0].last_us, 20);
    /* Equal counts: by name; an unknown name is another than an empty one. */
    assert_true(top.rows[1].name.size == 0 && top.rows[2].name.size == 0);
    assert_true((top.rows[1].name.data == NULL) != (top.rows[2].name.data == NULL));
    assert_string_equal(top.rows[3].name.data, "b");
}

static void beyond(void **unused)
{
    (void)unused;
    SCOPED(top) top = {0};
    char name[32];
    for (unsigned i = 0; i < TOP_NAMES_MAX + 10; i++) {
        int size = snprintf(name, sizeof name, "n%u", i);
        top_add(&top, str_from(name, (size_t)size), 1, (int64_t)i, STR_ABSENT);
    }
    top_add(&top, STR("n5"), 3, 1, STR_ABSENT);
    top_sort(&top, 1);
    assert_int_equal(top_count(&top), TOP_NAMES_MAX);
    assert_int_equal(top.total, TOP_NAMES_MAX + 13);
    assert_int_equal(top.beyond, 10);
    assert_int_equal(top.rows[0].count, 4);
}

/* The first ones are the same however many are sorted, and none is lost. */
static void first_ones(void **unused)
{
    (void)unused;
    enum { NAMES = 500 };
    SCOPED(top) all = {0};
    char name[32];
    for (size_t first = NAMES; first-- > 0;) {
        SCOPED(top) top = {0};
        uint64_t sum = 0;
        for (unsigned i = 0; i < NAMES; i++) {
            int size = snprintf(name, sizeof name, "n%u", i * 7919 % NAMES);
            top_add(first == NAMES - 1 ? &all : &top, str_from(name, (size_t)size), 1 + i * 31 % 17, TIME_NONE,
                    STR_ABSENT);
        }
        if (first == NAMES - 1) {
            top_sort(&all, NAMES);
            continue;
        }
        top_sort(&top, first);
        for (size_t i = 0; i < NAMES; i++)
            sum += top.rows[i].count;
        assert_true(sum == top.total && sum == all.total);
        for (size_t i = 0; i < first; i++)
            assert_true(top.rows[i].count == all.rows[i].count && str_equal(top.rows[i].name, all.rows[i].name));
    }
    for (size_t i = 1; i < NAMES; i++)
        assert_true(
            all.rows[i - 1].count > all.rows[i].count ||
            (all.rows[i - 1].count == all.rows[i].count && str_compare(all.rows[i - 1].name, all.rows[i].name) < 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(beyond),
        cmocka_unit_test(first_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
