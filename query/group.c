#include "query/group.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"

/* An encoded key: for each field 0 when it is absent, else its size + 1 and its bytes. */

void group_init(struct group *group, size_t key_count)
{
    must(key_count >= 1 && key_count <= GROUP_KEYS_MAX);
    *group =
        (struct group){.key_count = key_count, .encoded = BUF((size_t)GROUP_KEYS_MAX * (GROUP_KEY_BYTES_MAX + 10))};
}

void group_release(struct group *group)
{
    for (size_t i = 0; i < group->map.count; i++)
        map_release(&group->rows[i].services);
    free(group->rows);
    map_release(&group->map);
    buf_release(&group->encoded);
    *group = (struct group){0};
}

static struct group_row *new_row(struct group *group, struct map_entry *entry)
{
    if (group->map.count > group->capacity) {
        group->capacity = group->capacity ? group->capacity * 2 : 64;
        group->rows = mem_resize_array(group->rows, group->capacity, sizeof *group->rows);
    }
    entry->value = group->map.count - 1;
    struct group_row *row = &group->rows[entry->value];
    *row = (struct group_row){.first_us = TIME_NONE, .last_us = TIME_NONE, .key = entry->key};
    return row;
}

struct group_row *group_add_all(struct group *group, const struct str *keys, uint64_t count, int64_t first_us,
                                int64_t last_us, uint64_t latest, struct err *err)
{
    struct buf *encoded = &group->encoded;
    buf_reset(encoded);
    for (size_t i = 0; i < group->key_count; i++) {
        struct str key = str_slice(keys[i], 0, GROUP_KEY_BYTES_MAX);
        buf_add_varint(encoded, keys[i].data ? key.size + 1 : 0);
        buf_add_str(encoded, key);
    }
    must(!encoded->full);
    bool fresh;
    if (group->map.count == GROUP_ROWS_MAX && !map_find(&group->map, buf_str(encoded))) {
        err_set(err, ERR_LIMIT, 0, "more than %d different values to count; choose fewer lines or another --by",
                GROUP_ROWS_MAX);
        return NULL;
    }
    struct map_entry *entry = map_at(&group->map, buf_str(encoded), &fresh);
    struct group_row *row = fresh ? new_row(group, entry) : &group->rows[entry->value];
    row->count += count;
    if (fresh || last_us > row->last_us || (last_us == row->last_us && latest > row->latest))
        row->latest = latest;
    if (last_us != TIME_NONE) {
        row->last_us = last_us > row->last_us ? last_us : row->last_us;
        row->first_us = row->first_us == TIME_NONE || first_us < row->first_us ? first_us : row->first_us;
    }
    return row;
}

struct group_row *group_add(struct group *group, const struct str *keys, int64_t time_us, uint64_t number,
                            struct err *err)
{
    return group_add_all(group, keys, 1, time_us, time_us, number, err);
}

struct str group_key(const struct group_row *row, size_t index)
{
    struct str rest = row->key;
    for (size_t i = 0;; i++) {
        uint64_t size;
        bool read = str_take_varint(&rest, &size);
        must(read && size <= rest.size + 1);
        if (i == index)
            return size == 0 ? STR_ABSENT : str_slice(rest, 0, size - 1);
        rest = str_slice(rest, size == 0 ? 0 : size - 1, rest.size);
    }
}

/* Keys are compared field by field as text; an absent one comes last. */
static int compare_keys(const struct group_row *a, const struct group_row *b)
{
    struct str rest_a = a->key, rest_b = b->key;
    while (rest_a.size > 0 && rest_b.size > 0) {
        uint64_t size_a, size_b;
        bool read = str_take_varint(&rest_a, &size_a) && str_take_varint(&rest_b, &size_b);
        must(read);
        if ((size_a == 0) != (size_b == 0))
            return size_a == 0 ? 1 : -1;
        if (size_a == 0)
            continue;
        int order = str_compare(str_slice(rest_a, 0, size_a - 1), str_slice(rest_b, 0, size_b - 1));
        if (order)
            return order;
        rest_a = str_slice(rest_a, size_a - 1, rest_a.size);
        rest_b = str_slice(rest_b, size_b - 1, rest_b.size);
    }
    return 0;
}

static int by_count(const void *a, const void *b)
{
    const struct group_row *left = a, *right = b;
    int order = (left->count < right->count) - (left->count > right->count);
    return order ? order : compare_keys(left, right);
}

void group_sort(struct group *group)
{
    if (group->map.count > 1)
        qsort(group->rows, group->map.count, sizeof *group->rows, by_count);
}
