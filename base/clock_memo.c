#include "base/clock_memo.h"

#include <endian.h>

enum { FRACTION_AT = 20, DIGITS_MAX = 6 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "S.ffffff" as a number, which has seven digits; -1 when it is not so. */
static int64_t take_digits(const char *p)
{
    const uint64_t zeros = UINT64_C(0x3030303030303030), high = UINT64_C(0x8080808080808080);
    uint64_t text;
    memcpy(&text, p, sizeof text);
    text = le64toh(text);
    if ((text >> 8 & 0xff) != '.')
        return -1;
    text = (text & ~UINT64_C(0xffff)) | (text << 8 & 0xff00) | '0'; /* "0Sffffff" */
    uint64_t digits = text ^ zeros;
    if (((digits + UINT64_C(0x7676767676767676)) | digits) & high) /* above 9 */
        return -1;
    digits = digits * 10 + (digits >> 8); /* pairs, then fours, then all */
    digits = (((digits & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064)) +
              ((digits >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001))) >>
             32;
    return (int64_t)digits;
}

/* The microseconds behind the minute in "SS.ffffff", and where the zone starts; 0 when the text is not so. */
static size_t take_seconds(struct str text, int64_t *ret_us)
{
    enum { SECONDS_AT = 17, US_PER_TEN_SECONDS = 10000000 };
    const char *p = text.data;
    if (text.size <= FRACTION_AT || p[FRACTION_AT - 1] != '.' || !is_digit(p[17]) || !is_digit(p[18]) || p[17] > '5')
        return 0;
    int64_t whole = text.size >= FRACTION_AT + DIGITS_MAX ? take_digits(p + SECONDS_AT + 1) : -1;
    if (whole >= 0) {
        *ret_us = (p[SECONDS_AT] - '0') * (int64_t)US_PER_TEN_SECONDS + whole;
        return FRACTION_AT + DIGITS_MAX;
    }
    int64_t value = (p[17] - '0') * 10 + (p[18] - '0');
    size_t at = FRACTION_AT;
    for (; at < text.size && at < FRACTION_AT + DIGITS_MAX && is_digit(p[at]); at++)
        value = value * 10 + (p[at] - '0');
    for (size_t digits = at - FRACTION_AT; digits < DIGITS_MAX; digits++)
        value *= 10;
    *ret_us = value;
    return at > FRACTION_AT ? at : 0;
}

static void learn(struct clock_memo *memo, struct str text, int64_t time_us)
{
    int64_t seconds_us;
    size_t zone = take_seconds(text, &seconds_us);
    if (zone == 0 || zone == text.size || text.size - zone > CLOCK_MEMO_ZONE_MAX ||
        strchr("Z+-", text.data[zone]) == NULL)
        return;
    memcpy(memo->minute, text.data, sizeof memo->minute);
    memcpy(memo->zone, text.data + zone, text.size - zone);
    memo->zone_size = (uint8_t)(text.size - zone);
    memo->minute_us = time_us - seconds_us;
}

bool clock_memo_parse(struct clock_memo *memo, struct str text, int64_t reference_us, int64_t *ret_time_us)
{
    int64_t seconds_us;
    if (memo->zone_size > 0 && text.size > FRACTION_AT && memcmp(text.data, memo->minute, sizeof memo->minute) == 0) {
        size_t zone = take_seconds(text, &seconds_us);
        if (zone > 0 && str_equal(str_slice(text, zone, text.size), str_from(memo->zone, memo->zone_size))) {
            *ret_time_us = memo->minute_us + seconds_us;
            return true;
        }
    }
    if (!clock_parse(text, reference_us, ret_time_us))
        return false;
    if (text.size > FRACTION_AT)
        learn(memo, text, *ret_time_us);
    return true;
}
