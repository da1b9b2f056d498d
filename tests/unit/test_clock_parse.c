/* clock_parse: time stamps in, all forms, and nothing else. */
#include "base/clock_memo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/clock_case.h"

static const int64_t END_US = INT64_C(253402300800) * TIME_SECOND;

/* In UTC, with the reference at 2026-11-20T12:00:00Z. */
static const struct {
    const char *text, *utc;
} stamps[] = {
    {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
    {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
    {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
    {"2024-06-03T00:00:00.008223Z", "2024-06-03T00:00:00.008223Z"},
    {"2024-06-03t00:00:00.008223z", "2024-06-03T00:00:00.008223Z"},
    {"2024-06-03T00:00:00.123456789Z", "2024-06-03T00:00:00.123456Z"},
    {"2024-06-03T00:00:00.9999999999999999999999999999Z", "2024-06-03T00:00:00.999999Z"},
    {"2024-06-03T00:00:00.5Z", "2024-06-03T00:00:00.500000Z"},
    {"2024-06-03T00:00:00.000Z", "2024-06-03T00:00:00Z"},
    {"2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"},
    {"2000-02-29T12:00:00Z", "2000-02-29T12:00:00Z"},
    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
    {"2016-12-31T23:59:60.25Z", "2017-01-01T00:00:00.250000Z"},
    {"2023-09-23T16:24:35.756-04:00", "2023-09-23T20:24:35.756000Z"},
    {"2024-06-03T00:00:00.008223+0000", "2024-06-03T00:00:00.008223Z"},
    {"2024-06-03T00:00:00+05:30", "2024-06-02T18:30:00Z"},
    {"2024-06-03T00:00:00-23:59", "2024-06-03T23:59:00Z"},
    {"2024-06-03 00:00:00+02", "2024-06-02T22:00:00Z"},
    {"2024-06-03 00:00:00 +0200", "2024-06-02T22:00:00Z"},
    {"2024-06-03 00:00:00 +02:00", "2024-06-02T22:00:00Z"},
    {"2024-06-03 00:00:00.5 +0200 CEST", "2024-06-02T22:00:00.500000Z"},
    {"2024-06-03 00:00:00 +0000 UTC", "2024-06-03T00:00:00Z"},
    {"2024-06-03 00:00:00 Z", "2024-06-03T00:00:00Z"},
    {"2022-11-27 18:58:02.096 UTC", "2022-11-27T18:58:02.096000Z"},
    {"2024-06-27 00:00:07.369 CEST", "2024-06-26T22:00:07.369000Z"},
    {"2024-06-27 00:00:07 PDT", "2024-06-27T07:00:07Z"},
    {"2024-06-27 00:00:07 GMT+0100", "2024-06-26T23:00:07Z"},
    {"2020-06-09 22:51:07", "2020-06-09T22:51:07Z"},
    {"2026-11-20 10:00:00,123", "2026-11-20T10:00:00.123000Z"},
    {"2026-11-20T10:00", "2026-11-20T10:00:00Z"},
    {"2026-11-20 10:00", "2026-11-20T10:00:00Z"},
    {"2026-11-20T10:00Z", "2026-11-20T10:00:00Z"},
    {"2026-11-20T10:00+01:00", "2026-11-20T09:00:00Z"},
    {"2026/11/20 10:00:00", "2026-11-20T10:00:00Z"},
    {"2026/11/20 10:00:00.000123", "2026-11-20T10:00:00.000123Z"},
    {"20/Nov/2026:10:00:00 +0000", "2026-11-20T10:00:00Z"},
    {"20/Nov/2026:10:00:00 -0330", "2026-11-20T13:30:00Z"},
    {"20/Nov/2026:10:00:00.123", "2026-11-20T10:00:00.123000Z"},
    {"20/Nov/2026 10:00:00", "2026-11-20T10:00:00Z"},
    {"20-Nov-2026 10:00:00 UTC", "2026-11-20T10:00:00Z"},
    {"20-Nov-2026 10:00:00.123", "2026-11-20T10:00:00.123000Z"},
    {"20.11.2026 10:00:00", "2026-11-20T10:00:00Z"},
    {"2026.11.20 10:00:00.123456", "2026-11-20T10:00:00.123456Z"},
    {"2005-06-03-15.42.50.675872", "2005-06-03T15:42:50.675872Z"},
    {"2005-06-03-15.42.50", "2005-06-03T15:42:50Z"},
    {"20171223-22:15:29:606", "2017-12-23T22:15:29.606000Z"},
    {"20171223-2:5:9:6", "2017-12-23T02:05:09.006000Z"},
    {"20171223 22:15:29.5", "2017-12-23T22:15:29.500000Z"},
    {"17/06/09 20:10:40", "2017-06-09T20:10:40Z"},
    {"081109 203615", "2008-11-09T20:36:15Z"},
    {"81109 203615", "2008-11-09T20:36:15Z"},
    {"690101 000000", "1969-01-01T00:00:00Z"},
    {"131019 12:34:56", "2013-10-19T12:34:56Z"},
    {"131019  8:04:56", "2013-10-19T08:04:56Z"},
    {"11-20 16:13:38.811", "2026-11-20T16:13:38.811000Z"},
    {"12-31 16:13:38.811", "2025-12-31T16:13:38.811000Z"},
    {"10.30 16:49:06", "2026-10-30T16:49:06Z"},
    {"02-29 00:00:00", "2024-02-29T00:00:00Z"},
    {"Mar 27 13:06:56", "2026-03-27T13:06:56Z"},
    {"Nov  2 10:00:00.123456", "2026-11-02T10:00:00.123456Z"},
    {"Nov 2 10:00:00", "2026-11-02T10:00:00Z"},
    {"Nov 20 2026 10:00:00", "2026-11-20T10:00:00Z"},
    {"Fri Nov 20 10:00:00 2026", "2026-11-20T10:00:00Z"},
    {"Fri Nov 20 10:00:00.123456 2026", "2026-11-20T10:00:00.123456Z"},
    {"Sun Nov  1 10:00:00 2026", "2026-11-01T10:00:00Z"},
    {"Fri Nov 20 10:00:00 CET 2026", "2026-11-20T09:00:00Z"},
    {"Fri Nov 20 10:00:00 +0100 2026", "2026-11-20T09:00:00Z"},
    {"Fri Nov 20 2026 10:00:00 GMT+0100", "2026-11-20T09:00:00Z"},
    {"Fri, 20 Nov 2026 10:00:00 GMT", "2026-11-20T10:00:00Z"},
    {"Fri, 20 Nov 2026 10:00:00 -0500", "2026-11-20T15:00:00Z"},
    {"Sun, 1 Nov 2026 10:00:00 GMT", "2026-11-01T10:00:00Z"},
    {"20 Nov 2026 10:00:00.123", "2026-11-20T10:00:00.123000Z"},
    {"20261120T100000Z", "2026-11-20T10:00:00Z"},
    {"20261120T100000.123", "2026-11-20T10:00:00.123000Z"},
    {"20261120T100000+0100", "2026-11-20T09:00:00Z"},
    {"100000000", "1973-03-03T09:46:40Z"},
    {"1669575482", "2022-11-27T18:58:02Z"},
    {"1.6571655476853955e+09", "2022-07-07T03:45:47.685395Z"},
    {"1.669575482E9", "2022-11-27T18:58:02Z"},
    {"1.669575482123e12", "2022-11-27T18:58:02.123000Z"},
    {"1120 10:00:00.123456", "2026-11-20T10:00:00.123456Z"},
    {"1669575482.0968924", "2022-11-27T18:58:02.096892Z"},
    {"1669575482123", "2022-11-27T18:58:02.123000Z"},
    {"1669575482123.4567", "2022-11-27T18:58:02.123456Z"},
    {"1669575482123456", "2022-11-27T18:58:02.123456Z"},
    {"1669575482123456789", "2022-11-27T18:58:02.123456Z"},
    {"-1669575482.5", "1917-02-04T05:01:57.500000Z"},
};

static void stamps_are_read(void **state)
{
    (void)state;
    int64_t reference_us = at("2026-11-20T12:00:00Z");
    for (size_t i = 0; i < COUNT(stamps); i++) {
        int64_t time_us = 0;
        char text[CLOCK_TEXT_MAX];
        if (!clock_parse(str_of(stamps[i].text), reference_us, &time_us))
            fail_msg("'%s' is not understood", stamps[i].text);
        if (strcmp(clock_print_utc(time_us, text), stamps[i].utc) != 0)
            fail_msg("'%s' gives %s, not %s", stamps[i].text, text, stamps[i].utc);
    }
}

static const char *const no_stamps[] = {
    "",
    "T",
    "now",
    "2026-11-20",
    "10:00:00",
    "11/20/2026",
    "11/20/2026 10:00:00",
    "20/11/2026 10:00:00",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-32T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:60Z",
    "9999-12-31T23:59:59-00:01",
    "2026-11-20T24:00:00Z",
    "2026-11-20T25:00:00Z",
    "2026-11-20T10:60:00Z",
    "2026-11-20T10:00:61Z",
    "2026-11-20T10:00:00ZZ",
    "2026-11-20T10:00:00Z ",
    " 2026-11-20T10:00:00Z",
    "2026-11-20T10:00:00.Z",
    "2026-11-20T10:00:00.",
    "2026-11-20T10:00:0",
    "2026-11-20T10:00:",
    "2026-11-20T10:0",
    "2026-11-20T10",
    "2026-11-20T10:00:00+24:00",
    "2026-11-20T10:00:00+02:60",
    "2026-11-20T10:00:00+2",
    "2026-11-20T10:00:00+02:0",
    "2026-11-20T10:00:00+020",
    "2026-11-20T10:00:00+",
    "2026-11-20 10:00:00 ",
    "2026-11-20 10:00:00 XYZT",
    "2026-11-20 10:00:00 cest",
    "2026-11-20 10:00:00 CST",
    "2026-11-20 10:00:00 IST",
    "2026-11-20 10:00:00 INFO",
    "2026-11/20 10:00:00",
    "2026-11-20_10:00:00",
    "2026-1-2 10:00:00",
    "+026-11-20T10:00:00Z",
    "2026-11-20T1O:00:00Z",
    "20/Nov/2026:24:00:00 +0000",
    "31/Nov/2026:10:00:00 +0000",
    "20/Nev/2026:10:00:00 +0000",
    "20/Nov/2026_10:00:00",
    "20-Nov-2026:10:00:00",
    "20-11-2026 10:00:00",
    "30.11.2026_10:00:00",
    "31.11.2026 10:00:00",
    "2005-06-03-15:42:50",
    "2005/06/03-15.42.50",
    "2005-06-03-15.42.61",
    "20171223-22:15:29:1000",
    "20171223-24:15:29",
    "20171323-22:15:29",
    "17/13/09 20:10:40",
    "17/06/09 24:10:40",
    "17/06/0920:10:40",
    "081309 203615",
    "081109 243615",
    "081109 20361",
    "081109 203660.5",
    "81109 2036",
    "131019 12:34",
    "13-20 16:13:38.811",
    "11-31 16:13:38.811",
    "10.32 16:49:06",
    "10.30 16:49",
    "Nov 31 10:00:00",
    "Feb 30 10:00:00",
    "Nov 20 24:00:00",
    "Nov 20 10:00",
    "Now 20 10:00:00",
    "Nov 20 10:00:00 UTC",
    "Nov   2 10:00:00",
    "Fri Nov 20 10:00:00",
    "Fry Nov 20 10:00:00 2026",
    "Mon Feb 29 10:00:00 2026",
    "Fri, 20 Nov 2026 10:00:60.5 QQ",
    "Fri, 31 Nov 2026 10:00:00 GMT",
    "20261120T100000X",
    "20261320T100000Z",
    "20261120T1000",
    "20261120T240000Z",
    "99999999",
    "3.14",
    "99999999.9",
    "0",
    "-1",
    "-",
    "1669575482.",
    "1669575482,5",
    "1669575482s",
    "0669575482",
    "9223372036854775808",
    "16695754821234567890",
    "20000000000000000000",
    "1e9",
    "1.669575482e",
    "1.669575482e-9",
    "1.669575482e99",
    "1.669575482e+9x",
    "1.66.9575482e9",
    "1.000000000000000000000000000000000e9",
    "1320 10:00:00.123456",
    "1131 10:00:00.123456",
    "0x63839b3a",
    "1669575482 ",
    "-99999999999999999",
};

static void others_are_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(no_stamps); i++) {
        int64_t time_us = 42;
        char text[CLOCK_TEXT_MAX];
        if (clock_parse(str_of(no_stamps[i]), at("2026-11-20T12:00:00Z"), &time_us))
            fail_msg("'%s' is taken for %s", no_stamps[i], clock_print_utc(time_us, text));
        assert_int_equal(time_us, 42);
    }
    int64_t time_us;
    assert_false(clock_parse(STR_ABSENT, 0, &time_us));
    assert_false(clock_parse(STR("2026-11-20T10:00:00\0"), 0, &time_us));
    assert_false(clock_parse(STR("2026-11-20\0"
                                 "10:00:00"),
                             0, &time_us));
}

static const struct {
    const char *text;
    size_t size; /* what the stamp takes, 0 = there is none */
} prefixes[] = {
    {"2026-11-20T10:00:00Z", 20},
    {"2026-11-20T10:00:00Z message", 20},
    {"2026-11-20T10:00:00.123Z] x", 24},
    {"2026-11-20T10:00:00Zulu", 0},
    {"2026-11-20T10:00:00x", 0},
    {"2026-11-20T10:00:001", 0},
    {"2026-11-20T10:00:00.5x", 0},
    {"2026-11-20T10:00:99 x", 0},
    {"2026-11-20 10:00:00 INFO x", 19},
    {"2026-11-20 10:00:00 UTC [1] LOG", 23},
    {"2026-11-20 10:00:00 UTCX", 19},
    {"2026-11-20 10:00:00 EST-server", 19},
    {"2026-11-20 10:00:00 -0500 x", 25},
    {"2026-11-20 10:00:00 -05 degrees", 19},
    {"2026-11-20 10:00:00 -12345", 19},
    {"2026-11-20 10:00:00,123 - x", 23},
    {"2026-11-20 10:00:00, x", 19},
    {"2026-11-20 10:00:00. x", 19},
    {"2026-11-20 10:00:00-main", 19},
    {"2026-11-20 10:00:00+99:00 x", 0},
    {"2026-11-20 10:00:00-0100abc", 0},
    {"2026-11-20 10:00 x", 16},
    {"2026-11-20 10:00x", 0},
    {"2026-11-20 10:00: x", 16},
    {"2026-11-20 10:0", 0},
    {"2026/11/20 10:00:00 [error] 1#1: x", 19},
    {"20/Nov/2026:10:00:00 +0000] \"GET", 26},
    {"Nov 20 10:00:00 host app: x", 15},
    {"Nov  2 10:00:00.123 host", 19},
    {"Nov 20 10:00:00 2026 x", 15},
    {"Nov 20 10:00:00host", 0},
    {"Nov 20 2026 10:00:00: %ASA", 20},
    {"Fri Nov 20 10:00:00.5 2026] [core", 26},
    {"Fri Nov 20 10:00:00 and then came 2026", 0},
    {"Fri, 20 Nov 2026 10:00:00 GMT; x", 29},
    {"20 Nov 2026 10:00:00.123 * x", 24},
    {"20261120T100000Z x", 16},
    {"081109 203615 148 INFO x", 13},
    {"17/06/09 20:10:40 INFO x", 17},
    {"20171223-22:15:29:606|x", 21},
    {"10.30 16:49:06] x", 14},
    {"03-17 16:13:38.811  1702", 18},
    {"2005-06-03-15.42.50.675872 R02", 26},
    {"10.30.16.49 - - [x] y", 0},
    {"1669575482", 0},
    {"1669575482.123 x", 0},
    {"message", 0},
    {"", 0},
};

static void prefixes_end_where_the_stamp_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        int64_t time_us = 42;
        size_t size = clock_parse_prefix(str_of(prefixes[i].text), at("2026-11-20T12:00:00Z"), &time_us);
        if (size != prefixes[i].size)
            fail_msg("'%s' takes %zu bytes, not %zu", prefixes[i].text, size, prefixes[i].size);
        assert_true((time_us == 42) == (size == 0));
    }
}

