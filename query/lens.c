#include "query/lens.h"

#include "base/must.h"

/* In a remembered answer: unless the record is of a kind whose message tells a login. */
#define LENS_TELLS (UINT32_C(1) << 31)

enum { LENS_SLOTS_MAX = 64, LENS_MEMO_MAX = 65536 };

/* A slot of a shape that the answer depends on. */
struct lens_slot {
    uint32_t index, column, stride;
    const uint32_t *codes;
};

/* What of a skeleton's records it depends on. */
struct lens_skeleton {
    bool fits, tells; /* tells: a message may give the field */
    bool by_message;  /* SUBJECT_PATTERN: its message alone is looked at */
    const struct shape *shape;
    struct str *values; /* the panel's */
    uint32_t count;
    struct lens_slot *slots;
    uint32_t stride; /* of the source's defaults */
    uint32_t *memo;  /* by codes and strides; NULL: too many */
};

bool lens_fits(const struct subject *subject)
{
    switch (subject->kind) {
    case SUBJECT_OFFSET:
    case SUBJECT_RAW:
        return false;
    case SUBJECT_PATTERN: /* a set that changes belongs to one thread */
        return !subject->patterns->set->grow;
    default:
        return true;
    }
}

void lens_release(struct lens *lens)
{
    map_release(&lens->keys);
    arena_release(&lens->arena);
}

void lens_begin(struct lens *lens, struct panel *panel)
{
    lens->panel = panel;
    lens->skeletons = arena_zalloc(&panel->arena, (panel->block->skeleton_count + 1) * sizeof(struct lens_skeleton *));
    lens->marks = arena_zalloc(&panel->arena, (UINT8_MAX + 1) * sizeof *lens->marks);
    lens->source_answer = 0;
    lens->pattern_keys = NULL;
    map_reset(&lens->keys);
}

struct str lens_key(const struct lens *lens, uint32_t answer)
{
    must(answer >= LENS_KEYS && answer - LENS_KEYS <= lens->keys.count);
    return answer == LENS_KEYS ? STR_ABSENT : lens->keys.entries[answer - LENS_KEYS - 1].key;
}

/* ---- Answers ------------------------------------------------------------------------------------------------------------ */

static uint32_t key_of(struct lens *lens, struct str text)
{
    if (!text.data)
        return LENS_KEYS;
    bool is_new;
    struct map_entry *entry = map_at(&lens->keys, text, &is_new);
    if (is_new)
        entry->value = LENS_KEYS + lens->keys.count;
    return (uint32_t)entry->value;
}

static uint64_t limit_hits(const struct lens *lens)
{
    uint64_t hits = 0;
    for (size_t i = 0; i < lens->filter_count; i++)
        if (lens->filters[i].re)
            hits += re_limit_hits(lens->filters[i].re);
    return hits;
}

/* The key of a pattern; each is looked up once in a block. */
static uint32_t pattern_key_of(struct lens *lens, struct event *event)
{
    struct pattern_memo *memo = lens->subject.patterns;
    uint32_t pattern = pattern_memo_of(memo, &event->record, event->arena);
    if (!lens->pattern_keys)
        lens->pattern_keys = arena_zalloc(&lens->panel->arena, memo->set->count * sizeof *lens->pattern_keys);
    if (!lens->pattern_keys[pattern])
        lens->pattern_keys[pattern] = key_of(lens, pattern_set_id(memo->set, pattern));
    return lens->pattern_keys[pattern];
}

static uint32_t answer(struct lens *lens, struct event *event)
{
    if (lens->way == LENS_KEY && lens->subject.kind == SUBJECT_PATTERN)
        return pattern_key_of(lens, event);
    if (lens->way == LENS_KEY)
        return key_of(lens, subject_text(&lens->subject, event));
    if (lens->way == LENS_NETS)
        return select_nets_hold(lens->select, event) ? LENS_YES : LENS_NO;
    uint64_t hits = limit_hits(lens);
    bool holds = filters_group_holds(lens->filters, lens->filter_count, lens->index, event);
    if (limit_hits(lens) != hits)
        return LENS_UNSURE; /* what was too hard is counted by lines */
    return holds ? LENS_YES : LENS_NO;
}

/* ---- By marks ----------------------------------------------------------------------------------------------------------- */

