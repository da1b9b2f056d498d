/* struct kafka_intake: messages become records, each once.
 *
 *     message ─┬ foreign, or damaged ──────────────▶ a record of kafka://TOPIC/PARTITION
 *              └ an agent's ─▶ parts put together ─▶ dedupe (kafka_row.h) ─▶ a record of the agent's source
 *
 * 1. A partition's place is in its source's state (base/batch.h: struct source_state), an agent's sequence in that of its source. States
 *    and records travel in one batch: kafka_intake_give puts those that changed into it before it is handed on. So whichever
 *    batch is committed last, what is read again is known.
 * 2. What one message brings about is in one batch, but for a foreign value longer than RECORD_BYTES_MAX, of which the state tells
 *    how much is missing.
 * 3. While a record's parts are not all there, the partition's place does not pass the first of them. Foreign messages behind it
 *    that were stored are known by their offsets (the state's inode). Parts that are too long, or whose rest did not come before
 *    the next record, before so many messages or bytes of the partition, or within a day, are counted as lost and told. When those
 *    of all agents are too many, the oldest of the agent that has most go.
 * 4. A message of an agent that is damaged is kept as a foreign one, counted and told.
 *
 * Knows nothing of librdkafka. One thread. */
#ifndef WINNOW_INGEST_KAFKA_INTAKE_H
#define WINNOW_INGEST_KAFKA_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"
#include "ingest/catalog.h"
#include "ingest/frame.h"
#include "ingest/message.h"

enum {
    KAFKA_AGENT_SOURCES_MAX = 20000, /* that one agent may begin within a day, */
    KAFKA_SOURCES_MAX =
        500000, /* and all of them: what more they send is damaged. About 1 KB each, for as long as the store
                                      * knows them, as of any source */
    KAFKA_CLUSTER_MAX = 64,             /* bytes of a cluster's id; the rest is not looked at */
    KAFKA_PARTS_BYTES_MAX = 64 << 20,   /* of records of which parts are missing, together; each counts as */
    KAFKA_PARTS_BYTES_MORE = 4096,      /* so many more than it has */
    KAFKA_PARTS_MESSAGES_MAX = 1000000, /* of the partition, behind the first of an unfinished record, */
    KAFKA_PARTS_BEHIND_MAX = 1 << 30,   /* or bytes of them */
};
#define KAFKA_DAY_US INT64_C(86400000000) /* it is waited for a rest so long */

struct kafka_intake_settings {
    struct catalog *catalog;
    struct source_defaults defaults; /* of foreign messages */
    bool by_host;                    /* an agent's source is called HOST:NAME */
    void (*tell)(void *context, struct str source, const struct err *err);
    void *context;
};

struct kafka_counts {
    uint64_t messages, tombstones;
    uint64_t known;   /* messages of records that were stored before */
    uint64_t reused;  /* records that are new, and stored, though their sequence is another's (kafka_row.h) */
    uint64_t damaged; /* headers, or values, that no agent can have sent */
    uint64_t lost;    /* records of which parts never came, or too many */
};

struct kafka_message {
    int64_t offset;
    struct str value; /* absent: a tombstone */
    int64_t time_us;  /* of the message, or TIME_NONE */
    const struct message_header *headers;
    size_t header_count;
};

struct kafka_intake;
/* What settings point to must outlive it. */
struct kafka_intake *kafka_intake_new(const struct kafka_intake_settings *settings);
void kafka_intake_free(
    struct kafka_intake *intake); /* NULL is fine; the catalog's entries are free to be claimed again */
SCOPE_FREE(kafka_intake)
struct kafka_counts kafka_intake_counts(const struct kafka_intake *intake);
/* Of foreign messages of partitions made from now on. */
void kafka_intake_set_defaults(struct kafka_intake *intake, const struct source_defaults *defaults);
/* The id of the cluster that all of its messages come from; "": not known. Offsets of a topic of the same name in another cluster mean
 * other messages: a partition that the store has from there is refused. */
void kafka_intake_set_cluster(struct kafka_intake *intake, const char *id);

struct kafka_partition;
/* The one of that name; it is made, with what the store knows of it and its pending records. Lives as long as the intake. NULL:
 * ERR_USAGE when another intake of the same catalog has it, or the store has it from another cluster, or the store cannot be read. */
struct kafka_partition *kafka_intake_partition(struct kafka_intake *intake, struct store *store, const char *topic,
                                               int32_t number, struct err *err);
struct str kafka_partition_name(const struct kafka_partition *partition); /* kafka://TOPIC/PARTITION */
/* Lines stored of it and of the agents' sources in it. */
uint64_t kafka_partition_lines(const struct kafka_partition *partition);
/* The offset of the message wanted next; -1: none was ever taken, and no place set. */
int64_t kafka_partition_next(const struct kafka_partition *partition);
/* Where it is to begin when it is read on: not behind what is not whole yet. */
int64_t kafka_partition_place(const struct kafka_partition *partition);
/* It is read on from there. Parts that wait are dropped: they come again. */
void kafka_partition_set_next(struct kafka_partition *partition, int64_t offset);
/* How many messages it is known to have, by the offset behind the last. */
void kafka_partition_set_end(struct kafka_partition *partition, int64_t end);
/* Its place is not between low and high, where its messages are now: records the gap and goes on at low. What was stored of messages
 * behind an unfinished record that is gone stays known, unless the partition is another one. Between feeds. */
bool kafka_partition_add_gap(struct kafka_partition *partition, struct frame *frame, int64_t low, int64_t high);

/* Takes a message. One that is before the next wanted is passed over. False when no more batches are given. */
bool kafka_intake_take(struct kafka_intake *intake, struct kafka_partition *partition, struct frame *frame,
                       const struct kafka_message *message);
/* Gives the states that changed to the batch. False when no more batches are given. */
bool kafka_intake_give(struct kafka_intake *intake, struct frame *frame);

#endif
