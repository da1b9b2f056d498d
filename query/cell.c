#include "query/cell.h"

struct cell cell_time(const struct event *event)
{
    return (struct cell){.time_us = event->record.time_us,
                         .borrowed = (event->record.flags & RECORD_TIME_BORROWED) != 0,
                         .tint = TINT_DIM};
}

struct cell cell_level(const struct event *event)
{
    const char *name = level_name((enum level)event->record.level);
    return (struct cell){.text = name[0] ? str_of(name) : STR_ABSENT, .tint = render_level_tint(event->record.level)};
}

struct cell cell_field(struct event *event, enum field field)
{
    return (struct cell){.text = event_field(event, field)};
}

struct cell cell_origin(struct event *event)
{
    static const enum field fields[] = {FIELD_SERVICE, FIELD_LOGGER, FIELD_HOST};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct str text = event_field(event, fields[i]);
        if (text.size > 0)
            return (struct cell){.text = text};
    }
    struct str name = event->source;
    size_t slash = str_find_last(name, STR("/"));
    return (struct cell){.text = slash == STR_NONE ? name : str_slice(name, slash + 1, name.size)};
}

struct cell cell_text(struct event *event)
{
    return (struct cell){.text = event_text(event), .tint = event->context ? TINT_DIM : TINT_NONE};
}
