#include "store/run.h"

#include <stdlib.h>

static int compare_sources(const void *a, const void *b)
{
    const struct run_row *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

static int compare_places(const void *a, const void *b)
{
    const struct run_row *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

static void join(struct run_row *row, const struct run_row *next)
{
    row->slots += next->slots;
    row->offset_to = next->offset_to;
    row->records += next->records;
    row->unparsed += next->unparsed;
    row->raw_bytes += next->raw_bytes;
    if (next->time_min != TIME_NONE && (row->time_min == TIME_NONE || next->time_min < row->time_min))
        row->time_min = next->time_min;
    if (next->time_max != TIME_NONE && (row->time_max == TIME_NONE || next->time_max > row->time_max))
        row->time_max = next->time_max;
}

uint32_t run_rows_join(struct run_row *rows, uint32_t count)
{
    if (count < 2)
        return count;
    qsort(rows, count, sizeof *rows, compare_sources);
    uint32_t left = 1;
    for (uint32_t i = 1; i < count; i++) {
        struct run_row *row = &rows[left - 1];
        if (row->source == rows[i].source && row->offset_to == rows[i].offset_from)
            join(row, &rows[i]);
        else
            rows[left++] = rows[i];
    }
    qsort(rows, left, sizeof *rows, compare_places);
    return left;
}
