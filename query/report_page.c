#include "query/report_page.h"

#include <math.h>
#include <stdio.h>

#include "base/amount.h"
#include "query/report_words.h"

#define NONE STR("–")

/* ---- Words ----------------------------------------------------------------------------------------------------------------- */

struct str page_count(struct paging *paging, uint64_t count)
{
    char text[AMOUNT_TEXT_MAX];
    return arena_str(paging->arena, str_of(amount_number(count, text)));
}

struct str page_counted(struct paging *paging, uint64_t count, const char *one, const char *many)
{
    char text[AMOUNT_TEXT_MAX];
    return arena_printf(paging->arena, "%s %s", amount_number(count, text), count == 1 ? one : many);
}

/* As many digits as it takes to tell 99.99 from 100, and no more. */
struct str page_share(struct paging *paging, double share)
{
    if (!isfinite(share))
        return NONE;
    double percent = share * 100, rest = percent > 50 ? 100 - percent : percent;
    int digits = rest == 0 ? 0 : rest >= 10 ? 1 : rest >= 0.1 ? 2 : rest >= 0.001 ? 4 : 6;
    return arena_printf(paging->arena, "%.*f%%", digits, percent);
}

struct str page_target(struct paging *paging, double share)
{
    return arena_printf(paging->arena, "%.10g%%", share * 100);
}

struct str page_ms(struct paging *paging, double ms)
{
    if (!isfinite(ms))
        return NONE;
    if (ms >= 999.5)
        return arena_printf(paging->arena, ms >= 99950 ? "%.0f s" : ms >= 9995 ? "%.1f s" : "%.2f s", ms / 1000);
    return arena_printf(paging->arena, ms >= 99.95 ? "%.0f ms" : ms >= 9.995 ? "%.1f ms" : "%.2f ms", ms);
}

struct str page_size(struct paging *paging, uint64_t bytes)
{
    char text[AMOUNT_TEXT_MAX];
    return arena_str(paging->arena, str_of(amount_size((double)bytes, text)));
}

struct str page_clock(struct paging *paging, int64_t time_us)
{
    struct clock_civil civil;
    if (time_us == TIME_NONE)
        return NONE;
    clock_to_civil(time_us, &civil);
    return arena_printf(paging->arena, "%02d:%02d", civil.hour, civil.minute);
}

struct str page_moment(struct paging *paging, int64_t time_us)
{
    char day[REPORT_DAY_MAX];
    if (time_us == TIME_NONE)
        return NONE;
    return arena_printf(paging->arena, "%s %s", report_day(time_us, day), page_clock(paging, time_us).data);
}

struct page_cell page_name(struct str name)
{
    if (name.size > 0)
        return (struct page_cell){.text = name};
    return (struct page_cell){.text = STR("(unknown)"), .tone = PAGE_DIM};
}

void page_set_more(struct paging *paging, struct page_block *table, uint64_t names, uint64_t count, const char *noun)
{
    char a[AMOUNT_TEXT_MAX], b[AMOUNT_TEXT_MAX];
    if (names > 0 || count > 0)
        table->more = arena_printf(paging->arena, "and %s more: %s %s%s", amount_number(names, a),
                                   amount_number(count, b), noun, count == 1 ? "" : "s");
}

/* ---- Coverage -------------------------------------------------------------------------------------------------------------- */

static void warn(struct paging *paging, struct page_section *section, struct str text)
{
    page_add_note(paging->page, section, PAGE_WARN, text);
}

static void note_lags(struct paging *paging, struct page_section *section)
{
    const struct report_coverage *coverage = &paging->report->coverage;
    unsigned lagging = 0;
    for (size_t i = 0; i < coverage->count; i++)
        lagging += coverage->sources[i].lag_bytes > 0;
    if (lagging > 0)
        warn(paging, section,
             arena_printf(paging->arena, "%s of %u source%s not stored yet; 'winnow ingest' or 'winnow run' reads on",
                          page_size(paging, coverage->lag_bytes).data, lagging, lagging == 1 ? " is" : "s are"));
    if (coverage->lag_messages > 0)
        warn(paging, section,
             arena_printf(paging->arena, "%llu message%s not stored yet; 'winnow run' reads on",
                          (unsigned long long)coverage->lag_messages,
                          coverage->lag_messages == 1 ? " of Kafka is" : "s of Kafka are"));
}

static void note_ends(struct paging *paging, struct page_section *section)
{
    const struct report *report = paging->report;
    const struct report_coverage *coverage = &report->coverage;
    if (!coverage->day_is_over)
        warn(paging, section,
             arena_printf(paging->arena,
                          "the day is not over yet: figures are those up to %s, and the days they are "
                          "compared with are whole",
                          page_clock(paging, report->now_us).data));
    if (coverage->first_us == TIME_NONE)
        warn(paging, section, STR("nothing with a time is stored"));
    else if (coverage->begins_late)
        warn(paging, section,
             arena_printf(paging->arena, "what is stored begins at %s", page_moment(paging, coverage->first_us).data));
    if (coverage->ends_early && coverage->reached_us != TIME_NONE)
        warn(paging, section,
             arena_printf(paging->arena, "the sources were last read at %s: what came later is missing",
                          page_moment(paging, coverage->reached_us).data));
    if (coverage->pruned_in_day)
        warn(paging, section, STR("records of the day may have been pruned"));
}

