/* What an analyzed record's slots say; the functions the rest of the room needs besides those of the door. */
#ifndef WINNOW_ANALYZE_RECORD_H
#define WINNOW_ANALYZE_RECORD_H

#include "analyze/analyze.h"

/* The slot's value, decoded; absent for JSON null. rec->shape is set and index < slot_count. */
struct str record_slot_text(const struct record *rec, uint32_t index, struct arena *arena);
/* The slot of rec itself (not of its inner record) that gives this field a usable value, which goes to *ret_text; -1 if
 * none does: the first in the shape's order whose value is there and, for level, status, duration and client_ip, can be read. */
int record_slot(const struct record *rec, enum field field, struct arena *arena, struct str *ret_text);

/* Which of rec and its inner record gives the field, inner first, and by which slot; NULL: neither. */
const struct record *record_giver(const struct record *rec, enum field field, struct arena *arena, int *ret_slot,
                                  struct str *ret_text);

/* Nothing in the record can tell the field: most fields of most records. */
static inline bool record_is_untold(const struct record *rec, enum field field)
{
    return rec->shape && rec->shape->field_slot[field] < 0 && !rec->inner && !rec->derived && !rec->defaults;
}
/* As record_field, sooner where it is untold. */
static inline struct str record_text(const struct record *rec, enum field field, struct arena *arena)
{
    return record_is_untold(rec, field) ? STR_ABSENT : record_field(rec, field, arena);
}

/* The address in what a client's field says: without a port, the first of a list, IPv4 instead of "::ffff:192.0.2.1". Absent
 * when it is no address. */
struct str record_address(struct str text);

/* The worse of what its level field and that of its inner record say. */
enum level record_level(const struct record *rec, struct arena *arena);

#endif
