#include <stdlib.h>

#include "base/must.h"
#include "base/scope.h"
#include "store/pack.h"
#include "store/request.h"
#include "store/roll.h"

/* Requests come in the order of records, which is that of time, nearly: those that follow each other are in the same minutes and hour,
 * whose rows are read, added to, and written once they are left. The rows met last stay in memory, as the file has them, for the
 * transaction that comes next: nobody else changes them but request_prune. */

enum { CELLS_KEPT_MAX = 2048 }; /* a row with more of them is read again */

struct request_rows {
    struct request_row minutes;
    struct user_row users;
    int64_t minutes_number, users_number; /* -1: of none */
    bool minutes_changed, users_changed;  /* since they were read or written */
};

struct counting {
    struct store *store;
    const struct batch *batch;
    struct request_rows *rows;
    uint32_t *endpoints; /* of each of the batch's: its number + 1, or 0 */
    struct buf text;
};

static bool is_pending(const struct counting *counting, const struct batch_request *request)
{
    return (counting->batch->records[request->record].flags & RECORD_TAIL) != 0;
}

/* ---- Endpoints ----------------------------------------------------------------------------------------------------------- */

/* The number of a text among the endpoints; it becomes one when they are fewer than count_max. */
static bool find_text(struct store *store, const struct endpoint *endpoint, size_t count_max, uint32_t *ret)
{
    SCOPED(buf) text = BUF(ENDPOINT_TEXT_MAX);
    endpoint_pack(endpoint, &text);
    must(!text.full);
    struct map *texts = &store->endpoints.texts;
    struct map_entry *entry =
        texts->count < count_max ? map_at(texts, buf_str(&text), NULL) : map_find(texts, buf_str(&text));
    if (entry != NULL)
        *ret = (uint32_t)(entry - texts->entries);
    return entry != NULL;
}

/* Beyond the bound an endpoint is its service alone, then nothing at all. */
static bool number_of(struct counting *counting, uint32_t index, uint32_t *ret, struct err *err)
{
    struct store *store = counting->store;
    if (counting->endpoints[index] == 0) {
        struct endpoint endpoint = {.names = counting->batch->told.endpoints[index]};
        struct endpoint service = {.names.service = endpoint.names.service, .other = true}, rest = {.other = true};
        if (!roll_load(store, PACK_ENDPOINTS, ENDPOINTS_ALL, &store->endpoints, err))
            return false;
        uint32_t number = 0;
        if (!find_text(store, &endpoint, ENDPOINTS_MAX, &number) &&
            !find_text(store, &service, ENDPOINTS_ALL - 1, &number) && !find_text(store, &rest, ENDPOINTS_ALL, &number))
            return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: its endpoints are too many", store->path);
        counting->endpoints[index] = number + 1;
    }
    *ret = counting->endpoints[index] - 1;
    return true;
}

/* ---- Rows ---------------------------------------------------------------------------------------------------------------- */

static bool leave_minutes(struct counting *counting, struct err *err)
{
    struct request_rows *rows = counting->rows;
    if (!rows->minutes_changed)
        return true;
    request_row_pack(&rows->minutes, &counting->text);
    rows->minutes_changed = false; /* a failure is followed by request_forget */
    return pack_write(counting->store, PACK_MINUTES, rows->minutes_number, buf_str(&counting->text), err);
}

static bool enter_minutes(struct counting *counting, int64_t number, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct pack_row row;
    if (!leave_minutes(counting, err) || !pack_read(counting->store, PACK_MINUTES, number, &arena, &row, err))
        return false;
    counting->rows->minutes_number = number;
    return request_row_unpack(&counting->rows->minutes, row.text) ||
           pack_damaged(counting->store, PACK_MINUTES, number, err);
}

static bool leave_users(struct counting *counting, struct err *err)
{
    struct request_rows *rows = counting->rows;
    if (!rows->users_changed)
        return true;
    user_row_pack(&rows->users, &counting->text);
    rows->users_changed = false;
    return pack_write(counting->store, PACK_USERS, rows->users_number, buf_str(&counting->text), err);
}

static bool enter_users(struct counting *counting, int64_t number, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct pack_row row;
    struct user_row *users = &counting->rows->users;
    if (!leave_users(counting, err) || !pack_read(counting->store, PACK_USERS, number, &arena, &row, err))
        return false;
    counting->rows->users_number = number;
    map_reset(&users->users);
    users->other = 0;
    return row.text.data == NULL || user_row_unpack(users, row.text) ||
           pack_damaged(counting->store, PACK_USERS, number, err);
}

