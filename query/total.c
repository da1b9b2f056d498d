#include "query/total.h"

#include <stdlib.h>

#include "base/clock.h"

struct total *total_new(void)
{
    return mem_alloc(sizeof(struct total));
}

void total_free(void *context)
{
    struct total *total = context;
    if (!total)
        return;
    map_release(&total->index);
    arena_release(&total->arena);
    free(total->times);
    free(total->rows);
    free(total);
}

struct total_row *total_row(struct total *total, struct str combination)
{
    bool is_new;
    struct map_entry *entry = map_at(&total->index, combination, &is_new);
    if (!is_new)
        return &total->rows[entry->value];
    if (total->row_count == total->row_capacity) {
        total->row_capacity = total->row_capacity ? total->row_capacity * 2 : 64;
        total->rows = mem_resize_array(total->rows, total->row_capacity, sizeof *total->rows);
    }
    entry->value = total->row_count++;
    struct total_row *row = &total->rows[entry->value];
    *row = (struct total_row){.first_us = TIME_NONE, .last_us = TIME_NONE};
    return row;
}

void total_add(struct total *total, struct total_row *row, uint64_t number, int64_t time_us)
{
    if (total->times)
        total->times[total->records] = time_us;
    total->records++;
    if (!row)
        return;
    if (row->count++ == 0 || time_us >= row->last_us)
        row->latest = number;
    if (time_us != TIME_NONE) {
        row->last_us = time_us > row->last_us ? time_us : row->last_us;
        row->first_us = row->first_us == TIME_NONE || time_us < row->first_us ? time_us : row->first_us;
    }
}
