#include "store/column.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/must.h"
#include "store/split.h"
#include "store/typed.h"

enum {
    DICT_DISTINCT_MAX = 65000,
    LIST_SMALL = 6,    /* shorter lists are not worth a dictionary or templates */
    TEMPLATE_RARE = 3, /* a template of fewer texts is not worth its columns */
    SAME_SAMPLE = 8,
    GUESS_SAMPLE = 1024,
    LINES_MAX = 1 << 20,
    HINT_USES_MIN =
        3, /* after so many uses a hint is searched anew, then after twice as many, and so on up to the maximum */
    HINT_USES_MAX = 96,
};

struct list {
    const struct str *values;
    const uint32_t *rows;
    uint32_t count;
    uint64_t key; /* names what it is a list of, across blocks, for hints */
};

struct encoder {
    struct column_set *set;
    uint32_t index; /* the top-level column being encoded */
    struct column_hints *hints;
    struct pools *out;
    struct words *words;
    struct arena *scratch;
    const int64_t *times; /* of the list encoded last, if its texts are numbers */
};

/* How far texts of a list may still be cut: lines into values, values into words, words into runs of digits. */
enum stage { STAGE_LINES, STAGE_WORDS, STAGE_DIGITS, STAGE_WHOLE };

static void encode_list(struct encoder *e, struct list list, unsigned depth, enum stage stage, bool distinct);

/* The texts of a column lie far apart, one in each line, so they are asked for before they are needed. */
static inline void fetch_ahead(struct list list, uint32_t i)
{
    enum { AHEAD = 8 };
    if (i + AHEAD < list.count) {
        struct str text = list.values[i + AHEAD];
        __builtin_prefetch(text.data);
        __builtin_prefetch(text.data + text.size); /* most often the same line of the cache, or the next one */
    }
}

