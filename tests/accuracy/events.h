/* A system's log statements, and lines as it would print them. The form of an .events file stands in README.md. */
#ifndef WINNOW_TESTS_ACCURACY_EVENTS_H
#define WINNOW_TESTS_ACCURACY_EVENTS_H

#include <stddef.h>
#include <stdint.h>

struct label_line {
    unsigned event;      /* which statement of the file it came from, from 1 */
    const char *message; /* what the statement printed */
    const char *raw;     /* that with the system's header before it */
};

struct events;
/* Reads the types file, then the .events file. Ends the program with FILE:LINE: what is wrong. */
struct events *events_open(const char *types_path, const char *path);
void events_close(struct events *events);
unsigned events_count(const struct events *events);

/* Draws lines in all: each event at least once, else in proportion to its weight, in random order. The same files, lines and
 * seed give the same bytes on every machine. The texts live until visit returns. */
void events_draw(struct events *events, unsigned lines, uint64_t seed,
                 void (*visit)(void *context, const struct label_line *line), void *context);

#endif
