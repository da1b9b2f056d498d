/* What the text formats share; only analyze/text*.c include this.
 *
 * Every recogniser takes a line or what is left of one, starts *ret afresh with text_begin and returns whether the format
 * fits. After false, *ret holds nothing of value. */
#ifndef WINNOW_ANALYZE_TEXT_PART_H
#define WINNOW_ANALYZE_TEXT_PART_H

#include "analyze/text.h"

/* text_syslog.c. stamp is the size of the stamp the line begins with. */
bool text_syslog(struct str line, size_t stamp, struct text_line *ret);
bool text_cri(struct str line, size_t stamp, struct text_line *ret);
/* A line that begins with <PRI>. */
bool text_priority(struct str line, struct text_line *ret);

/* text_access.c */
bool text_access(struct str line, struct text_line *ret);
bool text_nginx(struct str line, size_t stamp, struct text_line *ret);
/* The inside of "GET /x HTTP/1.1": method, path, protocol, or the whole as request. */
void text_add_request(struct text_line *ret, struct str request);
/* "1.2.3.4:80", "[::1]:80" and the like: the address without the port. */
struct str text_address(struct str endpoint);

/* text_stamped.c: a time stamp, maybe a level, then a message, in the manners of several loggers. */
bool text_stamped(struct str line, size_t stamp, struct text_line *ret);
/* Adds to what *ret has already: the same of a line whose first bytes are taken. */
void text_add_stamped(struct text_line *ret, struct str line, size_t stamp);
/* A line that begins with '['. */
bool text_bracketed(struct str line, struct text_line *ret);
/* A level first and no time stamp. */
bool text_leveled(struct str line, struct text_line *ret);

/* A line that begins with a letter and four digits: klog, of Kubernetes. */
bool text_klog(struct str line, struct text_line *ret);

/* text_logfmt.c */
bool text_logfmt(struct str line, struct text_line *ret);
/* A line that begins with "type=": the kernel's audit log. */
bool text_audit(struct str line, struct text_line *ret);

/* text.c: the size of the time stamp the text begins with, or 0; a letter or digit never follows it. */
size_t text_stamp(struct str text);

/* text.c: a level as it may stand without quotes or brackets around it. Upper case takes every spelling; other case only
 * the words that hardly ever begin a sentence or name a host. */
bool text_is_level(struct str word);

static inline bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool text_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool text_is_space(char c)
{
    return c == ' ' || c == '\t';
}

static inline bool text_at(struct str s, size_t at, char c)
{
    return at < s.size && s.data[at] == c;
}

static inline struct str text_from(struct str s, size_t from)
{
    return str_slice(s, from, s.size);
}

static inline struct str text_skip_spaces(struct str s)
{
    size_t at = 0;
    while (at < s.size && text_is_space(s.data[at]))
        at++;
    return text_from(s, at);
}

/* All digits, 1..size_max of them. */
static inline bool text_is_number(struct str s, size_t size_max)
{
    if (s.size == 0 || s.size > size_max)
        return false;
    for (size_t i = 0; i < s.size; i++) {
        if (!text_is_digit(s.data[i]))
            return false;
    }
    return true;
}

static inline void text_begin(struct text_line *ret, enum format format)
{
    ret->format = format;
    ret->count = 0;
    ret->names_size = 0;
}

static inline void text_add(struct text_line *ret, struct str name, struct str value)
{
    if (ret->count < TEXT_PIECES_MAX)
        ret->pieces[ret->count++] = (struct text_piece){name, value};
}

/* Leaves out "-", which these formats write for "none". */
static inline void text_add_known(struct text_line *ret, struct str name, struct str value)
{
    if (value.size > 0 && !str_equal(value, STR("-")))
        text_add(ret, name, value);
}

/* Takes up to the next space (or the end); *rest begins behind that space. */
static inline struct str text_take_word(struct str *rest)
{
    const char *space = rest->size ? memchr(rest->data, ' ', rest->size) : NULL;
    size_t size = space ? (size_t)(space - rest->data) : rest->size;
    struct str word = str_slice(*rest, 0, size);
    *rest = text_from(*rest, space ? size + 1 : size);
    return word;
}

/* Takes "..." with backslash escapes, views what is inside; false without the closing quote. */
static inline bool text_take_quoted(struct str *rest, struct str *ret_inside)
{
    if (!text_at(*rest, 0, '"'))
        return false;
    for (size_t i = 1; i < rest->size; i++) {
        if (rest->data[i] == '\\') {
            i++;
        } else if (rest->data[i] == '"') {
            *ret_inside = str_slice(*rest, 1, i);
            *rest = text_from(*rest, i + 1);
            return true;
        }
    }
    return false;
}

#endif
