#include "base/batch.h"

#include <stdlib.h>

#include "base/must.h"

enum {
    IMAGE_BYTES_MAX = 256 << 20, /* of each of the image's parts */
    CAPACITY_MIN = 64,
    LEVEL_TEXT_MAX = 16, /* longer than every spelling of a level */
};

/* ---- Names ------------------------------------------------------------------------------------------------------- */

const char *level_name(enum level level)
{
    static const char *const names[] = {
        [LEVEL_UNKNOWN] = "",      [LEVEL_TRACE] = "trace",     [LEVEL_DEBUG] = "debug", [LEVEL_INFO] = "info",
        [LEVEL_NOTICE] = "notice", [LEVEL_WARNING] = "warning", [LEVEL_ERROR] = "error", [LEVEL_CRITICAL] = "critical",
    };
    must((size_t)level < sizeof names / sizeof *names);
    return names[level];
}

struct level_spelling {
    const char *text;
    enum level level;
};

/* Sorted by text for the search. Names as log libraries write them; PostgreSQL's LOG, STATEMENT, DETAIL, HINT, CONTEXT;
 * java.util.logging's FINE.. and SEVERE; Android's V; MySQL's Note; 0-7 are syslog severities (RFC 5424), 10-60 pino's and bunyan's. */
static const struct level_spelling level_spellings[] = {
    {"0", LEVEL_CRITICAL},    {"1", LEVEL_CRITICAL},      {"10", LEVEL_TRACE},         {"2", LEVEL_CRITICAL},
    {"20", LEVEL_DEBUG},      {"3", LEVEL_ERROR},         {"30", LEVEL_INFO},          {"4", LEVEL_WARNING},
    {"40", LEVEL_WARNING},    {"5", LEVEL_NOTICE},        {"50", LEVEL_ERROR},         {"6", LEVEL_INFO},
    {"60", LEVEL_CRITICAL},   {"7", LEVEL_DEBUG},         {"alert", LEVEL_CRITICAL},   {"c", LEVEL_CRITICAL},
    {"config", LEVEL_INFO},   {"context", LEVEL_INFO},    {"crit", LEVEL_CRITICAL},    {"critical", LEVEL_CRITICAL},
    {"d", LEVEL_DEBUG},       {"dbg", LEVEL_DEBUG},       {"debug", LEVEL_DEBUG},      {"debug1", LEVEL_DEBUG},
    {"debug2", LEVEL_DEBUG},  {"debug3", LEVEL_DEBUG},    {"debug4", LEVEL_DEBUG},     {"debug5", LEVEL_DEBUG},
    {"detail", LEVEL_INFO},   {"e", LEVEL_ERROR},         {"emerg", LEVEL_CRITICAL},   {"emergency", LEVEL_CRITICAL},
    {"eror", LEVEL_ERROR},    {"err", LEVEL_ERROR},       {"error", LEVEL_ERROR},      {"f", LEVEL_CRITICAL},
    {"failure", LEVEL_ERROR}, {"fatal", LEVEL_CRITICAL},  {"fine", LEVEL_DEBUG},       {"finer", LEVEL_TRACE},
    {"finest", LEVEL_TRACE},  {"ftl", LEVEL_CRITICAL},    {"hint", LEVEL_INFO},        {"i", LEVEL_INFO},
    {"inf", LEVEL_INFO},      {"info", LEVEL_INFO},       {"information", LEVEL_INFO}, {"informational", LEVEL_INFO},
    {"log", LEVEL_INFO},      {"note", LEVEL_NOTICE},     {"notice", LEVEL_NOTICE},    {"panic", LEVEL_CRITICAL},
    {"pnc", LEVEL_CRITICAL},  {"severe", LEVEL_ERROR},    {"statement", LEVEL_INFO},   {"trace", LEVEL_TRACE},
    {"trc", LEVEL_TRACE},     {"v", LEVEL_TRACE},         {"verbose", LEVEL_TRACE},    {"w", LEVEL_WARNING},
    {"warn", LEVEL_WARNING},  {"warning", LEVEL_WARNING}, {"wrn", LEVEL_WARNING},
};

static int compare_spelling(const void *text, const void *spelling)
{
    return strcmp(text, ((const struct level_spelling *)spelling)->text);
}

