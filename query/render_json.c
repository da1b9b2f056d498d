#include "query/render_form.h"

static void add_key(struct buf *line, const char *key)
{
    if (line->data[line->size - 1] != '{')
        buf_add_char(line, ',');
    buf_printf(line, "\"%s\":", key);
}

static void add_string(struct buf *line, struct str text)
{
    buf_add_char(line, '"');
    buf_add_json(line, text);
    buf_add_char(line, '"');
}

static void add_text(struct buf *line, const char *key, struct str text)
{
    if (!text.data)
        return;
    add_key(line, key);
    add_string(line, text);
}

static void add_time(struct buf *line, const char *key, int64_t time_us)
{
    char text[CLOCK_TEXT_MAX];
    if (time_us != TIME_NONE)
        add_text(line, key, str_of(clock_print_utc(time_us, text)));
}

static void add_kinds(struct buf *line, unsigned kinds)
{
    const char *separator = "[";
    if (kinds == 0)
        return;
    add_key(line, "kind");
    for (unsigned bit = 0; bit < KIND_COUNT; bit++) {
        if (!(kinds & 1U << bit))
            continue;
        buf_printf(line, "%s\"%s\"", separator, kind_name(bit));
        separator = ",";
    }
    buf_add_char(line, ']');
}

/* The members of a line that is not UTF-8 are not either: what JSON cannot hold becomes U+FFFD (raw_base64 has all). */
static void make_utf8(struct buf *line, size_t from, struct arena *arena)
{
    struct str rest = str_slice(buf_str(line), from, line->size);
    if (utf8_valid(rest))
        return;
    rest = arena_str(arena, rest);
    line->size = from;
    while (rest.size > 0) {
        uint32_t point;
        size_t size = utf8_decode(rest, &point);
        if (size == 0)
            buf_add_text(line, "\xef\xbf\xbd");
        else
            buf_add(line, rest.data, size);
        rest = str_slice(rest, size ? size : 1, rest.size);
    }
}

static void add_fields(struct buf *line, struct event *event)
{
    size_t before = line->size;
    add_key(line, "fields");
    size_t from = line->size;
    if (record_fields_json(&event->record, line)) {
        make_utf8(line, from, event->arena);
        return;
    }
    line->size = before;
    line->data[before] = '\0';
}

static void add_raw(struct buf *line, struct str raw)
{
    if (utf8_valid(raw)) {
        add_key(line, "raw");
        add_string(line, raw);
        return;
    }
    add_key(line, "raw_base64");
    buf_add_char(line, '"');
    buf_add_base64(line, raw);
    buf_add_char(line, '"');
}

static void add_place(struct buf *line, const struct event *event)
{
    const struct record *rec = &event->record;
    if (event_has_time(event)) {
        add_time(line, "time", rec->time_us);
        add_key(line, "time_us");
        buf_add_i64(line, rec->time_us);
    }
    add_text(line, "source", event->source);
    add_key(line, "offset");
    buf_add_u64(line, rec->offset);
    if (rec->format != FORMAT_NONE)
        add_text(line, "format", str_of(format_name((enum format)rec->format)));
}

static void add_measures(struct buf *line, struct event *event)
{
    double ms;
    unsigned status = record_status(&event->record);
    if (status) {
        add_key(line, "status");
        buf_add_u64(line, status);
    }
    if (record_duration_ms(&event->record, event->arena, &ms)) {
        add_key(line, "duration_ms");
        number_add(line, ms);
    }
}

void render_json_event(struct buf *line, struct event *event, struct pattern_memo *patterns)
{
    event_analyze(event);
    buf_add_char(line, '{');
    add_place(line, event);
    for (enum field field = FIELD_LEVEL; field < FIELD_STATUS; field++)
        add_text(line, field_name(field), event_field(event, field));
    add_measures(line, event);
    add_kinds(line, event->record.kinds);
    add_text(line, "pattern", pattern_memo_id(patterns, &event->record, event->arena));
    add_fields(line, event);
    add_raw(line, event->record.raw);
    if (event->record.flags & RECORD_UNPARSED) {
        add_key(line, "unparsed");
        buf_add_text(line, "true");
    }
    buf_add_text(line, "}\n");
}

static void add_number(struct buf *line, const char *key, struct str text)
{
    if (!text.data || !number_is(text)) {
        add_text(line, key, text);
        return;
    }
    add_key(line, key);
    buf_add_str(line, text);
}

static void add_list(struct buf *line, const struct cell *cell)
{
    buf_add_char(line, '[');
    for (uint64_t i = 0; i < cell->count; i++) {
        if (i > 0)
            buf_add_char(line, ',');
        add_string(line, cell->list[i]);
    }
    buf_add_char(line, ']');
}

void render_json_row(struct buf *line, const struct column *columns, size_t count, const struct cell *cells)
{
    buf_add_char(line, '{');
    for (size_t i = 0; i < count; i++) {
        const char *name = columns[i].name;
        if (!name)
            continue;
        if (columns[i].traits & COLUMN_NULL && !cells[i].text.data) {
            add_key(line, name);
            buf_add_text(line, "null");
            continue;
        }
        switch (columns[i].kind) {
        case CELL_TEXT:
            add_text(line, name, cells[i].text);
            break;
        case CELL_TIME:
            add_time(line, name, cells[i].time_us);
            break;
        case CELL_COUNT:
            add_key(line, name);
            buf_add_u64(line, cells[i].count);
            break;
        case CELL_NUMBER:
            add_number(line, name, cells[i].text);
            break;
        case CELL_LIST:
            add_key(line, name);
            add_list(line, &cells[i]);
            break;
        }
    }
    buf_add_text(line, "}\n");
}
