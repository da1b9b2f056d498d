#include <string.h>

#include "analyze/pattern_mine.h"
#include "base/must.h"

/* ---- Hashing ------------------------------------------------------------------------------------------------------ */

uint64_t place_hash(uint32_t place, uint32_t word)
{
    uint64_t x = ((uint64_t)place << 32 | word) + UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
    x = (x ^ x >> 29) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

void buckets_make(struct buckets *table, size_t items, struct arena *arena)
{
    size_t slots = 16;
    while (slots < items * 2)
        slots *= 2;
    *table = (struct buckets){.slot_count = slots, .capacity = items};
    table->slots = arena_zalloc(arena, slots * sizeof *table->slots);
    table->buckets = ARENA_ARRAY(arena, struct bucket, items);
}

uint32_t buckets_add(struct buckets *table, uint64_t hash, uint32_t place)
{
    size_t at = hash & (table->slot_count - 1);
    for (; table->slots[at]; at = (at + 1) & (table->slot_count - 1)) {
        struct bucket *bucket = &table->buckets[table->slots[at] - 1];
        if (bucket->hash == hash) {
            bucket->size++;
            return table->slots[at] - 1;
        }
    }
    must(table->count < table->capacity);
    table->buckets[table->count] = (struct bucket){.hash = hash, .size = 1, .place = place};
    table->slots[at] = (uint32_t)++table->count;
    return (uint32_t)table->count - 1;
}

uint32_t *buckets_list(struct buckets *table, const uint32_t *of_item, const uint32_t *sequence_of, size_t items,
                       struct arena *arena)
{
    uint32_t *list = ARENA_ARRAY(arena, uint32_t, items), next = 0;
    for (size_t b = 0; b < table->count; b++) {
        table->buckets[b].first = next;
        if (table->buckets[b].size > 1)
            next += table->buckets[b].size;
        table->buckets[b].size = table->buckets[b].size > 1 ? 1 : 0; /* counts anew below, from 1 */
    }
    for (size_t i = 0; i < items; i++) {
        struct bucket *bucket = &table->buckets[of_item[i]];
        if (bucket->size > 0)
            list[bucket->first + bucket->size++ - 1] = sequence_of ? sequence_of[i] : (uint32_t)i;
    }
    for (size_t b = 0; b < table->count; b++)
        table->buckets[b].size -= table->buckets[b].size > 0;
    return list;
}

/* ---- Sequences ---------------------------------------------------------------------------------------------------- */

bool miner_is_constant(const struct miner *m, uint32_t word)
{
    enum piece_kind kind = cutting_kind(&m->cutting, word);
    return kind != PIECE_VARIABLE && kind != PIECE_MARK && kind != PIECE_EMPTY;
}

bool miner_is_mark(const struct miner *m, uint32_t word, const char *marks)
{
    const struct map_entry *entry = &m->cutting.words.entries[word];
    return entry->value == PIECE_MARK && entry->key.size == 1 && strchr(marks, entry->key.data[0]);
}

static void sequence_sum(const struct miner *m, struct sequence *s)
{
    s->hash = place_hash(UINT32_MAX, s->count);
    s->constants = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t word = m->words[s->first + i];
        s->hash += place_hash(i, word);
        s->constants += miner_is_constant(m, word);
    }
}

static uint32_t root_of(struct miner *m, uint32_t sequence)
{
    while (m->sequences[sequence].parent != sequence) {
        m->sequences[sequence].parent = m->sequences[m->sequences[sequence].parent].parent;
        sequence = m->sequences[sequence].parent;
    }
    return sequence;
}

/* Puts a variable where two sequences that become one differ. */
static void blend(struct miner *m, const struct sequence *from, const struct sequence *to)
{
    for (uint32_t k = 0; k < to->count; k++) {
        if (m->words[from->first + k] == m->words[to->first + k] && m->words[to->first + k] != WORD_VARIABLE)
            continue;
        uint32_t sum = weigh_place(m, from, k) + weigh_place(m, to, k);
        m->evidence[to->first + k] = (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
        m->words[to->first + k] = WORD_VARIABLE;
    }
}

void miner_join(struct miner *m, uint32_t a, uint32_t b)
{
    a = root_of(m, a);
    b = root_of(m, b);
    if (m->sequences[a].count != m->sequences[b].count)
        return; /* hashes that met by chance */
    if (a < b)
        m->sequences[b].parent = a;
    else
        m->sequences[a].parent = b;
}

/* Makes joined and equal sequences one, <*> where they differ; false when there were none. */
bool miner_settle(struct miner *m)
{
    for (uint32_t i = 0; i < m->sequence_count; i++) {
        uint32_t root = root_of(m, i);
        if (root == i)
            continue;
        blend(m, &m->sequences[i], &m->sequences[root]);
    }
    struct arena *scratch = &m->scratch;
    arena_reset(scratch);
    struct buckets table;
    buckets_make(&table, m->sequence_count, scratch);
    uint32_t *of = ARENA_ARRAY(scratch, uint32_t, m->sequence_count);
    uint32_t *of_bucket = ARENA_ARRAY(scratch, uint32_t, m->sequence_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->sequence_count; i++) {
        uint32_t root = root_of(m, i);
        if (root != i) {
            of[i] = of[root]; /* a root comes before what hangs on it */
            continue;
        }
        struct sequence s = m->sequences[i];
        sequence_sum(m, &s);
        uint32_t bucket = buckets_add(&table, s.hash, 0);
        if (table.buckets[bucket].size == 1) {
            s.parent = of_bucket[bucket] = count;
            m->sequences[count] = s; /* count <= i: overwrites only what has been read */
            of[i] = count++;
        } else {
            of[i] = of_bucket[bucket];
        }
    }
    bool changed = count < m->sequence_count;
    for (size_t i = 0; i < m->cutting.template_count; i++)
        if (m->of[i] != NO_SEQUENCE)
            m->of[i] = of[m->of[i]];
    m->sequence_count = count;
    return changed;
}

/* "GET /api/users/<*> 504": only there a number stays. */
static bool is_request(struct str template)
{
    size_t size = template.size, method = 0;
    while (method < size && template.data[method] >= 'A' && template.data[method] <= 'Z')
        method++;
    if (method < 3 || size < method + 6 || template.data[method] != ' ' || template.data[size - 4] != ' ')
        return false;
    for (size_t i = size - 3; i < size; i++)
        if (template.data[i] < '0' || template.data[i] > '9')
            return false;
    return true;
}

void miner_begin(struct miner *m)
{
    const struct cutting *cutting = &m->cutting;
    m->sequences = ARENA_ARRAY(&m->arena, struct sequence, cutting->template_count);
    m->words = ARENA_ARRAY(&m->arena, uint32_t, cutting->piece_count);
    m->evidence = arena_zalloc(&m->arena, (cutting->piece_count + 1) * sizeof *m->evidence);
    m->of = ARENA_ARRAY(&m->arena, uint32_t, cutting->template_count);
    for (uint32_t i = 0; i < cutting->piece_count; i++)
        m->words[i] = cutting->pieces[i].word;
    for (uint32_t i = 0; i < cutting->template_count; i++) {
        if (is_request(cutting->templates[i])) {
            m->of[i] = NO_SEQUENCE;
            continue;
        }
        m->of[i] = m->sequence_count;
        m->sequences[m->sequence_count] = (struct sequence){.first = cutting->first[i],
                                                            .count = cutting->first[i + 1] - cutting->first[i],
                                                            .parent = m->sequence_count};
        m->sequence_count++;
    }
    miner_settle(m);
}
