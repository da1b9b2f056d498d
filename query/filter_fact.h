/* filter_fact: filters asked of a fact row, so that its record need not be read. */
#ifndef WINNOW_QUERY_FILTER_FACT_H
#define WINNOW_QUERY_FILTER_FACT_H

#include "analyze/analyze.h"
#include "store/store.h"

/* filters_hold as far as a fact row tells. False in *ret_known: the record must be asked. */
bool filters_hold_fact(const struct filter *filters, size_t count, const struct fact_row *fact,
                       const struct store_source *source, struct arena *arena, bool *ret_known);

#endif
