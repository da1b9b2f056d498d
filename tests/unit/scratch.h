/* A scratch folder for tests that need files; the current folder while a test runs. */
#ifndef WINNOW_TESTS_SCRATCH_H
#define WINNOW_TESTS_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/must.h"
#include "base/str.h"

static char scratch_before[PATH_MAX], scratch_path[PATH_MAX];

static inline int scratch_remove(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
    (void)info, (void)flag, (void)ftw;
    return remove(path);
}

/* cmocka setup and teardown. */
static inline int scratch_enter(void **unused)
{
    (void)unused;
    char folder[] = "/tmp/winnow-test-XXXXXX";
    must(getcwd(scratch_before, sizeof scratch_before) != NULL && mkdtemp(folder) != NULL);
    must(realpath(folder, scratch_path) != NULL && chdir(scratch_path) == 0);
    return 0;
}

static inline int scratch_leave(void **unused)
{
    (void)unused;
    must(chdir(scratch_before) == 0);
    (void)nftw(scratch_path, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static inline void scratch_write_to(const char *path, int flags, struct str content)
{
    int fd = open(path, O_WRONLY | O_CREAT | flags, 0644);
    must(fd >= 0 && write(fd, content.data, content.size) == (ssize_t)content.size && close(fd) == 0);
}

/* In place: the inode stays. */
static inline void scratch_write(const char *path, struct str content)
{
    scratch_write_to(path, O_TRUNC, content);
}

static inline void scratch_append(const char *path, struct str content)
{
    scratch_write_to(path, O_APPEND, content);
}

/* One gzip member; returns its size. */
static inline size_t scratch_gzip(struct str content, char *data, size_t size)
{
    z_stream z = {0};
    must(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    unsigned char *in = malloc(content.size + 1);
    must(in != NULL);
    memcpy(in, content.data, content.size);
    z.next_in = in;
    z.avail_in = (uInt)content.size;
    z.next_out = (unsigned char *)data;
    z.avail_out = (uInt)size;
    must(deflate(&z, Z_FINISH) == Z_STREAM_END);
    free(in);
    deflateEnd(&z);
    return size - z.avail_out;
}

#endif
