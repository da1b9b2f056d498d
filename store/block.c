#include "store/block.h"

#include <stdlib.h>

#include "base/must.h"

void block_release(struct block *block)
{
    buf_release(&block->text);
    codec_reader_release(&block->reader);
    lister_release(&block->lister);
    arena_release(&block->arena);
    free(block->set);
    *block = (struct block){0};
}

bool block_damaged(const struct block *block, const char *what, struct err *err)
{
    return err_set(err, ERR_CORRUPT, 0, "block %lld is damaged: %s", (long long)block->id, what);
}

/* ---- The header ------------------------------------------------------------------------------------------------------ */

static bool take_group(struct block *block, uint32_t group, struct pool_reader *ret)
{
    for (unsigned p = 0; p < POOL_COUNT; p++)
        if (!codec_reader_take(&block->reader, block_stream(group, p), &block->arena, &ret->rest[p]))
            return false;
    return true;
}

static bool take_runs(struct block *block)
{
    uint64_t runs;
    if (!pool_take_varint(&block->header, &runs) || runs == 0 || runs > block->slots)
        return false;
    block->runs = ARENA_ARRAY(&block->arena, struct batch_run, runs);
    uint32_t covered = 0;
    for (block->run_count = 0; block->run_count < runs; block->run_count++) {
        int64_t source;
        uint64_t count, offset;
        if (!pool_take_zigzag(&block->header, &source) || !pool_take_varint(&block->header, &count) ||
            !pool_take_varint(&block->header, &offset) || count == 0 || count > block->slots - covered)
            return false;
        block->runs[block->run_count] = (struct batch_run){
            .source = source,
            .first = covered,
            .count = (uint32_t)count,
            .offset = offset,
            .end = offset,
            .reference_us = TIME_NONE,
        };
        covered += (uint32_t)count;
    }
    return covered == block->slots;
}

/* The bytes of the shared pools are dealt out to the columns in order. */
static bool take_places(struct block *block)
{
    uint32_t count = block->skeletons.column_count + 1;
    size_t dealt[POOL_COUNT] = {0};
    block->places = arena_zalloc(&block->arena, count * sizeof *block->places);
    for (uint32_t i = 0; i < count; i++) {
        struct block_place *place = &block->places[i];
        struct str bits;
        if (!pool_take(&block->header, POOL_META, 2, &bits))
            return false;
        place->own = (uint8_t)bits.data[0];
        for (unsigned p = 0; p < POOL_COUNT; p++) {
            uint64_t size = 0;
            if ((uint8_t)bits.data[1] & 1u << p && !pool_take_varint(&block->header, &size))
                return false;
            if (size > block->common.rest[p].size - dealt[p] || (size > 0 && place->own & 1u << p))
                return false;
            place->offset[p] = dealt[p];
            place->size[p] = (size_t)size;
            dealt[p] += (size_t)size;
        }
    }
    for (unsigned p = 0; p < POOL_COUNT; p++)
        if (dealt[p] != block->common.rest[p].size)
            return false;
    return true;
}

/* ---- Columns ------------------------------------------------------------------------------------------------------------ */

bool block_column_pool(struct block *block, uint32_t column, enum pool pool, struct str *ret)
{
    const struct block_place *place = &block->places[column];
    if (place->own & 1u << pool)
        return codec_reader_take(&block->reader, block_stream(column, pool), &block->arena, ret);
    *ret = str_slice(block->common.rest[pool], place->offset[pool], place->offset[pool] + place->size[pool]);
    return true;
}

bool block_need_column(struct block *block, uint32_t index)
{
    struct column *column = &block->set->columns[index];
    if (column->list)
        return true;
    struct pool_reader in = {0};
    bool sound = !block->is_broken;
    for (unsigned p = 0; p < POOL_COUNT && sound; p++)
        sound = block_column_pool(block, index, p, &in.rest[p]);
    sound = sound && column_open(block->set, index, &in, &block->arena) && pool_all_read(&in);
    if (!sound)
        column->list = NULL;
    block->is_broken = !sound; /* what is damaged is not tried again and again */
    return sound;
}

static bool need_column(void *context, uint32_t index)
{
    return block_need_column(context, index);
}

/* The columns of each skeleton whose rows are their own, one behind the other: those of skeleton k end at ends[k]. */
static uint32_t *rows_owners(const struct skeletons *s, const uint32_t *first, uint32_t *ends, struct arena *arena)
{
    uint32_t total = 0, at = 0;
    for (uint32_t k = 0; k < s->count; k++)
        total += s->skeletons[k].count;
    uint32_t *owners = ARENA_ARRAY(arena, uint32_t, total);
    for (uint32_t k = 0; k < s->count; k++) {
        const struct skeleton *skeleton = &s->skeletons[k];
        for (uint32_t p = 0; p < skeleton->count; p++) {
            uint32_t c = s->pieces[skeleton->pieces[p]].column;
            if (first[c] == c)
                owners[at++] = c;
        }
        ends[k] = at;
    }
    return owners;
}

