/* struct outputs: the outputs of a live run: starts, restarts and stops them, and writes into the store how far they are.
 *
 *     configuration ─▶ outputs ─▶ a thread each (output.h) ─told─▶ rows of the store, OUTPUTS_PACE_US apart
 *
 * A feeder that feeds nothing: the live loop calls it when there is something to write. An output that is configured otherwise than
 * before stops, which may take a while, and begins anew then; ingestion goes on meanwhile. Rows of outputs that are no longer
 * configured are marked as removed, and hold nothing back any more. The thread that writes the store. */
#ifndef WINNOW_INGEST_OUTPUTS_H
#define WINNOW_INGEST_OUTPUTS_H

#include "ingest/config.h"
#include "ingest/feeder.h"
#include "ingest/service.h"
#include "store/store.h"

#define OUTPUTS_PACE_US INT64_C(250000)

struct outputs;
/* All must outlive it. */
struct outputs *outputs_new(struct store *store, const struct field_table *fields);
void outputs_free(struct outputs *outputs);
SCOPE_FREE(outputs)

/* Those of the configuration from now on. False, with one that fails: it is tried again; the others run. */
bool outputs_configure(struct outputs *outputs, const struct config *config, struct err *err);
/* Something was committed. */
void outputs_wake(struct outputs *outputs);
/* Lets all of them send what is under way and end, within OUTPUT_FLUSH_US, and writes their positions. */
void outputs_finish(struct outputs *outputs, struct service *service);
/* Its self is the struct outputs, which is not freed by it. */
extern const struct feeder_ops outputs_feeder;

#endif
