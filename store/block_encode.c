#include "store/block.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/must.h"
#include "store/borrow.h"
#include "store/column.h"
#include "store/lane.h"
#include "store/skeleton.h"
#include "store/word.h"

enum { NAMES_MAX = 65536, THOROUGH_RECORD_BYTES = 1024, RANKS_KEPT = 4096, RANK_USES = 16 };

/* What a sample of a column has shown; it is drawn anew after RANK_USES blocks. */
struct ranking {
    uint32_t id; /* the column's */
    uint32_t uses_left;
    uint32_t distinct, sampled; /* distinct: 0 when few texts repeat */
    uint32_t text;              /* mean size of running text, else 0 */
};

struct store_encoder {
    struct map names; /* kind and path of a column -> its id, the same in all blocks */
    struct column_hints hints;
    struct ranking rankings[RANKS_KEPT]; /* by id % RANKS_KEPT */
    struct column_set set;
    struct pools header, common, own;
    struct codec_writer writer;
    struct words words;
    struct arena scratch; /* of the block */
    struct arena column;  /* of the column being encoded: small enough to stay near the processor */
    bool began;           /* it has made a block */
};

struct store_encoder *store_encoder_new(void)
{
    struct store_encoder *encoder = mem_alloc(sizeof *encoder);
    pools_init(&encoder->header);
    pools_init(&encoder->common);
    pools_init(&encoder->own);
    codec_writer_init(&encoder->writer);
    return encoder;
}

void store_encoder_free(struct store_encoder *encoder)
{
    if (encoder == NULL)
        return;
    map_release(&encoder->names);
    pools_release(&encoder->header);
    pools_release(&encoder->common);
    pools_release(&encoder->own);
    codec_writer_release(&encoder->writer);
    words_release(&encoder->words);
    arena_release(&encoder->scratch);
    arena_release(&encoder->column);
    free(encoder);
}

/* ---- Totals ---------------------------------------------------------------------------------------------------------- */

/* What is said of the block as a whole; tails do not count. */
static void sum_up(struct batch *batch)
{
    struct batch_image *image = &batch->image;
    image->records = image->unparsed = 0;
    image->raw_bytes = 0;
    image->time_min = image->time_max = TIME_NONE;
    for (uint32_t i = 0; i < batch->record_count; i++) {
        const struct record *rec = &batch->records[i];
        if (rec->flags & RECORD_TAIL)
            continue;
        image->records++;
        image->unparsed += (rec->flags & RECORD_UNPARSED) != 0;
        image->raw_bytes += rec->raw.size + (block_ends_with_newline(rec->flags) ? 1 : 0);
        if (rec->time_us == TIME_NONE)
            continue;
        if (image->time_min == TIME_NONE || rec->time_us < image->time_min)
            image->time_min = rec->time_us;
        if (image->time_max == TIME_NONE || rec->time_us > image->time_max)
            image->time_max = rec->time_us;
    }
}

/* ---- The header ------------------------------------------------------------------------------------------------------ */

/* Where a slot's successor is expected. */
static uint64_t slot_end(const struct record *rec)
{
    uint64_t size = rec->flags & RECORD_TAIL ? 0 : rec->raw.size;
    return rec->offset + size + (block_ends_with_newline(rec->flags) ? 1 : 0);
}

/* ends: of each source's last run so far. */
static void add_run_offset(const struct batch *batch, const struct batch_run *run, struct map *ends, struct buf *meta)
{
    bool is_first;
    struct map_entry *end = map_at(ends, str_from((const char *)&run->source, sizeof run->source), &is_first);
    if (is_first)
        buf_add_varint(meta, run->offset);
    else
        buf_add_zigzag(meta, (int64_t)(run->offset - end->value));
    end->value = slot_end(&batch->records[run->first + run->count - 1]);
}

static void add_runs(const struct batch *batch, struct buf *meta)
{
    struct map ends = {0};
    uint32_t used = 0, covered = 0;
    for (uint32_t r = 0; r < batch->run_count; r++)
        used += batch->runs[r].count > 0;
    buf_add_varint(meta, used);
    for (uint32_t r = 0; r < batch->run_count; r++) {
        const struct batch_run *run = &batch->runs[r];
        must(run->first == covered);
        covered += run->count;
        if (run->count == 0)
            continue;
        buf_add_zigzag(meta, run->source);
        buf_add_varint(meta, run->count);
        add_run_offset(batch, run, &ends, meta);
    }
    map_release(&ends);
    must(covered == batch->record_count);
}

