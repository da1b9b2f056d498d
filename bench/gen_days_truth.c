#include "bench/gen_days.h"
#include <inttypes.h>
#include <stdlib.h>

static const struct {
    const char *service, *name; /* NULL: no service */
} classes[CLASSES] = {{"api", "reads"}, {"api", "writes"}, {"search", "search"}, {NULL, "reads"}};

void truth_add_duration(struct truth_class *class, unsigned duration)
{
    if (class->count == class->capacity) {
        class->capacity = class->capacity ? 2 * class->capacity : 1024;
        class->durations = realloc(class->durations, class->capacity * sizeof *class->durations);
        if (!class->durations)
            abort();
    }
    class->durations[class->count++] = duration;
}

static int by_size(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

static void print_quantile(const struct truth_class *class, const char *name, double q, FILE *out)
{
    unsigned value = class->durations[(size_t)(q * (double)(class->count - 1))];
    fprintf(out, ",\"%s\":%u.%u", name, value / 10, value % 10);
}

static void print_class(struct truth_class *class, unsigned i, FILE *out)
{
    fputs("{\"service\":", out);
    if (classes[i].service)
        fprintf(out, "\"%s\"", classes[i].service);
    else
        fputs("null", out);
    fprintf(out, ",\"class\":\"%s\",\"requests\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"refused\":%" PRIu64,
            classes[i].name, class->requests, class->failed, class->refused);
    fprintf(out, ",\"timed\":%zu", class->count);
    if (class->count > 0) {
        qsort(class->durations, class->count, sizeof *class->durations, by_size);
        print_quantile(class, "p50_ms", 0.5, out);
        print_quantile(class, "p95_ms", 0.95, out);
        print_quantile(class, "p99_ms", 0.99, out);
    }
    fputc('}', out);
}

/* Up to the first number. */
static void print_begin(const char *message, FILE *out)
{
    for (; *message != '\0' && *message != '%'; message++)
        fputc(*message, out);
}

static void print_day(struct truth *truth, unsigned index, FILE *out)
{
    struct truth_day *day = &truth->days[index];
    fprintf(out,
            "{\"day\":\"2026-11-%02u\",\"errors\":%" PRIu64 ",\"failed_logins\":%" PRIu64 ",\"successes\":%" PRIu64,
            17 + index, day->errors, day->failed_logins, day->successes);
    fprintf(out, ",\"rate_limits\":%" PRIu64 ",\"denials\":%" PRIu64 ",\"unparsed\":%" PRIu64 ",\"bursts\":%" PRIu64,
            day->rate_limits, day->denials, day->unparsed, day->bursts);
    fprintf(out, ",\"requests\":%" PRIu64 ",\"failed\":%" PRIu64 ",\n \"errors_by_hour\":[", day->requests,
            day->failed);
    for (unsigned i = 0; i < HOURS; i++)
        fprintf(out, "%s%" PRIu64, i ? "," : "", day->errors_by_hour[i]);
    fputs("],\n \"kinds\":[", out);
    for (unsigned i = 0; i < KINDS; i++) {
        fputs(i ? "," : "", out);
        fputs("{\"begins\":\"", out);
        print_begin(truth->begins[i], out);
        fprintf(out, "\",\"count\":%" PRIu64 "}", day->kinds[i]);
    }
    fprintf(out, ",{\"begins\":\"request failed\",\"count\":%" PRIu64 "}],\n \"users\":{", day->failed_requests);
    for (unsigned i = 0; i < USERS; i++)
        fprintf(out, "%s\"%s\":%" PRIu64, i ? "," : "", truth->users[i], day->users[i]);
    fputs("},\n \"classes\":[", out);
    for (unsigned i = 0; i < CLASSES; i++) {
        fputs(i ? ",\n  " : "", out);
        print_class(&day->classes[i], i, out);
    }
    fputs("]}", out);
}

void truth_print_days(struct truth *truth, FILE *out)
{
    fputs("{\"days\":[\n", out);
    for (unsigned i = 0; i < DAYS; i++) {
        print_day(truth, i, out);
        fputs(i + 1 < DAYS ? ",\n" : "\n", out);
    }
    fputs("]}\n", out);
}
