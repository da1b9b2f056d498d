/* pack: lists and counts in compressed form, the rows of one table. A row is a text of codec.h under a kind and a number, and replaced
 * as a whole, so what changes often is kept in small rows. What the texts are:
 *
 *     templates   a roll (roll.h) of the templates
 *     patterns    a roll of ids that were given (known.c)
 *     mined       number 0: what the patterns were when ids were given last, in a form of the caller's (known.c)
 *     endpoints   a roll of what requests are told apart by (request.h)
 *     users       number: an hour; the requests of each user (request.h)
 *     minutes     number: a minute; the requests of each endpoint (request.h)
 *
 * Writing is part of a transaction. */
#ifndef WINNOW_STORE_PACK_H
#define WINNOW_STORE_PACK_H

#include "store/handle.h"

/* Stored in the file: never renumber. */
enum pack_kind { PACK_TEMPLATES = 1, PACK_PATTERNS, PACK_ENDPOINTS, PACK_USERS, PACK_MINUTES, PACK_MINED };

#define PACK_NUMBER_MAX ((INT64_C(1) << 40) - 1)
enum { PACK_TEXT_MAX = 16 << 20 };

struct pack_row {
    int64_t number;
    struct str text; /* in the arena asked with; absent: there is no row */
};

bool pack_read(struct store *store, enum pack_kind kind, int64_t number, struct arena *arena, struct pack_row *ret,
               struct err *err);
/* The row with the least number from that one on; the one with the greatest of all. */
bool pack_next(struct store *store, enum pack_kind kind, int64_t from, struct arena *arena, struct pack_row *ret,
               struct err *err);
bool pack_last(struct store *store, enum pack_kind kind, struct arena *arena, struct pack_row *ret, struct err *err);
/* The rows of from .. to, as they lie: their texts are not opened yet, which pack_open does. It ends when bytes_max are reached, and
 * then *ret_more. */
bool pack_list(struct store *store, enum pack_kind kind, int64_t from, int64_t to, size_t bytes_max,
               struct arena *arena, struct pack_row **ret, size_t *ret_count, bool *ret_more, struct err *err);
bool pack_open(struct store *store, enum pack_kind kind, struct pack_row *row, struct arena *arena, struct err *err);
/* What a row that does not read as it should is: err, false. */
bool pack_damaged(struct store *store, enum pack_kind kind, int64_t number, struct err *err);
bool pack_write(struct store *store, enum pack_kind kind, int64_t number, struct str text, struct err *err);
bool pack_delete(struct store *store, enum pack_kind kind, int64_t from, int64_t to, struct err *err);

#endif
