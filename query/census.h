/* census: how often each pattern was seen in a stretch of time, exactly, and where: by service and logger, and by steps of time.
 *
 *     errors, whole hours, told by counts ─▶ store_error_counts: as many rows as there are hours and kinds of errors
 *     errors, anything else               ─▶ facts_each: a row for each error
 *     all levels                          ─▶ question_scan: columns tell most
 *
 * What ways there are to count, all give the same counts. A census has several stretches: the one asked about, and those it
 * is compared with. One thread. */
#ifndef WINNOW_QUERY_CENSUS_H
#define WINNOW_QUERY_CENSUS_H

#include "query/compare.h"
#include "query/question.h"

enum { CENSUS_STEPS_MAX = 24 };

enum census_stretch { CENSUS_ASKED, CENSUS_BEFORE, CENSUS_WEEKS, CENSUS_STRETCHES };

/* A pattern's records of one service and logger. */
struct census_leaf {
    uint32_t pattern;
    struct str service; /* without one: the last part of the source's name, as tables of records have it */
    struct str logger;  /* absent: none */
    uint64_t counts[CENSUS_STRETCHES];
};

struct census_pattern {
    uint64_t counts[CENSUS_STRETCHES];
    uint64_t steps[CENSUS_STEPS_MAX]; /* of CENSUS_ASKED */
    int64_t first_us, last_us; /* ever, of errors; of the stretch asked about, of all levels. TIME_NONE: unknown */
    uint64_t first, latest;    /* record numbers, 0: unknown */
    uint8_t level;             /* the worst */
    struct map services;
    bool seen_before;
};

struct census {
    struct question *q;
    bool all_levels;
    struct census_pattern *patterns; /* of each pattern of the set */
    struct census_leaf *leaves;
    size_t leaf_count, leaf_capacity;
    struct map places; /* pattern, service and logger -> leaf */
    struct buf key;
    int64_t step_from_us, step_us; /* step_us 0: no steps */
    size_t step_count;
    enum census_stretch stretch; /* being counted */
    uint64_t total;              /* of CENSUS_ASKED */
    struct arena arena;
};

/* The question is open. */
void census_init(struct census *census, struct question *q, bool all_levels);
void census_release(struct census *census);
/* Counts the selected records of the stretch; TIME_NONE: open. */
bool census_add(struct census *census, enum census_stretch stretch, int64_t since_us, int64_t until_us,
                struct err *err);
/* Of error patterns when they were seen first and last, ever; and which were seen before since_us. */
bool census_seen(struct census *census, int64_t since_us, struct err *err);
/* Is each error of the stretch, of whole hours, counted under its template? Of templates that were not kept only facts tell which
 * pattern they are of. */
bool census_templates_tell(struct store *store, int64_t since_us, int64_t until_us, bool *ret, struct err *err);

#endif
