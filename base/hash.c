#define _GNU_SOURCE 1
#include "base/hash.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

#include "base/must.h"

/* The algorithm. These values are kept in stores: never change it.
 *
 *   fold(a, b)  a * b as 128 bits, its two halves and both factors xored. Keeping the factors in means that a factor of
 *               zero does not swallow the other one.
 *   K0..K4      the first five 64-bit words of the fractional part of pi
 *   le(p)       8 bytes at p as a little-endian number
 *   step(s, p)  fold(le(p) ^ s, le(p + 8) ^ rotl(s, 29) ^ K1): takes 16 bytes into state s. Both factors depend on the
 *               state, so who does not know the seed cannot choose bytes that cancel out.
 *
 *   1. s = fold(seed ^ K0, size ^ K2)
 *   2. More than 64 bytes left: four states s, s ^ K2, s ^ K3, s ^ K4 take 16 bytes each per round of 64 bytes while more
 *      than 64 are left; then s = fold(s0 ^ rotl(s1, 17), s2 ^ rotl(s3, 43)).
 *   3. More than 16 bytes left: s = step(s, p) for each 16 while more than 16 are left.
 *   4. The last bytes become x and y. size >= 16: the last 16 bytes, overlapping what was read before;
 *      8..15: le of the first 8 and of the last 8; 4..7: the same with 4 bytes; 1..3: x = first byte, middle byte
 *      (at size / 2) << 8, last byte << 16, y = 0; 0: x = y = 0.
 *   5. result = fold(fold(x ^ s, y ^ rotl(s, 29) ^ K1) ^ K3, K4 ^ rotl(s, 11))
 */

static const uint64_t K0 = UINT64_C(0x243f6a8885a308d3);
static const uint64_t K1 = UINT64_C(0x13198a2e03707344);
static const uint64_t K2 = UINT64_C(0xa4093822299f31d0);
static const uint64_t K3 = UINT64_C(0x082efa98ec4e6c89);
static const uint64_t K4 = UINT64_C(0x452821e638d01377);

static inline uint64_t rotl(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64) ^ a ^ b;
}

static inline uint64_t le64(const unsigned char *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

static inline uint64_t le32(const unsigned char *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    return value;
}

static inline uint64_t step(uint64_t state, const unsigned char *p)
{
    return fold(le64(p) ^ state, le64(p + 8) ^ rotl(state, 29) ^ K1);
}

/* Steps 2 and 3: takes all but the last 1..16 bytes of a key longer than 16. */
static uint64_t take_long(uint64_t s, const unsigned char *p, size_t left)
{
    if (left > 64) {
        uint64_t s1 = s ^ K2, s2 = s ^ K3, s3 = s ^ K4;
        do {
            s = step(s, p);
            s1 = step(s1, p + 16);
            s2 = step(s2, p + 32);
            s3 = step(s3, p + 48);
            p += 64;
            left -= 64;
        } while (left > 64);
        s = fold(s ^ rotl(s1, 17), s2 ^ rotl(s3, 43));
    }
    while (left > 16) {
        s = step(s, p);
        p += 16;
        left -= 16;
    }
    return s;
}

uint64_t hash_bytes(const void *data, size_t size, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t s = fold(seed ^ K0, (uint64_t)size ^ K2);
    uint64_t x = 0, y = 0;
    if (size >= 16) {
        if (size > 16)
            s = take_long(s, p, size);
        x = le64(p + size - 16);
        y = le64(p + size - 8);
    } else if (size >= 8) {
        x = le64(p);
        y = le64(p + size - 8);
    } else if (size >= 4) {
        x = le32(p);
        y = le32(p + size - 4);
    } else if (size > 0) {
        x = p[0] | (uint64_t)p[size / 2] << 8 | (uint64_t)p[size - 1] << 16;
    }
    return fold(fold(x ^ s, y ^ rotl(s, 29) ^ K1) ^ K3, K4 ^ rotl(s, 11));
}

uint64_t hash_mix(uint64_t a, uint64_t b)
{
    return fold(fold(a ^ K0, rotl(b, 32) ^ K1) ^ K3, K4);
}

/* 0 = not drawn yet. Two threads may both draw, the first one to store wins. */
uint64_t hash_secret(void)
{
    static _Atomic uint64_t seed;
    uint64_t known = atomic_load_explicit(&seed, memory_order_relaxed);
    if (known != 0)
        return known;
    uint64_t drawn = 0;
    if (getrandom(&drawn, sizeof drawn, GRND_NONBLOCK) != (ssize_t)sizeof drawn) {
        /* Early in boot, or an old kernel: the 16 random bytes every process is started with. */
        const char *bytes = (const char *)(uintptr_t)getauxval(AT_RANDOM);
        must(bytes != NULL);
        memcpy(&drawn, bytes, sizeof drawn);
    }
    drawn |= 1;
    return atomic_compare_exchange_strong(&seed, &known, drawn) ? drawn : known;
}
