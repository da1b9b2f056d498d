#include "analyze/pattern_memo.h"

#include <stdlib.h>

#include "analyze/analyze.h"

struct pattern_memo_slot {
    uint64_t sketch;
    uint32_t pattern; /* + 1; 0: free */
};

void pattern_memo_release(struct pattern_memo *memo)
{
    free(memo->slots);
    *memo = (struct pattern_memo){0};
}

static uint32_t find_out(struct pattern_memo *memo, const struct record *rec, struct arena *arena)
{
    struct str template = record_template(rec, arena);
    if (memo->set->grow && !pattern_set_has(memo->set, template))
        memo->set->grow(memo->set->context);
    return pattern_set_of(memo->set, template);
}

uint32_t pattern_memo_of(struct pattern_memo *memo, const struct record *rec, struct arena *arena)
{
    bool one_line = rec->shape && rec->shape->literals; /* then the message alone makes the template */
    struct str message = one_line ? record_field(rec, FIELD_MESSAGE, arena) : STR_ABSENT;
    if (!message.data)
        return find_out(memo, rec, arena);
    if (!memo->slots || memo->generation != memo->set->generation) {
        free(memo->slots);
        memo->slots = mem_alloc(PATTERN_MEMO_SLOTS * sizeof *memo->slots);
        memo->generation = memo->set->generation;
    }
    uint64_t sketch = template_sketch(message);
    struct pattern_memo_slot *slot = &memo->slots[sketch % PATTERN_MEMO_SLOTS];
    if (slot->pattern == 0 || slot->sketch != sketch) {
        uint32_t pattern = find_out(memo, rec, arena);
        if (memo->generation != memo->set->generation)
            return pattern; /* the memo is emptied by the next call */
        *slot = (struct pattern_memo_slot){sketch, pattern + 1};
    }
    return slot->pattern - 1;
}

struct str pattern_memo_id(struct pattern_memo *memo, const struct record *rec, struct arena *arena)
{
    return memo ? pattern_set_id(memo->set, pattern_memo_of(memo, rec, arena)) : STR_ABSENT;
}
