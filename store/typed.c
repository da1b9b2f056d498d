#include "store/typed.h"

#include <endian.h>

#include "base/must.h"
#include "store/digits.h"
#include "store/fraction.h"
#include "store/typed_time.h"

enum { DIGITS_MAX = 18 };

static bool parse_integer(struct str s, int64_t *ret)
{
    size_t sign = s.size && s.data[0] == '-';
    size_t digits = s.size - sign;
    if (digits == 0 || digits > DIGITS_MAX || !digits_take(s.data + sign, digits, ret))
        return false;
    if (s.data[sign] == '0' && (digits > 1 || sign))
        return false;
    if (sign)
        *ret = -*ret;
    return true;
}

static bool parse_decimal(struct str s, int64_t *ret, uint32_t *ret_scale)
{
    size_t sign = s.size && s.data[0] == '-';
    size_t point = str_find_char(s, '.');
    if (point == STR_NONE || point == sign || point + 1 == s.size || s.size - sign - 1 > DIGITS_MAX)
        return false;
    int64_t whole, fraction;
    size_t scale = s.size - point - 1;
    if (!digits_take(s.data + sign, point - sign, &whole) || !digits_take(s.data + point + 1, scale, &fraction))
        return false;
    if (s.data[sign] == '0' && point - sign > 1)
        return false;
    for (size_t i = 0; i < scale; i++)
        whole *= 10;
    *ret = whole + fraction;
    if (sign && *ret == 0)
        return false;
    if (sign)
        *ret = -*ret;
    *ret_scale = (uint32_t)scale;
    return true;
}

static bool parse_width(struct str s, unsigned width, int64_t *ret)
{
    return s.size == width && digits_take(s.data, s.size, ret);
}

/* ---- Numbers as times ------------------------------------------------------------------------------------------------- */

