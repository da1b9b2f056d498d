#include "store/word.h"

#include <endian.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/must.h"
#include "base/scope.h"
#include "store/store.h"

/* ---- Words --------------------------------------------------------------------------------------------------------- */

enum { CLASS_OTHER = 0, CLASS_DIGIT = 1, CLASS_LETTER = 2, CLASS_HEX = 6 }; /* or-ed and and-ed over a word */

static const uint8_t classes[256] = {
    ['0'] = CLASS_DIGIT,  ['1'] = CLASS_DIGIT,  ['2'] = CLASS_DIGIT,  ['3'] = CLASS_DIGIT,  ['4'] = CLASS_DIGIT,
    ['5'] = CLASS_DIGIT,  ['6'] = CLASS_DIGIT,  ['7'] = CLASS_DIGIT,  ['8'] = CLASS_DIGIT,  ['9'] = CLASS_DIGIT,
    ['A'] = CLASS_HEX,    ['B'] = CLASS_HEX,    ['C'] = CLASS_HEX,    ['D'] = CLASS_HEX,    ['E'] = CLASS_HEX,
    ['F'] = CLASS_HEX,    ['G'] = CLASS_LETTER, ['H'] = CLASS_LETTER, ['I'] = CLASS_LETTER, ['J'] = CLASS_LETTER,
    ['K'] = CLASS_LETTER, ['L'] = CLASS_LETTER, ['M'] = CLASS_LETTER, ['N'] = CLASS_LETTER, ['O'] = CLASS_LETTER,
    ['P'] = CLASS_LETTER, ['Q'] = CLASS_LETTER, ['R'] = CLASS_LETTER, ['S'] = CLASS_LETTER, ['T'] = CLASS_LETTER,
    ['U'] = CLASS_LETTER, ['V'] = CLASS_LETTER, ['W'] = CLASS_LETTER, ['X'] = CLASS_LETTER, ['Y'] = CLASS_LETTER,
    ['Z'] = CLASS_LETTER, ['_'] = CLASS_LETTER, ['a'] = CLASS_HEX,    ['b'] = CLASS_HEX,    ['c'] = CLASS_HEX,
    ['d'] = CLASS_HEX,    ['e'] = CLASS_HEX,    ['f'] = CLASS_HEX,    ['g'] = CLASS_LETTER, ['h'] = CLASS_LETTER,
    ['i'] = CLASS_LETTER, ['j'] = CLASS_LETTER, ['k'] = CLASS_LETTER, ['l'] = CLASS_LETTER, ['m'] = CLASS_LETTER,
    ['n'] = CLASS_LETTER, ['o'] = CLASS_LETTER, ['p'] = CLASS_LETTER, ['q'] = CLASS_LETTER, ['r'] = CLASS_LETTER,
    ['s'] = CLASS_LETTER, ['t'] = CLASS_LETTER, ['u'] = CLASS_LETTER, ['v'] = CLASS_LETTER, ['w'] = CLASS_LETTER,
    ['x'] = CLASS_LETTER, ['y'] = CLASS_LETTER, ['z'] = CLASS_LETTER,
};

static inline uint8_t class_of(char c)
{
    return classes[(unsigned char)c];
}

/* A run of word characters; seen is the or of their classes. */
static bool is_indexed(const char *word, size_t size, unsigned seen)
{
    if (size < WORD_BYTES_MIN || size > WORD_BYTES_MAX ||
        (seen & (CLASS_DIGIT | CLASS_LETTER)) != (CLASS_DIGIT | CLASS_LETTER))
        return false;
    bool digits = true, hex = true;
    for (size_t i = 0; i + 1 < size && digits; i++)
        digits = class_of(word[i]) == CLASS_DIGIT;
    if (digits && word[size - 1] == 'Z')
        return false;
    for (size_t i = 0; i < size && hex && size == 8; i++)
        hex = class_of(word[i]) == CLASS_DIGIT || class_of(word[i]) == CLASS_HEX;
    return size != 8 || !hex;
}

/* The size of the dotted quad at the start of the text, which no word character may follow; 0 when there is none. */
static size_t quad_size(const char *at, const char *end)
{
    const char *p = at;
    for (unsigned part = 0; part < 4; part++) {
        const char *first = p;
        while (p < end && p - first < 4 && class_of(*p) == CLASS_DIGIT)
            p++;
        if (p == first || p - first > 3)
            return 0;
        if (part < 3 && (p == end || *p++ != '.'))
            return 0;
    }
    return p < end && class_of(*p) != CLASS_OTHER ? 0 : (size_t)(p - at);
}

bool store_word_indexable(struct str word)
{
    unsigned seen = 0;
    bool run = word.size > 0;
    for (size_t i = 0; i < word.size; i++) {
        run = run && class_of(word.data[i]) != CLASS_OTHER;
        seen |= class_of(word.data[i]);
    }
    if (run)
        return is_indexed(word.data, word.size, seen);
    return word.size > 0 && quad_size(word.data, word.data + word.size) == word.size;
}

