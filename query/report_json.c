#include <math.h>

#include "query/report.h"
#include "query/report_words.h"

/* One JSON object, described in schemas/report.schema.json. Names and lines that are not UTF-8 have U+FFFD where they are not. */

/* A comma unless something was just opened. */
static void separate(struct buf *out)
{
    char last = out->size > 0 ? out->data[out->size - 1] : '{';
    if (last != '{' && last != '[' && last != ':')
        buf_add_char(out, ',');
}

static void key(struct buf *out, const char *name)
{
    separate(out);
    buf_printf(out, "\"%s\":", name);
}

static void open(struct buf *out, const char *name, char bracket)
{
    if (name)
        key(out, name);
    else
        separate(out);
    buf_add_char(out, bracket);
}

static void add_text(struct buf *out, const char *name, struct str text)
{
    if (name)
        key(out, name);
    else
        separate(out);
    if (!text.data) {
        buf_add_text(out, "null");
        return;
    }
    buf_add_char(out, '"');
    buf_add_json(out, text);
    buf_add_char(out, '"');
}

static void add_count(struct buf *out, const char *name, uint64_t count)
{
    if (name)
        key(out, name);
    else
        separate(out);
    buf_add_u64(out, count);
}

static void add_flag(struct buf *out, const char *name, bool flag)
{
    key(out, name);
    buf_add_text(out, flag ? "true" : "false");
}

/* NAN: null. */
static void add_number(struct buf *out, const char *name, double value)
{
    if (name)
        key(out, name);
    else
        separate(out);
    if (isfinite(value))
        number_add(out, value);
    else
        buf_add_text(out, "null");
}

static void add_time(struct buf *out, const char *name, int64_t time_us)
{
    char text[CLOCK_TEXT_MAX];
    if (time_us != TIME_NONE)
        add_text(out, name, str_of(clock_print_utc(time_us, text)));
}

static void add_hours(struct buf *out, const char *name, const uint64_t *counts, unsigned hours)
{
    open(out, name, '[');
    for (unsigned i = 0; i < hours; i++)
        add_count(out, NULL, counts[i]);
    buf_add_char(out, ']');
}

/* ---- Coverage and figures ------------------------------------------------------------------------------------------------ */

static void add_source(struct buf *out, const struct report_source *source)
{
    open(out, NULL, '{');
    add_text(out, "source", source->state.state.name);
    add_text(out, "kind", str_of(report_kind(source->state.state.kind)));
    add_count(out, "records", source->state.records);
    add_time(out, "first", source->state.time_min);
    add_time(out, "last", source->state.time_max);
    add_count(out, "lag_bytes", source->lag_bytes);
    add_count(out, "gaps", source->state.gaps);
    add_count(out, "pruned_records", source->state.pruned_records);
    add_flag(out, "in_day", source->in_day);
    add_count(out, "unparsed", source->unparsed);
    buf_add_char(out, '}');
}

static void add_coverage(struct buf *out, const struct report *report)
{
    const struct report_coverage *coverage = &report->coverage;
    char day[REPORT_DAY_MAX];
    open(out, "coverage", '{');
    add_flag(out, "complete", report_is_whole(report));
    add_flag(out, "day_is_over", coverage->day_is_over);
    add_flag(out, "begins_late", coverage->begins_late);
    add_flag(out, "ends_early", coverage->ends_early);
    add_flag(out, "pruned_in_day", coverage->pruned_in_day);
    add_time(out, "first", coverage->first_us);
    add_time(out, "last", coverage->last_us);
    add_time(out, "read", coverage->read_us);
    add_count(out, "lag_bytes", coverage->lag_bytes);
    if (coverage->lag_messages > 0)
        add_count(out, "lag_messages", coverage->lag_messages);
    add_count(out, "gaps", coverage->gaps);
    add_count(out, "pruned_records", coverage->pruned);
    add_count(out, "unparsed", coverage->unparsed);
    open(out, "compared_with", '[');
    if (report->before.covered)
        add_text(out, NULL, str_of(report_day(report->before.since_us, day)));
    buf_add_char(out, ']');
    open(out, "weekdays", '[');
    for (unsigned i = 0; i < COMPARE_WEEKS_MAX; i++)
        if (report->weeks[i].covered)
            add_text(out, NULL, str_of(report_day(report->weeks[i].since_us, day)));
    buf_add_char(out, ']');
    open(out, "sources", '[');
    for (size_t i = 0; i < coverage->count; i++)
        add_source(out, &coverage->sources[i]);
    buf_add_text(out, "]}");
}

