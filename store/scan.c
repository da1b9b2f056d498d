#include <stdlib.h>

#include "base/must.h"
#include "store/handle.h"
#include "store/hot.h"
#include "store/load.h"
#include "store/segment.h"
#include "store/word.h"

/* A scan lists at its start, in one short read, the blocks there are and the hot records it wants. From then on it reads
 * block by block, each in a short read of its own, so that it never keeps the write-ahead log from starting anew. The hot
 * records are copied at the start because a later commit may replace them; memory for them is bounded by the number of
 * sources. A block is decided on in this order, cheapest first: source, time, word, then its times and sources, then its
 * text. */

struct listed_block {
    int64_t id;
    uint64_t first_record;
    uint32_t slots;
    bool wanted; /* one of the sources asked is in it */
    uint32_t timeless;
    int64_t time_min, time_max;
    enum word_found word; /* what the index says of the word asked; WORD_DAMAGED: nothing */
};

struct scan {
    struct store *store;
    struct arena arena;
    int64_t since_us, until_us;
    bool timed; /* since or until is given */
    int64_t *sources;
    size_t source_count;
    bool all_sources;
    struct str literal; /* size 0: none */
    bool by_word;
    uint32_t fingerprint;
    struct listed_block *blocks;
    size_t block_count, block_capacity, block_at;
    struct scan_record *hot;
    size_t hot_count, hot_capacity, hot_at;
    struct block block;       /* the one being read, */
    bool open;                /* if any; its text is there */
    uint32_t slot;            /* next in it */
    struct scan_record found; /* the next record of the blocks, if have */
    bool have;
    struct scan_counts counts;
};

/* ---- What is wanted -------------------------------------------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool wants_source(const struct scan *scan, int64_t source)
{
    return scan->all_sources || (scan->source_count > 0 && bsearch(&source, scan->sources, scan->source_count,
                                                                   sizeof *scan->sources, compare_ids) != NULL);
}

static bool wants_time(const struct scan *scan, int64_t time_us)
{
    if (!scan->timed)
        return true;
    return time_us != TIME_NONE && (scan->since_us == TIME_NONE || time_us >= scan->since_us) &&
           (scan->until_us == TIME_NONE || time_us < scan->until_us);
}

static bool wants_span(const struct scan *scan, int64_t time_min, int64_t time_max)
{
    if (!scan->timed)
        return true;
    return time_min != TIME_NONE && time_max != TIME_NONE &&
           (scan->since_us == TIME_NONE || time_max >= scan->since_us) &&
           (scan->until_us == TIME_NONE || time_min < scan->until_us);
}

/* ---- The snapshot ------------------------------------------------------------------------------------------------------ */

/* A row that cannot be, or stands across another block, is damage; the rest still answers. */
static bool take_listed(const struct scan *scan, struct sqlite3_stmt *stmt, struct listed_block *ret)
{
    int64_t id = sql_i64(stmt, 0), first = sql_i64(stmt, 1), slots = sql_i64(stmt, 2), timeless = sql_i64(stmt, 3);
    if (id < 1 || first < 1 || first > INT64_MAX - BATCH_RECORDS_MAX || slots < 1 || slots > BATCH_RECORDS_MAX ||
        timeless < 0 || timeless > slots)
        return false;
    if (scan->block_count > 0) {
        const struct listed_block *before = &scan->blocks[scan->block_count - 1];
        if (id <= before->id || (uint64_t)first < before->first_record + before->slots)
            return false;
    }
    *ret = (struct listed_block){
        .id = id,
        .first_record = (uint64_t)first,
        .slots = (uint32_t)slots,
        .wanted = scan->all_sources,
        .timeless = (uint32_t)timeless,
        .time_min = sql_time(stmt, 4),
        .time_max = sql_time(stmt, 5),
        .word = WORD_DAMAGED,
    };
    return true;
}

static bool list_blocks(struct scan *scan, struct err *err)
{
    struct sql *sql = &scan->store->sql;
    struct sqlite3_stmt *stmt = sql_use(sql, "block_list", err);
    if (stmt == NULL)
        return false;
    int step;
    while ((step = sql_step(sql, stmt, err)) == 1) {
        scan->counts.blocks++;
        if (scan->block_count == scan->block_capacity) {
            scan->block_capacity = scan->block_capacity ? scan->block_capacity * 2 : 64;
            scan->blocks = mem_resize_array(scan->blocks, scan->block_capacity, sizeof *scan->blocks);
        }
        if (take_listed(scan, stmt, &scan->blocks[scan->block_count]))
            scan->block_count++;
        else
            scan->counts.blocks_damaged++;
    }
    return step == 0;
}

static int compare_listed(const void *id, const void *listed)
{
    int64_t x = *(const int64_t *)id, y = ((const struct listed_block *)listed)->id;
    return (x > y) - (x < y);
}

