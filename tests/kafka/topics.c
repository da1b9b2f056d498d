/* kafka_topics: what an operator does to topics, without the seconds that a Java program takes to start.
 *
 *     kafka_topics BROKERS create TOPIC PARTITIONS REPLICAS [NAME=VALUE...]
 *     kafka_topics BROKERS delete TOPIC
 *     kafka_topics BROKERS alter TOPIC NAME=VALUE...      the topic's settings are these (others: the default)
 *     kafka_topics BROKERS partitions TOPIC COUNT         more of them
 *     kafka_topics BROKERS leader TOPIC PARTITION         prints the id of its leader
 *     kafka_topics BROKERS brokers COUNT SECONDS          waits until so many brokers are there and know who controls them
 *     kafka_topics BROKERS deny|allow TOPIC               user winnow may not write to it; may again
 *     kafka_topics BROKERS produce TOPIC PARTITION        each line of standard input as a message, without key and headers
 *     kafka_topics BROKERS ends TOPIC                     prints first and next offset of each partition */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TIMEOUT_MS = 30000 };

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "kafka_topics: %s: %s\n", what, why);
    exit(2);
}

static const char *argument(int argc, char *argv[], int at)
{
    if (at >= argc)
        fail(argv[2], "an argument is missing");
    return argv[at];
}

static rd_kafka_t *connect_to(const char *brokers)
{
    char error[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", brokers, error, sizeof error) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "log_level", "0", error, sizeof error) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "allow.auto.create.topics", "false", error, sizeof error) != RD_KAFKA_CONF_OK)
        fail(brokers, error);
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (kafka == NULL)
        fail(brokers, error);
    return kafka;
}

/* Waits for the answer to a request, and ends the program with its error when it has one. */
static rd_kafka_event_t *answer(rd_kafka_queue_t *queue, const char *what)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, TIMEOUT_MS + 5000);
    if (event == NULL)
        fail(what, "no answer");
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail(what, rd_kafka_event_error_string(event));
    return event;
}

static void check_topics(const rd_kafka_topic_result_t **results, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_topic_result_error(results[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
            fail(rd_kafka_topic_result_name(results[i]), rd_kafka_topic_result_error_string(results[i]));
}

static rd_kafka_AdminOptions_t *options_for(rd_kafka_t *kafka, rd_kafka_admin_op_t operation)
{
    char error[256];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(kafka, operation);
    rd_kafka_AdminOptions_set_request_timeout(options, TIMEOUT_MS, error, sizeof error);
    if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS || operation == RD_KAFKA_ADMIN_OP_DELETETOPICS)
        rd_kafka_AdminOptions_set_operation_timeout(options, TIMEOUT_MS, error, sizeof error);
    return options;
}

/* NAME=VALUE: what is before the `=`, cut off in place; the value. */
static const char *cut(char *setting)
{
    char *equals = strchr(setting, '=');
    if (equals == NULL)
        fail(setting, "not NAME=VALUE");
    *equals = '\0';
    return equals + 1;
}

static void topic_create(rd_kafka_t *kafka, rd_kafka_queue_t *queue, int argc, char *argv[])
{
    char error[256];
    size_t count;
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(argument(argc, argv, 3), (int)strtol(argument(argc, argv, 4), NULL, 10),
                              (int)strtol(argument(argc, argv, 5), NULL, 10), error, sizeof error);
    if (topic == NULL)
        fail(argv[3], error);
    for (int i = 6; i < argc; i++) {
        const char *value = cut(argv[i]);
        rd_kafka_NewTopic_set_config(topic, argv[i], value);
    }
    rd_kafka_CreateTopics(kafka, &topic, 1, options_for(kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS), queue);
    rd_kafka_event_t *event = answer(queue, "create");
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    check_topics(results, count);
}

static void topic_delete(rd_kafka_t *kafka, rd_kafka_queue_t *queue, int argc, char *argv[])
{
    size_t count;
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(argument(argc, argv, 3));
    rd_kafka_DeleteTopics(kafka, &topic, 1, options_for(kafka, RD_KAFKA_ADMIN_OP_DELETETOPICS), queue);
    rd_kafka_event_t *event = answer(queue, "delete");
    const rd_kafka_topic_result_t **results =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    check_topics(results, count);
}

static void topic_partitions(rd_kafka_t *kafka, rd_kafka_queue_t *queue, int argc, char *argv[])
{
    char error[256];
    size_t count;
    rd_kafka_NewPartitions_t *partitions = rd_kafka_NewPartitions_new(
        argument(argc, argv, 3), (size_t)strtoul(argument(argc, argv, 4), NULL, 10), error, sizeof error);
    if (partitions == NULL)
        fail(argv[3], error);
    rd_kafka_CreatePartitions(kafka, &partitions, 1, NULL, queue);
    rd_kafka_event_t *event = answer(queue, "partitions");
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count);
    check_topics(results, count);
}

