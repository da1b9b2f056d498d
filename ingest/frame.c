#include "ingest/frame.h"

#include "base/must.h"

const struct frame_limits frame_limits_default = {
    .batch_bytes = BATCH_BYTES_TARGET,
    .record_bytes = RECORD_BYTES_MAX,
    .chunk_bytes = 256 << 10,
    .records = BATCH_RECORDS_MAX,
};

void frame_init(struct frame *frame, const struct frame_limits *limits, struct frame_batches batches)
{
    must(limits->batch_bytes > 0 && limits->record_bytes > 0 && limits->chunk_bytes > 0 && limits->records > 0);
    must(limits->records <= BATCH_RECORDS_MAX && limits->record_bytes <= RECORD_BYTES_MAX);
    must(limits->batch_bytes + limits->chunk_bytes <= BATCH_BYTES_TARGET + (256 << 10));
    *frame = (struct frame){.limits = *limits, .batches = batches};
}

struct str frame_unfinished(const struct frame *frame)
{
    const struct buf *raw = &frame->batch->raw;
    return str_slice(buf_str(raw), frame->line, raw->size);
}

/* Streams and journals have no content to recognise them by. */
static bool has_identity(const struct source_state *state)
{
    return state->kind == SOURCE_FILE || state->kind == SOURCE_GZIP;
}

static void identify(struct frame *frame, struct str pending)
{
    if (has_identity(frame->state))
        mark_state(&frame->mark, pending, frame->state);
}

/* Brings mark and state up to the last record boundary and gives the state to the batch. */
static void settle(struct frame *frame)
{
    if (frame->state == NULL || frame->line == frame->settled)
        return;
    mark_add(&frame->mark, str_slice(buf_str(&frame->batch->raw), frame->settled, frame->line));
    frame->settled = frame->line;
    frame->state->position = frame->offset;
    frame->state->pending_bytes = 0;
    identify(frame, STR_ABSENT);
    batch_set_source(frame->batch, frame->state);
}

/* An empty batch with the bytes it begins with, and room for all that may come while records point into it. */
static struct batch *take_batch(struct frame *frame, struct str rest)
{
    struct batch *batch = frame->batches.take(frame->batches.context);
    if (batch == NULL)
        return NULL;
    must(batch->raw.size == 0 && batch->record_count == 0);
    size_t size = rest.size > frame->limits.batch_bytes ? rest.size : frame->limits.batch_bytes;
    must(buf_reserve(&batch->raw, size + frame->limits.chunk_bytes) != NULL && buf_add_str(&batch->raw, rest));
    return batch;
}

static bool ensure_batch(struct frame *frame)
{
    if (frame->batch == NULL)
        frame->batch = take_batch(frame, STR_ABSENT);
    return frame->batch != NULL;
}

/* Hands the batch on and continues in the next one with the unfinished line. */
static bool pass_on(struct frame *frame)
{
    struct batch *next = take_batch(frame, frame_unfinished(frame));
    if (next == NULL)
        return false;
    settle(frame);
    frame->scanned = frame->scanned > frame->line ? frame->scanned - frame->line : 0;
    frame->line = frame->settled = 0;
    frame->in_run = false;
    frame->batches.put(frame->batches.context, frame->batch);
    frame->batch = next;
    return true;
}

/* The next size bytes of the unfinished line become a record. */
static bool add_record(struct frame *frame, size_t size, uint8_t flags)
{
    if (frame->batch->record_count >= frame->limits.records && !pass_on(frame))
        return false;
    if (!frame->in_run)
        batch_run_begin(frame->batch, frame->state->id, frame->offset, frame->reference_us);
    frame->in_run = true;
    const char *data = frame->batch->raw.data + frame->line;
    batch_add(frame->batch, str_from(data, size), flags);
    size_t covered = size + !(flags & RECORD_NO_NEWLINE);
    frame->line += covered;
    frame->offset += covered;
    if (frame->scanned < frame->line)
        frame->scanned = frame->line;
    return true;
}

bool frame_begin(struct frame *frame, struct source_state *state, const struct mark *mark, int64_t reference_us)
{
    must(frame->state == NULL);
    if (!ensure_batch(frame))
        return false;
    frame->state = state;
    frame->mark = *mark;
    frame->reference_us = reference_us;
    frame->begin = frame->offset = state->position;
    frame->settled = frame->line = frame->scanned = frame->batch->raw.size;
    frame->in_run = false;
    return true;
}

