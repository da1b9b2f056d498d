#include "analyze/analyze.h"

#include <stdlib.h>

#include "analyze/classify.h"
#include "analyze/joined.h"
#include "analyze/json.h"
#include "analyze/login.h"
#include "analyze/record.h"
#include "analyze/shape.h"
#include "analyze/signal.h"
#include "analyze/table.h"
#include "analyze/text.h"
#include "analyze/told.h"
#include "base/clock_memo.h"

struct analyzer {
    const struct field_table *fields;
    const struct signal_table *signals;
    struct shape_set *shapes;
    struct json_cut cut;   /* scratch, too large for the stack */
    struct text_line text; /* scratch */
    struct clock_memo clock;
    struct signal_memo memo;
    struct teller *teller; /* NULL until a batch comes: who reads records one by one tells nothing */
};

struct analyzer *analyzer_new(const struct field_table *table)
{
    struct analyzer *analyzer = mem_alloc(sizeof *analyzer);
    analyzer->fields = table;
    analyzer->signals = &table_signals;
    analyzer->shapes = shape_set_new(table, analyzer->signals);
    return analyzer;
}

void analyzer_free(struct analyzer *analyzer)
{
    if (!analyzer)
        return;
    shape_set_free(analyzer->shapes);
    teller_free(analyzer->teller);
    free(analyzer);
}

/* ---- From bytes to slots -------------------------------------------------------------------------------------------- */

static bool read_json(struct analyzer *analyzer, struct record *rec, struct arena *arena)
{
    rec->shape = shape_match(analyzer->shapes, rec->raw, arena, &rec->slots);
    if (!rec->shape) {
        struct json_cut *cut = &analyzer->cut;
        if (!json_cut(rec->raw, arena, cut))
            return false;
        rec->shape = shape_learn(analyzer->shapes, rec->raw, cut, arena);
        struct str *slots = ARENA_ARRAY(arena, struct str, cut->slot_count);
        if (cut->slot_count)
            memcpy(slots, cut->slots, cut->slot_count * sizeof *slots);
        rec->slots = slots;
    }
    rec->format = FORMAT_JSON;
    rec->plain = shape_line_is_plain(analyzer->shapes) || memchr(rec->raw.data, '\\', rec->raw.size) == NULL;
    return true;
}

static bool read_text(struct analyzer *analyzer, struct record *rec, struct arena *arena)
{
    struct text_line *text = &analyzer->text;
    bool several = str_find_char(rec->raw, '\n') != STR_NONE;
    if (!text_match(rec->raw, text))
        return false;
    struct str names[TEXT_PIECES_MAX];
    struct str *slots = ARENA_ARRAY(arena, struct str, text->count);
    for (uint32_t i = 0; i < text->count; i++) {
        names[i] = text->pieces[i].name;
        slots[i] = text->pieces[i].value;
        if (text->format == FORMAT_CRI && several && str_equal(names[i], STR("message")))
            slots[i] = joined_cri(rec->raw, arena);
    }
    rec->shape = shape_of_text(analyzer->shapes, text->format, names, text->count, arena);
    rec->slots = slots;
    rec->format = (uint8_t)text->format;
    return true;
}

/* Docker's lines, several: the keys are those of the first one, but for the message, which is that of all. */
static bool read_docker(struct analyzer *analyzer, struct record *rec, struct arena *arena)
{
    struct record first = {.raw = joined_first(rec->raw)};
    if (!joined_is_docker(rec->raw) || !read_json(analyzer, &first, arena))
        return false;
    uint32_t count = first.shape->slot_count;
    struct str *names = ARENA_ARRAY(arena, struct str, count), *slots = ARENA_ARRAY(arena, struct str, count);
    for (uint32_t i = 0; i < count; i++) {
        names[i] = first.shape->slots[i].path;
        bool message = str_equal(names[i], STR("log"));
        slots[i] = message ? joined_docker(rec->raw, arena) : record_slot_text(&first, i, arena);
    }
    rec->shape = shape_of_text(analyzer->shapes, FORMAT_CRI, names, count, arena); /* slots that rebuild nothing */
    rec->slots = slots;
    rec->format = FORMAT_JSON;
    return true;
}

static struct str path_of(const struct record *rec, int slot)
{
    return rec->shape->slots[slot].path;
}

bool shape_carries_text(const struct shape *shape)
{
    for (int slot = shape->field_slot[FIELD_MESSAGE]; slot >= 0; slot = shape->slots[slot].next)
        if (str_equal(shape->slots[slot].path, STR("log")) || str_equal(shape->slots[slot].path, STR("MESSAGE")))
            return true; /* as is_docker and is_journal have it */
    return shape->format != FORMAT_JSON;
}

struct str message_json_begins(void)
{
    return STR("{@\\ \t\r\n\v\f"); /* an escape may stand for the others */
}

/* docker's json-file driver: {"log": LINE, "stream": ..., "time": ...} */
static bool is_docker(const struct record *rec, int message_slot)
{
    if (rec->format != FORMAT_JSON || !str_equal(path_of(rec, message_slot), STR("log")))
        return false;
    for (uint32_t i = 0; i < rec->shape->slot_count; i++)
        if (str_equal(rec->shape->slots[i].path, STR("stream")))
            return true;
    return false;
}

