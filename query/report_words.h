/* report_words: what of a report is worked out, and said, the same in every form. Pure, but for the process's zone. */
#ifndef WINNOW_QUERY_REPORT_WORDS_H
#define WINNOW_QUERY_REPORT_WORDS_H

#include "query/report.h"

const char *report_kind(enum source_kind kind);
const char *report_figure_name(enum report_figure figure); /* "errors", "failed_logins", ... */
/* While the day goes on, nothing has dropped or is gone. */
enum compare_flag report_flag(const struct report *report, const struct compare *compare);

enum { REPORT_DAY_MAX = 32 };
/* "2026-11-20", "+01:00", in the process's zone at that moment. Return text. */
const char *report_day(int64_t time_us, char text[REPORT_DAY_MAX]);
const char *report_offset(int64_t time_us, char text[REPORT_DAY_MAX]);

/* Shares of 1; NAN when there are no requests. */
double report_error_rate(const struct report_rates *rates);
double report_availability(const struct report_rates *rates);
/* NAN when there is no duration. */
double report_quantile(const struct sketch *durations, double q);

/* What a class misses: bits 1 << quantile, and these. 0: all its targets are met. */
enum report_miss { MISS_AVAILABILITY = 1 << SLO_QUANTILES, MISS_ERROR_RATE = 2 << SLO_QUANTILES };
unsigned report_missed(const struct report *report, const struct report_class *class);

/* Appends the command that lists a pattern's records of the day. */
void report_command(const struct report *report, const struct report_pattern *pattern, struct buf *out);

#endif
