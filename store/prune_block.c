#include "store/prune_block.h"

#include "base/mem.h"
#include "base/scope.h"
#include "store/error_tally.h"
#include "store/segment.h"

bool prune_block_read(struct store *store, int64_t id, struct prune_block *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "prune_read", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, id);
    int step = sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    struct str digest = step == 1 ? sql_str(stmt, 0) : STR_ABSENT;
    bool sound = digest.size == DIGEST_SIZE;
    for (int i = 1; i <= 5; i++)
        sound = sound && sql_i64(stmt, i) >= 0;
    if (sound) {
        *ret = (struct prune_block){
            .id = id,
            .first_record = (uint64_t)sql_i64(stmt, 1),
            .slots = (uint64_t)sql_i64(stmt, 2),
            .records = (uint64_t)sql_i64(stmt, 3),
            .timeless = (uint64_t)sql_i64(stmt, 4),
            .raw_bytes = (uint64_t)sql_i64(stmt, 5),
            .time_min = sql_time(stmt, 6),
            .time_max = sql_time(stmt, 7),
            .bytes = (uint64_t)sql_i64(stmt, 8),
        };
        memcpy(ret->digest, digest.data, DIGEST_SIZE);
    }
    if (step == 1)
        sql_rest(stmt);
    return sound || err_set(err, ERR_CORRUPT, 0, "the store '%s': block %lld is damaged and cannot be pruned",
                            store->path, (long long)id);
}

static bool do_range(struct sql *sql, const char *name, int64_t first, int64_t second, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(sql, name, err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, first);
    sql_bind_i64(stmt, 2, second);
    return sql_do(sql, stmt, err);
}

static bool do_one(struct sql *sql, const char *name, int64_t value, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(sql, name, err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, value);
    return sql_do(sql, stmt, err);
}

struct block_run {
    int64_t source, offset_from, offset_to, records, unparsed, raw_bytes, time_min, time_max;
};

/* The bytes that go are remembered, in one stretch with those before them if they touch. */
static bool record_run(struct sql *sql, const struct block_run *run, struct err *err)
{
    static const char *const ways[] = {"pruned_run_extend", "pruned_run_insert"};
    for (unsigned i = 0; i < 2; i++) {
        struct sqlite3_stmt *stmt = sql_use(sql, ways[i], err);
        if (stmt == NULL)
            return false;
        sql_bind_i64(stmt, 1, run->source);
        sql_bind_i64(stmt, 2, run->offset_from);
        sql_bind_i64(stmt, 3, run->offset_to);
        if (!sql_do(sql, stmt, err))
            return false;
        if (sql_changes(sql) > 0)
            break;
    }
    struct sqlite3_stmt *stmt = sql_use(sql, "prune_source", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, run->source);
    sql_bind_i64(stmt, 2, run->records);
    sql_bind_i64(stmt, 3, run->unparsed);
    sql_bind_i64(stmt, 4, run->raw_bytes);
    sql_bind_time(stmt, 5, run->time_min);
    sql_bind_time(stmt, 6, run->time_max);
    return sql_do(sql, stmt, err);
}

static bool read_runs(struct store *store, int64_t block, struct arena *arena, struct block_run **ret,
                      size_t *ret_count, struct err *err)
{
    struct sql *sql = &store->sql;
    struct sqlite3_stmt *stmt = sql_use(sql, "prune_runs", err);
    if (stmt == NULL)
        return false;
    *ret = ARENA_ARRAY(arena, struct block_run, BATCH_RECORDS_MAX);
    *ret_count = 0;
    sql_bind_i64(stmt, 1, block);
    int step;
    while ((step = sql_step(sql, stmt, err)) == 1) {
        if (*ret_count == BATCH_RECORDS_MAX) {
            sql_rest(stmt);
            return err_set(err, ERR_CORRUPT, 0, "the store '%s': block %lld has more runs than can be", store->path,
                           (long long)block);
        }
        (*ret)[(*ret_count)++] = (struct block_run){
            .source = sql_i64(stmt, 0),
            .offset_from = sql_i64(stmt, 1),
            .offset_to = sql_i64(stmt, 2),
            .records = sql_i64(stmt, 3),
            .unparsed = sql_i64(stmt, 4),
            .raw_bytes = sql_i64(stmt, 5),
            .time_min = sql_time(stmt, 6),
            .time_max = sql_time(stmt, 7),
        };
    }
    return step == 0;
}

