/* safe: log bytes made harmless for a terminal or a CSV cell.
 *
 * What a terminal would obey and not print never passes: C0 controls and DEL, C1 controls, bidirectional and line
 * separators (U+061C, U+200E/F, U+2028..202E, U+2066..2069, U+FEFF), and bytes that are not UTF-8. A byte is shown as
 * \x1b, a code point as \u202e. Everything else passes as it is. Pure functions, any thread. */
#ifndef WINNOW_QUERY_SAFE_H
#define WINNOW_QUERY_SAFE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

enum safe_style {
    SAFE_TABLE, /* a cell: tab, newline and carriage return as \t \n \r */
    SAFE_LINE,  /* a whole line on a terminal: tabs stay */
    SAFE_CSV,   /* a cell of a file: every control as \xNN */
};

/* Appends whole characters while they fit into columns_max terminal columns; returns the columns they take. An East
 * Asian wide character takes two columns, a combining one none. */
size_t safe_add(struct buf *out, struct str s, enum safe_style style, size_t columns_max);
/* The columns s takes; counting stops once it is past stop. */
size_t safe_columns(struct str s, enum safe_style style, size_t stop);

/* Appends one CSV cell (RFC 4180), quoted when it must be. is_text tells that a spreadsheet must not take it for a
 * formula: a first character = + - @ of something that is no number gets a ' before it. */
void safe_add_csv(struct buf *out, struct str s, bool is_text);

#endif
