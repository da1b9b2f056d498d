/* Finding files: patterns become inputs, inputs become tails. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/must.h"
#include "ingest/content.h"
#include "ingest/follow_part.h"
#include "ingest/identity.h"
#include "ingest/sniff.h"

static struct str file_key(const uint64_t file[2])
{
    return str_from((const char *)file, 2 * sizeof file[0]);
}

/* ---- Folders to watch ------------------------------------------------------------------------------------------------------ */

static void watch_real(struct follow *follow, const char *folder)
{
    char real[PATH_MAX];
    if (realpath(folder, real) != NULL)
        watch_folder(&follow->watch, real);
}

static bool is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

/* Cuts the last part off; false at the root. */
static bool to_parent(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || path[1] == '\0')
        return false;
    slash[slash == path] = '\0';
    return true;
}

/* Every folder in which a name may come that makes a new match: those the pattern's parents name, up to the first that is no
 * pattern, or that exists. */
static void watch_parents(struct follow *follow, const char *pattern)
{
    char path[PATH_MAX];
    struct stat info;
    if (stat(pattern, &info) == 0 && S_ISDIR(info.st_mode))
        watch_real(follow, pattern);
    if (strlen(pattern) >= sizeof path)
        return;
    memcpy(path, pattern, strlen(pattern) + 1);
    while (to_parent(path)) {
        if (!is_pattern(path)) {
            watch_real(follow, path);
            if (stat(path, &info) == 0)
                return;
            continue;
        }
        glob_t found = {0};
        if (glob(path, GLOB_ONLYDIR, NULL, &found) == 0)
            for (size_t i = 0; i < found.gl_pathc; i++)
                watch_real(follow, found.gl_pathv[i]);
        globfree(&found);
    }
}

static void watch_file_folder(struct follow *follow, const char *real_path)
{
    char path[PATH_MAX];
    size_t size = strlen(real_path);
    if (size >= sizeof path)
        return;
    memcpy(path, real_path, size + 1);
    if (to_parent(path))
        watch_folder(&follow->watch, path);
}

const struct config_source *follow_wants(const struct follow *follow, const char *path)
{
    for (size_t i = 0; i < follow->config->source_count; i++) {
        const struct config_source *source = &follow->config->sources[i];
        for (size_t j = 0; source->kind == CONFIG_FILE && j < source->globs.count; j++) {
            const char *glob = source->globs.items[j];
            size_t size = strlen(glob);
            if (fnmatch(glob, path, FNM_PATHNAME | FNM_PERIOD) == 0 ||
                (strncmp(glob, path, size) == 0 && path[size] == '/'))
                return source;
        }
    }
    return NULL;
}

void follow_set_defaults(struct follow *follow, struct catalog_entry *entry, const char *path)
{
    const struct config_source *config = follow_wants(follow, path);
    struct source_defaults defaults = config != NULL ? config_defaults(config) : entry->state.defaults;
    if (catalog_set_defaults(follow->catalog, entry, &defaults))
        follow_note_state(follow, entry);
}

/* ---- Files that wait ------------------------------------------------------------------------------------------------------- */

static struct held *find_held(struct follow *follow, const struct input *input)
{
    for (size_t i = 0; i < follow->held_count; i++) {
        struct held *held = &follow->held[i];
        if (held->device == input->device && held->inode == input->inode && strcmp(held->path, input->path) == 0)
            return held;
    }
    return NULL;
}

static struct held *hold(struct follow *follow, const struct input *input, int64_t modified_us, int64_t now_us)
{
    struct held *held = find_held(follow, input);
    if (held == NULL) {
        if (follow->held_count == follow->held_capacity) {
            follow->held_capacity = follow->held_capacity ? 2 * follow->held_capacity : 16;
            follow->held = mem_resize_array(follow->held, follow->held_capacity, sizeof *follow->held);
        }
        held = &follow->held[follow->held_count++];
        *held = (struct held){
            .path = strdup(input->path),
            .device = input->device,
            .inode = input->inode,
            .size = input->size,
            .modified_us = modified_us,
            .since_us = now_us,
        };
        must(held->path != NULL);
    }
    if (held->size != input->size || held->modified_us != modified_us) {
        held->size = input->size;
        held->modified_us = modified_us;
        held->since_us = now_us;
        held->refused = false;
    }
    held->seen = true;
    return held;
}

static void forget_held(struct follow *follow, bool all)
{
    size_t kept = 0;
    for (size_t i = 0; i < follow->held_count; i++) {
        if (!all && follow->held[i].seen)
            follow->held[kept++] = follow->held[i];
        else
            free(follow->held[i].path);
    }
    follow->held_count = kept;
}

/* ---- Copies in the making ---------------------------------------------------------------------------------------------------- */

