#include "query/histogram.h"

#include <stdlib.h>

#include "base/clock.h"

/* Each divides the next, so that coarsening adds whole steps together. */
static const int64_t bases[] = {TIME_SECOND, 15 * TIME_SECOND, TIME_MINUTE, 5 * TIME_MINUTE, 15 * TIME_MINUTE};
enum { BASE_COUNT = sizeof bases / sizeof *bases, BASE_ROWS_MAX = 8192 };

static const int64_t steps[] = {
    TIME_SECOND,     2 * TIME_SECOND, 5 * TIME_SECOND,  15 * TIME_SECOND, 30 * TIME_SECOND, TIME_MINUTE,
    2 * TIME_MINUTE, 5 * TIME_MINUTE, 15 * TIME_MINUTE, 30 * TIME_MINUTE, TIME_HOUR,        2 * TIME_HOUR,
    3 * TIME_HOUR,   6 * TIME_HOUR,   12 * TIME_HOUR,   TIME_DAY,         2 * TIME_DAY,     7 * TIME_DAY,
    14 * TIME_DAY,   28 * TIME_DAY,   91 * TIME_DAY,    364 * TIME_DAY,
};
enum { STEP_COUNT = sizeof steps / sizeof *steps };

static int64_t floor_to(int64_t value, int64_t step)
{
    int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

/* Where the step that holds the moment begins. */
static int64_t step_begin(int64_t time_us, int64_t step_us)
{
    struct clock_civil civil;
    clock_to_civil(time_us, &civil);
    int64_t offset_us = civil.offset_seconds * TIME_SECOND;
    int64_t begin = floor_to(time_us + offset_us, step_us);
    if (step_us % TIME_DAY != 0)
        return begin - offset_us;
    clock_to_civil_utc(begin, &civil);
    return clock_from_civil(&civil);
}

static int64_t step_after(int64_t begin_us, int64_t step_us)
{
    if (step_us % TIME_DAY != 0)
        return begin_us + step_us;
    struct clock_civil civil;
    clock_to_civil(begin_us, &civil);
    civil.day += (int)(step_us / TIME_DAY);
    return clock_from_civil(&civil);
}

static struct map_entry *count_at(struct map *counts, int64_t begin_us)
{
    return map_at(counts, str_from((const char *)&begin_us, sizeof begin_us), NULL);
}

static int64_t entry_begin(const struct map_entry *entry)
{
    int64_t begin_us;
    memcpy(&begin_us, entry->key.data, sizeof begin_us);
    return begin_us;
}

void histogram_init(struct histogram *histogram, int64_t step_us)
{
    *histogram = (struct histogram){.step_us = step_us, .base_us = bases[0], .second_us = TIME_NONE};
}

void histogram_release(struct histogram *histogram)
{
    map_release(&histogram->counts);
}

static void coarsen(struct histogram *histogram)
{
    size_t base = 0;
    while (base < BASE_COUNT - 1 && bases[base] <= histogram->base_us)
        base++;
    histogram->base_us = bases[base];
    struct map coarse = {0};
    for (size_t i = 0; i < histogram->counts.count; i++) {
        const struct map_entry *entry = &histogram->counts.entries[i];
        count_at(&coarse, floor_to(entry_begin(entry), histogram->base_us))->value += entry->value;
    }
    map_release(&histogram->counts);
    histogram->counts = coarse;
    histogram->second_us = TIME_NONE;
}

bool histogram_add(struct histogram *histogram, int64_t time_us, struct err *err)
{
    if (time_us == TIME_NONE) {
        histogram->without_time++;
        return true;
    }
    bool chosen = histogram->step_us != 0;
    int64_t second_us = floor_to(time_us, TIME_SECOND);
    if (second_us == histogram->second_us) {
        histogram->counts.entries[histogram->second_entry].value++;
        return true;
    }
    int64_t begin_us = chosen ? step_begin(time_us, histogram->step_us) : floor_to(time_us, histogram->base_us);
    struct map_entry *entry = count_at(&histogram->counts, begin_us);
    entry->value++;
    if (histogram->step_us % TIME_SECOND == 0) { /* then a second, whose offset from UTC is one, lies within one step */
        histogram->second_us = second_us;
        histogram->second_entry = (size_t)(entry - histogram->counts.entries);
    }
    if (!chosen && histogram->counts.count > BASE_ROWS_MAX && histogram->base_us != bases[BASE_COUNT - 1])
        coarsen(histogram);
    if (histogram->counts.count > HISTOGRAM_ROWS_MAX)
        return err_set(err, ERR_LIMIT, 0, "--histogram makes more than %d rows; give a longer step",
                       HISTOGRAM_ROWS_MAX);
    return true;
}

static void range_of(const struct histogram *histogram, int64_t *ret_first, int64_t *ret_last)
{
    *ret_first = INT64_MAX;
    *ret_last = INT64_MIN;
    for (size_t i = 0; i < histogram->counts.count; i++) {
        int64_t begin_us = entry_begin(&histogram->counts.entries[i]);
        *ret_first = begin_us < *ret_first ? begin_us : *ret_first;
        *ret_last = begin_us > *ret_last ? begin_us : *ret_last;
    }
}

static void choose_step(struct histogram *histogram)
{
    int64_t first, last;
    range_of(histogram, &first, &last);
    size_t step = 0;
    while (step < STEP_COUNT - 1 &&
           (steps[step] % histogram->base_us != 0 || (last - first) / steps[step] >= HISTOGRAM_ROWS_AIM))
        step++;
    histogram->step_us = steps[step];
    struct map counts = {0};
    for (size_t i = 0; i < histogram->counts.count; i++) {
        const struct map_entry *entry = &histogram->counts.entries[i];
        count_at(&counts, step_begin(entry_begin(entry), histogram->step_us))->value += entry->value;
    }
    map_release(&histogram->counts);
    histogram->counts = counts;
}

static int by_time(const void *a, const void *b)
{
    const struct histogram_row *left = a, *right = b;
    return (left->time_us > right->time_us) - (left->time_us < right->time_us);
}

struct histogram_row *histogram_finish(struct histogram *histogram, size_t *ret_count)
{
    *ret_count = histogram->counts.count;
    if (*ret_count == 0)
        return mem_alloc(1);
    if (histogram->step_us == 0)
        choose_step(histogram);
    int64_t first, last;
    range_of(histogram, &first, &last);
    if ((last - first) / histogram->step_us < HISTOGRAM_GAP_ROWS_MAX)
        for (int64_t at = first; at < last; at = step_after(at, histogram->step_us))
            count_at(&histogram->counts, at);
    *ret_count = histogram->counts.count;
    struct histogram_row *rows = mem_alloc(*ret_count * sizeof *rows);
    for (size_t i = 0; i < *ret_count; i++)
        rows[i] =
            (struct histogram_row){entry_begin(&histogram->counts.entries[i]), histogram->counts.entries[i].value};
    qsort(rows, *ret_count, sizeof *rows, by_time);
    return rows;
}
