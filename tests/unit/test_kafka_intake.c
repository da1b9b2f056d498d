/* kafka_intake: whatever is sent again, cut in parts, sent as pending, killed in between: each record is stored once, as the agent has
 * it; hostile messages are kept and counted. */
#include "ingest/kafka_intake.h"

#include "tests/unit/kafka_case.h"

#define AGENT "0123456789abcdef0123456789abcdef/fleet"

static uint32_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(random_state >> 8) * bound >> 24);
}

/* ---- A topic ---------------------------------------------------------------------------------------------------------------- */

enum { MESSAGES_MAX = 6000, FILES = 3 };

struct sent {
    struct message_head head; /* sequence 0: a foreign message */
    struct str value;
};

struct topic {
    struct sent messages[MESSAGES_MAX];
    size_t count;
    struct arena arena;
};

static void send(struct topic *topic, const struct message_head *head, struct str value)
{
    must(topic->count < MESSAGES_MAX);
    topic->messages[topic->count++] = (struct sent){*head, arena_str(&topic->arena, value)};
}

static bool take(struct kafka_intake *intake, struct kafka_partition *partition, struct frame *frame,
                 const struct topic *topic, size_t at)
{
    struct arena arena = {0};
    const struct sent *sent = &topic->messages[at];
    struct message_header headers[MESSAGE_HEADERS];
    struct kafka_message message = {
        .offset = (int64_t)at, .value = sent->value, .time_us = 1000000 + (int64_t)at, .headers = headers};
    if (sent->head.sequence > 0) {
        message.header_count = MESSAGE_HEADERS;
        message_head_print(&sent->head, message_agent_print(&sent->head, &arena), &arena, headers);
    }
    bool more = kafka_intake_take(intake, partition, frame, &message);
    arena_release(&arena);
    return more;
}

static struct kafka_intake *make_intake(struct kafka_case *c, struct kafka_partition **ret)
{
    struct err err = {0};
    struct kafka_intake_settings settings = {.catalog = &c->catalog, .tell = kafka_case_tell, .context = c};
    struct kafka_intake *intake = kafka_intake_new(&settings);
    *ret = kafka_intake_partition(intake, c->store, "logs", 0, &err);
    assert_non_null(*ret);
    return intake;
}

/* Takes the topic from the store's place on; dies after so many commits. True when it came to the end. */
static bool run(const struct topic *topic, const struct frame_limits *limits, uint64_t commits_max, struct buf *dump,
                struct kafka_counts *ret_counts)
{
    struct kafka_case c;
    struct kafka_partition *partition;
    kafka_case_begin(&c, "s.db", limits);
    c.commits_max = commits_max;
    struct kafka_intake *intake = make_intake(&c, &partition);
    bool more = true;
    int64_t at = kafka_partition_place(partition);
    for (at = at < 0 ? 0 : at; more && (size_t)at < topic->count; at++) {
        more = take(intake, partition, &c.frame, topic, (size_t)at);
        if (more && random_below(20) == 0)
            more = kafka_intake_give(intake, &c.frame) && frame_flush(&c.frame);
    }
    more = more && kafka_intake_give(intake, &c.frame) && frame_flush(&c.frame) && !kafka_case_killed(&c);
    if (ret_counts != NULL)
        *ret_counts = kafka_intake_counts(intake);
    if (dump != NULL)
        kafka_case_dump(&c, dump);
    kafka_intake_free(intake);
    kafka_case_end(&c);
    return more;
}

/* ---- An agent, and what it has ------------------------------------------------------------------------------------------------ */

struct agent {
    struct topic *topic;
    uint64_t sequence;
    uint64_t offsets[FILES]; /* the end of what was sent for good */
    struct buf expected[FILES + 1];
    uint64_t foreign;
    size_t resend_from; /* the last message for good that is surely delivered */
};

static const char *const names[FILES] = {"/var/log/a", "/var/log/b", "/var/log/c"};

