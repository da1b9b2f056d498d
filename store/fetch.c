#include <stdlib.h>

#include "store/handle.h"
#include "store/hot.h"
#include "store/load.h"

/* The blocks looked into last: facts and traces come in order, so neighbours share a block. */
enum { CACHED_BLOCKS = 8 };

struct fetch_cache {
    struct cached {
        struct block block; /* slots == 0: nothing here */
        uint64_t used;      /* clock of the last use */
    } entries[CACHED_BLOCKS];
    uint64_t clock;
    struct buf hot_raw;
};

void fetch_cache_free(struct fetch_cache *cache)
{
    if (cache == NULL)
        return;
    for (unsigned i = 0; i < CACHED_BLOCKS; i++)
        block_release(&cache->entries[i].block);
    buf_release(&cache->hot_raw);
    free(cache);
}

static struct fetch_cache *cache_of(struct store *store)
{
    if (store->cache == NULL) {
        store->cache = mem_alloc(sizeof *store->cache);
        store->cache->hot_raw = BUF(RECORD_BYTES_MAX);
    }
    return store->cache;
}

static bool holds(const struct block *block, uint64_t number)
{
    return number >= block->first_record && number - block->first_record < block->slots;
}

/* The entry that holds the number, else NULL and *ret_oldest is the one to decode into. */
static struct cached *find(struct fetch_cache *cache, uint64_t number, struct cached **ret_oldest)
{
    struct cached *oldest = &cache->entries[0];
    for (unsigned i = 0; i < CACHED_BLOCKS; i++) {
        struct cached *entry = &cache->entries[i];
        if (holds(&entry->block, number))
            return entry;
        if (entry->used < oldest->used)
            oldest = entry;
    }
    *ret_oldest = oldest;
    return NULL;
}

/* 1 found, 0 no, -1 failed. */
static int fetch_hot(struct store *store, uint64_t number, struct scan_record *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "hot_read", err);
    if (stmt == NULL)
        return -1;
    sql_bind_u64(stmt, 1, number);
    int step = sql_step(&store->sql, stmt, err);
    if (step <= 0)
        return step;
    struct buf *raw = &cache_of(store)->hot_raw;
    bool whole = hot_row(stmt, ret);
    if (whole) {
        buf_reset(raw);
        buf_add_str(raw, ret->record.raw);
        ret->record.raw = buf_str(raw);
    }
    sql_rest(stmt);
    if (whole)
        return 1;
    err_set(err, ERR_CORRUPT, 0, "the store '%s': record %llu is damaged", store->path, (unsigned long long)number);
    return -1;
}

static bool missing(struct store *store, uint64_t number, struct err *err)
{
    return err_set(err, ERR_MISSING, 0, "record %llu is not in the store '%s'", (unsigned long long)number,
                   store->path);
}

bool store_fetch(struct store *store, uint64_t number, struct scan_record *ret, struct err *err)
{
    if (number < 1 || number > INT64_MAX)
        return missing(store, number, err);
    struct fetch_cache *cache = cache_of(store);
    struct cached *oldest = NULL;
    struct cached *entry = find(cache, number, &oldest);
    bool hole = entry != NULL && block_is_hole(&entry->block, (uint32_t)(number - entry->block.first_record));
    if (entry == NULL || hole) {
        int hot = fetch_hot(store, number, ret, err);
        if (hot != 0)
            return hot == 1;
        if (hole)
            return missing(store, number, err);
        entry = oldest;
        enum load_result result = load_block_holding(store, number, &entry->block, err);
        if (result != LOAD_DONE) {
            entry->block.slots = 0;
            return result == LOAD_GONE ? missing(store, number, err) : false;
        }
        if (!holds(&entry->block, number) ||
            block_is_hole(&entry->block, (uint32_t)(number - entry->block.first_record)))
            return missing(store, number, err);
    }
    entry->used = ++cache->clock;
    block_record(&entry->block, (uint32_t)(number - entry->block.first_record), ret);
    return true;
}
