/* Follows files in small, as far as the store is concerned: reads each from where the store ends, a few lines of one or another at
 * a time, into small batches that become hot rows; settles now and then; when nothing is left to settle, a batch may become a
 * block at once. Ends when all is read, with hot rows left over.
 *
 *     hot_feed STORE SEED FILE... */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/must.h"
#include "base/scope.h"
#include "ingest/frame.h"
#include "ingest/settle.h"

enum { FILES_MAX = 8, FILE_BYTES_MAX = 64 << 20, READ_BYTES_MAX = 24 << 10, SETTLE_BYTES = 64 << 10, PATIENCE = 5 };

struct file {
    char *path;
    struct buf bytes;
    struct source_state state;
    struct mark mark;
};

struct feed {
    struct store *store;
    struct analyzer *analyzer;
    struct store_encoder *encoder;
    struct batch *batch, *spare;
    struct file files[FILES_MAX];
    unsigned file_count;
    uint64_t seed;
};

static void check(bool ok, const struct err *err)
{
    if (ok)
        return;
    fprintf(stderr, "hot_feed: %s\n", err->text);
    exit(2);
}

static uint64_t draw(struct feed *feed, uint64_t below)
{
    feed->seed = feed->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (feed->seed >> 33) % below;
}

static struct batch *take(void *context)
{
    struct feed *feed = context;
    must(feed->batch->record_count == 0); /* a round never fills one */
    return feed->batch;
}

static void put(void *context, struct batch *batch)
{
    struct feed *feed = context;
    struct err err = {0};
    analyzer_batch(feed->analyzer, batch);
    batch->hot = store_hot_records(feed->store) > 0 || draw(feed, 4) > 0;
    if (!batch->hot)
        store_encode(feed->encoder, batch);
    check(store_commit(feed->store, batch, &err), &err);
    batch_reset(batch);
}

/* What the store knows of the file, or a new source. */
static void open_file(struct feed *feed, struct file *file, const char *path, const struct store_source *sources,
                      size_t count)
{
    struct err err = {0};
    struct stat stat_buf;
    file->path = realpath(path, NULL);
    file->bytes = BUF(FILE_BYTES_MAX);
    must(file->path != NULL && stat(file->path, &stat_buf) == 0);
    check(io_read_file(file->path, &file->bytes, &err), &err);
    file->state = (struct source_state){
        .id = (int64_t)(count + feed->file_count + 1),
        .name = str_of(file->path),
        .kind = SOURCE_FILE,
        .read_us = TIME_NONE,
    };
    for (size_t i = 0; i < count; i++) {
        if (str_equal(sources[i].state.name, file->state.name))
            file->state = sources[i].state;
    }
    file->state.device = stat_buf.st_dev;
    file->state.inode = stat_buf.st_ino;
    file->state.size = (uint64_t)stat_buf.st_size;
    file->state.modified_us = (int64_t)stat_buf.st_mtime * TIME_SECOND;
    mark_add(&file->mark, str_slice(buf_str(&file->bytes), 0, file->state.position));
    feed->file_count++;
}

/* Some bytes of the file, which need not end where a line does. False at its end. */
static bool read_some(struct feed *feed, struct frame *frame, struct file *file)
{
    uint64_t before = file->state.position, from = before + file->state.pending_bytes;
    if (from == file->bytes.size)
        return false;
    size_t room, size = (size_t)draw(feed, READ_BYTES_MAX) + 1;
    struct str bytes = str_slice(buf_str(&file->bytes), before, from + size); /* what is pending again, and more */
    must(frame_begin(frame, &file->state, &file->mark, file->state.modified_us));
    while (bytes.size > 0) {
        char *space = frame_space(frame, &room);
        room = room < bytes.size ? room : bytes.size;
        memcpy(space, bytes.data, room);
        must(frame_advance(frame, room));
        bytes = str_slice(bytes, room, bytes.size);
    }
    file->state.read_us = TIME_SECOND;
    must(frame_end(frame, true));
    mark_add(&file->mark, str_slice(buf_str(&file->bytes), before, file->state.position));
    return true;
}

static void feed_all(struct feed *feed)
{
    struct frame frame;
    struct err err = {0};
    const struct settle settle = {
        .store = feed->store,
        .analyzer = feed->analyzer,
        .encoder = feed->encoder,
        .batch = feed->spare,
        .bytes_max = SETTLE_BYTES,
    };
    frame_init(&frame, &frame_limits_default, (struct frame_batches){.take = take, .put = put, .context = feed});
    for (bool more = true; more;) {
        more = false;
        for (unsigned i = 0; i < feed->file_count; i++) {
            if (draw(feed, 3) > 0)
                more |= read_some(feed, &frame, &feed->files[i]); /* one or another twice, before it is committed */
            more |= read_some(feed, &frame, &feed->files[(i + 1) % feed->file_count]);
        }
        must(frame_flush(&frame));
        bool any = more && draw(feed, PATIENCE) == 0;
        while (any)
            check(settle_some(&settle, &any, &err), &err);
    }
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct feed feed = {0};
    must(argc > 3 && argc - 3 <= FILES_MAX);
    SCOPED_FREE(field_table) *fields = field_table_new(STR_ABSENT, NULL, &err);
    check(fields != NULL, &err);
    feed.seed = strtoull(argv[2], NULL, 10);
    feed.store = store_open(argv[1], STORE_WRITE, &err);
    check(feed.store != NULL, &err);
    feed.analyzer = analyzer_new(fields);
    feed.encoder = store_encoder_new();
    feed.batch = batch_new();
    feed.spare = batch_new();
    SCOPED(arena) arena = {0};
    struct store_source *sources;
    size_t count;
    check(store_sources(feed.store, &arena, &sources, &count, &err), &err);
    for (int i = 3; i < argc; i++)
        open_file(&feed, &feed.files[i - 3], argv[i], sources, count);
    feed_all(&feed);
    for (unsigned i = 0; i < feed.file_count; i++) {
        free(feed.files[i].path);
        buf_release(&feed.files[i].bytes);
    }
    batch_free(feed.batch);
    batch_free(feed.spare);
    store_encoder_free(feed.encoder);
    analyzer_free(feed.analyzer);
    store_free(feed.store);
    return 0;
}
