/* clock: the calendar, and zones with their daylight saving. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/clock_case.h"

static void now_can_be_fixed(void **state)
{
    (void)state;
    setenv("WINNOW_NOW", "2026-11-20T02:15:00.5Z", 1);
    assert_int_equal(clock_now_us(), at("2026-11-20T02:15:00.5Z"));
    setenv("WINNOW_NOW", "Nov 20 02:15:00", 1); /* no year: must not ask for now again */
    assert_true(clock_now_us() % TIME_DAY == 2 * TIME_HOUR + 15 * TIME_MINUTE);
    unsetenv("WINNOW_NOW");
    int64_t distance_us = clock_now_us() - (int64_t)time(NULL) * TIME_SECOND;
    assert_true(distance_us >= -2 * TIME_SECOND && distance_us <= 2 * TIME_SECOND);
}

/* ---- Zones ------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *zone, *text, *utc;
} readings[] = {
    {"winter", "Europe/Berlin", "2026-01-15 12:00:00", "2026-01-15T11:00:00Z"},
    {"summer", "Europe/Berlin", "2026-07-15 12:00:00", "2026-07-15T10:00:00Z"},
    {"last before the gap", "Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29T00:59:59Z"},
    {"skipped, first", "Europe/Berlin", "2026-03-29 02:00:00", "2026-03-29T01:00:00Z"},
    {"skipped, last", "Europe/Berlin", "2026-03-29 02:59:59", "2026-03-29T01:59:59Z"},
    {"first behind the gap", "Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29T01:00:00Z"},
    {"last before the doubled", "Europe/Berlin", "2026-10-25 01:59:59", "2026-10-24T23:59:59Z"},
    {"doubled, first", "Europe/Berlin", "2026-10-25 02:00:00", "2026-10-25T00:00:00Z"},
    {"doubled, last", "Europe/Berlin", "2026-10-25 02:59:59", "2026-10-25T00:59:59Z"},
    {"behind the doubled", "Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25T02:00:00Z"},
    {"doubled, by name", "Europe/Berlin", "2026-10-25 02:30:00 CET", "2026-10-25T01:30:00Z"},
    {"local mean time", "Europe/Berlin", "1890-01-01 00:00:00", "1889-12-31T23:06:32Z"},
    {"skipped", "America/New_York", "2026-03-08 02:30:00", "2026-03-08T07:30:00Z"},
    {"behind the gap", "America/New_York", "2026-03-08 03:30:00", "2026-03-08T07:30:00Z"},
    {"doubled", "America/New_York", "2026-11-01 01:30:00", "2026-11-01T05:30:00Z"},
    {"behind the doubled", "America/New_York", "2026-11-01 02:00:00", "2026-11-01T07:00:00Z"},
    {"no daylight saving", "Asia/Kolkata", "2026-07-15 12:00:00", "2026-07-15T06:30:00Z"},
    {"half an hour doubled", "Australia/Lord_Howe", "2026-04-05 01:30:00", "2026-04-04T14:30:00Z"},
    {"half an hour doubled, last", "Australia/Lord_Howe", "2026-04-05 01:59:59", "2026-04-04T14:59:59Z"},
    {"behind it", "Australia/Lord_Howe", "2026-04-05 02:00:00", "2026-04-04T15:30:00Z"},
    {"half an hour skipped", "Australia/Lord_Howe", "2026-10-04 02:15:00", "2026-10-03T15:45:00Z"},
    {"behind it", "Australia/Lord_Howe", "2026-10-04 02:30:00", "2026-10-03T15:30:00Z"},
    {"a day skipped", "Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30T22:00:00Z"},
    {"east", "+02:00", "2026-07-15 12:00:00", "2026-07-15T10:00:00Z"},
    {"west", "-0330", "2026-07-15 12:00:00", "2026-07-15T15:30:00Z"},
    {"whole hours", "+05", "2026-07-15 12:00:00", "2026-07-15T07:00:00Z"},
    {"POSIX", "CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-15 12:00:00", "2026-07-15T10:00:00Z"},
    {"POSIX, quoted", "<-03>3", "2026-07-15 12:00:00", "2026-07-15T15:00:00Z"},
    {"own name", "America/Chicago", "2026-07-15 12:00:00 CDT", "2026-07-15T17:00:00Z"},
    {"own ambiguous name", "America/Chicago", "2026-01-15 12:00:00 CST", "2026-01-15T18:00:00Z"},
    {"own ambiguous name", "Asia/Shanghai", "2026-07-15 12:00:00 CST", "2026-07-15T04:00:00Z"},
    {"second of a doubled hour", "America/Chicago", "2026-11-01 01:30:00 CST", "2026-11-01T07:30:00Z"},
    {"ctime, ambiguous name", "America/Chicago", "Thu Jan 15 12:00:00 CST 2026", "2026-01-15T18:00:00Z"},
    {"explicit wins", "Europe/Berlin", "2026-07-15 12:00:00Z", "2026-07-15T12:00:00Z"},
};

static void local_readings_are_read_in_their_zone(void **state)
{
    (void)state;
    for (int again = 0; again < 2; again++) { /* from a cold and from a warm cache */
        for (size_t i = 0; i < COUNT(readings); i++) {
            char text[CLOCK_TEXT_MAX];
            int64_t time_us;
            if (!clock_set_zone(readings[i].zone))
                fail_msg("zone %s is unknown", readings[i].zone);
            if (!clock_parse(str_of(readings[i].text), 0, &time_us))
                fail_msg("%s, %s: '%s' is not understood", readings[i].zone, readings[i].name, readings[i].text);
            if (strcmp(clock_print_utc(time_us, text), readings[i].utc) != 0)
                fail_msg("%s, %s: '%s' is %s", readings[i].zone, readings[i].name, readings[i].text, text);
        }
    }
}

