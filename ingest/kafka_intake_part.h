/* What the files of struct kafka_intake share: kafka_intake.c (what a message means), kafka_partition.c (what the store knows of a
 * partition, and its place), kafka_parts.c (records that come in parts). */
#ifndef WINNOW_INGEST_KAFKA_INTAKE_PART_H
#define WINNOW_INGEST_KAFKA_INTAKE_PART_H

#include "ingest/kafka_intake.h"
#include "ingest/kafka_row.h"

/* A record of which parts are missing. Those of a partition are a list, in the order in which they began. */
struct parts {
    struct row *row;
    struct kafka_partition *partition;
    struct parts *before, *after;
    struct buf raw;
    int64_t since_us; /* monotonic */
    uint64_t bytes;   /* of the partition's messages, when it began */
    uint64_t sequence;
    int64_t first; /* offset of the message that began it */
    uint32_t taken, count;
};

struct row {
    struct kafka_row known;
    struct catalog_entry *entry;
    struct str key;      /* "AGENT FILE" */
    uint64_t file;       /* of the key */
    struct parts *parts; /* NULL: none are missing */
    struct row *next_dirty;
    bool dirty;
};

struct kafka_partition {
    struct kafka_intake *intake;
    struct kafka_partition *following;
    struct catalog_entry *entry;
    struct str topic;
    int32_t number;
    int64_t next;                            /* -1: nowhere yet */
    int64_t end;                             /* behind its last message, as far as known */
    int64_t foreign;                         /* foreign messages before it are stored */
    char cluster[KAFKA_CLUSTER_MAX + 1];     /* that it is of; "": not known */
    char cursor[24 + KAFKA_CLUSTER_MAX + 2]; /* what the entry's state views */
    struct map rows;                         /* by key: index + 1 */
    struct row **list;
    size_t count, capacity;
    struct row *last; /* of the message before */
    struct parts *oldest, *newest;
    uint64_t bytes; /* of all messages taken */
    bool dirty;
};

struct kafka_intake {
    struct kafka_intake_settings settings;
    char cluster[KAFKA_CLUSTER_MAX + 1];
    struct kafka_partition *partitions;
    struct row *dirty; /* a list */
    struct map begun;  /* sources of each agent, and their sum, since */
    size_t begun_sum;
    int64_t begun_us; /* monotonic */
    size_t parts_bytes;
    struct kafka_counts counts;
    struct arena arena; /* reset with each message */
    struct buf raw;     /* scratch: a value unpacked */
};

/* ---- kafka_intake.c -------------------------------------------------------------------------------------------------------- */

/* Tells what has happened so many times, the first few times. */
void kafka_intake_tell(const struct kafka_intake *intake, struct str source, uint64_t count, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- kafka_partition.c ----------------------------------------------------------------------------------------------------- */

struct row *kafka_partition_add_row(struct kafka_partition *partition, struct str key, struct catalog_entry *entry);
void kafka_partition_free(struct kafka_partition *partition);

/* ---- kafka_parts.c --------------------------------------------------------------------------------------------------------- */

/* The row's unfinished record, if it has one, is forgotten. */
void kafka_parts_drop(struct row *row);
/* Parts that wait for others meet what comes next of their source. */
void kafka_parts_meet(struct row *row, const struct message_head *head);
/* Takes a part. True when the record is whole; then *line is all of it. */
bool kafka_parts_add(struct kafka_partition *partition, struct row *row, const struct message_head *head,
                     int64_t offset, struct str *line);
/* Counts as lost what the partition would wait for for ever: what is sent behind it would be read again by each run. */
void kafka_parts_lose_behind(struct kafka_partition *partition, int64_t offset);
/* And what began before, in monotonic time. */
void kafka_parts_lose_before(struct kafka_partition *partition, int64_t since_us);

#endif
