#include "base/sketch.h"

#include <math.h>
#include <stdlib.h>

#include "base/must.h"

/* Which bucket a value is in follows from its logarithm, for which a cubic stands in that takes only multiplications and so is
 * the same on every machine: for 2^e (1 + s) it is e + As^3 + Bs^2 + Cs, which grows by 1 from octave to octave as log2 does,
 * smoothly. Where it grows slowest, at s = 0, a bucket spans the factor exp(1 / (35 C)) = exp(0.02), whose middle is within
 * tanh(0.01) < 0.01 of all of it. */
#define A (6.0 / 35)
#define B (-3.0 / 5)
#define C (10.0 / 7)

enum {
    MANTISSA_BITS = 52,
    EXPONENT_BIAS = 1023,
    BUCKET_LOWEST = -20 * SKETCH_OCTAVE_BUCKETS, /* no value that counts is in a lower one, */
    BUCKET_HIGHEST = 50 * SKETCH_OCTAVE_BUCKETS, /* or a higher one */
    NEWTON_STEPS = 6,
    CAPACITY_MIN = 16,
};

static double curve(double s)
{
    return ((A * s + B) * s + C) * s;
}

/* The bucket b of values above bound(b - 1) up to bound(b). */
static int32_t bucket_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> MANTISSA_BITS) - EXPONENT_BIAS;
    bits = (bits & ((UINT64_C(1) << MANTISSA_BITS) - 1)) | (uint64_t)EXPONENT_BIAS << MANTISSA_BITS;
    double mantissa;
    memcpy(&mantissa, &bits, sizeof mantissa);
    return (int32_t)ceil((exponent + curve(mantissa - 1)) * SKETCH_OCTAVE_BUCKETS);
}

static double bound(int32_t bucket)
{
    int32_t octave = bucket / SKETCH_OCTAVE_BUCKETS - (bucket % SKETCH_OCTAVE_BUCKETS < 0);
    double wanted = (double)(bucket - octave * SKETCH_OCTAVE_BUCKETS) / SKETCH_OCTAVE_BUCKETS, s = wanted;
    for (int i = 0; i < NEWTON_STEPS; i++)
        s -= (curve(s) - wanted) / ((3 * A * s + 2 * B) * s + C);
    return ldexp(1 + s, octave);
}

/* The value whose share of error is least for all the bucket. */
static double middle(int32_t bucket)
{
    double low = bound(bucket - 1), high = bound(bucket);
    return 2 * low * high / (low + high);
}

void sketch_release(struct sketch *sketch)
{
    free(sketch->buckets);
    *sketch = (struct sketch){0};
}

void sketch_reset(struct sketch *sketch)
{
    *sketch = (struct sketch){.capacity = sketch->capacity, .buckets = sketch->buckets};
}

/* ---- Buckets ------------------------------------------------------------------------------------------------------- */

static int32_t last_of(const struct sketch *sketch)
{
    return sketch->first + (int32_t)sketch->size - 1;
}

/* Makes the buckets those from first on, size of them; all that are in use now are among them. */
static void spread(struct sketch *sketch, int32_t first, uint32_t size)
{
    if (size > sketch->capacity) {
        uint32_t capacity = sketch->capacity > 0 ? sketch->capacity : CAPACITY_MIN;
        while (capacity < size)
            capacity *= 2;
        sketch->buckets = mem_resize_array(sketch->buckets, capacity, sizeof *sketch->buckets);
        sketch->capacity = capacity;
    }
    uint32_t before = sketch->size > 0 ? (uint32_t)(sketch->first - first) : 0, behind = before + sketch->size;
    if (sketch->size > 0)
        memmove(sketch->buckets + before, sketch->buckets, sketch->size * sizeof *sketch->buckets);
    memset(sketch->buckets, 0, before * sizeof *sketch->buckets);
    memset(sketch->buckets + behind, 0, (size - behind) * sizeof *sketch->buckets);
    sketch->first = first;
    sketch->size = size;
}

/* What is below the bucket goes into it. */
static void collapse(struct sketch *sketch, int32_t floor)
{
    uint32_t gone = (uint32_t)(floor - sketch->first);
    if (gone >= sketch->size) { /* the bucket is above all of them */
        uint64_t all = 0;
        for (uint32_t i = 0; i < sketch->size; i++)
            all += sketch->buckets[i];
        sketch->buckets[0] = all;
        sketch->size = 1;
    } else {
        for (uint32_t i = 0; i < gone; i++)
            sketch->buckets[gone] += sketch->buckets[i];
        sketch->size -= gone;
        memmove(sketch->buckets, sketch->buckets + gone, sketch->size * sizeof *sketch->buckets);
    }
    sketch->first = floor;
}

/* The lowest bucket a sketch has whose highest is that one. */
static int32_t floor_of(int32_t last)
{
    return last - SKETCH_BUCKETS_MAX + 1;
}

