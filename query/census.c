#include "query/census.h"

#include <stdlib.h>

#include "base/must.h"
#include "query/facts.h"
#include "query/group.h"

enum { KEY_BYTES_MAX = 2 * GROUP_KEY_BYTES_MAX + 32 };

void census_init(struct census *census, struct question *q, bool all_levels)
{
    must(q->patterns);
    *census = (struct census){.q = q, .all_levels = all_levels, .key = BUF(KEY_BYTES_MAX)};
    census->patterns = mem_alloc(q->patterns->count * sizeof *census->patterns);
    for (uint32_t i = 0; i < q->patterns->count; i++)
        census->patterns[i].first_us = census->patterns[i].last_us = TIME_NONE;
}

void census_release(struct census *census)
{
    for (uint32_t i = 0; census->patterns && i < census->q->patterns->count; i++)
        map_release(&census->patterns[i].services);
    free(census->patterns);
    free(census->leaves);
    map_release(&census->places);
    buf_release(&census->key);
    arena_release(&census->arena);
    *census = (struct census){0};
}

/* ---- One count --------------------------------------------------------------------------------------------------- */

/* Records that have the same of all this. */
struct part {
    uint32_t pattern;
    uint8_t level;
    struct str service, logger;
    struct str source; /* its name */
    uint64_t count;
    int64_t first_us, last_us;
    uint64_t latest;
};

static void add_key(struct buf *key, struct str text)
{
    text = str_slice(text, 0, GROUP_KEY_BYTES_MAX);
    buf_add_varint(key, text.data ? text.size + 1 : 0);
    buf_add_str(key, text);
}

static struct str file_of(struct str name)
{
    size_t slash = str_find_last(name, STR("/"));
    return slash == STR_NONE || slash + 1 == name.size ? name : str_slice(name, slash + 1, name.size);
}

static struct census_leaf *leaf_of(struct census *census, const struct part *part)
{
    bool is_new;
    struct str service = part->service.size ? part->service : file_of(part->source);
    buf_reset(&census->key);
    buf_add_varint(&census->key, part->pattern);
    add_key(&census->key, service);
    add_key(&census->key, part->logger);
    must(!census->key.full);
    struct map_entry *entry = map_at(&census->places, buf_str(&census->key), &is_new);
    if (!is_new)
        return &census->leaves[entry->value];
    if (census->leaf_count == census->leaf_capacity) {
        census->leaf_capacity = census->leaf_capacity ? census->leaf_capacity * 2 : 64;
        census->leaves = mem_resize_array(census->leaves, census->leaf_capacity, sizeof *census->leaves);
    }
    entry->value = census->leaf_count;
    struct census_leaf *leaf = &census->leaves[census->leaf_count++];
    *leaf = (struct census_leaf){.pattern = part->pattern,
                                 .service = arena_str(&census->arena, service),
                                 .logger = arena_str(&census->arena, part->logger)};
    return leaf;
}

static bool add_part(struct census *census, const struct part *part, struct err *err)
{
    struct census_pattern *pattern = &census->patterns[part->pattern];
    if (census->places.count == GROUP_ROWS_MAX)
        return err_set(err, ERR_LIMIT, 0,
                       "more than %d combinations of pattern, service and logger; choose fewer lines", GROUP_ROWS_MAX);
    leaf_of(census, part)->counts[census->stretch] += part->count;
    pattern->counts[census->stretch] += part->count;
    pattern->level = part->level > pattern->level ? part->level : pattern->level;
    if (part->service.size > 0)
        map_at(&pattern->services, part->service, NULL);
    if (census->stretch != CENSUS_ASKED)
        return true;
    census->total += part->count;
    if (part->latest > 0 && (pattern->latest == 0 || part->last_us > pattern->last_us ||
                             (part->last_us == pattern->last_us && part->latest > pattern->latest)))
        pattern->latest = part->latest;
    if (part->last_us == TIME_NONE)
        return true;
    pattern->last_us = part->last_us > pattern->last_us ? part->last_us : pattern->last_us;
    if (pattern->first_us == TIME_NONE || part->first_us < pattern->first_us)
        pattern->first_us = part->first_us;
    return true;
}

static void add_step(struct census *census, uint32_t pattern, int64_t time_us, uint64_t count)
{
    if (census->stretch != CENSUS_ASKED || census->step_us == 0 || time_us == TIME_NONE ||
        time_us < census->step_from_us)
        return;
    uint64_t step = (uint64_t)(time_us - census->step_from_us) / (uint64_t)census->step_us;
    if (step < census->step_count)
        census->patterns[pattern].steps[step] += count;
}

/* ---- By counts --------------------------------------------------------------------------------------------------- */

struct visiting {
    struct census *census;
    struct arena arena;
    struct err err;
};

static void visiting_release(struct visiting *visiting)
{
    arena_release(&visiting->arena);
}

