/* subject: what a FIELD word on the command line names, for filters and for --by: a canonical field, something known
 * about the record itself (kind, format, source, offset, time_us, unparsed, pattern, raw), or a key path in its content.
 * "fields.PATH", as JSON shows it, is the path too, also where its first word would be one of the others. */
#ifndef WINNOW_ANALYZE_SUBJECT_H
#define WINNOW_ANALYZE_SUBJECT_H

#include "analyze/event.h"
#include "analyze/pattern_memo.h"

enum subject_kind {
    SUBJECT_FIELD,
    SUBJECT_KIND,
    SUBJECT_FORMAT,
    SUBJECT_SOURCE,
    SUBJECT_OFFSET,
    SUBJECT_TIME_US,
    SUBJECT_UNPARSED, /* "true" or "false" */
    SUBJECT_PATTERN,  /* the id of the record's pattern */
    SUBJECT_RAW,
    SUBJECT_PATH,
};

struct subject {
    enum subject_kind kind;
    enum field field;              /* SUBJECT_FIELD */
    struct str name;               /* as it was typed */
    struct str inner;              /* SUBJECT_PATH: behind "fields."; absent when it does not begin so */
    struct pattern_memo *patterns; /* SUBJECT_PATTERN: to be set before it is asked; not owned */
};

/* "ip" is short for client_ip. The name must outlive the subject. */
struct subject subject_of(struct str name);
/* True when its texts are numbers, in JSON too (save where a log has something else there). */
bool subject_is_number(const struct subject *subject);
/* True when the store's columns tell it and the record need not be analyzed. */
bool subject_is_stored(const struct subject *subject);
/* Calls visit with each value the event has for it (a path may name several) until it returns false. */
void subject_visit(const struct subject *subject, struct event *event, bool (*visit)(void *context, struct str text),
                   void *context);
/* The first of them; absent when there is none. */
struct str subject_text(const struct subject *subject, struct event *event);

#endif
