#include "query/report_part.h"

#include <stdlib.h>

#include "query/cover.h"

void report_release(struct report *report)
{
    for (size_t i = 0; i < report->class_count; i++)
        sketch_release(&report->classes[i].durations);
    for (size_t i = 0; i < report->route_count; i++)
        sketch_release(&report->routes[i].durations);
    for (size_t i = 0; i < REPORT_HOURS_MAX; i++)
        sketch_release(&report->durations_by_hour[i]);
    for (size_t i = 0; i < report->pattern_count; i++)
        free(report->patterns[i].services);
    free(report->classes);
    free(report->routes);
    free(report->patterns);
    top_release(&report->login_addresses);
    top_release(&report->login_users);
    top_release(&report->limit_principals);
    top_release(&report->limit_routes);
    top_release(&report->denial_principals);
    top_release(&report->denial_routes);
    top_release(&report->users);
    bursts_release(&report->bursts);
    map_release(&report->services);
    arena_release(&report->arena);
    *report = (struct report){0};
}

unsigned report_hour(const struct report *report, int64_t time_us)
{
    int64_t hour = (time_us - report->day.since_us) / TIME_HOUR;
    return hour < 0 ? 0 : hour >= (int64_t)report->hours ? report->hours - 1 : (unsigned)hour;
}

bool report_has_records(const struct report *report)
{
    return report->coverage.has_records;
}

bool report_is_whole(const struct report *report)
{
    const struct report_coverage *coverage = &report->coverage;
    return coverage->day_is_over && !coverage->begins_late && !coverage->ends_early && !coverage->pruned_in_day &&
           coverage->lag_bytes == 0 && coverage->lag_messages == 0 && coverage->gaps == 0;
}

/* ---- Days ---------------------------------------------------------------------------------------------------------------- */

/* The civil day that is so many days from the one that time_us is in. */
static struct report_stretch day_of(int64_t time_us, int days)
{
    struct clock_civil civil;
    clock_to_civil(time_us, &civil);
    struct clock_civil from = {.year = civil.year, .month = civil.month, .day = civil.day + days};
    struct clock_civil to = from;
    to.day++;
    return (struct report_stretch){.since_us = clock_from_civil(&from), .until_us = clock_from_civil(&to)};
}

static unsigned hours_between(int64_t from_us, int64_t to_us)
{
    int64_t hours = (to_us - from_us + TIME_HOUR - 1) / TIME_HOUR;
    return hours < 0 ? 0 : hours > REPORT_HOURS_MAX ? (unsigned)REPORT_HOURS_MAX : (unsigned)hours;
}

static bool set_days(struct report *report, int64_t day_us, struct err *err)
{
    report->day = day_of(day_us, 0);
    report->before = day_of(day_us, -1);
    for (int i = 0; i < COMPARE_WEEKS_MAX; i++)
        report->weeks[i] = day_of(day_us, -7 * (i + 1));
    report->hours = hours_between(report->day.since_us, report->day.until_us);
    report->hours_begun = hours_between(report->day.since_us, report->now_us);
    if (report->hours_begun > report->hours)
        report->hours_begun = report->hours;
    if (report->day.since_us > report->now_us)
        return err_set(err, ERR_USAGE, 0, "--day: that day has not begun yet; without it the report is of yesterday");
    return report->day.until_us - report->day.since_us <= REPORT_HOURS_MAX * TIME_HOUR ||
           err_set(err, ERR_LIMIT, 0, "the zone's day is longer than %d hours", REPORT_HOURS_MAX);
}

/* ---- Coverage ------------------------------------------------------------------------------------------------------------ */

static int64_t earlier(int64_t a, int64_t b)
{
    return a == TIME_NONE || (b != TIME_NONE && b < a) ? b : a;
}

static int64_t later(int64_t a, int64_t b)
{
    return b > a ? b : a; /* TIME_NONE is the least */
}

/* Those of the day first. */
static int by_name(const void *a, const void *b)
{
    const struct report_source *x = a, *y = b;
    if (x->in_day != y->in_day)
        return x->in_day ? -1 : 1;
    int order = str_compare(x->state.state.name, y->state.state.name);
    return order ? order : (x->state.state.id > y->state.state.id) - (x->state.state.id < y->state.state.id);
}

static bool reaches_into(const struct store_source *source, const struct report_stretch *stretch)
{
    return source->time_min != TIME_NONE && source->time_min < stretch->until_us &&
           source->time_max >= stretch->since_us;
}

static bool pruned_in(const struct store_source *source, const struct report_stretch *stretch)
{
    return source->pruned_max != TIME_NONE && source->pruned_min < stretch->until_us &&
           source->pruned_max >= stretch->since_us;
}

static void add_source(struct report *report, const struct store_source *state)
{
    struct report_coverage *coverage = &report->coverage;
    struct report_source *source = &coverage->sources[coverage->count++];
    struct cover_lag lag = cover_lag(&state->state);
    *source = (struct report_source){.state = *state, .lag_bytes = lag.bytes};
    source->in_day = reaches_into(state, &report->day);
    coverage->first_us = earlier(coverage->first_us, state->time_min);
    coverage->last_us = later(coverage->last_us, state->time_max);
    coverage->read_us = later(coverage->read_us, state->state.read_us);
    coverage->lag_bytes += lag.bytes;
    coverage->lag_messages += lag.messages;
    coverage->gaps += state->gaps;
    coverage->pruned += state->pruned_records;
    coverage->pruned_in_day = coverage->pruned_in_day || pruned_in(state, &report->day);
}

