/* beside: where what is left of a source went whose file is another one now.
 *
 * Rotation leaves it beside the file, under a name that begins with the file's: app.log.1, app.log-20261120, app.log.2.gz. It
 * is recognised by its content alone (content.h). One thread. */
#ifndef WINNOW_INGEST_BESIDE_H
#define WINNOW_INGEST_BESIDE_H

#include "ingest/catalog.h"
#include "ingest/mark.h"
#include "ingest/source.h"

enum { BESIDE_NAMES_MAX = 4096 }; /* files of a folder that are looked into for one source */

/* The file that holds what the entry's state tells of, standing at its position; a plain one before a compressed one, the longest
 * of several; never the one with this device and inode. The caller frees it. NULL: none. *ret_unsure when one could not be looked
 * into for now (the system is short of something, or a read failed), so that it is worth looking again. */
struct source *beside_find(const struct catalog_entry *entry, uint64_t not_device, uint64_t not_inode,
                           struct mark *ret_mark, bool *ret_unsure);

#endif
