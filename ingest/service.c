#include "ingest/service.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/library.h"
#include "base/must.h"

int64_t service_now_us(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

/* ---- Signals ----------------------------------------------------------------------------------------------------------- */

static void set_of(sigset_t *set, bool reload)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    if (reload)
        sigaddset(set, SIGHUP);
}

/* libsystemd's, loaded for who has a service manager, which says so in the environment. */
static struct {
    __typeof__(sd_notify) *notify;
    __typeof__(sd_watchdog_enabled) *watchdog_enabled;
} library;

static bool load(struct err *err)
{
    static const struct library_call calls[] = {{"sd_notify", &library.notify},
                                                {"sd_watchdog_enabled", &library.watchdog_enabled}};
    static const struct library systemd = {"libsystemd.so.0", "libsystemd0", "209"};
    bool managed = getenv("NOTIFY_SOCKET") != NULL || getenv("WATCHDOG_USEC") != NULL;
    return !managed || library_load(&systemd, calls, sizeof calls / sizeof *calls, err);
}

bool service_begin(struct service *service, struct err *err)
{
    if (!load(err))
        return false;
    *service = (struct service){.fd = -1};
    sigset_t set;
    set_of(&set, true);
    service->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (service->fd < 0)
        return err_set(err, ERR_IO, errno, "make a descriptor for signals");
    must(sigprocmask(SIG_BLOCK, &set, &service->mask_before) == 0);
    service->begun = true;
    uint64_t watchdog_us = 0;
    if (library.watchdog_enabled != NULL && library.watchdog_enabled(0, &watchdog_us) > 0 &&
        watchdog_us <= (uint64_t)INT64_MAX / 2)
        service->watchdog_us = (int64_t)watchdog_us;
    service->watchdog_due_us = service_now_us();
    return true;
}

void service_release(struct service *service)
{
    if (!service->begun)
        return;
    must(sigprocmask(SIG_SETMASK, &service->mask_before, NULL) == 0);
    close(service->fd);
    *service = (struct service){.fd = -1};
}

int service_descriptor(const struct service *service)
{
    return service->begun ? service->fd : -1;
}

static void take_signals(struct service *service)
{
    struct signalfd_siginfo info;
    bool stopped = service->stop;
    while (read(service->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            service->reload = true;
        else
            service->stop = true;
    }
    if (stopped || !service->stop)
        return;
    sigset_t set;
    set_of(&set, false);
    must(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
}

bool service_stop_asked(const struct service *service)
{
    return service->stop;
}

bool service_reload_asked(struct service *service)
{
    bool asked = service->reload;
    service->reload = false;
    return asked;
}

/* ---- What the service manager is told -------------------------------------------------------------------------------------- */

static void tell(const char *text)
{
    if (library.notify != NULL)
        (void)library.notify(0, text);
}

void service_ready(struct service *service)
{
    must(service->begun);
    tell("READY=1");
}

void service_reloading(struct service *service)
{
    must(service->begun);
    char text[64];
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)service_now_us());
    tell(text);
}

void service_stopping(struct service *service)
{
    must(service->begun);
    tell("STOPPING=1");
}

static void tell_status(struct service *service, int64_t now_us)
{
    if (!service->status_waits || now_us < service->status_due_us)
        return;
    char text[sizeof "STATUS=" + SERVICE_STATUS_MAX];
    snprintf(text, sizeof text, "STATUS=%s", service->status);
    tell(text);
    service->status_waits = false;
    service->status_due_us = now_us + TIME_SECOND;
}

void service_status(struct service *service, int64_t now_us, const char *format, ...)
{
    char text[SERVICE_STATUS_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *c = text; *c != '\0'; c++) { /* a newline would begin another assignment */
        if ((unsigned char)*c < ' ')
            *c = ' ';
    }
    if (strcmp(text, service->status) == 0)
        return;
    memcpy(service->status, text, sizeof text);
    service->status_waits = true;
    tell_status(service, now_us);
}

void service_tick(struct service *service, int64_t now_us)
{
    take_signals(service);
    tell_status(service, now_us);
    if (service->watchdog_us > 0 && now_us >= service->watchdog_due_us) {
        tell("WATCHDOG=1");
        service->watchdog_due_us = now_us + service->watchdog_us / 2;
    }
}

int64_t service_due_us(const struct service *service)
{
    int64_t due_us = service->watchdog_us > 0 ? service->watchdog_due_us : INT64_MAX;
    return service->status_waits && service->status_due_us < due_us ? service->status_due_us : due_us;
}