static struct message_head head_of(struct agent *agent, unsigned file, int64_t time_us, uint8_t flags)
{
    return (struct message_head){
        .agent = STR(AGENT),
        .source = str_of(names[file]),
        .file = file + 1,
        .offset = agent->offsets[file],
        .sequence = ++agent->sequence,
        .time_us = time_us,
        .flags = flags,
    };
}

/* In one message or in several. */
static void send_record(struct agent *agent, struct message_head head, struct str raw)
{
    uint32_t parts = raw.size > 8 && random_below(4) == 0 ? 2 + random_below(3) : 1;
    for (uint32_t part = 1; part <= parts; part++) {
        head.part = parts > 1 ? part : 0;
        head.parts = parts > 1 ? parts : 0;
        size_t from = raw.size * (part - 1) / parts, to = raw.size * part / parts;
        send(agent->topic, &head, str_slice(raw, from, to));
        if (parts > 1 && random_below(10) == 0)
            part = 0; /* the producer was made anew and begins the record again */
    }
}

static void expect(struct agent *agent, unsigned file, int64_t time_us, struct str raw)
{
    must(buf_printf(&agent->expected[file], "%s %08llu %lld %.*s\n", names[file],
                    (unsigned long long)agent->offsets[file], (long long)time_us, STR_ARG(raw)));
    agent->offsets[file] += raw.size + 1;
}

static void send_foreign(struct agent *agent)
{
    char text[64];
    struct message_head none = {0};
    int size = snprintf(text, sizeof text, "foreign %zu", agent->topic->count);
    must(buf_printf(&agent->expected[FILES], "kafka://logs/0 %08llu %lld %s\n", (unsigned long long)agent->foreign,
                    1000000 + (long long)agent->topic->count, text));
    agent->foreign += (uint64_t)size + 1;
    send(agent->topic, &none, str_from(text, (size_t)size));
}

/* A record: at once, or pending first, growing, maybe as two that become one, and sent for good only if it was not the same. */
static void step(struct agent *agent)
{
    char text[128], longer[256];
    unsigned file = random_below(FILES);
    int64_t time_us = random_below(5) == 0 ? TIME_NONE : 1700000000000000 + (int64_t)agent->sequence;
    struct str raw = str_from(
        text, (size_t)snprintf(text, sizeof text, "%s line %llu", names[file], (unsigned long long)agent->sequence));
    unsigned kind = random_below(6);
    if (kind == 0)
        send_foreign(agent);
    if (kind < 3) {
        send_record(agent, head_of(agent, file, time_us, 0), raw);
        expect(agent, file, time_us, raw);
        return;
    }
    send_record(agent, head_of(agent, file, time_us, RECORD_TAIL), raw);
    if (kind == 3) { /* what comes next of the file says that it stayed */
        expect(agent, file, time_us, raw);
        return;
    }
    struct str grown = str_from(longer, (size_t)snprintf(longer, sizeof longer, "%s\n  and a second line", text));
    if (kind == 5) { /* which was pending by itself */
        struct message_head second = head_of(agent, file, TIME_NONE, RECORD_TAIL);
        second.offset += raw.size + 1;
        send_record(agent, second, STR("  and a second line"));
    }
    send_record(agent, head_of(agent, file, time_us, 0), grown);
    expect(agent, file, time_us, grown);
}

/* The agent died before it knew what was delivered, and sends it again from some record on. */
static void send_again(struct topic *topic)
{
    size_t count = topic->count, from = count - random_below((uint32_t)(count < 30 ? count : 30));
    while (from < count && topic->messages[from].head.part > 1)
        from++;
    for (; from < count; from++)
        if (topic->messages[from].head.sequence > 0)
            send(topic, &topic->messages[from].head, topic->messages[from].value);
}

