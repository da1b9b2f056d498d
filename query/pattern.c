#include "query/pattern.h"

#include <stdlib.h>

#include "base/must.h"

/* Shorter needles are in too many lines to be worth looking for. */
enum { NEEDLE_BYTES_MIN = 4 };

static const struct str id_other = {"other", 5}, id_none = {"none", 4}, text_none = {"(no message)", 12};

void pattern_set_free(struct pattern_set *set)
{
    if (!set)
        return;
    patterns_free(set->mined);
    map_release(&set->places);
    map_release(&set->ids);
    free(set);
}

/* ---- Loading ----------------------------------------------------------------------------------------------------- */

/* A file that is not ours may hold a template twice. */
static void take(struct pattern_set *set, struct str *templates, size_t count)
{
    size_t distinct = 0;
    bool is_new;
    patterns_free(set->mined);
    map_reset(&set->places);
    map_reset(&set->ids);
    for (size_t i = 0; i < count; i++) {
        map_at(&set->places, templates[i], &is_new);
        if (is_new)
            templates[distinct++] = templates[i];
    }
    set->mined = patterns_new(templates, distinct);
    for (size_t i = 0; i < distinct; i++)
        set->places.entries[i].value = set->mined->of[i];
    for (uint32_t i = 0; i < set->mined->count; i++)
        map_at(&set->ids, str_of(set->mined->items[i].id), NULL)->value = i;
    set->none = set->mined->count;
    set->other = set->mined->count + 1;
    set->count = set->mined->count + 2;
    map_at(&set->ids, id_none, NULL)->value = set->none;
    map_at(&set->ids, id_other, NULL)->value = set->other;
    set->generation++;
}

/* What is there stays when nothing came. */
static bool load(struct pattern_set *set, struct err *err)
{
    struct arena arena = {0};
    struct str *templates;
    size_t count;
    bool loaded = store_last_number(set->store, &set->newest, err) &&
                  store_templates(set->store, &arena, &templates, &count, err);
    if (loaded && (!set->mined || count > set->taken)) {
        set->taken = count;
        take(set, templates, count);
    }
    arena_release(&arena);
    return loaded;
}

