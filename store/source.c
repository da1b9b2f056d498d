#include "store/source.h"

#include <stdlib.h>

#include "base/must.h"
#include "base/scope.h"

/* ---- Writing ------------------------------------------------------------------------------------------------------- */

bool source_write(struct store *store, const struct source_state *state, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "source_upsert", err);
    if (stmt == NULL)
        return false;
    must(state->id >= 1 && state->name.data != NULL);
    sql_bind_i64(stmt, 1, state->id);
    sql_bind_str(stmt, 2, state->name);
    sql_bind_i64(stmt, 3, state->kind);
    sql_bind_u64(stmt, 4, state->device);
    sql_bind_u64(stmt, 5, state->inode);
    sql_bind_i64(stmt, 6, state->head_size);
    sql_bind_i64(stmt, 7, state->tail_size);
    sql_bind_u64(stmt, 8, state->head_hash);
    sql_bind_u64(stmt, 9, state->tail_hash);
    sql_bind_u64(stmt, 10, state->position);
    sql_bind_u64(stmt, 11, state->pending_bytes);
    sql_bind_u64(stmt, 12, state->size);
    sql_bind_time(stmt, 13, state->modified_us);
    sql_bind_time(stmt, 14, state->read_us);
    sql_bind_i64(stmt, 15, state->replaced);
    sql_bind_str(stmt, 16, state->cursor);
    sql_bind_u64(stmt, 17, state->rotations);
    sql_bind_u64(stmt, 18, state->truncations);
    sql_bind_str(stmt, 19, state->defaults.service);
    sql_bind_str(stmt, 20, state->defaults.timezone);
    sql_bind_i64(stmt, 21, state->defaults.format);
    sql_bind_u64(stmt, 22, state->lines);
    sql_bind_u64(stmt, 23, state->pending_lines);
    return sql_do(&store->sql, stmt, err);
}

/* Runs a statement that changes the source's row. */
static bool change_source(struct store *store, struct sqlite3_stmt *stmt, int64_t source, struct err *err)
{
    if (!sql_do(&store->sql, stmt, err))
        return false;
    return sql_changes(&store->sql) == 1 ||
           err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: source %lld is not in it", store->path,
                   (long long)source);
}

bool source_count(struct store *store, int64_t source, const struct source_change *change, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "source_count", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, source);
    sql_bind_i64(stmt, 2, change->records);
    sql_bind_i64(stmt, 3, change->unparsed);
    sql_bind_i64(stmt, 4, change->raw_bytes);
    sql_bind_time(stmt, 5, change->time_min);
    sql_bind_time(stmt, 6, change->time_max);
    return change_source(store, stmt, source, err);
}

/* What was skipped by wish is not counted: it is no loss. */
bool source_gap(struct store *store, const struct batch_gap *gap, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "gap_insert", err);
    if (stmt == NULL)
        return false;
    must(gap->reason >= GAP_TRUNCATED && gap->reason <= GAP_SKIPPED);
    sql_bind_i64(stmt, 1, gap->source);
    sql_bind_u64(stmt, 2, gap->offset);
    sql_bind_u64(stmt, 3, gap->bytes);
    sql_bind_i64(stmt, 4, gap->reason);
    sql_bind_time(stmt, 5, gap->found_us);
    if (!sql_do(&store->sql, stmt, err) || (stmt = sql_use(&store->sql, "source_gap_count", err)) == NULL)
        return false;
    sql_bind_i64(stmt, 1, gap->source);
    sql_bind_i64(stmt, 2, gap->reason != GAP_SKIPPED);
    return change_source(store, stmt, gap->source, err);
}

/* ---- Reading ------------------------------------------------------------------------------------------------------- */