static bool choose_by_source(struct scan *scan, struct err *err)
{
    struct sql *sql = &scan->store->sql;
    for (size_t i = 0; i < scan->source_count; i++) {
        struct sqlite3_stmt *stmt = sql_use(sql, "run_blocks", err);
        if (stmt == NULL)
            return false;
        sql_bind_i64(stmt, 1, scan->sources[i]);
        int step;
        while ((step = sql_step(sql, stmt, err)) == 1) {
            int64_t id = sql_i64(stmt, 0);
            struct listed_block *block =
                bsearch(&id, scan->blocks, scan->block_count, sizeof *scan->blocks, compare_listed);
            if (block != NULL)
                block->wanted = true;
        }
        if (step < 0)
            return false;
    }
    return true;
}

/* What the index says of some blocks. */
static void hear_index(void *context, int64_t first_block, unsigned count, uint64_t holders)
{
    struct scan *scan = context;
    size_t low = 0, high = scan->block_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (scan->blocks[middle].id < first_block)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < scan->block_count && scan->blocks[low].id - first_block < count; low++) {
        bool holds = holders >> (scan->blocks[low].id - first_block) & 1;
        scan->blocks[low].word = holds ? WORD_PRESENT : WORD_ABSENT;
    }
    scan->counts.index_used = true;
}

/* A damaged index says nothing; the blocks are read instead. */
static bool choose_by_word(struct scan *scan, struct err *err)
{
    struct err why = {0};
    if (!scan->by_word || segment_ask(scan->store, scan->fingerprint, hear_index, scan, &why) ||
        why.kind == ERR_CORRUPT)
        return true;
    return err_set(err, why.kind, 0, "%s", why.text);
}

static bool wants_hot(struct scan *scan, const struct scan_record *rec)
{
    if (!wants_source(scan, rec->source))
        return false;
    if (scan->literal.size > 0 && str_find(rec->record.raw, scan->literal) == STR_NONE)
        return false;
    if (wants_time(scan, rec->record.time_us))
        return true;
    scan->counts.records_without_time += rec->record.time_us == TIME_NONE;
    return false;
}

static bool copy_hot(struct scan *scan, struct err *err)
{
    struct sql *sql = &scan->store->sql;
    struct sqlite3_stmt *stmt = sql_use(sql, "hot_list", err);
    if (stmt == NULL)
        return false;
    int step;
    while ((step = sql_step(sql, stmt, err)) == 1) {
        struct scan_record rec;
        if (!hot_row(stmt, &rec)) {
            scan->counts.blocks_damaged++;
            continue;
        }
        if (!wants_hot(scan, &rec))
            continue;
        if (scan->hot_count == scan->hot_capacity) {
            scan->hot_capacity = scan->hot_capacity ? scan->hot_capacity * 2 : 16;
            scan->hot = mem_resize_array(scan->hot, scan->hot_capacity, sizeof *scan->hot);
        }
        rec.record.raw = arena_str(&scan->arena, rec.record.raw);
        scan->hot[scan->hot_count++] = rec;
    }
    return step == 0;
}

static void take_ask(struct scan *scan, const struct scan_ask *ask)
{
    scan->since_us = ask->since_us;
    scan->until_us = ask->until_us;
    scan->timed = ask->since_us != TIME_NONE || ask->until_us != TIME_NONE;
    scan->all_sources = ask->sources == NULL;
    if (ask->sources != NULL && ask->source_count > 0) {
        scan->sources = ARENA_ARRAY(&scan->arena, int64_t, ask->source_count);
        memcpy(scan->sources, ask->sources, ask->source_count * sizeof *ask->sources);
        scan->source_count = ask->source_count;
        qsort(scan->sources, scan->source_count, sizeof *scan->sources, compare_ids);
    }
    scan->by_word = ask->word.data != NULL && store_word_indexable(ask->word);
    if (scan->by_word)
        scan->fingerprint = word_fingerprint(ask->word);
    struct str literal = ask->literal.size > 0 ? ask->literal : ask->word;
    scan->literal = arena_str(&scan->arena, literal);
}

struct scan *scan_new(struct store *store, const struct scan_ask *ask, struct err *err)
{
    struct scan *scan = mem_alloc(sizeof *scan);
    scan->store = store;
    take_ask(scan, ask);
    bool ok = sql_run(&store->sql, "begin_read", err);
    if (ok) {
        ok = list_blocks(scan, err) && (scan->all_sources || choose_by_source(scan, err)) &&
             choose_by_word(scan, err) && copy_hot(scan, err);
        ok = sql_run(&store->sql, "commit", ok ? err : NULL) && ok;
    }
    if (ok)
        return scan;
    scan_free(scan);
    return NULL;
}

void scan_free(struct scan *scan)
{
    if (scan == NULL)
        return;
    block_release(&scan->block);
    arena_release(&scan->arena);
    free(scan->blocks);
    free(scan->hot);
    free(scan);
}

