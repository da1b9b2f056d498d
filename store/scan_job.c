#include "store/scan_job.h"

#include <stdlib.h>

/* ---- What is wanted -------------------------------------------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static struct find_text take_text(struct str text, bool ignore_case, struct arena *arena)
{
    struct str copy = arena_str(arena, str_slice(text, 0, PLAN_TEXT_MAX));
    bool letters = false;
    for (size_t i = 0; i < copy.size; i++)
        letters = letters || (copy.data[i] >= 'a' && copy.data[i] <= 'z');
    return (struct find_text){copy, ignore_case && letters};
}

static void take_needs(struct plan *plan, const struct scan_ask *ask, struct arena *arena)
{
    struct str literal = ask->literal.size > 0 ? ask->literal : ask->word;
    plan->needs = ARENA_ARRAY(arena, struct plan_need, ask->need_count + 1);
    for (size_t n = 0; n < ask->need_count; n++) {
        const struct scan_need *from = &ask->needs[n];
        struct plan_need *need = &plan->needs[plan->need_count];
        *need = (struct plan_need){ARENA_ARRAY(arena, struct find_text, from->count), from->count,
                                   from->late && ask->judge};
        bool empty = from->count == 0;
        for (size_t i = 0; i < from->count; i++) {
            need->texts[i] = take_text(from->any[i], from->ignore_case, arena);
            empty |= from->any[i].size == 0;
        }
        plan->need_count += !empty;
    }
    if (literal.size == 0)
        return;
    struct plan_need *need = &plan->needs[plan->need_count++];
    *need = (struct plan_need){ARENA_NEW(arena, struct find_text), 1, false};
    need->texts[0] = take_text(literal, false, arena);
}

void plan_take(struct plan *plan, const struct scan_ask *ask, struct arena *arena)
{
    *plan = (struct plan){
        .since_us = ask->since_us,
        .until_us = ask->until_us,
        .after = ask->after < INT64_MAX ? ask->after : INT64_MAX,
        .timed = ask->since_us != TIME_NONE || ask->until_us != TIME_NONE,
        .all_sources = ask->sources == NULL,
        .offsets = ask->offsets,
        .textless = ask->textless,
        .newest_first = ask->newest_first,
        .wants = ask->wants,
        .context = ask->context,
        .judge = ask->judge,
    };
    if (ask->sources != NULL && ask->source_count > 0) {
        plan->sources = ARENA_ARRAY(arena, int64_t, ask->source_count);
        memcpy(plan->sources, ask->sources, ask->source_count * sizeof *ask->sources);
        plan->source_count = ask->source_count;
        qsort(plan->sources, plan->source_count, sizeof *plan->sources, compare_ids);
    }
    take_needs(plan, ask, arena);
}

bool plan_wants_source(const struct plan *plan, int64_t source)
{
    return plan->all_sources || (plan->source_count > 0 && bsearch(&source, plan->sources, plan->source_count,
                                                                   sizeof *plan->sources, compare_ids) != NULL);
}

bool plan_wants_time(const struct plan *plan, int64_t time_us)
{
    if (!plan->timed)
        return true;
    return time_us != TIME_NONE && (plan->since_us == TIME_NONE || time_us >= plan->since_us) &&
           (plan->until_us == TIME_NONE || time_us < plan->until_us);
}

bool plan_wants_span(const struct plan *plan, int64_t time_min, int64_t time_max)
{
    if (!plan->timed)
        return true;
    return time_min != TIME_NONE && time_max != TIME_NONE &&
           (plan->since_us == TIME_NONE || time_max >= plan->since_us) &&
           (plan->until_us == TIME_NONE || time_min < plan->until_us);
}

bool plan_wants_text(const struct plan *plan, struct str raw)
{
    for (size_t n = 0; n < plan->need_count; n++) {
        const struct plan_need *need = &plan->needs[n];
        bool holds = false;
        for (size_t i = 0; i < need->count && !holds; i++)
            holds = find_in(&need->texts[i], raw);
        if (!holds)
            return false;
    }
    return true;
}

/* ---- Running ------------------------------------------------------------------------------------------------------------- */

enum { LATE_SLOTS_MIN = 64 }; /* for fewer, all their texts are put together */

enum wanted {
    WANTED = 1,   /* by all that is known without the text */
    TIMELESS = 2, /* the same, but for its time, which is asked and it has none */
    UNSURE = 4,   /* its text must be looked into */
    SURE = 8,     /* the judge wants it */
};

static void drop_result(const struct plan *plan, struct job *job)
{
    if (job->result != NULL)
        plan->judge->drop(job->result);
    job->result = NULL;
}

bool job_take_result(const struct plan *plan, struct job *job, struct err *err)
{
    bool taken = job->result == NULL || plan->judge->take(plan->judge->context, job->result, err);
    drop_result(plan, job);
    return taken;
}

