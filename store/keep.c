#include "store/keep.h"

#include <stdlib.h>

#include "base/must.h"
#include "store/fact.h"
#include "store/roll.h"

static bool take(void *context, struct str text)
{
    struct store *store = context;
    map_at(&store->templates, text, NULL);
    return store->templates.count < TEMPLATES_MAX;
}

static bool load(struct store *store, struct err *err)
{
    if (store->templates_loaded)
        return true;
    if (!roll_each(store, PACK_TEMPLATES, take, store, err))
        return false;
    store->templates_written = store->templates.count;
    store->templates_loaded = true;
    return true;
}

bool keep_template(struct store *store, struct str template, bool quiet, bool *ret_kept, struct err *err)
{
    if (!load(store, err))
        return false;
    struct str text = fact_cut(template, FACT_TEMPLATE_MAX);
    size_t count = store->templates.count;
    *ret_kept = true;
    if (count < (quiet ? TEMPLATES_QUIET_MAX : TEMPLATES_MAX))
        map_at(&store->templates, text, NULL);
    else
        *ret_kept = map_find(&store->templates, text) != NULL;
    return true;
}

bool keep_write(struct store *store, struct err *err)
{
    size_t count = store->templates.count - store->templates_written;
    if (count == 0)
        return true;
    struct str *texts = mem_resize_array(NULL, count, sizeof *texts);
    for (size_t i = 0; i < count; i++)
        texts[i] = store->templates.entries[store->templates_written + i].key;
    bool ok = roll_add(store, PACK_TEMPLATES, texts, count, err);
    free(texts);
    store->templates_written += count; /* a failure is followed by keep_forget */
    return ok;
}

void keep_forget(struct store *store)
{
    map_reset(&store->templates);
    store->templates_written = 0;
    store->templates_loaded = false;
}

/* ---- Reading --------------------------------------------------------------------------------------------------------- */

static bool list_one(void *context, struct str text)
{
    struct map *texts = context;
    map_at(texts, text, NULL);
    return texts->count < TEMPLATES_MAX;
}

bool store_templates(struct store *store, struct arena *arena, struct str **ret, size_t *ret_count, struct err *err)
{
    struct map texts = {0};
    bool ok = roll_each(store, PACK_TEMPLATES, list_one, &texts, err);
    *ret_count = texts.count;
    *ret = ARENA_ARRAY(arena, struct str, texts.count + 1);
    for (size_t i = 0; i < texts.count; i++)
        (*ret)[i] = arena_str(arena, texts.entries[i].key);
    map_release(&texts);
    return ok;
}
