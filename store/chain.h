/* chain: where the integrity chain begins and ends (digest.h tells what a link is).
 *
 *     pruned ──▶ anchor ──▶ block anchor + 1 ──▶ ... ──▶ head
 *
 * The head is the last block there ever was: a row of its own, written with every block. The anchor is the last block that was
 * pruned; before any pruning it is block 0, whose digest is zeros. Block numbers have no holes in between. */
#ifndef WINNOW_STORE_CHAIN_H
#define WINNOW_STORE_CHAIN_H

#include "store/handle.h"

/* ERR_CORRUPT when there is none. */
bool chain_head(struct store *store, int64_t *ret_block, uint8_t ret_digest[DIGEST_SIZE], struct err *err);
bool chain_anchor(struct store *store, int64_t *ret_block, uint8_t ret_digest[DIGEST_SIZE], struct err *err);

#endif
