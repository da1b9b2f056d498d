/* stop: SIGINT and SIGTERM ask the reading to stop. Signals belong to the process, so there is one of these.
 *
 * The first signal sets a flag and makes stop_fd readable; it also gives both signals their default action back, so
 * that a second one ends the process at once. */
#ifndef WINNOW_BASE_STOP_H
#define WINNOW_BASE_STOP_H

#include <stdbool.h>

#include "base/err.h"

/* Main thread, in pairs. */
bool stop_install(struct err *err);
void stop_restore(void); /* the handlers found by stop_install; stop_asked keeps its answer */
/* Any thread. False when nothing is installed. */
bool stop_asked(void);
/* For poll: readable once a stop was asked; -1 (which poll passes over) when nothing is installed. */
int stop_fd(void);

#endif
