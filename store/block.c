#include "store/block.h"

#include "base/must.h"
#include "store/word.h"

/* Codec version 1. The slots of a block are the batch's records in order. Streams, in the form of codec.h:
 *
 *   1 runs     for each run: zigzag source, varint count of slots, varint offset of its first byte in the source
 *   2 flags    one byte per slot: enum record_flag, and 128 (NO_TIME) when it has no time
 *   3 lengths  for each slot: varint size of its raw bytes, without the newline
 *   4 times    for each slot without NO_TIME: zigzag difference to the one before (the first to 0), modulo 2^64
 *   5 levels   one byte per slot
 *   6 kinds    one byte per slot
 *   7 formats  one byte per slot
 *   8 offsets  only if there is an exception: varint slot, zigzag difference from the offset expected, for each slot
 *              whose offset is another one than expected, in order of slots
 *   9 text     the raw bytes of all slots, one behind the other, without newlines
 *
 *  1. Runs are 1..slots, none is empty, and they cover the slots in order.
 *  2. A slot flagged RECORD_TAIL is a hole: its length is 0, it has no time, and its record is in the table hot.
 *  3. flags, levels, kinds and formats have exactly `slots` bytes of known values; lengths, times and runs end where their
 *     streams end.
 *  4. The sum of the lengths is the size of the text, at most BLOCK_TEXT_MAX.
 *  5. A run's first slot is expected at the run's offset; every other one behind the one before it: offset + length + 1
 *     for the newline, which is left out after RECORD_NO_NEWLINE, RECORD_PIECE and RECORD_TAIL.
 *  6. Offsets do not wrap.
 *
 * Level 6 of libdeflate, measured on one core with 100 MB of generated web-platform JSON in blocks of 4 MB, whole store
 * file and all of store_encode: level 4 gives 17.1 MB at 130 MB/s, 5 gives 16.8 at 120, 6 gives 15.9 at 90 to 100. Finding
 * and sorting the words of the index runs at 650 to 850 MB/s. */
enum stream {
    STREAM_RUNS = 1,
    STREAM_FLAGS,
    STREAM_LENGTHS,
    STREAM_TIMES,
    STREAM_LEVELS,
    STREAM_KINDS,
    STREAM_FORMATS,
    STREAM_OFFSETS,
    STREAM_TEXT,
};

enum {
    NO_TIME = 128,
    FLAGS_KNOWN = RECORD_UNPARSED | RECORD_NO_NEWLINE | RECORD_PIECE | RECORD_TAIL | RECORD_TIME_BORROWED | NO_TIME,
    VARINT_MAX = 10,
};

static bool ends_with_newline(uint8_t flags)
{
    return (flags & (RECORD_NO_NEWLINE | RECORD_PIECE | RECORD_TAIL)) == 0;
}

/* ---- Encoding ------------------------------------------------------------------------------------------------------ */

/* A record without a time of its own takes that of the record before it in its run, else of the next one. */
static void borrow_times(struct batch *batch)
{
    for (uint32_t r = 0; r < batch->run_count; r++) {
        const struct batch_run *run = &batch->runs[r];
        struct record *records = batch->records + run->first;
        uint32_t first = 0;
        while (first < run->count && records[first].time_us == TIME_NONE)
            first++;
        if (first == run->count)
            continue;
        int64_t time_us = records[first].time_us;
        for (uint32_t i = 0; i < run->count; i++) {
            if (records[i].time_us == TIME_NONE) {
                records[i].time_us = time_us;
                records[i].flags |= RECORD_TIME_BORROWED;
            }
            time_us = records[i].time_us;
        }
    }
}

/* What is said of the block as a whole; tails do not count. */
static void sum_up(struct batch *batch)
{
    struct batch_image *image = &batch->image;
    image->records = image->unparsed = 0;
    image->raw_bytes = 0;
    image->time_min = image->time_max = TIME_NONE;
    for (uint32_t i = 0; i < batch->record_count; i++) {
        const struct record *rec = &batch->records[i];
        if (rec->flags & RECORD_TAIL)
            continue;
        image->records++;
        image->unparsed += (rec->flags & RECORD_UNPARSED) != 0;
        image->raw_bytes += rec->raw.size + (ends_with_newline(rec->flags) ? 1 : 0);
        if (rec->time_us == TIME_NONE)
            continue;
        if (image->time_min == TIME_NONE || rec->time_us < image->time_min)
            image->time_min = rec->time_us;
        if (image->time_max == TIME_NONE || rec->time_us > image->time_max)
            image->time_max = rec->time_us;
    }
}

