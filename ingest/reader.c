#include "ingest/reader.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "ingest/identity.h"
#include "ingest/sniff.h"
#include "ingest/source.h"
#include "base/stop.h"

void reader_init(struct reader *reader, struct catalog *catalog, struct frame_batches batches,
                 struct progress *progress)
{
    *reader = (struct reader){
        .catalog = catalog,
        .progress = progress,
        .command = "ingest",
        .stdin_name = "stdin",
        .not_log_names = BUF(READER_NAMES_BYTES_MAX),
    };
    frame_init(&reader->frame, &frame_limits_default, batches);
}

void reader_release(struct reader *reader)
{
    buf_release(&reader->not_log_names);
    map_release(&reader->journals);
}

void reader_fail(struct reader *reader, const struct err *err)
{
    if (err->kind == ERR_INTERRUPTED) {
        reader->interrupted = true;
        return;
    }
    reader->failed = true;
    log_error_of(reader->command, "%s", err->text);
}

/* ---- Is it a log at all? ------------------------------------------------------------------------------------------------ */

static void add_quoted(struct buf *out, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/+-@:,=%";
    if (word[strspn(word, plain)] == '\0') {
        buf_add_text(out, word);
        return;
    }
    buf_add_char(out, '\'');
    for (; *word != '\0'; word++)
        *word == '\'' ? buf_add_text(out, "'\\''") : buf_add_char(out, *word);
    buf_add_char(out, '\'');
}

static void refuse(struct reader *reader, const struct input *input, const struct sniff *sniff)
{
    struct err err;
    if (!input->named) {
        if (reader->not_logs++ < READER_NAMES_SHOWN)
            buf_printf(&reader->not_log_names, "%s%s", reader->not_log_names.size ? ", " : "", input->path);
        return;
    }
    if (sniff->unpack == NULL) {
        err_set(&err, ERR_FORMAT, 0, "%s: looks like %s, not a log; to read it all the same use --text", input->path,
                sniff->what);
    } else {
        SCOPED(buf) word = BUF(READER_NAMES_BYTES_MAX);
        add_quoted(&word, input->path);
        err_set(&err, ERR_FORMAT, 0, "%s: is %s-compressed; use: %s -dc %s | winnow ingest - --source-name %s",
                input->path, sniff->unpack, sniff->unpack, buf_str(&word).data, buf_str(&word).data);
    }
    reader_fail(reader, &err);
}

enum content {
    CONTENT_LOG,     /* it may be one */
    CONTENT_JOURNAL, /* of journald */
    CONTENT_OTHER,   /* told */
};

/* What the source is, which stands at its beginning; it stands there again. */
static enum content content_of(struct reader *reader, const struct input *input, struct source *source)
{
    if (source->kind == SOURCE_STREAM || reader->any_content)
        return CONTENT_LOG;
    struct err err;
    char head[SNIFF_BYTES];
    size_t size;
    enum source_result result = source_read_full(source, head, sizeof head, &size, &err);
    /* Damaged gzip data is told by the reading itself, with all that stands before the damage. */
    bool fine = result != SOURCE_FAILED || err.kind == ERR_FORMAT;
    if (!fine || source_seek(source, 0, &err) != SOURCE_DATA) {
        reader_fail(reader, &err);
        return CONTENT_OTHER;
    }
    if (source->kind == SOURCE_FILE && reader_is_journal(str_from(head, size)))
        return CONTENT_JOURNAL;
    const struct sniff *sniff = sniff_bytes(str_from(head, size));
    if (sniff != NULL)
        refuse(reader, input, sniff);
    return sniff == NULL ? CONTENT_LOG : CONTENT_OTHER;
}

/* ---- Reading one source --------------------------------------------------------------------------------------------------- */

/* Reads on until the end, a failure or a stop. SOURCE_QUIET stands for "no more batches are given". */
static enum source_result read_bytes(struct reader *reader, struct source *source, uint64_t passed, struct err *err)
{
    for (;;) {
        size_t room, got;
        char *space = frame_space(&reader->frame, &room);
        if (space == NULL)
            return SOURCE_QUIET;
        if (stop_asked()) {
            err_set(err, ERR_INTERRUPTED, 0, "%s: interrupted", source->path);
            return SOURCE_FAILED;
        }
        enum source_result result = source_read(source, space, room, &got, err);
        if (result == SOURCE_DATA) {
            if (!frame_advance(&reader->frame, got))
                return SOURCE_QUIET;
        } else if (result == SOURCE_QUIET) {
            /* Nobody knows when a stream goes on, and it cannot be read again: what is complete is stored now. */
            if (!frame_flush(&reader->frame))
                return SOURCE_QUIET;
        } else {
            return result;
        }
        progress_show(reader->progress, source->path, source->taken, passed);
    }
}

