/* struct journal_choice: which journal is read and which of its entries are taken.
 *
 * All conditions must hold; they mean what journalctl's options of the same name mean:
 *
 *   units     one of them: _SYSTEMD_UNIT=U, or what the manager (_PID=1, UNIT=U), root's programs (_UID=0,
 *             OBJECT_SYSTEMD_UNIT=U) or the core dump handler (COREDUMP_UNIT=U) tell about it; _SYSTEMD_SLICE=U of a
 *             slice. A name without its type is a .service. With * ? [ it is a pattern for whole names, of units that
 *             appear later too.
 *   priority  PRIORITY is this number or below; an entry without PRIORITY is not taken. 7 lets all pass.
 *   matches   FIELD=VALUE; of one field any, of different fields all; "+" stands between alternatives.
 *   boot      _BOOT_ID is this id.
 *
 * Conditions are looked at here and not by the library, which would not show what it passes over: so the position
 * moves behind entries that are not taken, too. Strings are borrowed. Immutable; any thread. */
#ifndef WINNOW_INGEST_JOURNAL_CHOICE_H
#define WINNOW_INGEST_JOURNAL_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ingest/journal_entry.h"

enum { JOURNAL_PRIORITY_ALL = 7 };

struct journal_choice {
    const char *directory; /* absolute; a folder of journal files. NULL: the system's journal */
    const char *file;      /* absolute; one journal file, alone. NULL: see directory */
    const char *namespace; /* of the system's journal; NULL: the default one */
    const char *boot;      /* an id, or "0" for the newest boot, "-1" for the one before it, ...; NULL: all */
    const char *const *units;
    size_t unit_count;
    const char *const *matches;
    size_t match_count;
    int priority;        /* 0..7 */
    const char *service; /* of entries that name none; "": none. NULL: the one the source has */
};

/* Appends the name of the source: "journal:", then FILE or FOLDER or "@NAMESPACE", then the units with commas between
 * (behind a ':' if something stands before them); "journal:local" for all of the system's journal. The other conditions
 * are no part of it: when they change, the source goes on. */
void journal_choice_name(const struct journal_choice *choice, struct buf *name);

/* boot is the id that choice->boot stands for, or NULL for any. */
bool journal_choice_takes(const struct journal_choice *choice, const char *boot, const struct journal_entry *entry);

#endif
