#include "analyze/table.h"

int table_order(struct str a, struct str b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size ? memcmp(a.data, b.data, size) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

bool table_find(const struct table *table, struct str text, uint64_t *ret_value)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct table_row *row = &table->rows[middle];
        int order = table_order(str_from(table->texts + row->at, row->size), text);
        if (order == 0) {
            *ret_value = row->value;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
