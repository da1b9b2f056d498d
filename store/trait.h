/* trait: what many facts have in common, kept once. As with names, the writer remembers the rows met last instead of
 * searching an index, so one may come twice. */
#ifndef WINNOW_STORE_TRAIT_H
#define WINNOW_STORE_TRAIT_H

#include "store/handle.h"

/* The id of the fact's trait, which is added, with its names, when unknown: part of the running transaction. */
bool trait_id(struct store *store, int64_t source, const struct fact *fact, int64_t *ret_id, struct err *err);
/* After a rollback. */
void trait_forget(struct store *store);

/* Fills the trait's part of the row: source, level, status, service, logger, method, template; texts in arena. 1 found, 0
 * no, -1 failed. */
int trait_read(struct store *store, int64_t id, struct arena *arena, struct fact_row *ret, struct err *err);

#endif
