/* timer RESULTS COMMAND [ARGUMENT...]: runs a command and appends to RESULTS one line about it:
 *
 *     wall_us cpu_us rss_kib output_bytes status
 *
 * wall_us is from before the start to after the end of the whole process; cpu_us is user and system time of the command
 * and of all it waited for; rss_kib the largest resident set among them; status what a shell would call it (128 + signal).
 *
 * Its output is read from a pipe and counted. It must not be /dev/null: grep and rg notice that and stop at the first
 * match. Standard input and standard error are passed on. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20)

extern char **environ;

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t cpu_us(const struct rusage *usage)
{
    return (int64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 + usage->ru_utime.tv_usec +
           usage->ru_stime.tv_usec;
}

static int64_t drain(int fd)
{
    static char chunk[PIPE_BYTES];
    int64_t bytes = 0;
    for (;;) {
        ssize_t size = read(fd, chunk, sizeof chunk);
        if (size > 0)
            bytes += size;
        else if (size == 0 || errno != EINTR)
            return bytes;
    }
}

static int start(char **command, int out, int unused, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, out);
    posix_spawn_file_actions_addclose(&actions, unused);
    int error = posix_spawnp(ret_pid, command[0], &actions, NULL, command, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static void fail(const char *what, int error)
{
    fprintf(stderr, "timer: %s: %s\n", what, strerror(error));
    exit(2);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: timer RESULTS COMMAND [ARGUMENT...]\n", stderr);
        return 2;
    }
    FILE *results = fopen(argv[1], "ae");
    if (results == NULL)
        fail(argv[1], errno);
    int ends[2];
    if (pipe(ends) != 0)
        fail("pipe", errno);
    fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* less is slower for everyone alike */

    pid_t pid;
    int64_t since_us = now_us();
    int error = start(argv + 2, ends[1], ends[0], &pid);
    if (error != 0)
        fail(argv[2], error);
    close(ends[1]);
    int64_t output_bytes = drain(ends[0]);
    int status;
    struct rusage usage;
    while (wait4(pid, &status, 0, &usage) < 0) {
        if (errno != EINTR)
            fail("wait4", errno);
    }
    int64_t wall_us = now_us() - since_us;

    fprintf(results, "%" PRId64 " %" PRId64 " %ld %" PRId64 " %d\n", wall_us, cpu_us(&usage), usage.ru_maxrss,
            output_bytes, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    if (fclose(results) != 0)
        fail(argv[1], errno);
    return 0;
}