/* The five that nearly all records have, without a search. */
static enum level common_level(struct str text)
{
    uint32_t first = 0, last = 0;
    if (text.size != 4 && text.size != 5 && text.size != 7)
        return LEVEL_UNKNOWN;
    memcpy(&first, text.data, 4);
    memcpy(&last, text.data + text.size - 4, 4);
    first |= 0x20202020;
    last |= 0x20202020;
    static const struct {
        char first[5], last[5];
        uint8_t size, level;
    } names[] = {{"info", "info", 4, LEVEL_INFO},
                 {"debu", "ebug", 5, LEVEL_DEBUG},
                 {"warn", "ning", 7, LEVEL_WARNING},
                 {"warn", "warn", 4, LEVEL_WARNING},
                 {"erro", "rror", 5, LEVEL_ERROR}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text.size == names[i].size && memcmp(&first, names[i].first, 4) == 0 &&
            memcmp(&last, names[i].last, 4) == 0)
            return (enum level)names[i].level;
    return LEVEL_UNKNOWN;
}

enum level level_parse(struct str text)
{
    enum level common = common_level(text);
    if (common != LEVEL_UNKNOWN)
        return common;
    text = str_trim(text);
    if (text.size > 0 && text.data[text.size - 1] == ':')
        text.size--;
    if (text.size >= 2 && text.data[0] == '[' && text.data[text.size - 1] == ']')
        text = str_slice(text, 1, text.size - 1);
    size_t scope = str_find_last(text, STR("::")); /* Zeek: Reporter::ERROR */
    if (scope != STR_NONE)
        text = str_slice(text, scope + 2, text.size);
    if (text.size == 0 || text.size >= LEVEL_TEXT_MAX)
        return LEVEL_UNKNOWN;
    char lower[LEVEL_TEXT_MAX];
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    lower[text.size] = '\0';
    if (memchr(lower, '\0', text.size) != NULL)
        return LEVEL_UNKNOWN;
    const struct level_spelling *found =
        bsearch(lower, level_spellings, sizeof level_spellings / sizeof *level_spellings, sizeof *level_spellings,
                compare_spelling);
    return found ? found->level : LEVEL_UNKNOWN;
}

const char *kind_name(unsigned bit_index)
{
    static const char *const names[KIND_COUNT] = {"auth_failure", "auth_success", "rate_limit", "denial", "error"};
    must(bit_index < KIND_COUNT);
    return names[bit_index];
}

const char *format_name(enum format format)
{
    static const char *const names[FORMAT_COUNT] = {
        [FORMAT_NONE] = "",           [FORMAT_JSON] = "json",     [FORMAT_SYSLOG] = "syslog",
        [FORMAT_RFC5424] = "rfc5424", [FORMAT_ACCESS] = "access", [FORMAT_NGINX_ERROR] = "nginx_error",
        [FORMAT_LOGFMT] = "logfmt",   [FORMAT_CRI] = "cri",       [FORMAT_TEXT] = "text",
    };
    must((size_t)format < FORMAT_COUNT);
    return names[format];
}

static const struct str field_names[FIELD_COUNT] = {
    [FIELD_TIME] = STR("time"),
    [FIELD_LEVEL] = STR("level"),
    [FIELD_SERVICE] = STR("service"),
    [FIELD_HOST] = STR("host"),
    [FIELD_UNIT] = STR("unit"),
    [FIELD_LOGGER] = STR("logger"),
    [FIELD_MESSAGE] = STR("message"),
    [FIELD_EVENT] = STR("event"),
    [FIELD_REQUEST_ID] = STR("request_id"),
    [FIELD_QUERY_ID] = STR("query_id"),
    [FIELD_TRACE_ID] = STR("trace_id"),
    [FIELD_SESSION] = STR("session"),
    [FIELD_USER] = STR("user"),
    [FIELD_CLIENT_IP] = STR("client_ip"),
    [FIELD_METHOD] = STR("method"),
    [FIELD_PATH] = STR("path"),
    [FIELD_STATUS] = STR("status"),
    [FIELD_DURATION] = STR("duration_ms"),
    [FIELD_OUTCOME] = STR("outcome"),
    [FIELD_ERROR_CODE] = STR("error_code"),
    [FIELD_REASON] = STR("reason"),
};