void job_release(const struct plan *plan, struct job *job)
{
    drop_result(plan, job);
    load_release(&job->load);
    block_release(&job->own);
    free(job->wanted);
    *job = (struct job){0};
}

/* False when some need is held by no record of the block. */
static bool glance(const struct plan *plan, struct job *job)
{
    for (size_t n = 0; n < plan->need_count; n++) {
        bool may = false;
        for (size_t i = 0; i < plan->needs[n].count && !may; i++) {
            bool damaged;
            may = find_glance(job->block, &plan->needs[n].texts[i], &damaged);
            job->damaged |= damaged;
        }
        if (!may)
            return false;
    }
    return true;
}

/* Raises the marks, enum find_mark, of the slots whose lines hold one of the need's texts. False when the block is damaged. */
static bool find_need(struct job *job, const struct plan_need *need, uint8_t *marks)
{
    memset(marks, FIND_NO, job->slots);
    for (size_t i = 0; i < need->count; i++)
        if (!find_slots(job->block, &need->texts[i], marks))
            return false;
    return true;
}

/* What the needs say: leaves an enum find_mark for each slot in wanted. False when the block is damaged. */
static bool find_needs(const struct plan *plan, struct job *job)
{
    struct block *block = job->block;
    memset(job->wanted, FIND_YES, job->slots);
    job->any = true;
    block_open(block);
    uint8_t *marks = arena_alloc(&block->arena, job->slots);
    for (size_t n = 0; n < plan->need_count && job->any; n++) {
        if (plan->needs[n].late)
            continue;
        if (!find_need(job, &plan->needs[n], marks))
            return false;
        uint8_t left = 0;
        for (uint32_t slot = 0; slot < job->slots; slot++) {
            job->wanted[slot] = marks[slot] < job->wanted[slot] ? marks[slot] : job->wanted[slot];
            left |= job->wanted[slot];
        }
        job->any = left != FIND_NO;
    }
    return true;
}

/* What the marks, times and sources say: enum wanted, for slots that the needs left. */
static uint8_t choose_slot(const struct plan *plan, const struct job *job, uint32_t slot)
{
    const struct block *block = job->block;
    uint8_t unsure = job->wanted[slot] == FIND_MAYBE ? UNSURE : 0;
    if (block_is_hole(block, slot) || job->first_record + slot <= plan->after)
        return 0;
    if (plan->wants) {
        struct scan_record rec;
        block_record_of(block, slot, STR_ABSENT, &rec);
        if (!plan->wants(plan->context, &rec))
            return 0;
    }
    if (plan_wants_time(plan, block->times[slot]))
        return WANTED | unsure;
    return block->times[slot] == TIME_NONE ? TIMELESS | unsure : 0;
}

/* The next slot that is not ruled out, or `end`. */
static uint32_t next_left(const struct job *job, uint32_t slot, uint32_t end)
{
    uint64_t eight;
    while (end - slot >= sizeof eight && (memcpy(&eight, job->wanted + slot, sizeof eight), eight == 0))
        slot += sizeof eight;
    while (slot < end && job->wanted[slot] == 0)
        slot++;
    return slot;
}

static void choose(const struct plan *plan, struct job *job)
{
    const struct block *block = job->block;
    job->any = false;
    for (uint32_t r = 0; r < block->run_count; r++) {
        const struct batch_run *run = &block->runs[r];
        uint32_t end = run->first + run->count;
        if (!plan_wants_source(plan, run->source)) {
            memset(job->wanted + run->first, 0, run->count);
            continue;
        }
        for (uint32_t slot = next_left(job, run->first, end); slot < end; slot = next_left(job, slot + 1, end)) {
            job->wanted[slot] = choose_slot(plan, job, slot);
            job->any |= job->wanted[slot] != 0;
        }
    }
}

/* Asks the judge about the slots that are wanted as far as is known. False when the block is damaged. */
static bool ask_judge(const struct plan *plan, struct job *job, unsigned worker, uint32_t *ret_unsure)
{
    const struct scan_block view = scan_block_of(job->block);
    uint8_t *verdicts = arena_alloc(&job->block->arena, job->slots);
    for (uint32_t slot = 0; slot < job->slots; slot++) {
        uint8_t wanted = job->wanted[slot];
        verdicts[slot] = wanted == 0 ? SCAN_NO : wanted == WANTED ? SCAN_YES : SCAN_UNSURE;
    }
    if (!plan->judge->judge(plan->judge->context, worker, &view, verdicts, &job->result))
        return false;
    job->any = false;
    *ret_unsure = 0;
    for (uint32_t slot = 0; slot < job->slots; slot++) {
        if (verdicts[slot] == SCAN_NO || verdicts[slot] == SCAN_TOLD)
            job->wanted[slot] = 0;
        else if (verdicts[slot] == SCAN_YES)
            job->wanted[slot] |= SURE;
        *ret_unsure += verdicts[slot] == SCAN_UNSURE;
        job->any |= job->wanted[slot] != 0;
    }
    return true;
}

