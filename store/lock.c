#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/scope.h"

enum { LOCK_PATH_MAX = 4096 + 16, PID_TEXT_MAX = 24 };

static bool busy(int fd, const char *store_path, struct err *err)
{
    char text[PID_TEXT_MAX];
    ssize_t size = io_pread(fd, text, sizeof text, 0);
    uint64_t pid = 0;
    if (size > 0 && str_to_u64(str_trim(str_from(text, (size_t)size)), &pid))
        return err_set(err, ERR_BUSY, 0, "'%s' is being written by another winnow (pid %llu)", store_path,
                       (unsigned long long)pid);
    return err_set(err, ERR_BUSY, 0, "'%s' is being written by another winnow", store_path);
}

bool lock_take(const char *store_path, int *ret_fd, struct err *err)
{
    char *real = realpath(store_path, NULL);
    if (real == NULL)
        return err_set(err, ERR_IO, errno, "open '%s'", store_path);
    SCOPED(buf) path = BUF(LOCK_PATH_MAX);
    bool fits = buf_add_text(&path, real) && buf_add_text(&path, "-lock");
    free(real);
    if (!fits)
        return err_set(err, ERR_LIMIT, 0, "the path '%s' is too long", store_path);

    SCOPED_FD fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(err, ERR_IO, errno, "lock the store: open '%s'", path.data);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return busy(fd, store_path, err);
        return err_set(err, ERR_IO, errno, "lock '%s'", path.data);
    }
    /* The process id only serves the message above: failing to write it (a full disk) is no reason to refuse. */
    SCOPED(buf) text = BUF(PID_TEXT_MAX);
    buf_add_i64(&text, getpid());
    buf_add_char(&text, '\n');
    if (ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0)
        io_write_all(fd, buf_str(&text), NULL);
    *ret_fd = fd;
    fd = -1;
    return true;
}
