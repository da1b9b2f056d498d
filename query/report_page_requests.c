#include <math.h>

#include "query/report_page.h"
#include "query/report_words.h"

static struct page_chart *add_chart(struct paging *paging, struct page_section *section, const char *title,
                                    const char *unit)
{
    struct page_chart *chart = page_add_chart(paging->page, section, title);
    chart->unit = unit;
    chart->count = paging->report->hours;
    chart->known = paging->report->hours_begun;
    chart->labels = paging->hours;
    return chart;
}

static void add_charts(struct paging *paging, struct page_section *section)
{
    const struct report *report = paging->report;
    struct page_chart *requests = add_chart(paging, section, "requests by hour", "requests");
    requests->part_unit = "failed";
    requests->axis = paging->axis;
    for (unsigned i = 0; i < report->hours; i++) {
        requests->bars[i] = (double)report->requests_by_hour[i];
        requests->part[i] = (double)report->failed_by_hour[i];
    }
    struct page_chart *p95 = add_chart(paging, section, "p95 duration by hour", "ms");
    p95->gaps = true;
    for (unsigned i = 0; i < report->hours; i++)
        p95->bars[i] = report_quantile(&report->durations_by_hour[i], slo_quantiles[SLO_P95]);
}

/* "812 ms", bad when it misses its target. */
static struct page_cell quantile_cell(struct paging *paging, const struct report_class *class, unsigned quantile,
                                      unsigned missed)
{
    return (struct page_cell){.text = page_ms(paging, report_quantile(&class->durations, slo_quantiles[quantile])),
                              .tone = missed & 1U << quantile ? PAGE_BAD : PAGE_PLAIN};
}

/* "availability ≥ 99.5%, p95 ≤ 800 ms": what is missed. */
static struct str missed_text(struct paging *paging, const struct report_class *class, unsigned missed)
{
    const struct slo *slo = paging->report->slo;
    SCOPED(buf) text = BUF(1024);
    if (missed & MISS_AVAILABILITY)
        buf_printf(&text, "availability ≥ %s", page_target(paging, slo_availability(slo, class->targets)).data);
    if (missed & MISS_ERROR_RATE)
        buf_printf(&text, "%serrors ≤ %s", text.size ? ", " : "",
                   page_target(paging, slo_error_rate(slo, class->targets)).data);
    for (unsigned i = 0; i < SLO_QUANTILES; i++)
        if (missed & 1U << i)
            buf_printf(&text, "%s%s ≤ %s", text.size ? ", " : "", slo_quantile_name(i),
                       page_ms(paging, class->targets->targets_ms[i]).data);
    return arena_str(paging->arena, buf_str(&text));
}

static void add_class(struct paging *paging, struct page_block *table, const struct report_class *class)
{
    unsigned missed = report_missed(paging->report, class);
    struct page_row *row = page_add_row(paging->page, table);
    row->cells[0] = page_name(class->service);
    row->cells[1].text = class->name;
    row->cells[2].text = page_count(paging, class->rates.requests);
    row->cells[3] = (struct page_cell){.text = page_share(paging, report_availability(&class->rates)),
                                       .tone = missed & MISS_AVAILABILITY ? PAGE_BAD : PAGE_PLAIN};
    row->cells[4] = (struct page_cell){.text = page_share(paging, report_error_rate(&class->rates)),
                                       .tone = missed & MISS_ERROR_RATE ? PAGE_BAD : PAGE_PLAIN};
    for (unsigned i = 0; i < SLO_QUANTILES; i++)
        row->cells[5 + i] = quantile_cell(paging, class, i, missed);
    row->cells[8] = missed ? (struct page_cell){.text = STR("missed"), .tone = PAGE_BAD}
                           : (struct page_cell){.text = STR("met"), .tone = PAGE_GOOD};
    if (missed)
        page_add_detail(row, "wanted", missed_text(paging, class, missed))->tone = PAGE_BAD;
}

