/* codec: numbered streams of bytes, each compressed on its own, and the directory that lists them. What the streams mean is the
 * block's business (block.h).
 *
 *     body       the streams one behind the other, each in zlib format (RFC 1950), or as it is where that is not longer
 *     directory  varint number of streams, then for each: varint its kind less that of the entry before (the first: plus one),
 *                varint bytes in the body, varint bytes when inflated, u32 checksum (little-endian) of kind, size and bytes
 *
 *  1. Kinds grow from entry to entry, so each stands at most once.
 *  2. The streams fill the body exactly, in the directory's order, without gaps; nothing follows the last entry.
 *  3. A stream inflates to exactly the size the directory says, and the compressed bytes end where it says. One that has the
 *     same size in the body is not compressed.
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

enum { CODEC_STREAMS_MAX = 4096, CODEC_KIND_MAX = 65535 };

struct codec_entry {
    uint32_t kind;
    uint32_t checksum;   /* as the directory claims */
    size_t offset, size; /* in the body */
    size_t raw_size;     /* as the directory claims */
    struct str raw;      /* reading: what it inflated to; absent until somebody asked */
};

struct libdeflate_compressor;
struct libdeflate_decompressor;

/* What a stream's bytes are like. Noise (digits of numbers, addresses) has no repeats worth searching; its unequal bytes still
 * shrink. Prose gains most from a long search. */
enum codec_effort { CODEC_NOISE, CODEC_TEXT, CODEC_PROSE };
/* How much time a block is worth. QUICK: prose is pressed some, the rest as fast as can be. THOROUGH: short streams and prose as
 * hard as can be. */
enum codec_care { CARE_QUICK, CARE_USUAL, CARE_THOROUGH };
enum codec_press { PRESS_FAST, PRESS_QUICK, PRESS_USUAL, PRESS_HARD, PRESS_HARDEST, CODEC_PRESSES };

/* One for many blocks: init, then for each block begin, add ..., finish; release. */
struct codec_writer {
    struct buf *directory, *body;
    struct codec_entry entries[CODEC_STREAMS_MAX];
    uint32_t count;
    enum codec_care care;
    struct libdeflate_compressor *compressors[CODEC_PRESSES];
};

void codec_writer_init(struct codec_writer *writer);
/* The buffers belong to the caller, are emptied first, and must have room (their maximum is a bug to reach). */
void codec_writer_begin(struct codec_writer *writer, struct buf *directory, struct buf *body, enum codec_care care);
/* Kinds in growing order. */
void codec_writer_add(struct codec_writer *writer, uint32_t kind, struct str raw, enum codec_effort effort);
void codec_writer_finish(struct codec_writer *writer);
void codec_writer_release(struct codec_writer *writer);

struct codec_reader {
    struct str body;
    struct codec_entry *entries; /* in the arena given */
    uint32_t count;
    size_t raw_left; /* what may still be inflated */
    struct libdeflate_decompressor *decompressor;
};

/* False when the directory breaks its rules. Release it in either case. The views must outlive the reader. All streams
 * together may inflate to raw_max bytes. */
bool codec_reader_init(struct codec_reader *reader, struct str directory, struct str body, size_t raw_max,
                       struct arena *arena);
void codec_reader_release(struct codec_reader *reader);
/* The stream, inflated in arena the first time; absent when there is none of this kind. False when it is damaged or too large, which is
 * checked before anything is allocated. */
bool codec_reader_take(struct codec_reader *reader, uint32_t kind, struct arena *arena, struct str *ret);

/* A text on its own, such as a row of pack (pack.h): varint its size, then its bytes, as raw deflate (RFC 1951) where that is shorter.
 * Belongs to one thread. */
struct codec_text;
struct codec_text *codec_text_new(void);
void codec_text_free(struct codec_text *codec); /* NULL is fine */
/* Replaces what is in out. */
void codec_text_press(struct codec_text *codec, struct str raw, struct buf *out);
/* False when the bytes are damaged or the text is longer than raw_max, which is checked before anything is allocated. */
bool codec_text_open(struct codec_text *codec, struct str pressed, size_t raw_max, struct arena *arena,
                     struct str *ret);

#endif
