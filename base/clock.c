/* Civil time by arithmetic (the proleptic Gregorian calendar), the zone by libc, asked rarely.
 *
 * 1. An offset is asked of libc once per 15-minute slot and thread: a slot whose two ends have the same offset has that
 *    offset throughout, since no zone changes twice within 15 minutes. Any other slot is never cached.
 * 2. There are two caches: slots of UTC (moment -> offset) and slots of wall-clock time (reading -> offset).
 * 3. clock_set_zone raises zone_generation, which makes every thread's slots stale at once. A zone of clock_use_zone has
 *    a generation of its own. */
#include "base/clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock_rules.h"
#include "base/clock_zone.h"
#include "base/io.h"
#include "base/must.h"

enum {
    SLOT_SECONDS = 15 * 60,
    SLOT_COUNT = 256,            /* per thread and direction; a power of two */
    OFFSET_REACH = 16 * 60 * 60, /* no zone was ever further from UTC than this */
    DAY_SECONDS = 24 * 60 * 60,
    ZONE_NAME_MAX = 128,
};

/* ---- The calendar ------------------------------------------------------------------------------------------------ */

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days from 1970-01-01; month 1..12, day may be anything. Years start in March here, so that the leap day is last. */
static int64_t days_from_civil(int64_t year, int month, int64_t day)
{
    static const int16_t days_before[13] = {0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275};
    int64_t y = year - (month <= 2);
    return 365 * y + floor_divide(y, 4) - floor_divide(y, 100) + floor_divide(y, 400) + days_before[month] + day -
           719469;
}

/* The inverse, by 400-year eras of 146097 days (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static void civil_from_days(int64_t days, struct clock_civil *ret)
{
    int64_t z = days + 719468;
    int64_t era = floor_divide(z, 146097);
    uint32_t day_of_era = (uint32_t)(z - era * 146097);
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t march_month = (5 * day_of_year + 2) / 153;
    ret->day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
    ret->month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    ret->year = (int)(era * 400 + year_of_era) + (ret->month <= 2);
    int64_t weekday = (days + 4) % 7; /* 1970-01-01 was a Thursday */
    ret->weekday = (int)(weekday < 0 ? weekday + 7 : weekday);
}

/* Seconds from 1970 as if the reading were UTC; *ret_microseconds gets 0..999999. */
static int64_t civil_seconds(const struct clock_civil *civil, int *ret_microseconds)
{
    int64_t year = civil->year;
    int month = civil->month;
    if (month < 1 || month > 12) {
        int64_t month0 = (int64_t)month - 1;
        int64_t years = floor_divide(month0, 12);
        year += years;
        month = (int)(month0 - 12 * years) + 1;
    }
    int64_t seconds = days_from_civil(year, month, civil->day) * DAY_SECONDS + (int64_t)civil->hour * 3600 +
                      (int64_t)civil->minute * 60 + civil->second;
    int64_t carry = floor_divide(civil->microsecond, TIME_SECOND);
    *ret_microseconds = (int)(civil->microsecond - carry * TIME_SECOND);
    return seconds + carry;
}

/* Years far out do not fit; they stop at the ends and never look like TIME_NONE. */
static int64_t join_us(int64_t seconds, int microseconds)
{
    if (seconds >= INT64_MAX / TIME_SECOND)
        return INT64_MAX;
    if (seconds <= INT64_MIN / TIME_SECOND)
        return INT64_MIN + 1;
    return seconds * TIME_SECOND + microseconds;
}

static void split_civil(int64_t time_us, int64_t offset_seconds, struct clock_civil *ret)
{
    int64_t utc = floor_divide(time_us, TIME_SECOND);
    int64_t seconds = utc + offset_seconds;
    int64_t days = floor_divide(seconds, DAY_SECONDS);
    int rest = (int)(seconds - days * DAY_SECONDS);
    civil_from_days(days, ret);
    ret->hour = rest / 3600;
    ret->minute = rest / 60 % 60;
    ret->second = rest % 60;
    int micro = (int)(time_us % TIME_SECOND);
    ret->microsecond = micro < 0 ? micro + (int)TIME_SECOND : micro;
    ret->offset_seconds = (int)offset_seconds;
}