/* ---- A batch ------------------------------------------------------------------------------------------------------------- */

static bool count_one(struct counting *counting, const struct batch_request *request, struct err *err)
{
    struct request_rows *rows = counting->rows;
    int64_t time_us = counting->batch->records[request->record].time_us;
    int64_t minutes_number = request_row_number(time_us, MINUTES_SPAN);
    uint32_t endpoint = 0, minute = 0;
    if (time_us != TIME_NONE) {
        int64_t within = time_us % MINUTES_SPAN;
        minute = (uint32_t)((within < 0 ? within + MINUTES_SPAN : within) / TIME_MINUTE);
    }
    if (!number_of(counting, request->endpoint, &endpoint, err) ||
        (minutes_number != rows->minutes_number && !enter_minutes(counting, minutes_number, err)))
        return false;
    request_cell_add(request_row_at(&rows->minutes, minute, endpoint), request->status, request->duration_ms);
    rows->minutes_changed = true;
    if (request->user == BATCH_NO_USER)
        return true;
    int64_t users_number = request_row_number(time_us, USERS_SPAN);
    if (users_number != rows->users_number && !enter_users(counting, users_number, err))
        return false;
    user_row_add(&rows->users, counting->batch->told.users[request->user], 1);
    rows->users_changed = true;
    return true;
}

static bool count_all(struct counting *counting, struct err *err)
{
    const struct batch_told *told = &counting->batch->told;
    for (uint32_t i = 0; i < told->request_count; i++) {
        if (!is_pending(counting, &told->requests[i]) && !count_one(counting, &told->requests[i], err))
            return false;
    }
    return leave_minutes(counting, err) && leave_users(counting, err);
}

static struct request_rows *rows_of(struct store *store)
{
    if (store->rows == NULL) {
        store->rows = mem_alloc(sizeof *store->rows);
        *store->rows = (struct request_rows){.minutes_number = -1, .users_number = -1};
    }
    return store->rows;
}

bool request_count_batch(struct store *store, const struct batch *batch, struct err *err)
{
    if (batch->told.request_count == 0)
        return true;
    struct counting counting = {
        .store = store,
        .batch = batch,
        .rows = rows_of(store),
        .endpoints = mem_alloc(batch->told.endpoint_count * sizeof(uint32_t)),
        .text = BUF(PACK_TEXT_MAX),
    };
    bool ok = count_all(&counting, err);
    buf_release(&counting.text);
    free(counting.endpoints);
    if (counting.rows->minutes.count > CELLS_KEPT_MAX) {
        request_row_release(&counting.rows->minutes);
        counting.rows->minutes_number = -1;
    }
    return ok; /* if not, request_forget follows */
}

void request_forget(struct store *store)
{
    if (store->rows == NULL)
        return;
    store->rows->minutes_number = store->rows->users_number = -1;
    store->rows->minutes_changed = store->rows->users_changed = false;
}

void request_release(struct store *store)
{
    if (store->rows == NULL)
        return;
    request_row_release(&store->rows->minutes);
    user_row_release(&store->rows->users);
    free(store->rows);
}

void request_keep_pending(const struct batch *batch, uint32_t record, struct buf *out)
{
    const struct batch_told *told = &batch->told;
    uint32_t low = 0, high = told->request_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (told->requests[middle].record < record)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == told->request_count || told->requests[low].record != record)
        return;
    const struct batch_request *request = &told->requests[low];
    struct pending_request pending = {
        .endpoint = told->endpoints[request->endpoint],
        .user = request->user == BATCH_NO_USER ? STR_ABSENT : told->users[request->user],
        .status = request->status,
        .duration_ms = request->duration_ms,
    };
    pending_request_pack(&pending, out);
}

/* ---- Pruning ------------------------------------------------------------------------------------------------------------- */

bool request_prune(struct store *store, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "oldest", err);
    if (stmt == NULL)
        return false;
    int step = sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    must(step == 1); /* an aggregate always answers */
    int64_t oldest_us = sql_time(stmt, 0), records = sql_i64(stmt, 1);
    sql_rest(stmt);
    if (oldest_us == TIME_NONE && records > 0)
        return true;
    for (unsigned i = 0; i < 2; i++) {
        enum pack_kind kind = i == 0 ? PACK_MINUTES : PACK_USERS;
        int64_t number = request_row_number(oldest_us, i == 0 ? MINUTES_SPAN : USERS_SPAN);
        request_forget(store); /* what goes may be in memory */
        if (!pack_delete(store, kind, number > 0, number > 0 ? number - 1 : PACK_NUMBER_MAX, err))
            return false;
    }
    return true;
}
