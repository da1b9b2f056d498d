/* JSON lines: yajl judges whether a line is JSON, then the line is cut into literal text and slots.
 *
 * What counts as JSON is RFC 8259: yajl's verdict, and besides it what yajl lets pass: the text must be UTF-8 and only
 * space, tab, CR and LF are white space. Scalars at the top level are JSON. A byte order mark before the text is taken
 * as white space. Any thread. */
#ifndef WINNOW_ANALYZE_JSON_H
#define WINNOW_ANALYZE_JSON_H

#include "base/batch.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    JSON_SLOTS_MAX = 512,   /* slots of one shape; a line with more is cut less deep */
    JSON_DEPTH_MAX = 16,    /* containers nested deeper are kept whole */
    JSON_ARRAY_MAX = 32,    /* an array with more elements is kept whole */
    JSON_PATH_MAX = 1024,   /* bytes of a key path; containers whose members' paths would be longer are kept whole */
    JSON_QUOTED_MAX = 4096, /* bytes of a line whose quotes are found at once */
    JSON_QUOTES_WORDS = JSON_QUOTED_MAX / 64 + 1,
};

struct json_cut {
    uint32_t slot_count;
    bool whole;                             /* some container was kept whole: a SLOT_JSON exists */
    struct str slots[JSON_SLOTS_MAX];       /* views into the line */
    struct shape_slot meta[JSON_SLOTS_MAX]; /* path (in the arena given) and kind; the rest zero */
};

/* True when the line is JSON; then ret holds its slots. What paths need is allocated in arena. */
bool json_cut(struct str line, struct arena *arena, struct json_cut *ret);

/* Is the line JSON? The judge alone. */
bool json_valid(struct str line);

/* Scanners that find the end of a token and check it as strictly as the judge. They return the offset behind the
 * token, or 0 when there is none at `from`. json_scan_string starts behind the opening quote and stops at the closing one
 * (which it does not count): an empty string gives `from` itself, failure STR_NONE. */
size_t json_scan_string(struct str text, size_t from);
size_t json_scan_bare(struct str text, size_t from); /* a number, true, false or null */
/* The size of the number that stands here, if it is of digits and maybe a fraction, as nearly all are, and ends within the JSON_SHORT bytes
 * that can be read; 0 of others. */
enum { JSON_SHORT = 16 };
static inline size_t json_short_number(const char *data)
{
#ifdef __SSE2__
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)data);
    __m128i value = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
    unsigned others = ~(unsigned)_mm_movemask_epi8(digits);
    unsigned end = (unsigned)__builtin_ctz(others);
    if (end == 0 || end >= JSON_SHORT || (data[0] == '0' && end > 1))
        return 0;
    if (data[end] == '.') {
        unsigned dot = end;
        others &= others - 1;
        end = (unsigned)__builtin_ctz(others);
        if (end == dot + 1 || end >= JSON_SHORT)
            return 0;
    }
    return (data[end] | 0x20) == 'e' ? 0 : end;
#else
    (void)data;
    return 0;
#endif
}
size_t json_scan_escape(struct str text, size_t from); /* from its backslash on */
/* Finds all quotes at once but escaped ones (json_quotes.c): a bit for each byte of the line, and one that is set behind the last.
 * False when the line is longer than JSON_QUOTED_MAX, or has a control, a byte that is not ASCII or a backslash that begins no escape;
 * else every string in it ends at the next quote, as json_scan_string would have it. *ret_plain: it has no backslash. */
bool json_find_quotes(struct str line, uint64_t ret_bits[JSON_QUOTES_WORDS], bool *ret_plain);
/* The offset behind the object or array that begins at `at`, STR_NONE when it does not end or has white space that is not JSON's.
 * Counts brackets outside of strings, which is enough where the judge has said that the text is valid. */
size_t json_scan_container(struct str text, size_t at);

/* Decodes the escapes of string content; without a backslash returns it as it is. A lone surrogate becomes U+FFFD. */
struct str json_decode(struct str content, struct arena *arena);

#endif
