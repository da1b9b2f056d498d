#include "store/codec.h"

#include <libdeflate.h>

#include "base/hash.h"
#include "base/must.h"

enum {
    LEVEL_STREAM = 6, /* measured: see the end of block.c's format */
    LEVEL_PACK = 1,
    CHECKSUM_SIZE = 4,
};

static uint32_t checksum_of(uint8_t kind, size_t raw_size, struct str packed)
{
    uint64_t hash = hash_bytes(packed.data, packed.size, (uint64_t)raw_size << 8 | kind);
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

/* ---- Writing ------------------------------------------------------------------------------------------------------- */

void codec_writer_init(struct codec_writer *writer, struct buf *directory, struct buf *body)
{
    *writer = (struct codec_writer){.directory = directory, .body = body};
    buf_reset(directory);
    buf_reset(body);
    writer->compressor = libdeflate_alloc_compressor(LEVEL_STREAM);
    must(writer->compressor != NULL);
}

void codec_writer_add(struct codec_writer *writer, uint8_t kind, struct str raw)
{
    must(kind >= 1 && kind <= CODEC_KIND_MAX);
    must(writer->count == 0 || writer->entries[writer->count - 1].kind < kind);
    size_t offset = writer->body->size;
    append_compressed(writer->compressor, raw, writer->body);
    writer->entries[writer->count++] = (struct codec_entry){
        .kind = kind,
        .offset = offset,
        .size = writer->body->size - offset,
        .raw_size = raw.size,
        .checksum = checksum_of(kind, raw.size, str_slice(buf_str(writer->body), offset, writer->body->size)),
    };
}

void codec_writer_finish(struct codec_writer *writer)
{
    struct buf *directory = writer->directory;
    buf_add_varint(directory, writer->count);
    for (unsigned i = 0; i < writer->count; i++) {
        buf_add_char(directory, (char)writer->entries[i].kind);
        buf_add_varint(directory, writer->entries[i].size);
        buf_add_varint(directory, writer->entries[i].raw_size);
        for (unsigned k = 0; k < CHECKSUM_SIZE; k++)
            buf_add_char(directory, (char)(writer->entries[i].checksum >> (8 * k) & 0xff));
    }
    must(!directory->full);
}

void codec_writer_release(struct codec_writer *writer)
{
    libdeflate_free_compressor(writer->compressor);
    writer->compressor = NULL;
}

/* ---- Reading ------------------------------------------------------------------------------------------------------- */

static bool take_entry(struct str *directory, struct codec_entry *entry)
{
    if (directory->size == 0)
        return false;
    entry->kind = (uint8_t)directory->data[0];
    *directory = str_slice(*directory, 1, directory->size);
    uint64_t size, raw_size;
    if (!str_take_varint(directory, &size) || !str_take_varint(directory, &raw_size))
        return false;
    if (size > SIZE_MAX || raw_size > SIZE_MAX || directory->size < CHECKSUM_SIZE)
        return false;
    for (unsigned k = 0; k < CHECKSUM_SIZE; k++)
        entry->checksum |= (uint32_t)(unsigned char)directory->data[k] << (8 * k);
    *directory = str_slice(*directory, CHECKSUM_SIZE, directory->size);
    entry->size = (size_t)size;
    entry->raw_size = (size_t)raw_size;
    return true;
}

bool codec_reader_init(struct codec_reader *reader, struct str directory, struct str body)
{
    *reader = (struct codec_reader){.body = body};
    reader->decompressor = libdeflate_alloc_decompressor();
    must(reader->decompressor != NULL);
    uint64_t count;
    if (!str_take_varint(&directory, &count) || count > CODEC_KIND_MAX)
        return false;
    size_t offset = 0;
    uint8_t kind_before = 0;
    for (; reader->count < count; reader->count++) {
        struct codec_entry *entry = &reader->entries[reader->count];
        if (!take_entry(&directory, entry))
            return false;
        if (entry->kind <= kind_before || entry->kind > CODEC_KIND_MAX || entry->size > body.size - offset)
            return false;
        kind_before = entry->kind;
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

const struct codec_entry *codec_reader_find(const struct codec_reader *reader, uint8_t kind)
{
    for (unsigned i = 0; i < reader->count; i++) {
        if (reader->entries[i].kind == kind)
            return &reader->entries[i];
    }
    return NULL;
}

/* libdeflate tells how much it read and wrote only through these pointers; both must be exact (invariant 3). */
static bool append_inflated(struct libdeflate_decompressor *decompressor, struct str packed, size_t raw_size,
                            struct buf *out)
{
    char *at = buf_reserve(out, raw_size);
    if (at == NULL)
        return false;
    size_t taken = 0, given = 0;
    enum libdeflate_result result =
        libdeflate_zlib_decompress_ex(decompressor, packed.data, packed.size, at, raw_size, &taken, &given);
    if (result != LIBDEFLATE_SUCCESS || taken != packed.size || given != raw_size)
        return false;
    out->size += raw_size;
    return true;
}

bool codec_reader_inflate(const struct codec_reader *reader, uint8_t kind, size_t size_max, struct buf *out)
{
    buf_reset(out);
    const struct codec_entry *entry = codec_reader_find(reader, kind);
    if (entry == NULL || entry->raw_size > size_max)
        return false;
    struct str packed = str_slice(reader->body, entry->offset, entry->offset + entry->size);
    if (checksum_of(kind, entry->raw_size, packed) != entry->checksum)
        return false;
    return append_inflated(reader->decompressor, packed, entry->raw_size, out);
}

/* ---- One stream on its own ------------------------------------------------------------------------------------------- */

void codec_pack(struct str raw, struct buf *out)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL_PACK);
    must(compressor != NULL);
    append_compressed(compressor, raw, out);
    libdeflate_free_compressor(compressor);
}

bool codec_unpack(struct str packed, size_t raw_size, struct buf *out)
{
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    must(decompressor != NULL);
    bool ok = append_inflated(decompressor, packed, raw_size, out);
    libdeflate_free_decompressor(decompressor);
    return ok;
}
