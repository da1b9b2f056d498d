#include "tests/fault/live.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ORPHAN_PATIENCE_US = 6000000, OUTPUT_MAX = 64 * 1024 * 1024 };

/* ---- Asking ----------------------------------------------------------------------------------------------------------------- */

static pid_t spawn(char *const command[], int output)
{
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid > 0)
        return pid;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(output < 0 ? nothing : output, 1) < 0 || dup2(nothing, 2) < 0)
        _exit(127);
    execvp(command[0], command);
    _exit(127);
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            fail("waitpid");
    return status;
}

char *command_output(char *const command[], size_t *ret_size, int *ret_status)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail("pipe");
    pid_t pid = spawn(command, ends[1]);
    close(ends[1]);
    char *data = malloc(OUTPUT_MAX);
    size_t size = 0;
    ssize_t got;
    if (data == NULL)
        fail("no memory");
    while (size < OUTPUT_MAX - 1 && (got = read(ends[0], data + size, OUTPUT_MAX - 1 - size)) > 0)
        size += (size_t)got;
    close(ends[0]);
    *ret_status = wait_for(pid);
    *ret_size = size;
    data[size] = '\0';
    return data;
}

static char *argument(const char *words) /* exec takes what is not const */
{
    union {
        const char *in;
        char *out;
    } both = {words};
    return both.out;
}

/* Is this line in the store, all of it? Its tag alone may be that of a first half. */
static bool holds_line(const struct live *live, const struct generation *generation, uint32_t number)
{
    char tag[32], regex[64];
    line_tag(generation->number, number, tag);
    char *dot = strchr(tag, '.');
    snprintf(regex, sizeof regex, "%.*s\\%s", (int)(dot - tag), tag, dot);
    char *command[] = {argument(live->winnow),
                       argument("search"),
                       argument("--store"),
                       argument(live->store),
                       argument("-n"),
                       argument("all"),
                       argument("-o"),
                       argument("raw"),
                       argument("-g"),
                       regex,
                       NULL};
    size_t size, line_size;
    int status;
    char *output = command_output(command, &size, &status);
    const char *line = line_make(&live->books, generation->number, number, &line_size);
    while (line_size > 0 && line[line_size - 1] == '\n')
        line_size--;
    bool holds = memmem(output, size, line, line_size) != NULL;
    free(output);
    return holds;
}

bool store_holds(const struct live *live, const struct generation *generation)
{
    return generation->lines == 0 || (live->asks && holds_line(live, generation, generation->lines - 1));
}

bool store_knows(const struct live *live, const struct generation *generation)
{
    return !live->asks || (generation->lines > 0 && holds_line(live, generation, 0));
}

uint64_t store_lag(const struct live *live)
{
    char *command[] = {argument(live->winnow),
                       argument("status"),
                       argument("--store"),
                       argument(live->store),
                       argument("-o"),
                       argument("json"),
                       NULL};
    size_t size;
    int status;
    uint64_t most = 0;
    char *output = command_output(command, &size, &status);
    if (status != 0 || strstr(output, "\"sources\"") == NULL)
        most = UINT64_MAX;
    for (char *at = output; status == 0 && (at = strstr(at, "\"lag_bytes\":")) != NULL;) {
        uint64_t lag = strtoull(at + strlen("\"lag_bytes\":"), &at, 10);
        most = lag > most ? lag : most;
    }
    free(output);
    return most;
}

bool follower_has_ended(const struct live *live)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)live->follower.pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

/* Before exec a child has the driver's own descriptors. */
static bool is_still_driver(pid_t pid)
{
    char path[64];
    struct stat driver, child;
    snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    return stat(path, &child) == 0 && stat("/proc/self/exe", &driver) == 0 && child.st_dev == driver.st_dev &&
           child.st_ino == driver.st_ino;
}

bool follower_has_open(const struct live *live, int fd)
{
    struct stat wanted, found;
    char path[64];
    if (live->follower.state == FOLLOWER_DEAD || is_still_driver(live->follower.pid) || fstat(fd, &wanted) != 0)
        return false;
    for (int i = 3, missing = 0; missing < 64; i++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)live->follower.pid, i);
        if (stat(path, &found) != 0)
            missing++;
        else if (found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino)
            return true;
    }
    return false;
}

/* ---- Orphans: deleted files the follower has open and may not have read to the end ----------------------------------------------- */

static void orphans_excuse(struct follower *follower, bool rude_only)
{
    size_t kept = 0;
    for (size_t i = 0; i < follower->orphan_count; i++) {
        struct orphan orphan = follower->orphans[i];
        if (!rude_only || orphan.rude)
            generation_excuse(orphan.generation, EXCUSE_VANISHED, 0);
        else
            follower->orphans[kept++] = orphan;
    }
    follower->orphan_count = kept;
}

