/* struct output: one thread that sends what the store holds to a topic of Kafka. The store is the queue: what is not acknowledged is
 * there to be read again.
 *
 *     store ─scan behind the position─▶ output_message ─▶ kafka_producer ─reports─▶ output_ring ─▶ position ─▶ the live thread
 *                                                                                                  writes it (outputs.h)
 *
 *  1. Up to the position every record is acknowledged, or not wanted by the filter.
 *  2. It reads the store by a handle of its own and never keeps the writer waiting. When the brokers do not take messages it waits;
 *     what is under way is bounded (output_ring.h, kafka_producer.h).
 *  3. Whatever goes wrong with the producer: it is made anew, and everything behind the position is sent again.
 *  4. A pending record is sent when it has been quiet for OUTPUT_QUIET_US, flagged so, and remembered (store_output_aheads) once it
 *     is acknowledged; the final record is sent unless it has the same bytes. Not by transactions: what is in a topic by these, is
 *     there once.
 *  5. Transactions carry the position with them, as an offset of the group winnow-STOREID-NAME; after a start the larger one counts.
 *
 *     starting ─topic found─▶ delivering ⇄ idle          waiting: passes by itself      blocked: somebody must do something
 *
 * The owner's functions (all here) belong to the thread that writes the store. */
#ifndef WINNOW_INGEST_OUTPUT_H
#define WINNOW_INGEST_OUTPUT_H

#include "analyze/analyze.h"
#include "ingest/config.h"
#include "store/store.h"

#define OUTPUT_QUIET_US INT64_C(2000000)
#define OUTPUT_FLUSH_US INT64_C(10000000) /* a stop takes no longer */

struct output;
struct output_ask {
    const char *store_path;
    struct str store_id, host;
    const struct field_table *fields;  /* outlives the output */
    const struct config_kafka *config; /* copied */
    int told;                          /* an eventfd, written to when there is something for output_tell */
};
/* Reads its row of the store, whose writer the caller is, and starts. NULL: the store cannot be read. */
struct output *output_new(struct store *store, const struct output_ask *ask, struct err *err);
/* Waits for the thread, which output_stop should have told before. */
void output_free(struct output *output);
const struct config_kafka *output_config(const struct output *output);

/* Something was committed. */
void output_wake(struct output *output);
/* From now on it sends what is under way, and at most what was committed before, for OUTPUT_FLUSH_US at most. */
void output_stop(struct output *output);
bool output_is_over(struct output *output);
/* Writes what changed since the last time into the store. */
bool output_tell(struct output *output, struct store *store, struct err *err);

#endif
