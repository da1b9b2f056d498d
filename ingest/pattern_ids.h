/* pattern_ids: what remembers the ids of patterns that came about, so that they can be looked up when more templates have made other
 * patterns of these. One thread, the store's. */
#ifndef WINNOW_INGEST_PATTERN_IDS_H
#define WINNOW_INGEST_PATTERN_IDS_H

#include "store/store.h"

/* Zero-initialised = nothing was remembered yet. */
struct pattern_ids {
    size_t templates; /* there were when it was done last */
    int64_t due_us;   /* not before; monotonic */
};

/* Mines the store's templates and remembers the ids, when there are new templates. */
bool pattern_ids_give(struct pattern_ids *ids, struct store *store, struct err *err);
/* The same, at most once a second, and so that mining takes a tenth of the time at most. *ret_wait_us: until it is due when there
 * are new templates, else INT64_MAX. */
bool pattern_ids_tick(struct pattern_ids *ids, struct store *store, int64_t now_us, int64_t *ret_wait_us,
                      struct err *err);

#endif