const char *field_name(enum field field)
{
    must((size_t)field < FIELD_COUNT);
    return field_names[field].data;
}

enum field field_by_name(struct str name)
{
    unsigned field = 0;
    while (field < FIELD_COUNT && !str_equal(field_names[field], name))
        field++;
    return (enum field)field;
}

/* ---- The batch ----------------------------------------------------------------------------------------------------- */

static void reset_image(struct batch_image *image)
{
    buf_reset(&image->directory);
    buf_reset(&image->body);
    buf_reset(&image->index);
    image->time_min = image->time_max = TIME_NONE;
    image->records = image->unparsed = 0;
    image->raw_bytes = 0;
}

struct batch *batch_new(void)
{
    struct batch *batch = mem_alloc(sizeof *batch);
    batch->raw = BUF(RECORD_BYTES_MAX + BATCH_BYTES_TARGET + 4096);
    batch->records = mem_resize_array(NULL, BATCH_RECORDS_MAX, sizeof *batch->records);
    batch->image.directory = BUF(IMAGE_BYTES_MAX);
    batch->image.body = BUF(IMAGE_BYTES_MAX);
    batch->image.index = BUF(IMAGE_BYTES_MAX);
    reset_image(&batch->image);
    return batch;
}

void batch_free(struct batch *batch)
{
    if (batch == NULL)
        return;
    buf_release(&batch->raw);
    buf_release(&batch->image.directory);
    buf_release(&batch->image.body);
    buf_release(&batch->image.index);
    arena_release(&batch->arena);
    free(batch->records);
    free(batch->runs);
    free(batch->facts);
    free(batch->told.templates);
    free(batch->told.endpoints);
    free(batch->told.users);
    free(batch->told.requests);
    free(batch);
}

void batch_reset(struct batch *batch)
{
    batch->sequence = 0;
    buf_reset(&batch->raw);
    batch->record_count = 0;
    batch->run_count = 0;
    batch->sources = NULL; /* in the arena */
    batch->source_count = batch->source_capacity = 0;
    batch->fact_count = 0;
    batch->told.template_count = batch->told.endpoint_count = batch->told.user_count = batch->told.request_count = 0;
    batch->gaps = NULL; /* in the arena */
    batch->gap_count = batch->gap_capacity = 0;
    batch->settle = NULL;
    batch->hot = false;
    reset_image(&batch->image);
    arena_reset(&batch->arena);
}

static uint32_t grown(uint32_t capacity)
{
    must(capacity <= UINT32_MAX / 2);
    return capacity ? capacity * 2 : CAPACITY_MIN;
}

void batch_run_begin(struct batch *batch, int64_t source, uint64_t offset, int64_t reference_us)
{
    if (batch->run_count == batch->run_capacity) {
        batch->run_capacity = grown(batch->run_capacity);
        batch->runs = mem_resize_array(batch->runs, batch->run_capacity, sizeof *batch->runs);
    }
    batch->runs[batch->run_count++] = (struct batch_run){
        .source = source,
        .first = batch->record_count,
        .count = 0,
        .offset = offset,
        .end = offset,
        .stored = offset,
        .reference_us = reference_us,
    };
}

void batch_add(struct batch *batch, struct str raw, uint8_t flags)
{
    must(batch->run_count > 0);
    must(!batch_full(batch));
    struct batch_run *run = &batch->runs[batch->run_count - 1];
    batch->records[batch->record_count++] = (struct record){
        .raw = raw,
        .offset = run->end,
        .time_us = TIME_NONE,
        .flags = flags,
        .run = batch->run_count - 1,
    };
    run->count++;
    run->end += raw.size + (record_has_newline(flags) ? 1 : 0);
}

/* The text in the batch's arena, which may be there already. */
static struct str kept_copy(struct batch *batch, struct str there, struct str text)
{
    if (text.data == NULL || (there.data != NULL && str_equal(there, text)))
        return text.data == NULL ? STR_ABSENT : there;
    return arena_str(&batch->arena, text);
}

