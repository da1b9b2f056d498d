/* kept: pending records (RECORD_TAIL) as they were when the answer found them. A commit may put another record into the place of
 * one before the answer comes to write it; by its number it could not be read any more. And others that need not be read a second
 * time. One thread. */
#ifndef WINNOW_QUERY_KEPT_H
#define WINNOW_QUERY_KEPT_H

#include "base/map.h"
#include "store/store.h"

struct kept {
    struct map places; /* number -> place in records */
    struct scan_record *records;
    size_t count, capacity;
    struct arena arena;
};

void kept_release(struct kept *kept);
/* Copies it, unless it is there already. */
void kept_add(struct kept *kept, const struct scan_record *rec);
/* NULL when it is not there. Valid until the next kept_add. */
const struct scan_record *kept_find(const struct kept *kept, uint64_t number);

#endif
