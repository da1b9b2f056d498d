#include "store/segment.h"

#include <stdlib.h>

#include "base/must.h"

enum { REMAINDER_BITS = FINGERPRINT_BITS - SEGMENT_BUCKET_BITS, BUCKET_BYTES_MAX = 64 << 20 };
_Static_assert(REMAINDER_BITS + 6 <= 32 && SEGMENT_BLOCKS == 1 << 6, "an entry must fit");

/* All fingerprints of a segment's blocks, each with its block, by bucket. */
struct gathered {
    struct words lists[SEGMENT_BLOCKS];
    uint32_t *entries;
    size_t starts[SEGMENT_BUCKETS + 1];
};

static void gathered_release(struct gathered *g)
{
    for (unsigned i = 0; i < SEGMENT_BLOCKS; i++)
        words_release(&g->lists[i]);
    free(g->entries);
}

/* The parts of some blocks' lists, read in order. */
struct parts {
    struct words *lists; /* of first_block and those behind it */
    int64_t first_block;
    uint32_t ends[SEGMENT_BLOCKS]; /* of the parts read; 0: none yet */
    int64_t damaged;               /* a block with a part that is not sound, or 0 */
};

static bool read_parts(struct store *store, struct parts *parts, struct err *err)
{
    if (parts->first_block < 1 || parts->first_block > SEGMENT_BLOCK_MAX - SEGMENT_BLOCKS + 1)
        return true; /* such blocks have none */
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "block_word_range", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, parts->first_block);
    sql_bind_i64(stmt, 2, parts->first_block + SEGMENT_BLOCKS - 1);
    int step;
    while ((step = sql_step(&store->sql, stmt, err)) == 1) {
        int64_t block = sql_i64(stmt, 0) - parts->first_block, begin = sql_i64(stmt, 1);
        if (!words_add_part(&parts->lists[block], &parts->ends[block], (uint32_t)begin, sql_str(stmt, 2)))
            parts->damaged = parts->first_block + block;
    }
    return step == 0;
}

/* False without err->kind when a list is missing or damaged. */
static bool read_lists(struct store *store, int64_t first, struct gathered *g, struct err *err)
{
    struct parts parts = {.lists = g->lists, .first_block = first};
    if (!read_parts(store, &parts, err))
        return false;
    unsigned whole = 0;
    for (unsigned i = 0; i < SEGMENT_BLOCKS; i++)
        whole += parts.ends[i] == FINGERPRINTS;
    return parts.damaged == 0 && whole == SEGMENT_BLOCKS;
}

static int compare_entries(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void sort_entries(struct gathered *g)
{
    for (unsigned b = 0; b < SEGMENT_BLOCKS; b++)
        for (size_t i = 0; i < g->lists[b].count; i++)
            g->starts[(g->lists[b].values[i] >> REMAINDER_BITS) + 1]++;
    for (size_t k = 0; k < SEGMENT_BUCKETS; k++)
        g->starts[k + 1] += g->starts[k];
    size_t *next = mem_resize_array(NULL, SEGMENT_BUCKETS, sizeof *next);
    memcpy(next, g->starts, SEGMENT_BUCKETS * sizeof *next);
    g->entries = mem_resize_array(NULL, g->starts[SEGMENT_BUCKETS] + 1, sizeof *g->entries);
    for (unsigned b = 0; b < SEGMENT_BLOCKS; b++) {
        for (size_t i = 0; i < g->lists[b].count; i++) {
            uint32_t value = g->lists[b].values[i];
            uint32_t remainder = value & ((UINT32_C(1) << REMAINDER_BITS) - 1);
            g->entries[next[value >> REMAINDER_BITS]++] = remainder * SEGMENT_BLOCKS + b;
        }
    }
    free(next);
    for (size_t k = 0; k < SEGMENT_BUCKETS; k++)
        qsort(g->entries + g->starts[k], g->starts[k + 1] - g->starts[k], sizeof *g->entries, compare_entries);
}

static bool write_buckets(struct store *store, int64_t segment, const struct gathered *g, struct err *err)
{
    SCOPED(buf) packed = BUF(BUCKET_BYTES_MAX);
    for (uint32_t k = 0; k < SEGMENT_BUCKETS; k++) {
        buf_reset(&packed);
        numbers_pack(g->entries + g->starts[k], g->starts[k + 1] - g->starts[k], &packed);
        struct sqlite3_stmt *stmt = sql_use(&store->sql, "word_bucket_insert", err);
        if (stmt == NULL)
            return false;
        sql_bind_i64(stmt, 1, k);
        sql_bind_i64(stmt, 2, segment);
        sql_bind_blob(stmt, 3, buf_str(&packed));
        if (!sql_do(&store->sql, stmt, err))
            return false;
    }
    return true;
}

static bool make_segment(struct store *store, int64_t segment, struct err *err)
{
    __attribute__((cleanup(gathered_release))) struct gathered g = {0};
    int64_t first = segment * SEGMENT_BLOCKS + 1;
    struct err why = {0};
    if (!read_lists(store, first, &g, &why))
        return why.kind == ERR_NONE || err_set(err, why.kind, 0, "%s", why.text);
    sort_entries(&g);
    if (!write_buckets(store, segment, &g, err))
        return false;
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "block_word_delete", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, first);
    sql_bind_i64(stmt, 2, first + SEGMENT_BLOCKS - 1);
    return sql_do(&store->sql, stmt, err);
}

