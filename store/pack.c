#include "store/pack.h"

#include <stdlib.h>

#include "base/must.h"
#include "base/scope.h"
#include "store/codec.h"

static struct codec_text *codec_of(struct store *store)
{
    if (store->codec == NULL)
        store->codec = codec_text_new();
    return store->codec;
}

static void bind_place(struct sqlite3_stmt *stmt, enum pack_kind kind, int64_t number)
{
    must(number >= 0 && number <= PACK_NUMBER_MAX);
    sql_bind_i64(stmt, 1, kind);
    sql_bind_i64(stmt, 2, number);
}

bool pack_damaged(struct store *store, enum pack_kind kind, int64_t number, struct err *err)
{
    return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: row %lld of pack, kind %d, is not readable",
                   store->path, (long long)number, (int)kind);
}

static bool take_row(struct store *store, struct sqlite3_stmt *stmt, enum pack_kind kind, struct arena *arena,
                     struct pack_row *ret, struct err *err)
{
    int step = sql_step(&store->sql, stmt, err);
    *ret = (struct pack_row){0};
    if (step <= 0)
        return step == 0;
    ret->number = sql_i64(stmt, 0);
    ret->text = arena_str(arena, sql_str(stmt, 1));
    sql_rest(stmt);
    return pack_open(store, kind, ret, arena, err);
}

bool pack_read(struct store *store, enum pack_kind kind, int64_t number, struct arena *arena, struct pack_row *ret,
               struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "pack_read", err);
    if (stmt == NULL)
        return false;
    bind_place(stmt, kind, number);
    return take_row(store, stmt, kind, arena, ret, err);
}

bool pack_next(struct store *store, enum pack_kind kind, int64_t from, struct arena *arena, struct pack_row *ret,
               struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "pack_next", err);
    if (stmt == NULL)
        return false;
    bind_place(stmt, kind, from);
    return take_row(store, stmt, kind, arena, ret, err);
}

bool pack_list(struct store *store, enum pack_kind kind, int64_t from, int64_t to, size_t bytes_max,
               struct arena *arena, struct pack_row **ret, size_t *ret_count, bool *ret_more, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "pack_list", err);
    if (stmt == NULL)
        return false;
    bind_place(stmt, kind, from);
    sql_bind_i64(stmt, 3, to);
    struct pack_row *rows = NULL;
    size_t count = 0, capacity = 0, bytes = 0;
    int step;
    while ((step = sql_step(&store->sql, stmt, err)) == 1 && bytes < bytes_max) {
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            rows = mem_resize_array(rows, capacity, sizeof *rows);
        }
        rows[count] = (struct pack_row){sql_i64(stmt, 0), arena_str(arena, sql_str(stmt, 1))};
        bytes += rows[count++].text.size;
    }
    *ret_more = step == 1;
    if (step == 1)
        sql_rest(stmt);
    *ret = ARENA_ARRAY(arena, struct pack_row, count + 1);
    *ret_count = count;
    if (count > 0)
        memcpy(*ret, rows, count * sizeof *rows);
    free(rows);
    return step >= 0;
}

bool pack_open(struct store *store, enum pack_kind kind, struct pack_row *row, struct arena *arena, struct err *err)
{
    return codec_text_open(codec_of(store), row->text, PACK_TEXT_MAX, arena, &row->text) ||
           pack_damaged(store, kind, row->number, err);
}

bool pack_last(struct store *store, enum pack_kind kind, struct arena *arena, struct pack_row *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "pack_last", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, kind);
    return take_row(store, stmt, kind, arena, ret, err);
}

bool pack_write(struct store *store, enum pack_kind kind, int64_t number, struct str text, struct err *err)
{
    must(text.size <= PACK_TEXT_MAX);
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "pack_write", err);
    if (stmt == NULL)
        return false;
    SCOPED(buf) pressed = BUF(PACK_TEXT_MAX + 16);
    codec_text_press(codec_of(store), text, &pressed);
    bind_place(stmt, kind, number);
    sql_bind_blob(stmt, 3, buf_str(&pressed));
    return sql_do(&store->sql, stmt, err);
}

bool pack_delete(struct store *store, enum pack_kind kind, int64_t from, int64_t to, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "pack_delete", err);
    if (stmt == NULL)
        return false;
    bind_place(stmt, kind, from);
    sql_bind_i64(stmt, 3, to);
    return sql_do(&store->sql, stmt, err);
}
