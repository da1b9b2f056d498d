#include <stdlib.h>

#include "query/report_part.h"

/* Logins, rate limits and denials, from the facts. The burst rule wants to know what came in the hour before the day, too. */
enum { KINDS = KIND_AUTH_FAILURE | KIND_AUTH_SUCCESS | KIND_RATE_LIMIT | KIND_DENIAL };

struct events {
    struct report *report;
    struct arena scratch;
    struct map routes; /* template_sketch of a path and method -> index into names */
    struct str *names; /* routes, in the report's arena */
    size_t name_capacity;
};

static void events_release(struct events *events)
{
    arena_release(&events->scratch);
    map_release(&events->routes);
    free(events->names);
}

static struct str principal_of(const struct fact_row *fact)
{
    return fact->user.size > 0 ? fact->user : fact->client_ip;
}

/* "GET /api/v1/users/<*>" */
static struct str make_route(struct str method, struct str path, struct arena *arena)
{
    struct str route = template_of(path, arena);
    return method.size == 0 ? route : arena_printf(arena, "%.*s %.*s", STR_ARG(method), STR_ARG(route));
}

/* The same, remembered by the path's sketch: equal sketches are equal templates, and sooner told. */
static struct str route_of(struct events *events, const struct fact_row *fact)
{
    struct str rest = fact->path, path = str_cut(&rest, '?');
    char key[sizeof(uint64_t) + 16];
    if (path.size == 0)
        return STR_ABSENT;
    if (events->routes.count == TOP_NAMES_MAX || fact->method.size > sizeof key - sizeof(uint64_t))
        return make_route(fact->method, path, &events->scratch);
    uint64_t sketch = template_sketch(path);
    memcpy(key, &sketch, sizeof sketch);
    memcpy(key + sizeof sketch, fact->method.data ? fact->method.data : "", fact->method.size);
    bool fresh;
    struct map_entry *entry = map_at(&events->routes, str_from(key, sizeof sketch + fact->method.size), &fresh);
    if (fresh) {
        entry->value = events->routes.count - 1;
        if (entry->value == events->name_capacity) {
            events->name_capacity = events->name_capacity ? 2 * events->name_capacity : 64;
            events->names = mem_resize_array(events->names, events->name_capacity, sizeof *events->names);
        }
        events->names[entry->value] = make_route(fact->method, path, &events->report->arena);
    }
    return events->names[entry->value];
}

static void add_login(struct report *report, const struct fact_row *fact)
{
    bool success = fact->kinds & KIND_AUTH_SUCCESS;
    bursts_add(&report->bursts, fact->time_us, fact->client_ip, fact->user, success);
    if (fact->time_us < report->day.since_us)
        return;
    report->login_successes += success;
    if (success)
        return;
    report->figures[FIGURE_LOGINS].count++;
    top_add(&report->login_addresses, fact->client_ip, 1, fact->time_us, fact->user);
    top_add(&report->login_users, fact->user, 1, fact->time_us, fact->client_ip);
}

static bool visit_day(void *context, const struct fact_row *fact)
{
    struct events *events = context;
    struct report *report = events->report;
    if (events->scratch.used_bytes > 0)
        arena_reset(&events->scratch);
    if (fact->kinds & (KIND_AUTH_FAILURE | KIND_AUTH_SUCCESS)) {
        add_login(report, fact);
    } else if (fact->time_us >= report->day.since_us) {
        bool limit = fact->kinds & KIND_RATE_LIMIT;
        struct str principal = principal_of(fact), route = route_of(events, fact);
        report->figures[limit ? FIGURE_LIMITS : FIGURE_DENIALS].count++;
        top_add(limit ? &report->limit_principals : &report->denial_principals, principal, 1, fact->time_us, route);
        top_add(limit ? &report->limit_routes : &report->denial_routes, route, 1, fact->time_us, principal);
    }
    return true;
}

static bool count_other_day(struct report_loading *loading, const struct report_stretch *stretch, struct err *err)
{
    static const struct {
        unsigned kind; /* the bit's index */
        enum report_figure figure;
    } figures[] = {{0, FIGURE_LOGINS}, {2, FIGURE_LIMITS}, {3, FIGURE_DENIALS}};
    struct report *report = loading->report;
    uint64_t counts[KIND_COUNT];
    if (!stretch->covered)
        return true;
    if (!store_fact_counts(loading->store, stretch->since_us, stretch->until_us, counts, err))
        return false;
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        struct compare *compare = &report->figures[figures[i].figure];
        if (stretch == &report->before)
            compare->before += counts[figures[i].kind];
        else
            compare->weeks_count += counts[figures[i].kind];
    }
    return true;
}

bool report_load_events(struct report_loading *loading, struct err *err)
{
    struct report *report = loading->report;
    SCOPED(events) events = {.report = report};
    struct fact_ask ask = {
        .kinds = KINDS, .since_us = report->day.since_us - BURST_SPRAY_US, .until_us = report->day.until_us};
    if (!store_facts(loading->store, &ask, visit_day, &events, err) || !count_other_day(loading, &report->before, err))
        return false;
    for (unsigned i = 0; i < COMPARE_WEEKS_MAX; i++)
        if (!count_other_day(loading, &report->weeks[i], err))
            return false;
    bursts_find(&report->bursts, report->day.since_us);
    struct top *tops[] = {&report->login_addresses, &report->login_users,       &report->limit_principals,
                          &report->limit_routes,    &report->denial_principals, &report->denial_routes};
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++)
        top_sort(tops[i], REPORT_ROWS);
    return true;
}
