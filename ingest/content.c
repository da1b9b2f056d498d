#include "ingest/content.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/hash.h"

/* ---- Comparing content ------------------------------------------------------------------------------------------------ */

/* SOURCE_DATA when the size bytes at offset have this hash, SOURCE_END when they do not or are not there. */
static enum source_result compare(struct source *source, uint64_t offset, uint32_t size, uint64_t hash, char *bytes,
                                  struct err *err)
{
    size_t got;
    enum source_result result = source_seek(source, offset, err);
    if (result == SOURCE_DATA)
        result = source_read_full(source, bytes, size, &got, err);
    if (result == SOURCE_FAILED && err->kind == ERR_FORMAT)
        return SOURCE_END; /* gzip data that breaks before the position is not what was read up to there */
    if (result != SOURCE_DATA)
        return result;
    return hash_bytes(bytes, size, 0) == hash ? SOURCE_DATA : SOURCE_END;
}

/* The store is not trusted: a state that cannot be is no match. */
static bool state_sane(const struct source_state *state)
{
    uint64_t head_min = state->position < MARK_HEAD_MAX ? state->position : MARK_HEAD_MAX;
    uint64_t tail = state->position < MARK_TAIL_MAX ? state->position : MARK_TAIL_MAX;
    return state->head_size >= head_min && state->head_size <= MARK_HEAD_MAX && state->tail_size == tail &&
           state->position <= UINT64_MAX - state->pending_bytes;
}

enum source_result content_same(struct source *source, const struct source_state *state, struct mark *ret_mark,
                                struct err *err)
{
    *ret_mark = (struct mark){0};
    if (!state_sane(state))
        return SOURCE_END;
    if (source->kind == SOURCE_FILE && source->size < state->position + state->pending_bytes)
        return SOURCE_END;
    enum source_result result = compare(source, 0, state->head_size, state->head_hash, ret_mark->head, err);
    if (result != SOURCE_DATA)
        return result;
    result =
        compare(source, state->position - state->tail_size, state->tail_size, state->tail_hash, ret_mark->tail, err);
    if (result != SOURCE_DATA)
        return result;
    /* The head's hash may cover bytes of an unterminated end behind the position. */
    ret_mark->head_size = state->position < state->head_size ? (uint32_t)state->position : state->head_size;
    ret_mark->tail_size = state->tail_size;
    return SOURCE_DATA;
}

/* ---- Candidates --------------------------------------------------------------------------------------------------------- */

static struct str last_part(struct str path)
{
    const char *slash = path.size ? memrchr(path.data, '/', path.size) : NULL;
    return slash ? str_slice(path, (size_t)(slash + 1 - path.data), path.size) : path;
}

bool content_goes_on(struct str longer, struct str shorter)
{
    return longer.size > shorter.size && str_starts(longer, shorter) &&
           memchr(".-_", longer.data[shorter.size], 3) != NULL;
}

/* app.log, app.log.1, app.log-20261120.gz: what rotation makes of a name, in whichever folder. */
static bool related(struct str a, struct str b)
{
    a = last_part(a);
    b = last_part(b);
    return a.size > 0 && b.size > 0 && (str_equal(a, b) || content_goes_on(a, b) || content_goes_on(b, a));
}

/* The sources whose head the file has. */
struct candidates {
    const struct source *source;
    struct str name;
    uint64_t than;
    size_t count;
    struct candidate {
        struct catalog_entry *entry;
        bool related;
    } list[CONTENT_CANDIDATES_MAX];
};

static bool consider(void *context, struct catalog_entry *entry)
{
    struct candidates *candidates = context;
    const struct source_state *state = &entry->state;
    if (!state_sane(state) || content_length(state) <= candidates->than ||
        (candidates->source->kind == SOURCE_FILE && candidates->source->size < content_length(state)) ||
        str_equal(state->name, candidates->name)) /* its own name was no proof: it is another one */
        return true;
    bool near = related(state->name, candidates->name);
    if (!near && content_length(state) < CONTENT_SURE_BYTES)
        return true;
    candidates->list[candidates->count++] = (struct candidate){entry, near};
    return candidates->count < CONTENT_CANDIDATES_MAX;
}

/* By position, so that the file is gone through once; what is to be preferred comes later. */
static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    const struct source_state *x = &left->entry->state, *y = &right->entry->state;
    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    if (x->pending_bytes != y->pending_bytes)
        return x->pending_bytes < y->pending_bytes ? -1 : 1;
    if (left->related != right->related)
        return right->related ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void gather(struct catalog *catalog, struct candidates *candidates, struct str head)
{
    for (uint32_t size = (uint32_t)head.size; size > 0 && candidates->count < CONTENT_CANDIDATES_MAX; size--)
        if (catalog->head_sizes[size] > 0)
            catalog_with_head(catalog, size, hash_bytes(head.data, size, 0), consider, candidates);
    qsort(candidates->list, candidates->count, sizeof candidates->list[0], compare_candidates);
}

