/* fetch: the blocks looked into last, decoded and open. Facts and traces come in order, so neighbours share a block; a scan by
 * word looks into the few blocks whose records are then fetched. */
#ifndef WINNOW_STORE_FETCH_H
#define WINNOW_STORE_FETCH_H

#include "store/load.h"

/* The block of that id, open; it stays until as many others have been asked for as are kept. */
enum load_result fetch_block(struct store *store, int64_t id, struct block **ret, struct err *err);

#endif
