/* The thread of an output from the inside (struct output_sender), and its reading: the next record of the store becomes the one at
 * hand, cut into messages, when the filter wants it. Only output_thread.c and output_read.c include it; its thread. */
#ifndef WINNOW_INGEST_OUTPUT_READ_H
#define WINNOW_INGEST_OUTPUT_READ_H

#include "ingest/output_part.h"
#include "ingest/output_pending.h"

struct output_sender {
    struct output *output;
    struct store *store;
    struct output_message *message;
    struct kafka_producer *producer;
    bool reached;
    struct output_ring ring;
    struct scan *scan;
    uint64_t gone_blocks, last_scanned; /* of the scan: blocks pruned under it; the number given last */
    bool scanned;                       /* it gave one */
    uint64_t pruned;                    /* records of the store, when that was counted last */
    struct output_pendings pendings;
    /* The record at hand, of which parts are still to be put. */
    struct scan_record rec;
    bool holds, ahead;
    bool begun; /* it is in the ring */
    uint32_t part, parts;
    uint64_t token;
    bool caught_up; /* nothing is left to read */
    /* Of transactions: */
    bool transaction, committing;
    uint64_t slice_records, slice_bytes;
    uint64_t committed, committed_delivered; /* the position that the last one had, and ring.delivered then */
    uint64_t tried, tried_delivered;         /* the same of one of which it is not known whether it was committed */
    size_t bytes_max;                        /* of a message; 0: as configured */
    int64_t backoff_us, retry_us;
    uint64_t backoff_position;
    enum output_state trouble; /* until something is delivered: OUTPUT_WAITING or _BLOCKED; OUTPUT_STARTING: none */
    int trouble_code;          /* kafka_producer_code; 0: none of Kafka's */
    struct output_progress progress;
};

/* The next record of the scan becomes the one at hand, if it is wanted: 1; 0: there is none now; -1: err. Records that were pruned
 * before it are counted and told. */
int output_read_next(struct output_sender *sender, struct err *err);
/* The next pending record that is to be sent ahead: as above. */
int output_read_pending(struct output_sender *sender, struct err *err);
/* Ends the reading; the next one begins behind what was passed. */
void output_read_drop(struct output_sender *sender);

#endif
