#include "store/borrow.h"

/* The first time there is in the run: what leads it borrows it when nothing is known from before. */
static int64_t first_time(const struct record *records, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (records[i].time_us != TIME_NONE)
            return records[i].time_us;
    }
    return TIME_NONE;
}

static void borrow_in_run(struct record *records, uint32_t count, int64_t *last_us)
{
    int64_t time_us = *last_us != TIME_NONE ? *last_us : first_time(records, count);
    if (time_us == TIME_NONE)
        return;
    for (uint32_t i = 0; i < count; i++) {
        if (records[i].told == TOLD_EXACT && records[i].time_us == TIME_NONE)
            continue; /* where it came from it had no neighbour to borrow from */
        if (records[i].time_us == TIME_NONE) {
            records[i].time_us = time_us;
            records[i].flags |= RECORD_TIME_BORROWED;
        }
        time_us = records[i].time_us;
    }
    *last_us = time_us;
}

void borrow_times(struct batch *batch, struct map *last)
{
    for (uint32_t r = 0; r < batch->run_count; r++) {
        const struct batch_run *run = &batch->runs[r];
        int64_t last_us = TIME_NONE;
        struct map_entry *entry = NULL;
        if (last != NULL) {
            bool is_new;
            entry = map_at(last, str_from((const char *)&run->source, sizeof run->source), &is_new);
            if (!is_new)
                last_us = (int64_t)entry->value;
        }
        borrow_in_run(batch->records + run->first, run->count, &last_us);
        if (entry != NULL)
            entry->value = (uint64_t)last_us;
    }
}
