/* outputs: every record arrives once, in parts where it must, pending ones ahead; with transactions, too. */
#include "kafka_output_case.h"

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

static uint64_t prune_all(struct case_of *at)
{
    struct err err;
    struct prune_result result;
    struct prune_ask ask = {.before_us = T0 + TIME_DAY, .now_us = T0 + TIME_DAY, .outputs_ignored = true};
    while (settle_some(at->store, 1 << 20))
        continue;
    if (!store_prune(at->store, &ask, &result, &err))
        fail_msg("%s", err.text);
    return result.records;
}

static void forget_lines(struct case_of *at, uint64_t from, uint64_t to)
{
    for (uint64_t number = from; number <= to; number++) {
        free(at->lines[number]);
        at->lines[number] = NULL;
    }
}

/* What is let go before it is delivered is counted, when an output was there to miss it; nothing else is. */
static void pruned_before_it_was_sent(void **state)
{
    struct case_of *at = *state;
    put_lines(at, 10, "before there was an output");
    assert_int_equal(prune_all(at), 10);
    forget_lines(at, 1, 10);
    put_one(at, "pending", RECORD_TAIL); /* and replaced: a number that nobody has */
    put_lines(at, 1, "first");
    set_brokers(at, false);
    configure(at, "value: raw");
    wait_for_state(at, "waiting");
    assert_int_equal(row_of(at).position, 11);
    put_lines(at, 20, "missed");
    assert_int_equal(prune_all(at), 21);
    forget_lines(at, 12, 32);
    put_lines(at, 5, "second");
    set_brokers(at, true);
    assert_int_equal(deliver(at, 30).missed, 21);
    outputs_free(at->outputs); /* while it does not run */
    at->outputs = NULL;
    put_lines(at, 7, "missed");
    assert_int_equal(prune_all(at), 12); /* five of them were sent */
    forget_lines(at, 38, 44);
    put_lines(at, 5, "third");
    configure(at, "value: raw");
    assert_int_equal(deliver(at, 10).missed, 28);
    put_one(at, "pending", RECORD_TAIL);
    put_lines(at, 5, "fourth");
    assert_int_equal(deliver(at, 10).missed, 28);
    outputs_free(at->outputs);
    at->outputs = NULL;
    put_lines(at, 3, "missed, and nothing comes");
    forget_lines(at, at->number - 2, at->number);
    (void)prune_all(at);
    configure(at, "value: raw");
    assert_int_equal(deliver(at, 10).missed, 31);
    consume(at);
    (void)judge(at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTPUT_TEST(all_arrives_once), OUTPUT_TEST(goes_on),      OUTPUT_TEST(parts),
        OUTPUT_TEST(pending),          OUTPUT_TEST(transactions), OUTPUT_TEST(pruned_before_it_was_sent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
