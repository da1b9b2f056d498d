#include "analyze/pattern_set.h"

#include <stdlib.h>

#include "analyze/like.h"
#include "base/must.h"

/* Shorter needles are in too many lines to be worth looking for. */
enum { NEEDLE_BYTES_MIN = 4 };

/* A pattern that says less holds anything. */
enum { HOLDING_LETTERS_MIN = 8 };

static const struct str id_other = {"other", 5}, id_none = {"none", 4}, text_none = {"(no message)", 12};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void pattern_set_free(struct pattern_set *set)
{
    if (!set)
        return;
    patterns_free(set->mined);
    map_release(&set->places);
    map_release(&set->ids);
    free(set->letters);
    free(set);
}

/* ---- Loading ----------------------------------------------------------------------------------------------------- */

static uint32_t first_byte(struct str text)
{
    return text.size > 0 ? (unsigned char)text.data[0] : 0;
}

static uint32_t count_letters(struct str text)
{
    uint32_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += is_letter(text.data[i]);
    return count;
}

static void weigh(struct pattern_set *set)
{
    set->letters = mem_resize_array(set->letters, set->mined->count + 1, sizeof *set->letters);
    for (uint32_t i = 0; i < set->mined->count; i++) {
        struct str text = set->mined->items[i].text;
        set->letters[i] = str_find(text, STR("<*>")) == STR_NONE ? 0 : count_letters(text);
    }
}

static void name_patterns(struct pattern_set *set)
{
    map_reset(&set->ids);
    for (uint32_t i = 0; i < set->mined->count; i++)
        map_at(&set->ids, str_of(set->mined->items[i].id), NULL)->value = i;
    set->none = set->mined->count;
    set->other = set->mined->count + 1;
    set->count = set->mined->count + 2;
    map_at(&set->ids, id_none, NULL)->value = set->none;
    map_at(&set->ids, id_other, NULL)->value = set->other;
}

/* All templates there are; their patterns are mined unless these are they. */
static void mine(struct pattern_set *set, struct str mined)
{
    struct str *templates = mem_alloc((set->places.count + 1) * sizeof *templates);
    for (size_t i = 0; i < set->places.count; i++)
        templates[i] = set->places.entries[i].key;
    patterns_free(set->mined);
    set->mined = patterns_unpack(mined, templates, set->places.count);
    if (!set->mined)
        set->mined = patterns_new(templates, set->places.count);
    free(templates);
    for (size_t i = 0; i < set->places.count; i++)
        set->places.entries[i].value = set->mined->of[i];
    name_patterns(set);
    for (uint32_t i = 0, byte = 0; byte <= UINT8_MAX + 1; byte++) {
        while (i < set->mined->count && first_byte(set->mined->items[i].text) < byte)
            i++;
        set->begins[byte] = i;
    }
    weigh(set);
    set->generation++;
}

static void add(struct pattern_set *set, const struct str *templates, size_t count, struct str mined)
{
    size_t before = set->places.count;
    for (size_t i = 0; i < count; i++)
        map_at(&set->places, templates[i], NULL);
    if (set->places.count > before || !set->mined)
        mine(set, mined);
}

void pattern_set_add(struct pattern_set *set, const struct str *templates, size_t count)
{
    add(set, templates, count, STR_ABSENT);
}

struct pattern_set *pattern_set_unpack(const struct str *templates, size_t count, struct str mined)
{
    struct pattern_set *set = mem_alloc(sizeof *set);
    add(set, templates, count, mined);
    return set;
}

struct pattern_set *pattern_set_new(const struct str *templates, size_t count)
{
    return pattern_set_unpack(templates, count, STR_ABSENT);
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

/* One word, or several with commas between them, since a run of variables is one. */
static bool is_list(struct str value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] == ' ' && (i == 0 || value.data[i - 1] != ','))
            return false;
    return true;
}

/* May these stand in the place of variables? A path does as a whole, but no part of one. */
static bool are_values(const struct str *values, int count)
{
    for (int i = 0; i < count; i++) {
        bool path = values[i].size > 0 && values[i].data[0] == '/';
        if (!is_list(values[i]) || (!path && str_find_char(values[i], '/') != STR_NONE))
            return false;
    }
    return true;
}

/* The pattern that says most of those whose text holds a template that was not kept. */
static uint32_t holding(const struct pattern_set *set, struct str template)
{
    const uint32_t bytes[] = {first_byte(template), '<'};
    uint32_t best = set->other, most = HOLDING_LETTERS_MIN - 1;
    for (size_t b = 0; b < sizeof bytes / sizeof *bytes; b++) {
        for (uint32_t i = set->begins[bytes[b]]; i < set->begins[bytes[b] + 1]; i++) {
            struct str values[LIKE_WORDS_MAX];
            if (set->letters[i] <= most)
                continue;
            int count = like_values(set->mined->items[i].text, template, values, LIKE_WORDS_MAX);
            if (count > 0 && are_values(values, count)) {
                best = i;
                most = set->letters[i];
            }
        }
    }
    return best;
}

/* set->count when the template was not kept. */
static uint32_t find(const struct pattern_set *set, struct str template)
{
    if (!template.data)
        return set->none;
    const struct map_entry *entry = map_find(&set->places, template);
    return entry ? (uint32_t)entry->value : set->count;
}

uint32_t pattern_set_of(const struct pattern_set *set, struct str template)
{
    uint32_t pattern = find(set, template);
    return pattern < set->count ? pattern : holding(set, template);
}

bool pattern_set_has(const struct pattern_set *set, struct str template)
{
    return find(set, template) < set->count;
}

uint32_t pattern_set_find(const struct pattern_set *set, struct str id)
{
    char text[PATTERN_ID_SIZE];
    const struct map_entry *entry = map_find(&set->ids, id);
    for (size_t i = 0; !entry && i < set->places.count; i++)
        if (str_equal(id, str_of(pattern_id(set->places.entries[i].key, text))))
            entry = &set->places.entries[i];
    return entry ? (uint32_t)entry->value : set->count;
}

static bool is_plain(char c)
{
    return is_letter(c) || c == '_';
}

static bool all_hold(const struct pattern_set *set, const struct pattern *pattern, struct str text)
{
    for (uint32_t i = 0; i < pattern->member_count; i++)
        if (str_find(set->places.entries[pattern->members[i]].key, text) == STR_NONE)
            return false;
    return true;
}

struct str pattern_set_needle(const struct pattern_set *set, uint32_t pattern)
{
    struct str longest = str_from(NULL, NEEDLE_BYTES_MIN - 1);
    if (pattern >= set->mined->count)
        return STR_ABSENT;
    const struct pattern *item = &set->mined->items[pattern];
    for (size_t from = 0; from < item->text.size;) {
        size_t to = from;
        while (to < item->text.size && is_plain(item->text.data[to]))
            to++;
        struct str run = str_slice(item->text, from, to);
        if (run.size > longest.size && all_hold(set, item, run))
            longest = run;
        from = to + 1;
    }
    return longest.data ? longest : STR_ABSENT;
}