static void a_zone_beside_the_process_s(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_MAX];
    int64_t time_us;
    for (size_t i = 0; i < COUNT(readings); i++) {
        if (readings[i].text[0] == '1') /* before 1970 */
            continue;
        const struct clock_zone *zone = clock_zone_load(readings[i].zone);
        assert_non_null(zone);
        assert_ptr_equal(clock_zone_find(str_of(readings[i].zone)), zone);
        clock_use_zone(zone);
        if (!clock_parse(str_of(readings[i].text), 0, &time_us))
            fail_msg("%s, %s: '%s' is not understood", readings[i].zone, readings[i].name, readings[i].text);
        if (strcmp(clock_print_utc(time_us, text), readings[i].utc) != 0)
            fail_msg("%s, %s: '%s' is %s", readings[i].zone, readings[i].name, readings[i].text, text);
        clock_use_zone(NULL);
        assert_int_equal(at("2026-07-15 12:00:00"), at("2026-07-15T12:00:00Z"));
    }
    assert_null(clock_zone_load("Mars/Olympus"));
    assert_null(clock_zone_find(STR("Mars/Olympus")));
}

/* What its table says is what libc says of every moment. */
static void a_zone_beside_agrees_with_libc(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Berlin", "America/New_York", "Africa/Casablanca", "Pacific/Apia",
                                        "Antarctica/Troll"};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct clock_zone *zone = clock_zone_load(names[i]);
        assert_true(zone != NULL && clock_set_zone(names[i]));
        for (int round = 0; round < 20000; round++) {
            struct clock_civil own, beside;
            int64_t time_us = (int64_t)(random_u64() % (uint64_t)(47482 * TIME_DAY));
            clock_to_civil(time_us, &own);
            clock_use_zone(zone);
            clock_to_civil(time_us, &beside);
            clock_use_zone(NULL);
            if (own.offset_seconds != beside.offset_seconds)
                fail_msg("%s at %lld: %d, libc %d", names[i], (long long)time_us, beside.offset_seconds,
                         own.offset_seconds);
        }
    }
}

