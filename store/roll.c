#include "store/roll.h"

#include "base/must.h"
#include "base/scope.h"

struct loading {
    struct map *texts;
    size_t count_max;
};

static bool load_one(void *context, struct str text)
{
    struct loading *loading = context;
    map_at(loading->texts, text, NULL);
    return loading->texts->count < loading->count_max;
}

bool roll_load(struct store *store, enum pack_kind kind, size_t count_max, struct roll *roll, struct err *err)
{
    struct loading loading = {&roll->texts, count_max};
    if (roll->loaded)
        return true;
    if (!roll_each(store, kind, load_one, &loading, err))
        return false;
    roll->written = roll->texts.count;
    roll->loaded = true;
    return true;
}

static void add_text(struct buf *row, struct str text)
{
    must(text.size <= ROLL_TEXT_MAX);
    buf_add_varint(row, text.size);
    buf_add_str(row, text);
}

bool roll_write(struct store *store, enum pack_kind kind, struct roll *roll, struct err *err)
{
    SCOPED(arena) arena = {0};
    SCOPED(buf) row = BUF(PACK_TEXT_MAX);
    struct pack_row last;
    if (roll->written == roll->texts.count)
        return true;
    if (!pack_last(store, kind, &arena, &last, err))
        return false;
    if (last.number == PACK_NUMBER_MAX) /* none of ours: that many are never written */
        return pack_damaged(store, kind, last.number, err);
    int64_t number = last.number;
    buf_add_str(&row, last.text);
    for (bool first = true; roll->written < roll->texts.count; first = false) {
        if (row.size >= ROLL_ROW_BYTES) {
            if (!first && !pack_write(store, kind, number, buf_str(&row), err))
                return false;
            buf_reset(&row);
            number++;
        }
        add_text(&row, roll->texts.entries[roll->written++].key); /* a failure is followed by roll_forget */
    }
    must(!row.full);
    return pack_write(store, kind, number, buf_str(&row), err);
}

void roll_forget(struct roll *roll)
{
    map_reset(&roll->texts);
    roll->written = 0;
    roll->loaded = false;
}

bool roll_each(struct store *store, enum pack_kind kind, bool (*visit)(void *context, struct str text), void *context,
               struct err *err)
{
    SCOPED(arena) arena = {0};
    for (int64_t from = 0; from <= PACK_NUMBER_MAX;) {
        struct pack_row row;
        if (!pack_next(store, kind, from, &arena, &row, err))
            return false;
        if (row.text.data == NULL)
            return true;
        while (row.text.size > 0) {
            uint64_t size;
            if (!str_take_varint(&row.text, &size) || size > row.text.size || size > ROLL_TEXT_MAX)
                return pack_damaged(store, kind, row.number, err);
            if (!visit(context, str_slice(row.text, 0, size)))
                return true;
            row.text = str_slice(row.text, size, row.text.size);
        }
        from = row.number + 1;
        arena_reset(&arena);
    }
    return true;
}
