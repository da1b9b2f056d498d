#include "store/page.h"

#include <libdeflate.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"

enum {
    PAGE_SIZE_MIN = 512,
    PAGE_SIZE_MAX = 65536,
    HEADER_SIZE = 100,
    HEADER_RESERVED = 20, /* where the header tells how much of a page is left alone */
    CONTROL_STATE = 0x77696e,
    AHEAD_BYTES = 32 << 10,
    AHEAD_BYTES_MIN = 8 << 10, /* of the first read */
};

/* The file as SQLite sees it; the one below it stands right behind. */
struct page_file {
    struct sqlite3_file base;
    bool known; /* the header was seen */
    struct page_state state;
    uint8_t *copy; /* a page on its way into the file */
    /* Who reads page after page, as a blob's are, gets the next ones from one read. What is here dies with any lock that is taken
     * or given back: as long as a reader keeps its lock, nobody changes a page of the file that it may still see there. */
    uint8_t *ahead;
    sqlite3_int64 ahead_from, next; /* next: behind the page read last */
    int ahead_size;
};

static struct sqlite3_vfs *below; /* SQLite's own */
static struct sqlite3_vfs ours;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct sqlite3_file *file_below(struct sqlite3_file *file)
{
    return (struct sqlite3_file *)(void *)((struct page_file *)(void *)file + 1);
}

/* ---- Checksums --------------------------------------------------------------------------------------------------------- */

static uint32_t take_u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t page_sum(uint32_t number, const uint8_t *page, size_t size)
{
    uint8_t bytes[4];
    put_u32(bytes, number);
    return libdeflate_crc32(libdeflate_crc32(0, bytes, sizeof bytes), page, size - PAGE_RESERVED);
}

/* SQLite reads and writes a database page by page, save for the head of the file. */
static bool is_page(int size, sqlite3_int64 offset)
{
    return size >= PAGE_SIZE_MIN && size <= PAGE_SIZE_MAX && (size & (size - 1)) == 0 && offset % size == 0;
}

static void learn(struct page_file *file, const uint8_t *header)
{
    file->known = memcmp(header, "SQLite format 3", 16) == 0;
    file->state.summed = file->known && header[HEADER_RESERVED] == PAGE_RESERVED;
}

static bool check_page(struct page_file *file, uint8_t *page, size_t size, uint32_t number)
{
    uint8_t *end = page + size - PAGE_RESERVED;
    uint32_t sum = take_u32(end), complement = take_u32(end + 4);
    if (sum == 0 && complement == 0) {
        file->state.missing++;
        return true;
    }
    if (complement != ~sum || sum != page_sum(number, page, size)) {
        file->state.damaged = number;
        return false;
    }
    memset(end, 0, PAGE_RESERVED);
    return true;
}

/* ---- The file's methods ------------------------------------------------------------------------------------------------- */

static int file_close(struct sqlite3_file *base)
{
    free(((struct page_file *)(void *)base)->copy);
    free(((struct page_file *)(void *)base)->ahead);
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xClose(real);
}

static void forget_ahead(struct sqlite3_file *base)
{
    ((struct page_file *)(void *)base)->ahead_size = 0;
}

/* True when the page stands in what was read ahead, or does so now. */
static bool take_ahead(struct page_file *file, void *data, int size, sqlite3_int64 offset)
{
    struct sqlite3_file *real = file_below(&file->base);
    bool follows = offset == file->next;
    file->next = offset + size;
    if (offset < file->ahead_from || offset + size > file->ahead_from + file->ahead_size) {
        if (!follows)
            return false;
        if (file->ahead == NULL)
            file->ahead = mem_resize(NULL, AHEAD_BYTES);
        bool goes_on = file->ahead_size > 0 && offset == file->ahead_from + file->ahead_size;
        int bytes = goes_on ? AHEAD_BYTES : AHEAD_BYTES_MIN;
        file->ahead_from = offset;
        /* Fails at the end of the file, where the pages are read one by one. */
        bool whole = size <= bytes && real->pMethods->xRead(real, file->ahead, bytes, offset) == SQLITE_OK;
        file->ahead_size = whole ? bytes : 0;
        if (!whole)
            return false;
    }
    memcpy(data, file->ahead + (offset - file->ahead_from), (size_t)size);
    return true;
}

static int file_read(struct sqlite3_file *base, void *data, int size, sqlite3_int64 offset)
{
    struct page_file *file = (struct page_file *)(void *)base;
    struct sqlite3_file *real = file_below(base);
    bool ahead = file->state.summed && offset > 0 && is_page(size, offset) && take_ahead(file, data, size, offset);
    int code = ahead ? SQLITE_OK : real->pMethods->xRead(real, data, size, offset);
    if (code != SQLITE_OK)
        return code;
    if (offset == 0 && size >= HEADER_SIZE)
        learn(file, data);
    if (!file->state.summed || !is_page(size, offset))
        return SQLITE_OK;
    return check_page(file, data, (size_t)size, (uint32_t)(offset / size) + 1) ? SQLITE_OK : SQLITE_IOERR_DATA;
}

