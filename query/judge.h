/* judge: which of a block's records are in a selection, told by its columns (lens.h) instead of line by line; and what there is to
 * count of them. Of a record it is not sure of it says so, and its line is asked.
 *
 *     scan (store.h) ─▶ judge_block, on each of its threads ─▶ verdicts ─▶ lines, only of records that are listed or unsure
 *                                                          └▶ total ─▶ take, on the scan's thread
 *
 * Invariant: the answer is the one that select_holds and subject_text give line by line. */
#ifndef WINNOW_QUERY_JUDGE_H
#define WINNOW_QUERY_JUDGE_H

#include "query/select.h"
#include "query/total.h"

struct judge_ask {
    const struct select *select; /* these outlive the judge */
    const struct field_table *fields;
    bool believes_kinds; /* see struct event */
    enum total_way way;
    const struct subject *keys; /* TOTAL_KEYS */
    size_t key_count;
    bool (*take)(void *context, const struct total *total, struct err *err);
    void *context;
};

struct judge;
/* NULL when columns have nothing to tell of this. */
struct judge *judge_new(const struct judge_ask *ask);
void judge_free(struct judge *judge);
SCOPE_FREE(judge)
/* For scan_ask.judge. */
const struct scan_judge *judge_of_scan(struct judge *judge);

#endif
