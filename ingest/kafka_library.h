/* librdkafka, loaded when something first needs it: linked, its start-up would cost every command more than a millisecond.
 *
 *     const struct kafka_library *kafka = kafka_library(err);
 *     kafka->poll(producer, 0);                                 rd_kafka_poll, and so on for each row below
 *
 * Types are librdkafka's own. What it was built against is what the headers say (2.0 or newer); an older library that lacks a
 * function is told as too old. Loaded once for the process and never unloaded. Any thread. */
#ifndef WINNOW_INGEST_KAFKA_LIBRARY_H
#define WINNOW_INGEST_KAFKA_LIBRARY_H

#include <librdkafka/rdkafka.h>

#include "base/err.h"

/* A row for each function used, without "rd_kafka_". */
/* clang-format off */
#define KAFKA_FUNCTIONS(row) \
    row(err2str) row(last_error) \
    /* configuration */ \
    row(conf_new) row(conf_destroy) row(conf_set) row(conf_get) row(conf_set_opaque) row(conf_set_dr_msg_cb) \
    row(conf_set_error_cb) row(conf_set_log_cb) row(conf_set_rebalance_cb) row(conf_set_offset_commit_cb) \
    /* a client */ \
    row(new) row(destroy) row(name) row(poll) row(purge) row(outq_len) row(clusterid) row(mem_free) \
    row(fatal_error) row(error_code) row(error_string) row(error_is_retriable) row(error_destroy) \
    /* topics */ \
    row(topic_new) row(topic_destroy) row(topic_name) row(metadata) row(metadata_destroy) \
    row(topic_partition_list_new) row(topic_partition_list_destroy) row(topic_partition_list_add) \
    /* messages */ \
    row(produceva) row(msg_partitioner_murmur2) row(headers_new) row(headers_destroy) row(header_add) row(header_get_all) \
    row(message_headers) row(message_timestamp) row(message_destroy) \
    /* queues */ \
    row(queue_get_main) row(queue_get_consumer) row(queue_destroy) row(queue_io_event_enable) row(queue_length) \
    row(consume_batch_queue) \
    /* consumers */ \
    row(subscribe) row(assign) row(assignment) row(assignment_lost) \
    row(incremental_assign) row(incremental_unassign) row(rebalance_protocol) row(poll_set_consumer) \
    row(consumer_close) row(commit) row(committed) row(query_watermark_offsets) row(get_watermark_offsets) row(offsets_for_times) \
    /* transactions */ \
    row(init_transactions) row(begin_transaction) row(commit_transaction) \
    row(send_offsets_to_transaction) row(consumer_group_metadata_new) row(consumer_group_metadata_destroy)
/* clang-format on */

struct kafka_library {
#define KAFKA_POINTER(name) __typeof__ (&rd_kafka_##name)(name);
    KAFKA_FUNCTIONS(KAFKA_POINTER)
#undef KAFKA_POINTER
};

/* NULL: ERR_MISSING, with what to install. */
const struct kafka_library *kafka_library(struct err *err);

#endif