static bool goes_on(const char *longer, const char *shorter)
{
    size_t size = strlen(shorter);
    return strncmp(longer, shorter, size) == 0 && longer[size] != '\0' && strchr(".-_", longer[size]) != NULL;
}

/* Do both files have the same size bytes at offset? */
static bool same_bytes(int a, int b, uint64_t offset, size_t size)
{
    char left[MARK_HEAD_MAX], right[MARK_HEAD_MAX];
    must(size <= sizeof left);
    return io_pread(a, left, size, offset) == (ssize_t)size && io_pread(b, right, size, offset) == (ssize_t)size &&
           memcmp(left, right, size) == 0;
}

/* Is this a beginning of what the tail's file holds? An empty file may become one. */
static bool is_beginning(const struct source *source, const struct tail *tail)
{
    SCOPED_FD opened = tail->source == NULL ? open(tail->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    int fd = tail->source == NULL ? opened : tail->source->fd;
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0 || info.st_dev != tail->device || info.st_ino != tail->inode ||
        source->size > (uint64_t)info.st_size)
        return false;
    size_t size = source->size < MARK_HEAD_MAX ? (size_t)source->size : MARK_HEAD_MAX;
    return same_bytes(source->fd, fd, 0, size) && same_bytes(source->fd, fd, source->size - size, size);
}

/* While a file is being copied, what is there of the copy is a beginning of it, and so is a whole copy. A file that was cut, and
 * not yet noticed to be, is lost first: then this may be what remains of it. */
static bool may_be_copy(const struct follow *follow, const struct source *source)
{
    for (size_t i = 0; i < follow->tail_count; i++) {
        const struct tail *tail = follow->tails[i];
        if (tail->role == TAIL_REMAINS || !goes_on(source->real_path, tail->path))
            continue;
        if (source->kind == SOURCE_GZIP ? tail_links(tail) > 0 : !tail_holds(tail) || is_beginning(source, tail))
            return true;
    }
    return false;
}

/* ---- Adopting ---------------------------------------------------------------------------------------------------------------- */

static bool is_log(const struct input *input, struct source *source)
{
    struct err err;
    char head[SNIFF_BYTES];
    size_t size;
    enum source_result result = source_read_full(source, head, sizeof head, &size, &err);
    if ((result == SOURCE_FAILED && err.kind != ERR_FORMAT) || source_seek(source, 0, &err) != SOURCE_DATA) {
        LOG_EVENT(LEVEL_ERROR, "cannot be read", log_text("file", input->path), log_text("why", err.text));
        return false;
    }
    const struct sniff *sniff = sniff_bytes(str_from(head, size));
    if (sniff != NULL)
        LOG_EVENT(LEVEL_WARNING, "left out: does not look like a log", log_text("file", input->path),
                  log_text("looks_like", sniff->what));
    return sniff == NULL;
}

enum { DISPLACED_MAX = 64 };

/* The sources whose name or file this is from now on. */
struct displace {
    struct follow *follow;
    struct catalog_entry *by;
    struct catalog_entry *lost[DISPLACED_MAX]; /* more are met at the next look */
    size_t count;
    uint64_t rotations, truncations;
};

static void displace(void *context, struct catalog_entry *entry)
{
    struct displace *displace = context;
    if (entry == displace->by || (entry->state.kind != SOURCE_FILE && entry->state.kind != SOURCE_GZIP))
        return;
    if (str_equal(entry->state.name, displace->by->state.name) && entry->state.rotations >= displace->rotations) {
        displace->rotations = entry->state.rotations + 1;
        displace->truncations = entry->state.truncations;
    }
    for (size_t i = 0; i < displace->count; i++)
        if (displace->lost[i] == entry)
            return; /* by its name and by its file */
    if (!entry->claimed && !entry->state.replaced && displace->count < DISPLACED_MAX)
        displace->lost[displace->count++] = entry;
}

static void lose_displaced(struct follow *follow, struct displace *found, const struct source *source, int64_t now_us)
{
    for (size_t i = 0; i < found->count; i++)
        follow_lose(follow, found->lost[i], source->device, source->inode, GAP_VANISHED, now_us);
}

/* Where the last line begins that has no end, or the end of the file. */
static bool last_line(const struct source *source, uint64_t *ret_offset, struct err *err)
{
    char bytes[MARK_HEAD_MAX];
    uint64_t at = source->size;
    while (at > 0 && source->size - at < RECORD_BYTES_MAX) {
        size_t size = at < sizeof bytes ? (size_t)at : sizeof bytes;
        if (io_pread(source->fd, bytes, size, at - size) != (ssize_t)size)
            return err_set(err, ERR_IO, errno, "%s", source->path);
        const char *newline = memrchr(bytes, '\n', size);
        if (newline != NULL) {
            *ret_offset = at - size + (uint64_t)(newline + 1 - bytes);
            return true;
        }
        at -= size;
    }
    *ret_offset = at > 0 ? source->size : 0;
    return true;
}

