#include "ingest/mark.h"

#include "base/hash.h"
#include "base/must.h"

static uint32_t head_add(char head[MARK_HEAD_MAX], uint32_t size, struct str bytes)
{
    size_t more = MARK_HEAD_MAX - size;
    if (more > bytes.size)
        more = bytes.size;
    if (more > 0)
        memcpy(head + size, bytes.data, more);
    return size + (uint32_t)more;
}

void mark_add(struct mark *mark, struct str bytes)
{
    must(mark->head_size <= MARK_HEAD_MAX && mark->tail_size <= MARK_TAIL_MAX);
    if (bytes.size == 0)
        return;
    mark->head_size = head_add(mark->head, mark->head_size, bytes);
    if (bytes.size >= MARK_TAIL_MAX) {
        memcpy(mark->tail, bytes.data + bytes.size - MARK_TAIL_MAX, MARK_TAIL_MAX);
        mark->tail_size = MARK_TAIL_MAX;
        return;
    }
    size_t keep = MARK_TAIL_MAX - bytes.size;
    if (keep > mark->tail_size)
        keep = mark->tail_size;
    memmove(mark->tail, mark->tail + mark->tail_size - keep, keep);
    memcpy(mark->tail + keep, bytes.data, bytes.size);
    mark->tail_size = (uint32_t)(keep + bytes.size);
}

void mark_state(const struct mark *mark, struct str pending, struct source_state *state)
{
    char head[MARK_HEAD_MAX];
    uint32_t size = head_add(head, 0, str_from(mark->head, mark->head_size));
    size = head_add(head, size, pending);
    state->head_size = size;
    state->head_hash = hash_bytes(head, size, 0);
    state->tail_size = mark->tail_size;
    state->tail_hash = hash_bytes(mark->tail, mark->tail_size, 0);
}
