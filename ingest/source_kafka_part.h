/* What the files of struct source_kafka share: source_kafka.c (settings, coming, going, feeding), source_kafka_group.c (which partitions
 * it has, where they begin, what the group is told), source_kafka_take.c (messages and events of the library), source_kafka_bounded.c
 * (reading to an end). */
#ifndef WINNOW_INGEST_SOURCE_KAFKA_PART_H
#define WINNOW_INGEST_SOURCE_KAFKA_PART_H

#include <sys/types.h>

#include "ingest/kafka_library.h"
#include "ingest/source_kafka.h"

enum { KAFKA_POLL_MESSAGES = 1024 }; /* taken from the library at once */
#define KAFKA_TELL_US TIME_MINUTE

/* A partition it reads. */
struct slot {
    struct kafka_partition *partition;
    char *topic;
    int32_t number;
    int64_t snapshot;    /* place in the store once puts has reached the mark */
    int64_t committed;   /* to the group */
    int64_t begin, end;  /* of a bounded one */
    bool assigned, done; /* done: of a bounded one */
};

struct source_kafka {
    struct source_kafka_ask ask;
    const struct kafka_library *kafka;
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    int event;
    struct kafka_intake *intake;
    struct slot *slots;
    size_t count, capacity;
    const void *last_topic; /* of the message before: its handle */
    size_t last;            /* and its slot */
    size_t ahead, wake_at;  /* messages fetched ahead, when it was looked last; so few, and fetching is woken */

    struct frame *frame; /* while it feeds */
    int64_t now_us;      /* monotonic */
    bool over;           /* no more batches are given */
    bool leaving;        /* nothing is taken any more */
    bool joined;         /* its group has given it something once */
    int64_t leave_by_us; /* or 0 */
    bool cluster_known;  /* and told to the intake */
    uint64_t bytes;      /* of the values read, in a bounded one */
    struct frame *home;  /* that it fed last */
    uint64_t needs;      /* what was given is committed once its home has handed on so many batches */
    uint64_t mark;       /* the same, of the snapshot; 0: none is under way */
    int64_t commit_due_us, look_due_us;

    struct kafka_counts told; /* at most once a minute */
    int64_t count_due_us;

    int told_error; /* the code told last */
    int64_t told_us;
    char error[256]; /* why brokers do not answer; "" when they do */
    int64_t heard_us;
    rd_kafka_message_t *messages[KAFKA_POLL_MESSAGES];
};

/* ---- source_kafka.c -------------------------------------------------------------------------------------------------------- */

void source_kafka_tell_err(const struct source_kafka *source, struct str name, const struct err *err);
void source_kafka_tell(const struct source_kafka *source, struct str name, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same error is told once a minute at most. */
void source_kafka_note_error(struct source_kafka *source, int code, const char *text);
static inline struct str source_kafka_brokers(const struct source_kafka *source)
{
    return str_of(source->ask.kafka->brokers);
}

/* ---- source_kafka_group.c -------------------------------------------------------------------------------------------------- */

struct slot *source_kafka_slot(const struct source_kafka *source, const char *topic, int32_t number);
/* Makes it, with what the store knows, when there is none. */
struct slot *source_kafka_ensure_slot(struct source_kafka *source, const char *topic, int32_t number, struct err *err);
/* While brokers are there, which they are when partitions are known. Old ones have no id. */
void source_kafka_learn_cluster(struct source_kafka *source);
/* What the group has of each, or RD_KAFKA_OFFSET_INVALID. */
void source_kafka_ask_group(const struct source_kafka *source, rd_kafka_topic_partition_list_t *list);
/* Where the partition is to begin; negative: one of librdkafka's names for it. */
int64_t source_kafka_start_offset(const struct source_kafka *source, struct slot *slot, int64_t of_group);
/* Remembers the places as they are now in the store, or will be. */
void source_kafka_snapshot(struct source_kafka *source);
/* Commits to the group what was remembered. */
bool source_kafka_commit_list(struct source_kafka *source, bool wait, struct err *err);
/* Now and then what is known to be in the store. */
void source_kafka_commit_if_due(struct source_kafka *source);
/* Gives the states that changed to the batch. False when no more batches are given. */
bool source_kafka_give(struct source_kafka *source);
/* True when all that was taken is committed in the store. While it does not feed, its owner sees to that. */
bool source_kafka_flush(struct source_kafka *source);
bool source_kafka_is_cooperative(const struct source_kafka *source);
/* librdkafka's callbacks. */
void source_kafka_on_commit(rd_kafka_t *client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                            void *opaque);
void source_kafka_on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                               void *opaque);

/* ---- source_kafka_take.c --------------------------------------------------------------------------------------------------- */

/* Takes what is there. Returns how many came, -1 when there are none. */
ssize_t source_kafka_take_some(struct source_kafka *source, int wait_ms, size_t *bytes);

#endif
