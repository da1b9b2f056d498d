#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/scope.h"
#include "query/group.h"
#include "query/histogram.h"
#include "query/hits.h"

/* ---- group ------------------------------------------------------------------------------------------------------- */

static void add(struct group *group, struct str a, struct str b, int64_t time_us, uint64_t number)
{
    struct err err = {0};
    const struct str keys[] = {a, b};
    assert_non_null(group_add(group, keys, time_us, number, &err));
}

static void counts_first_and_last(void **state)
{
    (void)state;
    SCOPED(group) group = {0};
    group_init(&group, 2);
    add(&group, STR("root"), STR("10.0.0.1"), 50, 1);
    add(&group, STR("root"), STR("10.0.0.1"), 20, 2); /* out of order */
    add(&group, STR("root"), STR("10.0.0.1"), TIME_NONE, 3);
    add(&group, STR("ro"), STR("ot10.0.0.1"), 30, 4); /* the same bytes, cut elsewhere */
    add(&group, STR("root"), STR_ABSENT, 10, 5);
    add(&group, STR("root"), STR(""), 10, 6); /* empty is not absent */
    assert_int_equal(group_count(&group), 4);
    group_sort(&group);
    const struct group_row *top = &group.rows[0];
    assert_int_equal(top->count, 3);
    assert_int_equal(top->first_us, 20);
    assert_int_equal(top->last_us, 50);
    assert_int_equal(top->latest, 1);
    assert_true(str_equal(group_key(top, 0), STR("root")));
    assert_true(str_equal(group_key(top, 1), STR("10.0.0.1")));
    uint64_t total = 0;
    for (size_t i = 0; i < group_count(&group); i++)
        total += group.rows[i].count;
    assert_int_equal(total, 6);
}

static void sorted_by_count_then_key(void **state)
{
    (void)state;
    static const char *const expected[] = {"c", "a", "b", "bb", NULL};
    SCOPED(group) group = {0};
    struct err err = {0};
    group_init(&group, 1);
    const struct str keys[] = {STR("bb"), STR("c"), STR_ABSENT, STR("b"), STR("c"), STR("a")};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_non_null(group_add(&group, &keys[i], TIME_NONE, i, &err));
    group_sort(&group);
    assert_int_equal(group_count(&group), 5);
    for (size_t i = 0; i < 5; i++)
        assert_true(str_equal(group_key(&group.rows[i], 0), str_of(expected[i])));
    assert_null(group_key(&group.rows[4], 0).data); /* what has no such field comes last */
    assert_int_equal(group.rows[4].first_us, TIME_NONE);
}

/* ---- hits -------------------------------------------------------------------------------------------------------- */

struct sorting {
    const char *name;
    enum hits_order order;
    struct hit hits[6];
    size_t count;
    uint64_t numbers[6]; /* expected */
    size_t kept;
};

