/* group: counting by one or more keys, with the first and last time each was seen. Every record counts exactly once, so
 * the counts add up to the total; a record without the field counts under an absent key.
 *
 * Memory grows with the distinct keys, at most GROUP_ROWS_MAX of them. One thread. */
#ifndef WINNOW_QUERY_GROUP_H
#define WINNOW_QUERY_GROUP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

enum { GROUP_KEYS_MAX = 8, GROUP_ROWS_MAX = 4 << 20, GROUP_KEY_BYTES_MAX = 4096 };

struct group_row {
    uint64_t count;
    int64_t first_us, last_us; /* TIME_NONE when none of them has a time */
    uint64_t latest;           /* number of the latest record, in time and then in record order */
    uint8_t level;             /* the worst */
    struct map services;       /* the services seen, when they are asked for */
    struct str key;            /* encoded, see group_key */
};

struct group {
    size_t key_count;
    struct map map; /* encoded key -> index into rows */
    struct group_row *rows;
    size_t capacity;
    struct buf encoded; /* the key being looked up */
};

void group_init(struct group *group, size_t key_count);
void group_release(struct group *group);
/* Counts one record under keys[0..key_count-1], each absent or not; longer ones are cut at GROUP_KEY_BYTES_MAX. The row
 * is valid until the next call. NULL and ERR_LIMIT when there are too many keys. */
struct group_row *group_add(struct group *group, const struct str *keys, int64_t time_us, uint64_t number,
                            struct err *err);
/* The same for several records of the same keys. */
struct group_row *group_add_all(struct group *group, const struct str *keys, uint64_t count, int64_t first_us,
                                int64_t last_us, uint64_t latest, struct err *err);
static inline size_t group_count(const struct group *group)
{
    return group->map.count;
}
/* Sorts the rows: most counted first, then by key. Nothing may be added afterwards. */
void group_sort(struct group *group);
/* Key number `index` of a row, absent when the records had none. */
struct str group_key(const struct group_row *row, size_t index);

#endif
