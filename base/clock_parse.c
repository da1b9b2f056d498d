/* Time stamps as logs write them. One byte decides which form is tried; no form backtracks into another.
 *
 *     iso      YYYY-MM-DD(T|t|space)HH:MM[:SS[fraction]][zone]          RFC 3339, ISO 8601, Python, nginx ('/' or '.' for '-')
 *     db2      YYYY-MM-DD-HH.MM.SS[fraction]                            DB2, Blue Gene
 *     basic    YYYYMMDDTHHMMSS[fraction][zone]                          ISO 8601 basic
 *     joined   YYYYMMDD(-|space)H:M:S[(.|,|:)fraction]                  HealthApp
 *     access   DD/Mon/YYYY(:|space)HH:MM:SS[fraction][zone]             common log format, Django
 *     month    DD-Mon-YYYY HH:MM:SS[fraction][zone]                     PHP, Tomcat, BIND
 *     day      DD.MM.YYYY HH:MM:SS[fraction][zone]
 *     short    YY/MM/DD HH:MM:SS[fraction]                              Spark
 *     compact  YYMMDD (HHMMSS|[H]H:MM:SS)                               HDFS, MySQL 5.5; the first zero may be lost
 *     mail     [Www, ]D Mon YYYY HH:MM:SS[fraction][zone]               RFC 9110, RFC 5322, redis
 *     ctime    Www Mon D HH:MM:SS[fraction][zone] YYYY                  ctime, date(1), Apache errors
 *     syslog   Mon D HH:MM:SS[fraction]                                 RFC 3164: no year, no zone
 *     klog     MMDD HH:MM:SSfraction                                    Kubernetes: no year, no zone
 *     yearless MM(-|.)DD HH:MM:SS[fraction]                             Android, Proxifier: no year, no zone
 *     dated    [Www ]Mon D YYYY HH:MM:SS[fraction][zone]                Cisco, JavaScript
 *     fraction (.|,)digits                                              any number of them, cut to microseconds
 *     zone     Z | z | (+|-)hh[[:]mm] | space (Z | (+|-)hh[:]mm | NAME)
 *
 * 1. Nothing is read outside the view: every read is behind a check against `end`.
 * 2. A stamp that has the form but not the range (month 13, hour 24, Feb 30) is no time at all, not a shorter one.
 * 3. Second 60 is a leap second and means the next second, whatever the minute.
 * 4. A sign and a digit glued to the time is its offset, or the whole is no time.
 * 5. A zone name that means different offsets to different people counts only if the process's zone uses it then. */
#include "base/clock.h"

#include <string.h>

#include "base/clock_cursor.h"
#include "base/clock_number.h"
#include "base/clock_zone.h"

enum {
    YEAR_MAX = 9999,
    STAMP_MIN = 12,      /* "81109 203615" */
    KLOG_MIN = 15,       /* with one digit of the fraction */
    CTIME_TAIL_MAX = 20, /* " GMT+0100 2026" and some */
    CENTURY_CHANGE = 69, /* a two-digit year from here on is of the 20th century, as POSIX has it */
};

struct stamp {
    struct clock_civil civil;
    bool zoned; /* else the process's zone */
    int offset_seconds;
};

/* ---- Zones ------------------------------------------------------------------------------------------------------- */

/* [+-]hh[[:]mm]; the cursor is at the sign. */
static bool take_offset(struct cursor *c, bool minutes_needed, int *ret_seconds)
{
    bool west = *c->at++ == '-';
    int hours, minutes = 0;
    if (!take_digits(c, 2, &hours))
        return false;
    bool colon = left(c) >= 2 && c->at[0] == ':' && is_digit(c->at[1]);
    c->at += colon;
    if (minutes_needed || colon || (left(c) >= 1 && is_digit(*c->at))) {
        if (!take_digits(c, 2, &minutes))
            return false;
    }
    int seconds = hours * 3600 + minutes * 60;
    *ret_seconds = west ? -seconds : seconds;
    return hours <= 23 && minutes <= 59;
}

static inline bool at_offset(const struct cursor *c)
{
    return left(c) >= 2 && (*c->at == '+' || *c->at == '-') && is_digit(c->at[1]);
}