static void add_offsets(const struct batch *batch, struct buf *meta)
{
    SCOPED(buf) list = BUF(BLOCK_RAW_MAX);
    uint64_t count = 0;
    for (uint32_t r = 0; r < batch->run_count; r++) {
        const struct batch_run *run = &batch->runs[r];
        uint64_t expected = run->offset;
        for (uint32_t i = run->first; i < run->first + run->count; i++) {
            const struct record *rec = &batch->records[i];
            if (rec->offset != expected) {
                buf_add_varint(&list, i);
                buf_add_zigzag(&list, (int64_t)(rec->offset - expected));
                count++;
            }
            expected = slot_end(rec);
        }
    }
    buf_add_varint(meta, count);
    buf_add_str(meta, buf_str(&list));
}

static void add_stretches(struct store_encoder *e, const struct batch *batch)
{
    uint32_t step = block_stretch(batch->record_count), count = (batch->record_count - 1) / step;
    int64_t *sizes = arena_zalloc(&e->scratch, count * sizeof *sizes);
    for (uint32_t i = 0; i < count * step; i++)
        if (!(batch->records[i].flags & RECORD_TAIL))
            sizes[i / step] += (int64_t)batch->records[i].raw.size;
    if (count > 0)
        pool_add_numbers(&e->header, sizes, count, &e->scratch);
}

/* Do most of a sample of the column's times agree with the records' own, up to a constant? A few records may be odd, so several
 * are tried for what the constant is. */
static bool times_agree(const struct column *column, const struct batch *batch)
{
    enum { SAMPLE = 32, TRIES = 4 };
    uint64_t differences[SAMPLE];
    uint32_t count = 0, step = column->count / SAMPLE + 1;
    for (uint32_t i = 0; i < column->count && count < SAMPLE; i += step)
        differences[count++] = (uint64_t)batch->records[column->rows[i]].time_us - (uint64_t)column->times[i];
    for (uint32_t try = 0; try < TRIES && try < count; try++) {
        uint32_t agreed = 0;
        for (uint32_t i = 0; i < count; i++)
            agreed += differences[i] == differences[try];
        if (agreed * 4 > count * 3)
            return true;
    }
    return false;
}

/* The column that tells the times of most records. */
static int32_t time_column(const struct store_encoder *e, const struct batch *batch)
{
    int32_t best = -1;
    uint32_t count = batch->record_count / 4;
    for (uint32_t c = 0; c < e->set.count; c++) {
        const struct column *column = &e->set.columns[c];
        if (column->times && column->count > count && times_agree(column, batch)) {
            best = (int32_t)c;
            count = column->count;
        }
    }
    return best;
}

static void add_times(struct store_encoder *e, const struct batch *batch)
{
    int32_t reference = time_column(e, batch);
    const struct column *column = reference < 0 ? NULL : &e->set.columns[reference];
    int64_t *numbers = ARENA_ARRAY(&e->scratch, int64_t, batch->record_count);
    uint32_t count = 0, at = 0;
    uint64_t before = 0;
    for (uint32_t i = 0; i < batch->record_count; i++) {
        const struct record *rec = &batch->records[i];
        if (rec->time_us == TIME_NONE || rec->flags & RECORD_TAIL)
            continue;
        uint64_t expected = block_expected_time(column, i, &at, before);
        numbers[count++] = (int64_t)((uint64_t)rec->time_us - expected);
        before = (uint64_t)rec->time_us;
    }
    buf_add_varint(&e->header.bufs[POOL_META], (uint64_t)((int64_t)reference + 1));
    pool_add_numbers(&e->header, numbers, count, &e->scratch);
}

/* ---- Columns ----------------------------------------------------------------------------------------------------------- */

static uint32_t column_id(struct store_encoder *e, struct str path, uint8_t kind)
{
    char small[256];
    size_t size = path.size < sizeof small - 1 ? path.size : sizeof small - 1;
    small[0] = (char)kind;
    if (size > 0)
        memcpy(small + 1, path.data, size); /* long paths may share an id */
    bool is_new;
    struct map_entry *entry = map_at(&e->names, str_from(small, size + 1), &is_new);
    if (is_new)
        entry->value = e->names.count - 1;
    return (uint32_t)entry->value;
}

