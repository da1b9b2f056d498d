/* load: a block from the file, decoded; what scan and fetch share. Each call is one short read. */
#ifndef WINNOW_STORE_LOAD_H
#define WINNOW_STORE_LOAD_H

#include "store/block.h"
#include "store/handle.h"

/* Asked between decoding what is small and inflating the text; NULL = always. */
typedef bool load_wants_text(void *context, const struct block *block);

enum load_result {
    LOAD_DONE,
    LOAD_GONE,    /* no such block */
    LOAD_DAMAGED, /* err says what: ERR_CORRUPT, ERR_VERSION */
    LOAD_FAILED,  /* err says what: the store cannot be read */
};
enum load_result load_block(struct store *store, int64_t id, load_wants_text *wants_text, void *context,
                            struct block *block, struct err *err);
/* The last block that begins at or before the record, which may end before it. */
enum load_result load_block_holding(struct store *store, uint64_t number, struct block *block, struct err *err);

#endif
