/* outputs: whatever a cluster does to them, every record arrives, in order once repeated ones are dropped; the cluster is librdkafka's mock. */
#include "ingest/outputs.h"

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

static void complain(void *context, const struct err *err)
{
    (void)context;
    fail_msg("%s", err->text);
}

static rd_kafka_t *make_client(rd_kafka_type_t type, const char *const *settings)
{
    char text[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (; *settings != NULL; settings += 2)
        assert_int_equal(rd_kafka_conf_set(conf, settings[0], settings[1], text, sizeof text), RD_KAFKA_CONF_OK);
    rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof text);
    assert_non_null(client);
    return client;
}

static int enter(void **state)
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

static int leave(void **state)
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

/* Starts what is configured so, in place of what was before. */
static void configure(struct case_of *at, const char *output)
{
    struct err err;
    char path[320], text[2048];
    (void)snprintf(path, sizeof path, "%s/x.yaml", at->store_case->folder);
    (void)snprintf(text, sizeof text, "outputs: [{kafka: {name: o, brokers: '%s', topic: logs, %s}}]",
                   rd_kafka_mock_cluster_bootstraps(at->cluster), output);
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

static void put_one(struct case_of *at, const char *line, uint8_t flags)
{
    at->offset = put_hot(at->store, at->batch, 1, "/a", at->offset, line, flags);
    at->number++;
    assert_true(at->number <= LINES_MAX);
    if (at->outputs != NULL)
        outputs_wake(at->outputs);
}

static void put_lines(struct case_of *at, unsigned count, const char *word)
{
    for (unsigned i = 0; i < count; i++) {
        char line[200];
        (void)snprintf(line, sizeof line, "{\"request_id\":\"r%u\",\"message\":\"%s %llu\"}", i % 7, word,
                       (unsigned long long)at->number + 1);
        put_one(at, line, 0);
        at->lines[at->number] = strdup(line);
    }
}

static struct store_output row_of(struct case_of *at)
{
    struct err err;
    struct store_output *rows;
    size_t count;
    assert_true(store_outputs(at->store, &at->arena, &rows, &count, &err));
    assert_int_equal(count, 1);
    return rows[0];
}

/* What the live loop does, until all is delivered. Returns the row. */
static struct store_output deliver(struct case_of *at, unsigned seconds)
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

static uint64_t number_header(const rd_kafka_message_t *message, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    uint64_t number = 0;
    if (rd_kafka_message_headers(message, &headers) == 0 && rd_kafka_header_get_last(headers, name, &value, &size) == 0)
        assert_true(str_to_u64(str_from(value, size), &number));
    return number;
}

static struct str text_header(const rd_kafka_message_t *message, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(message, &headers) == 0 && rd_kafka_header_get_last(headers, name, &value, &size) == 0)
        return str_from(value, size);
    return STR_ABSENT;
}

static void take_message(struct case_of *at, const rd_kafka_message_t *message)
{
    assert_true(at->count < MESSAGES_MAX);
    struct message *to = &at->messages[at->count++];
    *to = (struct message){
        .partition = message->partition,
        .sequence = number_header(message, "winnow-sequence"),
        .file = number_header(message, "winnow-file"),
        .offset = number_header(message, "winnow-offset"),
        .pending = str_find(text_header(message, "winnow-flags"), STR("pending")) != STR_NONE,
        .key = arena_str(&at->arena, str_from(message->key, message->key_len)),
        .value = arena_str(&at->arena, str_from(message->payload, message->len)),
    };
    struct str part = text_header(message, "winnow-part");
    if (part.data != NULL)
        assert_int_equal(sscanf(arena_str(&at->arena, part).data, "%u/%u", &to->part, &to->parts), 2);
}

/* All that the topic holds, of what is committed. */
static void consume(struct case_of *at)
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
static size_t judge(struct case_of *at)
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

/* ---- Tests ------------------------------------------------------------------------------------------------------------------ */

