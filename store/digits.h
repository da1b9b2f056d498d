/* digits: runs of decimal digits as numbers, and back. Pure; any thread. */
#ifndef WINNOW_STORE_DIGITS_H
#define WINNOW_STORE_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool digits_is(char c)
{
    return c >= '0' && c <= '9';
}

/* The number of up to 18 bytes that must all be digits. */
static inline bool digits_take(const char *data, size_t size, int64_t *ret)
{
    int64_t value = 0;
    unsigned bad = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)(unsigned char)data[i] - '0';
        bad |= digit > 9;
        value = value * 10 + (int64_t)(digit & 15);
    }
    *ret = value;
    return bad == 0;
}

/* Two digits of a value below 100. */
void digits_put_pair(char *out, uint64_t value);
/* Digits of value, at least `least` of them, at out. Returns how many. */
size_t digits_put(char *out, uint64_t value, unsigned least);
/* 10^exponent, at most 18. */
uint64_t digits_power(unsigned exponent);

#endif
