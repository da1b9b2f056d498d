#include "ingest/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/must.h"

enum { PROBE_BYTES = 64 << 10, GUARD_BYTES = MARK_TAIL_MAX };

struct tail *tail_new(struct catalog_entry *entry, enum tail_role role, struct source *source, const struct mark *mark,
                      int64_t now_us)
{
    struct tail *tail = mem_alloc(sizeof *tail);
    /* A file that has been silent for long is so at once, else one that is killed again and again would never wait long enough. */
    int64_t age_us = role == TAIL_AWAY ? 0 : clock_now_us() - source->modified_us;
    *tail = (struct tail){
        .entry = entry,
        .path = strdup(source->real_path),
        .role = role,
        .source = source,
        .device = source->device,
        .inode = source->inode,
        .mark = *mark,
        .carry = BUF(RECORD_BYTES_MAX + 1),
        .size_seen = source->size,
        .changed_us = age_us > 0 ? now_us - age_us : now_us,
        .modified_us = source->modified_us,
        .dirty = true,
    };
    must(tail->path != NULL);
    entry->tail = tail;
    return tail;
}

void tail_free(struct tail *tail)
{
    if (tail == NULL)
        return;
    if (tail->entry->tail == tail)
        tail->entry->tail = NULL;
    source_free(tail->source);
    buf_release(&tail->carry);
    free(tail->path);
    free(tail);
}

void tail_restart(struct tail *tail, struct catalog_entry *entry, int64_t now_us)
{
    if (tail->entry->tail == tail)
        tail->entry->tail = NULL;
    tail->entry = entry;
    entry->tail = tail;
    tail->mark = (struct mark){0};
    tail->partial = tail->size_seen = 0;
    buf_reset(&tail->carry);
    tail->changed_us = now_us;
    tail->dirty = true;
    if (tail->source != NULL && tail->source->gzip != NULL) /* it may have become a plain one */
        tail_sleep(tail);
}

void tail_sleep(struct tail *tail)
{
    source_free(tail->source);
    tail->source = NULL;
}

static uint64_t stored_end(const struct tail *tail)
{
    return tail->entry->state.position + tail->entry->state.pending_bytes;
}

bool tail_waits(const struct tail *tail)
{
    return tail->role != TAIL_REMAINS && tail->partial > tail->entry->state.pending_bytes;
}

bool tail_is_read(const struct tail *tail)
{
    return !tail->dirty && tail->size_seen <= stored_end(tail);
}

unsigned tail_links(const struct tail *tail)
{
    struct stat info;
    if (tail->source == NULL || fstat(tail->source->fd, &info) != 0)
        return 1;
    return (unsigned)info.st_nlink;
}

/* ---- Looking at the file ------------------------------------------------------------------------------------------------- */

static enum tail_result failed(struct tail *tail, struct err *err)
{
    tail->dirty = false;
    return err->kind == ERR_MISSING ? TAIL_GONE : TAIL_FAILED;
}

/* The source's size is what was last seen of it while it was there. */
static enum tail_result changed(struct tail *tail, uint64_t size_before)
{
    tail->entry->state.size = size_before;
    return TAIL_CHANGED;
}

static enum tail_result wake(struct tail *tail, struct err *err)
{
    struct input input = {.kind = INPUT_FILE, .path = tail->path};
    tail->source = source_open(&input, err);
    if (tail->source == NULL)
        return failed(tail, err);
    if (tail->source->kind == SOURCE_STREAM || tail->source->device != tail->device ||
        tail->source->inode != tail->inode) {
        tail_sleep(tail);
        return TAIL_GONE;
    }
    tail->entry->state.kind = tail->source->kind;
    return TAIL_IDLE;
}

/* Notes size and time of the file. */
static bool look(struct tail *tail, int64_t now_us, struct err *err)
{
    struct source *source = tail->source;
    struct stat info;
    if (fstat(source->fd, &info) != 0)
        return err_set(err, ERR_IO, errno, "%s", tail->path);
    uint64_t size = (uint64_t)info.st_size;
    int64_t modified_us = (int64_t)info.st_mtim.tv_sec * TIME_SECOND + info.st_mtim.tv_nsec / 1000;
    if (size != tail->size_seen || modified_us != tail->modified_us)
        tail->changed_us = now_us;
    tail->size_seen = source->size = size;
    tail->modified_us = source->modified_us = modified_us;
    tail->entry->state.size = size;
    tail->entry->state.modified_us = modified_us;
    return true;
}