/* Where the answer for the slot is remembered; NULL: nowhere. */
static uint32_t *mark_memo(struct lens *lens, uint32_t slot, int64_t source)
{
    const struct scan_block *block = lens->panel->block;
    const struct subject *subject = &lens->subject;
    if (subject->kind == SUBJECT_FIELD && subject->field == FIELD_LEVEL)
        return &lens->marks[block->levels[slot]];
    if (subject->kind == SUBJECT_KIND)
        return &lens->marks[block->kinds[slot]];
    if (subject->kind == SUBJECT_FORMAT)
        return &lens->marks[block->formats[slot]];
    if (subject->kind == SUBJECT_UNPARSED)
        return &lens->marks[block->flags[slot] & RECORD_UNPARSED];
    if (subject->kind != SUBJECT_SOURCE)
        return NULL;
    if (lens->source != source)
        lens->source_answer = 0;
    lens->source = source;
    return &lens->source_answer;
}

static uint32_t look_at_marks(struct lens *lens, uint32_t slot)
{
    const struct scan_block *block = lens->panel->block;
    uint32_t end;
    int64_t source = lens->subject.kind == SUBJECT_SOURCE ? scan_block_source(block, slot, &end) : 0;
    uint32_t *memo = mark_memo(lens, slot, source);
    if (memo && *memo)
        return *memo;
    arena_reset(&lens->arena);
    const struct store_source *chosen = select_source(lens->select, source);
    struct event event = {.arena = &lens->arena};
    if (chosen)
        event_set_source(&event, &chosen->state);
    event.record = (struct record){.time_us = block->times[slot],
                                   .flags = block->flags[slot] & (RECORD_UNPARSED | RECORD_TIME_BORROWED),
                                   .level = block->levels[slot],
                                   .kinds = block->kinds[slot],
                                   .format = block->formats[slot]};
    uint32_t found = lens->subject.kind == SUBJECT_SOURCE && !chosen ? LENS_UNSURE : answer(lens, &event);
    if (memo)
        *memo = found;
    return found;
}

/* ---- By values ---------------------------------------------------------------------------------------------------------- */

/* A record's message alone makes its pattern. One that has none, though others of its shape have, is asked by its line. */
static bool is_by_message(const struct subject *subject, const struct shape *shape)
{
    return subject->kind == SUBJECT_PATTERN && shape->field_slot[FIELD_MESSAGE] >= 0;
}

static void note_slots(const struct lens *lens, const struct shape *shape, bool tells, bool *slots)
{
    /* What record_template looks at. */
    static const enum field of_template[] = {FIELD_MESSAGE, FIELD_EVENT, FIELD_METHOD, FIELD_PATH, FIELD_STATUS};
    const struct subject *subject = &lens->subject;
    if (subject->kind == SUBJECT_FIELD)
        shape_field_slots(shape, subject->field, slots);
    size_t parts = subject->kind != SUBJECT_PATTERN ? 0
                   : is_by_message(subject, shape)  ? 1
                                                    : sizeof of_template / sizeof *of_template;
    for (size_t i = 0; i < parts; i++)
        shape_field_slots(shape, of_template[i], slots);
    if (tells)
        shape_field_slots(shape, FIELD_SERVICE, slots);
    for (uint32_t i = 0; subject->kind != SUBJECT_PATTERN && i < shape->slot_count; i++)
        slots[i] = slots[i] || path_matches(subject->name, shape->slots[i].path) ||
                   (subject->inner.data && path_matches(subject->inner, shape->slots[i].path));
}

/* Chooses the columns and makes room for their answers. */
static bool take_columns(struct lens *lens, const struct panel_skeleton *from, const bool *slots,
                         struct lens_skeleton *ret)
{
    uint64_t answers = 1;
    uint32_t count = 0;
    for (uint32_t i = 0; i < ret->shape->slot_count; i++)
        count += slots[i];
    if (count > LENS_SLOTS_MAX)
        return false;
    ret->slots = ARENA_ARRAY(&lens->panel->arena, struct lens_slot, count + 1);
    for (uint32_t i = 0; i < ret->shape->slot_count; i++) {
        if (!slots[i])
            continue;
        const struct panel_column *column = panel_column(lens->panel, from->columns[i]);
        if (!column->codes)
            return false;
        ret->slots[ret->count++] = (struct lens_slot){i, from->columns[i], (uint32_t)answers, column->codes};
        answers *= column->count;
        answers = answers < LENS_MEMO_MAX ? answers : LENS_MEMO_MAX;
    }
    ret->stride = (uint32_t)answers;
    answers *= lens->panel->default_count;
    if (answers < LENS_MEMO_MAX && answers <= 64 + 2 * (uint64_t)from->slots)
        ret->memo = arena_zalloc(&lens->panel->arena, (answers + 1) * sizeof *ret->memo);
    return true;
}

