/* Durations as people write them: number and unit pairs, such as "2h30m", "1.5 hours" or "1w 2d". */
#include "base/clock.h"

struct cursor {
    const char *at, *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool take_char(struct cursor *c, char wanted)
{
    bool there = c->at < c->end && *c->at == wanted;
    c->at += there;
    return there;
}

static int64_t unit_us(struct str word)
{
    static const struct {
        const char *name;
        int64_t us;
    } units[] = {
        {"us", 1},
        {"ms", 1000},
        {"s", TIME_SECOND},
        {"sec", TIME_SECOND},
        {"secs", TIME_SECOND},
        {"second", TIME_SECOND},
        {"seconds", TIME_SECOND},
        {"m", TIME_MINUTE},
        {"min", TIME_MINUTE},
        {"mins", TIME_MINUTE},
        {"minute", TIME_MINUTE},
        {"minutes", TIME_MINUTE},
        {"h", TIME_HOUR},
        {"hr", TIME_HOUR},
        {"hrs", TIME_HOUR},
        {"hour", TIME_HOUR},
        {"hours", TIME_HOUR},
        {"d", TIME_DAY},
        {"day", TIME_DAY},
        {"days", TIME_DAY},
        {"w", 7 * TIME_DAY},
        {"week", 7 * TIME_DAY},
        {"weeks", 7 * TIME_DAY},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (str_equal(word, str_of(units[i].name)))
            return units[i].us;
    }
    return 0;
}

static void skip_spaces(struct cursor *c)
{
    while (take_char(c, ' '))
        continue;
}

/* One "1.5 hours"; the fraction is exact before it is cut. */
static bool take_duration(struct cursor *c, int64_t *ret_us)
{
    int64_t whole = 0, fraction = 0, scale = 1;
    if (c->at == c->end || !is_digit(*c->at))
        return false;
    for (; c->at < c->end && is_digit(*c->at); c->at++) {
        if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, *c->at - '0', &whole))
            return false;
    }
    if (take_char(c, '.')) {
        const char *start = c->at;
        for (; c->at < c->end && is_digit(*c->at); c->at++) {
            if (c->at - start < 18) {
                fraction = fraction * 10 + (*c->at - '0');
                scale *= 10;
            }
        }
        if (c->at == start)
            return false;
    }
    skip_spaces(c);
    const char *word = c->at;
    while (c->at < c->end && is_letter(*c->at))
        c->at++;
    int64_t unit = unit_us(str_from(word, (size_t)(c->at - word)));
    int64_t part = (int64_t)((__int128)fraction * unit / scale);
    return unit != 0 && !__builtin_mul_overflow(whole, unit, &whole) && !__builtin_add_overflow(whole, part, ret_us);
}

bool clock_parse_duration(struct str text, int64_t *ret_us)
{
    if (text.size == 0)
        return false;
    struct cursor c = {text.data, text.data + text.size};
    int64_t sum = 0;
    do {
        int64_t part;
        if (!take_duration(&c, &part) || __builtin_add_overflow(sum, part, &sum))
            return false;
        if (c.at < c.end && *c.at == ' ') {
            skip_spaces(&c);
            if (c.at == c.end)
                return false;
        }
    } while (c.at < c.end);
    *ret_us = sum;
    return true;
}
