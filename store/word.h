/* word: which words the id index covers, and the list of a block's words.
 *
 * A word is a maximal run of [A-Za-z0-9_] within one record. Indexed are
 *   - words of 6..128 bytes with both a digit and a letter or '_', except digits with a 'Z' behind them (fractions of time
 *     stamps) and eight hex digits (the first part of every UUID, whose last part is indexed);
 *   - twelve digits behind a '-' that stands behind a word, with that '-': the last part of a UUID, should it have no letter;
 *   - IPv4 addresses: four numbers of 1..3 digits with dots between them, where no [A-Za-z0-9_] stands beside them.
 * Of a word only its fingerprint is kept: FINGERPRINT_BITS of hash_bytes. Two words may share one, which costs a needless look
 * into a block and never a wrong answer. */
#ifndef WINNOW_STORE_WORD_H
#define WINNOW_STORE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum {
    WORD_BYTES_MIN = 6,
    WORD_BYTES_MAX = 128,
    FINGERPRINT_BITS = 28,
    FINGERPRINTS = 1 << FINGERPRINT_BITS,
    WORDS_MAX = 4 << 20
};

uint32_t word_fingerprint(struct str word);

/* The fingerprints of the words met. Zero-initialised = empty. One thread. */
struct words {
    uint32_t *values;
    size_t count, capacity;
};
void words_release(struct words *words);
/* Adds the indexable words of a text; what stands beside the text is taken to be no part of a word. */
void words_add(struct words *words, struct str text);
/* Sorts them and drops repeats. */
void words_sort(struct words *words);

/* ---- How they are stored (word_pack.c) ---------------------------------------------------------------------------------- */

/* Numbers that grow strictly, as a Golomb-Rice code (R. F. Rice 1979): u32 checksum of what follows, little-endian; varint
 * count; u8 bits; for each 512th number but the first, to look a number up without reading all before it: varint the number
 * before it less that of the entry before, varint bits that the last 512 numbers take; then for each number the difference to the
 * one before (the first: itself; the others less one) as that many low bits behind a unary quotient, bytes filled from the lowest
 * bit. Written from sorted numbers below 2^32. */
void numbers_pack(const uint32_t *sorted, size_t count, struct buf *out);
/* Fills ret->values. False when the bytes are not sound. */
bool numbers_unpack(struct str packed, struct words *ret);

/* The words of a block are kept in parts, so that to look one up takes a few pages and not all of the list. A part begins at a
 * fingerprint (the first: 0) and ends where the next one begins, or behind all: numbers_pack of its fingerprints and its end, each
 * less its begin. That of its end tells a part that is missing from words that are. Its size fills pages of 1 KiB: a row of a table
 * whose bytes are 4 more leaves 103 of them in the table's own page and 1012 in each of eight others. */
enum { WORDS_PART_BYTES = 103 + 8 * 1012 - 4 };
/* All parts of sorted words, one behind the other: varint begin, varint size, and the part. */
void words_pack(const struct words *words, struct buf *out);
/* False at the end. */
bool words_take_part(struct str *rest, uint32_t *ret_begin, struct str *ret_part);
/* Adds the words of the part to those of the parts before it, which end at *end; then it ends behind this one. False when the bytes are
 * not sound, or it is not the next part. */
bool words_add_part(struct words *words, uint32_t *end, uint32_t begin, struct str part);

enum word_found { WORD_ABSENT, WORD_PRESENT, WORD_DAMAGED };
/* Is the fingerprint in this part, in which it must stand if it is anywhere? */
enum word_found word_find(struct str part, uint32_t begin, uint32_t fingerprint);

#endif
