/* shown: the pending records (RECORD_TAIL) that an answer has shown, so that a record is recognised when it comes again under
 * a higher number: complete, or grown. A record is the same when it begins at the same place of its source, with the same bytes.
 * Memory: some 200 bytes for each source that had one. One thread. */
#ifndef WINNOW_QUERY_SHOWN_H
#define WINNOW_QUERY_SHOWN_H

#include "analyze/analyze.h"
#include "base/map.h"

enum { SHOWN_TAILS_MAX = 8 }; /* of a source; the first ones of more are forgotten */

struct shown {
    struct map places; /* id of a source -> its place in sources */
    struct shown_source *sources;
    size_t count, capacity;
};

void shown_release(struct shown *shown);
/* Its offset must be set, as that of a pending record is. */
void shown_note(struct shown *shown, const struct event *event);
/* True when the first *ret_size bytes of the record were shown. Forgets what was shown of the bytes it has, since it takes the
 * place of that. Its offset must be set. */
bool shown_take(struct shown *shown, const struct event *event, size_t *ret_size);

#endif
