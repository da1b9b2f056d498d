/* Bytes of a regular file. */
#include "ingest/source.h"

#include <errno.h>
#include <unistd.h>

#include "base/io.h"

static enum source_result read_file(struct source *source, char *data, size_t size, size_t *ret_size, struct err *err)
{
    ssize_t got = io_read(source->fd, data, size);
    if (got < 0) {
        err_set(err, ERR_IO, errno, "%s: reading at byte %llu", source->path, (unsigned long long)source->taken);
        return SOURCE_FAILED;
    }
    source->taken += (uint64_t)got;
    *ret_size = (size_t)got;
    return got > 0 ? SOURCE_DATA : SOURCE_END;
}

static bool rewind_file(struct source *source, uint64_t offset, struct err *err)
{
    if (lseek(source->fd, (off_t)offset, SEEK_SET) < 0)
        return err_set(err, ERR_IO, errno, "%s: moving to byte %llu", source->path, (unsigned long long)offset);
    source->taken = offset;
    return true;
}

const struct source_bytes source_file_bytes = {read_file, rewind_file};
