/* histogram: records counted per step of time.
 *
 * A step of whole days starts at local midnight, so it is right across daylight saving; a shorter one at the multiples
 * of the step in the zone's own time. Without a step given one is chosen that makes at most HISTOGRAM_ROWS_AIM rows:
 * counting starts at one second and coarsens, up to 15 minutes, as the range turns out to be longer. One thread. */
#ifndef WINNOW_QUERY_HISTOGRAM_H
#define WINNOW_QUERY_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"

enum { HISTOGRAM_ROWS_AIM = 48, HISTOGRAM_ROWS_MAX = 1 << 20, HISTOGRAM_GAP_ROWS_MAX = 10000 };

struct histogram_row {
    int64_t time_us; /* where the step begins */
    uint64_t count;
};

struct histogram {
    int64_t step_us; /* 0 until histogram_finish chose one */
    int64_t base_us; /* what is counted in until then */
    struct map counts;
    uint64_t without_time;
    int64_t second_us; /* the last record's, and which of counts it went to */
    size_t second_entry;
};

/* step_us 0 = choose. */
void histogram_init(struct histogram *histogram, int64_t step_us);
void histogram_release(struct histogram *histogram);
bool histogram_add(struct histogram *histogram, int64_t time_us, struct err *err);
/* The rows in time order, malloc'ed for the caller; empty steps between them are rows too, unless they were more than
 * HISTOGRAM_GAP_ROWS_MAX. */
struct histogram_row *histogram_finish(struct histogram *histogram, size_t *ret_count);

#endif
