/* Faults at system calls, for LD_PRELOAD. Two uses, both by the environment:
 *
 *     FAULT_AT=n FAULT_DO=kill|EIO|ENOSPC|EINTR|EMFILE   the n-th call of those the fault can happen to: SIGKILL before it, or it
 *                                                        fails; 0 never. FAULT_MARK=FILE is made when it happens.
 *     FAULT_GATE=FILE                                    while the first byte of FILE is not 0 the disk is full: whatever
 *                                                        makes a regular file longer fails with ENOSPC.
 *
 * Calls on standard streams do not count. What the C library does for itself (stdio, its own reading of files) is not
 * seen here, and needs not be: the store and the followed files are read and written through these. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call_class { /* what may happen to a call */
                  CLASS_READS = 1,
                  CLASS_WRITES = 2,
                  CLASS_LOOKS = 4, /* stat and the like */
                  CLASS_OPENS = 8,
                  CLASS_GROWS = 16, /* needs room */
                  CLASS_WAITS = 32,
};

static long fault_at, counted;
static int fault_error; /* 0: SIGKILL */
static unsigned fault_classes;
static const char *mark_path;
static const unsigned char *gate;

static void mark(void)
{
    if (mark_path != NULL)
        syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, mark_path, O_WRONLY | O_CREAT, 0644));
}

__attribute__((constructor)) static void begin(void)
{
    static const struct {
        const char *name;
        int error;
        unsigned classes;
    } faults[] = {
        {"kill", 0, CLASS_READS | CLASS_WRITES | CLASS_LOOKS | CLASS_OPENS | CLASS_GROWS | CLASS_WAITS},
        {"EIO", EIO, CLASS_READS | CLASS_WRITES | CLASS_LOOKS},
        {"ENOSPC", ENOSPC, CLASS_GROWS},
        {"EINTR", EINTR, CLASS_READS | CLASS_WRITES | CLASS_OPENS | CLASS_WAITS},
        {"EMFILE", EMFILE, CLASS_OPENS},
    };
    const char *path = getenv("FAULT_GATE"), *at = getenv("FAULT_AT"), *what = getenv("FAULT_DO");
    if (path != NULL) {
        long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
        void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, (int)fd, 0);
        gate = map == MAP_FAILED ? NULL : map;
        syscall(SYS_close, fd);
    }
    mark_path = getenv("FAULT_MARK");
    for (size_t i = 0; at != NULL && what != NULL && i < sizeof faults / sizeof faults[0]; i++) {
        if (strcmp(faults[i].name, what) != 0)
            continue;
        fault_at = strtol(at, NULL, 10);
        fault_error = faults[i].error;
        fault_classes = faults[i].classes;
    }
}

/* True when this call is to fail; errno is set. */
static bool fault(int fd, unsigned classes)
{
    if ((classes & fault_classes) == 0 || (fd >= 0 && fd <= STDERR_FILENO))
        return false;
    if (++counted != fault_at)
        return false;
    mark();
    if (fault_error == 0) {
        syscall(SYS_kill, getpid(), SIGKILL);
        pause();
    }
    errno = fault_error;
    return true;
}

static bool is_full(int fd, int64_t end)
{
    struct stat info;
    if (gate == NULL || *(const volatile unsigned char *)gate == 0 || fd <= STDERR_FILENO)
        return false;
    if (syscall(SYS_fstat, fd, &info) != 0 || !S_ISREG(info.st_mode) || end <= info.st_size)
        return false;
    errno = ENOSPC;
    return true;
}

#define REAL(name, type, ...)                                                                                          \
    static type (*real)(__VA_ARGS__);                                                                                  \
    if (real == NULL)                                                                                                  \
    *(void **)&real = dlsym(RTLD_NEXT, name)

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc's have reserved names */
ssize_t read(int fd, void *data, size_t size)
{
    REAL("read", ssize_t, int, void *, size_t);
    return fault(fd, CLASS_READS) ? -1 : real(fd, data, size);
}

ssize_t pread64(int fd, void *data, size_t size, int64_t offset)
{
    REAL("pread64", ssize_t, int, void *, size_t, int64_t);
    return fault(fd, CLASS_READS) ? -1 : real(fd, data, size, offset);
}

