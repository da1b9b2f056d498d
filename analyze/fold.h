/* fold: a message's first line with numbers folded to one byte, the first step of its template (template.c).
 *
 * Of letters and digits side by side, those with a digit among them become FOLD_NUMBER, and so do eight or more that are
 * all hex digits. What stays: versions in a path (/v1/), terms (IPv6, ext3, SHA256) and
 * compounds (S3UploadError). White space and control bytes become one
 * space, none at the ends; \042, which some daemons write for '"', becomes that. Pure; any thread. */
#ifndef WINNOW_ANALYZE_FOLD_H
#define WINNOW_ANALYZE_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum {
    FOLD_NUMBER = 1,
    FOLD_BYTES_MAX = 16 << 10, /* of the line, looked at */
};

struct folded {
    char text[FOLD_BYTES_MAX];
    size_t size;
    bool longer; /* than what was looked at */
};

void fold(struct str message, struct folded *ret);

/* Of letters and digits side by side, from..to of the line, with a digit among them: do they stay? */
bool fold_keeps(struct str line, size_t from, size_t to);

#endif
