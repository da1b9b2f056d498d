/* Time: microseconds since 1970-01-01T00:00:00Z in int64_t, everywhere. Years 1..9999. Finer fractions are cut.
 *
 * The process has one zone, the local one of TZ, used for stamps that name none and for printing; clock_set_zone
 * changes it and must run before threads start. Everything else may run on any thread. */
#ifndef WINNOW_BASE_CLOCK_H
#define WINNOW_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define TIME_NONE INT64_MIN
#define TIME_SECOND INT64_C(1000000)
#define TIME_MINUTE (60 * TIME_SECOND)
#define TIME_HOUR (60 * TIME_MINUTE)
#define TIME_DAY (24 * TIME_HOUR)

/* Now; $WINNOW_NOW (any stamp clock_parse takes) fixes it, for tests. */
int64_t clock_now_us(void);

/* Makes the span take in the time, unless that is TIME_NONE; a span of no time has TIME_NONE at both ends. */
static inline void clock_widen(int64_t *min_us, int64_t *max_us, int64_t time_us)
{
    if (time_us == TIME_NONE)
        return;
    if (*min_us == TIME_NONE || time_us < *min_us)
        *min_us = time_us;
    if (*max_us == TIME_NONE || time_us > *max_us)
        *max_us = time_us;
}

/* "UTC", "Europe/Berlin", "+02:00", ...; NULL is the local zone. False when the system does not know it. */
bool clock_set_zone(const char *name);

/* A zone beside the process's, for stamps of a source that are written in it. Loading asks libc, which only knows the
 * process's zone, by changing that for a moment: main thread, before others are started. NULL when the system does not know
 * the name. A zone lives as long as the process. */
struct clock_zone;
const struct clock_zone *clock_zone_load(const char *name);
/* One that was loaded, or NULL. Any thread. */
const struct clock_zone *clock_zone_find(struct str name);
/* Until it is called again, this thread's calls mean this zone where they say the process's; NULL: the process's. */
void clock_use_zone(const struct clock_zone *zone);

/* A civil time in the process's zone. month 1..12, day 1..31, weekday 0 = Sunday. */
struct clock_civil {
    int year, month, day, hour, minute, second, microsecond, weekday, offset_seconds;
};
/* The zone's offset is that of the moment itself, so daylight saving is right in both directions. */
void clock_to_civil(int64_t time_us, struct clock_civil *ret);
void clock_to_civil_utc(int64_t time_us, struct clock_civil *ret);
/* Fields out of range are normalised as mktime does (day 32 = next month). A local time that a daylight saving change
 * skips or doubles is read with the offset before the change. */
int64_t clock_from_civil(const struct clock_civil *civil);
int64_t clock_from_civil_utc(const struct clock_civil *civil);

/* A time stamp as logs write them, the whole string: RFC 3339 (T, t or a space; any fraction behind '.' or ','; Z, z,
 * +hh:mm, +hhmm, +hh, " UTC", " CEST" and other unambiguous abbreviations; no zone = the process's zone), seconds
 * optional; 2026/11/20 10:00:00 (nginx error log); 2026-11-20-10.00.00.123456 (DB2, Blue Gene); 20/Nov/2026:10:00:00 +0000
 * (access logs); 20-Nov-2026 10:00:00 (PHP); 26/11/20 10:00:00 (Spark); 261120 100000 (HDFS); 11-20 10:00:00.123 (Android) and
 * 11.20 10:00:00, year taken as below; 20261120-10:00:00:123; 20.11.2026 10:00:00; Nov 20 10:00:00 and
 * Nov  2 10:00:00[.fraction] (RFC 3164, year taken so that the result is the latest not after reference_us + 1 day);
 * Fri, 20 Nov 2026 10:00:00 GMT (RFC 9110); Fri Nov 20 10:00:00[.fraction] 2026 (ctime); 20261120T100000Z and
 * 20261120T100000.123; epoch numbers: seconds with or without a fraction, and milli-, micro- and nanoseconds told apart
 * by magnitude (|x| < 1e11 s, < 1e14 ms, < 1e17 us, else ns; an integer below 1e8 is not a time). False when it is none of these. */
bool clock_parse(struct str text, int64_t reference_us, int64_t *ret_time_us);
/* The same where the stamp is only the beginning of the text: the bytes it took, or 0. Epoch numbers are not tried. */
size_t clock_parse_prefix(struct str text, int64_t reference_us, int64_t *ret_time_us);

enum { CLOCK_TEXT_MAX = 48 };
/* "2026-11-20T02:15:00.123456Z"; the fraction has 6 digits, or none when it is zero. Returns text. */
const char *clock_print_utc(int64_t time_us, char text[CLOCK_TEXT_MAX]);
/* "2026-11-20 02:15:00.123" in the process's zone, with milliseconds, for people. */
const char *clock_print_local(int64_t time_us, char text[CLOCK_TEXT_MAX]);

/* "90d", "2h30m", "1.5h", "10 min", "250ms", "3us", "1w": number and unit pairs, the whole string. Units us ms s/sec/second(s)
 * m/min/minute(s) h/hour(s)/hr d/day(s) w/week(s). False when it is none or overflows. */
bool clock_parse_duration(struct str text, int64_t *ret_us);

#endif
