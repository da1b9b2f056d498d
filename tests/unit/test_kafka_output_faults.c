/* outputs: whatever a cluster does to them, every record arrives, in order once repeated ones are dropped. */
#include "kafka_output_case.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {OUTPUT_TEST(errors_of_brokers), OUTPUT_TEST(brokers_away),
                                       OUTPUT_TEST(waits_without_a_processor),
                                       OUTPUT_TEST(blocked_until_somebody_acts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
