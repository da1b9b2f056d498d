#include "base/must.h"
#include "base/scope.h"
#include "store/pack.h"
#include "store/request.h"
#include "store/roll.h"

/* One read takes the rows asked for as they lie, what pending records count, and the endpoints' names: all of one moment, short as it
 * opens nothing. Only when that is more than LIST_BYTES_MAX more reads follow, of rows that commits may have added to since. */
enum { LIST_BYTES_MAX = 64 << 20 };

struct pending_row {
    int64_t time_us;
    struct pending_request request;
};

struct reading {
    struct store *store;
    enum pack_kind kind;
    int64_t span, since_us, until_us;
    int64_t from, to; /* numbers of rows still to be read */
    struct arena arena;
    struct pack_row *rows;
    size_t row_count;
    bool more;
    struct pending_row *pending;
    size_t pending_count, pending_capacity;
    struct endpoint *endpoints;
    size_t endpoint_count;
    bool damaged; /* an endpoint is not readable */
};

static bool wanted(const struct reading *reading, int64_t time_us)
{
    int64_t begin_us = request_row_time(request_row_number(time_us, reading->span), reading->span), end_us;
    if (time_us == TIME_NONE)
        return reading->since_us == TIME_NONE && reading->until_us == TIME_NONE;
    return (reading->until_us == TIME_NONE || begin_us < reading->until_us) &&
           (reading->since_us == TIME_NONE || __builtin_add_overflow(begin_us, reading->span, &end_us) ||
            end_us > reading->since_us);
}

static bool take_endpoint(void *context, struct str text)
{
    struct reading *reading = context;
    struct endpoint *endpoint = &reading->endpoints[reading->endpoint_count];
    reading->damaged = !endpoint_unpack(arena_str(&reading->arena, text), endpoint);
    return !reading->damaged && ++reading->endpoint_count < ENDPOINTS_ALL;
}

static bool read_endpoints(struct reading *reading, struct err *err)
{
    reading->endpoints = ARENA_ARRAY(&reading->arena, struct endpoint, ENDPOINTS_ALL);
    return roll_each(reading->store, PACK_ENDPOINTS, take_endpoint, reading, err) &&
           (!reading->damaged || pack_damaged(reading->store, PACK_ENDPOINTS, 0, err));
}

/* Appends what a pending record counts; one that is damaged counts nothing: verify tells of it. */
static void take_pending(struct reading *reading, struct sqlite3_stmt *stmt)
{
    struct pending_row row = {.time_us = sql_time(stmt, 0)};
    if (!pending_request_unpack(arena_str(&reading->arena, sql_str(stmt, 1)), &row.request))
        return;
    if (reading->pending_count == reading->pending_capacity) {
        size_t capacity = reading->pending_capacity ? reading->pending_capacity * 2 : 16;
        struct pending_row *rows = ARENA_ARRAY(&reading->arena, struct pending_row, capacity);
        if (reading->pending_count > 0)
            memcpy(rows, reading->pending, reading->pending_count * sizeof *rows);
        reading->pending = rows;
        reading->pending_capacity = capacity;
    }
    reading->pending[reading->pending_count++] = row;
}

static bool read_pending(struct reading *reading, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&reading->store->sql, "hot_requests", err);
    if (stmt == NULL)
        return false;
    int step;
    while ((step = sql_step(&reading->store->sql, stmt, err)) == 1)
        take_pending(reading, stmt);
    return step == 0;
}

static bool read_rows(struct reading *reading, struct err *err)
{
    return pack_list(reading->store, reading->kind, reading->from, reading->to, LIST_BYTES_MAX, &reading->arena,
                     &reading->rows, &reading->row_count, &reading->more, err);
}

static bool begin(struct reading *reading, struct err *err)
{
    if (reading->since_us == TIME_NONE && reading->until_us == TIME_NONE)
        reading->from = 0;
    else
        reading->from = reading->since_us == TIME_NONE ? 1 : request_row_number(reading->since_us, reading->span);
    reading->to = reading->until_us == TIME_NONE || reading->until_us == TIME_NONE + 1
                      ? PACK_NUMBER_MAX
                      : request_row_number(reading->until_us - 1, reading->span);
    if (!sql_run(&reading->store->sql, "begin_read", err))
        return false;
    bool ok = read_rows(reading, err) && read_pending(reading, err) &&
              (reading->kind != PACK_MINUTES || read_endpoints(reading, err));
    return sql_run(&reading->store->sql, "commit", ok ? err : NULL) && ok;
}

/* The rows behind those listed. */
static bool go_on(struct reading *reading, struct err *err)
{
    reading->from = reading->rows[reading->row_count - 1].number + 1;
    return read_rows(reading, err);
}

/* ---- Minutes --------------------------------------------------------------------------------------------------------------- */

struct minute_visit {
    bool (*visit)(void *context, const struct request_count *);
    void *context;
    bool stopped;
};

/* A minute of a wanted row may lie outside what is asked for. */
static bool overlaps(const struct reading *reading, int64_t minute_us)
{
    int64_t end_us;
    return (reading->until_us == TIME_NONE || minute_us < reading->until_us) &&
           (reading->since_us == TIME_NONE || __builtin_add_overflow(minute_us, TIME_MINUTE, &end_us) ||
            end_us > reading->since_us);
}

