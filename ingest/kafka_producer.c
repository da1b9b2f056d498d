#include "ingest/kafka_producer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "ingest/kafka_library.h"
#include "ingest/kafka_reason.h"
#include "ingest/kafka_settings.h"
#include "ingest/service.h"

enum {
    REACH_MS = 1000,
    SETTLE_MS = 300,
    TRANSACTION_MS = 5000,
    COMMITTED_MS = 5000,
    LINGER_MS = 50, /* for a batch to fill; brokers' threads ask for nothing meanwhile */
    BATCH_BYTES =
        500000, /* what is under way is rather still in the processor's cache when it is freed than a megabyte each */
    WINDOW_MAX = 8 << 20,
};

/* A broker takes whatever sequence it sees first of a producer: if a first batch were refused, those behind it would be taken, since
 * librdkafka sends what it has. So the first message of a partition goes alone, and others follow once it is acknowledged. A broker
 * forgets producers that were silent for long (producer.id.expiration.ms, a day). */
#define PARTITION_CLOSED INT64_C(-1)
#define PARTITION_OPENING INT64_C(-2)
#define PARTITION_SILENT_US (10 * TIME_MINUTE)

struct kafka_producer {
    const struct kafka_library *kafka;
    struct kafka_producer_ask ask;
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    size_t bytes_max, batch_bytes;
    uint32_t partitions; /* when it was reached */
    int64_t *opened_us;  /* of each: when a message was acknowledged last, or one of the values below */
    int64_t now_us;      /* monotonic, of the last poll */
    enum kafka_trouble trouble;
    struct err why;
    bool complains, blocked; /* since the last delivery */
    struct err complaint;
    rd_kafka_resp_err_t code; /* of what was told last */
    bool begun;               /* transactions are initialised */
};

/* ---- What librdkafka tells ------------------------------------------------------------------------------------------------ */

static enum kafka_trouble weigh(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        return KAFKA_TOO_LARGE;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
        return KAFKA_BLOCKED;
    default:
        return KAFKA_AGAIN;
    }
}

/* Follows from something else, which is told, too, and says more. */
static bool is_consequence(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT ||
           code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE;
}

static void get_into_trouble(struct kafka_producer *producer, rd_kafka_resp_err_t code, const char *text)
{
    enum kafka_trouble trouble = is_consequence(code) ? KAFKA_AGAIN : weigh(code);
    if (trouble < producer->trouble || (trouble == producer->trouble && is_consequence(code)))
        return;
    producer->trouble = trouble;
    producer->code = code;
    kafka_reason(text != NULL ? text : producer->kafka->err2str(code), &producer->why);
}

static void note_report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_producer *producer = opaque;
    (void)client;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        get_into_trouble(producer, message->err, NULL);
        return;
    }
    producer->complains = false;
    if (message->partition >= 0 && (uint32_t)message->partition < producer->partitions)
        producer->opened_us[message->partition] = producer->now_us;
    producer->ask.delivered(producer->ask.context, (uint64_t)(uintptr_t)message->_private);
}

static void note_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    struct kafka_producer *producer = opaque;
    char text[KAFKA_TEXT_MAX];
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        rd_kafka_resp_err_t fatal = producer->kafka->fatal_error(client, text, sizeof text);
        get_into_trouble(producer, fatal, text);
        return;
    }
    /* That all are down says less than why the last one is, and what passes by itself less than what does not. */
    bool blocked = weigh((rd_kafka_resp_err_t)code) == KAFKA_BLOCKED;
    if (producer->complains && (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || (producer->blocked && !blocked)))
        return;
    producer->complains = true;
    producer->blocked = blocked;
    producer->code = code;
    kafka_reason(reason, &producer->complaint);
}

bool kafka_producer_complaint(struct kafka_producer *producer, bool *ret_blocked, struct err *err)
{
    if (!producer->complains)
        return false;
    *ret_blocked = producer->blocked;
    *err = producer->complaint;
    return true;
}

int kafka_producer_code(const struct kafka_producer *producer)
{
    return producer->code;
}

/* ---- Making one ------------------------------------------------------------------------------------------------------------ */

static void set_number(rd_kafka_conf_t *conf, const char *name, uint64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    kafka_settings_set(conf, name, text);
}

static size_t get_number(const struct kafka_library *kafka, const rd_kafka_conf_t *conf, const char *name)
{
    char text[64] = "";
    size_t size = sizeof text;
    uint64_t value = 0;
    must(kafka->conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK && str_to_u64(str_of(text), &value));
    return (size_t)value;
}

static bool is_configured(const struct config_kafka *config, const char *name)
{
    for (size_t i = 0; i < config->properties.count; i++) {
        if (strcmp(config->properties.items[i].name, name) == 0)
            return true;
    }
    return false;
}

