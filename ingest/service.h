/* service: the process as a service manager and its signals see it.
 *
 *     SIGTERM, SIGINT ─▶ stop asked (drain)      READY=1, RELOADING=1, STOPPING=1, STATUS=..., WATCHDOG=1 ─▶ $NOTIFY_SOCKET
 *     SIGHUP          ─▶ reload asked
 *
 * The signals are blocked and come out of a descriptor (signalfd), so a loop that polls it sees them between two steps and
 * nothing is interrupted. The first SIGTERM or SIGINT asks to stop; from then on both have their default action
 * again, so a second one ends the process at once. Without a service manager what is told goes nowhere. The
 * descriptor is one of the process, so there is one service. Main thread, before others are started. */
#ifndef WINNOW_INGEST_SERVICE_H
#define WINNOW_INGEST_SERVICE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"

enum { SERVICE_STATUS_MAX = 512 };

struct service {
    bool begun, stop, reload;
    int fd;                  /* of the signals */
    int64_t watchdog_us;     /* between two signs of life, or 0 */
    int64_t watchdog_due_us; /* monotonic */
    int64_t status_due_us;   /* monotonic: earliest moment for another STATUS */
    bool status_waits;       /* status is not told yet */
    char status[SERVICE_STATUS_MAX];
    sigset_t mask_before;
};

/* Microseconds that only go forward: what every time_us here is. */
int64_t service_now_us(void);

bool service_begin(struct service *service, struct err *err);
void service_release(struct service *service); /* puts the signals back; a zeroed one is fine */

/* For poll: readable when a signal came; -1 when not begun. service_tick takes it. */
int service_descriptor(const struct service *service);
/* Takes signals, gives the watchdog its sign of life when half of its time is over and tells a waiting status. Once per turn of
 * the loop, and at least by service_due_us. */
void service_tick(struct service *service, int64_t now_us);
/* When service_tick wants to be called again; INT64_MAX: when a signal comes. */
int64_t service_due_us(const struct service *service);

bool service_stop_asked(const struct service *service);
/* True once for any number of SIGHUPs since it was true last. */
bool service_reload_asked(struct service *service);

/* The loop is up: everything configured is followed. Ends a reload, too. */
void service_ready(struct service *service);
void service_reloading(struct service *service);
void service_stopping(struct service *service);
/* The line `systemctl status` shows; cut at SERVICE_STATUS_MAX - 1 bytes. At most one a second is told, the newest wins. */
void service_status(struct service *service, int64_t now_us, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
