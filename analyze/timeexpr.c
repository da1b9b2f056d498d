#include "analyze/timeexpr.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { TEXT_MAX = 128, WORDS_MAX = 5, QUOTE_MAX = 60 };

/* The words of the text in lower case. */
struct words {
    char text[TEXT_MAX + 1];
    struct str word[WORDS_MAX];
    size_t count; /* WORDS_MAX + 1 when there are more */
};

static void split_words(struct words *words, struct str text)
{
    words->count = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        words->text[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    struct str rest = {words->text, text.size};
    while (rest.size > 0 && words->count <= WORDS_MAX) {
        struct str word = str_cut(&rest, ' ');
        if (word.size == 0)
            continue;
        if (words->count < WORDS_MAX)
            words->word[words->count] = word;
        words->count++;
    }
}

static bool word_is(const struct words *words, size_t at, const char *wanted)
{
    return at < words->count && str_equal(words->word[at], str_of(wanted));
}

/* 0 = Sunday, -1 = none. */
static int weekday_of(struct str word)
{
    static const char *const names[7][4] = {
        {"sunday", "sun"},
        {"monday", "mon"},
        {"tuesday", "tue", "tues"},
        {"wednesday", "wed"},
        {"thursday", "thu", "thur", "thurs"},
        {"friday", "fri"},
        {"saturday", "sat"},
    };
    for (int day = 0; day < 7; day++) {
        for (int i = 0; i < 4 && names[day][i]; i++) {
            if (str_equal(word, str_of(names[day][i])))
                return day;
        }
    }
    return -1;
}

/* How many days before today the words name; *ret_used is the number of words, 0 if they name none. */
static int days_back(const struct words *words, int weekday_today, size_t *ret_used)
{
    *ret_used = 1;
    if (word_is(words, 0, "today"))
        return 0;
    if (word_is(words, 0, "yesterday"))
        return 1;
    if (word_is(words, 0, "tomorrow"))
        return -1;
    bool last = word_is(words, 0, "last");
    int weekday = words->count > last ? weekday_of(words->word[last]) : -1;
    *ret_used = weekday < 0 ? 0 : (size_t)last + 1;
    int back = (weekday_today - weekday + 7) % 7;
    return last && back == 0 ? 7 : back;
}

/* True if the word and a time of day make a stamp: only YYYY-MM-DD and YYYY/MM/DD do. */
static bool is_date(struct str word)
{
    char text[TEXT_MAX + 8];
    int64_t time_us;
    int size = snprintf(text, sizeof text, "%.*s 00:00", STR_ARG(word));
    return size == 16 && clock_parse(str_of(text), 0, &time_us);
}

/* DAY [[at] CLOCK] or CLOCK: written out as one stamp, so that clock_parse judges it and knows the zone. */
static bool parse_calendar(const struct words *words, int64_t now_us, int64_t *ret_us)
{
    struct clock_civil day;
    clock_to_civil(now_us, &day);
    if (day.year < 1 || day.year > 9999)
        return false;
    size_t at;
    int back = days_back(words, day.weekday, &at);
    char text[2 * TEXT_MAX];
    struct str date = STR_ABSENT;
    if (at == 0 && is_date(words->word[0])) {
        date = words->word[at++];
    } else {
        day.day -= at > 0 ? back : 0;
        clock_to_civil_utc(clock_from_civil_utc(&day), &day); /* the calendar only: day 0 is a date again */
        snprintf(text, sizeof text, "%04d-%02d-%02d", day.year, day.month, day.day);
        date = str_of(text);
    }
    struct str time = STR("00:00");
    bool timed = at == 0 || at < words->count;
    at += at > 0 && word_is(words, at, "at");
    if (timed) {
        if (at + 1 != words->count)
            return false;
        time = words->word[at];
        if (word_is(words, at, "noon"))
            time = STR("12:00");
        else if (word_is(words, at, "midnight"))
            time = STR("00:00");
    }
    bool pad = time.size > 1 && time.data[1] == ':'; /* 9:30 */
    char stamp[3 * TEXT_MAX];
    int size = snprintf(stamp, sizeof stamp, "%.*s %s%.*s", STR_ARG(date), pad ? "0" : "", STR_ARG(time));
    return size > 0 && clock_parse(str_from(stamp, (size_t)size), now_us, ret_us);
}

/* A number and an M alone: months to those who write m for minutes. Neither is guessed. */
static bool has_month(struct str text)
{
    bool number = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i], next = i + 1 < text.size ? text.data[i + 1] : ' ';
        bool last = !((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'));
        if (number && c == 'M' && last)
            return true;
        number = (c >= '0' && c <= '9') || (number && (c == ' ' || c == '.'));
    }
    return false;
}

static bool refuse_month(const char *what, struct str quote, struct err *err)
{
    return err_set(err, ERR_USAGE, 0, "%s '%.*s': M may be months or minutes; write 30d, or 1m for a minute", what,
                   STR_ARG(quote));
}

/* [+|-]DURATION or DURATION ago. *ret_relative tells that it was one, whether or not the result has a date. */
static bool parse_relative(struct str lower, int64_t now_us, int64_t *ret_us, bool *ret_relative)
{
    bool ahead = str_starts(lower, STR("+"));
    bool marked = ahead || str_starts(lower, STR("-"));
    if (marked)
        lower = str_slice(lower, 1, lower.size);
    else if (str_ends(lower, STR(" ago")))
        lower = str_trim(str_slice(lower, 0, lower.size - 4));
    int64_t span_us;
    *ret_relative = clock_parse_duration(lower, &span_us);
    if (!*ret_relative)
        return false;
    if (ahead ? __builtin_add_overflow(now_us, span_us, ret_us) : __builtin_sub_overflow(now_us, span_us, ret_us))
        return false;
    struct clock_civil civil;
    clock_to_civil_utc(*ret_us, &civil);
    return civil.year >= 1 && civil.year <= 9999;
}

/* Behind the '@': numbers too small for clock_parse are seconds. */
static bool parse_epoch(struct str number, int64_t now_us, int64_t *ret_us)
{
    size_t point = str_find_char(number, '.');
    int64_t seconds;
    if (!str_to_i64(str_slice(number, 0, point == STR_NONE ? number.size : point), &seconds))
        return false;
    if (seconds <= -100000000 || seconds >= 100000000)
        return clock_parse(number, now_us, ret_us);
    int64_t fraction_us = 0, scale = TIME_SECOND;
    if (point != STR_NONE) {
        if (point + 1 == number.size)
            return false;
        for (size_t i = point + 1; i < number.size; i++) {
            if (number.data[i] < '0' || number.data[i] > '9')
                return false;
            scale /= 10;
            fraction_us += (number.data[i] - '0') * scale;
        }
    }
    bool negative = number.data[0] == '-';
    *ret_us = seconds * TIME_SECOND + (negative ? -fraction_us : fraction_us);
    return true;
}

static bool parse_trimmed(struct str text, int64_t now_us, int64_t *ret_us, bool *ret_relative)
{
    struct words words;
    split_words(&words, text);
    struct str lower = {words.text, text.size};
    if (words.count == 1 && word_is(&words, 0, "now")) {
        *ret_us = now_us;
        return true;
    }
    if (text.data[0] == '@')
        return parse_epoch(str_slice(text, 1, text.size), now_us, ret_us);
    if (parse_relative(lower, now_us, ret_us, ret_relative))
        return true;
    if (*ret_relative)
        return false;
    if (words.count <= WORDS_MAX && parse_calendar(&words, now_us, ret_us))
        return true;
    return clock_parse(text, now_us, ret_us);
}

bool timeexpr_parse(struct str text, int64_t now_us, int64_t *ret_us, struct err *err)
{
    struct str trimmed = str_trim(text);
    struct str quote = str_slice(text, 0, QUOTE_MAX);
    bool relative = false;
    int64_t time_us;
    if (has_month(trimmed))
        return refuse_month("time", quote, err);
    if (trimmed.size > 0 && trimmed.size <= TEXT_MAX && !memchr(trimmed.data, '\0', trimmed.size) &&
        parse_trimmed(trimmed, now_us, &time_us, &relative)) {
        *ret_us = time_us;
        return true;
    }
    if (relative)
        return err_set(err, ERR_USAGE, 0, "time '%.*s' is outside the years 1 to 9999", STR_ARG(quote));
    return err_set(err, ERR_USAGE, 0,
                   "time '%.*s' is not understood; try 'today', '-3h', '2026-11-20T02:15' or RFC 3339", STR_ARG(quote));
}

bool timeexpr_step(struct str text, int64_t *ret_us, struct err *err)
{
    struct str trimmed = str_trim(text);
    int64_t step_us;
    if (has_month(trimmed))
        return refuse_month("step", str_slice(text, 0, QUOTE_MAX), err);
    if (trimmed.size <= TEXT_MAX) {
        struct words words;
        split_words(&words, trimmed);
        if (clock_parse_duration(str_from(words.text, trimmed.size), &step_us) && step_us > 0) {
            *ret_us = step_us;
            return true;
        }
    }
    return err_set(err, ERR_USAGE, 0, "step '%.*s' is not understood; try '1m', '15 min' or '1h'",
                   STR_ARG(str_slice(text, 0, QUOTE_MAX)));
}
