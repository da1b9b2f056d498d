/* source_kafka against librdkafka's own cluster: each message once, though it is killed at its commits, though brokers go, though
 * partitions move to another consumer and back; what is gone is a gap. */
#include "ingest/source_kafka.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <unistd.h>

#include "ingest/service.h"
#include "tests/unit/kafka_case.h"

enum { PARTITIONS = 4, WAIT_S = 30 };
#define AGENT "0123456789abcdef0123456789abcdef/fleet"

/* ---- Brokers ------------------------------------------------------------------------------------------------------------------ */

static rd_kafka_t *host, *producer;
static rd_kafka_mock_cluster_t *cluster;
static unsigned topics;
static char topic[32];

static int begin(void **state)
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

static int end(void **state)
{
    rd_kafka_destroy(producer);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    return scratch_leave(state);
}

/* Each test has a topic, and a group, of its own. */
static int begin_topic(void **state)
{
    (void)state;
    snprintf(topic, sizeof topic, "logs%u", ++topics);
    return rd_kafka_mock_topic_create(cluster, topic, PARTITIONS, 1);
}

static int end_topic(void **state)
{
    (void)state;
    (void)remove("a.db");
    (void)remove("b.db");
    return 0;
}

static void produce(int32_t partition, const struct message_head *head, struct str value)
{
    struct arena arena = {0};
    struct message_header headers[MESSAGE_HEADERS_MAX];
    rd_kafka_headers_t *list = rd_kafka_headers_new(MESSAGE_HEADERS_MAX);
    size_t count = head != NULL ? message_head_print(head, &arena, headers) : 0;
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

static void delivered(void)
{
    must(rd_kafka_flush(producer, 30000) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* Lines from..to-1 over all partitions. */
static void produce_lines(unsigned from, unsigned to)
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

static void start(struct process *process, const char *path, uint64_t commits_max)
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

static void stop(struct process *process)
{
    source_kafka_free(process->source);
    kafka_case_end(&process->c);
}

static uint64_t records(const struct process *process)
{
    struct err err;
    struct store_summary summary;
    assert_true(store_summary(process->c.store, &summary, &err));
    return summary.records;
}

/* A turn of the live loop. */
static void turn(struct process *process)
{
    struct pollfd fd = {.fd = source_kafka_feeder.descriptor(process->source), .events = POLLIN};
    (void)poll(&fd, 1, 20);
    if (source_kafka_feeder.feed(process->source, &process->c.frame, service_now_us()) != FEED_OVER)
        (void)frame_flush(&process->c.frame);
}

/* Until the process has so many records, or is killed. */
static void read_until(struct process *process, uint64_t count)
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
static void check_lines(struct process *const *processes, size_t process_count, unsigned count)
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

/* ---- Tests ------------------------------------------------------------------------------------------------------------------------ */

static void once_though_killed(void **state)
{
    (void)state;
    struct process process;
    produce_lines(0, 400);
    for (uint64_t commits = 1; commits <= 3; commits++) {
        start(&process, "a.db", commits);
        if (commits == 2)
            produce_lines(400, 600);
        read_until(&process, 600);
        stop(&process);
    }
    produce_lines(600, 700);
    start(&process, "a.db", 0);
    read_until(&process, 700);
    for (unsigned i = 0; i < 20; i++)
        turn(&process);
    struct process *all[] = {&process};
    check_lines(all, 1, 700);
    stop(&process);
}

static void brokers_go_and_come(void **state)
{
    (void)state;
    struct process process;
    produce_lines(0, 100);
    start(&process, "a.db", 0);
    read_until(&process, 100);
    must(rd_kafka_mock_broker_set_down(cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    for (unsigned i = 0; i < 60; i++)
        turn(&process);
    assert_int_not_equal(process.c.told, 0); /* but not each time */
    assert_true(process.c.told < 10);
    must(rd_kafka_mock_broker_set_up(cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    produce_lines(100, 200);
    read_until(&process, 200);
    struct process *all[] = {&process};
    check_lines(all, 1, 200);
    stop(&process);
}

static bool is_everywhere(struct process *a, struct process *b, unsigned count)
{
    bool *found = mem_alloc(count * sizeof *found);
    struct process *all[] = {a, b};
    unsigned missing = count;
    for (size_t i = 0; i < 2; i++) {
        SCOPED(buf) dump = BUF(16 << 20);
        kafka_case_dump(&all[i]->c, &dump);
        for (struct str rest = buf_str(&dump); rest.size > 0;) {
            struct str line = str_cut(&rest, '\n');
            uint64_t number;
            assert_true(str_to_u64(str_slice(line, line.size - 6, line.size), &number) && number < count);
            missing -= !found[number];
            found[number] = true;
        }
    }
    free(found);
    return missing == 0;
}

/* Two share the partitions, then one leaves. The cluster lets a session end where brokers let its partitions move in order, and forgets
 * offsets with it, so that one may begin with what the other has; no store has a line twice, and none is lost. */
static void partitions_move(void **state)
{
    (void)state;
    struct process a, b;
    produce_lines(0, 200);
    start(&a, "a.db", 0);
    read_until(&a, 200);
    start(&b, "b.db", 0);
    unsigned produced = 200;
    int64_t until_us = service_now_us() + WAIT_S * TIME_SECOND;
    while (records(&b) < 50 && service_now_us() < until_us) {
        produce_lines(produced, produced + 8);
        produced += 8;
        for (unsigned i = 0; i < 4; i++) {
            turn(&a);
            turn(&b);
        }
    }
    assert_true(records(&b) >= 50);
    source_kafka_free(a.source);
    a.source = NULL;
    produce_lines(produced, produced + 100);
    produced += 100;
    until_us = service_now_us() + WAIT_S * TIME_SECOND;
    while (!is_everywhere(&a, &b, produced) && service_now_us() < until_us)
        for (unsigned i = 0; i < 10; i++)
            turn(&b);
    struct process *all[] = {&a, &b};
    check_lines(all, 2, produced);
    stop(&a);
    stop(&b);
}

static void agents_and_values(void **state)
{
    (void)state;
    struct process process;
    char *large = mem_alloc(900000);
    memset(large, 'x', 900000);
    struct message_head head = {.agent = STR(AGENT),
                                .source = STR("/var/log/app.log"),
                                .file = 1,
                                .offset = 100,
                                .sequence = 1,
                                .time_us = 1700000000000005,
                                .flags = RECORD_TAIL};
    struct message_head damaged = head;
    produce(0, &head, STR("pending"));
    head.sequence = 2;
    head.flags = 0;
    produce(0, &head, STR("pending no more"));
    produce(0, &head, STR("pending no more")); /* the agent is not sure */
    head.sequence = 3;
    head.offset = 200;
    produce(0, &head, STR("\xff\xfe"));
    damaged.file = MESSAGE_NUMBER_MAX + 1;
    produce(1, &damaged, STR("of no file"));
    produce(2, NULL, STR_ABSENT);
    produce(2, NULL, STR(""));
    produce(3, NULL, str_from(large, 900000));
    delivered();
    start(&process, "a.db", 0);
    read_until(&process, 5);
    struct buf dump = BUF(2 << 20);
    kafka_case_dump(&process.c, &dump);
    char expected[256];
    int size = snprintf(expected, sizeof expected,
                        "/var/log/app.log 00000100 1700000000000005 pending no more\n"
                        "/var/log/app.log 00000200 1700000000000005 \xff\xfe\n"
                        "kafka://%s/1 00000000 1700000000000000 of no file\n"
                        "kafka://%s/2 00000000 1700000000000000 \nkafka://%s/3 00000000 1700000000000000 xxx",
                        topic, topic, topic);
    assert_true(str_starts(buf_str(&dump), str_from(expected, (size_t)size)));
    struct kafka_counts counts = source_kafka_counts(process.source);
    assert_int_equal(counts.known, 1);
    assert_int_equal(counts.damaged, 1);
    assert_int_equal(counts.tombstones, 1);
    buf_release(&dump);
    free(large);
    stop(&process);
}

/* The topic was made anew: the store's place is behind its end. */
static void place_gone(void **state)
{
    (void)state;
    struct process process;
    produce_lines(0, 80);
    start(&process, "a.db", 0);
    read_until(&process, 80);
    stop(&process);
    snprintf(topic, sizeof topic, "logs%u", ++topics);
    must(rd_kafka_mock_topic_create(cluster, topic, PARTITIONS, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    produce_lines(80, 120);
    start(&process, "a.db", 0);
    struct err err;
    for (int32_t i = 0; i < PARTITIONS; i++) { /* as the store of one that has read more than there is now */
        struct kafka_intake_settings settings = {.catalog = &process.c.catalog, .tell = kafka_case_tell};
        struct kafka_intake *intake = kafka_intake_new(&settings);
        struct kafka_partition *partition = kafka_intake_partition(intake, NULL, topic, i, &err);
        kafka_partition_set_next(partition, 1000);
        assert_true(kafka_intake_give(intake, &process.c.frame));
        kafka_intake_free(intake);
    }
    assert_true(frame_flush(&process.c.frame));
    read_until(&process, 120);
    struct process *all[] = {&process};
    check_lines(all, 1, 120);
    struct arena arena = {0};
    struct store_source *sources;
    size_t count;
    uint64_t gaps = 0;
    assert_true(store_sources(process.c.store, &arena, &sources, &count, &err));
    for (size_t i = 0; i < count; i++)
        gaps += sources[i].gaps;
    assert_int_equal(gaps, PARTITIONS);
    arena_release(&arena);
    stop(&process);
}

/* To the end there is now, and again only what is new. */
static void bounded(void **state)
{
    (void)state;
    struct err err = {0};
    for (unsigned round = 1; round <= 3; round++) {
        struct process process = {0};
        if (round < 3)
            produce_lines((round - 1) * 300, round * 300);
        kafka_case_begin(&process.c, "a.db", &frame_limits_default);
        const char *names[] = {topic};
        process.config = (struct config_kafka){.brokers = rd_kafka_mock_cluster_bootstraps(cluster),
                                               .topics = {.items = names, .count = 1}};
        struct source_kafka_ask ask = {.kafka = &process.config,
                                       .catalog = &process.c.catalog,
                                       .store = process.c.store,
                                       .tell = kafka_case_tell,
                                       .context = &process.c,
                                       .bounded = true};
        process.source = source_kafka_new(&ask, &err);
        assert_non_null(process.source);
        if (!source_kafka_find(process.source, &process.c.frame, &err))
            fail_msg("%s", err.text);
        enum feed feed;
        while ((feed = source_kafka_read(process.source, &process.c.frame, &err)) == FEED_MORE)
            continue;
        assert_int_equal(feed, FEED_IDLE);
        assert_true(frame_flush(&process.c.frame));
        assert_int_equal(source_kafka_counts(process.source).messages, round < 3 ? 300 : 0);
        struct process *all[] = {&process};
        check_lines(all, 1, round < 3 ? round * 300 : 600);
        stop(&process);
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin_topic, end_topic)
    const struct CMUnitTest tests[] = {
        TEST(once_though_killed), TEST(brokers_go_and_come), TEST(partitions_move),
        TEST(agents_and_values),  TEST(place_gone),          TEST(bounded),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