static bool visit_row(struct reading *reading, const struct pack_row *row, struct minute_visit *visit, struct err *err)
{
    int64_t begin_us = request_row_time(row->number, MINUTES_SPAN);
    struct request_part part = {0};
    for (struct str text = row->text; text.size > 0 && !visit->stopped;) {
        if (!request_part_next(&part, &text) || part.endpoint >= reading->endpoint_count)
            return pack_damaged(reading->store, PACK_MINUTES, row->number, err);
        const struct endpoint *endpoint = &reading->endpoints[part.endpoint];
        struct request_count count = {
            .minute_us = begin_us == TIME_NONE ? TIME_NONE : begin_us + (int64_t)part.minute * TIME_MINUTE,
            .service = endpoint->names.service,
            .method = endpoint->names.method,
            .route = endpoint->names.route,
            .other = endpoint->other,
            .requests = part.requests,
            .failed = part.failed,
            .refused = part.refused,
            .timed = part.timed,
            .durations_ms = part.durations,
            .endpoint = part.endpoint,
        };
        if (count.minute_us == TIME_NONE || overlaps(reading, count.minute_us))
            visit->stopped = !visit->visit(visit->context, &count);
    }
    return true;
}

static void visit_pending_minutes(const struct reading *reading, struct minute_visit *visit)
{
    for (size_t i = 0; i < reading->pending_count && !visit->stopped; i++) {
        const struct pending_row *row = &reading->pending[i];
        if (!wanted(reading, row->time_us))
            continue;
        struct request_cell cell = {0};
        SCOPED(buf) durations = BUF(PACK_TEXT_MAX);
        request_cell_add(&cell, row->request.status, row->request.duration_ms);
        sketch_pack(&cell.durations_ms, &durations);
        struct request_count count = {
            .minute_us = request_row_time(request_row_number(row->time_us, TIME_MINUTE), TIME_MINUTE),
            .service = row->request.endpoint.service,
            .method = row->request.endpoint.method,
            .route = row->request.endpoint.route,
            .requests = cell.requests,
            .failed = cell.failed,
            .refused = cell.refused,
            .timed = sketch_count(&cell.durations_ms),
            .durations_ms = buf_str(&durations),
            .endpoint = REQUEST_ENDPOINT_NONE,
        };
        if (count.minute_us == TIME_NONE || overlaps(reading, count.minute_us))
            visit->stopped = !visit->visit(visit->context, &count);
        sketch_release(&cell.durations_ms);
    }
}

bool store_request_counts(struct store *store, int64_t since_us, int64_t until_us,
                          bool (*visit)(void *context, const struct request_count *), void *context, struct err *err)
{
    struct reading reading = {
        .store = store, .kind = PACK_MINUTES, .span = MINUTES_SPAN, .since_us = since_us, .until_us = until_us};
    struct minute_visit minutes = {.visit = visit, .context = context};
    SCOPED(arena) arena = {0};
    bool ok = begin(&reading, err);
    while (ok && !minutes.stopped) {
        for (size_t i = 0; i < reading.row_count && ok && !minutes.stopped; i++) {
            arena_reset(&arena);
            ok = pack_open(store, PACK_MINUTES, &reading.rows[i], &arena, err) &&
                 visit_row(&reading, &reading.rows[i], &minutes, err);
        }
        if (!reading.more)
            break;
        ok = ok && go_on(&reading, err);
    }
    if (ok)
        visit_pending_minutes(&reading, &minutes);
    arena_release(&reading.arena);
    return ok;
}

/* ---- Hours ----------------------------------------------------------------------------------------------------------------- */

struct user_visit {
    bool (*visit)(void *context, const struct user_count *);
    void *context;
    bool stopped;
};

static void tell_user(struct user_visit *visit, int64_t hour_us, struct str user, uint64_t requests)
{
    struct user_count count = {.hour_us = hour_us, .user = user, .requests = requests};
    if (requests > 0 && !visit->stopped)
        visit->stopped = !visit->visit(visit->context, &count);
}

static bool visit_users(struct reading *reading, const struct pack_row *row, struct user_visit *visit, struct err *err)
{
    struct user_row users = {0};
    int64_t hour_us = request_row_time(row->number, USERS_SPAN);
    bool ok = user_row_unpack(&users, row->text) || pack_damaged(reading->store, PACK_USERS, row->number, err);
    for (size_t i = 0; i < users.users.count && ok; i++)
        tell_user(visit, hour_us, users.users.entries[i].key, users.users.entries[i].value);
    if (ok)
        tell_user(visit, hour_us, STR_ABSENT, users.other);
    user_row_release(&users);
    return ok;
}

bool store_user_counts(struct store *store, int64_t since_us, int64_t until_us,
                       bool (*visit)(void *context, const struct user_count *), void *context, struct err *err)
{
    struct reading reading = {
        .store = store, .kind = PACK_USERS, .span = USERS_SPAN, .since_us = since_us, .until_us = until_us};
    struct user_visit users = {.visit = visit, .context = context};
    SCOPED(arena) arena = {0};
    bool ok = begin(&reading, err);
    while (ok && !users.stopped) {
        for (size_t i = 0; i < reading.row_count && ok && !users.stopped; i++) {
            arena_reset(&arena);
            ok = pack_open(store, PACK_USERS, &reading.rows[i], &arena, err) &&
                 visit_users(&reading, &reading.rows[i], &users, err);
        }
        if (!reading.more)
            break;
        ok = ok && go_on(&reading, err);
    }
    for (size_t i = 0; i < reading.pending_count && ok; i++) {
        const struct pending_row *row = &reading.pending[i];
        if (row->request.user.data != NULL && wanted(&reading, row->time_us))
            tell_user(&users, request_row_time(request_row_number(row->time_us, USERS_SPAN), USERS_SPAN),
                      row->request.user, 1);
    }
    arena_release(&reading.arena);
    return ok;
}
