/* prose: text for people that is longer than a cell: wrapped at the width of the terminal, tinted, harmless (safe.h). Pure
 * functions, any thread. */
#ifndef WINNOW_QUERY_PROSE_H
#define WINNOW_QUERY_PROSE_H

#include "query/render.h"

struct prose {
    struct buf *line;         /* what is written goes behind it */
    unsigned width;           /* columns of the terminal; 0: nothing is wrapped */
    size_t indent;            /* columns before the text, which are there already on the first line */
    enum tint variables, all; /* of each <*>; of everything */
    bool as_it_is;            /* every space stays, and a line is cut where it ends */
};

/* Appends the text, wrapped between words; a word longer than a line is cut into lines. Runs of spaces become one. */
void prose_text(struct prose *prose, struct str text);
/* Appends harmless text as it is. */
void prose_add(struct buf *line, struct str text, enum tint tint);
void prose_pad(struct buf *line, size_t columns);
/* Appends a curve of counts, so many of them put together in each column: ▁ is none, █ the highest. */
void prose_curve(struct buf *line, const uint64_t *counts, size_t count, size_t each, enum tint tint);

#endif
