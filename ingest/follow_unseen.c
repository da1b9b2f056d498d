/* What no look has seen: files that were begun under a name that is followed and rotated away between two looks, and copies of
 * what is stored already, whose original was cut. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/hash.h"
#include "ingest/content.h"
#include "ingest/follow_part.h"

enum { SLACK_US = 20000 }; /* a file's times go by the kernel's ticks */

/* ".1", "-20261120", ".2.gz", "-2026-11-20T02:15.gz": what rotation puts behind a name. Another log may go on otherwise. */
static bool is_rotation(struct str suffix)
{
    if (suffix.size > 3 && str_ends(suffix, STR(".gz")))
        suffix.size -= 3;
    if (suffix.size < 2 || memchr(".-_", suffix.data[0], 3) == NULL || suffix.data[1] < '0' || suffix.data[1] > '9')
        return false;
    for (size_t i = 1; i < suffix.size; i++)
        if (memchr("0123456789.-_:TZ", suffix.data[i], 16) == NULL)
            return false;
    return true;
}

static void try_unseen(struct follow *follow, const char *path, struct catalog_entry *successor, int64_t since_us,
                       int64_t now_us)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0 ||
        follow_tail_of(follow, info.st_dev, info.st_ino) != NULL)
        return;
    int64_t modified_us = (int64_t)info.st_mtim.tv_sec * TIME_SECOND + info.st_mtim.tv_nsec / 1000;
    if (modified_us < since_us - SLACK_US)
        return;
    struct input input = {.kind = INPUT_FILE, .path = path};
    (void)follow_adopt_unseen(follow, &input, successor, now_us);
}

bool follow_find_unseen(struct follow *follow, struct catalog_entry *successor, int64_t since_us, int64_t now_us)
{
    struct str name = successor->state.name;
    const char *slash = memrchr(name.data, '/', name.size);
    char path[PATH_MAX];
    if (slash == NULL || name.size + NAME_MAX >= sizeof path)
        return true;
    size_t folder_size = (size_t)(slash + 1 - name.data);
    memcpy(path, name.data, folder_size);
    path[folder_size] = '\0';
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOENT || errno == EACCES;
    struct str last = str_slice(name, folder_size, name.size);
    const struct dirent *found;
    while ((errno = 0, found = readdir(folder)) != NULL) {
        struct str candidate = str_of(found->d_name);
        if (!str_starts(candidate, last) || !is_rotation(str_slice(candidate, last.size, candidate.size)))
            continue;
        memcpy(path + folder_size, candidate.data, candidate.size + 1);
        try_unseen(follow, path, successor, since_us, now_us);
    }
    bool whole = errno == 0;
    closedir(folder);
    return whole;
}

/* ---- Copies ------------------------------------------------------------------------------------------------------------------ */

/* How a file begins and ends, and how long it is. */
struct outline {
    char head[MARK_HEAD_MAX];
    size_t head_size;
    struct mark mark; /* at its end */
    uint64_t size;
};

/* False when it is longer than size_max, or cannot be read. The source stands at its beginning again. */
static bool trace_outline(struct source *source, uint64_t size_max, struct outline *ret)
{
    struct err ignored;
    char bytes[64 << 10];
    *ret = (struct outline){0};
    if (source_seek(source, 0, &ignored) != SOURCE_DATA)
        return false;
    enum source_result result = SOURCE_DATA;
    while (result == SOURCE_DATA && ret->size <= size_max) {
        size_t got;
        result = source_read(source, bytes, sizeof bytes, &got, &ignored);
        if (result != SOURCE_DATA)
            break;
        mark_add(&ret->mark, str_from(bytes, got));
        ret->size += got;
    }
    ret->head_size = ret->mark.head_size;
    memcpy(ret->head, ret->mark.head, ret->head_size);
    return result == SOURCE_END && ret->size <= size_max && source_seek(source, 0, &ignored) == SOURCE_DATA;
}

/* Does the store hold a beginning of the entry's source that is the file? */
static bool is_beginning_of(const struct follow *follow, const struct catalog_entry *entry,
                            const struct outline *outline)
{
    const struct mark *mark = &outline->mark;
    const struct source_state *state = &entry->state;
    /* Most begin otherwise, and asking the store takes time. */
    if (state->head_size <= outline->head_size && hash_bytes(outline->head, state->head_size, 0) != state->head_hash)
        return false;
    return follow->holds(follow->context, entry->state.id, 0, str_from(outline->head, outline->head_size)) &&
           follow->holds(follow->context, entry->state.id, outline->size - mark->tail_size,
                         str_from(mark->tail, mark->tail_size));
}

struct stored_search {
    const struct follow *follow;
    struct outline outline;
    uint64_t size_max; /* the longest original; beyond it a file is no beginning of one */
    bool found;
};

static bool note_longest(void *context, struct catalog_entry *entry)
{
    struct stored_search *search = context;
    uint64_t size = content_length(&entry->state);
    search->size_max = size > search->size_max ? size : search->size_max;
    return true;
}

static bool note_stored(void *context, struct catalog_entry *entry)
{
    struct stored_search *search = context;
    search->found = content_length(&entry->state) >= search->outline.size &&
                    is_beginning_of(search->follow, entry, &search->outline);
    return !search->found;
}

bool follow_is_stored(struct follow *follow, struct source *source)
{
    struct stored_search search = {.follow = follow};
    follow_originals(follow, source->real_path, note_longest, &search);
    if (search.size_max == 0 || (source->kind == SOURCE_FILE && source->size > search.size_max))
        return false;
    if (trace_outline(source, search.size_max, &search.outline) && search.outline.size > 0)
        follow_originals(follow, source->real_path, note_stored, &search);
    return search.found;
}
