#include "query/kept.h"

#include <stdlib.h>

void kept_release(struct kept *kept)
{
    map_release(&kept->places);
    arena_release(&kept->arena);
    free(kept->records);
    *kept = (struct kept){0};
}

void kept_add(struct kept *kept, const struct scan_record *rec)
{
    bool is_new;
    struct map_entry *place = map_at(&kept->places, str_from((const char *)&rec->number, sizeof rec->number), &is_new);
    if (!is_new)
        return;
    if (kept->count == kept->capacity) {
        kept->capacity = kept->capacity ? kept->capacity * 2 : 16;
        kept->records = mem_resize_array(kept->records, kept->capacity, sizeof *kept->records);
    }
    place->value = kept->count;
    kept->records[kept->count] = *rec;
    kept->records[kept->count++].record.raw = arena_str(&kept->arena, rec->record.raw);
}

const struct scan_record *kept_find(const struct kept *kept, uint64_t number)
{
    if (kept->count == 0)
        return NULL;
    const struct map_entry *place = map_find(&kept->places, str_from((const char *)&number, sizeof number));
    return place ? &kept->records[place->value] : NULL;
}
