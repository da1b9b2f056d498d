/* block: a stretch of records as one compressed row. store_encode (store.h) makes the image; here it is read back.
 *
 * The slots of a block are the batch's records in order. Their text is cut into skeletons (skeleton.h: what stands around the
 * values) and one column of values for each key path (column.h). A column's bytes stand in pools (pool.h); a pool of
 * BLOCK_OWN_STREAM bytes or more is a stream of its own (codec.h), the smaller ones of all columns share a stream per pool. Stream
 * numbers are group * 8 + pool: groups 0.. are the columns, BLOCK_COMMON the shared pools, BLOCK_HEADER the header, which is
 *
 *     runs       varint count, then for each: zigzag source, varint slots, varint offset of its first byte in the source; when
 *                the source has an earlier run in the block: zigzag difference of that offset to the earlier run's end
 *     skeletons  see skeleton.h
 *     columns    for each of the skeletons' columns and one more, the marks: u8 bits of the pools that are its own streams,
 *                u8 bits of those in the shared pools, then for each of these a varint size; shares follow each other
 *     times      varint 0, or 1 + the column whose times are expected; then numbers (pool.h): for each slot that has a time its
 *                difference to the time expected, which is that column's text of the slot read as a time, else the time of the
 *                slot before that had one (the first: 0); modulo 2^64
 *     offsets    varint count, then for each slot whose offset is another one than expected: varint slot, zigzag difference
 *     stretches  numbers: the bytes of text of each stretch of slots but the last, so that one offset can be told without the
 *                sizes of all texts before it; may be missing, and is of a block of one stretch
 *
 * The marks are four bytes for each slot: flags (enum record_flag, and BLOCK_NO_TIME), level, kinds, format.
 *
 *  1. Runs are 1..slots, none is empty, and they cover the slots in order.
 *  2. A slot flagged RECORD_TAIL is a hole: its text is empty, it has no time, and its record, unless it was replaced, is in the
 *     table hot.
 *  3. Every pool is read to its end.
 *  4. The text of all slots together is at most BLOCK_TEXT_MAX.
 *  5. A run's first slot is expected at the run's offset; every other one behind the one before it: offset + length + 1
 *     for the newline, which is left out after RECORD_NO_NEWLINE, RECORD_PIECE and RECORD_TAIL. Offsets do not wrap.
 *  6. A column refers only to columns before it.
 *
 * Decoding trusts nothing: every count, size and value is checked against its limit before it is used, and what a block can
 * make of itself in memory is bounded (BLOCK_RAW_MAX, COLUMN_VALUES_MAX, and list.h). */
#ifndef WINNOW_STORE_BLOCK_H
#define WINNOW_STORE_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/batch.h"
#include "base/err.h"
#include "base/scope.h"
#include "store/codec.h"
#include "store/list.h"
#include "store/skeleton.h"
#include "store/store.h"

enum {
    BLOCK_CODEC = 1, /* the codec store_encode writes */
    BLOCK_TEXT_MAX = RECORD_BYTES_MAX + BATCH_BYTES_TARGET + 4096,
    BLOCK_BODY_MAX = BLOCK_TEXT_MAX * 2, /* compressed or not, a body is never larger */
    BLOCK_RAW_MAX = BLOCK_TEXT_MAX * 6,  /* inflated streams of a block together */
    BLOCK_OWN_STREAM = 1024,
    BLOCK_COMMON = COLUMN_COUNT_MAX, /* groups of streams behind those of the columns */
    BLOCK_HEADER,
    BLOCK_MARK_SIZE = 4,
    BLOCK_MARKS_KIND = 255, /* the kind under which an encoder remembers the marks */
    BLOCK_NO_TIME = 128,
};

static inline uint32_t block_stream(uint32_t group, unsigned pool)
{
    return group * 8 + pool;
}

/* Slots of a stretch. Where few records fill a block they are long, and pack better than any number told beside them. */
static inline uint32_t block_stretch(uint32_t slots)
{
    return slots < 8192 ? 128 : 32;
}

static inline bool block_ends_with_newline(uint8_t flags)
{
    return (flags & RECORD_TAIL) == 0 && record_has_newline(flags);
}

/* The time expected of a slot. column (with times) may be NULL; *at is where to go on in it; before is the slot before's time. */
static inline uint64_t block_expected_time(const struct column *column, uint32_t slot, uint32_t *at, uint64_t before)
{
    if (column == NULL)
        return before;
    *at = column_seek(column, slot, *at);
    return *at < column->count && column->rows[*at] == slot ? (uint64_t)column->times[*at] : before;
}

