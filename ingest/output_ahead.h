/* struct output_aheads: pending records that an output sent ahead, until their final form has come.
 *
 *     pending, quiet ─▶ add (under way) ─acknowledged─▶ delivered ─▶ the store remembers it
 *                            └──── its final record: the same bytes are not sent again; others go with the same key ────▶ ends
 *                                                                                                 the position passes that ─▶ gone
 *
 * What ends does not concern later records. The store keeps it until the final record is passed: who begins again at the position
 * must know what was sent, and with which key. A source has one for each of its pending records, few. What changes is marked by source, for who writes the store: it may call
 * output_aheads_changes while it holds the lock under which the others change anything. */
#ifndef WINNOW_INGEST_OUTPUT_AHEAD_H
#define WINNOW_INGEST_OUTPUT_AHEAD_H

#include "base/buf.h"
#include "base/map.h"
#include "store/store.h"

struct output_ahead {
    struct store_ahead stored; /* its key is a copy of its own */
    bool under_way;
    uint64_t token;  /* while it is under way */
    uint64_t ending; /* the number of its final record, which was read; 0: it was not */
};

struct output_aheads {
    struct output_ahead *items;
    size_t count, capacity;
    size_t ending;      /* of them */
    int64_t none_of;    /* a source that has none, looked for last; or 0 */
    struct map changed; /* source */
};

void output_aheads_init(struct output_aheads *aheads, const struct store_ahead *stored, size_t count);
void output_aheads_release(struct output_aheads *aheads);

/* The final record's source has some. Otherwise there is nothing to do about it: most records. */
bool output_aheads_concern(struct output_aheads *aheads, int64_t source);
/* A pending record: true when it was sent as it is. */
bool output_aheads_have(const struct output_aheads *aheads, const struct scan_record *rec);
/* The key that a record at this place was sent with; false: none was. */
bool output_aheads_key(const struct output_aheads *aheads, const struct scan_record *rec, struct str *ret_key);

/* Under the lock: */
/* A final record was read: what was sent ahead of it ends. */
void output_aheads_end(struct output_aheads *aheads, const struct scan_record *rec);
void output_aheads_add(struct output_aheads *aheads, const struct scan_record *rec, struct str key, uint64_t token);
/* Acknowledged: it takes the place of what the record was before. */
void output_aheads_delivered(struct output_aheads *aheads, uint64_t token);
/* The position: what ended with a record up to it is forgotten. */
void output_aheads_pass(struct output_aheads *aheads, uint64_t position);
/* Nothing is under way any more, and what is behind the position will be read again: nothing ends. */
void output_aheads_drop(struct output_aheads *aheads);
/* For store_output_set_ahead, in arena; then nothing is marked as changed. */
size_t output_aheads_changes(struct output_aheads *aheads, struct arena *arena, struct store_ahead **ret);
/* They could not be written. */
void output_aheads_unchange(struct output_aheads *aheads, const struct store_ahead *changes, size_t count);

#endif