static void promise(struct kafka_producer *producer, rd_kafka_conf_t *conf)
{
    const struct kafka_producer_ask *ask = &producer->ask;
    kafka_settings_set(conf, "enable.idempotence", "true");
    kafka_settings_set(conf, "acks", "all");
    kafka_settings_set(conf, "message.timeout.ms", "0");
    kafka_settings_set(conf, "compression.codec", ask->config->compression);
    if (!is_configured(ask->config, "linger.ms") && !is_configured(ask->config, "queue.buffering.max.ms"))
        set_number(conf, "linger.ms", LINGER_MS);
    set_number(conf, "queue.buffering.max.kbytes", KAFKA_PRODUCER_BYTES >> 10);
    set_number(conf, "queue.buffering.max.messages", KAFKA_PRODUCER_MESSAGES);
    if (ask->transactional_id != NULL)
        kafka_settings_set(conf, "transactional.id", ask->transactional_id);
    else /* a transaction that cannot be whole is not committed anyway */
        kafka_settings_set(conf, "enable.gapless.guarantee", "true");
    producer->bytes_max = get_number(producer->kafka, conf, "message.max.bytes");
    if (ask->message_bytes_max > 0 && ask->message_bytes_max < producer->bytes_max) {
        producer->bytes_max = ask->message_bytes_max;
        set_number(conf, "message.max.bytes", producer->bytes_max);
    }
    producer->batch_bytes = get_number(producer->kafka, conf, "batch.size");
    if (producer->batch_bytes > producer->bytes_max) {
        producer->batch_bytes = producer->bytes_max;
        set_number(conf, "batch.size", producer->batch_bytes);
    }
    producer->kafka->conf_set_opaque(conf, producer);
    producer->kafka->conf_set_dr_msg_cb(conf, note_report);
    producer->kafka->conf_set_error_cb(conf, note_error);
}