static void topic_alter(rd_kafka_t *kafka, rd_kafka_queue_t *queue, int argc, char *argv[])
{
    size_t count;
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, argument(argc, argv, 3));
    for (int i = 4; i < argc; i++) {
        const char *value = cut(argv[i]);
        rd_kafka_ConfigResource_set_config(resource, argv[i], value);
    }
    rd_kafka_AlterConfigs(kafka, &resource, 1, NULL, queue);
    rd_kafka_event_t *event = answer(queue, "alter");
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_ConfigResource_error(resources[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
            fail(argv[3], rd_kafka_ConfigResource_error_string(resources[i]));
}

/* Whoever has a denial has rights at all, so the others need to be granted what they do. */
static void topic_deny(rd_kafka_t *kafka, rd_kafka_queue_t *queue, const char *topic)
{
    char error[256];
    size_t count;
    rd_kafka_AclBinding_t *rights[] = {
        rd_kafka_AclBinding_new(RD_KAFKA_RESOURCE_TOPIC, topic, RD_KAFKA_RESOURCE_PATTERN_LITERAL, "User:winnow", "*",
                                RD_KAFKA_ACL_OPERATION_WRITE, RD_KAFKA_ACL_PERMISSION_TYPE_DENY, error, sizeof error),
        rd_kafka_AclBinding_new(RD_KAFKA_RESOURCE_TOPIC, topic, RD_KAFKA_RESOURCE_PATTERN_LITERAL, "User:*", "*",
                                RD_KAFKA_ACL_OPERATION_READ, RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, error, sizeof error),
        rd_kafka_AclBinding_new(RD_KAFKA_RESOURCE_TOPIC, topic, RD_KAFKA_RESOURCE_PATTERN_LITERAL, "User:*", "*",
                                RD_KAFKA_ACL_OPERATION_DESCRIBE, RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, error,
                                sizeof error),
    };
    rd_kafka_CreateAcls(kafka, rights, 3, NULL, queue);
    rd_kafka_event_t *event = answer(queue, "deny");
    const rd_kafka_acl_result_t **results =
        rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event), &count);
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_acl_result_error(results[i]) != NULL)
            fail(topic, rd_kafka_error_string(rd_kafka_acl_result_error(results[i])));
}

static void topic_allow(rd_kafka_t *kafka, rd_kafka_queue_t *queue, const char *topic)
{
    char error[256];
    rd_kafka_AclBindingFilter_t *filter = rd_kafka_AclBindingFilter_new(
        RD_KAFKA_RESOURCE_TOPIC, topic, RD_KAFKA_RESOURCE_PATTERN_LITERAL, NULL, NULL, RD_KAFKA_ACL_OPERATION_ANY,
        RD_KAFKA_ACL_PERMISSION_TYPE_ANY, error, sizeof error);
    rd_kafka_DeleteAcls(kafka, &filter, 1, NULL, queue);
    answer(queue, "allow");
}

