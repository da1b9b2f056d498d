#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/map.h"
#include "base/scope.h"

static void empty(void **state)
{
    (void)state;
    SCOPED(map) map = {0};
    assert_null(map_find(&map, STR("a")));
    assert_null(map_find(&map, STR_ABSENT));
    map_reset(&map);
    assert_int_equal(map.count, 0);
}

static void finds_what_was_put(void **state)
{
    (void)state;
    SCOPED(map) map = {0};
    bool is_new = false;
    char key[] = "user";
    struct map_entry *entry = map_at(&map, str_of(key), &is_new);
    assert_true(is_new);
    assert_true(entry->value == 0);
    entry->value = 7;
    key[0] = 'X'; /* the key was copied */
    entry = map_at(&map, STR("user"), &is_new);
    assert_false(is_new);
    assert_true(entry->value == 7);
    assert_int_equal(map.count, 1);
    assert_null(map_find(&map, STR("User")));
    map_at(&map, STR("us\0er"), NULL)->value = 8;
    map_at(&map, STR(""), NULL)->value = 9;
    assert_true(map_find(&map, STR("us\0er"))->value == 8);
    assert_true(map_find(&map, STR(""))->value == 9);
    assert_null(map_find(&map, STR("us")));
}

static void keeps_the_order_over_growth_and_reset(void **state)
{
    (void)state;
    enum { COUNT = 50000 };
    SCOPED(map) map = {0};
    char text[32];
    for (int round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < COUNT; i++) {
            int size = snprintf(text, sizeof text, "key-%d-%llu", round, (unsigned long long)i);
            bool is_new = false;
            map_at(&map, str_from(text, (size_t)size), &is_new)->value = i;
            assert_true(is_new);
        }
        assert_int_equal(map.count, COUNT);
        for (uint64_t i = 0; i < COUNT; i++) {
            int size = snprintf(text, sizeof text, "key-%d-%llu", round, (unsigned long long)i);
            const struct map_entry *entry = map_find(&map, str_from(text, (size_t)size));
            assert_non_null(entry);
            assert_ptr_equal(entry, &map.entries[i]);
            assert_true(entry->value == i);
            assert_string_equal(entry->key.data, text);
        }
        map_reset(&map);
        assert_int_equal(map.count, 0);
        assert_null(map_find(&map, str_of(text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(finds_what_was_put),
        cmocka_unit_test(keeps_the_order_over_growth_and_reset),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