static void all_arrives_once(void **state)
{
    struct case_of *at = *state;
    put_lines(at, 300, "before");
    configure(at, "value: raw, key: request_id");
    put_lines(at, 300, "while");
    struct store_output row = deliver(at, 10);
    assert_true(row.delivered == 600 && row.missed == 0 && row.active);
    consume(at);
    assert_int_equal(at->count, 600);
    assert_int_equal(judge(at), 0);
    for (size_t i = 0; i < at->count; i++) { /* a key has one partition, and its own records */
        const struct message *message = &at->messages[i];
        SCOPED(buf) id = BUF(64);
        buf_printf(&id, "\"request_id\":\"%.*s\"", STR_ARG(message->key));
        assert_true(str_find(message->value, buf_str(&id)) != STR_NONE);
        for (size_t j = i + 1; j < at->count && j < i + 20; j++)
            assert_true(!str_equal(message->key, at->messages[j].key) ||
                        message->partition == at->messages[j].partition);
    }
}

/* Every error that a broker may answer with: nothing is lost or overtaken, and it ends delivered. */
static void errors_of_brokers(void **state)
{
    static const struct {
        rd_kafka_resp_err_t code;
        int times;
    } cases[] = {
        {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 3},
        {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 3},
        {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, 2},
        {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, 2},
        {RD_KAFKA_RESP_ERR__TRANSPORT, 2},
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 2},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1},
        {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, 1},
        {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, 2},
        {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, 1},
        {RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, 1},
        {RD_KAFKA_RESP_ERR_INVALID_MSG, 1},
        {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1},
        {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, 2},
        {RD_KAFKA_RESP_ERR_UNKNOWN, 1},
    };
    struct case_of *at = *state;
    configure(at, "value: raw, key: request_id");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int n = 0; n < cases[i].times; n++)
            rd_kafka_mock_push_request_errors(at->cluster, PRODUCE, 1, cases[i].code);
        put_lines(at, 60, rd_kafka_err2name(cases[i].code));
        (void)deliver(at, 30);
        rd_kafka_mock_clear_request_errors(at->cluster, PRODUCE);
    }
    consume(at);
    (void)judge(at);
}

static void wait_for_state(struct case_of *at, const char *state)
{
    for (unsigned turn = 0; turn < 1000; turn++) {
        (void)outputs_feeder.feed(at->outputs, NULL, service_now_us());
        if (str_equal(row_of(at).state, str_of(state)))
            return;
        usleep(10000);
    }
    fail_msg("never %s", state);
}

static void brokers_away(void **state)
{
    struct case_of *at = *state;
    for (int32_t id = 1; id <= 3; id++)
        rd_kafka_mock_broker_set_down(at->cluster, id);
    configure(at, "value: raw, key: request_id"); /* down at the start */
    put_lines(at, 50, "down");
    wait_for_state(at, "waiting");
    assert_true(row_of(at).error.size > 0 && row_of(at).position == 0);
    for (int32_t id = 1; id <= 3; id++)
        rd_kafka_mock_broker_set_up(at->cluster, id);
    (void)deliver(at, 30);
    rd_kafka_mock_broker_set_down(at->cluster, 1); /* in the middle, with its leaderships */
    put_lines(at, 50, "middle");
    rd_kafka_mock_broker_set_rtt(at->cluster, 2, 200);
    for (int32_t partition = 0; partition < PARTITIONS; partition++)
        rd_kafka_mock_partition_set_leader(at->cluster, "logs", partition, partition == 0 ? 2 : 3);
    put_lines(at, 50, "moved");
    rd_kafka_mock_broker_set_up(at->cluster, 1);
    rd_kafka_mock_broker_set_rtt(at->cluster, 2, 0);
    (void)deliver(at, 30);
    consume(at);
    (void)judge(at);
}

