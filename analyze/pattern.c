/* Patterns: groups of templates that one log statement has printed, told from the set of distinct templates alone.
 *
 * 1. Templates are cut into pieces (pattern_cut.c). Those with equal pieces are one sequence. A request's template
 *    ("GET /api/users/<*> 504") stays alone: the route is what one asks for.
 * 2. Sequences that are equal but for the words that are not language (lexicon.h) are looked at together: column by column,
 *    the different words in it are weighed (below). Columns heavy enough are variables, the others keep their sequences apart.
 * 3. Sequences that are equal but for one place are looked at together: the different words in it are weighed, and if they
 *    are heavy enough, the place is a variable and the sequences are one. This is repeated for the sequences so
 *    made until nothing changes, at most ROUNDS_MAX times.
 * 4. In each round, sequences that are equal but for places where one of them has a variable, for which enough words spoke, become
 *    one: a word of the lexicon, or a value met once, is no statement of its own where fifty other values stand.
 * 5. In a pattern's text, variables with only spaces and commas between them are one, as in templates, and groups with equal
 *    texts are one pattern: an empty value, or two where others are one, makes no other statement.
 *
 * Weighing: a word counts the more, the less it looks like language: a variable or a path most, then dotted names, identifiers,
 * other unknown words, least a word of the lexicon. It counts more behind '=', in quotes and behind a word that
 * announces a name (user, host, from, by). The line must be told by enough other words: where a single word is all that
 * sequences have in common, or where the place is the first, twice the weight is needed. So two unknown names behind
 * "user" are a variable, while "started" and "stopped" remain two statements.
 *
 * Only equality of words is used, never their order, number of lines or time of arrival, so the same set gives the same
 * patterns. Each step is linear in the pieces: places and columns are found by hashing. Memory: about 100 bytes a piece.
 *
 * Ideas from: Brain (Yu et al., 2023): words common to a group first, then columns by the number of their different words;
 * IPLoM (Makanju et al., 2009): partitioning by position; AEL (Jiang et al., 2008): merging what differs in one place; Drain (He et al.,
 * 2017): the published baseline. The weighing by language is ours. */
#include "analyze/pattern.h"

#include <stdlib.h>

#include "analyze/pattern_mine.h"
#include "base/must.h"

enum {
    ROUNDS_MAX = 4,
    LIKES_MAX = 64,      /* the most general of those with the same marks that each is compared with */
    COMMON_MIN = 2,      /* words that sequences looked at together have in common */
    PLACES_MAX = 600000, /* of all sequences, looked at in a round */
    PLACES_EACH_MIN = 16,
};

/* ---- Step 2 ------------------------------------------------------------------------------------------------------- */

/* The first word and what stands before '=' or ':' say which statement it is. */
static bool is_open(const struct miner *m, const struct sequence *s, uint32_t place)
{
    const uint32_t *words = m->words + s->first;
    uint32_t word = words[place];
    enum piece_kind kind = cutting_kind(&m->cutting, word);
    if (kind == PIECE_MARK)
        return false;
    if (kind == PIECE_LANGUAGE && !weigh_is_state(m, word) && weigh_surroundings(m, s, place) == PLAIN)
        return false;
    bool named = kind == PIECE_VARIABLE || kind == PIECE_PATH || kind == PIECE_DOTTED;
    return named || (place > 0 && (place + 1 == s->count || !miner_is_mark(m, words[place + 1], "=:")));
}

/* What stands in a place of several sequences. */
struct column {
    uint32_t different, weight;
    bool names; /* not all of it is language in small letters */
};

static struct column weigh_column(struct miner *m, const uint32_t *items, uint32_t size, uint32_t place)
{
    enum surroundings around = weigh_surroundings(m, &m->sequences[items[0]], place);
    struct column column = {0};
    m->columns++;
    for (uint32_t i = 0; i < size; i++) {
        uint32_t word = m->words[m->sequences[items[i]].first + place];
        if (m->seen[word] == m->columns)
            continue;
        m->seen[word] = m->columns;
        column.weight += weigh_word(m, word, around);
        column.different++;
        column.names = column.names || cutting_kind(&m->cutting, word) != PIECE_LANGUAGE || weigh_is_state(m, word);
    }
    return column;
}

/* The words that all sequences have that are looked at together. */
static uint32_t count_common(const struct miner *m, const struct sequence *s)
{
    uint32_t common = 0;
    for (uint32_t place = 0; place < s->count; place++)
        common += !is_open(m, s, place) && miner_is_constant(m, m->words[s->first + place]);
    return common;
}

