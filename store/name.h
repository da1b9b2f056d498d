/* name: the dictionary of strings that facts share. Writer only. */
#ifndef WINNOW_STORE_NAME_H
#define WINNOW_STORE_NAME_H

#include "store/handle.h"

/* The id of the text, which is added when new: part of the running transaction. */
bool name_id(struct store *store, struct str text, int64_t *ret_id, struct err *err);
/* After a rollback: forgets the ids, some of which were never committed. */
void name_forget(struct store *store);

#endif
