/* load: a block's row, copied from the file, so that it can be decoded on any thread. Each call is one short read. */
#ifndef WINNOW_STORE_LOAD_H
#define WINNOW_STORE_LOAD_H

#include "store/block.h"
#include "store/handle.h"

/* Zero-initialised = empty. May be loaded into again and again. */
struct load {
    struct block_row row; /* its blobs are in bytes */
    struct buf bytes;
};
void load_release(struct load *load);

enum load_result {
    LOAD_DONE,
    LOAD_GONE,    /* no such block */
    LOAD_DAMAGED, /* err says what: ERR_CORRUPT, ERR_VERSION */
    LOAD_FAILED,  /* err says what: the store cannot be read */
};
enum load_result load_block(struct store *store, int64_t id, struct load *ret, struct err *err);
/* The last block that begins at or before the record, which may end before it. */
enum load_result load_block_holding(struct store *store, uint64_t number, struct load *ret, struct err *err);

#endif
