/* hash_bytes: a fast 64-bit hash for tables, fingerprints and file identity. Not cryptographic. The same bytes and seed
 * give the same value in every version and on every machine, because the store keeps these values. */
#ifndef WINNOW_BASE_HASH_H
#define WINNOW_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *data, size_t size, uint64_t seed);
/* Mixes two values into one. */
uint64_t hash_mix(uint64_t a, uint64_t b);

#endif