static void add_runs(struct codec_writer *writer, const struct batch *batch, struct buf *scratch)
{
    buf_reset(scratch);
    uint32_t covered = 0;
    for (uint32_t r = 0; r < batch->run_count; r++) {
        const struct batch_run *run = &batch->runs[r];
        must(run->first == covered);
        covered += run->count;
        if (run->count == 0)
            continue;
        buf_add_zigzag(scratch, run->source);
        buf_add_varint(scratch, run->count);
        buf_add_varint(scratch, run->offset);
    }
    must(covered == batch->record_count);
    codec_writer_add(writer, STREAM_RUNS, buf_str(scratch));
}

static void add_numbers(struct codec_writer *writer, const struct batch *batch, enum stream stream, struct buf *scratch)
{
    buf_reset(scratch);
    uint64_t time_before = 0;
    for (uint32_t i = 0; i < batch->record_count; i++) {
        const struct record *rec = &batch->records[i];
        bool hole = (rec->flags & RECORD_TAIL) != 0;
        if (stream == STREAM_LENGTHS) {
            buf_add_varint(scratch, hole ? 0 : rec->raw.size);
        } else if (!hole && rec->time_us != TIME_NONE) {
            buf_add_zigzag(scratch, (int64_t)((uint64_t)rec->time_us - time_before));
            time_before = (uint64_t)rec->time_us;
        }
    }
    codec_writer_add(writer, (uint8_t)stream, buf_str(scratch));
}

static uint8_t byte_of(const struct record *rec, enum stream stream)
{
    switch (stream) {
    case STREAM_FLAGS:
        return rec->flags | (rec->time_us == TIME_NONE || (rec->flags & RECORD_TAIL) ? NO_TIME : 0);
    case STREAM_LEVELS:
        return rec->level;
    case STREAM_KINDS:
        return rec->kinds;
    default:
        return rec->format;
    }
}

static void add_bytes(struct codec_writer *writer, const struct batch *batch, enum stream stream, struct buf *scratch)
{
    buf_reset(scratch);
    for (uint32_t i = 0; i < batch->record_count; i++)
        buf_add_char(scratch, (char)byte_of(&batch->records[i], stream));
    codec_writer_add(writer, (uint8_t)stream, buf_str(scratch));
}

static void add_offsets(struct codec_writer *writer, const struct batch *batch, struct buf *scratch)
{
    buf_reset(scratch);
    for (uint32_t r = 0; r < batch->run_count; r++) {
        const struct batch_run *run = &batch->runs[r];
        uint64_t expected = run->offset;
        for (uint32_t i = run->first; i < run->first + run->count; i++) {
            const struct record *rec = &batch->records[i];
            if (rec->offset != expected) {
                buf_add_varint(scratch, i);
                buf_add_zigzag(scratch, (int64_t)(rec->offset - expected));
            }
            uint64_t size = rec->flags & RECORD_TAIL ? 0 : rec->raw.size;
            expected = rec->offset + size + (ends_with_newline(rec->flags) ? 1 : 0);
        }
    }
    if (scratch->size > 0)
        codec_writer_add(writer, STREAM_OFFSETS, buf_str(scratch));
}

static void add_text(struct codec_writer *writer, const struct batch *batch, struct buf *scratch)
{
    buf_reset(scratch);
    for (uint32_t i = 0; i < batch->record_count; i++) {
        if ((batch->records[i].flags & RECORD_TAIL) == 0)
            buf_add_str(scratch, batch->records[i].raw);
    }
    codec_writer_add(writer, STREAM_TEXT, buf_str(scratch));
}

void store_encode(struct batch *batch)
{
    must(batch->record_count <= BATCH_RECORDS_MAX);
    struct batch_image *image = &batch->image;
    borrow_times(batch);
    sum_up(batch);
    buf_reset(&image->directory);
    buf_reset(&image->body);
    buf_reset(&image->index);
    if (image->records == 0)
        return;
    struct codec_writer writer;
    codec_writer_init(&writer, &image->directory, &image->body);
    SCOPED(buf) scratch = BUF(BLOCK_TEXT_MAX);
    add_runs(&writer, batch, &scratch);
    add_bytes(&writer, batch, STREAM_FLAGS, &scratch);
    add_numbers(&writer, batch, STREAM_LENGTHS, &scratch);
    add_numbers(&writer, batch, STREAM_TIMES, &scratch);
    add_bytes(&writer, batch, STREAM_LEVELS, &scratch);
    add_bytes(&writer, batch, STREAM_KINDS, &scratch);
    add_bytes(&writer, batch, STREAM_FORMATS, &scratch);
    add_offsets(&writer, batch, &scratch);
    add_text(&writer, batch, &scratch);
    must(!scratch.full); /* a batch's raw bytes are within BLOCK_TEXT_MAX */
    codec_writer_finish(&writer);
    codec_writer_release(&writer);
    word_index(batch, &image->index);
}

