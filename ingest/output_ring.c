#include "ingest/output_ring.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"

void output_ring_init(struct output_ring *ring, uint64_t position)
{
    *ring = (struct output_ring){
        .slots = mem_resize_array(NULL, OUTPUT_RING_MAX, sizeof *ring->slots),
        .position = position,
        .seen = position,
    };
}

void output_ring_release(struct output_ring *ring)
{
    free(ring->slots);
    *ring = (struct output_ring){0};
}

void output_ring_reset(struct output_ring *ring)
{
    ring->first = ring->end;
    ring->bytes = 0;
    ring->seen = ring->position;
}

bool output_ring_is_full(const struct output_ring *ring)
{
    return ring->end - ring->first == OUTPUT_RING_MAX || ring->bytes >= ring->bytes_max;
}

static struct output_slot *slot_of(const struct output_ring *ring, uint64_t token)
{
    return &ring->slots[token % OUTPUT_RING_MAX];
}

static void move_to(struct output_ring *ring, uint64_t position)
{
    if (position > ring->position)
        ring->position = position;
}

void output_ring_pass(struct output_ring *ring, uint64_t number)
{
    if (number > ring->seen)
        ring->seen = number;
    if (output_ring_is_empty(ring))
        move_to(ring, ring->seen);
}

uint64_t output_ring_push(struct output_ring *ring, uint64_t number, uint32_t parts, size_t bytes, bool ahead)
{
    must(!output_ring_is_full(ring) && parts > 0);
    *slot_of(ring, ring->end) = (struct output_slot){
        .number = number,
        .before = ring->seen,
        .left = parts,
        .bytes = (uint32_t)bytes,
        .ahead = ahead,
    };
    ring->bytes += (uint32_t)bytes;
    if (!ahead && number > ring->seen)
        ring->seen = number;
    return ring->end++;
}

void output_ring_done(struct output_ring *ring, uint64_t token)
{
    must(token >= ring->first && token < ring->end && slot_of(ring, token)->left > 0);
    slot_of(ring, token)->left--;
}

bool output_ring_take(struct output_ring *ring, struct output_slot *ret, uint64_t *ret_token)
{
    if (output_ring_is_empty(ring) || slot_of(ring, ring->first)->left > 0)
        return false;
    *ret = *slot_of(ring, ring->first);
    *ret_token = ring->first++;
    ring->bytes -= ret->bytes;
    ring->delivered++;
    move_to(ring, ret->before);
    if (!ret->ahead)
        move_to(ring, ret->number);
    if (output_ring_is_empty(ring))
        move_to(ring, ring->seen);
    else
        move_to(ring, slot_of(ring, ring->first)->before);
    return true;
}
