/* identity: is this file one the store knows, and where does what is new in it begin?
 *
 * A known source is the same when the file holds the bytes its state tells of: at least as many as were read, the same
 * first ones, the same ones just before the position. It is looked for under the file's device and inode (it may have
 * been renamed), then under its name (it may have been written anew by an editor, or copied back); of several the
 * longest wins. Everything is over uncompressed bytes. A stream is never the same: it continues behind the last
 * one of its name. One thread (the reader's). */
#ifndef WINNOW_INGEST_IDENTITY_H
#define WINNOW_INGEST_IDENTITY_H

#include <stdbool.h>

#include "ingest/catalog.h"
#include "ingest/mark.h"
#include "ingest/source.h"

struct identity {
    struct catalog_entry *entry; /* NULL: not known; the source stands at its beginning */
    bool unchanged;              /* known, and nothing was written to it since it was read to its end */
    struct mark mark;            /* at the entry's position, where the source stands */
};

/* False with err when the source cannot be read (or a stop was asked). */
bool identity_find(const struct catalog *catalog, struct source *source, struct str name, struct identity *ret,
                   struct err *err);

/* After identity_find: makes the entry of a source that is not known (ret->entry), and marks as replaced those whose
 * file it took the place of; written is called for each of them. */
void identity_make(struct catalog *catalog, const struct source *source, struct str name, struct identity *ret,
                   void (*written)(void *context, const struct source_state *state), void *context);

#endif