/* "CEST" or "GMT+0100" */
static bool take_zone_name(struct cursor *c, const struct clock_civil *civil, int *ret_seconds)
{
    if (left(c) >= 5 && (memcmp(c->at, "GMT", 3) == 0 || memcmp(c->at, "UTC", 3) == 0)) {
        struct cursor behind = {c->at + 3, c->end};
        if (at_offset(&behind)) {
            bool taken = take_offset(&behind, true, ret_seconds);
            c->at = taken ? behind.at : c->at;
            return taken;
        }
    }
    size_t size = clock_zone_name(str_from(c->at, left(c)), civil, ret_seconds);
    c->at += size;
    return size > 0;
}

/* What may follow a time behind a space; when it is no zone the cursor stays where it is. */
static void take_spaced_zone(struct cursor *c, struct stamp *stamp)
{
    struct cursor try = {c->at + 1, c->end};
    if (at_offset(&try)) {
        stamp->zoned = take_offset(&try, true, &stamp->offset_seconds) && !(try.at < try.end && is_alnum(*try.at));
        struct cursor name = try;
        int seconds;
        if (stamp->zoned && take_char(&name, ' ') && take_zone_name(&name, &stamp->civil, &seconds) &&
            seconds == stamp->offset_seconds)
            try = name; /* Go writes "+0100 CET" */
    } else if (next_is(&try, 'Z') && (left(&try) == 1 || !is_alnum(try.at[1]))) {
        try.at++;
        stamp->zoned = true;
        stamp->offset_seconds = 0;
    } else {
        stamp->zoned = take_zone_name(&try, &stamp->civil, &stamp->offset_seconds);
    }
    if (stamp->zoned)
        c->at = try.at;
}

/* False when an offset is there and is wrong; no zone is fine. */
static inline bool take_zone(struct cursor *c, struct stamp *stamp)
{
    if (c->at == c->end)
        return true;
    if (*c->at == 'Z' || *c->at == 'z') {
        c->at++;
        stamp->zoned = true;
    } else if (at_offset(c)) {
        stamp->zoned = true;
        return take_offset(c, false, &stamp->offset_seconds);
    } else if (*c->at == ' ') {
        take_spaced_zone(c, stamp);
    }
    return true;
}

/* ---- Forms ------------------------------------------------------------------------------------------------------- */

/* Two digits; sets *bad when they are none. No branch. */
static inline unsigned two_digits(const char *p, unsigned *bad)
{
    unsigned tens = (unsigned)(unsigned char)p[0] - '0', ones = (unsigned)(unsigned char)p[1] - '0';
    *bad |= (unsigned)(tens > 9) | (unsigned)(ones > 9);
    return tens * 10 + ones;
}

/* The 19 bytes of "YYYY-MM-DDTHH:MM:SS", straight through: most stamps of most logs come this way. */
static inline bool fixed_iso(const char *p, struct clock_civil *civil)
{
    unsigned bad = 0;
    unsigned year = two_digits(p, &bad) * 100;
    year += two_digits(p + 2, &bad);
    unsigned month = two_digits(p + 5, &bad), day = two_digits(p + 8, &bad);
    unsigned hour = two_digits(p + 11, &bad), minute = two_digits(p + 14, &bad), second = two_digits(p + 17, &bad);
    bad |= (unsigned)(p[4] != '-' && p[4] != '/' && p[4] != '.') | (unsigned)(p[7] != p[4]);
    bad |= (unsigned)((p[10] | 0x20) != 't' && p[10] != ' ') | (unsigned)(p[13] != ':') | (unsigned)(p[16] != ':');
    bad |= (unsigned)(hour > 23) | (unsigned)(minute > 59) | (unsigned)(second > 60);
    if (bad)
        return false;
    civil->year = (int)year;
    civil->month = (int)month;
    civil->day = (int)day;
    civil->hour = (int)hour;
    civil->minute = (int)minute;
    civil->second = (int)second;
    return date_valid(civil);
}

