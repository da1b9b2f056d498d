/* struct frame: bytes become records.
 *
 *     batch->raw | settled records | not yet in the mark | open record | lines that wait | unfinished line | room |
 *                                  ^ settled             ^ record      ^ sure            ^ line  ^ scanned
 *
 * 1. The concatenation of a source's records, each with its newline unless flagged RECORD_NO_NEWLINE, is its bytes.
 * 2. raw never moves while records point into it: it only grows while its batch has none. When the batch is handed on,
 *    what is open is copied to the next one; no byte is searched for a newline twice, but for those of waiting lines.
 * 3. A line longer than record_bytes is cut into pieces of exactly that size (RECORD_PIECE); the last one ends the line.
 *    A record of several lines (join.h) has at most join_bytes, or, when it is one message cut by a container runtime,
 *    record_bytes.
 * 4. A batch carries the state of every source it has records of, whose position is the end of the last of them here. So
 *    whichever batch is the last one committed, positions and records agree.
 * 5. What may still grow is pending (RECORD_TAIL) and the position stays at its first byte: the open record, which the next
 *    line may continue, the lines that wait, each as a record, and an unterminated line. They are answered at once like any
 *    other; when the source is read on, all that are pending are read again and replaced. So a line that comes late joins its
 *    record however late it comes, and what joins what never depends on when and in which portions it was read.
 * 6. A stream cannot be read again. Its open record is pending while it is quiet, and complete with its end.
 *
 * Batches belong to the giver (the pipeline); a frame borrows the one it fills. One thread. */
#ifndef WINNOW_INGEST_FRAME_H
#define WINNOW_INGEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/batch.h"
#include "ingest/join.h"
#include "ingest/mark.h"

enum { JOIN_BYTES_MAX = 1 << 20 }; /* usually: what is pending is read again whenever its source grows */

struct frame_limits {
    size_t batch_bytes;  /* a batch is handed on once its raw bytes reach this */
    size_t record_bytes; /* a longer line is cut */
    size_t join_bytes;   /* a record with lines joined to it is not longer; at most record_bytes */
    size_t chunk_bytes;  /* room for one read */
    uint32_t records;    /* of a batch */
};
extern const struct frame_limits frame_limits_default;

/* Where empty batches come from and full ones go. */
struct frame_batches {
    struct batch *(*take)(void *context); /* waits for an empty one; NULL when nothing is wanted any more */
    void (*put)(void *context, struct batch *batch);
    void *context;
    /* Waits until all that were put are committed; false when they cannot be. NULL: nobody waits for that. */
    bool (*flush)(void *context);
    /* How many of those that were put are not committed yet. NULL: none. */
    size_t (*under_way)(void *context);
};

struct frame {
    struct frame_limits limits;
    struct frame_batches batches;
    struct batch *batch;        /* being filled, or NULL */
    struct source_state *state; /* of the source being read; kept up to date */
    struct mark mark;
    int64_t reference_us;
    const struct join_rules *rules;
    struct join join; /* of the open record */
    uint64_t begin;   /* where this source's reading began */
    uint64_t stored;  /* what was pending when it began ends here */
    uint64_t tail;    /* what is pending in the store or in a batch: tail_bytes from here on */
    uint64_t tail_bytes;
    uint64_t offset;                             /* of raw[record] in its source */
    size_t settled, record, sure, line, scanned; /* indexes into raw, see above */
    uint32_t sure_lines;                         /* from record to sure */
    uint64_t new_lines;                          /* from settled to record */
    bool in_run;    /* the batch has a run of this source that ends where the next begins */
    bool in_pieces; /* the line is the rest of one kept in pieces */
    bool regrown;   /* an unterminated line that was stored is stored anew, longer */
    uint64_t puts;  /* batches handed on so far */
};

/* A record as a source has it that gives records and not bytes. */
struct frame_given {
    int64_t source;
    struct str raw; /* at most limits.record_bytes */
    uint64_t offset;
    uint64_t stored; /* what begins before this offset was stored up to there as pending; else at most offset */
    uint8_t flags;   /* of enum record_flag */
    uint8_t told;    /* enum told */
    int64_t told_us, reference_us;
};

void frame_init(struct frame *frame, const struct frame_limits *limits, struct frame_batches batches);

/* All but frame_begin return NULL or false only when no more batches are given: then reading is over.
 *
 * Starts a source at state->position, where the mark stands. *state must live until frame_end. What joins what is told by
 * frame->rules, which the caller may set between sources (join_rules_auto at first). */
bool frame_begin(struct frame *frame, struct source_state *state, const struct mark *mark, int64_t reference_us);
/* Room for the next bytes of the source. */
char *frame_space(struct frame *frame, size_t *ret_size);
/* Says how many bytes were put there. */
bool frame_advance(struct frame *frame, size_t size);
/* Both, for bytes that lie elsewhere. */
bool frame_add(struct frame *frame, struct str bytes);
/* Adds a line that the source's bytes continue with, without its newline, which is added. For a source that gives lines
 * and not bytes; there is no unfinished line before. */
bool frame_entry(struct frame *frame, struct str line);
/* Brings the state up to the last record and gives it to the batch now, so that what is added to the batch beside it is
 * committed with it. */
void frame_settle(struct frame *frame);
/* Ends the source. whole: what is open or unfinished is its end and becomes pending, unless the very same is already.
 * Not whole: an unterminated line of which nothing is stored is dropped, to be read again. The state goes with the batch. */
bool frame_end(struct frame *frame, bool whole);
/* What of the source is not a complete record yet; valid until the next call. */
struct str frame_unfinished(const struct frame *frame);
/* Another state to be written with the current batch. Between sources. */
bool frame_set_source(struct frame *frame, const struct source_state *state);
/* A gap to be written with the current batch. Between sources. */
bool frame_add_gap(struct frame *frame, const struct batch_gap *gap);
/* Whether of the batches handed on so many, from the first one on, are committed. Between sources. */
bool frame_has_committed(struct frame *frame, uint64_t batches);
/* Whether the batch takes so many more records with so many bytes in all; always when it is empty. Between sources. */
bool frame_has_room(const struct frame *frame, size_t bytes, uint32_t records);
/* Adds it as it is, without looking at its text; there is room. Between sources. It continues the batch's last run when that is of
 * its source and does not end behind its offset, and nothing of it was stored before. The state of the source is the caller's: it
 * is given with frame_set_source before the batch is handed on, so before the next frame_hand_on and between feeds. Returns the lines
 * it has. 0: no more batches are given. */
uint64_t frame_record(struct frame *frame, const struct frame_given *given);
/* Hands on what there is; what is open stays. Of a stream, it is pending meanwhile. */
bool frame_hand_on(struct frame *frame);
/* The same, and waits until all that was handed on is committed, where that is to be had. */
bool frame_flush(struct frame *frame);

#endif
