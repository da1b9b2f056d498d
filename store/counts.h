/* counts: what a transaction has met of errors, templates, endpoints and patterns is in memory until its end. */
#ifndef WINNOW_STORE_COUNTS_H
#define WINNOW_STORE_COUNTS_H

#include "store/handle.h"

/* The last part of a transaction. */
bool counts_write(struct store *store, struct err *err);
/* After a rollback. */
void counts_forget(struct store *store);
void counts_release(struct store *store);

#endif