/* A source that was never read may be wanted from its end on only. */
static bool begin_at_end(struct follow *follow, const struct source *source, struct identity *identity, struct err *err)
{
    const struct config_source *config = follow_wants(follow, source->real_path);
    uint64_t position = 0;
    struct mark *mark = &identity->mark;
    if (follow->started || config == NULL || config->from != CONFIG_END || source->kind != SOURCE_FILE)
        return true;
    if (!last_line(source, &position, err))
        return false;
    *mark = (struct mark){
        .head_size = position < MARK_HEAD_MAX ? (uint32_t)position : MARK_HEAD_MAX,
        .tail_size = position < MARK_TAIL_MAX ? (uint32_t)position : MARK_TAIL_MAX,
    };
    if (io_pread(source->fd, mark->head, mark->head_size, 0) != (ssize_t)mark->head_size ||
        io_pread(source->fd, mark->tail, mark->tail_size, position - mark->tail_size) != (ssize_t)mark->tail_size)
        return err_set(err, ERR_IO, errno, "%s", source->path);
    identity->entry->state.position = position;
    mark_state(mark, STR_ABSENT, &identity->entry->state);
    return true;
}

static void adopt(struct follow *follow, const struct input *input, struct source *source, struct identity *identity,
                  int64_t now_us)
{
    struct err err;
    struct str name = str_of(source->real_path);
    bool fresh = identity->entry == NULL;
    if (fresh)
        identity->entry = catalog_new(follow->catalog, name, source->kind);
    struct catalog_entry *entry = identity->entry;
    struct displace found = {.follow = follow, .by = entry};
    catalog_with_file(follow->catalog, source->device, source->inode, displace, &found);
    catalog_with_name(follow->catalog, name, displace, &found);
    entry->claimed = true;
    entry->state.cursor = STR_ABSENT;
    if (strcmp(input->path, source->real_path) != 0)
        entry->state.cursor = arena_str(&follow->catalog->arena, str_of(input->path));
    catalog_set_file(follow->catalog, entry, source->device, source->inode);
    entry->state.kind = source->kind;
    entry->state.size = source->size;
    entry->state.replaced = false;
    follow_set_defaults(follow, entry, source->real_path);
    if (!identity->unchanged)
        entry->state.read_us = TIME_NONE;
    entry->state.modified_us = source->modified_us;
    if (fresh) {
        entry->state.rotations = found.rotations;
        entry->state.truncations = found.truncations;
        if (!begin_at_end(follow, source, identity, &err))
            LOG_EVENT(LEVEL_ERROR, "cannot be read from its end", log_text("file", input->path),
                      log_text("why", err.text));
        if (entry->state.position > 0)
            follow_note_gap(follow, entry, GAP_SKIPPED, 0, entry->state.position);
        else
            follow_note_state(follow, entry);
    }
    follow_add(follow, tail_new(entry, TAIL_HERE, source, &identity->mark, now_us));
    lose_displaced(follow, &found, source, now_us);
    watch_file_folder(follow, source->real_path);
    LOG_EVENT(LEVEL_INFO, "following", log_text("file", source->real_path), log_str("source", entry->state.name),
              log_number("position", (int64_t)entry->state.position));
}

/* Opens what is not followed yet and decides. */
static void consider(struct follow *follow, const struct input *input, int64_t now_us)
{
    struct err err;
    struct held *held = find_held(follow, input);
    if (held != NULL && held->refused && held->size == input->size) {
        held->seen = true;
        return;
    }
    struct source *source = source_open(input, &err);
    if (source == NULL) {
        if (err.kind == ERR_MISSING)
            return;
        if (held == NULL)
            LOG_EVENT(LEVEL_ERROR, "cannot be read", log_text("file", input->path), log_text("why", err.text));
        hold(follow, input, 0, now_us)->seen = true;
        return;
    }
    uint64_t file[2] = {source->device, source->inode};
    const struct map_entry *at = map_find(&follow->by_file, file_key(file));
    bool other = source->kind == SOURCE_STREAM || (at != NULL && at->value != 0);
    if (!other) {
        held = hold(follow, input, source->modified_us, now_us);
        int64_t silent_us = now_us - held->since_us;
        int64_t age_us = clock_now_us() - source->modified_us;
        bool wait = source->kind == SOURCE_GZIP && silent_us < FOLLOW_GZIP_US && age_us < FOLLOW_GZIP_US;
        wait = wait || (silent_us < FOLLOW_COPY_US && may_be_copy(follow, source));
        struct identity identity;
        if (wait) {
            follow->look_due = true; /* decided as soon as it can be */
        } else if (!identity_find(follow->catalog, source, str_of(source->real_path), &identity, &err)) {
            LOG_EVENT(LEVEL_ERROR, "cannot be read", log_text("file", input->path), log_text("why", err.text));
        } else if (source->offset == 0 && !identity.unchanged && !is_log(input, source)) {
            held->refused = true;
        } else if (identity.entry != NULL && identity.entry->claimed) {
            held->refused = true; /* the same content twice: it is followed under its other name */
        } else {
            held->seen = false;
            adopt(follow, input, source, &identity, now_us);
            return;
        }
    }
    source_free(source);
}

