/* What tests of outputs share: a store, librdkafka's own cluster, what the topic holds, and a judge of it. */
#ifndef WINNOW_TESTS_UNIT_KAFKA_OUTPUT_CASE_H
#define WINNOW_TESTS_UNIT_KAFKA_OUTPUT_CASE_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/must.h"
#include "hot_case.h"
#include "ingest/config_kafka.h"
#include "ingest/outputs.h"

enum { PARTITIONS = 3, LINES_MAX = 4000, MESSAGES_MAX = 20000, PRODUCE = 0, END_TXN = 26 };

/* ---- The cluster and what it holds --------------------------------------------------------------------------------------- */

struct message {
    int32_t partition;
    uint64_t sequence, file, offset;
    uint32_t part, parts;
    bool pending;
    struct str key, value; /* in arena */
};

struct case_of {
    struct store_case *store_case;
    struct store *store;
    struct batch *batch;
    uint64_t offset; /* of the next line, its record's number is number + 1 */
    uint64_t number;
    char *lines[LINES_MAX + 1]; /* by number; NULL: not wanted, or pending */
    struct field_table *table;
    struct outputs *outputs;
    struct config *config;
    rd_kafka_t *client; /* whose cluster it is */
    rd_kafka_mock_cluster_t *cluster;
    struct arena arena;
    struct message *messages;
    size_t count;
};

static inline void complain(void *context, const struct err *err)
{
    (void)context;
    fail_msg("%s", err->text);
}

static inline rd_kafka_t *make_client(rd_kafka_type_t type, const char *const *settings)
{
    char text[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (; *settings != NULL; settings += 2)
        assert_int_equal(rd_kafka_conf_set(conf, settings[0], settings[1], text, sizeof text), RD_KAFKA_CONF_OK);
    rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof text);
    assert_non_null(client);
    return client;
}

static inline int enter(void **state)
{
    void *store_case;
    struct err err;
    assert_int_equal(store_case_begin(&store_case), 0);
    struct case_of *at = calloc(1, sizeof *at);
    at->store_case = store_case;
    at->batch = at->store_case->batch;
    at->store = store_case_open(at->store_case, STORE_WRITE);
    at->table = field_table_new(STR_ABSENT, NULL, &err);
    at->client = make_client(RD_KAFKA_PRODUCER, (const char *const[]){"log_level", "0", NULL});
    at->cluster = rd_kafka_mock_cluster_new(at->client, 3);
    assert_int_equal(rd_kafka_mock_topic_create(at->cluster, "logs", PARTITIONS, 1), 0);
    at->messages = calloc(MESSAGES_MAX, sizeof *at->messages);
    *state = at;
    return 0;
}

static inline int leave(void **state)
{
    struct case_of *at = *state;
    void *store_case = at->store_case;
    outputs_free(at->outputs);
    config_free(at->config);
    rd_kafka_mock_cluster_destroy(at->cluster);
    rd_kafka_destroy(at->client);
    field_table_free(at->table);
    store_free(at->store);
    for (size_t i = 0; i <= LINES_MAX; i++)
        free(at->lines[i]);
    free(at->messages);
    arena_release(&at->arena);
    free(at);
    return store_case_end(&store_case);
}

/* What the text configures runs, in place of what was before. */
static inline void configure_text(struct case_of *at, const char *text)
{
    struct err err;
    char path[320];
    (void)snprintf(path, sizeof path, "%s/x.yaml", at->store_case->folder);
    FILE *file = fopen(path, "w");
    assert_true(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    must(setenv("WINNOW_CONFIG_DIR", at->store_case->folder, 1) == 0);
    struct config *config = config_new(path, complain, NULL);
    assert_non_null(config);
    if (at->outputs == NULL)
        at->outputs = outputs_new(at->store, at->table);
    if (!outputs_configure(at->outputs, config, &err))
        fail_msg("%s", err.text);
    config_free(at->config);
    at->config = config;
}

static inline void configure(struct case_of *at, const char *output)
{
    char text[2048];
    (void)snprintf(text, sizeof text, "outputs: [{kafka: {name: o, brokers: '%s', topic: logs, %s}}]",
                   rd_kafka_mock_cluster_bootstraps(at->cluster), output);
    configure_text(at, text);
}

/* What the live loop does, for a while. */
static inline void feed_for(struct case_of *at, unsigned ms)
{
    for (unsigned turn = 0; turn < ms / 10; turn++) {
        (void)outputs_feeder.feed(at->outputs, NULL, service_now_us());
        usleep(10000);
    }
}

static inline void put_one(struct case_of *at, const char *line, uint8_t flags)
{
    at->offset = put_hot(at->store, at->batch, 1, "/a", at->offset, line, flags);
    at->number++;
    assert_true(at->number <= LINES_MAX);
    if (at->outputs != NULL)
        outputs_wake(at->outputs);
}

static inline void put_lines(struct case_of *at, unsigned count, const char *word)
{
    for (unsigned i = 0; i < count; i++) {
        char line[200];
        (void)snprintf(line, sizeof line, "{\"request_id\":\"r%u\",\"message\":\"%s %llu\"}", i % 7, word,
                       (unsigned long long)at->number + 1);
        put_one(at, line, 0);
        at->lines[at->number] = strdup(line);
    }
}

static inline struct store_output row_of(struct case_of *at)
{
    struct err err;
    struct store_output *rows;
    size_t count;
    assert_true(store_outputs(at->store, &at->arena, &rows, &count, &err));
    assert_int_equal(count, 1);
    return rows[0];
}

/* What the live loop does, until all is delivered. Returns the row. */
static inline struct store_output deliver(struct case_of *at, unsigned seconds)
{
    for (unsigned turn = 0; turn < seconds * 100; turn++) {
        (void)outputs_feeder.feed(at->outputs, NULL, service_now_us());
        struct store_output row = row_of(at);
        if (row.position >= at->number && str_equal(row.state, STR("idle")))
            return row;
        usleep(10000);
    }
    struct store_output row = row_of(at);
    fail_msg("%llu of %llu delivered, %.*s: %.*s", (unsigned long long)row.position, (unsigned long long)at->number,
             STR_ARG(row.state), STR_ARG(row.error));
    return row;
}

static inline void wait_for_state(struct case_of *at, const char *state)
{
    for (unsigned turn = 0; turn < 1000; turn++) {
        (void)outputs_feeder.feed(at->outputs, NULL, service_now_us());
        if (str_equal(row_of(at).state, str_of(state)))
            return;
        usleep(10000);
    }
    fail_msg("never %s", state);
}

static inline void set_brokers(struct case_of *at, bool up)
{
    for (int32_t id = 1; id <= 3; id++)
        (void)(up ? rd_kafka_mock_broker_set_up(at->cluster, id) : rd_kafka_mock_broker_set_down(at->cluster, id));
}

static inline void set_rtt(struct case_of *at, int ms)
{
    for (int32_t id = 1; id <= 3; id++)
        rd_kafka_mock_broker_set_rtt(at->cluster, id, ms);
}

static inline uint64_t number_header(const rd_kafka_message_t *message, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    uint64_t number = 0;
    if (rd_kafka_message_headers(message, &headers) == 0 && rd_kafka_header_get_last(headers, name, &value, &size) == 0)
        assert_true(str_to_u64(str_from(value, size), &number));
    return number;
}

static inline struct str text_header(const rd_kafka_message_t *message, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(message, &headers) == 0 && rd_kafka_header_get_last(headers, name, &value, &size) == 0)
        return str_from(value, size);
    return STR_ABSENT;
}

