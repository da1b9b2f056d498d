#include "store/verify.h"

/* What is, or was, stored of one source: its runs, what was pruned, and what is not in a block. They must follow each other from
 * its beginning to the position, byte by byte; where they do not, a gap must have been told. Of an agent's source that came
 * through Kafka only some records may have been sent to this partition: there offsets grow, and no more is known. */
struct coverage {
    const struct store_source *source;
    struct verify_run *runs; /* in offset order */
    size_t run_count;
    struct verify_hot *hots;
    size_t hot_count;
    struct verify_pruned_run *pruned;
    size_t pruned_count;
    struct verify_gap *gaps;
    size_t gap_count, gap_at;
    uint64_t records, unparsed, raw_bytes;
    uint64_t end;
    bool sparse; /* bytes may have been left out */
};

/* Whether what is missing from c->end up to `to` was told to be; asked with growing places. */
static bool was_told(struct coverage *c, uint64_t to)
{
    while (c->gap_at < c->gap_count && c->gaps[c->gap_at].offset < c->end)
        c->gap_at++;
    return c->gap_at < c->gap_count && c->gaps[c->gap_at].offset < to;
}

static void add_piece(struct verify *v, struct coverage *c, uint64_t from, uint64_t to)
{
    if (from > c->end && !c->sparse && !was_told(c, from))
        verify_find_range(v, "gap", c->source->state.id, c->end, from, "%llu bytes are stored nowhere",
                          (unsigned long long)(from - c->end));
    else if (from < c->end)
        verify_find_range(v, "overlap", c->source->state.id, from, c->end < to ? c->end : to,
                          "these bytes are stored twice");
    c->end = to > c->end ? to : c->end;
}

enum piece { PIECE_RUN, PIECE_HOT, PIECE_PRUNED, PIECE_NONE };

/* Which of the lists goes on, by offset. */
static enum piece next_piece(const struct coverage *c, const size_t at[PIECE_NONE])
{
    enum piece found = PIECE_NONE;
    uint64_t from = UINT64_MAX;
    if (at[PIECE_RUN] < c->run_count) {
        found = PIECE_RUN;
        from = c->runs[at[PIECE_RUN]].row.offset_from;
    }
    if (at[PIECE_HOT] < c->hot_count && (found == PIECE_NONE || c->hots[at[PIECE_HOT]].offset < from)) {
        found = PIECE_HOT;
        from = c->hots[at[PIECE_HOT]].offset;
    }
    if (at[PIECE_PRUNED] < c->pruned_count && (found == PIECE_NONE || c->pruned[at[PIECE_PRUNED]].offset_from < from))
        found = PIECE_PRUNED;
    return found;
}

/* Each list is in offset order, and so is what they make together. */
static void add_pieces(struct verify *v, struct coverage *c)
{
    size_t at[PIECE_NONE] = {0};
    enum piece next;
    while ((next = next_piece(c, at)) != PIECE_NONE) {
        if (next == PIECE_RUN) {
            const struct run_row *row = &c->runs[at[next]].row;
            add_piece(v, c, row->offset_from, row->offset_to);
            c->records += row->records;
            c->unparsed += row->unparsed;
            c->raw_bytes += row->raw_bytes;
        } else if (next == PIECE_HOT) {
            const struct verify_hot *hot = &c->hots[at[next]];
            add_piece(v, c, hot->offset, hot->offset + hot->size);
            c->records++;
            c->unparsed += hot->unparsed;
            c->raw_bytes += hot->size;
        } else {
            add_piece(v, c, c->pruned[at[next]].offset_from, c->pruned[at[next]].offset_to);
        }
        at[next]++;
    }
}

