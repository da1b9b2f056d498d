/* What tests of source_kafka share: librdkafka's own cluster, a topic of each test, and processes that consume. */
#ifndef WINNOW_TESTS_UNIT_KAFKA_SOURCE_CASE_H
#define WINNOW_TESTS_UNIT_KAFKA_SOURCE_CASE_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <unistd.h>

#include "ingest/service.h"
#include "ingest/source_kafka.h"
#include "tests/unit/kafka_case.h"

enum { PARTITIONS = 4, WAIT_S = 30 };
#define AGENT "0123456789abcdef0123456789abcdef/fleet"

/* ---- Brokers ------------------------------------------------------------------------------------------------------------------ */

static rd_kafka_t *host, *producer;
static rd_kafka_mock_cluster_t *cluster;
static unsigned topics;
static char topic[32];

static inline int begin(void **state)
{
    char text[512];
    host = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, text, sizeof text);
    cluster = rd_kafka_mock_cluster_new(host, 1);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    must(rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), text, sizeof text) ==
         RD_KAFKA_CONF_OK);
    must(rd_kafka_conf_set(conf, "linger.ms", "0", text, sizeof text) == RD_KAFKA_CONF_OK);
    producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    return scratch_enter(state);
}

static inline int end(void **state)
{
    rd_kafka_destroy(producer);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    return scratch_leave(state);
}

/* Each test has a topic, and a group, of its own. */
static inline int begin_topic(void **state)
{
    (void)state;
    snprintf(topic, sizeof topic, "logs%u", ++topics);
    return rd_kafka_mock_topic_create(cluster, topic, PARTITIONS, 1);
}

static inline int end_topic(void **state)
{
    (void)state;
    (void)remove("a.db");
    (void)remove("b.db");
    return 0;
}

static inline void produce(int32_t partition, const struct message_head *head, struct str value)
{
    struct arena arena = {0};
    struct message_header headers[MESSAGE_HEADERS];
    rd_kafka_headers_t *list = rd_kafka_headers_new(MESSAGE_HEADERS);
    size_t count = head != NULL ? MESSAGE_HEADERS : 0;
    if (head != NULL)
        message_head_print(head, message_agent_print(head, &arena), &arena, headers);
    for (size_t i = 0; i < count; i++)
        must(rd_kafka_header_add(list, headers[i].name.data, (ssize_t)headers[i].name.size, headers[i].value.data,
                                 (ssize_t)headers[i].value.size) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_resp_err_t result = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)value.data, value.size), RD_KAFKA_V_TIMESTAMP(1700000000000),
        RD_KAFKA_V_HEADERS(list), RD_KAFKA_V_END);
    must(result == RD_KAFKA_RESP_ERR_NO_ERROR);
    arena_release(&arena);
}

static inline void delivered(void)
{
    must(rd_kafka_flush(producer, 30000) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* Lines from..to-1 over all partitions. */
static inline void produce_lines(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char text[32];
        produce((int32_t)(i % PARTITIONS), NULL, str_from(text, (size_t)snprintf(text, sizeof text, "line %06u", i)));
    }
    delivered();
}

/* ---- A process that consumes ---------------------------------------------------------------------------------------------------- */

struct process {
    struct kafka_case c;
    struct config_kafka config;
    const char *topics[1];
    struct source_kafka *source;
};

/* The cluster waits for most of a session, or 3 s, whenever a group changes. */
static struct config_property quick[] = {{"session.timeout.ms", "4500", 0}, {"heartbeat.interval.ms", "200", 0}};

static inline void start(struct process *process, const char *path, uint64_t commits_max)
{
    struct err err = {0};
    kafka_case_begin(&process->c, path, &frame_limits_default);
    process->c.commits_max = commits_max;
    process->topics[0] = topic;
    process->config = (struct config_kafka){
        .brokers = rd_kafka_mock_cluster_bootstraps(cluster),
        .topics = {.items = process->topics, .count = 1},
        .group = topic,
        .properties = {.items = quick, .count = sizeof quick / sizeof *quick},
    };
    struct source_kafka_ask ask = {.kafka = &process->config,
                                   .catalog = &process->c.catalog,
                                   .store = process->c.store,
                                   .tell = kafka_case_tell,
                                   .context = &process->c};
    process->source = source_kafka_new(&ask, &err);
    if (process->source == NULL)
        fail_msg("%s", err.text);
}

static inline void stop(struct process *process)
{
    source_kafka_free(process->source);
    kafka_case_end(&process->c);
}

static inline uint64_t records(const struct process *process)
{
    struct err err;
    struct store_summary summary;
    assert_true(store_summary(process->c.store, &summary, &err));
    return summary.records;
}

/* A turn of the live loop. */
static inline void turn(struct process *process)
{
    struct pollfd fd = {.fd = source_kafka_feeder.descriptor(process->source), .events = POLLIN};
    (void)poll(&fd, 1, 20);
    if (source_kafka_feeder.feed(process->source, &process->c.frame, service_now_us()) != FEED_OVER)
        (void)frame_flush(&process->c.frame);
}

/* Until the process has so many records, or is killed. */
static inline void read_until(struct process *process, uint64_t count)
{
    int64_t until_us = service_now_us() + WAIT_S * TIME_SECOND;
    while (!kafka_case_killed(&process->c) && records(process) < count) {
        turn(process);
        if (service_now_us() > until_us)
            fail_msg("%llu records of %llu came; told last: %s", (unsigned long long)records(process),
                     (unsigned long long)count, process->c.text);
    }
}

/* The stores together hold lines 0..count-1, none of them one twice. */
static inline void check_lines(struct process *const *processes, size_t process_count, unsigned count)
{
    bool *found = mem_alloc(count * sizeof *found);
    for (size_t i = 0; i < process_count; i++) {
        SCOPED(buf) dump = BUF(16 << 20);
        bool *here = mem_alloc(count * sizeof *here);
        kafka_case_dump(&processes[i]->c, &dump);
        for (struct str rest = buf_str(&dump); rest.size > 0;) {
            struct str line = str_cut(&rest, '\n');
            size_t at = str_find_last(line, STR(" "));
            uint64_t number;
            assert_true(str_to_u64(str_slice(line, at + 1, line.size), &number) && number < count);
            if (here[number])
                fail_msg("line %u is in a store twice", (unsigned)number);
            here[number] = found[number] = true;
        }
        free(here);
    }
    for (unsigned i = 0; i < count; i++)
        if (!found[i])
            fail_msg("line %u is nowhere", i);
    free(found);
}

#define SOURCE_TEST(test) cmocka_unit_test_setup_teardown(test, begin_topic, end_topic)

#endif
