/* hits: the records a question found, in the order of its answer. Equal times: in order of arrival (record number).
 * Memory: 24 bytes a hit. */
#ifndef WINNOW_QUERY_HITS_H
#define WINNOW_QUERY_HITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct hit {
    uint64_t number;
    int64_t time_us;
    uint32_t source;   /* store id */
    uint32_t sequence; /* HIT_CONTEXT and the record's place among those of its source that were looked at */
};
enum { HIT_CONTEXT = 1, HIT_SEQUENCE_STEP = 2 };

enum hits_order {
    /* One source: its own order. Several: merged by time, each staying in its own order: a record counts with the
     * latest time its source had reached, so one without a time, or with one out of order, stays behind its predecessor. What
     * leads its source without a time stays before its successor. */
    HITS_AS_STORED,
    HITS_WITH_CONTEXT, /* the same, but a match and its context stay together */
    HITS_BY_TIME,      /* by their own times; one without a time stays behind its predecessor */
};

struct hits {
    struct hit *items;
    size_t count, capacity;
    bool unsorted; /* some were added out of record order */
    bool cut_off;  /* older ones may be missing, so that none is known to lead its source */
};

void hits_release(struct hits *hits);
void hits_add(struct hits *hits, struct hit hit);
/* Puts them into the order of the answer and removes doubles. */
void hits_sort(struct hits *hits, enum hits_order order);
/* Keeps the last `lines_max` matches and their context. */
void hits_keep_newest(struct hits *hits, uint64_t lines_max);
void hits_reverse(struct hits *hits);
/* True when b does not follow a immediately in one source. */
bool hits_apart(const struct hit *a, const struct hit *b);

#endif
