/* Time stamps as logs write them. One byte decides which form is tried; no form backtracks into another.
 *
 *     iso      YYYY-MM-DD(T|t|space)HH:MM[:SS[fraction]][zone]          RFC 3339, ISO 8601, Python, nginx ('/' for '-')
 *     basic    YYYYMMDDTHHMMSS[fraction][zone]                          ISO 8601 basic
 *     access   DD/Mon/YYYY:HH:MM:SS[fraction][zone]                     common log format
 *     mail     [Www, ]D Mon YYYY HH:MM:SS[fraction][zone]               RFC 9110, RFC 5322, redis
 *     ctime    Www Mon D HH:MM:SS[fraction][zone] YYYY                  ctime, date(1), Apache errors
 *     syslog   Mon D HH:MM:SS[fraction]                                 RFC 3164: no year, no zone
 *     klog     MMDD HH:MM:SSfraction                                    Kubernetes: no year, no zone
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

#include "base/clock_zone.h"

enum {
    YEAR_MAX = 9999,
    STAMP_MIN = 14,            /* "Nov 2 10:00:00" */
    CTIME_TAIL_MAX = 20,       /* " GMT+0100 2026" and some */
    MAGNITUDE_MIN = 100000000, /* a smaller number is a count, not a time */
};

#define TIME_FIRST (INT64_C(-62135596800) * TIME_SECOND) /* 0001-01-01T00:00:00Z */
#define TIME_END (INT64_C(253402300800) * TIME_SECOND)   /* 10000-01-01T00:00:00Z */

struct cursor {
    const char *at, *end;
};

struct stamp {
    struct clock_civil civil;
    bool zoned; /* else the process's zone */
    int offset_seconds;
};

/* ---- Pieces ------------------------------------------------------------------------------------------------------ */

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool is_alnum(char c)
{
    return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}

static inline size_t left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

static inline bool next_is(const struct cursor *c, char wanted)
{
    return c->at < c->end && *c->at == wanted;
}

static inline bool take_char(struct cursor *c, char wanted)
{
    bool there = next_is(c, wanted);
    c->at += there;
    return there;
}

static inline bool take_digits(struct cursor *c, size_t count, int *ret)
{
    if (left(c) < count)
        return false;
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_digit(c->at[i]))
            return false;
        value = value * 10 + (c->at[i] - '0');
    }
    c->at += count;
    *ret = value;
    return true;
}

static inline int days_in_month(int year, int month)
{
    static const int8_t days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month] + (month == 2 && leap);
}

static inline bool date_valid(const struct clock_civil *civil)
{
    return civil->year >= 1 && civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= days_in_month(civil->year, civil->month);
}

/* Three bytes, case ignored: 1..12, or 0. */
static int month_of(const char *p)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int i = 0; i < 12; i++) {
        if ((p[0] | 0x20) == names[3 * i] && (p[1] | 0x20) == names[3 * i + 1] && (p[2] | 0x20) == names[3 * i + 2])
            return i + 1;
    }
    return 0;
}

static bool is_weekday(const char *p)
{
    static const char names[] = "sunmontuewedthufrisat";
    for (int i = 0; i < 7; i++) {
        if ((p[0] | 0x20) == names[3 * i] && (p[1] | 0x20) == names[3 * i + 1] && (p[2] | 0x20) == names[3 * i + 2])
            return true;
    }
    return false;
}

static bool take_month(struct cursor *c, int *ret)
{
    if (left(c) < 3)
        return false;
    *ret = month_of(c->at);
    c->at += 3;
    return *ret != 0;
}

/* "2", " 2" or "20" */
static bool take_day(struct cursor *c, int *ret)
{
    if (take_char(c, ' '))
        return take_digits(c, 1, ret);
    return take_digits(c, 2, ret) || take_digits(c, 1, ret);
}

/* The fraction of a second behind '.' or ',', if digits follow. */
static inline void take_fraction(struct cursor *c, int *ret_microseconds)
{
    *ret_microseconds = 0;
    if (left(c) < 2 || (*c->at != '.' && *c->at != ',') || !is_digit(c->at[1]))
        return;
    c->at++;
    int value = 0, scale = 1000000;
    for (; c->at < c->end && is_digit(*c->at); c->at++) {
        if (scale > 1) {
            scale /= 10;
            value += (*c->at - '0') * scale;
        }
    }
    *ret_microseconds = value;
}

/* HH:MM[:SS[fraction]] within range. */
static bool take_time(struct cursor *c, struct clock_civil *civil, bool seconds_needed)
{
    if (!take_digits(c, 2, &civil->hour) || !take_char(c, ':') || !take_digits(c, 2, &civil->minute))
        return false;
    if (seconds_needed || (left(c) >= 2 && c->at[0] == ':' && is_digit(c->at[1]))) {
        if (!take_char(c, ':') || !take_digits(c, 2, &civil->second))
            return false;
        take_fraction(c, &civil->microsecond);
    }
    return civil->hour <= 23 && civil->minute <= 59 && civil->second <= 60;
}

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
    bad |= (unsigned)(p[4] != '-' && p[4] != '/') | (unsigned)(p[7] != p[4]);
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
    if (!take_char(c, 'T') && !take_char(c, 't') && !take_char(c, ' '))
        return false;
    return take_time(c, civil, false) && take_zone(c, stamp);
}

