#include "analyze/json.h"

#include <stdio.h>
#include <yajl/yajl_parse.h>

#include "base/must.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t skip_space(struct str text, size_t at)
{
    while (at < text.size && is_space(text.data[at]))
        at++;
    return at;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Four hex digits at `at`, or -1. */
static int hex4(struct str text, size_t at)
{
    if (text.size < 4 || at > text.size - 4)
        return -1;
    int value = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_value(text.data[at + i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

size_t json_scan_escape(struct str text, size_t from)
{
    if (text.size - from < 2)
        return 0;
    switch (text.data[from + 1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return from + 2;
    case 'u':
        return hex4(text, from + 2) >= 0 ? from + 6 : 0;
    default:
        return 0;
    }
}

/* The first offset from `at` on whose byte is a quote, a backslash, a control or not ASCII; text.size if none. */
static size_t find_special(struct str text, size_t at)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(0x20);
    for (; at + 16 <= text.size; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text.data + at));
        __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash));
        /* A signed comparison: controls and bytes from 0x80 on are both below the space. */
        special = _mm_or_si128(special, _mm_cmplt_epi8(bytes, space));
        int mask = _mm_movemask_epi8(special);
        if (mask)
            return at + (size_t)__builtin_ctz((unsigned)mask);
    }
#endif
    for (; at < text.size; at++) {
        unsigned char c = (unsigned char)text.data[at];
        if (c == '"' || c == '\\' || c < 0x20 || c >= 0x80)
            break;
    }
    return at;
}

size_t json_scan_string(struct str text, size_t from)
{
    size_t at = from;
    for (;;) {
        at = find_special(text, at);
        if (at >= text.size)
            return STR_NONE;
        unsigned char c = (unsigned char)text.data[at];
        if (c == '"')
            return at;
        if (c == '\\') {
            at = json_scan_escape(text, at);
            if (!at)
                return STR_NONE;
        } else if (c >= 0x80) {
            uint32_t point;
            size_t length = utf8_decode(str_from(text.data + at, text.size - at), &point);
            if (!length)
                return STR_NONE;
            at += length;
        } else {
            return STR_NONE; /* a raw control character */
        }
    }
}

static size_t scan_number(struct str text, size_t from)
{
    const char *data = text.data;
    size_t at = from, size = text.size;
    if (at < size && data[at] == '-')
        at++;
    if (at >= size || !is_digit(data[at]))
        return 0;
    if (data[at] == '0') {
        at++;
    } else {
        while (at < size && is_digit(data[at]))
            at++;
    }
    if (at < size && data[at] == '.') {
        size_t first = ++at;
        while (at < size && is_digit(data[at]))
            at++;
        if (at == first)
            return 0;
    }
    if (at < size && (data[at] | 0x20) == 'e') {
        at++;
        if (at < size && (data[at] == '+' || data[at] == '-'))
            at++;
        size_t first = at;
        while (at < size && is_digit(data[at]))
            at++;
        if (at == first)
            return 0;
    }
    return at;
}

static size_t scan_word(struct str text, size_t from)
{
    static const struct str words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text.size - from >= words[i].size && memcmp(text.data + from, words[i].data, words[i].size) == 0)
            return from + words[i].size;
    return 0;
}

size_t json_scan_bare(struct str text, size_t from)
{
    size_t end = scan_number(text, from);
    return end ? end : scan_word(text, from);
}

static struct str without_mark(struct str line)
{
    return str_starts(line, STR("\xef\xbb\xbf")) ? str_slice(line, 3, line.size) : line;
}

/* Says no to most text lines before yajl is asked: a text that starts with no container must be one scalar. */
static bool may_be_json(struct str text)
{
    size_t at = skip_space(text, 0);
    if (at == text.size)
        return false;
    char c = text.data[at];
    if (c == '{' || c == '[' || c == '"')
        return true;
    size_t end = json_scan_bare(text, at);
    return end && skip_space(text, end) == text.size;
}

static bool judge(struct str text)
{
    if (!may_be_json(text) || !utf8_valid(text))
        return false;
    yajl_handle yajl = yajl_alloc(NULL, NULL, NULL);
    must(yajl);
    yajl_config(yajl, yajl_dont_validate_strings, 1); /* utf8_valid is the stricter check */
    bool valid = yajl_parse(yajl, (const unsigned char *)text.data, text.size) == yajl_status_ok &&
                 yajl_complete_parse(yajl) == yajl_status_ok;
    yajl_free(yajl);
    return valid;
}

/* ---- Cutting ------------------------------------------------------------------------------------------------------- */

