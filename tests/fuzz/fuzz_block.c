/* Any bytes as a block, and as an id index. The first byte tells the slots, the second the records. The third, below 128,
 * is the size of the directory that follows, and the rest is the body. From 128 on, what follows are the streams before
 * they are compressed, each behind a byte for its group (0..5 columns, 6 the shared pools, 7 the header, and 8 times that)
 * and pool, and its size in two bytes: so that the fuzzer gets past the checksums. A block decodes or says what is wrong; if it
 * decodes, every record is readable to its last byte; read in part, it says no more. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/must.h"
#include "store/find.h"
#include "store/word.h"

static volatile uint64_t sink;

static void read_all(const struct block_row *row)
{
    SCOPED(block) block = {0};
    if (!block_decode(&block, row, NULL) || !block_decode_text(&block, NULL))
        return;
    for (uint32_t slot = 0; slot < block.slots; slot++) {
        struct scan_record rec;
        if (block_is_hole(&block, slot))
            continue;
        block_record(&block, slot, &rec);
        sink += hash_bytes(rec.record.raw.data, rec.record.raw.size, rec.record.offset);
    }
}

/* The way of a judge: columns by their codes. */
static void read_columns(const struct scan_block block)
{
    SCOPED(buf) text = BUF(1 << 24);
    uint32_t end;
    for (uint32_t slot = 0; slot < block.slots; slot = end)
        sink += (uint64_t)scan_block_source(&block, slot, &end);
    for (uint32_t c = 0; c < block.column_count; c++) {
        const uint32_t *codes;
        const uint8_t *flags;
        uint32_t count;
        if (!scan_block_begins(&block, c, STR("{ \\"), &flags) || !scan_block_codes(&block, c, &codes, &count))
            return;
        for (uint32_t slot = 0; slot < block.slots; slot++)
            must(codes[slot] < count || codes[slot] >= SCAN_CODE_SEVERAL);
        for (uint32_t code = 0; code < count && scan_block_text(&block, c, code, &text); code++)
            sink += flags ? flags[code] : 0;
        buf_reset(&text);
    }
}

/* The ways of a reader that wants few records: a text is looked for, slots come alone, and offsets without the texts. */
static void read_some(const struct block_row *row)
{
    static const struct find_text wanted[] = {{{"a", 1}, true}, {{"0-\0", 3}, false}, {{"user\\n\": 12", 11}, true}};
    SCOPED(block) block = {0};
    SCOPED(buf) text = BUF(1 << 24);
    bool damaged;
    if (!block_begin(&block, row, NULL))
        return;
    for (size_t i = 0; i < 3; i++)
        sink += find_glance(&block, &wanted[i], &damaged);
    if (!block_decode_marks(&block, NULL))
        return;
    block_open(&block);
    uint8_t marks[256] = {0}; /* slots are one byte of the input */
    for (size_t i = 0; i < 3; i++)
        sink += find_slots(&block, &wanted[i], marks);
    read_columns(scan_block_of(&block));
    for (uint32_t slot = 0; slot < block.slots; slot += 3)
        if (block_slot_text(&block, slot, &text, NULL))
            sink += hash_bytes(text.data, text.size, 0);
    for (uint64_t slot = 0, offset = 0; slot < block.slots; slot += 100)
        sink += block_slot_offset(&block, (uint32_t)slot, &offset, NULL) + offset;
    sink += block_decode_offsets(&block, NULL);
    sink += block_decode_slots(&block, marks, NULL);
}

static uint32_t kind_of(unsigned char byte)
{
    unsigned group = byte >> 3 & 7, pool = byte & 7;
    return block_stream(group == 6 ? BLOCK_COMMON : group == 7 ? BLOCK_HEADER : group, pool);
}

static void compress_streams(struct str rest, struct buf *directory, struct buf *body)
{
    struct codec_writer *writer = mem_alloc(sizeof *writer);
    codec_writer_init(writer);
    codec_writer_begin(writer, directory, body, CARE_QUICK);
    for (uint32_t next = 0; rest.size >= 3;) {
        uint32_t kind = kind_of((unsigned char)rest.data[0]);
        size_t size = (size_t)(unsigned char)rest.data[1] << 8 | (unsigned char)rest.data[2];
        rest = str_slice(rest, 3, rest.size);
        if (kind >= next) {
            codec_writer_add(writer, kind, str_slice(rest, 0, size), CODEC_NOISE);
            next = kind + 1;
        }
        rest = str_slice(rest, size, rest.size);
    }
    codec_writer_finish(writer);
    codec_writer_release(writer);
    free(writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_from((const char *)data, size);
    word_find(rest, 0x01234567, 0x02345678);
    if (size < 3)
        return 0;
    struct block_row row = {.id = 1, .first_record = 1, .slots = data[0], .records = data[1], .codec = BLOCK_CODEC};
    SCOPED(buf) directory = BUF(1 << 16);
    SCOPED(buf) body = BUF(1 << 24);
    if (data[2] < 128) {
        row.directory = str_slice(rest, 3, 3u + data[2]);
        row.body = str_slice(rest, 3u + data[2], size);
    } else {
        compress_streams(str_slice(rest, 3, size), &directory, &body);
        row.directory = buf_str(&directory);
        row.body = buf_str(&body);
    }
    read_all(&row);
    read_some(&row);
    return 0;
}
