/* error_tally: errors by hour and trait, and by template ever, kept in step with the table fact_error.
 *
 *     fact_write      error_tally_add      hour + 1, template + 1
 *     hot_replace     error_tally_take     hour - 1, template - 1     before the pending record's fact goes
 *     store_prune     error_tally_prune    hour - 1                   before the facts of a block go
 *     each of them    error_tally_write    at the end of its transaction
 *
 * A trait whose template is not kept is counted under its `counted` one, so there are at most as many rows as traits with kept
 * templates and hours, and the sum is the count of fact_error at any moment. */
#ifndef WINNOW_STORE_ERROR_TALLY_H
#define WINNOW_STORE_ERROR_TALLY_H

#include "store/handle.h"

/* Hours count from FACT_EPOCH_US; of an error without a moment: */
#define ERROR_HOUR_NONE INT64_C(-4000000000)
/* What stands for a template in template_error. */
enum { TEMPLATE_OTHER = 0, TEMPLATE_ABSENT = -1 };

/* A row was added to fact_error. */
void error_tally_add(struct store *store, uint64_t record, int64_t moment, int64_t trait);
/* The row of the record, if there is one, will be deleted. */
bool error_tally_take(struct store *store, int64_t record, struct err *err);
/* The rows of these records will be deleted, but for those in hot. */
bool error_tally_prune(struct store *store, int64_t first_record, int64_t last_record, struct err *err);
bool error_tally_write(struct store *store, struct err *err);
/* After a rollback. */
void error_tally_forget(struct store *store);
void error_tally_release(struct error_tally *tally);

#endif
