#include "store/word.h"

#include <endian.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/must.h"
#include "base/scope.h"

/* The lists of a block's words as they are stored (word.h): packed, and in parts. */

/* ---- Packed lists ---------------------------------------------------------------------------------------------------- */

enum { NUMBERS_STEP = 512, CHECKSUM_SIZE = 4, BITS_MAX = 31, QUOTIENT_MAX = 2 * WORDS_MAX };

static uint32_t checksum_of(struct str bytes)
{
    uint64_t hash = hash_bytes(bytes.data, bytes.size, 1);
    return (uint32_t)(hash ^ hash >> 32);
}

struct bit_writer {
    struct buf *out;
    uint64_t bits;
    unsigned count;
};

static void put_bits(struct bit_writer *w, uint32_t value, unsigned count)
{
    w->bits |= (uint64_t)value << w->count;
    w->count += count;
    while (w->count >= 8) {
        buf_add_char(w->out, (char)(w->bits & 0xff));
        w->bits >>= 8;
        w->count -= 8;
    }
}

/* The low bits that make unary quotients short: about the logarithm of the mean difference of so many numbers. With them all
 * quotients together are no more than twice the count, wherever the numbers stand. */
static unsigned bits_for(uint32_t last, size_t count)
{
    uint64_t mean = count ? last / count : 0;
    unsigned bits = 0;
    while (bits < BITS_MAX && mean >> (bits + 1))
        bits++;
    return bits;
}

/* Bits that a number takes whose difference this is. */
static uint64_t bits_of(uint32_t difference, unsigned bits)
{
    return (difference >> bits) + 1u + bits;
}

static void put_steps(const uint32_t *sorted, size_t count, unsigned bits, struct buf *out)
{
    uint32_t next = 0, last = 0;
    uint64_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && i % NUMBERS_STEP == 0) {
            buf_add_varint(out, sorted[i - 1] - last);
            buf_add_varint(out, size);
            last = sorted[i - 1];
            size = 0;
        }
        size += bits_of(sorted[i] - next, bits);
        next = sorted[i] + 1;
    }
}

static void pack_with(const uint32_t *sorted, size_t count, unsigned bits, struct buf *out)
{
    size_t start = out->size;
    buf_add(out, "\0\0\0", CHECKSUM_SIZE);
    buf_add_varint(out, count);
    buf_add_char(out, (char)bits);
    put_steps(sorted, count, bits, out);
    struct bit_writer w = {.out = out};
    uint32_t next = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t difference = sorted[i] - next;
        next = sorted[i] + 1;
        for (uint32_t quotient = difference >> bits; quotient > 0; quotient--)
            put_bits(&w, 1, 1);
        put_bits(&w, 0, 1);
        put_bits(&w, difference & ((UINT32_C(1) << bits) - 1), bits);
    }
    put_bits(&w, 0, 7); /* flush */
    must(!out->full);
    uint32_t sum = checksum_of(str_slice(buf_str(out), start + CHECKSUM_SIZE, out->size));
    for (unsigned i = 0; i < CHECKSUM_SIZE; i++)
        out->data[start + i] = (char)(sum >> (8 * i) & 0xff);
}

void numbers_pack(const uint32_t *sorted, size_t count, struct buf *out)
{
    pack_with(sorted, count, bits_for(count ? sorted[count - 1] : 0, count), out);
}

struct bit_reader {
    struct str rest; /* bytes not yet in bits */
    uint64_t bits;   /* the next ones, lowest first; zeros above count */
    unsigned count;
};

/* Has at least 56 bits ready, or all there are. */
static inline void fill_bits(struct bit_reader *r)
{
    unsigned bytes = (63 - r->count) / 8;
    if (r->rest.size >= sizeof(uint64_t)) {
        uint64_t next;
        memcpy(&next, r->rest.data, sizeof next);
        r->bits |= (le64toh(next) & ~(UINT64_MAX << bytes * 8)) << r->count;
    } else {
        bytes = r->rest.size < bytes ? (unsigned)r->rest.size : bytes;
        for (unsigned i = 0; i < bytes; i++)
            r->bits |= (uint64_t)(unsigned char)r->rest.data[i] << (r->count + 8 * i);
    }
    r->rest = str_from(r->rest.data + bytes, r->rest.size - bytes);
    r->count += bytes * 8;
}

