/* struct output_message: a stored record as the message, or messages, of an output.
 *
 *     record ─▶ wanted by the filter? ─▶ key, value (JSON or the line), headers (message.h) ─▶ parts, where it is too large for one
 *
 * Holds one record at a time: set, then part by part, as often as need be. The record's views must live until the next set. A part
 * of a line is a cut of its bytes; one of JSON is a record whose raw is the piece (cut between characters), with less said of it. The pattern in JSON is
 * what it is at that moment: when templates come it may get another id.
 * Memory: the record's, its JSON (32 MiB at most), the analyzer's. Reads the store for sources and templates it does not know yet, on
 * the thread that owns both. */
#ifndef WINNOW_INGEST_OUTPUT_MESSAGE_H
#define WINNOW_INGEST_OUTPUT_MESSAGE_H

#include "analyze/analyze.h"
#include "ingest/config.h"
#include "ingest/kafka_producer.h"
#include "store/store.h"

struct output_message;
/* All must outlive it. agent: "STOREID/NAME". */
struct output_message *output_message_new(struct store *store, const struct field_table *fields,
                                          const struct config_kafka *config, struct str agent, struct str host,
                                          struct err *err);
void output_message_free(struct output_message *message);
SCOPE_FREE(output_message)

/* Takes the record up; *ret_wanted is false when it is not to be sent. `key`, unless NULL, takes the place of its own. False: the
 * store cannot be read. */
bool output_message_set(struct output_message *message, const struct scan_record *rec, const struct str *key,
                        bool *ret_wanted, struct err *err);
/* How many parts there are when none may be larger than bytes_max; 0: it cannot be that small. */
uint32_t output_message_cut(struct output_message *message, size_t bytes_max);
/* The keys and values of all of them, about. */
size_t output_message_bytes(const struct output_message *message);
/* The part, from 0, upwards from the first; token is the caller's. Views live until the next call. */
void output_message_part(struct output_message *message, uint32_t part, struct kafka_message *ret);
struct str output_message_key(const struct output_message *message);
struct str output_message_source(const struct output_message *message);
/* A copy that lives until the next call. */
struct str output_message_copy_key(struct output_message *message, struct str key);

#endif
