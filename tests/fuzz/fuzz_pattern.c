/* Any bytes as messages, a line each, or several at a NUL: equal sketches are equal templates, each template is in one pattern, and the set in another order
 * gives the same patterns. */
#include <stdlib.h>

#include "analyze/analyze.h"
#include "base/map.h"
#include "base/must.h"

enum { MESSAGES_MAX = 200 };

static struct str cut_message(struct str *rest)
{
    bool several = str_find_char(*rest, '\0') != STR_NONE;
    return str_cut(rest, several ? '\0' : '\n');
}

static void check_sketch(struct map *sketches, struct str message, uint64_t template)
{
    uint64_t sketch = template_sketch(message);
    bool is_new;
    struct map_entry *entry = map_at(sketches, str_from((const char *)&sketch, sizeof sketch), &is_new);
    if (is_new)
        entry->value = template;
    must(entry->value == template);
}

static void check_patterns(const struct str *templates, size_t count)
{
    struct str backwards[MESSAGES_MAX];
    for (size_t i = 0; i < count; i++)
        backwards[i] = templates[count - 1 - i];
    SCOPED_FREE(patterns) *one = patterns_new(templates, count), *other = patterns_new(backwards, count);
    must(one->count == other->count && one->count <= count);
    uint32_t members = 0;
    for (uint32_t p = 0; p < one->count; p++) {
        must(str_equal(one->items[p].text, other->items[p].text));
        members += one->items[p].member_count;
    }
    must(members == count);
    for (size_t i = 0; i < count; i++)
        must(one->of[i] == other->of[count - 1 - i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(arena) arena = {0};
    SCOPED(map) known = {0};
    SCOPED(map) sketches = {0};
    struct str templates[MESSAGES_MAX];
    size_t count = 0;
    for (struct str rest = str_from((const char *)data, size); rest.data && count < MESSAGES_MAX;) {
        struct str message = cut_message(&rest);
        struct str template = template_of(message, &arena);
        must(template.data && template.size <= 1024);
        bool is_new;
        struct map_entry *entry = map_at(&known, template, &is_new);
        if (is_new)
            templates[count++] = template;
        check_sketch(&sketches, message, (uint64_t)(entry - known.entries));
    }
    check_patterns(templates, count);
    return 0;
}
