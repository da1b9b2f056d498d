/* cover: what an answer covers, and what it may lack.
 *
 * The chosen sources cover the time from their first stored record to the later of their last record and the moment
 * they were last read to the end. An answer is short when the range asked for reaches beyond that or into what was pruned, or
 * when a file has grown since it was read, or a partition that chosen sources come from has messages that were not. It is broken when something that could belong to it could not be read or
 * decided: that is a failure, as a read error is to grep, whatever was found elsewhere. */
#ifndef WINNOW_QUERY_COVER_H
#define WINNOW_QUERY_COVER_H

#include "base/buf.h"
#include "base/err.h"
#include "query/select.h"

enum cover { COVER_WHOLE, COVER_SHORT, COVER_BROKEN };

/* What went wrong on the way to an answer. */
struct cover_loss {
    uint64_t blocks_damaged;           /* of the scan that met most of them: several may meet the same */
    int64_t damaged[SCAN_DAMAGED_MAX]; /* see scan_counts */
    bool nothing_matched;              /* then what was pruned is told whatever range was asked for */
    uint64_t blocks_gone;              /* pruned while the answer was made */
    uint64_t records_unreadable;
    struct err unreadable;         /* the first of them: why */
    uint64_t records_without_time; /* left out because a time range was asked; told, but no loss */
    uint64_t records_untimed;      /* matching, but without a time and so in no step of a histogram */
    uint64_t limit_hits;           /* of the regexes, told before: select_limit_hits counts them, too */
};

/* Appends a line (with newline) for each thing to tell. */
enum cover cover_notes(const struct select *select, const struct cover_loss *loss, struct buf *ret_lines);
/* Only what is lost: of an answer that goes on after cover_notes. */
enum cover cover_loss_notes(const struct select *select, const struct cover_loss *loss, struct buf *ret_lines);

/* Is any record stored of this stretch? The sources' first and last times alone do not tell: a single record of a clock that was
 * wrong makes them reach over years. */
bool cover_any(struct store *store, int64_t since_us, int64_t until_us, bool *ret, struct err *err);

/* A source's file as it is now: its size on the disk and how much of it is not stored yet, in bytes. A file that is
 * gone, replaced or a stream has no lag. A partition's lag is messages, as they were counted last, and its size what is stored. */
struct cover_lag {
    uint64_t size;
    uint64_t bytes;
    uint64_t messages;
};
struct cover_lag cover_lag(const struct source_state *state);

#endif
