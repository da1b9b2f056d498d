#include "store/encode.h"

#include "base/hash.h"

enum { DICT_DISTINCT_MAX = 65000, GUESS_SAMPLE = 1024, LOOK_FIRST = 256, LOOK_SECOND = 2048, LOOK_STEP = 32768 };

struct dict {
    uint32_t *codes;
    struct str *texts;
    uint32_t *rows; /* of the first use */
    uint32_t distinct;
    uint32_t *guesses; /* NULL without a parent */
};

#define NO_GUESS UINT32_MAX

/* Walks along a parent column: what a text of the list is guessed to be. */
struct guesser {
    const struct column *parent;
    const uint32_t *rows; /* of the list */
    uint32_t *last;       /* code that stood beside each text of the parent last */
    uint32_t at;
};

static void guesser_init(struct guesser *g, const struct column *parent, const uint32_t *rows, struct arena *scratch)
{
    *g = (struct guesser){.parent = parent, .rows = rows, .last = ARENA_ARRAY(scratch, uint32_t, parent->distinct)};
    memset(g->last, 0xff, parent->distinct * sizeof *g->last);
}

/* Where the guess for the list's i-th text is kept; NULL when the parent has nothing there. */
static inline uint32_t *guess_at(struct guesser *g, uint32_t i)
{
    const struct column *parent = g->parent;
    if (parent->rows == g->rows)
        return &g->last[parent->codes[i]];
    uint32_t row = g->rows[i];
    while (g->at < parent->count && parent->rows[g->at] < row)
        g->at++;
    return g->at < parent->count && parent->rows[g->at] == row ? &g->last[parent->codes[g->at]] : NULL;
}

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64) ^ a ^ b;
}

static inline uint64_t fold_sixteen(uint64_t state, const char *data)
{
    uint64_t a, b;
    memcpy(&a, data, 8);
    memcpy(&b, data + 8, 8);
    return fold(a ^ state, b ^ (state << 29 | state >> 35));
}

/* Only for tables that live as long as a block: quick on short texts. Every bit of a text moves every bit of its hash, and which
 * texts collide cannot be told without the secret. */
static inline uint64_t quick_hash(struct str text, uint64_t secret)
{
    enum { SIXTEEN = 16, LONG = 128 };
    uint64_t a = 0, b = 0;
    if (text.size >= LONG)
        return hash_bytes(text.data, text.size, secret);
    if (text.size >= SIXTEEN) {
        uint64_t state = secret + text.size;
        for (size_t at = 0; at + SIXTEEN < text.size; at += SIXTEEN)
            state = fold_sixteen(state, text.data + at);
        return fold_sixteen(state, text.data + text.size - SIXTEEN);
    }
    if (text.size >= 8) {
        memcpy(&a, text.data, 8);
        memcpy(&b, text.data + text.size - 8, 8);
    } else if (text.size >= 4) {
        uint32_t first, last;
        memcpy(&first, text.data, 4);
        memcpy(&last, text.data + text.size - 4, 4);
        a = first;
        b = last;
    } else {
        for (size_t i = 0; i < text.size; i++)
            a = a << 8 | (unsigned char)text.data[i];
    }
    return fold(a ^ secret, b ^ ((secret << 29 | secret >> 35) + text.size));
}

enum { CODE_BITS = 17, TABLE_SLOTS_MIN = 1024 };
_Static_assert(DICT_DISTINCT_MAX + LOOK_STEP < 1 << CODE_BITS, "a slot holds any code");

struct numbering {
    struct dict *dict;
    uint32_t *table; /* open addressing: code + 1, and above it bits of the text's hash; 0 is free */
    uint32_t slots;  /* at least twice as many as there are codes: few texts, few slots, near the processor */
    uint32_t slots_max;
    uint32_t *hashes; /* of each code's text */
    uint64_t secret;
    struct arena *scratch;
};

static inline uint32_t tag_of(uint32_t hash)
{
    return hash >> CODE_BITS << CODE_BITS;
}

static void grow_table(struct numbering *n)
{
    n->slots = n->slots < n->slots_max / 4 ? n->slots * 4 : n->slots_max;
    n->table = arena_zalloc(n->scratch, n->slots * sizeof *n->table);
    for (uint32_t code = 0; code < n->dict->distinct; code++) {
        uint32_t slot = n->hashes[code] & (n->slots - 1);
        while (n->table[slot])
            slot = (slot + 1) & (n->slots - 1);
        n->table[slot] = (code + 1) | tag_of(n->hashes[code]);
    }
}

/* Gives a new text its code and the free slot. */
static uint32_t add_text(struct numbering *n, struct str text, uint32_t row, uint32_t hash, uint32_t slot)
{
    struct dict *dict = n->dict;
    uint32_t code = dict->distinct++;
    dict->texts[code] = text;
    dict->rows[code] = row;
    n->hashes[code] = hash;
    n->table[slot] = (code + 1) | tag_of(hash);
    if (dict->distinct > n->slots / 2)
        grow_table(n);
    return code;
}

