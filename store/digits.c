#include "store/digits.h"

#include <string.h>

#include "base/must.h"

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
    "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
    "99";

void digits_put_pair(char *out, uint64_t value)
{
    memcpy(out, pairs + 2 * value, 2);
}

size_t digits_put(char *out, uint64_t value, unsigned least)
{
    char text[24], *end = text + sizeof text, *at = end;
    while (value >= 100) {
        digits_put_pair(at -= 2, value % 100);
        value /= 100;
    }
    if (value >= 10)
        digits_put_pair(at -= 2, value);
    else
        *--at = (char)('0' + value);
    size_t size = (size_t)(end - at), written = 0;
    while (written + size < least)
        out[written++] = '0';
    for (size_t i = 0; i < size; i++)
        out[written++] = at[i];
    return written;
}

uint64_t digits_power(unsigned exponent)
{
    must(exponent <= 18);
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}
