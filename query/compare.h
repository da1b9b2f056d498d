/* compare: is the count of a day, or of any stretch of time, out of the ordinary? One rule for every answer that compares:
 *
 *     new     seen, and never before the stretch, although the store reaches further back
 *     surge   at least COMPARE_COUNT_MIN, at least double the highest of its baselines, and above it by more than three times
 *             the root of it
 *     drop    the mirror: the lowest of its baselines is at least COMPARE_COUNT_MIN, at least double the count, and above it by
 *             more than three times the root of the baseline
 *     gone    none, and at least COMPARE_COUNT_MIN in the stretch compared with
 *
 * The baselines are the stretch compared with (the day before, or the one that was named), and the average of the same
 * weekdays in the COMPARE_WEEKS_MAX weeks before; each counts only when the store reaches back to it. Three roots are what the
 * count of independent events strays by chance; so that small counts do not shout, they have no flag but new, and a day is
 * no surge when the same weekday is usually like it. Pure functions, any thread. */
#ifndef WINNOW_QUERY_COMPARE_H
#define WINNOW_QUERY_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

enum { COMPARE_COUNT_MIN = 10, COMPARE_WEEKS_MAX = 4 };

struct compare {
    uint64_t count;       /* in the stretch */
    uint64_t before;      /* in the one compared with */
    bool before_covered;  /* the store reaches back to it */
    uint64_t weeks_count; /* in the same weekdays' stretches that are covered, together */
    unsigned weeks;       /* how many these are, at most COMPARE_WEEKS_MAX */
    bool seen_before;     /* at any time before the stretch */
    bool store_before;    /* the store holds anything from before it, so that not to be seen means something */
};

/* The order is that of urgency. */
enum compare_flag { COMPARE_NEW, COMPARE_SURGE, COMPARE_DROP, COMPARE_GONE, COMPARE_USUAL };

enum compare_flag compare_flag(const struct compare *compare);
/* The contract's word: "new", "surge", "drop", "gone"; NULL for COMPARE_USUAL. */
const char *compare_flag_name(enum compare_flag flag);
/* The contract's `change`: count minus before. */
int64_t compare_change(const struct compare *compare);

/* Does a store whose first record is of first_us (TIME_NONE: it has none with a time) cover a stretch? It does when it begins
 * before the stretch, or within its first hour: a day of logs seldom begins with its first second. */
bool compare_covers(int64_t first_us, int64_t since_us);

enum { COMPARE_TEXT_MAX = 32 };
/* The change for people: "+150%", "x12", "-40%", "=" when it is less than half a percent, and "" when
 * there was nothing before. Returns text. */
const char *compare_text(const struct compare *compare, char text[COMPARE_TEXT_MAX]);

#endif
