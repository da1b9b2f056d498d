#define _GNU_SOURCE 1
#include "base/str.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/must.h"

static inline unsigned char lower(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool str_equal_nocase(struct str a, struct str b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++) {
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    }
    return true;
}

int str_compare(struct str a, struct str b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.size >= suffix.size && str_equal(str_slice(s, s.size - suffix.size, s.size), suffix);
}

size_t str_find(struct str s, struct str needle)
{
    if (needle.size == 0)
        return 0;
    if (needle.size > s.size)
        return STR_NONE;
    const char *found = memmem(s.data, s.size, needle.data, needle.size);
    return found ? (size_t)(found - s.data) : STR_NONE;
}

size_t str_find_last(struct str s, struct str needle)
{
    if (needle.size == 0)
        return s.size;
    if (needle.size > s.size)
        return STR_NONE;
    size_t left = s.size - needle.size + 1; /* places where it could begin */
    while (left > 0) {
        const char *first = memrchr(s.data, needle.data[0], left);
        if (first == NULL)
            return STR_NONE;
        if (memcmp(first, needle.data, needle.size) == 0)
            return (size_t)(first - s.data);
        left = (size_t)(first - s.data);
    }
    return STR_NONE;
}

/* From `at` on, byte by byte. */
static size_t find_nocase_from(struct str s, struct str needle, size_t at)
{
    unsigned char first = lower(needle.data[0]);
    for (; at <= s.size - needle.size; at++) {
        if (lower(s.data[at]) == first && str_equal_nocase(str_from(s.data + at, needle.size), needle))
            return at;
    }
    return STR_NONE;
}

#ifdef __SSE2__
/* Where one of 16 bytes is this one, in either case. */
static inline __m128i equal_nocase(const char *data, char c)
{
    bool letter = lower(c) >= 'a' && lower(c) <= 'z';
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)data);
    bytes = _mm_or_si128(bytes, _mm_set1_epi8(letter ? 0x20 : 0));
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)lower(c)));
}
#endif

size_t str_find_nocase(struct str s, struct str needle)
{
    if (needle.size == 0)
        return 0;
    if (needle.size > s.size)
        return STR_NONE;
    size_t at = 0;
#ifdef __SSE2__
    /* 16 places at a time: those whose first and last byte fit are looked at. */
    enum { STEP = 16 };
    size_t places = s.size - needle.size + 1, last = needle.size - 1;
    for (; places - at >= STEP; at += STEP) {
        __m128i fits = _mm_and_si128(equal_nocase(s.data + at, needle.data[0]),
                                     equal_nocase(s.data + at + last, needle.data[last]));
        for (unsigned bits = (unsigned)_mm_movemask_epi8(fits); bits != 0; bits &= bits - 1) {
            size_t place = at + (unsigned)__builtin_ctz(bits);
            if (str_equal_nocase(str_from(s.data + place, needle.size), needle))
                return place;
        }
    }
#endif
    return find_nocase_from(s, needle, at);
}

static inline bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    size_t from = 0, to = s.size;
    while (from < to && is_space(s.data[from]))
        from++;
    while (to > from && is_space(s.data[to - 1]))
        to--;
    return str_slice(s, from, to);
}

struct str str_cut(struct str *rest, char separator)
{
    struct str whole = *rest;
    size_t at = str_find_char(whole, separator);
    if (at == STR_NONE) {
        *rest = STR_ABSENT;
        return whole;
    }
    *rest = str_slice(whole, at + 1, whole.size);
    return str_slice(whole, 0, at);
}

