/* The offsets a zone had and will have, as a table: what sources with a zone of their own are read with, beside the
 * process's zone, which is libc's. For clock.c. */
#ifndef WINNOW_BASE_CLOCK_RULES_H
#define WINNOW_BASE_CLOCK_RULES_H

#include <stdint.h>

#include "base/clock.h"

/* Seconds east of UTC at that moment; *ret_name, which may be NULL, is what the zone is called then. Any thread. */
int clock_zone_offset(const struct clock_zone *zone, int64_t utc, const char **ret_name);
/* Other than that of any other zone, never 0. */
uint32_t clock_zone_generation(const struct clock_zone *zone);

#endif
