/* block: a stretch of records as one compressed row. store_encode (store.h) makes the image; here it is read back.
 * Decoding trusts nothing: every count, size and value is checked against its limit before it is used. */
#ifndef WINNOW_STORE_BLOCK_H
#define WINNOW_STORE_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/batch.h"
#include "base/err.h"
#include "base/scope.h"
#include "store/codec.h"
#include "store/store.h"

enum {
    BLOCK_CODEC = 1, /* the codec store_encode writes */
    BLOCK_TEXT_MAX = RECORD_BYTES_MAX + BATCH_BYTES_TARGET + 4096,
    BLOCK_BODY_MAX = BLOCK_TEXT_MAX * 2, /* compressed or not, a body is never larger */
};

/* A row of the table run. */
struct run_row {
    int64_t source;
    uint32_t first, records; /* in slots of the block */
    uint64_t offset_from, offset_to;
};

/* A row of the table block. */
struct block_row {
    int64_t id;
    uint64_t first_record;
    uint32_t slots;   /* record numbers it takes */
    uint32_t records; /* of them, those that are records */
    uint32_t unparsed;
    uint32_t timeless;  /* records without a time */
    uint64_t raw_bytes; /* newlines included */
    int64_t time_min, time_max;
    uint32_t codec;
    const struct run_row *runs; /* not needed for decoding */
    uint32_t run_count;
    struct str directory, body;
};

/* A decoded block. Everything but the text comes from block_decode; the text is inflated when it is wanted. */
struct block {
    int64_t id;
    uint64_t first_record;
    uint32_t slots, run_count;
    struct batch_run *runs; /* source, first, count, offset, end; they cover all slots */
    uint32_t *starts;       /* slots + 1: where each record begins in text */
    uint64_t *offsets;
    int64_t *times;
    const uint8_t *flags, *levels, *kinds, *formats;
    bool has_text;
    struct buf text;
    struct buf streams[CODEC_KIND_MAX + 1]; /* inflated, by kind */
    struct codec_reader reader;
    struct arena arena;
};

/* Zero-initialised = empty. A block may be decoded into again and again. */
void block_release(struct block *block);
/* ERR_CORRUPT names the block and what is wrong. The row's blobs must live until block_decode_text, if that is called;
 * not longer. */
bool block_decode(struct block *block, const struct block_row *row, struct err *err);
bool block_decode_text(struct block *block, struct err *err);

/* A slot that is not a record: a tail that went to a hot row. */
static inline bool block_is_hole(const struct block *block, uint32_t slot)
{
    return (block->flags[slot] & RECORD_TAIL) != 0;
}
const struct batch_run *block_run_of(const struct block *block, uint32_t slot);
/* The record of a slot that is not a hole; needs the text. Views live until the block is decoded into again. */
void block_record(const struct block *block, uint32_t slot, struct scan_record *ret);

#endif