bool str_to_u64(struct str s, uint64_t *ret_value)
{
    if (s.size == 0)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < s.size; i++) {
        if (!is_digit(s.data[i]) || __builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.data[i] - '0'), &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool str_to_i64(struct str s, int64_t *ret_value)
{
    bool negative = s.size > 0 && s.data[0] == '-';
    uint64_t magnitude;
    if (!str_to_u64(negative ? str_slice(s, 1, s.size) : s, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *ret_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

/* How many digits stand at s[at]. */
static size_t digits_at(struct str s, size_t at)
{
    size_t count = 0;
    while (at + count < s.size && is_digit(s.data[at + count]))
        count++;
    return count;
}

/* RFC 8259: [ "-" ] int [ "." digits ] [ e [sign] digits ], no leading zeros. */
static bool is_json_number(struct str s)
{
    size_t at = s.size > 0 && s.data[0] == '-' ? 1 : 0;
    size_t count = digits_at(s, at);
    if (count == 0 || (count > 1 && s.data[at] == '0'))
        return false;
    at += count;
    if (at < s.size && s.data[at] == '.') {
        count = digits_at(s, at + 1);
        if (count == 0)
            return false;
        at += 1 + count;
    }
    if (at < s.size && (s.data[at] == 'e' || s.data[at] == 'E')) {
        at++;
        if (at < s.size && (s.data[at] == '+' || s.data[at] == '-'))
            at++;
        count = digits_at(s, at);
        if (count == 0)
            return false;
        at += count;
    }
    return at == s.size;
}

/* Up to 15 digits without an exponent: one division of two numbers that a double holds exactly, so rounded as strtod does. */
static bool short_to_double(struct str s, double *ret_value)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    uint64_t digits = 0;
    size_t decimals = 0, at = s.data[0] == '-';
    bool fraction = false;
    if (s.size - at > 16)
        return false;
    for (; at < s.size; at++) {
        if (s.data[at] == '.') {
            fraction = true;
            continue;
        }
        if (s.data[at] < '0' || s.data[at] > '9')
            return false;
        digits = digits * 10 + (uint64_t)(s.data[at] - '0');
        decimals += fraction;
    }
    if (digits >= 1000000000000000)
        return false;
    double value = (double)digits / powers[decimals];
    *ret_value = s.data[0] == '-' ? -value : value;
    return true;
}

/* strtod follows LC_NUMERIC; winnow never calls setlocale, so the point is a point. */
bool str_to_double(struct str s, double *ret_value)
{
    if (!is_json_number(s))
        return false;
    if (short_to_double(s, ret_value))
        return true;
    char small[64];
    char *copy = s.size < sizeof small ? small : mem_alloc(s.size + 1);
    memcpy(copy, s.data, s.size);
    copy[s.size] = '\0';
    double value = strtod(copy, NULL);
    if (copy != small)
        free(copy);
    if (!isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

struct str arena_str(struct arena *arena, struct str s)
{
    if (s.data == NULL)
        return STR_ABSENT;
    char *copy = arena_alloc(arena, s.size + 1);
    memcpy(copy, s.data, s.size);
    copy[s.size] = '\0';
    return str_from(copy, s.size);
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    must(format != NULL);
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    must(size >= 0);
    char *text = arena_alloc(arena, (size_t)size + 1);
    (void)vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return str_from(text, (size_t)size);
}

/* The first offset >= at whose byte is not ASCII, 8 bytes at a time. */
static size_t skip_ascii(struct str s, size_t at)
{
    while (s.size - at >= 8) {
        uint64_t word;
        memcpy(&word, s.data + at, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
        at += 8;
    }
    while (at < s.size && (unsigned char)s.data[at] < 0x80)
        at++;
    return at;
}

bool utf8_valid(struct str s)
{
    size_t at = 0;
    while ((at = skip_ascii(s, at)) < s.size) {
        uint32_t point;
        size_t size = utf8_decode(str_from(s.data + at, s.size - at), &point);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

size_t utf8_decode(struct str s, uint32_t *ret_point)
{
    if (s.size == 0)
        return 0;
    unsigned char first = (unsigned char)s.data[0];
    if (first < 0x80) {
        *ret_point = first;
        return 1;
    }
    size_t size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (size == 0 || s.size < size)
        return 0;
    uint32_t point = first & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        unsigned char byte = (unsigned char)s.data[i];
        if ((byte & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (byte & 0x3f);
    }
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < smallest[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret_point = point;
    return size;
}

size_t utf8_encode(uint32_t point, char out[4])
{
    must(point <= 0x10ffff && (point < 0xd800 || point > 0xdfff));
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    out[0] = (char)((0xf0U << (4 - size)) | point); /* 110xxxxx, 1110xxxx, 11110xxx */
    return size;
}