static bool visit_count(void *context, const struct error_count *count)
{
    struct visiting *visiting = context;
    struct census *census = visiting->census;
    struct question *q = census->q;
    struct fact_row fact = {.time_us = count->hour_us,
                            .source = count->source,
                            .kinds = KIND_ERROR,
                            .level = count->level,
                            .status = count->status,
                            .service = count->service,
                            .logger = count->logger,
                            .method = count->method,
                            .template = count->template};
    bool known;
    const struct store_source *source = select_source(&q->select, count->source);
    if (visiting->arena.used_bytes > 0)
        arena_reset(&visiting->arena);
    if (!source || !select_holds_fact(&q->select, &fact, source, &visiting->arena, &known))
        return true;
    struct part part = {.pattern = pattern_set_of(q->patterns, count->template),
                        .level = count->level,
                        .service = count->service,
                        .logger = count->logger,
                        .source = source->state.name,
                        .count = count->count,
                        .first_us = TIME_NONE,
                        .last_us = TIME_NONE};
    add_step(census, part.pattern, count->hour_us, count->count);
    return add_part(census, &part, &visiting->err);
}

/* Does each count say all that the selection asks? */
static bool told_by_counts(const struct select *select)
{
    if (select->grep_count > 0 || select->net_count > 0)
        return false;
    for (size_t i = 0; i < select->filter_count; i++) {
        const struct subject *subject = &select->filters[i].subject;
        bool told = subject->kind == SUBJECT_PATTERN || subject->kind == SUBJECT_SOURCE;
        if (subject->kind == SUBJECT_FIELD)
            told = subject->field == FIELD_SERVICE || subject->field == FIELD_LOGGER ||
                   subject->field == FIELD_METHOD || subject->field == FIELD_STATUS || subject->field == FIELD_LEVEL;
        if (!told)
            return false;
    }
    return true;
}

/* Do whole hours make up the stretch, as far as anything is stored? */
static bool is_whole_hours(const struct select *select, int64_t since_us, int64_t until_us)
{
    bool begins = since_us == TIME_NONE || since_us % TIME_HOUR == 0;
    bool ends = until_us == TIME_NONE || until_us % TIME_HOUR == 0;
    bool early = since_us != TIME_NONE, late = until_us != TIME_NONE;
    for (size_t i = 0; i < select->source_count; i++) {
        early = early && (select->sources[i].time_min == TIME_NONE || select->sources[i].time_min >= since_us);
        late = late && (select->sources[i].time_max == TIME_NONE || select->sources[i].time_max < until_us);
    }
    return (begins || early) && (ends || late);
}

static bool find_other(void *context, const struct error_count *count)
{
    bool *other = context;
    *other = count->other;
    return !*other;
}

bool census_templates_tell(struct store *store, int64_t since_us, int64_t until_us, bool *ret, struct err *err)
{
    bool other = false;
    if (!store_error_counts(store, since_us, until_us, find_other, &other, err))
        return false;
    *ret = !other;
    return true;
}

static bool add_counts(struct census *census, int64_t since_us, int64_t until_us, struct err *err)
{
    SCOPED(visiting) visiting = {.census = census};
    if (!store_error_counts(census->q->store, since_us, until_us, visit_count, &visiting, err))
        return false;
    if (visiting.err.kind != ERR_NONE)
        *err = visiting.err;
    return visiting.err.kind == ERR_NONE;
}

/* ---- By facts ---------------------------------------------------------------------------------------------------- */

static bool visit_fact(void *context, const struct fact_row *fact, const struct store_source *source,
                       struct arena *arena, struct err *err)
{
    struct census *census = context;
    struct part part = {.pattern = pattern_set_of(census->q->patterns, fact->template),
                        .level = fact->level,
                        .service = fact->service,
                        .logger = fact->logger,
                        .source = source->state.name,
                        .count = 1,
                        .first_us = fact->time_us,
                        .last_us = fact->time_us,
                        .latest = fact->record};
    (void)arena;
    add_step(census, part.pattern, fact->time_us, 1);
    return add_part(census, &part, err);
}

static bool add_facts(struct census *census, int64_t since_us, int64_t until_us, struct err *err)
{
    struct facts_visit visit = {
        .kinds = KIND_ERROR, .since_us = since_us, .until_us = until_us, .visit = visit_fact, .context = census};
    return facts_each(census->q, &visit, err);
}

/* ---- By a scan --------------------------------------------------------------------------------------------------- */

enum { BY_PATTERN, BY_SERVICE, BY_LOGGER, BY_LEVEL, BY_SOURCE, BY_COUNT };

static bool add_keys(struct census *census, const struct str *keys, struct part part, struct err *err)
{
    const struct map_entry *entry = map_find(&census->q->patterns->ids, keys[BY_PATTERN]);
    must(entry);
    part.pattern = (uint32_t)entry->value;
    part.service = keys[BY_SERVICE];
    part.logger = keys[BY_LOGGER];
    part.source = keys[BY_SOURCE];
    part.level = keys[BY_LEVEL].data ? (uint8_t)level_parse(keys[BY_LEVEL]) : LEVEL_UNKNOWN;
    return add_part(census, &part, err);
}

struct scanning {
    struct census *census;
    struct subject keys[BY_COUNT];
};

