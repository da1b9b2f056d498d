#include "query/stored_patterns.h"

#include <stdlib.h>

/* What is there stays when nothing came. */
static bool load(struct stored_patterns *patterns, struct err *err)
{
    struct arena arena = {0};
    struct str *templates, mined = STR_ABSENT;
    struct err damaged = {0}; /* then they are mined; verify tells of it */
    size_t count;
    bool loaded = store_last_number(patterns->store, &patterns->newest, err) &&
                  store_templates(patterns->store, &arena, &templates, &count, err);
    if (loaded && !patterns->set && count > 0)
        (void)store_patterns_mined(patterns->store, &arena, &mined, &damaged);
    if (loaded && !patterns->set)
        patterns->set = pattern_set_unpack(templates, count, mined);
    else if (loaded && count > patterns->taken)
        pattern_set_add(patterns->set, templates, count);
    if (loaded)
        patterns->taken = count;
    arena_release(&arena);
    return loaded;
}

/* Looks for new templates, if anything was stored since that was done last. */
static void load_again(void *context)
{
    struct stored_patterns *patterns = context;
    struct err ignored = {0};
    uint64_t newest;
    if (store_last_number(patterns->store, &newest, &ignored) && newest != patterns->newest)
        load(patterns, &ignored);
}

struct stored_patterns *stored_patterns_new(struct store *store, bool live, struct err *err)
{
    struct stored_patterns *patterns = mem_alloc(sizeof *patterns);
    patterns->store = store;
    if (!load(patterns, err)) {
        stored_patterns_free(patterns);
        return NULL;
    }
    if (live) {
        patterns->set->grow = load_again;
        patterns->set->context = patterns;
    }
    return patterns;
}

void stored_patterns_free(struct stored_patterns *patterns)
{
    if (!patterns)
        return;
    pattern_set_free(patterns->set);
    free(patterns);
}

bool stored_patterns_resolve(struct stored_patterns *patterns, struct str id, uint32_t *ret_pattern, struct err *err)
{
    *ret_pattern = pattern_set_find(patterns->set, id);
    if (*ret_pattern < patterns->set->count)
        return true;
    struct arena arena = {0};
    struct str template;
    bool asked = store_pattern_known(patterns->store, id, &arena, &template, err);
    if (asked && template.data)
        *ret_pattern = pattern_set_of(patterns->set, template);
    arena_release(&arena);
    return asked;
}
