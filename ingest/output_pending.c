#include "ingest/output_pending.h"

#include "ingest/output.h"
#include "ingest/service.h"

#define STIRRED_US INT64_C(500000) /* after a commit more are likely to follow */

struct look {
    struct output_pendings *pendings;
    const struct output_aheads *aheads;
    uint64_t seen;
    int64_t now_us, due_us;
    struct map met;
    size_t bytes;
};

void output_pendings_release(struct output_pendings *pendings)
{
    map_release(&pendings->met);
    arena_release(&pendings->arena);
}

static void be_due(struct output_pendings *pendings, int64_t due_us)
{
    if (due_us < pendings->due_us)
        pendings->due_us = due_us;
}

void output_pendings_stir(struct output_pendings *pendings, int64_t now_us)
{
    be_due(pendings, now_us + STIRRED_US);
}

void output_pendings_again(struct output_pendings *pendings)
{
    pendings->count = pendings->next = 0;
    pendings->due_us = 0;
}

static void queue_it(struct look *look, const struct scan_record *rec)
{
    struct output_pendings *pendings = look->pendings;
    if (pendings->count == pendings->capacity) {
        struct scan_record *larger = ARENA_ARRAY(&pendings->arena, struct scan_record, 2 * pendings->capacity + 16);
        if (pendings->count > 0)
            memcpy(larger, pendings->queue, pendings->count * sizeof *larger);
        pendings->queue = larger;
        pendings->capacity = 2 * pendings->capacity + 16;
    }
    struct scan_record *copy = &pendings->queue[pendings->count++];
    *copy = *rec;
    copy->record.raw = arena_str(&pendings->arena, rec->record.raw);
    look->bytes += rec->record.raw.size;
}

static bool look_at(void *context, const struct scan_record *rec)
{
    struct look *look = context;
    if (output_aheads_have(look->aheads, rec))
        return true;
    struct str number = str_from((const char *)&rec->number, sizeof rec->number);
    const struct map_entry *before = map_find(&look->pendings->met, number);
    int64_t since_us = before != NULL ? (int64_t)before->value : look->now_us;
    map_at(&look->met, number, NULL)->value = (uint64_t)since_us;
    int64_t due_us = since_us + OUTPUT_QUIET_US;
    if (due_us <= look->now_us && rec->number <= look->seen && look->bytes < OUTPUT_AHEAD_BYTES) {
        queue_it(look, rec);
        return true;
    }
    if (due_us < look->now_us + STIRRED_US) /* its turn comes */
        due_us = look->now_us + STIRRED_US;
    look->due_us = due_us < look->due_us ? due_us : look->due_us;
    return true;
}

static bool look_around(struct output_pendings *pendings, struct store *store, const struct output_aheads *aheads,
                        uint64_t seen, int64_t now_us, struct err *err)
{
    struct look look = {.pendings = pendings, .aheads = aheads, .seen = seen, .now_us = now_us, .due_us = INT64_MAX};
    arena_reset(&pendings->arena);
    pendings->count = pendings->next = pendings->capacity = 0;
    bool fine = store_pendings(store, look_at, &look, err);
    map_release(&pendings->met);
    pendings->met = look.met;
    pendings->due_us = look.due_us;
    return fine;
}

int output_pendings_next(struct output_pendings *pendings, struct store *store, const struct output_aheads *aheads,
                         uint64_t seen, struct scan_record *ret, struct err *err)
{
    if (pendings->next == pendings->count) {
        int64_t now_us = service_now_us();
        if (now_us < pendings->due_us)
            return 0;
        if (!look_around(pendings, store, aheads, seen, now_us, err))
            return -1;
    }
    if (pendings->next == pendings->count)
        return 0;
    *ret = pendings->queue[pendings->next++];
    return 1;
}