struct scan_counts scan_counts(const struct scan *scan)
{
    return scan->counts;
}

/* ---- Within a block ---------------------------------------------------------------------------------------------------- */

/* The first slot from `from` on whose text holds the literal, or slots. */
static uint32_t find_literal(const struct scan *scan, uint32_t from)
{
    const struct block *block = &scan->block;
    struct str text = buf_str(&block->text);
    size_t at = block->starts[from];
    for (;;) {
        size_t hit = str_find(str_slice(text, at, text.size), scan->literal);
        if (hit == STR_NONE)
            return block->slots;
        at += hit;
        uint32_t low = from, high = block->slots; /* starts[low] <= at < starts[high] */
        while (high - low > 1) {
            uint32_t middle = low + (high - low) / 2;
            if (block->starts[middle] <= at)
                low = middle;
            else
                high = middle;
        }
        if (at + scan->literal.size <= block->starts[low + 1])
            return low;
        at = block->starts[low + 1]; /* it stands across two records, and so would a later one in this record */
    }
}

/* Moves to the next record wanted of the block; its text is there. */
static bool next_in_block(struct scan *scan)
{
    const struct block *block = &scan->block;
    while (scan->slot < block->slots) {
        if (scan->literal.size > 0)
            scan->slot = find_literal(scan, scan->slot);
        if (scan->slot == block->slots)
            break;
        uint32_t slot = scan->slot++;
        if (block_is_hole(block, slot) || !wants_source(scan, block_run_of(block, slot)->source))
            continue;
        if (!wants_time(scan, block->times[slot])) {
            scan->counts.records_without_time += block->times[slot] == TIME_NONE;
            continue;
        }
        block_record(block, slot, &scan->found);
        return true;
    }
    return false;
}

/* Whether the text must be inflated: some record may be wanted, by all that is known without it. If not, the records left
 * out for want of a time are counted here; with a literal they need the text, to tell whether they hold it. */
static bool wants_text(void *context, const struct block *block)
{
    struct scan *scan = context;
    uint64_t timeless = 0;
    for (uint32_t slot = 0; slot < block->slots; slot++) {
        if (block_is_hole(block, slot) || !wants_source(scan, block_run_of(block, slot)->source))
            continue;
        if (wants_time(scan, block->times[slot]))
            return true;
        timeless += block->times[slot] == TIME_NONE;
    }
    if (timeless > 0 && scan->literal.size > 0)
        return true;
    scan->counts.records_without_time += timeless;
    return false;
}

/* ---- From block to block ----------------------------------------------------------------------------------------------- */

/* Decodes the block if it may hold something wanted; scan->open tells. False: err. */
static bool open_block(struct scan *scan, const struct listed_block *listed, struct err *err)
{
    if (!listed->wanted)
        return true;
    if (!wants_span(scan, listed->time_min, listed->time_max)) {
        bool simple = scan->all_sources && scan->literal.size == 0; /* then the row tells who is left out */
        if (simple)
            scan->counts.records_without_time += listed->timeless;
        if (simple || listed->timeless == 0)
            return true;
    }
    if (listed->word == WORD_ABSENT)
        return true;
    struct err why = {0};
    switch (load_block(scan->store, listed->id, wants_text, scan, &scan->block, &why)) {
    case LOAD_GONE:
        scan->counts.blocks_gone++;
        return true;
    case LOAD_DAMAGED:
        scan->counts.blocks_damaged++;
        return true;
    case LOAD_FAILED:
        return err_set(err, why.kind, 0, "%s", why.text);
    case LOAD_DONE:
        break;
    }
    /* It must be where the list says, or records would come out of order. */
    if (scan->block.first_record != listed->first_record || scan->block.slots != listed->slots) {
        scan->counts.blocks_damaged++;
        return true;
    }
    scan->counts.blocks_read++;
    scan->slot = 0;
    scan->open = scan->block.has_text;
    return true;
}

/* Fills found with the next record of the blocks, if there is one. False: err. */
static bool find_next(struct scan *scan, struct err *err)
{
    while (!scan->have) {
        if (scan->open && next_in_block(scan)) {
            scan->have = true;
            break;
        }
        scan->open = false;
        if (scan->block_at == scan->block_count)
            break;
        if (!open_block(scan, &scan->blocks[scan->block_at++], err))
            return false;
    }
    return true;
}

int scan_next(struct scan *scan, struct scan_record *ret, struct err *err)
{
    if (!find_next(scan, err))
        return -1;
    if (scan->hot_at < scan->hot_count && (!scan->have || scan->hot[scan->hot_at].number < scan->found.number)) {
        *ret = scan->hot[scan->hot_at++];
        return 1;
    }
    if (!scan->have)
        return 0;
    *ret = scan->found;
    scan->have = false;
    return 1;
}
