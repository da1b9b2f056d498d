/* chars: which of up to 64 bytes are digits, letters and so on, as bits, so that a text is cut into words by looking for
 * bits instead of at bytes. Bit i stands for byte i; the bits behind the last byte are 0. Pure; any thread. */
#ifndef WINNOW_BASE_CHARS_H
#define WINNOW_BASE_CHARS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/processor.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { CHARS_STEP = 64 };

struct chars {
    uint64_t digit;      /* 0-9 */
    uint64_t letter;     /* A-Z a-z */
    uint64_t underscore; /* _ */
    uint64_t mark;       /* + - . / : @ */
    uint64_t high;       /* 0x80 and above */
    uint64_t nul;
    uint64_t newline;
    uint64_t token; /* any of these but nul and newline */
};

#ifdef __SSE2__

static inline __m128i chars_in_range(__m128i bytes, char first, char last)
{
    __m128i from = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8((char)(last - first))), from);
}

static inline __m128i chars_equal(__m128i bytes, char c)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

static inline uint64_t chars_bits(__m128i within)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(within);
}

/* Takes in 16 bytes: their bits go to `at` and above, where the same bits may be set already. */
static inline void chars_add(struct chars *chars, __m128i bytes, size_t at)
{
    __m128i digit = chars_in_range(bytes, '0', '9'), underscore = chars_equal(bytes, '_');
    __m128i letter = chars_in_range(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
    __m128i mark = _mm_or_si128(_mm_or_si128(chars_in_range(bytes, '-', '/'), chars_equal(bytes, '+')),
                                _mm_or_si128(chars_equal(bytes, ':'), chars_equal(bytes, '@')));
    __m128i token = _mm_or_si128(_mm_or_si128(_mm_or_si128(digit, underscore), _mm_or_si128(letter, mark)), bytes);
    chars->digit |= chars_bits(digit) << at;
    chars->letter |= chars_bits(letter) << at;
    chars->underscore |= chars_bits(underscore) << at;
    chars->mark |= chars_bits(mark) << at;
    chars->high |= chars_bits(bytes) << at; /* the highest bit of each byte is what counts, above too */
    chars->nul |= chars_bits(chars_equal(bytes, 0)) << at;
    chars->newline |= chars_bits(chars_equal(bytes, '\n')) << at;
    chars->token |= chars_bits(token) << at;
}

/* Fewer than 16 bytes, by loads that overlap where there are enough; the rest is blank. */
static inline __m128i chars_load_rest(const char *data, size_t size)
{
    const uint64_t blank = UINT64_C(0x2020202020202020);
    uint64_t first = blank, last = blank;
    if (size > 8) {
        memcpy(&first, data, 8);
        memcpy(&last, data + size - 8, 8);
        last = last >> (16 - size) * 8 | blank << (size - 8) * 8;
    } else if (size >= 4) {
        uint32_t low, high;
        memcpy(&low, data, 4);
        memcpy(&high, data + size - 4, 4);
        first = (uint64_t)high << (size - 4) * 8 | low;
        first |= size == 8 ? 0 : blank << size * 8;
    } else {
        for (size_t i = size; i-- > 0;)
            first = first << 8 | (unsigned char)data[i];
    }
    return _mm_set_epi64x((long long)last, (long long)first);
}

static inline __m128i chars_load(const char *data)
{
    return _mm_loadu_si128((const __m128i *)(const void *)data);
}

static inline void chars_of(const char *data, size_t size, struct chars *ret)
{
    enum { LANE = 16 };
    *ret = (struct chars){0};
    if (size < LANE) {
        chars_add(ret, chars_load_rest(data, size), 0);
        return;
    }
    size_t at = 0;
    for (; at + LANE <= size; at += LANE)
        chars_add(ret, chars_load(data + at), at);
    if (at < size) /* bytes of the lane before are loaded again */
        chars_add(ret, chars_load(data + size - LANE), size - LANE);
}

#else

static inline void chars_of(const char *data, size_t size, struct chars *ret)
{
    *ret = (struct chars){0};
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)data[i];
        uint64_t bit = UINT64_C(1) << i;
        if (c >= '0' && c <= '9')
            ret->digit |= bit;
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
            ret->letter |= bit;
        else if (c == '_')
            ret->underscore |= bit;
        else if (c == '+' || (c >= '-' && c <= '/') || c == ':' || c == '@')
            ret->mark |= bit;
        else if (c >= 0x80)
            ret->high |= bit;
        else if (c == 0)
            ret->nul |= bit;
        else if (c == '\n')
            ret->newline |= bit;
    }
    ret->token = ret->digit | ret->letter | ret->underscore | ret->mark | ret->high;
}

#endif

#ifdef PROCESSOR_WIDE

TARGET_WIDE static inline __m256i chars_wide_in_range(__m256i bytes, char first, char last)
{
    __m256i from = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(from, _mm256_set1_epi8((char)(last - first))), from);
}

TARGET_WIDE static inline __m256i chars_wide_equal(__m256i bytes, char c)
{
    return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c));
}

TARGET_WIDE static inline uint64_t chars_wide_bits(__m256i within)
{
    return (uint64_t)(unsigned)_mm256_movemask_epi8(within);
}

/* As chars_add, of 32 bytes. */
TARGET_WIDE static inline void chars_wide_add(struct chars *chars, const char *data, size_t at)
{
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)data);
    __m256i digit = chars_wide_in_range(bytes, '0', '9'), underscore = chars_wide_equal(bytes, '_');
    __m256i letter = chars_wide_in_range(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), 'a', 'z');
    __m256i mark = _mm256_or_si256(_mm256_or_si256(chars_wide_in_range(bytes, '-', '/'), chars_wide_equal(bytes, '+')),
                                   _mm256_or_si256(chars_wide_equal(bytes, ':'), chars_wide_equal(bytes, '@')));
    __m256i named = _mm256_or_si256(_mm256_or_si256(digit, underscore), _mm256_or_si256(letter, mark));
    chars->digit |= chars_wide_bits(digit) << at;
    chars->letter |= chars_wide_bits(letter) << at;
    chars->underscore |= chars_wide_bits(underscore) << at;
    chars->mark |= chars_wide_bits(mark) << at;
    chars->high |= chars_wide_bits(bytes) << at;
    chars->nul |= chars_wide_bits(chars_wide_equal(bytes, 0)) << at;
    chars->newline |= chars_wide_bits(chars_wide_equal(bytes, '\n')) << at;
    chars->token |= chars_wide_bits(_mm256_or_si256(named, bytes)) << at;
}

/* The same as chars_of, on a machine that is wide. */
TARGET_WIDE static inline void chars_of_wide(const char *data, size_t size, struct chars *ret)
{
    enum { LANE = 32 };
    if (size < LANE) {
        chars_of(data, size, ret);
        return;
    }
    *ret = (struct chars){0};
    chars_wide_add(ret, data, 0);
    if (size > LANE)
        chars_wide_add(ret, data + size - LANE, size - LANE);
}

#endif

/* The first set bit of bits[0..words-1] from `from` on; words * 64 when there is none. */
static inline size_t bits_next(const uint64_t *bits, size_t words, size_t from)
{
    size_t word = from / 64;
    if (word >= words)
        return words * 64;
    uint64_t rest = bits[word] >> from % 64 << from % 64;
    while (rest == 0) {
        if (++word == words)
            return words * 64;
        rest = bits[word];
    }
    return word * 64 + (size_t)__builtin_ctzll(rest);
}

#endif