static void weigh_columns(struct miner *m, const uint32_t *items, uint32_t size, bool *variable, uint16_t *weights)
{
    const struct sequence *s = &m->sequences[items[0]];
    bool *varies = variable + s->count;
    uint32_t common = count_common(m, s), columns = 0, most = 0;
    if (common < COMMON_MIN)
        return;
    for (uint32_t place = 0; place < s->count; place++) {
        variable[place] = varies[place] = false;
        if (!is_open(m, s, place))
            continue;
        struct column column = weigh_column(m, items, size, place);
        varies[place] = column.different > 1 && column.names;
        variable[place] = column.different > 1 && column.weight >= (place == 0 ? 2 : 1) * WEIGHT_NEEDED;
        weights[place] = (uint16_t)(column.weight < UINT16_MAX ? column.weight : UINT16_MAX);
        columns += column.different > 1;
        most = column.different > most ? column.different : most;
    }
    if (common < columns)
        return;
    /* Names in columns that vary independently of each other are variables, however few. */
    bool independent = columns > 1 && most > 2 && 4 * size >= 5 * most;
    for (uint32_t place = 0; place < s->count; place++)
        variable[place] = variable[place] || (independent && varies[place]);
    for (uint32_t i = 0; i < size; i++) {
        uint32_t *words = m->words + m->sequences[items[i]].first;
        for (uint32_t place = 0; place < s->count; place++)
            if (variable[place]) {
                words[place] = WORD_VARIABLE;
                m->evidence[m->sequences[items[i]].first + place] = weights[place];
            }
    }
}

static void join_by_columns(struct miner *m)
{
    struct arena *scratch = &m->scratch;
    arena_reset(scratch);
    struct buckets table;
    buckets_make(&table, m->sequence_count, scratch);
    uint32_t *of_item = ARENA_ARRAY(scratch, uint32_t, m->sequence_count), longest = 1;
    for (uint32_t i = 0; i < m->sequence_count; i++) {
        const struct sequence *s = &m->sequences[i];
        uint64_t hash = place_hash(UINT32_MAX, s->count);
        longest = s->count > longest ? s->count : longest;
        for (uint32_t k = 0; k < s->count; k++) {
            uint32_t word = m->words[s->first + k];
            hash += place_hash(k, is_open(m, s, k) ? WORD_VARIABLE : word);
        }
        of_item[i] = buckets_add(&table, hash, 0);
    }
    uint32_t *list = buckets_list(&table, of_item, NULL, m->sequence_count, scratch);
    bool *variable = ARENA_ARRAY(scratch, bool, 2 * longest);
    uint16_t *weights = ARENA_ARRAY(scratch, uint16_t, longest);
    for (size_t b = 0; b < table.count; b++) {
        const struct bucket *bucket = &table.buckets[b];
        uint32_t same = 0;
        for (uint32_t i = 0; i < bucket->size; i++)
            same += m->sequences[list[bucket->first + i]].count == m->sequences[list[bucket->first]].count;
        if (bucket->size > 1 && same == bucket->size)
            weigh_columns(m, list + bucket->first, bucket->size, variable, weights);
    }
    miner_settle(m);
}

/* ---- Step 3 ------------------------------------------------------------------------------------------------------- */

static void join_bucket(struct miner *m, const struct bucket *bucket, const uint32_t *list)
{
    const struct sequence *s = &m->sequences[list[0]];
    if (bucket->place >= s->count)
        return;
    enum surroundings around = weigh_surroundings(m, s, bucket->place);
    uint32_t weight = 0;
    for (uint32_t i = 0; i < bucket->size; i++) {
        const struct sequence *other = &m->sequences[list[i]];
        if (other->count != s->count)
            return;
        weight += weigh_word(m, m->words[other->first + bucket->place], around);
    }
    if (weight < weigh_needed(m, s, bucket->place))
        return;
    for (uint32_t i = 1; i < bucket->size; i++)
        miner_join(m, list[0], list[i]);
}

/* How many of its first places a sequence is looked at in: all of them, but in sets so large that it would take long. */
static uint32_t places_each(const struct miner *m)
{
    uint32_t each = PLACES_MAX / (m->sequence_count + 1);
    return each > PLACES_EACH_MIN ? each : PLACES_EACH_MIN;
}

static bool join_by_place(struct miner *m)
{
    uint32_t each = places_each(m);
    size_t items = 0;
    for (uint32_t i = 0; i < m->sequence_count; i++)
        items += m->sequences[i].count < each ? m->sequences[i].count : each;
    struct arena *scratch = &m->scratch;
    arena_reset(scratch);
    struct buckets table;
    buckets_make(&table, items, scratch);
    uint32_t *of_item = ARENA_ARRAY(scratch, uint32_t, items), *sequence_of = ARENA_ARRAY(scratch, uint32_t, items);
    items = 0;
    for (uint32_t i = 0; i < m->sequence_count; i++) {
        const struct sequence *s = &m->sequences[i];
        for (uint32_t k = 0; k < s->count && k < each; k++) {
            uint32_t word = m->words[s->first + k];
            if (cutting_kind(&m->cutting, word) == PIECE_MARK)
                continue;
            of_item[items] = buckets_add(&table, s->hash - place_hash(k, word) + place_hash(k, UINT32_MAX), k);
            sequence_of[items++] = i;
        }
    }
    uint32_t *list = buckets_list(&table, of_item, sequence_of, items, scratch);
    for (size_t b = 0; b < table.count; b++)
        if (table.buckets[b].size > 1)
            join_bucket(m, &table.buckets[b], list + table.buckets[b].first);
    return miner_settle(m);
}

