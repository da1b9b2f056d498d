#include <stdlib.h>

#include "base/hash.h"
#include "store/verify.h"

/* The marks of a record say which facts it gave rise to. Both sides are summed up by block, or hot row: a count, and a sum of
 * hashes. Pending records are left out: a writer may replace them meanwhile. */

static uint64_t fact_hash(uint64_t record, unsigned kind, int64_t source, int64_t time_us)
{
    return hash_mix(hash_mix(record, kind), hash_mix((uint64_t)source, (uint64_t)time_us));
}

void verify_facts_add(struct verify_facts *facts, const struct scan_record *rec)
{
    unsigned kinds = rec->record.kinds;
    if (kinds & KIND_AUTH_FAILURE) /* one row for a login, and a failure outweighs */
        kinds &= ~(unsigned)KIND_AUTH_SUCCESS;
    for (unsigned bit = 0; bit < KIND_COUNT; bit++) {
        if ((kinds >> bit & 1) == 0)
            continue;
        facts->count++;
        facts->sum += fact_hash(rec->number, 1U << bit, rec->source, rec->record.time_us);
    }
}

void verify_facts_expect(struct verify_block *at, const struct block *block)
{
    for (uint32_t slot = 0; slot < block->slots; slot++) {
        struct scan_record rec;
        if (block_is_hole(block, slot) || block->kinds[slot] == 0)
            continue;
        block_record_of(block, slot, STR_ABSENT, &rec);
        verify_facts_add(&at->facts, &rec);
    }
}

/* ---- The facts there are --------------------------------------------------------------------------------------------- */

struct facts_read {
    struct verify *v;
    uint64_t strays, first_stray;
    struct verify_hot **hots; /* by number */
};

static int compare_numbers(const void *a, const void *b)
{
    const struct verify_hot *x = *(struct verify_hot *const *)a, *y = *(struct verify_hot *const *)b;
    return (x->number > y->number) - (x->number < y->number);
}

/* The hot row of the record, or NULL. */
static struct verify_hot *hot_of(const struct facts_read *read, uint64_t number)
{
    size_t low = 0, high = read->v->hot_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (read->hots[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < read->v->hot_count && read->hots[low]->number == number ? read->hots[low] : NULL;
}

/* The block that has the record, or NULL. */
static struct verify_block *block_of(const struct verify *v, uint64_t number)
{
    size_t low = 0, high = v->block_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->blocks[middle].first_record + v->blocks[middle].slots <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < v->block_count && v->blocks[low].first_record <= number ? &v->blocks[low] : NULL;
}

static bool take_fact(void *context, const struct fact_row *fact)
{
    struct facts_read *read = context;
    struct verify *v = read->v;
    if (fact->record >= v->next_record)
        return true;
    struct verify_hot *hot = hot_of(read, fact->record);
    struct verify_block *at = hot == NULL ? block_of(v, fact->record) : NULL;
    struct verify_facts *facts = hot != NULL ? &hot->facts : at != NULL ? &at->facts : NULL;
    if (facts != NULL) {
        facts->count--;
        facts->sum -= fact_hash(fact->record, fact->kinds, fact->source, fact->time_us);
    } else if (read->strays++ == 0) {
        read->first_stray = fact->record;
    }
    return true;
}

/* False when the block was pruned since it was looked at, or that cannot be told. */
static bool still_there(struct verify *v, int64_t block)
{
    bool pruned;
    return chain_pruned(v->store, block, &pruned, NULL) && !pruned;
}

/* False when the record, hot before, was put into a block and pruned since, or that cannot be told. */
static bool still_kept(struct verify *v, uint64_t number)
{
    struct scan_record rec;
    return store_fetch(v->store, number, false, &rec, NULL);
}

bool verify_facts(struct verify *v, struct err *err)
{
    struct facts_read read = {.v = v};
    struct fact_ask ask = {.kinds = (1U << KIND_COUNT) - 1, .since_us = TIME_NONE, .until_us = TIME_NONE};
    struct err why = {0};
    SCOPED(arena) arena = {0};
    read.hots = ARENA_ARRAY(&arena, struct verify_hot *, v->hot_count + 1);
    for (size_t i = 0; i < v->hot_count; i++)
        read.hots[i] = &v->hots[i];
    qsort(read.hots, v->hot_count, sizeof(struct verify_hot *), compare_numbers);
    if (!store_facts(v->store, &ask, take_fact, &read, &why))
        return verify_damage(v, "fact", 0, &why, err);
    if (read.strays > 0)
        verify_find(v, "fact", 0, "%llu facts name records that are in no block, record %llu first",
                    (unsigned long long)read.strays, (unsigned long long)read.first_stray);
    for (size_t i = 0; i < v->block_count; i++) {
        const struct verify_block *at = &v->blocks[i];
        if (at->decoded && (at->facts.count != 0 || at->facts.sum != 0) && still_there(v, at->id))
            verify_find(v, "fact", at->id, "the facts of block %lld are not those its records gave rise to",
                        (long long)at->id);
    }
    for (size_t i = 0; i < v->hot_count; i++) {
        const struct verify_hot *hot = read.hots[i];
        if (!hot->pending && (hot->facts.count != 0 || hot->facts.sum != 0) && still_kept(v, hot->number))
            verify_find(v, "fact", 0,
                        "the facts of record %llu, which is not in a block, are not those it gave rise to",
                        (unsigned long long)hot->number);
    }
    return true;
}
