/* lens: one thing a question asks of every record - does a group of filters hold, which value has a key - answered from a block's
 * columns: once for each skeleton and distinct value, or combination of values, that the answer depends on. The answer itself
 * comes from the code that answers for a line, given a record that has those values.
 *
 * One thread; it belongs to a worker, and what it remembers to one block. */
#ifndef WINNOW_QUERY_LENS_H
#define WINNOW_QUERY_LENS_H

#include "base/map.h"
#include "query/panel.h"
#include "query/select.h"

enum lens_way { LENS_FILTERS, LENS_NETS, LENS_KEY };

/* Answers. */
enum {
    LENS_NO = 1,
    LENS_YES = 2,
    LENS_UNSURE = 3, /* the line must be asked */
    LENS_KEYS = 4,   /* and from there on: the keys of the block, an absent one first */
};

struct lens_skeleton;
struct lens {
    enum lens_way way;
    const struct select *select;
    struct subject subject;
    struct filter *filters; /* LENS_FILTERS: of this worker; the group that begins at index */
    size_t filter_count, index;
    bool believes_kinds; /* see struct event */
    struct panel *panel;
    struct lens_skeleton **skeletons; /* NULL: not looked through yet */
    uint32_t *marks;                  /* answers by what the store knows of a record, 0: unknown */
    int64_t source;                   /* of the answer remembered last */
    uint32_t source_answer;
    struct map keys;
    uint32_t *pattern_keys; /* SUBJECT_PATTERN: the answer of each, 0: unknown; NULL: none is known */
    struct arena arena;     /* of one answer */
};

/* Can the subject be looked at this way? Others take the line. */
bool lens_fits(const struct subject *subject);
void lens_release(struct lens *lens);
void lens_begin(struct lens *lens, struct panel *panel);
/* The answer for a slot. */
uint32_t lens_look(struct lens *lens, uint32_t slot);
/* A key by its answer; lives until lens_begin. */
struct str lens_key(const struct lens *lens, uint32_t answer);

#endif