static bool take_db2_time(struct cursor *c, struct clock_civil *civil)
{
    if (!take_digits(c, 2, &civil->hour) || !take_char(c, '.') || !take_digits(c, 2, &civil->minute) ||
        !take_char(c, '.') || !take_digits(c, 2, &civil->second))
        return false;
    take_fraction(c, &civil->microsecond);
    return time_valid(civil);
}

static inline bool take_iso(struct cursor *c, struct stamp *stamp)
{
    struct clock_civil *civil = &stamp->civil;
    if (left(c) >= 19 && fixed_iso(c->at, civil)) {
        c->at += 19;
        take_fraction(c, &civil->microsecond);
        return take_zone(c, stamp);
    }
    char dash = c->at[4];
    if (!take_digits(c, 4, &civil->year) || !take_char(c, dash) || !take_digits(c, 2, &civil->month) ||
        !take_char(c, dash) || !take_digits(c, 2, &civil->day) || !date_valid(civil))
        return false;
    if (dash == '-' && take_char(c, '-'))
        return take_db2_time(c, civil);
    if (!take_char(c, 'T') && !take_char(c, 't') && !take_char(c, ' '))
        return false;
    return take_time(c, civil, false) && take_zone(c, stamp);
}

/* HHMMSS */
static bool take_joined_time(struct cursor *c, struct clock_civil *civil)
{
    return take_digits(c, 2, &civil->hour) && take_digits(c, 2, &civil->minute) && take_digits(c, 2, &civil->second) &&
           time_valid(civil);
}

static bool take_basic(struct cursor *c, struct stamp *stamp)
{
    struct clock_civil *civil = &stamp->civil;
    if (!take_digits(c, 4, &civil->year) || !take_digits(c, 2, &civil->month) || !take_digits(c, 2, &civil->day) ||
        !date_valid(civil) || !take_char(c, 'T') || !take_joined_time(c, civil))
        return false;
    take_fraction(c, &civil->microsecond);
    return take_zone(c, stamp);
}

/* "2" or "22" */
static bool take_one_or_two(struct cursor *c, int *ret)
{
    return take_digits(c, 2, ret) || take_digits(c, 1, ret);
}

static bool take_joined(struct cursor *c, struct stamp *stamp)
{
    struct clock_civil *civil = &stamp->civil;
    if (!take_digits(c, 4, &civil->year) || !take_digits(c, 2, &civil->month) || !take_digits(c, 2, &civil->day) ||
        !date_valid(civil) || !(take_char(c, '-') || take_char(c, ' ')) || !take_one_or_two(c, &civil->hour) ||
        !take_char(c, ':') || !take_one_or_two(c, &civil->minute) || !take_char(c, ':') ||
        !take_one_or_two(c, &civil->second) || !time_valid(civil))
        return false;
    take_fraction(c, &civil->microsecond);
    if (left(c) >= 2 && *c->at == ':' && is_digit(c->at[1])) { /* a count of milliseconds, "5" is not "500" */
        int milliseconds = 0;
        for (c->at++; c->at < c->end && is_digit(*c->at); c->at++) {
            milliseconds = milliseconds * 10 + (*c->at - '0');
            if (milliseconds > 999)
                return false;
        }
        civil->microsecond = milliseconds * 1000;
    }
    return true;
}

/* DD/Mon/YYYY:HH:MM:SS and DD-Mon-YYYY HH:MM:SS */
static bool take_access(struct cursor *c, struct stamp *stamp)
{
    struct clock_civil *civil = &stamp->civil;
    char mark = c->at[2];
    return take_digits(c, 2, &civil->day) && take_char(c, mark) && take_month(c, &civil->month) && take_char(c, mark) &&
           take_digits(c, 4, &civil->year) && date_valid(civil) &&
           ((mark == '/' && take_char(c, ':')) || take_char(c, ' ')) && take_time(c, civil, true) &&
           take_zone(c, stamp);
}

static bool take_dotted(struct cursor *c, struct stamp *stamp)
{
    struct clock_civil *civil = &stamp->civil;
    return take_digits(c, 2, &civil->day) && take_char(c, '.') && take_digits(c, 2, &civil->month) &&
           take_char(c, '.') && take_digits(c, 4, &civil->year) && date_valid(civil) && take_char(c, ' ') &&
           take_time(c, civil, true) && take_zone(c, stamp);
}

