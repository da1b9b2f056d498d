#include "ingest/output_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/must.h"
#include "ingest/service.h"

enum {
    JSON_BYTES_MAX = 128 << 20, /* a record of controls only, escaped */
    PIECE_BYTES_MIN = 256,
    PART_TEXT_MAX = 32,
    SOURCES_ASKED = 64, /* the clock is looked at so seldom */
};

#define SOURCES_US INT64_C(5000000)   /* between two looks at all sources */
#define TEMPLATES_US INT64_C(3000000) /* and at templates, */
enum { TEMPLATES_SHARE = 20 };        /* or so many times what that takes */

struct output_message {
    struct store *store;
    const struct config_kafka *config;
    struct str agent, host;
    struct analyzer *analyzer;
    struct filter *filters;
    size_t filter_count;
    bool patterned; /* a filter asks for patterns */
    enum { KEY_NONE, KEY_SOURCE, KEY_SUBJECT } key_kind;
    struct subject key_subject;
    /* What the store was asked for. */
    struct arena sources_arena;
    struct store_source *sources;
    struct map source_index; /* id -> index */
    const struct store_source *last_source;
    int64_t sources_us;
    uint64_t asked; /* for a source */
    struct pattern_set *patterns;
    struct pattern_memo memo;
    uint32_t generation; /* of the patterns that filters know */
    int64_t templates_due_us;
    /* The record. */
    struct event event;
    struct arena arena;      /* of what is known of it */
    struct arena part_arena; /* of its part's headers */
    struct str key;
    struct buf sent_key;
    struct buf json;
    bool whole; /* json is the value of the record as a whole */
    struct message_head head;
    struct message_header headers[MESSAGE_HEADERS];
    struct arena told_arena;
    struct str told; /* of the agent and the source before: message_agent_print */
    const struct store_source *told_of;
    size_t bytes;      /* of all parts */
    size_t piece_cost; /* what a piece may cost; 0: the record is one message */
    bool text;         /* pieces are of a text, which is cut between characters */
    uint32_t parts, next_part;
    size_t part_from, next_from;
};

/* ---- What the store knows ------------------------------------------------------------------------------------------------- */

