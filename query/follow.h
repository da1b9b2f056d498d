/* follow: an answer that goes on (-f): what comes after what is there.
 *
 *     question_open ─▶ the answer of what is there ─▶ follow ─▶ new records, by record number ... ─▶ question_finish
 *     (notes the highest record number)               (tells what that covers)
 *
 * 1. Each record up to the number is in the first part, each with a higher one comes after it, in order of arrival, within
 *    FOLLOW_PACE_MS of its commit. Between two looks nothing of the store is held, and a look finds out at the cost of one row
 *    that there is nothing new; else only blocks and rows behind the last number are read.
 * 2. A pending record (the end of a source, which may grow) is shown as it is. When it comes again under a higher number it
 *    is not shown again, unless it has grown: then it is shown again, whole; raw shows only the lines by which it has grown,
 *    from the beginning of the line that had no end. It counts once.
 * 3. It ends, without a failure, with SIGINT or SIGTERM, or when nobody reads standard output any more, which is noticed also
 *    when nothing comes. */
#ifndef WINNOW_QUERY_FOLLOW_H
#define WINNOW_QUERY_FOLLOW_H

#include "query/question.h"

enum { FOLLOW_PACE_MS = 100 };

struct follow_ask {
    bool (*wants)(void *context, struct event *event); /* of selected records; NULL: all */
    void *context;
};

/* Does nothing unless -f was given. */
bool follow(struct question *q, const struct follow_ask *ask, struct err *err);
/* Refuses -f together with what makes no list of records. */
bool follow_check(const struct select_options *select, const char *what, struct err *err);

#endif
