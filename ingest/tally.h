/* struct tally: what a run stored, counted from committed batches only. */
#ifndef WINNOW_INGEST_TALLY_H
#define WINNOW_INGEST_TALLY_H

#include <stdint.h>

#include "base/amount.h"
#include "base/batch.h"
#include "base/io.h"

struct tally_count {
    uint64_t lines;             /* a line kept in pieces is one, a record may have several */
    uint64_t bytes;             /* newlines included */
    uint64_t unparsed;          /* records */
    uint64_t kinds[KIND_COUNT]; /* records with that bit of enum kind */
};

struct tally {
    struct tally_count count;
    /* What the pending end of one source added, from offset to end: taken back when that is replaced. */
    struct tally_count tail;
    int64_t tail_source; /* 0: none */
    uint64_t tail_offset, tail_end;
    uint64_t tail_stored; /* what of it an earlier run had stored ended here */
    /* The rest is the reader's: */
    uint64_t skipped_lines; /* stored before this run, in the sources it read */
    uint64_t sources;       /* read */
    double seconds;
};

/* Adds the records of a committed batch. Lines that an earlier run stored as a pending end are not counted again, and nor
 * is a record that has no others. */
void tally_add(struct tally *tally, const struct batch *batch);
/* The contract's summary: one JSON object and a newline. */
void tally_print_json(const struct tally *tally, struct out *out);
/* The same for people: a line, and a second one with the counts that are not zero. */
void tally_print_text(const struct tally *tally, struct out *out);

#endif