/* One that is not among the buckets there are. */
static void add_outside(struct sketch *sketch, int32_t bucket, uint64_t count)
{
    if (sketch->size == 0) {
        spread(sketch, bucket, 1);
    } else if (bucket > last_of(sketch)) {
        if (sketch->first < floor_of(bucket))
            collapse(sketch, floor_of(bucket));
        spread(sketch, sketch->first, (uint32_t)(bucket - sketch->first) + 1);
    } else if (bucket < sketch->first) {
        int32_t floor = floor_of(last_of(sketch));
        bucket = bucket < floor ? floor : bucket;
        spread(sketch, bucket, (uint32_t)(last_of(sketch) - bucket) + 1);
    }
    sketch->buckets[bucket - sketch->first] += count;
}

static inline void add_to_bucket(struct sketch *sketch, int32_t bucket, uint64_t count)
{
    int64_t at = (int64_t)bucket - sketch->first;
    if (at >= 0 && at < sketch->size)
        sketch->buckets[at] += count;
    else
        add_outside(sketch, bucket, count);
}

/* Makes room for the buckets first..last at once, unless they are too many to keep all of them. */
static void expect(struct sketch *sketch, int32_t first, int32_t last)
{
    if (sketch->size > 0) {
        first = sketch->first < first ? sketch->first : first;
        last = last_of(sketch) > last ? last_of(sketch) : last;
        if (first == sketch->first && last == last_of(sketch))
            return;
    }
    if (first >= floor_of(last))
        spread(sketch, first, (uint32_t)(last - first) + 1);
}

static bool is_zero(double value)
{
    return value < SKETCH_VALUE_MIN;
}

/* Counts the value where it belongs, and nothing else. */
static void place(struct sketch *sketch, double value)
{
    if (is_zero(value))
        sketch->zeros++;
    else
        add_to_bucket(sketch, bucket_of(value), 1);
}

/* What is known of count values without their buckets. */
static void add_range(struct sketch *sketch, uint64_t count, double least, double greatest)
{
    if (sketch->count == 0 || least < sketch->least)
        sketch->least = least;
    if (sketch->count == 0 || greatest > sketch->greatest)
        sketch->greatest = greatest;
    sketch->count += count;
}

void sketch_add(struct sketch *sketch, double value)
{
    if (!(value > 0))
        value = 0;
    if (value > SKETCH_VALUE_MAX)
        value = SKETCH_VALUE_MAX;
    add_range(sketch, 1, value, value);
    place(sketch, value);
}

void sketch_merge(struct sketch *sketch, const struct sketch *other)
{
    must(sketch != other);
    if (other->count == 0)
        return;
    add_range(sketch, other->count, other->least, other->greatest);
    sketch->zeros += other->zeros;
    if (other->size == 0)
        return;
    expect(sketch, other->first, last_of(other));
    int64_t at = (int64_t)other->first - sketch->first;
    if (at >= 0 && at + other->size <= sketch->size) {
        for (uint32_t i = 0; i < other->size; i++)
            sketch->buckets[at + i] += other->buckets[i];
        return;
    }
    for (uint32_t i = other->size; i-- > 0;) {
        if (other->buckets[i] > 0)
            add_to_bucket(sketch, other->first + (int32_t)i, other->buckets[i]);
    }
}

void sketch_trim(struct sketch *sketch, uint32_t buckets_max)
{
    must(buckets_max > 0);
    if (sketch->size > buckets_max)
        collapse(sketch, last_of(sketch) - (int32_t)buckets_max + 1);
}

bool sketch_quantile(const struct sketch *sketch, double q, double *ret_value)
{
    if (sketch->count == 0)
        return false;
    must(q >= 0 && q <= 1);
    uint64_t rank = (uint64_t)(q * (double)(sketch->count - 1)), below = sketch->zeros;
    if (rank == 0 || rank >= sketch->count - 1) {
        *ret_value = rank == 0 ? sketch->least : sketch->greatest;
        return true;
    }
    *ret_value = 0;
    for (uint32_t i = 0; i < sketch->size && below <= rank; i++) {
        below += sketch->buckets[i];
        if (below > rank)
            *ret_value = middle(sketch->first + (int32_t)i);
    }
    if (*ret_value < sketch->least)
        *ret_value = sketch->least;
    if (*ret_value > sketch->greatest)
        *ret_value = sketch->greatest;
    return true;
}

/* ---- Packed -------------------------------------------------------------------------------------------------------- */

enum { THOUSANDTHS = 1000, DOUBLE_SIZE = 8 };
#define THOUSANDTHS_MAX 9007199254740992.0 /* 2^53 */

static void pack_value(double value, struct buf *out)
{
    double scaled = value * THOUSANDTHS;
    uint64_t whole = scaled < THOUSANDTHS_MAX ? (uint64_t)(scaled + 0.5) : 0;
    if (scaled < THOUSANDTHS_MAX && (double)whole / THOUSANDTHS == value) {
        buf_add_varint(out, whole * 2);
        return;
    }
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    buf_add_varint(out, 1);
    for (unsigned i = 0; i < DOUBLE_SIZE; i++)
        buf_add_char(out, (char)(bits >> 8 * i & 0xff));
}

