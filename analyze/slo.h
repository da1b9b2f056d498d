/* slo: what is promised of the service: the targets that the report and its SLO table measure against.
 *
 *     slo:
 *       availability: 99.5%          at least this share of the requests is not answered with a status >= 500
 *       error_rate: 1%               at most this share is
 *       classes:                     tried in order, the first that fits has the request
 *         - name: search
 *           services: [api]          glob patterns; not given: any. So are routes and methods
 *           routes: ["/api/v1/search*"]
 *           methods: [GET]
 *           p50: 200ms               at most; not given: no target
 *           p95: 800ms
 *           p99: 2s
 *           availability: 99.9%      its own instead of the general one; so is error_rate
 *
 * `service`, `route` and `method` are the same as `services`, `routes` and `methods`. A route is the path without its query, what
 * varies in it replaced by <*>, such as /api/v1/users/<*>. In a pattern '*' stands for any text and '?' for one byte.
 * Requests that fit no class are "reads" (GET, HEAD, OPTIONS), "writes" (POST, PUT, PATCH, DELETE) or "other". Pure; any thread. */
#ifndef WINNOW_ANALYZE_SLO_H
#define WINNOW_ANALYZE_SLO_H

#include <stdbool.h>

#include "analyze/yaml.h"
#include "base/buf.h"

enum { SLO_CLASSES_MAX = 100, SLO_PATTERNS_MAX = 100, SLO_NAME_MAX = 64 };
enum slo_quantile { SLO_P50, SLO_P95, SLO_P99, SLO_QUANTILES };
extern const double slo_quantiles[SLO_QUANTILES]; /* 0.5, 0.95, 0.99 */
const char *slo_quantile_name(enum slo_quantile quantile);

#define SLO_NO_TARGET (-1.0)

struct slo_patterns {
    struct str *items;
    size_t count; /* 0: any text fits */
};

struct slo_class {
    struct str name;
    struct slo_patterns services, routes, methods;
    double targets_ms[SLO_QUANTILES]; /* or SLO_NO_TARGET */
    double availability, error_rate;  /* shares of 1, or SLO_NO_TARGET: the general ones */
};

struct slo {
    double availability, error_rate; /* shares of 1 */
    struct slo_class *classes;       /* in the arena they were read into */
    size_t class_count;
};

/* 99.5 % and 1 %, no classes. */
struct slo slo_defaults(void);
/* Takes what the node, the value of the key, has: what it does not have stays. Each mistake goes to fail, with its line. False when
 * there was any. */
bool slo_read(struct slo *slo, const struct yaml_node *node, struct arena *arena,
              void (*fail)(void *context, unsigned line, const char *text), void *context);
/* As it is written in a configuration: a YAML map in one line, or a JSON object. */
void slo_print(const struct slo *slo, bool json, struct buf *out);

/* The name of the class of a request; parts may be absent. *ret_class is NULL when it is none of the configured ones. */
struct str slo_classify(const struct slo *slo, struct str service, struct str method, struct str route,
                        const struct slo_class **ret_class);
/* The targets of a class, or of requests without one (NULL). */
double slo_availability(const struct slo *slo, const struct slo_class *class);
double slo_error_rate(const struct slo *slo, const struct slo_class *class);

#endif
