#include "store/typed_time.h"

#include "store/digits.h"

enum { MINUTE_SIZE = 17, SECONDS_SIZE = 19, FRACTION_MAX = 9 }; /* "2026-11-20T10:00:", "2026-11-20T10:00:00" */

bool typed_time_layout(struct str text, struct typed *ret)
{
    if (text.size < SECONDS_SIZE || digits_is(text.data[10]))
        return false;
    *ret = (struct typed){.type = TYPE_TIME, .separator = text.data[10]};
    size_t at = SECONDS_SIZE;
    if (at < text.size && (text.data[at] == '.' || text.data[at] == ',')) {
        size_t end = at + 1;
        while (end < text.size && digits_is(text.data[end]))
            end++;
        if (end == at + 1 || end - at - 1 > FRACTION_MAX)
            return false;
        ret->variant = (uint8_t)text.data[at];
        ret->width = (uint8_t)(end - at - 1);
        at = end;
    }
    if (text.size - at > TYPED_SUFFIX_MAX)
        return false;
    /* Letters right behind the digits would make words of them, which the id index would have to know; but for the Z. */
    bool zulu = text.size - at == 1 && text.data[at] == 'Z';
    if (at < text.size && !zulu && strchr(" +-\t,;", text.data[at]) == NULL)
        return false;
    ret->suffix_size = (uint8_t)(text.size - at);
    memcpy(ret->suffix, text.data + at, ret->suffix_size);
    return true;
}

/* ---- Texts to numbers: days are counted as in the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible date algorithms") */

static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool two(const char *data, int64_t min, int64_t max, int64_t *ret)
{
    return digits_take(data, 2, ret) && *ret >= min && *ret <= max;
}

static int64_t month_days(int64_t year, int64_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* The minutes of "2026-11-20T10:00:" */
static bool parse_minute(const char *d, char separator, int64_t *ret)
{
    int64_t year, month, day, hour, minute;
    if (d[4] != '-' || d[7] != '-' || d[10] != separator || d[13] != ':' || d[16] != ':')
        return false;
    if (!digits_take(d, 4, &year) || year < 1970 || year > 2199 || !two(d + 5, 1, 12, &month) ||
        !two(d + 8, 1, month_days(year, month), &day) || !two(d + 11, 0, 23, &hour) || !two(d + 14, 0, 59, &minute))
        return false;
    *ret = (days_from_civil(year, month, day) * 24 + hour) * 60 + minute;
    return true;
}

/* Seconds, fraction and suffix; unit is what a second counts. */
static bool parse_seconds(struct str text, const struct typed *typed, int64_t unit, int64_t *ret)
{
    const char *d = text.data;
    int64_t second, fraction = 0;
    if (!two(d + MINUTE_SIZE, 0, 59, &second))
        return false;
    if (typed->width &&
        ((uint8_t)d[SECONDS_SIZE] != typed->variant || !digits_take(d + SECONDS_SIZE + 1, typed->width, &fraction)))
        return false;
    *ret = second * unit + fraction;
    return memcmp(d + text.size - typed->suffix_size, typed->suffix, typed->suffix_size) == 0;
}

bool typed_time_parse(const struct str *texts, size_t count, const struct typed *typed, int64_t *numbers)
{
    size_t size = SECONDS_SIZE + (typed->width ? 1u + typed->width : 0u) + typed->suffix_size;
    int64_t unit = (int64_t)digits_power(typed->width), minute = 0, number;
    const char *known = NULL; /* the text whose minute that is; most others have the same */
    for (size_t i = 0; i < count; i++) {
        struct str text = texts[i];
        if (text.size != size)
            return false;
        if (known == NULL || !bytes_equal(text.data, known, MINUTE_SIZE)) {
            if (!parse_minute(text.data, typed->separator, &minute))
                return false;
            known = text.data;
        }
        if (!parse_seconds(text, typed, unit, &number))
            return false;
        numbers[i] = minute * 60 * unit + number;
    }
    return true;
}

/* ---- Numbers to texts ------------------------------------------------------------------------------------------------------ */

static void civil_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    days += 719468;
    int64_t era = days / 146097, of_era = days - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *day = of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted + (shifted < 10 ? 3 : -9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

size_t typed_time_text(const struct typed *typed, int64_t number, char *out)
{
    int64_t unit = (int64_t)digits_power(typed->width);
    int64_t seconds = number / unit, days = seconds / 86400, of_day = seconds % 86400;
    int64_t year, month, day;
    if (number < 0 || seconds >= INT64_C(7258118400)) /* the year 2200 */
        return 0;
    civil_from_days(days, &year, &month, &day);
    const int64_t parts[] = {month, day, of_day / 3600, of_day / 60 % 60, of_day % 60};
    const char behind[] = {'-', typed->separator, ':', ':', (char)typed->variant};
    digits_put_pair(out, (uint64_t)year / 100 % 100);
    digits_put_pair(out + 2, (uint64_t)year % 100);
    out[4] = '-';
    size_t size = 5;
    for (size_t i = 0; i < sizeof behind; i++, size += 3) {
        digits_put_pair(out + size, (uint64_t)parts[i]);
        out[size + 2] = behind[i];
    }
    if (typed->width)
        size += digits_put(out + size, (uint64_t)(number % unit), typed->width);
    else
        size--;
    memcpy(out + size, typed->suffix, typed->suffix_size);
    return size + typed->suffix_size;
}
