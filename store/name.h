/* name: the dictionary of strings that facts share. Writer only; ids become part of the running transaction.
 *
 * It has no index: the writer remembers the texts met last, and at its first need reads the newest ones back. So a text may
 * get a second id after a long while, which costs some bytes and changes no answer. */
#ifndef WINNOW_STORE_NAME_H
#define WINNOW_STORE_NAME_H

#include "store/handle.h"

/* The id of the text, which is added when unknown. */
bool name_id(struct store *store, struct str text, int64_t *ret_id, struct err *err);
/* The same for texts that may never come again: the first time *ret_id is 0 and nothing is added. */
bool name_id_recurring(struct store *store, struct str text, int64_t *ret_id, struct err *err);
/* After a rollback: forgets the ids, some of which were never committed. */
void name_forget(struct store *store);

#endif