/* ---- Step 4 ------------------------------------------------------------------------------------------------------- */

/* Are two sequences equal but for places that are known to be variables? */
static bool is_like(const struct miner *m, const struct sequence *a, const struct sequence *b)
{
    uint32_t common = 0;
    if (a->count != b->count)
        return false;
    for (uint32_t k = 0; k < a->count; k++) {
        uint32_t x = m->words[a->first + k], y = m->words[b->first + k];
        common += x == y && miner_is_constant(m, x);
        if (x != y && x != WORD_VARIABLE && y != WORD_VARIABLE)
            return false;
    }
    if (common < COMMON_MIN)
        return false;
    for (uint32_t k = 0; k < a->count; k++) {
        uint32_t x = m->words[a->first + k], y = m->words[b->first + k];
        if (x == y)
            continue;
        uint32_t other = x == WORD_VARIABLE ? y : x;
        if (cutting_kind(&m->cutting, other) == PIECE_MARK)
            return false;
        enum surroundings around = weigh_surroundings(m, a, k);
        bool plain = cutting_kind(&m->cutting, other) == PIECE_LANGUAGE && around == PLAIN;
        if (weigh_place(m, a, k) + weigh_place(m, b, k) < (plain || k == 0 ? 2 : 1) * WEIGHT_NEEDED)
            return false;
    }
    return true;
}

/* The most general first; words are numbered in the order in which they came, so ties are for their texts to break. */
static int by_constants(const void *a, const void *b, void *context)
{
    const struct miner *m = context;
    const struct sequence *x = *(const struct sequence *const *)a, *y = *(const struct sequence *const *)b;
    if (x->constants != y->constants)
        return x->constants < y->constants ? -1 : 1;
    for (uint32_t k = 0; k < x->count && k < y->count; k++) {
        uint32_t word = m->words[x->first + k], other = m->words[y->first + k];
        if (word != other)
            return str_compare(m->cutting.words.entries[word].key, m->cutting.words.entries[other].key);
    }
    return 0;
}

/* What is left and differs from a sequence with variables only there is one of its kind. */
static bool join_likes(struct miner *m)
{
    struct arena *scratch = &m->scratch;
    arena_reset(scratch);
    struct buckets table;
    buckets_make(&table, m->sequence_count, scratch);
    uint32_t *of_item = ARENA_ARRAY(scratch, uint32_t, m->sequence_count);
    for (uint32_t i = 0; i < m->sequence_count; i++) {
        const struct sequence *s = &m->sequences[i];
        uint64_t hash = place_hash(UINT32_MAX, s->count);
        for (uint32_t k = 0; k < s->count; k++)
            if (cutting_kind(&m->cutting, m->words[s->first + k]) == PIECE_MARK)
                hash += place_hash(k, m->words[s->first + k]);
        of_item[i] = buckets_add(&table, hash, 0);
    }
    uint32_t *list = buckets_list(&table, of_item, NULL, m->sequence_count, scratch);
    const struct sequence **items = ARENA_ARRAY(scratch, const struct sequence *, m->sequence_count);
    for (size_t b = 0; b < table.count; b++) {
        const struct bucket *bucket = &table.buckets[b];
        for (uint32_t i = 0; i < bucket->size; i++)
            items[i] = &m->sequences[list[bucket->first + i]];
        qsort_r(items, bucket->size, sizeof(struct sequence *), by_constants, m);
        for (uint32_t i = 1; i < bucket->size; i++)
            for (uint32_t k = 0; k < i && k < LIKES_MAX; k++)
                if (is_like(m, items[k], items[i]))
                    miner_join(m, (uint32_t)(items[k] - m->sequences), (uint32_t)(items[i] - m->sequences));
    }
    return miner_settle(m);
}

struct patterns *patterns_new(const struct str *templates, size_t count)
{
    must(count < NO_SEQUENCE);
    struct patterns_whole *whole = mem_alloc(sizeof *whole);
    struct miner m = {0};
    cutting_make(&m.cutting, templates, count);
    miner_begin(&m);
    weigh_begin(&m);
    join_by_columns(&m);
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        bool joined = join_by_place(&m);
        if (!join_likes(&m) && !joined)
            break;
    }
    group_patterns(&m, &whole->arena, &whole->patterns);
    arena_release(&m.scratch);
    arena_release(&m.arena);
    cutting_release(&m.cutting);
    return &whole->patterns;
}

void patterns_free(struct patterns *patterns)
{
    if (!patterns)
        return;
    struct patterns_whole *whole = (struct patterns_whole *)patterns; /* its first member */
    arena_release(&whole->arena);
    free(whole);
}
