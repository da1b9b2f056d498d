/* timeexpr: people's times, on an ordinary day and around a change of daylight saving. */
#include "analyze/timeexpr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct expression {
    const char *text, *utc;
};

static int64_t at(const char *text)
{
    int64_t time_us;
    assert_true(clock_parse(str_of(text), 0, &time_us));
    return time_us;
}

static void check(const struct expression *cases, size_t count, const char *zone, const char *now)
{
    assert_true(clock_set_zone(zone));
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        int64_t time_us;
        char text[CLOCK_TEXT_MAX];
        if (!timeexpr_parse(str_of(cases[i].text), at(now), &time_us, &err))
            fail_msg("'%s': %s", cases[i].text, err.text);
        if (time_us != at(cases[i].utc))
            fail_msg("'%s' is %s, not %s", cases[i].text, clock_print_utc(time_us, text), cases[i].utc);
    }
}

/* Friday in New York (UTC-5), already Saturday in UTC. */
static void an_ordinary_friday(void **state)
{
    (void)state;
    static const struct expression cases[] = {
        {"now", "2026-11-21T03:30:00.25Z"},
        {" NOW ", "2026-11-21T03:30:00.25Z"},
        {"today", "2026-11-20T05:00:00Z"},
        {"Today", "2026-11-20T05:00:00Z"},
        {"yesterday", "2026-11-19T05:00:00Z"},
        {"tomorrow", "2026-11-21T05:00:00Z"},
        {"-3h", "2026-11-21T00:30:00.25Z"},
        {"-3H", "2026-11-21T00:30:00.25Z"},
        {"+2h", "2026-11-21T05:30:00.25Z"},
        {"-1d", "2026-11-20T03:30:00.25Z"},
        {"10 min ago", "2026-11-21T03:20:00.25Z"},
        {"10 Minutes  ago", "2026-11-21T03:20:00.25Z"},
        {"2h30m", "2026-11-21T01:00:00.25Z"},
        {"3 hours ago", "2026-11-21T00:30:00.25Z"},
        {"friday", "2026-11-20T05:00:00Z"},
        {"FRI", "2026-11-20T05:00:00Z"},
        {"last friday", "2026-11-13T05:00:00Z"},
        {"thursday", "2026-11-19T05:00:00Z"},
        {"last thursday", "2026-11-19T05:00:00Z"},
        {"monday", "2026-11-16T05:00:00Z"},
        {"tue", "2026-11-17T05:00:00Z"},
        {"wed", "2026-11-18T05:00:00Z"},
        {"sat", "2026-11-14T05:00:00Z"},
        {"sunday", "2026-11-15T05:00:00Z"},
        {"2026-11-20", "2026-11-20T05:00:00Z"},
        {"2026-07-04", "2026-07-04T04:00:00Z"},
        {"2026/07/04", "2026-07-04T04:00:00Z"},
        {"2026-11-20T02:15", "2026-11-20T07:15:00Z"},
        {"2026-11-20 02:15", "2026-11-20T07:15:00Z"},
        {"2026-11-20  2:15", "2026-11-20T07:15:00Z"},
        {"02:15", "2026-11-20T07:15:00Z"},
        {"2:15", "2026-11-20T07:15:00Z"},
        {"02:15:30", "2026-11-20T07:15:30Z"},
        {"noon", "2026-11-20T17:00:00Z"},
        {"midnight", "2026-11-20T05:00:00Z"},
        {"yesterday 14:00", "2026-11-19T19:00:00Z"},
        {"yesterday at noon", "2026-11-19T17:00:00Z"},
        {"monday 09:30", "2026-11-16T14:30:00Z"},
        {"last friday 9:30:15.5", "2026-11-13T14:30:15.5Z"},
        {"2026-11-20T02:15:00Z", "2026-11-20T02:15:00Z"},
        {"2026-11-20t02:15:00.5+01:00", "2026-11-20T01:15:00.5Z"},
        {"2026-11-20 02:15:00 UTC", "2026-11-20T02:15:00Z"},
        {"@1669575482", "2022-11-27T18:58:02Z"},
        {"@1669575482.25", "2022-11-27T18:58:02.25Z"},
        {"@0", "1970-01-01T00:00:00Z"},
        {"@12.5", "1970-01-01T00:00:12.5Z"},
        {"@-0.5", "1969-12-31T23:59:59.5Z"},
        {"1669575482", "2022-11-27T18:58:02Z"},
        {"Nov 20 10:00:00", "2026-11-20T15:00:00Z"},
        {"20/Nov/2026:10:00:00 +0000", "2026-11-20T10:00:00Z"},
        {"Fri, 20 Nov 2026 10:00:00 GMT", "2026-11-20T10:00:00Z"},
    };
    check(cases, COUNT(cases), "America/New_York", "2026-11-21T03:30:00.25Z");
}