static void years_are_chosen_by_the_reference(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reference, *utc;
    } cases[] = {
        {"Nov 20 10:00:00", "2026-11-20T12:00:00Z", "2026-11-20T10:00:00Z"},
        {"Nov 21 12:00:00", "2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"}, /* a day ahead is still this year's */
        {"Nov 21 12:00:01", "2026-11-20T12:00:00Z", "2025-11-21T12:00:01Z"},
        {"Dec 31 23:59:59", "2027-01-01T00:00:05Z", "2026-12-31T23:59:59Z"},
        {"Jan  1 00:00:03", "2026-12-31T23:59:58Z", "2027-01-01T00:00:03Z"}, /* a clock that runs ahead */
        {"Feb 29 10:00:00", "2026-11-20T12:00:00Z", "2024-02-29T10:00:00Z"},
        {"Feb 29 10:00:00", "2024-02-28T09:00:00Z", "2020-02-29T10:00:00Z"},
        {"Feb 29 10:00:00", "2024-02-28T10:00:00Z", "2024-02-29T10:00:00Z"},
        {"Feb 29 10:00:00", "1903-12-31T10:00:00Z", "1896-02-29T10:00:00Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t time_us;
        char text[CLOCK_TEXT_MAX];
        assert_true(clock_parse(str_of(cases[i].text), at(cases[i].reference), &time_us));
        assert_string_equal(clock_print_utc(time_us, text), cases[i].utc);
    }
    int64_t time_us;
    assert_false(clock_parse(STR("Nov 20 10:00:00"), INT64_MIN + 1, &time_us));
    assert_true(clock_parse(STR("Nov 20 10:00:00"), INT64_MAX, &time_us));
    setenv("WINNOW_NOW", "2010-06-01T00:00:00Z", 1);
    assert_true(clock_parse(STR("Nov 20 10:00:00"), TIME_NONE, &time_us));
    assert_int_equal(time_us, at("2009-11-20T10:00:00Z"));
}

