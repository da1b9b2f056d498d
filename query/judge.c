#include "query/judge.h"

#include <stdlib.h>

#include "query/group.h"
#include "query/lens.h"

enum { LENSES_MAX = 64 }; /* they take memory for each skeleton of a block; who asks more is answered line by line */

/* What a thread judges with. */
struct worker {
    bool ready;
    struct analyzer *analyzer;
    struct filter *filters;
    struct lens *lenses; /* of filters and networks; behind them of keys */
    struct pattern_memo patterns;
    struct panel panel;
};

struct judge {
    struct judge_ask ask;
    size_t lens_count; /* that decide */
    size_t lenses_max;
    bool asks_lines; /* what is left is still to be looked for in the line */
    bool counts;
    struct worker workers[SCAN_WORKERS_MAX];
    struct scan_judge scan;
};

/* ---- Workers ------------------------------------------------------------------------------------------------------------ */

static void worker_release(struct worker *worker, const struct judge *judge)
{
    for (size_t i = 0; worker->filters && i < judge->ask.select->filter_count; i++)
        filter_release(&worker->filters[i]);
    for (size_t i = 0; worker->lenses && i < judge->lenses_max; i++)
        lens_release(&worker->lenses[i]);
    free(worker->filters);
    free(worker->lenses);
    pattern_memo_release(&worker->patterns);
    panel_release(&worker->panel);
    analyzer_free(worker->analyzer);
}

/* Must the group of filters that begins at index be looked at here? The others the scan has decided, or the line will. */
static bool is_ours(const struct select *select, size_t index)
{
    return filters_begin_group(select->filters, index) && lens_fits(&select->filters[index].subject) &&
           !filters_group_is_stored(select->filters, select->filter_count, index);
}

/* The subject for this worker alone. */
static struct subject own_subject(struct worker *worker, const struct subject *subject)
{
    struct subject own = *subject;
    if (subject->kind == SUBJECT_PATTERN) {
        worker->patterns.set = subject->patterns->set;
        own.patterns = &worker->patterns;
    }
    return own;
}

static void worker_prepare(struct worker *worker, const struct judge *judge)
{
    const struct select *select = judge->ask.select;
    size_t count = 0;
    if (worker->ready)
        return;
    worker->ready = true;
    worker->analyzer = analyzer_new(judge->ask.fields);
    worker->filters = mem_alloc((select->filter_count + 1) * sizeof *worker->filters);
    worker->lenses = mem_alloc((judge->lenses_max + 1) * sizeof *worker->lenses);
    for (size_t i = 0; i < select->filter_count; i++) {
        filter_copy(&worker->filters[i], &select->filters[i]);
        worker->filters[i].subject = own_subject(worker, &select->filters[i].subject);
    }
    struct lens lens = {.select = select,
                        .filters = worker->filters,
                        .filter_count = select->filter_count,
                        .believes_kinds = judge->ask.believes_kinds};
    for (lens.index = 0; lens.index < select->filter_count; lens.index++) {
        lens.subject = worker->filters[lens.index].subject;
        if (is_ours(select, lens.index))
            worker->lenses[count++] = lens;
    }
    lens.way = LENS_NETS;
    lens.subject = subject_of(STR("client_ip"));
    if (select->net_count > 0)
        worker->lenses[count++] = lens;
    lens.way = LENS_KEY;
    for (size_t i = 0; judge->counts && i < judge->ask.key_count; i++) {
        lens.subject = own_subject(worker, &judge->ask.keys[i]);
        worker->lenses[count++] = lens;
    }
}

/* ---- Blocks ------------------------------------------------------------------------------------------------------------- */

static void lower(uint8_t *verdict, uint8_t to)
{
    if (*verdict > to)
        *verdict = to;
}

/* A source that is not a chosen one is nobody's. Leaves out of ret_values the slots whose source lets values tell nothing. */
static void judge_sources(const struct judge *judge, struct panel *panel, uint8_t *verdicts, bool *ret_values)
{
    const struct scan_block *block = panel->block;
    for (uint32_t slot = 0, end; slot < block->slots; slot = end) {
        const struct store_source *source = select_source(judge->ask.select, scan_block_source(block, slot, &end));
        if (!source)
            memset(verdicts + slot, SCAN_NO, end - slot);
        else
            memset(ret_values + slot, panel_default(panel, &source->state.defaults, slot, end), end - slot);
    }
}

/* Leaves those of which values tell all. */
static void find_plain(struct panel *panel, const uint8_t *verdicts, bool *plain)
{
    for (uint32_t slot = 0; slot < panel->block->slots; slot++) {
        if (verdicts[slot] == SCAN_NO || !plain[slot])
            continue;
        const struct panel_skeleton *skeleton = panel_skeleton(panel, panel->block->skeletons[slot]);
        plain[slot] = skeleton->shape && panel_is_plain(panel, skeleton, slot);
    }
}

static void judge_by(struct lens *lens, const bool *plain, uint8_t *verdicts)
{
    bool stored = subject_is_stored(&lens->subject);
    for (uint32_t slot = 0; slot < lens->panel->block->slots; slot++) {
        if (verdicts[slot] == SCAN_NO)
            continue;
        uint32_t answer = stored || plain[slot] ? lens_look(lens, slot) : LENS_UNSURE;
        if (answer != LENS_YES)
            lower(&verdicts[slot], answer == LENS_NO ? SCAN_NO : SCAN_UNSURE);
    }
}

