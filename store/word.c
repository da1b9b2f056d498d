#include "store/word.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/must.h"
#include "base/scope.h"
#include "store/block.h"
#include "store/codec.h"
#include "store/store.h"

/* An index, as block_word keeps it:
 *
 *     u32 checksum, little-endian: the fingerprint of all bytes behind it
 *     u8 0, then the list; or u8 1, varint size of the list, the list in zlib format (RFC 1950)
 *     list: varint number of fingerprints, then for each a varint: the first itself, the others less the one before
 *
 *  1. Fingerprints are 32 bits and grow strictly.
 *  2. There are at most WORDS_MAX of them; the list ends behind the last. */
enum {
    CHECKSUM_SIZE = 4,
    LIST_PLAIN = 0,
    LIST_ZLIB = 1,
    WORDS_MAX = BLOCK_TEXT_MAX / WORD_BYTES_MIN,
    LIST_BYTES_MAX = 5 * WORDS_MAX + 16,
    RADIX_BITS = 11,
    RADIX_SIZE = 1 << RADIX_BITS,
};

/* ---- Words --------------------------------------------------------------------------------------------------------- */

enum { CLASS_OTHER = 0, CLASS_LETTER = 1, CLASS_DIGIT = 3 }; /* or-ed over a word: bit 1 tells of a digit */

#define CLASS_10(class) class, class, class, class, class, class, class, class, class, class
#define CLASS_26(class) CLASS_10(class), CLASS_10(class), class, class, class, class, class, class

static const uint8_t classes[256] = {
    [(unsigned char)'0'] = CLASS_10(CLASS_DIGIT),
    [(unsigned char)'A'] = CLASS_26(CLASS_LETTER),
    [(unsigned char)'_'] = CLASS_LETTER,
    [(unsigned char)'a'] = CLASS_26(CLASS_LETTER),
};

static inline uint8_t class_of(char c)
{
    return classes[(unsigned char)c];
}

bool store_word_indexable(struct str word)
{
    if (word.size < WORD_BYTES_MIN || word.size > WORD_BYTES_MAX)
        return false;
    unsigned seen = 0;
    for (size_t i = 0; i < word.size; i++) {
        if (class_of(word.data[i]) == CLASS_OTHER)
            return false;
        seen |= class_of(word.data[i]);
    }
    return (seen & 2) != 0;
}

uint32_t word_fingerprint(struct str word)
{
    uint64_t hash = hash_bytes(word.data, word.size, 0);
    return (uint32_t)(hash ^ hash >> 32);
}

/* Writes the fingerprints of the words of raw; at most raw.size / WORD_BYTES_MIN. Returns the end. */
static uint32_t *add_words(struct str raw, uint32_t *to)
{
    const char *at = raw.data;
    const char *end = at + raw.size;
    while (at < end) {
        unsigned seen = class_of(*at);
        if (seen == CLASS_OTHER) {
            at++;
            continue;
        }
        const char *start = at++;
        unsigned class;
        while (at < end && (class = class_of(*at)) != CLASS_OTHER) {
            seen |= class;
            at++;
        }
        size_t size = (size_t)(at - start);
        if ((seen & 2) != 0 && size >= WORD_BYTES_MIN && size <= WORD_BYTES_MAX)
            *to++ = word_fingerprint(str_from(start, size));
    }
    return to;
}

/* ---- Sorting ------------------------------------------------------------------------------------------------------- */

static void sort_by_bits(const uint32_t *from, uint32_t *to, size_t count, unsigned shift)
{
    size_t starts[RADIX_SIZE] = {0};
    for (size_t i = 0; i < count; i++)
        starts[from[i] >> shift & (RADIX_SIZE - 1)]++;
    size_t at = 0;
    for (size_t i = 0; i < RADIX_SIZE; i++) {
        size_t size = starts[i];
        starts[i] = at;
        at += size;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i] >> shift & (RADIX_SIZE - 1)]++] = from[i];
}

/* Radix sort in three rounds; the result is in the second array. */
static void sort_into(uint32_t *values, uint32_t *ret_sorted, size_t count)
{
    sort_by_bits(values, ret_sorted, count, 0);
    sort_by_bits(ret_sorted, values, count, RADIX_BITS);
    sort_by_bits(values, ret_sorted, count, 2 * RADIX_BITS);
}

