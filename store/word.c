#include "store/word.h"

#include <stdlib.h>

#include "base/chars.h"
#include "base/hash.h"
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

enum { UUID_END_SIZE = 12 }; /* digits of a UUID's last part, behind its '-' */

static bool is_uuid_end(struct str word)
{
    if (word.size != 1 + UUID_END_SIZE || word.data[0] != '-')
        return false;
    for (size_t i = 1; i < word.size; i++)
        if (class_of(word.data[i]) != CLASS_DIGIT)
            return false;
    return true;
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
    return is_uuid_end(word) || (word.size > 0 && quad_size(word.data, word.data + word.size) == word.size);
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

/* A run of word characters with a digit in it. */
static inline void add_run(struct words *words, struct str text, size_t from, size_t to, bool letters)
{
    const char *start = text.data + from;
    size_t size = to - from;
    if (letters) {
        if (size >= WORD_BYTES_MIN && is_indexed(start, size, CLASS_DIGIT | CLASS_LETTER))
            add_value(words, str_from(start, size));
        return;
    }
    size_t quad = size <= 3 && to < text.size && text.data[to] == '.' ? quad_size(start, text.data + text.size) : 0;
    if (quad)
        add_value(words, str_from(start, quad));
    if (size == UUID_END_SIZE && from > 1 && start[-1] == '-' && class_of(start[-2]) != CLASS_OTHER)
        add_value(words, str_from(start - 1, size + 1));
}

/* A run that fills a whole step. Returns its end. */
static size_t add_long_run(struct words *words, struct str text, size_t from)
{
    unsigned seen = 0, class;
    size_t to = from;
    for (; to < text.size && (class = class_of(text.data[to])) != CLASS_OTHER; to++)
        seen |= class;
    if (seen & CLASS_DIGIT)
        add_run(words, text, from, to, seen & CLASS_LETTER);
    return to;
}

void words_add(struct words *words, struct str text)
{
    for (size_t at = 0; at < text.size;) {
        size_t left = text.size - at, size = left < CHARS_STEP ? left : CHARS_STEP;
        struct chars chars;
        chars_of(text.data + at, size, &chars);
        uint64_t letters = chars.letter | chars.underscore, all = letters | chars.digit, digits = chars.digit;
        if (size < left) { /* up to behind the last byte that is part of no word */
            size = ~all ? CHARS_STEP - (size_t)__builtin_clzll(~all) : 0;
            digits &= size < CHARS_STEP ? (UINT64_C(1) << size) - 1 : ~UINT64_C(0);
        }
        while (digits != 0) {
            uint64_t digit = digits & -digits, behind = ~all & -digit, end = behind & -behind;
            uint64_t before = ~all & (digit - 1);
            size_t from = before ? CHARS_STEP - (size_t)__builtin_clzll(before) : 0;
            size_t to = end ? (size_t)__builtin_ctzll(end) : size;
            uint64_t run = (to < CHARS_STEP ? UINT64_C(1) << to : 0) - (UINT64_C(1) << from);
            add_run(words, text, at + from, at + to, letters & run);
            digits &= -end;
        }
        at = size > 0 ? at + size : add_long_run(words, text, at);
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
