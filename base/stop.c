#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/must.h"

static atomic_bool asked;
static int wake[2] = {-1, -1};
static struct sigaction found_int, found_term;

static void on_signal(int number)
{
    int sys = errno;
    (void)number;
    atomic_store(&asked, true);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    /* A full pipe is as good as a byte more in it. */
    ssize_t ignored = write(wake[1], "", 1);
    (void)ignored;
    errno = sys;
}

bool stop_install(struct err *err)
{
    must(wake[0] < 0);
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_set(err, ERR_IO, errno, "make a pipe");
    atomic_store(&asked, false);
    /* No SA_RESTART: what waits in a system call is to come back. */
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    must(sigaction(SIGINT, &action, &found_int) == 0 && sigaction(SIGTERM, &action, &found_term) == 0);
    return true;
}

void stop_restore(void)
{
    must(wake[0] >= 0);
    must(sigaction(SIGINT, &found_int, NULL) == 0 && sigaction(SIGTERM, &found_term, NULL) == 0);
    close(wake[0]);
    close(wake[1]);
    wake[0] = wake[1] = -1;
}

bool stop_asked(void)
{
    return atomic_load(&asked);
}

int stop_fd(void)
{
    return wake[0];
}