static inline __attribute__((always_inline)) uint32_t number_text(struct numbering *n, struct str text, uint32_t row)
{
    const struct dict *dict = n->dict;
    uint32_t hash = (uint32_t)quick_hash(text, n->secret), slot = hash & (n->slots - 1), tag = tag_of(hash);
    for (uint32_t found; (found = n->table[slot]) != 0; slot = (slot + 1) & (n->slots - 1)) {
        uint32_t code = (found ^ tag) - 1;
        if (code < dict->distinct && str_equal(dict->texts[code], text))
            return code;
    }
    return add_text(n, text, row, hash, slot);
}

/* Texts that are the one before them need no look-up: if there are runs of them, it is looked at first. */
static void number_texts(struct numbering *n, struct texts list, bool runs, uint32_t from, uint32_t to)
{
    struct dict *dict = n->dict;
    uint32_t last = from > 0 ? dict->codes[from - 1] : number_text(n, list.values[0], list.rows[0]);
    for (uint32_t i = from; i < to; i++) {
        encode_fetch_ahead(list, i);
        if (!runs || !str_equal(dict->texts[last], list.values[i]))
            last = number_text(n, list.values[i], list.rows[i]);
        dict->codes[i] = last;
    }
}

/* Are many of these texts the ones before them? */
static bool has_runs(const uint32_t *codes, uint32_t count)
{
    uint32_t same = 0;
    for (uint32_t i = 1; i < count; i++)
        same += codes[i] == codes[i - 1];
    return same > count / 4;
}

/* The guesses are noted, and most texts need no look-up because they are what was guessed. */
static void number_guessed(struct numbering *n, struct texts list, struct guesser *guesser, uint32_t from, uint32_t to)
{
    struct dict *dict = n->dict;
    for (uint32_t i = from; i < to; i++) {
        struct str text = list.values[i];
        encode_fetch_ahead(list, i);
        uint32_t *guess = guess_at(guesser, i), likely = guess ? *guess : NO_GUESS;
        bool right = likely != NO_GUESS && str_equal(dict->texts[likely], text);
        dict->guesses[i] = likely;
        dict->codes[i] = right ? likely : number_text(n, text, list.rows[i]);
        if (guess)
            *guess = dict->codes[i];
    }
}

/* After so many texts a list is looked at again, whether a dictionary is worth while. */
static uint32_t next_look(uint32_t count)
{
    return count < LOOK_FIRST ? LOOK_FIRST : count < LOOK_SECOND ? LOOK_SECOND : count + LOOK_STEP;
}

static bool repeats_too_few(const struct dict *dict, uint32_t count)
{
    return (count <= LOOK_SECOND && dict->distinct > count - count / 8) || dict->distinct > DICT_DISTINCT_MAX;
}

/* Numbers the distinct texts by first use. False when too few repeat. */
static bool make_dict(struct encoder *e, struct texts list, const struct column *parent, struct arena *of_codes,
                      struct dict *ret)
{
    struct numbering n = {
        .dict = ret, .slots = TABLE_SLOTS_MIN / 4, .slots_max = 16, .secret = hash_secret(), .scratch = e->scratch};
    struct guesser guesser = {0};
    while (n.slots_max < list.count * 2)
        n.slots_max *= 2;
    *ret = (struct dict){
        .codes = ARENA_ARRAY(of_codes, uint32_t, list.count),
        .texts = ARENA_ARRAY(e->scratch, struct str, list.count),
        .rows = ARENA_ARRAY(e->scratch, uint32_t, list.count),
    };
    n.hashes = ARENA_ARRAY(e->scratch, uint32_t, list.count);
    grow_table(&n);
    if (parent) {
        ret->guesses = ARENA_ARRAY(e->scratch, uint32_t, list.count);
        guesser_init(&guesser, parent, list.rows, e->scratch);
    }
    for (uint32_t from = 0, to; from < list.count; from = to) {
        if (repeats_too_few(ret, from))
            return false;
        to = next_look(from) < list.count ? next_look(from) : list.count;
        if (parent)
            number_guessed(&n, list, &guesser, from, to);
        else
            number_texts(&n, list, from == 0 || has_runs(ret->codes, from), from, to);
    }
    return ret->distinct <= DICT_DISTINCT_MAX && ret->distinct <= list.count - list.count / 4;
}

/* For each text of the list, the code that its parent's text suggests. */
static void make_guesses(struct encoder *e, struct texts list, const uint32_t *codes, const struct column *parent,
                         uint32_t *ret)
{
    struct guesser guesser = {0};
    guesser_init(&guesser, parent, list.rows, e->scratch);
    for (uint32_t i = 0; i < list.count; i++) {
        uint32_t *guess = guess_at(&guesser, i);
        ret[i] = guess ? *guess : NO_GUESS;
        if (guess)
            *guess = codes[i];
    }
}

