#include "query/compare.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/must.h"

enum { COMPARE_ROOTS = 3, COMPARE_FACTOR = 2, COMPARE_PERCENT_MAX = 900 };

/* Is more out of the ordinary beside less? x > k * root(y) without a root: x * x > k * k * y. */
static bool is_apart(double more, double less, double baseline)
{
    double distance = more - less;
    return more >= COMPARE_FACTOR * less && distance * distance > (double)COMPARE_ROOTS * COMPARE_ROOTS * baseline;
}

/* The highest and the lowest baseline; false when there is none. */
static bool baselines(const struct compare *compare, double *ret_high, double *ret_low)
{
    double before = (double)compare->before;
    double weeks = compare->weeks ? (double)compare->weeks_count / compare->weeks : before;
    if (!compare->before_covered)
        before = weeks;
    *ret_high = before > weeks ? before : weeks;
    *ret_low = before < weeks ? before : weeks;
    return compare->before_covered || compare->weeks > 0;
}

enum compare_flag compare_flag(const struct compare *compare)
{
    double count = (double)compare->count, high, low;
    must(compare->weeks <= COMPARE_WEEKS_MAX);
    if (compare->count > 0 && !compare->seen_before && compare->store_before)
        return COMPARE_NEW;
    if (!baselines(compare, &high, &low))
        return COMPARE_USUAL;
    if (compare->count == 0 && compare->before_covered && compare->before >= COMPARE_COUNT_MIN)
        return COMPARE_GONE;
    if (compare->count >= COMPARE_COUNT_MIN && is_apart(count, high, high))
        return COMPARE_SURGE;
    if (low >= COMPARE_COUNT_MIN && is_apart(low, count, low))
        return COMPARE_DROP;
    return COMPARE_USUAL;
}

const char *compare_flag_name(enum compare_flag flag)
{
    static const char *const names[] = {[COMPARE_NEW] = "new",
                                        [COMPARE_SURGE] = "surge",
                                        [COMPARE_DROP] = "drop",
                                        [COMPARE_GONE] = "gone",
                                        [COMPARE_USUAL] = NULL};
    return names[flag];
}

int64_t compare_change(const struct compare *compare)
{
    return (int64_t)(compare->count - compare->before);
}

bool compare_covers(int64_t first_us, int64_t since_us)
{
    return first_us != TIME_NONE && (first_us < since_us || first_us - since_us < TIME_HOUR);
}

const char *compare_text(const struct compare *compare, char text[COMPARE_TEXT_MAX])
{
    double count = (double)compare->count, before = (double)compare->before;
    text[0] = '\0';
    if (!compare->before_covered || compare->before == 0)
        return text;
    double percent = (count - before) * 100 / before;
    if (percent > -0.5 && percent < 0.5)
        snprintf(text, COMPARE_TEXT_MAX, "=");
    else if (percent > COMPARE_PERCENT_MAX)
        snprintf(text, COMPARE_TEXT_MAX, "x%.0f", count / before);
    else
        snprintf(text, COMPARE_TEXT_MAX, "%+.0f%%", percent);
    return text;
}