static bool load_sources(struct output_message *message, struct err *err)
{
    size_t count;
    arena_reset(&message->sources_arena);
    map_reset(&message->source_index);
    message->last_source = message->told_of = NULL;
    if (!store_sources(message->store, &message->sources_arena, &message->sources, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        int64_t id = message->sources[i].state.id;
        map_at(&message->source_index, str_from((const char *)&id, sizeof id), NULL)->value = i;
    }
    message->sources_us = service_now_us();
    return true;
}

/* NULL, and no error: the store has records of a source that it does not know. */
static const struct store_source *find_source(struct output_message *message, int64_t id)
{
    if (message->last_source != NULL && message->last_source->state.id == id)
        return message->last_source;
    const struct map_entry *entry = map_find(&message->source_index, str_from((const char *)&id, sizeof id));
    message->last_source = entry != NULL ? &message->sources[entry->value] : NULL;
    return message->last_source;
}

/* Their defaults may change; an unknown one is looked for at once. */
static bool keep_sources(struct output_message *message, int64_t id, struct err *err)
{
    if (find_source(message, id) != NULL &&
        (++message->asked % SOURCES_ASKED != 0 || service_now_us() - message->sources_us < SOURCES_US))
        return true;
    return load_sources(message, err);
}

static bool load_templates(struct output_message *message, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct str *templates;
    size_t count;
    int64_t began_us = service_now_us();
    if (!store_templates(message->store, &arena, &templates, &count, err))
        return false;
    if (message->patterns == NULL)
        message->patterns = pattern_set_new(templates, count);
    else
        pattern_set_add(message->patterns, templates, count);
    int64_t now_us = service_now_us(), pace_us = (now_us - began_us) * TEMPLATES_SHARE;
    message->templates_due_us = now_us + (pace_us > TEMPLATES_US ? pace_us : TEMPLATES_US);
    return true;
}

/* A record is of a template that is not in the set: as likely as not others came with it. */
static void grow(void *context)
{
    struct output_message *message = context;
    struct err ignored; /* the record has the pattern that the templates of before tell */
    if (service_now_us() >= message->templates_due_us)
        (void)load_templates(message, &ignored);
}

/* The pattern that an id was ever given for. */
static bool resolve(struct output_message *message, struct filter *filter, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct str template;
    uint32_t pattern = pattern_set_find(message->patterns, filter->asked);
    if (pattern == message->patterns->count && filter->asked.data != NULL) {
        if (!store_pattern_known(message->store, filter->asked, &arena, &template, err))
            return false;
        if (template.data != NULL)
            pattern = pattern_set_of(message->patterns, template);
    }
    filter_use_patterns(filter, &message->memo, pattern);
    return true;
}

static bool keep_patterns(struct output_message *message, struct err *err)
{
    bool needed = message->config->value == CONFIG_VALUE_JSON || message->patterned;
    if (!needed)
        return true;
    if (message->patterns == NULL) {
        if (!load_templates(message, err))
            return false;
        message->patterns->grow = grow;
        message->patterns->context = message;
        message->memo.set = message->patterns;
        message->key_subject.patterns = &message->memo;
    } else if (!message->patterned || message->generation == message->patterns->generation) {
        return true;
    }
    message->generation = message->patterns->generation;
    for (size_t i = 0; i < message->filter_count; i++) {
        if (message->filters[i].subject.kind == SUBJECT_PATTERN && !resolve(message, &message->filters[i], err))
            return false;
    }
    return true;
}

/* ---- Making one -------------------------------------------------------------------------------------------------------------- */

static bool read_filters(struct output_message *message, struct err *err)
{
    const struct config_list *words = &message->config->filter;
    message->filters = mem_alloc(sizeof *message->filters * (words->count + 1));
    while (message->filter_count < words->count) {
        struct filter *filter = &message->filters[message->filter_count];
        struct str word = str_of(words->items[message->filter_count]); /* the configuration was checked */
        if (!filter_init(filter, word, clock_now_us(), err))
            return false;
        message->filter_count++;
        message->patterned = message->patterned || filter->subject.kind == SUBJECT_PATTERN;
    }
    return true;
}

static void read_key(struct output_message *message)
{
    const char *key = message->config->key;
    message->key_subject = subject_of(str_of(key));
    message->key_kind = strcmp(key, "none") == 0 ? KEY_NONE : strcmp(key, "source") == 0 ? KEY_SOURCE : KEY_SUBJECT;
    message->patterned =
        message->patterned || (message->key_kind == KEY_SUBJECT && message->key_subject.kind == SUBJECT_PATTERN);
}

struct output_message *output_message_new(struct store *store, const struct field_table *fields,
                                          const struct config_kafka *config, struct str agent, struct str host,
                                          struct err *err)
{
    struct output_message *message = mem_alloc(sizeof *message);
    message->store = store;
    message->config = config;
    message->agent = agent;
    message->host = host;
    message->analyzer = analyzer_new(fields);
    message->json = BUF(JSON_BYTES_MAX);
    message->sent_key = BUF(JSON_BYTES_MAX);
    if (!read_filters(message, err) || !load_sources(message, err)) {
        output_message_free(message);
        return NULL;
    }
    read_key(message);
    return message;
}

void output_message_free(struct output_message *message)
{
    if (message == NULL)
        return;
    for (size_t i = 0; i < message->filter_count; i++)
        filter_release(&message->filters[i]);
    free(message->filters);
    pattern_memo_release(&message->memo);
    pattern_set_free(message->patterns);
    map_release(&message->source_index);
    arena_release(&message->sources_arena);
    arena_release(&message->arena);
    arena_release(&message->part_arena);
    arena_release(&message->told_arena);
    buf_release(&message->json);
    buf_release(&message->sent_key);
    analyzer_free(message->analyzer);
    free(message);
}

/* ---- A record ---------------------------------------------------------------------------------------------------------------- */

static struct str find_key(struct output_message *message)
{
    switch (message->key_kind) {
    case KEY_NONE:
        break;
    case KEY_SOURCE:
        return message->event.source;
    case KEY_SUBJECT:
        return subject_text(&message->key_subject, &message->event);
    }
    return STR_ABSENT;
}

static void set_event(struct output_message *message, const struct scan_record *rec, const struct store_source *source)
{
    arena_reset(&message->arena);
    message->event = (struct event){
        .number = rec->number,
        .record = rec->record,
        .believes_kinds = true,
        .analyzer = message->analyzer,
        .arena = &message->arena,
    };
    event_set_source(&message->event, &source->state);
}

static void set_head(struct output_message *message, const struct store_source *source)
{
    const struct record *rec = &message->event.record;
    message->head = (struct message_head){
        .agent = message->agent,
        .source = str_slice(source->state.name, 0, MESSAGE_NAME_MAX),
        .host = message->host,
        .file = (uint64_t)source->state.id,
        .offset = rec->offset,
        .sequence = message->event.number,
        .time_us = rec->time_us,
        .flags = rec->flags & (RECORD_NO_NEWLINE | RECORD_PIECE | RECORD_TAIL | RECORD_TIME_BORROWED),
        .kinds = rec->kinds,
        .json = message->config->value == CONFIG_VALUE_JSON,
        .defaults = source->state.defaults,
    };
    if (message->told_of == source)
        return;
    message->told_of = source;
    arena_reset(&message->told_arena);
    message->told = message_agent_print(&message->head, &message->told_arena);
}

bool output_message_set(struct output_message *message, const struct scan_record *rec, const struct str *key,
                        bool *ret_wanted, struct err *err)
{
    *ret_wanted = false;
    if (!keep_sources(message, rec->source, err) || !keep_patterns(message, err))
        return false;
    const struct store_source *source = find_source(message, rec->source);
    if (source == NULL)
        return err_set(err, ERR_CORRUPT, 0, "record %llu is of a source that is not known",
                       (unsigned long long)rec->number);
    set_event(message, rec, source);
    if (!filters_may_hold(message->filters, message->filter_count, &message->event.record) ||
        !filters_hold(message->filters, message->filter_count, &message->event))
        return true;
    message->key = key != NULL ? *key : find_key(message);
    message->whole = false;
    set_head(message, source);
    *ret_wanted = true;
    return true;
}

struct str output_message_key(const struct output_message *message)
{
    return message->key;
}

struct str output_message_source(const struct output_message *message)
{
    return message->event.source;
}

struct str output_message_copy_key(struct output_message *message, struct str key)
{
    if (key.data == NULL)
        return key;
    buf_reset(&message->sent_key);
    must(buf_add_str(&message->sent_key, key));
    return buf_str(&message->sent_key);
}

/* ---- Parts ------------------------------------------------------------------------------------------------------------------- */

/* Thirds of bytes that a byte takes in a piece: in JSON it may be escaped, or be in base64. */
static size_t cost_of(const struct output_message *message, unsigned char c)
{
    if (!message->head.json)
        return 3;
    return c < ' ' ? 18 : c == '"' || c == '\\' ? 6 : message->text ? 3 : 4;
}

/* Where the piece that begins at `from` ends: before it costs more than it may, and between two characters of a text. */
static size_t piece_end(const struct output_message *message, size_t from)
{
    struct str raw = message->event.record.raw;
    size_t at = from, cost = 0;
    while (at < raw.size) {
        cost += cost_of(message, (unsigned char)raw.data[at]);
        if (cost > message->piece_cost)
            break;
        at++;
    }
    if (message->text) {
        while (at < raw.size && at > from && ((unsigned char)raw.data[at] & 0xc0) == 0x80)
            at--;
    }
    return at;
}

static void print_head(struct output_message *message)
{
    arena_reset(&message->part_arena);
    message_head_print(&message->head, message->told, &message->part_arena, message->headers);
}

/* All but the value. */
static size_t bytes_around(struct output_message *message)
{
    print_head(message);
    const struct kafka_message outer = {
        .key = message->key, .headers = message->headers, .header_count = MESSAGE_HEADERS};
    return kafka_message_bytes(&outer);
}

static struct str whole_value(struct output_message *message)
{
    if (!message->head.json)
        return message->event.record.raw;
    if (!message->whole) {
        buf_reset(&message->json);
        event_json(&message->json, &message->event, &message->memo);
        message->whole = true;
    }
    return buf_str(&message->json);
}

uint32_t output_message_cut(struct output_message *message, size_t bytes_max)
{
    message->head.part = message->head.parts = message->parts = 0;
    message->piece_cost = 0;
    size_t around = bytes_around(message);
    message->bytes = message->key.size + whole_value(message).size;
    if (around + whole_value(message).size <= bytes_max && !message->json.full)
        return 1;
    message->head.part = message->head.parts = MESSAGE_PARTS_MAX; /* as long as they get */
    around = bytes_around(message);
    if (message->head.json) { /* a piece says where it is from and what it is, twice at most */
        message->whole = false;
        buf_reset(&message->json);
        event_json_part(&message->json, &message->event, &message->memo, STR(""), "00000/00000");
        around += message->json.size;
    }
    if (around + PIECE_BYTES_MIN > bytes_max)
        return 0;
    message->piece_cost = (bytes_max - around) * 3;
    message->text = message->head.json && utf8_valid(message->event.record.raw);
    for (size_t at = 0; at < message->event.record.raw.size; message->parts++)
        at = piece_end(message, at);
    message->next_part = 0;
    message->next_from = 0;
    message->head.parts = message->parts;
    message->bytes = message->event.record.raw.size + message->parts * message->key.size;
    return message->parts <= MESSAGE_PARTS_MAX ? message->parts : 0;
}

size_t output_message_bytes(const struct output_message *message)
{
    return message->bytes;
}

static struct str next_piece(struct output_message *message, uint32_t part)
{
    struct str raw = message->event.record.raw;
    if (part == message->next_part) { /* else it is the one before, once more */
        message->part_from = message->next_from;
        message->next_from = piece_end(message, message->part_from);
        message->next_part++;
    }
    must(part + 1 == message->next_part);
    return str_slice(raw, message->part_from, message->next_from);
}

void output_message_part(struct output_message *message, uint32_t part, struct kafka_message *ret)
{
    *ret = (struct kafka_message){.key = message->key,
                                  .spread = message->head.file,
                                  .headers = message->headers,
                                  .header_count = MESSAGE_HEADERS};
    if (message->piece_cost == 0) {
        ret->value = whole_value(message); /* with the headers it was measured with */
    } else {
        char text[PART_TEXT_MAX];
        struct str piece = next_piece(message, part);
        message->head.part = part + 1;
        (void)snprintf(text, sizeof text, "%u/%u", part + 1, message->parts);
        ret->value = piece;
        if (message->head.json) {
            buf_reset(&message->json);
            event_json_part(&message->json, &message->event, &message->memo, piece, text);
            ret->value = buf_str(&message->json);
        }
        print_head(message);
    }
}
