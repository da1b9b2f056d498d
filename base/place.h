/* Where things are kept when nobody says otherwise. Any thread; reads the environment. */
#ifndef WINNOW_BASE_PLACE_H
#define WINNOW_BASE_PLACE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* The path of the store, appended to *ret_path: option (the value of --store, or NULL), else $WINNOW_STORE, else
 * /var/lib/winnow/winnow.db for root, else $XDG_STATE_HOME/winnow/winnow.db, else ~/.local/state/winnow/winnow.db.
 * Empty variables count as unset. Nothing is made or looked at on the disk. ERR_USAGE when nothing tells a place,
 * ERR_LIMIT when the path does not fit. */
bool place_store(const char *option, struct buf *ret_path, struct err *err);

#endif