/* ---- Decoding ------------------------------------------------------------------------------------------------------ */

void block_release(struct block *block)
{
    for (unsigned i = 0; i <= CODEC_KIND_MAX; i++)
        buf_release(&block->streams[i]);
    buf_release(&block->text);
    codec_reader_release(&block->reader);
    arena_release(&block->arena);
    *block = (struct block){0};
}

static bool damaged(const struct block *block, const char *what, struct err *err)
{
    return err_set(err, ERR_CORRUPT, 0, "block %lld is damaged: %s", (long long)block->id, what);
}

static bool inflate(struct block *block, enum stream stream, size_t size_max, struct str *ret)
{
    struct buf *out = &block->streams[stream];
    out->size_max = BLOCK_TEXT_MAX;
    if (!codec_reader_inflate(&block->reader, (uint8_t)stream, size_max, out))
        return false;
    *ret = buf_str(out);
    return true;
}

/* A stream of one byte per slot, none above max. */
static const uint8_t *take_bytes(struct block *block, enum stream stream, unsigned max)
{
    struct str bytes;
    if (!inflate(block, stream, block->slots, &bytes) || bytes.size != block->slots)
        return NULL;
    const uint8_t *values = (const uint8_t *)bytes.data;
    for (uint32_t i = 0; i < block->slots; i++) {
        if (values[i] > max)
            return NULL;
    }
    return values;
}

static bool take_runs(struct block *block)
{
    struct str rest;
    if (!inflate(block, STREAM_RUNS, (size_t)block->slots * 3 * VARINT_MAX, &rest))
        return false;
    block->runs = ARENA_ARRAY(&block->arena, struct batch_run, block->slots);
    block->run_count = 0;
    uint32_t covered = 0;
    while (rest.size > 0) {
        int64_t source;
        uint64_t count, offset;
        if (!str_take_zigzag(&rest, &source) || !str_take_varint(&rest, &count) || !str_take_varint(&rest, &offset))
            return false;
        if (count == 0 || count > block->slots - covered)
            return false;
        block->runs[block->run_count++] = (struct batch_run){
            .source = source,
            .first = covered,
            .count = (uint32_t)count,
            .offset = offset,
            .end = offset,
            .reference_us = TIME_NONE,
        };
        covered += (uint32_t)count;
    }
    return covered == block->slots;
}

static bool take_flags(struct block *block, uint32_t records)
{
    block->flags = take_bytes(block, STREAM_FLAGS, FLAGS_KNOWN);
    if (block->flags == NULL)
        return false;
    uint32_t found = 0;
    for (uint32_t i = 0; i < block->slots; i++) {
        if ((block->flags[i] & ~FLAGS_KNOWN) != 0 || (block_is_hole(block, i) && (block->flags[i] & NO_TIME) == 0))
            return false;
        found += !block_is_hole(block, i);
    }
    return found == records;
}

static bool take_lengths(struct block *block)
{
    struct str rest;
    const struct codec_entry *text = codec_reader_find(&block->reader, STREAM_TEXT);
    if (text == NULL || text->raw_size > BLOCK_TEXT_MAX ||
        !inflate(block, STREAM_LENGTHS, (size_t)block->slots * VARINT_MAX, &rest))
        return false;
    block->starts = ARENA_ARRAY(&block->arena, uint32_t, block->slots + 1);
    uint64_t at = 0;
    for (uint32_t i = 0; i < block->slots; i++) {
        uint64_t length;
        if (!str_take_varint(&rest, &length) || length > text->raw_size - at || (length > 0 && block_is_hole(block, i)))
            return false;
        block->starts[i] = (uint32_t)at;
        at += length;
    }
    block->starts[block->slots] = (uint32_t)at;
    return rest.size == 0 && at == text->raw_size;
}

static bool take_times(struct block *block)
{
    struct str rest;
    if (!inflate(block, STREAM_TIMES, (size_t)block->slots * VARINT_MAX, &rest))
        return false;
    block->times = ARENA_ARRAY(&block->arena, int64_t, block->slots);
    uint64_t time_us = 0;
    for (uint32_t i = 0; i < block->slots; i++) {
        block->times[i] = TIME_NONE;
        if (block->flags[i] & NO_TIME)
            continue;
        int64_t difference;
        if (!str_take_zigzag(&rest, &difference))
            return false;
        time_us += (uint64_t)difference;
        block->times[i] = (int64_t)time_us;
        if (block->times[i] == TIME_NONE)
            return false;
    }
    return rest.size == 0;
}