/* Berlin's 25-hour Sunday 2026-10-25 and 23-hour Sunday 2026-03-29. */
static void days_are_civil_days(void **state)
{
    (void)state;
    static const struct expression autumn[] = {
        {"today", "2026-10-25T23:00:00Z"},
        {"yesterday", "2026-10-24T22:00:00Z"}, /* 25 hours before today */
        {"saturday", "2026-10-23T22:00:00Z"},
        {"yesterday 12:00", "2026-10-25T11:00:00Z"},
        {"yesterday 02:30", "2026-10-25T00:30:00Z"}, /* doubled: the first */
        {"-24h", "2026-10-25T11:00:00Z"},
    };
    check(autumn, COUNT(autumn), "Europe/Berlin", "2026-10-26T11:00:00Z");
    static const struct expression spring[] = {
        {"yesterday", "2026-03-28T23:00:00Z"},
        {"today", "2026-03-29T22:00:00Z"}, /* 23 hours later */
        {"tomorrow", "2026-03-30T22:00:00Z"},
        {"yesterday 02:30", "2026-03-29T01:30:00Z"}, /* skipped */
    };
    check(spring, COUNT(spring), "Europe/Berlin", "2026-03-30T10:00:00Z");
    static const struct expression turns[] = {
        {"yesterday", "2023-12-31T00:00:00Z"},
        {"last monday", "2023-12-25T00:00:00Z"},
        {"sunday", "2023-12-31T00:00:00Z"},
    };
    check(turns, COUNT(turns), "UTC", "2024-01-01T08:00:00Z");
    /* A day that starts at one o'clock, since midnight is skipped. */
    static const struct expression cairo[] = {{"2026-04-24", "2026-04-23T22:00:00Z"}};
    check(cairo, COUNT(cairo), "Africa/Cairo", "2026-06-01T00:00:00Z");
}

static void others_are_refused_with_advice(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "xyz",
        "5",
        "-",
        "+",
        "ago",
        "-ago",
        "3h later",
        "-3h ago",
        "- 3h",
        "1 month ago",
        "last",
        "last week",
        "last today",
        "next monday",
        "mon tue",
        "monday 25:00",
        "today at",
        "at",
        "today 10",
        "today 10:00 UTC now",
        "24:00",
        "2026-02-30",
        "2026-13-01",
        "2026-11",
        "11/20/2026",
        "2026-11-20T25:00",
        "@",
        "@x",
        "@1.",
        "@1.x",
        "@1 ",
        "now now",
        "yesterday yesterday",
        "99999999",
        "a b c d e f g",
        "today\t",
    };
    assert_true(clock_set_zone("UTC"));
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct err err = {0};
        int64_t time_us = 42;
        bool trimmed = str_equal(str_of(texts[i]), STR("@1 ")) || str_equal(str_of(texts[i]), STR("today\t"));
        bool understood = timeexpr_parse(str_of(texts[i]), at("2026-11-20T12:00:00Z"), &time_us, &err);
        if (understood != trimmed) /* white space at the ends does not matter */
            fail_msg("'%s' is %s", texts[i], understood ? "understood" : err.text);
        assert_true(understood || (err.kind == ERR_USAGE && time_us == 42));
    }
    struct err err = {0};
    int64_t time_us;
    assert_false(timeexpr_parse(STR("xyz"), 0, &time_us, &err));
    assert_string_equal(err.text, "time 'xyz' is not understood; try 'today', '-3h', '2026-11-20T02:15' or RFC 3339");
    assert_false(timeexpr_parse(STR("-900000w"), 0, &time_us, &err));
    assert_string_equal(err.text, "time '-900000w' is outside the years 1 to 9999");
    assert_false(timeexpr_parse(STR_ABSENT, 0, &time_us, &err));
    assert_false(timeexpr_parse(STR("10:00\0x"), 0, &time_us, NULL));
    char long_text[1000];
    memset(long_text, '9', sizeof long_text);
    assert_false(timeexpr_parse(str_from(long_text, sizeof long_text), 0, &time_us, &err));
    assert_true(strlen(err.text) < 200);
}

/* -1M may mean a month or a minute: it is neither; a longer word or a lower m is clear. */
static void an_m_alone_is_not_guessed(void **state)
{
    (void)state;
    static const char *const refused[] = {"-1M", "1M", "2h30M", "10 M ago", "+5M", "1.5M"};
    static const char *const clear[] = {"-1m",          "-1MIN", "10 Minutes ago",   "Mon",
                                        "MONDAY 10:00", "30D",   "2026-11-20T10:00Z"};
    assert_true(clock_set_zone("UTC"));
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct err err = {0};
        int64_t time_us;
        assert_false(timeexpr_parse(str_of(refused[i]), at("2026-11-20T12:00:00Z"), &time_us, &err));
        assert_int_equal(err.kind, ERR_USAGE);
        assert_non_null(strstr(err.text, "months or minutes"));
    }
    for (size_t i = 0; i < COUNT(clear); i++) {
        int64_t time_us;
        assert_true(timeexpr_parse(str_of(clear[i]), at("2026-11-20T12:00:00Z"), &time_us, NULL));
    }
}

static void steps_are_durations_above_zero(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {{"1m", TIME_MINUTE}, {"1H", TIME_HOUR}, {"15 min", 15 * TIME_MINUTE}, {" 250ms ", 250000}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t step_us;
        assert_true(timeexpr_step(str_of(cases[i].text), &step_us, NULL));
        assert_int_equal(step_us, cases[i].us);
    }
    static const char *const others[] = {"", "0s", "-1m", "5", "x", "1 month", "1M"};
    for (size_t i = 0; i < COUNT(others); i++) {
        struct err err = {0};
        int64_t step_us = 42;
        assert_false(timeexpr_step(str_of(others[i]), &step_us, &err));
        assert_true(err.kind == ERR_USAGE && step_us == 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_friday),
        cmocka_unit_test(days_are_civil_days),
        cmocka_unit_test(others_are_refused_with_advice),
        cmocka_unit_test(an_m_alone_is_not_guessed),
        cmocka_unit_test(steps_are_durations_above_zero),
    };
    return cmocka_run_group_tests_name("timeexpr", tests, NULL, NULL);
}
