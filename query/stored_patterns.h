/* stored_patterns: the patterns of a store's templates.
 *
 *     store_templates ─▶ struct pattern_set (analyze)
 *
 * They are mined, unless the store has what was mined when ids were given last, and no template has come since.
 * Live ones, for an answer that goes on, take up templates that come later; they belong to one thread. */
#ifndef WINNOW_QUERY_STORED_PATTERNS_H
#define WINNOW_QUERY_STORED_PATTERNS_H

#include "analyze/analyze.h"
#include "store/store.h"

struct stored_patterns {
    struct pattern_set *set;
    struct store *store;
    uint64_t newest; /* record number when the templates were read */
    size_t taken;    /* how many there were */
};

struct stored_patterns *stored_patterns_new(struct store *store, bool live, struct err *err);
void stored_patterns_free(struct stored_patterns *patterns);
SCOPE_FREE(stored_patterns)
/* The pattern of an id: of one there is now, of one of its templates, or of one there once was. *ret_pattern is set->count when
 * nobody knows the id. */
bool stored_patterns_resolve(struct stored_patterns *patterns, struct str id, uint32_t *ret_pattern, struct err *err);

#endif
