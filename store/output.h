/* output: how far outputs have delivered what is stored. The tables are made with the first output (outputs.sql), so a store
 * without any has none of them, and takes no page for them. */
#ifndef WINNOW_STORE_OUTPUT_H
#define WINNOW_STORE_OUTPUT_H

#include "store/handle.h"

/* *ret is false when there are no tables, and so no outputs. */
bool output_exists(struct store *store, bool *ret, struct err *err);

#endif
