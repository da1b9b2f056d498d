#include "store/encode.h"

#include <endian.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/must.h"

enum {
    TEMPLATE_RARE = 3, /* a template of fewer texts is not worth its columns */
    LINES_MAX = 1 << 20,
    RECENT_SETS = 256, /* of templates that texts which begin alike had last, */
    RECENT_WAYS = 3,   /* so many in each */
    ROOM_COUNT = 1024, /* variables there is room made for at a time */
};

struct variables {
    const struct str *texts;
    uint32_t count;
};

/* A template that texts had which began, or began and ended, like that. */
struct recent {
    uint32_t hash; /* of how they did */
    uint32_t code; /* an entry of templates + 1; 0: none */
};

/* Where the templates stand that are likely for a text, and the hash that they have there. */
struct likely {
    struct recent *sets[2];
    uint32_t hashes[2];
};

struct splitting {
    struct map templates;        /* template -> number of texts */
    const struct str **fixed;    /* of each template, in the same order: its fixed texts, one more than its variables */
    uint32_t *variable_counts;   /* and how many these are */
    struct variables *variables; /* of each text */
    uint32_t *codes;             /* template of each text, an entry of templates */
    struct recent (*recent)[RECENT_WAYS]; /* the newest first */
    struct str *room;                     /* where the next variables go */
    uint32_t room_left;
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

/* Room for so many variables, which stays free unless use_room takes it. */
static struct str *room_for(struct splitting *s, uint32_t count)
{
    if (s->room_left < count) {
        s->room_left = count > ROOM_COUNT ? count : ROOM_COUNT;
        s->room = ARENA_ARRAY(s->scratch, struct str, s->room_left);
    }
    return s->room;
}

static void use_room(struct splitting *s, uint32_t i, uint32_t count)
{
    s->variables[i] = (struct variables){s->room, count};
    s->room += count;
    s->room_left -= count;
}

/* False: it was kept whole. */
static bool split_one(struct splitting *s, const struct str *text, uint32_t i, enum split_way way)
{
    struct split split;
    buf_reset(&s->key);
    if (!split_text(*text, way, &s->key, &split)) {
        keep_whole(s, text, i);
        return false;
    }
    s->codes[i] = template_of_key(s, 1);
    if (split.count > 0)
        memcpy(room_for(s, split.count), split.variables, split.count * sizeof *split.variables);
    use_room(s, i, split.count);
    return true;
}

/* ---- Templates that are met again --------------------------------------------------------------------------------------- */

/* Eight bytes as a number, and the highest bits of those that are digits. */
static inline uint64_t eight_bytes(const char *data, uint64_t *ret_digits)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t bytes;
    memcpy(&bytes, data, sizeof bytes);
    bytes = le64toh(bytes);
    uint64_t from_zero = bytes ^ ones * '0'; /* a digit's byte is below 10 */
    *ret_digits = ~(((from_zero & ones * 0x7f) + ones * (0x80 - 10)) | from_zero) & ones * 0x80;
    return bytes;
}

/* The sets of templates that are likely for a text: of those that begin like it, up to the first digit or so, and of those that
 * end like it as well, but for digits. */
static struct likely likely_templates(const struct splitting *s, struct str text)
{
    enum { WORD = sizeof(uint64_t), WORDS = 5 };
    const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t begin = 0, end = 0, digits = text.size < WORD;
    for (size_t at = 0; at + WORD <= text.size && at < WORDS * WORD && digits == 0; at += WORD) {
        uint64_t bytes = eight_bytes(text.data + at, &digits);
        begin = (begin ^ (digits ? bytes & ((digits & -digits) / 0x80 - 1) : bytes)) * factor;
        begin ^= begin >> 32;
    }
    if (text.size >= WORD) {
        end = eight_bytes(text.data + text.size - WORD, &digits);
        end &= ~((digits << 1) - (digits >> 7));
    }
    end = ((end ^ begin) * factor) >> 32;
    return (struct likely){
        {s->recent[begin % RECENT_SETS], s->recent[RECENT_SETS + end % RECENT_SETS]},
        {(uint32_t)begin, (uint32_t)end},
    };
}

static void move_ahead(struct recent *set, unsigned way, struct recent moved)
{
    for (; way > 0; way--)
        set[way] = set[way - 1];
    set[0] = moved;
}