/* Where the state of this source is, or would be: the states are sorted by id. */
static uint32_t find_source(const struct batch *batch, int64_t source)
{
    uint32_t from = 0, to = batch->source_count;
    if (to > 0 && batch->sources[to - 1].id < source)
        from = to;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (batch->sources[middle].id < source)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const struct source_state *batch_source(const struct batch *batch, int64_t source)
{
    uint32_t at = find_source(batch, source);
    return at < batch->source_count && batch->sources[at].id == source ? &batch->sources[at] : NULL;
}

/* New sources come with growing ids, so this is an append most of the time. */
void batch_set_source(struct batch *batch, const struct source_state *state)
{
    must(state->id >= 1);
    uint32_t from = find_source(batch, state->id);
    bool known = from < batch->source_count && batch->sources[from].id == state->id;
    if (!known && batch->source_count == batch->source_capacity) {
        uint32_t capacity = grown(batch->source_capacity);
        struct source_state *sources = ARENA_ARRAY(&batch->arena, struct source_state, capacity);
        if (batch->source_count > 0)
            memcpy(sources, batch->sources, batch->source_count * sizeof *sources);
        batch->sources = sources;
        batch->source_capacity = capacity;
    }
    struct source_state *place = &batch->sources[from];
    if (!known) {
        memmove(place + 1, place, (batch->source_count - from) * sizeof *place);
        batch->source_count++;
    }
    struct source_state before = known ? *place : (struct source_state){0};
    *place = *state;
    place->name = kept_copy(batch, before.name, state->name);
    place->cursor = kept_copy(batch, before.cursor, state->cursor);
    place->defaults.service = kept_copy(batch, before.defaults.service, state->defaults.service);
    place->defaults.timezone = kept_copy(batch, before.defaults.timezone, state->defaults.timezone);
}

void batch_add_gap(struct batch *batch, const struct batch_gap *gap)
{
    must(gap->source >= 1);
    if (batch->gap_count == batch->gap_capacity) {
        uint32_t capacity = grown(batch->gap_capacity);
        struct batch_gap *gaps = ARENA_ARRAY(&batch->arena, struct batch_gap, capacity);
        if (batch->gap_count > 0)
            memcpy(gaps, batch->gaps, batch->gap_count * sizeof *gaps);
        batch->gaps = gaps;
        batch->gap_capacity = capacity;
    }
    batch->gaps[batch->gap_count++] = *gap;
}

struct fact *batch_add_fact(struct batch *batch)
{
    if (batch->fact_count == batch->fact_capacity) {
        batch->fact_capacity = grown(batch->fact_capacity);
        batch->facts = mem_resize_array(batch->facts, batch->fact_capacity, sizeof *batch->facts);
    }
    struct fact *fact = &batch->facts[batch->fact_count++];
    *fact = (struct fact){0};
    return fact;
}

/* Room for one more behind count of them. */
static void *room_for(void *array, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    *capacity = grown(*capacity);
    return mem_resize_array(array, *capacity, size);
}

uint32_t batch_tell_template(struct batch *batch, struct str text, uint32_t origin)
{
    must(origin < TEMPLATE_ORIGINS);
    struct batch_told *told = &batch->told;
    told->templates =
        room_for(told->templates, told->template_count, &told->template_capacity, sizeof *told->templates);
    told->templates[told->template_count] = (struct batch_template){text, origin};
    return told->template_count++;
}

uint32_t batch_tell_endpoint(struct batch *batch, const struct batch_endpoint *endpoint)
{
    struct batch_told *told = &batch->told;
    told->endpoints =
        room_for(told->endpoints, told->endpoint_count, &told->endpoint_capacity, sizeof *told->endpoints);
    told->endpoints[told->endpoint_count] = *endpoint;
    return told->endpoint_count++;
}

uint32_t batch_tell_user(struct batch *batch, struct str user)
{
    struct batch_told *told = &batch->told;
    told->users = room_for(told->users, told->user_count, &told->user_capacity, sizeof *told->users);
    told->users[told->user_count] = user;
    return told->user_count++;
}

uint32_t batch_tell_request(struct batch *batch, const struct batch_request *request)
{
    struct batch_told *told = &batch->told;
    must(request->record < batch->record_count && request->endpoint < told->endpoint_count);
    must(request->user == BATCH_NO_USER || request->user < told->user_count);
    told->requests = room_for(told->requests, told->request_count, &told->request_capacity, sizeof *told->requests);
    told->requests[told->request_count] = *request;
    return told->request_count++;
}
