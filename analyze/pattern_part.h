/* pattern_part: the parts of mining that pattern.c puts together: templates cut into pieces (pattern_cut.c), kinds of words and the texts of
 * groups of them (pattern_text.c). */
#ifndef WINNOW_ANALYZE_PATTERN_PART_H
#define WINNOW_ANALYZE_PATTERN_PART_H

#include "analyze/analyze.h"
#include "base/map.h"

enum piece_kind {
    PIECE_VARIABLE,
    PIECE_EMPTY, /* nothing between '=' and what follows */
    PIECE_MARK,
    PIECE_LANGUAGE,   /* a word of the lexicon */
    PIECE_NAME,       /* a word that is not in it */
    PIECE_CAPITALS,   /* such a word in capitals */
    PIECE_IDENTIFIER, /* words put together: fooBar, foo_bar */
    PIECE_DOTTED,     /* a.b.c */
    PIECE_PATH,
    PIECE_LIST, /* words with commas between them, within brackets */
};

struct lexicon;
/* Of a whole word (pattern_word.c). */
enum piece_kind word_kind(const struct lexicon *lexicon, struct str word);
/* Behind a number; size_only: of bytes. */
bool word_is_unit(struct str word, bool size_only);
bool word_is_boolean(struct str word);
/* A boolean where a value is expected: on, off, yes, no. */
bool word_is_switch(struct str word);
/* x+, z-. */
bool word_is_direction(struct str word);

/* The dictionary's entries for the two that are no words. */
enum { WORD_VARIABLE, WORD_EMPTY, WORD_COUNT };

/* What stands where in a template; from..to includes what was taken into a variable, such as its unit. */
struct piece {
    uint32_t word; /* equal words are equal pieces */
    uint16_t from, to;
};

struct cutting {
    struct str *templates; /* copies */
    size_t template_count;
    uint32_t *first; /* of each template: its first piece; template_count + 1 */
    struct piece *pieces;
    size_t piece_count, piece_capacity;
    struct map words; /* the dictionary; the value is the enum piece_kind */
    struct arena arena;
};

void cutting_release(struct cutting *cutting);
/* Cuts them; zero-initialised before. */
void cutting_make(struct cutting *cutting, const struct str *templates, size_t count);
static inline enum piece_kind cutting_kind(const struct cutting *cutting, uint32_t word)
{
    return (enum piece_kind)cutting->words.entries[word].value;
}

/* The text that stands for these templates, which have equally many pieces: where they differ there is <*>. */
void pattern_text(const struct cutting *cutting, const uint32_t *members, size_t count, struct buf *out);

#endif