/* ---- The zone's offset ------------------------------------------------------------------------------------------- */

struct zone_slot {
    int64_t slot;
    int32_t offset;
    uint32_t generation; /* 0 = never used */
};

static atomic_uint zone_generation = 1;
static _Thread_local struct zone_slot utc_slots[SLOT_COUNT];
static _Thread_local struct zone_slot wall_slots[SLOT_COUNT];

static _Thread_local const struct clock_zone *zone_used; /* NULL: the process's */

void clock_use_zone(const struct clock_zone *zone)
{
    zone_used = zone;
}

static int offset_asked(int64_t utc)
{
    if (zone_used != NULL)
        return clock_zone_offset(zone_used, utc, NULL);
    time_t moment = (time_t)utc;
    struct tm tm;
    if (!localtime_r(&moment, &tm)) /* a year that does not fit in an int */
        return 0;
    return (int)tm.tm_gmtoff;
}

/* Looks the slot of `at` up, or fills it by asking at both its ends. */
static int offset_cached(struct zone_slot *slots, int64_t at, int (*ask)(int64_t))
{
    uint32_t generation = zone_used != NULL ? clock_zone_generation(zone_used)
                                            : atomic_load_explicit(&zone_generation, memory_order_relaxed);
    int64_t slot = floor_divide(at, SLOT_SECONDS);
    struct zone_slot *entry = &slots[(uint64_t)slot % SLOT_COUNT];
    if (entry->slot == slot && entry->generation == generation)
        return entry->offset;
    int first = ask(slot * SLOT_SECONDS);
    int last = ask(slot * SLOT_SECONDS + SLOT_SECONDS - 1);
    if (first != last)
        return ask(at);
    *entry = (struct zone_slot){slot, first, generation};
    return first;
}

static int offset_of_moment(int64_t utc)
{
    return offset_cached(utc_slots, utc, offset_asked);
}

bool clock_offset_named(int64_t utc, const char *name, int *ret_seconds)
{
    const char *called;
    struct tm tm;
    time_t moment = (time_t)utc;
    if (zone_used != NULL) {
        *ret_seconds = clock_zone_offset(zone_used, utc, &called);
        return strcmp(called, name) == 0;
    }
    if (!localtime_r(&moment, &tm) || !tm.tm_zone || strcmp(tm.tm_zone, name) != 0)
        return false;
    *ret_seconds = (int)tm.tm_gmtoff;
    return true;
}

/* Of a wall-clock reading. A change that matters lies within OFFSET_REACH of it. The offset before the change is right
 * if the moment it gives still has that offset (so the first of a doubled hour is taken); else the one after it is, if
 * its moment has it; else the reading was skipped and the one before serves. */
static int offset_asked_wall(int64_t wall)
{
    int before = offset_of_moment(wall - OFFSET_REACH);
    int after = offset_of_moment(wall + OFFSET_REACH);
    if (before == after || offset_of_moment(wall - before) == before)
        return before;
    return offset_of_moment(wall - after) == after ? after : before;
}

static int offset_of_wall(int64_t wall)
{
    return offset_cached(wall_slots, wall, offset_asked_wall);
}

void clock_to_civil(int64_t time_us, struct clock_civil *ret)
{
    split_civil(time_us, offset_of_moment(floor_divide(time_us, TIME_SECOND)), ret);
}

void clock_to_civil_utc(int64_t time_us, struct clock_civil *ret)
{
    split_civil(time_us, 0, ret);
}

int64_t clock_from_civil(const struct clock_civil *civil)
{
    int microseconds;
    int64_t wall = civil_seconds(civil, &microseconds);
    return join_us(wall - offset_of_wall(wall), microseconds);
}

