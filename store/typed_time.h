/* The times among typed texts (typed.h): what their layout is, their numbers, and the texts again. Years 1970..2199, so that a
 * number of any width stays positive and fits. Pure; any thread. */
#ifndef WINNOW_STORE_TYPED_TIME_H
#define WINNOW_STORE_TYPED_TIME_H

#include "store/typed.h"

/* The layout that the text has, if it is a time. */
bool typed_time_layout(struct str text, struct typed *ret);
/* The numbers of texts that must all be times of that layout. */
bool typed_time_parse(const struct str *texts, size_t count, const struct typed *typed, int64_t *numbers);
/* See typed_number_text. */
size_t typed_time_text(const struct typed *typed, int64_t number, char *out);

#endif
