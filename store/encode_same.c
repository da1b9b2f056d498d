#include "store/encode.h"

#include "base/must.h"

enum { SAME_SAMPLE = 8 };

/* Where the row, or what follows it, stands. */
static uint32_t find_row(const uint32_t *rows, uint32_t count, uint32_t row)
{
    uint32_t low = 0, high = count;
    if (row < count && rows[row] == row)
        return row;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many texts of the sample equal those of the same records in the column. at_rows, at: where the sample's rows were
 * found last, in which rows; columns often share them. */
struct sample {
    struct str values[SAME_SAMPLE];
    uint32_t rows[SAME_SAMPLE];
    const uint32_t *at_rows[SAME_SAMPLE];
    uint32_t at[SAME_SAMPLE];
    uint32_t count;
};

static bool sample_equals(struct sample *sample, const struct column *column)
{
    uint32_t equal = 0;
    must(column->rows != NULL);
    for (uint32_t i = 0; i < sample->count; i++) {
        if (sample->at_rows[i] != column->rows) {
            sample->at_rows[i] = column->rows;
            sample->at[i] = find_row(column->rows, column->count, sample->rows[i]);
        }
        uint32_t at = sample->at[i];
        equal += at < column->count && column->rows[at] == sample->rows[i] &&
                 str_equal(column->values[at], sample->values[i]);
        if (i >= 1 && equal == 0)
            return false;
    }
    return equal * 4 >= sample->count * 3;
}

static const struct column *find_same(struct encoder *e, struct texts list)
{
    struct column_hint *hint = encode_hint(e, list);
    struct sample sample = {.count = 0};
    uint32_t step = list.count > SAME_SAMPLE ? list.count / SAME_SAMPLE : 1;
    if (hint->same == HINT_NONE)
        return NULL;
    for (uint32_t i = 0; i < list.count && sample.count < SAME_SAMPLE; i += step) {
        sample.values[sample.count] = list.values[i];
        sample.rows[sample.count++] = list.rows[i];
    }
    const struct column *known = encode_column_by_id(e, hint->same);
    if (known && known->chain < COLUMN_CHAIN_MAX && sample_equals(&sample, known))
        return known;
    for (uint32_t c = 0; c < e->index; c++) {
        const struct column *column = &e->set->columns[c];
        if (column->chain < COLUMN_CHAIN_MAX && sample_equals(&sample, column)) {
            hint->same = (int32_t)column->id;
            return column;
        }
    }
    hint->same = HINT_NONE;
    return NULL;
}

bool encode_same(struct encoder *e, struct texts list, unsigned depth, enum stage stage)
{
    const struct column *column = find_same(e, list);
    if (!column)
        return false;
    encode_way(e, WAY_SAME, depth);
    buf_add_varint(&e->out->bufs[POOL_META], (uint64_t)(column - e->set->columns));
    encode_refer(e, column);
    uint32_t *same = ARENA_ARRAY(e->scratch, uint32_t, list.count);
    struct str *values = ARENA_ARRAY(e->scratch, struct str, list.count);
    uint32_t *rows = ARENA_ARRAY(e->scratch, uint32_t, list.count);
    uint32_t left = 0, at = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        encode_fetch_ahead(list, i);
        if (column->rows == list.rows)
            at = i;
        while (at < column->count && column->rows[at] < list.rows[i])
            at++;
        same[i] =
            at < column->count && column->rows[at] == list.rows[i] && str_equal(column->values[at], list.values[i]);
        if (!same[i]) {
            values[left] = list.values[i];
            rows[left++] = list.rows[i];
        }
    }
    pool_add_codes(e->out, same, list.count, 2);
    encode_list(e, (struct texts){values, rows, left, encode_key(list.key, WAY_SAME)}, depth + 1, stage, false);
    return true;
}
