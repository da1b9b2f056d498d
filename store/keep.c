#include "store/keep.h"

#include "store/fact.h"
#include "store/roll.h"

/* An entry's value tells whether this process has met the template. */

bool keep_template(struct store *store, struct str template, bool *ret_kept, struct err *err)
{
    if (!roll_load(store, PACK_TEMPLATES, TEMPLATES_MAX, &store->templates, err))
        return false;
    struct str text = fact_cut(template, FACT_TEMPLATE_MAX);
    struct map *texts = &store->templates.texts;
    *ret_kept = texts->count < TEMPLATES_MAX ? map_at(texts, text, NULL) != NULL : map_find(texts, text) != NULL;
    return true;
}

/* How many an origin has is counted as they are met, those kept before among them, so that it does not matter which of several
 * analyzers, each of which stops at that many, has told one. */
static void keep_quiet(struct store *store, const struct batch_template *template)
{
    struct str text = fact_cut(template->text, FACT_TEMPLATE_MAX);
    struct map *texts = &store->templates.texts;
    uint32_t *met = &store->origins[template->origin];
    bool room = *met < TEMPLATES_ORIGIN_MAX && texts->count < TEMPLATES_QUIET_MAX;
    struct map_entry *entry = room ? map_at(texts, text, NULL) : map_find(texts, text);
    if (entry == NULL || entry->value != 0)
        return;
    entry->value = 1;
    *met += *met < TEMPLATES_ORIGIN_MAX;
}

bool keep_batch(struct store *store, const struct batch *batch, struct err *err)
{
    const struct batch_told *told = &batch->told;
    if (told->template_count == 0)
        return true;
    if (!roll_load(store, PACK_TEMPLATES, TEMPLATES_MAX, &store->templates, err))
        return false;
    if (store->origins == NULL)
        store->origins = mem_alloc(TEMPLATE_ORIGINS * sizeof *store->origins);
    for (uint32_t i = 0; i < told->template_count; i++)
        keep_quiet(store, &told->templates[i]);
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