static void moments_are_printed_in_their_zone(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *utc, *text;
        int offset_seconds, weekday;
    } cases[] = {
        {"Europe/Berlin", "2026-03-29T00:59:59.9999Z", "2026-03-29 01:59:59.999", 3600, 0},
        {"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00.000", 7200, 0},
        {"Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25 02:30:00.000", 7200, 0},
        {"Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25 02:30:00.000", 3600, 0},
        {"America/New_York", "2026-11-01T05:59:59Z", "2026-11-01 01:59:59.000", -14400, 0},
        {"America/New_York", "2026-11-01T06:00:00Z", "2026-11-01 01:00:00.000", -18000, 0},
        {"Australia/Lord_Howe", "2026-10-03T15:29:59Z", "2026-10-04 01:59:59.000", 37800, 0},
        {"Australia/Lord_Howe", "2026-10-03T15:30:00Z", "2026-10-04 02:30:00.000", 39600, 0},
        {"Europe/Berlin", "1893-03-31T23:06:30Z", "1893-03-31 23:59:58.000", 3208, 5}, /* a change within a slot */
        {"Europe/Berlin", "1893-03-31T23:06:32Z", "1893-04-01 00:06:32.000", 3600, 6},
        {"Asia/Kolkata", "2026-11-20T20:00:00.123456Z", "2026-11-21 01:30:00.123", 19800, 6},
        {"-02:00", "2026-01-01T01:00:00Z", "2025-12-31 23:00:00.000", -7200, 3},
        {"UTC", "1969-12-31T23:59:59.5Z", "1969-12-31 23:59:59.500", 0, 3},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CLOCK_TEXT_MAX];
        struct clock_civil civil;
        assert_true(clock_set_zone(cases[i].zone));
        assert_string_equal(clock_print_local(at(cases[i].utc), text), cases[i].text);
        clock_to_civil(at(cases[i].utc), &civil);
        assert_int_equal(civil.offset_seconds, cases[i].offset_seconds);
        assert_int_equal(civil.weekday, cases[i].weekday);
    }
}

static void unknown_zones_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "Europe/Berln",
        "Mars/Olympus",
        "../zoneinfo/UTC",
        "/usr/share/zoneinfo/UTC",
        "Europe",
        "tzdata.zi",
        "CEST",
        "+2",
        "+24:00",
        "+02:60",
        "+02:0",
        "+02:000",
        "02:00",
        "+-2:00",
        "+02:00x",
        "UTC+2",
        "GMT-3",
        "AB3",
        "<AB3",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/3x",
        "CET-25",
        "\n",
    };
    assert_true(clock_set_zone("Asia/Kolkata"));
    for (size_t i = 0; i < COUNT(names); i++) {
        if (clock_set_zone(names[i]))
            fail_msg("zone '%s' is accepted", names[i]);
        char text[CLOCK_TEXT_MAX]; /* and nothing has changed */
        assert_string_equal(clock_print_local(0, text), "1970-01-01 05:30:00.000");
    }
}

/* The zone named by TZ at the start comes back, whatever was set between. */
static void no_name_is_the_local_zone(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_MAX];
    assert_true(clock_set_zone("-11:11"));
    assert_string_equal(clock_print_local(0, text), "1969-12-31 12:49:00.000");
    assert_true(clock_set_zone(NULL));
    assert_string_equal(clock_print_local(0, text), "1969-12-31 20:30:00.000");
}

/* ---- Properties -------------------------------------------------------------------------------------------------- */

static bool same_reading(const struct clock_civil *a, const struct clock_civil *b)
{
    return a->year == b->year && a->month == b->month && a->day == b->day && a->hour == b->hour &&
           a->minute == b->minute && a->second == b->second && a->microsecond == b->microsecond;
}