/* Where a column stands: those with large dictionaries first, because others may be guessed from them, running text last,
 * the longest at the end, because it repeats the others. */
struct rank {
    uint32_t column, distinct;
    uint32_t text; /* see struct ranking */
};

static int compare_ranks(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->text != y->text)
        return x->text < y->text ? -1 : 1;
    if (x->distinct != y->distinct)
        return x->distinct < y->distinct ? 1 : -1;
    return x->column < y->column ? -1 : x->column > y->column;
}

/* By a sample: how many distinct texts a column has, if they repeat, and whether it is running text. */
static struct ranking draw_ranking(const struct column *column)
{
    enum { SAMPLE = 200, TEXT_SIZE = 40 };
    struct str sample[SAMPLE];
    uint32_t step = column->count / SAMPLE + 1, count = 0, distinct = 0;
    size_t bytes = 0;
    for (uint32_t i = 0; i < column->count && count < SAMPLE; i += step) {
        uint32_t same = 0;
        while (same < count && !str_equal(sample[same], column->values[i]))
            same++;
        distinct += same == count;
        bytes += column->values[i].size;
        sample[count++] = column->values[i];
    }
    bool repeats = distinct <= count - count / 4;
    return (struct ranking){
        .id = column->id,
        .uses_left = RANK_USES,
        .distinct = repeats ? distinct : 0,
        .sampled = count,
        .text = bytes > (size_t)count * TEXT_SIZE ? (uint32_t)(bytes / count) : 0,
    };
}

static struct rank rank_of(struct store_encoder *e, uint32_t index)
{
    const struct column *column = &e->set.columns[index];
    struct ranking *ranking = &e->rankings[column->id % RANKS_KEPT];
    if (ranking->id != column->id || ranking->uses_left == 0)
        *ranking = draw_ranking(column);
    ranking->uses_left--;
    uint64_t distinct = ranking->sampled ? (uint64_t)column->count * ranking->distinct / ranking->sampled : 0;
    return (struct rank){.column = index, .distinct = (uint32_t)distinct, .text = ranking->text};
}

/* Renumbers the columns into the order in which they are encoded, and gives them their ids. */
static void order_columns(struct store_encoder *e, struct skeletons *s)
{
    struct rank *ranks = ARENA_ARRAY(&e->scratch, struct rank, s->column_count);
    struct skeleton_column *columns = ARENA_ARRAY(&e->scratch, struct skeleton_column, s->column_count);
    struct column *values = ARENA_ARRAY(&e->scratch, struct column, s->column_count);
    uint32_t *places = ARENA_ARRAY(&e->scratch, uint32_t, s->column_count);
    for (uint32_t i = 0; i < s->column_count; i++) {
        e->set.columns[i].id = column_id(e, s->columns[i].path, s->columns[i].kind);
        ranks[i] = rank_of(e, i);
    }
    qsort(ranks, s->column_count, sizeof *ranks, compare_ranks);
    for (uint32_t i = 0; i < s->column_count; i++) {
        columns[i] = s->columns[ranks[i].column];
        values[i] = e->set.columns[ranks[i].column];
        places[ranks[i].column] = i;
    }
    s->columns = columns;
    if (s->column_count > 0)
        memcpy(e->set.columns, values, s->column_count * sizeof *values);
    for (uint32_t p = 0; p < s->piece_count; p++)
        s->pieces[p].column = places[s->pieces[p].column];
}

static enum codec_effort effort_of(unsigned pool)
{
    bool noise = pool == POOL_LOW || pool == POOL_HIGH || pool == POOL_BITS;
    return noise ? CODEC_NOISE : pool == POOL_TEXT ? CODEC_PROSE : CODEC_TEXT;
}

/* Large pools become streams of their own; the small ones of all columns share a stream. */
static void place_pools(struct store_encoder *e, uint32_t index)
{
    struct buf *meta = &e->header.bufs[POOL_META];
    uint8_t own = 0, shared = 0;
    for (unsigned p = 0; p < POOL_COUNT; p++) {
        size_t size = e->own.bufs[p].size;
        if (size >= BLOCK_OWN_STREAM && e->writer.count < CODEC_STREAMS_MAX - 3 * POOL_COUNT)
            own |= (uint8_t)(1u << p);
        else if (size > 0)
            shared |= (uint8_t)(1u << p);
    }
    buf_add_char(meta, (char)own);
    buf_add_char(meta, (char)shared);
    for (unsigned p = 0; p < POOL_COUNT; p++) {
        struct str pool = buf_str(&e->own.bufs[p]);
        if (own & 1u << p)
            codec_writer_add(&e->writer, block_stream(index, p), pool, effort_of(p));
        if (shared & 1u << p) {
            buf_add_varint(meta, pool.size);
            buf_add_str(&e->common.bufs[p], pool);
        }
    }
}