static void note_compared(struct paging *paging, struct page_section *section)
{
    static const char *const weekdays[] = {"Sundays",   "Mondays", "Tuesdays", "Wednesdays",
                                           "Thursdays", "Fridays", "Saturdays"};
    const struct report *report = paging->report;
    struct clock_civil civil;
    char day[REPORT_DAY_MAX];
    clock_to_civil(report->day.since_us, &civil);
    SCOPED(buf) text = BUF(256);
    if (report->before.covered)
        buf_printf(&text, "compared with the day before, %s", report_day(report->before.since_us, day));
    if (report->week_count > 0)
        buf_printf(&text, "%s the average of %u %s before", text.size ? ", and with" : "compared with",
                   report->week_count, weekdays[civil.weekday]);
    if (text.size == 0)
        buf_add_text(&text, "compared with no other day: the day before is not stored whole");
    page_add_note(paging->page, section, PAGE_PLAIN, arena_str(paging->arena, buf_str(&text)));
}

static void table_sources(struct paging *paging, struct page_section *section)
{
    static const struct page_column columns[] = {{"kind", 0},
                                                 {"records", PAGE_RIGHT},
                                                 {"first", PAGE_SPARE},
                                                 {"last", PAGE_SPARE},
                                                 {"not read", PAGE_RIGHT},
                                                 {"gaps", PAGE_RIGHT},
                                                 {"unparsed", PAGE_RIGHT},
                                                 {"source", PAGE_CODE | PAGE_FLEX | PAGE_TAIL}};
    const struct report_coverage *coverage = &paging->report->coverage;
    struct page_block *table =
        page_add_table(paging->page, section, STR_ABSENT, columns, sizeof columns / sizeof *columns);
    uint64_t rest = 0;
    for (size_t i = 0; i < coverage->count; i++) {
        const struct report_source *source = &coverage->sources[i];
        if (i >= REPORT_ROWS) {
            rest += source->state.records;
            continue;
        }
        struct page_row *row = page_add_row(paging->page, table);
        enum page_tone tone = source->in_day ? PAGE_PLAIN : PAGE_DIM;
        row->cells[7] = (struct page_cell){.text = source->state.state.name, .tone = tone};
        row->cells[0].text = str_of(report_kind(source->state.state.kind));
        row->cells[1].text = page_count(paging, source->state.records);
        row->cells[2].text = page_moment(paging, source->state.time_min);
        row->cells[3].text = page_moment(paging, source->state.time_max);
        row->cells[4] = (struct page_cell){.text = source->lag_bytes ? page_size(paging, source->lag_bytes) : NONE,
                                           .tone = source->lag_bytes ? PAGE_WARN : PAGE_DIM};
        row->cells[5] = (struct page_cell){.text = page_count(paging, source->state.gaps),
                                           .tone = source->state.gaps ? PAGE_WARN : PAGE_DIM};
        row->cells[6] = (struct page_cell){.text = page_count(paging, source->unparsed),
                                           .tone = source->unparsed ? PAGE_WARN : PAGE_DIM};
    }
    if (coverage->count > REPORT_ROWS)
        page_set_more(paging, table, coverage->count - REPORT_ROWS, rest, "record");
}

void page_coverage(struct paging *paging)
{
    const struct report *report = paging->report;
    const struct report_coverage *coverage = &report->coverage;
    struct page_section *section = page_add_section(paging->page, "coverage", "Coverage",
                                                    page_counted(paging, coverage->count, "source", "sources"));
    note_ends(paging, section);
    note_lags(paging, section);
    if (coverage->gaps > 0)
        warn(paging, section,
             arena_printf(paging->arena, "%s: lines may be missing there; the view gap tells where and why",
                          page_counted(paging, coverage->gaps, "gap", "gaps").data));
    if (coverage->unparsed > 0)
        warn(paging, section,
             arena_printf(paging->arena, "%s of the day could not be parsed, see the end",
                          page_counted(paging, coverage->unparsed, "record", "records").data));
    if (report_is_whole(report) && !report_has_records(report))
        warn(paging, section, STR("all sources were read to their ends: none has a record of the day"));
    else if (report_is_whole(report))
        page_add_note(paging->page, section, PAGE_GOOD, STR("the day is covered whole: no gaps, nothing left to read"));
    note_compared(paging, section);
    table_sources(paging, section);
}

/* ---- What matters most ---------------------------------------------------------------------------------------------------- */

static void lead(struct paging *paging, enum page_tone tone, struct str text)
{
    page_add_note(paging->page, paging->page->lead, tone, text);
}