static bool make_client(struct kafka_producer *producer, struct err *err)
{
    static const uint64_t one = 1;
    char text[KAFKA_TEXT_MAX];
    const struct kafka_library *kafka = producer->kafka;
    rd_kafka_conf_t *conf = kafka_settings_new(producer->ask.config, err);
    if (conf == NULL)
        return false;
    promise(producer, conf);
    producer->client = kafka->new (RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (producer->client == NULL) {
        kafka->conf_destroy(conf);
        return err_set(err, ERR_USAGE, 0, "%.*s", KAFKA_TEXT_MAX, text);
    }
    producer->topic = kafka->topic_new(producer->client, producer->ask.config->topic, NULL);
    if (producer->topic == NULL)
        return err_set(err, ERR_USAGE, 0, "topic '%s': %s", producer->ask.config->topic,
                       kafka->err2str(kafka->last_error()));
    rd_kafka_queue_t *queue = kafka->queue_get_main(producer->client);
    kafka->queue_io_event_enable(queue, producer->ask.wake, &one, sizeof one);
    kafka->queue_destroy(queue);
    return true;
}

struct kafka_producer *kafka_producer_new(const struct kafka_producer_ask *ask, struct err *err)
{
    const struct kafka_library *kafka = kafka_library(err);
    if (kafka == NULL)
        return NULL;
    struct kafka_producer *producer = mem_alloc(sizeof *producer);
    producer->kafka = kafka;
    producer->ask = *ask;
    if (make_client(producer, err))
        return producer;
    kafka_producer_free(producer);
    return NULL;
}

void kafka_producer_free(struct kafka_producer *producer)
{
    if (producer == NULL)
        return;
    const struct kafka_library *kafka = producer->kafka;
    if (producer->topic != NULL)
        kafka->topic_destroy(producer->topic);
    if (producer->client != NULL) {
        (void)kafka->purge(producer->client,
                           RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
        kafka->destroy(producer->client);
    }
    free(producer->opened_us);
    free(producer);
}

/* ---- Finding the topic ----------------------------------------------------------------------------------------------------- */

static enum kafka_trouble fail(struct kafka_producer *producer, rd_kafka_resp_err_t code, struct err *err)
{
    bool blocked;
    kafka_producer_poll(producer); /* what the brokers' threads have met says more than that time is up */
    if (producer->trouble != KAFKA_FINE)
        return kafka_producer_trouble(producer, err);
    if (weigh(code) == KAFKA_AGAIN && kafka_producer_complaint(producer, &blocked, err))
        return blocked ? KAFKA_BLOCKED : KAFKA_AGAIN;
    producer->code = code;
    err_set(err, ERR_IO, 0, "topic '%s': %s", producer->ask.config->topic, producer->kafka->err2str(code));
    return weigh(code) == KAFKA_BLOCKED ? KAFKA_BLOCKED : KAFKA_AGAIN;
}

static rd_kafka_resp_err_t look_at_topic(const rd_kafka_metadata_t *found)
{
    if (found->topic_cnt < 1)
        return RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    if (found->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return found->topics[0].err;
    return found->topics[0].partition_cnt > 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

/* An error of a transaction: one that passes is told as such, any other is trouble. */
static rd_kafka_resp_err_t take_error(struct kafka_producer *producer, rd_kafka_error_t *error)
{
    const struct kafka_library *kafka = producer->kafka;
    if (error == NULL)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = kafka->error_code(error);
    if (!kafka->error_is_retriable(error))
        get_into_trouble(producer, code, kafka->error_string(error));
    kafka->error_destroy(error);
    return code;
}

static void set_partitions(struct kafka_producer *producer, uint32_t count)
{
    producer->partitions = count;
    producer->opened_us = mem_alloc(count * sizeof *producer->opened_us);
    for (uint32_t i = 0; i < count; i++)
        producer->opened_us[i] = PARTITION_CLOSED;
}

enum kafka_trouble kafka_producer_reach(struct kafka_producer *producer, struct err *err)
{
    const struct kafka_library *kafka = producer->kafka;
    const rd_kafka_metadata_t *found;
    rd_kafka_resp_err_t code = kafka->metadata(producer->client, 0, producer->topic, &found, REACH_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = look_at_topic(found);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR && producer->partitions == 0)
            set_partitions(producer, (uint32_t)found->topics[0].partition_cnt);
        kafka->metadata_destroy(found);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail(producer, code, err);
    if (producer->ask.transactional_id != NULL && !producer->begun) {
        code = take_error(producer, kafka->init_transactions(producer->client, TRANSACTION_MS));
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return fail(producer, code, err);
        producer->begun = true;
    }
    return KAFKA_FINE;
}

/* ---- Messages ---------------------------------------------------------------------------------------------------------------- */

size_t kafka_producer_bytes_max(const struct kafka_producer *producer)
{
    return producer->bytes_max;
}

/* librdkafka has about one batch of a partition under way. The less there is behind it, the longer it waits for the broker; the more, the
 * more often it asks whether the next may go. Two and a half batches more, whatever the number of partitions, are the shortest way on the
 * clock, for the same processor time as half a one. */
size_t kafka_producer_window(const struct kafka_producer *producer)
{
    size_t batches = producer->partitions < WINDOW_MAX ? producer->partitions : WINDOW_MAX;
    size_t window = producer->batch_bytes < WINDOW_MAX ? producer->batch_bytes * batches + producer->batch_bytes * 5 / 2
                                                       : WINDOW_MAX;
    return window < WINDOW_MAX ? window : WINDOW_MAX;
}

size_t kafka_message_bytes(const struct kafka_message *message)
{
    size_t size = message->key.size + message->value.size + 64; /* lengths, differences and checksums */
    for (size_t i = 0; i < message->header_count; i++)
        size += message->headers[i].name.size + message->headers[i].value.size + 8;
    return size;
}

static rd_kafka_headers_t *make_headers(const struct kafka_library *kafka, const struct kafka_message *message)
{
    rd_kafka_headers_t *headers = kafka->headers_new(message->header_count);
    for (size_t i = 0; i < message->header_count; i++) {
        const struct message_header *header = &message->headers[i];
        (void)kafka->header_add(headers, header->name.data, (ssize_t)header->name.size, header->value.data,
                                (ssize_t)header->value.size);
    }
    return headers;
}

static void *unconst(const char *data)
{
    void *copy;
    memcpy(&copy, &data, sizeof copy);
    return copy;
}

/* The one that Java's producers choose for a key. */
static uint32_t choose_partition(const struct kafka_producer *producer, const struct kafka_message *message)
{
    if (message->key.size == 0)
        return (uint32_t)(message->spread % producer->partitions);
    return (uint32_t)producer->kafka->msg_partitioner_murmur2(producer->topic, message->key.data, message->key.size,
                                                              (int32_t)producer->partitions, NULL, NULL);
}

static bool is_open(const struct kafka_producer *producer, uint32_t partition)
{
    int64_t opened_us = producer->opened_us[partition];
    return producer->ask.transactional_id != NULL ||
           (opened_us >= 0 && producer->now_us - opened_us < PARTITION_SILENT_US);
}

enum kafka_put kafka_producer_put(struct kafka_producer *producer, const struct kafka_message *message)
{
    const struct kafka_library *kafka = producer->kafka;
    must(producer->partitions > 0);
    uint32_t partition = choose_partition(producer, message);
    if (producer->opened_us[partition] == PARTITION_OPENING)
        return KAFKA_PUT_FULL;
    rd_kafka_headers_t *headers = make_headers(kafka, message);
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = producer->topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {unconst(message->key.data), message->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {unconst(message->value.data), message->value.size}},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = (int32_t)partition},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)message->token},
    };
    rd_kafka_error_t *error = kafka->produceva(producer->client, parts, sizeof parts / sizeof *parts);
    if (error == NULL) {
        if (!is_open(producer, partition))
            producer->opened_us[partition] = PARTITION_OPENING;
        return KAFKA_PUT_DONE;
    }
    rd_kafka_resp_err_t code = kafka->error_code(error);
    kafka->headers_destroy(headers);
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        get_into_trouble(producer, code, kafka->error_string(error));
    kafka->error_destroy(error);
    return code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? KAFKA_PUT_FULL : KAFKA_PUT_FAILED;
}

