#include "store/sql.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/asset.h"
#include "base/clock.h"
#include "base/must.h"
#include "store/page.h"

/* ---- The statements' text ---------------------------------------------------------------------------------------- */

/* Cuts the asset at its "-- name: NAME" lines; what stands before the first is commentary. */
static void read_entries(struct sql *sql)
{
    struct str rest = asset_get("sql/statements.sql");
    const struct str mark = STR("-- name: ");
    struct sql_entry *entry = NULL;
    while (rest.size > 0) {
        const char *start = rest.data;
        struct str line = str_cut(&rest, '\n');
        if (str_starts(line, mark)) {
            sql->entries = mem_resize_array(sql->entries, sql->count + 1, sizeof *sql->entries);
            entry = &sql->entries[sql->count++];
            *entry = (struct sql_entry){.name = str_trim(str_slice(line, mark.size, line.size))};
            entry->text = str_from(start + line.size, 0);
        } else if (entry != NULL) {
            entry->text.size = (size_t)(line.data + line.size - entry->text.data);
        }
    }
}

void sql_init(struct sql *sql, struct sqlite3 *db, const char *path)
{
    *sql = (struct sql){.db = db, .path = path};
    read_entries(sql);
}

static void drop_connection(struct sql *sql)
{
    for (size_t i = 0; i < sql->count; i++) {
        sqlite3_finalize(sql->entries[i].stmt);
        sql->entries[i].stmt = NULL;
    }
    must(sqlite3_close(sql->db) == SQLITE_OK);
}

void sql_release(struct sql *sql)
{
    drop_connection(sql);
    free(sql->entries);
    *sql = (struct sql){0};
}

void sql_reconnect(struct sql *sql, struct sqlite3 *db)
{
    drop_connection(sql);
    sql->db = db;
}

/* ---- Running ------------------------------------------------------------------------------------------------------- */

static bool is_no_space(int sys)
{
    return sys == ENOSPC || sys == EDQUOT || sys == EFBIG;
}

bool sql_fail(struct sql *sql, struct err *err)
{
    int code = sqlite3_extended_errcode(sql->db);
    if (code == SQLITE_IOERR_DATA)
        return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: page %lu of its file is not what was written",
                       sql->path, (unsigned long)page_state(sql->db).damaged);
    int sys = sqlite3_system_errno(sql->db);
    if (sys == 0) /* SQLite forgets it when it is COMMIT that fails */
        sys = errno;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return err_set(err, ERR_FULL, 0, "no space left for the store '%s'", sql->path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, ERR_BUSY, 0, "the store '%s' is locked by another program", sql->path);
    case SQLITE_NOTADB:
        return err_set(err, ERR_FORMAT, 0, "'%s' is not a winnow store", sql->path);
    case SQLITE_CORRUPT:
    case SQLITE_ERROR: /* our statements are tested: it is the file's schema that does not fit them */
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
        return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: %s", sql->path, sqlite3_errmsg(sql->db));
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        if (is_no_space(sys))
            return err_set(err, ERR_FULL, 0, "no space left for the store '%s'", sql->path);
        return err_set(err, ERR_IO, sys, "the store '%s': %s", sql->path, sqlite3_errmsg(sql->db));
    default:
        return err_set(err, ERR_IO, 0, "the store '%s': %s", sql->path, sqlite3_errmsg(sql->db));
    }
}

/* Names are literals, mostly: where one was found last time is looked at first. */
static struct sql_entry *find(struct sql *sql, const char *name)
{
    struct str wanted = str_of(name);
    struct sql_entry **recent = &sql->recent[(uintptr_t)name / 8 % SQL_RECENT];
    if (*recent != NULL && str_equal((*recent)->name, wanted))
        return *recent;
    for (size_t i = 0; i < sql->count; i++) {
        if (str_equal(sql->entries[i].name, wanted))
            return *recent = &sql->entries[i];
    }
    return NULL;
}

struct sqlite3_stmt *sql_use(struct sql *sql, const char *name, struct err *err)
{
    struct sql_entry *entry = find(sql, name);
    must(entry != NULL);
    if (entry->stmt == NULL) {
        must(entry->text.size < INT32_MAX);
        int code = sqlite3_prepare_v3(sql->db, entry->text.data, (int)entry->text.size, SQLITE_PREPARE_PERSISTENT,
                                      &entry->stmt, NULL);
        if (code != SQLITE_OK) {
            sql_fail(sql, err);
            return NULL;
        }
        must(entry->stmt != NULL);
    }
    must(!sqlite3_stmt_busy(entry->stmt));
    return entry->stmt;
}

bool sql_script(struct sql *sql, struct str text, struct err *err)
{
    while (text.size > 0) {
        struct sqlite3_stmt *stmt = NULL;
        const char *tail = NULL;
        must(text.size < INT32_MAX);
        if (sqlite3_prepare_v2(sql->db, text.data, (int)text.size, &stmt, &tail) != SQLITE_OK)
            return sql_fail(sql, err);
        text = str_slice(text, (size_t)(tail - text.data), text.size);
        if (stmt == NULL) /* white space or a comment */
            continue;
        int step;
        do
            step = sql_step(sql, stmt, err);
        while (step == 1);
        sqlite3_finalize(stmt);
        if (step < 0)
            return false;
    }
    return true;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '\'';
}

