#include "store/split.h"

#include "base/chars.h"
#include "base/must.h"

static bool add_variable(struct split *split, struct buf *template, struct str variable)
{
    if (split->count == SPLIT_VARIABLES_MAX)
        return false;
    split->variables[split->count++] = variable;
    buf_add_char(template, 0);
    return true;
}

static bool is_blank_at(struct str text, size_t at, size_t end)
{
    return text.data[at] == ' ' || (at + 1 < end && text.data[at] == '\\' && text.data[at + 1] == 't');
}

/* Where the value of a line starts: behind its indent, or behind the first colon with a blank after it. */
static size_t value_start(struct str text, size_t from, size_t end)
{
    size_t start = from;
    for (size_t at = from; at + 1 < end; at++) {
        if (text.data[at] == ':' && is_blank_at(text, at + 1, end)) {
            start = at + 1;
            break;
        }
    }
    while (start < end && is_blank_at(text, start, end))
        start += text.data[start] == ' ' ? 1 : 2;
    return start;
}

/* Where the line that starts at from ends: at its \n, or at the end of the text. */
static size_t line_end(struct str text, size_t from)
{
    while (from < text.size) {
        const char *found = memchr(text.data + from, '\\', text.size - from);
        if (!found || found + 1 == text.data + text.size)
            break;
        if (found[1] == 'n')
            return (size_t)(found - text.data);
        from = (size_t)(found - text.data) + 1;
    }
    return text.size;
}

struct str split_take_line(struct str *rest)
{
    size_t end = line_end(*rest, 0);
    struct str line = str_slice(*rest, 0, end);
    *rest = end == rest->size ? STR_ABSENT : str_slice(*rest, end + 2, rest->size);
    return line;
}

enum split_lines split_lines_kind(struct str text)
{
    if (str_starts(text, STR("{\\\"")))
        return LINES_JSON;
    size_t lines = 0, keyed = 0;
    for (struct str rest = text; rest.data;) {
        struct str line = split_take_line(&rest);
        lines++;
        keyed += value_start(line, 0, line.size) > 0 && str_find_char(line, ':') != STR_NONE;
    }
    return lines < 2 ? LINES_NONE : keyed * 2 > lines ? LINES_KEYED : LINES_PLAIN;
}

static bool split_lines(struct str text, struct buf *template, struct split *ret)
{
    size_t literal = 0;
    for (size_t at = 0; at < text.size;) {
        size_t end = line_end(text, at);
        size_t stop = end >= at + 2 && memcmp(text.data + end - 2, "\\r", 2) == 0 ? end - 2 : end;
        size_t start = value_start(text, at, stop);
        if (start < stop) {
            buf_add_str(template, str_slice(text, literal, start));
            if (!add_variable(ret, template, str_slice(text, start, stop)))
                return false;
            literal = stop;
        }
        at = end + 2;
    }
    return buf_add_str(template, str_slice(text, literal, text.size));
}

/* ---- JSON within a JSON string: its quotes are \", its backslashes \\ --------------------------------------------------------- */

static bool escape_at(struct str text, size_t at, char c)
{
    return at + 1 < text.size && text.data[at] == '\\' && text.data[at + 1] == c;
}

/* The quote that ends the string that starts at from, or the end of the text. */
static size_t inner_string_end(struct str text, size_t from)
{
    size_t at = from;
    while (at < text.size && !escape_at(text, at, '"')) {
        if (escape_at(text, at, '\\')) { /* a backslash of the inner text, and what it escapes */
            at += 2;
            at += escape_at(text, at, '"') || escape_at(text, at, '\\') ? 2 : 1;
        } else {
            at += text.data[at] == '\\' ? 2 : 1;
        }
    }
    return at < text.size ? at : text.size;
}

static size_t inner_bare_end(struct str text, size_t from)
{
    size_t at = from;
    while (at < text.size && strchr(",}]{[\\", text.data[at]) == NULL)
        at++;
    return at;
}

static bool split_pairs(struct str text, struct buf *template, struct split *ret)
{
    size_t literal = 0;
    for (size_t at = 0; at < text.size;) {
        size_t colon = str_find(str_slice(text, at, text.size), STR("\\\":"));
        if (colon == STR_NONE)
            break;
        size_t start = at + colon + 3;
        while (start < text.size && text.data[start] == ' ')
            start++;
        bool string = escape_at(text, start, '"');
        start += string ? 2 : 0;
        size_t stop = string ? inner_string_end(text, start) : inner_bare_end(text, start);
        if (start < stop) {
            buf_add_str(template, str_slice(text, literal, start));
            if (!add_variable(ret, template, str_slice(text, start, stop)))
                return false;
            literal = stop;
        }
        at = stop + (string ? 2 : 0);
    }
    return buf_add_str(template, str_slice(text, literal, text.size));
}

/* ---- Tokens: found in bits, a bit for each byte of the text --------------------------------------------------------------- */

enum { WORDS_MAX = SPLIT_TEXT_MAX / CHARS_STEP + 1 };

struct tokens {
    size_t words;
    uint64_t wanted[WORDS_MAX];  /* a token with one of these bytes is a variable */
    uint64_t outside[WORDS_MAX]; /* bytes that are in no token, one behind the text included */
};

