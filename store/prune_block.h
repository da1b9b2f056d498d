/* prune_block: a block goes, and with it all that tells of its records. Part of store_prune (store.h).
 *
 *     its runs ─▶ pruned_run, and what their sources count ─▶ facts ─▶ its row ─▶ words, and the segment's with its last block ─▶ pruned
 *
 * What the row says is checked when it is read. */
#ifndef WINNOW_STORE_PRUNE_BLOCK_H
#define WINNOW_STORE_PRUNE_BLOCK_H

#include "store/digest.h"
#include "store/handle.h"

struct prune_block {
    int64_t id;
    uint8_t digest[DIGEST_SIZE];
    uint64_t first_record, slots, records, timeless, raw_bytes, bytes;
    int64_t time_min, time_max;
};

/* Sources that had a part in blocks that went; one may stand here several times. Zero-initialised = empty; who has it frees ids. */
struct prune_sources {
    int64_t *ids;
    size_t count, capacity;
};

/* The block's row. ERR_CORRUPT when there is none, or it cannot be. */
bool prune_block_read(struct store *store, int64_t id, struct prune_block *ret, struct err *err);
/* In a transaction of the writer. now_us is recorded as when it went; its sources are added to those there. */
bool prune_block_drop(struct store *store, const struct prune_block *block, int64_t now_us,
                      struct prune_sources *sources, struct err *err);

#endif