/* The row of the slot's keys; NULL when one of them is not sure. */
static struct total_row *row_of(const struct judge *judge, struct lens *lenses, bool plain, uint32_t slot,
                                struct total *total)
{
    uint32_t answers[GROUP_KEYS_MAX];
    size_t count = judge->ask.key_count;
    for (size_t i = 0; i < count; i++) {
        answers[i] = plain || subject_is_stored(&lenses[i].subject) ? lens_look(&lenses[i], slot) : LENS_UNSURE;
        if (answers[i] == LENS_UNSURE)
            return NULL;
    }
    struct total_row *row = total_row(total, str_from((const char *)answers, count * sizeof *answers));
    if (row->keys)
        return row;
    row->keys = ARENA_ARRAY(&total->arena, struct str, count);
    for (size_t i = 0; i < count; i++) {
        struct str key = lens_key(&lenses[i], answers[i]);
        row->keys[i] = key.data ? arena_str(&total->arena, key) : key;
    }
    return row;
}

static struct total *count_sure(const struct judge *judge, struct worker *worker, const bool *plain, uint8_t *verdicts)
{
    const struct scan_block *block = worker->panel.block;
    struct total *total = total_new();
    if (judge->ask.way == TOTAL_TIMES)
        total->times = mem_alloc(block->slots * sizeof *total->times);
    for (uint32_t slot = 0; slot < block->slots; slot++) {
        if (verdicts[slot] != SCAN_YES)
            continue;
        struct total_row *row = NULL;
        if (judge->ask.way == TOTAL_KEYS &&
            !(row = row_of(judge, worker->lenses + judge->lens_count, plain[slot], slot, total))) {
            verdicts[slot] = SCAN_UNSURE;
            continue;
        }
        total_add(total, row, block->first_record + slot, block->times[slot]);
        verdicts[slot] = SCAN_TOLD;
    }
    return total;
}

/* Do all lenses look at what the store knows anyway? */
static bool needs_values(const struct judge *judge, const struct worker *worker)
{
    for (size_t i = 0; i < judge->lenses_max; i++)
        if (!subject_is_stored(&worker->lenses[i].subject))
            return true;
    return false;
}

static bool judge_block(void *context, unsigned number, const struct scan_block *block, uint8_t *verdicts,
                        void **ret_result)
{
    struct judge *judge = context;
    struct worker *worker = &judge->workers[number];
    struct panel *panel = &worker->panel;
    worker_prepare(worker, judge);
    panel_begin(panel, block, worker->analyzer);
    for (size_t i = 0; i < judge->lenses_max; i++)
        lens_begin(&worker->lenses[i], panel);
    bool *plain = arena_zalloc(&panel->arena, block->slots * sizeof *plain);
    judge_sources(judge, panel, verdicts, plain);
    if (needs_values(judge, worker))
        find_plain(panel, verdicts, plain);
    for (size_t i = 0; i < judge->lens_count && !panel->damaged; i++)
        judge_by(&worker->lenses[i], plain, verdicts);
    for (uint32_t slot = 0; judge->asks_lines && slot < block->slots; slot++)
        lower(&verdicts[slot], SCAN_UNSURE);
    if (judge->counts && !panel->damaged)
        *ret_result = count_sure(judge, worker, plain, verdicts);
    return !panel->damaged;
}

/* ---- The judge ---------------------------------------------------------------------------------------------------------- */

static bool take(void *context, void *result, struct err *err)
{
    struct judge *judge = context;
    return judge->ask.take(judge->ask.context, result, err);
}

struct judge *judge_new(const struct judge_ask *ask)
{
    const struct select *select = ask->select;
    struct judge judge = {.ask = *ask, .asks_lines = select->grep_count > 0, .counts = ask->way != TOTAL_NONE};
    for (size_t i = 0; i < select->filter_count; i++) {
        judge.lens_count += is_ours(select, i);
        judge.asks_lines = judge.asks_lines || !lens_fits(&select->filters[i].subject);
    }
    judge.lens_count += select->net_count > 0;
    for (size_t i = 0; i < ask->key_count; i++)
        judge.counts = judge.counts && lens_fits(&ask->keys[i]);
    judge.counts = judge.counts && !judge.asks_lines;
    judge.lenses_max = judge.lens_count + (judge.counts ? ask->key_count : 0);
    if (judge.lenses_max > LENSES_MAX || (judge.lens_count == 0 && !judge.counts))
        return NULL;
    struct judge *made = mem_alloc(sizeof *made);
    *made = judge;
    made->scan = (struct scan_judge){.judge = judge_block, .take = take, .drop = total_free, .context = made};
    return made;
}

void judge_free(struct judge *judge)
{
    if (!judge)
        return;
    for (unsigned i = 0; i < SCAN_WORKERS_MAX; i++)
        worker_release(&judge->workers[i], judge);
    free(judge);
}

const struct scan_judge *judge_of_scan(struct judge *judge)
{
    return judge ? &judge->scan : NULL;
}
