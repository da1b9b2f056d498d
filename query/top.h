/* top: counting by name, for tables that show the most counted and sum up the rest. Counts are exact as long as there are no more
 * than TOP_NAMES_MAX names; records of names that come later are counted together, as `beyond`. One thread. */
#ifndef WINNOW_QUERY_TOP_H
#define WINNOW_QUERY_TOP_H

#include "base/clock.h"
#include "base/map.h"

enum { TOP_NAMES_MAX = 100000, TOP_NAME_BYTES_MAX = 4096 };

struct top_row {
    struct str name; /* absent: the records had none. Lives as long as the top */
    uint64_t count;
    int64_t first_us, last_us; /* TIME_NONE: not known */
    uint64_t others;           /* different names of the other kind, see top_add */
};

/* Zero-initialised = empty. */
struct top {
    struct map names;  /* name, or a NUL for none -> row */
    struct map others; /* pairs that were counted */
    struct top_row *rows;
    size_t capacity;
    uint64_t total, beyond;
};

void top_release(struct top *top);
/* Counts `count` things of that name; `other`, unless absent, is what else they are of: each different one counts once for the
 * name. Names are cut at TOP_NAME_BYTES_MAX. */
void top_add(struct top *top, struct str name, uint64_t count, int64_t time_us, struct str other);
/* The `first` rows (or all, if they are fewer) are those most counted, in this order, then by name; the others stand behind them in
 * any order. Nothing may be added afterwards. */
void top_sort(struct top *top, size_t first);
static inline size_t top_count(const struct top *top)
{
    return top->names.count;
}

#endif
