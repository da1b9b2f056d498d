/* Shapes: the skeletons of JSON lines seen so far.
 *
 * A skeleton is the literal text of a line around its slots. Known skeletons are kept in a tree whose edges are literals:
 * a line is matched by comparing the next literal, then scanning one slot, and so on to the end of the line. Invariant:
 * a line that matches is JSON, because literals come from a judged line and slots are scanned as strictly as the judge
 * would; a line that does not match says nothing and goes to json_cut, which teaches a new skeleton.
 *
 * A set belongs to one thread. Its memory is bounded by SHAPE_BYTES_MAX; past that nothing is learned until shape_set_trim
 * starts over, and shapes are made in the caller's arena. */
#ifndef WINNOW_ANALYZE_SHAPE_H
#define WINNOW_ANALYZE_SHAPE_H

#include "analyze/analyze.h"
#include "analyze/json.h"
#include "analyze/signal.h"

enum { SHAPE_BYTES_MAX = 32 << 20 };

struct shape_set;
/* Both tables must outlive the set. */
struct shape_set *shape_set_new(const struct field_table *table, const struct signal_table *signals);
void shape_set_free(struct shape_set *set);
/* Forgets everything when the memory is used up. Only between batches: shapes given out before are gone then. */
void shape_set_trim(struct shape_set *set);

/* The shape of a known skeleton and the line's slots (in arena), or NULL. */
const struct shape *shape_match(struct shape_set *set, struct str line, struct arena *arena,
                                const struct str **ret_slots);
/* Has the line given to shape_match last no backslash? False also when that is not known. */
bool shape_line_is_plain(const struct shape_set *set);
/* The shape of a line that json_cut has cut; it is remembered if there is room, else made in arena. */
const struct shape *shape_learn(struct shape_set *set, struct str line, const struct json_cut *cut,
                                struct arena *arena);
/* The shape of a text format with these named pieces. */
const struct shape *shape_of_text(struct shape_set *set, enum format format, const struct str *names, uint32_t count,
                                  struct arena *arena);

#endif
