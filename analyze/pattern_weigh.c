#include <string.h>

#include "analyze/pattern_mine.h"

enum surroundings weigh_surroundings(const struct miner *m, const struct sequence *s, uint32_t place)
{
    const uint32_t *words = m->words + s->first;
    if (place == 0)
        return PLAIN;
    bool alone =
        place + 1 < s->count && miner_is_mark(m, words[place - 1], "([") && miner_is_mark(m, words[place + 1], ")]");
    bool process = place + 2 < s->count && miner_is_mark(m, words[place + 1], "[") && words[place + 2] == WORD_VARIABLE;
    bool marked = alone || process || miner_is_mark(m, words[place - 1], "='\"");
    uint32_t before = place;
    while (before > 0 && cutting_kind(&m->cutting, words[before - 1]) == PIECE_MARK)
        before--;
    if (before > 0 && before + 3 >= place && m->announces[words[before - 1]])
        return m->announces[words[before - 1]];
    return marked ? MARKED : PLAIN;
}

bool weigh_is_state(const struct miner *m, uint32_t word)
{
    struct str text = m->cutting.words.entries[word].key;
    if (text.size == 0 || text.data[0] < 'A' || text.data[0] > 'Z')
        return false;
    return text.size == 1 || (text.size > 2 && text.data[1] >= 'A' && text.data[1] <= 'Z');
}

uint32_t weigh_word(const struct miner *m, uint32_t word, enum surroundings around)
{
    if (m->cutting.words.entries[word].key.size == 1 && weigh_is_state(m, word))
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

uint32_t weigh_needed(const struct miner *m, const struct sequence *s, uint32_t place)
{
    uint32_t others = s->constants - miner_is_constant(m, m->words[s->first + place]);
    if (others == 0)
        return UINT32_MAX;
    return others == 1 || place == 0 ? 2 * WEIGHT_NEEDED : WEIGHT_NEEDED;
}

uint32_t weigh_place(const struct miner *m, const struct sequence *s, uint32_t place)
{
    uint32_t word = m->words[s->first + place], evidence = m->evidence[s->first + place];
    return word == WORD_VARIABLE && evidence > 0 ? evidence : weigh_word(m, word, weigh_surroundings(m, s, place));
}

void weigh_begin(struct miner *m)
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
