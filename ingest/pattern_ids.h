/* pattern_ids: remembers the ids of the patterns there are, so that they can be looked up when more templates have made other patterns of
 * these. Mining takes time, so an ingest does it for what it finds, and not for what it brings, which only one that brings yet more can
 * change; unless there are so many templates that questions would wait for them to be mined. One thread, the store's. */
#ifndef WINNOW_INGEST_PATTERN_IDS_H
#define WINNOW_INGEST_PATTERN_IDS_H

#include "store/store.h"

/* Mines the store's templates, if ids were not remembered since the last one came, and remembers the ids. */
bool pattern_ids_give(struct store *store, struct err *err);
/* The same at the end of an ingest, if there are so many. */
bool pattern_ids_end(struct store *store, struct err *err);

/* For who lives on: when it is done next. Zero-initialised = at once. Monotonic, as of service_now_us. */
struct pattern_ids {
    int64_t due_us;
};
/* Gives them when due: at most once a second, and so that mining takes a tenth of the time at most. */
bool pattern_ids_tick(struct pattern_ids *ids, struct store *store, int64_t now_us, struct err *err);

#endif
