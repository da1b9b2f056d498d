/* struct str: a view of bytes that somebody else owns; passed by value. The bytes may be anything, NUL included:
 * log lines are not C strings. {NULL, 0} is "absent"; an empty but present string has data != NULL. */
#ifndef WINNOW_BASE_STR_H
#define WINNOW_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

struct str {
    const char *data;
    size_t size;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_ABSENT ((struct str){NULL, 0})
/* For printf: printf("%.*s", STR_ARG(s)). Only where the bytes are known to be harmless. */
#define STR_ARG(s) (int)(s).size, (s).data

static inline struct str str_from(const char *data, size_t size)
{
    return (struct str){data, size};
}
static inline struct str str_of(const char *text) /* NULL gives absent */
{
    return (struct str){text, text ? strlen(text) : 0};
}
static inline bool eights_equal(const char *a, const char *b)
{
    uint64_t x, y;
    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    return x == y;
}
/* Short ones, which most are, are compared without a call, by loads that overlap. */
static inline bool bytes_equal(const char *a, const char *b, size_t size)
{
    if (size > 16 && size <= 40) {
        for (size_t at = 0; at + 8 < size; at += 8)
            if (!eights_equal(a + at, b + at))
                return false;
        return eights_equal(a + size - 8, b + size - 8);
    }
    if (size >= 8 && size <= 16) {
        uint64_t a1, a2, b1, b2;
        memcpy(&a1, a, 8);
        memcpy(&b1, b, 8);
        memcpy(&a2, a + size - 8, 8);
        memcpy(&b2, b + size - 8, 8);
        return ((a1 ^ b1) | (a2 ^ b2)) == 0;
    }
    if (size >= 4 && size < 8) {
        uint32_t a1, a2, b1, b2;
        memcpy(&a1, a, 4);
        memcpy(&b1, b, 4);
        memcpy(&a2, a + size - 4, 4);
        memcpy(&b2, b + size - 4, 4);
        return ((a1 ^ b1) | (a2 ^ b2)) == 0;
    }
    return size == 0 || memcmp(a, b, size) == 0;
}
/* The same for copying; they do not overlap. */
static inline void bytes_copy(char *to, const char *from, size_t size)
{
    if (size > 16) {
        size_t at = 0;
        if (size > 64)
            memcpy(to, from, size);
        else {
            for (; at + 16 < size; at += 16)
                memcpy(to + at, from + at, 16);
            memcpy(to + size - 16, from + size - 16, 16);
        }
    } else if (size >= 8) {
        uint64_t first, last;
        memcpy(&first, from, 8);
        memcpy(&last, from + size - 8, 8);
        memcpy(to, &first, 8);
        memcpy(to + size - 8, &last, 8);
    } else if (size >= 4) {
        uint32_t first, last;
        memcpy(&first, from, 4);
        memcpy(&last, from + size - 4, 4);
        memcpy(to, &first, 4);
        memcpy(to + size - 4, &last, 4);
    } else {
        for (size_t i = 0; i < size; i++)
            to[i] = from[i];
    }
}
static inline bool str_equal(struct str a, struct str b)
{
    return a.size == b.size && bytes_equal(a.data, b.data, a.size);
}

#define STR_NONE SIZE_MAX /* "not found" */

bool str_equal_nocase(struct str a, struct str b); /* ASCII case only */
int str_compare(struct str a, struct str b);       /* bytewise, shorter first on a tie: <0, 0, >0 */
static inline bool str_starts(struct str s, struct str prefix)
{
    return s.size >= prefix.size && bytes_equal(s.data, prefix.data, prefix.size);
}
bool str_ends(struct str s, struct str suffix);
size_t str_find(struct str s, struct str needle);      /* first offset or STR_NONE; an empty needle is at 0 */
size_t str_find_last(struct str s, struct str needle); /* last offset or STR_NONE */
size_t str_find_nocase(struct str s, struct str needle);
static inline size_t str_find_char(struct str s, char c)
{
    const char *found = s.data && s.size ? (const char *)memchr(s.data, c, s.size) : NULL;
    return found ? (size_t)(found - s.data) : STR_NONE;
}
static inline struct str str_slice(struct str s, size_t from, size_t to) /* clamped to the string */
{
    if (s.data == NULL)
        return STR_ABSENT;
    if (to > s.size)
        to = s.size;
    if (from > to)
        from = to;
    return str_from(s.data + from, to - from);
}
struct str str_trim(struct str s); /* ASCII white space at both ends */
/* Cuts at the first separator: returns what is before it and moves *rest behind it; without one returns all of it and
 * makes *rest absent. */
struct str str_cut(struct str *rest, char separator);
/* The whole string must be decimal digits (a leading '-' for i64) and fit. */
bool str_to_u64(struct str s, uint64_t *ret_value);
bool str_to_i64(struct str s, int64_t *ret_value);
/* A decimal number as JSON writes them, whole string. */
bool str_to_double(struct str s, double *ret_value);

/* Copies into the arena; the copy has a NUL behind it that size does not count. Absent stays absent. */
struct str arena_str(struct arena *arena, struct str s);
struct str arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(struct str s);
/* Length 1..4 of the valid sequence at s.data, its code point in *ret_point; 0 when there is none. */
size_t utf8_decode(struct str s, uint32_t *ret_point);
/* Writes 1..4 bytes, returns how many. point must be a scalar value. */
size_t utf8_encode(uint32_t point, char out[4]);

#endif
