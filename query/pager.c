#define _GNU_SOURCE 1 /* pipe2 */
#include "query/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

enum { PAGER_WORDS_MAX = 32, PAGER_TEXT_MAX = 4096 };

static const char *pager_command(void)
{
    const char *command = getenv("WINNOW_PAGER");
    if (!command)
        command = getenv("PAGER");
    if (!command)
        command = "less";
    return command[0] == '\0' || strcmp(command, "cat") == 0 ? NULL : command;
}

/* Starts the command; only returns when that failed. What only a shell understands goes to one. */
static void run(const char *command)
{
    char text[PAGER_TEXT_MAX];
    char *words[PAGER_WORDS_MAX + 1] = {0};
    size_t count = 0, size = strlen(command);
    if (size >= sizeof text)
        return;
    memcpy(text, command, size + 1);
    if (strpbrk(command, "\"'\\$`|&;<>(){}*?=~#")) {
        execl("/bin/sh", "sh", "-c", text, (char *)NULL);
        return;
    }
    char *rest = text;
    while (count < PAGER_WORDS_MAX && (words[count] = strtok_r(rest, " \t", &rest)) != NULL)
        count++;
    if (count > 0)
        execvp(words[0], words);
}

static _Noreturn void be_pager(const char *command, int input, int report)
{
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    setenv("LESS", "FRSX", 0);
    setenv("LV", "-c", 0);
    if (dup2(input, STDIN_FILENO) >= 0)
        run(command);
    int failure = errno;
    ssize_t told = write(report, &failure, sizeof failure);
    _exit(told > 0 ? 126 : 127);
}

bool pager_start(struct pager *pager)
{
    *pager = (struct pager){0};
    const char *command = pager_command();
    int input[2], report[2];
    if (!command || pipe2(input, O_CLOEXEC) != 0)
        return false;
    SCOPED_FD read_end = input[0];
    if (pipe2(report, O_CLOEXEC) != 0) {
        close(input[1]);
        return false;
    }
    SCOPED_FD report_read = report[0];
    pid_t pid = fork();
    if (pid == 0)
        be_pager(command, read_end, report[1]);
    close(report[1]);
    int failure = 0;
    /* exec closes the report's other end without a word; a failure is its errno. */
    bool failed = pid < 0 || io_read(report_read, &failure, sizeof failure) != 0;
    if (failed) {
        close(input[1]);
        if (pid > 0)
            waitpid(pid, NULL, 0);
        return false;
    }
    signal(SIGINT, SIG_IGN);
    *pager = (struct pager){.pid = pid, .fd = input[1]};
    return true;
}

void pager_finish(struct pager *pager)
{
    if (pager->pid == 0)
        return;
    close(pager->fd);
    while (waitpid(pager->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    signal(SIGINT, SIG_DFL);
    *pager = (struct pager){0};
}
