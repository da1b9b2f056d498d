/* kafka_check: see check.h.
 *
 *     kafka_check BROKERS TOPIC json|raw EXPECTED    EXPECTED: what `winnow search -n all -o json` printed
 *     kafka_check --self-test
 *
 * Prints a line of counts; status 1 when anything is wrong, 2 when it cannot tell. */
#include "tests/kafka/check.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HEADERS_MAX = 32, SILENCE_S = 30 };

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[256];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK)
        fail("%s", error);
}

static rd_kafka_t *consumer(const char *brokers)
{
    char error[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "group.id", "kafka_check");
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.partition.eof", "true");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "isolation.level", "read_committed");
    set(conf, "fetch.wait.max.ms", "20");
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
    if (kafka == NULL)
        fail("%s", error);
    rd_kafka_poll_set_consumer(kafka);
    return kafka;
}

/* All partitions of it from their beginning; their number. */
static int assign(rd_kafka_t *kafka, const char *topic)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, NULL);
    rd_kafka_resp_err_t error = rd_kafka_metadata(kafka, 0, handle, &metadata, SILENCE_S * 1000);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR || metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt == 0)
        fail("topic %s: %s", topic, rd_kafka_err2str(error));
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    error = rd_kafka_assign(kafka, list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("topic %s: %s", topic, rd_kafka_err2str(error));
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return count;
}

static bool read_message(const rd_kafka_message_t *from, struct message *ret)
{
    struct header headers[HEADERS_MAX];
    size_t count = 0;
    rd_kafka_headers_t *list;
    if (rd_kafka_message_headers(from, &list) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char *name;
        const void *value;
        size_t size;
        while (count < HEADERS_MAX && rd_kafka_header_get_all(list, count, &name, &value, &size) == 0)
            headers[count++] = (struct header){name, bytes_copy(value, size)};
    }
    *ret = (struct message){.value = bytes_copy(from->payload, from->len),
                            .key = bytes_copy(from->key, from->key_len),
                            .partition = from->partition};
    return message_read(ret, headers, count);
}

uint64_t topic_read(const char *brokers, const char *topic, struct messages *ret)
{
    rd_kafka_t *kafka = consumer(brokers);
    int open = assign(kafka, topic);
    uint64_t malformed = 0;
    bool ended[1024] = {false};
    time_t heard = time(NULL);
    while (open > 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka, 1000);
        if (message == NULL && time(NULL) - heard > SILENCE_S)
            fail("topic %s: nothing is heard of %d partitions", topic, open);
        if (message == NULL)
            continue;
        heard = time(NULL);
        struct message read;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            if (message->partition < 1024 && !ended[message->partition]) {
                ended[message->partition] = true;
                open--;
            }
        } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            fprintf(stderr, "kafka_check: %s\n", rd_kafka_message_errstr(message));
        } else if (read_message(message, &read)) {
            messages_add(ret, &read);
        } else if (malformed++ < 3) {
            fprintf(stderr, "malformed: partition %d offset %lld\n", message->partition, (long long)message->offset);
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(kafka);
    rd_kafka_destroy(kafka);
    return malformed;
}

static void read_expected(const char *path, struct texts *ret)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    if (file == NULL)
        fail("cannot read %s", path);
    while ((size = getline(&line, &capacity, file)) > 0) {
        if (line[size - 1] == '\n')
            size--;
        texts_add(ret, bytes_copy(line, (size_t)size));
    }
    free(line);
    fclose(file);
}

int main(int argc, char *argv[])
{
    if (argc == 2 && strcmp(argv[1], "--self-test") == 0)
        return self_test() ? 0 : 1;
    if (argc != 5 || (strcmp(argv[3], "json") != 0 && strcmp(argv[3], "raw") != 0))
        fail("usage: kafka_check BROKERS TOPIC json|raw EXPECTED");
    struct messages messages = {0};
    struct texts expected = {0};
    read_expected(argv[4], &expected);
    size_t wanted = expected.count;
    uint64_t malformed = topic_read(argv[1], argv[2], &messages);
    struct verdict verdict = judge(&messages, &expected, strcmp(argv[3], "raw") == 0, 10);
    verdict.malformed += malformed;
    printf(
        "expected %zu messages %llu repeated %llu pending %llu records %llu lost %llu doubled %llu disordered %llu foreign %llu "
        "differ %llu malformed %llu\n",
        wanted, (unsigned long long)verdict.messages, (unsigned long long)verdict.repeated,
        (unsigned long long)verdict.pending, (unsigned long long)verdict.records, (unsigned long long)verdict.lost,
        (unsigned long long)verdict.doubled, (unsigned long long)verdict.disordered,
        (unsigned long long)verdict.foreign, (unsigned long long)verdict.differ, (unsigned long long)verdict.malformed);
    return verdict_is_good(&verdict) ? 0 : 1;
}
