#include "query/top.h"

#include <stdlib.h>

#include "base/mem.h"

void top_release(struct top *top)
{
    map_release(&top->names);
    map_release(&top->others);
    free(top->rows);
    *top = (struct top){0};
}

static struct top_row *row_of(struct top *top, struct str name)
{
    static const struct str none = {"\0none", 5};
    struct str key = name.data ? str_slice(name, 0, TOP_NAME_BYTES_MAX) : none;
    struct map_entry *entry = map_find(&top->names, key);
    if (entry)
        return &top->rows[entry->value];
    if (top->names.count == TOP_NAMES_MAX)
        return NULL;
    entry = map_at(&top->names, key, NULL);
    entry->value = top->names.count - 1;
    if (entry->value == top->capacity) {
        top->capacity = top->capacity ? top->capacity * 2 : 64;
        top->rows = mem_resize_array(top->rows, top->capacity, sizeof *top->rows);
    }
    top->rows[entry->value] =
        (struct top_row){.name = name.data ? entry->key : STR_ABSENT, .first_us = TIME_NONE, .last_us = TIME_NONE};
    return &top->rows[entry->value];
}

/* The pair is new: its row's number and the other's name make its key. */
static bool is_new_pair(struct top *top, const struct top_row *row, struct str other)
{
    char key[sizeof(uint32_t) + 256];
    uint32_t number = (uint32_t)(row - top->rows);
    other = str_slice(other, 0, sizeof key - sizeof number);
    memcpy(key, &number, sizeof number);
    if (other.size > 0)
        memcpy(key + sizeof number, other.data, other.size);
    struct str pair = str_from(key, sizeof number + other.size);
    bool fresh = false;
    if (top->others.count < TOP_NAMES_MAX)
        map_at(&top->others, pair, &fresh);
    return fresh;
}

void top_add(struct top *top, struct str name, uint64_t count, int64_t time_us, struct str other)
{
    struct top_row *row = row_of(top, name);
    top->total += count;
    if (!row) {
        top->beyond += count;
        return;
    }
    row->count += count;
    if (time_us != TIME_NONE) {
        row->first_us = row->first_us == TIME_NONE || time_us < row->first_us ? time_us : row->first_us;
        row->last_us = time_us > row->last_us ? time_us : row->last_us;
    }
    if (other.size > 0)
        row->others += is_new_pair(top, row, other);
}

static int by_count(const void *a, const void *b)
{
    const struct top_row *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return str_compare(x->name, y->name);
}

void top_sort(struct top *top, size_t first)
{
    struct top_row *rows = top->rows;
    size_t sorted = 0;
    for (size_t i = 0; i < top->names.count && first > 0; i++) {
        struct top_row row = rows[i];
        if (sorted == first && by_count(&row, &rows[sorted - 1]) >= 0)
            continue;
        size_t at = sorted == first ? sorted - 1 : sorted++;
        rows[i] = rows[at]; /* the last of them falls behind, if there are enough; else this is row i itself */
        for (; at > 0 && by_count(&row, &rows[at - 1]) < 0; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
}
