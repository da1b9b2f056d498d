#include <stdlib.h>

#include "query/census.h"
#include "query/report_part.h"
#include "query/report_words.h"
#include "query/stored_patterns.h"

/* Error counts are summed by pattern. A pattern of the day, or of one of the days compared with, has a slot; at the end those that
 * have nothing to tell are taken out. */
struct counting {
    struct report_loading *loading;
    struct pattern_set *set;
    struct report_pattern *patterns;      /* by their number in the set */
    const struct report_stretch *stretch; /* that is read now */
};

static void add_service(struct report *report, struct report_pattern *pattern, struct str name)
{
    bool fresh;
    struct map_entry *entry = map_at(&report->services, name, &fresh);
    if (fresh)
        entry->value = report->services.count - 1;
    uint32_t service = (uint32_t)entry->value;
    size_t at = 0;
    while (at < pattern->service_count && pattern->services[at] < service)
        at++;
    if (at < pattern->service_count && pattern->services[at] == service)
        return;
    if (pattern->service_count == pattern->service_capacity) {
        pattern->service_capacity = pattern->service_capacity ? 2 * pattern->service_capacity : 4;
        pattern->services = mem_resize_array(pattern->services, pattern->service_capacity, sizeof *pattern->services);
    }
    for (size_t i = pattern->service_count++; i > at; i--)
        pattern->services[i] = pattern->services[i - 1];
    pattern->services[at] = service;
}

static struct report_pattern *slot_of(struct counting *counting, struct str template, bool other)
{
    return &counting->patterns[other ? counting->set->other : pattern_set_of(counting->set, template)];
}

static bool count_errors(void *context, const struct error_count *errors)
{
    struct counting *counting = context;
    struct report *report = counting->loading->report;
    struct report_pattern *pattern = slot_of(counting, errors->template, errors->other);
    if (counting->stretch == &report->before) {
        pattern->compare.before += errors->count;
        report->figures[FIGURE_ERRORS].before += errors->count;
    } else if (counting->stretch != &report->day) {
        pattern->compare.weeks_count += errors->count;
        report->figures[FIGURE_ERRORS].weeks_count += errors->count;
    } else {
        unsigned hour = report_hour(report, errors->hour_us);
        pattern->compare.count += errors->count;
        pattern->hours[hour] += errors->count;
        report->errors_by_hour[hour] += errors->count;
        report->figures[FIGURE_ERRORS].count += errors->count;
        pattern->level = errors->level > pattern->level ? errors->level : pattern->level;
        if (errors->service.size > 0)
            add_service(report, pattern, errors->service);
    }
    return true;
}

/* The same of a fact, where the counts by hour do not tell. */
static bool count_error(void *context, const struct fact_row *fact)
{
    const struct counting *counting = context;
    int64_t since_us = counting->stretch->since_us;
    struct error_count one = {.hour_us = fact->time_us - (fact->time_us - since_us) % TIME_HOUR,
                              .source = fact->source,
                              .level = fact->level,
                              .status = fact->status,
                              .service = fact->service,
                              .logger = fact->logger,
                              .method = fact->method,
                              .template = fact->template,
                              .count = 1};
    return count_errors(context, &one);
}

static bool count_stretch(struct counting *counting, const struct report_stretch *stretch, struct err *err)
{
    struct store *store = counting->loading->store;
    bool told = stretch->since_us % TIME_HOUR == 0 && stretch->until_us % TIME_HOUR == 0;
    counting->stretch = stretch;
    if (told && !census_templates_tell(store, stretch->since_us, stretch->until_us, &told, err))
        return false;
    if (told)
        return store_error_counts(store, stretch->since_us, stretch->until_us, count_errors, counting, err);
    struct fact_ask ask = {.kinds = KIND_ERROR, .since_us = stretch->since_us, .until_us = stretch->until_us};
    return store_facts(store, &ask, count_error, counting, err);
}

/* The best example is the latest of the day; else the latest there is. */
static void offer_example(const struct report *report, struct report_pattern *pattern, uint64_t record, int64_t time_us)
{
    bool in_day = time_us >= report->day.since_us && time_us < report->day.until_us;
    bool has_day = pattern->example_us >= report->day.since_us && pattern->example_us < report->day.until_us;
    if (pattern->example_record == 0 || (in_day && !has_day) || (in_day == has_day && time_us > pattern->example_us)) {
        pattern->example_record = record;
        pattern->example_us = time_us;
    }
}

static bool note_template(void *context, const struct error_template *template)
{
    struct counting *counting = context;
    const struct report *report = counting->loading->report;
    struct report_pattern *pattern = slot_of(counting, template->template, template->other);
    if (template->first_us != TIME_NONE && (pattern->first_us == TIME_NONE || template->first_us < pattern->first_us))
        pattern->first_us = template->first_us;
    if (template->last_us > pattern->last_us)
        pattern->last_us = template->last_us;
    offer_example(report, pattern, template->first_record, template->first_us);
    offer_example(report, pattern, template->last_record, template->last_us);
    return true;
}

