#include "base/clock_number.h"

#include "base/clock_cursor.h"

enum {
    EXPONENT_MAX = 19,
    PLAIN_MAX = 64,
    MAGNITUDE_MIN = 100000000, /* a smaller number is a count, not a time */
};

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
static bool parse_plain(struct str text, int64_t *ret_time_us)
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

bool clock_number_parse(struct str text, int64_t *ret_time_us)
{
    char plain[PLAIN_MAX];
    if (text.size < 9)
        return false;
    if (parse_plain(text, ret_time_us))
        return true;
    struct str number = is_digit(text.data[0]) || text.data[0] == '-' ? without_exponent(text, plain) : STR_ABSENT;
    return number.size >= 9 && parse_plain(number, ret_time_us);
}
