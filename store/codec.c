#include "store/codec.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/must.h"
#include "store/pool.h"

enum {
    SHORT_MAX = 32 << 10,
    PROSE_MAX = 128 << 10,
    CHECKSUM_SIZE = 4,
};

/* Bytes are taken for random when by their frequencies alone they hold this share of their size. Where time counts, what shrinks by
 * a third at most is kept as it is: a reader has it at once. */
static const double random_shares[] = {[CARE_QUICK] = 0.65, [CARE_USUAL] = 0.98, [CARE_THOROUGH] = 0.98};

static uint32_t checksum_of(uint32_t kind, size_t raw_size, struct str packed)
{
    uint64_t hash = hash_bytes(packed.data, packed.size, (uint64_t)raw_size << 16 | kind);
    return (uint32_t)(hash ^ hash >> 32);
}

static void append_compressed(struct libdeflate_compressor *compressor, struct str raw, struct buf *out)
{
    size_t bound = libdeflate_zlib_compress_bound(compressor, raw.size);
    char *at = buf_reserve(out, bound);
    must(at != NULL);
    size_t size = libdeflate_zlib_compress(compressor, raw.data, raw.size, at, bound);
    must(size > 0);
    out->size += size;
}

/* Bytes that are all about as frequent have nothing to gain. */
static bool is_random(struct str raw, enum codec_care care)
{
    uint32_t histogram[256] = {0};
    for (size_t i = 0; i < raw.size; i++)
        histogram[(unsigned char)raw.data[i]]++;
    return entropy_bits(histogram, raw.size) > (double)raw.size * 8 * random_shares[care];
}

/* ---- Writing ------------------------------------------------------------------------------------------------------- */

/* Levels of libdeflate. */
static const int levels[CODEC_PRESSES] = {
    [PRESS_FAST] = 1, [PRESS_QUICK] = 5, [PRESS_USUAL] = 6, [PRESS_HARD] = 9, [PRESS_HARDEST] = 11};

static enum codec_press press_of(const struct codec_writer *writer, size_t size, enum codec_effort effort)
{
    if (writer->care == CARE_QUICK)
        return effort == CODEC_PROSE ? PRESS_QUICK : PRESS_FAST;
    if (writer->care == CARE_THOROUGH && effort == CODEC_PROSE && size < PROSE_MAX)
        return PRESS_HARDEST;
    if (writer->care == CARE_THOROUGH && size < SHORT_MAX)
        return PRESS_HARD;
    return effort == CODEC_NOISE ? PRESS_FAST : effort == CODEC_PROSE ? PRESS_HARD : PRESS_USUAL;
}

void codec_writer_init(struct codec_writer *writer)
{
    for (unsigned i = 0; i < CODEC_PRESSES; i++) {
        writer->compressors[i] = libdeflate_alloc_compressor(levels[i]);
        must(writer->compressors[i] != NULL);
    }
}

void codec_writer_begin(struct codec_writer *writer, struct buf *directory, struct buf *body, enum codec_care care)
{
    writer->care = care;
    writer->directory = directory;
    writer->body = body;
    writer->count = 0;
    buf_reset(directory);
    buf_reset(body);
}

void codec_writer_add(struct codec_writer *writer, uint32_t kind, struct str raw, enum codec_effort effort)
{
    must(kind <= CODEC_KIND_MAX && writer->count < CODEC_STREAMS_MAX);
    must(writer->count == 0 || writer->entries[writer->count - 1].kind < kind);
    struct buf *body = writer->body;
    size_t offset = body->size;
    bool random = effort == CODEC_NOISE && is_random(raw, writer->care);
    if (!random)
        append_compressed(writer->compressors[press_of(writer, raw.size, effort)], raw, body);
    if (random || body->size - offset >= raw.size) {
        buf_cut(body, offset);
        buf_add_str(body, raw);
    }
    writer->entries[writer->count++] = (struct codec_entry){
        .kind = kind,
        .offset = offset,
        .size = body->size - offset,
        .raw_size = raw.size,
        .checksum = checksum_of(kind, raw.size, str_slice(buf_str(body), offset, body->size)),
    };
}

void codec_writer_finish(struct codec_writer *writer)
{
    struct buf *directory = writer->directory;
    buf_add_varint(directory, writer->count);
    uint32_t next = 0;
    for (uint32_t i = 0; i < writer->count; i++) {
        const struct codec_entry *entry = &writer->entries[i];
        buf_add_varint(directory, entry->kind - next + (i == 0));
        next = entry->kind;
        buf_add_varint(directory, entry->size);
        buf_add_varint(directory, entry->raw_size);
        for (unsigned k = 0; k < CHECKSUM_SIZE; k++)
            buf_add_char(directory, (char)(entry->checksum >> (8 * k) & 0xff));
    }
    must(!directory->full && !writer->body->full);
}

void codec_writer_release(struct codec_writer *writer)
{
    for (unsigned i = 0; i < CODEC_PRESSES; i++) {
        libdeflate_free_compressor(writer->compressors[i]);
        writer->compressors[i] = NULL;
    }
}

/* ---- Reading ------------------------------------------------------------------------------------------------------- */

