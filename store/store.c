#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/io.h"
#include "base/must.h"
#include "store/chain.h"
#include "store/counts.h"
#include "store/hot.h"
#include "store/handle.h"
#include "store/id.h"
#include "store/lock.h"
#include "store/page.h"

/* The write-ahead log. From WAL_BYTES_SOFT on, each commit moves what it can into the database without waiting for
 * readers. From WAL_BYTES_HARD on it waits up to BUSY_MS for running reads to end, so that the log can start anew. So
 * the log stays below WAL_BYTES_HARD and one transaction as long as every read is shorter than BUSY_MS, as winnow's own
 * are. A foreign program that keeps one read open makes it grow until that read ends; then waiting is tried again only
 * each time it has grown by WAL_BYTES_HARD more, so the writer is hardly slowed. */
enum {
    APPLICATION_ID = 0x77696e77, /* "winw" */
    BUSY_MS = 5000,
    WAL_BYTES_SOFT = 8 << 20,
    WAL_BYTES_HARD = 64 << 20,
    URI_MAX = 3 * 4096 + 64,
};

/* migrations[n] brings a file from schema n to n + 1. */
static const char *const migrations[SCHEMA_VERSION] = {"sql/001_init.sql"};

/* ---- The file ------------------------------------------------------------------------------------------------------ */

/* Looks at the path before SQLite does, for clear messages. *ret_exists is false when there is nothing. */
static bool look_at_file(const char *path, enum store_mode mode, bool *ret_exists, struct err *err)
{
    struct stat stat_buf;
    *ret_exists = false;
    if (stat(path, &stat_buf) != 0) {
        if (errno == ENOENT)
            return true;
        return err_set(err, ERR_IO, errno, "open the store '%s'", path);
    }
    if (S_ISDIR(stat_buf.st_mode))
        return err_set(err, ERR_FORMAT, 0, "'%s' is a folder, not a winnow store", path);
    if (!S_ISREG(stat_buf.st_mode))
        return err_set(err, ERR_FORMAT, 0, "'%s' is not a file, so not a winnow store", path);
    int wanted = mode == STORE_WRITE ? R_OK | W_OK : R_OK;
    if (faccessat(AT_FDCWD, path, wanted, AT_EACCESS) != 0)
        return err_set(err, ERR_IO, errno, "open the store '%s'%s", path, mode == STORE_WRITE ? " for writing" : "");
    *ret_exists = true;
    return true;
}

/* Makes the folders the path stands in, for their owner only: logs hold secrets. */
static bool make_folders(const char *path, struct err *err)
{
    char *folder = mem_alloc(strlen(path) + 1);
    memcpy(folder, path, strlen(path) + 1);
    bool ok = true;
    for (char *slash = strchr(folder + (folder[0] == '/'), '/'); slash != NULL && ok; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            ok = err_set(err, ERR_IO, errno, "make the folder '%s' for the store", folder);
        *slash = '/';
    }
    free(folder);
    return ok;
}

/* An empty file, readable by its owner only; SQLite gives its -wal and -shm the same mode. It must not exist: closing a
 * file that SQLite has open in this process would drop SQLite's locks on it. */
static bool make_file(const char *path, struct err *err)
{
    if (!make_folders(path, err))
        return false;
    SCOPED_FD fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
        return err_set(err, ERR_IO, errno, "make the store '%s'", path);
    return true;
}

/* ---- The connection ------------------------------------------------------------------------------------------------ */

static int note_wal_size(void *context, struct sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((struct store *)context)->wal_pages = (uint64_t)pages;
    return SQLITE_OK;
}

/* Of the write-ahead log on the disk. */
static uint64_t log_bytes(const struct store *store)
{
    SCOPED(buf) path = BUF(URI_MAX);
    struct stat stat_buf;
    buf_add_text(&path, store->path);
    buf_add_text(&path, "-wal");
    return !path.full && stat(path.data, &stat_buf) == 0 && stat_buf.st_size > 0 ? (uint64_t)stat_buf.st_size : 0;
}

uint64_t store_log_held(const struct store *store)
{
    return store->wal_held;
}

