/* template_word: what the words of a folded line become, written one after the other into a template; template.c tells the whole. Private
 * to it. */
#ifndef WINNOW_ANALYZE_TEMPLATE_WORD_H
#define WINNOW_ANALYZE_TEMPLATE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

enum {
    TEMPLATE_BYTES_MAX = 1024,
    TEMPLATE_CONTENT_MAX = TEMPLATE_BYTES_MAX - 4, /* room for " ..." */
    TEMPLATE_WORD_MAX = 128,                       /* a longer word is data, not language */
};

/* ---- Characters --------------------------------------------------------------------------------------------------- */

enum {
    CHAR_DIGIT = 1,
    CHAR_LETTER = 2,
    CHAR_HEX_LETTER = 4, /* a letter too */
    CHAR_SPACE = 8,
    CHAR_MARK = 16,
    CHAR_SEPARATOR = 32, /* of a path's segments */
    CHAR_JOINT = 64,     /* ends the name before a number */
    CHAR_NUMBER = 128,   /* what folding made of letters and digits */
    CHAR_DOT = 256,      /* of names, addresses and keys */
    CHAR_SPECIAL = CHAR_SPACE | CHAR_MARK | CHAR_SEPARATOR | CHAR_NUMBER | CHAR_DOT,
};

extern const uint16_t template_classes[256];

static inline bool template_is(char c, unsigned class)
{
    return (template_classes[(unsigned char)c] & class) != 0;
}

static inline bool template_has(struct str s, unsigned class)
{
    for (size_t i = 0; i < s.size; i++)
        if (template_is(s.data[i], class))
            return true;
    return false;
}

/* ---- Writing ------------------------------------------------------------------------------------------------------ */

struct template_text {
    char text[TEMPLATE_BYTES_MAX];
    size_t size;
    size_t variable_from; /* where the last variable's name begins */
    size_t variable_end;  /* behind the last <*>, or STR_NONE */
    size_t words;
    size_t quote_end; /* of quoted text kept as it is: this quote opens nothing */
    bool cut;         /* something did not fit */
};

static inline void template_put(struct template_text *w, struct str s)
{
    if (w->cut || s.size > TEMPLATE_CONTENT_MAX - w->size) {
        w->cut = true;
        return;
    }
    if (s.size > 0)
        memcpy(w->text + w->size, s.data, s.size);
    w->size += s.size;
}

/* A variable with a name before it, which may be empty. One like the last, with only spaces and commas between, is the same. */
void template_put_variable(struct template_text *w, struct str name);
/* A word of more than letters. */
void template_put_word(struct template_text *w, struct str word);

/* An IPv6 address: with a prefix length, a port or a zone too; "::" alone is the address of every interface. */
bool template_is_address6(struct str s);

#endif