static void sorted_hits(void **state)
{
    (void)state;
    static const struct sorting cases[] = {
        {"one source keeps its order", HITS_AS_STORED, {{1, 50, 1, 0}, {2, 10, 1, 0}, {3, 30, 1, 0}}, 3, {1, 2, 3}, 3},
        {"sources merge by time", HITS_AS_STORED, {{1, 10, 1, 0}, {2, 30, 1, 0}, {3, 20, 2, 0}}, 3, {1, 3, 2}, 3},
        {"a late one stays behind its predecessor",
         HITS_AS_STORED,
         {{1, 10, 1, 0}, {2, 30, 1, 0}, {3, 5, 1, 0}, {4, 20, 2, 0}},
         4,
         {1, 4, 2, 3},
         4},
        {"one without a time too",
         HITS_AS_STORED,
         {{1, 30, 1, 0}, {2, TIME_NONE, 1, 0}, {3, 20, 2, 0}},
         3,
         {3, 1, 2},
         3},
        {"one that leads its source stays before its successor",
         HITS_AS_STORED,
         {{1, 10, 1, 0},
          {2, 20, 1, 0},
          {3, TIME_NONE, 2, 0},
          {4, TIME_NONE, 2, 0},
          {5, 15, 2, 0},
          {6, TIME_NONE, 3, 0}},
         6,
         {6, 1, 3, 4, 5, 2},
         6},
        {"by time even in one source", HITS_BY_TIME, {{1, 50, 1, 0}, {2, 10, 1, 0}, {3, 30, 1, 0}}, 3, {2, 3, 1}, 3},
        {"equal times by number", HITS_BY_TIME, {{7, 5, 2, 0}, {9, 5, 1, 0}, {8, 5, 3, 0}}, 3, {7, 8, 9}, 3},
        {"doubles go", HITS_AS_STORED, {{5, 10, 1, 0}, {2, 5, 1, 0}, {5, 10, 1, 0}}, 3, {2, 5}, 2},
        {"a group stays together",
         HITS_WITH_CONTEXT,
         {{1, 10, 1, 2 | HIT_CONTEXT}, {2, 40, 1, 4}, {3, 20, 2, 2}, {4, 50, 1, 6 | HIT_CONTEXT}},
         4,
         {1, 2, 4, 3},
         4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(hits) hits = {0};
        for (size_t h = 0; h < cases[i].count; h++)
            hits_add(&hits, cases[i].hits[h]);
        hits_sort(&hits, cases[i].order);
        assert_int_equal(hits.count, cases[i].kept);
        for (size_t h = 0; h < hits.count; h++)
            if (hits.items[h].number != cases[i].numbers[h])
                fail_msg("%s: hit %zu is %llu", cases[i].name, h, (unsigned long long)hits.items[h].number);
    }
}

static void the_newest_matches(void **state)
{
    (void)state;
    SCOPED(hits) hits = {0};
    /* two groups: (1) 2 (3) and 7 (8), context in brackets */
    const uint32_t sequences[] = {2 | HIT_CONTEXT, 4, 6 | HIT_CONTEXT, 14, 16 | HIT_CONTEXT};
    for (uint32_t i = 0; i < 5; i++)
        hits_add(&hits, (struct hit){.number = i + 1, .source = 1, .sequence = sequences[i]});
    hits_keep_newest(&hits, 5);
    assert_int_equal(hits.count, 5);
    hits_keep_newest(&hits, 1);
    assert_int_equal(hits.count, 2);
    assert_int_equal(hits.items[0].number, 4);
    hits_reverse(&hits);
    assert_int_equal(hits.items[0].number, 5);
    hits_keep_newest(&hits, 0);
    assert_int_equal(hits.count, 0);
}

/* ---- histogram --------------------------------------------------------------------------------------------------- */

static int64_t at(const char *stamp)
{
    int64_t time_us;
    assert_true(clock_parse(str_of(stamp), 0, &time_us));
    return time_us;
}

static void steps_with_empty_ones(void **state)
{
    (void)state;
    assert_true(clock_set_zone("UTC"));
    struct err err = {0};
    SCOPED(histogram) histogram = {0};
    histogram_init(&histogram, TIME_HOUR);
    const char *const stamps[] = {"2026-11-20T04:10:00Z", "2026-11-20T01:59:59Z", "2026-11-20T01:00:00Z"};
    for (size_t i = 0; i < 3; i++)
        assert_true(histogram_add(&histogram, at(stamps[i]), &err));
    assert_true(histogram_add(&histogram, TIME_NONE, &err));
    size_t count;
    struct histogram_row *rows = histogram_finish(&histogram, &count);
    static const uint64_t counts[] = {2, 0, 0, 1};
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(rows[i].count, counts[i]);
        assert_int_equal(rows[i].time_us, at("2026-11-20T01:00:00Z") + (int64_t)i * TIME_HOUR);
    }
    assert_int_equal(histogram.without_time, 1);
    free(rows);
}

static void days_are_civil_days(void **state)
{
    (void)state;
    if (!clock_set_zone("Europe/Berlin"))
        skip();
    struct err err = {0};
    SCOPED(histogram) histogram = {0};
    histogram_init(&histogram, TIME_DAY);
    /* 2026-10-25 has 25 hours there. */
    assert_true(histogram_add(&histogram, at("2026-10-24T22:00:00Z"), &err)); /* 25th 00:00 */
    assert_true(histogram_add(&histogram, at("2026-10-25T22:59:59Z"), &err)); /* 25th 23:59:59 */
    assert_true(histogram_add(&histogram, at("2026-10-25T23:00:00Z"), &err)); /* 26th 00:00 */
    size_t count;
    struct histogram_row *rows = histogram_finish(&histogram, &count);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].count, 2);
    assert_int_equal(rows[0].time_us, at("2026-10-24T22:00:00Z"));
    assert_int_equal(rows[1].time_us, at("2026-10-25T23:00:00Z"));
    free(rows);
    assert_true(clock_set_zone("UTC"));
}

static void a_step_is_chosen(void **state)
{
    (void)state;
    assert_true(clock_set_zone("UTC"));
    static const int64_t spans[] = {10 * TIME_SECOND, TIME_HOUR, 5 * TIME_DAY, 800 * TIME_DAY};
    for (size_t s = 0; s < sizeof spans / sizeof *spans; s++) {
        struct err err = {0};
        SCOPED(histogram) histogram = {0};
        histogram_init(&histogram, 0);
        const int64_t events = 20000;
        for (int64_t i = 0; i < events; i++)
            assert_true(histogram_add(&histogram, at("2024-01-01T00:00:00Z") + spans[s] / events * i, &err));
        size_t count;
        struct histogram_row *rows = histogram_finish(&histogram, &count);
        uint64_t total = 0;
        for (size_t i = 0; i < count; i++)
            total += rows[i].count;
        assert_int_equal(total, events);
        assert_in_range(count, 5, HISTOGRAM_ROWS_AIM + 1);
        free(rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_first_and_last), cmocka_unit_test(sorted_by_count_then_key),
        cmocka_unit_test(sorted_hits),           cmocka_unit_test(the_newest_matches),
        cmocka_unit_test(steps_with_empty_ones), cmocka_unit_test(days_are_civil_days),
        cmocka_unit_test(a_step_is_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
