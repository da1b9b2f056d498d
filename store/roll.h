/* roll: a list of distinct texts that only grows, in rows of pack: texts added one after the other, also in different transactions, are
 * compressed together.
 *
 *     row     for each text: varint its size, its bytes. A row takes no more once it has ROLL_ROW_BYTES; rows count from 0
 *
 * The writer remembers all of a roll; what is new is written at the end of the transaction. */
#ifndef WINNOW_STORE_ROLL_H
#define WINNOW_STORE_ROLL_H

#include "store/pack.h"

enum { ROLL_ROW_BYTES = 64 << 10, ROLL_TEXT_MAX = 64 << 10 };

/* ---- Writing: part of a transaction ---------------------------------------------------------------------------------- */

/* Makes sure that roll->texts has what is in the file: at most count_max. */
bool roll_load(struct store *store, enum pack_kind kind, size_t count_max, struct roll *roll, struct err *err);
/* Writes what was added to roll->texts since. */
bool roll_write(struct store *store, enum pack_kind kind, struct roll *roll, struct err *err);
/* After a rollback. */
void roll_forget(struct roll *roll);

/* ---- Reading --------------------------------------------------------------------------------------------------------- */

/* All texts from the first on, until visit returns false; views die with its call. Rows are read one by one. */
bool roll_each(struct store *store, enum pack_kind kind, bool (*visit)(void *context, struct str text), void *context,
               struct err *err);

#endif
