/* struct sketch: quantiles of many values in little memory, after DDSketch (Masson, Rim, Lee: "DDSketch: a fast and
 * fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019).
 *
 * Values are counted in buckets, SKETCH_OCTAVE_BUCKETS for each doubling, so that the middle of a bucket is off by
 * SKETCH_ERROR of the value at most. Count, least and greatest value are exact. What is below SKETCH_VALUE_MIN counts as zero. A
 * sketch spans SKETCH_BUCKETS_MAX buckets, 29 doublings: below them the lowest one takes all, so that low quantiles lose their
 * bound, never high ones.
 *
 * Sketches merged in any order give the sketch of all their values, bit by bit. One thread at a time. */
#ifndef WINNOW_BASE_SKETCH_H
#define WINNOW_BASE_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define SKETCH_ERROR 0.01
#define SKETCH_VALUE_MIN 1e-6
#define SKETCH_VALUE_MAX 1e15
enum { SKETCH_BUCKETS_MAX = 1024, SKETCH_OCTAVE_BUCKETS = 35 };

/* Zero-initialised = empty. */
struct sketch {
    uint64_t count;
    uint64_t zeros;         /* of them, those that count as zero */
    double least, greatest; /* when count > 0 */
    int32_t first;          /* number of the bucket buckets[0] */
    uint32_t size;          /* buckets in use; the first and the last of them are not empty */
    uint32_t capacity;
    uint64_t *buckets;
};

void sketch_release(struct sketch *sketch);
void sketch_reset(struct sketch *sketch); /* empties, keeps the memory */
/* A value that is negative or no number is taken for 0, one above SKETCH_VALUE_MAX for that. */
void sketch_add(struct sketch *sketch, double value);
void sketch_merge(struct sketch *sketch, const struct sketch *other);
/* Leaves it so many buckets at most, not 0: below them the lowest one takes all. */
void sketch_trim(struct sketch *sketch, uint32_t buckets_max);
static inline uint64_t sketch_count(const struct sketch *sketch)
{
    return sketch->count;
}
/* The value of rank q * (count - 1), rounded down, among all in order, 0 <= q <= 1: within SKETCH_ERROR of it. False when there is
 * none. */
bool sketch_quantile(const struct sketch *sketch, double q, double *ret_value);

/* Appends the sketch; the bytes tell where they end:
 *
 *     varint  count
 *     value   least               unless count is 0
 *     value   greatest            unless count is 0 or 1
 *     varint  zeros               unless count is at most 2, as is what follows
 *     for each bucket that is not empty, upwards, until all values are there:
 *         varint  2 * steps + several: steps from the bucket before, the first one from that of least
 *         varint  values - 2          when several
 *
 *     value   varint 2 * n for n / 1000; else varint 1 and the eight bytes of a double, little-endian
 *
 * zeros and buckets are counted without least and greatest, which stand there already. */
void sketch_pack(const struct sketch *sketch, struct buf *out);
/* Takes one off the front of *bytes into the sketch, whatever was in it. False when they are none; the sketch is empty then. */
bool sketch_unpack(struct sketch *sketch, struct str *bytes);
/* Takes one off the front of *bytes without looking at more than whether it is one; *ret_count: of how many values. */
bool sketch_skip(struct str *bytes, uint64_t *ret_count);
/* The same as unpacking and merging, of bytes that sketch_skip took. */
void sketch_merge_packed(struct sketch *sketch, struct str packed);

#endif
