/* joined: records of several lines (ingest/join.h), as far as the first line does not say it all. Any thread. */
#ifndef WINNOW_ANALYZE_JOINED_H
#define WINNOW_ANALYZE_JOINED_H

#include "analyze/analyze.h"

/* The first line. */
static inline struct str joined_first(struct str raw)
{
    return str_slice(raw, 0, str_find_char(raw, '\n'));
}
/* The message of lines a container runtime wrote, put together again: parts follow each other, whole lines stand on lines of
 * their own. raw is of several lines; ones of another form are kept as they are. */
struct str joined_cri(struct str raw, struct arena *arena);
struct str joined_docker(struct str raw, struct arena *arena);
bool joined_is_docker(struct str raw);
/* True when the lines are or hold a stack trace. */
bool joined_has_trace(struct str text);
/* The line of a message that tells what happened: the first one, or the exception where that is the head of a traceback. */
struct str joined_headline(struct str message);

#endif