void kafka_producer_poll(struct kafka_producer *producer)
{
    producer->now_us = service_now_us();
    (void)producer->kafka->poll(producer->client, 0);
}

enum kafka_trouble kafka_producer_trouble(const struct kafka_producer *producer, struct err *err)
{
    if (producer->trouble != KAFKA_FINE)
        *err = producer->why;
    return producer->trouble;
}

enum kafka_trouble kafka_producer_settle(struct kafka_producer *producer, struct err *err)
{
    const struct kafka_library *kafka = producer->kafka;
    if (producer->trouble != KAFKA_FINE) {
        (void)kafka->purge(producer->client,
                           RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
        for (int ms = 0; ms < SETTLE_MS && kafka->outq_len(producer->client) > 0; ms += 10)
            (void)kafka->poll(producer->client, 10);
    }
    return kafka_producer_trouble(producer, err);
}

/* ---- Transactions -------------------------------------------------------------------------------------------------------------- */

bool kafka_producer_begin(struct kafka_producer *producer)
{
    return take_error(producer, producer->kafka->begin_transaction(producer->client)) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* What would pass is trouble as well: the next producer finds out how the transaction ended. */
static bool commit_once(struct kafka_producer *producer, rd_kafka_error_t *error)
{
    rd_kafka_resp_err_t code = take_error(producer, error);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && producer->trouble == KAFKA_FINE)
        get_into_trouble(producer, code, NULL);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool kafka_producer_commit(struct kafka_producer *producer, const char *group, uint64_t position)
{
    const struct kafka_library *kafka = producer->kafka;
    rd_kafka_topic_partition_list_t *offsets = kafka->topic_partition_list_new(1);
    kafka->topic_partition_list_add(offsets, producer->ask.config->topic, 0)->offset = (int64_t)position;
    rd_kafka_consumer_group_metadata_t *metadata = kafka->consumer_group_metadata_new(group);
    bool fine = commit_once(producer,
                            kafka->send_offsets_to_transaction(producer->client, offsets, metadata, TRANSACTION_MS)) &&
                commit_once(producer, kafka->commit_transaction(producer->client, TRANSACTION_MS));
    kafka->consumer_group_metadata_destroy(metadata);
    kafka->topic_partition_list_destroy(offsets);
    return fine;
}

static rd_kafka_t *make_consumer(struct kafka_producer *producer, const char *group, struct err *err)
{
    const struct kafka_library *kafka = producer->kafka;
    char text[KAFKA_TEXT_MAX];
    rd_kafka_conf_t *conf = kafka_settings_new(producer->ask.config, err);
    if (conf == NULL)
        return NULL;
    kafka_settings_set(conf, "group.id", group);
    kafka_settings_set(conf, "isolation.level", "read_committed");
    kafka_settings_set(conf, "enable.auto.commit", "false");
    rd_kafka_t *client = kafka->new (RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (client == NULL) {
        kafka->conf_destroy(conf);
        err_set(err, ERR_USAGE, 0, "%.*s", KAFKA_TEXT_MAX, text);
    }
    return client;
}

bool kafka_producer_committed(struct kafka_producer *producer, const char *group, uint64_t *ret_position,
                              struct err *err)
{
    const struct kafka_library *kafka = producer->kafka;
    rd_kafka_t *consumer = make_consumer(producer, group, err);
    if (consumer == NULL)
        return false;
    rd_kafka_topic_partition_list_t *offsets = kafka->topic_partition_list_new(1);
    rd_kafka_topic_partition_t *first = kafka->topic_partition_list_add(offsets, producer->ask.config->topic, 0);
    rd_kafka_resp_err_t code = kafka->committed(consumer, offsets, COMMITTED_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = first->err;
    *ret_position = first->offset > 0 ? (uint64_t)first->offset : 0;
    kafka->topic_partition_list_destroy(offsets);
    kafka->destroy(consumer);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
           err_set(err, ERR_IO, 0, "offset of group '%s': %s", group, kafka->err2str(code));
}
