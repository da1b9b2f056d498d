#include "query/report_words.h"

#include <math.h>
#include <stdio.h>

const char *report_kind(enum source_kind kind)
{
    static const char *const texts[] = {[SOURCE_FILE] = "file",
                                        [SOURCE_GZIP] = "gzip",
                                        [SOURCE_STREAM] = "stream",
                                        [SOURCE_JOURNAL] = "journal",
                                        [SOURCE_KAFKA] = "kafka"};
    return texts[kind];
}

const char *report_figure_name(enum report_figure figure)
{
    static const char *const names[FIGURE_COUNT] = {[FIGURE_ERRORS] = "errors",
                                                    [FIGURE_LOGINS] = "failed_logins",
                                                    [FIGURE_LIMITS] = "rate_limits",
                                                    [FIGURE_DENIALS] = "denials",
                                                    [FIGURE_REQUESTS] = "requests"};
    return names[figure];
}

enum compare_flag report_flag(const struct report *report, const struct compare *compare)
{
    enum compare_flag flag = compare_flag(compare);
    bool fewer = flag == COMPARE_DROP || flag == COMPARE_GONE;
    return fewer && !report->coverage.day_is_over ? COMPARE_USUAL : flag;
}

const char *report_day(int64_t time_us, char text[REPORT_DAY_MAX])
{
    struct clock_civil civil;
    clock_to_civil(time_us, &civil);
    (void)snprintf(text, REPORT_DAY_MAX, "%04d-%02d-%02d", civil.year % 10000, civil.month % 100, civil.day % 100);
    return text;
}

const char *report_offset(int64_t time_us, char text[REPORT_DAY_MAX])
{
    struct clock_civil civil;
    clock_to_civil(time_us, &civil);
    int minutes = civil.offset_seconds / 60, size = minutes < 0 ? -minutes : minutes;
    (void)snprintf(text, REPORT_DAY_MAX, "%c%02d:%02d", minutes < 0 ? '-' : '+', size / 60 % 100, size % 60);
    return text;
}

double report_error_rate(const struct report_rates *rates)
{
    return rates->requests ? (double)rates->failed / (double)rates->requests : NAN;
}

double report_availability(const struct report_rates *rates)
{
    return rates->requests ? (double)(rates->requests - rates->failed) / (double)rates->requests : NAN;
}

double report_quantile(const struct sketch *durations, double q)
{
    double value;
    return sketch_quantile(durations, q, &value) ? value : NAN;
}

unsigned report_missed(const struct report *report, const struct report_class *class)
{
    unsigned missed = 0;
    if (report_availability(&class->rates) < slo_availability(report->slo, class->targets))
        missed |= MISS_AVAILABILITY;
    if (report_error_rate(&class->rates) > slo_error_rate(report->slo, class->targets))
        missed |= MISS_ERROR_RATE;
    for (unsigned i = 0; class->targets && i < SLO_QUANTILES; i++)
        if (class->targets->targets_ms[i] >= 0 &&
            report_quantile(&class->durations, slo_quantiles[i]) > class->targets->targets_ms[i])
            missed |= 1U << i;
    return missed;
}

void report_command(const struct report *report, const struct report_pattern *pattern, struct buf *out)
{
    char from[REPORT_DAY_MAX], to[REPORT_DAY_MAX];
    /* One that is gone was there the day before. */
    int64_t since_us = pattern->compare.count ? report->day.since_us : report->before.since_us;
    int64_t until_us = pattern->compare.count ? report->day.until_us : report->before.until_us;
    buf_add_text(out, "winnow errors pattern=");
    buf_add_str(out, pattern->id);
    buf_printf(out, " -S %s -U %s%s%s", report_day(since_us, from), report_day(until_us, to), *report->zone ? " " : "",
               report->zone);
}
