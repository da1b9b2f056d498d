/* classify: what a record counts as (kinds), decided by schemas/signals.yml, the level and the status. */
#ifndef WINNOW_ANALYZE_CLASSIFY_H
#define WINNOW_ANALYZE_CLASSIFY_H

#include "analyze/analyze.h"
#include "analyze/signal.h"
#include "analyze/told.h"

/* Sets rec->kinds, and rec->derived (in arena) for what only the message text tells. Level, shape, slots and inner are
 * set already; message is its FIELD_MESSAGE. What it has found out about the record besides goes to *ret. */
void classify_record(const struct signal_table *signals, struct signal_memo *memo, struct record *rec,
                     struct str message, struct arena *arena, struct told_record *ret);

/* The row to keep for a record whose kinds are not 0. Strings in arena. *ret is zeroed, but for its template where that is known. */
void classify_fact(const struct record *rec, struct arena *arena, struct fact *ret);

#endif
