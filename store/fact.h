/* fact: security, limit and error events as rows. Reading is in store.h (fact.c, fact_count.c); writing is a part of a commit
 * (fact_write.c). */
#ifndef WINNOW_STORE_FACT_H
#define WINNOW_STORE_FACT_H

#include "store/handle.h"

enum {
    FACT_TEXT_MAX = 200,         /* longer strings are cut to this many bytes: the record itself has all of them */
    FACT_TEMPLATE_MAX = 4 << 10, /* a template is cut here only, since its id comes from its whole text */
};

/* 2028-01-01T00:00:00Z, from which facts count their time. */
#define FACT_EPOCH_US INT64_C(1830297600000000)

/* One row in the table of each of the fact's kinds. A record that is both a failed and a successful login counts as
 * failed. */
bool fact_write(struct store *store, uint64_t number, int64_t source, const struct record *rec, const struct fact *fact,
                struct err *err);

/* Narrows *after and *before, of which records lie between, to the numbers that records of the time can have. In a read. */
bool fact_range(struct store *store, int64_t since_us, int64_t until_us, uint64_t *after, uint64_t *before,
                struct err *err);

/* The column moment of a time; TIME_NONE stays, and what is too early for it becomes the earliest there is. */
int64_t fact_moment(int64_t time_us);
/* At most size_max bytes of the text, not ending within a UTF-8 sequence. */
struct str fact_cut(struct str text, size_t size_max);

#endif
