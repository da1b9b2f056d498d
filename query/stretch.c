#include "query/stretch.h"

#include "base/clock.h"

static int64_t moved(int64_t time_us, int days)
{
    struct clock_civil civil;
    clock_to_civil(time_us, &civil);
    civil.day += days;
    return clock_from_civil(&civil);
}

struct stretch stretch_moved(struct stretch stretch, int days)
{
    return (struct stretch){moved(stretch.since_us, days), moved(stretch.until_us, days)};
}

/* The day's number, as if every day had 24 hours. */
static int64_t day_number(int64_t time_us)
{
    struct clock_civil civil;
    clock_to_civil(time_us, &civil);
    struct clock_civil day = {.year = civil.year, .month = civil.month, .day = civil.day};
    int64_t us = clock_from_civil_utc(&day);
    return us / TIME_DAY - (us % TIME_DAY < 0);
}

int stretch_days_between(int64_t from_us, int64_t to_us)
{
    return (int)(day_number(to_us) - day_number(from_us));
}

int64_t stretch_day_begin(int64_t time_us)
{
    struct clock_civil civil;
    clock_to_civil(time_us, &civil);
    struct clock_civil day = {.year = civil.year, .month = civil.month, .day = civil.day};
    return clock_from_civil(&day);
}