/* Looks for the late needs where the judge is not sure. */
static bool find_late(const struct plan *plan, struct job *job)
{
    uint8_t *marks = arena_alloc(&job->block->arena, job->slots);
    for (size_t n = 0; n < plan->need_count; n++) {
        if (!plan->needs[n].late)
            continue;
        if (!find_need(job, &plan->needs[n], marks))
            return false;
        for (uint32_t slot = 0; slot < job->slots; slot++) {
            if (job->wanted[slot] & SURE)
                continue;
            if (marks[slot] == FIND_NO)
                job->wanted[slot] = 0;
            else if (marks[slot] == FIND_MAYBE && job->wanted[slot] != 0)
                job->wanted[slot] |= UNSURE;
        }
    }
    return true;
}

/* False when the block is damaged. */
static bool judge(const struct plan *plan, struct job *job, unsigned worker)
{
    uint32_t unsure;
    if (plan->judge == NULL)
        return true;
    if (!ask_judge(plan, job, worker, &unsure))
        return false;
    return unsure < LATE_SLOTS_MIN || find_late(plan, job);
}

/* Puts the texts together that are to be given out or looked into. */
static bool make_texts(const struct plan *plan, struct job *job)
{
    struct block *block = job->block;
    uint32_t count = 0;
    uint8_t *chosen = arena_zalloc(&block->arena, job->slots);
    for (uint32_t slot = next_left(job, 0, job->slots); slot < job->slots;
         slot = next_left(job, slot + 1, job->slots)) {
        uint8_t wanted = job->wanted[slot];
        bool textless = plan->textless && (plan->judge == NULL || wanted & SURE);
        chosen[slot] = (wanted & UNSURE) || (wanted & WANTED && !textless);
        count += chosen[slot];
    }
    if (count == 0 && !plan->offsets)
        return true;
    if (!block_decode_slots(block, count == job->slots ? NULL : chosen, NULL))
        return false;
    return !plan->offsets || block_decode_offsets(block, NULL);
}

/* Looks into the texts that are unsure; then counts those that are left out for want of a time. */
static void settle(const struct plan *plan, struct job *job)
{
    const struct block *block = job->block;
    job->any = false;
    for (uint32_t slot = next_left(job, 0, job->slots); slot < job->slots;
         slot = next_left(job, slot + 1, job->slots)) {
        if (job->wanted[slot] & UNSURE) {
            struct str raw = str_slice(buf_str(&block->text), block->starts[slot], block->starts[slot + 1]);
            if (!plan_wants_text(plan, raw))
                job->wanted[slot] = 0;
        }
        job->timeless += (job->wanted[slot] & TIMELESS) != 0;
        job->wanted[slot] &= job->wanted[slot] & WANTED ? WANTED | SURE : 0;
        job->any |= job->wanted[slot] != 0;
    }
}

static bool run(const struct plan *plan, struct job *job, unsigned worker)
{
    struct block *block = job->block;
    bool open = block != &job->own;
    if (!open && !block_begin(block, &job->load.row, NULL))
        return false;
    /* It must be where the list says, or records would come out of order. */
    if (block->first_record != job->first_record || block->slots != job->slots)
        return false;
    if (!glance(plan, job))
        return !job->damaged;
    job->read = true;
    if (!find_needs(plan, job))
        return false;
    if (!job->any)
        return true;
    if (!block_decode_marks(block, NULL))
        return false;
    choose(plan, job);
    if (job->any && !judge(plan, job, worker))
        return false;
    if (job->any) {
        if (!make_texts(plan, job))
            return false;
        settle(plan, job);
    }
    return true;
}

void job_run(const struct plan *plan, struct job *job, unsigned worker)
{
    job->damaged = job->read = job->any = false;
    job->timeless = 0;
    job->at = 0;
    if (job->wanted == NULL)
        job->wanted = mem_alloc(BATCH_RECORDS_MAX);
    if (run(plan, job, worker))
        return;
    drop_result(plan, job);
    job->damaged = true;
    job->any = job->read = false;
    job->timeless = 0;
}

bool job_next(const struct plan *plan, struct job *job, struct scan_record *ret)
{
    if (!job->any)
        return false;
    job->at = next_left(job, job->at, job->slots);
    if (job->at == job->slots)
        return false;
    bool sure = job->wanted[job->at] & SURE;
    if (plan->textless && (plan->judge == NULL || sure))
        block_record_of(job->block, job->at++, STR_ABSENT, ret);
    else
        block_record(job->block, job->at++, ret);
    ret->sure = sure;
    return true;
}