static inline void drop_bits(struct bit_reader *r, unsigned count)
{
    r->bits >>= count;
    r->count -= count;
}

static inline bool take_number(struct bit_reader *r, unsigned bits, uint64_t *next, uint32_t *ret)
{
    uint64_t quotient = 0;
    unsigned ones;
    for (;;) {
        fill_bits(r);
        ones = (unsigned)__builtin_ctzll(~r->bits); /* fewer than 64 are ready, so a zero stands above them */
        quotient += ones;
        if (ones < r->count)
            break;
        if (ones == 0 || quotient > QUOTIENT_MAX)
            return false;
        drop_bits(r, ones);
    }
    drop_bits(r, ones + 1);
    if (r->count < bits)
        fill_bits(r);
    if (r->count < bits || quotient > QUOTIENT_MAX)
        return false;
    uint64_t low = r->bits & ((UINT64_C(1) << bits) - 1);
    drop_bits(r, bits);
    uint64_t value = *next + (quotient << bits) + low;
    if (value > UINT32_MAX)
        return false;
    *next = value + 1;
    *ret = (uint32_t)value;
    return true;
}

/* A list, and the last of its steps whose numbers may be looked for: how many numbers stand before it, and the last of them. */
struct packed_list {
    struct bit_reader reader;
    size_t count, before;
    uint64_t next;
    unsigned bits;
};

/* Moves to the step in which `wanted` stands, if it is there; past all steps otherwise. */
static bool take_steps(struct packed_list *list, uint32_t wanted)
{
    struct str *rest = &list->reader.rest;
    uint64_t value = 0, at = 0, difference, size;
    uint64_t from = 0, next = 0;
    bool passed = false;
    for (size_t i = NUMBERS_STEP; i < list->count; i += NUMBERS_STEP) {
        if (!str_take_varint(rest, &difference) || !str_take_varint(rest, &size) || difference > UINT32_MAX ||
            size > UINT32_MAX)
            return false;
        value += difference;
        at += size;
        if (value < wanted && !passed) {
            list->before = i;
            from = at;
            next = value + 1;
        } else {
            passed = true;
        }
    }
    if (from / 8 > rest->size)
        return false;
    list->next = next;
    *rest = str_slice(*rest, (size_t)(from / 8), rest->size);
    fill_bits(&list->reader);
    if (list->reader.count < from % 8)
        return false;
    drop_bits(&list->reader, (unsigned)(from % 8));
    return true;
}

static bool open_list(struct str packed, uint32_t wanted, struct packed_list *ret)
{
    if (packed.size <= CHECKSUM_SIZE)
        return false;
    struct str rest = str_slice(packed, CHECKSUM_SIZE, packed.size);
    uint32_t sum = checksum_of(rest);
    for (unsigned i = 0; i < CHECKSUM_SIZE; i++)
        if ((unsigned char)packed.data[i] != (sum >> (8 * i) & 0xff))
            return false;
    uint64_t count;
    if (!str_take_varint(&rest, &count) || count > WORDS_MAX || rest.size == 0 ||
        (unsigned char)rest.data[0] > BITS_MAX)
        return false;
    *ret = (struct packed_list){.count = (size_t)count, .bits = (unsigned char)rest.data[0]};
    ret->reader.rest = str_slice(rest, 1, rest.size);
    return take_steps(ret, wanted);
}

bool numbers_unpack(struct str packed, struct words *ret)
{
    struct packed_list list;
    ret->count = 0;
    if (!open_list(packed, 0, &list) || list.count > list.reader.rest.size * 8 + list.reader.count)
        return false;
    if (list.count > ret->capacity) {
        ret->capacity = list.count;
        ret->values = mem_resize_array(ret->values, list.count, sizeof *ret->values);
    }
    for (; ret->count < list.count; ret->count++)
        if (!take_number(&list.reader, list.bits, &list.next, &ret->values[ret->count]))
            return false;
    return list.reader.rest.size == 0 && list.reader.count < 8;
}