/* A row of the table run. */
struct run_row {
    int64_t source;
    struct str name; /* the source's */
    uint32_t first;  /* of its slots in the block */
    uint32_t slots;  /* how many are its own; they need not follow each other */
    uint64_t offset_from, offset_to;
    uint32_t records, unparsed; /* holes left out, here and below */
    uint64_t raw_bytes;
    int64_t time_min, time_max;
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

/* Where a column's pools stand. */
struct block_place {
    uint8_t own;                                 /* bits of the pools that are streams of their own */
    size_t offset[POOL_COUNT], size[POOL_COUNT]; /* in the shared pools, size 0 = not there */
};

/* Where the next value of a column stands, once somebody has looked. */
struct block_cursor {
    uint32_t at;
    uint64_t turn; /* in which it was looked up; 0: never */
};

/* A slot that begins so many bytes behind where it is expected. */
struct block_jump {
    uint32_t slot;
    int64_t by;
};

/* What is known of the sizes of one stretch: the bytes before each of its first `count` slots. */
struct block_sizes {
    uint32_t index, count;
    uint64_t *before; /* NULL: nothing */
};

/* What is known of where records begin (block_offsets.c). */
struct block_offsets {
    bool known; /* the header was read */
    struct block_jump *jumps;
    uint32_t jump_count, looks; /* how often the sizes of a stretch were looked at */
    const int64_t *stretches;   /* NULL: missing */
    struct block_sizes at_run, at_slot;
};

/* A block on its way from bytes to records:
 *
 *     block_begin ─▶ sources, skeletons ─┬─▶ block_decode_marks ─▶ marks, times
 *                                        └─▶ block_open ─▶ columns ─┬─▶ block_decode_slots: the text of some slots
 *                                                                   ├─▶ block_slot_text: the text of one, elsewhere
 *                                                                   └─▶ block_decode_text: all there is
 *
 * Texts need the marks too, which tell what is a hole. Streams are inflated when they are needed first, so the row's blobs must
 * live as long as the block is read. A damaged block may pass every step but the last. */
struct block {
    int64_t id;
    uint64_t first_record;
    uint32_t slots, run_count;
    struct batch_run *runs; /* source, first, count, offset, end (with the offsets); they cover all slots */
    const int64_t *times;
    uint8_t *flags, *levels, *kinds, *formats;
    uint32_t records;  /* that must be in it */
    bool is_prepared;  /* the columns have their rows */
    bool is_decoded;   /* marks and times are there */
    bool is_open;      /* the columns may be asked for values */
    bool is_broken;    /* one of them, or the offsets, are damaged */
    bool has_text;     /* starts and text are, of the slots wanted */
    bool has_all_text; /* of all slots */
    uint32_t *starts;  /* slots + 1: where each record begins in text */
    uint64_t *offsets; /* NULL until all of them are wanted */
    struct block_offsets where;
    struct buf text;
    struct codec_reader reader;
    struct pool_reader header, common;
    struct skeletons skeletons;
    struct block_place *places;
    struct column_set *set; /* the skeletons' columns and the marks */
    struct block_cursor *cursors;
    uint64_t turn; /* counts the slots put together */
    struct lister lister;
    struct arena arena;
};

/* Zero-initialised = empty. A block may be decoded into again and again. */
void block_release(struct block *block);
/* ERR_CORRUPT names the block and what is wrong, here and below. */
bool block_begin(struct block *block, const struct block_row *row, struct err *err);
bool block_decode(struct block *block, const struct block_row *row, struct err *err);
/* After block_begin: from now on each column is opened when it is needed first. */
void block_open(struct block *block);
/* Puts the text of the slots together for which wanted is not 0, or of all (NULL); the others have none. */
bool block_decode_slots(struct block *block, const uint8_t *wanted, struct err *err);
/* The text of all slots and the offsets. */
bool block_decode_text(struct block *block, struct err *err);
/* Appends the text of one slot. */
bool block_slot_text(struct block *block, uint32_t slot, struct buf *out, struct err *err);
/* The bytes of a slot's text. False when it is damaged. */
bool block_slot_size(struct block *block, uint32_t slot, uint64_t *ret);
/* The offsets, which takes the sizes of all texts. */
bool block_decode_offsets(struct block *block, struct err *err);
/* The offset of one slot, which takes the sizes of a few. Of a damaged block it may be a wrong one. */
bool block_slot_offset(struct block *block, uint32_t slot, uint64_t *ret, struct err *err);
/* A stream of its own of a column, or its share of the common one; absent when it has none. False when it is damaged. */
bool block_column_pool(struct block *block, uint32_t column, enum pool pool, struct str *ret);
/* Marks and times, after block_begin (block_marks.c). */
bool block_decode_marks(struct block *block, struct err *err);

/* Opens the column, unless it is. False when it is damaged; then no other one can be opened either. */
bool block_need_column(struct block *block, uint32_t index);
/* For the steps above: makes the columns ready to be opened, tells what is wrong. */
void block_prepare_columns(struct block *block);
bool block_damaged(const struct block *block, const char *what, struct err *err);

/* A slot that is not a record: its number is that of a pending record, or of one that was replaced. */
static inline bool block_is_hole(const struct block *block, uint32_t slot)
{
    return (block->flags[slot] & RECORD_TAIL) != 0;
}
/* Encodes the batch as it is (block_encode.c); store_encode lends times to records without one before that. */
void block_encode(struct store_encoder *encoder, struct batch *batch);
/* As a judge sees it (scan_block.c); marks and columns must be ready. */
struct scan_block scan_block_of(struct block *block);
const struct batch_run *block_run_of(const struct block *block, uint32_t slot);
/* The record of a slot that is not a hole, its raw text given; offset 0 without the offsets. */
void block_record_of(const struct block *block, uint32_t slot, struct str raw, struct scan_record *ret);
/* The same with the block's own text, which must be there. Views live until the block's text changes. */
void block_record(const struct block *block, uint32_t slot, struct scan_record *ret);

#endif