static bool visit_event(void *context, struct event *event, bool holds, struct err *err)
{
    struct scanning *scanning = context;
    struct str keys[BY_COUNT];
    (void)holds;
    for (size_t i = 0; i < BY_COUNT; i++)
        keys[i] = subject_text(&scanning->keys[i], event);
    struct part part = {
        .count = 1, .first_us = event->record.time_us, .last_us = event->record.time_us, .latest = event->number};
    return add_keys(scanning->census, keys, part, err);
}

static bool take_total(void *context, const struct total *total, struct err *err)
{
    struct scanning *scanning = context;
    for (size_t i = 0; i < total->row_count; i++) {
        const struct total_row *row = &total->rows[i];
        struct part part = {
            .count = row->count, .first_us = row->first_us, .last_us = row->last_us, .latest = row->latest};
        if (!add_keys(scanning->census, row->keys, part, err))
            return false;
    }
    return true;
}

static bool add_scan(struct census *census, int64_t since_us, int64_t until_us, struct err *err)
{
    static const struct str names[BY_COUNT] = {
        {"pattern", 7}, {"service", 7}, {"logger", 6}, {"level", 5}, {"source", 6}};
    struct question *q = census->q;
    struct scanning scanning = {.census = census};
    for (size_t i = 0; i < BY_COUNT; i++)
        scanning.keys[i] = question_subject(q, names[i]);
    const struct judge_ask total = {
        .way = TOTAL_KEYS, .keys = scanning.keys, .key_count = BY_COUNT, .take = take_total, .context = &scanning};
    struct question_scan scan = {.visit = visit_event, .context = &scanning, .total = &total};
    int64_t asked_since_us = q->select.since_us, asked_until_us = q->select.until_us;
    q->select.since_us = since_us;
    q->select.until_us = until_us;
    bool fine = question_scan(q, &scan, err);
    q->select.since_us = asked_since_us;
    q->select.until_us = asked_until_us;
    return fine;
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

/* At most CENSUS_STEPS_MAX steps of whole hours from the first record asked about to the last. */
static void choose_steps(struct census *census, int64_t since_us, int64_t until_us)
{
    const struct select *select = &census->q->select;
    int64_t first_us = TIME_NONE, last_us = TIME_NONE;
    for (size_t i = 0; i < select->source_count; i++) {
        const struct store_source *source = &select->sources[i];
        if (source->time_min != TIME_NONE && (first_us == TIME_NONE || source->time_min < first_us))
            first_us = source->time_min;
        last_us = source->time_max > last_us ? source->time_max : last_us;
    }
    first_us = since_us != TIME_NONE && since_us > first_us ? since_us : first_us;
    last_us = until_us != TIME_NONE && until_us <= last_us ? until_us - 1 : last_us;
    if (first_us == TIME_NONE || last_us < first_us)
        return;
    int64_t from_us = first_us - first_us % TIME_HOUR - (first_us % TIME_HOUR < 0 ? TIME_HOUR : 0);
    uint64_t hours = (uint64_t)(last_us - from_us) / (uint64_t)TIME_HOUR + 1;
    uint64_t each = (hours + CENSUS_STEPS_MAX - 1) / CENSUS_STEPS_MAX;
    census->step_from_us = from_us;
    census->step_us = (int64_t)each * TIME_HOUR;
    census->step_count = (size_t)((hours + each - 1) / each);
}

bool census_add(struct census *census, enum census_stretch stretch, int64_t since_us, int64_t until_us, struct err *err)
{
    const struct select *select = &census->q->select;
    census->stretch = stretch;
    if (census->all_levels)
        return add_scan(census, since_us, until_us, err);
    if (stretch == CENSUS_ASKED)
        choose_steps(census, since_us, until_us);
    bool told = told_by_counts(select) && is_whole_hours(select, since_us, until_us);
    if (told && !census_templates_tell(census->q->store, since_us, until_us, &told, err))
        return false;
    if (told)
        return add_counts(census, since_us, until_us, err);
    return add_facts(census, since_us, until_us, err);
}

struct seeing {
    struct census *census;
    int64_t since_us;
};

static bool visit_template(void *context, const struct error_template *template)
{
    const struct seeing *seeing = context;
    const struct pattern_set *set = seeing->census->q->patterns;
    uint32_t index = template->other ? set->other : pattern_set_of(set, template->template);
    struct census_pattern *pattern = &seeing->census->patterns[index];
    pattern->seen_before = pattern->seen_before || template->first_us == TIME_NONE ||
                           (seeing->since_us != TIME_NONE && template->first_us < seeing->since_us);
    if (template->last_record > pattern->latest)
        pattern->latest = template->last_record;
    if (pattern->first == 0 || template->first_record < pattern->first)
        pattern->first = template->first_record;
    if (template->first_us == TIME_NONE)
        return true;
    pattern->last_us = template->last_us > pattern->last_us ? template->last_us : pattern->last_us;
    if (pattern->first_us == TIME_NONE || template->first_us < pattern->first_us)
        pattern->first_us = template->first_us;
    return true;
}

bool census_seen(struct census *census, int64_t since_us, struct err *err)
{
    struct seeing seeing = {census, since_us};
    return store_error_templates(census->q->store, visit_template, &seeing, err);
}
