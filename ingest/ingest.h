/* ingest: bytes come in. The door of the room.
 *
 *     operands ─▶ expand ─▶ source (file, gzip, stream) ─▶ identity (known? where does what is new begin?)
 *                              │ bytes
 *                              ▼
 *                            frame ─records─▶ batch ─┬▶ worker: analyze, encode ─┐
 *              main thread ──────────────────────────┴▶ worker: analyze, encode ─┴▶ committer: writes them in order
 *
 * The main thread reads (reader.h), its batches are numbered and committed in that order by one thread (pipeline.h).
 *
 * Bounded memory: a fixed number of batches circulates, one for each worker and six more, each with room for 8 MiB of
 * lines (more only while it carries one longer line, 16 MiB at most). When none is free the reader waits, so a slow disk
 * slows reading and nothing is ever dropped: the log file is the buffer.
 *
 * Nothing lost, nothing doubled: a batch carries, beside its records, the state of every source they come from, with the
 * position behind the last of them. Both are committed in one transaction, so whenever the process is killed, the next
 * run begins exactly where the store ends.
 *
 * Lines that belong together are one record (join.h). The last record of a source may still grow: it is pending, and replaced
 * when the source is read on.
 *
 * What goes wrong with one input is told at once and the others go on; the exit status is 2 in the end. A line is never
 * wrong: what no format fits is kept as it is.
 *
 * `winnow run` goes another way with the same frames and batches, in one thread (live.h): its feeders (feeder.h: follow.h for
 * files, source_journal.h for journals) bring what is new, and it is committed at once, as rows that later become blocks.
 *
 *     config ─▶ live ─ poll ─▶ feeders ─▶ frame ─▶ batch ─┬ small: hot rows ─▶ settled into blocks
 *                                                         └ full: a block
 *
 * What writes the store otherwise is here too: prune, which lets old blocks go (store_prune).
 *
 * Memory: batches belong to the pipeline and are lent; sources to the reader, one open at a time; the catalog of known
 * sources to the run. The store is the committer's from the first batch to the last, the main thread's before and after. */
#ifndef WINNOW_INGEST_INGEST_H
#define WINNOW_INGEST_INGEST_H

#include "base/cmd.h"

extern const struct cmd cmd_config;
extern const struct cmd cmd_ingest;
extern const struct cmd cmd_prune;
extern const struct cmd cmd_run;

#endif
