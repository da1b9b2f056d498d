/* journal_cursor: what a cursor of the journal says about its entry.
 *
 *     s=SEQUENCE;i=NUMBER;b=BOOT;m=MONOTONIC;t=REALTIME;x=HASH
 *
 * The number, in hexadecimal, counts the entries of a sequence; the rest is the entry's own wherever it lies. The form is
 * the library's affair, so a cursor of another form only means that nothing is known. Pure; any thread. */
#ifndef WINNOW_INGEST_JOURNAL_CURSOR_H
#define WINNOW_INGEST_JOURNAL_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct journal_place {
    struct str sequence;
    uint64_t number;
};

/* False when the cursor does not tell. The sequence views it. */
bool journal_cursor_place(struct str cursor, struct journal_place *ret);
/* How far the second is behind the first, in one sequence: 1 for the next entry, 0 or less when it is not behind. False
 * when that cannot be told. */
bool journal_cursor_distance(struct str first, struct str second, int64_t *ret);
/* The same entry, although in another file and under another number: the journal of the early boot is copied to the disk. */
bool journal_cursor_same(struct str a, struct str b);

#endif
