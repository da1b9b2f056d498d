/* column: a list of texts, one for each of some records, as compact bytes in pools.
 *
 * A column starts with one byte in POOL_META, its way; a list nested in it is a column of its own, written right behind. An
 * empty list is nothing at all.
 *   ONE     all texts are equal: varint size (META), the bytes (TEXT)
 *   RAW     the sizes as numbers, the bytes (TEXT)
 *   TYPED   what typed.h needs to know, then numbers (and scales as codes) or bytes (BITS)
 *   DICT    varint number of distinct texts, u8 how codes stand (DICT_ bits), varint parent column with DICT_GUESS, the
 *           codes, then a column of the distinct texts in order of their first use
 *   SPLIT   templates (split.h) and variables: varint number of templates, each as varint size (META) and bytes (TEXT), codes of
 *           templates, then for each template, for each of its variables, a column
 *   SAME    varint an earlier top-level column: a code for each text, 1 when it equals that column's text of the same record,
 *           then a column of those that do not
 *   LINES   the numbers of lines of the texts, then one column of all lines, without the \n (two characters) between them
 *
 * DICT codes are symbols: the code itself; with DICT_AGE 0 for the next new text, n for the n-th newest; with DICT_GUESS one
 * more than that, and 0 for "as guessed": the text that stood here the last time the parent column had the text that it has
 * in this record.
 *
 * Decoding trusts nothing: every count is checked against the pool it is read from or the limit given. */
#ifndef WINNOW_STORE_COLUMN_H
#define WINNOW_STORE_COLUMN_H

#include "store/pool.h"
#include "store/typed.h"
#include "store/word.h"

enum { COLUMN_COUNT_MAX = 1024 }; /* top-level columns of a set */

enum column_way { WAY_ONE = 1, WAY_RAW = 2, WAY_TYPED = 3, WAY_DICT = 4, WAY_SPLIT = 5, WAY_SAME = 6, WAY_LINES = 7 };
enum { DICT_AGE = 1, DICT_GUESS = 2 };
enum {
    COLUMN_DEPTH_MAX = 8,         /* columns within columns */
    COLUMN_CHAIN_MAX = 32,        /* columns that refer to columns that refer ... */
    COLUMN_CODES_MAX = 65536,     /* texts of a dictionary, templates of a list */
    COLUMN_VALUES_MAX = 24 << 20, /* texts decoded of one block, nested lists included */
};

struct list;

/* A top-level column. values[i], or text i of the list, belongs to record rows[i]; rows grow. Columns of the same records share one
 * array of rows. */
struct column {
    struct str *values;
    const uint32_t *rows;
    uint32_t count;
    struct list *list;     /* decoding: its texts (list.h); NULL until it is opened */
    const uint32_t *codes; /* of a DICT, for columns that guess from it; else NULL */
    uint32_t distinct;
    const int64_t *times; /* microseconds, when its texts are times or may be seconds since 1970; else NULL */
    uint32_t chain;       /* 0: it refers to no other column; else one more than the longest chain it refers to */
    uint32_t id;          /* encoding: names the column across blocks, for hints */
    uint8_t way;          /* encoding: how it was written */
    bool dense;           /* decoding: rows[i] is i */
};

/* The place of the first value in that record or behind it, seen from at, which is not behind it. */
static inline uint32_t column_seek(const struct column *column, uint32_t row, uint32_t at)
{
    if (column->dense)
        return row;
    while (at < column->count && column->rows[at] < row)
        at++;
    return at;
}

/* The same without a place to start from. */
static inline uint32_t column_find(const struct column *column, uint32_t row)
{
    uint32_t low = 0, high = column->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (column->rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct column_set {
    struct column columns[COLUMN_COUNT_MAX];
    uint32_t count;
    uint64_t values_left; /* decoding: what COLUMN_VALUES_MAX still allows */
    /* Decoding: has columns[index] opened, which another one refers to. */
    bool (*need)(void *context, uint32_t index);
    void *context;
};

/* What encoded lists well before, by what they are lists of (a column, a variable of a template in it ...). A hint costs or
 * saves bytes, never correctness. Zero-initialised = nothing known. */
enum { HINTS = 4096, HINT_NONE = -1, HINT_UNKNOWN = -2 };
struct column_hint {
    uint64_t key;
    int32_t parent;          /* id of the column to guess from, HINT_NONE, or HINT_UNKNOWN: to be searched and set */
    int32_t same;            /* the same for the column that has the same texts */
    uint8_t uses, uses_left; /* before it is searched anew */
    bool age, age_known;     /* of a DICT */
};
struct column_hints {
    struct column_hint hints[HINTS];
};

/* Encodes columns[index]; those before it may be referred to. The id-like words of its texts are added to words, of a text that
 * recurs only once. What columns behind it need to know of it is in kept; scratch may be reset. */
void column_encode(struct column_set *set, uint32_t index, struct column_hints *hints, struct pools *out,
                   struct words *words, struct arena *kept, struct arena *scratch);
/* Opens columns[index].list, given count and rows; its texts are views into arena and the pools' bytes. False when the bytes are not
 * sound. */
bool column_open(struct column_set *set, uint32_t index, struct pool_reader *in, struct arena *arena);
/* Tells from a column's META alone whether its texts are all of one type, perhaps by way of a dictionary. */
bool column_is_typed(struct str meta, struct typed *ret);
/* False when META and TEXT alone tell that no text of the column begins with one of these bytes, which are no letters, digits or
 * signs. */
bool column_may_begin(struct str meta, struct str text, struct str bytes);

#endif
