/* struct mark: what identifies the content before a position: its first bytes and its last bytes.
 *
 * Fed with all bytes of a source in order, up to the position. The head also takes in bytes of an unterminated end kept
 * behind the position, so that a file holding nothing but such an end has an identity too. Over uncompressed bytes. */
#ifndef WINNOW_INGEST_MARK_H
#define WINNOW_INGEST_MARK_H

#include <stdint.h>

#include "base/batch.h"
#include "base/str.h"

enum { MARK_HEAD_MAX = 1024, MARK_TAIL_MAX = 256 };

/* Zeroed = nothing fed yet. */
struct mark {
    uint32_t head_size, tail_size;
    char head[MARK_HEAD_MAX]; /* the first min(MARK_HEAD_MAX, position) bytes */
    char tail[MARK_TAIL_MAX]; /* the last min(MARK_TAIL_MAX, position) bytes */
};

void mark_add(struct mark *mark, struct str bytes);
/* Writes sizes and hashes of head and tail into *state; pending is the unterminated end behind the position. */
void mark_state(const struct mark *mark, struct str pending, struct source_state *state);

#endif
