/* digest: the integrity chain over blocks. Each block's SHA-256 covers its content, its columns and the digest of the
 * block before it, in order of block id; so no block can be changed, removed, inserted or moved without breaking it.
 *
 *     32 bytes  digest of the block before; zeros for the first
 *     i64 id, u64 first_record, u32 slots, u32 records, u32 unparsed, u32 timeless, u64 raw_bytes,
 *     i64 time_min, i64 time_max (TIME_NONE = INT64_MIN when unknown), u32 codec
 *     u32 number of runs, then for each, in order of first:
 *         i64 source, u64 size of its name, the name, u32 first, u32 slots, u64 offset_from, u64 offset_to,
 *         u32 records, u32 unparsed, u64 raw_bytes, i64 time_min, i64 time_max
 *     u64 size of directory, its bytes
 *     u64 size of body, its bytes
 *
 * All numbers are little-endian. The layout is part of the file format: never change it. */
#ifndef WINNOW_STORE_DIGEST_H
#define WINNOW_STORE_DIGEST_H

#include <stdint.h>

enum { DIGEST_SIZE = 32 };

struct block_row;

/* Any thread. */
void digest_block(const uint8_t previous[DIGEST_SIZE], const struct block_row *row, uint8_t ret[DIGEST_SIZE]);

#endif
