/* keep: the distinct templates, a roll (roll.h) in the order in which they came. store_templates is in store.h. */
#ifndef WINNOW_STORE_KEEP_H
#define WINNOW_STORE_KEEP_H

#include "store/handle.h"

/* Whether the template is among those kept, which it becomes when there is room. Cut to FACT_TEMPLATE_MAX. Part of a transaction,
 * which ends with counts_write. */
bool keep_template(struct store *store, struct str template, bool *ret_kept, struct err *err);
/* The same for the templates of a batch's records. */
bool keep_batch(struct store *store, const struct batch *batch, struct err *err);

#endif