static void what_is_printed_is_read_back(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_MAX];
    for (int i = 0; i < 200000; i++) {
        int64_t time_us = FIRST_US + (int64_t)(random_u64() % (uint64_t)(END_US - FIRST_US));
        time_us -= i % 3 == 0 ? (time_us % TIME_SECOND + TIME_SECOND) % TIME_SECOND : 0;
        int64_t back_us = 0;
        assert_true(clock_parse(str_of(clock_print_utc(time_us, text)), 0, &back_us));
        assert_int_equal(back_us, time_us);
        assert_true(clock_parse(str_of(clock_print_local(time_us, text)), 0, &back_us));
        assert_true(back_us <= time_us && time_us - back_us < 1000);
    }
    static const int64_t far[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX, FIRST_US - 1, END_US};
    for (size_t i = 0; i < COUNT(far); i++) {
        assert_true(strlen(clock_print_utc(far[i], text)) < CLOCK_TEXT_MAX);
        assert_true(strlen(clock_print_local(far[i], text)) < CLOCK_TEXT_MAX);
    }
}

/* Every text is put at the very end of its memory, so that AddressSanitizer sees a read behind it. */
static void mutated_stamps_do_no_harm(void **state)
{
    (void)state;
    enum { ROOM = 64, ROUNDS = 1000000 };
    static const char alphabet[] = "0123456789-+:./, TZtzNovFriUTCCESTx\0\xff";
    char *memory = malloc(ROOM);
    assert_non_null(memory);
    assert_true(clock_set_zone("America/Chicago"));
    size_t taken_count = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct str origin = str_of(stamps[random_u64() % COUNT(stamps)].text);
        size_t size = origin.size;
        if (random_u64() % 4 == 0)
            size = random_u64() % (size + 1);
        else if (size < ROOM)
            size += random_u64() % 2;
        char *text = memory + ROOM - size;
        memset(text, 'x', size);
        memcpy(text, origin.data, size < origin.size ? size : origin.size);
        for (uint64_t changes = random_u64() % 4; size > 0 && changes > 0; changes--)
            text[random_u64() % size] = alphabet[random_u64() % (sizeof alphabet - 1)];

        int64_t whole_us = 0, front_us = 0, again_us = 0, reference_us = INT64_C(1795176000000000);
        bool whole = clock_parse(str_from(text, size), reference_us, &whole_us);
        size_t taken = clock_parse_prefix(str_from(text, size), reference_us, &front_us);
        assert_true(taken <= size);
        assert_true(!whole || (whole_us >= FIRST_US && whole_us < END_US));
        if (taken > 0) { /* what it took is a stamp by itself and means the same */
            assert_true(clock_parse(str_from(text, taken), reference_us, &again_us));
            assert_int_equal(front_us, again_us);
        }
        taken_count += taken > 0;
    }
    free(memory);
    assert_true(taken_count > ROUNDS / 10 && taken_count < ROUNDS);
}

