#include <sys/stat.h>

#include "base/buf.h"
#include "base/scope.h"
#include "store/handle.h"

enum { PATH_BYTES_MAX = 4096 + 16 };

static uint64_t file_size(const char *path)
{
    struct stat stat_buf;
    return stat(path, &stat_buf) == 0 && stat_buf.st_size > 0 ? (uint64_t)stat_buf.st_size : 0;
}

static uint64_t count_of(int64_t value)
{
    return value > 0 ? (uint64_t)value : 0;
}

bool store_summary(struct store *store, struct store_summary *ret, struct err *err)
{
    *ret = (struct store_summary){.time_min = TIME_NONE, .time_max = TIME_NONE};
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "summary_sources", err);
    if (stmt == NULL)
        return false;
    int step = sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    if (step == 1) {
        ret->records = count_of(sql_i64(stmt, 0));
        ret->unparsed = count_of(sql_i64(stmt, 1));
        ret->raw_bytes = count_of(sql_i64(stmt, 2));
        ret->time_min = sql_time(stmt, 3);
        ret->time_max = sql_time(stmt, 4);
        sql_rest(stmt);
    }
    stmt = sql_use(&store->sql, "summary_blocks", err);
    if (stmt == NULL)
        return false;
    step = sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    if (step == 1) {
        ret->blocks = count_of(sql_i64(stmt, 0));
        sql_rest(stmt);
    }
    SCOPED(buf) wal = BUF(PATH_BYTES_MAX);
    buf_add_text(&wal, store->path);
    buf_add_text(&wal, "-wal");
    ret->file_bytes = file_size(store->path) + (wal.full ? 0 : file_size(wal.data));
    return true;
}
