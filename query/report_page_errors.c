#include <math.h>

#include "query/report_page.h"
#include "query/report_words.h"

/* ---- Figures --------------------------------------------------------------------------------------------------------------- */

static struct page_cell flag_cell(enum compare_flag flag)
{
    static const struct page_cell cells[] = {
        [COMPARE_NEW] = {.text = {"NEW", 3}, .tone = PAGE_BAD, .badge = true},
        [COMPARE_SURGE] = {.text = {"SURGE", 5}, .tone = PAGE_BAD, .badge = true},
        [COMPARE_DROP] = {.text = {"DROP", 4}, .tone = PAGE_GOOD, .badge = true},
        [COMPARE_GONE] = {.text = {"GONE", 4}, .tone = PAGE_GOOD, .badge = true},
        [COMPARE_USUAL] = {.text = {"", 0}},
    };
    return cells[flag];
}

static struct str change_text(struct paging *paging, const struct compare *compare)
{
    char text[COMPARE_TEXT_MAX];
    return arena_str(paging->arena, str_of(compare_text(compare, text)));
}

static struct str before_text(struct paging *paging, const struct compare *compare)
{
    return compare->before_covered ? page_count(paging, compare->before) : STR("");
}

static struct str average_text(struct paging *paging, const struct compare *compare)
{
    if (compare->weeks == 0)
        return STR("");
    return page_count(paging, (uint64_t)llround((double)compare->weeks_count / compare->weeks));
}

static void add_figure(struct paging *paging, struct page_block *table, const char *title, enum report_figure figure)
{
    const struct compare *compare = &paging->report->figures[figure];
    struct page_row *row = page_add_row(paging->page, table);
    row->cells[0].text = str_of(title);
    row->cells[1] = (struct page_cell){.text = page_count(paging, compare->count), .tone = PAGE_STRONG};
    row->cells[2].text = before_text(paging, compare);
    row->cells[3].text = change_text(paging, compare);
    row->cells[4].text = average_text(paging, compare);
    row->cells[5] = flag_cell(report_flag(paging->report, &paging->report->figures[figure]));
    if (figure == FIGURE_REQUESTS) /* more requests are no bad news, fewer no good ones */
        row->cells[5].tone = PAGE_WARN;
}

static void add_rate(struct paging *paging, struct page_block *table, const char *title,
                     double (*rate)(const struct report_rates *), double target, bool least)
{
    const struct report *report = paging->report;
    double value = rate(&report->rates);
    bool missed = isfinite(value) && (least ? value < target : value > target);
    struct page_row *row = page_add_row(paging->page, table);
    row->cells[0].text = str_of(title);
    row->cells[1] = (struct page_cell){.text = page_share(paging, value), .tone = missed ? PAGE_BAD : PAGE_STRONG};
    if (report->before.covered)
        row->cells[2].text = page_share(paging, rate(&report->rates_before));
    if (report->week_count > 0)
        row->cells[4].text = page_share(paging, rate(&report->rates_weeks));
    if (missed)
        row->cells[5] = (struct page_cell){
            .text = arena_printf(paging->arena, "target %s", page_target(paging, target).data), .tone = PAGE_BAD};
}

void page_figures(struct paging *paging)
{
    static const struct page_column columns[] = {{"", 0},
                                                 {"the day", PAGE_RIGHT},
                                                 {"day before", PAGE_RIGHT | PAGE_OPTIONAL},
                                                 {"change", PAGE_RIGHT | PAGE_OPTIONAL},
                                                 {"same weekday", PAGE_RIGHT | PAGE_OPTIONAL},
                                                 {"", 0}};
    const struct report *report = paging->report;
    struct page_section *section = page_add_section(paging->page, "figures", "Figures", STR_ABSENT);
    struct page_block *table =
        page_add_table(paging->page, section, STR_ABSENT, columns, sizeof columns / sizeof *columns);
    add_figure(paging, table, "error records", FIGURE_ERRORS);
    add_figure(paging, table, "failed logins", FIGURE_LOGINS);
    add_figure(paging, table, "rate limits", FIGURE_LIMITS);
    add_figure(paging, table, "denials", FIGURE_DENIALS);
    add_figure(paging, table, "requests", FIGURE_REQUESTS);
    add_rate(paging, table, "error rate", report_error_rate, report->slo->error_rate, false);
    add_rate(paging, table, "availability", report_availability, report->slo->availability, true);
}

/* ---- Error patterns -------------------------------------------------------------------------------------------------------- */

enum { SERVICES_SHOWN = 3 };

