/* The writer's lock: flock on the file PATH-lock, which holds the writer's process id as text. The system drops the lock
 * with the process, however it ends, so there is no stale lock; the file itself stays, because removing it would let two
 * writers lock two files of one name. Readers take no lock. */
#ifndef WINNOW_STORE_LOCK_H
#define WINNOW_STORE_LOCK_H

#include <stdbool.h>

#include "base/err.h"

/* *ret_fd holds the lock until it is closed. ERR_BUSY when somebody else has it. store_path must exist: symbolic links
 * in it are followed, so that one file has one lock. */
bool lock_take(const char *store_path, int *ret_fd, struct err *err);

#endif
