/* struct kafka_row: a source of an agent as one partition carries it: what of it is stored, and what a record that comes means.
 *
 *     stored for good                          pending, in offset order
 *     .......................................|  p  |  p  |
 *                                            ^ end
 *
 *  1. Sequences grow along a partition. A record whose sequence is not above the highest one taken was taken before, and so lies
 *     before the end of what is stored. One that does not was never here: its agent's store was put back to an earlier state, or
 *     copied, and gives its sequences again (or somebody sent a higher one in its name). It is taken; the highest sequence stays.
 *  2. Pending records may be several, as the lines at an agent's end that wait for what comes. One comes again, longer, with a higher
 *     sequence; the same again is known by its sequence or its bytes.
 *  3. What an agent has sent as pending it does not send again if it stayed as it was: a record behind it says so.
 *  4. Offsets of records stored for good do not go back. One that does is astray: its source is not what its headers say.
 *
 * Nothing here knows batches or Kafka. One thread. */
#ifndef WINNOW_INGEST_KAFKA_ROW_H
#define WINNOW_INGEST_KAFKA_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/batch.h"
#include "base/str.h"

enum {
    KAFKA_PENDING_MAX = 64,            /* pending records of a row; more than that, or */
    KAFKA_PENDING_BYTES_MAX = 4 << 20, /* so many bytes beside the newest, are taken to be final */
};

struct kafka_record {
    struct str raw;
    uint64_t offset, sequence; /* sequence 0: not known */
    int64_t time_us;
    uint8_t flags; /* with RECORD_TAIL: pending */
};
/* Behind its last byte. */
static inline uint64_t kafka_record_end(const struct kafka_record *record)
{
    return record->offset + record->raw.size + record_has_newline(record->flags);
}

struct kafka_row {
    uint64_t sequence;             /* the highest of records stored for good */
    uint64_t pending_sequence;     /* and of pending ones, ever */
    uint64_t end;                  /* of what is stored for good */
    struct kafka_record *pendings; /* their texts belong to the row */
    size_t pending_count, pending_capacity;
    size_t pending_bytes;
};

void kafka_row_release(struct kafka_row *row);

enum kafka_verdict {
    KAFKA_NEW,
    KAFKA_KNOWN,  /* it was taken before */
    KAFKA_ASTRAY, /* it cannot be of this row */
    KAFKA_REUSED, /* new, but its sequence was given to another one before */
};
/* It was taken before, as its head alone tells. */
bool kafka_row_knows(const struct kafka_row *row, uint64_t sequence, uint64_t offset);
enum kafka_verdict kafka_row_judge(const struct kafka_row *row, const struct kafka_record *record);
/* How many of the pending records, from the first on, the record that is new or reused shows to be final. */
size_t kafka_row_finals(const struct kafka_row *row, const struct kafka_record *record);

/* The first so many pending records are stored for good. */
void kafka_row_settle(struct kafka_row *row, size_t count);
/* The record, which is new or reused, is stored: for good, or as pending (its text is copied). Pending records that it reaches over are gone;
 * those before it were settled. */
void kafka_row_take(struct kafka_row *row, const struct kafka_record *record);
/* A pending record as the store has it, when a run begins; in offset order. */
void kafka_row_know(struct kafka_row *row, const struct kafka_record *record);

/* Where the first pending record begins, and the bytes from there to the end of the last; the end of all and 0 when there is none. */
uint64_t kafka_row_position(const struct kafka_row *row, uint64_t *ret_pending_bytes);

#endif
