/* watch: inotify(7) over folders, as events with paths.
 *
 * A folder's watch tells of what is written to the files in it and of names that come and go. Folders are given without
 * symbolic links in their paths, so that each has one path. Watching one again costs a system call and nothing else. Where the
 * system gives no inotify, or no more watches, `poor` is set, and who watches looks for itself more often. One thread. */
#ifndef WINNOW_INGEST_WATCH_H
#define WINNOW_INGEST_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/scope.h"

enum {
    WATCH_EVENT_BYTES = 64 << 10,
    WATCH_PATH_MAX = 8192,
    WATCH_READS_MAX = 32, /* of events, in one turn */
};

enum watch_what {
    WATCH_WRITTEN, /* the file `path` was written to or truncated */
    WATCH_NAMES,   /* in the folder `path` a name came or went, or the folder itself did */
    WATCH_LOST,    /* events were lost: anything may have happened */
};

struct watch_event {
    enum watch_what what;
    const char *path; /* until the next call; NULL with WATCH_LOST */
};

struct watch {
    int fd; /* -1: no inotify */
    bool poor;
    struct map by_path; /* path -> descriptor + 1 */
    char **paths;       /* by descriptor */
    size_t path_count;
    struct buf path; /* of the event given out */
    char *events;
    size_t size, at; /* events read and not given out */
    unsigned reads;  /* in this turn */
};

void watch_open(struct watch *watch);
void watch_release(struct watch *watch);
/* What cannot be watched (it does not exist) is no failure: the next look will find it. */
void watch_folder(struct watch *watch, const char *path);
/* Starts a turn of taking events. What writes faster than events are taken must not keep the taker from its work: after
 * WATCH_READS_MAX reads the rest waits for the next turn, and fd stays readable. */
void watch_begin(struct watch *watch);
/* False when there is no event now, or none for this turn. */
bool watch_next(struct watch *watch, struct watch_event *ret);

#endif
