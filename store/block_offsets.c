#include "base/map.h"
#include "base/must.h"
#include "base/scope.h"
#include "store/block.h"

/* Where records begin in their sources. */

/* What the header says of offsets; read once. False when it is damaged. */
static bool take_header(struct block *block)
{
    struct block_offsets *o = &block->where;
    struct pool_reader header = block->header;
    uint64_t count, slot, after = 0;
    if (o->known)
        return true;
    if (!pool_take_varint(&header, &count) || count > block->slots)
        return false;
    o->jumps = ARENA_ARRAY(&block->arena, struct block_jump, count);
    for (o->jump_count = 0; o->jump_count < count; o->jump_count++) {
        struct block_jump *jump = &o->jumps[o->jump_count];
        if (!pool_take_varint(&header, &slot) || !pool_take_zigzag(&header, &jump->by) || slot < after ||
            slot >= block->slots)
            return false;
        jump->slot = (uint32_t)slot;
        after = slot + 1;
    }
    if (header.rest[POOL_META].size > 0) {
        size_t stretches = (block->slots - 1) / block_stretch(block->slots);
        int64_t *sizes = ARENA_ARRAY(&block->arena, int64_t, stretches);
        if (!pool_take_numbers(&header, sizes, stretches))
            return false;
        o->stretches = sizes;
    }
    return o->known = pool_all_read(&header);
}

/* ---- All of them --------------------------------------------------------------------------------------------------- */

static bool size_of(struct block *block, uint32_t slot, uint64_t *ret)
{
    if (!block->has_all_text)
        return block_slot_size(block, slot, ret);
    *ret = block->starts[slot + 1] - block->starts[slot];
    return true;
}

/* Makes the offset, so far what the header says, that of the run. end: of the same source's run before, if it is not the first. */
static void resolve_offset(struct batch_run *run, const struct map_entry *end, bool is_first)
{
    uint64_t difference = (run->offset >> 1) ^ (UINT64_C(0) - (run->offset & 1)); /* zigzag */
    if (!is_first)
        run->offset = end->value + difference;
}

static bool sum_up(struct block *block, uint64_t *offsets)
{
    SCOPED(map) ends = {0};
    const struct block_offsets *o = &block->where;
    uint64_t stretch = 0;
    uint32_t jump = 0, step = block_stretch(block->slots);
    for (uint32_t r = 0; r < block->run_count; r++) {
        struct batch_run *run = &block->runs[r];
        bool is_first;
        struct map_entry *end = map_at(&ends, str_from((const char *)&run->source, sizeof run->source), &is_first);
        resolve_offset(run, end, is_first);
        uint64_t offset = run->offset, size;
        for (uint32_t i = run->first; i < run->first + run->count; i++) {
            if (jump < o->jump_count && o->jumps[jump].slot == i)
                offset += (uint64_t)o->jumps[jump++].by;
            offsets[i] = offset;
            if (!size_of(block, i, &size) ||
                __builtin_add_overflow(offset, size + block_ends_with_newline(block->flags[i]), &offset))
                return false;
            stretch += size;
            if ((i + 1) % step > 0)
                continue;
            if (o->stretches && i + 1 < block->slots && stretch != (uint64_t)o->stretches[i / step])
                return false;
            stretch = 0;
        }
        run->end = end->value = offset;
    }
    return true;
}

bool block_decode_offsets(struct block *block, struct err *err)
{
    must(block->is_open && block->is_decoded);
    if (block->offsets)
        return true;
    uint64_t *offsets = ARENA_ARRAY(&block->arena, uint64_t, block->slots);
    block->is_broken = block->is_broken || !take_header(block) || !sum_up(block, offsets); /* runs are resolved once */
    if (block->is_broken)
        return block_damaged(block, "its offsets are wrong", err);
    block->offsets = offsets;
    return true;
}

/* ---- One of them --------------------------------------------------------------------------------------------------- */

/* The bytes of text before the slot, with the sizes that are known of its stretch. */
static bool text_before(struct block *block, uint32_t slot, struct block_sizes *known, uint64_t *ret)
{
    struct block_offsets *o = &block->where;
    uint32_t step = block_stretch(block->slots), stretch = slot / step, first = stretch * step;
    *ret = 0;
    for (uint32_t k = 0; k < stretch; k++)
        *ret += (uint64_t)o->stretches[k];
    if (slot == first)
        return true;
    if (!known->before)
        known->before = ARENA_ARRAY(&block->arena, uint64_t, step);
    if (known->count == 0 || known->index != stretch) {
        known->before[0] = 0;
        known->count = 1;
        known->index = stretch;
        o->looks++;
    }
    for (uint64_t size; known->count <= slot - first; known->count++) {
        if (!block_slot_size(block, first + known->count - 1, &size))
            return false;
        known->before[known->count] = known->before[known->count - 1] + size;
    }
    *ret += known->before[slot - first];
    return true;
}

static bool find_offset(struct block *block, uint32_t slot, uint64_t *ret)
{
    struct block_offsets *o = &block->where;
    const struct batch_run *run = block_run_of(block, slot);
    uint64_t to, from;
    if (!text_before(block, run->first, &o->at_run, &from) || !text_before(block, slot, &o->at_slot, &to))
        return false;
    *ret = run->offset + to - from;
    for (uint32_t i = run->first; i < slot; i++)
        *ret += block_ends_with_newline(block->flags[i]);
    for (uint32_t k = 0; k < o->jump_count && o->jumps[k].slot <= slot; k++)
        if (o->jumps[k].slot >= run->first)
            *ret += (uint64_t)o->jumps[k].by;
    return true;
}

/* Only the first run of a source tells where it begins; the others go on from the one before. */
static bool is_first_run(const struct block *block, uint32_t slot)
{
    const struct batch_run *run = block_run_of(block, slot);
    for (const struct batch_run *before = block->runs; before < run; before++)
        if (before->source == run->source)
            return false;
    return true;
}

/* When stretch after stretch is asked for, all offsets at once are less work. */
static bool wants_all(const struct block *block, uint32_t slot)
{
    const struct block_offsets *o = &block->where;
    return !o->stretches || o->looks > block->slots / block_stretch(block->slots) || !is_first_run(block, slot);
}

bool block_slot_offset(struct block *block, uint32_t slot, uint64_t *ret, struct err *err)
{
    must(block->is_open && block->is_decoded && slot < block->slots);
    if (!block->offsets) {
        if (block->is_broken || !take_header(block))
            return block_damaged(block, "its offsets are wrong", err);
        if (!wants_all(block, slot))
            return find_offset(block, slot, ret) || block_damaged(block, "its offsets are wrong", err);
        if (!block_decode_offsets(block, err))
            return false;
    }
    must(block->offsets != NULL);
    *ret = block->offsets[slot];
    return true;
}
