/* struct map: bytes -> uint64_t, insertion-ordered. Keys are copied. Hashing is seeded per process so that log content
 * cannot choose collisions. Zero-initialised = empty. One thread at a time. */
#ifndef WINNOW_BASE_MAP_H
#define WINNOW_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

struct map_entry {
    struct str key;
    uint64_t hash;
    uint64_t value;
};

struct map {
    struct map_entry *entries; /* entries[0..count-1], in order of insertion */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* open addressing: entry index + 1, 0 is free */
    size_t slot_count;
    struct arena keys;
};

void map_release(struct map *map);
void map_reset(struct map *map); /* empties, keeps the memory */
/* The entry of the key, or NULL. Valid until the next insertion. */
struct map_entry *map_find(const struct map *map, struct str key);
/* Finds or inserts (value 0); *ret_new tells which and may be NULL. Valid until the next insertion. */
struct map_entry *map_at(struct map *map, struct str key, bool *ret_new);
/* Its keys, sorted; in arena, while the map lives. */
struct str *map_keys(const struct map *map, struct arena *arena);

#endif