static void lead_errors(struct paging *paging)
{
    const struct report *report = paging->report;
    const struct compare *errors = &report->figures[FIGURE_ERRORS];
    uint64_t new = report->flag_counts[COMPARE_NEW], surge = report->flag_counts[COMPARE_SURGE];
    char change[COMPARE_TEXT_MAX];
    SCOPED(buf) text = BUF(1024);
    buf_add_str(&text, page_counted(paging, errors->count, "error", "errors"));
    if (*compare_text(errors, change))
        buf_printf(&text, " (%s)", change);
    if (new > 0)
        buf_printf(&text, ", %s never seen before", page_counted(paging, new, "kind", "kinds").data);
    if (surge > 0)
        buf_printf(&text, ", %s surging", page_counted(paging, surge, "kind", "kinds").data);
    bool bad = new > 0 || surge > 0 || report_flag(report, &report->figures[FIGURE_ERRORS]) == COMPARE_SURGE;
    bool compared = errors->before_covered || errors->weeks > 0 || errors->count == 0;
    lead(paging, bad ? PAGE_BAD : compared ? PAGE_GOOD : PAGE_PLAIN, arena_str(paging->arena, buf_str(&text)));
}

static void lead_logins(struct paging *paging)
{
    const struct report *report = paging->report;
    const struct bursts *bursts = &report->bursts;
    uint64_t breaches = 0;
    for (size_t i = 0; i < bursts->count; i++)
        breaches += (bursts->items[i].kinds & BURST_BREACH) != 0;
    if (bursts->count == 0) {
        lead(paging, PAGE_GOOD, STR("no bursts of failed logins"));
        return;
    }
    struct str text = page_counted(paging, bursts->count, "burst of failed logins", "bursts of failed logins");
    if (breaches > 0)
        text = arena_printf(paging->arena, "%s, %s of them with a success after the failures", text.data,
                            page_count(paging, breaches).data);
    lead(paging, breaches > 0 ? PAGE_BAD : PAGE_WARN, text);
}

static void lead_targets(struct paging *paging)
{
    const struct report *report = paging->report;
    uint64_t missed = 0;
    for (size_t i = 0; i < report->class_count; i++)
        missed += report_missed(report, &report->classes[i]) != 0;
    if (report->rates.requests == 0)
        return;
    if (missed == 0)
        lead(paging, PAGE_GOOD, STR("all requests met their targets"));
    else
        lead(paging, PAGE_BAD,
             arena_printf(paging->arena, "%s of %s missed a target: availability %s", page_count(paging, missed).data,
                          page_counted(paging, report->class_count, "class of requests", "classes of requests").data,
                          page_share(paging, report_availability(&report->rates)).data));
}

static void page_lead(struct paging *paging)
{
    const struct report *report = paging->report;
    if (!report_has_records(report)) {
        lead(paging, PAGE_WARN, STR("nothing is stored of this day"));
        return;
    }
    lead_errors(paging);
    lead_logins(paging);
    lead_targets(paging);
    if (!report_is_whole(report))
        lead(paging, PAGE_WARN, STR("the day is not covered whole, see below"));
}

/* ---- The whole ------------------------------------------------------------------------------------------------------------- */

static const char *const *hour_labels(const struct report *report, struct arena *arena)
{
    const char **labels = ARENA_ARRAY(arena, const char *, REPORT_HOURS_MAX);
    for (unsigned i = 0; i < REPORT_HOURS_MAX; i++) {
        struct clock_civil civil;
        clock_to_civil(report->day.since_us + i * TIME_HOUR, &civil);
        labels[i] = arena_printf(arena, "%02d", civil.hour).data;
    }
    return labels;
}

/* "00    06    12    18" */
static const char *hour_axis(const struct report *report, const char *const *labels, struct arena *arena)
{
    char *axis = arena_alloc(arena, REPORT_HOURS_MAX + 2);
    unsigned end = 0;
    for (unsigned i = 0; i < report->hours; i++) {
        int hour = (labels[i][0] - '0') * 10 + labels[i][1] - '0';
        if (hour % 6 != 0 || i < end)
            continue;
        while (end < i)
            axis[end++] = ' ';
        axis[end++] = labels[i][0];
        axis[end++] = labels[i][1];
    }
    axis[end] = '\0';
    return axis;
}

const struct page *report_page(const struct report *report, struct arena *arena)
{
    static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                           "Thursday", "Friday", "Saturday"};
    struct paging paging = {.report = report, .arena = arena, .hours = hour_labels(report, arena)};
    paging.axis = hour_axis(report, paging.hours, arena);
    struct clock_civil civil;
    char day[REPORT_DAY_MAX], offset[REPORT_DAY_MAX];
    clock_to_civil(report->day.since_us, &civil);
    struct str title =
        arena_printf(arena, "Daily report · %s, %s", weekdays[civil.weekday], report_day(report->day.since_us, day));
    struct str subtitle = arena_printf(
        arena, "midnight to midnight, UTC%s%s · made %s", report_offset(report->day.since_us, offset),
        report->hours == 24 ? "" : ", the day the clocks change", page_moment(&paging, report->now_us).data);
    paging.page = page_new(arena, title, subtitle);
    page_lead(&paging);
    page_coverage(&paging);
    page_figures(&paging);
    page_errors(&paging);
    page_logins(&paging);
    page_limits(&paging);
    page_denials(&paging);
    page_requests(&paging);
    page_routes(&paging);
    page_users(&paging);
    page_unparsed(&paging);
    return paging.page;
}
