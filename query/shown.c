#include "query/shown.h"

#include <stdlib.h>

#include "base/hash.h"

struct tail {
    uint64_t offset, hash;
    size_t size;
};

struct shown_source {
    unsigned count;
    struct tail tails[SHOWN_TAILS_MAX];
};

void shown_release(struct shown *shown)
{
    map_release(&shown->places);
    free(shown->sources);
    *shown = (struct shown){0};
}

static struct str key_of(const struct event *event)
{
    return str_from((const char *)&event->source_id, sizeof event->source_id);
}

static uint64_t hash_of(const struct event *event, size_t size)
{
    return hash_bytes(event->record.raw.data, size, 0);
}

static void forget(struct shown_source *source, unsigned at)
{
    source->count--;
    memmove(&source->tails[at], &source->tails[at + 1], (source->count - at) * sizeof *source->tails);
}

void shown_note(struct shown *shown, const struct event *event)
{
    bool is_new;
    struct map_entry *place = map_at(&shown->places, key_of(event), &is_new);
    if (is_new) {
        if (shown->count == shown->capacity) {
            shown->capacity = shown->capacity ? shown->capacity * 2 : 16;
            shown->sources = mem_resize_array(shown->sources, shown->capacity, sizeof *shown->sources);
        }
        place->value = shown->count;
        shown->sources[shown->count++] = (struct shown_source){0};
    }
    struct shown_source *source = &shown->sources[place->value];
    if (source->count == SHOWN_TAILS_MAX)
        forget(source, 0);
    size_t size = event->record.raw.size;
    source->tails[source->count++] =
        (struct tail){.offset = event->record.offset, .hash = hash_of(event, size), .size = size};
}

bool shown_take(struct shown *shown, const struct event *event, size_t *ret_size)
{
    const struct record *rec = &event->record;
    const struct map_entry *place = map_find(&shown->places, key_of(event));
    if (!place)
        return false;
    struct shown_source *source = &shown->sources[place->value];
    bool found = false;
    for (unsigned i = source->count; i-- > 0;) {
        struct tail tail = source->tails[i];
        if (tail.offset < rec->offset || (tail.offset > rec->offset && tail.offset - rec->offset >= rec->raw.size))
            continue; /* before it, or behind it */
        forget(source, i);
        if (tail.offset != rec->offset || tail.size > rec->raw.size || tail.hash != hash_of(event, tail.size))
            continue;
        *ret_size = tail.size;
        found = true;
    }
    return found;
}