/* Which columns stand in some line twice: *ret_twice is zeroed, one byte each. */
static void note_twice(const struct skeletons *s, uint8_t *ret_twice, struct arena *arena)
{
    uint32_t *last = arena_zalloc(arena, s->column_count * sizeof *last);
    for (uint32_t k = 0; k < s->count; k++) {
        for (uint32_t p = 0; p < s->skeletons[k].count; p++) {
            uint32_t c = s->pieces[s->skeletons[k].pieces[p]].column;
            ret_twice[c] |= last[c] == k + 1;
            last[c] = k + 1;
        }
    }
}

/* Which slots have a value in which column. Those that have one in every slot share the marks' rows, which count up. */
static void place_rows(struct block *block)
{
    const struct skeletons *s = &block->skeletons;
    struct column *columns = block->set->columns;
    uint32_t *first = ARENA_ARRAY(&block->arena, uint32_t, s->column_count);
    uint32_t *ends = ARENA_ARRAY(&block->arena, uint32_t, s->count);
    uint32_t **next = ARENA_ARRAY(&block->arena, uint32_t *, s->column_count + 1);
    uint8_t *twice = arena_zalloc(&block->arena, s->column_count);
    uint32_t *all = ARENA_ARRAY(&block->arena, uint32_t, block->slots);
    for (uint32_t slot = 0; slot < block->slots; slot++)
        all[slot] = slot;
    skeletons_group(s, first, &block->arena);
    note_twice(s, twice, &block->arena);
    for (uint32_t c = 0; c < s->column_count; c++) {
        bool dense = s->columns[c].count == block->slots && !twice[c];
        if (dense)
            first[c] = UINT32_MAX;
        else if (first[c] == c)
            next[c] = ARENA_ARRAY(&block->arena, uint32_t, s->columns[c].count);
        columns[c] =
            (struct column){.rows = dense ? all : next[first[c]], .count = s->columns[c].count, .dense = dense};
    }
    columns[s->column_count] = (struct column){.rows = all, .count = block->slots, .dense = true};
    const uint32_t *owners = rows_owners(s, first, ends, &block->arena);
    for (uint32_t slot = 0; slot < block->slots; slot++) {
        uint32_t k = s->of_record[slot];
        for (uint32_t i = k ? ends[k - 1] : 0; i < ends[k]; i++)
            *next[owners[i]]++ = slot;
    }
}

void block_prepare_columns(struct block *block)
{
    if (block->is_prepared)
        return;
    block->is_prepared = true;
    if (block->set == NULL)
        block->set = mem_alloc(sizeof *block->set);
    block->set->count = block->skeletons.column_count + 1;
    block->set->values_left = COLUMN_VALUES_MAX;
    block->set->need = need_column;
    block->set->context = block;
    lister_reset(&block->lister, &block->arena);
    place_rows(block);
}

bool block_begin(struct block *block, const struct block_row *row, struct err *err)
{
    codec_reader_release(&block->reader);
    arena_reset(&block->arena);
    block->id = row->id;
    block->first_record = row->first_record;
    block->slots = row->slots;
    block->records = row->records;
    block->is_prepared = block->is_decoded = block->is_open = block->has_text = block->has_all_text = false;
    block->is_broken = false;
    block->offsets = NULL;
    block->where = (struct block_offsets){0};
    block->starts = NULL;
    block->cursors = NULL;
    if (row->codec != BLOCK_CODEC)
        return err_set(err, ERR_VERSION, 0, "block %lld has codec %lu, which this winnow does not know: upgrade winnow",
                       (long long)row->id, (unsigned long)row->codec);
    if (row->slots == 0 || row->slots > BATCH_RECORDS_MAX || row->body.size > BLOCK_BODY_MAX)
        return block_damaged(block, "its size is beyond the limits", err);
    if (!codec_reader_init(&block->reader, row->directory, row->body, BLOCK_RAW_MAX, &block->arena))
        return block_damaged(block, "its directory of streams is wrong", err);
    if (!take_group(block, BLOCK_HEADER, &block->header) || !take_group(block, BLOCK_COMMON, &block->common))
        return block_damaged(block, "its header does not inflate", err);
    if (!take_runs(block))
        return block_damaged(block, "its runs are wrong", err);
    if (!skeletons_decode(&block->header, block->slots, &block->skeletons, &block->arena) || !take_places(block))
        return block_damaged(block, "its skeletons are wrong", err);
    return true;
}

bool block_decode(struct block *block, const struct block_row *row, struct err *err)
{
    return block_begin(block, row, err) && block_decode_marks(block, err);
}

void block_open(struct block *block)
{
    if (block->is_open)
        return;
    block_prepare_columns(block);
    block->cursors = arena_zalloc(&block->arena, block->set->count * sizeof *block->cursors);
    block->is_open = true;
}

/* ---- The text ------------------------------------------------------------------------------------------------------------- */