/* ---- Looking ------------------------------------------------------------------------------------------------------------------- */

static void report(void *context, const struct err *err)
{
    (void)context;
    if (err->kind != ERR_MISSING)
        LOG_EVENT(LEVEL_ERROR, "cannot be looked through", log_text("why", err->text));
}

static void expand_patterns(struct follow *follow, struct expand *expand)
{
    expand_init(expand, report, NULL);
    expand_ignore_store(expand, follow->store_path);
    for (size_t i = 0; i < follow->config->source_count; i++) {
        const struct config_source *source = &follow->config->sources[i];
        for (size_t j = 0; source->kind == CONFIG_FILE && j < source->globs.count; j++) {
            expand_operand(expand, source->globs.items[j]);
            watch_parents(follow, source->globs.items[j]);
        }
    }
}

/* The tail's file was found under this path. */
static void meet(struct tail *tail, const struct input *input)
{
    if (tail->size_seen != input->size)
        tail->dirty = true;
    if (tail->role == TAIL_REMAINS || (tail->role == TAIL_HERE && strcmp(tail->path, input->path) == 0))
        return;
    char *real = realpath(input->path, NULL);
    if (real == NULL)
        return;
    free(tail->path);
    tail->path = real;
    tail->role = TAIL_HERE;
}

/* No pattern shows the tail's file any more. */
static void miss(struct follow *follow, struct tail *tail, int64_t now_us)
{
    struct stat info;
    bool here = stat(tail->path, &info) == 0 && info.st_dev == tail->device && info.st_ino == tail->inode;
    if (here && follow_wants(follow, tail->path) != NULL)
        return; /* shown under another path, or the folder could not be read just now */
    if (tail->source == NULL || (here && follow->reconfigured)) {
        tail->over = true;
        tail->entry->claimed = false;
        if (here)
            LOG_EVENT(LEVEL_INFO, "no longer configured", log_text("file", tail->path));
        else
            follow_lose(follow, tail->entry, 0, 0, GAP_VANISHED, now_us);
        return;
    }
    LOG_EVENT(LEVEL_INFO, "renamed or deleted", log_text("file", tail->path),
              log_number("position", (int64_t)tail->entry->state.position));
    tail->role = TAIL_AWAY;
    tail->dirty = true;
    tail->changed_us = now_us;
}

/* Those whose places are known come first: then it is certain which sources have lost theirs. */
static void consider_all(struct follow *follow, const struct expand *expand, const bool *met, int64_t now_us)
{
    for (int known = 1; known >= 0; known--) {
        for (size_t i = 0; i < expand->count; i++) {
            const struct input *input = &expand->inputs[i];
            if (met[i] || input->kind != INPUT_FILE ||
                catalog_has_file(follow->catalog, input->device, input->inode) != (known == 1))
                continue;
            consider(follow, input, now_us);
        }
    }
}

void follow_look(struct follow *follow, int64_t now_us)
{
    struct expand expand;
    follow->look_due = false;
    expand_patterns(follow, &expand);
    follow_index(follow);
    bool *met = mem_alloc(expand.count + 1);
    bool *seen = mem_alloc(follow->tail_count + 1);
    size_t before = follow->tail_count, unknown = 0;
    for (size_t i = 0; i < expand.count; i++) {
        uint64_t file[2] = {expand.inputs[i].device, expand.inputs[i].inode};
        const struct map_entry *at = map_find(&follow->by_file, file_key(file));
        met[i] = at != NULL && at->value != 0;
        unknown += !met[i];
        if (!met[i])
            continue;
        seen[at->value - 1] = true;
        meet(follow->tails[at->value - 1], &expand.inputs[i]);
    }
    if (unknown > 0 && follow->started)
        catalog_refresh(follow->catalog);
    for (size_t i = 0; i < before; i++)
        if (!seen[i] && follow->tails[i]->role == TAIL_HERE && !follow->tails[i]->over)
            miss(follow, follow->tails[i], now_us);
    for (size_t i = 0; i < follow->held_count; i++)
        follow->held[i].seen = false;
    consider_all(follow, &expand, met, now_us);
    forget_held(follow, false);
    follow_lose_absent(follow, now_us);
    follow->started = true;
    follow->reconfigured = false;
    follow_index(follow);
    free(met);
    free(seen);
    expand_release(&expand);
}

void follow_forget_held(struct follow *follow)
{
    forget_held(follow, true);
}
