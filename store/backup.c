#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/must.h"
#include "base/scope.h"
#include "store/handle.h"
#include "store/page.h"

/*     PATH.partial made ─▶ pages copied in one read ─▶ closed ─▶ verified ─▶ fsync ─▶ renamed ─▶ folder fsynced
 *
 * One read, because a copy in several would begin anew with each commit in between, and never end beside a busy writer. */
enum { PATH_BYTES_MAX = 4096 + 16, PAGES_AT_ONCE = 1024 };

/* ---- The place --------------------------------------------------------------------------------------------------------- */

static bool add_path(struct buf *path, const char *base, const char *suffix, struct err *err)
{
    buf_add_text(path, base);
    buf_add_text(path, suffix);
    return !path->full || err_set(err, ERR_LIMIT, 0, "the path '%s' is too long", base);
}

/* What stands at the path must be replaceable: a file of its own, and no store that is open: its write-ahead log would be taken
 * for the copy's. */
static bool check_place(const struct store *store, const struct backup_ask *ask, struct err *err)
{
    struct stat there, own;
    SCOPED(buf) wal = BUF(PATH_BYTES_MAX);
    if (!add_path(&wal, ask->path, "-wal", err))
        return false;
    if (stat(wal.data, &there) == 0 && there.st_size > 0)
        return err_set(err, ERR_BUSY, 0,
                       "'%s' exists: a store at '%s' is open, or was not closed well; give the copy another name",
                       wal.data, ask->path);
    if (lstat(ask->path, &there) != 0)
        return errno == ENOENT || err_set(err, ERR_IO, errno, "look at '%s'", ask->path);
    if (!ask->replace)
        return err_set(err, ERR_USAGE, 0, "'%s' exists; to replace it use --force", ask->path);
    if (!S_ISREG(there.st_mode))
        return err_set(err, ERR_USAGE, 0, "'%s' is not a file, so it is not replaced", ask->path);
    if (stat(store->path, &own) == 0 && own.st_dev == there.st_dev && own.st_ino == there.st_ino)
        return err_set(err, ERR_USAGE, 0, "'%s' is the store itself", ask->path);
    return true;
}

static bool make_partial(const char *path, struct err *err)
{
    SCOPED_FD fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        return true;
    if (errno == EEXIST)
        return err_set(err, ERR_BUSY, 0,
                       "'%s' exists: another backup is being made there, or was killed; if so remove it", path);
    return err_set(err, ERR_IO, errno, "make '%s'", path);
}

/* ---- The copy ---------------------------------------------------------------------------------------------------------- */

static bool copy_failed(struct store *store, struct sqlite3 *copy, const char *path, struct err *err)
{
    int code = sqlite3_errcode(copy) & 0xff;
    if (code == SQLITE_FULL)
        return err_set(err, ERR_FULL, 0, "no space left for '%s'", path);
    if (code == SQLITE_IOERR || code == SQLITE_CANTOPEN)
        return err_set(err, ERR_IO, sqlite3_system_errno(copy), "write '%s'", path);
    if (sqlite3_errcode(store->sql.db) != SQLITE_OK)
        return sql_fail(&store->sql, err);
    return err_set(err, ERR_IO, 0, "write '%s': %s", path, sqlite3_errmsg(copy));
}

static bool copy_pages(struct store *store, const struct backup_ask *ask, struct sqlite3 *copy, const char *path,
                       struct err *err)
{
    struct sqlite3_backup *backup = sqlite3_backup_init(copy, "main", store->sql.db, "main");
    if (backup == NULL)
        return copy_failed(store, copy, path, err);
    int code;
    bool stopped = false;
    struct store_summary summary = {0};
    store_summary(store, &summary, NULL);
    while ((code = sqlite3_backup_step(backup, PAGES_AT_ONCE)) == SQLITE_OK && !stopped) {
        uint64_t pages = (uint64_t)sqlite3_backup_pagecount(backup);
        uint64_t left = (uint64_t)sqlite3_backup_remaining(backup);
        stopped = ask->go_on != NULL && pages > 0 &&
                  !ask->go_on(ask->context, summary.file_bytes / pages * (pages - left), summary.file_bytes);
    }
    sqlite3_backup_finish(backup);
    if (stopped)
        return err_set(err, ERR_INTERRUPTED, 0, "interrupted: no copy was made");
    return code == SQLITE_DONE || copy_failed(store, copy, path, err);
}

