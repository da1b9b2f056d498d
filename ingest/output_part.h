/* struct output from the inside: what its thread and its owner share. Only output*.c includes it. */
#ifndef WINNOW_INGEST_OUTPUT_PART_H
#define WINNOW_INGEST_OUTPUT_PART_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "ingest/kafka_producer.h"
#include "ingest/output.h"
#include "ingest/output_ahead.h"
#include "ingest/output_message.h"
#include "ingest/output_ring.h"

enum output_state { OUTPUT_STARTING, OUTPUT_DELIVERING, OUTPUT_IDLE, OUTPUT_WAITING, OUTPUT_BLOCKED, OUTPUT_STOPPED };

/* What its row of the store says. */
struct output_progress {
    enum output_state state;
    uint64_t position, delivered, missed;
    int64_t error_us, caught_up_us;
    char error[KAFKA_TEXT_MAX];
};

struct output {
    /* Set before the thread starts. */
    struct arena arena;
    struct config_kafka config;
    const char *store_path;
    struct str name, target, agent, host;
    const char *group; /* of transactions, and their id; NULL: none */
    const struct field_table *fields;
    int told, wake;    /* eventfds: of the owner, of the thread */
    uint64_t position; /* to begin with */
    uint64_t delivered_before;
    pthread_t thread;
    _Atomic int64_t stop_us; /* monotonic: when a stop was asked; 0: not yet */
    _Atomic bool over;

    /* Shared. */
    pthread_mutex_t mutex;
    struct output_progress progress;
    bool changed;
    struct output_aheads aheads; /* changed by the thread, under the mutex */
};

/* Of the oldest record, or the one that the next will have. */
bool output_first_number(struct store *store, uint64_t *ret, struct err *err);
/* The thread; context is the struct output. */
void *output_run(void *context);
/* Under no lock: what the owner shall know; it is woken when there is something new. */
void output_publish(struct output *output, const struct output_progress *progress);
void output_owner_wake(struct output *output);

#endif
