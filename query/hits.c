#include "query/hits.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

void hits_release(struct hits *hits)
{
    free(hits->items);
    *hits = (struct hits){0};
}

void hits_add(struct hits *hits, struct hit hit)
{
    if (hits->count == hits->capacity) {
        hits->capacity = hits->capacity ? hits->capacity * 2 : 1024;
        hits->items = mem_resize_array(hits->items, hits->capacity, sizeof *hits->items);
    }
    if (hits->count > 0 && hits->items[hits->count - 1].number >= hit.number)
        hits->unsorted = true;
    hits->items[hits->count++] = hit;
}

static int order_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_number(const void *a, const void *b)
{
    const struct hit *left = a, *right = b;
    return order_u64(left->number, right->number);
}

static int by_time(const void *a, const void *b)
{
    const struct hit *left = a, *right = b;
    int order = (left->time_us > right->time_us) - (left->time_us < right->time_us);
    return order ? order : order_u64(left->number, right->number);
}

static int by_time_and_source(const void *a, const void *b)
{
    const struct hit *left = a, *right = b;
    int order = (left->time_us > right->time_us) - (left->time_us < right->time_us);
    order = order ? order : (left->source > right->source) - (left->source < right->source);
    return order ? order : order_u64(left->number, right->number);
}

static void remove_doubles(struct hits *hits)
{
    size_t kept = 0;
    for (size_t i = 0; i < hits->count; i++)
        if (kept == 0 || hits->items[kept - 1].number != hits->items[i].number)
            hits->items[kept++] = hits->items[i];
    hits->count = kept;
}

bool hits_apart(const struct hit *a, const struct hit *b)
{
    uint32_t from = a->sequence / HIT_SEQUENCE_STEP, to = b->sequence / HIT_SEQUENCE_STEP;
    return a->source != b->source || (to - from != 1 && from - to != 1);
}

/* What leads its source without a time counts with the first time behind it; all others have one by now. */
static void lead_times(struct hits *hits)
{
    struct map next = {
        0}; /* source -> the time of its hit before, so far as the loop, which goes backwards, has come */
    for (size_t i = hits->count; i-- > 0;) {
        struct hit *hit = &hits->items[i];
        bool fresh;
        struct map_entry *entry = map_at(&next, str_from((const char *)&hit->source, sizeof hit->source), &fresh);
        if (!fresh && hit->time_us == TIME_NONE)
            hit->time_us = (int64_t)entry->value;
        entry->value = (uint64_t)hit->time_us;
    }
    map_release(&next);
}

/* Gives each hit the time it counts with, see enum hits_order. Returns how many sources there are. */
static size_t settle_times(struct hits *hits, enum hits_order order)
{
    struct map last = {0}; /* source -> index + 1 of its latest hit, now settled */
    for (size_t i = 0; i < hits->count; i++) {
        struct hit *hit = &hits->items[i];
        bool fresh;
        struct map_entry *entry = map_at(&last, str_from((const char *)&hit->source, sizeof hit->source), &fresh);
        if (!fresh) {
            const struct hit *before = &hits->items[entry->value - 1];
            bool together = order == HITS_WITH_CONTEXT && !hits_apart(before, hit);
            bool late = order != HITS_BY_TIME && hit->time_us < before->time_us;
            if (together || late || hit->time_us == TIME_NONE)
                hit->time_us = before->time_us;
        }
        entry->value = i + 1;
    }
    size_t sources = last.count;
    map_release(&last);
    if (!hits->cut_off)
        lead_times(hits);
    return sources;
}

void hits_sort(struct hits *hits, enum hits_order order)
{
    if (hits->count == 0)
        return;
    if (hits->unsorted) {
        qsort(hits->items, hits->count, sizeof *hits->items, by_number);
        remove_doubles(hits);
        hits->unsorted = false;
    }
    if (settle_times(hits, order) > 1 || order == HITS_BY_TIME)
        qsort(hits->items, hits->count, sizeof *hits->items, order == HITS_WITH_CONTEXT ? by_time_and_source : by_time);
}

void hits_keep_newest(struct hits *hits, uint64_t lines_max)
{
    size_t from = hits->count;
    uint64_t matches = 0;
    while (from > 0 && matches < lines_max)
        matches += !(hits->items[--from].sequence & HIT_CONTEXT);
    while (from > 0 && lines_max > 0 && (hits->items[from - 1].sequence & HIT_CONTEXT) &&
           !hits_apart(&hits->items[from - 1], &hits->items[from]))
        from--;
    for (size_t i = from; i < hits->count; i++)
        hits->items[i - from] = hits->items[i];
    hits->count -= from;
}

void hits_reverse(struct hits *hits)
{
    for (size_t i = 0; i < hits->count / 2; i++) {
        struct hit other = hits->items[i];
        hits->items[i] = hits->items[hits->count - 1 - i];
        hits->items[hits->count - 1 - i] = other;
    }
}
