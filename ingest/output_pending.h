/* struct output_pendings: which pending records have been quiet long enough to be sent ahead. Copies of those that are, OUTPUT_AHEAD_BYTES
 * and one record at a time. One thread. */
#ifndef WINNOW_INGEST_OUTPUT_PENDING_H
#define WINNOW_INGEST_OUTPUT_PENDING_H

#include "ingest/output_ahead.h"

enum { OUTPUT_AHEAD_BYTES = 1 << 20 };

struct output_pendings {
    struct map met; /* number -> when it was met first, monotonic */
    int64_t due_us; /* of the next look; INT64_MAX: when something was committed */
    struct arena arena;
    struct scan_record *queue; /* in arena */
    size_t count, next, capacity;
};

void output_pendings_release(struct output_pendings *pendings);
/* Something was committed. */
void output_pendings_stir(struct output_pendings *pendings, int64_t now_us);
/* What was handed out may have got lost. */
void output_pendings_again(struct output_pendings *pendings);
/* The next one that nobody sent ahead, with a number up to `seen`; valid until the next call: 1; 0: none now; -1: err. */
int output_pendings_next(struct output_pendings *pendings, struct store *store, const struct output_aheads *aheads,
                         uint64_t seen, struct scan_record *ret, struct err *err);

#endif
