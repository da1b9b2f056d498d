/* hot: records that are rows of their own. Those of hot batches wait there to be settled into a block (settle.c); there is about
 * a block's worth of them at most. The others are pending (RECORD_TAIL): the end of a source, which may still grow, at most one
 * for each source, of up to RECORD_BYTES_MAX. */
#ifndef WINNOW_STORE_HOT_H
#define WINNOW_STORE_HOT_H

#include "store/handle.h"

/* The row the statement hot_list or hot_read stands on; the views live until it moves. False when it is damaged. */
bool hot_row(struct sqlite3_stmt *stmt, struct scan_record *ret);
/* The row of that number; its line is copied into text. 1: there. 0: gone. -1: err. */
int hot_read(struct store *store, uint64_t number, struct buf *text, struct scan_record *ret, struct err *err);

/* Counts the rows that can be settled. */
bool hot_total(struct store *store, struct writer_state *ret, struct err *err);

/* Part of a commit. request is what a pending record counts (request.h), or empty. */
bool hot_write(struct store *store, uint64_t number, int64_t source, const struct record *rec, struct str request,
               struct err *err);
/* Removes the source's pending records from offset on, with their facts, and takes them off the source's counts. */
bool hot_replace(struct store *store, int64_t source, uint64_t offset, struct err *err);

#endif