static void add_compare(struct buf *out, const struct compare *compare, enum compare_flag flag)
{
    add_count(out, "count", compare->count);
    if (compare->before_covered) {
        add_count(out, "before", compare->before);
        key(out, "change");
        buf_add_i64(out, compare_change(compare));
    }
    if (compare->weeks > 0)
        add_number(out, "weekday_average", (double)compare->weeks_count / compare->weeks);
    if (compare_flag_name(flag))
        add_text(out, "flag", str_of(compare_flag_name(flag)));
}

static void add_rate(struct buf *out, const char *name, const struct report *report,
                     double (*rate)(const struct report_rates *))
{
    open(out, name, '{');
    add_number(out, "value", rate(&report->rates));
    if (report->before.covered)
        add_number(out, "before", rate(&report->rates_before));
    if (report->week_count > 0)
        add_number(out, "weekday_average", rate(&report->rates_weeks));
    buf_add_char(out, '}');
}

static void add_figures(struct buf *out, const struct report *report)
{
    open(out, "figures", '{');
    for (unsigned i = 0; i < FIGURE_COUNT; i++) {
        open(out, report_figure_name(i), '{');
        add_compare(out, &report->figures[i], report_flag(report, &report->figures[i]));
        buf_add_char(out, '}');
    }
    add_rate(out, "error_rate", report, report_error_rate);
    add_rate(out, "availability", report, report_availability);
    buf_add_char(out, '}');
}

static void add_series(struct buf *out, const struct report *report)
{
    add_hours(out, "errors_by_hour", report->errors_by_hour, report->hours);
    add_hours(out, "requests_by_hour", report->requests_by_hour, report->hours);
    add_hours(out, "failed_by_hour", report->failed_by_hour, report->hours);
    open(out, "p95_ms_by_hour", '[');
    for (unsigned i = 0; i < report->hours; i++)
        add_number(out, NULL, report_quantile(&report->durations_by_hour[i], slo_quantiles[SLO_P95]));
    buf_add_char(out, ']');
}

/* ---- Errors -------------------------------------------------------------------------------------------------------------- */

static void add_pattern(struct buf *out, const struct report *report, const struct report_pattern *pattern)
{
    SCOPED(buf) command = BUF(1 << 16);
    open(out, NULL, '{');
    add_text(out, "pattern", pattern->id);
    add_text(out, "template", pattern->text);
    add_compare(out, &pattern->compare, pattern->flag);
    add_time(out, "first", pattern->first_us);
    add_time(out, "last", pattern->last_us);
    if (pattern->level != LEVEL_UNKNOWN)
        add_text(out, "level", str_of(level_name((enum level)pattern->level)));
    open(out, "services", '[');
    for (size_t i = 0; i < pattern->service_count; i++)
        add_text(out, NULL, report->services.entries[pattern->services[i]].key);
    buf_add_char(out, ']');
    if (pattern->example.data)
        add_text(out, "example", pattern->example);
    add_hours(out, "hours", pattern->hours, report->hours);
    report_command(report, pattern, &command);
    add_text(out, "command", buf_str(&command));
    buf_add_char(out, '}');
}

static void add_patterns(struct buf *out, const struct report *report)
{
    size_t shown = report->pattern_count < REPORT_ROWS ? report->pattern_count : REPORT_ROWS;
    uint64_t rest = 0;
    open(out, "patterns", '{');
    add_count(out, "distinct", report->pattern_count);
    add_count(out, "total", report->figures[FIGURE_ERRORS].count);
    for (unsigned flag = 0; flag < COMPARE_USUAL; flag++)
        add_count(out, compare_flag_name(flag), report->flag_counts[flag]);
    open(out, "rows", '[');
    for (size_t i = 0; i < shown; i++)
        add_pattern(out, report, &report->patterns[i]);
    buf_add_char(out, ']');
    for (size_t i = shown; i < report->pattern_count; i++)
        rest += report->patterns[i].compare.count;
    open(out, "more", '{');
    add_count(out, "distinct", report->pattern_count - shown);
    add_count(out, "count", rest);
    buf_add_text(out, "}}");
}

