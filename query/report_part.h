/* report_part: the parts that report_load fills a report in. Private to query/report*.c. */
#ifndef WINNOW_QUERY_REPORT_PART_H
#define WINNOW_QUERY_REPORT_PART_H

#include "query/report.h"

struct report_loading {
    struct report *report;
    struct store *store;
    struct err err; /* of a visit that gave up */
};

/* The index of the hour of the day that holds the time; of a minute or hour that only touches the day, the nearest. */
unsigned report_hour(const struct report *report, int64_t time_us);
bool report_load_coverage(struct report_loading *loading, struct err *err);
bool report_load_errors(struct report_loading *loading, struct err *err);
bool report_load_events(struct report_loading *loading, struct err *err);
bool report_load_requests(struct report_loading *loading, struct err *err);

#endif
