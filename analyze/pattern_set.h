/* pattern_set: which pattern a template or an id is of.
 *
 *     templates ─▶ patterns_new ─▶ struct pattern_set: template ─▶ pattern, id ─▶ pattern
 *
 * A pattern is an index below set->count. The last two are no patterns, but keep the counts whole:
 *
 *     other   templates that are not in the set, and that no pattern's text holds with words, or lists of words with commas, in the
 *             place of its variables
 *     none    records without a message or anything that stands for one
 *
 * Patterns are mined when the set is made, and again when it takes up templates. A set that does belongs to one thread. Any other
 * may be asked from any thread. */
#ifndef WINNOW_ANALYZE_PATTERN_SET_H
#define WINNOW_ANALYZE_PATTERN_SET_H

#include <stdbool.h>

#include "analyze/pattern.h"
#include "base/map.h"

struct pattern_set {
    uint32_t count;
    uint32_t other, none;
    uint32_t generation; /* grows when templates are taken up: then indexes mean other patterns */
    struct patterns *mined;
    struct map places; /* template -> pattern, in the order in which they came */
    struct map ids;    /* id -> pattern */
    uint32_t *letters; /* of each mined pattern's text; 0: it has no variable, so it holds no other template */
    uint32_t begins[UINT8_MAX + 2]; /* the first pattern whose text begins with that byte or a higher one */
    /* Called by a memo that meets a template which is not in the set; may take up more. NULL: the set stays as it is. */
    void (*grow)(void *context);
    void *context;
};

/* Of texts of template_of; one may come twice. Keeps no views into them. */
struct pattern_set *pattern_set_new(const struct str *templates, size_t count);
/* The same, sooner if mined are their patterns as patterns_pack has packed them. */
struct pattern_set *pattern_set_unpack(const struct str *templates, size_t count, struct str mined);
void pattern_set_free(struct pattern_set *set);
SCOPE_FREE(pattern_set)
/* Takes up those that it does not have. */
void pattern_set_add(struct pattern_set *set, const struct str *templates, size_t count);
/* "other" and "none" for those that are none. */
struct str pattern_set_id(const struct pattern_set *set, uint32_t pattern);
struct str pattern_set_text(const struct pattern_set *set, uint32_t pattern);
/* A key to group by, which sorts as the texts do, and back. In arena. */
struct str pattern_key(uint32_t pattern, struct arena *arena);
uint32_t pattern_of_key(struct str key);
/* Absent: none. */
uint32_t pattern_set_of(const struct pattern_set *set, struct str template);
/* Absent, too. */
bool pattern_set_has(const struct pattern_set *set, struct str template);
/* The pattern of an id: of one there is, or of one of its templates; set->count when it is neither. */
uint32_t pattern_set_find(const struct pattern_set *set, struct str id);
/* A text that every raw line of the pattern's records contains, unless it holds a backslash; absent when none is known. */
struct str pattern_set_needle(const struct pattern_set *set, uint32_t pattern);

#endif
