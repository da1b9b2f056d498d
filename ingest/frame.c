#include "ingest/frame.h"

#include "base/must.h"

const struct frame_limits frame_limits_default = {
    .batch_bytes = BATCH_BYTES_TARGET,
    .record_bytes = RECORD_BYTES_MAX,
    .join_bytes = JOIN_BYTES_MAX,
    .chunk_bytes = 256 << 10,
    .records = BATCH_RECORDS_MAX,
};

void frame_init(struct frame *frame, const struct frame_limits *limits, struct frame_batches batches)
{
    must(limits->batch_bytes > 0 && limits->record_bytes > 0 && limits->chunk_bytes > 0 && limits->records > 0);
    must(limits->records <= BATCH_RECORDS_MAX && limits->record_bytes <= RECORD_BYTES_MAX);
    must(limits->batch_bytes + limits->chunk_bytes <= BATCH_BYTES_TARGET + (256 << 10));
    must(limits->join_bytes > 0 && limits->join_bytes <= limits->record_bytes);
    *frame = (struct frame){.limits = *limits, .batches = batches, .rules = &join_rules_auto};
}

/* ---- Batches --------------------------------------------------------------------------------------------------------- */

struct str frame_unfinished(const struct frame *frame)
{
    const struct buf *raw = &frame->batch->raw;
    return str_slice(buf_str(raw), frame->record, raw->size);
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
    if (frame->state == NULL || frame->record == frame->settled)
        return;
    mark_add(&frame->mark, str_slice(buf_str(&frame->batch->raw), frame->settled, frame->record));
    frame->settled = frame->record;
    frame->state->position = frame->offset;
    frame->state->lines += frame->new_lines;
    frame->state->pending_bytes = frame->state->pending_lines = 0;
    frame->new_lines = 0;
    identify(frame, STR_ABSENT);
    batch_set_source(frame->batch, frame->state);
}

/* Nothing of the source is open, and what follows begins at the end of raw. */
static void restart(struct frame *frame)
{
    frame->settled = frame->record = frame->sure = frame->line = frame->scanned =
        frame->batch ? frame->batch->raw.size : 0;
    frame->in_run = false;
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

static void put_batch(struct frame *frame)
{
    frame->batches.put(frame->batches.context, frame->batch);
    frame->puts++;
}

/* Hands the batch on and continues in the next one with what is open. */
static bool pass_on(struct frame *frame)
{
    struct batch *next = take_batch(frame, frame_unfinished(frame));
    if (next == NULL)
        return false;
    settle(frame);
    frame->sure -= frame->record;
    frame->line -= frame->record;
    frame->scanned -= frame->record;
    frame->record = frame->settled = 0;
    frame->in_run = false;
    put_batch(frame);
    frame->batch = next;
    return true;
}

/* Room for one more record in a run of this source, which begins `from` bytes behind the open record. */
static bool ensure_run(struct frame *frame, size_t from)
{
    if (frame->batch->record_count >= frame->limits.records && !pass_on(frame))
        return false;
    if (!frame->in_run) {
        batch_run_begin(frame->batch, frame->state->id, frame->offset + from, frame->reference_us);
        frame->batch->runs[frame->batch->run_count - 1].stored = frame->stored;
    }
    frame->in_run = true;
    return true;
}

/* The size bytes from `from` behind the open record's first one, as a record of so many lines. */
static inline void put_record(struct frame *frame, size_t from, size_t size, uint32_t lines, uint8_t flags)
{
    struct batch *batch = frame->batch;
    const char *data = batch->raw.data + frame->record + from;
    uint64_t begin = frame->offset + from, end = begin + size + record_has_newline(flags);
    if (begin < frame->stored && frame->stored < end)
        frame->regrown = frame->regrown || data[frame->stored - 1 - begin] != '\n';
    batch_add(batch, str_from(data, size), flags);
    batch->runs[batch->run_count - 1].joined += lines - 1;
}

/* The next size bytes from the open record on become a record. */
static bool add_record(struct frame *frame, size_t size, uint32_t lines, uint8_t flags)
{
    if (!ensure_run(frame, 0))
        return false;
    put_record(frame, 0, size, lines, flags);
    size_t covered = size + record_has_newline(flags);
    frame->record += covered;
    frame->offset += covered;
    frame->new_lines += flags & RECORD_PIECE ? 0 : lines;
    if (frame->line < frame->record)
        frame->line = frame->record;
    if (frame->scanned < frame->line)
        frame->scanned = frame->line;
    frame->sure = frame->record;
    return true;
}

/* ---- Lines ----------------------------------------------------------------------------------------------------------- */

bool frame_begin(struct frame *frame, struct source_state *state, const struct mark *mark, int64_t reference_us)
{
    must(frame->state == NULL);
    if (!ensure_batch(frame))
        return false;
    frame->state = state;
    frame->mark = *mark;
    frame->reference_us = reference_us;
    frame->begin = frame->offset = frame->tail = state->position;
    frame->tail_bytes = state->pending_bytes;
    frame->stored = state->position + state->pending_bytes;
    frame->new_lines = 0;
    frame->in_pieces = frame->regrown = false;
    restart(frame);
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

static bool is_open(const struct frame *frame)
{
    return frame->record < frame->line;
}

/* How long the open record may become. */
static size_t open_bytes_max(const struct frame *frame)
{
    return frame->join.partial ? frame->limits.record_bytes : frame->limits.join_bytes;
}

/* The open record is complete. Lines that waited are looked at anew, from the first one on. */
static bool close_record(struct frame *frame)
{
    size_t size = frame->sure - frame->record - 1;
    bool waited = frame->sure < frame->line;
    if (!add_record(frame, size, frame->sure_lines, 0))
        return false;
    if (waited)
        frame->line = frame->scanned = frame->record;
    return true;
}

/* The line of so many bytes begins a record. */
static bool begin_record(struct frame *frame, size_t size)
{
    struct str line = str_from(frame->batch->raw.data + frame->line, size);
    bool entry = frame->state->kind == SOURCE_JOURNAL; /* a line is all of it */
    if (entry || frame->in_pieces || !join_begin(&frame->join, frame->rules, line)) {
        frame->in_pieces = false;
        return add_record(frame, size, 1, 0);
    }
    frame->line += size + 1;
    frame->sure = frame->scanned = frame->line;
    frame->sure_lines = 1;
    return true;
}

static enum join_verdict judge(struct frame *frame, size_t size)
{
    const char *raw = frame->batch->raw.data;
    if (frame->line + size - frame->record > open_bytes_max(frame))
        return JOIN_NEW;
    return join_line(&frame->join, str_from(raw + frame->record, frame->line - 1 - frame->record),
                     str_from(raw + frame->line, size));
}

/* The line of so many bytes has its newline. */
static bool end_line(struct frame *frame, size_t size)
{
    if (!is_open(frame)) {
        bool alone = !frame->in_pieces && join_is_object(str_from(frame->batch->raw.data + frame->line, size));
        return alone ? add_record(frame, size, 1, 0) : begin_record(frame, size);
    }
    enum join_verdict verdict = judge(frame, size);
    if (verdict == JOIN_NEW) {
        bool waited = frame->sure < frame->line;
        return close_record(frame) && (waited || begin_record(frame, size));
    }
    frame->line += size + 1;
    frame->scanned = frame->line;
    if (verdict == JOIN_WAIT)
        return true;
    frame->sure = frame->line;
    frame->sure_lines = frame->join.lines;
    return verdict == JOIN_MORE || close_record(frame);
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
        if (is_open(frame) && end - frame->record > open_bytes_max(frame)) {
            if (!close_record(frame))
                return false;
        } else if (end - frame->line > frame->limits.record_bytes) {
            if (!add_record(frame, frame->limits.record_bytes, 1, RECORD_PIECE | RECORD_NO_NEWLINE))
                return false;
            frame->in_pieces = true;
        } else if (newline == NULL) {
            return true;
        } else if (!end_line(frame, end - frame->line)) {
            return false;
        }
    }
}

bool frame_add(struct frame *frame, struct str bytes)
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
    return frame_add(frame, line) && frame_add(frame, STR("\n"));
}

