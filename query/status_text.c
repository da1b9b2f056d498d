#include "query/status_text.h"

#include "base/clock.h"

uint64_t status_age(int64_t now_us, int64_t time_us)
{
    if (time_us == TIME_NONE || time_us >= now_us)
        return 0;
    return ((uint64_t)now_us - (uint64_t)time_us) / TIME_SECOND;
}

struct str status_age_text(struct arena *arena, uint64_t seconds)
{
    if (seconds >= 2 * 86400)
        return arena_printf(arena, "%llu days", (unsigned long long)(seconds / 86400));
    if (seconds >= 2 * 3600)
        return arena_printf(arena, "%llu h", (unsigned long long)(seconds / 3600));
    if (seconds >= 120)
        return arena_printf(arena, "%llu min", (unsigned long long)(seconds / 60));
    return arena_printf(arena, "%llu s", (unsigned long long)seconds);
}

struct str status_size(struct arena *arena, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    return arena_printf(arena, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

void status_add_text(struct buf *line, const char *key, struct str text)
{
    buf_printf(line, "\"%s\":\"", key);
    buf_add_json(line, text);
    buf_add_char(line, '"');
}

void status_add_number(struct buf *line, const char *key, uint64_t value)
{
    buf_printf(line, ",\"%s\":%llu", key, (unsigned long long)value);
}

void status_add_time(struct buf *line, const char *key, int64_t time_us)
{
    char text[CLOCK_TEXT_MAX];
    if (time_us == TIME_NONE)
        return;
    buf_add_char(line, ',');
    status_add_text(line, key, str_of(clock_print_utc(time_us, text)));
}
