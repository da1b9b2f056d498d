/* told: what a batch has besides records and facts, for the store to count: its distinct templates, and its requests with what they
 * are told apart by. Most records have a template and a route met before, which a sketch of the message or path tells: only others
 * are cut into templates. One teller for each analyzer. */
#ifndef WINNOW_ANALYZE_TOLD_H
#define WINNOW_ANALYZE_TOLD_H

#include "analyze/analyze.h"

struct teller;
struct teller *teller_new(void);
void teller_free(struct teller *teller);

/* What classification has found out already. */
struct told_record {
    struct str message; /* absent: it has none; of a record without a shape not set */
    uint64_t sketch;    /* template_sketch of the message, if it is set */
    unsigned status;    /* or 0 */
};

void teller_begin(struct teller *teller);
/* Adds to batch->told what record i has, of which all else is known. Records in their order. *ret_template is that of the record when
 * it was told, for no more than a look-up; else absent, and record_template has to tell it. */
void teller_record(struct teller *teller, struct batch *batch, uint32_t i, const struct told_record *known,
                   struct str *ret_template);

#endif