void store_checkpoint(struct store *store)
{
    uint64_t hard = WAL_BYTES_HARD / store->page_size;
    /* A failure loses nothing: the commit is in the log, and the next one will meet the same full disk and say so. */
    if (store->wal_pages >= store->wal_patience) {
        int code = sqlite3_wal_checkpoint_v2(store->sql.db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
        if ((code & 0xff) == SQLITE_BUSY)
            store->wal_held = log_bytes(store);
        store->wal_patience = store->wal_pages + hard;
    } else if (store->wal_pages >= WAL_BYTES_SOFT / store->page_size) {
        sqlite3_wal_checkpoint_v2(store->sql.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
    if (store->wal_pages < hard)
        store->wal_patience = hard;
}

/* The file's schema is not trusted: no triggers, no views, no functions with side effects run from it. */
static void harden(struct sqlite3 *db)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
}

/* The path as a URI; also keeps SQLite from giving ":memory:" and "" a meaning of their own. */
static bool add_uri(struct buf *uri, const char *path, bool immutable)
{
    buf_add_text(uri, path[0] == '/' ? "file://" : "file:./");
    for (const char *c = path; *c != '\0'; c++) {
        if (*c == '%' || *c == '?' || *c == '#')
            buf_printf(uri, "%%%02x", (unsigned)(unsigned char)*c);
        else
            buf_add_char(uri, *c);
    }
    buf_add_text(uri, immutable ? "?immutable=1" : "");
    return !uri->full;
}

static bool connect(struct store *store, bool immutable, struct err *err)
{
    SCOPED(buf) uri = BUF(URI_MAX);
    if (!add_uri(&uri, store->path, immutable))
        return err_set(err, ERR_LIMIT, 0, "the path '%s' is too long", store->path);
    int access = store->mode == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    struct sqlite3 *db = NULL;
    int code = sqlite3_open_v2(uri.data, &db, access | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, page_vfs());
    must(db != NULL); /* only out of memory gives none */
    sql_reconnect(&store->sql, db);
    if (code != SQLITE_OK)
        return sql_fail(&store->sql, err);
    harden(db);
    return true;
}

/* ---- Whose file it is ------------------------------------------------------------------------------------------------ */

struct identity {
    bool empty; /* nothing in it yet, and nobody's */
    int64_t version;
};

static bool identify(struct store *store, struct identity *ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "identity", err);
    if (stmt == NULL)
        return false;
    int step = sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    must(step == 1); /* pragmas always answer */
    int64_t application = sql_i64(stmt, 0);
    int64_t tables = sql_i64(stmt, 2);
    *ret = (struct identity){.empty = application == 0 && tables == 0, .version = sql_i64(stmt, 1)};
    sql_rest(stmt);
    if (application != APPLICATION_ID && !ret->empty)
        return err_set(err, ERR_FORMAT, 0, "'%s' is not a winnow store", store->path);
    if (ret->version > SCHEMA_VERSION)
        return err_set(err, ERR_VERSION, 0,
                       "'%s' was written by a newer winnow (schema %lld, this one knows %d): upgrade winnow",
                       store->path, (long long)ret->version, SCHEMA_VERSION);
    if (!ret->empty && !page_state(store->sql.db).summed)
        return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: its header leaves no room for checksums",
                       store->path);
    return true;
}

/* All of it or nothing: a process killed on the way leaves the file as it was. */
static bool migrate(struct store *store, int64_t version, struct err *err)
{
    must(version >= 0 && version < SCHEMA_VERSION);
    bool ok = sql_run(&store->sql, "begin_write", err);
    for (int64_t from = version; ok && from < SCHEMA_VERSION; from++) {
        struct str script = asset_get(migrations[from]);
        SCOPED(buf) squeezed = BUF(script.size + 1);
        sql_squeeze(script, &squeezed);
        ok = sql_script(&store->sql, buf_str(&squeezed), err);
    }
    if (ok) {
        SCOPED(buf) marks = BUF(256);
        buf_printf(&marks, "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID, SCHEMA_VERSION);
        ok = sql_script(&store->sql, buf_str(&marks), err) && sql_run(&store->sql, "commit", err);
    }
    if (!ok && sql_in_transaction(&store->sql))
        sql_run(&store->sql, "rollback", NULL);
    return ok;
}

/* ---- Opening --------------------------------------------------------------------------------------------------------- */

static bool read_writer_state(struct store *store, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "next_record", err);
    if (stmt == NULL)
        return false;
    int step = sql_step(&store->sql, stmt, err);
    if (step < 0)
        return false;
    int64_t next = step == 1 ? sql_i64(stmt, 0) : 0;
    sql_rest(stmt);
    if (next < 1)
        return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: no record counter", store->path);
    store->writer.next_record = (uint64_t)next;

    int64_t block;
    if (!chain_head(store, &block, store->writer.digest, err))
        return false;
    store->writer.last_block = block;
    return hot_total(store, &store->writer, err);
}

