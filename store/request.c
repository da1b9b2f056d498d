#include "store/request.h"

#include <stdlib.h>

#include "base/must.h"
#include "base/scope.h"
#include "store/fact.h"
#include "store/pack.h"

/* ---- Rows of minutes --------------------------------------------------------------------------------------------------- */

enum { TRIMMED_BUCKETS = 64 }; /* with so many in every cell the longest row is far below PACK_TEXT_MAX */

void request_row_release(struct request_row *row)
{
    for (size_t i = 0; i < row->capacity; i++)
        sketch_release(&row->cells[i].durations_ms);
    free(row->cells);
    free(row->places);
    *row = (struct request_row){0};
}

void request_row_reset(struct request_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        row->places[row->cells[i].minute][row->cells[i].endpoint] = 0;
    row->count = 0;
}

static void make_room(struct request_row *row)
{
    if (row->places == NULL)
        row->places = mem_alloc(ROW_MINUTES * sizeof *row->places);
    if (row->count < row->capacity)
        return;
    size_t capacity = row->capacity ? row->capacity * 2 : 32;
    row->cells = mem_resize_array(row->cells, capacity, sizeof *row->cells);
    memset(row->cells + row->capacity, 0, (capacity - row->capacity) * sizeof *row->cells);
    row->capacity = capacity;
}

struct request_cell *request_row_at(struct request_row *row, uint32_t minute, uint32_t endpoint)
{
    must(minute < ROW_MINUTES && endpoint < ENDPOINTS_ALL);
    if (row->places != NULL && row->places[minute][endpoint] > 0)
        return &row->cells[row->places[minute][endpoint] - 1];
    make_room(row);
    struct request_cell *cell = &row->cells[row->count++];
    row->places[minute][endpoint] = (uint32_t)row->count;
    sketch_reset(&cell->durations_ms);
    cell->minute = minute;
    cell->endpoint = endpoint;
    cell->requests = cell->failed = cell->refused = 0;
    return cell;
}

bool request_part_next(struct request_part *part, struct str *text)
{
    uint64_t minute, endpoint;
    if (!str_take_varint(text, &minute) || !str_take_varint(text, &endpoint) || minute >= ROW_MINUTES ||
        endpoint >= ENDPOINTS_ALL || (part->any && minute == 0 && endpoint == 0))
        return false;
    part->any = true;
    part->minute += (uint32_t)minute;
    part->endpoint = (uint32_t)endpoint + (minute > 0 ? 0 : part->endpoint);
    if (part->minute >= ROW_MINUTES || part->endpoint >= ENDPOINTS_ALL || !str_take_varint(text, &part->requests) ||
        !str_take_varint(text, &part->failed) || !str_take_varint(text, &part->refused))
        return false;
    part->durations = *text;
    if (!sketch_skip(text, &part->timed))
        return false;
    part->durations.size -= text->size;
    return true;
}

bool request_row_unpack(struct request_row *row, struct str text)
{
    struct request_part part = {0};
    request_row_reset(row);
    while (text.size > 0) {
        if (!request_part_next(&part, &text))
            return false;
        struct request_cell *cell = request_row_at(row, part.minute, part.endpoint);
        cell->requests = part.requests;
        cell->failed = part.failed;
        cell->refused = part.refused;
        sketch_merge_packed(&cell->durations_ms, part.durations);
    }
    return true;
}

static void pack_cells(const struct request_row *row, struct buf *out)
{
    uint32_t last_minute = 0, last_endpoint = 0;
    for (uint32_t minute = 0; minute < ROW_MINUTES && row->count > 0; minute++) {
        for (uint32_t endpoint = 0; endpoint < ENDPOINTS_ALL; endpoint++) {
            if (row->places[minute][endpoint] == 0)
                continue;
            const struct request_cell *cell = &row->cells[row->places[minute][endpoint] - 1];
            buf_add_varint(out, minute - last_minute);
            buf_add_varint(out, minute > last_minute ? endpoint : endpoint - last_endpoint);
            buf_add_varint(out, cell->requests);
            buf_add_varint(out, cell->failed);
            buf_add_varint(out, cell->refused);
            sketch_pack(&cell->durations_ms, out);
            last_minute = minute;
            last_endpoint = endpoint;
        }
    }
}

void request_row_pack(struct request_row *row, struct buf *out)
{
    buf_reset(out);
    pack_cells(row, out);
    if (!out->full)
        return;
    for (size_t i = 0; i < row->count; i++)
        sketch_trim(&row->cells[i].durations_ms, TRIMMED_BUCKETS);
    buf_reset(out);
    pack_cells(row, out);
    must(!out->full);
}

void request_cell_add(struct request_cell *cell, unsigned status, double duration_ms)
{
    cell->requests++;
    cell->failed += status >= 500;
    cell->refused += status >= 400 && status < 500;
    if (duration_ms >= 0)
        sketch_add(&cell->durations_ms, duration_ms);
}