static void check_history(uint32_t seed)
{
    static const struct frame_limits small = {
        .batch_bytes = 200, .record_bytes = RECORD_BYTES_MAX, .join_bytes = 100, .chunk_bytes = 100, .records = 7};
    random_state = seed;
    struct topic *topic = mem_alloc(sizeof *topic);
    struct agent agent = {.topic = topic};
    for (size_t i = 0; i <= FILES; i++)
        agent.expected[i] = BUF(1 << 20);
    for (unsigned i = 0; i < 150; i++) {
        step(&agent);
        if (random_below(12) == 0)
            send_again(topic);
    }
    for (unsigned file = 0; file < FILES; file++) { /* the last one of each is final */
        send_record(&agent, head_of(&agent, file, 5, 0), STR("the end"));
        expect(&agent, file, 5, STR("the end"));
    }
    while (!run(topic, random_below(2) == 0 ? &small : &frame_limits_default, 1 + random_below(12), NULL, NULL))
        continue;
    struct buf dump = BUF(1 << 20), expected = BUF(1 << 20);
    assert_true(run(topic, &frame_limits_default, 0, &dump, NULL));
    for (size_t i = 0; i <= FILES; i++) {
        must(buf_add_str(&expected, buf_str(&agent.expected[i])));
        buf_release(&agent.expected[i]);
    }
    if (!str_equal(buf_str(&dump), buf_str(&expected)))
        fail_msg("seed %u: the store does not hold what was sent", seed);
    buf_release(&dump);
    buf_release(&expected);
    arena_release(&topic->arena);
    free(topic);
    must(remove("s.db") == 0);
}

static void every_record_once(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 12; seed++)
        check_history(seed);
}

/* ---- One by one --------------------------------------------------------------------------------------------------------------- */

static const struct message_head plain = {
    .agent = STR(AGENT), .source = STR("/a"), .file = 1, .offset = 10, .sequence = 5, .time_us = 7};

static void check(struct topic *topic, const char *expected, const struct kafka_counts *counts)
{
    struct kafka_counts found;
    SCOPED(buf) dump = BUF(1 << 20);
    assert_true(run(topic, &frame_limits_default, 0, &dump, &found));
    assert_string_equal(buf_str(&dump).data, expected);
    assert_int_equal(found.known, counts->known);
    assert_int_equal(found.reused, counts->reused);
    assert_int_equal(found.damaged, counts->damaged);
    assert_int_equal(found.lost, counts->lost);
    assert_int_equal(found.tombstones, counts->tombstones);
    arena_release(&topic->arena);
    free(topic);
    must(remove("s.db") == 0);
}

static void values(void **state)
{
    (void)state;
    struct topic *topic = mem_alloc(sizeof *topic);
    struct message_head none = {0}, head = plain;
    send(topic, &none, STR("a\nb\r"));
    send(topic, &none, STR(""));
    send(topic, &none, STR_ABSENT);
    send(topic, &none, STR("\xff\xfe"));
    head.json = true;
    send(topic, &head, STR("{\"source\":\"/a\",\"raw\":\"x \\\"y\\\"\"}"));
    head.sequence++;
    head.offset = 20;
    send(topic, &head, STR("{\"raw_base64\":\"/w==\"}"));
    head.json = false; /* a line that looks like a record is a line */
    head.sequence++;
    head.offset = 22;
    send(topic, &head, STR("{\"raw\":\"no\"}"));
    check(topic,
          "/a 00000010 7 x \"y\"\n/a 00000020 7 \xff\n/a 00000022 7 {\"raw\":\"no\"}\n"
          "kafka://logs/0 00000000 1000000 a\nb\r\nkafka://logs/0 00000005 1000001 \n"
          "kafka://logs/0 00000006 1000003 \xff\xfe\n",
          &(struct kafka_counts){.tombstones = 1});
}

