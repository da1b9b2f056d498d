/* Epoch numbers, as clock.h tells them; for clock_parse.c. Any thread. */
#ifndef WINNOW_BASE_CLOCK_NUMBER_H
#define WINNOW_BASE_CLOCK_NUMBER_H

#include "base/clock.h"

bool clock_number_parse(struct str text, int64_t *ret_time_us);

#endif
