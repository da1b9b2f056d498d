/* source_kafka against librdkafka's own cluster: messages of all kinds become records; what is gone is a gap; a bounded read ends. */
#include "tests/unit/kafka_source_case.h"

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

/* A cluster that has a topic of the same name: nothing of it is taken for what the store has. */
static void another_cluster(void **state)
{
    (void)state;
    struct err err = {0};
    struct process process;
    produce_lines(0, 8);
    start(&process, "a.db", 0);
    read_until(&process, 8);
    source_kafka_free(process.source);
    rd_kafka_mock_cluster_t *other = rd_kafka_mock_cluster_new(host, 1);
    must(rd_kafka_mock_topic_create(other, topic, PARTITIONS, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    process.config.brokers = rd_kafka_mock_cluster_bootstraps(other);
    struct source_kafka_ask ask = {.kafka = &process.config,
                                   .catalog = &process.c.catalog,
                                   .store = process.c.store,
                                   .tell = kafka_case_tell,
                                   .context = &process.c,
                                   .bounded = true};
    process.source = source_kafka_new(&ask, &err);
    assert_non_null(process.source);
    assert_false(source_kafka_find(process.source, &process.c.frame, &err));
    assert_non_null(strstr(err.text, "another store"));
    stop(&process);
    rd_kafka_mock_cluster_destroy(other);
}

/* A configuration read again that says the same: the source goes on with it, and the one before may go. */
static void kept(void **state)
{
    (void)state;
    struct process process;
    struct config_kafka again, another;
    produce_lines(0, 8);
    start(&process, "a.db", 0);
    read_until(&process, 8);
    another = again = process.config;
    another.group = "another";
    struct source_kafka_ask ask = {.kafka = &another,
                                   .catalog = &process.c.catalog,
                                   .store = process.c.store,
                                   .tell = kafka_case_tell,
                                   .context = &process.c};
    assert_false(source_kafka_keep(process.source, &ask));
    ask.kafka = &again;
    ask.ordinal = 1;
    assert_false(source_kafka_keep(process.source, &ask));
    ask.ordinal = 0;
    assert_true(source_kafka_keep(process.source, &ask));
    memset(&process.config, 0xff, sizeof process.config);
    produce_lines(8, 16);
    read_until(&process, 16);
    stop(&process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {SOURCE_TEST(agents_and_values), SOURCE_TEST(place_gone), SOURCE_TEST(bounded),
                                       SOURCE_TEST(kept), SOURCE_TEST(another_cluster)};
    return cmocka_run_group_tests(tests, begin, end);
}
