/* fraction: decimals that are whole numbers of 2^-bits. A program that measures a time as the difference of two floating-point
 * clocks prints such ones: 0.0019378662109375 is 8128 / 2^22, and that is a shorter number than its 17 digits. Pure; any
 * thread. */
#ifndef WINNOW_STORE_FRACTION_H
#define WINNOW_STORE_FRACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum {
    FRACTION_BITS_MIN = 12,
    FRACTION_BITS_MAX = 30,
    FRACTION_DECIMALS_MAX = 22,
    FRACTION_POWER = 32, /* added to the decimals of 9.5367431640625e-07 */
    FRACTION_TEXT_MAX = 48,
};

struct fraction {
    uint8_t bits;
    bool up; /* how halves of the last decimal are rounded: up, or to even; libraries differ */
};

/* False unless fraction_text gives exactly this text back. */
bool fraction_parse(struct str text, struct fraction fraction, int64_t *ret_number, uint32_t *ret_decimals);
/* number / 2^bits with so many decimals (1..FRACTION_DECIMALS_MAX; with FRACTION_POWER 0..16, of a number below 1) at out, which
 * has room for FRACTION_TEXT_MAX bytes. Returns the size; 0 when something is out of range. */
size_t fraction_text(int64_t number, struct fraction fraction, uint32_t decimals, char *out);
/* All of them, with the smallest bits from *fraction's on that fit them all, rounded its way or else up. False when there are
 * none. */
bool fraction_parse_all(const struct str *texts, size_t count, struct fraction *fraction, int64_t *numbers,
                        uint32_t *decimals);

#endif
