/* The pieces time stamps are made of. Only base/clock_parse.c and clock_number.c include this.
 *
 * A cursor stands in a view; what takes a piece moves it behind that piece, and may leave it anywhere after false. Nothing is
 * read at or behind `end`. */
#ifndef WINNOW_BASE_CLOCK_CURSOR_H
#define WINNOW_BASE_CLOCK_CURSOR_H

#include "base/clock.h"

#define TIME_FIRST (INT64_C(-62135596800) * TIME_SECOND) /* 0001-01-01T00:00:00Z */
#define TIME_END (INT64_C(253402300800) * TIME_SECOND)   /* 10000-01-01T00:00:00Z */

struct cursor {
    const char *at, *end;
};

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

static inline bool time_valid(const struct clock_civil *civil)
{
    return civil->hour <= 23 && civil->minute <= 59 && civil->second <= 60;
}

/* Three bytes, case ignored: 1..12, or 0. */
static inline int month_of(const char *p)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int i = 0; i < 12; i++) {
        if ((p[0] | 0x20) == names[3 * i] && (p[1] | 0x20) == names[3 * i + 1] && (p[2] | 0x20) == names[3 * i + 2])
            return i + 1;
    }
    return 0;
}

static inline bool is_weekday(const char *p)
{
    static const char names[] = "sunmontuewedthufrisat";
    for (int i = 0; i < 7; i++) {
        if ((p[0] | 0x20) == names[3 * i] && (p[1] | 0x20) == names[3 * i + 1] && (p[2] | 0x20) == names[3 * i + 2])
            return true;
    }
    return false;
}

static inline bool take_month(struct cursor *c, int *ret)
{
    if (left(c) < 3)
        return false;
    *ret = month_of(c->at);
    c->at += 3;
    return *ret != 0;
}

/* "2", " 2" or "20" */
static inline bool take_day(struct cursor *c, int *ret)
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
static inline bool take_time(struct cursor *c, struct clock_civil *civil, bool seconds_needed)
{
    if (!take_digits(c, 2, &civil->hour) || !take_char(c, ':') || !take_digits(c, 2, &civil->minute))
        return false;
    if (seconds_needed || (left(c) >= 2 && c->at[0] == ':' && is_digit(c->at[1]))) {
        if (!take_char(c, ':') || !take_digits(c, 2, &civil->second))
            return false;
        take_fraction(c, &civil->microsecond);
    }
    return time_valid(civil);
}

#endif
