/* Sequences become patterns, in the order of their texts. */
#include <stdlib.h>
#include <string.h>

#include "analyze/pattern_mine.h"

struct group {
    struct str text;
    uint32_t *members;
    uint32_t count;
};

static int by_text(const void *a, const void *b)
{
    return str_compare(((const struct group *)a)->text, ((const struct group *)b)->text);
}

static int by_index(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Groups with the same text become one; returns how many are left. */
static uint32_t unite_equal(struct group *groups, uint32_t count, struct arena *arena)
{
    qsort(groups, count, sizeof *groups, by_text);
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct group *before = left > 0 ? &groups[left - 1] : NULL;
        if (!before || !str_equal(before->text, groups[i].text)) {
            groups[left++] = groups[i];
            continue;
        }
        uint32_t *members = ARENA_ARRAY(arena, uint32_t, before->count + groups[i].count);
        memcpy(members, before->members, before->count * sizeof *members);
        memcpy(members + before->count, groups[i].members, groups[i].count * sizeof *members);
        before->members = members;
        before->count += groups[i].count;
        qsort(members, before->count, sizeof *members, by_index);
    }
    return left;
}

static uint32_t make_groups(struct miner *m, struct group *groups, struct arena *arena)
{
    size_t count = m->cutting.template_count;
    uint32_t group_count = m->sequence_count, *members = ARENA_ARRAY(arena, uint32_t, count), next = 0;
    for (size_t i = 0; i < count; i++) {
        if (m->of[i] == NO_SEQUENCE)
            m->of[i] = group_count++;
        groups[m->of[i]].count++;
    }
    for (uint32_t g = 0; g < group_count; g++) {
        groups[g].members = members + next;
        next += groups[g].count;
        groups[g].count = 0;
    }
    for (uint32_t i = 0; i < count; i++)
        groups[m->of[i]].members[groups[m->of[i]].count++] = i;
    SCOPED(buf) text = BUF(1 << 20);
    for (uint32_t g = 0; g < group_count; g++) {
        buf_reset(&text);
        pattern_text(&m->cutting, groups[g].members, groups[g].count, &text);
        groups[g].text = arena_str(arena, buf_str(&text));
    }
    return unite_equal(groups, group_count, arena);
}

void group_patterns(struct miner *m, struct arena *arena, struct patterns *ret)
{
    size_t count = m->cutting.template_count;
    struct group *groups = arena_zalloc(&m->arena, (count + 1) * sizeof *groups);
    uint32_t group_count = make_groups(m, groups, arena);
    struct pattern *items = ARENA_ARRAY(arena, struct pattern, group_count);
    uint32_t *of = ARENA_ARRAY(arena, uint32_t, count);
    for (uint32_t g = 0; g < group_count; g++) {
        items[g] =
            (struct pattern){.text = groups[g].text, .members = groups[g].members, .member_count = groups[g].count};
        pattern_id(groups[g].text, items[g].id);
        for (uint32_t i = 0; i < groups[g].count; i++)
            of[groups[g].members[i]] = g;
    }
    *ret = (struct patterns){.items = items, .count = group_count, .of = of};
}
