#include "ingest/identity.h"

#include "base/must.h"
#include "ingest/content.h"

/* ---- Finding ------------------------------------------------------------------------------------------------------------ */

/* The longest candidate, not longer than the one tried before it. */
struct candidate {
    const struct catalog_entry *tried;
    struct catalog_entry *best;
};

static void consider(struct candidate *candidate, struct catalog_entry *entry)
{
    const struct catalog_entry *tried = candidate->tried;
    uint64_t size = content_length(&entry->state);
    if (tried != NULL && (size > content_length(&tried->state) ||
                          (size == content_length(&tried->state) && entry->state.id >= tried->state.id)))
        return;
    const struct catalog_entry *best = candidate->best;
    if (best == NULL || size > content_length(&best->state) ||
        (size == content_length(&best->state) && entry->state.id > best->state.id))
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

/* Under the file's name, or its device and inode. */
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
            ret->unchanged ? SOURCE_DATA : content_same(source, &candidate.best->state, &ret->mark, err);
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

/* Known by its place (or not at all), and that says little. */
static bool place_is_weak(const struct source *source, const struct identity *identity)
{
    return identity->entry == NULL || content_length(&identity->entry->state) == 0 ||
           identity->entry->state.kind != source->kind;
}

/* By content alone, if that is longer than what the place gave. */
static enum source_result find_moved(struct catalog *catalog, struct source *source, struct str name,
                                     struct identity *ret, struct err *err)
{
    struct identity moved = {.moved = true};
    uint64_t than = ret->entry ? content_length(&ret->entry->state) : 0;
    enum source_result result = content_find(catalog, source, name, than, &moved.entry, &moved.mark, err);
    if (result == SOURCE_DATA)
        *ret = moved;
    if (result != SOURCE_END || ret->entry == NULL)
        return result;
    return source_seek(source, ret->entry->state.position, err);
}

bool identity_find(struct catalog *catalog, struct source *source, struct str name, struct identity *ret,
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
    if (result != SOURCE_FAILED && place_is_weak(source, ret))
        result = find_moved(catalog, source, name, ret, err);
    if (result == SOURCE_END) {
        *ret = (struct identity){0};
        result = source_seek(source, 0, err);
        must(result != SOURCE_END);
    }
    return result == SOURCE_DATA;
}

/* ---- Settling --------------------------------------------------------------------------------------------------------------- */

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

void identity_settle(struct catalog *catalog, const struct source *source, struct str name, struct identity *ret,
                     void (*written)(void *context, const struct source_state *state), void *context)
{
    must(ret->entry == NULL || ret->moved);
    if (ret->entry == NULL)
        ret->entry = catalog_new(catalog, name, source->kind);
    if (source->kind == SOURCE_STREAM)
        return;
    struct replacing replacing = {ret->entry, written, context};
    catalog_with_file(catalog, source->device, source->inode, replace, &replacing);
    catalog_with_name(catalog, name, replace, &replacing);
    catalog_set_file(catalog, ret->entry, source->device, source->inode);
}