static struct lens_skeleton *look_through(struct lens *lens, uint32_t index)
{
    struct lens_skeleton **place = &lens->skeletons[index];
    if (*place)
        return *place;
    struct arena *arena = &lens->panel->arena;
    const struct panel_skeleton *from = panel_skeleton(lens->panel, index);
    struct lens_skeleton *skeleton = *place = ARENA_NEW(arena, struct lens_skeleton);
    if (!from->shape)
        return skeleton;
    const struct subject *subject = &lens->subject;
    skeleton->shape = from->shape;
    skeleton->by_message = is_by_message(subject, from->shape);
    skeleton->tells = subject->kind == SUBJECT_FIELD && from->messages &&
                      (subject->field == FIELD_USER || subject->field == FIELD_CLIENT_IP);
    bool *slots = arena_zalloc(arena, from->shape->slot_count + 1);
    note_slots(lens, from->shape, skeleton->tells, slots);
    skeleton->values = from->values;
    skeleton->fits = take_columns(lens, from, slots, skeleton);
    return skeleton;
}

/* Gives the values to the shape's slots that the answer depends on. */
static bool take_values(struct lens *lens, const struct lens_skeleton *skeleton, uint32_t slot)
{
    struct buf *text = &lens->panel->text;
    size_t ends[LENS_SLOTS_MAX];
    buf_reset(text);
    for (uint32_t i = 0; i < skeleton->count; i++) {
        if (!scan_block_text(lens->panel->block, skeleton->slots[i].column, skeleton->slots[i].codes[slot], text)) {
            lens->panel->damaged = true;
            return false;
        }
        ends[i] = text->size;
    }
    for (uint32_t i = 0; i < skeleton->count; i++)
        skeleton->values[skeleton->slots[i].index] = str_slice(buf_str(text), i ? ends[i - 1] : 0, ends[i]);
    return true;
}

static uint32_t answer_record(struct lens *lens, const struct lens_skeleton *skeleton,
                              const struct source_defaults *defaults)
{
    arena_reset(&lens->arena);
    struct event event = {.analyzed = true, .arena = &lens->arena};
    event.record = (struct record){.time_us = TIME_NONE,
                                   .format = FORMAT_JSON,
                                   .shape = skeleton->shape,
                                   .slots = skeleton->values,
                                   .defaults = defaults};
    if (skeleton->by_message && !record_field(&event.record, FIELD_MESSAGE, &lens->arena).data)
        return LENS_UNSURE;
    bool told = skeleton->tells && !record_field(&event.record, lens->subject.field, &lens->arena).data;
    if (told && (!lens->believes_kinds || record_is_of_sshd(&event.record, &lens->arena)))
        return LENS_UNSURE;
    return answer(lens, &event) | (told ? LENS_TELLS : 0);
}

static uint32_t answer_values(struct lens *lens, const struct lens_skeleton *skeleton, uint32_t slot)
{
    if (!take_values(lens, skeleton, slot))
        return LENS_UNSURE;
    const struct panel *panel = lens->panel;
    uint32_t found = answer_record(lens, skeleton, panel->defaults[panel->default_of[slot]]);
    for (uint32_t i = 0; i < skeleton->count; i++)
        skeleton->values[skeleton->slots[i].index] = PANEL_VALUE;
    return found;
}

static uint32_t look_at_values(struct lens *lens, uint32_t slot)
{
    const struct scan_block *block = lens->panel->block;
    struct lens_skeleton *skeleton = look_through(lens, block->skeletons[slot]);
    if (!skeleton->fits)
        return LENS_UNSURE;
    uint32_t at = lens->panel->default_of[slot] * skeleton->stride;
    for (uint32_t i = 0; i < skeleton->count; i++) {
        uint32_t code = skeleton->slots[i].codes[slot];
        if (code >= SCAN_CODE_SEVERAL)
            return LENS_UNSURE; /* a key given twice */
        at += code * skeleton->slots[i].stride;
    }
    uint32_t found = skeleton->memo ? skeleton->memo[at] : 0;
    if (!found) {
        found = answer_values(lens, skeleton, slot);
        if (skeleton->memo)
            skeleton->memo[at] = found;
    }
    if (found & LENS_TELLS && kinds_tell_login(block->kinds[slot]))
        return LENS_UNSURE;
    return found & ~LENS_TELLS;
}

uint32_t lens_look(struct lens *lens, uint32_t slot)
{
    return subject_is_stored(&lens->subject) ? look_at_marks(lens, slot) : look_at_values(lens, slot);
}
