/* find: which records of a block may hold a text, found without putting their lines together.
 *
 * A line is literal text and values in turn (skeleton.h), a value may be literal text and variables in turn (split.h). A text
 * stands within one such part, or across a cut between two; both are looked for, each distinct part once. */
#ifndef WINNOW_STORE_FIND_H
#define WINNOW_STORE_FIND_H

#include "store/block.h"

/* A text to look for. With ignore_case it is in lower case, and ASCII letters stand for both cases. */
struct find_text {
    struct str text; /* not empty */
    bool ignore_case;
};
bool find_in(const struct find_text *wanted, struct str text);

/* False when no record of the block holds the text, as far as its dictionaries and templates tell at a glance. Needs block_begin.
 * False with *ret_damaged when a stream is damaged. */
bool find_glance(struct block *block, const struct find_text *wanted, bool *ret_damaged);

enum find_mark { FIND_NO = 0, FIND_MAYBE = 1, FIND_YES = 2 };
/* Raises the marks, one for each slot, of those that hold the text. The block must be open. False when it is damaged. */
bool find_slots(struct block *block, const struct find_text *wanted, uint8_t *marks);

#endif