static uint64_t key_within(uint64_t key, uint64_t part)
{
    return (key ^ part) * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static struct column_hint *hint_of(struct encoder *e, struct list list)
{
    uint64_t key = list.key | 1;
    struct column_hint *hint = &e->hints->hints[(key >> 40) % HINTS];
    bool known = hint->key == key;
    if (known && hint->uses_left-- > 0)
        return hint;
    unsigned uses = known && hint->uses < HINT_USES_MAX / 2 ? hint->uses * 2 : known ? HINT_USES_MAX : HINT_USES_MIN;
    *hint = (struct column_hint){
        .key = key, .parent = HINT_UNKNOWN, .same = HINT_UNKNOWN, .uses = (uint8_t)uses, .uses_left = (uint8_t)uses};
    return hint;
}

static void add_way(struct encoder *e, enum column_way way, unsigned depth)
{
    if (depth == 0)
        e->set->columns[e->index].way = (uint8_t)way;
    buf_add_char(&e->out->bufs[POOL_META], (char)way);
}

static void add_text(struct encoder *e, struct str text)
{
    buf_add_varint(&e->out->bufs[POOL_META], text.size);
    buf_add_str(&e->out->bufs[POOL_TEXT], text);
}

/* The words of the list's first texts; runs of digits cut out of a word are none. */
static void add_words(struct encoder *e, struct list list, enum stage stage, uint32_t count)
{
    for (uint32_t i = 0; i < count && stage <= STAGE_DIGITS; i++)
        words_add(e->words, list.values[i]);
}

static bool all_equal(struct list list)
{
    for (uint32_t i = 1; i < list.count; i++)
        if (!str_equal(list.values[0], list.values[i]))
            return false;
    return true;
}

static void encode_raw(struct encoder *e, struct list list)
{
    int64_t *sizes = ARENA_ARRAY(e->scratch, int64_t, list.count);
    for (uint32_t i = 0; i < list.count; i++) {
        sizes[i] = (int64_t)list.values[i].size;
        buf_add_str(&e->out->bufs[POOL_TEXT], list.values[i]);
    }
    pool_add_numbers(e->out, sizes, list.count, e->scratch);
}

static bool encode_typed(struct encoder *e, struct list list, unsigned depth, enum stage stage)
{
    struct typed typed;
    int64_t *numbers = ARENA_ARRAY(e->scratch, int64_t, list.count);
    uint32_t *scales = ARENA_ARRAY(e->scratch, uint32_t, list.count);
    if (!typed_detect(list.values, list.count, &typed, numbers, scales))
        return false;
    add_way(e, WAY_TYPED, depth);
    /* Numbers and times have no word that is indexed but in what all of them have in common. */
    add_words(e, list, stage, typed_is_number(typed.type) ? 1 : list.count);
    struct buf *meta = &e->out->bufs[POOL_META];
    buf_add_char(meta, (char)typed.type);
    buf_add_char(meta, (char)typed.width);
    buf_add_char(meta, (char)typed.variant);
    if (typed.type == TYPE_TIME) {
        buf_add_char(meta, typed.separator);
        buf_add_char(meta, (char)typed.suffix_size);
        buf_add(meta, typed.suffix, typed.suffix_size);
    }
    if (typed_is_number(typed.type)) {
        e->times = typed_times(&typed, numbers, scales, list.count, e->scratch);
        pool_add_numbers(e->out, numbers, list.count, e->scratch);
        if (typed_has_scales(typed.type))
            pool_add_codes(e->out, scales, list.count, 256);
        return true;
    }
    size_t size = typed_byte_size(&typed);
    char *to = buf_reserve(&e->out->bufs[POOL_BITS], size * list.count);
    must(to);
    for (uint32_t i = 0; i < list.count; i++)
        typed_to_bytes(&typed, list.values[i], to + i * size);
    e->out->bufs[POOL_BITS].size += size * list.count;
    return true;
}

/* ---- Dictionaries ---------------------------------------------------------------------------------------------------- */

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

/* Only for tables that live as long as a block: quick on short texts. */
static inline uint32_t quick_hash(struct str text)
{
    uint64_t a = 0, b = 0;
    if (text.size > 16)
        return (uint32_t)hash_bytes(text.data, text.size, 0);
    if (text.size >= 8) {
        memcpy(&a, text.data, 8);
        memcpy(&b, text.data + text.size - 8, 8);
    } else if (text.size >= 4) {
        memcpy(&a, text.data, 4);
        memcpy(&b, text.data + text.size - 4, 4);
    } else {
        for (size_t i = 0; i < text.size; i++)
            a = a << 8 | (unsigned char)text.data[i];
    }
    a = (a ^ UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);
    b = (b ^ text.size ^ a >> 29) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((a ^ b) >> 32);
}

struct numbering {
    struct dict *dict;
    uint32_t *table; /* open addressing: code + 1 */
    uint32_t slots;
};

static uint32_t number_text(struct numbering *n, struct str text, uint32_t row)
{
    struct dict *dict = n->dict;
    uint32_t slot = quick_hash(text) & (n->slots - 1);
    while (n->table[slot] && !str_equal(dict->texts[n->table[slot] - 1], text))
        slot = (slot + 1) & (n->slots - 1);
    if (!n->table[slot]) {
        dict->texts[dict->distinct] = text;
        dict->rows[dict->distinct] = row;
        n->table[slot] = ++dict->distinct;
    }
    return n->table[slot] - 1;
}

/* Numbers the distinct texts by first use. False when too few repeat. With a parent the guesses are noted, and most texts need no
 * look-up because they are what was guessed. */
static bool make_dict(struct encoder *e, struct list list, const struct column *parent, struct dict *ret)
{
    struct numbering n = {.dict = ret, .slots = 16};
    struct guesser guesser = {0};
    while (n.slots < list.count * 2)
        n.slots *= 2;
    n.table = arena_zalloc(e->scratch, n.slots * sizeof *n.table);
    *ret = (struct dict){
        .codes = ARENA_ARRAY(e->scratch, uint32_t, list.count),
        .texts = ARENA_ARRAY(e->scratch, struct str, list.count),
        .rows = ARENA_ARRAY(e->scratch, uint32_t, list.count),
    };
    if (parent) {
        ret->guesses = ARENA_ARRAY(e->scratch, uint32_t, list.count);
        guesser_init(&guesser, parent, list.rows, e->scratch);
    }
    for (uint32_t i = 0; i < list.count; i++) {
        struct str text = list.values[i];
        fetch_ahead(list, i);
        if ((i == 256 || i == 2048) && ret->distinct > i - i / 8)
            return false;
        uint32_t *guess = parent ? guess_at(&guesser, i) : NULL;
        uint32_t likely = guess ? *guess : !parent && i > 0 ? ret->codes[i - 1] : NO_GUESS;
        if (parent)
            ret->guesses[i] = likely;
        bool right = likely != NO_GUESS && str_equal(ret->texts[likely], text);
        ret->codes[i] = right ? likely : number_text(&n, text, list.rows[i]);
        if (guess)
            *guess = ret->codes[i];
    }
    return ret->distinct <= DICT_DISTINCT_MAX && ret->distinct <= list.count - list.count / 4;
}

/* For each text of the list, the code that its parent's text suggests. */
static void make_guesses(struct encoder *e, struct list list, const uint32_t *codes, const struct column *parent,
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
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = codes[i];
        ret[i] = age ? known - code : code; /* the next new one: 0 */
        known += code == known;
    }
    for (uint32_t i = 0; guesses && i < count; i++) /* plain, so that it is done for many at once */
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

static double cost_with(struct encoder *e, struct list list, const uint32_t *codes, const struct column *parent,
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

static void refer(struct encoder *e, const struct column *other)
{
    struct column *self = &e->set->columns[e->index];
    if (self->chain <= other->chain)
        self->chain = other->chain + 1;
}

static const struct column *column_by_id(const struct encoder *e, int32_t id)
{
    for (uint32_t i = 0; i < e->index && id >= 0; i++)
        if ((int32_t)e->set->columns[i].id == id)
            return &e->set->columns[i];
    return NULL;
}

/* The column that guesses best, if any does. */
static const struct column *search_parent(struct encoder *e, struct list list, const struct dict *dict, bool age)
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

static void write_dict(struct encoder *e, struct list list, const struct dict *dict, const struct column *parent,
                       bool age)
{
    uint32_t *symbols = ARENA_ARRAY(e->scratch, uint32_t, list.count);
    make_symbols(dict->codes, list.count, dict->guesses, age, symbols);
    struct buf *meta = &e->out->bufs[POOL_META];
    buf_add_varint(meta, dict->distinct);
    buf_add_char(meta, (char)((age ? DICT_AGE : 0) | (parent ? DICT_GUESS : 0)));
    if (parent) {
        buf_add_varint(meta, (uint64_t)(parent - e->set->columns));
        refer(e, parent);
    }
    pool_add_codes(e->out, symbols, list.count, dict->distinct + 2);
}

static bool encode_dict(struct encoder *e, struct list list, unsigned depth, enum stage stage)
{
    struct dict dict;
    struct column_hint *hint = hint_of(e, list);
    const struct column *parent = depth == 0 ? column_by_id(e, hint->parent) : NULL;
    if (parent && !may_guess_from(parent))
        parent = NULL;
    if (!make_dict(e, list, parent, &dict))
        return false;
    add_way(e, WAY_DICT, depth);
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
    encode_list(e, (struct list){dict.texts, dict.rows, dict.distinct, key_within(list.key, WAY_DICT)}, depth + 1,
                stage, true);
    if (depth == 0 && e->times) {
        int64_t *times = ARENA_ARRAY(e->scratch, int64_t, list.count);
        for (uint32_t i = 0; i < list.count; i++)
            times[i] = e->times[dict.codes[i]];
        e->times = times;
    }
    return true;
}

/* ---- The same as another column ----------------------------------------------------------------------------------------- */

/* Where the row, or what follows it, stands. */
static uint32_t find_row(const uint32_t *rows, uint32_t count, uint32_t row)
{
    uint32_t low = 0, high = count;
    if (row < count && rows[row] == row)
        return row;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many texts of the sample equal those of the same records in the column. at_rows, at: where the sample's rows were
 * found last, in which rows; columns often share them. */
struct sample {
    struct str values[SAME_SAMPLE];
    uint32_t rows[SAME_SAMPLE];
    const uint32_t *at_rows[SAME_SAMPLE];
    uint32_t at[SAME_SAMPLE];
    uint32_t count;
};

static bool sample_equals(struct sample *sample, const struct column *column)
{
    uint32_t equal = 0;
    must(column->rows != NULL);
    for (uint32_t i = 0; i < sample->count; i++) {
        if (sample->at_rows[i] != column->rows) {
            sample->at_rows[i] = column->rows;
            sample->at[i] = find_row(column->rows, column->count, sample->rows[i]);
        }
        uint32_t at = sample->at[i];
        equal += at < column->count && column->rows[at] == sample->rows[i] &&
                 str_equal(column->values[at], sample->values[i]);
        if (i >= 1 && equal == 0)
            return false;
    }
    return equal * 4 >= sample->count * 3;
}

static const struct column *find_same(struct encoder *e, struct list list)
{
    struct column_hint *hint = hint_of(e, list);
    struct sample sample = {.count = 0};
    uint32_t step = list.count > SAME_SAMPLE ? list.count / SAME_SAMPLE : 1;
    if (hint->same == HINT_NONE)
        return NULL;
    for (uint32_t i = 0; i < list.count && sample.count < SAME_SAMPLE; i += step) {
        sample.values[sample.count] = list.values[i];
        sample.rows[sample.count++] = list.rows[i];
    }
    const struct column *known = column_by_id(e, hint->same);
    if (known && known->chain < COLUMN_CHAIN_MAX && sample_equals(&sample, known))
        return known;
    for (uint32_t c = 0; c < e->index; c++) {
        const struct column *column = &e->set->columns[c];
        if (column->chain < COLUMN_CHAIN_MAX && sample_equals(&sample, column)) {
            hint->same = (int32_t)column->id;
            return column;
        }
    }
    hint->same = HINT_NONE;
    return NULL;
}

static bool encode_same(struct encoder *e, struct list list, unsigned depth, enum stage stage)
{
    const struct column *column = find_same(e, list);
    if (!column)
        return false;
    add_way(e, WAY_SAME, depth);
    buf_add_varint(&e->out->bufs[POOL_META], (uint64_t)(column - e->set->columns));
    refer(e, column);
    uint32_t *same = ARENA_ARRAY(e->scratch, uint32_t, list.count);
    struct str *values = ARENA_ARRAY(e->scratch, struct str, list.count);
    uint32_t *rows = ARENA_ARRAY(e->scratch, uint32_t, list.count);
    uint32_t left = 0, at = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        fetch_ahead(list, i);
        if (column->rows == list.rows)
            at = i;
        while (at < column->count && column->rows[at] < list.rows[i])
            at++;
        same[i] =
            at < column->count && column->rows[at] == list.rows[i] && str_equal(column->values[at], list.values[i]);
        if (!same[i]) {
            values[left] = list.values[i];
            rows[left++] = list.rows[i];
        }
    }
    pool_add_codes(e->out, same, list.count, 2);
    encode_list(e, (struct list){values, rows, left, key_within(list.key, WAY_SAME)}, depth + 1, stage, false);
    return true;
}

/* ---- Templates ------------------------------------------------------------------------------------------------------------ */

struct variables {
    const struct str *texts;
    uint32_t count;
};

struct splitting {
    struct map templates;        /* template -> number of texts */
    struct variables *variables; /* of each text */
    uint32_t *codes;             /* template of each text, an entry of templates */
    struct buf key;
    struct arena *scratch;
};

static void splitting_release(struct splitting *s)
{
    map_release(&s->templates);
    buf_release(&s->key);
}

static uint32_t template_of_key(struct splitting *s, uint64_t texts)
{
    struct map_entry *entry = map_at(&s->templates, buf_str(&s->key), NULL);
    entry->value += texts;
    return (uint32_t)(entry - s->templates.entries);
}

/* A text that is not worth a template is one variable. */
static void keep_whole(struct splitting *s, const struct str *text, uint32_t i)
{
    buf_reset(&s->key);
    buf_add_char(&s->key, 0);
    s->variables[i] = (struct variables){text, 1};
    s->codes[i] = template_of_key(s, TEMPLATE_RARE);
}

static void split_one(struct splitting *s, const struct str *text, uint32_t i, enum split_way way)
{
    struct split split;
    buf_reset(&s->key);
    if (!split_text(*text, way, &s->key, &split)) {
        keep_whole(s, text, i);
        return;
    }
    s->codes[i] = template_of_key(s, 1);
    struct str *texts = ARENA_ARRAY(s->scratch, struct str, split.count);
    memcpy(texts, split.variables, split.count * sizeof *texts);
    s->variables[i] = (struct variables){texts, split.count};
}

/* Texts whose template is rare are split again, another way; what is still rare then is kept whole. */
static void split_again(struct splitting *s, struct list list, bool whole)
{
    for (uint32_t i = 0; i < list.count; i++) {
        struct map_entry *entry = &s->templates.entries[s->codes[i]];
        if (entry->value >= TEMPLATE_RARE)
            continue;
        entry->value = 0; /* its texts all go: equal templates are rare together */
        if (whole)
            keep_whole(s, &list.values[i], i);
        else
            split_one(s, &list.values[i], i, SPLIT_ALL);
    }
}

/* Renumbers the templates in use by first use; returns how many, their numbers in codes. */
static uint32_t number_templates(struct splitting *s, struct list list, struct str *ret_texts, uint32_t *ret_counts,
                                 struct arena *scratch)
{
    uint32_t *numbers = arena_zalloc(scratch, s->templates.count * sizeof *numbers);
    uint32_t used = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        uint32_t *number = &numbers[s->codes[i]];
        if (!*number) {
            ret_texts[used] = s->templates.entries[s->codes[i]].key;
            ret_counts[used] = 0;
            *number = ++used;
        }
        s->codes[i] = *number - 1;
        ret_counts[s->codes[i]]++;
    }
    return used;
}

static void encode_variables(struct encoder *e, struct list list, const struct splitting *s,
                             const struct str *templates, uint32_t template_count, const uint32_t *counts,
                             unsigned depth, enum stage stage)
{
    uint32_t *order = ARENA_ARRAY(e->scratch, uint32_t, list.count); /* texts by template */
    uint32_t *ends = ARENA_ARRAY(e->scratch, uint32_t, template_count);
    uint32_t sum = 0;
    for (uint32_t t = 0; t < template_count; t++) {
        ends[t] = sum;
        sum += counts[t];
    }
    for (uint32_t i = 0; i < list.count; i++)
        order[ends[s->codes[i]]++] = i;
    for (uint32_t t = 0; t < template_count; t++) {
        const uint32_t *texts = order + ends[t] - counts[t];
        uint64_t key = hash_bytes(templates[t].data, templates[t].size, list.key);
        uint32_t count = counts[t], variables = s->variables[texts[0]].count;
        struct str *values = ARENA_ARRAY(e->scratch, struct str, (size_t)count * variables);
        uint32_t *rows = ARENA_ARRAY(e->scratch, uint32_t, count);
        for (uint32_t i = 0; i < count; i++) {
            const struct str *own = s->variables[texts[i]].texts;
            rows[i] = list.rows[texts[i]];
            for (uint32_t v = 0; v < variables; v++)
                values[(size_t)v * count + i] = own[v];
        }
        for (uint32_t v = 0; v < variables; v++) {
            struct list part = {values + (size_t)v * count, rows, count, key_within(key, v)};
            encode_list(e, part, depth + 1, stage, false);
        }
    }
}

static bool encode_split(struct encoder *e, struct list list, unsigned depth, enum split_way way)
{
    __attribute__((cleanup(splitting_release))) struct splitting s = {.key = BUF(1 << 20), .scratch = e->scratch};
    s.variables = ARENA_ARRAY(e->scratch, struct variables, list.count);
    s.codes = ARENA_ARRAY(e->scratch, uint32_t, list.count);
    for (uint32_t i = 0; i < list.count; i++) {
        fetch_ahead(list, i);
        split_one(&s, &list.values[i], i, way);
    }
    must(s.templates.entries != NULL);
    if (way == SPLIT_WORDS) {
        split_again(&s, list, false);
        split_again(&s, list, true);
    }
    struct str *texts = ARENA_ARRAY(e->scratch, struct str, s.templates.count);
    uint32_t *counts = ARENA_ARRAY(e->scratch, uint32_t, s.templates.count);
    uint32_t used = number_templates(&s, list, texts, counts, e->scratch);
    bool whole = used == 1 && str_equal(texts[0], str_from("", 1));
    if (whole || used > list.count / 2)
        return false;
    add_way(e, WAY_SPLIT, depth);
    buf_add_varint(&e->out->bufs[POOL_META], used);
    if (way == SPLIT_DIGITS)
        add_words(e, list, STAGE_DIGITS, list.count);
    for (uint32_t t = 0; t < used; t++) {
        if (way <= SPLIT_PAIRS) /* the others leave no words with digits in a template */
            words_add(e->words, texts[t]);
        add_text(e, texts[t]);
    }
    pool_add_codes(e->out, s.codes, list.count, used);
    static const enum stage next[] = {[SPLIT_LINES] = STAGE_WORDS,
                                      [SPLIT_PAIRS] = STAGE_LINES,
                                      [SPLIT_WORDS] = STAGE_DIGITS,
                                      [SPLIT_DIGITS] = STAGE_WHOLE};
    encode_variables(e, list, &s, texts, used, counts, depth, next[way]);
    return true;
}

/* Lines in any order and number, such as stack traces: all lines of all texts are one list. */
static bool encode_lines(struct encoder *e, struct list list, unsigned depth)
{
    int64_t *counts = ARENA_ARRAY(e->scratch, int64_t, list.count);
    uint32_t total = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        counts[i] = 0;
        for (struct str rest = list.values[i]; counts[i] == 0 || rest.data; counts[i]++)
            split_take_line(&rest);
        if (counts[i] > LINES_MAX - total)
            return false;
        total += (uint32_t)counts[i];
    }
    struct str *lines = ARENA_ARRAY(e->scratch, struct str, total);
    uint32_t *rows = ARENA_ARRAY(e->scratch, uint32_t, total);
    uint32_t at = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        struct str rest = list.values[i];
        for (int64_t line = 0; line < counts[i]; line++) {
            rows[at] = list.rows[i];
            lines[at++] = split_take_line(&rest);
        }
    }
    add_way(e, WAY_LINES, depth);
    pool_add_numbers(e->out, counts, list.count, e->scratch);
    encode_list(e, (struct list){lines, rows, total, key_within(list.key, WAY_LINES)}, depth + 1, STAGE_WORDS, false);
    return true;
}

