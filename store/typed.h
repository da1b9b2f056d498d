/* typed: texts that are numbers, times, addresses or hex digits, kept as numbers or bytes. A list of texts has a type only if
 * every one of them comes back exactly as it was: typed_detect checks each. Pure; any thread. */
#ifndef WINNOW_STORE_TYPED_H
#define WINNOW_STORE_TYPED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

enum type { /* stored: never renumber */
            TYPE_NONE = 0,
            TYPE_INTEGER = 1,  /* -123: no superfluous zeros or signs */
            TYPE_DECIMAL = 2,  /* -12.500: the same number of decimals in all */
            TYPE_FLOATING = 3, /* the same, each with its own number of decimals (1..17) */
            TYPE_DIGITS = 4,   /* 000123: digits of one width */
            TYPE_TIME = 5,     /* 2026-11-20T10:00:00.123Z: one separator, number of decimals and suffix in all */
            TYPE_HEX = 6,      /* hex digits of one width and case */
            TYPE_UUID = 7,     /* RFC 9562 text form, lower case */
            TYPE_IPV4 = 8,
            TYPE_FRACTION =
                9, /* 0.0019378662109375: a number of 2^-width (fraction.h), each with its own number of decimals */
};

enum { TYPED_SUFFIX_MAX = 8, TYPED_TEXT_MAX = 64 };

struct typed {
    uint8_t type;
    uint8_t width;   /* DECIMAL, TIME: decimals; DIGITS, HEX: characters; FRACTION: bits */
    uint8_t variant; /* HEX: 1 upper case; TIME: 0 no fraction, else its sign; FRACTION: 1 rounded up */
    char separator;  /* TIME: between date and time */
    uint8_t suffix_size;
    char suffix[TYPED_SUFFIX_MAX]; /* TIME */
};

/* Numbers (see typed_is_number) fill numbers, and scales where typed_has_scales; the others are bytes: typed_to_bytes. */
bool typed_detect(const struct str *values, size_t count, struct typed *ret, int64_t *numbers, uint32_t *scales);
static inline bool typed_is_number(uint8_t type)
{
    return (type >= TYPE_INTEGER && type <= TYPE_TIME) || type == TYPE_FRACTION;
}
static inline bool typed_has_scales(uint8_t type)
{
    return type == TYPE_FLOATING || type == TYPE_FRACTION;
}
/* What these numbers are as microseconds since 1970: TIME (its zone not regarded), DECIMAL and FLOATING as seconds, INTEGER as
 * seconds, milli-, micro- or nanoseconds by the size of the first. In arena. NULL for types that are no times. */
const int64_t *typed_times(const struct typed *typed, const int64_t *numbers, const uint32_t *scales, uint32_t count,
                           struct arena *arena);
/* Bytes each text of types 6..8 takes. */
size_t typed_byte_size(const struct typed *typed);
void typed_to_bytes(const struct typed *typed, struct str text, char *out);
/* Writes the text, at most TYPED_TEXT_MAX bytes, and returns its size; 0 when the number cannot have come from a text. */
size_t typed_number_text(const struct typed *typed, int64_t number, uint32_t scale, char *out);
size_t typed_bytes_text(const struct typed *typed, const char *bytes, char *out);
/* Is what was read from a file sound? */
bool typed_valid(const struct typed *typed);

#endif
