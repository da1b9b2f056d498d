/* Prints what a store counts beside its records, in lines to be sorted: errors by hour and template, requests by minute and endpoint,
 * users by hour, templates. What depends on the order in which sources were read, such as numbers, is left out.
 *
 *     counts STORE */
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "store/store.h"

static void put(struct str text)
{
    putchar(' ');
    fwrite(text.data ? text.data : "-", 1, text.data ? text.size : 1, stdout);
}

static bool print_error(void *context, const struct error_count *count)
{
    (void)context;
    printf("error %lld %llu %u %u", (long long)count->hour_us, (unsigned long long)count->count, count->level,
           count->status);
    put(count->service);
    put(count->template);
    putchar('\n');
    return true;
}

static bool print_template(void *context, const struct error_template *row)
{
    (void)context;
    printf("ever %lld %lld %llu", (long long)row->first_us, (long long)row->last_us, (unsigned long long)row->count);
    put(row->template);
    putchar('\n');
    return true;
}

static bool print_request(void *context, const struct request_count *count)
{
    double median = -1;
    (void)context;
    SCOPED(sketch) durations = {0};
    sketch_merge_packed(&durations, count->durations_ms);
    sketch_quantile(&durations, 0.5, &median);
    printf("request %lld %llu %llu %llu %llu %g %g %g", (long long)count->minute_us,
           (unsigned long long)count->requests, (unsigned long long)count->failed, (unsigned long long)count->refused,
           (unsigned long long)durations.count, durations.least, median, durations.greatest);
    put(count->service);
    put(count->method);
    put(count->route);
    putchar('\n');
    return true;
}

static bool print_user(void *context, const struct user_count *count)
{
    (void)context;
    printf("user %lld %llu", (long long)count->hour_us, (unsigned long long)count->requests);
    put(count->user);
    putchar('\n');
    return true;
}

static void print_templates(struct store *store, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct str *texts;
    size_t count;
    must(store_templates(store, &arena, &texts, &count, err));
    for (size_t i = 0; i < count; i++) {
        printf("template");
        put(texts[i]);
        putchar('\n');
    }
}

int main(int count, char **arguments)
{
    struct err err = {0};
    must(count == 2);
    SCOPED_FREE(store) *store = store_open(arguments[1], STORE_READ, &err);
    if (store == NULL) {
        fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    must(store_error_counts(store, TIME_NONE, TIME_NONE, print_error, NULL, &err));
    must(store_error_templates(store, print_template, NULL, &err));
    must(store_request_counts(store, TIME_NONE, TIME_NONE, print_request, NULL, &err));
    must(store_user_counts(store, TIME_NONE, TIME_NONE, print_user, NULL, &err));
    print_templates(store, &err);
    return EXIT_SUCCESS;
}
