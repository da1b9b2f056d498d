#include "store/block.h"

/* The marks and times of all slots. */

enum {
    FLAGS_KNOWN =
        RECORD_UNPARSED | RECORD_NO_NEWLINE | RECORD_PIECE | RECORD_TAIL | RECORD_TIME_BORROWED | BLOCK_NO_TIME,
};

static bool mark_is_sound(struct str mark)
{
    if (mark.size != BLOCK_MARK_SIZE)
        return false;
    uint8_t flags = (uint8_t)mark.data[0];
    return !(flags & ~FLAGS_KNOWN) && (!(flags & RECORD_TAIL) || flags & BLOCK_NO_TIME) &&
           (uint8_t)mark.data[1] <= LEVEL_CRITICAL && (uint8_t)mark.data[2] < 1u << KIND_COUNT &&
           (uint8_t)mark.data[3] < FORMAT_COUNT;
}

/* The marks of a list's texts, in arena. NULL when they are damaged. */
static const uint8_t (*marks_of(struct block *block, const struct list *list))[BLOCK_MARK_SIZE]
{
    uint8_t(*marks)[BLOCK_MARK_SIZE] = arena_alloc(&block->arena, (size_t)list->count * BLOCK_MARK_SIZE);
    for (uint32_t i = 0; i < list->count; i++) {
        struct str mark;
        if (!list_text(&block->lister, list, i, &mark) || !mark_is_sound(mark))
            return NULL;
        memcpy(marks[i], mark.data, BLOCK_MARK_SIZE);
    }
    return (const uint8_t(*)[BLOCK_MARK_SIZE])marks;
}

static bool take_marks(struct block *block, uint32_t records)
{
    uint32_t index = block->skeletons.column_count, found = 0;
    if (!block_need_column(block, index))
        return false;
    const struct list *list = block->set->columns[index].list;
    bool coded = list->way == WAY_DICT; /* as it nearly always is: then each distinct mark is looked at once */
    const uint16_t *codes = coded ? list_codes(&block->arena, list->dict) : NULL;
    const uint8_t(*marks)[BLOCK_MARK_SIZE] = marks_of(block, coded ? list->dict->texts : list);
    if (!marks || (coded && !codes))
        return false;
    uint8_t *bytes = arena_alloc(&block->arena, (size_t)block->slots * BLOCK_MARK_SIZE);
    block->flags = bytes;
    block->levels = bytes + block->slots;
    block->kinds = bytes + (size_t)block->slots * 2;
    block->formats = bytes + (size_t)block->slots * 3;
    for (uint32_t i = 0; i < block->slots; i++) {
        const uint8_t *mark = marks[codes ? codes[i] : i];
        block->flags[i] = mark[0];
        block->levels[i] = mark[1];
        block->kinds[i] = mark[2];
        block->formats[i] = mark[3];
        found += !(mark[0] & RECORD_TAIL);
    }
    return found == records;
}

/* When every slot has a time, as one column says it: those are the times. */
static bool times_are_column(const struct block *block, const struct column *column, const struct pool_numbers *numbers)
{
    if (!column || !column->dense || numbers->count != block->slots || numbers->width > 0 || numbers->min != 0)
        return false;
    bool known = true;
    for (uint32_t i = 0; i < block->slots; i++)
        known &= column->times[i] != TIME_NONE;
    return known;
}

/* Times as differences to those expected. */
static bool add_times(struct block *block, const struct column *column, const struct pool_numbers *packed)
{
    int64_t *numbers = ARENA_ARRAY(&block->arena, int64_t, packed->count);
    int64_t *times = ARENA_ARRAY(&block->arena, int64_t, block->slots);
    uint64_t before = 0;
    uint32_t at = 0;
    pool_read_numbers(packed, numbers);
    block->times = times;
    for (uint32_t i = 0, n = 0; i < block->slots; i++) {
        times[i] = TIME_NONE;
        if (block->flags[i] & BLOCK_NO_TIME)
            continue;
        before = block_expected_time(column, i, &at, before) + (uint64_t)numbers[n++];
        times[i] = (int64_t)before;
        if (times[i] == TIME_NONE)
            return false;
    }
    return true;
}

static bool take_times(struct block *block)
{
    uint64_t reference;
    if (!pool_take_varint(&block->header, &reference) || reference > block->skeletons.column_count)
        return false;
    struct column *column = reference ? &block->set->columns[reference - 1] : NULL;
    if (column && (!block_need_column(block, (uint32_t)reference - 1) ||
                   !(column->times = list_times(column->list, &block->arena))))
        return false;
    uint32_t timed = 0;
    struct pool_numbers numbers;
    for (uint32_t i = 0; i < block->slots; i++)
        timed += !(block->flags[i] & BLOCK_NO_TIME);
    if (!pool_skip_numbers(&block->header, timed, &numbers))
        return false;
    if (!times_are_column(block, column, &numbers))
        return add_times(block, column, &numbers);
    block->times = column->times;
    return true;
}

bool block_decode_marks(struct block *block, struct err *err)
{
    if (block->is_decoded)
        return true;
    block_prepare_columns(block);
    if (!take_marks(block, block->records))
        return block_damaged(block, "its marks are wrong", err);
    if (!take_times(block))
        return block_damaged(block, "its times are wrong", err);
    block->is_decoded = true;
    return true;
}
