#include "ingest/output_ahead.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/must.h"

enum { GONE, KEPT, ENDS }; /* of a source that is marked */

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
        aheads->ending -= ahead->ending > 0;
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
    if (aheads->count == aheads->ending || source == aheads->none_of)
        return false;
    for (size_t i = 0; i < aheads->count; i++) {
        if (aheads->items[i].stored.source == source && aheads->items[i].ending == 0)
            return true;
    }
    aheads->none_of = source;
    return false;
}

/* Of the same place, and not ended by a record before it. */
static bool is_of(const struct output_ahead *ahead, const struct scan_record *rec)
{
    return ahead->stored.source == rec->source && ahead->stored.offset == rec->record.offset &&
           (ahead->ending == 0 || ahead->ending >= rec->number);
}

bool output_aheads_have(const struct output_aheads *aheads, const struct scan_record *rec)
{
    for (size_t i = 0; i < aheads->count; i++) {
        const struct store_ahead *stored = &aheads->items[i].stored;
        if (!is_of(&aheads->items[i], rec))
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
        if (!is_of(&aheads->items[i], rec))
            continue;
        *ret_key = aheads->items[i].stored.key;
        return true;
    }
    return false;
}

void output_aheads_end(struct output_aheads *aheads, const struct scan_record *rec)
{
    for (size_t i = 0; i < aheads->count; i++) {
        struct output_ahead *ahead = &aheads->items[i];
        if (ahead->stored.source != rec->source || ahead->stored.number > rec->number || ahead->ending > 0)
            continue;
        ahead->ending = rec->number;
        aheads->ending++;
    }
}

static bool is_passed(const struct output_ahead *ahead, const void *with)
{
    const uint64_t *position = with;
    return ahead->ending > 0 && ahead->ending <= *position;
}

void output_aheads_pass(struct output_aheads *aheads, uint64_t position)
{
    if (aheads->ending > 0)
        remove_if(aheads, is_passed, &position);
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
    for (size_t i = 0; i < aheads->count; i++)
        aheads->items[i].ending = 0;
    aheads->ending = 0;
    aheads->none_of = 0;
}

/* The store keeps one of each source. That which ends goes first: it marks its source when it leaves, and the next one's turn comes. */
size_t output_aheads_changes(struct output_aheads *aheads, struct arena *arena, struct store_ahead **ret)
{
    size_t count = 0;
    struct store_ahead *changes = ARENA_ARRAY(arena, struct store_ahead, aheads->changed.count + aheads->count);
    for (size_t i = 0; i < 2 * aheads->count; i++) {
        bool ends = i < aheads->count;
        const struct output_ahead *ahead = &aheads->items[ends ? i : i - aheads->count];
        struct str source = str_from((const char *)&ahead->stored.source, sizeof ahead->stored.source);
        struct map_entry *entry = map_find(&aheads->changed, source);
        if (entry == NULL || ahead->under_way || ends != (ahead->ending > 0) || entry->value == ENDS)
            continue;
        entry->value = ends ? ENDS : KEPT;
        changes[count] = ahead->stored;
        changes[count++].key = arena_str(arena, ahead->stored.key);
    }
    for (size_t i = 0; i < aheads->changed.count; i++) {
        int64_t source;
        memcpy(&source, aheads->changed.entries[i].key.data, sizeof source);
        if (aheads->changed.entries[i].value == GONE)
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
