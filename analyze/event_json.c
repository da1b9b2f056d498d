#include "analyze/event_json.h"

#include "analyze/analyze.h"
#include "analyze/member.h"

static void add_kinds(struct buf *line, unsigned kinds)
{
    const char *separator = "[";
    if (kinds == 0)
        return;
    member_key(line, "kind");
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

/* Of the escape \uXXXX at data, which may be cut off or none; 0 when it is not one of a surrogate. */
static unsigned surrogate_at(struct str text)
{
    unsigned value = 0;
    if (text.size < 6 || text.data[0] != '\\' || text.data[1] != 'u' || (text.data[2] | 0x20) != 'd')
        return 0;
    for (size_t i = 2; i < 6; i++) {
        char c = (char)(text.data[i] | 0x20);
        value = value << 4 | (unsigned)(c >= 'a' ? c - 'a' + 10 : text.data[i] - '0');
    }
    return value >= 0xd800 ? value : 0;
}

/* Halves of pairs by themselves are no characters: many readers refuse the whole object for one. */
static void mend_surrogates(struct buf *line, size_t from)
{
    char *at = line->data + from, *end = line->data + line->size;
    while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
        unsigned first = surrogate_at(str_from(at, (size_t)(end - at)));
        unsigned second = first ? surrogate_at(str_from(at + 6, (size_t)(end - at - 6))) : 0;
        bool pair = first < 0xdc00 && second >= 0xdc00;
        if (first && !pair)
            memcpy(at + 2, "fffd", 4);
        at += !first ? 2 : pair ? 12 : 6;
    }
}

static void add_fields(struct buf *line, struct event *event)
{
    size_t before = line->size;
    member_key(line, "fields");
    size_t from = line->size;
    if (record_fields_json(&event->record, line)) {
        make_utf8(line, from, event->arena);
        mend_surrogates(line, from);
        return;
    }
    line->size = before;
    line->data[before] = '\0';
}

static void add_raw(struct buf *line, struct str raw)
{
    if (utf8_valid(raw)) {
        member_key(line, "raw");
        member_string(line, raw);
        return;
    }
    member_key(line, "raw_base64");
    buf_add_char(line, '"');
    buf_add_base64(line, raw);
    buf_add_char(line, '"');
}

static void add_place(struct buf *line, const struct event *event)
{
    const struct record *rec = &event->record;
    if (event_has_time(event)) {
        member_time(line, "time", rec->time_us);
        member_key(line, "time_us");
        buf_add_i64(line, rec->time_us);
    }
    member_text(line, "source", event->source);
    member_key(line, "offset");
    buf_add_u64(line, rec->offset);
    if (rec->format != FORMAT_NONE)
        member_text(line, "format", str_of(format_name((enum format)rec->format)));
}

static void add_measures(struct buf *line, struct event *event)
{
    double ms;
    unsigned status = record_status(&event->record);
    if (status) {
        member_key(line, "status");
        buf_add_u64(line, status);
    }
    if (record_duration_ms(&event->record, event->arena, &ms)) {
        member_key(line, "duration_ms");
        number_add(line, ms);
    }
}

static void add_pattern(struct buf *line, struct event *event, struct pattern_memo *patterns)
{
    member_text(line, "pattern", pattern_memo_id(patterns, &event->record, event->arena));
}

static void add_unparsed(struct buf *line, const struct event *event)
{
    if (!(event->record.flags & RECORD_UNPARSED))
        return;
    member_key(line, "unparsed");
    buf_add_text(line, "true");
}

void event_json(struct buf *line, struct event *event, struct pattern_memo *patterns)
{
    event_analyze(event);
    buf_add_char(line, '{');
    add_place(line, event);
    for (enum field field = FIELD_LEVEL; field < FIELD_STATUS; field++)
        member_text(line, field_name(field), event_field(event, field));
    add_measures(line, event);
    add_kinds(line, event->record.kinds);
    add_pattern(line, event, patterns);
    add_fields(line, event);
    add_raw(line, event->record.raw);
    add_unparsed(line, event);
    buf_add_char(line, '}');
}

void event_json_part(struct buf *line, struct event *event, struct pattern_memo *patterns, struct str piece,
                     const char *part)
{
    event_analyze(event);
    buf_add_char(line, '{');
    add_place(line, event);
    member_text(line, field_name(FIELD_LEVEL), event_field(event, FIELD_LEVEL));
    member_text(line, field_name(FIELD_SERVICE), event_field(event, FIELD_SERVICE));
    add_kinds(line, event->record.kinds);
    add_pattern(line, event, patterns);
    add_raw(line, piece);
    add_unparsed(line, event);
    member_text(line, "part", str_of(part));
    buf_add_char(line, '}');
}
