/* struct source_journal: follows a journal; a feeder. Each entry taken becomes one record, a line of JSON
 * (journal_entry.h), so that the source's bytes are the concatenation of these lines: `-o raw` of it reads like
 * `journalctl -o json`. The offset of a record counts the bytes of the lines before it.
 *
 *     open ─▶ find the place ─┬─ the cursor's entry is there ─▶ behind it ─▶ next ─▶ taken? ─▶ record ┐
 *                             │                                           ▲        └ no ─▶ passed ────┤
 *                             └─ gone ─▶ from the head to the first new one, a gap          cursor moves ◀┘
 *
 * One configured journal is one source with one position, in its source_state:
 *
 *   cursor        of the last entry looked at, taken or not
 *   position      end of the lines that are stored
 *   size          end of the line of the cursor's entry or, when that was not taken, of the line before. Above position: the
 *                 last size - position bytes of the line are still to be stored (a batch ended there)
 *   modified_us   time of that entry
 *
 * 1. State and records travel in one batch, so exactly the entry that the cursor names is skipped on a restart, and
 *    none is stored twice. The state is brought forward before its entry is framed; wherever a batch ends, size tells
 *    what is missing.
 * 2. Entries that are not taken move the cursor, too: with the next record, and every PASSED_SAVE_US at the latest.
 * 3. The cursor is sought and then tested. When its entry is gone (vacuumed, lost with a damaged file, another journal, a
 *    cursor "from the future"), reading goes on with the first entry that is surely new: one of the same sequence with a
 *    higher number, or of another with a later time, where a time beyond now counts as now, so that a clock that was
 *    wrong once does not mean silence. A gap is recorded, unless the numbers prove that nothing is missing between.
 * 4. The order is the journal's. When its files change (rotation, vacuum) the place is sought anew, as on a start. Files of
 *    different sequences (journals collected from several machines) are merged by time, so what comes late into one of
 *    them, with a time before that of the cursor, is not seen, as in `journalctl -f`: such journals want a folder each.
 * 5. A damaged file is told of once and passed; the library reads what it can of the others and is silent about entries
 *    it leaves out, so they are counted by their numbers and told. Folders that come, go or are replaced are noticed
 *    within PLACES_CHECK_US.
 *
 * It only reads. libsystemd maps the files and keeps them mapped, so the journal is opened anew after REOPEN_ENTRIES; the
 * descriptors are as many as there are journal files. One thread. */
#ifndef WINNOW_INGEST_SOURCE_JOURNAL_H
#define WINNOW_INGEST_SOURCE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/scope.h"
#include "ingest/catalog.h"
#include "ingest/feeder.h"
#include "ingest/journal_choice.h"

/* What is worth a line of the operator's log: a gap, a damaged file, a journal that cannot be opened (tried again every
 * RETRY_US, told once). The text does not name the source. */
struct journal_tell {
    void (*tell)(void *context, struct str source, const struct err *err);
    void *context;
};

struct source_journal;
/* What choice points to must outlive it. from_end: when the catalog does not know it yet, only what comes from now on is
 * taken. Does not open the journal yet. NULL with ERR_USAGE: boot is none, or the catalog's source of that name is
 * already read by another. */
struct source_journal *source_journal_new(const struct journal_choice *choice, bool from_end, struct catalog *catalog,
                                          const struct journal_tell *tell, struct err *err);
void source_journal_free(struct source_journal *journal); /* NULL is fine */
SCOPE_FREE(source_journal)

/* The name of the source; lives as long as the journal. */
struct str source_journal_name(const struct source_journal *journal);

/* As struct feeder_ops has them. */
extern const struct feeder_ops source_journal_feeder;

#endif