/* ---- Rows of users ----------------------------------------------------------------------------------------------------- */

void user_row_release(struct user_row *row)
{
    map_release(&row->users);
    row->other = 0;
}

void user_row_add(struct user_row *row, struct str user, uint64_t requests)
{
    struct str name = fact_cut(user, FACT_TEXT_MAX);
    struct map_entry *entry =
        row->users.count < HOUR_USERS_MAX ? map_at(&row->users, name, NULL) : map_find(&row->users, name);
    if (entry != NULL)
        entry->value += requests;
    else
        row->other += requests;
}

bool user_row_unpack(struct user_row *row, struct str text)
{
    if (!str_take_varint(&text, &row->other))
        return false;
    while (text.size > 0) {
        uint64_t requests, size;
        bool is_new;
        if (!str_take_varint(&text, &requests) || !str_take_varint(&text, &size) || size > text.size ||
            size > FACT_TEXT_MAX || row->users.count == HOUR_USERS_MAX)
            return false;
        map_at(&row->users, str_slice(text, 0, size), &is_new)->value = requests;
        if (!is_new)
            return false;
        text = str_slice(text, size, text.size);
    }
    return true;
}

void user_row_pack(const struct user_row *row, struct buf *out)
{
    buf_reset(out);
    buf_add_varint(out, row->other);
    for (size_t i = 0; i < row->users.count; i++) {
        buf_add_varint(out, row->users.entries[i].value);
        buf_add_varint(out, row->users.entries[i].key.size);
        buf_add_str(out, row->users.entries[i].key);
    }
    must(!out->full);
}

/* ---- Endpoints, and pending requests ------------------------------------------------------------------------------------- */

static void pack_text(struct str text, size_t size_max, struct buf *out)
{
    struct str cut = fact_cut(text, size_max);
    buf_add_varint(out, text.data != NULL ? cut.size + 1 : 0);
    buf_add_str(out, cut);
}

static bool unpack_text(struct str *text, struct str *ret)
{
    uint64_t size;
    *ret = STR_ABSENT;
    if (!str_take_varint(text, &size) || size > text->size + 1)
        return false;
    if (size == 0)
        return true;
    *ret = str_slice(*text, 0, size - 1);
    *text = str_slice(*text, size - 1, text->size);
    return true;
}

static void pack_names(const struct batch_endpoint *names, struct buf *out)
{
    pack_text(names->service, FACT_TEXT_MAX, out);
    pack_text(names->method, FACT_TEXT_MAX, out);
    pack_text(names->route, FACT_TEMPLATE_MAX, out);
}

static bool unpack_names(struct str *text, struct batch_endpoint *ret)
{
    return unpack_text(text, &ret->service) && unpack_text(text, &ret->method) && unpack_text(text, &ret->route);
}

void endpoint_pack(const struct endpoint *endpoint, struct buf *out)
{
    buf_add_varint(out, endpoint->other);
    pack_names(&endpoint->names, out);
}

bool endpoint_unpack(struct str text, struct endpoint *ret)
{
    uint64_t other;
    if (!str_take_varint(&text, &other) || other > 1 || !unpack_names(&text, &ret->names))
        return false;
    ret->other = other == 1;
    return text.size == 0;
}

void pending_request_pack(const struct pending_request *request, struct buf *out)
{
    SCOPED(sketch) durations = {0};
    if (request->duration_ms >= 0)
        sketch_add(&durations, request->duration_ms);
    buf_add_varint(out, request->status);
    pack_names(&request->endpoint, out);
    pack_text(request->user, FACT_TEXT_MAX, out);
    sketch_pack(&durations, out);
}

bool pending_request_unpack(struct str text, struct pending_request *ret)
{
    SCOPED(sketch) durations = {0};
    uint64_t status;
    if (!str_take_varint(&text, &status) || status > UINT16_MAX || !unpack_names(&text, &ret->endpoint) ||
        !unpack_text(&text, &ret->user) || !sketch_unpack(&durations, &text) || durations.count > 1 || text.size > 0)
        return false;
    ret->status = (unsigned)status;
    ret->duration_ms = durations.count == 1 ? durations.least : -1;
    return true;
}

/* ---- Numbers of rows ----------------------------------------------------------------------------------------------------- */

#define ROW_BIAS (INT64_C(1) << 39)

int64_t request_row_number(int64_t time_us, int64_t span)
{
    return time_us == TIME_NONE ? 0 : time_us / span - (time_us % span < 0) + ROW_BIAS;
}

int64_t request_row_time(int64_t number, int64_t span)
{
    int64_t time_us;
    return number == 0 || __builtin_mul_overflow(number - ROW_BIAS, span, &time_us) ? TIME_NONE : time_us;
}
