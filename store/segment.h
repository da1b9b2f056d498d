/* segment: the id index over many blocks, so that a look-up costs one short range of rows whatever the store's size.
 *
 * Segment n is blocks SEGMENT_BLOCKS * n + 1 .. SEGMENT_BLOCKS * (n + 1). While it grows, each block has its list of
 * fingerprints, in parts (word.h). When its last block arrives the lists become one row for each of SEGMENT_BUCKETS buckets: the
 * bucket is the upper bits of a fingerprint; a row packs (numbers_pack) remainder * SEGMENT_BLOCKS + block, block counted within the
 * segment. Every bucket has its row, empty or not, so a row that is missing is seen. A segment with a list that is missing or
 * damaged is not made; its lists stay. */
#ifndef WINNOW_STORE_SEGMENT_H
#define WINNOW_STORE_SEGMENT_H

#include "store/handle.h"
#include "store/word.h"

enum { SEGMENT_BLOCKS = 64, SEGMENT_BUCKET_BITS = 12, SEGMENT_BUCKETS = 1 << SEGMENT_BUCKET_BITS };
/* The last block whose list has a place: a part's id is 1 << 62 | block << FINGERPRINT_BITS | begin, above all buckets. */
#define SEGMENT_BLOCK_MAX ((INT64_C(1) << (62 - FINGERPRINT_BITS)) - 1)

/* Within the writer's transaction: keeps the list of the block, SEGMENT_BLOCK_MAX at most; makes the segment if the block is its
 * last. */
bool segment_add(struct store *store, int64_t block, struct str list, struct err *err);

/* Blocks first_block .. first_block + count - 1: bit i of holders tells whether block first_block + i has the fingerprint. */
typedef void segment_hear(void *context, int64_t first_block, unsigned count, uint64_t holders);
/* Calls hear for every whole segment and for every block that is in none, in any order. What is damaged or missing is left out. */
bool segment_ask(struct store *store, uint32_t fingerprint, segment_hear *hear, void *context, struct err *err);

/* All fingerprints of a segment's blocks, sorted, by block; from its buckets, or, while it grows, from the blocks' lists. False
 * with err->text when something is missing of a whole segment or damaged. What ret_lists holds is overwritten. */
bool segment_lists(struct store *store, int64_t segment, struct words ret_lists[SEGMENT_BLOCKS], struct err *err);

#endif
