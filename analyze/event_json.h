/* event_json: a record as JSON, the contract's keys in the contract's order (schemas/record.schema.json). */
#ifndef WINNOW_ANALYZE_EVENT_JSON_H
#define WINNOW_ANALYZE_EVENT_JSON_H

#include "analyze/event.h"
#include "analyze/pattern_memo.h"
#include "base/buf.h"

/* Appends the object, one line without a newline. The pattern is left out without a memo. */
void event_json(struct buf *line, struct event *event, struct pattern_memo *patterns);
/* The same of a piece of the record's raw line: which piece it is, as in "1/3", as its part, and of what the record says no more than
 * time, level, service, kinds and pattern. */
void event_json_part(struct buf *line, struct event *event, struct pattern_memo *patterns, struct str piece,
                     const char *part);

#endif