static void add_century(struct clock_civil *civil)
{
    civil->year += civil->year < CENTURY_CHANGE ? 2000 : 1900;
}

static bool take_short(struct cursor *c, struct stamp *stamp)
{
    struct clock_civil *civil = &stamp->civil;
    if (!take_digits(c, 2, &civil->year) || !take_char(c, '/') || !take_digits(c, 2, &civil->month) ||
        !take_char(c, '/') || !take_digits(c, 2, &civil->day))
        return false;
    add_century(civil);
    return date_valid(civil) && take_char(c, ' ') && take_time(c, civil, true);
}

static bool take_compact(struct cursor *c, struct stamp *stamp)
{
    struct clock_civil *civil = &stamp->civil;
    size_t year_digits = c->at[5] == ' ' ? 1 : 2;
    if (!take_digits(c, year_digits, &civil->year) || !take_digits(c, 2, &civil->month) ||
        !take_digits(c, 2, &civil->day) || !take_char(c, ' '))
        return false;
    add_century(civil);
    if (!date_valid(civil))
        return false;
    take_char(c, ' ');
    const char *p = c->at;
    if (left(c) >= 6 && p[1] != ':' && p[2] != ':')
        return take_joined_time(c, civil);
    return take_one_or_two(c, &civil->hour) && take_char(c, ':') && take_digits(c, 2, &civil->minute) &&
           take_char(c, ':') && take_digits(c, 2, &civil->second) && time_valid(civil);
}

static bool take_mail(struct cursor *c, struct stamp *stamp)
{
    struct clock_civil *civil = &stamp->civil;
    return take_day(c, &civil->day) && take_char(c, ' ') && take_month(c, &civil->month) && take_char(c, ' ') &&
           take_digits(c, 4, &civil->year) && date_valid(civil) && take_char(c, ' ') && take_time(c, civil, true) &&
           take_zone(c, stamp);
}

/* The latest year in which the reading exists and is not after the day behind reference_us. */
static bool choose_year(struct stamp *stamp, int64_t reference_us)
{
    int64_t limit_us = reference_us == TIME_NONE ? clock_now_us() : reference_us;
    limit_us = limit_us > TIME_END - TIME_DAY ? TIME_END : limit_us + TIME_DAY;
    struct clock_civil limit;
    clock_to_civil(limit_us, &limit);
    int year_min = limit.year - 16; /* a leap year is at most 8 years from the next; every date exists in it */
    for (int year = limit.year > YEAR_MAX ? YEAR_MAX : limit.year; year >= 1 && year > year_min; year--) {
        stamp->civil.year = year;
        if (date_valid(&stamp->civil) && clock_from_civil(&stamp->civil) <= limit_us)
            return true;
    }
    return false;
}

/* syslog, dated and ctime; a weekday before it has been taken. */
static bool take_month_first(struct cursor *c, struct stamp *stamp, bool weekday, int64_t reference_us)
{
    struct clock_civil *civil = &stamp->civil;
    if (!take_month(c, &civil->month) || !take_char(c, ' ') || !take_day(c, &civil->day) || !take_char(c, ' '))
        return false;
    if (take_digits(c, 4, &civil->year))
        return date_valid(civil) && take_char(c, ' ') && take_time(c, civil, true) && take_zone(c, stamp);
    if (!take_time(c, civil, true))
        return false;
    if (!weekday)
        return choose_year(stamp, reference_us);
    /* The zone's name may need the year, which stands behind it. */
    struct cursor ahead = {c->at, c->at + (left(c) < CTIME_TAIL_MAX ? left(c) : CTIME_TAIL_MAX)};
    while (left(&ahead) > 5 && !(ahead.at[0] == ' ' && is_digit(ahead.at[1]) && is_digit(ahead.at[2])))
        ahead.at++;
    if (!take_char(&ahead, ' ') || !take_digits(&ahead, 4, &civil->year) || !date_valid(civil))
        return false;
    return take_zone(c, stamp) && take_char(c, ' ') && take_digits(c, 4, &civil->year);
}

