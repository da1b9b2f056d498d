/* libc knows the rules of one zone at a time, that of TZ. So TZ is turned for a moment and libc asked day by day: no zone has
 * changed twice within a day since 1970, and a change between two days is found by halving. What is before the first
 * day or behind the last one has the offset of that day. */
#include "base/clock_rules.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/must.h"

enum {
    LETTERS_MAX = 7, /* of a name; a longer one is cut */
    DAY = 24 * 60 * 60,
    LAST_DAY = 47482,           /* 2100-01-01 */
    GENERATION_FIRST = 1 << 30, /* far from those of the process's zone, which count from 1 */
};

struct rule {
    int64_t from;
    int32_t offset;
    char name[LETTERS_MAX + 1];
};

struct clock_zone {
    struct clock_zone *next;
    char *name;
    uint32_t generation;
    struct rule *rules; /* by `from`; the first also holds before */
    size_t count, capacity;
};

static struct clock_zone *zones; /* all that were loaded, newest first */

static struct rule ask(int64_t moment)
{
    time_t at = (time_t)moment;
    struct tm tm;
    struct rule rule = {.from = moment};
    must(localtime_r(&at, &tm) != NULL);
    rule.offset = (int32_t)tm.tm_gmtoff;
    if (tm.tm_zone != NULL)
        memcpy(rule.name, tm.tm_zone, strnlen(tm.tm_zone, LETTERS_MAX));
    return rule;
}

static bool same(const struct rule *a, const struct rule *b)
{
    return a->offset == b->offset && strcmp(a->name, b->name) == 0;
}

static void add_rule(struct clock_zone *zone, const struct rule *rule)
{
    if (zone->count == zone->capacity) {
        zone->capacity = zone->capacity ? 2 * zone->capacity : 64;
        zone->rules = mem_resize_array(zone->rules, zone->capacity, sizeof *zone->rules);
    }
    zone->rules[zone->count++] = *rule;
}

/* TZ is the zone's. */
static void ask_all(struct clock_zone *zone)
{
    struct rule before = ask(0);
    add_rule(zone, &before);
    for (int64_t day = 1; day <= LAST_DAY; day++) {
        struct rule after = ask(day * DAY);
        if (same(&before, &after))
            continue;
        int64_t low = (day - 1) * DAY, high = day * DAY;
        while (high - low > 1) {
            int64_t middle = low + (high - low) / 2;
            struct rule between = ask(middle);
            if (same(&between, &before))
                low = middle;
            else
                high = middle;
        }
        after = ask(high);
        add_rule(zone, &after);
        before = after;
    }
}

const struct clock_zone *clock_zone_find(struct str name)
{
    for (const struct clock_zone *zone = zones; zone != NULL; zone = zone->next) {
        if (str_equal(str_of(zone->name), name))
            return zone;
    }
    return NULL;
}

const struct clock_zone *clock_zone_load(const char *name)
{
    const struct clock_zone *known = clock_zone_find(str_of(name));
    if (known != NULL)
        return known;
    const char *now = getenv("TZ");
    char *before = now != NULL ? strdup(now) : NULL;
    must(now == NULL || before != NULL);
    struct clock_zone *zone = NULL;
    if (clock_set_zone(name)) {
        zone = mem_alloc(sizeof *zone);
        *zone = (struct clock_zone){.next = zones, .name = strdup(name)};
        must(zone->name != NULL);
        zone->generation = zones != NULL ? zones->generation + 1 : GENERATION_FIRST;
        ask_all(zone);
        zones = zone;
    }
    must((before != NULL ? setenv("TZ", before, 1) : unsetenv("TZ")) == 0);
    tzset();
    free(before);
    return zone;
}

int clock_zone_offset(const struct clock_zone *zone, int64_t utc, const char **ret_name)
{
    size_t low = 0, high = zone->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->rules[middle].from <= utc)
            low = middle;
        else
            high = middle;
    }
    if (ret_name != NULL)
        *ret_name = zone->rules[low].name;
    return zone->rules[low].offset;
}

uint32_t clock_zone_generation(const struct clock_zone *zone)
{
    return zone->generation;
}
