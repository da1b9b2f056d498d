/* event: one stored record on its way through a question: which it is, where it came from, and, once somebody asks,
 * what it means. Analyzing is put off until a filter or an output needs it. What the store knows about a record (time,
 * level, kinds, format, flags) is kept as it was stored. Views die with the arena's next reset. One thread. */
#ifndef WINNOW_QUERY_EVENT_H
#define WINNOW_QUERY_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "analyze/analyze.h"
#include "store/store.h"

struct event {
    uint64_t number;
    const struct store_source *source;
    struct record record;
    bool analyzed;
    bool believes_kinds; /* what a message tells of a login counts only as the stored kinds have it */
    bool context;        /* stands beside a match and is none itself */
    struct analyzer *analyzer;
    struct arena *arena; /* for one event: reset before the next */
};

void event_analyze(struct event *event);
/* A canonical field as output shows it: the level's contract name, the time in RFC 3339 UTC, otherwise record_field.
 * Absent when the record has none. */
struct str event_field(struct event *event, enum field field);
/* True when the record has a time of its own. */
bool event_has_time(const struct event *event);
/* One line for people: the message, else what was asked and how it ended, else the raw line. Never absent. */
struct str event_text(struct event *event);
/* "auth_failure,denial"; absent when the record is of no kind. */
struct str event_kinds(const struct event *event);

#endif
