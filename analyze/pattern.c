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
#include <stdlib.h>

#include "analyze/pattern_part.h"
#include "base/hash.h"
#include "base/must.h"

enum {
    ROUNDS_MAX = 4,
    LIKES_MAX = 64,      /* the most general of those with the same marks that each is compared with */
    COMMON_MIN = 2,      /* words that sequences looked at together have in common */
    PLACES_MAX = 600000, /* of all sequences, looked at in a round */
    PLACES_EACH_MIN = 16,
    /* Weights, in quarters of an unknown word. */
    WEIGHT_VARIABLE = 12,
    WEIGHT_PATH = 12,
    WEIGHT_DOTTED = 8,
    WEIGHT_IDENTIFIER = 6,
    WEIGHT_NAME = 4,
    WEIGHT_LANGUAGE = 1,
    WEIGHT_NEEDED = 15,
};

struct sequence {
    uint32_t first; /* of its words in miner.words */
    uint32_t count;
    uint64_t hash; /* the sum of its places' hashes */
    uint32_t constants;
    uint32_t parent; /* union-find over sequences */
};

/* Sequences that are equal but for something. */
struct bucket {
    uint64_t hash;
    uint32_t size;
    uint32_t place; /* where they differ */
    uint32_t first; /* of its items */
};

struct table {
    struct bucket *buckets;
    uint32_t *slots; /* bucket + 1 */
    size_t count, capacity, slot_count;
};

struct miner {
    struct cutting cutting;
    struct sequence *sequences;
    uint32_t sequence_count;
    uint32_t *words;         /* of all sequences */
    uint16_t *evidence;      /* of each of them that is a variable: what the words weighed that stood there */
    uint32_t *of;            /* of each template: its sequence, or NONE */
    uint8_t *announces;      /* of each word: the enum surroundings of what follows, or 0 */
    uint32_t *seen, columns; /* of each word: the last column it was seen in; how many there were */
    struct arena arena;
    struct arena scratch; /* of one step */
};

enum { NONE = UINT32_MAX };

struct patterns_whole {
    struct patterns patterns;
    struct arena arena;
};

/* ---- Hashing ------------------------------------------------------------------------------------------------------ */

