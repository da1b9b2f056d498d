/* join: does a line continue the record before it? A pure state machine over lines, without their newlines; no I/O.
 *
 * What belongs together by itself (JOIN_AUTO):
 *   - a line that begins with a blank continues the text before it, unless that begins with a blank too
 *   - stack traces of Python, Java and the JVM, Go, Node, Ruby, .NET, PHP and Rust, with the log line before them if that
 *     is one with a time stamp or a level; their chained parts, with the empty lines between them
 *   - a JSON object printed over several lines, whose first is "{" and whose last is "}"
 *   - the parts of a message that a container runtime cut: docker's json-file (no \n at the end of "log"), CRI ("P")
 *   - within what docker and CRI write, all of the above, as long as the lines follow each other in one stream
 * A line that is a JSON object of its own and one of an access log are never continued and never continue anything.
 *
 * 1. What a line joins depends on the lines of the record before it, on nothing else. So a reader may begin at any record.
 * 2. A line may have to wait: an empty one belongs to a trace when the trace goes on behind it. At most JOIN_WAITS_MAX
 *    lines wait. When what follows does not take them along, they are records anew: join_begin with the first of them.
 * 3. A record has at most JOIN_LINES_MAX lines. How many bytes it may have is for the caller to say.
 * 4. A line is looked at in constant time, but for the end of a docker line's "log" and a user's expression. */
#ifndef WINNOW_INGEST_JOIN_H
#define WINNOW_INGEST_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum {
    JOIN_LINES_MAX = 4096,
    JOIN_WAITS_MAX = 4,
};

enum join_mode {
    JOIN_AUTO,
    JOIN_OFF,      /* every line is a record */
    JOIN_START,    /* a record begins with a line that matches */
    JOIN_CONTINUE, /* a line that matches continues a record */
};

struct re;
struct join_rules {
    enum join_mode mode;
    struct re *re; /* of JOIN_START and JOIN_CONTINUE, borrowed; of the frame's thread */
};
extern const struct join_rules join_rules_auto;

enum join_verdict {
    JOIN_NEW,  /* it begins another record; those that waited do not belong to this one */
    JOIN_WAIT, /* what follows tells */
    JOIN_MORE, /* it continues the record, and so do those that waited */
    JOIN_LAST, /* the same, and the record is complete */
};

struct join {
    const struct join_rules *rules;
    uint8_t state;  /* enum trace of join.c */
    uint8_t wrap;   /* enum wrap of join.c */
    char stream;    /* of wrapped lines: the first letter that tells stdout from stderr */
    bool partial;   /* the message of the wrapped line before has no end yet */
    bool cut;       /* and is as long as docker's parts are */
    bool complete;  /* the message cannot be continued once it has its end */
    uint8_t waits;  /* lines that wait now */
    uint8_t blanks; /* empty ones among them, the last ones */
    uint32_t lines; /* of the record, waiting ones included */
};

/* An object that is not docker's, which no line can continue whatever the rules: the commonest line of all. */
static inline bool join_is_object(struct str line)
{
    return line.size > 8 && line.data[0] == '{' && !eights_equal(line.data, "{\"log\":\"");
}
/* Begins a record with its first line. False when no line can continue it. */
bool join_begin(struct join *join, const struct join_rules *rules, struct str line);
/* Judges the next line. record is what is there of it so far, waiting lines included, without the last newline. After
 * JOIN_NEW and JOIN_LAST comes join_begin. */
enum join_verdict join_line(struct join *join, struct str record, struct str line);

#endif
