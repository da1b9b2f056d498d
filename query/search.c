#include "query/search.h"

#include <stdlib.h>

#include "base/must.h"
#include "query/cell.h"
#include "query/follow.h"

/* ---- Listing ----------------------------------------------------------------------------------------------------- */

static const struct column list_columns[] = {
    {NULL, "time", CELL_TIME, 0},
    {NULL, "level", CELL_TEXT, COLUMN_OPTIONAL},
    {NULL, "service", CELL_TEXT, 0},
    {NULL, "message", CELL_TEXT, COLUMN_FLEX | COLUMN_MARK},
};

static void fill(void *context, struct event *event, struct cell *cells)
{
    (void)context;
    cells[0] = cell_time(event);
    cells[1] = cell_level(event);
    cells[2] = cell_origin(event);
    cells[3] = cell_text(event);
}

/* Per source: where its scan stands, and the last few records before it. */
struct neighbourhood {
    uint32_t sequence;
    uint64_t follow;  /* so many more records belong to the last match */
    struct hit *ring; /* the last `before` records that are not hits yet */
    uint64_t ring_count, ring_next;
};

struct listing {
    struct question *q;
    struct hits hits;
    uint64_t before, after;
    struct neighbourhood *places; /* one per chosen source */
    uint64_t look_again;          /* has_newest, when there are so many hits */
};

static void listing_release(struct listing *listing)
{
    for (size_t i = 0; listing->places && i < listing->q->select.source_count; i++)
        free(listing->places[i].ring);
    free(listing->places);
    hits_release(&listing->hits);
}

static struct neighbourhood *place_of(const struct listing *listing, const struct event *event)
{
    const struct select *select = &listing->q->select;
    const struct store_source *source = select_source(select, event->source_id);
    must(source);
    return &listing->places[source - select->sources];
}

static void keep_for_later(struct listing *listing, struct neighbourhood *place, const struct hit *hit)
{
    if (listing->before == 0)
        return;
    if (!place->ring)
        place->ring = mem_alloc(listing->before * sizeof *place->ring);
    place->ring[place->ring_next] = *hit;
    place->ring_next = (place->ring_next + 1) % listing->before;
    place->ring_count += place->ring_count < listing->before;
}

/* Neighbours are found out of record order when sources alternate; hits_sort puts that right. */
static void add_kept(struct listing *listing, struct neighbourhood *place)
{
    for (uint64_t i = place->ring_count; i > 0; i--)
        hits_add(&listing->hits, place->ring[(place->ring_next + listing->before - i) % listing->before]);
    place->ring_count = place->ring_next = 0;
}

static bool note_record(void *context, struct event *event, bool holds, struct err *err)
{
    struct listing *listing = context;
    (void)err;
    struct hit hit = question_hit(event);
    if (!listing->places) {
        hits_add(&listing->hits, hit);
        return true;
    }
    struct neighbourhood *place = place_of(listing, event);
    hit.sequence = place->sequence += HIT_SEQUENCE_STEP;
    if (holds) {
        add_kept(listing, place);
        hits_add(&listing->hits, hit);
        place->follow = listing->after;
        return true;
    }
    hit.sequence |= HIT_CONTEXT;
    if (place->follow > 0) {
        place->follow--;
        hits_add(&listing->hits, hit);
    } else {
        keep_for_later(listing, place, &hit);
    }
    return true;
}

static bool write_at_once(void *context, struct event *event, bool holds, struct err *err)
{
    struct listing *listing = context;
    (void)holds;
    (void)err;
    listing->q->matched++;
    question_write(listing->q, event);
    return true;
}

/* Are the newest matches that -n wants among those found so far? One source's are, once they are enough. Of several, what is to come
 * must be older than all of them. */
static bool has_newest(void *context, int64_t left_us)
{
    struct listing *listing = context;
    struct hits *hits = &listing->hits;
    uint64_t wanted = listing->q->select.lines_max;
    if (hits->count < wanted || hits->count < listing->look_again)
        return false;
    hits->cut_off = true;
    if (listing->q->select.source_count == 1 || wanted == 0)
        return true;
    hits_sort(hits, HITS_AS_STORED);
    listing->look_again = hits->count * 2; /* sorting after each of many blocks would take longer than reading them */
    return hits->cut_off = left_us == TIME_NONE || hits->items[hits->count - wanted].time_us > left_us;
}

