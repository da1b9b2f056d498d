/* A short life of four files, always the same, once for each n and each fault: at the n-th call of the follower the fault
 * happens; a follower that died or was ended is then started again without faults, and every line must be there once within
 * some seconds.
 * With a growth of g percent not every n has its turn: the steps grow with n, g percent of it on average. Each life runs in a process of its own. */
#include "tests/fault/live.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READY_MS = 3000,
    COMPLETE_US = 6000000,
    QUIET_MS = 60,
    EXIT_GOOD = 0,
    EXIT_BAD = 1,
    EXIT_NOT_HAPPENED = 3,
    LIVES_AT_ONCE = 10,
    FAILURES_MAX = 10
};

/* ---- Is it ready? It says so as services do ------------------------------------------------------------------------------- */

static int notify_open(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", folder);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("%s", address.sun_path);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    return fd;
}

static void wait_ready(const struct live *live, int fd)
{
    char message[1024];
    int limit_ms = live->followed != NULL ? QUIET_MS : READY_MS;
    for (int ms = 0; ms < limit_ms && !follower_has_ended(live); ms++) {
        ssize_t size;
        while ((size = recv(fd, message, sizeof message, 0)) > 0)
            if (memmem(message, (size_t)size, "READY=1", 7) != NULL)
                return;
        nap_us(1000);
    }
}

/* ---- One life ---------------------------------------------------------------------------------------------------------------- */

static void write_all(struct live *live, int lines)
{
    for (uint32_t i = 0; i < live->files; i++)
        for (int k = 0; k < lines; k++)
            slot_line(live, &live->slots[i]);
}

static void events(struct live *live)
{
    write_all(live, 3);
    slot_operate(live, &live->slots[0], KIND_RENAME);
    slot_operate(live, &live->slots[1], KIND_COPYTRUNCATE);
    slot_operate(live, &live->slots[3], KIND_SYMLINK);
    write_all(live, 2);
    nap_us(QUIET_MS * 1000);
    slot_operate(live, &live->slots[0], KIND_GZIP);
    slot_operate(live, &live->slots[2], KIND_TRUNCATE);
    slot_write(live, &live->slots[1]);
    slot_operate(live, &live->slots[1], KIND_RENAME);
    write_all(live, 2);
    nap_us(QUIET_MS * 1000);
}

static bool wait_complete(struct live *live)
{
    for (int64_t until = now_us() + COMPLETE_US; now_us() < until; nap_us(50000))
        if (check(live, TELL_NOTHING))
            return true;
    return false;
}

static void finish(struct live *live, int notify)
{
    unsetenv("FAULT_DO");
    unsetenv("FAULT_AT");
    unsetenv("FAULT_MARK");
    live->follower.crashes = 0; /* the fault itself; counted by life() if it was none */
    follower_start(live);
    slots_finish(live);
    wait_ready(live, notify);
    wait_complete(live);
    follower_term(live, 20);
}

static int life(struct live *live, const char *what, long n)
{
    char *mark = text("%s/mark", live->scratch), at[32];
    int notify = notify_open(live->scratch);
    live->follower.preload = live->shim;
    slots_make(live);
    write_all(live, 5);
    follower_start(live);
    wait_ready(live, notify);
    if (!wait_complete(live) || !follower_term(live, 20))
        printf("note: what was there before the fault is not complete\n");
    snprintf(at, sizeof at, "%ld", n);
    setenv("FAULT_DO", what, 1);
    setenv("FAULT_AT", at, 1);
    setenv("FAULT_MARK", mark, 1);
    write_all(live, 2);
    follower_start(live);
    wait_ready(live, notify);
    events(live);
    bool in_time = follower_term(live, 20);
    bool fired = access(mark, F_OK) == 0;
    int status = live->follower.last_status;
    bool crashed = WIFSIGNALED(status) && !(fired && strcmp(what, "kill") == 0 && WTERMSIG(status) == SIGKILL) &&
                   live->followed == NULL;
    if (!in_time || crashed)
        printf("%s at call %ld: %s\n", what, n, in_time ? strsignal(WTERMSIG(status)) : "does not end on SIGTERM");
    finish(live, notify);
    bool good = check(live, TELL_FAULTS) && in_time && !crashed;
    free(mark);
    return !good ? EXIT_BAD : fired ? EXIT_GOOD : EXIT_NOT_HAPPENED;
}

/* ---- Many lives, several at a time, for they mostly wait ---------------------------------------------------------------------- */

