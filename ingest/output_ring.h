/* struct output_ring: the records of an output that are under way, in record order, and the position that follows: up to it every
 * record is delivered or was not wanted.
 *
 *     push ─▶ [ oldest ... newest ] ─▶ done, in any order; what is done at the front leaves, and the position moves
 *
 * A record is under way in as many messages as it has parts. One that is sent ahead (a pending record) takes its turn, too, but
 * moves no position: its number may be passed already. The text of a record can be kept with it, so that nobody needs a copy.
 * Memory: OUTPUT_RING_MAX slots, OUTPUT_RING_BYTES_MAX of texts and as much again while they are of one record. One thread. */
#ifndef WINNOW_INGEST_OUTPUT_RING_H
#define WINNOW_INGEST_OUTPUT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
    OUTPUT_RING_MAX = 1 << 16,
    OUTPUT_RING_BYTES_MAX = 4 << 20,
    OUTPUT_KEPT_MAX = 256 << 10, /* a longer text is not kept */
};

struct output_slot {
    uint64_t number; /* of the record */
    uint64_t before; /* up to here records were looked at when it was pushed */
    uint32_t left;   /* messages not acknowledged */
    uint32_t bytes;
    uint32_t kept; /* of texts, with what was left out at the end of their memory */
    bool ahead;
};

struct output_ring {
    struct output_slot *slots;
    uint64_t first, end; /* tokens: slots[token % OUTPUT_RING_MAX] */
    uint64_t bytes;      /* under way */
    char *texts;         /* a ring of bytes, from kept_first % its size to kept_end % its size */
    uint64_t kept_first, kept_end;
    uint64_t position, seen;
    uint64_t delivered; /* messages of which all parts are, ever */
};

void output_ring_init(struct output_ring *ring, uint64_t position);
void output_ring_release(struct output_ring *ring);
/* Nothing is under way any more; the position stays, and what was seen behind it is to be seen again. */
void output_ring_reset(struct output_ring *ring);
static inline bool output_ring_is_empty(const struct output_ring *ring)
{
    return ring->first == ring->end;
}
bool output_ring_is_full(const struct output_ring *ring);
/* All records up to this one were looked at: those that are not under way are not wanted. */
void output_ring_pass(struct output_ring *ring, uint64_t number);
/* The ring is not full. Returns the token. The record is passed, too, unless it is sent ahead. */
uint64_t output_ring_push(struct output_ring *ring, uint64_t number, uint32_t parts, size_t bytes, bool ahead);
/* Keeps the text of the record pushed last, until it leaves: the copy, or NULL when there is no room or it is too long. */
const char *output_ring_keep(struct output_ring *ring, struct str text);
/* A message of the token's record is acknowledged. */
void output_ring_done(struct output_ring *ring, uint64_t token);
/* The oldest slot that is done leaves: false when there is none. The position is told then by ring->position. */
bool output_ring_take(struct output_ring *ring, struct output_slot *ret, uint64_t *ret_token);

#endif
