#include "store/find.h"

#include "store/find_part.h"

bool find_in(const struct find_text *wanted, struct str text)
{
    return (wanted->ignore_case ? str_find_nocase(text, wanted->text) : str_find(text, wanted->text)) != STR_NONE;
}

/* ---- Lines ------------------------------------------------------------------------------------------------------------------ */

static void raise_mark(uint8_t *mark, enum find_mark to)
{
    if (*mark < to)
        *mark = (uint8_t)to;
}

static bool window_holds(struct finder *f, const struct window *window, const struct list *list, uint32_t i)
{
    f->scratch.size = 0;
    if (!buf_add_str(&f->scratch, window->before) || !list_put(&f->block->lister, list, i, &f->scratch) ||
        !buf_add_str(&f->scratch, window->after)) {
        f->damaged = true;
        return false;
    }
    return find_in(f->wanted, buf_str(&f->scratch));
}

/* Marks the records of the column whose text, seen with its neighbours, holds the wanted one: some of them may have other
 * neighbours. */
static void look_through(struct finder *f, const struct window *window)
{
    const struct column *column = &f->block->set->columns[window->column];
    if (!block_need_column(f->block, window->column)) {
        f->damaged = true;
        return;
    }
    const struct list *list = column->list;
    const uint16_t *codes = list->way == WAY_DICT ? find_codes(f, list) : NULL;
    uint8_t *distinct = NULL;
    if (codes) {
        distinct = arena_zalloc(&f->arena, list->dict->distinct);
        for (uint32_t i = 0; i < list->dict->distinct && !f->damaged; i++)
            distinct[i] = window_holds(f, window, list->dict->texts, i);
    }
    for (uint32_t i = 0; i < list->count && !f->damaged; i++)
        if (codes ? distinct[codes[i]] : window_holds(f, window, list, i))
            raise_mark(&f->marks[column->rows[i]], FIND_MAYBE);
}

/* False when there are too many of them to look through. */
static bool add_window(struct finder *f, uint32_t column, struct str before, struct str after)
{
    size_t reach = f->text.size - 1;
    struct window window = {column, str_slice(before, before.size > reach ? before.size - reach : 0, before.size),
                            str_slice(after, 0, reach)};
    for (uint32_t i = 0; i < f->window_count; i++)
        if (f->windows[i].column == column && str_equal(f->windows[i].before, window.before) &&
            str_equal(f->windows[i].after, window.after))
            return true;
    if (f->window_count == FIND_WINDOWS_MAX)
        return false;
    f->windows[f->window_count++] = window;
    look_through(f, &window);
    return true;
}

static const struct piece_look *look_at_piece(struct finder *f, uint32_t piece)
{
    struct piece_look *look = &f->pieces[piece];
    if (look->looked)
        return look;
    struct str literal = f->block->skeletons.pieces[piece].literal;
    *look = (struct piece_look){
        .looked = true,
        .holds = find_in(f->wanted, literal),
        .over_end = (uint8_t)find_reach_over_end(f, literal, false),
        .over_start = (uint8_t)find_reach_over_start(f, literal, false),
    };
    return look;
}

/* What the skeleton says of all its records. */
static enum find_mark look_at_skeleton(struct finder *f, const struct skeleton *skeleton)
{
    const struct skeleton_piece *pieces = f->block->skeletons.pieces;
    enum find_mark mark = FIND_NO;
    if (find_in(f->wanted, skeleton->tail))
        return FIND_YES;
    for (uint32_t p = 0; p < skeleton->count; p++) {
        const struct skeleton_piece *piece = &pieces[skeleton->pieces[p]];
        const struct piece_look *look = look_at_piece(f, skeleton->pieces[p]);
        bool last = p + 1 == skeleton->count;
        struct str next = last ? skeleton->tail : pieces[skeleton->pieces[p + 1]].literal;
        if (look->holds)
            return FIND_YES;
        enum reach before = p == 0 ? find_reach_over_end(f, piece->literal, true) : look->over_end;
        enum reach behind =
            last ? find_reach_over_start(f, next, true) : look_at_piece(f, skeleton->pieces[p + 1])->over_start;
        if (before == REACH_FAR || behind == REACH_FAR)
            mark = FIND_MAYBE;
        else if ((before || behind) && !add_window(f, piece->column, piece->literal, next))
            mark = FIND_MAYBE;
    }
    return mark;
}

static void look_at_skeletons(struct finder *f)
{
    const struct skeletons *s = &f->block->skeletons;
    uint8_t *of_skeleton = arena_alloc(&f->arena, s->count);
    bool any = false;
    for (uint32_t k = 0; k < s->count && !f->damaged; k++)
        any |= (of_skeleton[k] = (uint8_t)look_at_skeleton(f, &s->skeletons[k])) != FIND_NO;
    for (uint32_t slot = 0; any && slot < f->block->slots; slot++)
        raise_mark(&f->marks[slot], of_skeleton[s->of_record[slot]]);
}

bool find_slots(struct block *block, const struct find_text *wanted, uint8_t *marks)
{
    uint32_t columns = block->skeletons.column_count;
    struct finder f = {.block = block, .wanted = wanted, .text = wanted->text, .marks = marks};
    f.scratch = BUF(BLOCK_TEXT_MAX + 2 * wanted->text.size);
    f.column_hits = arena_zalloc(&f.arena, (columns + 1) * sizeof *f.column_hits);
    f.column_looked = arena_zalloc(&f.arena, (columns + 1) * sizeof *f.column_looked);
    f.pieces = arena_zalloc(&f.arena, block->skeletons.piece_count * sizeof *f.pieces);
    for (uint32_t c = 0; c < columns; c++)
        f.hits_max = block->set->columns[c].count > f.hits_max ? block->set->columns[c].count : f.hits_max;
    for (uint32_t c = 0; c < columns && !f.damaged; c++) {
        const uint8_t *hits = find_column_hits(&f, c);
        const struct column *column = &block->set->columns[c];
        for (uint32_t i = 0; hits && i < column->count; i++)
            if (hits[i])
                marks[column->rows[i]] = FIND_YES;
    }
    look_at_skeletons(&f);
    buf_release(&f.scratch);
    arena_release(&f.arena);
    return !f.damaged;
}
