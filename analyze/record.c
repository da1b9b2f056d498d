#include "analyze/record.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <math.h>

#include "analyze/joined.h"
#include "analyze/json.h"

static inline struct str slot_text(const struct record *rec, uint32_t index, struct arena *arena)
{
    struct str slot = rec->slots[index];
    switch ((enum slot_kind)rec->shape->slots[index].kind) {
    case SLOT_STRING:
        return rec->plain ? slot : json_decode(slot, arena);
    case SLOT_BARE:
        return str_equal(slot, STR("null")) ? STR_ABSENT : slot;
    default:
        return slot;
    }
}

struct str record_slot_text(const struct record *rec, uint32_t index, struct arena *arena)
{
    return slot_text(rec, index, arena);
}

/* ---- Values with a unit -------------------------------------------------------------------------------------------- */

static double unit_in_ms(enum unit unit)
{
    switch (unit) {
    case UNIT_NANOSECONDS:
        return 1e-6;
    case UNIT_MICROSECONDS:
        return 1e-3;
    case UNIT_SECONDS:
        return 1e3;
    default:
        return 1;
    }
}

static bool duration_ms(struct str text, enum unit unit, double *ret_ms)
{
    if (str_to_double(text, ret_ms)) {
        *ret_ms *= unit_in_ms(unit);
        return isfinite(*ret_ms); /* 1e308 seconds are more milliseconds than there are numbers */
    }
    int64_t us;
    if (!clock_parse_duration(text, &us))
        return false;
    *ret_ms = (double)us / 1000;
    return true;
}

static enum level level_of(struct str text, enum unit unit)
{
    static const enum level windows[] = {LEVEL_INFO,    LEVEL_CRITICAL, LEVEL_ERROR,
                                         LEVEL_WARNING, LEVEL_INFO,     LEVEL_DEBUG};
    uint64_t number;
    if (unit == UNIT_WINDOWS_LEVEL && str_to_u64(text, &number))
        return number < sizeof windows / sizeof *windows ? windows[number] : LEVEL_UNKNOWN;
    return level_parse(text);
}

static unsigned status_of(struct str text)
{
    uint64_t status;
    return str_to_u64(text, &status) && status >= 100 && status <= 599 ? (unsigned)status : 0;
}

/* "192.0.2.1:5000" and "[2001:db8::1]:5000" lose their port, "::ffff:192.0.2.1" is IPv4, a list of forwarded addresses all but its first. */
static struct str bare_address(struct str text)
{
    struct str first = str_trim(str_slice(text, 0, str_find_char(text, ',')));
    if (first.size && first.data[0] == '[')
        first = str_slice(first, 1, str_find_char(first, ']'));
    size_t colon = str_find_char(first, ':');
    bool one_colon = colon != STR_NONE && str_find_last(first, STR(":")) == colon;
    if (one_colon && str_find_char(first, '.') != STR_NONE)
        return str_slice(first, 0, colon);
    bool mapped = first.size > 7 && str_equal_nocase(str_slice(first, 0, 7), STR("::ffff:"));
    return mapped && str_find_char(first, '.') != STR_NONE ? str_slice(first, 7, first.size) : first;
}

/* Four numbers up to 255 and three dots. */
static bool is_ipv4(struct str text)
{
    unsigned dots = 0, number = 0, digits = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '.' && digits > 0) {
            dots++;
            number = digits = 0;
        } else if (c >= '0' && c <= '9' && digits < 3) {
            number = number * 10 + (unsigned)(c - '0');
            digits++;
        } else {
            return false;
        }
        if (number > 255)
            return false;
    }
    return dots == 3 && digits > 0;
}

static bool is_address(struct str text)
{
    if (is_ipv4(text))
        return true;
    char address[INET6_ADDRSTRLEN];
    struct in6_addr unused;
    struct str bare = str_slice(text, 0, str_find_char(text, '%')); /* without the zone of fe80::1%eth0 */
    if (bare.size == 0 || bare.size >= sizeof address || memchr(bare.data, '\0', bare.size))
        return false;
    memcpy(address, bare.data, bare.size);
    address[bare.size] = '\0';
    return inet_pton(AF_INET6, address, &unused) == 1;
}