/* Are the size bytes at offset these? TAIL_IDLE: yes. */
static enum tail_result compare(const struct tail *tail, int fd, uint64_t offset, const char *bytes, size_t size,
                                struct err *err)
{
    char found[GUARD_BYTES];
    must(size <= sizeof found);
    ssize_t got = io_pread(fd, found, size, offset);
    if (got < 0) {
        err_set(err, ERR_IO, errno, "%s: reading at byte %llu", tail->path, (unsigned long long)offset);
        return TAIL_FAILED;
    }
    return (size_t)got == size && memcmp(found, bytes, size) == 0 ? TAIL_IDLE : TAIL_CHANGED;
}

/* Is what was read there still? The bytes before the position, where the mark stands, tell; with too few of them, those the file begins with, which hold
 * some of a pending record. */
static enum tail_result check(const struct tail *tail, int fd, uint64_t position, struct err *err)
{
    char head[MARK_HEAD_MAX];
    const struct mark *mark = &tail->mark;
    const struct source_state *state = &tail->entry->state;
    must(mark->tail_size <= position && state->head_size <= sizeof head);
    enum tail_result result = compare(tail, fd, position - mark->tail_size, mark->tail, mark->tail_size, err);
    if (result != TAIL_IDLE || mark->tail_size == MARK_TAIL_MAX || state->head_size == 0)
        return result;
    ssize_t got = io_pread(fd, head, state->head_size, 0);
    if (got < 0) {
        err_set(err, ERR_IO, errno, "%s: reading its beginning", tail->path);
        return TAIL_FAILED;
    }
    return (size_t)got == state->head_size && hash_bytes(head, state->head_size, 0) == state->head_hash ? TAIL_IDLE
                                                                                                        : TAIL_CHANGED;
}

/* Is there a newline in what came behind the unfinished line? Moves partial over what has none. */
static bool has_newline(struct tail *tail)
{
    char bytes[PROBE_BYTES];
    uint64_t position = tail->entry->state.position;
    while (tail->partial <= RECORD_BYTES_MAX) {
        ssize_t got = io_pread(tail->source->fd, bytes, sizeof bytes, position + tail->partial);
        if (got <= 0)
            return false;
        if (memchr(bytes, '\n', (size_t)got) != NULL)
            return true;
        tail->partial += (uint64_t)got;
    }
    return true;
}