struct pattern_set *pattern_set_new(struct store *store, bool live, struct err *err)
{
    struct pattern_set *set = mem_alloc(sizeof *set);
    set->store = store;
    set->live = live;
    if (load(set, err))
        return set;
    pattern_set_free(set);
    return NULL;
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

struct str pattern_set_id(const struct pattern_set *set, uint32_t pattern)
{
    must(pattern < set->count);
    return pattern == set->other ? id_other : pattern == set->none ? id_none : str_of(set->mined->items[pattern].id);
}

struct str pattern_set_text(const struct pattern_set *set, uint32_t pattern)
{
    must(pattern < set->count);
    return pattern == set->other ? id_other : pattern == set->none ? text_none : set->mined->items[pattern].text;
}

struct str pattern_key(uint32_t pattern, struct arena *arena)
{
    const unsigned char bytes[] = {(unsigned char)(pattern >> 24), (unsigned char)(pattern >> 16),
                                   (unsigned char)(pattern >> 8), (unsigned char)pattern};
    return arena_str(arena, str_from((const char *)bytes, sizeof bytes));
}

uint32_t pattern_of_key(struct str key)
{
    uint32_t pattern = 0;
    must(key.size == 4);
    for (size_t i = 0; i < key.size; i++)
        pattern = pattern << 8 | (unsigned char)key.data[i];
    return pattern;
}

uint32_t pattern_set_of(const struct pattern_set *set, struct str template)
{
    if (!template.data)
        return set->none;
    const struct map_entry *entry = map_find(&set->places, template);
    return entry ? (uint32_t)entry->value : set->other;
}

bool pattern_set_resolve(struct pattern_set *set, struct str id, uint32_t *ret_pattern, struct err *err)
{
    char text[PATTERN_ID_SIZE];
    *ret_pattern = set->count;
    const struct map_entry *entry = map_find(&set->ids, id);
    for (size_t i = 0; !entry && i < set->places.count; i++)
        if (str_equal(id, str_of(pattern_id(set->places.entries[i].key, text))))
            entry = &set->places.entries[i];
    if (entry) {
        *ret_pattern = (uint32_t)entry->value;
        return true;
    }
    struct arena arena = {0};
    struct str template;
    bool asked = store_pattern_known(set->store, id, &arena, &template, err);
    if (asked && template.data)
        *ret_pattern = pattern_set_of(set, template);
    arena_release(&arena);
    return asked;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The longest run of letters. */
static struct str needle_of(struct str template)
{
    struct str longest = STR_ABSENT;
    for (size_t from = 0; from < template.size;) {
        size_t to = from;
        while (to < template.size && is_plain(template.data[to]))
            to++;
        if (to - from > longest.size)
            longest = str_slice(template, from, to);
        from = to + 1;
    }
    return longest.size >= NEEDLE_BYTES_MIN ? longest : STR_ABSENT;
}

size_t pattern_set_needles(const struct pattern_set *set, uint32_t pattern, struct arena *arena,
                           const struct str **ret_needles)
{
    if (pattern >= set->mined->count || set->mined->items[pattern].member_count > PATTERN_NEEDLES_MAX)
        return 0;
    const struct pattern *items = &set->mined->items[pattern];
    struct str *needles = ARENA_ARRAY(arena, struct str, items->member_count);
    for (uint32_t i = 0; i < items->member_count; i++) {
        struct str needle = needle_of(set->places.entries[items->members[i]].key);
        if (!needle.data)
            return 0;
        needles[i] = arena_str(arena, needle);
    }
    *ret_needles = needles;
    return items->member_count;
}

/* ---- Records ----------------------------------------------------------------------------------------------------- */

struct pattern_memo_slot {
    uint64_t sketch;
    uint32_t pattern; /* + 1; 0: free */
};

void pattern_memo_release(struct pattern_memo *memo)
{
    free(memo->slots);
    *memo = (struct pattern_memo){0};
}

/* Looks for new templates, if anything was stored since that was done last. */
static bool load_again(struct pattern_set *set)
{
    struct err ignored = {0};
    uint64_t newest;
    uint32_t generation = set->generation;
    if (!set->live || !store_last_number(set->store, &newest, &ignored) || newest == set->newest)
        return false;
    return load(set, &ignored) && set->generation != generation;
}

static uint32_t find_out(struct pattern_memo *memo, const struct record *rec, struct arena *arena)
{
    struct str template = record_template(rec, arena);
    uint32_t pattern = pattern_set_of(memo->set, template);
    if (pattern == memo->set->other && load_again(memo->set))
        pattern = pattern_set_of(memo->set, template);
    return pattern;
}

uint32_t pattern_memo_of(struct pattern_memo *memo, const struct record *rec, struct arena *arena)
{
    bool one_line = rec->shape && rec->shape->literals; /* then the message alone makes the template */
    struct str message = one_line ? record_field(rec, FIELD_MESSAGE, arena) : STR_ABSENT;
    if (!message.data)
        return find_out(memo, rec, arena);
    if (!memo->slots || memo->generation != memo->set->generation) {
        free(memo->slots);
        memo->slots = mem_alloc(PATTERN_MEMO_SLOTS * sizeof *memo->slots);
        memo->generation = memo->set->generation;
    }
    uint64_t sketch = template_sketch(message);
    struct pattern_memo_slot *slot = &memo->slots[sketch % PATTERN_MEMO_SLOTS];
    if (slot->pattern == 0 || slot->sketch != sketch) {
        uint32_t pattern = find_out(memo, rec, arena);
        if (memo->generation != memo->set->generation)
            return pattern; /* the memo is emptied by the next call */
        *slot = (struct pattern_memo_slot){sketch, pattern + 1};
    }
    return slot->pattern - 1;
}

struct str pattern_memo_id(struct pattern_memo *memo, const struct record *rec, struct arena *arena)
{
    return memo ? pattern_set_id(memo->set, pattern_memo_of(memo, rec, arena)) : STR_ABSENT;
}