/* The read transaction keeps the source as it is while its pages are copied. */
static bool copy_snapshot(struct store *store, const struct backup_ask *ask, const char *path, struct err *err)
{
    struct sqlite3 *copy = NULL;
    int code = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, page_vfs());
    must(copy != NULL); /* only out of memory gives none */
    bool ok = code == SQLITE_OK || copy_failed(store, copy, path, err);
    ok = ok && sql_run(&store->sql, "begin_read", err);
    if (ok) {
        /* Nobody sees the copy before it is whole, so it needs no journal, and is made durable once, at the end. */
        sqlite3_exec(copy, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;", NULL, NULL, NULL);
        ok = copy_pages(store, ask, copy, path, err);
        if (sql_in_transaction(&store->sql))
            ok = sql_run(&store->sql, "commit", ok ? err : NULL) && ok;
    }
    if (sqlite3_close(copy) != SQLITE_OK && ok)
        ok = err_set(err, ERR_IO, 0, "close '%s'", path);
    return ok;
}

/* ---- The check ----------------------------------------------------------------------------------------------------------- */

static void keep_first(void *context, const struct verify_finding *finding)
{
    struct buf *first = context;
    if (first->size == 0)
        buf_add_str(first, finding->text);
}

static bool check_copy(const char *path, struct backup_result *ret, struct err *err)
{
    SCOPED_FREE(store) *copy = store_open(path, STORE_STILL, err);
    SCOPED(buf) first = BUF(ERR_TEXT_MAX);
    struct verify_result result;
    struct store_summary summary;
    struct verify_ask ask = {.context = &first, .find = keep_first};
    if (copy == NULL || !store_verify(copy, &ask, &result, err) || !store_summary(copy, &summary, err))
        return false;
    if (result.findings > 0)
        return err_set(err, ERR_CORRUPT, 0, "the copy is not sound, so it is not kept: %.*s; see 'winnow verify'",
                       STR_ARG(buf_str(&first)));
    *ret = (struct backup_result){.bytes = summary.file_bytes, .records = summary.records, .head = result.head};
    return true;
}

/* ---- The end ------------------------------------------------------------------------------------------------------------- */

static bool sync_path(const char *path, int flags, struct err *err)
{
    SCOPED_FD fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0 || fsync(fd) != 0)
        return err_set(err, ERR_IO, errno, "make '%s' durable", path);
    return true;
}

static bool sync_folder(const char *path, struct err *err)
{
    SCOPED(buf) folder = BUF(PATH_BYTES_MAX);
    buf_add_text(&folder, path);
    char *slash = strrchr(folder.data, '/');
    if (slash == NULL)
        return sync_path(".", O_DIRECTORY, err);
    slash[slash == folder.data] = '\0';
    return sync_path(folder.data, O_DIRECTORY, err);
}

/* Without leave to replace, a file that came there meanwhile is not replaced either. */
static bool give_name(const struct backup_ask *ask, const char *partial, struct err *err)
{
    if (ask->replace)
        return rename(partial, ask->path) == 0 || err_set(err, ERR_IO, errno, "rename '%s'", partial);
    if (renameat2(AT_FDCWD, partial, AT_FDCWD, ask->path, RENAME_NOREPLACE) == 0)
        return true;
    if (errno == EINVAL || errno == ENOSYS) /* a file system without it: link fails on what is there */
        return (link(partial, ask->path) == 0 && unlink(partial) == 0) ||
               err_set(err, ERR_IO, errno, "name the copy '%s'", ask->path);
    return err_set(err, ERR_IO, errno, "name the copy '%s'", ask->path);
}

bool store_backup(struct store *store, const struct backup_ask *ask, struct backup_result *ret, struct err *err)
{
    SCOPED(buf) partial = BUF(PATH_BYTES_MAX);
    if (!add_path(&partial, ask->path, ".partial", err) || !check_place(store, ask, err) ||
        !make_partial(partial.data, err))
        return false;
    bool ok = copy_snapshot(store, ask, partial.data, err) && check_copy(partial.data, ret, err) &&
              sync_path(partial.data, 0, err) && give_name(ask, partial.data, err);
    if (!ok)
        unlink(partial.data);
    return ok && sync_folder(ask->path, err);
}
