/* total: what there is to count of one block's records that are surely selected, so that none of them need be visited.
 *
 * A total is made by one thread and then belongs to who takes it. */
#ifndef WINNOW_QUERY_TOTAL_H
#define WINNOW_QUERY_TOTAL_H

#include "base/map.h"

enum total_way {
    TOTAL_NONE,
    TOTAL_COUNT, /* how many */
    TOTAL_TIMES, /* and when */
    TOTAL_KEYS,  /* and how many of each combination of keys */
};

struct total_row {
    struct str *keys;
    uint64_t count, latest; /* number of the latest record, in time and then in record order */
    int64_t first_us, last_us;
};

struct total {
    uint64_t records;
    int64_t *times; /* TOTAL_TIMES: of each record */
    struct total_row *rows;
    size_t row_count, row_capacity;
    struct map index; /* combinations of answers (lens.h) */
    struct arena arena;
};

struct total *total_new(void);
void total_free(void *context); /* a struct total, or NULL */
/* Counts a record; to its row, if row is not NULL. */
void total_add(struct total *total, struct total_row *row, uint64_t number, int64_t time_us);
/* The row of a combination, bytes that tell it from others; without keys when it is new. Valid until the next. */
struct total_row *total_row(struct total *total, struct str combination);

#endif
