/* struct journal_reader: a journal as libsystemd has it, entry by entry, each copied out of it. Nothing else knows that library, which is
 * loaded with the first journal.
 *
 * What can fail returns a negative errno, as the library does; journal_reader_wrong tells which of them are a file's fault. It maps the
 * files and keeps what it has read mapped until it is closed. One thread. */
#ifndef WINNOW_INGEST_JOURNAL_READER_H
#define WINNOW_INGEST_JOURNAL_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ingest/journal_choice.h"
#include "ingest/journal_entry.h"

enum { JOURNAL_CURSOR_BYTES_MAX = 4096 };

/* Before all else. ERR_MISSING when there is no such library. Again: does no harm. */
bool journal_reader_load(struct err *err);
/* What the errno means for a file; NULL when it is no matter of files. */
const char *journal_reader_wrong(int result);

struct journal_reader;
/* *ret is NULL when it fails. */
int journal_reader_open(const struct journal_choice *choice, struct journal_reader **ret);
void journal_reader_close(struct journal_reader *reader); /* NULL is fine */
/* Whether one file can be opened: the library is silent about those of a folder that cannot. */
int journal_reader_try(const char *path);
/* This machine's id, "" when it has none. */
void journal_reader_machine(char ret[JOURNAL_ID_SIZE]);

/* Whether the text can mean a boot: ID, OFFSET or ID+OFFSET as of journalctl. */
bool journal_reader_knows_boot(const char *text);
/* The id of the boot that choice->boot, which is known, means. False when there is no such boot. It may leave the place. */
bool journal_reader_boot(struct journal_reader *reader, const struct journal_choice *choice, char ret[JOURNAL_ID_SIZE]);

/* Before the first entry. */
int journal_reader_seek_first(struct journal_reader *reader);
/* At the last entry: 1, or 0 when there is none. */
int journal_reader_seek_last(struct journal_reader *reader);
/* At the cursor's entry or, if it is gone, about there: 1, or 0 when there is none. */
int journal_reader_seek(struct journal_reader *reader, const char *cursor);
/* At the next entry: 1, or 0 when there is none yet. */
int journal_reader_next(struct journal_reader *reader);
/* 1 when it stands at the cursor's entry, as the library compares them; else 0. */
int journal_reader_is_at(struct journal_reader *reader, const char *cursor);

/* Copies what identifies the entry it stands at: cursor, times and boot. */
int journal_reader_head(struct journal_reader *reader, struct journal_entry *entry);
/* The whole entry, whose fields that are damaged are left out: entry->cut tells. */
int journal_reader_entry(struct journal_reader *reader, struct journal_entry *entry);

/* Takes in what has changed about the files: 1 when the place must be sought anew. */
int journal_reader_process(struct journal_reader *reader);
/* Readable when there is something to take in. Not for a single file. */
int journal_reader_descriptor(struct journal_reader *reader);
/* Monotonic: when to take it in at the latest, or INT64_MAX. */
int64_t journal_reader_due_us(struct journal_reader *reader);

#endif
