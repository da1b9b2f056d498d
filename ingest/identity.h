/* identity: is this file one the store knows, and where does what is new in it begin?
 *
 * A known source is the same when the file holds the bytes its state tells of (content.h). It is looked for under the
 * file's device and inode (it may have been renamed), then under its name (it may have been written anew by an editor,
 * or copied back), then by content alone (it may have been compressed, or copied away and truncated); of several under
 * one key the longest wins. Two places prove little: that of a source of which nothing was read, which every file holds,
 * and that of a plain file where there is a compressed one now, whose inode is another file's; a longer one found by
 * content wins over those.
 * A stream is never the same: it continues behind the last one of its name. One thread (the reader's).
 *
 *     app.log (known) ─┬─ mv ──▶ app.log.1       by inode
 *                      ├─ gzip ▶ app.log.1.gz    by content, app.log is gone or another file
 *                      └─ cp ──▶ app.log.1       by content, app.log was truncated behind it */
#ifndef WINNOW_INGEST_IDENTITY_H
#define WINNOW_INGEST_IDENTITY_H

#include <stdbool.h>

#include "ingest/catalog.h"
#include "ingest/mark.h"
#include "ingest/source.h"

struct identity {
    struct catalog_entry *entry; /* NULL: not known; the source stands at its beginning */
    bool moved;                  /* known by content alone: another file than the one in its state */
    bool unchanged;              /* known, and nothing was written to it since it was read to its end */
    struct mark mark;            /* at the entry's position, where the source stands */
};

/* False with err when the source cannot be read (or a stop was asked). */
bool identity_find(struct catalog *catalog, struct source *source, struct str name, struct identity *ret,
                   struct err *err);

/* After identity_find, of a source that is not known or has moved: makes its entry (ret->entry) if there is none, sets
 * where its file lies, and marks as replaced those whose file it took the place of; written is called for each of them. */
void identity_settle(struct catalog *catalog, const struct source *source, struct str name, struct identity *ret,
                     void (*written)(void *context, const struct source_state *state), void *context);

#endif
