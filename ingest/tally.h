/* struct tally: what a run stored, counted from committed batches only. */
#ifndef WINNOW_INGEST_TALLY_H
#define WINNOW_INGEST_TALLY_H

#include <stdint.h>

#include "base/amount.h"
#include "base/batch.h"
#include "base/io.h"

struct tally {
    uint64_t lines; /* a line kept in pieces is one */
    uint64_t bytes; /* newlines included */
    uint64_t unparsed;
    uint64_t kinds[KIND_COUNT]; /* records with that bit of enum kind */
    /* The rest is the reader's: */
    uint64_t skipped_lines; /* stored before this run, in the sources it read */
    uint64_t sources;       /* read */
    double seconds;
};

/* Adds the records of a committed batch. */
void tally_add(struct tally *tally, const struct batch *batch);
/* The contract's summary: one JSON object and a newline. */
void tally_print_json(const struct tally *tally, struct out *out);
/* The same for people: a line, and a second one with the counts that are not zero. */
void tally_print_text(const struct tally *tally, struct out *out);

#endif
