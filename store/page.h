/* page: a checksum at the end of every page of a store's file, checked whenever a page is read from it. So a flipped bit is an
 * error and never another answer, wherever it is: in a fact, a position, a name, an index, or the structure of a table.
 *
 *     SQLite ─▶ page (this) ─▶ SQLite's own access to the file
 *
 * SQLite is told to leave the last PAGE_RESERVED bytes of each page alone (byte 20 of the file's header):
 *
 *     u32 CRC-32 of the page's number (u32) and of the page up to here, u32 its complement; both little-endian
 *     eight zeros: no checksum
 *
 * The bytes are filled on the way into the file, and checked and zeroed on the way out of it, so they are zeros in memory and in
 * the write-ahead log. Therefore another program that brings the log into the file (sqlite3, when it is the last to close it)
 * leaves pages without a checksum, which are taken as they are and counted; winnow gives them one when it next writes them.
 * Another program that writes into the store leaves a wrong checksum, and that is told, as it should be.
 * Readers without winnow see nothing of this. The log has checksums of SQLite's own, checked when it is first opened.
 *
 * Registered once for the process; any thread. */
#ifndef WINNOW_STORE_PAGE_H
#define WINNOW_STORE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct sqlite3;

enum { PAGE_RESERVED = 8 };

/* The name to give sqlite3_open_v2 as its VFS. */
const char *page_vfs(void);
/* Of a new file, before anything is written: its pages have room for checksums. */
void page_reserve(struct sqlite3 *db);

struct page_state {
    bool summed;      /* pages have room for checksums; false also for a new file before page_reserve */
    uint32_t damaged; /* the page last found to be damaged, 0: none */
    uint64_t missing; /* pages read that have no checksum */
};
struct page_state page_state(struct sqlite3 *db);

#endif
