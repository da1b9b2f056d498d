#include "store/block.h"

#include "base/must.h"

/* What a judge sees of a block (the door tells). */

struct scan_block scan_block_of(struct block *block)
{
    return (struct scan_block){
        .first_record = block->first_record,
        .slots = block->slots,
        .skeleton_count = block->skeletons.count,
        .column_count = block->skeletons.column_count,
        .skeletons = block->skeletons.of_record,
        .flags = block->flags,
        .levels = block->levels,
        .kinds = block->kinds,
        .formats = block->formats,
        .times = block->times,
        .inside = block,
    };
}

int64_t scan_block_source(const struct scan_block *block, uint32_t slot, uint32_t *ret_end)
{
    const struct batch_run *run = block_run_of(block->inside, slot);
    *ret_end = run->first + run->count;
    return run->source;
}

uint32_t scan_block_pieces(const struct scan_block *block, uint32_t skeleton)
{
    return block->inside->skeletons.skeletons[skeleton].count;
}

struct scan_piece scan_block_piece(const struct scan_block *block, uint32_t skeleton, uint32_t index)
{
    const struct skeletons *s = &block->inside->skeletons;
    const struct skeleton_piece *piece = &s->pieces[s->skeletons[skeleton].pieces[index]];
    return (struct scan_piece){piece->literal, piece->column, s->columns[piece->column].kind};
}

struct str scan_block_tail(const struct scan_block *block, uint32_t skeleton)
{
    return block->inside->skeletons.skeletons[skeleton].tail;
}

/* ---- Codes ---------------------------------------------------------------------------------------------------------- */

/* Does the list say "same" of one that is no such list itself? Else what refers to what may refer again, at every step twice. */
static bool is_simple_same(const struct list *list)
{
    const struct list *other = list->same->other->list, *own = list->same->own;
    return (other->count == 0 || other->way != WAY_SAME) && (own->count == 0 || own->way != WAY_SAME);
}

/* A dictionary has codes already, equal texts need one; a SAME has those of the other list, its own ones behind them. Any other
 * text is its own code. */
static uint32_t code_count(const struct list *list)
{
    switch (list->count ? list->way : 0) {
    case 0:
        return 0;
    case WAY_ONE:
        return 1;
    case WAY_DICT:
        return list->dict->distinct;
    case WAY_SAME:
        return is_simple_same(list) ? code_count(list->same->other->list) + code_count(list->same->own) : list->count;
    default:
        return list->count;
    }
}

/* The code of each text. NULL when the list is damaged. */
static const uint32_t *codes_of(struct block *block, const struct list *list);

static bool take_same(struct block *block, const struct list *list, uint32_t *ret)
{
    const struct list *from = list->same->other->list;
    const uint32_t *other = codes_of(block, from), *own = codes_of(block, list->same->own);
    const uint32_t *places = list_places(&block->arena, list->same);
    uint32_t behind = code_count(from);
    for (uint32_t i = 0; other && own && places && i < list->count; i++)
        ret[i] = places[i] & LIST_OWN ? own[places[i] & ~LIST_OWN] + behind : other[places[i]];
    return other && own && places;
}

static const uint32_t *codes_of(struct block *block, const struct list *list)
{
    uint32_t *codes = ARENA_ARRAY(&block->arena, uint32_t, list->count + 1);
    uint8_t way = list->count ? list->way : 0;
    if (way == WAY_SAME && is_simple_same(list))
        return take_same(block, list, codes) ? codes : NULL;
    const uint16_t *coded = way == WAY_DICT ? list_codes(&block->arena, list->dict) : NULL;
    if (way == WAY_DICT && coded == NULL)
        return NULL;
    for (uint32_t i = 0; i < list->count; i++)
        codes[i] = coded ? coded[i] : way == WAY_ONE ? 0 : i;
    return codes;
}

/* A slot that has two values of the column has no one code. */
static const uint32_t *codes_by_slot(struct block *block, const struct column *column, const uint32_t *codes)
{
    if (column->dense)
        return codes;
    uint32_t *by_slot = ARENA_ARRAY(&block->arena, uint32_t, block->slots);
    memset(by_slot, 0xff, block->slots * sizeof *by_slot);
    for (uint32_t i = 0; i < column->count; i++) {
        uint32_t *code = &by_slot[column->rows[i]];
        *code = *code == SCAN_CODE_NONE ? codes[i] : SCAN_CODE_SEVERAL;
    }
    return by_slot;
}