int64_t clock_from_civil_utc(const struct clock_civil *civil)
{
    int microseconds;
    int64_t seconds = civil_seconds(civil, &microseconds);
    return join_us(seconds, microseconds);
}

/* ---- Naming a zone ----------------------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One to digits_max digits with a value in min..max. */
static bool skip_number(const char **at, int digits_max, int min, int max, int *ret)
{
    int value = 0, digits = 0;
    while (digits < digits_max && is_digit(**at)) {
        value = value * 10 + (*(*at)++ - '0');
        digits++;
    }
    *ret = value;
    return digits > 0 && value >= min && value <= max;
}

/* "+02:00", "-0330", "+02": east of UTC, as RFC 3339 has it. POSIX counts westward, hence the turned sign. */
static bool fixed_zone(const char *name, char tz[static ZONE_NAME_MAX])
{
    char sign = *name++;
    if ((sign != '+' && sign != '-') || strspn(name, "0123456789") < 2)
        return false;
    int hours, minutes = 0;
    if (!skip_number(&name, 2, 0, 23, &hours))
        return false;
    if (*name != '\0') {
        name += *name == ':';
        if (strlen(name) != 2 || !skip_number(&name, 2, 0, 59, &minutes))
            return false;
    }
    snprintf(tz, ZONE_NAME_MAX, "<%c%02d%02d>%c%02d:%02d", sign, hours, minutes, sign == '+' ? '-' : '+', hours,
             minutes);
    return *name == '\0';
}

/* glibc takes any name it has no file for as UTC, so the file is looked for here: it starts with "TZif" (RFC 8536). */
static bool zone_file_exists(const char *name)
{
    if (name[0] == '/' || name[0] == '.' || strstr(name, ".."))
        return false;
    const char *folder = getenv("TZDIR");
    char path[4096];
    int size = snprintf(path, sizeof path, "%s/%s", folder && *folder ? folder : "/usr/share/zoneinfo", name);
    if (size < 0 || (size_t)size >= sizeof path)
        return false;
    SCOPED_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char magic[4];
    return fd >= 0 && io_read(fd, magic, sizeof magic) == (ssize_t)sizeof magic && memcmp(magic, "TZif", 4) == 0;
}