/* What the store says of a record that no format fitted. */
static bool is_unparsed(void *context, const struct scan_record *found)
{
    (void)context;
    return found->record.flags & RECORD_UNPARSED;
}

static struct report_source *source_of(struct report_coverage *coverage, int64_t id)
{
    for (size_t i = 0; i < coverage->count; i++)
        if (coverage->sources[i].state.state.id == id)
            return &coverage->sources[i];
    return NULL;
}

static bool load_unparsed(struct report_loading *loading, struct err *err)
{
    struct report *report = loading->report;
    struct report_coverage *coverage = &report->coverage;
    int64_t *ids = ARENA_ARRAY(&report->arena, int64_t, coverage->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < coverage->count; i++)
        if (coverage->sources[i].in_day && coverage->sources[i].state.unparsed > 0)
            ids[count++] = coverage->sources[i].state.state.id;
    if (count == 0)
        return true;
    struct scan_ask ask = {.since_us = report->day.since_us,
                           .until_us = report->day.until_us,
                           .sources = ids,
                           .source_count = count,
                           .wants = is_unparsed};
    SCOPED_FREE(scan) *scan = scan_new(loading->store, &ask, err);
    struct scan_record found;
    int more = scan ? 1 : -1;
    while (more > 0 && (more = scan_next(scan, &found, err)) > 0) {
        struct report_source *source = source_of(coverage, found.source);
        if (!source || !is_unparsed(NULL, &found))
            continue;
        if (source->unparsed < REPORT_UNPARSED_MAX)
            source->examples[source->unparsed] =
                arena_str(&report->arena, str_slice(found.record.raw, 0, REPORT_EXAMPLE_MAX));
        source->unparsed++;
        coverage->unparsed++;
    }
    return more == 0;
}

/* A day of which there is nothing at all, though the store reaches back to it, is none to compare with: nobody was writing. Nor is
 * one of which something is gone. */
static bool find_covered(struct report_loading *loading, struct report_stretch *stretch, struct err *err)
{
    const struct report_coverage *coverage = &loading->report->coverage;
    bool any = false;
    stretch->covered = compare_covers(coverage->first_us, stretch->since_us);
    for (size_t i = 0; i < coverage->count; i++) {
        stretch->covered = stretch->covered && !pruned_in(&coverage->sources[i].state, stretch);
        any = any || reaches_into(&coverage->sources[i].state, stretch);
    }
    if (stretch->covered && any)
        return cover_any(loading->store, stretch->since_us, stretch->until_us, &stretch->covered, err);
    stretch->covered = false;
    return true;
}

static bool find_stretches(struct report_loading *loading, struct err *err)
{
    struct report *report = loading->report;
    if (!cover_any(loading->store, report->day.since_us, report->day.until_us, &report->coverage.has_records, err) ||
        !find_covered(loading, &report->before, err))
        return false;
    for (unsigned i = 0; i < COMPARE_WEEKS_MAX; i++) {
        if (!find_covered(loading, &report->weeks[i], err))
            return false;
        report->week_count += report->weeks[i].covered;
    }
    return true;
}

bool report_load_coverage(struct report_loading *loading, struct err *err)
{
    struct report *report = loading->report;
    struct report_coverage *coverage = &report->coverage;
    struct store_source *states;
    size_t count;
    *coverage = (struct report_coverage){.first_us = TIME_NONE, .last_us = TIME_NONE, .read_us = TIME_NONE};
    if (!store_sources(loading->store, &report->arena, &states, &count, err))
        return false;
    coverage->sources = ARENA_ARRAY(&report->arena, struct report_source, count + 1);
    for (size_t i = 0; i < count; i++)
        add_source(report, &states[i]);
    if (count > 0)
        qsort(coverage->sources, count, sizeof *coverage->sources, by_name);
    int64_t end_us = report->day.until_us < report->now_us ? report->day.until_us : report->now_us;
    coverage->reached_us = later(coverage->last_us > report->now_us ? TIME_NONE : coverage->last_us, coverage->read_us);
    coverage->day_is_over = report->day.until_us <= report->now_us;
    coverage->begins_late = !compare_covers(coverage->first_us, report->day.since_us);
    /* Reading a moment ago is as good as now. */
    coverage->ends_early = coverage->reached_us == TIME_NONE || coverage->reached_us < end_us - TIME_MINUTE;
    return find_stretches(loading, err) && load_unparsed(loading, err);
}

/* ---- The whole ----------------------------------------------------------------------------------------------------------- */

static void begin_figures(struct report *report)
{
    bool before = report->coverage.first_us != TIME_NONE && report->coverage.first_us < report->day.since_us;
    for (unsigned i = 0; i < FIGURE_COUNT; i++)
        report->figures[i] = (struct compare){.before_covered = report->before.covered,
                                              .weeks = report->week_count,
                                              .seen_before = before,
                                              .store_before = before};
}

bool report_load(struct report *report, struct store *store, const struct report_ask *ask, struct err *err)
{
    struct report_loading loading = {.report = report, .store = store};
    report->slo = ask->slo;
    report->zone = ask->zone;
    report->now_us = ask->now_us;
    if (!set_days(report, ask->day_us, err) || !report_load_coverage(&loading, err))
        return false;
    begin_figures(report);
    return report_load_errors(&loading, err) && report_load_events(&loading, err) &&
           report_load_requests(&loading, err);
}
