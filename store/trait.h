/* trait: what many facts have in common, kept once. Writer only; memo.h reads them. As with names, the writer remembers the rows met last instead of
 * searching an index, so one may come twice. */
#ifndef WINNOW_STORE_TRAIT_H
#define WINNOW_STORE_TRAIT_H

#include "store/handle.h"

/* The id of the fact's trait, which is added, with its names, when unknown: part of the running transaction. */
bool trait_id(struct store *store, int64_t source, const struct fact *fact, int64_t *ret_id, struct err *err);
/* The trait that errors of this one are counted under: itself, or when its template is not kept, and there is no room for it, the one
 * that differs from it only in standing for all those not kept. That does not change any more. *ret_template is what template_error
 * has for it. Part of a transaction. */
bool trait_counted(struct store *store, int64_t trait, int64_t *ret_counted, int64_t *ret_template, struct err *err);
/* After a rollback. */
void trait_forget(struct store *store);

#endif
