#include <stdlib.h>

#include "base/must.h"
#include "query/report_part.h"

/* Requests come by minute, service, method and route. The sketches of a route's minutes are merged; a route is of one class, so
 * classes merge those of their routes. */
struct requests {
    struct report *report;
    struct map routes;                               /* service, method and route, parted by NULs -> route */
    uint32_t known[ENDPOINTS_MAX + ENDPOINTS_OTHER]; /* of an endpoint's number: its route + 1; 0: not met */
    struct buf key;
    size_t capacity;
    struct sketch
        *hourly; /* of each route, the durations of the hour that is being read; as many as there is room for routes */
    unsigned hour; /* that one */
    bool before;   /* they are of the day before, else of a week before */
};

static void requests_release(struct requests *requests)
{
    for (size_t i = 0; i < requests->report->route_count; i++)
        sketch_release(&requests->hourly[i]);
    free(requests->hourly);
    map_release(&requests->routes);
    buf_release(&requests->key);
}

static void add_rates(struct report_rates *rates, const struct request_count *count)
{
    rates->requests += count->requests;
    rates->failed += count->failed;
    rates->refused += count->refused;
}

/* A NUL in front of each part that is there. */
static void add_part(struct buf *key, struct str part)
{
    buf_add_char(key, part.data ? '\0' : '\1');
    buf_add_str(key, part);
}

static struct report_route *find_route(struct requests *requests, const struct request_count *count)
{
    struct report *report = requests->report;
    buf_reset(&requests->key);
    add_part(&requests->key, count->service);
    add_part(&requests->key, count->method);
    add_part(&requests->key, count->route);
    buf_add_char(&requests->key, count->other ? '\1' : '\0');
    bool fresh;
    struct map_entry *entry = map_at(&requests->routes, buf_str(&requests->key), &fresh);
    if (!fresh)
        return &report->routes[entry->value];
    if (report->route_count == requests->capacity) {
        requests->capacity = requests->capacity ? 2 * requests->capacity : 64;
        report->routes = mem_resize_array(report->routes, requests->capacity, sizeof *report->routes);
        requests->hourly = mem_resize_array(requests->hourly, requests->capacity, sizeof *requests->hourly);
    }
    entry->value = report->route_count++;
    struct report_route *route = &report->routes[entry->value];
    requests->hourly[entry->value] = (struct sketch){0};
    *route = (struct report_route){.other = count->other,
                                   .service = arena_str(&report->arena, count->service),
                                   .method = arena_str(&report->arena, count->method),
                                   .route = arena_str(&report->arena, count->route)};
    return route;
}

static struct report_route *route_of(struct requests *requests, const struct request_count *count)
{
    if (count->endpoint == REQUEST_ENDPOINT_NONE)
        return find_route(requests, count);
    must(count->endpoint < sizeof requests->known / sizeof *requests->known);
    uint32_t *known = &requests->known[count->endpoint];
    if (*known == 0)
        *known = (uint32_t)(find_route(requests, count) - requests->report->routes) + 1;
    return &requests->report->routes[*known - 1];
}

/* Sketches are merged by hour first, since every one goes into two. */
static void end_hour(struct requests *requests)
{
    struct report *report = requests->report;
    for (size_t i = 0; i < report->route_count; i++) {
        struct sketch *hourly = &requests->hourly[i];
        if (sketch_count(hourly) == 0)
            continue;
        sketch_merge(&report->routes[i].durations, hourly);
        sketch_merge(&report->durations_by_hour[requests->hour], hourly);
        sketch_reset(hourly);
    }
}

static bool visit_day(void *context, const struct request_count *count)
{
    struct requests *requests = context;
    struct report *report = requests->report;
    struct report_route *route = route_of(requests, count);
    unsigned hour = report_hour(report, count->minute_us);
    add_rates(&report->rates, count);
    add_rates(&route->rates, count);
    report->requests_by_hour[hour] += count->requests;
    report->failed_by_hour[hour] += count->failed;
    if (hour != requests->hour)
        end_hour(requests);
    requests->hour = hour;
    sketch_merge_packed(&requests->hourly[route - report->routes], count->durations_ms);
    return true;
}

static bool visit_other_day(void *context, const struct request_count *count)
{
    struct requests *requests = context;
    struct report *report = requests->report;
    add_rates(requests->before ? &report->rates_before : &report->rates_weeks, count);
    return true;
}

/* ---- Classes ------------------------------------------------------------------------------------------------------------- */

