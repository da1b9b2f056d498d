/* struct kafka_producer: messages into one topic, none lost and none overtaken: idempotent, acknowledged by all replicas, never given
 * up.
 *
 *     new ─▶ reach (until the topic's brokers are found) ─▶ put ... poll ─▶ delivered(token), in any order
 *                                                              │
 *                                            trouble ◀─────────┘  nothing more is delivered: free it and make another
 *
 *  1. A message that is not acknowledged is sent again until it is; nothing times out.
 *  2. When one cannot be delivered for good (refused, or the broker forgot this producer) none behind it in its partition is: the
 *     producer is in trouble, and whoever owns it sends again from the first that was not delivered.
 *  3. Messages have the time of sending: brokers let go what is old by that, and refuse what is of the future.
 *  4. While the first message of a partition is under way no other of it is: brokers prove the order of what follows only.
 *  5. At most KAFKA_PRODUCER_BYTES and KAFKA_PRODUCER_MESSAGES wait in it.
 *
 * One thread. The descriptor it was given is written to when poll has something to do. */
#ifndef WINNOW_INGEST_KAFKA_PRODUCER_H
#define WINNOW_INGEST_KAFKA_PRODUCER_H

#include "base/scope.h"
#include "ingest/config.h"
#include "ingest/message.h"

enum {
    KAFKA_PRODUCER_BYTES = 12 << 20,
    KAFKA_PRODUCER_MESSAGES = 32 << 10,
    KAFKA_MESSAGE_MIN = 2 << 10, /* messages are not made smaller for a broker that takes only smaller ones */
    KAFKA_TEXT_MAX = 512,
};

/* In order of weight. */
enum kafka_trouble {
    KAFKA_FINE,
    KAFKA_AGAIN,     /* it may be better next time */
    KAFKA_BLOCKED,   /* somebody must do something: create the topic, grant a right */
    KAFKA_TOO_LARGE, /* messages must be smaller */
};

struct kafka_producer_ask {
    const struct config_kafka *config;
    const char *transactional_id; /* NULL: no transactions */
    size_t message_bytes_max;     /* 0: as configured */
    int wake;                     /* an eventfd */
    void (*delivered)(void *context, uint64_t token);
    void *context;
};

struct kafka_message {
    struct str key, value; /* key may be absent */
    uint64_t
        spread; /* without a key the partition follows from this, so that what is sent again goes where it went before */
    const struct message_header *headers;
    size_t header_count;
    uint64_t token;
};

struct kafka_producer;
/* NULL: the configuration is not right. The config must outlive it. */
struct kafka_producer *kafka_producer_new(const struct kafka_producer_ask *ask, struct err *err);
/* What was not delivered is dropped. */
void kafka_producer_free(struct kafka_producer *producer);
SCOPE_FREE(kafka_producer)

/* Asks for the topic, waiting a second at most; transactions are begun anew, too. KAFKA_FINE: messages may be put. */
enum kafka_trouble kafka_producer_reach(struct kafka_producer *producer, struct err *err);
/* What a message may be at most: key, value and headers. */
size_t kafka_producer_bytes_max(const struct kafka_producer *producer);
size_t kafka_message_bytes(const struct kafka_message *message);
/* Bytes of keys and values that may be under way, so that it is busy and no more. After kafka_producer_reach. */
size_t kafka_producer_window(const struct kafka_producer *producer);
enum kafka_put { KAFKA_PUT_DONE, KAFKA_PUT_FULL, KAFKA_PUT_FAILED };
/* KAFKA_PUT_FULL: later. KAFKA_PUT_FAILED: the producer is in trouble. */
enum kafka_put kafka_producer_put(struct kafka_producer *producer, const struct kafka_message *message);
/* Calls delivered for what was acknowledged. */
void kafka_producer_poll(struct kafka_producer *producer);
/* KAFKA_FINE, or why the producer is of no use any more. */
enum kafka_trouble kafka_producer_trouble(const struct kafka_producer *producer, struct err *err);
/* The same, after whatever else was on its way is known, too. */
enum kafka_trouble kafka_producer_settle(struct kafka_producer *producer, struct err *err);
/* librdkafka's number for what was told last by kafka_producer_reach, _trouble, _settle or _complaint: the same trouble has the same,
 * whatever the text. */
int kafka_producer_code(const struct kafka_producer *producer);
/* What is wrong with the brokers now; false: nothing, or nothing since a message was delivered last. *ret_blocked: it does not pass
 * by itself. */
bool kafka_producer_complaint(struct kafka_producer *producer, bool *ret_blocked, struct err *err);

/* ---- Transactions: of what is put between begin and commit all is seen, or nothing ----------------------------------------- */

bool kafka_producer_begin(struct kafka_producer *producer);
/* Together with `position`, as the offset of the consumer group of this name. False: in trouble, and it is not known whether it was
 * committed; kafka_producer_committed of the next producer tells. */
bool kafka_producer_commit(struct kafka_producer *producer, const char *group, uint64_t position);
/* The position committed last; 0: none. False: not known yet. After kafka_producer_reach. */
bool kafka_producer_committed(struct kafka_producer *producer, const char *group, uint64_t *ret_position,
                              struct err *err);

#endif