/* ---- One list --------------------------------------------------------------------------------------------------------------- */

/* Texts of no type and with few repeats. */
static void encode_text(struct encoder *e, struct list list, unsigned depth, enum stage stage)
{
    bool nest = list.count >= LIST_SMALL && depth + 1 < COLUMN_DEPTH_MAX;
    if (nest && stage <= STAGE_LINES) {
        enum split_lines lines = split_lines_kind(list.values[list.count / 2]);
        if (lines == LINES_JSON && encode_split(e, list, depth, SPLIT_PAIRS))
            return;
        if (lines == LINES_KEYED && encode_split(e, list, depth, SPLIT_LINES))
            return;
        if (lines >= LINES_PLAIN && lines <= LINES_KEYED && encode_lines(e, list, depth))
            return;
    }
    if (nest && stage <= STAGE_WORDS && encode_split(e, list, depth, SPLIT_WORDS))
        return;
    if (nest && stage <= STAGE_DIGITS && encode_split(e, list, depth, SPLIT_DIGITS))
        return;
    add_way(e, WAY_RAW, depth);
    add_words(e, list, stage, list.count);
    encode_raw(e, list);
}

/* distinct: no two texts are equal. The order of attempts is that of what usually comes out smallest. */
static void encode_list(struct encoder *e, struct list list, unsigned depth, enum stage stage, bool distinct)
{
    e->times = NULL;
    if (list.count == 0)
        return;
    if (!distinct && all_equal(list)) {
        add_way(e, WAY_ONE, depth);
        add_words(e, list, stage, 1);
        add_text(e, list.values[0]);
        return;
    }
    bool nest = list.count >= LIST_SMALL && depth + 1 < COLUMN_DEPTH_MAX;
    if (!(nest && encode_same(e, list, depth, stage))) {
        if (nest && !distinct && encode_dict(e, list, depth, stage))
            return;
        if (encode_typed(e, list, depth, stage))
            return;
        encode_text(e, list, depth, stage);
    }
    e->times = NULL; /* those of a list within */
}

void column_encode(struct column_set *set, uint32_t index, struct column_hints *hints, struct pools *out,
                   struct words *words, struct arena *scratch)
{
    struct encoder e = {.set = set, .index = index, .hints = hints, .out = out, .words = words, .scratch = scratch};
    struct column *column = &set->columns[index];
    column->codes = NULL;
    column->distinct = column->chain = 0;
    struct list list = {column->values, column->rows, column->count, hash_bytes(&column->id, sizeof column->id, 0)};
    encode_list(&e, list, 0, STAGE_LINES, false);
    column->times = column->way == WAY_TYPED || column->way == WAY_DICT ? e.times : NULL;
}
