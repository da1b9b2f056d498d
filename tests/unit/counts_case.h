/* What the tests of counts share: what visits tell, as text, and batches with errors and requests. */
#ifndef WINNOW_TESTS_UNIT_COUNTS_CASE_H
#define WINNOW_TESTS_UNIT_COUNTS_CASE_H

#include "hot_case.h"

#define HOUR (60 * TIME_MINUTE)

/* ---- What visits tell, as text ------------------------------------------------------------------------------------------ */

struct heard_counts {
    char text[4096];
    uint64_t sum;
};

static inline void hear_text(struct heard_counts *heard, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void hear_text(struct heard_counts *heard, const char *format, ...)
{
    size_t at = strlen(heard->text);
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(heard->text + at, sizeof heard->text - at, format, arguments);
    va_end(arguments);
    assert_true(size >= 0 && at + (size_t)size < sizeof heard->text);
}

static inline const char *text_of(struct str s)
{
    static char texts[4][64];
    static unsigned next;
    char *text = texts[next++ % 4];
    snprintf(text, sizeof texts[0], "%.*s", s.data ? (int)s.size : 1, s.data ? s.data : "-");
    return text;
}

/* In hours or minutes from T0's on; "-" for none. */
static inline const char *from_t0(int64_t time_us, int64_t span)
{
    static char text[32];
    if (time_us == TIME_NONE)
        return "-";
    snprintf(text, sizeof text, "%lld", (long long)((time_us - T0 / span * span) / span));
    return text;
}

static inline bool hear_error(void *context, const struct error_count *count)
{
    struct heard_counts *heard = context;
    hear_text(heard, "%s %s%s %llu|", from_t0(count->hour_us, 60 * TIME_MINUTE), text_of(count->template),
              count->other ? "!" : "", (unsigned long long)count->count);
    heard->sum += count->count;
    return true;
}

static inline const char *errors_between(struct store *store, int64_t since_us, int64_t until_us)
{
    static struct heard_counts heard;
    struct err err = {0};
    memset(&heard, 0, sizeof heard);
    if (!store_error_counts(store, since_us, until_us, hear_error, &heard, &err))
        fail_msg("%s", err.text);
    return heard.text;
}

static inline const char *errors(struct store *store)
{
    return errors_between(store, TIME_NONE, TIME_NONE);
}

static inline bool hear_template(void *context, const struct error_template *row)
{
    hear_text(context, "%s %llu %s-%s %llu-%llu|", text_of(row->template), (unsigned long long)row->count,
              row->first_us == TIME_NONE ? "?" : from_t0(row->first_us, 1),
              row->last_us == TIME_NONE ? "?" : text_of(str_of(from_t0(row->last_us, 1))),
              (unsigned long long)row->first_record, (unsigned long long)row->last_record);
    return true;
}

static inline const char *templates(struct store *store)
{
    static struct heard_counts heard;
    struct err err = {0};
    memset(&heard, 0, sizeof heard);
    if (!store_error_templates(store, hear_template, &heard, &err))
        fail_msg("%s", err.text);
    return heard.text;
}

static inline bool hear_request(void *context, const struct request_count *count)
{
    double median = -1;
    SCOPED(sketch) durations = {0};
    sketch_merge_packed(&durations, count->durations_ms);
    sketch_quantile(&durations, 0.5, &median);
    hear_text(context, "%s %s %s %s%s %llu/%llu/%llu %.0f|", from_t0(count->minute_us, TIME_MINUTE),
              text_of(count->service), text_of(count->method), text_of(count->route), count->other ? "!" : "",
              (unsigned long long)count->requests, (unsigned long long)count->failed,
              (unsigned long long)count->refused, median);
    return true;
}

static inline const char *requests_between(struct store *store, int64_t since_us, int64_t until_us)
{
    static struct heard_counts heard;
    struct err err = {0};
    memset(&heard, 0, sizeof heard);
    if (!store_request_counts(store, since_us, until_us, hear_request, &heard, &err))
        fail_msg("%s", err.text);
    return heard.text;
}

static inline const char *requests(struct store *store)
{
    return requests_between(store, TIME_NONE, TIME_NONE);
}

static inline bool hear_user(void *context, const struct user_count *count)
{
    hear_text(context, "%s %s %llu|", from_t0(count->hour_us, 60 * TIME_MINUTE), text_of(count->user),
              (unsigned long long)count->requests);
    return true;
}

static inline const char *users(struct store *store)
{
    static struct heard_counts heard;
    struct err err = {0};
    memset(&heard, 0, sizeof heard);
    if (!store_user_counts(store, TIME_NONE, TIME_NONE, hear_user, &heard, &err))
        fail_msg("%s", err.text);
    return heard.text;
}

/* ---- Batches -------------------------------------------------------------------------------------------------------------- */

/* An error of a template, and the line of it. */
static inline void put_error(struct batch *batch, const char *template, uint8_t flags, int64_t time_us)
{
    put_line(batch, STR("an error"), flags, time_us);
    put_fact(batch, KIND_ERROR)->template = str_of(template);
}

/* A request, and the line of it. The batch has one endpoint for each route. */
static inline void put_request(struct batch *batch, const char *route, const char *user, unsigned status,
                               double duration_ms, uint8_t flags, int64_t time_us)
{
    struct batch_endpoint endpoint = {STR("api"), STR("GET"), str_of(route)};
    struct batch_told *told = &batch->told;
    uint32_t index = 0;
    put_line(batch, STR("a request"), flags, time_us);
    while (index < told->endpoint_count && !str_equal(told->endpoints[index].route, endpoint.route))
        index++;
    if (index == told->endpoint_count)
        batch_tell_endpoint(batch, &endpoint);
    struct batch_request request = {
        .record = batch->record_count - 1,
        .endpoint = index,
        .user = user ? batch_tell_user(batch, str_of(user)) : BATCH_NO_USER,
        .status = (uint16_t)status,
        .duration_ms = duration_ms,
    };
    batch_tell_request(batch, &request);
}

#endif
