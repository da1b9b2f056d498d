#include "ingest/beside.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/must.h"
#include "ingest/content.h"

struct search {
    const struct catalog_entry *entry;
    uint64_t not_device, not_inode;
    struct source *best;
    struct mark mark;
    bool unsure;
};

static bool may_pass(int sys)
{
    return sys == EMFILE || sys == ENFILE || sys == EIO || sys == ENOMEM || sys == EINTR;
}

static bool is_better(const struct source *source, const struct source *best)
{
    if (best == NULL || source->kind != best->kind)
        return best == NULL || source->kind == SOURCE_FILE;
    return source->size > best->size;
}

/* Does it hold what the state tells of, and stand at the position now? */
static bool holds(struct search *search, struct source *source, struct mark *ret_mark)
{
    struct err err = {0};
    const struct source_state *state = &search->entry->state;
    if (content_length(state) == 0 && (source->device != state->device || source->inode != state->inode ||
                                       source->kind != state->kind || source_born_after(source, state->modified_us)))
        return false; /* nothing is known of it but where it lay */
    enum source_result result = content_same(source, &search->entry->state, ret_mark, &err);
    if (result == SOURCE_DATA)
        result = source_seek(source, search->entry->state.position, &err);
    if (result == SOURCE_FAILED)
        search->unsure = true;
    return result == SOURCE_DATA;
}

static void try_file(struct search *search, const char *path)
{
    struct stat info;
    struct err err = {0};
    struct mark mark;
    if (stat(path, &info) != 0) {
        search->unsure = search->unsure || may_pass(errno);
        return;
    }
    if (!S_ISREG(info.st_mode) || (info.st_dev == search->not_device && info.st_ino == search->not_inode))
        return;
    struct input input = {.kind = INPUT_FILE, .path = path};
    struct source *source = source_open(&input, &err);
    if (source == NULL) {
        search->unsure = search->unsure || may_pass(err.sys);
        return;
    }
    if (source->kind == SOURCE_STREAM || !is_better(source, search->best) || !holds(search, source, &mark)) {
        source_free(source);
        return;
    }
    source_free(search->best);
    search->best = source;
    search->mark = mark;
}

struct source *beside_find(const struct catalog_entry *entry, uint64_t not_device, uint64_t not_inode,
                           struct mark *ret_mark, bool *ret_unsure)
{
    *ret_unsure = false;
    struct str name = entry->state.name;
    const char *slash = memrchr(name.data, '/', name.size);
    char path[PATH_MAX];
    if (slash == NULL || name.size + NAME_MAX >= sizeof path || entry->state.kind == SOURCE_STREAM)
        return NULL;
    size_t folder_size = (size_t)(slash + 1 - name.data);
    memcpy(path, name.data, folder_size);
    path[folder_size] = '\0';
    DIR *folder = opendir(path);
    if (folder == NULL) {
        *ret_unsure = may_pass(errno);
        return NULL;
    }
    struct search search = {.entry = entry, .not_device = not_device, .not_inode = not_inode};
    struct str last = str_slice(name, folder_size, name.size);
    unsigned tried = 0;
    const struct dirent *found;
    while (tried < BESIDE_NAMES_MAX && (errno = 0, found = readdir(folder)) != NULL) {
        struct str candidate = str_of(found->d_name);
        if (!str_starts(candidate, last))
            continue;
        memcpy(path + folder_size, candidate.data, candidate.size + 1);
        try_file(&search, path);
        tried++;
    }
    if (tried < BESIDE_NAMES_MAX && errno != 0)
        search.unsure = true; /* not all names were seen */
    closedir(folder);
    *ret_mark = search.mark;
    *ret_unsure = search.unsure;
    return search.best;
}