/* Which value comes next; a column that stands twice in a line has two values there. */
static inline uint32_t next_value(struct block *block, uint32_t c, uint32_t slot)
{
    struct block_cursor *cursor = &block->cursors[c];
    if (cursor->turn != block->turn) {
        cursor->turn = block->turn;
        const struct column *column = &block->set->columns[c];
        if (cursor->at >= column->count || column->rows[cursor->at] != slot ||
            (cursor->at > 0 && column->rows[cursor->at - 1] == slot))
            cursor->at = column_find(column, slot);
    }
    return cursor->at++;
}

static inline const struct skeleton *skeleton_of(const struct block *block, uint32_t slot)
{
    return &block->skeletons.skeletons[block->skeletons.of_record[slot]];
}

/* A column's texts; NULL when they are damaged. */
static inline const struct list *list_of(struct block *block, uint32_t c)
{
    const struct column *column = &block->set->columns[c];
    return column->list || block_need_column(block, c) ? column->list : NULL;
}

static inline bool put_literal(struct buf *out, struct str literal)
{
    if (out->capacity - out->size <= literal.size && !buf_reserve(out, literal.size))
        return false;
    if (literal.size > 0)
        memcpy(out->data + out->size, literal.data, literal.size);
    out->size += literal.size;
    return true;
}

static bool put_slot(struct block *block, uint32_t slot, struct buf *out)
{
    const struct skeleton_piece *pieces = block->skeletons.pieces;
    const struct skeleton *skeleton = skeleton_of(block, slot);
    size_t start = out->size;
    block->turn++;
    for (uint32_t p = 0; p < skeleton->count; p++) {
        const struct skeleton_piece *piece = &pieces[skeleton->pieces[p]];
        const struct list *list = list_of(block, piece->column);
        if (!list || !put_literal(out, piece->literal) ||
            !list_put(&block->lister, list, next_value(block, piece->column, slot), out))
            return false;
    }
    return put_literal(out, skeleton->tail) && (out->size == start || !block_is_hole(block, slot));
}

bool block_slot_text(struct block *block, uint32_t slot, struct buf *out, struct err *err)
{
    must(block->is_open && block->is_decoded && slot < block->slots);
    return put_slot(block, slot, out) || block_damaged(block, "the text of a record is wrong", err);
}

bool block_decode_slots(struct block *block, const uint8_t *wanted, struct err *err)
{
    must(block->is_open && block->is_decoded);
    block->has_text = block->has_all_text = false;
    block->text.size_max = BLOCK_TEXT_MAX;
    buf_reset(&block->text);
    if (!block->starts)
        block->starts = ARENA_ARRAY(&block->arena, uint32_t, block->slots + 1);
    for (uint32_t i = 0; i < block->slots; i++) {
        block->starts[i] = (uint32_t)block->text.size;
        if ((!wanted || wanted[i]) && !put_slot(block, i, &block->text))
            return block_damaged(block, "the text of a record is wrong", err);
    }
    block->starts[block->slots] = (uint32_t)block->text.size;
    block->has_text = true;
    block->has_all_text = !wanted;
    return true;
}

bool block_slot_size(struct block *block, uint32_t slot, uint64_t *ret)
{
    const struct skeleton *skeleton = skeleton_of(block, slot);
    *ret = skeleton->literal_size;
    block->turn++;
    for (uint32_t p = 0; p < skeleton->count; p++) {
        uint32_t c = block->skeletons.pieces[skeleton->pieces[p]].column;
        const struct list *list = list_of(block, c);
        size_t size;
        if (!list || !list_size(&block->lister, list, next_value(block, c, slot), &size))
            return false;
        *ret += size;
    }
    return true;
}

bool block_decode_text(struct block *block, struct err *err)
{
    block_open(block);
    return (block->has_all_text || block_decode_slots(block, NULL, err)) && block_decode_offsets(block, err);
}

/* ---- Asking -------------------------------------------------------------------------------------------------------- */

const struct batch_run *block_run_of(const struct block *block, uint32_t slot)
{
    must(slot < block->slots);
    uint32_t low = 0, high = block->run_count;
    while (high - low > 1) { /* runs[low].first <= slot < runs[high].first */
        uint32_t middle = low + (high - low) / 2;
        if (block->runs[middle].first <= slot)
            low = middle;
        else
            high = middle;
    }
    return &block->runs[low];
}

void block_record_of(const struct block *block, uint32_t slot, struct str raw, struct scan_record *ret)
{
    must(slot < block->slots && !block_is_hole(block, slot));
    *ret = (struct scan_record){
        .number = block->first_record + slot,
        .source = block_run_of(block, slot)->source,
        .record =
            {
                .raw = raw,
                .offset = block->offsets ? block->offsets[slot] : 0,
                .time_us = block->times[slot],
                .flags = block->flags[slot] & (uint8_t)~BLOCK_NO_TIME,
                .level = block->levels[slot],
                .kinds = block->kinds[slot],
                .format = block->formats[slot],
            },
    };
}

void block_record(const struct block *block, uint32_t slot, struct scan_record *ret)
{
    must(block->has_text);
    block_record_of(block, slot, str_slice(buf_str(&block->text), block->starts[slot], block->starts[slot + 1]), ret);
}