static bool take_basic(struct cursor *c, struct stamp *stamp)
{
    struct clock_civil *civil = &stamp->civil;
    if (!take_digits(c, 4, &civil->year) || !take_digits(c, 2, &civil->month) || !take_digits(c, 2, &civil->day) ||
        !date_valid(civil) || !take_char(c, 'T') || !take_digits(c, 2, &civil->hour) ||
        !take_digits(c, 2, &civil->minute) || !take_digits(c, 2, &civil->second) || civil->hour > 23 ||
        civil->minute > 59 || civil->second > 60)
        return false;
    take_fraction(c, &civil->microsecond);
    return take_zone(c, stamp);
}

static bool take_access(struct cursor *c, struct stamp *stamp)
{
    struct clock_civil *civil = &stamp->civil;
    return take_digits(c, 2, &civil->day) && take_char(c, '/') && take_month(c, &civil->month) && take_char(c, '/') &&
           take_digits(c, 4, &civil->year) && date_valid(civil) && take_char(c, ':') && take_time(c, civil, true) &&
           take_zone(c, stamp);
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
           civil->month <= 12 && take_char(c, ' ') && take_time(c, civil, true) && c->at - start > STAMP_MIN &&
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

static inline bool take_stamp(struct cursor *c, struct stamp *stamp, int64_t reference_us)
{
    if (left(c) < STAMP_MIN)
        return false;
    const char *p = c->at;
    if (!is_digit(*p))
        return take_named(c, stamp, reference_us);
    if (p[4] == '-' || p[4] == '/')
        return take_iso(c, stamp);
    if (p[8] == 'T')
        return take_basic(c, stamp);
    if (p[2] == '/')
        return take_access(c, stamp);
    if (p[1] == ' ' || p[2] == ' ')
        return take_mail(c, stamp);
    return p[4] == ' ' && take_klog(c, stamp, reference_us);
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

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

enum { EXPONENT_MAX = 19, PLAIN_MAX = 64 };

/* "1.6571655476853955e+09" -> "1657165547.6853955": the same number with its point moved to the right, or nothing. */
static struct str without_exponent(struct str text, char plain[PLAIN_MAX])
{
    struct cursor c = {text.data, text.data + text.size};
    size_t size = 0, point = 0, exponent = 0;
    if (text.size > PLAIN_MAX / 2)
        return STR_ABSENT;
    if (take_char(&c, '-'))
        plain[size++] = '-';
    for (; c.at < c.end && (is_digit(*c.at) || (*c.at == '.' && point == 0)); c.at++) {
        if (*c.at == '.')
            point = size;
        else
            plain[size++] = *c.at;
    }
    if (!take_char(&c, 'e') && !take_char(&c, 'E'))
        return STR_ABSENT;
    take_char(&c, '+');
    for (; c.at < c.end && is_digit(*c.at) && exponent <= EXPONENT_MAX; c.at++)
        exponent = exponent * 10 + (size_t)(*c.at - '0');
    if (c.at != c.end || exponent > EXPONENT_MAX)
        return STR_ABSENT;
    point = (point == 0 ? size : point) + exponent;
    while (size < point)
        plain[size++] = '0';
    if (point < size) {
        memmove(plain + point + 1, plain + point, size - point);
        plain[point] = '.';
        size++;
    }
    return str_from(plain, size);
}

/* [-]digits[.digits]; the magnitude tells the unit. Ids with a leading zero are no times. */
static bool parse_epoch(struct str text, int64_t *ret_time_us)
{
    struct cursor c = {text.data, text.data + text.size};
    bool negative = take_char(&c, '-');
    uint64_t value = 0;
    const char *start = c.at;
    if (next_is(&c, '0'))
        return false;
    for (; c.at < c.end && is_digit(*c.at); c.at++) {
        if (c.at - start == 19)
            return false;
        value = value * 10 + (uint64_t)(*c.at - '0');
    }
    if (value < MAGNITUDE_MIN || value > INT64_MAX)
        return false;
    int fraction = 0;
    if (next_is(&c, '.'))
        take_fraction(&c, &fraction);
    if (c.at != c.end)
        return false;
    int64_t time_us = (int64_t)value;
    if (time_us < INT64_C(100000000000))
        time_us = time_us * 1000000 + fraction;
    else if (time_us < INT64_C(100000000000000))
        time_us = time_us * 1000 + fraction / 1000;
    else if (time_us >= INT64_C(100000000000000000))
        time_us /= 1000;
    time_us = negative ? -time_us : time_us;
    if (time_us < TIME_FIRST || time_us >= TIME_END)
        return false;
    *ret_time_us = time_us;
    return true;
}

bool clock_parse(struct str text, int64_t reference_us, int64_t *ret_time_us)
{
    int64_t time_us;
    size_t taken = parse_front(text, reference_us, &time_us);
    if (taken == 0 && text.size >= 9) {
        char plain[PLAIN_MAX];
        if (parse_epoch(text, ret_time_us))
            return true;
        struct str number = is_digit(text.data[0]) || text.data[0] == '-' ? without_exponent(text, plain) : STR_ABSENT;
        return number.size >= 9 && parse_epoch(number, ret_time_us);
    }
    if (taken == 0 || taken != text.size)
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
