/* source: what is known of each source and how far it is stored. Reading is in store.h; these are parts of a commit. */
#ifndef WINNOW_STORE_SOURCE_H
#define WINNOW_STORE_SOURCE_H

#include "store/handle.h"

struct source_change {
    int64_t records, unparsed, raw_bytes; /* to add */
    int64_t time_min, time_max;           /* of what was added, or TIME_NONE */
};

bool source_write(struct store *store, const struct source_state *state, struct err *err);
/* The source must be in the store: ERR_CORRUPT when it is not. */
bool source_count(struct store *store, int64_t source, const struct source_change *change, struct err *err);
/* Some records are gone: the sources' times become those of the records left. May name a source more than once. */
bool source_set_times(struct store *store, const int64_t *sources, size_t count, struct err *err);
bool source_gap(struct store *store, const struct batch_gap *gap, struct err *err);

#endif
