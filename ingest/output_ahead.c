#include "ingest/output_ahead.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/must.h"

/* Bytes are the same only with the same end. */
static uint64_t hash_of(const struct record *rec)
{
    return hash_bytes(rec->raw.data, rec->raw.size, rec->flags & (RECORD_NO_NEWLINE | RECORD_PIECE));
}

static struct str copy_key(struct str key)
{
    if (key.data == NULL)
        return STR_ABSENT;
    char *copy = mem_alloc(key.size + 1);
    memcpy(copy, key.data, key.size);
    return str_from(copy, key.size);
}

static struct output_ahead *push(struct output_aheads *aheads, const struct store_ahead *stored)
{
    if (aheads->count == aheads->capacity) {
        aheads->capacity = aheads->capacity ? 2 * aheads->capacity : 16;
        aheads->items = mem_resize_array(aheads->items, aheads->capacity, sizeof *aheads->items);
    }
    struct output_ahead *ahead = &aheads->items[aheads->count++];
    *ahead = (struct output_ahead){.stored = *stored};
    ahead->stored.key = copy_key(stored->key);
    aheads->none_of = 0;
    return ahead;
}

static void mark(struct output_aheads *aheads, int64_t source)
{
    map_at(&aheads->changed, str_from((const char *)&source, sizeof source), NULL);
}

static void free_key(struct output_ahead *ahead)
{
    void *key;
    memcpy(&key, &ahead->stored.key.data, sizeof key);
    free(key);
}

/* Those for which `goes` is true leave. */
static void remove_if(struct output_aheads *aheads, bool (*goes)(const struct output_ahead *, const void *),
                      const void *with)
{
    size_t kept = 0;
    for (size_t i = 0; i < aheads->count; i++) {
        struct output_ahead *ahead = &aheads->items[i];
        if (!goes(ahead, with)) {
            aheads->items[kept++] = *ahead;
            continue;
        }
        if (!ahead->under_way)
            mark(aheads, ahead->stored.source);
        free_key(ahead);
    }
    aheads->count = kept;
}

void output_aheads_init(struct output_aheads *aheads, const struct store_ahead *stored, size_t count)
{
    *aheads = (struct output_aheads){0};
    for (size_t i = 0; i < count; i++)
        push(aheads, &stored[i]);
}

void output_aheads_release(struct output_aheads *aheads)
{
    for (size_t i = 0; i < aheads->count; i++)
        free_key(&aheads->items[i]);
    free(aheads->items);
    map_release(&aheads->changed);
    *aheads = (struct output_aheads){0};
}

bool output_aheads_concern(struct output_aheads *aheads, int64_t source)
{
    if (aheads->count == 0 || source == aheads->none_of)
        return false;
    for (size_t i = 0; i < aheads->count; i++) {
        if (aheads->items[i].stored.source == source)
            return true;
    }
    aheads->none_of = source;
    return false;
}

bool output_aheads_have(const struct output_aheads *aheads, const struct scan_record *rec)
{
    for (size_t i = 0; i < aheads->count; i++) {
        const struct store_ahead *stored = &aheads->items[i].stored;
        if (stored->source != rec->source || stored->offset != rec->record.offset)
            continue;
        if (stored->number == rec->number ||
            (stored->size == rec->record.raw.size && stored->hash == hash_of(&rec->record)))
            return true;
    }
    return false;
}

bool output_aheads_key(const struct output_aheads *aheads, const struct scan_record *rec, struct str *ret_key)
{
    for (size_t i = 0; i < aheads->count; i++) {
        const struct store_ahead *stored = &aheads->items[i].stored;
        if (stored->source != rec->source || stored->offset != rec->record.offset)
            continue;
        *ret_key = stored->key;
        return true;
    }
    return false;
}

static bool is_before(const struct output_ahead *ahead, const void *with)
{
    const struct scan_record *rec = with;
    return ahead->stored.source == rec->source && ahead->stored.number <= rec->number;
}

void output_aheads_end(struct output_aheads *aheads, const struct scan_record *rec)
{
    remove_if(aheads, is_before, rec);
}

void output_aheads_add(struct output_aheads *aheads, const struct scan_record *rec, struct str key, uint64_t token)
{
    const struct store_ahead stored = {
        .source = rec->source,
        .number = rec->number,
        .offset = rec->record.offset,
        .size = rec->record.raw.size,
        .hash = hash_of(&rec->record),
        .key = key,
    };
    struct output_ahead *ahead = push(aheads, &stored);
    ahead->under_way = true;
    ahead->token = token;
}

static bool is_replaced(const struct output_ahead *ahead, const void *with)
{
    const struct store_ahead *by = with;
    return ahead->stored.source == by->source && ahead->stored.offset == by->offset &&
           ahead->stored.number < by->number;
}

void output_aheads_delivered(struct output_aheads *aheads, uint64_t token)
{
    for (size_t i = 0; i < aheads->count; i++) {
        struct output_ahead *ahead = &aheads->items[i];
        if (!ahead->under_way || ahead->token != token)
            continue;
        ahead->under_way = false;
        struct store_ahead by = ahead->stored;
        mark(aheads, by.source);
        remove_if(aheads, is_replaced, &by);
        return;
    }
}

static bool is_under_way(const struct output_ahead *ahead, const void *with)
{
    (void)with;
    return ahead->under_way;
}

void output_aheads_drop(struct output_aheads *aheads)
{
    remove_if(aheads, is_under_way, NULL);
}

size_t output_aheads_changes(struct output_aheads *aheads, struct arena *arena, struct store_ahead **ret)
{
    size_t count = 0;
    struct store_ahead *changes = ARENA_ARRAY(arena, struct store_ahead, aheads->changed.count + aheads->count);
    for (size_t i = 0; i < aheads->count; i++) {
        const struct output_ahead *ahead = &aheads->items[i];
        struct str source = str_from((const char *)&ahead->stored.source, sizeof ahead->stored.source);
        struct map_entry *entry = map_find(&aheads->changed, source);
        if (entry == NULL || ahead->under_way)
            continue;
        entry->value = 1;
        changes[count] = ahead->stored;
        changes[count++].key = arena_str(arena, ahead->stored.key);
    }
    for (size_t i = 0; i < aheads->changed.count; i++) {
        int64_t source;
        memcpy(&source, aheads->changed.entries[i].key.data, sizeof source);
        if (aheads->changed.entries[i].value == 0)
            changes[count++] = (struct store_ahead){.source = source};
    }
    map_reset(&aheads->changed);
    *ret = changes;
    return count;
}

void output_aheads_unchange(struct output_aheads *aheads, const struct store_ahead *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mark(aheads, changes[i].source);
}