bool search_list(struct question *q, int64_t before, int64_t after, struct err *err)
{
    static const struct layout layout = {list_columns, sizeof list_columns / sizeof *list_columns, true, fill, NULL};
    SCOPED(listing) listing = {.q = q, .before = (uint64_t)before, .after = (uint64_t)after};
    bool context = before > 0 || after > 0;
    bool streams = !context && q->select.source_count == 1 && q->select.lines_max == UINT64_MAX && !q->select.reverse;
    question_show_events(q, &layout);
    if (context)
        listing.places = mem_alloc(q->select.source_count * sizeof *listing.places);
    struct question_scan scan = {.visit = streams ? write_at_once : note_record,
                                 .context = &listing,
                                 .everything = context,
                                 .textless = !streams,
                                 .writes = streams};
    if (!context && q->select.lines_max != UINT64_MAX)
        scan.enough = has_newest;
    if (!question_scan(q, &scan, err))
        return false;
    if (streams)
        return true;
    question_sort(q, &listing.hits, context ? HITS_WITH_CONTEXT : HITS_AS_STORED);
    return question_write_hits(q, &listing.hits, context, err);
}

/* ---- The question ------------------------------------------------------------------------------------------------ */

static bool read_operands(struct question *q, char **operands, int count, struct err *err)
{
    for (int i = 0; i < count; i++) {
        struct str word = str_of(operands[i]);
        if (filter_is(word) ? !select_add_filter(&q->select, word, q->now_us, err)
                            : !select_add_grep(&q->select, word, err))
            return false;
    }
    return true;
}

/* "--histogram 1h" leaves 1h among the operands: a first one that reads as a duration is the step. */
static bool read_step(const struct search_options *options, char ***operands, int *operand_count, int64_t *ret_step_us,
                      struct err *err)
{
    *ret_step_us = 0;
    if (!options->histogram)
        return true;
    if (!str_equal(str_of(options->histogram), STR("auto")))
        return timeexpr_step(str_of(options->histogram), ret_step_us, err) || err_within(err, "--histogram");
    int64_t us;
    if (*operand_count > 0 && clock_parse_duration(str_of((*operands)[0]), &us) && us > 0) {
        *ret_step_us = us;
        ++*operands;
        --*operand_count;
    }
    return true;
}

static bool check_forms(struct question *q, const struct search_options *options, bool context, struct err *err)
{
    enum render_format form = q->output.format;
    int ways = options->count + (options->by != NULL) + (options->histogram != NULL) + context;
    if (ways > 1)
        return err_set(err, ERR_USAGE, 0, "--count, --by, --histogram and context (-A -B -C) exclude each other");
    if (context && form != RENDER_TABLE && form != RENDER_RAW)
        return err_set(err, ERR_USAGE, 0, "context (-A -B -C) is for -o table and raw");
    if (ways > 0 && !follow_check(&options->select, "--count, --by, --histogram or context (-A -B -C)", err))
        return false;
    return !options->by || search_by_check(options->by, &q->asks_pattern, err);
}

static bool answer(struct question *q, const struct search_options *options, int64_t step_us, struct err *err)
{
    if (options->count)
        return search_count(q, err);
    if (options->by)
        return search_by(q, options->by, err);
    if (options->histogram)
        return search_histogram(q, step_us, err);
    static const struct follow_ask all = {0};
    return search_list(q, options->before ? options->before : options->around,
                       options->after ? options->after : options->around, err) &&
           follow(q, &all, err);
}

int search_run(const struct cmd *cmd, const struct search_options *options, char **operands, int operand_count)
{
    struct err err = {0};
    SCOPED(question) q = {0};
    int64_t step_us;
    const char *what = options->count ? "--count" : options->by ? "--by" : options->histogram ? "--histogram" : NULL;
    bool context = options->before || options->after || options->around;
    if (!question_init(&q, cmd, &options->select, &options->output, what ? QUESTION_ROWS : QUESTION_EVENTS,
                       what ? what : "search", &err) ||
        !check_forms(&q, options, context, &err) || !read_step(options, &operands, &operand_count, &step_us, &err) ||
        !read_operands(&q, operands, operand_count, &err) ||
        !question_open(&q, &options->select, &options->output, &err) || !answer(&q, options, step_us, &err))
        return question_fail(&q, &err);
    return question_finish(&q, "record");
}
