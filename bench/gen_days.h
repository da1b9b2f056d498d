/* What is true of the generated days, gathered while they are written. */
#ifndef BENCH_GEN_DAYS_H
#define BENCH_GEN_DAYS_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TRUTH_UNTIMED UINT_MAX

enum { DAYS = 3, KINDS = 10, USERS = 10, HOURS = 24 };
enum { CLASS_READS, CLASS_WRITES, CLASS_SEARCH, CLASS_PAGES, CLASSES };

struct truth_class {
    uint64_t requests, failed, refused;
    unsigned *durations; /* tenths of a millisecond */
    size_t count, capacity;
};

struct truth_day {
    uint64_t errors, failed_requests, errors_by_hour[HOURS];
    uint64_t kinds[KINDS];
    uint64_t failed_logins, successes, bursts, rate_limits, denials, unparsed;
    uint64_t requests, failed, users[USERS];
    struct truth_class classes[CLASSES];
};

struct truth {
    struct truth_day days[DAYS];
    const char *begins[KINDS]; /* messages, with % where numbers stand */
    const char *const *users;
};

void truth_add_duration(struct truth_class *class, unsigned duration);
/* As JSON. */
void truth_print_days(struct truth *truth, FILE *out);

#endif