/* number * 10^(6 - decimals), without regard to overflow: what comes out is only a guess that others differ from. */
static int64_t as_us(int64_t number, unsigned decimals)
{
    static const uint64_t powers[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    if (decimals < sizeof powers / sizeof *powers)
        return (int64_t)((uint64_t)number * powers[decimals]);
    for (; decimals > 6; decimals--)
        number /= 10;
    return number;
}

static unsigned epoch_decimals(int64_t number)
{
    uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;
    return size < UINT64_C(100000000000)         ? 0
           : size < UINT64_C(100000000000000)    ? 3
           : size < UINT64_C(100000000000000000) ? 6
                                                 : 9;
}

const int64_t *typed_times(const struct typed *typed, const int64_t *numbers, const uint32_t *scales, uint32_t count,
                           struct arena *arena)
{
    if (typed->type == TYPE_DIGITS || typed->type == TYPE_FRACTION || count == 0)
        return NULL;
    unsigned decimals = typed->type == TYPE_INTEGER ? epoch_decimals(numbers[0]) : typed->width;
    if (typed->type != TYPE_FLOATING && decimals == 6)
        return numbers;
    int64_t *times = ARENA_ARRAY(arena, int64_t, count);
    for (uint32_t i = 0; i < count; i++)
        times[i] = as_us(numbers[i], typed->type == TYPE_FLOATING ? scales[i] : decimals);
    return times;
}

/* ---- Hex, UUIDs, addresses ---------------------------------------------------------------------------------------------- */

/* HEX_DIGIT and the value of a hex digit in lower or upper case, else 0. */
enum { HEX_DIGIT = 16, HEX_VALUE = 15 };
#define HEX_DECIMALS                                                                                                   \
    ['0'] = 16, ['1'] = 17, ['2'] = 18, ['3'] = 19, ['4'] = 20, ['5'] = 21, ['6'] = 22, ['7'] = 23, ['8'] = 24,        \
    ['9'] = 25
static const uint8_t nibbles[2][256] = {
    {HEX_DECIMALS, ['a'] = 26, ['b'] = 27, ['c'] = 28, ['d'] = 29, ['e'] = 30, ['f'] = 31},
    {HEX_DECIMALS, ['A'] = 26, ['B'] = 27, ['C'] = 28, ['D'] = 29, ['E'] = 30, ['F'] = 31},
};

static inline uint8_t nibble(char c, bool upper)
{
    return nibbles[upper][(unsigned char)c];
}

static bool is_hex(struct str s, size_t width, bool upper)
{
    if (s.size != width)
        return false;
    unsigned all = HEX_DIGIT;
    for (size_t i = 0; i < s.size; i++)
        all &= nibble(s.data[i], upper);
    return all & HEX_DIGIT;
}

/* Where the 16 pairs of digits of a UUID stand. */
static const uint8_t uuid_places[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

/* The four bytes that eight hex digits in lower case stand for. False when one is none. All eight at once. */
static inline bool take_eight_digits(const char *digits, char out[4])
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80, low = ones * 0x7f;
    uint64_t text;
    memcpy(&text, digits, sizeof text);
    text = le64toh(text);
    uint64_t decimal = text ^ ones * '0', letter = text ^ ones * 0x60; /* below 10; from 1 to 6 */
    uint64_t is_decimal = ~((decimal & low) + ones * (0x80 - 10)) & ~decimal;
    uint64_t is_letter = ((letter & low) + ones * 0x7f) & ~((letter & low) + ones * (0x80 - 7)) & ~letter & high;
    if (((is_decimal | is_letter) & high) != high)
        return false;
    uint64_t values = (text & ones * 15) + (is_letter >> 7) * 9;
    uint64_t pairs = (values << 4 | values >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    pairs = (pairs | pairs >> 8) & UINT64_C(0x0000ffff0000ffff);
    uint32_t bytes = htole32((uint32_t)(pairs | pairs >> 16));
    memcpy(out, &bytes, sizeof bytes);
    return true;
}

static bool parse_uuid(struct str s, char out[16])
{
    if (s.size != 36 || s.data[8] != '-' || s.data[13] != '-' || s.data[18] != '-' || s.data[23] != '-')
        return false;
    char digits[32];
    memcpy(digits, s.data, 8);
    memcpy(digits + 8, s.data + 9, 4);
    memcpy(digits + 12, s.data + 14, 4);
    memcpy(digits + 16, s.data + 19, 4);
    memcpy(digits + 20, s.data + 24, 12);
    for (size_t i = 0; i < 4; i++)
        if (!take_eight_digits(digits + 8 * i, out + 4 * i))
            return false;
    return true;
}

static bool parse_ipv4(struct str s, char out[4])
{
    if (s.size < 7 || s.size > 15)
        return false;
    unsigned part = 0, digits = 0, index = 0;
    for (size_t i = 0; i <= s.size; i++) {
        if (i < s.size && digits_is(s.data[i])) {
            if (digits && part == 0)
                return false; /* a superfluous zero */
            part = part * 10 + (unsigned)(s.data[i] - '0');
            if (++digits > 3 || part > 255)
                return false;
        } else {
            if (digits == 0 || index > 3 || (i < s.size && s.data[i] != '.'))
                return false;
            out[index++] = (char)part;
            part = digits = 0;
        }
    }
    return index == 4;
}

/* ---- Detection ------------------------------------------------------------------------------------------------------------ */

static bool all_numbers(const struct str *values, size_t count, struct typed *typed, int64_t *numbers, uint32_t *scales)
{
    for (size_t i = 0; i < count; i++) {
        bool fits;
        switch (typed->type) {
        case TYPE_INTEGER:
            fits = parse_integer(values[i], &numbers[i]);
            break;
        case TYPE_DIGITS:
            fits = parse_width(values[i], typed->width, &numbers[i]);
            break;
        default:
            fits = parse_decimal(values[i], &numbers[i], &scales[i]);
            if (fits && typed->type == TYPE_DECIMAL && scales[i] != typed->width)
                typed->type = TYPE_FLOATING; /* those before it have their scales already */
        }
        if (!fits)
            return false;
    }
    return true;
}

static bool detect_bytes(const struct str *values, size_t count, struct typed *ret)
{
    struct str first = values[0];
    char uuid[16], address[4];
    if (parse_uuid(first, uuid)) {
        *ret = (struct typed){.type = TYPE_UUID};
        for (size_t i = 1; i < count; i++)
            if (!parse_uuid(values[i], uuid))
                return false;
        return true;
    }
    if (parse_ipv4(first, address)) {
        *ret = (struct typed){.type = TYPE_IPV4};
        for (size_t i = 1; i < count; i++)
            if (!parse_ipv4(values[i], address))
                return false;
        return true;
    }
    if (first.size < 8 || first.size > 64 || first.size % 2)
        return false;
    for (uint8_t upper = 0; upper < 2; upper++) {
        *ret = (struct typed){.type = TYPE_HEX, .width = (uint8_t)first.size, .variant = upper};
        size_t i = 0;
        while (i < count && is_hex(values[i], first.size, upper))
            i++;
        if (i == count)
            return true;
    }
    return false;
}

/* Only where a sample has more decimals than any clock. */
static bool detect_fraction(const struct str *values, size_t count, struct typed *ret, int64_t *numbers,
                            uint32_t *scales)
{
    enum { SAMPLE = 16, CLOCK_DECIMALS = 9 };
    struct str sample[SAMPLE];
    size_t sampled = 0, decimals = 0;
    for (size_t i = 0; i < count && sampled < SAMPLE; i += count / SAMPLE + 1) {
        size_t point = str_find_char(values[i], '.');
        if (point != STR_NONE && values[i].size - point - 1 > decimals)
            decimals = values[i].size - point - 1;
        sample[sampled++] = values[i];
    }
    struct fraction fraction = {.bits = FRACTION_BITS_MIN};
    if (decimals <= CLOCK_DECIMALS || !fraction_parse_all(sample, sampled, &fraction, numbers, scales) ||
        !fraction_parse_all(values, count, &fraction, numbers, scales))
        return false;
    *ret = (struct typed){.type = TYPE_FRACTION, .width = fraction.bits, .variant = fraction.up};
    return true;
}

bool typed_detect(const struct str *values, size_t count, struct typed *ret, int64_t *numbers, uint32_t *scales)
{
    must(count > 0);
    struct str first = values[0];
    if (first.size == 0 || first.size > TYPED_TEXT_MAX)
        return false;
    uint32_t scale;
    if (detect_fraction(values, count, ret, numbers, scales))
        return true;
    if (parse_integer(first, &numbers[0])) {
        *ret = (struct typed){.type = TYPE_INTEGER};
        if (all_numbers(values, count, ret, numbers, scales))
            return true;
    } else if (parse_decimal(first, &numbers[0], &scale)) {
        *ret = (struct typed){.type = TYPE_DECIMAL, .width = (uint8_t)scale};
        return all_numbers(values, count, ret, numbers, scales);
    } else if (typed_time_layout(first, ret) && typed_time_parse(values, count, ret, numbers)) {
        return true;
    }
    if (digits_is(first.data[0]) && first.size <= DIGITS_MAX) {
        *ret = (struct typed){.type = TYPE_DIGITS, .width = (uint8_t)first.size};
        if (all_numbers(values, count, ret, numbers, scales))
            return true;
    }
    return detect_bytes(values, count, ret);
}

bool typed_valid(const struct typed *typed)
{
    switch (typed->type) {
    case TYPE_INTEGER:
    case TYPE_FLOATING:
    case TYPE_UUID:
    case TYPE_IPV4:
        return true;
    case TYPE_DECIMAL:
        return typed->width >= 1 && typed->width <= DIGITS_MAX - 1;
    case TYPE_DIGITS:
        return typed->width >= 1 && typed->width <= DIGITS_MAX;
    case TYPE_TIME:
        return typed->width <= 9 && typed->suffix_size <= TYPED_SUFFIX_MAX;
    case TYPE_FRACTION:
        return typed->width >= FRACTION_BITS_MIN && typed->width <= FRACTION_BITS_MAX;
    case TYPE_HEX:
        return typed->width >= 2 && typed->width <= 64 && typed->width % 2 == 0;
    default:
        return false;
    }
}

/* ---- Back to text ----------------------------------------------------------------------------------------------------------- */

size_t typed_byte_size(const struct typed *typed)
{
    return typed->type == TYPE_UUID ? 16 : typed->type == TYPE_IPV4 ? 4 : typed->width / 2u;
}

void typed_to_bytes(const struct typed *typed, struct str text, char *out)
{
    if (typed->type != TYPE_HEX) {
        must(typed->type == TYPE_UUID ? parse_uuid(text, out) : parse_ipv4(text, out));
        return;
    }
    bool upper = typed->variant;
    for (size_t i = 0; i < typed_byte_size(typed); i++)
        out[i] = (char)((nibble(text.data[2 * i], upper) & HEX_VALUE) << 4 |
                        (nibble(text.data[2 * i + 1], upper) & HEX_VALUE));
}

static size_t decimal_text(int64_t number, unsigned scale, char *out)
{
    size_t size = 0;
    uint64_t value = number < 0 ? -(uint64_t)number : (uint64_t)number;
    if (number < 0)
        out[size++] = '-';
    uint64_t unit = 1;
    for (unsigned i = 0; i < scale; i++)
        unit *= 10;
    size += digits_put(out + size, value / unit, 1);
    if (scale) {
        out[size++] = '.';
        size += digits_put(out + size, value % unit, scale);
    }
    return size;
}

size_t typed_number_text(const struct typed *typed, int64_t number, uint32_t scale, char *out)
{
    switch (typed->type) {
    case TYPE_INTEGER:
        return decimal_text(number, 0, out);
    case TYPE_DECIMAL:
        return decimal_text(number, typed->width, out);
    case TYPE_FLOATING:
        return scale >= 1 && scale < DIGITS_MAX ? decimal_text(number, scale, out) : 0;
    case TYPE_DIGITS:
        return number < 0 ? 0 : digits_put(out, (uint64_t)number, typed->width);
    case TYPE_TIME:
        return typed_time_text(typed, number, out);
    case TYPE_FRACTION:
        return fraction_text(number, (struct fraction){typed->width, typed->variant}, scale, out);
    default:
        return 0;
    }
}

size_t typed_bytes_text(const struct typed *typed, const char *bytes, char *out)
{
    size_t size = 0;
    if (typed->type == TYPE_IPV4) {
        for (size_t i = 0; i < 4; i++) {
            if (i)
                out[size++] = '.';
            size += digits_put(out + size, (unsigned char)bytes[i], 1);
        }
        return size;
    }
    const char *digits = typed->type == TYPE_HEX && typed->variant ? "0123456789ABCDEF" : "0123456789abcdef";
    bool dashes = typed->type == TYPE_UUID;
    for (size_t i = 0; i < typed_byte_size(typed); i++) {
        if (dashes && size + 1 == uuid_places[i])
            out[size++] = '-';
        out[size++] = digits[(unsigned char)bytes[i] >> 4];
        out[size++] = digits[(unsigned char)bytes[i] & 15];
    }
    return size;
}