static uint64_t place_hash(uint32_t place, uint32_t word)
{
    uint64_t x = ((uint64_t)place << 32 | word) + UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
    x = (x ^ x >> 29) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

static void table_make(struct table *table, size_t items, struct arena *arena)
{
    size_t slots = 16;
    while (slots < items * 2)
        slots *= 2;
    *table = (struct table){.slot_count = slots, .capacity = items};
    table->slots = arena_zalloc(arena, slots * sizeof *table->slots);
    table->buckets = ARENA_ARRAY(arena, struct bucket, items);
}

static uint32_t table_add(struct table *table, uint64_t hash, uint32_t place)
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

/* ---- Sequences ---------------------------------------------------------------------------------------------------- */

static bool is_constant(const struct miner *m, uint32_t word)
{
    enum piece_kind kind = cutting_kind(&m->cutting, word);
    return kind != PIECE_VARIABLE && kind != PIECE_MARK && kind != PIECE_EMPTY;
}

static void sequence_sum(const struct miner *m, struct sequence *s)
{
    s->hash = place_hash(UINT32_MAX, s->count);
    s->constants = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t word = m->words[s->first + i];
        s->hash += place_hash(i, word);
        s->constants += is_constant(m, word);
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

static uint32_t told_by(const struct miner *m, const struct sequence *s, uint32_t place);

/* Puts a variable where two sequences that become one differ. */
static void blend(struct miner *m, const struct sequence *from, const struct sequence *to)
{
    for (uint32_t k = 0; k < to->count; k++) {
        if (m->words[from->first + k] == m->words[to->first + k] && m->words[to->first + k] != WORD_VARIABLE)
            continue;
        uint32_t sum = told_by(m, from, k) + told_by(m, to, k);
        m->evidence[to->first + k] = (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
        m->words[to->first + k] = WORD_VARIABLE;
    }
}

static void join(struct miner *m, uint32_t a, uint32_t b)
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
static bool settle(struct miner *m)
{
    for (uint32_t i = 0; i < m->sequence_count; i++) {
        uint32_t root = root_of(m, i);
        if (root == i)
            continue;
        blend(m, &m->sequences[i], &m->sequences[root]);
    }
    struct arena *scratch = &m->scratch;
    arena_reset(scratch);
    struct table table;
    table_make(&table, m->sequence_count, scratch);
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
        uint32_t bucket = table_add(&table, s.hash, 0);
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
        if (m->of[i] != NONE)
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

static void make_sequences(struct miner *m)
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
            m->of[i] = NONE;
            continue;
        }
        m->of[i] = m->sequence_count;
        m->sequences[m->sequence_count] = (struct sequence){.first = cutting->first[i],
                                                            .count = cutting->first[i + 1] - cutting->first[i],
                                                            .parent = m->sequence_count};
        m->sequence_count++;
    }
    settle(m);
}

/* ---- Weighing ----------------------------------------------------------------------------------------------------- */

/* How strongly the place's surroundings say that a name stands there. */
enum surroundings { PLAIN, MARKED, ANNOUNCED, NAMED }; /* NAMED: behind "user" and the like */

static bool is_mark(const struct miner *m, uint32_t word, const char *marks)
{
    const struct map_entry *entry = &m->cutting.words.entries[word];
    return entry->value == PIECE_MARK && entry->key.size == 1 && strchr(marks, entry->key.data[0]);
}

static enum surroundings surroundings_of(const struct miner *m, const struct sequence *s, uint32_t place)
{
    const uint32_t *words = m->words + s->first;
    if (place == 0)
        return PLAIN;
    bool alone = place + 1 < s->count && is_mark(m, words[place - 1], "([") && is_mark(m, words[place + 1], ")]");
    bool process = place + 2 < s->count && is_mark(m, words[place + 1], "[") && words[place + 2] == WORD_VARIABLE;
    bool marked = alone || process || is_mark(m, words[place - 1], "='\"");
    uint32_t before = place;
    while (before > 0 && cutting_kind(&m->cutting, words[before - 1]) == PIECE_MARK)
        before--;
    if (before > 0 && before + 3 >= place && m->announces[words[before - 1]])
        return m->announces[words[before - 1]];
    return marked ? MARKED : PLAIN;
}

/* Words of the lexicon in capitals are names of states as often as not, and single capitals (INT A) numbers of a kind. */
static bool is_state(const struct miner *m, uint32_t word)
{
    struct str text = m->cutting.words.entries[word].key;
    if (text.size == 0 || text.data[0] < 'A' || text.data[0] > 'Z')
        return false;
    return text.size == 1 || (text.size > 2 && text.data[1] >= 'A' && text.data[1] <= 'Z');
}

static uint32_t weight_of(const struct miner *m, uint32_t word, enum surroundings around)
{
    if (m->cutting.words.entries[word].key.size == 1 && is_state(m, word))
        return WEIGHT_DOTTED;
    switch (cutting_kind(&m->cutting, word)) {
    case PIECE_VARIABLE:
        return WEIGHT_VARIABLE;
    case PIECE_PATH:
        return WEIGHT_PATH;
    case PIECE_DOTTED:
    case PIECE_LIST:
    case PIECE_EMPTY:
        return WEIGHT_DOTTED;
    case PIECE_IDENTIFIER:
        return around == PLAIN ? WEIGHT_IDENTIFIER : around == NAMED ? 3 * WEIGHT_NAME : 2 * WEIGHT_NAME;
    case PIECE_CAPITALS:
    case PIECE_NAME:
        return around == PLAIN ? WEIGHT_NAME : around == NAMED ? 3 * WEIGHT_NAME : 2 * WEIGHT_NAME;
    case PIECE_LANGUAGE:
        if (m->announces[word]) /* "for user", "for host": no names themselves */
            return WEIGHT_LANGUAGE;
        return around >= ANNOUNCED ? WEIGHT_NAME : around == MARKED ? 3 * WEIGHT_LANGUAGE : WEIGHT_LANGUAGE;
    case PIECE_MARK:
        return 0;
    }
    return 0;
}

static uint32_t needed(const struct miner *m, const struct sequence *s, uint32_t place)
{
    uint32_t others = s->constants - is_constant(m, m->words[s->first + place]);
    if (others == 0)
        return UINT32_MAX;
    return others == 1 || place == 0 ? 2 * WEIGHT_NEEDED : WEIGHT_NEEDED;
}

/* What speaks for a variable in a place. */
static uint32_t told_by(const struct miner *m, const struct sequence *s, uint32_t place)
{
    uint32_t word = m->words[s->first + place], evidence = m->evidence[s->first + place];
    return word == WORD_VARIABLE && evidence > 0 ? evidence : weight_of(m, word, surroundings_of(m, s, place));
}

/* ---- Step 2 ------------------------------------------------------------------------------------------------------- */

/* The first word and what stands before '=' or ':' say which statement it is. */
static bool is_open(const struct miner *m, const struct sequence *s, uint32_t place)
{
    const uint32_t *words = m->words + s->first;
    uint32_t word = words[place];
    enum piece_kind kind = cutting_kind(&m->cutting, word);
    if (kind == PIECE_MARK)
        return false;
    if (kind == PIECE_LANGUAGE && !is_state(m, word) && surroundings_of(m, s, place) == PLAIN)
        return false;
    bool named = kind == PIECE_VARIABLE || kind == PIECE_PATH || kind == PIECE_DOTTED;
    return named || (place > 0 && (place + 1 == s->count || !is_mark(m, words[place + 1], "=:")));
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* What stands in a place of several sequences. */
struct column {
    uint32_t different, weight;
    bool names; /* not all of it is language in small letters */
};

static struct column weigh_column(struct miner *m, const uint32_t *items, uint32_t size, uint32_t place)
{
    enum surroundings around = surroundings_of(m, &m->sequences[items[0]], place);
    struct column column = {0};
    m->columns++;
    for (uint32_t i = 0; i < size; i++) {
        uint32_t word = m->words[m->sequences[items[i]].first + place];
        if (m->seen[word] == m->columns)
            continue;
        m->seen[word] = m->columns;
        column.weight += weight_of(m, word, around);
        column.different++;
        column.names = column.names || cutting_kind(&m->cutting, word) != PIECE_LANGUAGE || is_state(m, word);
    }
    return column;
}

/* The words that all sequences have that are looked at together. */
static uint32_t count_common(const struct miner *m, const struct sequence *s)
{
    uint32_t common = 0;
    for (uint32_t place = 0; place < s->count; place++)
        common += !is_open(m, s, place) && is_constant(m, m->words[s->first + place]);
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

/* Lists the items of the buckets with several, bucket by bucket; of_item[i] is item i's bucket. */
static uint32_t *list_items(struct table *table, const uint32_t *of_item, const uint32_t *sequence_of, size_t items,
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

static void join_by_columns(struct miner *m)
{
    struct arena *scratch = &m->scratch;
    arena_reset(scratch);
    struct table table;
    table_make(&table, m->sequence_count, scratch);
    uint32_t *of_item = ARENA_ARRAY(scratch, uint32_t, m->sequence_count), longest = 1;
    for (uint32_t i = 0; i < m->sequence_count; i++) {
        const struct sequence *s = &m->sequences[i];
        uint64_t hash = place_hash(UINT32_MAX, s->count);
        longest = s->count > longest ? s->count : longest;
        for (uint32_t k = 0; k < s->count; k++) {
            uint32_t word = m->words[s->first + k];
            hash += place_hash(k, is_open(m, s, k) ? WORD_VARIABLE : word);
        }
        of_item[i] = table_add(&table, hash, 0);
    }
    uint32_t *list = list_items(&table, of_item, NULL, m->sequence_count, scratch);
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
    settle(m);
}

/* ---- Step 3 ------------------------------------------------------------------------------------------------------- */

static void join_bucket(struct miner *m, const struct bucket *bucket, const uint32_t *list)
{
    const struct sequence *s = &m->sequences[list[0]];
    if (bucket->place >= s->count)
        return;
    enum surroundings around = surroundings_of(m, s, bucket->place);
    uint32_t weight = 0;
    for (uint32_t i = 0; i < bucket->size; i++) {
        const struct sequence *other = &m->sequences[list[i]];
        if (other->count != s->count)
            return;
        weight += weight_of(m, m->words[other->first + bucket->place], around);
    }
    if (weight < needed(m, s, bucket->place))
        return;
    for (uint32_t i = 1; i < bucket->size; i++)
        join(m, list[0], list[i]);
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
    struct table table;
    table_make(&table, items, scratch);
    uint32_t *of_item = ARENA_ARRAY(scratch, uint32_t, items), *sequence_of = ARENA_ARRAY(scratch, uint32_t, items);
    items = 0;
    for (uint32_t i = 0; i < m->sequence_count; i++) {
        const struct sequence *s = &m->sequences[i];
        for (uint32_t k = 0; k < s->count && k < each; k++) {
            uint32_t word = m->words[s->first + k];
            if (cutting_kind(&m->cutting, word) == PIECE_MARK)
                continue;
            of_item[items] = table_add(&table, s->hash - place_hash(k, word) + place_hash(k, UINT32_MAX), k);
            sequence_of[items++] = i;
        }
    }
    uint32_t *list = list_items(&table, of_item, sequence_of, items, scratch);
    for (size_t b = 0; b < table.count; b++)
        if (table.buckets[b].size > 1)
            join_bucket(m, &table.buckets[b], list + table.buckets[b].first);
    return settle(m);
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
        common += x == y && is_constant(m, x);
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
        enum surroundings around = surroundings_of(m, a, k);
        bool plain = cutting_kind(&m->cutting, other) == PIECE_LANGUAGE && around == PLAIN;
        if (told_by(m, a, k) + told_by(m, b, k) < (plain || k == 0 ? 2 : 1) * WEIGHT_NEEDED)
            return false;
    }
    return true;
}

static int by_constants(const void *a, const void *b)
{
    const struct sequence *x = *(const struct sequence *const *)a, *y = *(const struct sequence *const *)b;
    if (x->constants != y->constants)
        return x->constants < y->constants ? -1 : 1;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* What is left and differs from a sequence with variables only there is one of its kind. */
static bool join_likes(struct miner *m)
{
    struct arena *scratch = &m->scratch;
    arena_reset(scratch);
    struct table table;
    table_make(&table, m->sequence_count, scratch);
    uint32_t *of_item = ARENA_ARRAY(scratch, uint32_t, m->sequence_count);
    for (uint32_t i = 0; i < m->sequence_count; i++) {
        const struct sequence *s = &m->sequences[i];
        uint64_t hash = place_hash(UINT32_MAX, s->count);
        for (uint32_t k = 0; k < s->count; k++)
            if (cutting_kind(&m->cutting, m->words[s->first + k]) == PIECE_MARK)
                hash += place_hash(k, m->words[s->first + k]);
        of_item[i] = table_add(&table, hash, 0);
    }
    uint32_t *list = list_items(&table, of_item, NULL, m->sequence_count, scratch);
    const struct sequence **items = ARENA_ARRAY(scratch, const struct sequence *, m->sequence_count);
    for (size_t b = 0; b < table.count; b++) {
        const struct bucket *bucket = &table.buckets[b];
        for (uint32_t i = 0; i < bucket->size; i++)
            items[i] = &m->sequences[list[bucket->first + i]];
        qsort(items, bucket->size, sizeof(struct sequence *), by_constants);
        for (uint32_t i = 1; i < bucket->size; i++)
            for (uint32_t k = 0; k < i && k < LIKES_MAX; k++)
                if (is_like(m, items[k], items[i]))
                    join(m, (uint32_t)(items[k] - m->sequences), (uint32_t)(items[i] - m->sequences));
    }
    return settle(m);
}

static void mark_announcing(struct miner *m)
{
    /* The first NAMED_COUNT ones name who or where. */
    enum { NAMED_COUNT = 11 };
    static const struct str words[] = {
        {"user", 4},    {"users", 5}, {"username", 8}, {"account", 7}, {"owner", 5},    {"ruser", 5},
        {"logname", 7}, {"host", 4},  {"hostname", 8}, {"rhost", 5},   {"tenant", 6},   {"for", 3},
        {"by", 2},      {"from", 4},  {"named", 5},    {"name", 4},    {"called", 6},   {"queue", 5},
        {"topic", 5},   {"table", 5}, {"database", 8}, {"column", 6},  {"relation", 8}, {"role", 4},
        {"module", 6},  {"class", 5}, {"package", 7},  {"device", 6},  {"node", 4},     {"interface", 9},
        {"cluster", 7}, {"group", 5}, {"bucket", 6},   {"volume", 6},  {"client", 6},   {"peer", 4},
        {"server", 6},  {"unit", 4},  {"file", 4}};
    m->announces = arena_zalloc(&m->arena, m->cutting.words.count * sizeof *m->announces);
    m->seen = arena_zalloc(&m->arena, m->cutting.words.count * sizeof *m->seen);
    for (size_t i = 0; i < m->cutting.words.count; i++)
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            if (str_equal_nocase(m->cutting.words.entries[i].key, words[k]))
                m->announces[i] = k < NAMED_COUNT ? NAMED : ANNOUNCED;
}

/* ---- The result --------------------------------------------------------------------------------------------------- */

struct group {
    struct str text;
    uint32_t *members;
    uint32_t count;
    uint32_t index; /* before sorting */
};

static int by_text(const void *a, const void *b)
{
    return str_compare(((const struct group *)a)->text, ((const struct group *)b)->text);
}

static int by_index(const void *a, const void *b)
{
    return by_number(a, b);
}

/* Groups with the same text become one; returns how many are left. */
static uint32_t unite_equal(struct group *groups, uint32_t count, struct arena *arena)
{
    qsort(groups, count, sizeof *groups, by_text);
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct group *before = left > 0 ? &groups[left - 1] : NULL;
        if (!before || !str_equal(before->text, groups[i].text)) {
            groups[left++] = groups[i];
            continue;
        }
        uint32_t *members = ARENA_ARRAY(arena, uint32_t, before->count + groups[i].count);
        memcpy(members, before->members, before->count * sizeof *members);
        memcpy(members + before->count, groups[i].members, groups[i].count * sizeof *members);
        before->members = members;
        before->count += groups[i].count;
        qsort(members, before->count, sizeof *members, by_index);
    }
    return left;
}

static uint32_t make_groups(struct miner *m, struct group *groups, struct arena *arena)
{
    size_t count = m->cutting.template_count;
    uint32_t group_count = m->sequence_count, *members = ARENA_ARRAY(arena, uint32_t, count), next = 0;
    for (size_t i = 0; i < count; i++) {
        if (m->of[i] == NONE)
            m->of[i] = group_count++;
        groups[m->of[i]].count++;
    }
    for (uint32_t g = 0; g < group_count; g++) {
        groups[g].members = members + next;
        next += groups[g].count;
        groups[g].count = 0;
    }
    for (uint32_t i = 0; i < count; i++)
        groups[m->of[i]].members[groups[m->of[i]].count++] = i;
    SCOPED(buf) text = BUF(1 << 20);
    for (uint32_t g = 0; g < group_count; g++) {
        buf_reset(&text);
        pattern_text(&m->cutting, groups[g].members, groups[g].count, &text);
        groups[g].text = arena_str(arena, buf_str(&text));
    }
    return unite_equal(groups, group_count, arena);
}

static void fill(struct patterns_whole *whole, struct miner *m)
{
    size_t count = m->cutting.template_count;
    struct group *groups = arena_zalloc(&m->arena, (count + 1) * sizeof *groups);
    uint32_t group_count = make_groups(m, groups, &whole->arena);
    struct pattern *items = ARENA_ARRAY(&whole->arena, struct pattern, group_count);
    uint32_t *of = ARENA_ARRAY(&whole->arena, uint32_t, count);
    for (uint32_t g = 0; g < group_count; g++) {
        items[g] =
            (struct pattern){.text = groups[g].text, .members = groups[g].members, .member_count = groups[g].count};
        pattern_id(groups[g].text, items[g].id);
        for (uint32_t i = 0; i < groups[g].count; i++)
            of[groups[g].members[i]] = g;
    }
    whole->patterns = (struct patterns){.items = items, .count = group_count, .of = of};
}

struct patterns *patterns_new(const struct str *templates, size_t count)
{
    must(count < NONE);
    struct patterns_whole *whole = mem_alloc(sizeof *whole);
    struct miner m = {0};
    cutting_make(&m.cutting, templates, count);
    make_sequences(&m);
    mark_announcing(&m);
    join_by_columns(&m);
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        bool joined = join_by_place(&m);
        if (!join_likes(&m) && !joined)
            break;
    }
    fill(whole, &m);
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
