/* struct output_ring: the records of an output that are under way, in record order, and the position that follows: up to it every
 * record is delivered or was not wanted.
 *
 *     push ─▶ [ oldest ... newest ] ─▶ done, in any order; what is done at the front leaves, and the position moves
 *
 * A record is under way in as many messages as it has parts. One that is sent ahead (a pending record) takes its turn, too, but
 * moves no position: its number may be passed already. Full at OUTPUT_RING_MAX records, or at bytes_max of keys and values or with the
 * one that passes that. One thread. */
#ifndef WINNOW_INGEST_OUTPUT_RING_H
#define WINNOW_INGEST_OUTPUT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTPUT_RING_MAX = 1 << 16 };

struct output_slot {
    uint64_t number; /* of the record */
    uint64_t before; /* up to here records were looked at when it was pushed */
    uint32_t left;   /* messages not acknowledged */
    uint32_t bytes;  /* of them */
    bool ahead;
};

struct output_ring {
    struct output_slot *slots;
    uint64_t first, end; /* tokens: slots[token % OUTPUT_RING_MAX] */
    uint64_t bytes;      /* under way */
    uint64_t bytes_max;  /* the owner's to change at any time */
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
/* A message of the token's record is acknowledged. */
void output_ring_done(struct output_ring *ring, uint64_t token);
/* The oldest slot that is done leaves: false when there is none. The position is told then by ring->position. */
bool output_ring_take(struct output_ring *ring, struct output_slot *ret, uint64_t *ret_token);

#endif
