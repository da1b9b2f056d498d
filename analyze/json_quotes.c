/* The quotes of a line, 64 bytes at a time. Where it has bytes that strings may not have as they are, each of them has to be a backslash
 * that begins an escape, or part of one; a quote that is part of one is none. */
#include "analyze/json.h"
#include "base/processor.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { STEP = 64 };

/* Bits for bytes. */
struct met {
    uint64_t quotes;
    uint64_t special; /* backslashes, controls and bytes that are not ASCII */
};

#ifdef __SSE2__

static inline struct met look_at_lane(const char *data)
{
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(0x20);
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)data);
    /* A signed comparison: controls and bytes from 0x80 on are both below the space. */
    __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, slash), _mm_cmplt_epi8(bytes, space));
    return (struct met){(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, quote)),
                        (unsigned)_mm_movemask_epi8(special)};
}

static inline struct met look_at_step(const char *data)
{
    struct met a = look_at_lane(data), b = look_at_lane(data + 16), c = look_at_lane(data + 32),
               d = look_at_lane(data + 48);
    return (struct met){a.quotes | b.quotes << 16 | c.quotes << 32 | d.quotes << 48,
                        a.special | b.special << 16 | c.special << 32 | d.special << 48};
}

#else

static inline struct met look_at_step(const char *data)
{
    struct met met = {0, 0};
    for (unsigned i = 0; i < STEP; i++) {
        unsigned char c = (unsigned char)data[i];
        met.quotes |= (uint64_t)(c == '"') << i;
        met.special |= (uint64_t)(c == '\\' || c < 0x20 || c >= 0x80) << i;
    }
    return met;
}

#endif

#ifdef PROCESSOR_WIDE

TARGET_WIDE static inline struct met look_at_wide_lane(const char *data)
{
    const __m256i quote = _mm256_set1_epi8('"'), slash = _mm256_set1_epi8('\\'), space = _mm256_set1_epi8(0x20);
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)data);
    __m256i special = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, slash), _mm256_cmpgt_epi8(space, bytes));
    return (struct met){(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, quote)),
                        (unsigned)_mm256_movemask_epi8(special)};
}

TARGET_WIDE static inline struct met look_at_wide_step(const char *data)
{
    struct met low = look_at_wide_lane(data), high = look_at_wide_lane(data + 32);
    return (struct met){low.quotes | high.quotes << 32, low.special | high.special << 32};
}

#endif

/* The bytes behind the last whole step; the bits of those that are none are 0. */
static inline __attribute__((always_inline)) struct met look_at_rest(struct str line, size_t rest,
                                                                     struct met (*look)(const char *data))
{
    if (line.size >= STEP) { /* bytes of the step before are loaded again */
        struct met met = look(line.data + line.size - STEP);
        return (struct met){met.quotes >> (STEP - rest), met.special >> (STEP - rest)};
    }
    char step[STEP];
    memset(step, ' ', sizeof step);
    memcpy(step, line.data, rest);
    return look(step);
}

/* True when there is something special. */
static inline __attribute__((always_inline)) bool look_at_line(struct str line, uint64_t *ret_quotes,
                                                               uint64_t *ret_special,
                                                               struct met (*look)(const char *data))
{
    size_t steps = line.size / STEP, rest = line.size % STEP;
    uint64_t any = 0;
    for (size_t i = 0; i < steps; i++) {
        struct met met = look(line.data + i * STEP);
        ret_quotes[i] = met.quotes;
        ret_special[i] = met.special;
        any |= met.special;
    }
    struct met met = rest > 0 ? look_at_rest(line, rest, look) : (struct met){0, 0};
    ret_quotes[steps] = met.quotes | UINT64_C(1) << rest;
    ret_special[steps] = met.special;
    return (any | met.special) != 0;
}

#ifdef PROCESSOR_WIDE
TARGET_WIDE static bool look_at_line_wide(struct str line, uint64_t *ret_quotes, uint64_t *ret_special)
{
    return look_at_line(line, ret_quotes, ret_special, look_at_wide_step);
}
#endif

/* Takes the quotes of escapes away. False when the line has what no string may have. */
static bool leave_out_escaped(struct str line, uint64_t *quotes, const uint64_t *special)
{
    size_t behind = 0; /* the last escape */
    for (size_t i = 0; i <= line.size / STEP; i++) {
        for (uint64_t rest = special[i]; rest != 0; rest &= rest - 1) {
            size_t place = i * STEP + (size_t)__builtin_ctzll(rest);
            if (place < behind)
                continue;
            behind = line.data[place] == '\\' ? json_scan_escape(line, place) : 0;
            if (behind == 0)
                return false;
            quotes[(place + 1) / STEP] &= ~(UINT64_C(1) << (place + 1) % STEP);
        }
    }
    return true;
}

bool json_find_quotes(struct str line, uint64_t ret_bits[JSON_QUOTES_WORDS], bool *ret_plain)
{
    uint64_t special[JSON_QUOTES_WORDS];
    if (line.size > JSON_QUOTED_MAX)
        return false;
#ifdef PROCESSOR_WIDE
    if (processor_is_wide())
        *ret_plain = !look_at_line_wide(line, ret_bits, special);
    else
#endif
        *ret_plain = !look_at_line(line, ret_bits, special, look_at_step);
    return *ret_plain || leave_out_escaped(line, ret_bits, special);
}