/* ---- Is its own file still there? ----------------------------------------------------------------------------------------- */

/* True when no file holds the entry's content under the entry's name. One that cannot be looked at is taken to. */
static bool is_vacant(struct catalog_entry *entry)
{
    const struct source_state *state = &entry->state;
    char path[PATH_MAX];
    struct stat info;
    struct err ignored;
    struct mark mark;
    if (state->replaced)
        return true;
    if (state->name.size >= sizeof path || memchr(state->name.data, '\0', state->name.size) != NULL)
        return true;
    memcpy(path, state->name.data, state->name.size);
    path[state->name.size] = '\0';
    if (stat(path, &info) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return true;
    } else if (!S_ISREG(info.st_mode)) {
        return true;
    } else {
        struct input input = {.kind = INPUT_FILE, .path = path};
        SCOPED_FREE(source) *own = source_open(&input, &ignored);
        if (own != NULL && own->kind != SOURCE_STREAM && content_same(own, state, &mark, &ignored) == SOURCE_END)
            return true;
    }
    entry->at_home = true;
    return false;
}

/* ---- Finding ------------------------------------------------------------------------------------------------------------ */

/* A way through a file with the marks at each place; only forward. */
struct walk {
    struct source *source;
    struct str head; /* the file's first bytes, all or MARK_HEAD_MAX; the source stands behind them or farther */
    uint64_t at;
    struct mark mark;
};

static enum source_result walk_to(struct walk *walk, uint64_t position, struct err *err)
{
    if (walk->at < walk->head.size && walk->at < position) {
        uint64_t to = position < walk->head.size ? position : walk->head.size;
        mark_add(&walk->mark, str_slice(walk->head, (size_t)walk->at, (size_t)to));
        walk->at = to;
    }
    if (walk->at < position && position - walk->at > MARK_TAIL_MAX) {
        walk->at = position - MARK_TAIL_MAX;
        enum source_result result = source_seek(walk->source, walk->at, err);
        if (result != SOURCE_DATA)
            return result;
        walk->mark.tail_size = 0;
    }
    char bytes[MARK_TAIL_MAX];
    size_t got, size = (size_t)(position - walk->at);
    enum source_result result = size > 0 ? source_read_full(walk->source, bytes, size, &got, err) : SOURCE_DATA;
    if (result == SOURCE_DATA)
        mark_add(&walk->mark, str_from(bytes, size));
    walk->at = position;
    return result;
}

static bool holds_tail(const struct mark *mark, const struct source_state *state)
{
    return mark->tail_size == state->tail_size && hash_bytes(mark->tail, mark->tail_size, 0) == state->tail_hash;
}

/* The last of the candidates that fits: *ret_entry, or NULL. SOURCE_FAILED only when the file cannot be read. */
static enum source_result choose(const struct candidates *candidates, struct walk *walk,
                                 struct catalog_entry **ret_entry, struct mark *ret_mark, struct err *err)
{
    *ret_entry = NULL;
    for (size_t i = 0; i < candidates->count; i++) {
        struct catalog_entry *entry = candidates->list[i].entry;
        enum source_result result = walk_to(walk, entry->state.position, err);
        if (result == SOURCE_FAILED && err->kind != ERR_FORMAT)
            return SOURCE_FAILED;
        if (result != SOURCE_DATA)
            break; /* it ends, or breaks, before this one and all that follow */
        if (!holds_tail(&walk->mark, &entry->state) || !is_vacant(entry))
            continue;
        *ret_entry = entry;
        *ret_mark = walk->mark;
    }
    return SOURCE_DATA;
}

enum source_result content_find(struct catalog *catalog, struct source *source, struct str name, uint64_t than,
                                struct catalog_entry **ret_entry, struct mark *ret_mark, struct err *err)
{
    char head[MARK_HEAD_MAX];
    size_t size = 0;
    if (catalog->by_head.count == 0)
        return SOURCE_END;
    enum source_result result = source_seek(source, 0, err);
    if (result == SOURCE_DATA)
        result = source_read_full(source, head, sizeof head, &size, err);
    if (result == SOURCE_FAILED && err->kind != ERR_FORMAT)
        return SOURCE_FAILED;
    struct candidates candidates = {.source = source, .name = name, .than = than};
    gather(catalog, &candidates, str_from(head, size));
    struct walk walk = {.source = source, .head = str_from(head, size)};
    if (choose(&candidates, &walk, ret_entry, ret_mark, err) == SOURCE_FAILED)
        return SOURCE_FAILED;
    return *ret_entry ? source_seek(source, (*ret_entry)->state.position, err) : SOURCE_END;
}
