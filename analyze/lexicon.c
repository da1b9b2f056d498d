#include "analyze/lexicon.h"

#include <stdlib.h>

#include "base/asset.h"
#include "base/hash.h"
#include "base/must.h"

enum {
    SLOTS = 8192, /* a power of two, well above the number of words */
    WORD_SIZE_MAX = 24,
    STEM_SIZE_MIN = 3,
};

struct lexicon {
    struct str slots[SLOTS];
    size_t count;
};

static size_t place(const struct lexicon *lexicon, struct str word)
{
    size_t at = hash_bytes(word.data, word.size, 0) % SLOTS;
    while (lexicon->slots[at].data && !str_equal(lexicon->slots[at], word))
        at = (at + 1) % SLOTS;
    return at;
}

struct lexicon *lexicon_new(void)
{
    struct lexicon *lexicon = mem_alloc(sizeof *lexicon);
    struct str text = asset_get("words.txt");
    while (text.data) {
        struct str line = str_cut(&text, '\n');
        while (line.data) {
            struct str word = str_cut(&line, ' ');
            if (word.size == 0)
                continue;
            size_t at = place(lexicon, word);
            lexicon->count += !lexicon->slots[at].data;
            lexicon->slots[at] = word;
        }
    }
    must(lexicon->count < SLOTS / 2);
    return lexicon;
}

void lexicon_free(struct lexicon *lexicon)
{
    free(lexicon);
}

static bool has_word(const struct lexicon *lexicon, struct str word)
{
    return lexicon->slots[place(lexicon, word)].data != NULL;
}

/* The stem before an ending: as it is, with an e, or with its doubled consonant made single. */
static bool has_stem(const struct lexicon *lexicon, const char *word, size_t size)
{
    if (size < STEM_SIZE_MIN)
        return false;
    if (has_word(lexicon, str_from(word, size)))
        return true;
    char stem[WORD_SIZE_MAX + 1];
    memcpy(stem, word, size);
    stem[size] = 'e';
    if (has_word(lexicon, str_from(stem, size + 1)))
        return true;
    if (stem[size - 1] == 'i') { /* retried, retries */
        stem[size - 1] = 'y';
        if (has_word(lexicon, str_from(stem, size)))
            return true;
    }
    return size > STEM_SIZE_MIN && word[size - 1] == word[size - 2] && has_word(lexicon, str_from(word, size - 1));
}

static bool has_derived(const struct lexicon *lexicon, const char *word, size_t size)
{
    static const struct str endings[] = {{"s", 1},    {"es", 2},   {"ed", 2},   {"ing", 3},  {"er", 2},   {"ers", 3},
                                         {"or", 2},   {"ly", 2},   {"ally", 4}, {"ion", 3},  {"ions", 4}, {"able", 4},
                                         {"ment", 4}, {"ness", 4}, {"ful", 3},  {"less", 4}, {"ings", 4}};
    struct str whole = str_from(word, size);
    if (has_word(lexicon, whole))
        return true;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (str_ends(whole, endings[i]) && has_stem(lexicon, word, size - endings[i].size))
            return true;
    return false;
}

static bool knows_simple(const struct lexicon *lexicon, struct str word)
{
    static const struct str beginnings[] = {{"un", 2},  {"re", 2},  {"non", 3},  {"pre", 3},   {"dis", 3},
                                            {"mis", 3}, {"sub", 3}, {"auto", 4}, {"super", 5}, {"over", 4}};
    char lower[WORD_SIZE_MAX];
    if (word.size == 0 || word.size > sizeof lower)
        return false;
    for (size_t i = 0; i < word.size; i++) {
        char c = word.data[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c < 'a' || c > 'z')
            return false;
        lower[i] = c;
    }
    if (has_derived(lexicon, lower, word.size))
        return true;
    struct str whole = str_from(lower, word.size);
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        size_t size = beginnings[i].size;
        if (word.size >= size + STEM_SIZE_MIN && str_starts(whole, beginnings[i]) &&
            has_derived(lexicon, lower + size, word.size - size))
            return true;
    }
    return false;
}

static bool has_small(struct str word)
{
    for (size_t i = 0; i < word.size; i++)
        if (word.data[i] >= 'a' && word.data[i] <= 'z')
            return true;
    return false;
}

/* Capitals only at the beginning, or only capitals: others are names put together. */
static bool is_one_case(struct str word)
{
    for (size_t i = 1; i < word.size; i++)
        if (word.data[i] >= 'A' && word.data[i] <= 'Z')
            return !has_small(word);
    return true;
}

bool lexicon_knows(const struct lexicon *lexicon, struct str word)
{
    if (!is_one_case(word))
        return false;
    bool capitals = !has_small(word);
    size_t parts = 0;
    for (size_t from = 0, at = 0; at <= word.size; at++) {
        if (at < word.size && word.data[at] != '-' && !(capitals && word.data[at] == '_'))
            continue;
        struct str part = str_slice(word, from, at);
        if (part.size > 1 && !knows_simple(lexicon, part))
            return false;
        parts += part.size > 1;
        from = at + 1;
    }
    return parts > 0;
}
