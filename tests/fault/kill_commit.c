/* Death at a chosen commit, for LD_PRELOAD: the process gets SIGKILL at its KILL_COMMIT-th commit, where KILL_MOMENT says:
 * `before` the commit frame, in the `midst` of it (its head is written, its page is not) or `after` it.
 *
 * A frame of an SQLite write-ahead log is a head of 24 bytes, written by itself, then a page. Bytes 4..7 of the head
 * are the size of the database when the frame ends a transaction, else 0. The log's own head has 32 bytes. */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRAME_HEAD_SIZE = 24, LOG_HEAD_SIZE = 32 };

static ssize_t (*real_pwrite)(int, const void *, size_t, int64_t);
static _Atomic long commits_left = -1; /* until the fatal one; -1: there is none */
static bool before, midst;
static _Atomic bool last_page; /* the next page written ends the transaction */

__attribute__((constructor)) static void begin(void)
{
    *(void **)&real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    const char *commit = getenv("KILL_COMMIT"), *moment = getenv("KILL_MOMENT");
    if (commit != NULL && moment != NULL) {
        atomic_store(&commits_left, strtol(commit, NULL, 10));
        before = strcmp(moment, "before") == 0;
        midst = strcmp(moment, "midst") == 0;
    }
}

static bool ends_transaction(const unsigned char *data, size_t size, int64_t offset)
{
    static const unsigned char zero[4];
    return size == FRAME_HEAD_SIZE && offset >= LOG_HEAD_SIZE && memcmp(data + 4, zero, sizeof zero) != 0;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    pause();
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc's have reserved names */
ssize_t pwrite64(int fd, const void *data, size_t size, int64_t offset)
{
    bool last_head = ends_transaction(data, size, offset);
    bool fatal = last_head && atomic_fetch_sub(&commits_left, 1) == 1;
    if (fatal && before)
        die();
    ssize_t written = real_pwrite(fd, data, size, offset);
    if (fatal && midst)
        die();
    if (atomic_exchange(&last_page, fatal))
        die();
    return written;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
