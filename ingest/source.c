#include "ingest/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/must.h"
#include "base/stop.h"

enum { GZIP_MAGIC_SIZE = 3, GZIP_TIME_AT = 4, GZIP_HEADER_SIZE = 10 };

static bool is_gzip(const char *data, size_t size)
{
    return size >= GZIP_MAGIC_SIZE && memcmp(data, "\x1f\x8b\x08", GZIP_MAGIC_SIZE) == 0;
}

/* The moment a gzip header says its content was last changed, or TIME_NONE. */
static int64_t gzip_time(const char *header, size_t size)
{
    uint32_t seconds = 0;
    for (size_t i = 0; size >= GZIP_HEADER_SIZE && i < 4; i++)
        seconds |= (uint32_t)(unsigned char)header[GZIP_TIME_AT + i] << (8 * i);
    return seconds != 0 ? (int64_t)seconds * TIME_SECOND : TIME_NONE;
}

static bool begin_file(struct source *source, struct err *err)
{
    char header[GZIP_HEADER_SIZE];
    ssize_t got = io_pread(source->fd, header, sizeof header, 0);
    if (got < 0)
        return err_set(err, ERR_IO, errno, "%s", source->path);
    source->real_path = realpath(source->path, NULL);
    if (source->real_path == NULL)
        return err_set(err, errno == ENOENT ? ERR_MISSING : ERR_IO, errno, "%s", source->path);
    source->kind = SOURCE_FILE;
    source->bytes = &source_file_bytes;
    source->reference_us = source->modified_us;
    (void)posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    if (is_gzip(header, (size_t)got)) {
        source->kind = SOURCE_GZIP;
        source->gzip = source_gzip_new();
        int64_t changed_us = gzip_time(header, (size_t)got);
        if (changed_us != TIME_NONE)
            source->reference_us = changed_us;
    }
    return true;
}

static void begin_stream(struct source *source)
{
    source->kind = SOURCE_STREAM;
    source->reference_us = clock_now_us();
    source->bytes = &source_stream_bytes;
    source->real_path = realpath(source->path, NULL);
    if (source->real_path == NULL) { /* "-", or /dev/fd/63, whose link leads to no path */
        source->real_path = strdup(source->path);
        must(source->real_path != NULL);
    }
    /* Whatever ends this early, a failure too, is met again by the read that follows what is here. */
    enum source_result result = SOURCE_DATA;
    while (source->prefix_size < GZIP_MAGIC_SIZE && (result == SOURCE_DATA || result == SOURCE_QUIET)) {
        size_t got = 0;
        result = source->bytes->read(source, source->prefix + source->prefix_size,
                                     GZIP_MAGIC_SIZE - source->prefix_size, &got, NULL);
        source->prefix_size += got;
        if (got > 0 && (unsigned char)source->prefix[0] != 0x1f)
            break; /* a person at a terminal may type less than three bytes */
    }
    source->taken = 0;
    if (is_gzip(source->prefix, source->prefix_size))
        source->gzip = source_gzip_new();
}

/* The bytes read ahead come first, then the stream. */
static enum source_result read_stream(struct source *source, char *data, size_t size, size_t *ret_size, struct err *err)
{
    size_t ahead = source->prefix_size - source->prefix_taken;
    if (ahead == 0)
        return source_stream_bytes.read(source, data, size, ret_size, err);
    *ret_size = ahead < size ? ahead : size;
    memcpy(data, source->prefix + source->prefix_taken, *ret_size);
    source->prefix_taken += *ret_size;
    source->taken += *ret_size;
    return SOURCE_DATA;
}

static const struct source_bytes prefixed_stream_bytes = {read_stream, NULL};