/* docker compose's "NAME-1  | LINE" */
static bool is_compose(const struct record *rec)
{
    return rec->format == FORMAT_TEXT && rec->shape->slot_count > 0 &&
           str_equal(path_of(rec, 0), STR("container_name"));
}

/* journald's JSON: MESSAGE (or its text, where MESSAGE is bytes) beside the journal's own fields. */
static bool is_journal(const struct record *rec, int message_slot)
{
    struct str message = path_of(rec, message_slot);
    if (rec->format != FORMAT_JSON ||
        (!str_equal(message, STR("MESSAGE")) && !str_equal(message, STR("__MESSAGE_TEXT"))))
        return false;
    for (uint32_t i = 0; i < rec->shape->slot_count; i++) {
        struct str path = rec->shape->slots[i].path;
        if (str_starts(path, STR("_")) || str_starts(path, STR("SYSLOG_")) || str_equal(path, STR("PRIORITY")))
            return true;
    }
    return false;
}

/* How much of a line of text a message may be taken for. */
enum trust {
    TRUST_NONE,
    TRUST_CERTAIN, /* syslog and journald carry prose as well: only what hardly can be prose */
    TRUST_ANY,     /* a container runtime wrote down what the program printed */
};

static enum trust trust_of(const struct record *rec, int message_slot, struct arena *arena)
{
    if (rec->format == FORMAT_CRI || is_compose(rec) || is_docker(rec, message_slot))
        return TRUST_ANY;
    if (rec->format != FORMAT_SYSLOG && rec->format != FORMAT_RFC5424 && !is_journal(rec, message_slot))
        return TRUST_NONE;
    /* These write prose, with names in it that anybody may choose. */
    return login_program(record_field(rec, FIELD_SERVICE, arena)) ? TRUST_NONE : TRUST_CERTAIN;
}

/* Access and error logs and logfmt are what they look like. Text needs a level, and beside it a time stamp, a logger, a
 * request's status, brackets, or capitals and a colon. */
static bool is_certain(const struct record *inner)
{
    const int16_t *slots = inner->shape->field_slot;
    if (inner->format != FORMAT_TEXT)
        return inner->format == FORMAT_ACCESS || inner->format == FORMAT_NGINX_ERROR || inner->format == FORMAT_LOGFMT;
    if (slots[FIELD_LEVEL] < 0)
        return false;
    if (slots[FIELD_TIME] >= 0 || slots[FIELD_LOGGER] >= 0 || slots[FIELD_STATUS] >= 0 || inner->raw.data[0] == '[')
        return true;
    struct str level = inner->slots[slots[FIELD_LEVEL]];
    char last = level.data[level.size - 1];
    return level.data == inner->raw.data && last >= 'A' && last <= 'Z' && level.size < inner->raw.size &&
           inner->raw.data[level.size] == ':';
}

static bool read_inner_text(struct analyzer *analyzer, struct record *inner, enum trust trust, struct arena *arena)
{
    return trust != TRUST_NONE && read_text(analyzer, inner, arena) && (trust == TRUST_ANY || is_certain(inner));
}

/* A message may carry a line of its own: JSON in anything, text in what a container runtime, syslog or journald wrote. Returns the
 * record's message. */
static struct str read_inner(struct analyzer *analyzer, struct record *rec, struct arena *arena)
{
    struct str text;
    int slot = record_slot(rec, FIELD_MESSAGE, arena, &text);
    if (slot < 0)
        return STR_ABSENT;
    struct str line = str_trim(text);
    if (str_starts(line, STR("@cee:")))
        line = str_trim(str_slice(line, 5, line.size));
    bool json = line.size > 1 && line.data[0] == '{' && line.data[line.size - 1] == '}';
    enum trust trust = json ? TRUST_NONE : trust_of(rec, slot, arena);
    if (!json && trust == TRUST_NONE)
        return text;
    struct record *inner = ARENA_NEW(arena, struct record);
    inner->raw = line;
    if (!(json ? read_json(analyzer, inner, arena) : read_inner_text(analyzer, inner, trust, arena)))
        return text;
    rec->inner = inner;
    rec->inner_slot = (uint32_t)slot;
    return record_field(rec, FIELD_MESSAGE, arena);
}

/* ---- From slots to meaning ------------------------------------------------------------------------------------------ */

static int64_t time_of_part(struct analyzer *analyzer, const struct record *part, int64_t reference_us,
                            struct arena *arena)
{
    for (int slot = part->shape->field_slot[FIELD_TIME]; slot >= 0; slot = part->shape->slots[slot].next) {
        int64_t time_us;
        struct str text = record_slot_text(part, (uint32_t)slot, arena);
        if (text.size && clock_memo_parse(&analyzer->clock, text, reference_us, &time_us))
            return time_us;
    }
    return TIME_NONE;
}