static uint32_t u32_of(int64_t value)
{
    return value >= 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static struct str text_or_absent(struct sqlite3_stmt *stmt, int column, struct arena *arena)
{
    return sql_is_null(stmt, column) ? STR_ABSENT : arena_str(arena, sql_str(stmt, column));
}

/* False when a value cannot be. Hashes, devices and inodes may be any 64 bits. */
static bool take_source(struct sqlite3_stmt *stmt, struct arena *arena, struct store_source *ret)
{
    static const int never_negative[] = {9, 10, 11, 15, 16, 17, 18, 21, 25, 26, 30, 31};
    for (size_t i = 0; i < sizeof never_negative / sizeof *never_negative; i++) {
        if (sql_i64(stmt, never_negative[i]) < 0)
            return false;
    }
    struct str name = sql_str(stmt, 1);
    int64_t id = sql_i64(stmt, 0), kind = sql_i64(stmt, 2);
    int64_t format = sql_i64(stmt, 29);
    if (format < 0 || format >= FORMAT_COUNT)
        return false;
    if (id < 1 || name.data == NULL || kind < SOURCE_FILE || kind > SOURCE_KAFKA)
        return false;
    *ret = (struct store_source){
        .state =
            {
                .id = id,
                .name = arena_str(arena, name),
                .kind = (enum source_kind)kind,
                .device = (uint64_t)sql_i64(stmt, 3),
                .inode = (uint64_t)sql_i64(stmt, 4),
                .head_size = u32_of(sql_i64(stmt, 5)),
                .tail_size = u32_of(sql_i64(stmt, 6)),
                .head_hash = (uint64_t)sql_i64(stmt, 7),
                .tail_hash = (uint64_t)sql_i64(stmt, 8),
                .position = (uint64_t)sql_i64(stmt, 9),
                .pending_bytes = (uint64_t)sql_i64(stmt, 10),
                .size = (uint64_t)sql_i64(stmt, 11),
                .modified_us = sql_time(stmt, 12),
                .read_us = sql_time(stmt, 13),
                .replaced = sql_i64(stmt, 14) != 0,
                .cursor = text_or_absent(stmt, 24, arena),
                .rotations = (uint64_t)sql_i64(stmt, 25),
                .truncations = (uint64_t)sql_i64(stmt, 26),
                .defaults = {.service = text_or_absent(stmt, 27, arena),
                             .timezone = text_or_absent(stmt, 28, arena),
                             .format = (uint8_t)format},
                .lines = (uint64_t)sql_i64(stmt, 30),
                .pending_lines = (uint64_t)sql_i64(stmt, 31),
            },
        .records = (uint64_t)sql_i64(stmt, 15),
        .unparsed = (uint64_t)sql_i64(stmt, 16),
        .raw_bytes = (uint64_t)sql_i64(stmt, 17),
        .gaps = (uint64_t)sql_i64(stmt, 18),
        .time_min = sql_time(stmt, 19),
        .time_max = sql_time(stmt, 20),
        .pruned_records = (uint64_t)sql_i64(stmt, 21),
        .pruned_min = sql_time(stmt, 22),
        .pruned_max = sql_time(stmt, 23),
    };
    return true;
}

bool store_sources(struct store *store, struct arena *arena, struct store_source **ret_sources, size_t *ret_count,
                   struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "sources", err);
    if (stmt == NULL)
        return false;
    struct store_source *sources = NULL;
    size_t count = 0, capacity = 0;
    int step;
    while ((step = sql_step(&store->sql, stmt, err)) == 1) {
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            sources = mem_resize_array(sources, capacity, sizeof *sources);
        }
        if (!take_source(stmt, arena, &sources[count])) {
            err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: source %lld is not readable", store->path,
                    (long long)sql_i64(stmt, 0));
            sql_rest(stmt);
            step = -1;
            break;
        }
        count++;
    }
    if (step == 0) {
        *ret_sources = ARENA_ARRAY(arena, struct store_source, count + 1);
        if (count > 0)
            memcpy(*ret_sources, sources, count * sizeof *sources);
        *ret_count = count;
    }
    free(sources);
    return step == 0;
}

/* ---- Times ----------------------------------------------------------------------------------------------------------- */

struct hot_times {
    int64_t source, time_min, time_max;
};

/* Of all sources that have hot rows, in arena, by id. */
static bool read_hot_times(struct sql *sql, struct arena *arena, struct hot_times **ret, size_t *ret_count,
                           struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(sql, "hot_times", err);
    if (stmt == NULL)
        return false;
    size_t capacity = 0;
    int step;
    *ret_count = 0;
    while ((step = sql_step(sql, stmt, err)) == 1) {
        if (*ret_count == capacity) {
            struct hot_times *more = ARENA_ARRAY(arena, struct hot_times, capacity ? capacity * 2 : 64);
            if (capacity > 0)
                memcpy(more, *ret, capacity * sizeof *more);
            capacity = capacity ? capacity * 2 : 64;
            *ret = more;
        }
        (*ret)[(*ret_count)++] = (struct hot_times){sql_i64(stmt, 0), sql_time(stmt, 1), sql_time(stmt, 2)};
    }
    return step == 0;
}

static bool set_source_times(struct sql *sql, int64_t source, const struct hot_times *hot, size_t hot_count,
                             struct err *err)
{
    size_t low = 0, high = hot_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (hot[middle].source < source)
            low = middle + 1;
        else
            high = middle;
    }
    bool has_hot = low < hot_count && hot[low].source == source;
    struct sqlite3_stmt *stmt = sql_use(sql, "prune_source_times", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, source);
    sql_bind_time(stmt, 2, has_hot ? hot[low].time_min : TIME_NONE);
    sql_bind_time(stmt, 3, has_hot ? hot[low].time_max : TIME_NONE);
    return sql_do(sql, stmt, err);
}

bool source_set_times(struct store *store, const int64_t *sources, size_t count, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct hot_times *hot = NULL;
    size_t hot_count;
    if (!read_hot_times(&store->sql, &arena, &hot, &hot_count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if ((i == 0 || sources[i] != sources[i - 1]) && !set_source_times(&store->sql, sources[i], hot, hot_count, err))
            return false;
    }
    return true;
}
