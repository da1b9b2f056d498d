#include "store/output.h"

#include <stdlib.h>

#include "base/asset.h"
#include "base/must.h"
#include "base/scope.h"

/* ---- The tables -------------------------------------------------------------------------------------------------------- */

bool output_exists(struct store *store, bool *ret, struct err *err)
{
    *ret = store->has_outputs;
    if (*ret)
        return true;
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "output_exists", err);
    int step = stmt == NULL ? -1 : sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    *ret = store->has_outputs = step == 1 && sql_i64(stmt, 0) > 0;
    if (step == 1)
        sql_rest(stmt);
    return true;
}

static bool make_tables(struct store *store, struct err *err)
{
    bool exist;
    if (!output_exists(store, &exist, err))
        return false;
    if (exist)
        return true;
    struct str script = asset_get("sql/outputs.sql");
    SCOPED(buf) squeezed = BUF(script.size + 1);
    sql_squeeze(script, &squeezed);
    return sql_script(&store->sql, buf_str(&squeezed), err);
}

/* Runs write in a transaction of its own, the tables made. */
static bool in_transaction(struct store *store, bool (*write)(struct store *, const void *, struct err *),
                           const void *what, struct err *err)
{
    must(store->mode == STORE_WRITE);
    if (!sql_run(&store->sql, "begin_write", err))
        return false;
    bool ok = make_tables(store, err) && write(store, what, err) && sql_run(&store->sql, "commit", err);
    if (!ok && sql_in_transaction(&store->sql))
        sql_run(&store->sql, "rollback", NULL);
    if (ok)
        store_checkpoint(store);
    return ok;
}

/* ---- Outputs ----------------------------------------------------------------------------------------------------------- */

static struct str text_or_absent(struct sqlite3_stmt *stmt, int column, struct arena *arena)
{
    return sql_is_null(stmt, column) ? STR_ABSENT : arena_str(arena, sql_str(stmt, column));
}

/* False when a value cannot be. */
static bool take_output(struct sqlite3_stmt *stmt, struct arena *arena, void *ret)
{
    struct store_output *output = ret;
    for (int i = 0; i <= 3; i++) {
        if (sql_is_null(stmt, i))
            return false;
    }
    for (int i = 5; i <= 7; i++) {
        if (!sql_is_i64(stmt, i) || sql_i64(stmt, i) < 0)
            return false;
    }
    *output = (struct store_output){
        .name = arena_str(arena, sql_str(stmt, 0)),
        .kind = arena_str(arena, sql_str(stmt, 1)),
        .target = arena_str(arena, sql_str(stmt, 2)),
        .state = arena_str(arena, sql_str(stmt, 3)),
        .error = text_or_absent(stmt, 4, arena),
        .position = (uint64_t)sql_i64(stmt, 5),
        .delivered = (uint64_t)sql_i64(stmt, 6),
        .missed = (uint64_t)sql_i64(stmt, 7),
        .error_us = sql_time(stmt, 8),
        .caught_up_us = sql_time(stmt, 9),
        .updated_us = sql_time(stmt, 10),
        .active = sql_i64(stmt, 11) != 0,
    };
    return true;
}

/* One more of a list in arena, zeroed. */
static void *one_more(struct arena *arena, void **list, size_t *count, size_t size)
{
    if ((*count & (*count - 1)) == 0) { /* 0 or a power of two: full */
        char *more = arena_zalloc(arena, (*count ? *count * 2 : 1) * size);
        if (*count > 0)
            memcpy(more, *list, *count * size);
        *list = more;
    }
    return (char *)*list + (*count)++ * size;
}

static bool damaged(const struct store *store, struct sqlite3_stmt *stmt, const char *what, struct err *err)
{
    sql_rest(stmt);
    return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: %s", store->path, what);
}

/* What the rows of a statement are read into. */
struct listing {
    const char *statement;
    struct str name; /* absent: the statement asks for none */
    size_t size;     /* of an element */
    bool (*take)(struct sqlite3_stmt *stmt, struct arena *arena, void *ret);
    const char *damage;
};

/* Their list in arena; empty as long as there are no tables. */
static bool list_rows(struct store *store, const struct listing *listing, struct arena *arena, void **ret,
                      size_t *ret_count, struct err *err)
{
    bool exist;
    *ret = NULL;
    *ret_count = 0;
    if (!output_exists(store, &exist, err))
        return false;
    if (!exist)
        return true;
    struct sqlite3_stmt *stmt = sql_use(&store->sql, listing->statement, err);
    if (stmt == NULL)
        return false;
    if (listing->name.data != NULL)
        sql_bind_str(stmt, 1, listing->name);
    int step;
    while ((step = sql_step(&store->sql, stmt, err)) == 1) {
        if (!listing->take(stmt, arena, one_more(arena, ret, ret_count, listing->size)))
            return damaged(store, stmt, listing->damage, err);
    }
    return step == 0;
}

