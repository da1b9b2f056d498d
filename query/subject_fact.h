/* subject_fact: what a fact row tells of a subject, so that its record need not be read. */
#ifndef WINNOW_QUERY_SUBJECT_FACT_H
#define WINNOW_QUERY_SUBJECT_FACT_H

#include "analyze/analyze.h"
#include "store/store.h"

/* subject_text from a fact row. False when a fact does not tell. The text may live in arena. */
bool subject_fact_text(const struct subject *subject, const struct fact_row *fact, const struct store_source *source,
                       struct arena *arena, struct str *ret_text);

#endif