ssize_t write(int fd, const void *data, size_t size)
{
    REAL("write", ssize_t, int, const void *, size_t);
    int64_t at = gate ? syscall(SYS_lseek, fd, 0, SEEK_CUR) : 0;
    return fault(fd, CLASS_WRITES | CLASS_GROWS) || is_full(fd, at + (int64_t)size) ? -1 : real(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, int64_t offset)
{
    REAL("pwrite64", ssize_t, int, const void *, size_t, int64_t);
    return fault(fd, CLASS_WRITES | CLASS_GROWS) || is_full(fd, offset + (int64_t)size) ? -1
                                                                                        : real(fd, data, size, offset);
}

int ftruncate64(int fd, int64_t size)
{
    REAL("ftruncate64", int, int, int64_t);
    return fault(fd, CLASS_WRITES | CLASS_GROWS) || is_full(fd, size) ? -1 : real(fd, size);
}

int fallocate64(int fd, int mode, int64_t offset, int64_t size)
{
    REAL("fallocate64", int, int, int, int64_t, int64_t);
    return fault(fd, CLASS_WRITES | CLASS_GROWS) || is_full(fd, offset + size) ? -1 : real(fd, mode, offset, size);
}

int fsync(int fd)
{
    REAL("fsync", int, int);
    return fault(fd, CLASS_WRITES) ? -1 : real(fd);
}

int fdatasync(int fd)
{
    REAL("fdatasync", int, int);
    return fault(fd, CLASS_WRITES) ? -1 : real(fd);
}

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

static bool fault_open(int flags)
{
    return fault(-1, CLASS_OPENS | (flags & O_CREAT ? (unsigned)CLASS_GROWS : 0U));
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    REAL("open64", int, const char *, int, ...);
    return fault_open(flags) ? -1 : real(path, flags, mode);
}

/* What open() becomes where it is checked (_FORTIFY_SOURCE). */
int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
    REAL("__open64_2", int, const char *, int);
    return fault_open(flags) ? -1 : real(path, flags);
}

int openat64(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    REAL("openat64", int, int, const char *, int, ...);
    return fault_open(flags) ? -1 : real(folder, path, flags, mode);
}

DIR *opendir(const char *path)
{
    REAL("opendir", DIR *, const char *);
    return fault(-1, CLASS_OPENS) ? NULL : real(path);
}

struct dirent64 *readdir64(DIR *folder)
{
    REAL("readdir64", struct dirent64 *, DIR *);
    return fault(-1, CLASS_READS) ? NULL : real(folder);
}

int stat64(const char *path, struct stat64 *info)
{
    REAL("stat64", int, const char *, struct stat64 *);
    return fault(-1, CLASS_LOOKS) ? -1 : real(path, info);
}

int lstat64(const char *path, struct stat64 *info)
{
    REAL("lstat64", int, const char *, struct stat64 *);
    return fault(-1, CLASS_LOOKS) ? -1 : real(path, info);
}

int fstat64(int fd, struct stat64 *info)
{
    REAL("fstat64", int, int, struct stat64 *);
    return fault(fd, CLASS_LOOKS) ? -1 : real(fd, info);
}

int fstatat64(int folder, const char *path, struct stat64 *info, int flags)
{
    REAL("fstatat64", int, int, const char *, struct stat64 *, int);
    return fault(-1, CLASS_LOOKS) ? -1 : real(folder, path, info, flags);
}

int rename(const char *from, const char *to)
{
    REAL("rename", int, const char *, const char *);
    return fault(-1, CLASS_WRITES) ? -1 : real(from, to);
}

int unlink(const char *path)
{
    REAL("unlink", int, const char *);
    return fault(-1, CLASS_WRITES) ? -1 : real(path);
}

int inotify_init1(int flags)
{
    REAL("inotify_init1", int, int);
    return fault(-1, CLASS_OPENS) ? -1 : real(flags);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    REAL("inotify_add_watch", int, int, const char *, uint32_t);
    return fault(fd, CLASS_GROWS) ? -1 : real(fd, path, mask);
}

int poll(struct pollfd *list, nfds_t count, int timeout_ms)
{
    REAL("poll", int, struct pollfd *, nfds_t, int);
    return fault(-1, CLASS_WAITS) ? -1 : real(list, count, timeout_ms);
}

int ppoll(struct pollfd *list, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    REAL("ppoll", int, struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
    return fault(-1, CLASS_WAITS) ? -1 : real(list, count, timeout, mask);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