static bool drop_runs(struct store *store, int64_t block, struct prune_sources *sources, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct block_run *runs;
    size_t count;
    if (!read_runs(store, block, &arena, &runs, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!record_run(&store->sql, &runs[i], err))
            return false;
        if (sources->count == sources->capacity) {
            sources->capacity = sources->capacity ? sources->capacity * 2 : 64;
            sources->ids = mem_resize_array(sources->ids, sources->capacity, sizeof *sources->ids);
        }
        sources->ids[sources->count++] = runs[i].source;
    }
    return do_one(&store->sql, "prune_run", block, err);
}

/* A whole segment's buckets go with the last of its blocks. */
static bool drop_words(struct store *store, int64_t block, struct err *err)
{
    struct sql *sql = &store->sql;
    if (!do_range(sql, "block_word_delete", block, block, err))
        return false;
    int64_t segment = (block - 1) / SEGMENT_BLOCKS, first = segment * SEGMENT_BLOCKS + 1;
    if (store->writer.last_block < first + SEGMENT_BLOCKS - 1) /* it still grows */
        return true;
    struct sqlite3_stmt *stmt = sql_use(sql, "block_between", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, first);
    sql_bind_i64(stmt, 2, first + SEGMENT_BLOCKS - 1);
    int step = sql_step(sql, stmt, err);
    if (step != 0) {
        if (step == 1)
            sql_rest(stmt);
        return step == 1;
    }
    for (int64_t bucket = 0; bucket < SEGMENT_BUCKETS; bucket++) {
        if (!do_range(sql, "prune_bucket", bucket, segment, err))
            return false;
    }
    return true;
}

static bool record_block(struct store *store, const struct prune_block *block, int64_t now_us, struct err *err)
{
    static const char *const ways[] = {"pruned_extend", "pruned_insert"};
    struct sql *sql = &store->sql;
    for (unsigned i = 0; i < 2; i++) {
        struct sqlite3_stmt *stmt = sql_use(sql, ways[i], err);
        if (stmt == NULL)
            return false;
        sql_bind_i64(stmt, 1, block->id);
        sql_bind_i64(stmt, 2, block->id);
        sql_bind_blob(stmt, 3, str_from((const char *)block->digest, DIGEST_SIZE));
        sql_bind_i64(stmt, 4, now_us);
        sql_bind_u64(stmt, 5, block->records);
        sql_bind_u64(stmt, 6, block->timeless);
        sql_bind_u64(stmt, 7, block->raw_bytes);
        sql_bind_time(stmt, 8, block->time_min);
        sql_bind_time(stmt, 9, block->time_max);
        if (!sql_do(sql, stmt, err))
            return false;
        if (sql_changes(sql) > 0)
            break;
    }
    return true;
}

bool prune_block_drop(struct store *store, const struct prune_block *block, int64_t now_us,
                      struct prune_sources *sources, struct err *err)
{
    static const char *const facts[] = {"prune_fact_auth", "prune_fact_rate_limit", "prune_fact_denial",
                                        "prune_fact_error"};
    struct sql *sql = &store->sql;
    int64_t first = (int64_t)block->first_record, last = (int64_t)(block->first_record + block->slots - 1);
    if (block->slots > 0 && !error_tally_prune(store, first, last, err))
        return false;
    for (size_t i = 0; i < sizeof facts / sizeof *facts && block->slots > 0; i++) {
        if (!do_range(sql, facts[i], first, last, err))
            return false;
    }
    return drop_runs(store, block->id, sources, err) && do_one(sql, "prune_block", block->id, err) &&
           drop_words(store, block->id, err) && record_block(store, block, now_us, err);
}
