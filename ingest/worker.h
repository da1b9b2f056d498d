/* struct worker: what one thread needs to make batches ready for store_commit: it tells what their lines mean and encodes
 * them. Those of a crew (crew.h). */
#ifndef WINNOW_INGEST_WORKER_H
#define WINNOW_INGEST_WORKER_H

#include "ingest/crew.h"

struct field_table;
/* fields outlives the crew. */
struct crew_steps worker_steps(const struct field_table *fields);

#endif
