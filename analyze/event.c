#include "analyze/event.h"

#include "analyze/analyze.h"

void event_set_source(struct event *event, const struct source_state *source)
{
    event->source_id = source->id;
    event->source = source->name;
    event->reference_us = source->modified_us;
    event->defaults = &source->defaults;
}

void event_analyze(struct event *event)
{
    if (event->analyzed)
        return;
    struct record stored = event->record;
    event->record.defaults = event->defaults;
    analyzer_read(event->analyzer, &event->record, event->reference_us, event->arena);
    /* The kinds are known. What else comes of classifying is what the message tells, if it is believed. */
    if (!event->believes_kinds || kinds_tell_login(stored.kinds) || record_is_of_sshd(&event->record, event->arena))
        analyzer_classify(event->analyzer, &event->record, event->arena);
    event->record.time_us = stored.time_us;
    event->record.flags = stored.flags;
    event->record.level = stored.level;
    event->record.kinds = stored.kinds;
    event->record.format = stored.format;
    event->analyzed = true;
}

bool event_has_time(const struct event *event)
{
    return event->record.time_us != TIME_NONE && !(event->record.flags & RECORD_TIME_BORROWED);
}

struct str event_field(struct event *event, enum field field)
{
    if (field == FIELD_LEVEL) {
        const char *name = level_name((enum level)event->record.level);
        return name[0] ? str_of(name) : STR_ABSENT;
    }
    if (field == FIELD_TIME) {
        char text[CLOCK_TEXT_MAX];
        if (!event_has_time(event))
            return STR_ABSENT;
        return arena_str(event->arena, str_of(clock_print_utc(event->record.time_us, text)));
    }
    event_analyze(event);
    return record_field(&event->record, field, event->arena);
}

struct str event_text(struct event *event)
{
    static const enum field parts[] = {FIELD_EVENT,  FIELD_METHOD,     FIELD_PATH,
                                       FIELD_STATUS, FIELD_ERROR_CODE, FIELD_REASON};
    struct str message = event_field(event, FIELD_MESSAGE);
    if (message.size > 0)
        return message;
    struct str text = STR_ABSENT;
    bool named = false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct str part = event_field(event, parts[i]);
        if (part.size == 0 || part.size > RECORD_BYTES_MAX)
            continue;
        char *joined = arena_alloc(event->arena, text.size + part.size + 1);
        if (text.size > 0)
            memcpy(joined, text.data, text.size);
        joined[text.size] = ' ';
        memcpy(joined + text.size + (text.size > 0), part.data, part.size);
        text = str_from(joined, text.size + part.size + (text.size > 0));
        named = named || parts[i] == FIELD_EVENT || parts[i] == FIELD_PATH;
    }
    /* A status or a reason alone says less than the line itself. */
    return named ? text : event->record.raw.data ? event->record.raw : STR("");
}

struct str event_kinds(const struct event *event)
{
    struct str text = STR_ABSENT;
    for (unsigned bit = 0; bit < KIND_COUNT; bit++) {
        if (!(event->record.kinds & 1U << bit))
            continue;
        if (!text.data)
            text = str_of(kind_name(bit));
        else
            text = arena_printf(event->arena, "%.*s,%s", STR_ARG(text), kind_name(bit));
    }
    return text;
}