/* An open container while cutting. */
struct level_state {
    bool array;
    uint32_t elements;     /* begun so far, arrays */
    uint32_t slots_before; /* slot_count when it opened, to take back what was cut of it */
    size_t start;          /* offset of its bracket */
    size_t path_size;      /* of the path of the container itself */
};

struct cutter {
    struct str text;
    size_t at;
    struct arena *arena;
    struct json_cut *cut;
    unsigned depth_max;
    unsigned depth;
    struct level_state levels[JSON_DEPTH_MAX];
    char path[JSON_PATH_MAX];
    size_t path_size;
};

static bool add_slot(struct cutter *c, size_t from, size_t to, enum slot_kind kind)
{
    struct json_cut *cut = c->cut;
    if (cut->slot_count == JSON_SLOTS_MAX)
        return false;
    cut->slots[cut->slot_count] = str_from(c->text.data + from, to - from);
    cut->meta[cut->slot_count] = (struct shape_slot){
        .path = arena_str(c->arena, str_from(c->path, c->path_size)),
        .kind = (uint8_t)kind,
        .field = FIELD_COUNT,
        .next = -1,
    };
    cut->slot_count++;
    return true;
}

size_t json_scan_container(struct str text, size_t at)
{
    size_t depth = 0;
    for (; at < text.size; at++) {
        char c = text.data[at];
        if (c == '"') {
            at = json_scan_string(text, at + 1);
            if (at == STR_NONE)
                return STR_NONE;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (--depth == 0)
                return at + 1;
        } else if (c == '\v' || c == '\f') {
            return STR_NONE;
        }
    }
    return STR_NONE;
}

/* Keeps the container that starts at `start` whole, as one slot. */
static bool keep_whole(struct cutter *c, size_t start)
{
    size_t end = json_scan_container(c->text, start);
    if (end == STR_NONE || !add_slot(c, start, end, SLOT_JSON))
        return false;
    c->cut->whole = true;
    c->at = end;
    return true;
}

static bool path_push(struct cutter *c, struct str key)
{
    if (c->path_size + key.size + 1 > sizeof c->path)
        return false;
    if (c->path_size)
        c->path[c->path_size++] = '.';
    if (key.size)
        memcpy(c->path + c->path_size, key.data, key.size);
    c->path_size += key.size;
    return true;
}

/* Takes back what was cut of the innermost container and keeps it whole. */
static bool close_whole(struct cutter *c)
{
    struct level_state *level = &c->levels[--c->depth];
    c->cut->slot_count = level->slots_before;
    c->path_size = level->path_size;
    return keep_whole(c, level->start);
}

/* Reads the key of the next member and moves behind its colon. 1 done, 0 the path grew too long, -1 not JSON. */
static int take_key(struct cutter *c)
{
    struct str text = c->text;
    if (c->at >= text.size || text.data[c->at] != '"')
        return -1;
    size_t end = json_scan_string(text, c->at + 1);
    if (end == STR_NONE)
        return -1;
    struct str key = json_decode(str_from(text.data + c->at + 1, end - c->at - 1), c->arena);
    c->at = skip_space(text, end + 1);
    if (c->at >= text.size || text.data[c->at] != ':')
        return -1;
    c->at++;
    return path_push(c, key) ? 1 : 0;
}

static int take_index(struct cutter *c, struct level_state *level)
{
    char digits[16];
    int size = snprintf(digits, sizeof digits, "%u", level->elements);
    if (level->elements++ == JSON_ARRAY_MAX)
        return 0;
    return path_push(c, str_from(digits, (size_t)size)) ? 1 : 0;
}

enum step { STEP_FAILED, STEP_VALUE, STEP_AFTER };

/* At a value: a scalar becomes a slot (then STEP_AFTER), a container opens (then STEP_VALUE for its first value). */
static enum step cut_value(struct cutter *c)
{
    struct str text = c->text;
    c->at = skip_space(text, c->at);
    if (c->at >= text.size)
        return STEP_FAILED;
    size_t from = c->at;
    char first = text.data[from];
    if (first == '"') {
        size_t end = json_scan_string(text, from + 1);
        if (end == STR_NONE || !add_slot(c, from + 1, end, SLOT_STRING))
            return STEP_FAILED;
        c->at = end + 1;
        return STEP_AFTER;
    }
    if (first == '{' || first == '[') {
        char close = first == '{' ? '}' : ']';
        size_t inside = skip_space(text, from + 1);
        if (inside < text.size && text.data[inside] == close) { /* an empty container is literal text */
            c->at = inside + 1;
            return STEP_AFTER;
        }
        if (c->depth >= c->depth_max)
            return keep_whole(c, from) ? STEP_AFTER : STEP_FAILED;
        c->levels[c->depth++] = (struct level_state){
            .array = first == '[', .slots_before = c->cut->slot_count, .start = from, .path_size = c->path_size};
        c->at = inside;
        struct level_state *level = &c->levels[c->depth - 1];
        int taken = level->array ? take_index(c, level) : take_key(c);
        if (taken > 0)
            return STEP_VALUE;
        return taken == 0 && close_whole(c) ? STEP_AFTER : STEP_FAILED;
    }
    size_t end = json_scan_bare(text, from);
    if (!end || !add_slot(c, from, end, SLOT_BARE))
        return STEP_FAILED;
    c->at = end;
    return STEP_AFTER;
}