struct str record_address(struct str text)
{
    struct str bare = text.size ? bare_address(text) : text;
    return is_address(bare) ? bare : STR_ABSENT;
}

/* Proxies and servers write "-" for what they do not know. */
static bool says_none(enum field field, struct str text)
{
    return text.size == 0 || (field != FIELD_MESSAGE && str_equal(text, STR("-")));
}

static inline bool usable(enum field field, struct str text, enum unit unit)
{
    double ms;
    switch (field) {
    case FIELD_LEVEL:
        return level_of(text, unit) != LEVEL_UNKNOWN;
    case FIELD_STATUS:
        return status_of(text) != 0;
    case FIELD_DURATION:
        return duration_ms(text, unit, &ms);
    case FIELD_CLIENT_IP: /* a host's name is none, nor is PostgreSQL's "[local]" */
        return record_address(text).data != NULL;
    default:
        return !says_none(field, text);
    }
}

static inline __attribute__((always_inline)) int slot_of(const struct record *rec, enum field field,
                                                         struct arena *arena, struct str *ret_text)
{
    if (!rec->shape)
        return -1;
    const struct shape_slot *slots = rec->shape->slots;
    for (int slot = rec->shape->field_slot[field]; slot >= 0; slot = slots[slot].next) {
        struct str text = slot_text(rec, (uint32_t)slot, arena);
        if (usable(field, text, (enum unit)slots[slot].unit)) {
            *ret_text = text;
            return slot;
        }
    }
    return -1;
}

int record_slot(const struct record *rec, enum field field, struct arena *arena, struct str *ret_text)
{
    return slot_of(rec, field, arena, ret_text);
}

/* ---- The door -------------------------------------------------------------------------------------------------------- */

const struct record *record_giver(const struct record *rec, enum field field, struct arena *arena, int *ret_slot,
                                  struct str *ret_text)
{
    if (rec->inner) {
        *ret_slot = record_slot(rec->inner, field, arena, ret_text);
        if (*ret_slot >= 0)
            return rec->inner;
    }
    *ret_slot = record_slot(rec, field, arena, ret_text);
    bool carrier = rec->inner && *ret_slot == (int)rec->inner_slot; /* is the inner record */
    return *ret_slot >= 0 && !carrier ? rec : NULL;
}

struct str record_field(const struct record *rec, enum field field, struct arena *arena)
{
    int slot;
    struct str text;
    if (rec->inner ? record_giver(rec, field, arena, &slot, &text) != NULL : slot_of(rec, field, arena, &text) >= 0)
        return field == FIELD_CLIENT_IP ? bare_address(text) : text;
    struct str derived = rec->derived ? rec->derived[field] : STR_ABSENT;
    return field == FIELD_SERVICE && derived.size == 0 && rec->defaults ? rec->defaults->service : derived;
}

void shape_field_slots(const struct shape *shape, enum field field, bool *ret_slots)
{
    for (int slot = shape->field_slot[field]; slot >= 0; slot = shape->slots[slot].next)
        ret_slots[slot] = true;
}

bool record_is_of_sshd(const struct record *rec, struct arena *arena)
{
    return str_starts(record_field(rec, FIELD_SERVICE, arena), STR("sshd"));
}

/* As giver tells, but each value is read once only. */
bool record_duration_ms(const struct record *rec, struct arena *arena, double *ret_ms)
{
    for (const struct record *part = rec->inner ? rec->inner : rec;; part = rec) {
        const struct shape_slot *slots = part->shape ? part->shape->slots : NULL;
        for (int slot = slots ? part->shape->field_slot[FIELD_DURATION] : -1; slot >= 0; slot = slots[slot].next)
            if (duration_ms(slot_text(part, (uint32_t)slot, arena), (enum unit)slots[slot].unit, ret_ms))
                return part != rec || !rec->inner || slot != (int)rec->inner_slot;
        if (part == rec)
            return false;
    }
}

