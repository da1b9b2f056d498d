/* Where things are kept when nobody says otherwise. Any thread; reads the environment. */
#ifndef WINNOW_BASE_PLACE_H
#define WINNOW_BASE_PLACE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/* The path of the store, appended to *ret_path: option (the value of --store, or NULL), else $WINNOW_STORE, else
 * /var/lib/winnow/winnow.db for root, else $XDG_STATE_HOME/winnow/winnow.db, else ~/.local/state/winnow/winnow.db.
 * Empty variables count as unset. Nothing is made or looked at on the disk. ERR_USAGE when nothing tells a place,
 * ERR_LIMIT when the path does not fit. */
bool place_store(const char *option, struct buf *ret_path, struct err *err);

/* The files of the configuration, in the order in which they are read and merged:
 *
 *     /etc/winnow/winnow.yaml, /etc/winnow/conf.d/NAME.yaml (by name), $XDG_CONFIG_HOME/winnow/winnow.yaml (else
 *     ~/.config/winnow/winnow.yaml), $WINNOW_CONFIG, named (the value of -c, or NULL)
 *
 * $WINNOW_CONFIG_DIR stands for another folder than /etc/winnow. Each file is there once, in its first place, whatever it is
 * called; of the first four those that do not exist are left out. */
enum { PLACE_FILES_MAX = 1000 }; /* of conf.d */
struct place_file {
    const char *path;
    bool adds; /* one of conf.d: its lists are added to those before */
};
/* The files live in arena. A folder that cannot be read, or has too many files, is a failure; the other files are in *ret_files
 * all the same. */
bool place_configuration(const char *named, struct arena *arena, struct place_file **ret_files, size_t *ret_count,
                         struct err *err);

#endif
