/* lag: how far behind an output is: whole blocks by their rows, the block its position stands in by what is in it. See also
 * store_output_lag. */
#ifndef WINNOW_STORE_LAG_H
#define WINNOW_STORE_LAG_H

#include "store/handle.h"

/* The highest number up to which no record is left behind the position: it is higher where the rest of a block has none, whose
 * numbers are those of pending records. */
bool lag_reach(struct store *store, uint64_t position, uint64_t *ret, struct err *err);

#endif