static void hostile(void **state)
{
    (void)state;
    struct topic *topic = mem_alloc(sizeof *topic);
    struct message_head head = plain;
    send(topic, &head, STR("one"));
    send(topic, &head, STR("sent again"));
    head.sequence = 4;
    send(topic, &head, STR("older"));
    head.sequence = 6;
    head.offset = 3; /* behind what is stored */
    send(topic, &head, STR("astray"));
    head.offset = 100;
    head.json = true;
    send(topic, &head, STR("{\"raw\":1}"));
    send(topic, &head, STR("no JSON"));
    head.json = false;
    head.part = 2; /* whose first is nowhere */
    head.parts = 2;
    send(topic, &head, STR("half"));
    head.part = 1;
    send(topic, &head, STR("first half"));
    head.part = head.parts = 0;
    head.sequence = 9;
    send(topic, &head, STR("two"));
    check(topic,
          "/a 00000010 7 one\n/a 00000100 7 two\nkafka://logs/0 00000000 1000003 astray\n"
          "kafka://logs/0 00000007 1000004 {\"raw\":1}\nkafka://logs/0 00000017 1000005 no JSON\n",
          &(struct kafka_counts){.known = 2, .damaged = 3, .lost = 1});
}

/* A value longer than a record may be is kept in pieces, and whole though the process dies between them. */
static void pieces(void **state)
{
    (void)state;
    static const struct frame_limits tiny = {
        .batch_bytes = 4, .record_bytes = 10, .join_bytes = 10, .chunk_bytes = 10, .records = 1};
    struct topic *topic = mem_alloc(sizeof *topic);
    struct message_head none = {0};
    send(topic, &none, STR("first"));
    send(topic, &none, STR("0123456789abcdefghijklmnopqrstuvwxyz"));
    send(topic, &none, STR("last"));
    while (!run(topic, &tiny, 1, NULL, NULL))
        continue;
    check(topic,
          "kafka://logs/0 00000000 1000000 first\nkafka://logs/0 00000006 1000001 0123456789\n"
          "kafka://logs/0 00000016 1000001 abcdefghij\nkafka://logs/0 00000026 1000001 klmnopqrst\n"
          "kafka://logs/0 00000036 1000001 uvwxyz\nkafka://logs/0 00000043 1000002 last\n",
          &(struct kafka_counts){0});
}

/* A record that is never finished, and foreign messages behind it. Retention takes the first away before the next run. */
static void passed_by(void **state)
{
    (void)state;
    struct kafka_case c;
    struct kafka_partition *partition;
    struct topic *topic = mem_alloc(sizeof *topic);
    struct message_head none = {0}, head = plain;
    head.part = 1;
    head.parts = 2;
    send(topic, &head, STR("half"));
    for (unsigned i = 1; i < 6; i++)
        send(topic, &none, str_from(&"-abcdef"[i], 1));
    assert_true(run(topic, &frame_limits_default, 0, NULL, NULL));
    SCOPED(buf) dump = BUF(1 << 20);
    for (unsigned round = 0; round < 2; round++) { /* in the second the topic is another one */
        kafka_case_begin(&c, "s.db", &frame_limits_default);
        struct kafka_intake *intake = make_intake(&c, &partition);
        assert_int_equal(kafka_partition_place(partition), round == 0 ? 0 : 6);
        int64_t low = round == 0 ? 2 : 4, high = round == 0 ? 6 : 5;
        assert_true(kafka_partition_add_gap(partition, &c.frame, low, high));
        for (int64_t at = low; at < high; at++)
            assert_true(take(intake, partition, &c.frame, topic, (size_t)at));
        assert_true(kafka_intake_give(intake, &c.frame) && frame_flush(&c.frame));
        buf_reset(&dump);
        kafka_case_dump(&c, &dump);
        kafka_intake_free(intake);
        kafka_case_end(&c);
        if (round == 0) /* the next run begins behind all */
            assert_string_equal(buf_str(&dump).data,
                                "kafka://logs/0 00000000 1000001 a\nkafka://logs/0 00000002 1000002 b\n"
                                "kafka://logs/0 00000004 1000003 c\nkafka://logs/0 00000006 1000004 d\n"
                                "kafka://logs/0 00000008 1000005 e\n");
    }
    assert_true(str_ends(buf_str(&dump), STR("1000005 e\nkafka://logs/0 00000010 1000004 d\n")));
    arena_release(&topic->arena);
    free(topic);
    must(remove("s.db") == 0);
}