static bool read_page_size(struct store *store, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "page_size", err);
    if (stmt == NULL || sql_step(&store->sql, stmt, err) != 1)
        return false;
    store->page_size = (uint32_t)sql_i64(stmt, 0);
    sql_rest(stmt);
    return true;
}

static bool open_writer(struct store *store, bool large, struct err *err)
{
    bool exists;
    if (!look_at_file(store->path, STORE_WRITE, &exists, err) || (!exists && !make_file(store->path, err)))
        return false;
    /* Whose file it is comes first, so that nothing is put beside a file that is not ours; then again under the lock. */
    struct identity identity = {0};
    if (!connect(store, false, err) || !identify(store, &identity, err) ||
        !lock_take(store->path, &store->lock_fd, err) || !identify(store, &identity, err))
        return false;
    if (identity.empty)
        page_reserve(store->sql.db);
    if (identity.empty && !sql_run(&store->sql, large ? "pages_large" : "pages_small", err))
        return false;
    if (!sql_script(&store->sql, asset_get("sql/open_write.sql"), err) || !read_page_size(store, err))
        return false;
    store->wal_patience = WAL_BYTES_HARD / store->page_size;
    sqlite3_wal_hook(store->sql.db, note_wal_size, store); /* takes the place of SQLite's automatic checkpoints */
    if (identity.version < SCHEMA_VERSION && !migrate(store, identity.version, err))
        return false;
    return id_ensure(store, err) && read_writer_state(store, err);
}

/* Where nothing can be written (a mounted image, somebody else's folder) SQLite cannot make the -shm file a reader needs.
 * If there is no write-ahead log either, nobody writes, and the file can be read as it lies. */
static bool identify_read_only(struct store *store, struct identity *ret, struct err *err)
{
    struct err first = {0};
    if (identify(store, ret, &first))
        return true;
    SCOPED(buf) wal = BUF(URI_MAX);
    buf_add_text(&wal, store->path);
    buf_add_text(&wal, "-wal");
    struct stat stat_buf;
    bool log_exists = wal.full || stat(wal.data, &stat_buf) == 0;
    if (first.kind != ERR_IO || log_exists)
        return err_set(err, first.kind, 0, "%s", first.text);
    return connect(store, true, err) && identify(store, ret, err);
}

static bool open_reader(struct store *store, struct err *err)
{
    bool exists;
    if (!look_at_file(store->path, STORE_READ, &exists, err))
        return false;
    if (!exists)
        return err_set(err, ERR_MISSING, 0,
                       "no store at '%s': put logs in with 'winnow ingest' first, or name one with --store",
                       store->path);
    struct identity identity = {0};
    if (!connect(store, store->mode == STORE_STILL, err) || !identify_read_only(store, &identity, err))
        return false;
    if (identity.empty)
        return err_set(err, ERR_FORMAT, 0, "'%s' is empty, not a winnow store", store->path);
    if (identity.version < SCHEMA_VERSION)
        return err_set(
            err, ERR_VERSION, 0,
            "'%s' was written by an older winnow (schema %lld, this one reads %d): any 'winnow ingest' into it "
            "brings it up to date",
            store->path, (long long)identity.version, SCHEMA_VERSION);
    return sql_script(&store->sql, asset_get("sql/open_read.sql"), err);
}

bool store_set_durability(struct store *store, enum store_durability durability, struct err *err)
{
    must(store->mode == STORE_WRITE);
    return sql_run(&store->sql, durability == STORE_FULL ? "durability_full" : "durability_normal", err);
}

struct store *store_open(const char *path, enum store_mode mode, struct err *err)
{
    struct store *store = mem_alloc(sizeof *store);
    store->path = mem_alloc(strlen(path) + 1);
    memcpy(store->path, path, strlen(path) + 1);
    store->mode = mode == STORE_WRITE_LARGE ? STORE_WRITE : mode;
    store->lock_fd = -1;
    sql_init(&store->sql, NULL, store->path);
    if (store->mode == STORE_WRITE ? open_writer(store, mode == STORE_WRITE_LARGE, err) : open_reader(store, err))
        return store;
    store_free(store);
    return NULL;
}

void store_free(struct store *store)
{
    if (store == NULL)
        return;
    sql_release(&store->sql);
    io_fd_release(&store->lock_fd); /* after the connection: closing it may still write */
    fetch_cache_free(store->cache);
    map_release(&store->names);
    map_release(&store->traits);
    counts_release(store);
    map_release(&store->last_times);
    buf_release(&store->held_by);
    free(store->path);
    free(store);
}

const char *store_path(const struct store *store)
{
    return store->path;
}