/* What winnow-agent says besides the agent. */
static inline struct str text_word(const rd_kafka_message_t *message, const char *name)
{
    struct str rest = text_header(message, "winnow-agent");
    while (rest.data != NULL) {
        struct str value = str_cut(&rest, ' '), found = str_cut(&value, '=');
        if (str_equal(found, str_of(name)))
            return value;
    }
    return STR_ABSENT;
}

static inline void take_message(struct case_of *at, const rd_kafka_message_t *message)
{
    assert_true(at->count < MESSAGES_MAX);
    struct message *to = &at->messages[at->count++];
    uint64_t file = 0;
    assert_true(str_to_u64(text_word(message, "file"), &file));
    *to = (struct message){
        .partition = message->partition,
        .sequence = number_header(message, "winnow-sequence"),
        .file = file,
        .offset = number_header(message, "winnow-offset"),
        .pending = str_find(text_word(message, "flags"), STR("pending")) != STR_NONE,
        .key = arena_str(&at->arena, str_from(message->key, message->key_len)),
        .value = arena_str(&at->arena, str_from(message->payload, message->len)),
    };
    struct str part = text_word(message, "part");
    if (part.data != NULL)
        assert_int_equal(sscanf(arena_str(&at->arena, part).data, "%u/%u", &to->part, &to->parts), 2);
}

/* All that the topic holds, of what is committed. */
static inline void consume(struct case_of *at)
{
    rd_kafka_t *consumer = make_client(
        RD_KAFKA_CONSUMER,
        (const char *const[]){"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(at->cluster), "group.id", "test",
                              "enable.partition.eof", "true", "auto.offset.reset", "earliest", "log_level", "0", NULL});
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int32_t i = 0; i < PARTITIONS; i++)
        rd_kafka_topic_partition_list_add(all, "logs", i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(rd_kafka_assign(consumer, all), 0);
    rd_kafka_topic_partition_list_destroy(all);
    at->count = 0;
    for (int ends = 0, idle = 0; ends < PARTITIONS && idle < 100; idle++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);
        if (message == NULL)
            continue;
        idle = 0;
        ends += message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (message->err == 0)
            take_message(at, message);
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

/* After dropping, within a partition, what is not above the highest sequence so far, each line is there exactly once. Returns how many
 * were dropped. */
static inline size_t judge(struct case_of *at)
{
    uint64_t highest[PARTITIONS] = {0};
    size_t repeated = 0;
    bool *seen = calloc(at->number + 1, sizeof *seen);
    for (size_t i = 0; i < at->count; i++) {
        const struct message *message = &at->messages[i];
        assert_true(message->sequence >= 1 && message->sequence <= at->number);
        const char *line = at->lines[message->sequence];
        assert_non_null(line);
        assert_true(str_equal(message->value, str_of(line)));
        if (message->sequence <= highest[message->partition]) {
            repeated++;
            continue;
        }
        highest[message->partition] = message->sequence;
        assert_false(seen[message->sequence]);
        seen[message->sequence] = true;
    }
    for (uint64_t number = 1; number <= at->number; number++) {
        if (at->lines[number] != NULL && !seen[number])
            fail_msg("record %llu did not arrive", (unsigned long long)number);
    }
    free(seen);
    return repeated;
}

#define OUTPUT_TEST(test) cmocka_unit_test_setup_teardown(test, enter, leave)

#endif
