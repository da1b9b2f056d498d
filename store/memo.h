/* memo: the names and traits a reading of facts has looked up, by id; most facts share them. Neither ever changes in the
 * file. Bounded: a new one may take the place of an old one. */
#ifndef WINNOW_STORE_MEMO_H
#define WINNOW_STORE_MEMO_H

#include "store/handle.h"

struct memo;
struct memo *memo_new(struct store *store);
void memo_free(struct memo *memo);

/* Makes room: texts given out before die. */
void memo_trim(struct memo *memo);
/* The text of a name, absent when there is none of that id; 0 is none. */
bool memo_name(struct memo *memo, int64_t id, struct str *ret_text, struct err *err);
/* Source, level, status, service, logger, method and template of a trait; the rest of the row is zero. A trait that is not
 * there is ERR_CORRUPT. */
bool memo_trait(struct memo *memo, int64_t id, struct fact_row *ret, struct err *err);
/* What memo_trait gives as the template of a trait that stands for all templates not kept: those very bytes, told by their address. */
struct str memo_other(void);
/* The beginning and the number behind it in decimal, as one text, which lives until the next one is asked for. */
struct str memo_join(struct memo *memo, struct str beginning, int64_t number);

#endif
