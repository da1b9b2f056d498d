#include "store/split.h"

enum { CHAR_OTHER = 0, CHAR_WORD = 1, CHAR_DIGIT = 2, CHAR_MARK = 4 };

static uint8_t classes[256];

__attribute__((constructor)) static void fill_classes(void)
{
    for (unsigned c = 0; c < 256; c++) {
        if (c >= '0' && c <= '9')
            classes[c] = CHAR_DIGIT;
        else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80)
            classes[c] = CHAR_WORD;
        else if (c == '.' || c == '/' || c == ':' || c == '@' || c == '+' || c == '-')
            classes[c] = CHAR_MARK;
    }
}

static inline uint8_t class_of(char c)
{
    return classes[(unsigned char)c];
}

static bool add_variable(struct split *split, struct buf *template, struct str variable)
{
    if (split->count == SPLIT_VARIABLES_MAX)
        return false;
    split->variables[split->count++] = variable;
    buf_add_char(template, 0);
    return true;
}

static bool split_digits(struct str text, struct buf *template, struct split *ret)
{
    for (size_t at = 0; at < text.size;) {
        size_t from = at;
        bool digits = class_of(text.data[at]) == CHAR_DIGIT;
        while (at < text.size && (class_of(text.data[at]) == CHAR_DIGIT) == digits)
            at++;
        struct str piece = str_from(text.data + from, at - from);
        if (!digits)
            buf_add_str(template, piece);
        else if (!add_variable(ret, template, piece))
            return false;
    }
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

struct str split_take_line(struct str *rest)
{
    size_t end = str_find(*rest, STR("\\n"));
    struct str line = str_slice(*rest, 0, end);
    *rest = end == STR_NONE ? STR_ABSENT : str_slice(*rest, end + 2, rest->size);
    return line;
}

enum split_lines split_lines_kind(struct str text)
{
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
        size_t found = str_find(str_slice(text, at, text.size), STR("\\n"));
        size_t end = found == STR_NONE ? text.size : at + found;
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

bool split_text(struct str text, enum split_way way, struct buf *template, struct split *ret)
{
    ret->count = 0;
    if (text.size > SPLIT_TEXT_MAX || (text.size && memchr(text.data, 0, text.size)))
        return false;
    if (way == SPLIT_LINES)
        return split_lines(text, template, ret);
    if (way == SPLIT_DIGITS)
        return split_digits(text, template, ret);
    size_t literal = 0; /* start of the text not yet in the template */
    for (size_t at = 0; at < text.size;) {
        if (class_of(text.data[at]) == CHAR_OTHER) {
            at++;
            continue;
        }
        size_t from = at;
        uint8_t seen = 0;
        while (at < text.size && class_of(text.data[at]) != CHAR_OTHER)
            seen |= class_of(text.data[at++]);
        if (!(seen & CHAR_DIGIT) && !(way == SPLIT_ALL && seen & CHAR_WORD))
            continue;
        size_t end = at;
        while (class_of(text.data[end - 1]) == CHAR_MARK)
            end--;
        buf_add_str(template, str_from(text.data + literal, from - literal));
        if (!add_variable(ret, template, str_from(text.data + from, end - from)))
            return false;
        literal = end;
    }
    return buf_add_str(template, str_from(text.data + literal, text.size - literal));
}

/* The end of the token that starts at `from`, without marks at its end; `from` when it has no digit. */
static size_t token_end(struct str text, size_t from)
{
    size_t at = from;
    uint8_t seen = 0;
    while (at < text.size && class_of(text.data[at]) != CHAR_OTHER)
        seen |= class_of(text.data[at++]);
    while (at > from && class_of(text.data[at - 1]) == CHAR_MARK)
        at--;
    return seen & CHAR_DIGIT ? at : from;
}

bool split_fits(struct str template, struct str text, struct split *ret)
{
    size_t at = 0, from = 0;
    ret->count = 0;
    for (;;) {
        const char *hole = from < template.size ? memchr(template.data + from, 0, template.size - from) : NULL;
        size_t literal = (hole ? (size_t)(hole - template.data) : template.size) - from;
        if (text.size - at < literal || !bytes_equal(text.data + at, template.data + from, literal))
            return false;
        at += literal;
        if (!hole)
            return at == text.size;
        size_t end = token_end(text, at);
        if (end == at)
            return false;
        ret->variables[ret->count++] = str_from(text.data + at, end - at);
        from += literal + 1;
        at = end;
    }
}
