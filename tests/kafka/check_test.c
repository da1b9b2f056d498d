/* Does kafka_check notice? A naive producer writes what an agent would, into librdkafka's mock cluster, once as it should and
 * once for each fault. */
#include "tests/kafka/check.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS = 200 };

enum fault {
    FAULT_NONE,
    FAULT_REPEATED, /* the same again: none, as agents promise at least once */
    FAULT_PENDING,  /* a record as it was and as it ended: none */
    FAULT_WAITED,   /* a pending one behind those of another file: none */
    FAULT_LATE,     /* a pending one behind others of its file */
    FAULT_RECUT,    /* begun in other pieces before: none */
    FAULT_LOST,
    FAULT_DOUBLED, /* under another sequence */
    FAULT_GROWN,   /* a place twice, and the first one was not pending */
    FAULT_SWAPPED,
    FAULT_BYTE,
    FAULT_DIFFERS,
    FAULT_MOVED, /* the second time in another partition */
    FAULT_HEADER,
    FAULT_PIECE, /* one of three is missing */
    FAULT_COUNT,
};

static const struct expectation {
    const char *name;
    struct verdict verdict;
} expectations[FAULT_COUNT] = {
    [FAULT_NONE] = {"none", {0}},
    [FAULT_REPEATED] = {"repeated", {.repeated = 1}},
    [FAULT_PENDING] = {"pending", {.pending = 1}},
    [FAULT_WAITED] = {"waited", {0}},
    [FAULT_LATE] = {"late", {.disordered = 1}},
    [FAULT_RECUT] = {"recut", {0}},
    [FAULT_LOST] = {"lost", {.lost = 1}},
    [FAULT_DOUBLED] = {"doubled", {.doubled = 1}},
    [FAULT_GROWN] = {"grown", {.doubled = 1}},
    [FAULT_SWAPPED] = {"swapped", {.disordered = 1}},
    [FAULT_BYTE] = {"byte", {.lost = 1, .foreign = 1}},
    [FAULT_DIFFERS] = {"differs", {.repeated = 1, .differ = 1}},
    [FAULT_MOVED] = {"moved", {.repeated = 1, .differ = 1}},
    [FAULT_HEADER] = {"header", {.lost = 1, .malformed = 1}},
    [FAULT_PIECE] = {"piece", {.lost = 1, .malformed = 1}},
};

struct produced {
    uint64_t sequence, offset;
    int32_t partition;
    bool pending;
    const char *file; /* NULL: as all others */
    const char *part; /* NULL: whole */
    char value[256];
};

static struct produced produced_of(uint64_t number)
{
    struct produced message = {.sequence = number, .offset = number * 100, .partition = (int32_t)(number % 2)};
    snprintf(message.value, sizeof message.value,
             "{\"source\":\"/var/log/a.log\",\"offset\":%llu,\"pattern\":\"other\",\"raw\":\"line %llu\"}",
             (unsigned long long)message.offset, (unsigned long long)number);
    return message;
}

static void add_header(rd_kafka_headers_t *headers, const char *name, const char *value)
{
    rd_kafka_header_add(headers, name, -1, value, -1);
}

static void produce(rd_kafka_t *kafka, const char *topic, const struct produced *message, bool without_agent)
{
    char sequence[24], offset[24], agent[128];
    rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
    snprintf(sequence, sizeof sequence, "%llu", (unsigned long long)message->sequence);
    snprintf(offset, sizeof offset, "%llu", (unsigned long long)message->offset);
    add_header(headers, "winnow-source", "/var/log/a.log");
    add_header(headers, "winnow-offset", offset);
    add_header(headers, "winnow-kind", "");
    add_header(headers, "winnow-sequence", sequence);
    snprintf(agent, sizeof agent, "0123456789abcdef0123456789abcdef/fleet file=%s host=h%s%s%s",
             message->file != NULL ? message->file : "1", message->pending ? " flags=pending" : "",
             message->part != NULL ? " part=" : "", message->part != NULL ? message->part : "");
    if (!without_agent)
        add_header(headers, "winnow-agent", agent);
    rd_kafka_resp_err_t error = rd_kafka_producev(
        kafka, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(message->partition), RD_KAFKA_V_KEY("k", 1),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)message->value, strlen(message->value)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("produce: %s", rd_kafka_err2str(error));
}

/* Line 51 in three pieces, as JSON of its own each. */
static void produce_pieces(rd_kafka_t *kafka, const char *topic, struct produced message, enum fault fault)
{
    static const char *const parts[] = {"1/3", "2/3", "3/3"};
    static const char *const raws[] = {"li", "ne ", "51"};
    if (fault == FAULT_RECUT) {
        message.part = "1/2";
        snprintf(message.value, sizeof message.value, "{\"part\":\"1/2\",\"raw\":\"lin\"}");
        produce(kafka, topic, &message, false);
    }
    for (int i = 0; i < 3; i++) {
        message.part = parts[i];
        snprintf(message.value, sizeof message.value, "{\"part\":\"%s\",\"raw\":\"%s\"}", parts[i], raws[i]);
        if (i != 1 || fault != FAULT_PIECE)
            produce(kafka, topic, &message, false);
    }
}

