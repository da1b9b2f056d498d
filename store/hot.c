#include "store/hot.h"

#include "store/error_tally.h"
#include "store/source.h"

enum {
    FLAGS_KNOWN = RECORD_UNPARSED | RECORD_NO_NEWLINE | RECORD_PIECE | RECORD_TAIL | RECORD_TIME_BORROWED,
    KINDS_KNOWN = (1 << KIND_COUNT) - 1,
};

static bool within(int64_t value, int64_t max)
{
    return value >= 0 && value <= max;
}

bool hot_row(struct sqlite3_stmt *stmt, struct scan_record *ret)
{
    int64_t number = sql_i64(stmt, 0), flags = sql_i64(stmt, 4), level = sql_i64(stmt, 5), kinds = sql_i64(stmt, 6),
            format = sql_i64(stmt, 7);
    struct str raw = sql_str(stmt, 8);
    if (number < 1 || !within(flags, FLAGS_KNOWN) || !within(level, LEVEL_CRITICAL) || !within(kinds, KINDS_KNOWN) ||
        !within(format, FORMAT_COUNT - 1) || raw.data == NULL || raw.size > RECORD_BYTES_MAX)
        return false;
    *ret = (struct scan_record){
        .number = (uint64_t)number,
        .source = sql_i64(stmt, 1),
        .record =
            {
                .raw = raw,
                .offset = (uint64_t)sql_i64(stmt, 2),
                .time_us = sql_time(stmt, 3),
                .flags = (uint8_t)flags,
                .level = (uint8_t)level,
                .kinds = (uint8_t)kinds,
                .format = (uint8_t)format,
            },
    };
    return true;
}

int hot_read(struct store *store, uint64_t number, struct buf *text, struct scan_record *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "hot_read", err);
    if (stmt == NULL)
        return -1;
    sql_bind_u64(stmt, 1, number);
    int step = sql_step(&store->sql, stmt, err);
    if (step <= 0)
        return step;
    bool sound = hot_row(stmt, ret);
    if (sound) {
        buf_reset(text);
        buf_add_str(text, ret->record.raw);
        ret->record.raw = buf_str(text);
    }
    sql_rest(stmt);
    if (sound)
        return 1;
    err_set(err, ERR_CORRUPT, 0, "the store '%s': record %llu is damaged", store->path, (unsigned long long)number);
    return -1;
}

bool hot_total(struct store *store, struct writer_state *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "hot_total", err);
    if (stmt == NULL || sql_step(&store->sql, stmt, err) < 0)
        return false;
    ret->hot_records = (uint64_t)sql_i64(stmt, 0);
    ret->hot_bytes = (uint64_t)sql_i64(stmt, 1);
    sql_rest(stmt);
    return true;
}

bool hot_write(struct store *store, uint64_t number, int64_t source, const struct record *rec, struct str request,
               struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "hot_insert", err);
    if (stmt == NULL)
        return false;
    sql_bind_u64(stmt, 1, number);
    sql_bind_i64(stmt, 2, source);
    sql_bind_u64(stmt, 3, rec->offset);
    sql_bind_time(stmt, 4, rec->time_us);
    sql_bind_i64(stmt, 5, rec->flags);
    sql_bind_i64(stmt, 6, rec->level);
    sql_bind_i64(stmt, 7, rec->kinds);
    sql_bind_i64(stmt, 8, rec->format);
    sql_bind_blob(stmt, 9, rec->raw);
    if (request.size > 0)
        sql_bind_blob(stmt, 10, request);
    return sql_do(&store->sql, stmt, err);
}

static bool delete_record(struct store *store, int64_t number, struct err *err)
{
    static const char *const deletes[] = {"hot_delete", "fact_auth_delete", "fact_rate_limit_delete",
                                          "fact_denial_delete", "fact_error_delete"};
    if (!error_tally_take(store, number, err))
        return false;
    for (size_t i = 0; i < sizeof deletes / sizeof *deletes; i++) {
        struct sqlite3_stmt *stmt = sql_use(&store->sql, deletes[i], err);
        if (stmt == NULL)
            return false;
        sql_bind_i64(stmt, 1, number);
        if (!sql_do(&store->sql, stmt, err))
            return false;
        if (i == 0 && sql_changes(&store->sql) != 1) /* else hot_replace would find it for ever */
            return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: record %lld cannot be replaced",
                           store->path, (long long)number);
    }
    return true;
}

bool hot_replace(struct store *store, int64_t source, uint64_t offset, struct err *err)
{
    /* One at a time: a row is not deleted while the statement that found it runs. */
    for (;;) {
        struct sqlite3_stmt *stmt = sql_use(&store->sql, "hot_pending", err);
        if (stmt == NULL)
            return false;
        sql_bind_i64(stmt, 1, source);
        sql_bind_u64(stmt, 2, offset);
        int step = sql_step(&store->sql, stmt, err);
        if (step <= 0)
            return step == 0;
        int64_t number = sql_i64(stmt, 0), flags = sql_i64(stmt, 1);
        struct source_change change = {
            .records = -1,
            .unparsed = flags & RECORD_UNPARSED ? -1 : 0,
            .raw_bytes = -sql_i64(stmt, 2) - record_has_newline((uint8_t)flags),
            .time_min = TIME_NONE,
            .time_max = TIME_NONE,
        };
        sql_rest(stmt);
        if (!delete_record(store, number, err) || !source_count(store, source, &change, err))
            return false;
    }
}
