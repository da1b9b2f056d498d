#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "query/shown.h"

static struct event event_of(unsigned source, uint64_t offset, const char *raw)
{
    return (struct event){.source_id = source + 1, .record = {.raw = str_of(raw), .offset = offset}};
}

static void note(struct shown *shown, unsigned source, uint64_t offset, const char *raw)
{
    struct event event = event_of(source, offset, raw);
    shown_note(shown, &event);
}

/* Bytes shown of it; -1: none. */
static int taken(struct shown *shown, unsigned source, uint64_t offset, const char *raw)
{
    struct event event = event_of(source, offset, raw);
    size_t size;
    return shown_take(shown, &event, &size) ? (int)size : -1;
}

static void known_by_place_and_bytes(void **state)
{
    (void)state;
    SCOPED(shown) shown = {0};
    assert_int_equal(taken(&shown, 0, 0, "a line"), -1);
    note(&shown, 0, 0, "a line");
    assert_int_equal(taken(&shown, 1, 0, "a line"), -1);
    assert_int_equal(taken(&shown, 0, 7, "a line"), -1);
    assert_int_equal(taken(&shown, 0, 0, "a line"), 6);
    assert_int_equal(taken(&shown, 0, 0, "a line"), -1); /* it has been taken */
    note(&shown, 0, 0, "a line");
    assert_int_equal(taken(&shown, 0, 0, "a lime"), -1);
    note(&shown, 0, 0, "a line");
    assert_int_equal(taken(&shown, 0, 0, "a li"), -1);
    note(&shown, 1, 5, "");
    assert_int_equal(taken(&shown, 1, 5, ""), 0);
}

static void grown(void **state)
{
    (void)state;
    SCOPED(shown) shown = {0};
    note(&shown, 0, 10, "trace");
    note(&shown, 0, 16, "  at a");
    note(&shown, 0, 23, "next");
    assert_int_equal(taken(&shown, 0, 10, "trace\n  at a"), 5);
    assert_int_equal(taken(&shown, 0, 16, "  at a"), -1); /* became part of the one before */
    assert_int_equal(taken(&shown, 0, 23, "next one"), 4);
}

/* Several that are pending come together, each time anew. */
static void several(void **state)
{
    (void)state;
    SCOPED(shown) shown = {0};
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 6; i++) {
            assert_int_equal(taken(&shown, 0, (uint64_t)i * 5, "four"), round ? 4 : -1);
            note(&shown, 0, (uint64_t)i * 5, "four");
        }
    }
}

static void many(void **state)
{
    (void)state;
    SCOPED(shown) shown = {0};
    for (unsigned i = 0; i < 1000; i++)
        note(&shown, 0, (uint64_t)i * 5, "four");
    assert_int_equal(taken(&shown, 0, (1000 - SHOWN_TAILS_MAX - 1) * 5, "four"), -1);
    for (unsigned i = 1000 - SHOWN_TAILS_MAX; i < 1000; i++)
        assert_int_equal(taken(&shown, 0, (uint64_t)i * 5, "four"), 4);
    for (int i = 0; i < 500; i++) {
        struct event event = {.source_id = 10 + i, .record = {.raw = STR("x"), .offset = 3}};
        shown_note(&shown, &event);
    }
    for (int i = 0; i < 500; i++) {
        size_t size;
        struct event event = {.source_id = 10 + i, .record = {.raw = STR("xy"), .offset = 3}};
        assert_true(shown_take(&shown, &event, &size));
        assert_int_equal(size, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_by_place_and_bytes),
        cmocka_unit_test(grown),
        cmocka_unit_test(several),
        cmocka_unit_test(many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
