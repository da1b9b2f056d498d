/* kafka_check: what a topic holds, judged against what an agent's store holds.
 *
 *     check.c         options; reads the topic and the expected records
 *     check_message.c what is kept of a message, and its headers
 *     check_judge.c   the judgement: needs no broker
 *     check_test.c    --self-test: a naive producer, librdkafka's mock cluster, and faults that must be found
 *
 * 1. A message is told by its headers winnow-agent, winnow-sequence and (of a piece) its part. The first of equal ones counts, the others
 *    are *repeated*: no fault when their bytes, key and partition are the same, else they *differ*.
 * 2. Of messages of equal (agent, file, winnow-offset) the one with the highest sequence counts; the others must be flagged
 *    `pending`, else they are *doubled*.
 * 3. What counts must be what is expected, byte for byte but for `pattern`, which is what it was when it was sent: *lost* is what is missing, *doubled* what comes too often, *foreign* anything else.
 * 4. *disordered*: a message that stands for the first time in its partition behind a higher sequence of its agent. A consumer that
 *    drops what is not above the highest sequence it saw would lose it. What is flagged `pending` is sent when nothing came for a
 *    while: it must only be in order within its file.
 * 5. *malformed*: headers that are missing or are not written as they are promised, and pieces without the others. */
#ifndef WINNOW_TESTS_KAFKA_CHECK_H
#define WINNOW_TESTS_KAFKA_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const char *data; /* NULL: there is none */
    size_t size;
};

struct message {
    struct bytes value, key, agent, source, file, flags;
    uint64_t sequence, offset, arrival;
    uint32_t part, parts;
    int32_t partition;
    bool cut;    /* a piece, be it the only one: its JSON has not all of the record */
    bool behind; /* a higher sequence of its agent had come in its partition */
};

struct messages {
    struct message *list;
    size_t count, capacity;
};

struct texts {
    struct bytes *list;
    size_t count, capacity;
};

struct verdict {
    uint64_t messages, repeated, pending, records, lost, doubled, disordered, foreign, differ, malformed;
};

void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
char *bytes_room(size_t size);                          /* zeros, and one more behind them; kept until the end */
struct bytes bytes_copy(const void *data, size_t size); /* so is this; data NULL: none */
void texts_add(struct texts *texts, struct bytes text);
/* Takes one message with its headers as `count` pairs; false when it is malformed. */
struct header {
    const char *name;
    struct bytes value;
};
bool message_read(struct message *message, const struct header *headers, size_t count);
void messages_add(struct messages *messages, const struct message *message);
/* In the order in which they stand in their partitions; `expected` are lines of `search -o json`. `tell` faults are printed. */
struct verdict judge(struct messages *messages, struct texts *expected, bool is_raw, int tell);
bool verdict_is_good(const struct verdict *verdict);

struct rd_kafka_s;
/* Reads all partitions of a topic to the ends they have now, what is committed only; counts malformed ones. */
uint64_t topic_read(const char *brokers, const char *topic, struct messages *ret);
/* True when it finds each fault that it made. */
bool self_test(void);

#endif
