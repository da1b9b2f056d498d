/* struct reader: the top loop of ingest. Goes through the inputs, one at a time: opens the source, finds out whether it
 * is known, reads what is new in it and frames it into batches.
 *
 * An input that fails is reported at once, remembered, and the others go on. Main thread. */
#ifndef WINNOW_INGEST_READER_H
#define WINNOW_INGEST_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ingest/catalog.h"
#include "ingest/expand.h"
#include "ingest/frame.h"
#include "base/progress.h"

struct reader {
    /* Given by the caller: */
    struct catalog *catalog;
    struct frame frame;
    struct progress *progress;
    const char *command;    /* whose messages these are: "ingest" */
    bool any_content;       /* what does not look like a log is read too */
    const char *stdin_name; /* source name of standard input */
    /* Told to the caller: */
    bool failed;              /* an input could not be read, or not to its end */
    bool interrupted;         /* stopped before everything was read, because the user asked */
    uint64_t sources;         /* read, or looked at and found unchanged */
    uint64_t skipped_lines;   /* that those had in the store before this run */
    uint64_t not_logs;        /* files in folders that are no logs */
    struct buf not_log_names; /* the first of them: "a, b, c" */

    struct map journals; /* names of those read in this run */

    /* Of Kafka; given by the caller, or NULL and 0: */
    const char *store_path;              /* of the store that is written: what is pending in it is read */
    const char *kafka_group;             /* which learns of the offsets, and may be further than the store */
    const char *const *kafka_properties; /* NAME=VALUE */
    size_t kafka_property_count;
    struct reader_kafka *kafka; /* those read */
};

#define READER_KAFKA "kafka://"

enum { READER_NAMES_SHOWN = 5, READER_NAMES_BYTES_MAX = 8192 };

void reader_init(struct reader *reader, struct catalog *catalog, struct frame_batches batches,
                 struct progress *progress);
void reader_release(struct reader *reader);
/* Reads all inputs and puts every batch. Ends early, silently, when no more batches are given. */
void reader_run(struct reader *reader, const struct input *inputs, size_t count);

/* All that was read is committed in the store, or not: tells the groups, and lets go of the brokers. */
void reader_end_kafka(struct reader *reader, bool committed);

/* ---- For reader.c, reader_journal.c and reader_kafka.c only --------------------------------------------------------------- */

/* An input failed; the next one goes on. */
void reader_fail(struct reader *reader, const struct err *err);
/* Whether a file that begins so is one of journald's. */
bool reader_is_journal(struct str head);
/* Reads it to its end: a file that was named, or the whole folder that one was found in, as one source and once. False when
 * no more batches are given. */
bool reader_read_journal(struct reader *reader, const struct input *input, const char *real_path);
/* The same for an INPUT_KAFKA. */
bool reader_read_kafka(struct reader *reader, const struct input *input);

#endif