bool store_outputs(struct store *store, struct arena *arena, struct store_output **ret, size_t *ret_count,
                   struct err *err)
{
    static const struct listing listing = {.statement = "output_list",
                                           .size = sizeof **ret,
                                           .take = take_output,
                                           .damage = "what it tells of an output is not readable"};
    void *list;
    bool ok = list_rows(store, &listing, arena, &list, ret_count, err);
    *ret = list;
    return ok;
}

static bool write_output(struct store *store, const void *what, struct err *err)
{
    const struct store_output *output = what;
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "output_upsert", err);
    if (stmt == NULL)
        return false;
    must(output->name.data != NULL && output->kind.data != NULL && output->target.data != NULL &&
         output->state.data != NULL);
    sql_bind_str(stmt, 1, output->name);
    sql_bind_str(stmt, 2, output->kind);
    sql_bind_str(stmt, 3, output->target);
    sql_bind_str(stmt, 4, output->state);
    sql_bind_str(stmt, 5, output->error);
    sql_bind_u64(stmt, 6, output->position);
    sql_bind_u64(stmt, 7, output->delivered);
    sql_bind_u64(stmt, 8, output->missed);
    sql_bind_time(stmt, 9, output->error_us);
    sql_bind_time(stmt, 10, output->caught_up_us);
    sql_bind_time(stmt, 11, output->updated_us);
    sql_bind_i64(stmt, 12, output->active);
    return sql_do(&store->sql, stmt, err);
}

bool store_output_set(struct store *store, const struct store_output *output, struct err *err)
{
    return in_transaction(store, write_output, output, err);
}

/* ---- What was delivered ahead ------------------------------------------------------------------------------------------ */

static bool take_ahead(struct sqlite3_stmt *stmt, struct arena *arena, void *ret)
{
    struct store_ahead *ahead = ret;
    for (int i = 0; i <= 4; i++) {
        if (!sql_is_i64(stmt, i) || (i < 4 && sql_i64(stmt, i) < 0))
            return false;
    }
    *ahead = (struct store_ahead){
        .source = sql_i64(stmt, 0),
        .number = (uint64_t)sql_i64(stmt, 1),
        .offset = (uint64_t)sql_i64(stmt, 2),
        .size = (uint64_t)sql_i64(stmt, 3),
        .hash = (uint64_t)sql_i64(stmt, 4),
        .key = text_or_absent(stmt, 5, arena),
    };
    return true;
}

bool store_output_aheads(struct store *store, struct str name, struct arena *arena, struct store_ahead **ret,
                         size_t *ret_count, struct err *err)
{
    const struct listing listing = {.statement = "output_aheads",
                                    .name = name,
                                    .size = sizeof **ret,
                                    .take = take_ahead,
                                    .damage = "what it tells of a record delivered ahead is not readable"};
    void *list;
    bool ok = list_rows(store, &listing, arena, &list, ret_count, err);
    *ret = list;
    return ok;
}

struct aheads {
    const struct store_output *output;
    const struct store_ahead *aheads;
    size_t count;
};

static bool write_ahead(struct store *store, struct str name, const struct store_ahead *ahead, struct err *err)
{
    struct sqlite3_stmt *stmt =
        sql_use(&store->sql, ahead->size > 0 ? "output_ahead_upsert" : "output_ahead_delete", err);
    if (stmt == NULL)
        return false;
    sql_bind_str(stmt, 1, name);
    sql_bind_i64(stmt, 2, ahead->source);
    if (ahead->size > 0) {
        sql_bind_u64(stmt, 3, ahead->number);
        sql_bind_u64(stmt, 4, ahead->offset);
        sql_bind_u64(stmt, 5, ahead->size);
        sql_bind_u64(stmt, 6, ahead->hash);
        sql_bind_str(stmt, 7, ahead->key);
    }
    return sql_do(&store->sql, stmt, err);
}

static bool write_aheads(struct store *store, const void *what, struct err *err)
{
    const struct aheads *aheads = what;
    if (!write_output(store, aheads->output, err))
        return false;
    for (size_t i = 0; i < aheads->count; i++) {
        if (!write_ahead(store, aheads->output->name, &aheads->aheads[i], err))
            return false;
    }
    return true;
}

bool store_output_set_ahead(struct store *store, const struct store_output *output, const struct store_ahead *aheads,
                            size_t count, struct err *err)
{
    const struct aheads all = {output, aheads, count};
    return in_transaction(store, write_aheads, &all, err);
}
