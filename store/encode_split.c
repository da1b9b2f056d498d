#include "store/encode.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/must.h"

enum { TEMPLATE_RARE = 3 /* a template of fewer texts is not worth its columns */, LINES_MAX = 1 << 20 };

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
    for (uint32_t i = 0; i < list.count; i++) {
        encode_fetch_ahead(list, i);
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
