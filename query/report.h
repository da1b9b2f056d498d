/* report: what happened on one day: the page a team reads every morning.
 *
 *     store's counts and facts ─▶ report_load ─▶ struct report ─▶ report_json                        (figures)
 *                                                       └───────▶ report_page ─▶ page_text, _md, _html   (words)
 *
 * The model is pure: figures, names and bytes of logs as they are, no words and no widths, so that all forms tell the same. A day
 * is a civil day of the process's zone, 23 to 25 hours long. It is compared with the day before and with the average of the same
 * weekday in the COMPARE_WEEKS_MAX weeks before, as far as the store reaches back (compare.h).
 *
 * Definitions, of requests (records with an HTTP status and a path):
 *     failed           the status is 500 or above
 *     error rate       failed / requests
 *     availability     1 - error rate
 *     p50, p95, p99    of the durations, from mergeable sketches: within 1 % of the value of that rank
 *
 * Everything lives in the report's arena or in the parts it names. Memory: bounded by the limits below and of the parts. */
#ifndef WINNOW_QUERY_REPORT_H
#define WINNOW_QUERY_REPORT_H

#include "analyze/analyze.h"
#include "base/sketch.h"
#include "query/burst.h"
#include "query/compare.h"
#include "query/top.h"
#include "store/store.h"

enum {
    REPORT_HOURS_MAX = 26,
    REPORT_ROWS = 20,           /* of a table, for people and in JSON; the rest is summed up */
    REPORT_ROWS_SHORT = 10,     /* of the smaller tables */
    REPORT_UNPARSED_MAX = 3,    /* examples of a source */
    REPORT_EXAMPLE_MAX = 1000,  /* bytes of an example line */
    REPORT_CLASSES_MAX = 10000, /* pairs of service and class; requests beyond are counted together */
    REPORT_SLOW_MIN = 10,       /* requests with a duration, for a route to be among the slowest */
};

struct report_stretch {
    int64_t since_us, until_us;
    bool covered; /* the store reaches back to it, and has it, nothing of it pruned */
};

/* ---- Coverage ------------------------------------------------------------------------------------------------------------ */

struct report_source {
    struct store_source state; /* counts are of everything stored */
    uint64_t lag_bytes;        /* not stored yet */
    bool in_day;               /* may have records of the day, as far as its first and last ones tell */
    uint64_t unparsed;         /* of the day */
    struct str examples[REPORT_UNPARSED_MAX];
};

struct report_coverage {
    struct report_source *sources; /* those of the day first; by name */
    size_t count;
    int64_t first_us, last_us; /* of all records, or TIME_NONE */
    int64_t read_us;           /* when a source was last read to its end, or TIME_NONE */
    int64_t reached_us;        /* the later of both, but none to come: so far the store is up to date; or TIME_NONE */
    uint64_t lag_bytes, gaps, pruned, unparsed;
    uint64_t lag_messages; /* of partitions, not stored yet */
    bool has_records;      /* of the day */
    bool day_is_over;      /* now, and the sources were read (or go on) behind its end */
    bool begins_late;      /* the store begins in the day's course or behind it */
    bool ends_early;       /* reached_us is before the day's end, or before now if that comes first */
    bool pruned_in_day;    /* some records of the day may have been pruned */
};

/* ---- Figures ------------------------------------------------------------------------------------------------------------- */

enum report_figure { FIGURE_ERRORS, FIGURE_LOGINS, FIGURE_LIMITS, FIGURE_DENIALS, FIGURE_REQUESTS, FIGURE_COUNT };

struct report_rates {                   /* of requests, of one stretch */
    uint64_t requests, failed, refused; /* >= 500; 400..499 */
};

/* ---- Errors -------------------------------------------------------------------------------------------------------------- */

struct report_pattern {
    struct str id, text;
    struct compare compare;
    enum compare_flag flag;
    uint64_t hours[REPORT_HOURS_MAX]; /* of the day; errors without an hour do not exist in a day */
    uint32_t *services;               /* indexes into report.services, ascending */
    size_t service_count, service_capacity;
    uint8_t level;             /* the worst of the day, enum level */
    int64_t first_us, last_us; /* ever, or TIME_NONE */
    uint64_t example_record;   /* 0: none is known */
    int64_t example_us;        /* how old that is, while it is looked for */
    struct str example;        /* its line, cut at REPORT_EXAMPLE_MAX; absent when it is pruned */
    struct str example_text;   /* the message in it */
};

/* ---- Requests ------------------------------------------------------------------------------------------------------------ */

struct report_class {
    struct str service, name;        /* service absent: not known */
    const struct slo_class *targets; /* NULL: the general ones */
    struct report_rates rates;
    struct sketch durations;
};

struct report_route {
    bool other;                        /* of the service's routes beyond those that are told apart */
    struct str service, method, route; /* absent when unknown */
    struct report_rates rates;
    struct sketch durations;
    double p95_ms;
};

struct report {
    struct report_stretch day, before, weeks[COMPARE_WEEKS_MAX];
    unsigned week_count; /* covered ones among weeks */
    int64_t now_us;
    const char *zone;     /* what a command takes to mean the same days: "--utc", "--timezone 'Europe/Berlin'", or "" */
    unsigned hours;       /* of the day */
    unsigned hours_begun; /* of them, by now */
    struct report_coverage coverage;

    struct compare figures[FIGURE_COUNT];
    struct report_rates rates, rates_before, rates_weeks; /* the last: of all covered weeks together */

    struct map services;             /* names; the value is not used */
    struct report_pattern *patterns; /* of the day, and those that are gone: by flag, then most frequent first */
    size_t pattern_count;
    uint64_t flag_counts[COMPARE_USUAL + 1];
    uint64_t errors_by_hour[REPORT_HOURS_MAX];

    struct top login_addresses, login_users; /* failures; others: users, addresses */
    uint64_t login_successes;
    struct bursts bursts;
    struct top limit_principals, limit_routes; /* a principal is a user, else an address */
    struct top denial_principals, denial_routes;

    const struct slo *slo;
    struct report_class *classes; /* by service, then by name */
    size_t class_count;
    struct report_rates beyond;     /* requests of classes beyond REPORT_CLASSES_MAX */
    struct report_route *routes;    /* slowest p95 first; those with few requests last */
    size_t route_count, slow_count; /* all; those with enough of them */
    uint64_t requests_by_hour[REPORT_HOURS_MAX];
    uint64_t failed_by_hour[REPORT_HOURS_MAX];
    struct sketch durations_by_hour[REPORT_HOURS_MAX];
    struct top users;   /* requests */
    bool users_inexact; /* the day does not begin with an hour of UTC: users are those of the hours that touch it */

    struct arena arena;
};

void report_release(struct report *report);
struct report_ask {
    int64_t day_us; /* a moment of the day */
    int64_t now_us;
    const struct slo *slo; /* must outlive the report, as must zone */
    const char *zone;      /* as in struct report */
};
/* *report is zeroed before. */
bool report_load(struct report *report, struct store *store, const struct report_ask *ask, struct err *err);
/* Has any source records of the day? */
bool report_has_records(const struct report *report);
/* Is the day covered whole, as far as can be known? */
bool report_is_whole(const struct report *report);

/* Appends the JSON object, schemas/report.schema.json, and a newline. */
void report_json(const struct report *report, struct buf *out);

#endif
