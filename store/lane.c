#include "store/lane.h"

#include "store/block.h"

/* Where the next value of a column goes. */
struct lane {
    struct str *value;
    uint32_t *row; /* NULL: another column of the same records has them */
    char *at;      /* short values are copied here, */
    size_t left;   /* while so many bytes are left */
};

enum { LANE_STEP = 16, LANE_SHORT = 64, LANE_BYTES = 16 << 10 };

/* Short values are copied, so that those of a column lie side by side: each column is walked through more than once, and in the
 * raw text its values are a line of the cache or more apart. Those that end before this may be copied in whole steps. */
static inline struct str lane_value(struct lane *lane, struct str value, const char *steps_end, struct arena *arena)
{
    if (value.size == 0 || value.size > LANE_SHORT)
        return value;
    if (lane->left < value.size) {
        lane->at = arena_alloc(arena, LANE_BYTES + LANE_STEP);
        lane->left = LANE_BYTES;
    }
    char *to = lane->at;
    if (value.data + value.size > steps_end)
        bytes_copy(to, value.data, value.size);
    else /* what stands behind the value is written over */
        for (size_t at = 0; at < value.size; at += LANE_STEP)
            memcpy(to + at, value.data + at, LANE_STEP);
    lane->at += value.size;
    lane->left -= value.size;
    return str_from(to, value.size);
}

static struct lane *make_lanes(struct column_set *set, const struct skeletons *s, struct arena *arena)
{
    struct lane *lanes = ARENA_ARRAY(arena, struct lane, s->column_count);
    uint32_t *first = ARENA_ARRAY(arena, uint32_t, s->column_count);
    skeletons_group(s, first, arena);
    for (uint32_t i = 0; i < s->column_count; i++) {
        uint32_t count = s->columns[i].count;
        lanes[i] = (struct lane){.value = ARENA_ARRAY(arena, struct str, count)};
        lanes[i].row = first[i] == i ? ARENA_ARRAY(arena, uint32_t, count) : NULL;
        set->columns[i] = (struct column){
            .values = lanes[i].value,
            .rows = first[i] == i ? lanes[i].row : set->columns[first[i]].rows,
            .count = count,
        };
    }
    return lanes;
}

static inline void gather_value(struct lane *lane, struct str value, uint32_t row)
{
    *lane->value++ = value;
    if (lane->row)
        *lane->row++ = row;
}

static void gather_slots(struct lane *lanes, const uint32_t *lane_of_piece, const struct skeleton *skeleton,
                         const struct record *rec, uint32_t row, struct arena *arena)
{
    const uint32_t *pieces = skeleton->pieces, count = skeleton->count;
    const struct str *slots = rec->slots;
    const char *steps_end = rec->raw.data + (rec->raw.size < LANE_STEP ? 0 : rec->raw.size - LANE_STEP);
    for (uint32_t p = 0; p < count; p++) {
        struct lane *lane = &lanes[lane_of_piece[pieces[p]]];
        gather_value(lane, lane_value(lane, slots[p], steps_end, arena), row);
    }
}

void lanes_gather(struct column_set *set, const struct skeletons *s, const struct batch *batch, struct arena *arena)
{
    struct lane *lanes = make_lanes(set, s, arena);
    uint32_t *lane_of_piece = ARENA_ARRAY(arena, uint32_t, s->piece_count);
    for (uint32_t p = 0; p < s->piece_count; p++)
        lane_of_piece[p] = s->pieces[p].column;
    for (uint32_t i = 0; i < batch->record_count; i++) {
        const struct record *rec = &batch->records[i];
        const struct skeleton *skeleton = &s->skeletons[s->of_record[i]];
        if (skeleton->whole)
            gather_value(&lanes[lane_of_piece[skeleton->pieces[0]]], rec->flags & RECORD_TAIL ? STR("") : rec->raw, i);
        else
            gather_slots(lanes, lane_of_piece, skeleton, rec, i, arena);
    }
}

void lanes_gather_marks(struct column *column, const struct batch *batch, struct arena *arena)
{
    column->values = ARENA_ARRAY(arena, struct str, batch->record_count);
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, batch->record_count);
    char *marks = arena_alloc(arena, (size_t)batch->record_count * BLOCK_MARK_SIZE);
    for (uint32_t i = 0; i < batch->record_count; i++) {
        const struct record *rec = &batch->records[i];
        char *mark = marks + (size_t)i * BLOCK_MARK_SIZE;
        bool no_time = rec->time_us == TIME_NONE || rec->flags & RECORD_TAIL;
        mark[0] = (char)(rec->flags | (no_time ? BLOCK_NO_TIME : 0));
        mark[1] = (char)rec->level;
        mark[2] = (char)rec->kinds;
        mark[3] = (char)rec->format;
        column->values[i] = str_from(mark, BLOCK_MARK_SIZE);
        rows[i] = i;
    }
    column->rows = rows;
    column->count = batch->record_count;
}