/* A file whose header was not seen yet is a new one, and a store's: others are never written. */
static int file_write(struct sqlite3_file *base, const void *data, int size, sqlite3_int64 offset)
{
    struct page_file *file = (struct page_file *)(void *)base;
    struct sqlite3_file *real = file_below(base);
    forget_ahead(base);
    if (is_page(size, offset)) {
        if (offset == 0)
            learn(file, data);
        if (file->state.summed || !file->known) {
            if (file->copy == NULL)
                file->copy = mem_alloc(PAGE_SIZE_MAX);
            memcpy(file->copy, data, (size_t)size);
            uint32_t sum = page_sum((uint32_t)(offset / size) + 1, file->copy, (size_t)size);
            put_u32(file->copy + size - PAGE_RESERVED, sum);
            put_u32(file->copy + size - PAGE_RESERVED + 4, ~sum);
            data = file->copy;
        }
    }
    return real->pMethods->xWrite(real, data, size, offset);
}

static int file_truncate(struct sqlite3_file *base, sqlite3_int64 size)
{
    forget_ahead(base);
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xTruncate(real, size);
}

static int file_sync(struct sqlite3_file *base, int flags)
{
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xSync(real, flags);
}

static int file_size(struct sqlite3_file *base, sqlite3_int64 *ret)
{
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xFileSize(real, ret);
}

static int file_lock(struct sqlite3_file *base, int level)
{
    forget_ahead(base);
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xLock(real, level);
}

static int file_unlock(struct sqlite3_file *base, int level)
{
    forget_ahead(base);
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xUnlock(real, level);
}

static int file_reserved(struct sqlite3_file *base, int *ret)
{
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xCheckReservedLock(real, ret);
}

static int file_control(struct sqlite3_file *base, int operation, void *argument)
{
    if (operation == CONTROL_STATE) {
        *(struct page_state *)argument = ((struct page_file *)(void *)base)->state;
        return SQLITE_OK;
    }
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xFileControl(real, operation, argument);
}

static int file_sector(struct sqlite3_file *base)
{
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xSectorSize(real);
}

static int file_traits(struct sqlite3_file *base)
{
    enum { SUBPAGE_READ = 0x8000 }; /* SQLITE_IOCAP_SUBPAGE_READ of SQLite 3.48: would read past the checksums */
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xDeviceCharacteristics(real) & ~SUBPAGE_READ;
}

static int file_shm_map(struct sqlite3_file *base, int page, int size, int extend, void volatile **ret)
{
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xShmMap(real, page, size, extend, ret);
}

static int file_shm_lock(struct sqlite3_file *base, int offset, int count, int flags)
{
    forget_ahead(base);
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xShmLock(real, offset, count, flags);
}

static void file_shm_barrier(struct sqlite3_file *base)
{
    struct sqlite3_file *real = file_below(base);
    real->pMethods->xShmBarrier(real);
}

static int file_shm_unmap(struct sqlite3_file *base, int remove)
{
    struct sqlite3_file *real = file_below(base);
    return real->pMethods->xShmUnmap(real, remove);
}

/* Version 2 has no memory mapping, which would go past file_read. */
static const struct sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* ---- The VFS -------------------------------------------------------------------------------------------------------------- */

/* Journals and logs are opened as they are. */
static int open_file(struct sqlite3_vfs *vfs, const char *name, struct sqlite3_file *base, int flags, int *ret_flags)
{
    (void)vfs;
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0)
        return below->xOpen(below, name, base, flags, ret_flags);
    struct page_file *file = (struct page_file *)(void *)base;
    *file = (struct page_file){0};
    struct sqlite3_file *real = file_below(base);
    memset(real, 0, (size_t)below->szOsFile);
    int code = below->xOpen(below, name, real, flags, ret_flags);
    if (real->pMethods != NULL)
        file->base.pMethods = &methods;
    return code;
}

static void register_vfs(void)
{
    /* Nobody asks how much memory SQLite has, and counting takes a lock at every allocation. Refused when SQLite runs already. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    below = sqlite3_vfs_find(NULL);
    must(below != NULL && sizeof(struct page_file) % sizeof(void *) == 0);
    ours = *below; /* what is not about opening is the same */
    ours.pNext = NULL;
    ours.zName = "winnow";
    ours.szOsFile = (int)sizeof(struct page_file) + below->szOsFile;
    ours.xOpen = open_file;
    must(sqlite3_vfs_register(&ours, 0) == SQLITE_OK);
}

const char *page_vfs(void)
{
    pthread_once(&once, register_vfs);
    return ours.zName;
}

void page_reserve(struct sqlite3 *db)
{
    int bytes = PAGE_RESERVED;
    must(sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes) == SQLITE_OK);
}

struct page_state page_state(struct sqlite3 *db)
{
    struct page_state state = {0};
    sqlite3_file_control(db, "main", CONTROL_STATE, &state); /* fails only on a connection of another kind */
    return state;
}
