#include "ingest/message.h"

#include "base/must.h"

/* The rows of the tables below. The order is that of printing. */
enum header { HEADER_SOURCE, HEADER_OFFSET, HEADER_KIND, HEADER_SEQUENCE, HEADER_AGENT, HEADER_COUNT };
enum word {
    WORD_FILE,
    WORD_VALUE,
    WORD_HOST,
    WORD_SERVICE,
    WORD_TIMEZONE,
    WORD_FORMAT,
    WORD_TIME,
    WORD_FLAGS,
    WORD_PART,
    WORD_COUNT
};

static const struct str header_names[HEADER_COUNT] = {
    [HEADER_SOURCE] = STR("winnow-source"), [HEADER_OFFSET] = STR("winnow-offset"),
    [HEADER_KIND] = STR("winnow-kind"),     [HEADER_SEQUENCE] = STR("winnow-sequence"),
    [HEADER_AGENT] = STR("winnow-agent"),
};

static const struct {
    struct str name;
    const char *why; /* when it is wrong */
} words[WORD_COUNT] = {
    [WORD_FILE] = {STR("file"), "winnow-agent file"},
    [WORD_VALUE] = {STR("value"), "winnow-agent value"},
    [WORD_HOST] = {STR("host"), "winnow-agent host"},
    [WORD_SERVICE] = {STR("service"), "winnow-agent service"},
    [WORD_TIMEZONE] = {STR("timezone"), "winnow-agent timezone"},
    [WORD_FORMAT] = {STR("format"), "winnow-agent format"},
    [WORD_TIME] = {STR("time"), "winnow-agent time"},
    [WORD_FLAGS] = {STR("flags"), "winnow-agent flags"},
    [WORD_PART] = {STR("part"), "winnow-agent part"},
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

/* What is printed in a piece of memory that is large enough. */
struct pen {
    char *at;
};

/* No text is larger than these: a word of numbers and flags, and a byte escaped. */
enum { SHORT_BYTES_MAX = 128, ESCAPED_BYTES = 3 };

static void put(struct pen *pen, struct str text)
{
    memcpy(pen->at, text.data, text.size);
    pen->at += text.size;
}

static void put_char(struct pen *pen, char c)
{
    *pen->at++ = c;
}

static void put_number(struct pen *pen, int64_t number)
{
    char text[20];
    size_t at = sizeof text;
    uint64_t value = number < 0 ? -(uint64_t)number : (uint64_t)number;
    for (; value >= 100; value /= 100) {
        unsigned two = (unsigned)(value % 100);
        text[--at] = (char)('0' + two % 10);
        text[--at] = (char)('0' + two / 10);
    }
    if (value >= 10) {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    }
    text[--at] = (char)('0' + value);
    if (number < 0)
        text[--at] = '-';
    put(pen, str_from(text + at, sizeof text - at));
}

/* " NAME=" */
static void put_word(struct pen *pen, enum word word)
{
    put_char(pen, ' ');
    put(pen, words[word].name);
    put_char(pen, '=');
}

static bool is_plain(char c)
{
    return (c >= '+' && c <= ':') || (c >= '@' && c <= 'Z') || c == '_' || (c >= 'a' && c <= 'z') || c == '~';
}

static void put_text(struct pen *pen, enum word word, struct str value)
{
    static const char hex[] = "0123456789ABCDEF";
    if (value.data == NULL)
        return;
    put_word(pen, word);
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (is_plain((char)c)) {
            put_char(pen, (char)c);
            continue;
        }
        put_char(pen, '%');
        put_char(pen, hex[c >> 4]);
        put_char(pen, hex[c & 15]);
    }
}

/* The names of which the bit is set, with commas between them. */
static void put_names(struct pen *pen, const struct str *names, size_t count, unsigned bits)
{
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        if ((bits >> i & 1) == 0)
            continue;
        if (!first)
            put_char(pen, ',');
        first = false;
        put(pen, names[i]);
    }
}

static void put_kinds(struct pen *pen, uint8_t kinds)
{
    struct str names[KIND_COUNT];
    if (kinds == 0)
        return;
    for (unsigned i = 0; i < KIND_COUNT; i++)
        names[i] = str_of(kind_name(i));
    put_names(pen, names, KIND_COUNT, kinds);
}

