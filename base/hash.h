/* hash_bytes: a fast 64-bit hash for tables, fingerprints and file identity. Not cryptographic. The same bytes and seed
 * give the same value in every version and on every machine, because the store keeps these values. */
#ifndef WINNOW_BASE_HASH_H
#define WINNOW_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

uint64_t hash_bytes(const void *data, size_t size, uint64_t seed);
/* Mixes two values into one. */
uint64_t hash_mix(uint64_t a, uint64_t b);
/* A seed drawn once per process, not 0, so that log content cannot choose collisions. Any thread. */
uint64_t hash_secret(void);

/* The next link of a chain of hashes, one for each piece of a key: the same pieces in the same order after the same hash give the same.
 * Cheap for short pieces, and for tables of this process only: another machine or version may have other values. So many bytes at
 * data may be read, size or more: those behind size do not count. */
static inline uint64_t hash_link(uint64_t hash, const char *data, size_t size, size_t readable)
{
    const uint64_t odd = UINT64_C(0xa4093822299f31d1), other = UINT64_C(0x13198a2e03707344);
    uint64_t state = hash + (uint64_t)size * odd, first = 0, last = 0;
    for (;;) {
        if (size > 8) {
            memcpy(&first, data, 8);
            memcpy(&last, size > 16 ? data + 8 : data + size - 8, 8);
        } else if (readable >= 8 && size > 0) {
            memcpy(&first, data, 8);
            first &= ~UINT64_C(0) >> (64 - 8 * size);
        } else {
            first = 0;
            for (size_t i = 0; i < size; i++)
                first |= (uint64_t)(unsigned char)data[i] << 8 * i;
        }
        /* both factors depend on the state and are kept in what comes of them, as in hash_bytes */
        uint64_t a = first ^ state, b = last ^ (state << 29 | state >> 35) ^ other;
        unsigned __int128 product = (unsigned __int128)a * b;
        state = (uint64_t)product ^ (uint64_t)(product >> 64) ^ a ^ b;
        if (size <= 16)
            return state;
        data += 16;
        size -= 16;
        readable -= 16;
        last = 0;
    }
}

#endif
