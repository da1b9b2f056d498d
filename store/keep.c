#include "store/keep.h"

#include "base/must.h"
#include "store/fact.h"
#include "store/roll.h"

bool keep_template(struct store *store, struct str template, bool quiet, bool *ret_kept, struct err *err)
{
    if (!roll_load(store, PACK_TEMPLATES, TEMPLATES_MAX, &store->templates, err))
        return false;
    struct str text = fact_cut(template, FACT_TEMPLATE_MAX);
    struct map *texts = &store->templates.texts;
    *ret_kept = true;
    if (texts->count < (quiet ? TEMPLATES_QUIET_MAX : TEMPLATES_MAX))
        map_at(texts, text, NULL);
    else
        *ret_kept = map_find(texts, text) != NULL;
    return true;
}

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
