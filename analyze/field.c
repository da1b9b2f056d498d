#include "analyze/field.h"

#include <stdlib.h>

#include "analyze/field_load.h"
#include "analyze/table.h"
#include "base/mem.h"

struct field_table {
    struct field_paths own; /* a user's; tried before the built-in ones, table_fields */
};

static enum field entry_field(uint64_t entry)
{
    return (enum field)(entry & 0xff);
}
static enum unit entry_unit(uint64_t entry)
{
    return (enum unit)(entry >> 8 & 0xff);
}
static uint32_t entry_rank(uint64_t entry)
{
    return (uint32_t)(entry >> 16);
}

struct field_table *field_table_new(struct str extra, const char *extra_name, struct err *err)
{
    struct field_table *table = mem_alloc(sizeof *table);
    if (!extra.data || field_load(&table->own, extra, extra_name, err))
        return table;
    field_table_free(table);
    return NULL;
}

void field_table_free(struct field_table *table)
{
    if (!table)
        return;
    map_release(&table->own.map);
    free(table);
}

static bool find_exact(const struct field_table *table, struct str path, uint64_t *ret_entry)
{
    const struct map_entry *entry = map_find(&table->own.map, path);
    if (entry)
        *ret_entry = entry->value;
    return entry || table_find(&table_fields, path, ret_entry);
}

static bool find_path(const struct field_table *table, struct str path, uint64_t *ret_entry)
{
    if (find_exact(table, path, ret_entry))
        return true;
    for (size_t i = path.size; i > 0; i--) {
        if (path.data[i - 1] != '.')
            continue;
        char wild[128];
        size_t key_size = path.size - i;
        if (key_size > sizeof wild - 2)
            return false;
        memcpy(wild, "*.", 2);
        memcpy(wild + 2, path.data + i, key_size);
        return find_exact(table, str_from(wild, key_size + 2), ret_entry);
    }
    return false;
}

void field_table_resolve(const struct field_table *table, struct shape_slot *slots, uint32_t count,
                         int16_t ret_first[FIELD_COUNT])
{
    uint32_t *ranks = mem_alloc(sizeof *ranks * (count + 1));
    for (size_t i = 0; i < FIELD_COUNT; i++)
        ret_first[i] = -1;
    for (uint32_t i = 0; i < count; i++) {
        slots[i].field = FIELD_COUNT;
        slots[i].next = -1;
        uint64_t entry;
        if (slots[i].kind == SLOT_JSON || !find_path(table, slots[i].path, &entry))
            continue;
        slots[i].field = (uint8_t)entry_field(entry);
        slots[i].unit = (uint8_t)entry_unit(entry);
        ranks[i] = entry_rank(entry);
        int16_t *link = &ret_first[slots[i].field];
        while (*link >= 0 && ranks[*link] < ranks[i])
            link = &slots[*link].next;
        slots[i].next = *link;
        *link = (int16_t)i;
    }
    free(ranks);
}