bool tail_holds(const struct tail *tail)
{
    struct err ignored;
    struct stat info;
    SCOPED_FD opened = tail->source == NULL ? open(tail->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    int fd = tail->source == NULL ? opened : tail->source->fd;
    if (tail->entry->state.kind != SOURCE_FILE || fd < 0 || fstat(fd, &info) != 0)
        return true;
    return info.st_dev == tail->device && info.st_ino == tail->inode && (uint64_t)info.st_size >= stored_end(tail) &&
           check(tail, fd, tail->entry->state.position, &ignored) != TAIL_CHANGED;
}

/* ---- A turn over a plain file ---------------------------------------------------------------------------------------------- */

/* Reads one chunk into the frame. TAIL_IDLE at the end of the file. */
static enum tail_result read_chunk(struct tail *tail, struct frame *frame, struct err *err)
{
    size_t room;
    char *space = frame_space(frame, &room);
    if (space == NULL)
        return TAIL_OVER;
    uint64_t offset = tail->source->offset;
    ssize_t got = io_pread(tail->source->fd, space, room, offset);
    if (got < 0) {
        err_set(err, ERR_IO, errno, "%s: reading at byte %llu", tail->path, (unsigned long long)offset);
        return TAIL_FAILED;
    }
    /* The frame may have settled what was read before in this turn. */
    enum tail_result result = check(tail, tail->source->fd, frame->begin, err);
    /* With too little before it to know it by, a chunk must still be there itself. */
    if (result == TAIL_IDLE && tail->mark.tail_size < MARK_TAIL_MAX)
        result =
            compare(tail, tail->source->fd, offset, space, (size_t)got < GUARD_BYTES ? (size_t)got : GUARD_BYTES, err);
    if (result != TAIL_IDLE)
        return result;
    tail->source->offset += (uint64_t)got;
    if (!frame_advance(frame, (size_t)got))
        return TAIL_OVER;
    return got > 0 ? TAIL_MORE : TAIL_IDLE;
}

static bool begin(struct tail *tail, struct frame *frame, int64_t reference_us)
{
    frame->rules = tail->entry->rules != NULL ? tail->entry->rules : &join_rules_auto;
    return frame_begin(frame, &tail->entry->state, &tail->mark, reference_us);
}

/* Reads until its share is used up and at least one record is there, or to the end. */
static enum tail_result read_plain(struct tail *tail, struct frame *frame, bool whole, struct err *err)
{
    struct source *source = tail->source;
    struct source_state *state = &tail->entry->state;
    source->offset = state->position;
    if (!begin(tail, frame, tail->modified_us))
        return TAIL_OVER;
    enum tail_result result = TAIL_MORE;
    while (result == TAIL_MORE && (source->offset - frame->begin < TAIL_SHARE_BYTES || frame->offset == frame->begin))
        result = read_chunk(tail, frame, err);
    if (result == TAIL_OVER)
        return result;
    uint64_t end = source->offset;
    if (result == TAIL_IDLE)
        state->read_us = clock_now_us();
    if (!frame_end(frame, whole && result == TAIL_IDLE))
        return TAIL_OVER;
    tail->mark = frame->mark;
    tail->partial = end - state->position;
    return result;
}

static enum tail_result feed_plain(struct tail *tail, struct frame *frame, int64_t now_us, struct err *err)
{
    uint64_t size_before = tail->size_seen;
    if (!look(tail, now_us, err))
        return failed(tail, err);
    enum tail_result result = tail->source->size < stored_end(tail)
                                  ? TAIL_CHANGED
                                  : check(tail, tail->source->fd, tail->entry->state.position, err);
    if (result != TAIL_IDLE)
        return result == TAIL_CHANGED ? changed(tail, size_before) : failed(tail, err);
    bool whole = tail->role == TAIL_REMAINS || now_us - tail->changed_us >= TAIL_QUIET_US;
    uint64_t known = stored_end(tail);
    bool grown = tail->source->size > known;
    tail->dirty = false;
    if (!grown && tail->entry->state.read_us != TIME_NONE)
        return TAIL_IDLE;
    if (!whole && tail->partial > 0 && !has_newline(tail))
        return TAIL_IDLE;
    result = read_plain(tail, frame, whole, err);
    tail->dirty = result == TAIL_MORE;
    if (result == TAIL_CHANGED)
        return changed(tail, size_before);
    return result == TAIL_FAILED ? failed(tail, err) : result;
}

/* ---- A turn over a gzip file ------------------------------------------------------------------------------------------------ */

static enum tail_result read_gzip_chunk(struct tail *tail, struct frame *frame, struct err *err)
{
    size_t room, got;
    char *space = frame_space(frame, &room);
    if (space == NULL)
        return TAIL_OVER;
    enum source_result result = source_read(tail->source, space, room, &got, err);
    if (result == SOURCE_FAILED)
        return TAIL_FAILED;
    if (result == SOURCE_END)
        return TAIL_IDLE;
    return frame_advance(frame, got) ? TAIL_MORE : TAIL_OVER;
}

static enum tail_result read_gzip(struct tail *tail, struct frame *frame, struct err *err)
{
    struct source_state *state = &tail->entry->state;
    uint64_t from = tail->source->offset;
    if (!begin(tail, frame, tail->source->reference_us) || !frame_add(frame, buf_str(&tail->carry)))
        return TAIL_OVER;
    enum tail_result result = TAIL_MORE;
    while (result == TAIL_MORE && tail->source->offset - from < TAIL_SHARE_BYTES)
        result = read_gzip_chunk(tail, frame, err);
    if (result == TAIL_OVER)
        return result;
    buf_reset(&tail->carry);
    if (result == TAIL_MORE)
        must(buf_add_str(&tail->carry, frame_unfinished(frame)));
    else
        state->read_us = clock_now_us(); /* damaged or whole: there is no more in it */
    if (!frame_end(frame, result != TAIL_MORE))
        return TAIL_OVER;
    tail->mark = frame->mark;
    return result;
}

static enum tail_result feed_gzip(struct tail *tail, struct frame *frame, int64_t now_us, struct err *err)
{
    bool read_before = tail->entry->state.read_us != TIME_NONE;
    uint64_t size = tail->entry->state.size;
    int64_t modified_us = tail->entry->state.modified_us;
    if (!look(tail, now_us, err))
        return failed(tail, err);
    tail->dirty = false;
    if (read_before)
        return size == tail->source->size && modified_us == tail->source->modified_us ? TAIL_IDLE : TAIL_CHANGED;
    enum tail_result result = read_gzip(tail, frame, err);
    tail->dirty = result == TAIL_MORE;
    return result;
}

enum tail_result tail_feed(struct tail *tail, struct frame *frame, int64_t now_us, struct err *err)
{
    if (tail->source == NULL) {
        enum tail_result result = wake(tail, err);
        if (result != TAIL_IDLE)
            return result;
    }
    return tail->source->gzip ? feed_gzip(tail, frame, now_us, err) : feed_plain(tail, frame, now_us, err);
}