/* Takes a message of one part of so many bytes. */
static void take_part(struct kafka_intake *intake, struct kafka_partition *partition, struct frame *frame,
                      const struct message_head *head, int64_t offset, size_t bytes)
{
    static char text[1 << 20];
    struct arena arena = {0};
    struct message_header headers[MESSAGE_HEADERS];
    struct kafka_message message = {.offset = offset, .time_us = 5, .headers = headers};
    memset(text, 'x', bytes);
    message.value = str_from(text, bytes);
    message.header_count = MESSAGE_HEADERS;
    message_head_print(head, message_agent_print(head, &arena), &arena, headers);
    assert_true(kafka_intake_take(intake, partition, frame, &message));
    arena_release(&arena);
}

/* An unfinished record holds the partition's place for so many messages, not for ever. */
static void unfinished(void **state)
{
    (void)state;
    struct kafka_case c;
    struct kafka_partition *partition;
    struct message_head head = plain;
    kafka_case_begin(&c, "s.db", &frame_limits_default);
    struct kafka_intake *intake = make_intake(&c, &partition);
    struct kafka_message tombstone = {.offset = 3 + KAFKA_PARTS_MESSAGES_MAX, .value = STR_ABSENT};
    head.part = 1;
    head.parts = 2;
    take_part(intake, partition, &c.frame, &head, 3, 10);
    head.file = 2;
    take_part(intake, partition, &c.frame, &head, 4, 10);
    assert_true(kafka_intake_take(intake, partition, &c.frame, &tombstone));
    assert_int_equal(kafka_partition_place(partition), 3);
    tombstone.offset++;
    assert_true(kafka_intake_take(intake, partition, &c.frame, &tombstone));
    assert_int_equal(kafka_partition_place(partition), 4); /* the other one has time yet */
    assert_int_equal(kafka_intake_counts(intake).lost, 1);
    assert_non_null(strstr(c.text, "record 5"));
    tombstone.offset++;
    assert_true(kafka_intake_take(intake, partition, &c.frame, &tombstone));
    assert_int_equal(kafka_partition_place(partition), tombstone.offset + 1);
    kafka_intake_free(intake);
    kafka_case_end(&c);
    must(remove("s.db") == 0);
}

/* One agent leaves more unfinished than there is room for; another one's records come through. */
static void unfinished_of_another(void **state)
{
    (void)state;
    struct kafka_case c;
    struct kafka_partition *partition;
    struct message_head head = plain, greedy = plain;
    kafka_case_begin(&c, "s.db", &frame_limits_default);
    struct kafka_intake *intake = make_intake(&c, &partition);
    int64_t offset = 0;
    greedy.agent = STR("fedcba9876543210fedcba9876543210/greedy");
    greedy.part = head.part = 1;
    greedy.parts = head.parts = 3;
    take_part(intake, partition, &c.frame, &head, offset++, 1000);
    for (greedy.file = 1; greedy.file <= 100; greedy.file++)
        take_part(intake, partition, &c.frame, &greedy, offset++, 1 << 20);
    head.part = 2;
    take_part(intake, partition, &c.frame, &head, offset++, 1000);
    assert_true(kafka_intake_counts(intake).lost >= 36 && kafka_intake_counts(intake).lost < 60);
    head.part = 3;
    take_part(intake, partition, &c.frame, &head, offset++, 1000);
    assert_true(kafka_intake_give(intake, &c.frame) && frame_flush(&c.frame));
    SCOPED(buf) dump = BUF(1 << 20);
    kafka_case_dump(&c, &dump);
    assert_int_equal(buf_str(&dump).size, strlen("/a 00000010 7 ") + 3000 + 1);
    kafka_intake_free(intake);
    kafka_case_end(&c);
    must(remove("s.db") == 0);
}

/* Somebody sends a high sequence in an agent's name, or its store is put back to an earlier state: what it sends on is stored once,
 * and told. */