/* Behind a value: a comma leads to the next one, a bracket closes the container. */
static enum step cut_after(struct cutter *c)
{
    struct str text = c->text;
    c->at = skip_space(text, c->at);
    struct level_state *level = &c->levels[c->depth - 1];
    if (c->at >= text.size)
        return STEP_FAILED;
    char next = text.data[c->at++];
    if (next == (level->array ? ']' : '}')) {
        c->path_size = level->path_size;
        c->depth--;
        return STEP_AFTER;
    }
    if (next != ',')
        return STEP_FAILED;
    c->path_size = level->path_size;
    c->at = skip_space(text, c->at);
    int taken = level->array ? take_index(c, level) : take_key(c);
    if (taken > 0)
        return STEP_VALUE;
    return taken == 0 && close_whole(c) ? STEP_AFTER : STEP_FAILED;
}

static bool cut_text(struct str text, unsigned depth_max, struct arena *arena, struct json_cut *ret)
{
    struct cutter c = {.text = text, .arena = arena, .cut = ret, .depth_max = depth_max};
    ret->slot_count = 0;
    ret->whole = false;
    enum step step = STEP_VALUE;
    while (step != STEP_FAILED) {
        if (step == STEP_VALUE)
            step = cut_value(&c);
        else if (c.depth == 0)
            return skip_space(text, c.at) == text.size;
        else
            step = cut_after(&c);
    }
    return false;
}

bool json_cut(struct str line, struct arena *arena, struct json_cut *ret)
{
    struct str text = without_mark(line);
    if (!judge(text))
        return false;
    /* Less and less deep until the slots suffice; depth 0 makes one slot of the whole text. */
    static const unsigned depths[] = {JSON_DEPTH_MAX, 2, 1, 0};
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++)
        if (cut_text(text, depths[i], arena, ret))
            return true;
    return false;
}

bool json_valid(struct str line)
{
    struct str text = without_mark(line);
    if (!judge(text))
        return false;
    /* yajl lets VT and FF and an open string pass behind the value. */
    size_t at = skip_space(text, 0), end;
    char first = text.data[at];
    if (first == '{' || first == '[')
        end = json_scan_container(text, at);
    else if (first == '"')
        end = json_scan_string(text, at + 1);
    else
        return true; /* may_be_json has looked behind it */
    if (end != STR_NONE && first == '"')
        end++;
    return end != STR_NONE && skip_space(text, end) == text.size;
}

/* ---- Decoding ------------------------------------------------------------------------------------------------------ */

/* The code point of the \u escape whose backslash is at *at; moves *at behind it (and its second half). */
static uint32_t take_unicode(struct str s, size_t *at)
{
    int unit = hex4(s, *at + 2);
    *at += 6;
    if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
        return 0xfffd;
    if (unit < 0xd800 || unit > 0xdbff)
        return (uint32_t)unit;
    if (*at + 1 < s.size && s.data[*at] == '\\' && s.data[*at + 1] == 'u') {
        int low = hex4(s, *at + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *at += 6;
            return 0x10000u + (((uint32_t)unit - 0xd800u) << 10) + ((uint32_t)low - 0xdc00u);
        }
    }
    return 0xfffd;
}

struct str json_decode(struct str content, struct arena *arena)
{
    if (str_find_char(content, '\\') == STR_NONE)
        return content;
    char *out = arena_alloc(arena, content.size + 1); /* decoding never makes text longer */
    size_t size = 0;
    for (size_t at = 0; at < content.size;) {
        struct str rest = str_slice(content, at, content.size);
        size_t plain = str_find_char(rest, '\\');
        if (plain == STR_NONE || plain + 1 == rest.size)
            plain = rest.size;
        memcpy(out + size, rest.data, plain);
        size += plain;
        at += plain;
        if (at == content.size)
            break;
        char escape = content.data[at + 1];
        if (escape == 'u') {
            size += utf8_encode(take_unicode(content, &at), out + size);
            continue;
        }
        static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
        const char *known = memchr(from, escape, sizeof from - 1);
        out[size++] = known ? to[known - from] : escape;
        at += 2;
    }
    out[size] = 0;
    return str_from(out, size);
}
