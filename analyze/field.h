/* The table from key paths to canonical fields (struct field_table of the door), and its use on a new shape.
 * Immutable once made; any thread. */
#ifndef WINNOW_ANALYZE_FIELD_H
#define WINNOW_ANALYZE_FIELD_H

#include "analyze/analyze.h"

/* Gives every slot its field, unit and next, and fills ret_first (the shape's field_slot). Among slots for one field the
 * order is the table's; of equal paths (duplicate keys) the last comes first, as JSON parsers have it. */
void field_table_resolve(const struct field_table *table, struct shape_slot *slots, uint32_t count,
                         int16_t ret_first[FIELD_COUNT]);

#endif