static void encode_column(struct store_encoder *e, uint32_t index)
{
    pools_reset(&e->own);
    arena_reset(&e->column);
    column_encode(&e->set, index, &e->hints, &e->own, &e->words, &e->scratch, &e->column);
    place_pools(e, index);
}

/* The id-like words of the literals join those of the columns. Values are bounded by punctuation on both sides, so a word never
 * reaches from one into the literal beside it. */
static void index_words(struct store_encoder *e, const struct skeletons *s, struct buf *out)
{
    for (uint32_t i = 0; i < s->piece_count; i++)
        words_add(&e->words, s->pieces[i].literal);
    for (uint32_t i = 0; i < s->count; i++)
        words_add(&e->words, s->skeletons[i].tail);
    words_sort(&e->words);
    if (e->words.count < WORDS_MAX) /* else no list: every look-up reads the block */
        words_pack(&e->words, out);
}

/* A stream costs about the same however short it is, so the few streams of few long records may cost more each. Of short records
 * only the first block has the time: whoever has but one cares for its size, whoever has many for the time. */
static enum codec_care care_of(struct store_encoder *e, const struct batch_image *image)
{
    bool first = !e->began;
    e->began = true;
    return image->raw_bytes / image->records >= THOROUGH_RECORD_BYTES ? CARE_THOROUGH : first ? CARE_USUAL : CARE_QUICK;
}

static void encode_body(struct store_encoder *e, struct batch *batch)
{
    struct skeletons s;
    struct buf *meta = &e->header.bufs[POOL_META];
    arena_reset(&e->scratch);
    pools_reset(&e->header);
    pools_reset(&e->common);
    e->words.count = 0;
    codec_writer_begin(&e->writer, &batch->image.directory, &batch->image.body, care_of(e, &batch->image));
    if (!skeletons_make(batch, &s, &e->scratch))
        skeletons_plain(batch, &s, &e->scratch);
    if (e->names.count > NAMES_MAX - COLUMN_COUNT_MAX) {
        map_reset(&e->names);
        e->hints = (struct column_hints){0};
        memset(e->rankings, 0, sizeof e->rankings);
    }
    lanes_gather(&e->set, &s, batch, &e->scratch);
    order_columns(e, &s);
    struct column *marks = &e->set.columns[s.column_count];
    *marks = (struct column){0};
    marks->id = column_id(e, STR_ABSENT, BLOCK_MARKS_KIND);
    lanes_gather_marks(marks, batch, &e->scratch);
    add_runs(batch, meta);
    skeletons_encode(&s, batch->record_count, &e->header, &e->scratch);
    for (uint32_t i = 0; i <= s.column_count; i++) {
        e->set.count = i + 1;
        encode_column(e, i);
    }
    add_times(e, batch);
    add_offsets(batch, meta);
    add_stretches(e, batch);
    for (unsigned p = 0; p < POOL_COUNT; p++)
        if (e->common.bufs[p].size > 0)
            codec_writer_add(&e->writer, block_stream(BLOCK_COMMON, p), buf_str(&e->common.bufs[p]), effort_of(p));
    for (unsigned p = 0; p < POOL_COUNT; p++)
        if (e->header.bufs[p].size > 0)
            codec_writer_add(&e->writer, block_stream(BLOCK_HEADER, p), buf_str(&e->header.bufs[p]), effort_of(p));
    codec_writer_finish(&e->writer);
    buf_reset(&batch->image.index);
    index_words(e, &s, &batch->image.index);
}

void block_encode(struct store_encoder *encoder, struct batch *batch)
{
    must(batch->record_count <= BATCH_RECORDS_MAX);
    struct batch_image *image = &batch->image;
    sum_up(batch);
    buf_reset(&image->directory);
    buf_reset(&image->body);
    buf_reset(&image->index);
    if (image->records == 0)
        return;
    encode_body(encoder, batch);
}

void store_encode(struct store_encoder *encoder, struct batch *batch)
{
    borrow_times(batch, NULL);
    block_encode(encoder, batch);
}
