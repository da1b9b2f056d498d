/* struct source_kafka: consumes topics into records (kafka_intake.h); a feeder, and what `winnow ingest kafka://` reads with.
 *
 *     subscribe ─▶ assigned ─▶ start = larger of store's place and group's ─▶ fetch ─▶ intake ─▶ batch ─▶ commit in the store
 *                    ▲   └──── revoked: flush to the store, commit to the group, let go                    └▶ commit to the group
 *                    └ the group's other members come and go (cooperative: the other partitions go on)
 *
 * 1. The store's place counts: it is committed with the records. What is committed to the group comes after it, so that lag tools,
 *    and others who take over, know; it may fail: then, or when it dies, another store may get again what this one has. A store has
 *    each message once in any case.
 * 2. Where a partition's place is gone (retention passed it by, the topic was made anew), a gap is recorded and reading goes on with
 *    the earliest message. One that was never read begins as configured.
 * 3. Only what transactions committed is read. Fetched ahead are KAFKA_FETCH_KBYTES and one fetch at most: what is not asked for is
 *    not fetched, and the broker is the buffer.
 * 4. It is a static member of its group: while it is away for less than session.timeout.ms nobody else gets its partitions.
 * 5. Brokers that are down, or refuse, are told once and tried again for ever.
 * 6. One that is not bounded tells, once a minute at most, how many messages it passed over as known, kept as damaged or lost.
 *
 * In a bounded one partitions are assigned, not subscribed to, each to the end it had then; the group, if any, learns of it in the end.
 *
 * Waits for brokers only when partitions are assigned or let go, and then for KAFKA_WAIT_MS at most. librdkafka has threads of its own;
 * they touch nothing of winnow's. One thread. */
#ifndef WINNOW_INGEST_SOURCE_KAFKA_H
#define WINNOW_INGEST_SOURCE_KAFKA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"
#include "ingest/catalog.h"
#include "ingest/config.h"
#include "ingest/feeder.h"
#include "ingest/kafka_intake.h"

enum { KAFKA_FETCH_KBYTES = 16 << 10, KAFKA_WAIT_MS = 5000 };

struct source_kafka_ask {
    const struct config_kafka *kafka; /* outlives it; group NULL: of a bounded one, none */
    struct source_defaults defaults;  /* of foreign messages */
    struct catalog *catalog;
    struct store *store; /* to read what is pending; any handle of this thread's */
    void (*tell)(void *context, struct str source, const struct err *err);
    void *context;
    bool bounded;
    unsigned ordinal; /* of those of one store that are not bounded: each has another, and the same after a restart */
};

/* Whether librdkafka is there. */
bool source_kafka_is_available(struct err *err);

struct source_kafka;
/* Connects to nothing yet. NULL: librdkafka is not there, or the settings are wrong. */
struct source_kafka *source_kafka_new(const struct source_kafka_ask *ask, struct err *err);
/* True when one made of ask would be the same and nothing is wrong with this one: then it goes on, with what ask points to in place of
 * what it was made with. */
bool source_kafka_keep(struct source_kafka *source, const struct source_kafka_ask *ask);
/* Until when (monotonic) source_kafka_free may wait for brokers; else KAFKA_WAIT_MS from then on. */
void source_kafka_leave_by(struct source_kafka *source, int64_t until_us);
/* What was read is committed before, and the offsets to the group. NULL is fine. */
void source_kafka_free(struct source_kafka *source);
SCOPE_FREE(source_kafka)
struct kafka_counts source_kafka_counts(const struct source_kafka *source);

/* As struct feeder_ops has them. Between two feeds everything that was handed on is committed. */
extern const struct feeder_ops source_kafka_feeder;

/* ---- Bounded ------------------------------------------------------------------------------------------------------------- */

/* Finds the partitions and their ends. False when a topic is not there or no broker answers. */
bool source_kafka_find(struct source_kafka *source, struct frame *frame, struct err *err);
/* Reads a portion; waits for it a tenth of a second at most. FEED_IDLE: all is read. FEED_OVER: no more batches are given, or, with
 * err set, brokers do not answer any more. */
enum feed source_kafka_read(struct source_kafka *source, struct frame *frame, struct err *err);
/* All that was read is committed in the store: tells the group, if there is one. */
bool source_kafka_commit(struct source_kafka *source, struct err *err);
/* Reading ends before all is read: what was taken is given to the batch. False when no more batches are given. */
bool source_kafka_end(struct source_kafka *source, struct frame *frame);
/* Of the values read. */
uint64_t source_kafka_bytes(const struct source_kafka *source);
size_t source_kafka_partitions(const struct source_kafka *source);
/* Lines that are stored of them. */
uint64_t source_kafka_lines(const struct source_kafka *source);

#endif
