/* The parts of column_encode: each way to write a list of texts (column.h) that is a noun of its own, and what they share. The
 * ways call each other through encode_list for the lists nested in them. One encoder belongs to one thread. */
#ifndef WINNOW_STORE_ENCODE_H
#define WINNOW_STORE_ENCODE_H

#include "store/column.h"
#include "store/split.h"

enum { ENCODE_SMALL = 6 }; /* shorter lists are not worth a dictionary or templates */

struct texts {
    const struct str *values;
    const uint32_t *rows;
    uint32_t count;
    uint64_t key; /* names what it is a list of, across blocks, for hints */
};

struct encoder {
    struct column_set *set;
    uint32_t index; /* the top-level column being encoded */
    struct column_hints *hints;
    struct pools *out;
    struct words *words;
    struct arena *scratch; /* of this column */
    struct arena *kept;    /* of the block */
    const int64_t *times;  /* of the list encoded last, if its texts are numbers */
};

/* How far texts of a list may still be cut: lines into values, values into words, words into runs of digits. */
enum stage { STAGE_LINES, STAGE_WORDS, STAGE_DIGITS, STAGE_WHOLE };

/* distinct: no two texts are equal. The order of attempts is that of what usually comes out smallest. */
void encode_list(struct encoder *e, struct texts list, unsigned depth, enum stage stage, bool distinct);

/* One way each. False when it does not fit the list; then nothing is written. */
bool encode_dict(struct encoder *e, struct texts list, unsigned depth, enum stage stage);
bool encode_same(struct encoder *e, struct texts list, unsigned depth, enum stage stage);
bool encode_split(struct encoder *e, struct texts list, unsigned depth, enum split_way way);
/* Lines in any order and number, such as stack traces: all lines of all texts are one list. */
bool encode_lines(struct encoder *e, struct texts list, unsigned depth);

void encode_way(struct encoder *e, enum column_way way, unsigned depth);
void encode_literal(struct encoder *e, struct str text);
/* The words of the list's first texts; runs of digits cut out of a word are none. */
void encode_words(struct encoder *e, struct texts list, enum stage stage, uint32_t count);
struct column_hint *encode_hint(struct encoder *e, struct texts list);
/* The column being encoded needs that other one. */
void encode_refer(struct encoder *e, const struct column *other);
/* Among those before it; NULL when there is none. */
const struct column *encode_column_by_id(const struct encoder *e, int32_t id);

static inline uint64_t encode_key(uint64_t key, uint64_t part)
{
    return (key ^ part) * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

/* Long texts of a column lie far apart, one in each line, so they are asked for before they are needed. */
static inline void encode_fetch_ahead(struct texts list, uint32_t i)
{
    enum { AHEAD = 8, LONG = 64 };
    if (i + AHEAD < list.count && list.values[i + AHEAD].size > LONG) {
        struct str text = list.values[i + AHEAD];
        __builtin_prefetch(text.data);
        __builtin_prefetch(text.data + text.size);
    }
}

#endif
