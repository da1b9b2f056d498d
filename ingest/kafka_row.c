#include "ingest/kafka_row.h"

#include <stdlib.h>

#include "base/must.h"

static void drop(struct kafka_row *row, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        row->pending_bytes -= row->pendings[i].raw.size;
        free((void *)(uintptr_t)row->pendings[i].raw.data);
    }
    if (from < to)
        memmove(row->pendings + from, row->pendings + to, (row->pending_count - to) * sizeof *row->pendings);
    row->pending_count -= to - from;
}

void kafka_row_release(struct kafka_row *row)
{
    drop(row, 0, row->pending_count);
    free(row->pendings);
    *row = (struct kafka_row){0};
}

/* The first pending record that does not end before offset. */
static size_t pending_at(const struct kafka_row *row, uint64_t offset)
{
    size_t at = 0;
    while (at < row->pending_count && kafka_record_end(&row->pendings[at]) <= offset)
        at++;
    return at;
}

static bool same_text(const struct kafka_record *a, const struct kafka_record *b)
{
    return a->flags == b->flags && a->time_us == b->time_us && str_equal(a->raw, b->raw);
}

/* Behind all that is stored, pending or not. */
static uint64_t last_end(const struct kafka_row *row)
{
    uint64_t end = row->pending_count > 0 ? kafka_record_end(&row->pendings[row->pending_count - 1]) : 0;
    return end > row->end ? end : row->end;
}

bool kafka_row_knows(const struct kafka_row *row, uint64_t sequence, uint64_t offset)
{
    return sequence <= row->sequence && offset < row->end;
}

enum kafka_verdict kafka_row_judge(const struct kafka_row *row, const struct kafka_record *record)
{
    bool pending = record->flags & RECORD_TAIL;
    if (record->sequence <= row->sequence || (pending && record->sequence <= row->pending_sequence)) {
        uint64_t end = pending ? last_end(row) : row->end;
        if (record->offset < end || kafka_record_end(record) <= end)
            return KAFKA_KNOWN;
        size_t over = pending_at(row, record->offset);
        bool within = over < row->pending_count && row->pendings[over].offset < record->offset;
        return within ? KAFKA_ASTRAY : KAFKA_REUSED;
    }
    if (record->offset < row->end)
        return pending ? KAFKA_KNOWN : KAFKA_ASTRAY;
    size_t at = pending_at(row, record->offset);
    if (at == row->pending_count)
        return KAFKA_NEW;
    const struct kafka_record *there = &row->pendings[at];
    if (there->offset < record->offset)
        return KAFKA_ASTRAY;
    return pending && there->offset == record->offset && same_text(there, record) ? KAFKA_KNOWN : KAFKA_NEW;
}

size_t kafka_row_finals(const struct kafka_row *row, const struct kafka_record *record)
{
    size_t before = pending_at(row, record->offset);
    if ((record->flags & RECORD_TAIL) == 0)
        return before;
    bool full = row->pending_count >= KAFKA_PENDING_MAX || row->pending_bytes > KAFKA_PENDING_BYTES_MAX;
    return full ? before : 0;
}

void kafka_row_settle(struct kafka_row *row, size_t count)
{
    must(count <= row->pending_count);
    if (count > 0)
        row->end = kafka_record_end(&row->pendings[count - 1]);
    drop(row, 0, count);
}

static void add_pending(struct kafka_row *row, size_t at, const struct kafka_record *record)
{
    if (row->pending_count == row->pending_capacity) {
        row->pending_capacity = row->pending_capacity > 0 ? 2 * row->pending_capacity : 4;
        row->pendings = mem_resize_array(row->pendings, row->pending_capacity, sizeof *row->pendings);
    }
    memmove(row->pendings + at + 1, row->pendings + at, (row->pending_count - at) * sizeof *row->pendings);
    char *text = mem_alloc(record->raw.size);
    memcpy(text, record->raw.data, record->raw.size);
    row->pendings[at] = *record;
    row->pendings[at].raw.data = text;
    row->pending_count++;
    row->pending_bytes += record->raw.size;
}

void kafka_row_take(struct kafka_row *row, const struct kafka_record *record)
{
    uint64_t end = kafka_record_end(record);
    size_t from = pending_at(row, record->offset), to = from;
    while (to < row->pending_count && (row->pendings[to].offset < end || row->pendings[to].offset == record->offset))
        to++;
    drop(row, from, to);
    if (record->flags & RECORD_TAIL) {
        add_pending(row, from, record);
        if (record->sequence > row->pending_sequence)
            row->pending_sequence = record->sequence;
    } else {
        must(from == 0);
        row->end = end;
        if (record->sequence > row->sequence)
            row->sequence = record->sequence;
    }
}

void kafka_row_know(struct kafka_row *row, const struct kafka_record *record)
{
    add_pending(row, row->pending_count, record);
}

uint64_t kafka_row_position(const struct kafka_row *row, uint64_t *ret_pending_bytes)
{
    *ret_pending_bytes = 0;
    if (row->pending_count == 0)
        return row->end;
    uint64_t first = row->pendings[0].offset;
    *ret_pending_bytes = kafka_record_end(&row->pendings[row->pending_count - 1]) - first;
    return first;
}
