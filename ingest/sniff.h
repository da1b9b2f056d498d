/* sniff: what the first bytes of a file say it is, when it is not a log. Any thread. */
#ifndef WINNOW_INGEST_SNIFF_H
#define WINNOW_INGEST_SNIFF_H

#include "base/str.h"

enum { SNIFF_BYTES = 32 << 10 }; /* how much of a file is looked at */

struct sniff {
    const char *what;   /* "an ELF program" */
    const char *unpack; /* for a compressed log, the tool whose -dc unpacks it: "xz"; NULL otherwise */
};

/* head is the file's first SNIFF_BYTES, or all of it. NULL when it may be a log. */
const struct sniff *sniff_bytes(struct str head);

#endif
