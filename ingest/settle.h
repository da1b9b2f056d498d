/* settle: hot rows become blocks (store.h). A block may only be written behind them, so whoever is about to write blocks settles
 * first: `run` before it catches up, `ingest` when a run left rows behind; and `run` when there is a block's worth of them. */
#ifndef WINNOW_INGEST_SETTLE_H
#define WINNOW_INGEST_SETTLE_H

#include "analyze/analyze.h"
#include "store/store.h"

/* What it works with, all borrowed. The batch is empty before and after; its room for text grows to bytes_max, or what one record
 * more takes. */
struct settle {
    struct store *store;
    struct analyzer *analyzer;
    struct store_encoder *encoder;
    struct batch *batch;
    size_t bytes_max; /* raw bytes of a block, at most BATCH_BYTES_TARGET */
    /* Asked when the store refuses a step: is it to be tried again? NULL: it is not. */
    bool (*again)(void *context, const struct err *err);
    void *context;
};

/* The oldest rows become one block. *ret_any is false when there are none. */
bool settle_some(const struct settle *settle, bool *ret_any, struct err *err);
/* All of them. */
bool settle_all(const struct settle *settle, struct err *err);
/* The same with what it needs made for the occasion; does nothing when there are none. */
bool settle_rest(struct store *store, const struct field_table *fields, struct err *err);

#endif