/* ---- What is told -------------------------------------------------------------------------------------------------------- */

static int by_urgency(const void *a, const void *b)
{
    const struct report_pattern *x = a, *y = b;
    if (x->flag != y->flag)
        return x->flag < y->flag ? -1 : 1;
    if (x->compare.count != y->compare.count)
        return x->compare.count > y->compare.count ? -1 : 1;
    if (x->compare.before != y->compare.before)
        return x->compare.before > y->compare.before ? -1 : 1;
    int order = str_compare(x->text, y->text);
    return order ? order : str_compare(x->id, y->id);
}

/* Judges the patterns and keeps those of the day and those that are missing from it. */
static void judge(struct counting *counting)
{
    struct report *report = counting->loading->report;
    size_t kept = 0;
    for (uint32_t i = 0; i < counting->set->count; i++) {
        struct report_pattern *pattern = &counting->patterns[i];
        struct compare *compare = &pattern->compare;
        compare->before_covered = report->before.covered;
        compare->weeks = report->week_count;
        compare->seen_before = pattern->first_us != TIME_NONE && pattern->first_us < report->day.since_us;
        compare->store_before = report->figures[FIGURE_ERRORS].store_before;
        pattern->flag = report_flag(report, compare);
        if (compare->count == 0 && pattern->flag == COMPARE_USUAL)
            continue;
        pattern->id = arena_str(&report->arena, pattern_set_id(counting->set, i));
        pattern->text = arena_str(&report->arena, pattern_set_text(counting->set, i));
        report->flag_counts[pattern->flag]++;
        counting->patterns[kept++] = *pattern;
    }
    report->patterns = counting->patterns;
    report->pattern_count = kept;
    if (kept > 0)
        qsort(report->patterns, kept, sizeof *report->patterns, by_urgency);
}

/* The first line of the message that the record has. */
static struct str text_of(const struct report *report, struct analyzer *analyzer, const struct scan_record *found,
                          struct arena *scratch)
{
    for (size_t i = 0; i < report->coverage.count; i++) {
        const struct store_source *source = &report->coverage.sources[i].state;
        struct event event = {.number = found->number, .record = found->record, .analyzer = analyzer, .arena = scratch};
        struct str text;
        if (source->state.id != found->source)
            continue;
        event_set_source(&event, &source->state);
        text = event_text(&event);
        return str_cut(&text, '\n');
    }
    return STR_ABSENT;
}

static bool load_examples(struct report_loading *loading, struct err *err)
{
    struct report *report = loading->report;
    SCOPED(arena) scratch = {0};
    SCOPED_FREE(field_table) *fields = field_table_new(STR_ABSENT, NULL, err);
    if (!fields)
        return false;
    SCOPED_FREE(analyzer) *analyzer = analyzer_new(fields);
    for (size_t i = 0; i < report->pattern_count && i < REPORT_ROWS; i++) {
        struct report_pattern *pattern = &report->patterns[i];
        struct scan_record found;
        struct err failure = {0};
        if (pattern->example_record == 0)
            continue;
        if (store_fetch(loading->store, pattern->example_record, false, &found, &failure)) {
            struct str text = text_of(report, analyzer, &found, &scratch);
            pattern->example = arena_str(&report->arena, str_slice(found.record.raw, 0, REPORT_EXAMPLE_MAX));
            pattern->example_text = arena_str(&report->arena, str_slice(text, 0, REPORT_EXAMPLE_MAX));
            arena_reset(&scratch);
        } else if (failure.kind != ERR_MISSING && failure.kind != ERR_CORRUPT) { /* 'winnow verify' tells of damage */
            *err = failure;
            return false;
        }
    }
    return true;
}

static bool count_all(struct counting *counting, struct err *err)
{
    struct report *report = counting->loading->report;
    for (uint32_t i = 0; i < counting->set->count; i++)
        counting->patterns[i].first_us = counting->patterns[i].last_us = counting->patterns[i].example_us = TIME_NONE;
    if (!count_stretch(counting, &report->day, err) ||
        (report->before.covered && !count_stretch(counting, &report->before, err)))
        return false;
    for (unsigned i = 0; i < COMPARE_WEEKS_MAX; i++)
        if (report->weeks[i].covered && !count_stretch(counting, &report->weeks[i], err))
            return false;
    return store_error_templates(counting->loading->store, note_template, counting, err);
}

bool report_load_errors(struct report_loading *loading, struct err *err)
{
    SCOPED_FREE(stored_patterns) *stored = stored_patterns_new(loading->store, false, err);
    if (!stored)
        return false;
    struct pattern_set *set = stored->set;
    struct counting counting = {.loading = loading, .set = set};
    counting.patterns = mem_alloc(set->count * sizeof *counting.patterns);
    if (count_all(&counting, err)) {
        judge(&counting);
        return load_examples(loading, err);
    }
    for (uint32_t i = 0; i < set->count; i++)
        free(counting.patterns[i].services);
    free(counting.patterns);
    return false;
}