static inline enum level level_of_part(const struct record *part, struct arena *arena)
{
    enum level level = LEVEL_UNKNOWN;
    const struct shape *shape = part->shape;
    for (int slot = shape ? shape->field_slot[FIELD_LEVEL] : -1; slot >= 0 && level == LEVEL_UNKNOWN;
         slot = shape->slots[slot].next)
        level = level_of(slot_text(part, (uint32_t)slot, arena), (enum unit)shape->slots[slot].unit);
    return level;
}

enum level record_level(const struct record *rec, struct arena *arena)
{
    enum level outer = level_of_part(rec, arena);
    if (!rec->inner)
        return outer;
    enum level inner = level_of_part(rec->inner, arena);
    return inner > outer ? inner : outer;
}

static unsigned told_status(const struct record *rec)
{
    /* Digits need no decoding, so nothing is allocated for a usable value; an escaped one costs a few bytes. */
    SCOPED(arena) arena = {0};
    struct str text = record_field(rec, FIELD_STATUS, &arena);
    return text.data ? status_of(text) : 0;
}

unsigned record_status(const struct record *rec)
{
    return record_is_untold(rec, FIELD_STATUS) ? 0 : told_status(rec);
}

/* An access log has no message: the request line and its status stand for it. */
static struct str request_line(const struct record *rec, struct str target, struct arena *arena)
{
    struct str method = record_field(rec, FIELD_METHOD, arena);
    return arena_printf(arena, "%.*s %.*s %u", STR_ARG(method), STR_ARG(target), record_status(rec));
}

struct str record_template(const struct record *rec, struct arena *arena)
{
    struct str message = record_field(rec, FIELD_MESSAGE, arena);
    if (message.data)
        return template_of(message, arena);
    struct str path = record_field(rec, FIELD_PATH, arena);
    if (!path.data && rec->shape) { /* structlog calls its message "event" */
        struct str event = record_field(rec, FIELD_EVENT, arena);
        return event.data ? template_of(event, arena) : STR_ABSENT;
    }
    if (!path.data)
        return template_of(rec->raw, arena);
    return request_line(rec, template_of(str_slice(path, 0, str_find_char(path, '?')), arena), arena);
}

/* The line of a text that tells what happened. */
static struct str line_of(struct str text)
{
    text = str_trim(text);
    text = str_find_char(text, '\n') == STR_NONE ? text : str_trim(joined_headline(text));
    return str_slice(text, 0, str_find_char(text, '\n'));
}

struct str record_headline(const struct record *rec, struct arena *arena)
{
    struct str message = record_field(rec, FIELD_MESSAGE, arena);
    if (message.data)
        return line_of(message);
    struct str path = record_field(rec, FIELD_PATH, arena);
    if (!path.data)
        return rec->shape ? record_field(rec, FIELD_EVENT, arena) : line_of(rec->raw);
    return request_line(rec, str_slice(path, 0, str_find_char(path, '?')), arena);
}

static bool visit_part(const struct record *rec, struct arena *arena,
                       bool (*visit)(void *context, const struct record_value *), void *context)
{
    for (uint32_t i = 0; i < rec->shape->slot_count; i++) {
        const struct shape_slot *slot = &rec->shape->slots[i];
        struct record_value value = {.path = slot->path,
                                     .text = record_slot_text(rec, i, arena),
                                     .kind = (enum slot_kind)slot->kind,
                                     .field = (enum field)slot->field};
        if (slot->kind == SLOT_BARE)
            value.kind = isalpha((unsigned char)rec->slots[i].data[0]) ? SLOT_WORD : SLOT_NUMBER;
        if (!visit(context, &value))
            return false;
    }
    return true;
}

void record_visit(const struct record *rec, struct arena *arena,
                  bool (*visit)(void *context, const struct record_value *), void *context)
{
    for (const struct record *part = rec; part; part = part->inner)
        if (part->shape && !visit_part(part, arena, visit, context))
            return;
}

static bool is_index(struct str key)
{
    uint64_t index;
    return str_to_u64(key, &index);
}

bool path_matches(struct str asked, struct str path)
{
    if (str_equal(asked, path))
        return true;
    for (;;) {
        struct str key;
        do {
            if (!path.data)
                return !asked.data;
            key = str_cut(&path, '.');
        } while (is_index(key));
        if (!asked.data || !str_equal(str_cut(&asked, '.'), key))
            return false;
    }
}