struct sweep { /* of one fault */
    const char *what;
    long n;      /* the next one */
    long beyond; /* the least n that did not happen; LONG_MAX: none yet */
    uint32_t running;
    uint64_t lived, failed;
};

struct lives {
    struct live *live;
    struct sweep sweeps[5];
    struct one_life {
        pid_t pid; /* 0: free */
        long n;
        char *folder;
        struct sweep *sweep;
    } running[LIVES_AT_ONCE];
    uint64_t failed;
};

static void life_begin(struct lives *lives, struct one_life *one, struct sweep *sweep)
{
    one->sweep = sweep;
    one->n = sweep->n;
    one->folder = text("%s/%s-%ld", lives->live->scratch, sweep->what, one->n);
    sweep->running++;
    sweep->n += 1 + (long)random_below(&lives->live->random, 1 + (uint32_t)one->n * lives->live->script_growth / 50);
    fflush(NULL);
    one->pid = fork();
    if (one->pid < 0)
        fail("fork");
    if (one->pid == 0) {
        live_prepare(lives->live, one->folder);
        exit(life(lives->live, sweep->what, one->n));
    }
}

static void life_end(struct lives *lives, struct one_life *one, int status)
{
    int result = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_BAD;
    struct sweep *sweep = one->sweep;
    sweep->running--;
    if (result == EXIT_NOT_HAPPENED && one->n > 0 && one->n < sweep->beyond)
        sweep->beyond = one->n;
    sweep->lived += result != EXIT_NOT_HAPPENED;
    if (result == EXIT_GOOD || result == EXIT_NOT_HAPPENED) {
        char *words[] = {text("rm"), text("-rf"), one->folder, NULL};
        size_t size;
        free(command_output(words, &size, &status));
        free(words[0]);
        free(words[1]);
    } else {
        sweep->failed++;
        lives->failed++;
        printf("FAILED: %s at call %ld; see %s\n", sweep->what, one->n, one->folder);
    }
    free(one->folder);
    one->pid = 0;
}

/* The sweep that has least going on and is not at its end; NULL when there is none. */
static struct sweep *next_sweep(struct lives *lives)
{
    struct sweep *next = NULL;
    uint32_t most = lives->live->script_growth > 0 ? 2 : LIVES_AT_ONCE;
    for (size_t i = 0; i < sizeof lives->sweeps / sizeof lives->sweeps[0] && lives->failed < FAILURES_MAX; i++) {
        struct sweep *sweep = &lives->sweeps[i];
        if (sweep->beyond == LONG_MAX && sweep->running < most && (next == NULL || sweep->running < next->running))
            next = sweep;
    }
    return next;
}

/* Starts what may be started. False when nothing is going on any more. */
static bool begin_lives(struct lives *lives)
{
    bool any = false;
    for (size_t i = 0; i < LIVES_AT_ONCE; i++) {
        struct sweep *sweep = lives->running[i].pid == 0 ? next_sweep(lives) : NULL;
        if (sweep != NULL)
            life_begin(lives, &lives->running[i], sweep);
        any |= lives->running[i].pid != 0;
    }
    return any;
}

static void wait_one(struct lives *lives)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, 0)) < 0)
        if (errno != EINTR)
            fail("waitpid");
    for (size_t i = 0; i < LIVES_AT_ONCE; i++)
        if (lives->running[i].pid == pid)
            life_end(lives, &lives->running[i], status);
}

bool script_run(struct live *live)
{
    static const char *const faults[] = {"kill", "EIO", "ENOSPC", "EINTR", "EMFILE"};
    struct lives lives = {.live = live};
    int64_t begun_us = now_us();
    live->files = 4;
    if (live->shim == NULL)
        fail("--script needs --shim");
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) /* the first life of all is undisturbed */
        lives.sweeps[i] = (struct sweep){.what = faults[i], .n = i > 0, .beyond = LONG_MAX};
    while (begin_lives(&lives))
        wait_one(&lives);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct sweep *sweep = &lives.sweeps[i];
        printf("%-7s at %llu calls, before the %ld. that never comes: %llu failed\n", sweep->what,
               (unsigned long long)sweep->lived, sweep->beyond == LONG_MAX ? sweep->n : sweep->beyond,
               (unsigned long long)sweep->failed);
        if (sweep->lived == 0) {
            printf("FAILED: no call of the follower is seen\n");
            lives.failed++;
        }
    }
    printf("seed %llu: %llu failed, in %lld s\n", (unsigned long long)live->books.seed,
           (unsigned long long)lives.failed, (long long)(now_us() - begun_us) / 1000000);
    return lives.failed == 0;
}
