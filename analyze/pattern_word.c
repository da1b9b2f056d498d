/* What kind of word a word is. */
#include "analyze/lexicon.h"
#include "analyze/pattern_part.h"

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* SCREEN_ON */
static bool is_capitals(struct str word)
{
    for (size_t i = 0; i < word.size; i++)
        if (!is_upper(word.data[i]) && word.data[i] != '_')
            return false;
    return word.size > 0;
}

static bool is_dotted(struct str word)
{
    size_t dot = str_find_char(word, '.');
    return dot != STR_NONE && dot > 0 && dot + 1 < word.size && word.data[dot + 1] != '.';
}

static bool is_nothing(struct str word)
{
    static const struct str words[] = {{"null", 4}, {"NULL", 4}, {"nil", 3}, {"None", 4}, {"none", 4},
                                       {"n/a", 3},  {"N/A", 3},  {"-", 1},   {"_", 1}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal(word, words[i]))
            return true;
    return false;
}

/* Of requests: what is asked for by another method is another question. */
static bool is_method(struct str word)
{
    static const struct str words[] = {{"GET", 3},    {"POST", 4},  {"PUT", 3},     {"HEAD", 4},
                                       {"DELETE", 6}, {"PATCH", 5}, {"OPTIONS", 7}, {"CONNECT", 7}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal(word, words[i]))
            return true;
    return false;
}

/* deep-buffer-playback, ssh-rsa; not re-read, non-local, which are language. */
static bool is_hyphened(const struct lexicon *lexicon, struct str word)
{
    size_t hyphen = str_find_char(word, '-');
    if (hyphen == STR_NONE || hyphen == 0 || hyphen + 1 >= word.size)
        return false;
    struct str rest = str_slice(word, hyphen + 1, word.size);
    return str_find_char(rest, '-') != STR_NONE ||
           !(lexicon_knows(lexicon, rest) && (hyphen < 4 || lexicon_knows(lexicon, str_slice(word, 0, hyphen))));
}

enum piece_kind word_kind(const struct lexicon *lexicon, struct str word)
{
    if (is_nothing(word))
        return PIECE_EMPTY;
    if (is_method(word))
        return PIECE_MARK;
    size_t slash = str_find_char(word, '/');
    if (slash != STR_NONE && lexicon_knows(lexicon, str_slice(word, 0, slash)) && /* input/output */
        lexicon_knows(lexicon, str_slice(word, slash + 1, word.size)))
        return PIECE_LANGUAGE;
    if (slash != STR_NONE || str_find_char(word, '\\') != STR_NONE)
        return PIECE_PATH;
    if (is_dotted(word)) {
        size_t from = str_find_last(word, STR("."));
        return is_capitals(str_slice(word, from + 1, word.size)) ? PIECE_CAPITALS : PIECE_DOTTED;
    }
    if (lexicon_knows(lexicon, word))
        return PIECE_LANGUAGE;
    bool upper = false, lower = false, changes = false;
    for (size_t i = 0; i < word.size; i++) {
        upper = upper || is_upper(word.data[i]);
        lower = lower || is_lower(word.data[i]);
        changes = changes || (i > 0 && is_upper(word.data[i]) && is_lower(word.data[i - 1])) || word.data[i] == '_';
    }
    if (changes || is_hyphened(lexicon, word))
        return PIECE_IDENTIFIER;
    return upper && !lower ? PIECE_CAPITALS : PIECE_NAME;
}

bool word_is_unit(struct str word, bool size_only)
{
    static const struct str units[] = {{"B", 1},    {"KB", 2},  {"MB", 2},   {"GB", 2},   {"TB", 2},   {"PB", 2},
                                       {"kB", 2},   {"KiB", 3}, {"MiB", 3},  {"GiB", 3},  {"TiB", 3},  {"ms", 2},
                                       {"us", 2},   {"ns", 2},  {"s", 1},    {"sec", 3},  {"secs", 4}, {"msec", 4},
                                       {"usec", 4}, {"min", 3}, {"mins", 4}, {"KB/s", 4}, {"MB/s", 4}, {"%", 1},
                                       {"AM", 2},   {"PM", 2},  {"UTC", 3},  {"GMT", 3},  {"K", 1},    {"M", 1}};
    for (size_t i = 0; i < (size_only ? 11 : sizeof units / sizeof *units); i++)
        if (str_equal(word, units[i]))
            return true;
    return false;
}

bool word_is_boolean(struct str word)
{
    return (word.size == 4 && str_equal_nocase(word, STR("true"))) ||
           (word.size == 5 && str_equal_nocase(word, STR("false")));
}

bool word_is_switch(struct str word)
{
    return word_is_boolean(word) || str_equal_nocase(word, STR("on")) || str_equal_nocase(word, STR("off")) ||
           str_equal_nocase(word, STR("yes")) || str_equal_nocase(word, STR("no"));
}

bool word_is_direction(struct str word)
{
    return word.size == 2 && (is_lower(word.data[0]) || is_upper(word.data[0])) &&
           (word.data[1] == '+' || word.data[1] == '-');
}
