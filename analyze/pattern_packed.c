/* Patterns packed, to be remembered:
 *
 *     8 bytes   little-endian, of which templates and which version of mining they are
 *     varint    how many patterns
 *     for each pattern, in the order of their texts:
 *         varint  size of its text + 1, its bytes; 0 when it is the text of its one template
 *     for each template: varint the index of its pattern */
#include "analyze/pattern_mine.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/must.h"

enum { KEY_SIZE = 8 };

/* WINNOW_MINING tells the sources of mining apart: what another version has packed may not be what this one would mine. */
static uint64_t key_of(const struct str *templates, size_t count)
{
    uint64_t key = hash_mix(WINNOW_MINING, count);
    for (size_t i = 0; i < count; i++)
        key = hash_bytes(templates[i].data, templates[i].size, key);
    return key;
}

void patterns_pack(const struct patterns *patterns, const struct str *templates, size_t count, struct buf *out)
{
    uint64_t key = key_of(templates, count);
    for (unsigned i = 0; i < KEY_SIZE; i++)
        buf_add_char(out, (char)(key >> 8 * i & 0xff));
    buf_add_varint(out, patterns->count);
    for (uint32_t i = 0; i < patterns->count; i++) {
        const struct pattern *pattern = &patterns->items[i];
        bool own = pattern->member_count == 1 && str_equal(pattern->text, templates[pattern->members[0]]);
        buf_add_varint(out, own ? 0 : pattern->text.size + 1);
        buf_add_str(out, own ? STR("") : pattern->text);
    }
    for (size_t i = 0; i < count; i++)
        buf_add_varint(out, patterns->of[i]);
}

struct unpacking {
    struct str rest;
    const struct str *templates;
    size_t count;
    struct arena *arena;
    struct pattern *items;
    uint32_t item_count;
    uint32_t *of;
};

static bool take_key(struct unpacking *u)
{
    uint64_t key = key_of(u->templates, u->count);
    for (unsigned i = 0; i < KEY_SIZE; i++)
        if (i >= u->rest.size || (unsigned char)u->rest.data[i] != (key >> 8 * i & 0xff))
            return false;
    u->rest = str_slice(u->rest, KEY_SIZE, u->rest.size);
    return true;
}

/* A text that is absent is that of the pattern's one template. */
static bool take_items(struct unpacking *u)
{
    uint64_t item_count;
    if (!str_take_varint(&u->rest, &item_count) || item_count > u->count)
        return false;
    u->item_count = (uint32_t)item_count;
    u->items = arena_zalloc(u->arena, (item_count + 1) * sizeof *u->items);
    for (uint32_t i = 0; i < item_count; i++) {
        uint64_t size;
        if (!str_take_varint(&u->rest, &size) || size > u->rest.size + 1)
            return false;
        if (size == 0)
            continue;
        u->items[i].text = arena_str(u->arena, str_slice(u->rest, 0, size - 1));
        u->rest = str_slice(u->rest, size - 1, u->rest.size);
    }
    return true;
}

static bool take_members(struct unpacking *u)
{
    u->of = ARENA_ARRAY(u->arena, uint32_t, u->count + 1);
    for (size_t i = 0; i < u->count; i++) {
        uint64_t item;
        if (!str_take_varint(&u->rest, &item) || item >= u->item_count)
            return false;
        u->of[i] = (uint32_t)item;
        u->items[item].member_count++;
    }
    uint32_t *members = ARENA_ARRAY(u->arena, uint32_t, u->count + 1), *next = members;
    for (uint32_t i = 0; i < u->item_count; i++) {
        u->items[i].members = next;
        next += u->items[i].member_count;
    }
    for (uint32_t i = (uint32_t)u->count; i-- > 0;)
        members[u->items[u->of[i]].members - members + --u->items[u->of[i]].member_count] = i;
    return u->rest.size == 0;
}

/* What taking the members has left: each pattern's first place, which tells how many it has. */
static bool finish(struct unpacking *u)
{
    for (uint32_t i = 0; i < u->item_count; i++) {
        struct pattern *item = &u->items[i];
        const uint32_t *end = i + 1 < u->item_count ? u->items[i + 1].members : u->items[0].members + u->count;
        item->member_count = (uint32_t)(end - item->members);
        if (item->member_count == 0 || (item->text.data == NULL && item->member_count > 1))
            return false;
        if (item->text.data == NULL)
            item->text = arena_str(u->arena, u->templates[item->members[0]]);
        if (i > 0 && str_compare(u->items[i - 1].text, item->text) >= 0)
            return false;
        pattern_id(item->text, item->id);
    }
    return true;
}

struct patterns *patterns_unpack(struct str packed, const struct str *templates, size_t count)
{
    must(count < UINT32_MAX);
    struct patterns_whole *whole = mem_alloc(sizeof *whole);
    struct unpacking u = {.rest = packed, .templates = templates, .count = count, .arena = &whole->arena};
    if (take_key(&u) && take_items(&u) && take_members(&u) && finish(&u)) {
        whole->patterns = (struct patterns){.items = u.items, .count = u.item_count, .of = u.of};
        return &whole->patterns;
    }
    patterns_free(&whole->patterns);
    return NULL;
}
