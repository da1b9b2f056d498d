/* A disk that gets full, for LD_PRELOAD: files may grow by FULL_DISK_BYTES in all, then writes that need more space write
 * what fits and fail with ENOSPC. Overwriting needs no space, deleting gives none back. The standard streams and what is
 * no regular file are left alone. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static _Atomic int64_t left = INT64_MAX;

static ssize_t (*real_pwrite)(int, const void *, size_t, int64_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_ftruncate)(int, int64_t);

__attribute__((constructor)) static void begin(void)
{
    *(void **)&real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    *(void **)&real_write = dlsym(RTLD_NEXT, "write");
    *(void **)&real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    const char *bytes = getenv("FULL_DISK_BYTES");
    if (bytes != NULL)
        atomic_store(&left, strtoll(bytes, NULL, 10));
}

/* How much of size bytes at offset (-1: where the file stands) there is space for; -1 with errno when for nothing. */
static ssize_t take(int fd, size_t size, int64_t offset)
{
    struct stat info;
    if (fd <= STDERR_FILENO || size == 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return (ssize_t)size;
    if (offset < 0)
        offset = lseek(fd, 0, SEEK_CUR);
    int64_t growth = offset + (int64_t)size - (int64_t)info.st_size;
    if (growth <= 0)
        return (ssize_t)size;
    int64_t before = atomic_fetch_sub(&left, growth);
    if (before >= growth)
        return (ssize_t)size;
    atomic_store(&left, 0);
    int64_t missing = growth - (before > 0 ? before : 0);
    if (missing < (int64_t)size)
        return (ssize_t)((int64_t)size - missing);
    errno = ENOSPC;
    return -1;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc's have reserved names */
ssize_t pwrite64(int fd, const void *data, size_t size, int64_t offset)
{
    ssize_t fits = take(fd, size, offset);
    return fits < 0 ? -1 : real_pwrite(fd, data, (size_t)fits, offset);
}

ssize_t write(int fd, const void *data, size_t size)
{
    ssize_t fits = take(fd, size, -1);
    return fits < 0 ? -1 : real_write(fd, data, (size_t)fits);
}

int ftruncate64(int fd, int64_t size)
{
    struct stat info;
    if (fstat(fd, &info) == 0 && size > info.st_size &&
        take(fd, (size_t)(size - info.st_size), info.st_size) < size - info.st_size) {
        errno = ENOSPC;
        return -1;
    }
    return real_ftruncate(fd, size);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
