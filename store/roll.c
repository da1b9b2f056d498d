#include "store/roll.h"

#include "base/must.h"
#include "base/scope.h"

bool roll_add(struct store *store, enum pack_kind kind, const struct str *texts, size_t count, struct err *err)
{
    SCOPED(arena) arena = {0};
    SCOPED(buf) text = BUF(PACK_TEXT_MAX);
    struct pack_row last;
    if (count == 0)
        return true;
    if (!pack_last(store, kind, &arena, &last, err))
        return false;
    if (last.number == PACK_NUMBER_MAX) /* none of ours: that many are never written */
        return pack_damaged(store, kind, last.number, err);
    int64_t number = last.number;
    buf_add_str(&text, last.text);
    for (size_t i = 0; i < count; i++) {
        must(texts[i].size <= ROLL_TEXT_MAX);
        if (text.size >= ROLL_ROW_BYTES) {
            if (i > 0 && !pack_write(store, kind, number, buf_str(&text), err))
                return false;
            buf_reset(&text);
            number++;
        }
        buf_add_varint(&text, texts[i].size);
        buf_add_str(&text, texts[i]);
    }
    must(!text.full);
    return pack_write(store, kind, number, buf_str(&text), err);
}

bool roll_each(struct store *store, enum pack_kind kind, bool (*visit)(void *context, struct str text), void *context,
               struct err *err)
{
    SCOPED(arena) arena = {0};
    for (int64_t from = 0;;) {
        struct pack_row row;
        if (!pack_next(store, kind, from, PACK_NUMBER_MAX, &arena, &row, err))
            return false;
        if (row.text.data == NULL)
            return true;
        while (row.text.size > 0) {
            uint64_t size;
            if (!str_take_varint(&row.text, &size) || size > row.text.size)
                return pack_damaged(store, kind, row.number, err);
            if (!visit(context, str_slice(row.text, 0, size)))
                return true;
            row.text = str_slice(row.text, size, row.text.size);
        }
        if (row.number == PACK_NUMBER_MAX)
            return true;
        from = row.number + 1;
        arena_reset(&arena);
    }
}