void frame_settle(struct frame *frame)
{
    must(frame->state != NULL && frame->batch != NULL && frame_unfinished(frame).size == 0);
    settle(frame);
    batch_set_source(frame->batch, frame->state);
}

/* ---- What is pending ------------------------------------------------------------------------------------------------- */

/* Adds what lies between two indexes, counted from the open record on, as a pending record. */
static bool add_tail(struct frame *frame, size_t from, size_t to, uint32_t lines, bool newline)
{
    if (!ensure_run(frame, from))
        return false;
    settle(frame);
    put_record(frame, from, to - from - newline, lines, RECORD_TAIL | (newline ? 0 : RECORD_NO_NEWLINE));
    if (from == 0) {
        frame->tail = frame->state->position = frame->offset;
        frame->state->pending_lines = 0;
    }
    frame->state->pending_bytes = frame->tail_bytes = to;
    frame->state->pending_lines += lines;
    identify(frame, str_slice(frame_unfinished(frame), 0, to));
    batch_set_source(frame->batch, frame->state);
    return true;
}

/* Each line that waits may be a record. */
static bool add_waiting_tails(struct frame *frame)
{
    size_t from = frame->sure - frame->record, end = frame->line - frame->record;
    while (from < end) {
        size_t to = from + str_find_char(str_slice(frame_unfinished(frame), from, end), '\n') + 1;
        if (!add_tail(frame, from, to, 1, true))
            return false;
        from = to;
    }
    return true;
}

/* The unterminated line goes with the open record when it continues it as it is now. */
static bool joins_unterminated(struct frame *frame, size_t size)
{
    struct join before = frame->join;
    bool joins = is_open(frame) && !frame->in_pieces && judge(frame, size) >= JOIN_MORE;
    frame->join = before;
    return joins;
}

