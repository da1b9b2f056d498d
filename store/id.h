/* id: what tells this store from all others. */
#ifndef WINNOW_STORE_ID_H
#define WINNOW_STORE_ID_H

#include "store/handle.h"

/* Gives it one, unless it has one: stores that an older winnow made have none. The writer only. */
bool id_ensure(struct store *store, struct err *err);
/* In store->id; *ret is false when there is none, or it cannot be one. */
bool id_read(struct store *store, bool *ret, struct err *err);

#endif
