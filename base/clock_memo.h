/* clock_memo: reads times as clock_parse does, and quickly where a stamp has the minute and the zone of the one read last: only
 * such stamps as "2026-11-20T10:00:00.123456Z", with a fraction and a zone in digits or Z, which mean the same wherever they are read.
 * One thread. Zero-initialised = nothing read yet. */
#ifndef WINNOW_BASE_CLOCK_MEMO_H
#define WINNOW_BASE_CLOCK_MEMO_H

#include "base/clock.h"

enum { CLOCK_MEMO_MINUTE = 17, CLOCK_MEMO_ZONE_MAX = 6 };

struct clock_memo {
    char minute[CLOCK_MEMO_MINUTE]; /* "2026-11-20T10:00:" */
    char zone[CLOCK_MEMO_ZONE_MAX];
    uint8_t zone_size; /* 0: nothing read yet */
    int64_t minute_us;
};

/* See clock_parse. */
bool clock_memo_parse(struct clock_memo *memo, struct str text, int64_t reference_us, int64_t *ret_time_us);

#endif
