/* keep: the distinct templates, each once, in the order in which they came. The writer remembers all of them; what is new is written
 * at the end of the transaction. */
#ifndef WINNOW_STORE_KEEP_H
#define WINNOW_STORE_KEEP_H

#include "store/handle.h"

/* Whether the template is among those kept, which it becomes when there is room. quiet: it is not that of a security, limit or error
 * event. Cut to FACT_TEMPLATE_MAX. */
bool keep_template(struct store *store, struct str template, bool quiet, bool *ret_kept, struct err *err);
/* Part of the transaction: writes those that are new. */
bool keep_write(struct store *store, struct err *err);
/* After a rollback. */
void keep_forget(struct store *store);

#endif
