/* Times as people write them on a command line, case ignored (but for 1M, a month to some and a minute to others: it is
 * refused):
 *
 *     now
 *     DAY                 its start
 *     DAY [at] CLOCK      that time of it
 *     CLOCK               today at that time
 *     -3h  +2h            before and after now
 *     2h30m  10 min ago   before now; durations are exact: 1d = 24 hours
 *     @1669575482.5       seconds since 1970
 *     any stamp of clock_parse: RFC 3339, 2026-11-20T02:15, ...
 *
 *     DAY     today | yesterday | tomorrow | 2026-11-20
 *             | monday .. sunday, mon .. sun    the latest one; today counts
 *             | last monday                     the latest one before today
 *     CLOCK   2:15 | 02:15 | 02:15:30.5 | noon | midnight
 *
 * Days are civil days of the process's zone, whatever their length. Pure functions, any thread. */
#ifndef WINNOW_ANALYZE_TIMEEXPR_H
#define WINNOW_ANALYZE_TIMEEXPR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* now_us is what `now` means. False with ERR_USAGE when the text is not understood or leaves the years 1..9999. */
bool timeexpr_parse(struct str text, int64_t now_us, int64_t *ret_us, struct err *err);

/* A histogram's step: "1m", "15 min", "1h"; above zero, in microseconds. */
bool timeexpr_step(struct str text, int64_t *ret_us, struct err *err);

#endif