static void begin_state(struct reader *reader, struct catalog_entry *entry, const struct source *source)
{
    struct source_state *state = &entry->state;
    if (source->kind == SOURCE_STREAM) {
        state->position += state->pending_bytes; /* an unterminated end stays as it is */
        state->lines += state->pending_lines;
        state->pending_bytes = state->pending_lines = 0;
        return;
    }
    catalog_set_file(reader->catalog, entry, source->device, source->inode);
    state->kind = source->kind;
    state->size = source->size;
    state->modified_us = source->modified_us;
    state->read_us = TIME_NONE; /* until the end is reached again */
}

/* False when no more batches are given. */
static bool read_source(struct reader *reader, struct source *source, const struct identity *identity)
{
    struct err err;
    struct source_state *state = &identity->entry->state;
    uint64_t passed = source->taken;
    begin_state(reader, identity->entry, source);
    if (!frame_begin(&reader->frame, state, &identity->mark, source->reference_us))
        return false;
    enum source_result result = read_bytes(reader, source, passed, &err);
    if (result == SOURCE_QUIET)
        return false;
    bool stopped = result == SOURCE_FAILED && err.kind == ERR_INTERRUPTED;
    if (result == SOURCE_END) {
        if (!source_check(source, &err))
            result = SOURCE_FAILED;
        state->size = source->size;
        state->read_us = clock_now_us();
    }
    /* A stream's unfinished line cannot be read again, a file's can. */
    bool whole = !stopped || (source->kind == SOURCE_STREAM && source->offset > 0);
    if (!frame_end(&reader->frame, whole))
        return false;
    if (result == SOURCE_FAILED)
        reader_fail(reader, &err);
    return true;
}

static void count_source(struct reader *reader, const struct source *source, struct catalog_entry *entry)
{
    if (entry->claimed)
        return;
    entry->claimed = true;
    reader->sources++;
    if (source->kind != SOURCE_STREAM)
        reader->skipped_lines += catalog_lines(entry);
}

static void write_replaced(void *context, const struct source_state *state)
{
    struct reader *reader = context;
    /* Without a batch the frame_begin that follows fails as well. */
    (void)frame_set_source(&reader->frame, state);
}

static bool read_kafka(struct reader *reader, const struct input *input)
{
#ifdef WINNOW_KAFKA
    return reader_read_kafka(reader, input);
#else
    struct err err;
    err_set(&err, ERR_USAGE, 0, "%s: this winnow was built without Kafka (-DWINNOW_KAFKA=OFF)", input->path);
    reader_fail(reader, &err);
    return true;
#endif
}

/* False when no more batches are given. */
static bool read_input(struct reader *reader, const struct input *input)
{
    struct err err;
    if (input->kind == INPUT_KAFKA)
        return read_kafka(reader, input);
    SCOPED_FREE(source) *source = source_open(input, &err);
    if (source == NULL) {
        reader_fail(reader, &err);
        return true;
    }
    struct identity identity;
    struct str name = str_of(input->kind == INPUT_STDIN ? reader->stdin_name : source->real_path);
    if (!identity_find(reader->catalog, source, name, &identity, &err)) {
        reader_fail(reader, &err);
        return true;
    }
    enum content content = CONTENT_LOG;
    if (source->offset == 0 && !identity.unchanged)
        content = content_of(reader, input, source);
    if (content == CONTENT_JOURNAL)
        return reader_read_journal(reader, input, source->real_path);
    if (content == CONTENT_OTHER)
        return true;
    if (identity.entry == NULL || identity.moved)
        identity_settle(reader->catalog, source, name, &identity, write_replaced, reader);
    bool first = !identity.entry->claimed;
    count_source(reader, source, identity.entry);
    uint64_t passed = identity.unchanged ? source->size : source->taken;
    if (!identity.unchanged) {
        bool more = read_source(reader, source, &identity);
        if (first && reader->frame.regrown && reader->skipped_lines > 0)
            reader->skipped_lines--; /* its unterminated end has grown and is counted as a new line */
        if (!more)
            return false;
    }
    progress_next(reader->progress, input->size, passed);
    return true;
}

static bool has_known_place(const struct reader *reader, const struct input *input)
{
    return input->kind == INPUT_FILE && catalog_has_file(reader->catalog, input->device, input->inode);
}

/* Files at known places come first: only when those have been looked at is it certain which sources have lost theirs
 * and may be found under another name or in another form. */
static const struct input **order_inputs(const struct reader *reader, const struct input *inputs, size_t count)
{
    const struct input **ordered = mem_resize_array(NULL, count, sizeof *ordered);
    size_t filled = 0;
    for (size_t i = 0; i < count; i++)
        if (has_known_place(reader, &inputs[i]))
            ordered[filled++] = &inputs[i];
    for (size_t i = 0; i < count; i++)
        if (!has_known_place(reader, &inputs[i]))
            ordered[filled++] = &inputs[i];
    return ordered;
}

void reader_run(struct reader *reader, const struct input *inputs, size_t count)
{
    bool more = true;
    const struct input **ordered = order_inputs(reader, inputs, count);
    for (size_t i = 0; i < count && more && !reader->interrupted; i++) {
        if (stop_asked())
            reader->interrupted = true;
        else
            more = read_input(reader, ordered[i]);
    }
    free(ordered);
    if (more)
        (void)frame_flush(&reader->frame);
}