static void check_source(struct verify *v, struct coverage *c)
{
    const struct store_source *source = c->source;
    add_pieces(v, c);
    uint64_t stored = source->state.position + source->state.pending_bytes, lost = 0;
    if (c->end != stored && !(c->end < stored && (c->sparse || was_told(c, stored))))
        verify_find_range(v, "position", source->state.id, c->end < stored ? c->end : stored,
                          c->end < stored ? stored : c->end,
                          "its position says that %llu bytes are stored, but %llu are", (unsigned long long)stored,
                          (unsigned long long)c->end);
    if (c->records != source->records || c->unparsed != source->unparsed || c->raw_bytes != source->raw_bytes)
        verify_find_range(v, "source", source->state.id, 0, stored,
                          "its counts are %llu records, %llu unparsed, %llu bytes, but stored are %llu, %llu, %llu",
                          (unsigned long long)source->records, (unsigned long long)source->unparsed,
                          (unsigned long long)source->raw_bytes, (unsigned long long)c->records,
                          (unsigned long long)c->unparsed, (unsigned long long)c->raw_bytes);
    for (size_t i = 0; i < c->gap_count; i++)
        lost += c->gaps[i].lost;
    if (lost != source->gaps)
        verify_find_range(v, "source", source->state.id, 0, stored, "it counts %llu gaps, but %llu are known",
                          (unsigned long long)source->gaps, (unsigned long long)lost);
    for (size_t i = 0; i < c->run_count; i++) {
        const struct run_row *row = &c->runs[i].row;
        if (row->time_min != TIME_NONE && (source->time_min == TIME_NONE || row->time_min < source->time_min ||
                                           source->time_max == TIME_NONE || row->time_max > source->time_max)) {
            verify_find_range(v, "source", source->state.id, row->offset_from, row->offset_to,
                              "these records have times outside the source's");
            break;
        }
    }
}

void verify_sources(struct verify *v)
{
    if (!v->lists_whole)
        return; /* told already; comparing halves would name what is sound */
    size_t r = 0, h = 0, g = 0, p = 0;
    for (size_t i = 0; i < v->source_count; i++) {
        struct coverage c = {.source = &v->sources[i], .sparse = source_is_agents(&v->sources[i].state)};
        int64_t id = v->sources[i].state.id;
        for (; r < v->run_count && v->runs[r].row.source < id; r++)
            verify_find(v, "run", v->runs[r].block, "block %lld has records of source %lld, which is not in the store",
                        (long long)v->runs[r].block, (long long)v->runs[r].row.source);
        while (h < v->hot_count && v->hots[h].source < id)
            h++;
        c.runs = v->runs + r;
        while (r + c.run_count < v->run_count && c.runs[c.run_count].row.source == id)
            c.run_count++;
        c.hots = v->hots + h;
        while (h + c.hot_count < v->hot_count && c.hots[c.hot_count].source == id)
            c.hot_count++;
        while (g < v->gap_count && v->gaps[g].source < id)
            g++;
        c.gaps = v->gaps + g;
        while (g + c.gap_count < v->gap_count && c.gaps[c.gap_count].source == id)
            c.gap_count++;
        while (p < v->pruned_run_count && v->pruned_runs[p].source < id)
            p++;
        c.pruned = v->pruned_runs + p;
        while (p + c.pruned_count < v->pruned_run_count && c.pruned[c.pruned_count].source == id)
            c.pruned_count++;
        r += c.run_count;
        h += c.hot_count;
        g += c.gap_count;
        p += c.pruned_count;
        check_source(v, &c);
    }
    for (; r < v->run_count; r++)
        verify_find(v, "run", v->runs[r].block, "block %lld has records of source %lld, which is not in the store",
                    (long long)v->runs[r].block, (long long)v->runs[r].row.source);
    for (size_t i = 0; i < v->hot_count; i++) {
        if (v->next_record > 0 && v->hots[i].number >= v->next_record)
            verify_find(v, "counter", 0, "record %llu is behind the record counter, which stands at %llu",
                        (unsigned long long)v->hots[i].number, (unsigned long long)v->next_record);
    }
}