/* ---- Parts ----------------------------------------------------------------------------------------------------------- */

/* How many words go into one part: as many as fit, and at least one. The word behind them takes the bits of its end. */
static size_t part_count(const uint32_t *sorted, size_t count, uint32_t begin, unsigned bits)
{
    enum { HEAD_BITS = (CHECKSUM_SIZE + 3 + 1) * 8, STEP_BITS = 6 * 8 };
    uint64_t size = HEAD_BITS;
    uint32_t next = begin;
    for (size_t i = 0; i < count; i++) {
        size += bits_of(sorted[i] - next, bits) + (i % NUMBERS_STEP == 0 ? STEP_BITS : 0);
        if (size > WORDS_PART_BYTES * 8 && i > 0)
            return i;
        next = sorted[i] + 1;
    }
    return count;
}

void words_pack(const struct words *words, struct buf *out)
{
    unsigned bits = bits_for(FINGERPRINTS, words->count + 1); /* the end of the last part is a number too */
    uint32_t *part = mem_resize_array(NULL, words->count + 1, sizeof *part), begin = 0;
    SCOPED(buf) packed = BUF(out->size_max);
    size_t at = 0;
    do {
        size_t count = part_count(words->values + at, words->count - at, begin, bits);
        uint32_t end = at + count < words->count ? words->values[at + count] : FINGERPRINTS;
        for (size_t i = 0; i < count; i++)
            part[i] = words->values[at + i] - begin;
        part[count] = end - begin;
        buf_reset(&packed);
        if (at == 0 && count == words->count)
            numbers_pack(part, count + 1, &packed);
        else
            pack_with(part, count + 1, bits, &packed);
        buf_add_varint(out, begin);
        buf_add_varint(out, packed.size);
        buf_add_str(out, buf_str(&packed));
        begin = end;
        at += count;
    } while (begin < FINGERPRINTS);
    free(part);
}

bool words_take_part(struct str *rest, uint32_t *ret_begin, struct str *ret_part)
{
    uint64_t begin, size;
    if (!str_take_varint(rest, &begin) || !str_take_varint(rest, &size) || begin >= FINGERPRINTS || size > rest->size)
        return false;
    *ret_begin = (uint32_t)begin;
    *ret_part = str_slice(*rest, 0, (size_t)size);
    *rest = str_slice(*rest, (size_t)size, rest->size);
    return true;
}

bool words_add_part(struct words *words, uint32_t *end, uint32_t begin, struct str part)
{
    SCOPED(words) numbers = {0};
    if (begin != *end || !numbers_unpack(part, &numbers) || numbers.count == 0 ||
        numbers.values[numbers.count - 1] > FINGERPRINTS - begin)
        return false;
    if (words->count + numbers.count > words->capacity) {
        words->capacity = words->count * 2 + numbers.count;
        words->values = mem_resize_array(words->values, words->capacity, sizeof *words->values);
    }
    for (size_t i = 0; i + 1 < numbers.count; i++)
        words->values[words->count++] = begin + numbers.values[i];
    *end = begin + numbers.values[numbers.count - 1];
    return true;
}

enum word_found word_find(struct str part, uint32_t begin, uint32_t fingerprint)
{
    struct packed_list list;
    uint32_t value, wanted = fingerprint - begin;
    if (fingerprint < begin || !open_list(part, wanted, &list))
        return WORD_DAMAGED;
    for (size_t i = list.before; i < list.count; i++) {
        if (!take_number(&list.reader, list.bits, &list.next, &value))
            return WORD_DAMAGED;
        if (value == wanted && i + 1 < list.count)
            return WORD_PRESENT;
        if (value > wanted)
            return WORD_ABSENT;
    }
    return WORD_DAMAGED; /* it ends before */
}
