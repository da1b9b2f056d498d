#include "store/list.h"

#include "base/batch.h"

/* What is found out of whole lists: the records, codes and places of all their texts. */

/* ---- Rows and places ----------------------------------------------------------------------------------------------------- */

static const uint32_t *pick_rows(struct arena *arena, const struct list_rows *rows, const uint32_t *base)
{
    uint32_t *own = ARENA_ARRAY(arena, uint32_t, rows->count);
    for (uint32_t i = 0, at = 0; i < rows->count; i++) {
        if (rows->picked) {
            own[i] = base[rows->picked[i]];
            continue;
        }
        while (rows->bits ? rows->bits[at] != 0 : rows->line_ends[at] <= i)
            at++;
        own[i] = base[at];
        at += rows->bits != NULL;
    }
    return own;
}

/* A text that is never used, or first used behind a later one, is a sign of damage. */
static const uint32_t *first_rows(struct arena *arena, struct list_dict *dict)
{
    const uint16_t *codes = list_codes(arena, dict);
    const uint32_t *rows = list_rows(arena, dict->rows);
    if (!codes || !rows)
        return NULL;
    uint32_t *first = ARENA_ARRAY(arena, uint32_t, dict->distinct);
    for (uint32_t i = 0, used = 0; i < dict->count && used < dict->distinct; i++)
        if (codes[i] == used)
            first[used++] = rows[i];
    return first;
}

const uint32_t *list_rows(struct arena *arena, struct list_rows *rows)
{
    if (rows->rows)
        return rows->rows;
    if (rows->dict) {
        rows->rows = first_rows(arena, rows->dict);
    } else {
        const uint32_t *base = list_rows(arena, rows->base);
        rows->rows = base ? pick_rows(arena, rows, base) : NULL;
    }
    return rows->rows;
}

const uint32_t *list_places(struct arena *arena, struct list_same *same)
{
    if (same->places)
        return same->places;
    const uint32_t *rows = list_rows(arena, same->rows);
    uint32_t *places = ARENA_ARRAY(arena, uint32_t, same->count);
    bool aligned = rows == same->other->rows;
    for (uint32_t i = 0, own = 0, at = 0; rows && i < same->count; i++) {
        if (!same->bits.low.data[i]) {
            places[i] = own++ | LIST_OWN;
            continue;
        }
        at = aligned ? i : column_seek(same->other, rows[i], at);
        if (at >= same->other->count || same->other->rows[at] != rows[i])
            return NULL;
        places[i] = at;
    }
    return same->places = rows ? places : NULL;
}

/* ---- Codes ---------------------------------------------------------------------------------------------------------------- */

enum { CHUNK = 512 };

#define NO_GUESS UINT32_MAX

_Static_assert(BATCH_RECORDS_MAX < UINT16_MAX, "a code is one of a text, or one more");

/* Symbols on their way to codes, chunk by chunk. A code beyond the next new one is damage, and so is a dictionary that is not used
 * up; then no code is beyond it either. */
struct resolving {
    const struct list_dict *dict;
    uint16_t *codes;
    uint32_t known; /* texts met */
    bool sound;
    uint32_t symbols[CHUNK], beside[CHUNK];
    /* What a guess needs. */
    const struct column *parent;  /* or NULL */
    const uint16_t *parent_codes; /* by text of the list, or by record, when rows are given */
    const uint32_t *rows;         /* NULL: they are the parent's */
    uint32_t *last;               /* the code that came with each text of the parent, and with none */
};

static void take_symbols(struct resolving *r, uint32_t from, uint32_t count)
{
    const struct pool_codes *symbols = &r->dict->symbols;
    const uint8_t *low = (const uint8_t *)symbols->low.data + from, *high = (const uint8_t *)symbols->high.data;
    if (symbols->high.size == 0)
        for (uint32_t i = 0; i < count; i++)
            r->symbols[i] = low[i];
    else
        for (uint32_t i = 0; i < count; i++)
            r->symbols[i] = low[i] | (uint32_t)high[from + i] << 8;
}

static void resolve_plain(struct resolving *r, uint32_t from, uint32_t count)
{
    uint16_t *codes = r->codes + from;
    uint32_t known = r->known, most = 0;
    bool sound = true;
    for (uint32_t i = 0; i < count; i++) {
        codes[i] = (uint16_t)r->symbols[i];
        most = r->symbols[i] > most ? r->symbols[i] : most;
    }
    for (uint32_t i = 0; i < count && known <= most; i++) {
        sound &= codes[i] <= known;
        known += codes[i] == known;
    }
    r->known = known;
    r->sound &= sound && most < known;
}