static bool unpack_value(struct str *bytes, double *ret)
{
    uint64_t whole;
    if (!str_take_varint(bytes, &whole))
        return false;
    if (whole % 2 == 0) {
        whole /= 2;
        *ret = (double)whole / THOUSANDTHS;
    } else {
        uint64_t bits = 0;
        if (whole != 1 || bytes->size < DOUBLE_SIZE)
            return false;
        for (unsigned i = 0; i < DOUBLE_SIZE; i++)
            bits |= (uint64_t)(unsigned char)bytes->data[i] << 8 * i;
        memcpy(ret, &bits, sizeof bits);
        *bytes = str_slice(*bytes, DOUBLE_SIZE, bytes->size);
    }
    return *ret >= 0 && *ret <= SKETCH_VALUE_MAX;
}

/* Which of the sketch's buckets has the value; BUCKET_HIGHEST + 1: it counts as zero. */
static int32_t place_of(const struct sketch *sketch, double value)
{
    if (is_zero(value))
        return BUCKET_HIGHEST + 1;
    int32_t bucket = bucket_of(value);
    return bucket < sketch->first ? sketch->first : bucket;
}

/* The next bucket from i on that is not empty: the last one is not. */
static inline uint32_t skip_empty(const struct sketch *sketch, uint32_t i)
{
    const uint64_t *buckets = sketch->buckets;
    while (i + 4 <= sketch->size && (buckets[i] | buckets[i + 1] | buckets[i + 2] | buckets[i + 3]) == 0)
        i += 4;
    while (i + 1 < sketch->size && buckets[i] == 0)
        i++;
    return i;
}

void sketch_pack(const struct sketch *sketch, struct buf *out)
{
    buf_add_varint(out, sketch->count);
    if (sketch->count > 0)
        pack_value(sketch->least, out);
    if (sketch->count > 1)
        pack_value(sketch->greatest, out);
    if (sketch->count <= 2)
        return;
    buf_add_varint(out, sketch->zeros - is_zero(sketch->least) - is_zero(sketch->greatest));
    int32_t low = place_of(sketch, sketch->least), high = place_of(sketch, sketch->greatest);
    int32_t before = is_zero(sketch->least) ? BUCKET_LOWEST : bucket_of(sketch->least);
    for (uint32_t i = 0; i < sketch->size; i++) {
        i = skip_empty(sketch, i);
        int32_t bucket = sketch->first + (int32_t)i;
        uint64_t count = sketch->buckets[i] - (bucket == low) - (bucket == high);
        if (count == 0)
            continue;
        buf_add_varint(out, (uint64_t)(bucket - before) * 2 + (count > 1));
        if (count > 1)
            buf_add_varint(out, count - 2);
        before = bucket;
    }
}

/* Those behind least and greatest; into: NULL to read over them. */
static bool take_buckets(struct str *bytes, uint64_t count, double least, struct sketch *into)
{
    uint64_t left = count - 2, zeros;
    if (!str_take_varint(bytes, &zeros) || zeros > left)
        return false;
    left -= zeros;
    if (into != NULL)
        into->zeros += zeros;
    int64_t bucket = is_zero(least) ? BUCKET_LOWEST : bucket_of(least);
    while (left > 0) {
        uint64_t step, several = 1;
        if (!str_take_varint(bytes, &step) || step / 2 > (uint64_t)(BUCKET_HIGHEST - BUCKET_LOWEST))
            return false;
        if (step % 2 == 1 && (!str_take_varint(bytes, &several) || __builtin_add_overflow(several, 2, &several)))
            return false;
        bucket += (int64_t)(step / 2);
        if (bucket > BUCKET_HIGHEST || several > left)
            return false;
        if (into != NULL)
            add_to_bucket(into, (int32_t)bucket, several);
        left -= several;
    }
    return true;
}

/* Adds it, or reads over it when into is NULL. */
static bool take_packed(struct str *bytes, uint64_t *ret_count, struct sketch *into)
{
    double least, greatest;
    if (!str_take_varint(bytes, ret_count))
        return false;
    if (*ret_count == 0)
        return true;
    if (!unpack_value(bytes, &least))
        return false;
    greatest = least;
    if (*ret_count > 1 && (!unpack_value(bytes, &greatest) || greatest < least))
        return false;
    if (into != NULL) {
        add_range(into, *ret_count, least, greatest);
        if (!is_zero(least))
            expect(into, bucket_of(least), bucket_of(greatest));
    }
    if (*ret_count > 2 && !take_buckets(bytes, *ret_count, least, into))
        return false;
    if (into != NULL && *ret_count > 1)
        place(into, greatest);
    if (into != NULL)
        place(into, least);
    return true;
}

bool sketch_unpack(struct sketch *sketch, struct str *bytes)
{
    uint64_t count;
    sketch_reset(sketch);
    if (take_packed(bytes, &count, sketch))
        return true;
    sketch_reset(sketch);
    return false;
}

bool sketch_skip(struct str *bytes, uint64_t *ret_count)
{
    return take_packed(bytes, ret_count, NULL);
}

void sketch_merge_packed(struct sketch *sketch, struct str packed)
{
    uint64_t count;
    must(take_packed(&packed, &count, sketch) && packed.size == 0);
}