/* Before a kill: all but the rude ones get the time they need; what is still not stored then has no excuse. */
static void orphans_settle(struct live *live)
{
    struct follower *follower = &live->follower;
    bool full = follower->gate != NULL && *follower->gate;
    orphans_excuse(follower, !full); /* what cannot be stored anywhere dies with the process */
    if (follower->orphan_count == 0)
        return;
    if (follower->state == FOLLOWER_STOPPED)
        follower_continue(live);
    if (!live->asks)
        nap_us(ORPHAN_PATIENCE_US / 4);
    int64_t until = now_us() + ORPHAN_PATIENCE_US;
    for (size_t i = 0; i < follower->orphan_count && live->asks; i++)
        while (!store_holds(live, follower->orphans[i].generation) && now_us() < until) {
            if (follower_has_ended(live))
                break;
            nap_us(20000);
        }
    if (follower_has_ended(live)) /* by itself, and it was not asked to */
        orphans_excuse(follower, false);
    follower->orphan_count = 0;
}

/* ---- Its life --------------------------------------------------------------------------------------------------------------- */

void follower_start(struct live *live)
{
    struct follower *follower = &live->follower;
    int log = open(follower->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0)
        fail("%s", follower->log_path);
    follower->pid = fork();
    if (follower->pid < 0)
        fail("fork");
    if (follower->pid == 0) {
        int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(nothing, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
            _exit(127);
        if (follower->preload != NULL)
            setenv("LD_PRELOAD", follower->preload, 1);
        execvp(follower->command[0], follower->command);
        _exit(127);
    }
    setpgid(follower->pid, follower->pid);
    close(log);
    follower->state = FOLLOWER_RUNS;
    follower->since_us = now_us();
    follower->starts++;
    live_log(live, "start %d", (int)follower->pid);
}

static void ended(struct live *live, int status)
{
    struct follower *follower = &live->follower;
    follower->state = FOLLOWER_DEAD;
    follower->last_status = status;
    follower->restart_us = now_us() + random_below(&live->random, 200000);
    live_log(live, "ended with status %x", (unsigned)status);
}

void follower_tick(struct live *live)
{
    struct follower *follower = &live->follower;
    int status;
    if (follower->state != FOLLOWER_DEAD && waitpid(follower->pid, &status, WNOHANG) == follower->pid) {
        if (WIFSIGNALED(status) && live->asks)
            follower->crashes++;
        else
            follower->exits++;
        kill(-follower->pid, SIGKILL);
        ended(live, status);
        orphans_excuse(follower, false);
    }
    if (follower->state == FOLLOWER_DEAD && now_us() >= follower->restart_us)
        follower_start(live);
}

void follower_kill(struct live *live)
{
    struct follower *follower = &live->follower;
    if (follower->state == FOLLOWER_DEAD)
        return;
    orphans_settle(live);
    live_touch(live, KIND_KILL);
    kill(-follower->pid, SIGKILL);
    ended(live, wait_for(follower->pid));
    if (WIFSIGNALED(follower->last_status) && WTERMSIG(follower->last_status) == SIGKILL) {
        live->operations[KIND_KILL]++;
    } else {
        follower->crashes += WIFSIGNALED(follower->last_status);
        follower->exits += !WIFSIGNALED(follower->last_status);
    }
}

void follower_stop(struct live *live)
{
    struct follower *follower = &live->follower;
    if (follower->state != FOLLOWER_RUNS)
        return;
    kill(-follower->pid, SIGSTOP);
    follower->state = FOLLOWER_STOPPED;
    live->operations[KIND_STOP]++;
    live_touch(live, KIND_STOP);
}

void follower_continue(struct live *live)
{
    struct follower *follower = &live->follower;
    if (follower->state != FOLLOWER_STOPPED)
        return;
    kill(-follower->pid, SIGCONT);
    follower->state = FOLLOWER_RUNS;
    follower->since_us = now_us();
    live_log(live, "continued");
}

bool follower_term(struct live *live, int seconds)
{
    struct follower *follower = &live->follower;
    int64_t until = now_us() + (int64_t)seconds * 1000000;
    int status = 0;
    if (follower->state == FOLLOWER_DEAD)
        return true;
    follower_continue(live);
    live_touch(live, KIND_TERM);
    live->operations[KIND_TERM]++;
    kill(follower->pid, SIGTERM);
    pid_t got;
    while ((got = waitpid(follower->pid, &status, WNOHANG)) == 0 && now_us() < until)
        nap_us(2000);
    bool in_time = got == follower->pid;
    if (!in_time) {
        kill(-follower->pid, SIGKILL);
        status = wait_for(follower->pid);
        follower->hangs++;
        live_log(live, "did not end on SIGTERM");
    } else {
        kill(-follower->pid, SIGKILL);
    }
    ended(live, status);
    if (in_time && WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM) /* that: before it was ready to hear it */
        follower->crashes++;
    follower->orphan_count = 0; /* asked to stop, it reads what it has */
    return in_time;
}
