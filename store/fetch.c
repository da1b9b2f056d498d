#include "store/fetch.h"

#include <stdlib.h>

#include "store/hot.h"

enum {
    CACHED_BLOCKS = 8,
    SLOT_BYTES = 128 /* of memory that a block takes for each of its slots, about */
};

struct fetch_cache {
    struct cached {
        struct load load;   /* what the block is read from */
        struct block block; /* slots == 0: nothing here */
        uint64_t used;      /* clock of the last use */
    } entries[CACHED_BLOCKS];
    uint64_t clock;
    struct buf raw; /* of the record fetched last */
};

void fetch_cache_free(struct fetch_cache *cache)
{
    if (cache == NULL)
        return;
    for (unsigned i = 0; i < CACHED_BLOCKS; i++) {
        block_release(&cache->entries[i].block);
        load_release(&cache->entries[i].load);
    }
    buf_release(&cache->raw);
    free(cache);
}

static struct fetch_cache *cache_of(struct store *store)
{
    if (store->cache == NULL) {
        store->cache = mem_alloc(sizeof *store->cache);
        store->cache->raw = BUF(BLOCK_TEXT_MAX);
    }
    return store->cache;
}

static bool holds(const struct block *block, uint64_t number)
{
    return number >= block->first_record && number - block->first_record < block->slots;
}

/* The entry used longest ago, empty. */
static struct cached *make_room(struct fetch_cache *cache)
{
    struct cached *oldest = &cache->entries[0];
    for (unsigned i = 1; i < CACHED_BLOCKS; i++)
        if (cache->entries[i].used < oldest->used)
            oldest = &cache->entries[i];
    oldest->block.slots = 0;
    oldest->used = 0;
    return oldest;
}

/* Decodes what was loaded. */
static enum load_result keep(struct store *store, struct fetch_cache *cache, struct cached *entry, struct err *err)
{
    struct err why = {0};
    arena_expect(&entry->block.arena, (size_t)entry->load.row.slots * SLOT_BYTES);
    if (block_decode(&entry->block, &entry->load.row, &why)) {
        block_open(&entry->block);
        entry->used = ++cache->clock;
        return LOAD_DONE;
    }
    entry->block.slots = 0;
    err_set(err, why.kind, 0, "%s", why.text);
    err_within(err, "the store '%s'", store->path);
    return LOAD_DAMAGED;
}

enum load_result fetch_block(struct store *store, int64_t id, struct block **ret, struct err *err)
{
    struct fetch_cache *cache = cache_of(store);
    for (unsigned i = 0; i < CACHED_BLOCKS; i++) {
        struct cached *entry = &cache->entries[i];
        if (entry->block.slots > 0 && entry->block.id == id) {
            entry->used = ++cache->clock;
            *ret = &entry->block;
            return LOAD_DONE;
        }
    }
    struct cached *entry = make_room(cache);
    enum load_result result = load_block(store, id, &entry->load, err);
    result = result == LOAD_DONE ? keep(store, cache, entry, err) : result;
    if (result == LOAD_DONE)
        *ret = &entry->block;
    return result;
}

/* The entry that holds the number, or NULL. */
static struct cached *find(struct fetch_cache *cache, uint64_t number)
{
    for (unsigned i = 0; i < CACHED_BLOCKS; i++)
        if (holds(&cache->entries[i].block, number))
            return &cache->entries[i];
    return NULL;
}

static bool missing(struct store *store, uint64_t number, struct err *err)
{
    return err_set(err, ERR_MISSING, 0, "record %llu is not in the store '%s'", (unsigned long long)number,
                   store->path);
}

static bool fetch_from(struct store *store, struct cached *entry, uint64_t number, bool offset, struct scan_record *ret,
                       struct err *err)
{
    struct fetch_cache *cache = store->cache;
    struct block *block = &entry->block;
    uint32_t slot = (uint32_t)(number - block->first_record);
    entry->used = ++cache->clock;
    buf_reset(&cache->raw);
    uint64_t at = 0;
    if (!block_slot_text(block, slot, &cache->raw, err) || (offset && !block_slot_offset(block, slot, &at, err)))
        return err_within(err, "the store '%s'", store->path);
    block_record_of(block, slot, buf_str(&cache->raw), ret);
    ret->record.offset = at;
    return true;
}

bool store_fetch(struct store *store, uint64_t number, bool offset, struct scan_record *ret, struct err *err)
{
    if (number < 1 || number > INT64_MAX)
        return missing(store, number, err);
    struct fetch_cache *cache = cache_of(store);
    struct cached *entry = find(cache, number);
    bool hole = entry != NULL && block_is_hole(&entry->block, (uint32_t)(number - entry->block.first_record));
    if (entry == NULL || hole) {
        int hot = hot_read(store, number, &cache_of(store)->raw, ret, err);
        if (hot != 0)
            return hot == 1;
        if (hole)
            return missing(store, number, err);
        entry = make_room(cache);
        enum load_result result = load_block_holding(store, number, &entry->load, err);
        result = result == LOAD_DONE ? keep(store, cache, entry, err) : result;
        if (result != LOAD_DONE)
            return result == LOAD_GONE ? missing(store, number, err) : false;
        if (!holds(&entry->block, number) ||
            block_is_hole(&entry->block, (uint32_t)(number - entry->block.first_record)))
            return missing(store, number, err);
    }
    return fetch_from(store, entry, number, offset, ret, err);
}