/* ---- Tables -------------------------------------------------------------------------------------------------------------- */

/* kind names the rows, others what is different in each, or NULL. */
static void add_top(struct buf *out, const char *name, const struct top *top, size_t rows, const char *kind,
                    const char *others)
{
    size_t shown = top_count(top) < rows ? top_count(top) : rows;
    uint64_t rest = top->total;
    open(out, name, '{');
    add_count(out, "total", top->total);
    add_count(out, "distinct", top_count(top));
    open(out, "rows", '[');
    for (size_t i = 0; i < shown; i++) {
        const struct top_row *row = &top->rows[i];
        open(out, NULL, '{');
        add_text(out, kind, row->name);
        add_count(out, "count", row->count);
        if (others)
            add_count(out, others, row->others);
        add_time(out, "first", row->first_us);
        add_time(out, "last", row->last_us);
        buf_add_char(out, '}');
        rest -= row->count;
    }
    buf_add_char(out, ']');
    open(out, "more", '{');
    add_count(out, "distinct", top_count(top) - shown);
    add_count(out, "count", rest);
    buf_add_text(out, "}}");
}

static void add_burst(struct buf *out, const struct burst *burst)
{
    open(out, NULL, '{');
    open(out, "kinds", '[');
    if (burst->kinds & BURST_FORCE)
        add_text(out, NULL, STR("brute_force"));
    if (burst->kinds & BURST_SPRAY)
        add_text(out, NULL, STR("spraying"));
    if (burst->kinds & BURST_BREACH)
        add_text(out, NULL, STR("success_after_failures"));
    buf_add_char(out, ']');
    add_text(out, "client_ip", burst->address);
    add_time(out, "first", burst->first_us);
    add_time(out, "last", burst->last_us);
    add_count(out, "failures", burst->failures);
    add_count(out, "users", burst->users);
    if (burst->user.data)
        add_text(out, "user", burst->user);
    add_time(out, "success", burst->success_us);
    buf_add_char(out, '}');
}

static void add_logins(struct buf *out, const struct report *report)
{
    const struct bursts *bursts = &report->bursts;
    size_t shown = bursts->count < REPORT_ROWS ? bursts->count : REPORT_ROWS;
    open(out, "logins", '{');
    add_count(out, "failures", report->figures[FIGURE_LOGINS].count);
    add_count(out, "successes", report->login_successes);
    add_top(out, "by_address", &report->login_addresses, REPORT_ROWS_SHORT, "client_ip", "users");
    add_top(out, "by_user", &report->login_users, REPORT_ROWS_SHORT, "user", "addresses");
    open(out, "bursts", '{');
    add_count(out, "distinct", bursts->count);
    open(out, "rows", '[');
    for (size_t i = 0; i < shown; i++)
        add_burst(out, &bursts->items[i]);
    buf_add_char(out, ']');
    add_count(out, "not_judged", bursts->left_out);
    buf_add_text(out, "}}");
}

/* ---- Requests ------------------------------------------------------------------------------------------------------------ */

static void add_rates(struct buf *out, const struct report_rates *rates, const struct sketch *durations)
{
    add_count(out, "requests", rates->requests);
    add_count(out, "failed", rates->failed);
    add_count(out, "refused", rates->refused);
    add_number(out, "error_rate", report_error_rate(rates));
    add_number(out, "availability", report_availability(rates));
    add_count(out, "timed", sketch_count(durations));
    for (unsigned i = 0; i < SLO_QUANTILES; i++) {
        char name[16] = "";
        SCOPED(buf) text = BUF(sizeof name);
        buf_printf(&text, "%s_ms", slo_quantile_name(i));
        add_number(out, text.data, report_quantile(durations, slo_quantiles[i]));
    }
}

