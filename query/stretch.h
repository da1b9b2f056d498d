/* stretch: a stretch of time, and the same one on other days: by the clock of the process's zone, whatever daylight saving did
 * between them. Pure functions, any thread. */
#ifndef WINNOW_QUERY_STRETCH_H
#define WINNOW_QUERY_STRETCH_H

#include <stdint.h>

struct stretch {
    int64_t since_us, until_us; /* since <= time < until */
};

/* The same stretch so many days later; earlier when negative. */
struct stretch stretch_moved(struct stretch stretch, int days);
/* How many midnights lie between two moments; negative when to is before from. */
int stretch_days_between(int64_t from_us, int64_t to_us);
/* The beginning of the day of a moment. */
int64_t stretch_day_begin(int64_t time_us);

#endif
