#include <stdlib.h>

#include "base/hash.h"
#include "store/verify.h"

/* The marks of a block say which facts its records gave rise to. Both sides are summed up by block: a count, and a sum of
 * hashes that does not depend on the order. Unterminated ends are left out: a writer may replace them meanwhile. */

static uint64_t fact_hash(uint64_t record, unsigned kind, int64_t source, int64_t time_us)
{
    return hash_mix(hash_mix(record, kind), hash_mix((uint64_t)source, (uint64_t)time_us));
}

void verify_facts_expect(struct verify_block *at, const struct block *block)
{
    for (uint32_t slot = 0; slot < block->slots; slot++) {
        unsigned kinds = block_is_hole(block, slot) ? 0 : block->kinds[slot];
        if (kinds & KIND_AUTH_FAILURE) /* one row for a login, and a failure outweighs */
            kinds &= ~(unsigned)KIND_AUTH_SUCCESS;
        for (unsigned bit = 0; bit < KIND_COUNT; bit++) {
            if ((kinds >> bit & 1) == 0)
                continue;
            at->facts.count++;
            at->facts.sum +=
                fact_hash(block->first_record + slot, 1U << bit, block_run_of(block, slot)->source, block->times[slot]);
        }
    }
}

/* ---- The facts there are --------------------------------------------------------------------------------------------- */

struct facts_read {
    struct verify *v;
    uint64_t strays, first_stray;
    uint64_t *hot; /* numbers of unterminated ends, sorted */
    size_t hot_count;
};

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool is_hot(const struct facts_read *read, uint64_t number)
{
    return read->hot_count > 0 &&
           bsearch(&number, read->hot, read->hot_count, sizeof *read->hot, compare_numbers) != NULL;
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
    if (fact->record >= v->next_record || is_hot(read, fact->record))
        return true;
    struct verify_block *at = block_of(v, fact->record);
    if (at != NULL) {
        at->facts.count--;
        at->facts.sum -= fact_hash(fact->record, fact->kinds, fact->source, fact->time_us);
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

bool verify_facts(struct verify *v, struct err *err)
{
    struct facts_read read = {.v = v};
    struct fact_ask ask = {.kinds = (1U << KIND_COUNT) - 1, .since_us = TIME_NONE, .until_us = TIME_NONE};
    struct err why = {0};
    SCOPED(arena) arena = {0};
    read.hot = ARENA_ARRAY(&arena, uint64_t, v->hot_count + 1);
    for (; read.hot_count < v->hot_count; read.hot_count++)
        read.hot[read.hot_count] = v->hots[read.hot_count].number;
    qsort(read.hot, read.hot_count, sizeof *read.hot, compare_numbers);
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
    return true;
}