static void add_class(struct buf *out, const struct report *report, const struct report_class *class)
{
    open(out, NULL, '{');
    add_text(out, "service", class->service);
    add_text(out, "class", class->name);
    add_rates(out, &class->rates, &class->durations);
    open(out, "targets", '{');
    add_number(out, "availability", slo_availability(report->slo, class->targets));
    add_number(out, "error_rate", slo_error_rate(report->slo, class->targets));
    for (unsigned i = 0; class->targets && i < SLO_QUANTILES; i++) {
        SCOPED(buf) text = BUF(16);
        buf_printf(&text, "%s_ms", slo_quantile_name(i));
        if (class->targets->targets_ms[i] >= 0)
            add_number(out, text.data, class->targets->targets_ms[i]);
    }
    buf_add_char(out, '}');
    add_flag(out, "met", report_missed(report, class) == 0);
    buf_add_char(out, '}');
}

static void add_routes(struct buf *out, const struct report *report)
{
    size_t shown = report->slow_count < REPORT_ROWS ? report->slow_count : REPORT_ROWS;
    open(out, "slow_routes", '{');
    add_count(out, "distinct", report->route_count);
    add_count(out, "timed_min", REPORT_SLOW_MIN);
    open(out, "rows", '[');
    for (size_t i = 0; i < shown; i++) {
        const struct report_route *route = &report->routes[i];
        open(out, NULL, '{');
        add_text(out, "service", route->service);
        add_text(out, "method", route->method);
        add_text(out, "route", route->route);
        if (route->other)
            add_flag(out, "other", true);
        add_rates(out, &route->rates, &route->durations);
        buf_add_char(out, '}');
    }
    buf_add_text(out, "]}");
}

static void add_requests(struct buf *out, const struct report *report)
{
    open(out, "slo", '{');
    open(out, "rows", '[');
    for (size_t i = 0; i < report->class_count; i++)
        add_class(out, report, &report->classes[i]);
    buf_add_text(out, "]");
    add_count(out, "beyond", report->beyond.requests);
    buf_add_char(out, '}');
    add_routes(out, report);
    add_top(out, "users", &report->users, REPORT_ROWS_SHORT, "user", NULL);
}

static void add_unparsed(struct buf *out, const struct report *report)
{
    open(out, "unparsed", '[');
    for (size_t i = 0; i < report->coverage.count; i++) {
        const struct report_source *source = &report->coverage.sources[i];
        if (source->unparsed == 0)
            continue;
        open(out, NULL, '{');
        add_text(out, "source", source->state.state.name);
        add_count(out, "count", source->unparsed);
        open(out, "examples", '[');
        for (uint64_t k = 0; k < source->unparsed && k < REPORT_UNPARSED_MAX; k++)
            add_text(out, NULL, source->examples[k]);
        buf_add_text(out, "]}");
    }
    buf_add_char(out, ']');
}

void report_json(const struct report *report, struct buf *out)
{
    char day[REPORT_DAY_MAX], offset[REPORT_DAY_MAX];
    open(out, NULL, '{');
    add_text(out, "day", str_of(report_day(report->day.since_us, day)));
    add_time(out, "since", report->day.since_us);
    add_time(out, "until", report->day.until_us);
    add_text(out, "utc_offset", str_of(report_offset(report->day.since_us, offset)));
    add_time(out, "made", report->now_us);
    add_count(out, "hours", report->hours);
    add_coverage(out, report);
    add_figures(out, report);
    add_series(out, report);
    add_patterns(out, report);
    add_logins(out, report);
    open(out, "limits", '{');
    add_top(out, "by_principal", &report->limit_principals, REPORT_ROWS_SHORT, "principal", "routes");
    add_top(out, "by_route", &report->limit_routes, REPORT_ROWS_SHORT, "route", "principals");
    buf_add_char(out, '}');
    open(out, "denials", '{');
    add_top(out, "by_principal", &report->denial_principals, REPORT_ROWS_SHORT, "principal", "routes");
    add_top(out, "by_route", &report->denial_routes, REPORT_ROWS_SHORT, "route", "principals");
    buf_add_char(out, '}');
    add_requests(out, report);
    add_unparsed(out, report);
    buf_add_text(out, "}\n");
}
