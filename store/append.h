/* append: an encoded batch becomes the next block of the chain. Part of a transaction. */
#ifndef WINNOW_STORE_APPEND_H
#define WINNOW_STORE_APPEND_H

#include "store/handle.h"

/* Where a record's bytes end in its source. */
static inline uint64_t record_end(const struct record *rec)
{
    return rec->offset + rec->raw.size + (record_has_newline(rec->flags) ? 1 : 0);
}

/* Writes the block, its runs, the chain's head and the id index; writer moves on. Its first record has the number first_record.
 * The states of its sources are written already. Nothing happens when the batch has pending records only. */
bool append_block(struct store *store, struct writer_state *writer, const struct batch *batch, uint64_t first_record,
                  struct err *err);

#endif
