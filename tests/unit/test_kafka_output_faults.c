/* outputs: whatever a cluster does to them, every record arrives, in order once repeated ones are dropped. */
#include "kafka_output_case.h"

#include "ingest/kafka_reason.h"

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

static void brokers_away(void **state)
{
    struct case_of *at = *state;
    set_brokers(at, false);
    configure(at, "value: raw, key: request_id"); /* down at the start */
    put_lines(at, 50, "down");
    wait_for_state(at, "waiting");
    assert_true(row_of(at).error.size > 0 && row_of(at).position == 0);
    set_brokers(at, true);
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

static int64_t processor_us(void)
{
    struct timespec spent;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent), 0);
    return (int64_t)spent.tv_sec * TIME_SECOND + spent.tv_nsec / 1000;
}

/* As much as may be is under way, and the brokers are away: the output sleeps. */
static void waits_without_a_processor(void **state)
{
    static char line[100 << 10];
    struct case_of *at = *state;
    configure(at, "value: raw, key: request_id");
    put_lines(at, 10, "before");
    (void)deliver(at, 30);
    for (int32_t id = 1; id <= 3; id++)
        rd_kafka_mock_broker_set_down(at->cluster, id);
    for (unsigned i = 0; i < 100; i++) {
        (void)snprintf(line, sizeof line, "{\"request_id\":\"r%u\",\"message\":\"%0*d\"}", i, (int)sizeof line - 100,
                       0);
        put_one(at, line, 0);
        at->lines[at->number] = strdup(line);
    }
    usleep(1500000); /* pending records are looked for half a second after a commit */
    int64_t before_us = processor_us();
    usleep(1000000);
    assert_true(processor_us() - before_us < 250000);
    for (int32_t id = 1; id <= 3; id++)
        rd_kafka_mock_broker_set_up(at->cluster, id);
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

static size_t count_aheads(struct case_of *at)
{
    struct err err;
    struct store_ahead *aheads;
    size_t count;
    assert_true(store_output_aheads(at->store, STR("o"), &at->arena, &aheads, &count, &err));
    return count;
}

/* A pending record had no key yet. Until its final form is acknowledged the store knows that it was sent, whatever happens: that
 * goes where the pending one went. */
static void final_record_is_not_acknowledged(void **state)
{
    struct case_of *at = *state;
    configure(at, "value: raw, key: request_id");
    put_one(at, "{\"request_id\":", RECORD_TAIL);
    for (unsigned turn = 0; turn < 10 && count_aheads(at) == 0; turn++)
        feed_for(at, 1000);
    assert_int_equal(count_aheads(at), 1);
    rd_kafka_mock_push_request_errors(at->cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    set_rtt(at, 2000);
    put_one(at, "{\"request_id\":\"r3\"}", 0);
    feed_for(at, 1200); /* it is under way */
    assert_true(row_of(at).position < at->number && count_aheads(at) == 1);
    wait_for_state(at, "blocked"); /* refused, and read again */
    assert_int_equal(count_aheads(at), 1);
    set_rtt(at, 0);
    (void)deliver(at, 30);
    assert_int_equal(count_aheads(at), 0);
    consume(at);
    assert_true(at->count == 2 && at->messages[0].pending && at->messages[1].sequence == at->number);
    assert_true(at->messages[0].key.size == 0 && at->messages[1].key.size == 0);
    assert_int_equal(at->messages[0].partition, at->messages[1].partition);
}

/* One that is taken out of the configuration and comes back before it has ended runs on. */
static void put_back_while_it_stops(void **state)
{
    struct case_of *at = *state;
    configure(at, "value: raw");
    put_lines(at, 5, "before");
    (void)deliver(at, 30);
    set_rtt(at, 2000);
    put_lines(at, 5, "under way");
    feed_for(at, 300);
    configure_text(at, "sources: [{file: /nowhere}]");
    feed_for(at, 100);
    assert_true(row_of(at).active);
    configure(at, "value: raw");
    set_rtt(at, 0);
    feed_for(at, 3000); /* it has ended by now */
    put_lines(at, 5, "after");
    struct store_output row = deliver(at, 30);
    assert_true(row.active && row.delivered >= 15);
    consume(at);
    (void)judge(at);
}

/* As many as there may be, of these names. */
static void configure_many(struct case_of *at, char name)
{
    SCOPED(buf) text = BUF(64 << 10);
    buf_add_text(&text, "outputs:\n");
    for (unsigned i = 0; i < CONFIG_OUTPUTS_MAX; i++)
        buf_printf(&text, "- kafka: {name: %c%u, brokers: '%s', topic: logs}\n", name, i,
                   rd_kafka_mock_cluster_bootstraps(at->cluster));
    buf_add_char(&text, '\0');
    configure_text(at, text.data);
}

/* Active rows, and of them those of this name. */
static void count_active(struct case_of *at, char name, size_t *ret_active, size_t *ret_named)
{
    SCOPED(arena) arena = {0};
    struct err err;
    struct store_output *rows;
    size_t count;
    assert_true(store_outputs(at->store, &arena, &rows, &count, &err));
    *ret_active = *ret_named = 0;
    for (size_t i = 0; i < count; i++) {
        *ret_active += rows[i].active;
        *ret_named += rows[i].active && rows[i].name.data[0] == name;
    }
}

/* Others take the place of all, and others theirs, while none has ended: brokers that are away keep each for a second. */
static void all_are_renamed_twice(void **state)
{
    struct case_of *at = *state;
    set_brokers(at, false);
    size_t active = 0, named = 0;
    for (char name = 'a'; name <= 'd'; name++)
        configure_many(at, name);
    for (unsigned turn = 0; turn < 300 && !(named == CONFIG_OUTPUTS_MAX && active == named); turn++) {
        feed_for(at, 100);
        count_active(at, 'd', &active, &named);
    }
    assert_int_equal(named, CONFIG_OUTPUTS_MAX);
    assert_int_equal(active, CONFIG_OUTPUTS_MAX);
}

/* An output whose row cannot be written when it is configured starts when it can be. */
static void a_start_that_fails_is_tried_again(void **state)
{
    struct case_of *at = *state;
    put_lines(at, 5, "waiting");
    configure(at, "value: raw");
    (void)deliver(at, 30);
    outputs_free(at->outputs);
    at->outputs = outputs_new(at->store, at->table);
    struct store_output row = row_of(at);
    run_sql(at->store, "UPDATE output_state SET missed = -1");
    struct err err;
    assert_false(outputs_configure(at->outputs, at->config, &err));
    run_sql(at->store, "UPDATE output_state SET missed = 0");
    put_lines(at, 5, "then");
    assert_true(deliver(at, 30).position > row.position);
    consume(at);
    assert_int_equal(judge(at), 0);
}

static void reasons_are_for_people(void **state)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"h1:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT, 72 "
         "identical error(s) suppressed)",
         "no broker answers at h1:9092: Connection refused"},
        {"ssl://h1:9093/2: SSL handshake failed: Disconnected (after 3ms in state SSL_HANDSHAKE)",
         "SSL handshake failed: Disconnected, at h1:9093"},
        {"h1:9092/1: Disconnected (connecting to a SSL listener?) (after 5ms in state APIVERSION_QUERY)",
         "Disconnected (connecting to a SSL listener?), at h1:9092"},
        {"3/3 brokers are down", "3/3 brokers are down"},
        {"Broker: Topic authorization failed", "Broker: Topic authorization failed"},
        {"/: x", "/: x"},
        {"h:1/b: Connect to nowhere", "Connect to nowhere, at h:1"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err;
        kafka_reason(cases[i].text, &err);
        assert_string_equal(err.text, cases[i].reason);
    }
}

