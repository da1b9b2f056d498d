#include "ingest/message.h"

#include "base/must.h"

/* The rows of the table below. The order is that of printing. */
enum header {
    HEADER_SOURCE,
    HEADER_OFFSET,
    HEADER_KIND,
    HEADER_SEQUENCE,
    HEADER_AGENT,
    HEADER_FILE,
    HEADER_VALUE,
    HEADER_TIME,
    HEADER_FLAGS,
    HEADER_HOST,
    HEADER_SERVICE,
    HEADER_TIMEZONE,
    HEADER_FORMAT,
    HEADER_PART,
    HEADER_COUNT,
};

static const struct str header_names[HEADER_COUNT] = {
    [HEADER_SOURCE] = STR("winnow-source"),   [HEADER_OFFSET] = STR("winnow-offset"),
    [HEADER_KIND] = STR("winnow-kind"),       [HEADER_SEQUENCE] = STR("winnow-sequence"),
    [HEADER_AGENT] = STR("winnow-agent"),     [HEADER_FILE] = STR("winnow-file"),
    [HEADER_VALUE] = STR("winnow-value"),     [HEADER_TIME] = STR("winnow-time"),
    [HEADER_FLAGS] = STR("winnow-flags"),     [HEADER_HOST] = STR("winnow-host"),
    [HEADER_SERVICE] = STR("winnow-service"), [HEADER_TIMEZONE] = STR("winnow-timezone"),
    [HEADER_FORMAT] = STR("winnow-format"),   [HEADER_PART] = STR("winnow-part"),
};

static const struct {
    struct str name;
    uint8_t flag;
} flag_names[] = {
    {STR("no-newline"), RECORD_NO_NEWLINE},
    {STR("piece"), RECORD_PIECE},
    {STR("time-borrowed"), RECORD_TIME_BORROWED},
    {STR("pending"), RECORD_TAIL},
};
enum { FLAG_NAMES = sizeof flag_names / sizeof *flag_names, STORE_ID_SIZE = 32 };

/* ---- Printing -------------------------------------------------------------------------------------------------------- */

struct printing {
    struct message_header *headers;
    size_t count;
    struct arena *arena;
};

static void put(struct printing *printing, enum header header, struct str value)
{
    must(printing->count < MESSAGE_HEADERS_MAX);
    printing->headers[printing->count++] = (struct message_header){header_names[header], value};
}

static void put_text(struct printing *printing, enum header header, struct str value)
{
    if (value.data != NULL)
        put(printing, header, value);
}

static void put_number(struct printing *printing, enum header header, int64_t number)
{
    char text[20];
    size_t at = sizeof text;
    uint64_t value = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        text[--at] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    if (number < 0)
        text[--at] = '-';
    put(printing, header, arena_str(printing->arena, str_from(text + at, sizeof text - at)));
}

/* The names of which the bit is set, with commas between them. */
static struct str join_names(struct arena *arena, const struct str *names, size_t count, unsigned bits)
{
    char text[128];
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if ((bits >> i & 1) == 0)
            continue;
        must(size + names[i].size < sizeof text);
        if (size > 0)
            text[size++] = ',';
        memcpy(text + size, names[i].data, names[i].size);
        size += names[i].size;
    }
    return arena_str(arena, str_from(text, size));
}

static struct str kinds_text(struct arena *arena, uint8_t kinds)
{
    struct str names[KIND_COUNT];
    if (kinds == 0)
        return STR("");
    for (unsigned i = 0; i < KIND_COUNT; i++)
        names[i] = str_of(kind_name(i));
    return join_names(arena, names, KIND_COUNT, kinds);
}

static struct str flags_text(struct arena *arena, uint8_t flags)
{
    struct str names[FLAG_NAMES];
    unsigned bits = 0;
    for (unsigned i = 0; i < FLAG_NAMES; i++) {
        names[i] = flag_names[i].name;
        bits |= (unsigned)((flags & flag_names[i].flag) != 0) << i;
    }
    return bits == 0 ? STR_ABSENT : join_names(arena, names, FLAG_NAMES, bits);
}

size_t message_head_print(const struct message_head *head, struct arena *arena,
                          struct message_header ret[MESSAGE_HEADERS_MAX])
{
    struct printing printing = {.headers = ret, .arena = arena};
    put(&printing, HEADER_SOURCE, head->source);
    put_number(&printing, HEADER_OFFSET, (int64_t)head->offset);
    put(&printing, HEADER_KIND, kinds_text(arena, head->kinds));
    put_number(&printing, HEADER_SEQUENCE, (int64_t)head->sequence);
    put(&printing, HEADER_AGENT, head->agent);
    put_number(&printing, HEADER_FILE, (int64_t)head->file);
    if (head->json)
        put(&printing, HEADER_VALUE, STR("json"));
    if (head->time_us != TIME_NONE)
        put_number(&printing, HEADER_TIME, head->time_us);
    put_text(&printing, HEADER_FLAGS, flags_text(arena, head->flags));
    put_text(&printing, HEADER_HOST, head->host);
    put_text(&printing, HEADER_SERVICE, head->defaults.service);
    put_text(&printing, HEADER_TIMEZONE, head->defaults.timezone);
    if (head->defaults.format != FORMAT_NONE)
        put(&printing, HEADER_FORMAT, str_of(format_name((enum format)head->defaults.format)));
    if (head->parts > 0)
        put(&printing, HEADER_PART, arena_printf(arena, "%u/%u", head->part, head->parts));
    return printing.count;
}

/* ---- Reading --------------------------------------------------------------------------------------------------------- */

