/* status_outputs: what `status` tells of the outputs: where each stands, how far behind it is, and what to do where it needs help.
 *
 * The table is made for its terminal: on one narrower than usual it leaves out the columns that can be done without. One thread. */
#ifndef WINNOW_QUERY_STATUS_OUTPUTS_H
#define WINNOW_QUERY_STATUS_OUTPUTS_H

#include "query/output.h"
#include "store/store.h"

struct status_output; /* with its lag; one that is not configured any more has none */
struct status_outputs {
    struct status_output *rows; /* by name; in the arena */
    size_t count;
};

bool status_outputs_load(struct store *store, int64_t now_us, struct arena *arena, struct status_outputs *ret,
                         struct err *err);
/* The elements of a JSON array, without its brackets. */
void status_outputs_json(const struct status_outputs *outputs, struct out *out);
/* A blank line, the table, and the last error of each; nothing where there are no outputs. The arena holds texts meanwhile. */
void status_outputs_show(const struct status_outputs *outputs, struct arena *arena, struct output *output);

#endif
