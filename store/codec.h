/* codec: named streams of bytes, each compressed on its own, and the directory that lists them. What the streams mean is
 * the block's business (block.c).
 *
 *     body       the streams one behind the other, each in zlib format (RFC 1950)
 *     directory  varint number of streams, then for each: u8 kind, varint bytes in the body, varint bytes when inflated,
 *                u32 checksum, little-endian
 *
 *  1. Kinds are 1..CODEC_KIND_MAX and grow from entry to entry, so each stands at most once.
 *  2. The streams fill the body exactly, in the directory's order, without gaps; nothing follows the last entry.
 *  3. A stream inflates to exactly the size the directory says, and the compressed bytes end where it says.
 *  4. The checksum is hash_bytes of the compressed bytes, seeded with kind and inflated size (codec.c), its halves xored.
 *     It is there because zlib's own, Adler-32, misses about one flipped bit in 10 000 in text of few letters.
 *
 * Any thread; each writer and reader belongs to one. */
#ifndef WINNOW_STORE_CODEC_H
#define WINNOW_STORE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/scope.h"
#include "base/str.h"

enum { CODEC_KIND_MAX = 31 };

struct codec_entry {
    uint8_t kind;
    size_t offset, size; /* in the body */
    size_t raw_size;     /* as the directory claims */
    uint32_t checksum;   /* likewise */
};

struct libdeflate_compressor;
struct libdeflate_decompressor;

struct codec_writer {
    struct buf *directory, *body;
    struct codec_entry entries[CODEC_KIND_MAX];
    unsigned count;
    struct libdeflate_compressor *compressor;
};

/* The buffers belong to the caller, are emptied first, and must have room (their maximum is a bug to reach). */
void codec_writer_init(struct codec_writer *writer, struct buf *directory, struct buf *body);
void codec_writer_add(struct codec_writer *writer, uint8_t kind, struct str raw); /* kinds in growing order */
void codec_writer_finish(struct codec_writer *writer);
void codec_writer_release(struct codec_writer *writer);

struct codec_reader {
    struct str body;
    struct codec_entry entries[CODEC_KIND_MAX];
    unsigned count;
    struct libdeflate_decompressor *decompressor;
};

/* False when the directory breaks its rules. Release it in either case. The views must outlive the reader. */
bool codec_reader_init(struct codec_reader *reader, struct str directory, struct str body);
void codec_reader_release(struct codec_reader *reader);
/* The directory's entry, or NULL. */
const struct codec_entry *codec_reader_find(const struct codec_reader *reader, uint8_t kind);
/* Inflates one stream into *out (emptied first). False when it is not there, would be larger than size_max or is
 * damaged; size_max is checked before anything is allocated. */
bool codec_reader_inflate(const struct codec_reader *reader, uint8_t kind, size_t size_max, struct buf *out);

/* One stream on its own: appends raw, compressed fast, to *out; and back, appending exactly raw_size bytes. */
void codec_pack(struct str raw, struct buf *out);
bool codec_unpack(struct str packed, size_t raw_size, struct buf *out);

#endif