static void given_again(void **state)
{
    (void)state;
    struct topic *topic = mem_alloc(sizeof *topic);
    struct message_head head = plain;
    send(topic, &head, STR("one"));
    head.sequence = 1000000;
    head.offset = 14;
    send(topic, &head, STR("forged"));
    head.sequence = 6;
    head.offset = 21;
    send(topic, &head, STR("two"));
    send(topic, &head, STR("two"));
    head.sequence = 7;
    head.offset = 25;
    head.flags = RECORD_TAIL;
    send(topic, &head, STR("three"));
    send(topic, &head, STR("three"));
    head.sequence = 8;
    head.flags = 0;
    send(topic, &head, STR("three\n more"));
    head.sequence = 5; /* the one before all, once more */
    head.offset = 10;
    send(topic, &head, STR("one"));
    check(topic, "/a 00000010 7 one\n/a 00000014 7 forged\n/a 00000021 7 two\n/a 00000025 7 three\n more\n",
          &(struct kafka_counts){.known = 3, .reused = 3});
}

/* The same topic of another cluster is other messages. */
static void another_cluster(void **state)
{
    (void)state;
    static const struct {
        const char *cluster;
        bool fine;
    } runs[] = {{"", true}, {"staging", true}, {"", true}, {"live", false}, {"staging", true}};
    struct message_head none = {0};
    struct topic *topic = mem_alloc(sizeof *topic);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct kafka_case c;
        struct err err = {0};
        kafka_case_begin(&c, "s.db", &frame_limits_default);
        struct kafka_intake_settings settings = {.catalog = &c.catalog, .tell = kafka_case_tell, .context = &c};
        struct kafka_intake *intake = kafka_intake_new(&settings);
        kafka_intake_set_cluster(intake, runs[i].cluster);
        struct kafka_partition *partition = kafka_intake_partition(intake, c.store, "logs", 0, &err);
        assert_int_equal(partition != NULL, runs[i].fine);
        if (partition != NULL) {
            assert_int_equal(kafka_partition_place(partition), i == 0 ? -1 : (int64_t)topic->count);
            send(topic, &none, STR("x"));
            assert_true(take(intake, partition, &c.frame, topic, topic->count - 1));
            assert_true(kafka_intake_give(intake, &c.frame) && frame_flush(&c.frame));
        } else {
            assert_non_null(strstr(err.text, "staging"));
            assert_non_null(strstr(err.text, "live"));
        }
        kafka_intake_free(intake);
        kafka_case_end(&c);
    }
    arena_release(&topic->arena);
    free(topic);
    must(remove("s.db") == 0);
}

/* An agent that begins sources without end is stopped for a day; others go on, and so does what is known of it. */
static void sources_without_end(void **state)
{
    (void)state;
    struct kafka_case c;
    struct kafka_partition *partition;
    struct message_head greedy = plain;
    kafka_case_begin(&c, "s.db", &frame_limits_default);
    struct kafka_intake *intake = make_intake(&c, &partition);
    int64_t offset = 0;
    for (greedy.file = 1; greedy.file <= KAFKA_AGENT_SOURCES_MAX; greedy.file++)
        take_part(intake, partition, &c.frame, &greedy, offset++, 1);
    assert_int_equal(c.told, 1);
    assert_int_equal(kafka_intake_counts(intake).damaged, 0);
    take_part(intake, partition, &c.frame, &greedy, offset++, 1);
    assert_int_equal(kafka_intake_counts(intake).damaged, 1);
    greedy.file = 1;
    greedy.sequence++;
    greedy.offset += 10;
    take_part(intake, partition, &c.frame, &greedy, offset++, 1);
    greedy.agent = STR("fedcba9876543210fedcba9876543210/other");
    take_part(intake, partition, &c.frame, &greedy, offset++, 1);
    assert_int_equal(kafka_intake_counts(intake).damaged, 1);
    kafka_intake_free(intake);
    kafka_case_end(&c);
    must(remove("s.db") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_record_once, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(values, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(hostile, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(pieces, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(passed_by, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(sources_without_end, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(another_cluster, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(given_again, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(unfinished, scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(unfinished_of_another, scratch_enter, scratch_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
