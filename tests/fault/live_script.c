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

enum { READY_MS = 3000, COMPLETE_US = 6000000, QUIET_MS = 60, EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_NOT_HAPPENED = 3 };

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

static int life_apart(struct live *live, const char *what, long n)
{
    char *folder = text("%s/%s-%ld", live->scratch, what, n);
    fflush(NULL);
    pid_t pid = fork();
    int status;
    if (pid < 0)
        fail("fork");
    if (pid == 0) {
        live_prepare(live, folder);
        exit(life(live, what, n));
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            fail("waitpid");
    int result = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_BAD;
    if (result == EXIT_GOOD || result == EXIT_NOT_HAPPENED) {
        char *words[] = {text("rm"), text("-rf"), text("%s", folder), NULL};
        size_t size;
        free(command_output(words, &size, &status));
        for (int i = 0; i < 3; i++)
            free(words[i]);
    } else {
        printf("FAILED: %s at call %ld; see %s\n", what, n, folder);
    }
    free(folder);
    return result;
}

/* ---- All of them --------------------------------------------------------------------------------------------------------------- */

bool script_run(struct live *live)
{
    static const char *const faults[] = {"kill", "EIO", "ENOSPC", "EINTR", "EMFILE"};
    uint64_t failures = 0;
    live->files = 4;
    if (live->shim == NULL)
        fail("--script needs --shim");
    int64_t begun_us = now_us();
    failures += life_apart(live, "kill", 0) != EXIT_NOT_HAPPENED;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0] && failures < 10; i++) {
        uint64_t lives = 0, before = failures;
        long n = 1;
        while (failures < 10) {
            int result = life_apart(live, faults[i], n);
            if (result == EXIT_NOT_HAPPENED)
                break;
            lives++;
            failures += result != EXIT_GOOD;
            n += 1 + (long)random_below(&live->random, 1 + (uint32_t)n * live->script_growth / 50);
        }
        printf("%-7s at %llu of %ld calls: %llu failed\n", faults[i], (unsigned long long)lives, n - 1,
               (unsigned long long)(failures - before));
        if (lives == 0) {
            printf("FAILED: no call of the follower is seen\n");
            failures++;
        }
    }
    printf("seed %llu: %llu failed, in %lld s\n", (unsigned long long)live->books.seed, (unsigned long long)failures,
           (long long)(now_us() - begun_us) / 1000000);
    return failures == 0;
}