static const rd_kafka_metadata_t *metadata_of(rd_kafka_t *kafka, const char *topic)
{
    const rd_kafka_metadata_t *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, NULL);
    rd_kafka_resp_err_t error = rd_kafka_metadata(kafka, 0, handle, &metadata, TIMEOUT_MS);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1)
        error = metadata->topics[0].err;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR || metadata->topic_cnt != 1)
        fail(topic, rd_kafka_err2str(error));
    return metadata;
}

static void print_leader(rd_kafka_t *kafka, const char *topic, long partition)
{
    const rd_kafka_metadata_t *metadata = metadata_of(kafka, topic);
    for (int i = 0; i < metadata->topics[0].partition_cnt; i++)
        if (metadata->topics[0].partitions[i].id == partition)
            printf("%d\n", metadata->topics[0].partitions[i].leader);
}

static void produce_lines(rd_kafka_t *kafka, const char *topic, int32_t partition)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, stdin)) > 0) {
        if (line[size - 1] == '\n')
            size--;
        rd_kafka_resp_err_t error = rd_kafka_producev(kafka, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                                      RD_KAFKA_V_VALUE(line, (size_t)size),
                                                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
            fail(topic, rd_kafka_err2str(error));
        rd_kafka_poll(kafka, 0);
    }
    free(line);
    if (rd_kafka_flush(kafka, TIMEOUT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail(topic, "not all was delivered");
}

static void print_ends(rd_kafka_t *kafka, const char *topic)
{
    const rd_kafka_metadata_t *metadata = metadata_of(kafka, topic);
    for (int i = 0; i < metadata->topics[0].partition_cnt; i++) {
        int64_t first, next;
        rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(kafka, topic, i, &first, &next, TIMEOUT_MS);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
            fail(topic, rd_kafka_err2str(error));
        printf("%d %lld %lld\n", i, (long long)first, (long long)next);
    }
}

static void wait_brokers(const char *brokers, long count, long seconds)
{
    time_t until = time(NULL) + seconds;
    int seen = 0;
    while (time(NULL) <= until) {
        const rd_kafka_metadata_t *metadata;
        rd_kafka_t *kafka = connect_to(brokers);
        if (rd_kafka_metadata(kafka, 0, NULL, &metadata, 1000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            seen = metadata->broker_cnt;
            if (seen >= count && rd_kafka_controllerid(kafka, 1000) >= 0)
                return;
        }
        rd_kafka_destroy(kafka);
        usleep(200000);
    }
    fprintf(stderr, "kafka_topics: %d of %ld brokers answer\n", seen, count);
    exit(1);
}

int main(int argc, char *argv[])
{
    if (argc < 4)
        fail("usage", "kafka_topics BROKERS create|delete|alter|partitions|leader|brokers|deny|allow|produce|ends ...");
    const char *verb = argv[2];
    if (strcmp(verb, "brokers") == 0) {
        wait_brokers(argv[1], strtol(argv[3], NULL, 10), strtol(argument(argc, argv, 4), NULL, 10));
        return 0;
    }
    rd_kafka_t *kafka = connect_to(argv[1]);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
    if (strcmp(verb, "create") == 0)
        topic_create(kafka, queue, argc, argv);
    else if (strcmp(verb, "delete") == 0)
        topic_delete(kafka, queue, argc, argv);
    else if (strcmp(verb, "alter") == 0)
        topic_alter(kafka, queue, argc, argv);
    else if (strcmp(verb, "partitions") == 0)
        topic_partitions(kafka, queue, argc, argv);
    else if (strcmp(verb, "deny") == 0)
        topic_deny(kafka, queue, argv[3]);
    else if (strcmp(verb, "allow") == 0)
        topic_allow(kafka, queue, argv[3]);
    else if (strcmp(verb, "leader") == 0)
        print_leader(kafka, argv[3], strtol(argument(argc, argv, 4), NULL, 10));
    else if (strcmp(verb, "produce") == 0)
        produce_lines(kafka, argv[3], (int32_t)strtol(argument(argc, argv, 4), NULL, 10));
    else if (strcmp(verb, "ends") == 0)
        print_ends(kafka, argv[3]);
    else
        fail(verb, "no such verb");
    return 0; /* what is still open dies with the process */
}
