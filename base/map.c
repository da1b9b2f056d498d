#include "base/map.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/must.h"

enum { SLOTS_MIN = 16 };

void map_release(struct map *map)
{
    free(map->entries);
    free(map->slots);
    arena_release(&map->keys);
    *map = (struct map){0};
}

void map_reset(struct map *map)
{
    if (map->count > 0)
        memset(map->slots, 0, map->slot_count * sizeof *map->slots);
    map->count = 0;
    arena_reset(&map->keys);
}

/* The slot that holds the key, or the free slot where it would go. */
static size_t slot_of(const struct map *map, struct str key, uint64_t hash)
{
    size_t mask = map->slot_count - 1;
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        uint32_t slot = map->slots[at];
        if (slot == 0)
            return at;
        const struct map_entry *entry = &map->entries[slot - 1];
        if (entry->hash == hash && str_equal(entry->key, key))
            return at;
    }
}

/* Doubles the slots; they stay at most half full so that probes are short. */
static void grow_slots(struct map *map)
{
    size_t slot_count = map->slot_count ? map->slot_count * 2 : SLOTS_MIN;
    free(map->slots);
    must(slot_count <= SIZE_MAX / sizeof *map->slots);
    map->slots = mem_alloc(slot_count * sizeof *map->slots);
    map->slot_count = slot_count;
    size_t mask = slot_count - 1;
    for (size_t i = 0; i < map->count; i++) {
        size_t at = (size_t)map->entries[i].hash & mask;
        while (map->slots[at] != 0)
            at = (at + 1) & mask;
        map->slots[at] = (uint32_t)(i + 1);
    }
}

struct map_entry *map_find(const struct map *map, struct str key)
{
    if (map->count == 0)
        return NULL;
    uint32_t slot = map->slots[slot_of(map, key, hash_bytes(key.data, key.size, hash_secret()))];
    return slot ? &map->entries[slot - 1] : NULL;
}

struct map_entry *map_at(struct map *map, struct str key, bool *ret_new)
{
    uint64_t hash = hash_bytes(key.data, key.size, hash_secret());
    if (map->slot_count < 2 * (map->count + 1))
        grow_slots(map);
    size_t at = slot_of(map, key, hash);
    bool is_new = map->slots[at] == 0;
    if (ret_new != NULL)
        *ret_new = is_new;
    if (!is_new)
        return &map->entries[map->slots[at] - 1];

    must(map->count < UINT32_MAX - 1);
    if (map->count == map->capacity) {
        map->capacity = map->capacity ? map->capacity * 2 : SLOTS_MIN / 2;
        map->entries = mem_resize_array(map->entries, map->capacity, sizeof *map->entries);
    }
    struct map_entry *entry = &map->entries[map->count++];
    *entry = (struct map_entry){.key = arena_str(&map->keys, key), .hash = hash, .value = 0};
    map->slots[at] = (uint32_t)map->count;
    return entry;
}

static int compare_keys(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

struct str *map_keys(const struct map *map, struct arena *arena)
{
    struct str *keys = ARENA_ARRAY(arena, struct str, map->count + 1);
    for (size_t i = 0; i < map->count; i++)
        keys[i] = map->entries[i].key;
    if (map->count > 1)
        qsort(keys, map->count, sizeof *keys, compare_keys);
    return keys;
}
