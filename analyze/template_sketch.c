/* Sketches of messages: a chain of hashes over what stands between words with a digit, which need not be folded for it (fold.h). What
 * fold takes away besides stays in a sketch: it tells apart more than templates do, never less. */
#include "analyze/analyze.h"
#include "analyze/fold.h"
#include "base/chars.h"
#include "base/hash.h"

/* The hashes of lines of which not all is looked at, and of several lines, begin otherwise than those of others. */
enum { LONGER_SEED = 1, LINES_SEED = 2 };

struct sketching {
    struct str line;
    uint64_t hash;
    size_t from; /* behind the last word with a digit */
};

/* A word with a digit. */
static inline void leave_out(struct sketching *s, size_t from, size_t to)
{
    const char *data = s->line.data + from;
    if (*data > '9' ? fold_keeps(s->line, from, to) : from > 0 && data[-1] == '\\') /* \042 is a quote */
        return;
    s->hash = hash_link(s->hash, s->line.data + s->from, from - s->from, s->line.size - s->from);
    s->from = to;
}

/* The size bytes from at on, of which the last is no part of a word, or the line's last. */
static inline void take_step(struct sketching *s, size_t at, size_t size, uint64_t words, uint64_t digits)
{
    digits &= size < CHARS_STEP ? (UINT64_C(1) << size) - 1 : ~UINT64_C(0);
    while (digits != 0) {
        uint64_t digit = digits & -digits, behind = ~words & -digit, end = behind & -behind;
        uint64_t before = ~words & (digit - 1);
        size_t from = before ? 64 - (size_t)__builtin_clzll(before) : 0;
        size_t to = end ? (size_t)__builtin_ctzll(end) : size;
        leave_out(s, at + from, at + to);
        digits &= -end;
    }
}

static inline bool is_word(char c)
{
    char lower = (char)(c | 0x20);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}

/* A word that fills a whole step. Returns its end. */
static size_t take_long(struct sketching *s, size_t from)
{
    bool digit = false;
    size_t to = from;
    for (; to < s->line.size && is_word(s->line.data[to]); to++)
        digit = digit || s->line.data[to] <= '9';
    if (digit)
        leave_out(s, from, to);
    return to;
}

/* The sketch of a line; false when it is not one after all. */
static inline __attribute__((always_inline)) bool sketch_line(struct str line, uint64_t seed, uint64_t *ret,
                                                              void (*find)(const char *, size_t, struct chars *))
{
    struct sketching s = {.line = line, .hash = seed};
    for (size_t at = 0; at < line.size;) {
        struct chars chars;
        size_t left = line.size - at, size = left < CHARS_STEP ? left : CHARS_STEP;
        find(line.data + at, size, &chars);
        if (chars.newline != 0)
            return false;
        uint64_t words = chars.letter | chars.digit;
        if (size < left)
            size = ~words ? CHARS_STEP - (size_t)__builtin_clzll(~words) : 0;
        take_step(&s, at, size, words, chars.digit);
        at = size > 0 ? at + size : take_long(&s, at);
    }
    *ret = hash_link(s.hash, line.data + s.from, line.size - s.from, line.size - s.from);
    return true;
}

#ifdef PROCESSOR_WIDE
TARGET_WIDE static bool sketch_line_wide(struct str line, uint64_t seed, uint64_t *ret)
{
    return sketch_line(line, seed, ret, chars_of_wide);
}
#endif

static bool sketch_of_line(struct str line, uint64_t seed, uint64_t *ret)
{
#ifdef PROCESSOR_WIDE
    if (processor_is_wide())
        return sketch_line_wide(line, seed, ret);
#endif
    return sketch_line(line, seed, ret, chars_of);
}

static bool sketch_of_long_line(struct str line, uint64_t seed, uint64_t *ret)
{
    return str_find_char(line, '\n') == STR_NONE &&
           sketch_of_line(str_slice(line, 0, FOLD_BYTES_MAX), seed + LONGER_SEED, ret);
}

uint64_t template_sketch(struct str message)
{
    bool trim = message.size == 0 || message.data[0] <= ' ' || message.data[message.size - 1] <= ' ';
    struct str line = trim ? str_trim(message) : message;
    uint64_t seed = hash_secret(), sketch;
    bool one =
        line.size > FOLD_BYTES_MAX ? sketch_of_long_line(line, seed, &sketch) : sketch_of_line(line, seed, &sketch);
    return one ? sketch : hash_bytes(line.data, line.size, seed + LINES_SEED);
}
