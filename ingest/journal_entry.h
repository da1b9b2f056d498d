/* struct journal_entry: one entry of the journal, copied out of it, and the line it is kept as.
 *
 * The line is one JSON object in the form of `journalctl -o json`:
 *
 *     {"__CURSOR":"s=..","__REALTIME_TIMESTAMP":"1795168800000000","__MONOTONIC_TIMESTAMP":"81234","_BOOT_ID":"..",NAME:VALUE,..}
 *
 * 1. Every field is there, in the entry's order; a field that comes more than once is an array at its first place.
 * 2. A value is a string where it is UTF-8, else an array of its bytes as numbers. journalctl writes that array for text
 *    with control characters too (colours, carriage returns), where no search would find a word; here it stays a
 *    string, with escapes. Either way each byte of the value can be told from the line.
 * 3. When MESSAGE is not UTF-8, its text with U+FFFD for what is none follows as __MESSAGE_TEXT, so that its words are found.
 * 4. The entry's own _BOOT_ID is the one in front and not repeated. A value longer than JOURNAL_FIELD_BYTES_MAX, or past
 *    JOURNAL_ENTRY_BYTES_MAX in all, is null, and fields past JOURNAL_FIELDS_MAX are left out; `cut` tells.
 * 5. The same entry always gives the same line. So a line that was stored in part can be completed later.
 *
 * Knows nothing of how a journal is read. One thread. */
#ifndef WINNOW_INGEST_JOURNAL_ENTRY_H
#define WINNOW_INGEST_JOURNAL_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

enum {
    JOURNAL_FIELDS_MAX = 4096, /* journald writes 1024 at most */
    JOURNAL_FIELD_BYTES_MAX = 16 << 20,
    JOURNAL_ENTRY_BYTES_MAX = 32 << 20,
    JOURNAL_TEXT_BYTES_MAX = 1 << 20, /* a longer MESSAGE has no __MESSAGE_TEXT */
    /* A control character takes six. */
    JOURNAL_LINE_BYTES_MAX = 6 * (JOURNAL_ENTRY_BYTES_MAX + JOURNAL_TEXT_BYTES_MAX) + JOURNAL_FIELDS_MAX * 512,
    JOURNAL_ID_SIZE = 33, /* 32 hex digits and the NUL */
};

struct journal_field {
    struct str name;
    struct str value; /* absent: it was too long */
    uint32_t next;    /* the next field of the same name, or 0 */
    bool repeated;    /* not the first of its name */
};

struct journal_entry {
    const char *cursor; /* in the arena */
    uint64_t realtime_us, monotonic_us;
    char boot[JOURNAL_ID_SIZE];
    struct journal_field *fields;
    size_t count, capacity;
    size_t bytes; /* of the values */
    bool cut;
    struct arena arena;
};

/* Zero-initialised = empty. */
void journal_entry_release(struct journal_entry *entry);
void journal_entry_reset(struct journal_entry *entry);
/* Adds a field as the journal has it, "NAME=value", copied. */
void journal_entry_add(struct journal_entry *entry, struct str data);
/* The first field of this name, or NULL. */
const struct journal_field *journal_entry_find(const struct journal_entry *entry, struct str name);
/* True when a field of this name has this value. */
bool journal_entry_has(const struct journal_entry *entry, struct str name, struct str value);
/* The next field of the same name, or NULL. */
static inline const struct journal_field *journal_entry_next(const struct journal_entry *entry,
                                                             const struct journal_field *field)
{
    return field->next ? &entry->fields[field->next] : NULL;
}
/* Appends the line, without a newline. line's maximum must be JOURNAL_LINE_BYTES_MAX. */
void journal_entry_line(const struct journal_entry *entry, struct buf *line);

#endif