static struct str services_text(struct paging *paging, const struct report_pattern *pattern)
{
    SCOPED(buf) text = BUF(1 << 20);
    for (size_t i = 0; i < pattern->service_count && i < SERVICES_SHOWN; i++) {
        buf_add_text(&text, i ? ", " : "");
        buf_add_str(&text, paging->report->services.entries[pattern->services[i]].key);
    }
    if (pattern->service_count > SERVICES_SHOWN)
        buf_printf(&text, " +%zu", pattern->service_count - SERVICES_SHOWN);
    return arena_str(paging->arena, buf_str(&text));
}

static void add_pattern(struct paging *paging, struct page_block *table, const struct report_pattern *pattern)
{
    const struct report *report = paging->report;
    struct page_row *row = page_add_row(paging->page, table);
    SCOPED(buf) command = BUF(1 << 16);
    row->cells[0] = flag_cell(pattern->flag);
    row->cells[1] = (struct page_cell){.text = page_count(paging, pattern->compare.count), .tone = PAGE_STRONG};
    row->cells[2].text = before_text(paging, &pattern->compare);
    row->cells[3].text = change_text(paging, &pattern->compare);
    row->cells[4].text = average_text(paging, &pattern->compare);
    row->cells[5] = (struct page_cell){.bars = pattern->hours, .bar_count = report->hours};
    row->cells[6].text = services_text(paging, pattern);
    page_add_detail(row, NULL, pattern->text)->tone = PAGE_STRONG;
    if (pattern->flag != COMPARE_USUAL) { /* the others are known */
        struct str example = pattern->example_text.size > 0 ? pattern->example_text : pattern->example;
        if (example.size > 0 && !str_equal(example, pattern->text))
            page_add_detail(row, "e.g.", example)->fit = PAGE_CUT;
        page_add_detail(row, "seen",
                        arena_printf(paging->arena, "%s – %s", page_moment(paging, pattern->first_us).data,
                                     page_moment(paging, pattern->last_us).data));
    }
    report_command(report, pattern, &command);
    struct page_detail *last = page_add_detail(row, "$", arena_str(paging->arena, buf_str(&command)));
    last->tone = PAGE_DIM;
    last->fit = PAGE_WHOLE;
}

static struct str flags_text(struct paging *paging)
{
    const struct report *report = paging->report;
    static const char *const words[] = {
        [COMPARE_NEW] = "new", [COMPARE_SURGE] = "surging", [COMPARE_DROP] = "dropped", [COMPARE_GONE] = "gone"};
    SCOPED(buf) text = BUF(1 << 16);
    buf_add_str(&text, page_counted(paging, report->figures[FIGURE_ERRORS].count, "error", "errors"));
    buf_add_text(&text, " of ");
    buf_add_str(&text,
                page_counted(paging, report->pattern_count - report->flag_counts[COMPARE_GONE], "kind", "kinds"));
    for (unsigned flag = 0; flag < COMPARE_USUAL; flag++)
        if (report->flag_counts[flag] > 0)
            buf_printf(&text, " · %llu %s", (unsigned long long)report->flag_counts[flag], words[flag]);
    return arena_str(paging->arena, buf_str(&text));
}

void page_errors(struct paging *paging)
{
    static const struct page_column columns[] = {{"", 0},
                                                 {"count", PAGE_RIGHT},
                                                 {"before", PAGE_RIGHT | PAGE_OPTIONAL},
                                                 {"change", PAGE_RIGHT | PAGE_OPTIONAL},
                                                 {"weekday", PAGE_RIGHT | PAGE_OPTIONAL | PAGE_SPARE},
                                                 {"by hour", PAGE_BARS},
                                                 {"services", PAGE_CODE | PAGE_FLEX}};
    const struct report *report = paging->report;
    struct page_section *section = page_add_section(paging->page, "errors", "Error patterns", flags_text(paging));
    if (report->pattern_count == 0) {
        page_add_note(paging->page, section, PAGE_GOOD, STR("no errors"));
        return;
    }
    struct page_column *shown = ARENA_ARRAY(paging->arena, struct page_column, sizeof columns / sizeof *columns);
    memcpy(shown, columns, sizeof columns);
    shown[5].title = paging->axis;
    struct page_chart *chart = page_add_chart(paging->page, section, "errors by hour");
    chart->axis = paging->axis;
    chart->unit = "errors";
    chart->count = report->hours;
    chart->known = report->hours_begun;
    chart->labels = paging->hours;
    for (unsigned i = 0; i < report->hours; i++)
        chart->bars[i] = (double)report->errors_by_hour[i];
    struct page_block *table =
        page_add_table(paging->page, section, STR_ABSENT, shown, sizeof columns / sizeof *columns);
    uint64_t rest = 0;
    for (size_t i = 0; i < report->pattern_count; i++) {
        if (i < REPORT_ROWS)
            add_pattern(paging, table, &report->patterns[i]);
        else
            rest += report->patterns[i].compare.count;
    }
    if (report->pattern_count > REPORT_ROWS)
        page_set_more(paging, table, report->pattern_count - REPORT_ROWS, rest, "error");
}