/* What passes by itself does not hide what does not, and is not told each time its text changes. */
static void blocked_stays_until_something_is_delivered(void **state)
{
    struct case_of *at = *state;
    rd_kafka_mock_topic_set_error(at->cluster, "logs", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    configure(at, "value: raw");
    put_lines(at, 3, "refused");
    wait_for_state(at, "blocked");
    set_brokers(at, false);
    for (int turn = 0; turn < 30; turn++) {
        feed_for(at, 100);
        assert_true(str_equal(row_of(at).state, STR("blocked")));
        assert_true(str_find(row_of(at).error, STR("uthorization")) != STR_NONE);
    }
    rd_kafka_mock_topic_set_error(at->cluster, "logs", RD_KAFKA_RESP_ERR_NO_ERROR);
    set_brokers(at, true);
    (void)deliver(at, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTPUT_TEST(errors_of_brokers),
        OUTPUT_TEST(brokers_away),
        OUTPUT_TEST(waits_without_a_processor),
        OUTPUT_TEST(blocked_until_somebody_acts),
        OUTPUT_TEST(blocked_stays_until_something_is_delivered),
        cmocka_unit_test(reasons_are_for_people),
        OUTPUT_TEST(final_record_is_not_acknowledged),
        OUTPUT_TEST(put_back_while_it_stops),
        OUTPUT_TEST(all_are_renamed_twice),
        OUTPUT_TEST(a_start_that_fails_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
