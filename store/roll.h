/* roll: a list of texts that only grows, in rows of pack: texts added one after the other, also in different transactions, are
 * compressed together.
 *
 *     row     for each text: varint its size, its bytes. A row takes no more once it has ROLL_ROW_BYTES; rows count from 0 */
#ifndef WINNOW_STORE_ROLL_H
#define WINNOW_STORE_ROLL_H

#include "store/pack.h"

enum { ROLL_ROW_BYTES = 64 << 10, ROLL_TEXT_MAX = 1 << 20 };

/* Part of a transaction. A text is at most ROLL_TEXT_MAX. */
bool roll_add(struct store *store, enum pack_kind kind, const struct str *texts, size_t count, struct err *err);
/* All texts from the first on, until visit returns false; views die with its call. Rows are read one by one. */
bool roll_each(struct store *store, enum pack_kind kind, bool (*visit)(void *context, struct str text), void *context,
               struct err *err);

#endif
