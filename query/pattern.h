/* pattern: which pattern a record, a template or an id is of.
 *
 *     store_templates ─▶ patterns_new (analyze) ─▶ struct pattern_set: template ─▶ pattern, id ─▶ pattern
 *     record ─▶ struct pattern_memo (the sketches of messages met lately) ─▶ pattern
 *
 * A pattern is an index below set->count. The last two are no patterns, but keep the counts whole:
 *
 *     other   records whose template the store did not keep, since it had its fill, and whose template no pattern's text holds
 *             with words, or lists of words with commas, in the place of its variables
 *     none    records without a message or anything that stands for one
 *
 * Patterns are mined once, when the set is made. A set that is live, for an answer that goes on, takes up templates that come
 * later; it belongs to one thread. Any other set may be asked from any thread; a memo belongs to one. */
#ifndef WINNOW_QUERY_PATTERN_H
#define WINNOW_QUERY_PATTERN_H

#include "analyze/analyze.h"
#include "base/map.h"
#include "store/store.h"

struct pattern_set {
    uint32_t count;
    uint32_t other, none;
    struct store *store;
    bool live;
    uint32_t generation; /* grows when a live set has changed: then indexes mean other patterns */
    uint64_t newest;     /* record number when the templates were read */
    size_t taken;        /* how many there were */
    struct patterns *mined;
    struct map places; /* template -> pattern */
    struct map ids;    /* id -> pattern */
    uint32_t *letters; /* of each mined pattern's text; 0: it has no variable, so it holds no other template */
    uint32_t begins[UINT8_MAX + 2]; /* the first pattern whose text begins with that byte or a higher one */
};

struct pattern_set *pattern_set_new(struct store *store, bool live, struct err *err);
void pattern_set_free(struct pattern_set *set);
SCOPE_FREE(pattern_set)
/* "other" and "none" for those that are none. */
struct str pattern_set_id(const struct pattern_set *set, uint32_t pattern);
struct str pattern_set_text(const struct pattern_set *set, uint32_t pattern);
/* A key to group by, which sorts as the texts do, and back. In arena. */
struct str pattern_key(uint32_t pattern, struct arena *arena);
uint32_t pattern_of_key(struct str key);
/* Absent: none. */
uint32_t pattern_set_of(const struct pattern_set *set, struct str template);
/* The pattern of an id: of one there is now, of one of its templates, or of one there once was. *ret_pattern is set->count when
 * nobody knows the id. */
bool pattern_set_resolve(struct pattern_set *set, struct str id, uint32_t *ret_pattern, struct err *err);
/* A text that every raw line of the pattern's records contains, unless it holds a backslash; absent when none is known. */
struct str pattern_set_needle(const struct pattern_set *set, uint32_t pattern);

enum { PATTERN_MEMO_SLOTS = 1 << 15 };

struct pattern_memo {
    struct pattern_set *set;
    uint32_t generation;
    struct pattern_memo_slot *slots; /* NULL: not needed yet */
};

void pattern_memo_release(struct pattern_memo *memo);
/* The id of an analyzed record's pattern; absent without a memo. Scratch memory from arena. */
struct str pattern_memo_id(struct pattern_memo *memo, const struct record *rec, struct arena *arena);
/* The pattern of an analyzed record. Scratch memory from arena. */
uint32_t pattern_memo_of(struct pattern_memo *memo, const struct record *rec, struct arena *arena);

#endif