/* What stands before a stamp makes no difference to it. */
static void a_memo_reads_what_is_read_without_it(void **state)
{
    (void)state;
    static const char *const minutes[] = {"2026-11-20T10:00:", "2026-11-20T10:01:", "2026-11-20 10:00:",
                                          "0000-11-20T10:00:", "2 Jan 2006 15:04:", "2026-13-20T10:00:"};
    static const char *const seconds[] = {"00", "59", "60", "61", "7", "0x", ""};
    static const char *const fractions[] = {"",     ".5",      ".123",    ".123456", ".1234567", ",123",    ".",
                                            ".12x", ".12x456", ".00000/", ".99999:", ".999999",  "x123456", ".000001"};
    static const char *const zones[] = {"", "Z", "z", "+01:00", "-0730", "+01:000", " +0100", "Z ", "+25:00"};
    struct clock_memo memo = {0};
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t random = random_u64();
        char text[64];
        snprintf(text, sizeof text, "%s%s%s%s", minutes[random % (random & 1 << 20 ? COUNT(minutes) : 2)],
                 seconds[(random >> 24) % COUNT(seconds)], fractions[(random >> 32) % COUNT(fractions)],
                 zones[(random >> 40) % COUNT(zones)]);
        int64_t expected = 0, found = 0;
        bool parses = clock_parse(str_of(text), 0, &expected);
        assert_int_equal(clock_memo_parse(&memo, str_of(text), 0, &found), parses);
        if (parses)
            assert_int_equal(found, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(stamps_are_read, in_utc),
        cmocka_unit_test_setup(others_are_not, in_utc),
        cmocka_unit_test_setup(prefixes_end_where_the_stamp_ends, in_utc),
        cmocka_unit_test_setup(years_are_chosen_by_the_reference, in_utc),
        cmocka_unit_test_setup(what_is_printed_is_read_back, in_utc),
        cmocka_unit_test_setup(mutated_stamps_do_no_harm, in_utc),
        cmocka_unit_test_setup(a_memo_reads_what_is_read_without_it, in_utc),
    };
    return cmocka_run_group_tests_name("clock_parse", tests, NULL, NULL);
}
