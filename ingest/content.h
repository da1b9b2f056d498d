/* content: does a file hold what a state tells of? And which sources the store knows could it be the rest of?
 *
 * A file holds it when its first bytes and those just before the position have the hashes in the state, and nothing of
 * what was read is missing. All is over uncompressed bytes, so a compressed file holds what its original held.
 *
 * A file that was not recognised by its place (identity.h) may be a known one that was copied or compressed. It is taken
 * for it only when the known one's own file does not hold the content any more: then this is where it went. Otherwise a
 * copy lies beside a living original, and is a source of its own. One thread (the reader's). */
#ifndef WINNOW_INGEST_CONTENT_H
#define WINNOW_INGEST_CONTENT_H

#include "ingest/catalog.h"
#include "ingest/mark.h"
#include "ingest/source.h"

enum {
    /* Less than this may begin alike by chance: it says something only of files whose names are related. */
    CONTENT_SURE_BYTES = 64,
    /* Of sources with equal heads, so many of the newest are looked at. */
    CONTENT_CANDIDATES_MAX = 1024,
};

/* SOURCE_DATA when the source holds what the state tells of: it stands at the position, and *ret_mark too. SOURCE_END
 * when it does not. */
enum source_result content_same(struct source *source, const struct source_state *state, struct mark *ret_mark,
                                struct err *err);

/* As content_same, for the longest of the sources whose own file is gone, replaced or no longer holds what was read of
 * it, and which are longer than `than` bytes: *ret_entry on SOURCE_DATA. name is the file's. */
enum source_result content_find(struct catalog *catalog, struct source *source, struct str name, uint64_t than,
                                struct catalog_entry **ret_entry, struct mark *ret_mark, struct err *err);

/* Does a name go on where another ends, with one of ".-_"? So do app.log.1 and app.log-20261120.gz, and so do their paths. */
bool content_goes_on(struct str longer, struct str shorter);

/* How many bytes the state tells of. */
static inline uint64_t content_length(const struct source_state *state)
{
    return state->position + state->pending_bytes;
}

#endif