bool scan_block_codes(const struct scan_block *block, uint32_t column, const uint32_t **ret_codes, uint32_t *ret_count)
{
    struct block *inside = block->inside;
    must(column < block->column_count);
    if (!block_need_column(inside, column))
        return false;
    const struct column *of = &inside->set->columns[column];
    const uint32_t *codes = codes_of(inside, of->list);
    if (codes == NULL)
        return false;
    *ret_codes = codes_by_slot(inside, of, codes);
    *ret_count = code_count(of->list);
    return true;
}

bool scan_block_text(const struct scan_block *block, uint32_t column, uint32_t code, struct buf *out)
{
    struct block *inside = block->inside;
    must(column < block->column_count);
    if (!block_need_column(inside, column))
        return false;
    const struct list *list = inside->set->columns[column].list;
    must(code < code_count(list));
    if (list->way == WAY_SAME && is_simple_same(list)) {
        const struct list *other = list->same->other->list;
        uint32_t behind = code_count(other);
        list = code < behind ? other : list->same->own;
        code = code < behind ? code : code - behind;
    }
    return list_put(&inside->lister, list->way == WAY_DICT ? list->dict->texts : list, code, out);
}

/* ---- Beginnings ----------------------------------------------------------------------------------------------------- */

static bool begins(struct str text, struct str bytes)
{
    return text.size > 0 && memchr(bytes.data, text.data[0], bytes.size) != NULL;
}

/* Sets a flag for each text of the list, not only for each code, that may begin with one of the bytes. */
static void flag_texts(struct block *block, const struct list *list, struct str bytes, uint8_t *flags);

/* Where a variable is empty, what stands behind it begins the text. */
static void flag_split(struct block *block, const struct list *list, struct str bytes, uint8_t *flags)
{
    for (uint32_t t = 0; t < list->split.template_count; t++) {
        const struct list_template *template = &list->split.templates[t];
        bool fixed = template->variables == 0 || template->literals[0].size > 0;
        if (template->count == 0 || (fixed && !begins(template->literals[0], bytes)))
            continue;
        uint8_t *found = arena_alloc(&block->arena, template->count);
        memset(found, fixed, template->count);
        if (!fixed)
            flag_texts(block, &template->lists[0], bytes, found);
        for (uint32_t i = 0; i < template->count; i++)
            flags[template->texts[i]] = found[i];
    }
}

static void flag_each(const struct list *list, struct str bytes, uint8_t *flags)
{
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t from = i ? list->raw.ends[i - 1] : 0;
        struct str text = str_from(list->raw.data + from, list->raw.ends[i] - from);
        flags[i] = text.size == 0 || begins(text, bytes);
    }
}

static void flag_texts(struct block *block, const struct list *list, struct str bytes, uint8_t *flags)
{
    memset(flags, 0, list->count);
    switch (list->count ? list->way : 0) {
    case 0:
    case WAY_TYPED:
        return;
    case WAY_ONE:
        memset(flags, list->one.size == 0 || begins(list->one, bytes), list->count);
        return;
    case WAY_RAW:
        flag_each(list, bytes, flags);
        return;
    case WAY_SPLIT:
        flag_split(block, list, bytes, flags);
        return;
    case WAY_DICT: {
        const uint16_t *codes = list_codes(&block->arena, list->dict);
        uint8_t *distinct = arena_alloc(&block->arena, list->dict->distinct);
        flag_texts(block, list->dict->texts, bytes, distinct);
        for (uint32_t i = 0; i < list->count; i++)
            flags[i] = codes == NULL || distinct[codes[i]];
        return;
    }
    default:
        memset(flags, 1, list->count);
    }
}

bool scan_block_begins(const struct scan_block *block, uint32_t column, struct str bytes, const uint8_t **ret_flags)
{
    struct block *inside = block->inside;
    struct str meta, text;
    *ret_flags = NULL;
    must(column < block->column_count);
    if (!block_column_pool(inside, column, POOL_META, &meta) || !block_column_pool(inside, column, POOL_TEXT, &text))
        return false;
    if (!column_may_begin(meta, text, bytes))
        return true;
    if (!block_need_column(inside, column))
        return false;
    const struct list *list = inside->set->columns[column].list;
    uint8_t *flags = arena_alloc(&inside->arena, code_count(list) + 1);
    if (list->count > 0 && list->way == WAY_SAME)
        memset(flags, 1, code_count(list));
    else if (list->count > 0 && list->way == WAY_DICT)
        flag_texts(inside, list->dict->texts, bytes, flags);
    else if (list->count > 0 && list->way == WAY_ONE)
        flags[0] = begins(list->one, bytes);
    else
        flag_texts(inside, list, bytes, flags);
    *ret_flags = flags;
    return true;
}