/* Any token is a variable, or those with a digit. False when there is a NUL. */
static inline bool tokens_of(struct str text, bool any, struct tokens *ret)
{
    ret->words = 0;
    for (size_t at = 0; at <= text.size; at += CHARS_STEP) {
        size_t w = ret->words++, size = text.size - at < CHARS_STEP ? text.size - at : CHARS_STEP;
        struct chars chars;
        chars_of(text.data + at, size, &chars);
        if (chars.nul)
            return false;
        ret->wanted[w] = any ? chars.token & ~chars.mark : chars.digit;
        ret->outside[w] = ~chars.token;
    }
    return true;
}

/* Behind the last byte before `at` that is in no token. */
static size_t token_start(const struct tokens *tokens, size_t at)
{
    size_t w = at / 64;
    must(w < tokens->words);
    uint64_t before = tokens->outside[w] & ((UINT64_C(1) << at % 64) - 1);
    while (before == 0 && w > 0)
        before = tokens->outside[--w];
    return before ? w * 64 + 64 - (size_t)__builtin_clzll(before) : 0;
}

static bool is_mark(char c)
{
    return c == '+' || (c >= '-' && c <= '/') || c == ':' || c == '@';
}

static inline char *copy_piece(char *to, const char *from, size_t size)
{
    bytes_copy(to, from, size);
    return to + size;
}

static bool split_tokens(struct str text, enum split_way way, struct buf *template, struct split *ret)
{
    struct tokens tokens;
    char *out = buf_reserve(template, text.size); /* no variable is empty, so a template is never longer */
    if (!out || !(way == SPLIT_ALL ? tokens_of(text, true, &tokens) : tokens_of(text, false, &tokens)))
        return false;
    char *to = out;
    size_t literal = 0; /* start of the text not yet in the template */
    for (size_t at = 0; (at = bits_next(tokens.wanted, tokens.words, at)) < text.size;) {
        size_t from = token_start(&tokens, at);
        at = bits_next(tokens.outside, tokens.words, at);
        size_t end = at;
        while (is_mark(text.data[end - 1]))
            end--;
        if (ret->count == SPLIT_VARIABLES_MAX)
            return false;
        ret->variables[ret->count++] = str_from(text.data + from, end - from);
        to = copy_piece(to, text.data + literal, from - literal);
        *to++ = 0;
        literal = end;
    }
    to = copy_piece(to, text.data + literal, text.size - literal);
    template->size += (size_t)(to - out);
    template->data[template->size] = 0;
    return true;
}

static bool split_digits(struct str text, struct buf *template, struct split *ret)
{
    char *out = buf_reserve(template, text.size);
    if (!out || str_find_char(text, '\0') != STR_NONE)
        return false;
    size_t at = 0, written = 0;
    while (at < text.size) {
        if (text.data[at] < '0' || text.data[at] > '9') {
            out[written++] = text.data[at++];
            continue;
        }
        size_t from = at;
        while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9')
            at++;
        if (ret->count == SPLIT_VARIABLES_MAX)
            return false;
        ret->variables[ret->count++] = str_from(text.data + from, at - from);
        out[written++] = 0;
    }
    template->size += written;
    template->data[template->size] = 0;
    return true;
}

/* ---- As a template says ------------------------------------------------------------------------------------------------- */

enum { CLASS_TOKEN = 1, CLASS_DIGIT = 2 };

static const uint8_t classes[256] = {
    ['0' ... '9'] = CLASS_TOKEN | CLASS_DIGIT,
    ['A' ... 'Z'] = CLASS_TOKEN,
    ['a' ... 'z'] = CLASS_TOKEN,
    ['_'] = CLASS_TOKEN,
    ['+'] = CLASS_TOKEN,
    ['-' ... '/'] = CLASS_TOKEN,
    [':'] = CLASS_TOKEN,
    ['@'] = CLASS_TOKEN,
    [0x80 ... 0xff] = CLASS_TOKEN,
};

/* Where the variable that starts at from ends, the text before it being fixed; from itself when there is none. */
static inline size_t variable_end(struct str text, size_t from, enum split_way way)
{
    unsigned wanted = way == SPLIT_DIGITS ? CLASS_DIGIT : CLASS_TOKEN, seen = 0, class;
    size_t at = from;
    for (; at < text.size && (class = classes[(unsigned char)text.data[at]]) & wanted; at++)
        seen |= class;
    if (!(seen & CLASS_DIGIT))
        return from;
    while (is_mark(text.data[at - 1]))
        at--;
    return at;
}

bool split_like(struct str text, enum split_way way, const struct str *fixed, uint32_t variables, struct str *ret)
{
    size_t at = 0;
    must(way == SPLIT_WORDS || way == SPLIT_DIGITS);
    if (text.size > SPLIT_TEXT_MAX)
        return false;
    for (uint32_t v = 0; v < variables; v++) {
        if (text.size - at < fixed[v].size || !bytes_equal(text.data + at, fixed[v].data, fixed[v].size))
            return false;
        at += fixed[v].size;
        size_t end = variable_end(text, at, way);
        if (end == at)
            return false;
        ret[v] = str_from(text.data + at, end - at);
        at = end;
    }
    return str_equal(str_from(text.data + at, text.size - at), fixed[variables]);
}

bool split_text(struct str text, enum split_way way, struct buf *template, struct split *ret)
{
    ret->count = 0;
    if (text.size > SPLIT_TEXT_MAX)
        return false;
    if (way == SPLIT_WORDS || way == SPLIT_ALL)
        return split_tokens(text, way, template, ret);
    if (way == SPLIT_DIGITS)
        return split_digits(text, template, ret);
    if (str_find_char(text, '\0') != STR_NONE)
        return false;
    return way == SPLIT_LINES ? split_lines(text, template, ret) : split_pairs(text, template, ret);
}