char *frame_space(struct frame *frame, size_t *ret_size)
{
    if (!ensure_batch(frame))
        return NULL;
    if (frame->batch->record_count > 0 && frame->batch->raw.size >= frame->limits.batch_bytes && !pass_on(frame))
        return NULL;
    struct buf *raw = &frame->batch->raw;
    const char *before = raw->data;
    char *space = buf_reserve(raw, frame->limits.chunk_bytes);
    must(space != NULL && (frame->batch->record_count == 0 || raw->data == before));
    *ret_size = frame->limits.chunk_bytes;
    return space;
}

bool frame_advance(struct frame *frame, size_t size)
{
    must(size <= frame->limits.chunk_bytes);
    frame->batch->raw.size += size;
    for (;;) {
        const struct buf *raw = &frame->batch->raw;
        const char *newline = memchr(raw->data + frame->scanned, '\n', raw->size - frame->scanned);
        size_t end = newline ? (size_t)(newline - raw->data) : raw->size;
        frame->scanned = end;
        if (end - frame->line > frame->limits.record_bytes) {
            if (!add_record(frame, frame->limits.record_bytes, RECORD_PIECE | RECORD_NO_NEWLINE))
                return false;
        } else if (newline == NULL) {
            return true;
        } else if (!add_record(frame, end - frame->line, 0)) {
            return false;
        }
    }
}

/* Puts bytes where frame_space has room for them. */
static bool add_bytes(struct frame *frame, struct str bytes)
{
    while (bytes.size > 0) {
        size_t room;
        char *space = frame_space(frame, &room);
        if (space == NULL)
            return false;
        size_t size = bytes.size < room ? bytes.size : room;
        memcpy(space, bytes.data, size);
        if (!frame_advance(frame, size))
            return false;
        bytes = str_slice(bytes, size, bytes.size);
    }
    return true;
}

bool frame_entry(struct frame *frame, struct str line)
{
    must(frame->state != NULL && (frame->batch == NULL || frame_unfinished(frame).size == 0));
    must(str_find_char(line, '\n') == STR_NONE);
    return add_bytes(frame, line) && add_bytes(frame, STR("\n"));
}

void frame_settle(struct frame *frame)
{
    must(frame->state != NULL && frame->batch != NULL && frame_unfinished(frame).size == 0);
    settle(frame);
    batch_set_source(frame->batch, frame->state);
}

static bool add_tail(struct frame *frame)
{
    if (frame->batch->record_count >= frame->limits.records && !pass_on(frame))
        return false;
    settle(frame);
    struct str tail = frame_unfinished(frame);
    frame->state->position = frame->offset;
    frame->state->pending_bytes = tail.size;
    identify(frame, tail);
    return add_record(frame, tail.size, RECORD_TAIL | RECORD_NO_NEWLINE);
}

bool frame_end(struct frame *frame, bool whole)
{
    must(frame->state != NULL && frame->batch != NULL);
    size_t left = frame_unfinished(frame).size;
    bool stored = frame->offset == frame->begin && frame->state->pending_bytes == left;
    if (whole && left > 0 && !stored) {
        if (!add_tail(frame))
            return false;
    } else {
        settle(frame);
        frame->batch->raw.size = frame->line;
    }
    if (whole || frame->offset != frame->begin)
        batch_set_source(frame->batch, frame->state);
    frame->state = NULL;
    frame->in_run = false;
    frame->line = frame->settled = frame->scanned = frame->batch->raw.size;
    return true;
}

bool frame_set_source(struct frame *frame, const struct source_state *state)
{
    must(frame->state == NULL);
    if (!ensure_batch(frame))
        return false;
    batch_set_source(frame->batch, state);
    return true;
}

bool frame_add_gap(struct frame *frame, const struct batch_gap *gap)
{
    must(frame->state == NULL);
    if (!ensure_batch(frame))
        return false;
    batch_add_gap(frame->batch, gap);
    return true;
}

bool frame_flush(struct frame *frame)
{
    if (frame->batch == NULL || frame->batch->record_count + frame->batch->source_count == 0)
        return true;
    if (frame->state != NULL)
        return pass_on(frame);
    frame->batches.put(frame->batches.context, frame->batch);
    frame->batch = NULL;
    frame->line = frame->settled = frame->scanned = 0;
    return true;
}
