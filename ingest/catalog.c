#include "ingest/catalog.h"

#include <stdlib.h>

#include "base/must.h"

struct catalog_link {
    struct catalog_entry *entry;
    uint64_t next; /* the next older link of the same key + 1, or 0 */
};

void catalog_release(struct catalog *catalog)
{
    map_release(&catalog->by_file);
    map_release(&catalog->by_name);
    map_release(&catalog->by_head);
    free(catalog->links);
    free(catalog->entries);
    arena_release(&catalog->arena);
    *catalog = (struct catalog){0};
}

static void link_add(struct catalog *catalog, struct map *map, struct str key, struct catalog_entry *entry)
{
    if (catalog->link_count == catalog->link_capacity) {
        catalog->link_capacity = catalog->link_capacity ? 2 * catalog->link_capacity : 64;
        catalog->links = mem_resize_array(catalog->links, catalog->link_capacity, sizeof *catalog->links);
    }
    struct map_entry *at = map_at(map, key, NULL);
    catalog->links[catalog->link_count++] = (struct catalog_link){entry, at->value};
    at->value = catalog->link_count;
}

static struct str file_key(const uint64_t file[2])
{
    return str_from((const char *)file, 2 * sizeof file[0]);
}

struct head_key {
    uint64_t size, hash;
};

static struct str head_key(const struct head_key *key)
{
    return str_from((const char *)key, sizeof *key);
}

static void link_head(struct catalog *catalog, struct catalog_entry *entry)
{
    const struct source_state *state = &entry->state;
    if (state->kind == SOURCE_STREAM || state->head_size == 0 || state->head_size > MARK_HEAD_MAX)
        return;
    struct head_key key = {state->head_size, state->head_hash};
    link_add(catalog, &catalog->by_head, head_key(&key), entry);
    catalog->head_sizes[state->head_size]++;
}

static struct catalog_entry *add_entry(struct catalog *catalog)
{
    if (catalog->entry_count == catalog->entry_capacity) {
        catalog->entry_capacity = catalog->entry_capacity ? 2 * catalog->entry_capacity : 64;
        catalog->entries = mem_resize_array(catalog->entries, catalog->entry_capacity, sizeof(struct catalog_entry *));
    }
    return catalog->entries[catalog->entry_count++] = ARENA_NEW(&catalog->arena, struct catalog_entry);
}

/* What an agent sent has the name of a file that is elsewhere, and is known by its cursor. */
static void link_place(struct catalog *catalog, struct catalog_entry *entry)
{
    uint64_t file[2] = {entry->state.device, entry->state.inode};
    if (source_is_agents(&entry->state))
        return;
    link_add(catalog, &catalog->by_file, file_key(file), entry);
    link_add(catalog, &catalog->by_name, entry->state.name, entry);
}

struct catalog_entry *catalog_know(struct catalog *catalog, const struct source_state *state, uint64_t pruned)
{
    struct catalog_entry *entry = add_entry(catalog);
    entry->state = *state;
    entry->state.name = arena_str(&catalog->arena, state->name);
    entry->state.cursor = arena_str(&catalog->arena, state->cursor);
    entry->state.defaults = (struct source_defaults){0};
    catalog_set_defaults(catalog, entry, &state->defaults);
    entry->pruned = pruned;
    if (state->id > catalog->last_id)
        catalog->last_id = state->id;
    link_place(catalog, entry);
    link_head(catalog, entry);
    return entry;
}

