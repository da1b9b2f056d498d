/* librdkafka's mock cluster as a process of its own, so that whoever talks to it can be killed without it:
 *
 *     kafka_cluster TOPIC PARTITIONS     prints its brokers; at the end of its standard input it ends. Lines of that are commands, each
 *                                        answered by "ok":
 *         dump FILE     what TOPIC holds, a message a line: partition, agent, winnow-sequence, value; tabs between them
 *         down, up      all brokers are gone, and come back with what they had */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BROKERS = 2, QUIET_MS = 300 };

static const char *topic;
static int partitions;
static rd_kafka_mock_cluster_t *cluster;

static void check(int fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "kafka_cluster: %s\n", what);
    exit(2);
}

static void set_property(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[512];
    check(rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK, text);
}

/* Its first word: of winnow-agent the agent. */
static void print_header(FILE *file, const rd_kafka_message_t *message, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value = "";
    size_t size = 0;
    if (rd_kafka_message_headers(message, &headers) == 0)
        (void)rd_kafka_header_get_last(headers, name, &value, &size);
    const char *blank = size > 0 ? memchr(value, ' ', size) : NULL;
    fprintf(file, "\t%.*s", (int)(blank != NULL ? (size_t)(blank - (const char *)value) : size), (const char *)value);
}

static void print_message(FILE *file, const rd_kafka_message_t *message)
{
    fprintf(file, "%d", (int)message->partition);
    print_header(file, message, "winnow-agent");
    print_header(file, message, "winnow-sequence");
    fputc('\t', file);
    fwrite(message->payload, 1, message->len, file);
    fputc('\n', file);
}

static void dump(const char *path)
{
    char text[512];
    FILE *file = fopen(path, "w");
    check(file != NULL, path);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set_property(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster));
    set_property(conf, "group.id", "dump");
    set_property(conf, "enable.partition.eof", "true");
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    check(consumer != NULL, text);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(all, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    check(rd_kafka_assign(consumer, all) == RD_KAFKA_RESP_ERR_NO_ERROR, "assign");
    rd_kafka_topic_partition_list_destroy(all);
    for (int ends = 0; ends < partitions;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, QUIET_MS);
        if (message == NULL)
            continue;
        ends += message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            print_message(file, message);
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    check(fclose(file) == 0, path);
}

static void obey(const char *command)
{
    if (strncmp(command, "dump ", 5) == 0) {
        dump(command + 5);
        return;
    }
    int up = strcmp(command, "up") == 0;
    check(up || strcmp(command, "down") == 0, command);
    for (int id = 1; id <= BROKERS; id++)
        (void)(up ? rd_kafka_mock_broker_set_up(cluster, id) : rd_kafka_mock_broker_set_down(cluster, id));
}

int main(int argc, char **argv)
{
    char line[4096], text[512];
    check(argc == 3, "usage: kafka_cluster TOPIC PARTITIONS");
    topic = argv[1];
    partitions = (int)strtol(argv[2], NULL, 10);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set_property(conf, "log_level", "0");
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    check(host != NULL, text);
    cluster = rd_kafka_mock_cluster_new(host, BROKERS);
    check(cluster != NULL && rd_kafka_mock_topic_create(cluster, topic, partitions, 1) == 0, "no cluster");
    printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        obey(line);
        printf("ok\n");
        fflush(stdout);
    }
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    return 0;
}
