/* clock_parse_duration: number and unit pairs, exactly, within 64 bits. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void durations_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        {"90d", 90 * TIME_DAY},
        {"2h30m", 2 * TIME_HOUR + 30 * TIME_MINUTE},
        {"2h 30m", 2 * TIME_HOUR + 30 * TIME_MINUTE},
        {"1.5h", 90 * TIME_MINUTE},
        {"0.000001s", 1},
        {"0.1w", 60480 * TIME_SECOND},
        {"10 min", 10 * TIME_MINUTE},
        {"250ms", 250000},
        {"3us", 3},
        {"1w", 7 * TIME_DAY},
        {"0s", 0},
        {"1 sec", TIME_SECOND},
        {"2 seconds", 2 * TIME_SECOND},
        {"1 minute 1 second", TIME_MINUTE + TIME_SECOND},
        {"1hr", TIME_HOUR},
        {"2 hours", 2 * TIME_HOUR},
        {"1 day", TIME_DAY},
        {"2 weeks", 14 * TIME_DAY},
        {"9223372036854775807us", INT64_MAX},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t us = -1;
        if (!clock_parse_duration(str_of(cases[i].text), &us) || us != cases[i].us)
            fail_msg("'%s' gives %lld", cases[i].text, (long long)us);
    }
}

static void others_are_not(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        " ",
        "5",
        "h",
        "-3h",
        "+3h",
        "3x",
        "3hh",
        "1.h",
        ".5h",
        "1h30",
        "1h ",
        " 1h",
        "1h,2m",
        "1,5h",
        "3 fortnights",
        "9223372036854775808us",
        "9223372036854775807us1us",
        "15250284453w",
        "99999999999999999999s",
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        int64_t us = -1;
        if (clock_parse_duration(str_of(others[i]), &us))
            fail_msg("'%s' gives %lld", others[i], (long long)us);
        assert_int_equal(us, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(others_are_not),
    };
    return cmocka_run_group_tests_name("clock_duration", tests, NULL, NULL);
}