static bool source_begin(struct source *source, const struct input *input, struct err *err)
{
    if (input->kind == INPUT_STDIN) {
        source->fd = STDIN_FILENO;
    } else {
        /* Without blocking, because opening a FIFO otherwise waits where no stop is heard. */
        source->fd = open(input->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (source->fd < 0)
            return err_set(err, errno == ENOENT ? ERR_MISSING : ERR_IO, errno, "%s", input->path);
    }
    struct stat info;
    if (fstat(source->fd, &info) != 0)
        return err_set(err, ERR_IO, errno, "%s", input->path);
    if (S_ISDIR(info.st_mode))
        return err_set(err, ERR_IO, EISDIR, "%s", input->path);
    if (input->kind == INPUT_STDIN || !S_ISREG(info.st_mode)) {
        begin_stream(source);
        source->bytes = &prefixed_stream_bytes;
        return true;
    }
    source->device = info.st_dev;
    source->inode = info.st_ino;
    source->size = (uint64_t)info.st_size;
    source->modified_us = (int64_t)info.st_mtim.tv_sec * TIME_SECOND + info.st_mtim.tv_nsec / 1000;
    if (input->kind == INPUT_FILE && input->device == source->device && input->inode == source->inode &&
        source->size < input->size)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: became shorter (%llu bytes, before %llu) just before it was read; "
                       "run the same command again to read it",
                       input->path, (unsigned long long)source->size, (unsigned long long)input->size);
    return begin_file(source, err);
}

struct source *source_open(const struct input *input, struct err *err)
{
    struct source *source = mem_alloc(sizeof *source);
    source->fd = -1;
    source->path = input->path;
    if (source_begin(source, input, err))
        return source;
    source_free(source);
    return NULL;
}

void source_free(struct source *source)
{
    if (source == NULL)
        return;
    source_gzip_free(source->gzip);
    if (source->fd > STDERR_FILENO)
        close(source->fd);
    free(source->real_path);
    free(source);
}

enum source_result source_read(struct source *source, char *data, size_t size, size_t *ret_size, struct err *err)
{
    must(size > 0);
    enum source_result result = source->gzip ? source_gzip_read(source, data, size, ret_size, err)
                                             : source->bytes->read(source, data, size, ret_size, err);
    if (result == SOURCE_DATA) {
        must(*ret_size >= 1 && *ret_size <= size);
        source->offset += *ret_size;
    }
    return result;
}

enum source_result source_read_full(struct source *source, char *data, size_t size, size_t *ret_size, struct err *err)
{
    *ret_size = 0;
    while (*ret_size < size) {
        size_t got;
        enum source_result result = source_read(source, data + *ret_size, size - *ret_size, &got, err);
        must(result != SOURCE_QUIET);
        if (result != SOURCE_DATA)
            return result;
        *ret_size += got;
    }
    return SOURCE_DATA;
}

/* Decompresses up to offset for nothing. */
static enum source_result pass_over(struct source *source, uint64_t offset, struct err *err)
{
    char scratch[64 << 10];
    while (source->offset < offset) {
        uint64_t left = offset - source->offset;
        size_t got;
        enum source_result result =
            source_read(source, scratch, left < sizeof scratch ? (size_t)left : sizeof scratch, &got, err);
        if (result != SOURCE_DATA)
            return result;
        if (stop_asked()) {
            err_set(err, ERR_INTERRUPTED, 0, "%s: interrupted", source->path);
            return SOURCE_FAILED;
        }
    }
    return SOURCE_DATA;
}

enum source_result source_seek(struct source *source, uint64_t offset, struct err *err)
{
    must(source->kind != SOURCE_STREAM);
    if (source->gzip == NULL) {
        if (offset > source->size)
            return SOURCE_END;
        if (!source->bytes->rewind(source, offset, err))
            return SOURCE_FAILED;
        source->offset = offset;
        return SOURCE_DATA;
    }
    if (offset < source->offset) {
        if (!source_gzip_rewind(source, err))
            return SOURCE_FAILED;
        source->offset = 0;
    }
    return pass_over(source, offset, err);
}

bool source_check(struct source *source, struct err *err)
{
    struct stat info;
    if (source->kind == SOURCE_STREAM || fstat(source->fd, &info) != 0)
        return true;
    uint64_t size = (uint64_t)info.st_size;
    if (size < source->taken || size < source->size)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: became shorter (%llu bytes, before %llu) while it was read; what was "
                       "read of it is stored",
                       source->path, (unsigned long long)size,
                       (unsigned long long)(source->taken > source->size ? source->taken : source->size));
    if (source->kind == SOURCE_FILE)
        source->size = size;
    return true;
}

bool source_born_after(const struct source *source, int64_t time_us)
{
    struct statx info;
    if (statx(source->fd, "", AT_EMPTY_PATH, STATX_BTIME, &info) != 0 || !(info.stx_mask & STATX_BTIME))
        return false;
    return info.stx_btime.tv_sec * TIME_SECOND + info.stx_btime.tv_nsec / 1000 > time_us;
}