void page_requests(struct paging *paging)
{
    static const struct page_column columns[] = {{"service", PAGE_CODE},
                                                 {"class", 0},
                                                 {"requests", PAGE_RIGHT},
                                                 {"available", PAGE_RIGHT},
                                                 {"errors", PAGE_RIGHT},
                                                 {"p50", PAGE_RIGHT | PAGE_SPARE},
                                                 {"p95", PAGE_RIGHT},
                                                 {"p99", PAGE_RIGHT | PAGE_SPARE},
                                                 {"target", 0}};
    const struct report *report = paging->report;
    uint64_t rest = report->beyond.requests, missed = 0;
    for (size_t i = 0; i < report->class_count; i++)
        missed += report_missed(report, &report->classes[i]) != 0;
    struct str summary = page_counted(paging, report->rates.requests, "request", "requests");
    if (missed > 0)
        summary = arena_printf(paging->arena, "%s · %s missed", summary.data,
                               page_counted(paging, missed, "class has targets", "classes have targets").data);
    struct page_section *section = page_add_section(paging->page, "slo", "Requests and their targets", summary);
    if (report->rates.requests == 0) {
        page_add_note(paging->page, section, PAGE_DIM, STR("no records with an HTTP status and a path"));
        return;
    }
    add_charts(paging, section);
    struct page_block *table =
        page_add_table(paging->page, section, STR_ABSENT, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < report->class_count; i++) {
        if (i < REPORT_ROWS)
            add_class(paging, table, &report->classes[i]);
        else
            rest += report->classes[i].rates.requests;
    }
    page_set_more(paging, table, report->class_count > REPORT_ROWS ? report->class_count - REPORT_ROWS : 0, rest,
                  "request");
}

void page_routes(struct paging *paging)
{
    static const struct page_column columns[] = {{"p95", PAGE_RIGHT},
                                                 {"p50", PAGE_RIGHT | PAGE_SPARE},
                                                 {"p99", PAGE_RIGHT | PAGE_SPARE},
                                                 {"requests", PAGE_RIGHT},
                                                 {"errors", PAGE_RIGHT},
                                                 {"method", 0},
                                                 {"service", PAGE_CODE | PAGE_SPARE},
                                                 {"route", PAGE_CODE | PAGE_FLEX}};
    const struct report *report = paging->report;
    struct page_section *section = page_add_section(paging->page, "routes", "Slowest routes",
                                                    page_counted(paging, report->route_count, "route", "routes"));
    if (report->slow_count == 0) {
        page_add_note(paging->page, section, PAGE_DIM, STR("no route with ten requests that tell a duration"));
        return;
    }
    size_t shown = report->slow_count < REPORT_ROWS_SHORT ? report->slow_count : REPORT_ROWS_SHORT;
    uint64_t rest = report->rates.requests;
    struct page_block *table =
        page_add_table(paging->page, section, STR_ABSENT, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < shown; i++) {
        const struct report_route *route = &report->routes[i];
        struct page_row *row = page_add_row(paging->page, table);
        row->cells[0] = (struct page_cell){.text = page_ms(paging, route->p95_ms), .tone = PAGE_STRONG};
        row->cells[1].text = page_ms(paging, report_quantile(&route->durations, slo_quantiles[SLO_P50]));
        row->cells[2].text = page_ms(paging, report_quantile(&route->durations, slo_quantiles[SLO_P99]));
        row->cells[3].text = page_count(paging, route->rates.requests);
        row->cells[4].text = page_share(paging, report_error_rate(&route->rates));
        row->cells[5].text = route->method;
        row->cells[6] = page_name(route->service);
        row->cells[7] = route->other ? (struct page_cell){.text = STR("(all other routes)"), .tone = PAGE_DIM}
                                     : page_name(route->route);
        rest -= route->rates.requests;
    }
    page_set_more(paging, table, report->route_count - shown, rest, "request");
}

void page_users(struct paging *paging)
{
    static const struct page_column columns[] = {
        {"requests", PAGE_RIGHT}, {"share", PAGE_RIGHT}, {"user", PAGE_CODE | PAGE_FLEX}};
    const struct report *report = paging->report;
    const struct top *users = &report->users;
    struct page_section *section = page_add_section(paging->page, "users", "Busiest users",
                                                    page_counted(paging, top_count(users), "user", "users"));
    if (users->total == 0) {
        page_add_note(paging->page, section, PAGE_DIM, STR("no requests that name a user"));
        return;
    }
    if (report->users_inexact)
        page_add_note(paging->page, section, PAGE_DIM,
                      STR("users are counted by hours of UTC: those that touch the day count whole"));
    size_t shown = top_count(users) < REPORT_ROWS_SHORT ? top_count(users) : REPORT_ROWS_SHORT;
    uint64_t rest = users->total;
    struct page_block *table =
        page_add_table(paging->page, section, STR_ABSENT, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < shown; i++) {
        struct page_row *row = page_add_row(paging->page, table);
        row->cells[0] = (struct page_cell){.text = page_count(paging, users->rows[i].count), .tone = PAGE_STRONG};
        row->cells[1].text = page_share(paging, (double)users->rows[i].count / (double)users->total);
        row->cells[2] = page_name(users->rows[i].name);
        rest -= users->rows[i].count;
    }
    page_set_more(paging, table, top_count(users) - shown, rest, "request");
}
