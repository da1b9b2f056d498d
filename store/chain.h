/* chain: where the integrity chain ends and what was pruned of it (digest.h tells what a link is).
 *
 *     block 1 ──▶ ... ──▶ [pruned: the digest of the last is left] ──▶ ... ──▶ head
 *
 * The head is the last block there ever was: a row of its own, written with every block. Block numbers have no holes but those
 * that rows of pruned tell of. */
#ifndef WINNOW_STORE_CHAIN_H
#define WINNOW_STORE_CHAIN_H

#include "store/handle.h"

/* ERR_CORRUPT when there is none. */
bool chain_head(struct store *store, int64_t *ret_block, uint8_t ret_digest[DIGEST_SIZE], struct err *err);
/* Was the block pruned? */
bool chain_pruned(struct store *store, int64_t block, bool *ret_pruned, struct err *err);

#endif
