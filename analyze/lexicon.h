/* lexicon: which words are language, as opposed to names that somebody gave: schemas/words.txt and what can be derived
 * from it (started, retries, unreachable). */
#ifndef WINNOW_ANALYZE_LEXICON_H
#define WINNOW_ANALYZE_LEXICON_H

#include <stdbool.h>

#include "base/scope.h"
#include "base/str.h"

struct lexicon;
struct lexicon *lexicon_new(void);
void lexicon_free(struct lexicon *lexicon);
SCOPE_FREE(lexicon)

/* Any case. Compounds with '-' are known when their parts are; with '_' too when they are all in capitals (CLEAN_UP_FAILED). */
bool lexicon_knows(const struct lexicon *lexicon, struct str word);

#endif
