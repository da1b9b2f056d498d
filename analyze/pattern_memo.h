/* pattern_memo: which pattern a record is of. Remembers the sketches of the messages met lately, so that most records need no
 * template. Zero-initialised but for the set, which must outlive it. One thread. */
#ifndef WINNOW_ANALYZE_PATTERN_MEMO_H
#define WINNOW_ANALYZE_PATTERN_MEMO_H

#include "analyze/pattern_set.h"
#include "base/batch.h"

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