/* guesses may be NULL. */
static void make_symbols(const uint32_t *codes, uint32_t count, const uint32_t *guesses, bool age, uint32_t *ret)
{
    uint32_t known = 0;
    for (uint32_t i = 0; age && i < count; i++) {
        ret[i] = known - codes[i]; /* the next new one: 0 */
        known += codes[i] == known;
    }
    /* Plain, so that it is done for many at once. */
    for (uint32_t i = 0; !age && i < count; i++)
        ret[i] = codes[i];
    for (uint32_t i = 0; guesses && i < count; i++)
        ret[i] = guesses[i] == codes[i] ? 0 : ret[i] + 1;
}

static double symbols_cost(const uint32_t *symbols, uint32_t count)
{
    uint32_t low[256] = {0}, high[256] = {0};
    for (uint32_t i = 0; i < count; i++) {
        low[symbols[i] & 0xff]++;
        high[symbols[i] >> 8 & 0xff]++;
    }
    return entropy_bits(low, count) + entropy_bits(high, count);
}

static double cost_with(struct encoder *e, struct texts list, const uint32_t *codes, const struct column *parent,
                        bool age)
{
    uint32_t count = list.count < GUESS_SAMPLE ? list.count : GUESS_SAMPLE;
    uint32_t *guesses = parent ? ARENA_ARRAY(e->scratch, uint32_t, count) : NULL;
    uint32_t *symbols = ARENA_ARRAY(e->scratch, uint32_t, count);
    list.count = count;
    if (parent)
        make_guesses(e, list, codes, parent, guesses);
    make_symbols(codes, count, guesses, age, symbols);
    return symbols_cost(symbols, count);
}

static bool may_guess_from(const struct column *column)
{
    return column->codes && column->distinct >= 4 && column->chain < COLUMN_CHAIN_MAX;
}

/* The column that guesses best, if any does. */
static const struct column *search_parent(struct encoder *e, struct texts list, const struct dict *dict, bool age)
{
    const struct column *best = NULL;
    double best_cost = cost_with(e, list, dict->codes, NULL, age) * 0.95;
    for (uint32_t i = 0; i < e->index; i++) {
        const struct column *candidate = &e->set->columns[i];
        if (!may_guess_from(candidate))
            continue;
        double cost = cost_with(e, list, dict->codes, candidate, age);
        if (cost < best_cost) {
            best_cost = cost;
            best = candidate;
        }
    }
    return best;
}

static void write_dict(struct encoder *e, struct texts list, const struct dict *dict, const struct column *parent,
                       bool age)
{
    const uint32_t *symbols = dict->codes;
    if (age || dict->guesses) {
        uint32_t *made = ARENA_ARRAY(e->scratch, uint32_t, list.count);
        make_symbols(dict->codes, list.count, dict->guesses, age, made);
        symbols = made;
    }
    struct buf *meta = &e->out->bufs[POOL_META];
    buf_add_varint(meta, dict->distinct);
    buf_add_char(meta, (char)((age ? DICT_AGE : 0) | (parent ? DICT_GUESS : 0)));
    if (parent) {
        buf_add_varint(meta, (uint64_t)(parent - e->set->columns));
        encode_refer(e, parent);
    }
    pool_add_codes(e->out, symbols, list.count, dict->distinct + 2);
}

bool encode_dict(struct encoder *e, struct texts list, unsigned depth, enum stage stage)
{
    struct dict dict;
    struct column_hint *hint = encode_hint(e, list);
    const struct column *parent = depth == 0 ? encode_column_by_id(e, hint->parent) : NULL;
    if (parent && !may_guess_from(parent))
        parent = NULL;
    if (!make_dict(e, list, parent, depth == 0 ? e->kept : e->scratch, &dict))
        return false;
    encode_way(e, WAY_DICT, depth);
    if (!hint->age_known) {
        hint->age = cost_with(e, list, dict.codes, NULL, true) < cost_with(e, list, dict.codes, NULL, false);
        hint->age_known = true;
    }
    bool age = hint->age;
    if (depth == 0 && hint->parent == HINT_UNKNOWN) {
        parent = search_parent(e, list, &dict, age);
        hint->parent = parent ? (int32_t)parent->id : HINT_NONE;
        if (parent) {
            dict.guesses = ARENA_ARRAY(e->scratch, uint32_t, list.count);
            make_guesses(e, list, dict.codes, parent, dict.guesses);
        }
    }
    write_dict(e, list, &dict, parent, age);
    if (depth == 0) {
        e->set->columns[e->index].codes = dict.codes;
        e->set->columns[e->index].distinct = dict.distinct;
    }
    encode_list(e, (struct texts){dict.texts, dict.rows, dict.distinct, encode_key(list.key, WAY_DICT)}, depth + 1,
                stage, true);
    if (depth == 0 && e->times) {
        int64_t *times = ARENA_ARRAY(e->scratch, int64_t, list.count);
        for (uint32_t i = 0; i < list.count; i++)
            times[i] = e->times[dict.codes[i]];
        e->times = times;
    }
    return true;
}