/* All that is open and, if wanted, the unterminated line. */
static bool add_tails(struct frame *frame, bool unterminated)
{
    size_t line = frame->line - frame->record, size = frame_unfinished(frame).size;
    if (unterminated && line < size && joins_unterminated(frame, size - line))
        return add_tail(frame, 0, size, frame->join.lines + 1, false);
    if (is_open(frame) &&
        !(add_tail(frame, 0, frame->sure - frame->record, frame->sure_lines, true) && add_waiting_tails(frame)))
        return false;
    return !unterminated || line == size || add_tail(frame, line, size, 1, false);
}

/* A stream is not read again: what may be continued is complete, but for what an unterminated line continues. */
static bool close_stream(struct frame *frame)
{
    for (;;) {
        size_t size = frame->batch->raw.size - frame->line;
        if (!is_open(frame) || (size > 0 && joins_unterminated(frame, size)))
            return true;
        if (!close_record(frame) || !frame_advance(frame, 0))
            return false;
    }
}

/* What is left becomes pending, unless the very same is already. */
static bool keep_rest(struct frame *frame, bool unterminated)
{
    size_t left = (unterminated ? frame->batch->raw.size : frame->line) - frame->record;
    if (left > 0 && !(frame->offset == frame->tail && frame->tail_bytes == left))
        return add_tails(frame, unterminated);
    settle(frame);
    frame->batch->raw.size = frame->record;
    return true;
}

/* Is some of the unterminated line stored, and no more of it than is here? */
static bool is_partly_stored(const struct frame *frame)
{
    size_t line = frame->line - frame->record, size = frame_unfinished(frame).size;
    return line < size && frame->offset + line < frame->stored && frame->stored <= frame->offset + size;
}

bool frame_end(struct frame *frame, bool whole)
{
    must(frame->state != NULL && frame->batch != NULL);
    if (whole && frame->state->kind == SOURCE_STREAM && !close_stream(frame))
        return false;
    if (!keep_rest(frame, whole || is_partly_stored(frame)))
        return false;
    if (whole || frame->offset != frame->begin)
        batch_set_source(frame->batch, frame->state);
    frame->state = NULL;
    restart(frame);
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

/* ---- Records of sources that give records ---------------------------------------------------------------------------- */

bool frame_has_committed(struct frame *frame, uint64_t batches)
{
    must(frame->state == NULL);
    const struct frame_batches *owner = &frame->batches;
    size_t under_way = owner->under_way != NULL ? owner->under_way(owner->context) : 0;
    return frame->puts - under_way >= batches &&
           ensure_batch(frame); /* none is given once one could not be committed */
}

bool frame_has_room(const struct frame *frame, size_t bytes, uint32_t records)
{
    must(frame->state == NULL);
    const struct batch *batch = frame->batch;
    if (batch == NULL || batch->record_count == 0)
        return true;
    return batch->record_count + records <= frame->limits.records && batch->raw.size < frame->limits.batch_bytes &&
           bytes < batch->raw.capacity - batch->raw.size;
}

static void begin_given_run(struct frame *frame, const struct frame_given *given)
{
    struct batch *batch = frame->batch;
    const struct batch_run *last = batch->run_count > 0 ? &batch->runs[batch->run_count - 1] : NULL;
    if (last != NULL && last->source == given->source && last->end <= given->offset && given->stored <= given->offset)
        return;
    batch_run_begin(batch, given->source, given->offset, given->reference_us);
    if (given->stored > given->offset)
        batch->runs[batch->run_count - 1].stored = given->stored;
}

uint64_t frame_record(struct frame *frame, const struct frame_given *given)
{
    must(frame->state == NULL && given->raw.size <= frame->limits.record_bytes);
    if (!ensure_batch(frame))
        return 0;
    struct batch *batch = frame->batch;
    const char *before = batch->raw.data;
    must(buf_add_str(&batch->raw, given->raw) && (batch->record_count == 0 || batch->raw.data == before));
    begin_given_run(frame, given);
    struct batch_run *run = &batch->runs[batch->run_count - 1];
    struct str raw = str_from(batch->raw.data + batch->raw.size - given->raw.size, given->raw.size);
    run->end = given->offset;
    batch_add(batch, raw, given->flags);
    struct record *rec = &batch->records[batch->record_count - 1];
    rec->told = given->told;
    rec->told_us = given->told_us;
    uint32_t joined = 0;
    for (struct str rest = raw; str_cut(&rest, '\n').data != NULL && rest.data != NULL;)
        joined++;
    run->joined += joined;
    restart(frame);
    return joined + 1U;
}

bool frame_hand_on(struct frame *frame)
{
    if (frame->batch == NULL)
        return true;
    bool stream = frame->state != NULL && frame->state->kind == SOURCE_STREAM && is_open(frame);
    uint64_t open = stream ? frame->line - frame->record : 0;
    bool stored = frame->offset == frame->tail && frame->tail_bytes == open;
    if (stream && !stored && !add_tails(frame, false))
        return false;
    if (frame->batch->record_count + frame->batch->source_count == 0)
        return true;
    if (frame->state != NULL)
        return pass_on(frame);
    put_batch(frame);
    frame->batch = NULL;
    restart(frame);
    return true;
}

bool frame_flush(struct frame *frame)
{
    const struct frame_batches *owner = &frame->batches;
    return frame_hand_on(frame) && (owner->flush == NULL || owner->flush(owner->context));
}
