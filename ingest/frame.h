/* struct frame: bytes become records.
 *
 *     batch->raw   | settled records | records not yet in the mark | unfinished line, searched up to `scanned` | room |
 *                                    ^ settled                     ^ line
 *
 * 1. The concatenation of a source's records, each with its newline unless flagged RECORD_NO_NEWLINE, is its bytes.
 * 2. raw never moves while records point into it: it only grows while its batch has none. When the batch is handed on,
 *    the unfinished line is copied to the next one; no byte is searched for a newline twice.
 * 3. A line longer than record_bytes is cut into pieces of exactly that size (RECORD_PIECE); the last one ends the line.
 * 4. A batch carries the state of every source it has records of, whose position is the end of the last of them here. So
 *    whichever batch is the last one committed, positions and records agree.
 * 5. The unterminated end of a source is a record flagged RECORD_TAIL; the position stays at its first byte.
 *
 * Batches belong to the giver (the pipeline); a frame borrows the one it fills. One thread. */
#ifndef WINNOW_INGEST_FRAME_H
#define WINNOW_INGEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/batch.h"
#include "ingest/mark.h"

struct frame_limits {
    size_t batch_bytes;  /* a batch is handed on once its raw bytes reach this */
    size_t record_bytes; /* a longer line is cut */
    size_t chunk_bytes;  /* room for one read */
    uint32_t records;    /* of a batch */
};
extern const struct frame_limits frame_limits_default;

/* Where empty batches come from and full ones go. */
struct frame_batches {
    struct batch *(*take)(void *context); /* waits for an empty one; NULL when nothing is wanted any more */
    void (*put)(void *context, struct batch *batch);
    void *context;
};

struct frame {
    struct frame_limits limits;
    struct frame_batches batches;
    struct batch *batch;        /* being filled, or NULL */
    struct source_state *state; /* of the source being read; kept up to date */
    struct mark mark;
    int64_t reference_us;
    uint64_t begin;                /* where this source's reading began */
    uint64_t offset;               /* of raw[line] in its source */
    size_t settled, line, scanned; /* indexes into raw, see above */
    bool in_run;                   /* the batch has a run of this source */
};

void frame_init(struct frame *frame, const struct frame_limits *limits, struct frame_batches batches);

/* All but frame_begin return NULL or false only when no more batches are given: then reading is over.
 *
 * Starts a source at state->position, where the mark stands. *state must live until frame_end. */
bool frame_begin(struct frame *frame, struct source_state *state, const struct mark *mark, int64_t reference_us);
/* Room for the next bytes of the source. */
char *frame_space(struct frame *frame, size_t *ret_size);
/* Says how many bytes were put there. */
bool frame_advance(struct frame *frame, size_t size);
/* Adds a line that the source's bytes continue with, without its newline, which is added. For a source that gives lines
 * and not bytes; there is no unfinished line before. */
bool frame_entry(struct frame *frame, struct str line);
/* Brings the state up to the last record and gives it to the batch now, so that what is added to the batch beside it is
 * committed with it. */
void frame_settle(struct frame *frame);
/* Ends the source. whole: what is unfinished is its end and becomes a tail, unless the very same tail is stored
 * already. Not whole: what is unfinished is dropped, to be read again. The state goes with the batch. */
bool frame_end(struct frame *frame, bool whole);
/* What of the source is not a record yet; valid until the next call. */
struct str frame_unfinished(const struct frame *frame);
/* Another state to be written with the current batch. Between sources. */
bool frame_set_source(struct frame *frame, const struct source_state *state);
/* A gap to be written with the current batch. Between sources. */
bool frame_add_gap(struct frame *frame, const struct batch_gap *gap);
/* Hands on what there is; an unfinished line stays. */
bool frame_flush(struct frame *frame);

#endif