static size_t drop_repeats(uint32_t *sorted, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || sorted[i] != sorted[kept - 1])
            sorted[kept++] = sorted[i];
    }
    return kept;
}

/* ---- The index ----------------------------------------------------------------------------------------------------- */

static void add_list(const uint32_t *sorted, size_t count, struct buf *list)
{
    must(count <= WORDS_MAX);
    buf_add_varint(list, count);
    uint32_t before = 0;
    for (size_t i = 0; i < count; i++) {
        buf_add_varint(list, sorted[i] - before);
        before = sorted[i];
    }
    must(!list->full);
}

static void write_checksum(char *to, struct str bytes)
{
    uint32_t sum = word_fingerprint(bytes);
    for (unsigned i = 0; i < CHECKSUM_SIZE; i++)
        to[i] = (char)(sum >> (8 * i) & 0xff);
}

/* Compressed only where it saves a fifth. Fingerprints are random, so that is rare. */
static void add_packed(struct str list, struct buf *out)
{
    size_t start = out->size;
    buf_add(out, "\0\0\0", CHECKSUM_SIZE);
    buf_add_char(out, LIST_ZLIB);
    buf_add_varint(out, list.size);
    codec_pack(list, out);
    if (out->size - start > list.size - list.size / 5) {
        out->size = start + CHECKSUM_SIZE;
        buf_add_char(out, LIST_PLAIN);
        buf_add_str(out, list);
    }
    must(!out->full);
    write_checksum(out->data + start, str_slice(buf_str(out), start + CHECKSUM_SIZE, out->size));
}

void word_index(const struct batch *batch, struct buf *out)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < batch->record_count; i++)
        bytes += batch->records[i].raw.size;
    size_t room = bytes / WORD_BYTES_MIN + 1;
    uint32_t *values = mem_resize_array(NULL, room * 2, sizeof *values);
    uint32_t *sorted = values + room;
    uint32_t *end = values;
    for (uint32_t i = 0; i < batch->record_count; i++) {
        if ((batch->records[i].flags & RECORD_TAIL) == 0)
            end = add_words(batch->records[i].raw, end);
    }
    size_t count = (size_t)(end - values);
    sort_into(values, sorted, count);
    count = drop_repeats(sorted, count);
    SCOPED(buf) list = BUF(LIST_BYTES_MAX);
    add_list(sorted, count, &list);
    add_packed(buf_str(&list), out);
    free(values);
}

static enum word_found find_in_list(struct str list, uint32_t fingerprint)
{
    uint64_t count, value = 0;
    if (!str_take_varint(&list, &count) || count > WORDS_MAX)
        return WORD_DAMAGED;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t difference;
        if (!str_take_varint(&list, &difference) || (i > 0 && difference == 0) || difference > UINT32_MAX - value)
            return WORD_DAMAGED;
        value += difference;
        if (value >= fingerprint)
            return value == fingerprint ? WORD_PRESENT : WORD_ABSENT;
    }
    return list.size == 0 ? WORD_ABSENT : WORD_DAMAGED;
}

enum word_found word_find(struct str index, uint32_t fingerprint)
{
    if (index.size <= CHECKSUM_SIZE)
        return WORD_DAMAGED;
    struct str rest = str_slice(index, CHECKSUM_SIZE, index.size);
    char checksum[CHECKSUM_SIZE];
    write_checksum(checksum, rest);
    if (memcmp(checksum, index.data, CHECKSUM_SIZE) != 0)
        return WORD_DAMAGED;
    char method = rest.data[0];
    rest = str_slice(rest, 1, rest.size);
    if (method == LIST_PLAIN)
        return find_in_list(rest, fingerprint);
    uint64_t size;
    if (method != LIST_ZLIB || !str_take_varint(&rest, &size) || size > LIST_BYTES_MAX)
        return WORD_DAMAGED;
    SCOPED(buf) list = BUF(LIST_BYTES_MAX);
    if (!codec_unpack(rest, (size_t)size, &list))
        return WORD_DAMAGED;
    return find_in_list(buf_str(&list), fingerprint);
}
