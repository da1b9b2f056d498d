/* like: which patterns a piece of text is like. A message, a template, or a few words of one will do.
 *
 *     LIKE_SAME    the pattern that a message with this text has
 *     LIKE_HELD    the pattern's text, with any words in the place of <*>, is the template of the text
 *     LIKE_PART    the text stands in the pattern's text; ASCII case ignored
 *     else         the share of words that both have, in the same order, of the words of the longer one: 0 .. 1
 *
 * Pure functions, any thread. */
#ifndef WINNOW_ANALYZE_LIKE_H
#define WINNOW_ANALYZE_LIKE_H

#include <stdbool.h>

#include "base/str.h"

#define LIKE_SAME 4.0
#define LIKE_HELD 3.0
#define LIKE_PART 2.0
#define LIKE_NEAR 0.5 /* less is not like it */

enum { LIKE_WORDS_MAX = 64 };

/* How like the pattern's text is to the text, whose template is given; LIKE_SAME is for the caller to find out. */
double like_score(struct str pattern, struct str text, struct str template);
/* Where the variables of the text that fits a pattern's text begin and end: ret_values[i] for the i-th <*>. Runs of white space
 * count as one space. Returns how many, or -1 when it does not fit or there are more than max. */
int like_values(struct str pattern, struct str text, struct str *ret_values, int max);

#endif
