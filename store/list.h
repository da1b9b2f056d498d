/* list: the texts of a column or of a list nested in one, as they stand in the pools (column.h tells how). column_open reads and
 * checks the structure and puts no text together; after that any text can be asked for by itself, in any order.
 *
 * What a small file can make of itself is bounded by the lister's texts_left, and by empties_left: texts without a byte cost
 * time but no room. A lister and its lists belong to one thread. */
#ifndef WINNOW_STORE_LIST_H
#define WINNOW_STORE_LIST_H

#include "store/column.h"
#include "store/typed.h"

enum {
    LIST_TEXTS_MAX = 128 << 20,   /* bytes of the texts kept for dictionaries */
    LIST_EMPTIES_MAX = 256 << 20, /* empty texts put */
};

#define LIST_OWN (UINT32_C(1) << 31) /* of a SAME's place: it counts within `own` */

/* The records of a list's texts, found out when somebody asks. */
struct list_rows {
    const uint32_t *rows; /* NULL: not found out yet */
    uint32_t count;
    struct list_dict *dict; /* those of the first uses of its texts, or */
    struct list_rows
        *base; /* of another list those that are picked, those with a bit of 0 (one in each byte), or each as often as
                               there are lines in its text */
    const uint32_t *picked, *line_ends;
    const char *bits;
};

/* Where the texts of a SAME stand, found out for one text as long as few are asked for. */
struct list_same {
    uint32_t count;
    struct pool_codes bits; /* 1 when the text is the other column's, else 0 */
    struct list_rows *rows;
    const struct column *other;
    const struct list *own;
    const uint32_t *places; /* LIST_OWN | place in own, or place in other; NULL: not found out yet */
    uint32_t asked;
};

struct list_typed {
    struct typed typed;
    const char *bytes; /* each so many, or */
    size_t each;
    const int64_t *numbers; /* NULL: not read yet */
    struct pool_numbers packed;
    const uint32_t *scales; /* where typed_has_scales */
};

struct list_dict {
    uint32_t count, distinct;
    const uint16_t *codes; /* NULL: not found out yet */
    struct pool_codes symbols;
    bool age;
    const struct column *parent; /* or NULL */
    struct list_rows *rows;
    struct list *texts;
    struct str *made; /* of each distinct text; absent until it is wanted, as the array is (NULL) */
    uint32_t asked;   /* texts asked for: as long as they are few, they are found and put one by one */
};

struct list_template {
    struct str text; /* with a NUL in the place of each variable */
    uint32_t variables, count;
    struct str *literals; /* variables + 1 of them */
    struct list *lists;   /* one for each variable, of count texts; NULL when count is 0 */
    uint32_t *texts;      /* which texts of the list have it */
};

struct list {
    uint8_t way; /* enum column_way; 0: it is empty */
    uint32_t count;
    union {
        struct str one;
        struct {
            const char *data;
            const uint32_t *ends;
        } raw;
        struct list_typed *typed;
        struct list_dict *dict;
        struct {
            const struct list_template *templates;
            const uint32_t *codes, *places; /* template of each text, and which of its texts it is */
            uint32_t template_count;
        } split;
        struct list_same *same;
        struct {
            const uint32_t *ends; /* lines before the end of each text */
            const struct list *lines;
        } lines;
    };
};

struct lister {
    struct arena *arena; /* texts made live there */
    struct buf scratch;
    uint64_t texts_left, empties_left;
};
/* Zero-initialised = empty. Ready for the lists of a set whose texts are to live in arena. */
void lister_reset(struct lister *lister, struct arena *arena);
void lister_release(struct lister *lister);

/* Appends text i. False when the list is damaged there, or the buffer full. */
bool list_put(struct lister *lister, const struct list *list, uint32_t i, struct buf *out);
/* Text i, as a view that lives as long as the arena. */
bool list_text(struct lister *lister, const struct list *list, uint32_t i, struct str *ret);
/* The bytes of text i. */
bool list_size(struct lister *lister, const struct list *list, uint32_t i, size_t *ret);

/* The codes of a dictionary, the records of a list, the places of a SAME. NULL when the bytes are not sound. */
const uint16_t *list_codes(struct arena *arena, struct list_dict *dict);
const uint32_t *list_rows(struct arena *arena, struct list_rows *rows);
const uint32_t *list_places(struct arena *arena, struct list_same *same);

/* The numbers of a typed list that is kept as numbers. */
const int64_t *list_numbers(struct arena *arena, struct list_typed *typed);

/* Microseconds of each text, when they are times or may be seconds since 1970: typed, or a dictionary of typed ones; else NULL. */
const int64_t *list_times(const struct list *list, struct arena *arena);

#endif