static bool take_entry(struct str *directory, struct codec_entry *entry)
{
    uint64_t step, size, raw_size;
    if (!str_take_varint(directory, &step) || !str_take_varint(directory, &size) ||
        !str_take_varint(directory, &raw_size) || directory->size < CHECKSUM_SIZE)
        return false;
    if (step == 0 || step > CODEC_KIND_MAX + 1 || size > SIZE_MAX || raw_size > SIZE_MAX)
        return false;
    *entry = (struct codec_entry){.kind = (uint32_t)step, .size = (size_t)size, .raw_size = (size_t)raw_size};
    for (unsigned k = 0; k < CHECKSUM_SIZE; k++)
        entry->checksum |= (uint32_t)(unsigned char)directory->data[k] << (8 * k);
    *directory = str_slice(*directory, CHECKSUM_SIZE, directory->size);
    return true;
}

bool codec_reader_init(struct codec_reader *reader, struct str directory, struct str body, size_t raw_max,
                       struct arena *arena)
{
    *reader = (struct codec_reader){.body = body, .raw_left = raw_max};
    reader->decompressor = libdeflate_alloc_decompressor();
    must(reader->decompressor != NULL);
    uint64_t count;
    if (!str_take_varint(&directory, &count) || count > CODEC_STREAMS_MAX)
        return false;
    reader->entries = ARENA_ARRAY(arena, struct codec_entry, count);
    size_t offset = 0;
    uint32_t kind = 0;
    for (; reader->count < count; reader->count++) {
        struct codec_entry *entry = &reader->entries[reader->count];
        if (!take_entry(&directory, entry))
            return false;
        kind += entry->kind - (reader->count == 0);
        if (kind > CODEC_KIND_MAX || entry->size > body.size - offset)
            return false;
        entry->kind = kind;
        entry->offset = offset;
        offset += entry->size;
    }
    return directory.size == 0 && offset == body.size;
}

void codec_reader_release(struct codec_reader *reader)
{
    libdeflate_free_decompressor(reader->decompressor);
    reader->decompressor = NULL;
}

static struct codec_entry *find_entry(const struct codec_reader *reader, uint32_t kind)
{
    uint32_t low = 0, high = reader->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (reader->entries[middle].kind < kind)
            low = middle + 1;
        else
            high = middle;
    }
    return low < reader->count && reader->entries[low].kind == kind ? &reader->entries[low] : NULL;
}

/* libdeflate tells how much it read and wrote only through these pointers; both must be exact (invariant 3). */
static bool inflate_to(struct libdeflate_decompressor *decompressor, struct str packed, char *to, size_t raw_size)
{
    size_t taken = 0, given = 0;
    enum libdeflate_result result =
        libdeflate_zlib_decompress_ex(decompressor, packed.data, packed.size, to, raw_size, &taken, &given);
    return result == LIBDEFLATE_SUCCESS && taken == packed.size && given == raw_size;
}

bool codec_reader_take(struct codec_reader *reader, uint32_t kind, struct arena *arena, struct str *ret)
{
    *ret = STR_ABSENT;
    struct codec_entry *entry = find_entry(reader, kind);
    if (entry == NULL || entry->raw.data != NULL) {
        *ret = entry ? entry->raw : STR_ABSENT;
        return true;
    }
    struct str packed = str_slice(reader->body, entry->offset, entry->offset + entry->size);
    if (entry->raw_size > reader->raw_left || checksum_of(kind, entry->raw_size, packed) != entry->checksum)
        return false;
    reader->raw_left -= entry->raw_size;
    if (entry->size == entry->raw_size) {
        *ret = entry->raw = packed.data ? packed : STR("");
        return true;
    }
    char *to = arena_alloc(arena, entry->raw_size + 1);
    if (!inflate_to(reader->decompressor, packed, to, entry->raw_size))
        return false;
    *ret = entry->raw = str_from(to, entry->raw_size);
    return true;
}

/* ---- A text on its own --------------------------------------------------------------------------------------------- */

struct codec_text {
    struct libdeflate_compressor *compressor;
    struct libdeflate_decompressor *decompressor;
};

struct codec_text *codec_text_new(void)
{
    struct codec_text *codec = mem_alloc(sizeof *codec);
    codec->compressor = libdeflate_alloc_compressor(levels[PRESS_USUAL]);
    codec->decompressor = libdeflate_alloc_decompressor();
    must(codec->compressor != NULL && codec->decompressor != NULL);
    return codec;
}

void codec_text_free(struct codec_text *codec)
{
    if (codec == NULL)
        return;
    libdeflate_free_compressor(codec->compressor);
    libdeflate_free_decompressor(codec->decompressor);
    free(codec);
}

void codec_text_press(struct codec_text *codec, struct str raw, struct buf *out)
{
    buf_reset(out);
    buf_add_varint(out, raw.size);
    char *at = raw.size > 0 ? buf_reserve(out, raw.size) : NULL;
    must(raw.size == 0 || at != NULL);
    size_t size =
        raw.size > 1 ? libdeflate_deflate_compress(codec->compressor, raw.data, raw.size, at, raw.size - 1) : 0;
    if (size == 0 && raw.size > 0)
        memcpy(at, raw.data, size = raw.size);
    out->size += size;
    out->data[out->size] = 0;
}

bool codec_text_open(struct codec_text *codec, struct str pressed, size_t raw_max, struct arena *arena, struct str *ret)
{
    uint64_t size;
    if (!str_take_varint(&pressed, &size) || size > raw_max || pressed.size > size)
        return false;
    if (pressed.size == size) {
        *ret = pressed;
        return true;
    }
    char *raw = arena_alloc(arena, size);
    *ret = str_from(raw, size);
    size_t used;
    return libdeflate_deflate_decompress_ex(codec->decompressor, pressed.data, pressed.size, raw, size, &used, NULL) ==
               LIBDEFLATE_SUCCESS &&
           used == pressed.size;
}