/* Line 50 with its fault. */
static void produce_faulty(rd_kafka_t *kafka, const char *topic, enum fault fault)
{
    struct produced message = produced_of(50), other = produced_of(50);
    switch (fault) {
    case FAULT_LOST:
    case FAULT_WAITED:
    case FAULT_LATE:
        return;
    case FAULT_REPEATED:
        produce(kafka, topic, &other, false);
        break;
    case FAULT_DOUBLED:
        other.offset++;
        other.sequence = RECORDS + 50;
        other.partition = 3;
        produce(kafka, topic, &other, false);
        break;
    case FAULT_PENDING:
    case FAULT_GROWN:
        other.pending = fault == FAULT_PENDING;
        message.sequence = RECORDS + 50; /* in a partition of its own, so that order is kept */
        message.partition = 3;
        memcpy(strstr(other.value, "line"), "LINE", 4);
        produce(kafka, topic, &other, false);
        break;
    case FAULT_SWAPPED:
        other = produced_of(52);
        produce(kafka, topic, &other, false);
        break;
    case FAULT_BYTE:
        memcpy(strstr(message.value, "line"), "lime", 4);
        break;
    case FAULT_DIFFERS:
        memcpy(strstr(other.value, "line"), "lime", 4);
        produce(kafka, topic, &message, false);
        message = other;
        break;
    case FAULT_MOVED:
        other.partition = 3;
        produce(kafka, topic, &message, false);
        message = other;
        break;
    case FAULT_NONE:
    case FAULT_RECUT:
    case FAULT_HEADER:
    case FAULT_PIECE:
    case FAULT_COUNT:
        break;
    }
    produce(kafka, topic, &message, fault == FAULT_HEADER);
}

/* Line 50, behind line 60. */
static void produce_late(rd_kafka_t *kafka, const char *topic, enum fault fault)
{
    struct produced message = produced_of(50);
    message.pending = true;
    message.file = fault == FAULT_WAITED ? "2" : "1";
    produce(kafka, topic, &message, false);
}

static void produce_all(rd_kafka_t *kafka, const char *topic, enum fault fault, struct texts *expected)
{
    for (uint64_t number = 1; number <= RECORDS; number++) {
        struct produced message = produced_of(number);
        texts_add(expected, bytes_copy(message.value, strlen(message.value)));
        if (number == 61 && (fault == FAULT_WAITED || fault == FAULT_LATE))
            produce_late(kafka, topic, fault);
        if (number == 50)
            produce_faulty(kafka, topic, fault);
        else if (number == 51)
            produce_pieces(kafka, topic, message, fault);
        else if (number != 52 || fault != FAULT_SWAPPED)
            produce(kafka, topic, &message, false);
    }
    if (rd_kafka_flush(kafka, 10000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("the mock cluster does not take messages");
}

static bool is_as_expected(enum fault fault, const struct verdict *verdict)
{
    const struct expectation *expectation = &expectations[fault];
    const struct verdict *wanted = &expectation->verdict;
    bool good = verdict->lost == wanted->lost && verdict->doubled == wanted->doubled &&
                verdict->disordered == wanted->disordered && verdict->foreign == wanted->foreign &&
                verdict->differ == wanted->differ && verdict->malformed == wanted->malformed &&
                verdict->repeated == wanted->repeated && verdict->pending == wanted->pending &&
                verdict_is_good(verdict) == verdict_is_good(wanted);
    printf(
        "%-10s lost %llu doubled %llu disordered %llu foreign %llu differ %llu malformed %llu repeated %llu pending %llu%s\n",
        expectation->name, (unsigned long long)verdict->lost, (unsigned long long)verdict->doubled,
        (unsigned long long)verdict->disordered, (unsigned long long)verdict->foreign,
        (unsigned long long)verdict->differ, (unsigned long long)verdict->malformed,
        (unsigned long long)verdict->repeated, (unsigned long long)verdict->pending, good ? "" : " (NOT AS EXPECTED)");
    return good;
}

static rd_kafka_t *producer(void)
{
    char error[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "linger.ms", "1", error, sizeof error) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", error, sizeof error) != RD_KAFKA_CONF_OK)
        fail("%s", error);
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (kafka == NULL)
        fail("%s", error);
    return kafka;
}

bool self_test(void)
{
    rd_kafka_t *kafka = producer();
    rd_kafka_mock_cluster_t *cluster = rd_kafka_handle_mock_cluster(kafka);
    bool good = true;
    for (enum fault fault = FAULT_NONE; fault < FAULT_COUNT; fault++) {
        const char *topic = expectations[fault].name;
        struct texts expected = {0};
        struct messages messages = {0};
        rd_kafka_mock_topic_create(cluster, topic, 4, 1);
        produce_all(kafka, topic, fault, &expected);
        uint64_t malformed = topic_read(rd_kafka_mock_cluster_bootstraps(cluster), topic, &messages);
        struct verdict verdict = judge(&messages, &expected, false, 0);
        verdict.malformed += malformed;
        good = is_as_expected(fault, &verdict) && good;
    }
    rd_kafka_destroy(kafka);
    return good;
}