bool catalog_load(struct catalog *catalog, struct store *store, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct store_source *sources;
    size_t count;
    if (!store_sources(store, &arena, &sources, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        catalog_know(catalog, &sources[i].state, sources[i].pruned_records);
    return true;
}

static struct catalog_entry *new_entry(struct catalog *catalog, struct str name, enum source_kind kind)
{
    must(catalog->last_id < INT64_MAX);
    struct catalog_entry *entry = add_entry(catalog);
    entry->state = (struct source_state){
        .id = ++catalog->last_id,
        .name = arena_str(&catalog->arena, name),
        .kind = kind,
        .read_us = TIME_NONE,
    };
    struct mark nothing = {0};
    mark_state(&nothing, STR_ABSENT, &entry->state);
    return entry;
}

struct catalog_entry *catalog_new(struct catalog *catalog, struct str name, enum source_kind kind)
{
    struct catalog_entry *entry = new_entry(catalog, name, kind);
    link_add(catalog, &catalog->by_name, entry->state.name, entry);
    return entry;
}

struct catalog_entry *catalog_new_agents(struct catalog *catalog, struct str name, struct str cursor)
{
    struct catalog_entry *entry = new_entry(catalog, name, SOURCE_KAFKA);
    entry->state.cursor = arena_str(&catalog->arena, cursor);
    must(source_is_agents(&entry->state));
    return entry;
}

bool catalog_set_defaults(struct catalog *catalog, struct catalog_entry *entry, const struct source_defaults *defaults)
{
    struct source_defaults *own = &entry->state.defaults;
    if (str_equal(own->service, defaults->service) && str_equal(own->timezone, defaults->timezone) &&
        own->format == defaults->format)
        return false;
    *own = (struct source_defaults){
        .service = arena_str(&catalog->arena, defaults->service),
        .timezone = arena_str(&catalog->arena, defaults->timezone),
        .format = defaults->format,
    };
    if (own->timezone.data != NULL)
        (void)clock_zone_load(own->timezone.data); /* one the system no longer knows is not used */
    return true;
}

void catalog_set_file(struct catalog *catalog, struct catalog_entry *entry, uint64_t device, uint64_t inode)
{
    if (entry->state.device == device && entry->state.inode == inode)
        return;
    entry->state.device = device;
    entry->state.inode = inode;
    /* The link under the old key stays; catalog_with_file looks at the state itself. */
    uint64_t file[2] = {device, inode};
    link_add(catalog, &catalog->by_file, file_key(file), entry);
}

void catalog_refresh(struct catalog *catalog)
{
    map_reset(&catalog->by_file);
    map_reset(&catalog->by_name);
    map_reset(&catalog->by_head);
    memset(catalog->head_sizes, 0, sizeof catalog->head_sizes);
    catalog->link_count = 0;
    for (size_t i = 0; i < catalog->entry_count; i++) {
        catalog->entries[i]->at_home = false;
        link_place(catalog, catalog->entries[i]);
        link_head(catalog, catalog->entries[i]);
    }
}

void catalog_with_file(const struct catalog *catalog, uint64_t device, uint64_t inode,
                       void (*visit)(void *context, struct catalog_entry *), void *context)
{
    uint64_t file[2] = {device, inode};
    const struct map_entry *at = map_find(&catalog->by_file, file_key(file));
    for (uint64_t link = at ? at->value : 0; link != 0; link = catalog->links[link - 1].next) {
        struct catalog_entry *entry = catalog->links[link - 1].entry;
        if (entry->state.device == device && entry->state.inode == inode)
            visit(context, entry);
    }
}

uint64_t catalog_lines(const struct catalog_entry *entry)
{
    uint64_t lines = entry->state.lines + entry->state.pending_lines;
    return lines > entry->pruned ? lines - entry->pruned : 0;
}

static void note_known(void *context, struct catalog_entry *entry)
{
    (void)entry;
    *(bool *)context = true;
}

bool catalog_has_file(const struct catalog *catalog, uint64_t device, uint64_t inode)
{
    bool known = false;
    catalog_with_file(catalog, device, inode, note_known, &known);
    return known;
}

bool catalog_visit_name(const struct catalog *catalog, struct str name,
                        bool (*visit)(void *context, struct catalog_entry *), void *context)
{
    const struct map_entry *at = map_find(&catalog->by_name, name);
    for (uint64_t link = at ? at->value : 0; link != 0; link = catalog->links[link - 1].next)
        if (!visit(context, catalog->links[link - 1].entry))
            return false;
    return true;
}

void catalog_with_name(const struct catalog *catalog, struct str name,
                       void (*visit)(void *context, struct catalog_entry *), void *context)
{
    const struct map_entry *at = map_find(&catalog->by_name, name);
    for (uint64_t link = at ? at->value : 0; link != 0; link = catalog->links[link - 1].next)
        visit(context, catalog->links[link - 1].entry);
}

void catalog_with_head(struct catalog *catalog, uint32_t size, uint64_t hash,
                       bool (*visit)(void *context, struct catalog_entry *), void *context)
{
    struct head_key key = {size, hash};
    struct map_entry *at = map_find(&catalog->by_head, head_key(&key));
    uint64_t *from = at ? &at->value : NULL;
    while (from != NULL && *from != 0) {
        struct catalog_link *link = &catalog->links[*from - 1];
        if (link->entry->claimed || link->entry->at_home)
            *from = link->next;
        else if (visit(context, link->entry))
            from = &link->next;
        else
            return;
    }
}
