/* member: members of a JSON object being written. The buf ends in '{' or in the member before, which gets a comma behind it. An
 * absent text and an unknown time are no member. */
#ifndef WINNOW_ANALYZE_MEMBER_H
#define WINNOW_ANALYZE_MEMBER_H

#include "base/buf.h"
#include "base/clock.h"

/* The value is to follow. Keys have nothing to escape. */
void member_key(struct buf *line, const char *key);
void member_text(struct buf *line, const char *key, struct str text);
/* RFC 3339, UTC. */
void member_time(struct buf *line, const char *key, int64_t time_us);
/* A value: text in quotes, what is not UTF-8 as U+FFFD. */
void member_string(struct buf *line, struct str text);

#endif
