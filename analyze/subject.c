#include "analyze/subject.h"

#include "analyze/analyze.h"

struct subject subject_of(struct str name)
{
    static const struct {
        const char *name;
        enum subject_kind kind;
    } own[] = {
        {"kind", SUBJECT_KIND},         {"format", SUBJECT_FORMAT},   {"source", SUBJECT_SOURCE},
        {"unparsed", SUBJECT_UNPARSED}, {"pattern", SUBJECT_PATTERN}, {"offset", SUBJECT_OFFSET},
        {"time_us", SUBJECT_TIME_US},   {"raw", SUBJECT_RAW},
    };
    static const struct str prefix = {"fields.", 7};
    struct subject subject = {.kind = SUBJECT_PATH, .field = FIELD_COUNT, .name = name};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (str_equal(name, str_of(own[i].name)))
            subject.kind = own[i].kind;
    if (subject.kind != SUBJECT_PATH)
        return subject;
    subject.field = str_equal(name, STR("ip")) ? FIELD_CLIENT_IP : field_by_name(name);
    if (subject.field != FIELD_COUNT)
        subject.kind = SUBJECT_FIELD;
    else if (str_starts(name, prefix))
        subject.inner = str_slice(name, prefix.size, name.size);
    return subject;
}

bool subject_is_number(const struct subject *subject)
{
    return subject->kind == SUBJECT_OFFSET || subject->kind == SUBJECT_TIME_US ||
           (subject->kind == SUBJECT_FIELD && (subject->field == FIELD_STATUS || subject->field == FIELD_DURATION));
}

bool subject_is_stored(const struct subject *subject)
{
    switch (subject->kind) {
    case SUBJECT_KIND:
    case SUBJECT_FORMAT:
    case SUBJECT_SOURCE:
    case SUBJECT_OFFSET:
    case SUBJECT_TIME_US:
    case SUBJECT_UNPARSED:
        return true;
    case SUBJECT_FIELD:
        return subject->field == FIELD_LEVEL || subject->field == FIELD_TIME;
    case SUBJECT_PATTERN:
    case SUBJECT_RAW:
    case SUBJECT_PATH:
        break;
    }
    return false;
}

struct path_search {
    struct str asked, inner;
    bool (*visit)(void *context, struct str text);
    void *context;
};

static bool visit_path(void *context, const struct record_value *value)
{
    const struct path_search *search = context;
    if (!path_matches(search->asked, value->path) && !(search->inner.data && path_matches(search->inner, value->path)))
        return true;
    return search->visit(search->context, value->text);
}

static void visit_paths(const struct subject *subject, struct event *event,
                        bool (*visit)(void *context, struct str text), void *context)
{
    struct path_search search = {subject->name, subject->inner, visit, context};
    event_analyze(event);
    record_visit(&event->record, event->arena, visit_path, &search);
}

static struct str duration_text(double ms, struct arena *arena)
{
    char text[NUMBER_TEXT_MAX];
    return arena_str(arena, str_from(text, number_print(ms, text)));
}

/* The one text of a field; a name the field table does not know in this record may still be a path in it. */
static void visit_field(const struct subject *subject, struct event *event,
                        bool (*visit)(void *context, struct str text), void *context)
{
    struct str text = event_field(event, subject->field);
    if (subject->field == FIELD_STATUS && record_status(&event->record))
        text = arena_printf(event->arena, "%u", record_status(&event->record));
    double ms;
    if (subject->field == FIELD_DURATION && record_duration_ms(&event->record, event->arena, &ms))
        text = duration_text(ms, event->arena);
    if (text.data)
        visit(context, text);
    else if (subject->field != FIELD_LEVEL && subject->field != FIELD_TIME)
        visit_paths(subject, event, visit, context);
}

void subject_visit(const struct subject *subject, struct event *event, bool (*visit)(void *context, struct str text),
                   void *context)
{
    struct str text = STR_ABSENT;
    switch (subject->kind) {
    case SUBJECT_FIELD:
        visit_field(subject, event, visit, context);
        return;
    case SUBJECT_PATH:
        visit_paths(subject, event, visit, context);
        return;
    case SUBJECT_KIND:
        text = event_kinds(event);
        break;
    case SUBJECT_FORMAT:
        text =
            event->record.format == FORMAT_NONE ? STR_ABSENT : str_of(format_name((enum format)event->record.format));
        break;
    case SUBJECT_SOURCE:
        text = event->source;
        break;
    case SUBJECT_OFFSET:
        text = arena_printf(event->arena, "%llu", (unsigned long long)event->record.offset);
        break;
    case SUBJECT_TIME_US:
        if (event_has_time(event))
            text = arena_printf(event->arena, "%lld", (long long)event->record.time_us);
        break;
    case SUBJECT_RAW:
        text = event->record.raw;
        break;
    case SUBJECT_UNPARSED:
        text = event->record.flags & RECORD_UNPARSED ? STR("true") : STR("false");
        break;
    case SUBJECT_PATTERN:
        event_analyze(event);
        text = pattern_memo_id(subject->patterns, &event->record, event->arena);
        break;
    }
    if (text.data)
        visit(context, text);
}

static bool keep_first(void *context, struct str text)
{
    struct str *first = context;
    *first = text;
    return false;
}

struct str subject_text(const struct subject *subject, struct event *event)
{
    struct str first = STR_ABSENT;
    subject_visit(subject, event, keep_first, &first);
    return first;
}