static void blocked_until_somebody_acts(void **state)
{
    struct case_of *at = *state;
    rd_kafka_mock_topic_set_error(at->cluster, "logs", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    configure(at, "value: raw");
    put_lines(at, 20, "refused");
    wait_for_state(at, "blocked");
    assert_true(str_find(row_of(at).error, STR("uthorization")) != STR_NONE);
    rd_kafka_mock_topic_set_error(at->cluster, "logs", RD_KAFKA_RESP_ERR_NO_ERROR);
    (void)deliver(at, 30);
    consume(at);
    assert_int_equal(judge(at), 0);
}

/* The output goes on where the row says, also under another configuration; what is not wanted is passed. */
static void goes_on(void **state)
{
    struct case_of *at = *state;
    configure(at, "value: raw");
    put_lines(at, 40, "first");
    (void)deliver(at, 10);
    configure(at, "value: raw, filter: [message~second]");
    for (unsigned turn = 0; turn < 50; turn++) {
        (void)outputs_feeder.feed(at->outputs, NULL, service_now_us());
        usleep(10000);
    }
    put_lines(at, 40, "third");
    for (uint64_t number = 41; number <= 80; number++) {
        free(at->lines[number]);
        at->lines[number] = NULL;
    }
    put_lines(at, 40, "second");
    struct store_output row = deliver(at, 10);
    assert_true(row.delivered == 80);
    consume(at);
    assert_int_equal(judge(at), 0);
    assert_int_equal(at->count, 80);
}

/* A record larger than a message comes in parts, in order, with one key. */
static void parts(void **state)
{
    struct case_of *at = *state;
    static char line[300001];
    for (size_t i = 0; i + 1 < sizeof line; i++)
        line[i] = (char)('a' + i * i % 23);
    configure(at, "value: raw, properties: {message.max.bytes: 20000}");
    put_one(at, line, 0);
    (void)deliver(at, 10);
    consume(at);
    assert_true(at->count >= 300000 / 20000);
    SCOPED(buf) whole = BUF(1 << 20);
    for (size_t i = 0; i < at->count; i++) {
        assert_int_equal(at->messages[i].part, i + 1);
        assert_int_equal(at->messages[i].parts, at->count);
        assert_true(at->messages[i].partition == at->messages[0].partition && at->messages[i].sequence == 1);
        buf_add_str(&whole, at->messages[i].value);
    }
    assert_true(str_equal(buf_str(&whole), str_of(line)));
}

/* A pending record is sent once it is quiet, once; its final form only when it differs, with the same key. */
static void pending(void **state)
{
    struct case_of *at = *state;
    configure(at, "value: raw, key: request_id");
    put_one(at, "{\"request_id\":\"x\"}", RECORD_TAIL);
    put_one(at, "{\"request_id\":\"x\"}", RECORD_TAIL);
    for (unsigned turn = 0; turn < 500 && row_of(at).delivered == 0; turn++) {
        (void)outputs_feeder.feed(at->outputs, NULL, service_now_us());
        usleep(10000);
    }
    consume(at);
    assert_int_equal(at->count, 1);
    assert_true(at->messages[0].pending && at->messages[0].sequence == 2);
    outputs_free(at->outputs); /* a restart does not repeat it */
    at->outputs = NULL;
    configure(at, "value: raw, key: request_id");
    put_one(at, "{\"request_id\":\"x\"}", 0);
    put_one(at, "{\"request_id\":\"y\"}", RECORD_TAIL);
    for (unsigned turn = 0; turn < 500 && row_of(at).delivered == 1; turn++) {
        (void)outputs_feeder.feed(at->outputs, NULL, service_now_us());
        usleep(10000);
    }
    put_one(at, "{\"request_id\":\"y\"} and more", 0);
    (void)deliver(at, 10);
    consume(at);
    assert_int_equal(at->count, 3);
    size_t finals = 0;
    for (size_t i = 0; i < at->count; i++) {
        if (at->messages[i].pending)
            continue;
        finals++;
        assert_true(str_equal(at->messages[i].key, STR("y")) && at->messages[i].sequence == 5);
    }
    assert_int_equal(finals, 1);
}

static void transactions(void **state)
{
    struct case_of *at = *state;
    configure(at, "value: raw, key: request_id, transactional: true");
    put_lines(at, 200, "first");
    (void)deliver(at, 20);
    rd_kafka_mock_push_request_errors(at->cluster, END_TXN, 2, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                      RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS);
    put_lines(at, 200, "second");
    (void)deliver(at, 20);
    outputs_free(at->outputs);
    at->outputs = NULL;
    configure(at, "value: raw, key: request_id, transactional: true");
    put_lines(at, 10, "third");
    (void)deliver(at, 20);
    consume(at);
    assert_int_equal(judge(at), 0);
    assert_int_equal(at->count, 410);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_arrives_once, enter, leave),
        cmocka_unit_test_setup_teardown(errors_of_brokers, enter, leave),
        cmocka_unit_test_setup_teardown(brokers_away, enter, leave),
        cmocka_unit_test_setup_teardown(blocked_until_somebody_acts, enter, leave),
        cmocka_unit_test_setup_teardown(goes_on, enter, leave),
        cmocka_unit_test_setup_teardown(parts, enter, leave),
        cmocka_unit_test_setup_teardown(pending, enter, leave),
        cmocka_unit_test_setup_teardown(transactions, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
