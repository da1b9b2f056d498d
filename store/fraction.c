#include "store/fraction.h"

__extension__ typedef unsigned __int128 wide; /* 2^30 * 10^28 needs 124 bits */

enum { WHOLE_DIGITS_MAX = 12, POWER_DECIMALS_MAX = 16, POWER_MAX = 11, EXACT_DIGITS_MAX = 28 };

static const int64_t number_max = INT64_C(1) << 53; /* what a double holds exactly */

static wide power_of_ten(unsigned exponent)
{
    wide value = 1;
    while (exponent-- > 0)
        value *= 10;
    return value;
}

static size_t put_digits(char *out, wide value, unsigned width)
{
    for (unsigned i = width; i-- > 0; value /= 10)
        out[i] = (char)('0' + (int)(value % 10));
    return width;
}

static unsigned width_of(wide value)
{
    unsigned width = 1;
    for (; value >= 10; value /= 10)
        width++;
    return width;
}

/* part / 2^bits * 10^decimals, part < 2^bits, rounded */
static wide rounded(uint64_t part, struct fraction fraction, unsigned decimals)
{
    wide scaled = part * power_of_ten(decimals);
    wide digits = scaled >> fraction.bits, rest = scaled & ((UINT64_C(1) << fraction.bits) - 1);
    wide half = UINT64_C(1) << (fraction.bits - 1);
    return digits + (rest > half || (rest == half && (fraction.up || digits & 1)));
}

/* d.ddde-xx */
static size_t power_text(uint64_t part, struct fraction fraction, unsigned decimals, char *out)
{
    unsigned power = 1;
    while (power <= POWER_MAX && (part * power_of_ten(power)) >> fraction.bits == 0)
        power++;
    if (power > POWER_MAX)
        return 0;
    wide digits = rounded(part, fraction, power + decimals);
    if (width_of(digits) != decimals + 1)
        return 0; /* rounded up to ten */
    char all[POWER_DECIMALS_MAX + 1] = {0};
    put_digits(all, digits, decimals + 1);
    size_t size = 0;
    out[size++] = all[0];
    if (decimals > 0)
        out[size++] = '.';
    memcpy(out + size, all + 1, decimals);
    size += decimals;
    out[size++] = 'e';
    out[size++] = '-';
    return size + put_digits(out + size, power, 2);
}

size_t fraction_text(int64_t number, struct fraction fraction, uint32_t decimals, char *out)
{
    if (number <= -number_max || number >= number_max || fraction.bits < FRACTION_BITS_MIN ||
        fraction.bits > FRACTION_BITS_MAX)
        return 0;
    size_t size = 0;
    if (number < 0)
        out[size++] = '-';
    uint64_t value = (uint64_t)(number < 0 ? -number : number), whole = value >> fraction.bits;
    uint64_t part = value & ((UINT64_C(1) << fraction.bits) - 1);
    if (decimals >= FRACTION_POWER && decimals <= FRACTION_POWER + POWER_DECIMALS_MAX && whole == 0) {
        size_t written = power_text(part, fraction, decimals - FRACTION_POWER, out + size);
        return written ? size + written : 0;
    }
    if (decimals < 1 || decimals > FRACTION_DECIMALS_MAX)
        return 0;
    wide digits = rounded(part, fraction, decimals);
    if (digits == power_of_ten(decimals)) {
        digits = 0;
        whole++;
    }
    size += put_digits(out + size, whole, width_of(whole));
    out[size++] = '.';
    return size + put_digits(out + size, digits, decimals);
}

/* Takes digits off the front; false when there are none or more than max. */
static bool take_digits(struct str *text, unsigned max, wide *value, unsigned *ret_count)
{
    unsigned count = 0;
    while (count < text->size && count < max && text->data[count] >= '0' && text->data[count] <= '9')
        *value = *value * 10 + (unsigned)(text->data[count++] - '0');
    *text = str_slice(*text, count, text->size);
    *ret_count = count;
    return count > 0;
}

bool fraction_parse(struct str text, struct fraction fraction, int64_t *ret_number, uint32_t *ret_decimals)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    struct str rest = str_slice(text, negative, text.size);
    wide digits = 0, power = 0;
    unsigned count, decimals = 0;
    if (!take_digits(&rest, WHOLE_DIGITS_MAX, &digits, &count))
        return false;
    if (rest.size > 0 && rest.data[0] == '.') {
        rest = str_slice(rest, 1, rest.size);
        if (!take_digits(&rest, EXACT_DIGITS_MAX - count, &digits, &decimals))
            return false;
    }
    bool scientific = rest.size == 4 && rest.data[0] == 'e' && rest.data[1] == '-';
    if (scientific) {
        rest = str_slice(rest, 2, rest.size);
        take_digits(&rest, 2, &power, &count);
    }
    unsigned exponent = decimals + (unsigned)power;
    if (rest.size > 0 || exponent > EXACT_DIGITS_MAX || digits >= power_of_ten(EXACT_DIGITS_MAX))
        return false;
    wide unit = power_of_ten(exponent);
    if (digits / unit >= (wide)number_max >> fraction.bits)
        return false;
    wide value = (digits / unit << fraction.bits) + ((digits % unit << fraction.bits) + unit / 2) / unit;
    *ret_number = negative ? -(int64_t)value : (int64_t)value;
    *ret_decimals = decimals + (scientific ? FRACTION_POWER : 0);
    char again[FRACTION_TEXT_MAX];
    return str_equal(str_from(again, fraction_text(*ret_number, fraction, *ret_decimals, again)), text);
}

bool fraction_parse_all(const struct str *texts, size_t count, struct fraction *fraction, int64_t *numbers,
                        uint32_t *decimals)
{
    for (;; *fraction = (struct fraction){.bits = FRACTION_BITS_MIN, .up = true}) {
        for (; fraction->bits <= FRACTION_BITS_MAX; fraction->bits++) {
            size_t i = 0;
            while (i < count && fraction_parse(texts[i], *fraction, &numbers[i], &decimals[i]))
                i++;
            if (i == count)
                return true;
        }
        if (fraction->up)
            return false;
    }
}