bool segment_add(struct store *store, int64_t block, struct str list, struct err *err)
{
    uint32_t begin;
    struct str part;
    must(block <= SEGMENT_BLOCK_MAX);
    while (words_take_part(&list, &begin, &part)) {
        struct sqlite3_stmt *stmt = sql_use(&store->sql, "block_word_insert", err);
        if (stmt == NULL)
            return false;
        sql_bind_i64(stmt, 1, block);
        sql_bind_i64(stmt, 2, begin);
        sql_bind_blob(stmt, 3, part);
        if (!sql_do(&store->sql, stmt, err))
            return false;
    }
    return block % SEGMENT_BLOCKS != 0 || make_segment(store, block / SEGMENT_BLOCKS - 1, err);
}

/* The lists of the blocks that are in no segment yet, newest first: of each the part that begins last at or before the fingerprint. */
static bool ask_lists(struct store *store, uint32_t fingerprint, segment_hear *hear, void *context, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "block_word_find", err);
    int64_t wanted = SEGMENT_BLOCK_MAX; /* block */
    int step = stmt == NULL ? -1 : 1;
    while (step == 1 && wanted > 0) {
        sql_bind_i64(stmt, 1, wanted);
        sql_bind_i64(stmt, 2, fingerprint);
        if ((step = sql_step(&store->sql, stmt, err)) != 1)
            break;
        int64_t block = sql_i64(stmt, 0), begin = sql_i64(stmt, 1);
        if (block != wanted) { /* it has no such part: on with the next block that has any */
            wanted = block < wanted ? block : 0;
        } else {
            enum word_found found = word_find(sql_str(stmt, 2), (uint32_t)begin, fingerprint);
            if (found != WORD_DAMAGED)
                hear(context, block, 1, found == WORD_PRESENT);
            wanted--;
        }
        sql_rest(stmt);
    }
    return step >= 0;
}

bool segment_ask(struct store *store, uint32_t fingerprint, segment_hear *hear, void *context, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "word_bucket_read", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, fingerprint >> REMAINDER_BITS);
    uint32_t remainder = fingerprint & ((UINT32_C(1) << REMAINDER_BITS) - 1);
    SCOPED(words) entries = {0};
    int step;
    while ((step = sql_step(&store->sql, stmt, err)) == 1) {
        int64_t segment = sql_i64(stmt, 0);
        if (segment < 0 || segment > INT64_MAX / SEGMENT_BLOCKS - 1 || !numbers_unpack(sql_str(stmt, 1), &entries))
            continue;
        uint64_t holders = 0;
        for (size_t i = 0; i < entries.count; i++)
            if (entries.values[i] / SEGMENT_BLOCKS == remainder)
                holders |= UINT64_C(1) << entries.values[i] % SEGMENT_BLOCKS;
        hear(context, segment * SEGMENT_BLOCKS + 1, SEGMENT_BLOCKS, holders);
    }
    return step == 0 && ask_lists(store, fingerprint, hear, context, err);
}

/* ---- Everything, for verify ------------------------------------------------------------------------------------------ */

static void add_value(struct words *list, uint32_t value)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 1024;
        list->values = mem_resize_array(list->values, list->capacity, sizeof *list->values);
    }
    list->values[list->count++] = value;
}

/* 1: the row is there, 0: it is not, -1: err. */
static int read_bucket(struct store *store, uint32_t bucket, int64_t segment, struct words *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "word_bucket_of", err);
    if (stmt == NULL)
        return -1;
    sql_bind_i64(stmt, 1, bucket);
    sql_bind_i64(stmt, 2, segment);
    int step = sql_step(&store->sql, stmt, err);
    if (step <= 0)
        return step;
    bool sound = numbers_unpack(sql_str(stmt, 0), ret);
    sql_rest(stmt);
    if (sound)
        return 1;
    err_set(err, ERR_CORRUPT, 0, "bucket %lu is damaged", (unsigned long)bucket);
    return -1;
}

static bool read_growing(struct store *store, int64_t segment, struct words lists[SEGMENT_BLOCKS], struct err *err)
{
    struct parts parts = {.lists = lists, .first_block = segment * SEGMENT_BLOCKS + 1};
    if (!read_parts(store, &parts, err))
        return false;
    for (unsigned i = 0; i < SEGMENT_BLOCKS && parts.damaged == 0; i++)
        if (parts.ends[i] != 0 && parts.ends[i] != FINGERPRINTS)
            parts.damaged = parts.first_block + i;
    return parts.damaged == 0 ||
           err_set(err, ERR_CORRUPT, 0, "the list of block %lld is damaged", (long long)parts.damaged);
}

bool segment_lists(struct store *store, int64_t segment, struct words ret_lists[SEGMENT_BLOCKS], struct err *err)
{
    for (unsigned i = 0; i < SEGMENT_BLOCKS; i++)
        ret_lists[i].count = 0;
    SCOPED(words) entries = {0};
    for (uint32_t bucket = 0; bucket < SEGMENT_BUCKETS; bucket++) {
        int found = read_bucket(store, bucket, segment, &entries, err);
        if (found < 0)
            return false;
        if (found == 0 && bucket == 0)
            return read_growing(store, segment, ret_lists, err);
        if (found == 0)
            return err_set(err, ERR_CORRUPT, 0, "bucket %lu is missing", (unsigned long)bucket);
        for (size_t i = 0; i < entries.count; i++)
            add_value(&ret_lists[entries.values[i] % SEGMENT_BLOCKS],
                      bucket << REMAINDER_BITS | entries.values[i] / SEGMENT_BLOCKS);
    }
    return true;
}
