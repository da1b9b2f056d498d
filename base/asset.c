#include "base/asset.h"

#include "base/must.h"

/* The generated table, sorted by name; a row with a NULL name ends it. Each content has a NUL behind it that its size
 * does not count. */
struct asset_row {
    const char *name;
    const char *begin, *end;
};
extern const struct asset_row asset_rows[];
extern const size_t asset_row_count;

size_t asset_count(void)
{
    return asset_row_count;
}

struct asset asset_at(size_t index)
{
    must(index < asset_row_count);
    const struct asset_row *row = &asset_rows[index];
    return (struct asset){row->name, {row->begin, (size_t)(row->end - row->begin)}};
}

struct str asset_get(const char *name)
{
    size_t low = 0;
    size_t high = asset_row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(asset_rows[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    must(low < asset_row_count && strcmp(asset_rows[low].name, name) == 0);
    return asset_at(low).content;
}