static int64_t time_of(struct analyzer *analyzer, const struct record *rec, int64_t reference_us, struct arena *arena)
{
    int64_t time_us = rec->inner ? time_of_part(analyzer, rec->inner, reference_us, arena) : TIME_NONE;
    return time_us != TIME_NONE ? time_us : time_of_part(analyzer, rec, reference_us, arena);
}

/* Its source may have told that lines in other formats mean nothing. */
static bool is_wanted(const struct record *rec)
{
    enum format wanted = rec->defaults ? (enum format)rec->defaults->format : FORMAT_NONE;
    return wanted == FORMAT_NONE || wanted == (enum format)rec->format;
}

static bool read_line(struct analyzer *analyzer, struct record *rec, struct arena *arena)
{
    if (!read_json(analyzer, rec, arena) && !read_docker(analyzer, rec, arena) && !read_text(analyzer, rec, arena))
        return false;
    if (is_wanted(rec))
        return true;
    rec->format = FORMAT_NONE;
    rec->shape = NULL;
    rec->slots = NULL;
    return false;
}

/* A stack trace whose lines name no level is an error. */
static enum level level_of_trace(const struct record *rec, struct arena *arena)
{
    if (rec->format == FORMAT_JSON && (!rec->shape || rec->shape->literals))
        return LEVEL_UNKNOWN;
    if (str_find_char(rec->raw, '\n') == STR_NONE)
        return LEVEL_UNKNOWN;
    struct str message = rec->shape ? record_field(rec, FIELD_MESSAGE, arena) : rec->raw;
    return message.data && joined_has_trace(message) ? LEVEL_ERROR : LEVEL_UNKNOWN;
}

/* Returns the message; absent when it has none. */
static struct str read_record(struct analyzer *analyzer, struct record *rec, int64_t reference_us, struct arena *arena)
{
    struct str message = STR_ABSENT;
    rec->flags &= (uint8_t)~RECORD_UNPARSED;
    rec->format = FORMAT_NONE;
    rec->level = LEVEL_UNKNOWN;
    rec->shape = NULL;
    rec->slots = NULL;
    rec->inner = NULL;
    rec->derived = NULL;
    if (read_line(analyzer, rec, arena)) {
        message = read_inner(analyzer, rec, arena);
        if (rec->time_us == TIME_NONE)
            rec->time_us = time_of(analyzer, rec, reference_us, arena);
        rec->level = (uint8_t)record_level(rec, arena);
    } else {
        rec->flags |= RECORD_UNPARSED;
    }
    if (rec->level == LEVEL_UNKNOWN)
        rec->level = (uint8_t)level_of_trace(rec, arena);
    return message;
}

void analyzer_read(struct analyzer *analyzer, struct record *rec, int64_t reference_us, struct arena *arena)
{
    read_record(analyzer, rec, reference_us, arena);
}

void analyzer_classify(struct analyzer *analyzer, struct record *rec, struct arena *arena)
{
    struct told_record unused;
    classify_record(analyzer->signals, &analyzer->memo, rec, record_field(rec, FIELD_MESSAGE, arena), arena, &unused);
}

void analyzer_record(struct analyzer *analyzer, struct record *rec, int64_t reference_us, struct arena *arena)
{
    analyzer_read(analyzer, rec, reference_us, arena);
    analyzer_classify(analyzer, rec, arena);
}

/* What the records of this run are read with; NULL when its source says nothing. */
static const struct source_defaults *begin_run(const struct batch *batch, uint32_t run)
{
    const struct source_state *state = batch_source(batch, batch->runs[run].source);
    const struct source_defaults *defaults = state ? &state->defaults : NULL;
    clock_use_zone(defaults && defaults->timezone.data ? clock_zone_find(defaults->timezone) : NULL);
    return defaults && (defaults->service.data || defaults->format != FORMAT_NONE) ? defaults : NULL;
}

void analyzer_batch(struct analyzer *analyzer, struct batch *batch)
{
    const struct source_defaults *defaults = NULL;
    uint32_t run = UINT32_MAX;
    shape_set_trim(analyzer->shapes);
    if (!analyzer->teller)
        analyzer->teller = teller_new();
    teller_begin(analyzer->teller);
    for (uint32_t i = 0; i < batch->record_count; i++) {
        struct record *rec = &batch->records[i];
        if (rec->run != run)
            defaults = begin_run(batch, run = rec->run);
        rec->defaults = defaults;
        rec->time_us = rec->told == TOLD_EXACT ? rec->told_us : TIME_NONE;
        struct told_record known;
        struct str message, template;
        message = read_record(analyzer, rec, batch->runs[rec->run].reference_us, &batch->arena);
        classify_record(analyzer->signals, &analyzer->memo, rec, message, &batch->arena, &known);
        if (rec->told == TOLD_EXACT || (rec->told == TOLD_IF_NONE && rec->time_us == TIME_NONE))
            rec->time_us = rec->told_us;
        if (batch->settle) /* what is settled was told when it came */
            continue;
        teller_record(analyzer->teller, batch, i, &known, &template);
        if (rec->kinds) {
            struct fact *fact = batch_add_fact(batch);
            fact->record = i;
            fact->template = template;
            classify_fact(rec, &batch->arena, fact);
        }
    }
    clock_use_zone(NULL);
}
