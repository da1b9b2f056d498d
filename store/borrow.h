/* borrow: a record without a time of its own takes that of the record before it in its source, else of the next one. */
#ifndef WINNOW_STORE_BORROW_H
#define WINNOW_STORE_BORROW_H

#include "base/batch.h"
#include "base/map.h"

/* Within each run of the batch. last, if not NULL, has for each source the time of the record before the run, as far as known,
 * and gets that of the run's last. */
void borrow_times(struct batch *batch, struct map *last);

#endif
