/* What is true of the generated lines, gathered while they are written: the answers a reader of them must come to. */
#ifndef BENCH_GEN_TRUTH_H
#define BENCH_GEN_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bench/gen_random.h"
#include "bench/gen_words.h"

#define ADDRESSES 2000
#define NEEDLES 5
#define BURSTS 64
#define BURST_FAILURES 10 /* within BURST_SECONDS: an address is flagged */
#define BURST_SECONDS 300

enum level { LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR, LEVEL_DEBUG, LEVELS };
enum keys { KEYS_API, KEYS_TASK, KEYS_AUDIT, KEY_SETS };

struct needle {
    unsigned query;
    struct uuid request;
    uint64_t lines, first, last; /* lines are numbered from 1 */
};

struct failures { /* of one address */
    uint64_t count;
    double recent[BURST_FAILURES]; /* times, a ring */
    bool flagged;
};

struct burst {
    uint64_t from, to; /* lines */
    unsigned address, person;
    bool distributed; /* over six addresses, against one person */
    uint64_t failures;
};

struct truth {
    uint64_t lines, bytes;
    uint64_t levels[LEVELS], key_sets[KEY_SETS];
    uint64_t infos, warnings, errors, logins, login_failures, debugs, audits;
    uint64_t rate_limits, slow_queries, traces, burst_failures, query_lines, queries;
    uint64_t error_counts[ERRORS], error_traces[ERRORS];
    struct needle needles[NEEDLES];
    size_t needle_count;
    struct failures failures[ADDRESSES];
    struct burst bursts[BURSTS];
    char addresses[ADDRESSES][16];
    char last_timestamp[96];
};

/* Writes it as JSON; on failure errno says why. */
bool truth_print(const struct truth *truth, const char *path);

#endif