uint32_t word_fingerprint(struct str word)
{
    return (uint32_t)(hash_bytes(word.data, word.size, 0) >> (64 - FINGERPRINT_BITS));
}

void words_release(struct words *words)
{
    free(words->values);
    *words = (struct words){0};
}

static void add_value(struct words *words, struct str word)
{
    if (words->count == words->capacity) {
        words->capacity = words->capacity ? words->capacity * 2 : 4096;
        words->values = mem_resize_array(words->values, words->capacity, sizeof *words->values);
    }
    words->values[words->count++] = word_fingerprint(word);
}

void words_add(struct words *words, struct str text)
{
    const char *at = text.data, *end = at + text.size;
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
        if (seen == CLASS_DIGIT) {
            size_t quad = size <= 3 && at < end && *at == '.' ? quad_size(start, end) : 0;
            if (quad)
                add_value(words, str_from(start, quad));
        } else if (is_indexed(start, size, seen)) {
            add_value(words, str_from(start, size));
        }
    }
}

/* ---- Sorting ------------------------------------------------------------------------------------------------------- */

enum { RADIX_BITS = 14, RADIX_SIZE = 1 << RADIX_BITS };
_Static_assert(2 * RADIX_BITS >= FINGERPRINT_BITS, "two rounds must do");

static void sort_by_bits(const uint32_t *from, uint32_t *to, size_t count, unsigned shift)
{
    uint32_t starts[RADIX_SIZE] = {0};
    for (size_t i = 0; i < count; i++)
        starts[from[i] >> shift & (RADIX_SIZE - 1)]++;
    uint32_t at = 0;
    for (size_t i = 0; i < RADIX_SIZE; i++) {
        uint32_t size = starts[i];
        starts[i] = at;
        at += size;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i] >> shift & (RADIX_SIZE - 1)]++] = from[i];
}

void words_sort(struct words *words)
{
    if (words->count < 2)
        return;
    uint32_t *other = mem_resize_array(NULL, words->count, sizeof *other);
    sort_by_bits(words->values, other, words->count, 0);
    sort_by_bits(other, words->values, words->count, RADIX_BITS);
    free(other);
    size_t kept = 1;
    for (size_t i = 1; i < words->count; i++) {
        if (words->values[i] != words->values[kept - 1])
            words->values[kept++] = words->values[i];
    }
    words->count = kept;
}

/* ---- Packed lists ---------------------------------------------------------------------------------------------------- */

enum { CHECKSUM_SIZE = 4, BITS_MAX = 31, QUOTIENT_MAX = 2 * WORDS_MAX };

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

/* The low bits that make unary quotients short: about the logarithm of the mean difference. */
static unsigned bits_for(const uint32_t *sorted, size_t count)
{
    uint64_t mean = count ? sorted[count - 1] / count : 0;
    unsigned bits = 0;
    while (bits < BITS_MAX && mean >> (bits + 1))
        bits++;
    return bits;
}

void numbers_pack(const uint32_t *sorted, size_t count, struct buf *out)
{
    size_t start = out->size;
    unsigned bits = bits_for(sorted, count);
    buf_add(out, "\0\0\0", CHECKSUM_SIZE);
    buf_add_varint(out, count);
    buf_add_char(out, (char)bits);
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

static bool open_list(struct str packed, struct bit_reader *r, size_t *ret_count, unsigned *ret_bits)
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
    *ret_count = (size_t)count;
    *ret_bits = (unsigned char)rest.data[0];
    *r = (struct bit_reader){.rest = str_slice(rest, 1, rest.size)};
    return true;
}

bool numbers_unpack(struct str packed, struct words *ret)
{
    struct bit_reader r;
    size_t count;
    unsigned bits;
    uint64_t next = 0;
    ret->count = 0;
    if (!open_list(packed, &r, &count, &bits) || count > r.rest.size * 8)
        return false;
    if (count > ret->capacity) {
        ret->capacity = count;
        ret->values = mem_resize_array(ret->values, count, sizeof *ret->values);
    }
    for (; ret->count < count; ret->count++)
        if (!take_number(&r, bits, &next, &ret->values[ret->count]))
            return false;
    return r.rest.size == 0 && r.count < 8;
}

enum word_found word_find(struct str packed, uint32_t fingerprint)
{
    struct bit_reader r;
    size_t count;
    unsigned bits;
    uint64_t next = 0;
    uint32_t value;
    if (!open_list(packed, &r, &count, &bits))
        return WORD_DAMAGED;
    for (size_t i = 0; i < count; i++) {
        if (!take_number(&r, bits, &next, &value))
            return WORD_DAMAGED;
        if (value >= fingerprint)
            return value == fingerprint ? WORD_PRESENT : WORD_ABSENT;
    }
    return WORD_ABSENT;
}