/* Whether two characters with white space between them would mean something else without it. */
static bool must_part(char before, char behind)
{
    return (is_word(before) && is_word(behind)) || (before == '-' && behind == '-');
}

void sql_squeeze(struct str text, struct buf *ret)
{
    bool quoted = false, space = false;
    while (text.size > 0) {
        char c = text.data[0];
        if (!quoted && str_starts(text, STR("--"))) {
            str_cut(&text, '\n');
            space = true;
            continue;
        }
        text = str_slice(text, 1, text.size);
        if (!quoted && (c == ' ' || c == '\n')) {
            space = true;
            continue;
        }
        if (space && ret->size > 0 && must_part(ret->data[ret->size - 1], c))
            buf_add_char(ret, ' ');
        space = false;
        quoted = quoted != (c == '\'');
        buf_add_char(ret, c);
    }
}

bool sql_run(struct sql *sql, const char *name, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(sql, name, err);
    return stmt != NULL && sql_do(sql, stmt, err);
}

int sql_step(struct sql *sql, struct sqlite3_stmt *stmt, struct err *err)
{
    errno = 0; /* sql_fail may look at it */
    int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        return 1;
    if (code != SQLITE_DONE)
        sql_fail(sql, err);
    sql_rest(stmt);
    return code == SQLITE_DONE ? 0 : -1;
}

bool sql_do(struct sql *sql, struct sqlite3_stmt *stmt, struct err *err)
{
    int step = sql_step(sql, stmt, err);
    must(step != 1);
    return step == 0;
}

void sql_rest(struct sqlite3_stmt *stmt)
{
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

/* ---- Parameters and columns ---------------------------------------------------------------------------------------- */

void sql_bind_i64(struct sqlite3_stmt *stmt, int index, int64_t value)
{
    must(sqlite3_bind_int64(stmt, index, value) == SQLITE_OK);
}

void sql_bind_u64(struct sqlite3_stmt *stmt, int index, uint64_t value)
{
    sql_bind_i64(stmt, index, (int64_t)value);
}

void sql_bind_null(struct sqlite3_stmt *stmt, int index)
{
    must(sqlite3_bind_null(stmt, index) == SQLITE_OK);
}

void sql_bind_time(struct sqlite3_stmt *stmt, int index, int64_t time_us)
{
    if (time_us == TIME_NONE)
        sql_bind_null(stmt, index);
    else
        sql_bind_i64(stmt, index, time_us);
}

void sql_bind_blob(struct sqlite3_stmt *stmt, int index, struct str bytes)
{
    /* A NULL pointer would bind NULL; an empty blob is not that. */
    must(sqlite3_bind_blob64(stmt, index, bytes.data ? bytes.data : "", bytes.size, SQLITE_STATIC) == SQLITE_OK);
}

bool sql_is_text(struct str text)
{
    return utf8_valid(text) && str_find_char(text, '\0') == STR_NONE;
}

void sql_bind_str(struct sqlite3_stmt *stmt, int index, struct str text)
{
    if (text.data == NULL)
        sql_bind_null(stmt, index);
    else if (sql_is_text(text))
        must(sqlite3_bind_text64(stmt, index, text.data, text.size, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
    else
        sql_bind_blob(stmt, index, text);
}

int64_t sql_i64(struct sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt, column);
}

int64_t sql_time(struct sqlite3_stmt *stmt, int column)
{
    return sql_is_null(stmt, column) ? TIME_NONE : sql_i64(stmt, column);
}

struct str sql_str(struct sqlite3_stmt *stmt, int column)
{
    if (sql_is_null(stmt, column))
        return STR_ABSENT;
    const char *data = sqlite3_column_blob(stmt, column);
    int size = sqlite3_column_bytes(stmt, column);
    return size > 0 && data != NULL ? str_from(data, (size_t)size) : STR("");
}

bool sql_read_blob(struct sql *sql, const char *table, const char *column, int64_t id, char *to, size_t size,
                   struct err *err)
{
    struct sqlite3_blob *blob = NULL;
    errno = 0; /* sql_fail may look at it */
    bool ok = size <= INT_MAX && sqlite3_blob_open(sql->db, "main", table, column, id, 0, &blob) == SQLITE_OK &&
              sqlite3_blob_read(blob, to, (int)size, 0) == SQLITE_OK;
    if (!ok)
        sql_fail(sql, err);
    sqlite3_blob_close(blob);
    return ok;
}

bool sql_is_i64(struct sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_INTEGER;
}

bool sql_is_null(struct sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL;
}

int64_t sql_changes(const struct sql *sql)
{
    return sqlite3_changes64(sql->db);
}

int64_t sql_last_id(const struct sql *sql)
{
    return sqlite3_last_insert_rowid(sql->db);
}

bool sql_in_transaction(const struct sql *sql)
{
    return sqlite3_get_autocommit(sql->db) == 0;
}
