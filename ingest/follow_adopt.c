/* Which files become tails: some wait, some are copies, the others are adopted. */
#include <errno.h>
#include <fcntl.h>
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

/* ---- Files that wait ------------------------------------------------------------------------------------------------------- */

static struct held *find_held(struct follow *follow, const struct input *input)
{
    uint64_t file[2] = {input->device, input->inode};
    const struct map_entry *at = map_find(&follow->held_by_file, str_from((const char *)file, sizeof file));
    return at != NULL && at->value != 0 ? &follow->held[at->value - 1] : NULL;
}

static void index_held(struct follow *follow, size_t index)
{
    uint64_t file[2] = {follow->held[index].device, follow->held[index].inode};
    map_at(&follow->held_by_file, str_from((const char *)file, sizeof file), NULL)->value = index + 1;
}

static struct held *hold(struct follow *follow, const struct input *input, int64_t modified_us, int64_t now_us)
{
    struct held *held = find_held(follow, input);
    if (held == NULL) {
        if (follow->held_count == follow->held_capacity) {
            follow->held_capacity = follow->held_capacity ? 2 * follow->held_capacity : 16;
            follow->held = mem_resize_array(follow->held, follow->held_capacity, sizeof *follow->held);
        }
        must(follow->held != NULL);
        held = &follow->held[follow->held_count++];
        *held = (struct held){
            .device = input->device,
            .inode = input->inode,
            .size = input->size,
            .modified_us = modified_us,
            .since_us = now_us,
        };
        index_held(follow, follow->held_count - 1);
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

void follow_forget_held(struct follow *follow)
{
    size_t kept = 0;
    map_reset(&follow->held_by_file);
    for (size_t i = 0; i < follow->held_count; i++) {
        if (!follow->held[i].seen)
            continue;
        follow->held[kept] = follow->held[i];
        index_held(follow, kept++);
    }
    follow->held_count = kept;
}

/* ---- Copies in the making ---------------------------------------------------------------------------------------------------- */

void follow_originals(const struct follow *follow, const char *path,
                      bool (*visit)(void *context, struct catalog_entry *), void *context)
{
    struct str whole = str_of(path), part;
    const char *slash = strrchr(path, '/');
    size_t begin = slash != NULL ? (size_t)(slash + 1 - path) : 0;
    for (size_t i = whole.size; i-- > begin + 1;) {
        part = str_slice(whole, 0, i);
        if (!content_goes_on(whole, part))
            continue;
        const struct map_entry *at = map_find(&follow->by_path, part);
        if (at != NULL && at->value != 0 && !visit(context, follow->tails[at->value - 1]->entry))
            return;
        if (!catalog_visit_name(follow->catalog, part, visit, context))
            return;
    }
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
struct copy_search {
    const struct source *source;
    bool found;
};

static bool note_copy(void *context, struct catalog_entry *entry)
{
    struct copy_search *search = context;
    const struct tail *tail = entry->tail;
    if (tail == NULL || tail->over || tail->role == TAIL_REMAINS)
        return true;
    const struct source *source = search->source;
    search->found =
        source->kind == SOURCE_GZIP ? tail_links(tail) > 0 : !tail_holds(tail) || is_beginning(source, tail);
    return !search->found;
}

static bool may_be_copy(const struct follow *follow, const struct source *source)
{
    struct copy_search search = {.source = source};
    follow_originals(follow, source->real_path, note_copy, &search);
    return search.found;
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
    int64_t since_us; /* until then what lay under the name is known */
};

/* When the file under its name was last known to be its own. */
static int64_t known_until_us(const struct catalog_entry *entry)
{
    int64_t read_us = entry->state.read_us != TIME_NONE ? entry->state.read_us : entry->state.modified_us;
    return entry->seen_us > read_us ? entry->seen_us : read_us;
}

static void displace(void *context, struct catalog_entry *entry)
{
    struct displace *displace = context;
    if (entry == displace->by || (entry->state.kind != SOURCE_FILE && entry->state.kind != SOURCE_GZIP))
        return;
    if (str_equal(entry->state.name, displace->by->state.name)) {
        if (entry->state.rotations >= displace->rotations) {
            displace->rotations = entry->state.rotations + 1;
            displace->truncations = entry->state.truncations;
        }
        if (known_until_us(entry) > displace->since_us)
            displace->since_us = known_until_us(entry);
    }
    for (size_t i = 0; i < displace->count; i++)
        if (displace->lost[i] == entry)
            return; /* by its name and by its file */
    if (!entry->claimed && !entry->state.replaced && displace->count < DISPLACED_MAX)
        displace->lost[displace->count++] = entry;
}

static void lose_displaced(struct follow *follow, struct displace *found, const struct source *source)
{
    for (size_t i = 0; i < found->count; i++) {
        struct catalog_entry *entry = found->lost[i];
        bool cut = entry->state.device == source->device && entry->state.inode == source->inode &&
                   !source_born_after(source, known_until_us(entry));
        struct follow_errand errand = {
            .entry = entry,
            .device = source->device,
            .inode = source->inode,
            .reason = cut ? GAP_TRUNCATED : GAP_VANISHED,
        };
        follow_lose_later(follow, &errand);
    }
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

/* The entry's own, from now on read here. */
static void settle_entry(struct follow *follow, struct catalog_entry *entry, const struct source *source,
                         const struct identity *identity)
{
    entry->claimed = true;
    catalog_set_file(follow->catalog, entry, source->device, source->inode);
    entry->state.kind = source->kind;
    entry->state.size = source->size;
    entry->state.replaced = false;
    if (!identity->unchanged)
        entry->state.read_us = TIME_NONE;
    entry->state.modified_us = source->modified_us;
    entry->seen_us = clock_now_us();
}

static void begin_fresh(struct follow *follow, struct source *source, struct identity *identity,
                        const struct displace *found)
{
    struct err err;
    struct catalog_entry *entry = identity->entry;
    entry->state.rotations = found->rotations;
    entry->state.truncations = found->truncations;
    if (!begin_at_end(follow, source, identity, &err))
        LOG_EVENT(LEVEL_ERROR, "cannot be read from its end", log_text("file", source->real_path),
                  log_text("why", err.text));
    if (entry->state.position > 0)
        follow_note_gap(follow, entry, GAP_SKIPPED, 0, entry->state.position);
    else
        follow_note_state(follow, entry);
}

static void adopt(struct follow *follow, const struct input *input, struct source *source, struct identity *identity,
                  int64_t now_us)
{
    struct str name = str_of(source->real_path);
    bool fresh = identity->entry == NULL;
    if (fresh)
        identity->entry = catalog_new(follow->catalog, name, source->kind);
    struct catalog_entry *entry = identity->entry;
    struct displace found = {.follow = follow, .by = entry, .since_us = TIME_NONE};
    catalog_with_file(follow->catalog, source->device, source->inode, displace, &found);
    catalog_with_name(follow->catalog, name, displace, &found);
    settle_entry(follow, entry, source, identity);
    entry->state.cursor = STR_ABSENT;
    if (strcmp(input->path, source->real_path) != 0)
        entry->state.cursor = arena_str(&follow->catalog->arena, str_of(input->path));
    follow_set_defaults(follow, entry, source->real_path);
    if (fresh)
        begin_fresh(follow, source, identity, &found);
    struct tail *tail = follow_add(follow, tail_new(entry, TAIL_HERE, source, &identity->mark, now_us));
    follow_watch_folder_of(follow, source->real_path);
    LOG_EVENT(LEVEL_INFO, "following", log_text("file", source->real_path), log_str("source", entry->state.name),
              log_number("position", (int64_t)entry->state.position));
    lose_displaced(follow, &found, source);
    if (fresh && found.since_us != TIME_NONE)
        follow_lose_later(follow, &(struct follow_errand){.entry = entry, .unseen = true, .since_us = found.since_us});
    follow_spare(follow, tail);
}

bool follow_adopt_unseen(struct follow *follow, const struct input *input, struct catalog_entry *successor,
                         int64_t now_us)
{
    struct err err;
    struct identity identity;
    SCOPED_FREE(source) *source = source_open(input, &err);
    if (source == NULL || source->kind == SOURCE_STREAM || may_be_copy(follow, source) ||
        !identity_find(follow->catalog, source, str_of(source->real_path), &identity, &err) || identity.entry != NULL ||
        follow_is_stored(follow, source) || !is_log(input, source))
        return false;
    struct catalog_entry *entry = catalog_new(follow->catalog, successor->state.name, source->kind);
    identity.entry = entry;
    settle_entry(follow, entry, source, &identity);
    entry->state.rotations = successor->state.rotations;
    entry->state.truncations = successor->state.truncations;
    follow_set_defaults(follow, entry, entry->state.name.data);
    follow_note_state(follow, entry);
    LOG_EVENT(LEVEL_INFO, "begun and rotated away unseen", log_text("file", source->real_path),
              log_str("source", entry->state.name));
    enum tail_role role = source->kind == SOURCE_GZIP ? TAIL_REMAINS : TAIL_AWAY;
    follow_add(follow, tail_new(entry, role, source, &identity.mark, now_us));
    source = NULL;
    return true;
}

static bool must_wait(const struct follow *follow, const struct source *source, int64_t silent_us)
{
    int64_t age_us = clock_now_us() - source->modified_us;
    if (source->kind == SOURCE_GZIP && silent_us < FOLLOW_GZIP_US && age_us < FOLLOW_GZIP_US)
        return true;
    return silent_us < FOLLOW_COPY_US && may_be_copy(follow, source);
}

/* Every file holds the nothing that was read of a source: then it is the file that lay there, and not one that was made since and
 * has got its inode. */
static bool is_plausible(const struct source *source, const struct catalog_entry *entry)
{
    const struct source_state *state = &entry->state;
    return content_length(state) > 0 || (source->device == state->device && source->inode == state->inode &&
                                         !source_born_after(source, state->modified_us));
}

struct twin_search {
    struct source *source;
    struct mark mark;
    struct tail *found;
};

static bool note_twin(void *context, struct catalog_entry *entry)
{
    struct twin_search *search = context;
    struct err ignored;
    if (entry->tail != NULL && !entry->tail->over && content_length(&entry->state) > 0 &&
        content_same(search->source, &entry->state, &search->mark, &ignored) == SOURCE_DATA &&
        source_seek(search->source, entry->state.position, &ignored) == SOURCE_DATA)
        search->found = entry->tail;
    return search->found == NULL;
}

enum twin { TWIN_NONE, TWIN_WAIT, TWIN_TAKEN };

/* The copy of a file that is followed takes its place once that one is deleted and read to its end; until then it waits, and
 * for FOLLOW_COPY_US while the other is where it was. */
static enum twin take_twin(struct follow *follow, struct source *source, int64_t silent_us, struct identity *ret)
{
    struct err ignored;
    struct twin_search search = {.source = source};
    follow_originals(follow, source->real_path, note_twin, &search);
    struct tail *twin = search.found;
    if (twin != NULL && twin->role == TAIL_AWAY && tail_links(twin) == 0 && tail_is_read(twin)) {
        twin->over = true;
        twin->entry->claimed = false;
        ret->entry = twin->entry;
        ret->mark = search.mark;
        return TWIN_TAKEN;
    }
    if (twin != NULL && (twin->role != TAIL_HERE || silent_us < FOLLOW_COPY_US))
        return TWIN_WAIT;
    return source_seek(source, 0, &ignored) == SOURCE_DATA ? TWIN_NONE : TWIN_WAIT;
}

/* True when the source was adopted. */
static bool decide(struct follow *follow, const struct input *input, struct source *source, int64_t now_us)
{
    struct err err;
    struct identity identity;
    struct held *held = hold(follow, input, source->modified_us, now_us);
    /* Heads have grown since it was last asked what begins alike. */
    if (follow->started && !follow->refreshed)
        catalog_refresh(follow->catalog);
    follow->refreshed = true;
    if (must_wait(follow, source, now_us - held->since_us)) {
        follow->waiting = true; /* decided as soon as it can be */
        return false;
    }
    if (!identity_find(follow->catalog, source, str_of(source->real_path), &identity, &err)) {
        LOG_EVENT(LEVEL_ERROR, "cannot be read", log_text("file", input->path), log_text("why", err.text));
        return false;
    }
    if (identity.entry != NULL && !is_plausible(source, identity.entry))
        identity = (struct identity){0};
    if (identity.entry == NULL && follow->stage == LOOK_KNOWN)
        return false;
    if (identity.entry == NULL && take_twin(follow, source, now_us - held->since_us, &identity) == TWIN_WAIT) {
        follow->waiting = true;
        return false;
    }
    if (source->offset == 0 && !identity.unchanged && !is_log(input, source)) {
        held->refused = true;
    } else if (identity.entry != NULL && identity.entry->claimed) {
        held->refused = true; /* the same content twice: it is followed under its other name */
    } else if (identity.entry == NULL && follow_is_stored(follow, source)) {
        held->refused = true;
        LOG_EVENT(LEVEL_INFO, "left out: a copy of what is stored", log_text("file", input->path));
    } else {
        held->seen = false;
        adopt(follow, input, source, &identity, now_us);
        return true;
    }
    return false;
}

/* Opens what is not followed yet and decides. */
void follow_consider(struct follow *follow, const struct input *input, int64_t now_us)
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
    if (source->kind == SOURCE_STREAM || follow_tail_of(follow, source->device, source->inode) != NULL ||
        !decide(follow, input, source, now_us))
        source_free(source);
}