static void put_flags(struct pen *pen, uint8_t flags)
{
    struct str names[FLAG_NAMES];
    unsigned bits = 0;
    for (unsigned i = 0; i < FLAG_NAMES; i++) {
        names[i] = flag_names[i].name;
        bits |= (unsigned)((flags & flag_names[i].flag) != 0) << i;
    }
    if (bits == 0)
        return;
    put_word(pen, WORD_FLAGS);
    put_names(pen, names, FLAG_NAMES, bits);
}

struct str message_agent_print(const struct message_head *head, struct arena *arena)
{
    const struct source_defaults *defaults = &head->defaults;
    size_t texts = head->host.size + defaults->service.size + defaults->timezone.size;
    char *begin = arena_alloc(arena, head->agent.size + ESCAPED_BYTES * texts + SHORT_BYTES_MAX);
    struct pen pen = {begin};
    put(&pen, head->agent);
    put_word(&pen, WORD_FILE);
    put_number(&pen, (int64_t)head->file);
    if (head->json)
        put_text(&pen, WORD_VALUE, STR("json"));
    put_text(&pen, WORD_HOST, head->host);
    put_text(&pen, WORD_SERVICE, defaults->service);
    put_text(&pen, WORD_TIMEZONE, defaults->timezone);
    if (defaults->format != FORMAT_NONE)
        put_text(&pen, WORD_FORMAT, str_of(format_name((enum format)defaults->format)));
    return str_from(begin, (size_t)(pen.at - begin));
}

static void put_record(struct pen *pen, const struct message_head *head)
{
    if (head->time_us != TIME_NONE) {
        put_word(pen, WORD_TIME);
        put_number(pen, head->time_us);
    }
    put_flags(pen, head->flags);
    if (head->parts == 0)
        return;
    put_word(pen, WORD_PART);
    put_number(pen, head->part);
    put_char(pen, '/');
    put_number(pen, head->parts);
}

void message_head_print(const struct message_head *head, struct str agent, struct arena *arena,
                        struct message_header ret[MESSAGE_HEADERS])
{
    char *ends[HEADER_COUNT], *begin = arena_alloc(arena, agent.size + 4 * SHORT_BYTES_MAX);
    struct pen pen = {begin};
    ends[HEADER_SOURCE] = begin; /* is a view */
    put_number(&pen, (int64_t)head->offset);
    ends[HEADER_OFFSET] = pen.at;
    put_kinds(&pen, head->kinds);
    ends[HEADER_KIND] = pen.at;
    put_number(&pen, (int64_t)head->sequence);
    ends[HEADER_SEQUENCE] = pen.at;
    put(&pen, agent);
    put_record(&pen, head);
    ends[HEADER_AGENT] = pen.at;
    ret[HEADER_SOURCE] = (struct message_header){header_names[HEADER_SOURCE], head->source};
    for (size_t i = HEADER_SOURCE + 1; i < HEADER_COUNT; i++)
        ret[i] = (struct message_header){header_names[i], str_from(ends[i - 1], (size_t)(ends[i] - ends[i - 1]))};
}

/* ---- Reading --------------------------------------------------------------------------------------------------------- */

struct reading {
    struct arena *arena;
    struct message_head *head;
    const char *why; /* NULL: nothing is wrong yet */
};

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

