/* struct follow: the files of a live run: finds them, keeps a tail (tail.h) on each, and loses none.
 *
 *     patterns ─ look (inotify says names changed; every rescan) ─▶ inputs ─┬▶ followed already: its path may be a new one
 *                                                                          └▶ adopt: known to the store? ─▶ tail
 *     events: written ─▶ dirty tails ─▶ tail_feed ─┬▶ read to its end
 *                                                  └▶ TAIL_CHANGED: its source is lost, another begins in the same file
 *
 *  1. A source whose file is another one now is *lost*: what rotation left of it is looked for beside the file (beside.h) and
 *     read to its end. Only then is it marked `replaced`, in the transaction with the last of it; so a run that is killed before
 *     looks again. When nothing is found (for FOLLOW_ABSENT_US, while nothing lies under its name), or the file was cut in place, that is a gap, in the same transaction.
 *  2. A file that was renamed or deleted is read by its descriptor until it has been silent for FOLLOW_AWAY_US (deleted:
 *     FOLLOW_DELETED_US).
 *  3. What may be a copy in the making of a file that is followed (its name goes on where that one's ends, its bytes are the same)
 *     waits until it is known: the other is cut, so it is what remains of it; or nothing changes for FOLLOW_COPY_US, and it is
 *     a source of its own. A gzip file waits until it has not changed for FOLLOW_GZIP_US.
 *  4. At most descriptors_max files are open; beyond that those silent for longest sleep. Renamed and deleted ones
 *     never sleep; where they are too many, they are let go after two seconds of silence.
 *  5. A look goes on for a twentieth of a second at a time; between, what was adopted is read, and before a search in a folder it is
 *     committed. So new lines are answered while a start still looks through thousands of rotated files.
 *
 * It is a feeder (feeder.h). One thread. */
#ifndef WINNOW_INGEST_FOLLOW_H
#define WINNOW_INGEST_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "ingest/catalog.h"
#include "ingest/config.h"
#include "ingest/feeder.h"

#define FOLLOW_AWAY_US (3600 * INT64_C(1000000))
#define FOLLOW_DELETED_US (60 * INT64_C(1000000))
#define FOLLOW_COPY_US (30 * INT64_C(1000000))
#define FOLLOW_ABSENT_US (60 * INT64_C(1000000))
#define FOLLOW_GZIP_US (2 * INT64_C(1000000))

/* Does the store hold these bytes of the source at this offset? */
typedef bool follow_holds(void *context, int64_t source, uint64_t offset, struct str bytes);

struct follow;
/* The configuration, the catalog (of the store's sources) and the store's path must outlive it. */
struct follow *follow_new(const struct config *config, struct catalog *catalog, const char *store_path,
                          follow_holds *holds, void *context);
void follow_free(struct follow *follow);
SCOPE_FREE(follow)
/* Another configuration from now on: what it no longer names is let go at once. Its position stays, so that it is read on from
 * there when it is named again. */
void follow_configure(struct follow *follow, const struct config *config);

extern const struct feeder_ops follow_ops;

/* For STATUS: files followed, bytes that lie unread in them as far as known. */
void follow_summary(const struct follow *follow, uint64_t *ret_files, uint64_t *ret_unread);

#endif
