/* ingest: bytes come in. The door of the room.
 *
 *     paths ─▶ expand ─▶ source (file, gzip, stream) ─bytes─▶ frame ─records─▶ batch ─┬▶ worker: analyze, encode ─┐
 *     main thread reads; batches are numbered ────────────────────────────────────────┴▶ worker: analyze, encode ─┴▶ committer
 *                                                                                        writes them in number order
 *
 * Bounded memory: a fixed number of batches circulates; when none is free the reader waits, so a slow disk slows
 * reading and nothing is ever dropped. Positions travel in the batch and are committed with the records they cover. */
#ifndef WINNOW_INGEST_INGEST_H
#define WINNOW_INGEST_INGEST_H

#include "base/cmd.h"

extern const struct cmd cmd_ingest;

#endif