static void resolve_age(struct resolving *r, uint32_t from, uint32_t count)
{
    uint16_t *codes = r->codes + from;
    uint32_t known = r->known;
    bool sound = true;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t symbol = r->symbols[i];
        sound &= symbol <= known;
        codes[i] = (uint16_t)(known - symbol);
        known += symbol == 0;
    }
    r->known = known;
    r->sound &= sound;
}

/* The parent's codes in the same records. */
static void take_beside(struct resolving *r, uint32_t from, uint32_t count)
{
    const uint16_t *codes = r->parent_codes;
    if (r->rows == NULL)
        for (uint32_t i = 0; i < count; i++)
            r->beside[i] = codes[from + i];
    else
        for (uint32_t i = 0; i < count; i++)
            r->beside[i] = codes[r->rows[from + i]];
}

/* age is known where it is called: a loop of its own for each. */
static inline __attribute__((always_inline)) void resolve_guess(struct resolving *r, uint32_t from, uint32_t count,
                                                                bool age)
{
    uint32_t *last = r->last, *nothing = last + r->parent->list->dict->distinct;
    uint16_t *codes = r->codes + from;
    uint32_t known = r->known;
    bool sound = true;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *guess = last + r->beside[i], symbol = r->symbols[i];
        uint32_t said = age ? known + 1 - symbol : symbol - 1, is_guess = 0 - (uint32_t)(symbol == 0);
        uint32_t code = (*guess & is_guess) | (said & ~is_guess); /* which it is cannot be foreseen: no branch */
        sound &= code <= known;                                   /* no guess, and an age beyond all, are far above */
        known += code == known;
        *guess = code;
        *nothing = NO_GUESS;
        codes[i] = (uint16_t)code;
    }
    r->known = known;
    r->sound &= sound;
}

static void resolve(struct resolving *r, uint32_t from, uint32_t count)
{
    take_symbols(r, from, count);
    if (r->parent != NULL) {
        take_beside(r, from, count);
        if (r->dict->age)
            resolve_guess(r, from, count, true);
        else
            resolve_guess(r, from, count, false);
    } else if (r->dict->age) {
        resolve_age(r, from, count);
    } else {
        resolve_plain(r, from, count);
    }
}

/* The codes of a column by record; one more than it has where it has no text. */
static const uint16_t *codes_by_record(struct arena *arena, const struct column *column, const uint16_t *codes,
                                       uint32_t records)
{
    if (column->dense)
        return codes;
    uint32_t none = column->list->dict->distinct;
    uint16_t *of_record = ARENA_ARRAY(arena, uint16_t, records);
    for (uint32_t i = 0; i < records; i++)
        of_record[i] = (uint16_t)none;
    for (uint32_t i = column->count; i > 0; i--) /* the first of several in a record counts */
        if (column->rows[i - 1] < records)
            of_record[column->rows[i - 1]] = codes[i - 1];
    return of_record;
}

static bool take_parent(struct arena *arena, struct resolving *r)
{
    const struct column *parent = r->parent = r->dict->parent;
    const uint32_t *rows = list_rows(arena, r->dict->rows);
    const uint16_t *codes = list_codes(arena, parent->list->dict);
    uint32_t distinct = parent->list->dict->distinct, count = r->dict->count;
    r->rows = rows == parent->rows ? NULL : rows;
    r->last = ARENA_ARRAY(arena, uint32_t, distinct + 1);
    memset(r->last, 0xff, (distinct + 1) * sizeof *r->last);
    if (!rows || !codes)
        return false;
    r->parent_codes = r->rows ? codes_by_record(arena, parent, codes, rows[count - 1] + 1) : codes;
    return true;
}

const uint16_t *list_codes(struct arena *arena, struct list_dict *dict)
{
    if (dict->codes)
        return dict->codes;
    struct resolving r; /* its chunks are filled when they are used */
    r.dict = dict;
    r.known = 0;
    r.sound = true;
    r.parent = NULL;
    r.parent_codes = NULL;
    r.rows = r.last = NULL;
    if (dict->parent && !take_parent(arena, &r))
        return NULL;
    r.codes = ARENA_ARRAY(arena, uint16_t, dict->count);
    for (uint32_t from = 0; from < dict->count && r.sound; from += CHUNK)
        resolve(&r, from, dict->count - from < CHUNK ? dict->count - from : CHUNK);
    return r.sound && r.known == dict->distinct ? dict->codes = r.codes : NULL;
}
