/* event: one stored record on its way to whoever asks: which it is, where it came from, and, once somebody asks, what it
 * means. Analyzing is put off until a filter or an output needs it. What the store knows about a record (time, level,
 * kinds, format, flags) is kept as it was stored. Views die with the arena's next reset. One thread. */
#ifndef WINNOW_ANALYZE_EVENT_H
#define WINNOW_ANALYZE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/batch.h"

struct analyzer;

struct event {
    uint64_t number;
    int64_t source_id;                      /* 0: of no source that is known */
    struct str source;                      /* its name */
    int64_t reference_us;                   /* latest moment its year-less stamps can mean */
    const struct source_defaults *defaults; /* of the source, or NULL */
    struct record record;
    bool analyzed;
    bool believes_kinds; /* what a message tells of a login counts only as the stored kinds have it */
    bool context;        /* stands beside a match and is none itself */
    struct analyzer *analyzer;
    struct arena *arena; /* for one event: reset before the next */
};

/* Where the event came from. The state must outlive it. */
void event_set_source(struct event *event, const struct source_state *source);
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
