/* Bytes of standard input, a FIFO or a character device: they come when they come. Waiting ends when a stop is asked. */
#include "ingest/source.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/stop.h"

static enum source_result read_stream(struct source *source, char *data, size_t size, size_t *ret_size, struct err *err)
{
    for (;;) {
        /* With no writer yet, a FIFO opened without blocking is not ready, so this waits for the first one. */
        struct pollfd wait[2] = {{.fd = source->fd, .events = POLLIN}, {.fd = stop_fd(), .events = POLLIN}};
        int ready = poll(wait, 2, SOURCE_QUIET_MS);
        if (stop_asked()) {
            err_set(err, ERR_INTERRUPTED, 0, "%s: interrupted", source->path);
            return SOURCE_FAILED;
        }
        if (ready == 0)
            return SOURCE_QUIET;
        if (ready > 0 && wait[0].revents == 0)
            continue;
        ssize_t got = ready > 0 ? read(source->fd, data, size) : -1;
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0) {
            err_set(err, ERR_IO, errno, "%s", source->path);
            return SOURCE_FAILED;
        }
        source->taken += (uint64_t)got;
        *ret_size = (size_t)got;
        return got > 0 ? SOURCE_DATA : SOURCE_END;
    }
}

const struct source_bytes source_stream_bytes = {read_stream, NULL};
