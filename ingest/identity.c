#include "ingest/identity.h"

#include "base/hash.h"
#include "base/must.h"

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

/* As compare; on SOURCE_DATA the source stands at the position, and *ret_mark too. */
static enum source_result same_content(struct source *source, const struct source_state *state, struct mark *ret_mark,
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

/* ---- Finding ------------------------------------------------------------------------------------------------------------ */

static uint64_t length(const struct source_state *state)
{
    return state->position + state->pending_bytes;
}

/* The longest candidate, not longer than the one tried before it. */
struct candidate {
    const struct catalog_entry *tried;
    struct catalog_entry *best;
};

static void consider(struct candidate *candidate, struct catalog_entry *entry)
{
    const struct catalog_entry *tried = candidate->tried;
    uint64_t size = length(&entry->state);
    if (tried != NULL &&
        (size > length(&tried->state) || (size == length(&tried->state) && entry->state.id >= tried->state.id)))
        return;
    const struct catalog_entry *best = candidate->best;
    if (best == NULL || size > length(&best->state) ||
        (size == length(&best->state) && entry->state.id > best->state.id))
        candidate->best = entry;
}

static void consider_file(void *context, struct catalog_entry *entry)
{
    if (entry->state.kind != SOURCE_STREAM)
        consider(context, entry);
}

static void consider_name(void *context, struct catalog_entry *entry)
{
    const struct source_state *state = &entry->state;
    if (state->kind == SOURCE_STREAM || state->replaced || entry->claimed)
        return;
    /* An unterminated end nothing vouches for would be overwritten by whatever the new file holds. */
    if (state->pending_bytes > 0 && state->head_size == 0)
        return;
    consider(context, entry);
}

static bool unchanged_gzip(const struct source *source, const struct source_state *state)
{
    return source->kind == SOURCE_GZIP && state->kind == SOURCE_GZIP && state->read_us != TIME_NONE &&
           state->device == source->device && state->inode == source->inode && state->size == source->size &&
           state->modified_us == source->modified_us;
}

static enum source_result find(const struct catalog *catalog, struct source *source, struct str name, bool by_name,
                               struct identity *ret, struct err *err)
{
    struct candidate candidate = {0};
    for (;;) {
        candidate.best = NULL;
        if (by_name)
            catalog_with_name(catalog, name, consider_name, &candidate);
        else
            catalog_with_file(catalog, source->device, source->inode, consider_file, &candidate);
        if (candidate.best == NULL)
            return SOURCE_END;
        ret->unchanged = unchanged_gzip(source, &candidate.best->state);
        enum source_result result =
            ret->unchanged ? SOURCE_DATA : same_content(source, &candidate.best->state, &ret->mark, err);
        if (result == SOURCE_DATA)
            ret->entry = candidate.best;
        if (result != SOURCE_END)
            return result;
        candidate.tried = candidate.best;
    }
}

static void find_stream(void *context, struct catalog_entry *entry)
{
    struct identity *identity = context;
    if (entry->state.kind == SOURCE_STREAM && (identity->entry == NULL || entry->state.id > identity->entry->state.id))
        identity->entry = entry;
}

bool identity_find(const struct catalog *catalog, struct source *source, struct str name, struct identity *ret,
                   struct err *err)
{
    *ret = (struct identity){0};
    if (source->kind == SOURCE_STREAM) {
        catalog_with_name(catalog, name, find_stream, ret);
        return true;
    }
    enum source_result result = find(catalog, source, name, false, ret, err);
    if (result == SOURCE_END)
        result = find(catalog, source, name, true, ret, err);
    if (result == SOURCE_END) {
        ret->mark = (struct mark){0};
        result = source_seek(source, 0, err);
        must(result != SOURCE_END);
    }
    return result == SOURCE_DATA;
}

/* ---- Making --------------------------------------------------------------------------------------------------------------- */

struct replacing {
    const struct catalog_entry *by;
    void (*written)(void *context, const struct source_state *state);
    void *context;
};

static void replace(void *context, struct catalog_entry *entry)
{
    const struct replacing *replacing = context;
    if (entry == replacing->by || entry->state.replaced || entry->state.kind == SOURCE_STREAM)
        return;
    entry->state.replaced = true;
    replacing->written(replacing->context, &entry->state);
}

void identity_make(struct catalog *catalog, const struct source *source, struct str name, struct identity *ret,
                   void (*written)(void *context, const struct source_state *state), void *context)
{
    must(ret->entry == NULL);
    ret->entry = catalog_new(catalog, name, source->kind);
    if (source->kind == SOURCE_STREAM)
        return;
    struct replacing replacing = {ret->entry, written, context};
    catalog_with_file(catalog, source->device, source->inode, replace, &replacing);
    catalog_with_name(catalog, name, replace, &replacing);
    catalog_set_file(catalog, ret->entry, source->device, source->inode);
}
