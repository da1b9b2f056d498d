/* sql: the statements of schemas/sql/statements.sql, by name, prepared once and kept; and what SQLite's codes mean.
 *
 * A statement at rest holds no read transaction. Every user brings it back to rest: sql_step does so itself at the end
 * and on an error, sql_rest for who stops earlier. What a column or bound value points to lives until then.
 * One thread. */
#ifndef WINNOW_STORE_SQL_H
#define WINNOW_STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct sqlite3;
struct sqlite3_stmt;

struct sql_entry {
    struct str name;
    struct str text;
    struct sqlite3_stmt *stmt; /* NULL until first used */
};

enum { SQL_RECENT = 64 };
struct sql {
    struct sqlite3 *db;
    const char *path; /* for messages; the store's */
    struct sql_entry *entries;
    size_t count;
    struct sql_entry *recent[SQL_RECENT]; /* by the address of the name asked with, or NULL */
};

/* Takes over db, which may be NULL. path must live as long. */
void sql_init(struct sql *sql, struct sqlite3 *db, const char *path);
void sql_release(struct sql *sql);
/* Closes the connection, with its statements, and goes on with another one. */
void sql_reconnect(struct sql *sql, struct sqlite3 *db);

/* The statement of that name, at rest; naming one that does not exist is a bug. NULL: err (the file's schema is not what
 * it should be). */
struct sqlite3_stmt *sql_use(struct sql *sql, const char *name, struct err *err);
/* Runs all statements of a text, ignoring rows. */
bool sql_script(struct sql *sql, struct str text, struct err *err);
/* Adds the text without comments and without white space that means nothing: SQLite keeps the text of each table and view
 * in the file. */
void sql_squeeze(struct str text, struct buf *ret);
/* Runs a statement that takes nothing and gives nothing. */
bool sql_run(struct sql *sql, const char *name, struct err *err);

/* 1: a row, 0: done and at rest, -1: failed, at rest. */
int sql_step(struct sql *sql, struct sqlite3_stmt *stmt, struct err *err);
/* Steps a statement that gives no rows. */
bool sql_do(struct sql *sql, struct sqlite3_stmt *stmt, struct err *err);
void sql_rest(struct sqlite3_stmt *stmt);
/* What the connection's last failure means: ERR_FULL, ERR_BUSY, ERR_CORRUPT, ERR_FORMAT or ERR_IO. Returns false. */
bool sql_fail(struct sql *sql, struct err *err);

/* Parameters count from 1. Text and blobs are not copied. */
void sql_bind_i64(struct sqlite3_stmt *stmt, int index, int64_t value);
void sql_bind_u64(struct sqlite3_stmt *stmt, int index, uint64_t value);   /* above INT64_MAX as a negative number */
void sql_bind_time(struct sqlite3_stmt *stmt, int index, int64_t time_us); /* TIME_NONE is NULL */
void sql_bind_null(struct sqlite3_stmt *stmt, int index);
void sql_bind_blob(struct sqlite3_stmt *stmt, int index, struct str bytes);
/* True for UTF-8 without NUL: what SQLite may have as TEXT. */
bool sql_is_text(struct str text);
/* TEXT when it is that, else BLOB; absent is NULL. */
void sql_bind_str(struct sqlite3_stmt *stmt, int index, struct str text);

/* Columns count from 0. A column that holds another type than expected is converted, never an error. */
int64_t sql_i64(struct sqlite3_stmt *stmt, int column);
int64_t sql_time(struct sqlite3_stmt *stmt, int column);   /* NULL is TIME_NONE */
struct str sql_str(struct sqlite3_stmt *stmt, int column); /* text or blob; NULL is absent */
/* Copies a blob out of a row that a statement stands on, page by page, and so without a copy of the whole between. It has so many
 * bytes (length()). */
bool sql_read_blob(struct sql *sql, const char *table, const char *column, int64_t id, char *to, size_t size,
                   struct err *err);
bool sql_is_i64(struct sqlite3_stmt *stmt, int column);
bool sql_is_null(struct sqlite3_stmt *stmt, int column);

/* Rows the last statement changed. */
int64_t sql_changes(const struct sql *sql);
int64_t sql_last_id(const struct sql *sql);
/* False once SQLite or a statement ended the transaction. */
bool sql_in_transaction(const struct sql *sql);

#endif
