/* lanes: the values of a batch's records gathered by column, one lane for each column of a block that is being encoded.
 *
 *     records, in their order: line, cut into slots ─▶ lane of the column that the slot's piece belongs to: value, record
 *
 * A short value is copied to the end of its lane's bytes, so that those of a column lie side by side; longer ones and whole lines stay
 * where they are. So what is gathered points into the batch and into the arena, and lives as long as both. One thread. */
#ifndef WINNOW_STORE_LANE_H
#define WINNOW_STORE_LANE_H

#include "base/batch.h"
#include "store/column.h"
#include "store/skeleton.h"

/* Fills set->columns[0 .. skeletons->column_count - 1]: values, rows and count; columns that stand in the same records share their rows.
 * The slots of a record that is not kept whole point into its line. */
void lanes_gather(struct column_set *set, const struct skeletons *skeletons, const struct batch *batch,
                  struct arena *arena);
/* Fills a column with four bytes of each record that are no text of it (BLOCK_MARK_SIZE): flags, level, kinds, format. */
void lanes_gather_marks(struct column *column, const struct batch *batch, struct arena *arena);

#endif
