/* run: which source's bytes a block holds, as rows of the table run. Where many sources are followed at once their records
 * interleave, so a source is not given a row for each stretch of slots but for each stretch of its bytes. */
#ifndef WINNOW_STORE_RUN_H
#define WINNOW_STORE_RUN_H

#include "store/block.h"

/* Joins those of one source whose bytes follow each other: the first slot is that of the first, slots and counts add up.
 * The rows come, and stay, in order of first. Returns how many are left. */
uint32_t run_rows_join(struct run_row *rows, uint32_t count);

#endif
