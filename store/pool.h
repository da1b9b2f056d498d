/* pools: the byte streams a column is written into, by the nature of the bytes, so that each compresses best. A column and
 * all columns nested in it share one set, written and read strictly in the same order. */
#ifndef WINNOW_STORE_POOL_H
#define WINNOW_STORE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum pool {
    POOL_META, /* types, counts, widths */
    POOL_CODE, /* low bytes of dictionary codes and template numbers */
    POOL_LOW,  /* lowest bytes of numbers */
    POOL_HIGH, /* all other bytes of numbers and codes, plane by plane */
    POOL_BITS, /* bytes of hex digits and addresses: noise */
    POOL_TEXT, /* text */
    POOL_COUNT,
};

struct pools {
    struct buf bufs[POOL_COUNT];
};
void pools_init(struct pools *pools); /* of memory that is not initialised yet */
void pools_reset(struct pools *pools);
void pools_release(struct pools *pools);

/* What is still to be read of each pool. */
struct pool_reader {
    struct str rest[POOL_COUNT];
};
/* Cuts size bytes off a pool. False when it has less. */
bool pool_take(struct pool_reader *reader, enum pool pool, size_t size, struct str *ret);
bool pool_all_read(const struct pool_reader *reader);
bool pool_take_varint(struct pool_reader *reader, uint64_t *ret); /* from POOL_META */
bool pool_take_zigzag(struct pool_reader *reader, int64_t *ret);

/* Numbers as planes of bytes above their minimum, as they are or as differences, whichever promises to be smaller. */
void pool_add_numbers(struct pools *pools, const int64_t *numbers, size_t count, struct arena *scratch);
bool pool_take_numbers(struct pool_reader *reader, int64_t *ret, size_t count);
/* The same in two steps: what is not needed is not read. */
struct pool_numbers {
    size_t count;
    unsigned width; /* planes: low, and the rest in high */
    bool deltas;
    int64_t min;
    struct str low, high;
};
bool pool_skip_numbers(struct pool_reader *reader, size_t count, struct pool_numbers *ret);
void pool_read_numbers(const struct pool_numbers *numbers, int64_t *ret);
/* One number; they must be no differences. */
int64_t pool_number_at(const struct pool_numbers *numbers, size_t i);
/* Small codes 0..limit-1: one plane, or two from 256 on (limit <= 65536). */
void pool_add_codes(struct pools *pools, const uint32_t *codes, size_t count, uint32_t limit);
bool pool_take_codes(struct pool_reader *reader, uint32_t *ret, size_t count, uint32_t limit);
struct pool_codes {
    size_t count;
    uint32_t limit;
    struct str low, high;
};
bool pool_skip_codes(struct pool_reader *reader, size_t count, uint32_t limit, struct pool_codes *ret);
bool pool_read_codes(const struct pool_codes *codes, uint32_t *ret);
/* How many of the first `end` are this code. */
uint32_t pool_count_codes(const struct pool_codes *codes, uint32_t end, uint32_t code);

/* About the bits that many bytes with this histogram need without context. */
double entropy_bits(const uint32_t histogram[256], size_t count);

#endif
