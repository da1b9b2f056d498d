#include "ingest/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/must.h"

enum {
    NAMES = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF,
    WRITTEN = IN_MODIFY,
};

void watch_open(struct watch *watch)
{
    *watch = (struct watch){
        .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
        .path = BUF(WATCH_PATH_MAX),
        .events = mem_alloc(WATCH_EVENT_BYTES),
    };
    watch->poor = watch->fd < 0;
}

void watch_release(struct watch *watch)
{
    if (watch->events == NULL)
        return;
    if (watch->fd >= 0)
        close(watch->fd);
    for (size_t i = 0; i < watch->path_count; i++)
        free(watch->paths[i]);
    free(watch->paths);
    free(watch->events);
    map_release(&watch->by_path);
    buf_release(&watch->path);
    *watch = (struct watch){.fd = -1};
}

static void remember(struct watch *watch, size_t descriptor, const char *path)
{
    while (descriptor >= watch->path_count) {
        size_t count = watch->path_count ? 2 * watch->path_count : 64;
        watch->paths = mem_resize_array(watch->paths, count, sizeof *watch->paths);
        memset(watch->paths + watch->path_count, 0, (count - watch->path_count) * sizeof *watch->paths);
        watch->path_count = count;
    }
    free(watch->paths[descriptor]);
    watch->paths[descriptor] = strdup(path);
    must(watch->paths[descriptor] != NULL);
}

void watch_folder(struct watch *watch, const char *path)
{
    if (watch->fd < 0)
        return;
    int descriptor = inotify_add_watch(watch->fd, path, WRITTEN | NAMES | IN_ONLYDIR);
    if (descriptor < 0) {
        watch->poor = watch->poor || errno == ENOSPC || errno == ENOMEM;
        return;
    }
    struct map_entry *at = map_at(&watch->by_path, str_of(path), NULL);
    if (at->value == (uint64_t)descriptor + 1)
        return;
    at->value = (uint64_t)descriptor + 1;
    remember(watch, (size_t)descriptor, path);
}

static const struct inotify_event *take(struct watch *watch)
{
    if (watch->at == watch->size) {
        ssize_t got;
        if (watch->reads == WATCH_READS_MAX)
            return NULL;
        watch->reads++;
        do
            got = read(watch->fd, watch->events, WATCH_EVENT_BYTES);
        while (got < 0 && errno == EINTR);
        watch->at = 0;
        watch->size = got > 0 ? (size_t)got : 0;
        if (watch->size == 0)
            return NULL;
    }
    const struct inotify_event *event = (const void *)(watch->events + watch->at);
    watch->at += sizeof *event + event->len;
    must(watch->at <= watch->size);
    return event;
}

/* False when the event says nothing. */
static bool translate(struct watch *watch, const struct inotify_event *event, struct watch_event *ret)
{
    if (event->mask & IN_Q_OVERFLOW) {
        *ret = (struct watch_event){.what = WATCH_LOST};
        return true;
    }
    size_t descriptor = (size_t)event->wd;
    if (event->wd < 0 || descriptor >= watch->path_count || watch->paths[descriptor] == NULL)
        return false;
    const char *path = watch->paths[descriptor];
    if (event->mask & IN_IGNORED) { /* gone with what it watched; the descriptor may be given to another path */
        map_at(&watch->by_path, str_of(path), NULL)->value = 0;
        free(watch->paths[descriptor]);
        watch->paths[descriptor] = NULL;
        return false;
    }
    buf_reset(&watch->path);
    bool written = (event->mask & WRITTEN) != 0;
    if (event->len > 0 && written)
        buf_printf(&watch->path, "%s%s%s", path, str_ends(str_of(path), STR("/")) ? "" : "/", event->name);
    else
        buf_add_text(&watch->path, path);
    *ret = (struct watch_event){written ? WATCH_WRITTEN : WATCH_NAMES, buf_str(&watch->path).data};
    return true;
}

void watch_begin(struct watch *watch)
{
    watch->reads = 0;
}

bool watch_next(struct watch *watch, struct watch_event *ret)
{
    if (watch->fd < 0)
        return false;
    const struct inotify_event *event;
    while ((event = take(watch)) != NULL)
        if (translate(watch, event, ret))
            return true;
    return false;
}
