/* prune_name: what facts that went have left behind. Part of store_prune (store.h). */
#ifndef WINNOW_STORE_PRUNE_NAME_H
#define WINNOW_STORE_PRUNE_NAME_H

#include "store/handle.h"

/* Deletes the rows of name and trait that no fact refers to any more. Between transactions of the writer, in small ones of its own. */
bool prune_names(struct store *store, struct err *err);

#endif
