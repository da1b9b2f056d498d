/* stretch: the same hours of other days, also around a change of daylight saving. */
#include "query/stretch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int64_t at(const char *text)
{
    int64_t time_us;
    assert_true(clock_parse(str_of(text), 0, &time_us));
    return time_us;
}

static void test_moved(void **state)
{
    static const struct {
        const char *zone, *since, *until;
        int days;
        const char *moved_since, *moved_until;
    } cases[] = {
        {"UTC", "2026-11-20T00:00:00Z", "2026-11-20T12:34:56Z", -1, "2026-11-19T00:00:00Z", "2026-11-19T12:34:56Z"},
        {"UTC", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", -28, "2026-10-23T00:00:00Z", "2026-10-24T00:00:00Z"},
        {"UTC", "2028-03-01T00:00:00Z", "2028-03-02T00:00:00Z", -1, "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"},
        /* 25 October 2026 has 25 hours in Berlin */
        {"Europe/Berlin", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z", -1, "2026-10-24T22:00:00Z",
         "2026-10-25T23:00:00Z"},
        {"Europe/Berlin", "2026-10-26T23:00:00Z", "2026-10-27T23:00:00Z", -2, "2026-10-24T22:00:00Z",
         "2026-10-25T23:00:00Z"},
        /* 29 March 2026 has 23 */
        {"Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 1, "2026-03-29T22:00:00Z",
         "2026-03-30T22:00:00Z"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(clock_set_zone(cases[i].zone));
        struct stretch moved = stretch_moved((struct stretch){at(cases[i].since), at(cases[i].until)}, cases[i].days);
        assert_int_equal(moved.since_us, at(cases[i].moved_since));
        assert_int_equal(moved.until_us, at(cases[i].moved_until));
    }
}

static void test_days(void **state)
{
    (void)state;
    assert_true(clock_set_zone("Europe/Berlin"));
    assert_int_equal(stretch_days_between(at("2026-10-25T21:59:00Z"), at("2026-10-25T22:00:00Z")), 0);
    assert_int_equal(stretch_days_between(at("2026-10-24T21:59:00Z"), at("2026-10-24T22:00:00Z")), 1);
    assert_int_equal(stretch_days_between(at("2026-10-26T23:00:00Z"), at("2026-10-24T22:00:00Z")), -2);
    assert_int_equal(stretch_days_between(at("1969-12-31T12:00:00Z"), at("1970-01-01T12:00:00Z")), 1);
    assert_int_equal(stretch_day_begin(at("2026-10-25T22:30:00Z")), at("2026-10-24T22:00:00Z"));
    assert_int_equal(stretch_day_begin(at("2026-10-24T22:00:00Z")), at("2026-10-24T22:00:00Z"));
    assert_true(clock_set_zone("UTC"));
    assert_int_equal(stretch_day_begin(at("1969-12-31T12:00:00Z")), at("1969-12-31T00:00:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_moved), cmocka_unit_test(test_days)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