static bool split_as(struct splitting *s, const struct str *text, uint32_t i, enum split_way way, uint32_t code)
{
    uint32_t count = s->variable_counts[code];
    if (!split_like(*text, way, s->fixed[code], count, room_for(s, count)))
        return false;
    use_room(s, i, count);
    s->codes[i] = code;
    must(s->templates.entries != NULL);
    s->templates.entries[code].value++;
    return true;
}

/* Most texts have a template that another text had shortly before: they are cut as it says, without looking for what it is. */
static bool split_likely(struct splitting *s, const struct str *text, uint32_t i, enum split_way way,
                         const struct likely *likely)
{
    for (unsigned n = 2; n-- > 0;) {
        struct recent *set = likely->sets[n];
        for (unsigned at = 0; at < RECENT_WAYS && set[at].code != 0; at++) {
            struct recent found = set[at];
            if (found.hash != likely->hashes[n] || !split_as(s, text, i, way, found.code - 1))
                continue;
            move_ahead(set, at, found);
            return true;
        }
    }
    return false;
}

static const struct str *fixed_texts(struct str template, uint32_t variables, struct arena *arena)
{
    struct str *fixed = ARENA_ARRAY(arena, struct str, variables + 1);
    for (uint32_t v = 0; v < variables; v++)
        fixed[v] = str_cut(&template, '\0');
    fixed[variables] = template;
    return fixed;
}

static void expect_again(struct splitting *s, uint32_t i, const struct likely *likely)
{
    uint32_t code = s->codes[i];
    if (!s->fixed[code]) {
        s->variable_counts[code] = s->variables[i].count;
        s->fixed[code] = fixed_texts(s->templates.entries[code].key, s->variables[i].count, s->scratch);
    }
    for (unsigned n = 0; n < 2; n++)
        move_ahead(likely->sets[n], RECENT_WAYS - 1, (struct recent){likely->hashes[n], code + 1});
}

static void split_texts(struct splitting *s, struct texts list, enum split_way way)
{
    if (way != SPLIT_WORDS && way != SPLIT_DIGITS) {
        for (uint32_t i = 0; i < list.count; i++)
            split_one(s, &list.values[i], i, way);
        return;
    }
    s->recent = arena_zalloc(s->scratch, 2 * RECENT_SETS * sizeof *s->recent);
    s->fixed = arena_zalloc(s->scratch, list.count * sizeof *s->fixed);
    s->variable_counts = ARENA_ARRAY(s->scratch, uint32_t, list.count);
    for (uint32_t i = 0; i < list.count; i++) {
        encode_fetch_ahead(list, i);
        struct likely likely = likely_templates(s, list.values[i]);
        if (!split_likely(s, &list.values[i], i, way, &likely) && split_one(s, &list.values[i], i, way))
            expect_again(s, i, &likely);
    }
}

/* Texts whose template is rare are split again, another way; what is still rare then is kept whole. */
static void split_again(struct splitting *s, struct texts list, bool whole)
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
static uint32_t number_templates(struct splitting *s, struct texts list, struct str *ret_texts, uint32_t *ret_counts,
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

static void encode_variables(struct encoder *e, struct texts list, const struct splitting *s,
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
            struct texts part = {values + (size_t)v * count, rows, count, encode_key(key, v)};
            encode_list(e, part, depth + 1, stage, false);
        }
    }
}

bool encode_split(struct encoder *e, struct texts list, unsigned depth, enum split_way way)
{
    __attribute__((cleanup(splitting_release))) struct splitting s = {.key = BUF(1 << 20), .scratch = e->scratch};
    s.variables = ARENA_ARRAY(e->scratch, struct variables, list.count);
    s.codes = ARENA_ARRAY(e->scratch, uint32_t, list.count);
    split_texts(&s, list, way);
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
    encode_way(e, WAY_SPLIT, depth);
    buf_add_varint(&e->out->bufs[POOL_META], used);
    if (way == SPLIT_DIGITS)
        encode_words(e, list, STAGE_DIGITS, list.count);
    for (uint32_t t = 0; t < used; t++) {
        if (way <= SPLIT_PAIRS) /* the others leave no words with digits in a template */
            words_add(e->words, texts[t]);
        encode_literal(e, texts[t]);
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
bool encode_lines(struct encoder *e, struct texts list, unsigned depth)
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
    encode_way(e, WAY_LINES, depth);
    pool_add_numbers(e->out, counts, list.count, e->scratch);
    encode_list(e, (struct texts){lines, rows, total, encode_key(list.key, WAY_LINES)}, depth + 1, STAGE_WORDS, false);
    return true;
}