/* Words too, but some are left out. */
static enum word word_of(struct str name, unsigned after)
{
    for (unsigned i = 0; i < WORD_COUNT; i++) {
        unsigned word = (after + i) % WORD_COUNT;
        if (str_equal(name, words[word].name))
            return (enum word)word;
    }
    return WORD_COUNT;
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

static bool read_source(struct str value, struct str *ret)
{
    *ret = value;
    return value.size > 0 && value.size <= MESSAGE_NAME_MAX && has_no_nul(value);
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_escaped(struct arena *arena, struct str value, struct str *ret)
{
    char *text = arena_alloc(arena, value.size);
    size_t size = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (is_plain(value.data[i])) {
            text[size++] = value.data[i];
            continue;
        }
        if (value.data[i] != '%')
            return false;
        int high = i + 2 < value.size ? hex_of(value.data[i + 1]) : -1;
        int low = i + 2 < value.size ? hex_of(value.data[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        text[size++] = (char)(high << 4 | low);
        i += 2;
    }
    *ret = str_from(text, size);
    return true;
}

static bool read_text(struct reading *reading, struct str value, struct str *ret)
{
    size_t plain = 0;
    if (value.size > ESCAPED_BYTES * MESSAGE_TEXT_MAX)
        return false;
    while (plain < value.size && is_plain(value.data[plain]))
        plain++;
    *ret = value;
    if (plain < value.size && !read_escaped(reading->arena, value, ret))
        return false;
    return ret->size > 0 && ret->size <= MESSAGE_TEXT_MAX && has_no_nul(*ret);
}

static bool read_word(struct reading *reading, enum word word, struct str value)
{
    struct message_head *head = reading->head;
    switch (word) {
    case WORD_FILE:
        return read_number(value, &head->file);
    case WORD_VALUE:
        head->json = true;
        return str_equal(value, STR("json"));
    case WORD_HOST:
        return read_text(reading, value, &head->host);
    case WORD_SERVICE:
        return read_text(reading, value, &head->defaults.service);
    case WORD_TIMEZONE:
        return read_text(reading, value, &head->defaults.timezone);
    case WORD_FORMAT:
        return read_format(value, &head->defaults.format);
    case WORD_TIME:
        return read_time(value, &head->time_us);
    case WORD_FLAGS:
        return read_flags(value, &head->flags);
    case WORD_PART:
        return read_part(value, head);
    case WORD_COUNT:
        break;
    }
    return true; /* of a newer winnow */
}

static bool read_words(struct reading *reading, struct str text)
{
    unsigned seen = 0, next = 0;
    while (text.data != NULL) {
        struct str value = str_cut(&text, ' '), name = str_cut(&value, '=');
        enum word word = word_of(name, next);
        if (value.data == NULL || name.size == 0)
            return false;
        if ((seen >> word & 1) != 0 || !read_word(reading, word, value)) {
            reading->why = words[word].why;
            return false;
        }
        if (word == WORD_COUNT)
            continue;
        seen |= 1U << word;
        next = word + 1;
    }
    if ((seen >> WORD_FILE & 1) == 0)
        reading->why = words[WORD_FILE].why;
    return reading->why == NULL;
}

static bool read_agent(struct reading *reading, struct str value)
{
    reading->head->agent = str_cut(&value, ' ');
    return is_agent(reading->head->agent) && read_words(reading, value);
}

static bool read_header(struct reading *reading, enum header header, struct str value)
{
    if (value.data == NULL)
        return false;
    switch (header) {
    case HEADER_SOURCE:
        return read_source(value, &reading->head->source);
    case HEADER_OFFSET:
        return read_number(value, &reading->head->offset);
    case HEADER_KIND:
        read_kinds(value, &reading->head->kinds);
        return true;
    case HEADER_SEQUENCE:
        return read_number(value, &reading->head->sequence) && reading->head->sequence > 0;
    case HEADER_AGENT:
        return read_agent(reading, value);
    case HEADER_COUNT:
        break;
    }
    return false;
}

static void note_wrong(struct reading *reading, enum header header)
{
    if (reading->why == NULL)
        reading->why = header_names[header].data;
}

enum message_kind message_head_read(const struct message_header *headers, size_t count, struct arena *arena,
                                    struct message_head *ret, const char **ret_why)
{
    struct reading reading = {.arena = arena, .head = ret};
    unsigned seen = 0, next = 0;
    *ret = (struct message_head){.time_us = TIME_NONE};
    for (size_t i = 0; i < count; i++) {
        if (!str_starts(headers[i].name, STR("winnow-")))
            continue;
        enum header header = header_of(headers[i].name, next);
        if (header == HEADER_COUNT)
            continue; /* of a newer winnow */
        if (reading.why == NULL && ((seen >> header & 1) != 0 || !read_header(&reading, header, headers[i].value)))
            note_wrong(&reading, header);
        seen |= 1U << header;
        next = header + 1;
    }
    if ((seen >> HEADER_AGENT & 1) == 0)
        return MESSAGE_FOREIGN;
    static const enum header needed[] = {HEADER_SOURCE, HEADER_OFFSET, HEADER_SEQUENCE};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if ((seen >> needed[i] & 1) == 0)
            note_wrong(&reading, needed[i]);
    if (ret_why != NULL)
        *ret_why = reading.why;
    return reading.why == NULL ? MESSAGE_AGENTS : MESSAGE_DAMAGED;
}