/* Takes the exception for this slot, if the front of *rest is one. */
static bool take_exception(struct str *rest, uint32_t slot, uint64_t *offset)
{
    struct str ahead = *rest;
    uint64_t number;
    int64_t difference;
    if (ahead.size == 0)
        return true;
    if (!str_take_varint(&ahead, &number) || !str_take_zigzag(&ahead, &difference) || number < slot)
        return false;
    if (number == slot) {
        *offset += (uint64_t)difference;
        *rest = ahead;
    }
    return true;
}

static bool take_offsets(struct block *block)
{
    struct str rest = STR("");
    if (codec_reader_find(&block->reader, STREAM_OFFSETS) != NULL &&
        !inflate(block, STREAM_OFFSETS, (size_t)block->slots * 2 * VARINT_MAX, &rest))
        return false;
    block->offsets = ARENA_ARRAY(&block->arena, uint64_t, block->slots);
    for (uint32_t r = 0; r < block->run_count; r++) {
        struct batch_run *run = &block->runs[r];
        uint64_t offset = run->offset;
        for (uint32_t i = run->first; i < run->first + run->count; i++) {
            if (!take_exception(&rest, i, &offset))
                return false;
            block->offsets[i] = offset;
            uint64_t size = (uint64_t)(block->starts[i + 1] - block->starts[i]);
            if (__builtin_add_overflow(offset, size + (ends_with_newline(block->flags[i]) ? 1 : 0), &offset))
                return false;
        }
        run->end = offset;
    }
    return rest.size == 0;
}

bool block_decode(struct block *block, const struct block_row *row, struct err *err)
{
    codec_reader_release(&block->reader);
    arena_reset(&block->arena);
    block->id = row->id;
    block->first_record = row->first_record;
    block->slots = row->slots;
    block->has_text = false;
    if (row->codec != BLOCK_CODEC)
        return err_set(err, ERR_VERSION, 0, "block %lld has codec %lu, which this winnow does not know: upgrade winnow",
                       (long long)row->id, (unsigned long)row->codec);
    if (row->slots == 0 || row->slots > BATCH_RECORDS_MAX || row->body.size > BLOCK_BODY_MAX)
        return damaged(block, "its size is beyond the limits", err);
    if (!codec_reader_init(&block->reader, row->directory, row->body))
        return damaged(block, "its directory of streams is wrong", err);
    if (!take_runs(block))
        return damaged(block, "its runs are wrong", err);
    if (!take_flags(block, row->records))
        return damaged(block, "its flags are wrong", err);
    if (!take_lengths(block))
        return damaged(block, "its lengths are wrong", err);
    if (!take_times(block))
        return damaged(block, "its times are wrong", err);
    if (!take_offsets(block))
        return damaged(block, "its offsets are wrong", err);
    block->levels = take_bytes(block, STREAM_LEVELS, LEVEL_CRITICAL);
    block->kinds = take_bytes(block, STREAM_KINDS, (1u << KIND_COUNT) - 1);
    block->formats = take_bytes(block, STREAM_FORMATS, FORMAT_COUNT - 1);
    if (block->levels == NULL || block->kinds == NULL || block->formats == NULL)
        return damaged(block, "its levels, kinds or formats are wrong", err);
    return true;
}

bool block_decode_text(struct block *block, struct err *err)
{
    if (block->has_text)
        return true;
    block->text.size_max = BLOCK_TEXT_MAX;
    if (!codec_reader_inflate(&block->reader, STREAM_TEXT, BLOCK_TEXT_MAX, &block->text))
        return damaged(block, "its text does not inflate", err);
    block->has_text = true;
    return true;
}

/* ---- Asking -------------------------------------------------------------------------------------------------------- */

const struct batch_run *block_run_of(const struct block *block, uint32_t slot)
{
    must(slot < block->slots);
    uint32_t low = 0, high = block->run_count;
    while (high - low > 1) { /* runs[low].first <= slot < runs[high].first */
        uint32_t middle = low + (high - low) / 2;
        if (block->runs[middle].first <= slot)
            low = middle;
        else
            high = middle;
    }
    return &block->runs[low];
}

void block_record(const struct block *block, uint32_t slot, struct scan_record *ret)
{
    must(block->has_text && slot < block->slots && !block_is_hole(block, slot));
    *ret = (struct scan_record){
        .number = block->first_record + slot,
        .source = block_run_of(block, slot)->source,
        .record =
            {
                .raw = str_slice(buf_str(&block->text), block->starts[slot], block->starts[slot + 1]),
                .offset = block->offsets[slot],
                .time_us = block->times[slot],
                .flags = block->flags[slot] & (uint8_t)~NO_TIME,
                .level = block->levels[slot],
                .kinds = block->kinds[slot],
                .format = block->formats[slot],
            },
    };
}
