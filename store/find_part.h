/* struct finder: what find.c and find_list.c share while one block is searched for one text. Only they include it. One thread. */
#ifndef WINNOW_STORE_FIND_PART_H
#define WINNOW_STORE_FIND_PART_H

#include "store/find.h"

enum { FIND_WINDOWS_MAX = 64 };

/* A column's texts, with what stands before and behind them in the line. */
struct window {
    uint32_t column;
    struct str before, after; /* as long as the text may reach into them */
};

/* What a literal between two values says, the same in every skeleton it stands in. */
struct piece_look {
    bool looked, holds;
    uint8_t over_end, over_start; /* enum reach */
};

struct finder {
    struct block *block;
    struct arena arena;
    const struct find_text *wanted;
    struct str text; /* wanted's */
    uint8_t *marks;
    uint8_t **column_hits; /* a flag for each text of a column; NULL: none is set, once it is looked at */
    bool *column_looked;
    uint8_t *spare;    /* zeros, for the hits of the next column, or NULL */
    uint32_t hits_max; /* texts of the column that has most */
    struct piece_look *pieces;
    struct window windows[FIND_WINDOWS_MAX];
    uint32_t window_count;
    struct buf scratch;
    bool damaged;
};

/* How the wanted text may lie over the end or the start of a literal: not at all, across, or beyond the literal into what follows. */
enum reach { REACH_NONE, REACH_NEAR, REACH_FAR };

/* May the wanted text begin in or before a literal and end behind it? first: nothing stands before it. */
enum reach find_reach_over_end(const struct finder *f, struct str literal, bool first);
/* May it begin before a literal and end in it or behind it? last: nothing stands behind it. */
enum reach find_reach_over_start(const struct finder *f, struct str literal, bool last);

/* A flag for each text of the column that is set where it holds the wanted one; NULL when none does, or f->damaged. */
const uint8_t *find_column_hits(struct finder *f, uint32_t index);
/* A dictionary's codes; NULL when they are damaged, as f->damaged then says. */
const uint16_t *find_codes(struct finder *f, const struct list *list);

#endif
