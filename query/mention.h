/* mention: where an id stands in a line as a whole token, as `grep -w -F` sees it: no letter, digit or underscore
 * beside an end of the id that is itself one. Pure functions, any thread. */
#ifndef WINNOW_QUERY_MENTION_H
#define WINNOW_QUERY_MENTION_H

#include <stdbool.h>

#include "base/str.h"

/* A letter, digit or underscore of ASCII. */
bool mention_is_word(char c);
/* id must not be empty. */
bool mention_is(struct str raw, struct str id);
/* The longest word of the id that the store's id index covers (store_word_indexable); every line that mentions the id has it as a whole
 * word. Absent when there is none. */
struct str mention_word(struct str id);

#endif