static bool posix_name(const char **at)
{
    const char *start = *at;
    if (*start == '<') {
        do
            ++*at;
        while (is_letter(**at) || is_digit(**at) || **at == '+' || **at == '-');
        return *at - start > 3 && *(*at)++ == '>';
    }
    while (is_letter(**at))
        ++*at;
    return *at - start >= 3;
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool posix_time(const char **at, int hours_max)
{
    int value;
    *at += **at == '+' || **at == '-';
    if (!skip_number(at, 3, 0, hours_max, &value))
        return false;
    for (int part = 0; part < 2 && **at == ':'; part++) {
        ++*at;
        if (!skip_number(at, 2, 0, 59, &value))
            return false;
    }
    return true;
}

/* ,Mm.w.d or ,Jn or ,n and then [/time] */
static bool posix_rule(const char **at)
{
    int value;
    if (*(*at)++ != ',')
        return false;
    if (**at == 'M') {
        static const int limits[3][2] = {{1, 12}, {1, 5}, {0, 6}};
        for (int part = 0; part < 3; part++) {
            if (*(*at)++ != (part == 0 ? 'M' : '.') || !skip_number(at, 2, limits[part][0], limits[part][1], &value))
                return false;
        }
    } else {
        bool julian = **at == 'J';
        *at += julian;
        if (!skip_number(at, 3, julian, 365, &value))
            return false;
    }
    if (**at != '/')
        return true;
    ++*at;
    return posix_time(at, 167);
}

/* POSIX.1 TZ: std offset [dst [offset] [,start,end]]. "UTC+2" is refused: POSIX means two hours west by it, people mean
 * two hours east. */
static bool posix_zone(const char *name)
{
    if (strncmp(name, "UTC", 3) == 0 || strncmp(name, "GMT", 3) == 0)
        return false;
    const char *at = name;
    if (!posix_name(&at) || !posix_time(&at, 24))
        return false;
    if (*at == '\0')
        return true;
    if (!posix_name(&at))
        return false;
    if (*at != '\0' && *at != ',' && !posix_time(&at, 24))
        return false;
    if (*at == '\0')
        return true;
    return posix_rule(&at) && posix_rule(&at) && *at == '\0';
}

/* What TZ was before the first call, to come back to. */
static struct {
    bool known;
    bool set;
    char *value;
} zone_original;

static void remember_original(void)
{
    if (zone_original.known)
        return;
    const char *value = getenv("TZ");
    zone_original.known = true;
    zone_original.set = value != NULL;
    if (value) {
        zone_original.value = strdup(value);
        must(zone_original.value);
    }
}

bool clock_set_zone(const char *name)
{
    remember_original();
    char tz[ZONE_NAME_MAX];
    const char *value = name;
    if (!name) {
        value = zone_original.set ? zone_original.value : NULL;
    } else if (strlen(name) >= ZONE_NAME_MAX) {
        return false;
    } else if (strcmp(name, "UTC") == 0 || strcmp(name, "Z") == 0) {
        value = "UTC0"; /* needs no zone files */
    } else if (fixed_zone(name, tz)) {
        value = tz;
    } else if (*name == '\0' || (!zone_file_exists(name) && !posix_zone(name))) {
        return false;
    }
    if ((value ? setenv("TZ", value, 1) : unsetenv("TZ")) != 0)
        return false;
    tzset();
    atomic_fetch_add_explicit(&zone_generation, 1, memory_order_relaxed);
    return true;
}

/* ---- Now, and printing ------------------------------------------------------------------------------------------- */

int64_t clock_now_us(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_REALTIME, &now) == 0);
    int64_t real_us = (int64_t)now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
    const char *fixed = getenv("WINNOW_NOW");
    int64_t fixed_us;
    return fixed && clock_parse(str_of(fixed), real_us, &fixed_us) ? fixed_us : real_us;
}

static char *put_digits(char *at, int value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + count;
}

/* "2026-11-20T02:15:00" with the separator asked for; returns its end. */
static char *put_civil(char *at, const struct clock_civil *civil, char separator)
{
    if (civil->year >= 0 && civil->year <= 9999)
        at = put_digits(at, civil->year, 4);
    else /* only a damaged store holds such a time; show it as it is */
        at += snprintf(at, 12, "%+d", civil->year);
    *at++ = '-';
    at = put_digits(at, civil->month, 2);
    *at++ = '-';
    at = put_digits(at, civil->day, 2);
    *at++ = separator;
    at = put_digits(at, civil->hour, 2);
    *at++ = ':';
    at = put_digits(at, civil->minute, 2);
    *at++ = ':';
    return put_digits(at, civil->second, 2);
}

const char *clock_print_utc(int64_t time_us, char text[CLOCK_TEXT_MAX])
{
    struct clock_civil civil;
    clock_to_civil_utc(time_us, &civil);
    char *at = put_civil(text, &civil, 'T');
    if (civil.microsecond != 0) {
        *at++ = '.';
        at = put_digits(at, civil.microsecond, 6);
    }
    *at++ = 'Z';
    *at = '\0';
    return text;
}

const char *clock_print_local(int64_t time_us, char text[CLOCK_TEXT_MAX])
{
    struct clock_civil civil;
    clock_to_civil(time_us, &civil);
    char *at = put_civil(text, &civil, ' ');
    *at++ = '.';
    at = put_digits(at, civil.microsecond / 1000, 3);
    *at = '\0';
    return text;
}
