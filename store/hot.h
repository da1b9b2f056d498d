/* hot: records that are rows of their own: the unterminated end of each source, which may still grow. Few: at most one
 * per source, each up to RECORD_BYTES_MAX. */
#ifndef WINNOW_STORE_HOT_H
#define WINNOW_STORE_HOT_H

#include "store/handle.h"

/* The row the statement hot_list or hot_read stands on; the views live until it moves. False when it is damaged. */
bool hot_row(struct sqlite3_stmt *stmt, struct scan_record *ret);

/* Part of a commit. */
bool hot_write(struct store *store, uint64_t number, int64_t source, const struct record *rec, struct err *err);
/* Removes the source's hot records from offset on, with their facts, and takes them off the source's counts. */
bool hot_replace(struct store *store, int64_t source, uint64_t offset, struct err *err);

#endif