static struct report_class *class_of(struct report *report, struct map *places, const struct report_route *route)
{
    const struct slo_class *targets;
    struct str name = slo_classify(report->slo, route->service, route->method, route->route, &targets);
    SCOPED(buf) key = BUF(1 << 20);
    add_part(&key, route->service);
    add_part(&key, name);
    struct map_entry *entry = map_find(places, buf_str(&key));
    if (entry)
        return &report->classes[entry->value];
    if (places->count == REPORT_CLASSES_MAX)
        return NULL;
    entry = map_at(places, buf_str(&key), NULL);
    entry->value = report->class_count++;
    must(report->classes);
    struct report_class *class = &report->classes[entry->value];
    *class = (struct report_class){.service = route->service, .name = name, .targets = targets};
    return class;
}

static int by_name(const void *a, const void *b)
{
    const struct report_class *x = a, *y = b;
    int order = str_compare(x->service, y->service);
    return order ? order : str_compare(x->name, y->name);
}

static void make_classes(struct report *report)
{
    struct map places = {0};
    size_t count_max = report->route_count < REPORT_CLASSES_MAX ? report->route_count : REPORT_CLASSES_MAX;
    report->classes = mem_resize_array(NULL, count_max + 1, sizeof *report->classes);
    for (size_t i = 0; i < report->route_count; i++) {
        const struct report_route *route = &report->routes[i];
        struct report_class *class = class_of(report, &places, route);
        struct report_rates *rates = class ? &class->rates : &report->beyond;
        rates->requests += route->rates.requests;
        rates->failed += route->rates.failed;
        rates->refused += route->rates.refused;
        if (class)
            sketch_merge(&class->durations, &route->durations);
    }
    must(report->classes);
    if (report->class_count > 0)
        qsort(report->classes, report->class_count, sizeof *report->classes, by_name);
    map_release(&places);
}

/* ---- Routes and users ---------------------------------------------------------------------------------------------------- */

static bool is_slow(const struct report_route *route)
{
    return sketch_count(&route->durations) >= REPORT_SLOW_MIN;
}

static int by_p95(const void *a, const void *b)
{
    const struct report_route *x = a, *y = b;
    if (is_slow(x) != is_slow(y))
        return is_slow(x) ? -1 : 1;
    if (x->p95_ms != y->p95_ms)
        return x->p95_ms > y->p95_ms ? -1 : 1;
    int order = str_compare(x->route, y->route);
    order = order ? order : str_compare(x->method, y->method);
    return order ? order : str_compare(x->service, y->service);
}

static void sort_routes(struct report *report)
{
    for (size_t i = 0; i < report->route_count; i++) {
        struct report_route *route = &report->routes[i];
        (void)sketch_quantile(&route->durations, slo_quantiles[SLO_P95], &route->p95_ms);
        report->slow_count += is_slow(route);
    }
    if (report->route_count > 0)
        qsort(report->routes, report->route_count, sizeof *report->routes, by_p95);
}

static bool visit_user(void *context, const struct user_count *count)
{
    struct report *report = context;
    if (count->user.data)
        top_add(&report->users, count->user, count->requests, TIME_NONE, STR_ABSENT);
    else
        report->users.total += count->requests, report->users.beyond += count->requests;
    return true;
}

static bool load_users(struct report_loading *loading, struct err *err)
{
    struct report *report = loading->report;
    report->users_inexact = report->day.since_us % TIME_HOUR != 0;
    if (!store_user_counts(loading->store, report->day.since_us, report->day.until_us, visit_user, report, err))
        return false;
    top_sort(&report->users, REPORT_ROWS);
    return true;
}

static bool count_other_day(struct report_loading *loading, struct requests *requests,
                            const struct report_stretch *stretch, struct err *err)
{
    requests->before = stretch == &loading->report->before;
    return !stretch->covered ||
           store_request_counts(loading->store, stretch->since_us, stretch->until_us, visit_other_day, requests, err);
}

bool report_load_requests(struct report_loading *loading, struct err *err)
{
    struct report *report = loading->report;
    SCOPED(requests) requests = {.report = report, .key = BUF(1 << 24)};
    if (!store_request_counts(loading->store, report->day.since_us, report->day.until_us, visit_day, &requests, err) ||
        !count_other_day(loading, &requests, &report->before, err))
        return false;
    for (unsigned i = 0; i < COMPARE_WEEKS_MAX; i++)
        if (!count_other_day(loading, &requests, &report->weeks[i], err))
            return false;
    end_hour(&requests);
    report->figures[FIGURE_REQUESTS].count = report->rates.requests;
    report->figures[FIGURE_REQUESTS].before = report->rates_before.requests;
    report->figures[FIGURE_REQUESTS].weeks_count = report->rates_weeks.requests;
    make_classes(report);
    sort_routes(report);
    return load_users(loading, err);
}