/* The calendar and the cached offsets agree with libc at random moments, half of them within a day of each other. */
static void civil_time_agrees_with_libc(void **state)
{
    (void)state;
    static const char *const zones[] = {"Europe/Berlin",       "America/New_York",  "Asia/Kolkata",
                                        "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Chatham"};
    for (size_t z = 0; z < COUNT(zones); z++) {
        assert_true(clock_set_zone(zones[z]));
        time_t moment = 0;
        for (int i = 0; i < 20000; i++) {
            if (i % 2 == 0)
                moment = (time_t)(random_u64() % 8000000000u) - 4000000000;
            else
                moment += (time_t)(random_u64() % 86400);
            struct tm tm;
            assert_non_null(localtime_r(&moment, &tm));
            struct clock_civil civil, again;
            int64_t time_us = (int64_t)moment * TIME_SECOND + 7;
            clock_to_civil(time_us, &civil);
            assert_true(civil.year == tm.tm_year + 1900 && civil.month == tm.tm_mon + 1 && civil.day == tm.tm_mday);
            assert_true(civil.hour == tm.tm_hour && civil.minute == tm.tm_min && civil.second == tm.tm_sec);
            assert_true(civil.weekday == tm.tm_wday && civil.offset_seconds == tm.tm_gmtoff && civil.microsecond == 7);
            int64_t back_us = clock_from_civil(&civil);
            clock_to_civil(back_us, &again);
            assert_true(same_reading(&civil, &again));
            assert_true(back_us <= time_us); /* less where the reading is doubled: the first one is meant */
            assert_true(back_us == time_us || again.offset_seconds > civil.offset_seconds);
        }
    }
}

static void fields_out_of_range_are_normalised(void **state)
{
    (void)state;
    static const struct {
        struct clock_civil civil;
        const char *utc;
    } cases[] = {
        {{.year = 2026, .month = 1, .day = 32}, "2026-02-01T00:00:00Z"},
        {{.year = 2026, .month = 3, .day = 0}, "2026-02-28T00:00:00Z"},
        {{.year = 2024, .month = 3, .day = 0}, "2024-02-29T00:00:00Z"},
        {{.year = 2026, .month = 14, .day = 1}, "2027-02-01T00:00:00Z"},
        {{.year = 2026, .month = 0, .day = 1}, "2025-12-01T00:00:00Z"},
        {{.year = 2026, .month = -12, .day = 1}, "2024-12-01T00:00:00Z"},
        {{.year = 2026, .month = 1, .day = 1, .hour = -1}, "2025-12-31T23:00:00Z"},
        {{.year = 2026, .month = 1, .day = 1, .hour = 25, .minute = 61, .second = 61}, "2026-01-02T02:02:01Z"},
        {{.year = 2026, .month = 1, .day = 1, .microsecond = -1}, "2025-12-31T23:59:59.999999Z"},
        {{.year = 2026, .month = 1, .day = 1, .microsecond = 1000001}, "2026-01-01T00:00:01.000001Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CLOCK_TEXT_MAX];
        assert_string_equal(clock_print_utc(clock_from_civil_utc(&cases[i].civil), text), cases[i].utc);
        assert_string_equal(clock_print_utc(clock_from_civil(&cases[i].civil), text), cases[i].utc);
    }
    struct clock_civil far = {.year = INT32_MAX, .month = INT32_MAX, .day = INT32_MAX, .hour = INT32_MAX};
    assert_int_equal(clock_from_civil(&far), INT64_MAX);
    far = (struct clock_civil){.year = INT32_MIN, .month = INT32_MIN, .day = INT32_MIN, .hour = INT32_MIN};
    assert_true(clock_from_civil_utc(&far) < FIRST_US && clock_from_civil_utc(&far) != TIME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(now_can_be_fixed, in_utc),
        cmocka_unit_test_setup(local_readings_are_read_in_their_zone, in_utc),
        cmocka_unit_test_setup(a_zone_beside_the_process_s, in_utc),
        cmocka_unit_test_setup(a_zone_beside_agrees_with_libc, in_utc),
        cmocka_unit_test_setup(moments_are_printed_in_their_zone, in_utc),
        cmocka_unit_test_setup(unknown_zones_are_refused, in_utc),
        cmocka_unit_test_setup(no_name_is_the_local_zone, in_utc),
        cmocka_unit_test_setup(civil_time_agrees_with_libc, in_utc),
        cmocka_unit_test_setup(fields_out_of_range_are_normalised, in_utc),
    };
    setenv("TZ", "<-0330>3:30", 1); /* the local zone, until a test sets another */
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