/* Headers come as they were printed, so the one behind the last is looked at first. */
static enum header header_of(struct str name, unsigned after)
{
    for (unsigned i = 0; i < HEADER_COUNT; i++) {
        unsigned header = (after + i) % HEADER_COUNT;
        if (str_equal(name, header_names[header]))
            return (enum header)header;
    }
    return HEADER_COUNT;
}

static bool has_no_nul(struct str text)
{
    return str_find_char(text, '\0') == STR_NONE;
}

/* No blanks and no controls: it is kept as a word of a cursor. */
static bool is_agent(struct str text)
{
    if (text.size < STORE_ID_SIZE + 2 || text.size > MESSAGE_TEXT_MAX || text.data[STORE_ID_SIZE] != '/')
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if ((i < STORE_ID_SIZE && !is_hex) || c <= ' ' || c > '~')
            return false;
    }
    return true;
}

static bool read_number(struct str text, uint64_t *ret)
{
    return str_to_u64(text, ret) && *ret <= MESSAGE_NUMBER_MAX;
}

/* Years 1..9999, as times are everywhere. */
static bool read_time(struct str text, int64_t *ret)
{
    return str_to_i64(text, ret) && *ret >= INT64_C(-62135596800000000) && *ret < INT64_C(253402300800000000);
}

static bool read_flags(struct str text, uint8_t *ret)
{
    while (text.data != NULL) {
        struct str name = str_cut(&text, ',');
        size_t i = 0;
        while (i < FLAG_NAMES && !str_equal(flag_names[i].name, name))
            i++;
        if (i == FLAG_NAMES)
            return false;
        *ret |= flag_names[i].flag;
    }
    return true;
}

static void read_kinds(struct str text, uint8_t *ret)
{
    while (text.data != NULL) {
        struct str name = str_cut(&text, ',');
        for (unsigned i = 0; i < KIND_COUNT; i++)
            *ret |= (uint8_t)(str_equal(str_of(kind_name(i)), name) << i);
    }
}

static bool read_format(struct str text, uint8_t *ret)
{
    for (unsigned i = FORMAT_NONE + 1; i < FORMAT_COUNT; i++)
        if (str_equal(str_of(format_name((enum format)i)), text))
            *ret = (uint8_t)i;
    return *ret != FORMAT_NONE;
}

static bool read_part(struct str text, struct message_head *ret)
{
    uint64_t part, parts;
    struct str first = str_cut(&text, '/');
    if (!str_to_u64(first, &part) || text.data == NULL || !str_to_u64(text, &parts))
        return false;
    ret->part = (uint32_t)part;
    ret->parts = (uint32_t)parts;
    return part >= 1 && part <= parts && parts <= MESSAGE_PARTS_MAX;
}

static bool read_text(struct str value, size_t size_max, struct str *ret)
{
    *ret = value;
    return value.size > 0 && value.size <= size_max && has_no_nul(value);
}

static bool read_header(enum header header, struct str value, struct message_head *ret)
{
    if (value.data == NULL)
        return false;
    switch (header) {
    case HEADER_SOURCE:
        return read_text(value, MESSAGE_NAME_MAX, &ret->source);
    case HEADER_OFFSET:
        return read_number(value, &ret->offset);
    case HEADER_KIND:
        read_kinds(value, &ret->kinds);
        return true;
    case HEADER_SEQUENCE:
        return read_number(value, &ret->sequence) && ret->sequence > 0;
    case HEADER_AGENT:
        ret->agent = value;
        return is_agent(value);
    case HEADER_FILE:
        return read_number(value, &ret->file);
    case HEADER_VALUE:
        ret->json = true;
        return str_equal(value, STR("json"));
    case HEADER_TIME:
        return read_time(value, &ret->time_us);
    case HEADER_FLAGS:
        return read_flags(value, &ret->flags);
    case HEADER_HOST:
        return read_text(value, MESSAGE_TEXT_MAX, &ret->host);
    case HEADER_SERVICE:
        return read_text(value, MESSAGE_TEXT_MAX, &ret->defaults.service);
    case HEADER_TIMEZONE:
        return read_text(value, MESSAGE_TEXT_MAX, &ret->defaults.timezone);
    case HEADER_FORMAT:
        return read_format(value, &ret->defaults.format);
    case HEADER_PART:
        return read_part(value, ret);
    case HEADER_COUNT:
        break;
    }
    return false;
}

enum message_kind message_head_read(const struct message_header *headers, size_t count, struct message_head *ret,
                                    const char **ret_why)
{
    const char *unused;
    const char **why = ret_why != NULL ? ret_why : &unused;
    unsigned seen = 0, next = 0;
    *ret = (struct message_head){.time_us = TIME_NONE};
    *why = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!str_starts(headers[i].name, STR("winnow-")))
            continue;
        enum header header = header_of(headers[i].name, next);
        if (header == HEADER_COUNT)
            continue; /* of a newer winnow */
        if (*why == NULL && ((seen >> header & 1) != 0 || !read_header(header, headers[i].value, ret)))
            *why = header_names[header].data;
        seen |= 1U << header;
        next = header + 1;
    }
    static const enum header needed[] = {HEADER_SOURCE, HEADER_FILE, HEADER_OFFSET, HEADER_SEQUENCE};
    if ((seen >> HEADER_AGENT & 1) == 0)
        return MESSAGE_FOREIGN;
    for (size_t i = 0; i < sizeof needed / sizeof *needed && *why == NULL; i++)
        if ((seen >> needed[i] & 1) == 0)
            *why = header_names[needed[i]].data;
    return *why == NULL ? MESSAGE_AGENTS : MESSAGE_DAMAGED;
}