static bool take_klog(struct cursor *c, struct stamp *stamp, int64_t reference_us)
{
    struct clock_civil *civil = &stamp->civil;
    const char *start = c->at;
    return take_digits(c, 2, &civil->month) && take_digits(c, 2, &civil->day) && civil->month >= 1 &&
           civil->month <= 12 && take_char(c, ' ') && take_time(c, civil, true) && c->at - start >= KLOG_MIN &&
           choose_year(stamp, reference_us);
}

static bool take_yearless(struct cursor *c, struct stamp *stamp, int64_t reference_us)
{
    struct clock_civil *civil = &stamp->civil;
    char mark = c->at[2];
    return take_digits(c, 2, &civil->month) && take_char(c, mark) && take_digits(c, 2, &civil->day) &&
           civil->month >= 1 && civil->month <= 12 && take_char(c, ' ') && take_time(c, civil, true) &&
           choose_year(stamp, reference_us);
}

static bool take_named(struct cursor *c, struct stamp *stamp, int64_t reference_us)
{
    if (!is_weekday(c->at))
        return take_month_first(c, stamp, false, reference_us);
    c->at += 3;
    if (take_char(c, ','))
        return take_char(c, ' ') && take_mail(c, stamp);
    return take_char(c, ' ') && take_month_first(c, stamp, true, reference_us);
}

static bool take_seldom(struct cursor *c, struct stamp *stamp, int64_t reference_us)
{
    const char *p = c->at;
    if (p[2] == '/')
        return p[5] == '/' ? take_short(c, stamp) : take_access(c, stamp);
    if (p[2] == '-' || p[2] == '.') {
        if (p[5] == ' ')
            return take_yearless(c, stamp, reference_us);
        return p[2] == '-' ? take_access(c, stamp) : take_dotted(c, stamp);
    }
    if (p[1] == ' ' || p[2] == ' ')
        return take_mail(c, stamp);
    if (p[5] == ' ' || p[6] == ' ')
        return take_compact(c, stamp);
    if (p[8] == '-' || p[8] == ' ')
        return take_joined(c, stamp);
    return p[4] == ' ' && take_klog(c, stamp, reference_us);
}

static inline bool take_stamp(struct cursor *c, struct stamp *stamp, int64_t reference_us)
{
    if (left(c) < STAMP_MIN)
        return false;
    const char *p = c->at;
    if (!is_digit(*p))
        return take_named(c, stamp, reference_us);
    if (p[4] == '-' || p[4] == '/' || p[4] == '.')
        return take_iso(c, stamp);
    if (p[8] == 'T')
        return take_basic(c, stamp);
    return take_seldom(c, stamp, reference_us);
}

/* The bytes a stamp takes at the front of text, or 0. */
static inline size_t parse_front(struct str text, int64_t reference_us, int64_t *ret_time_us)
{
    if (text.size == 0)
        return 0;
    struct cursor cursor = {text.data, text.data + text.size};
    struct stamp stamp = {0};
    if (!take_stamp(&cursor, &stamp, reference_us))
        return 0;
    int64_t time_us = stamp.zoned ? clock_from_civil_utc(&stamp.civil) - stamp.offset_seconds * TIME_SECOND
                                  : clock_from_civil(&stamp.civil);
    if (time_us < TIME_FIRST || time_us >= TIME_END)
        return 0;
    *ret_time_us = time_us;
    return (size_t)(cursor.at - text.data);
}

bool clock_parse(struct str text, int64_t reference_us, int64_t *ret_time_us)
{
    int64_t time_us;
    size_t taken = parse_front(text, reference_us, &time_us);
    if (taken == 0)
        return clock_number_parse(text, ret_time_us);
    if (taken != text.size)
        return false;
    *ret_time_us = time_us;
    return true;
}

size_t clock_parse_prefix(struct str text, int64_t reference_us, int64_t *ret_time_us)
{
    int64_t time_us;
    size_t taken = parse_front(text, reference_us, &time_us);
    if (taken == 0 || (taken < text.size && is_alnum(text.data[taken])))
        return 0;
    *ret_time_us = time_us;
    return taken;
}
