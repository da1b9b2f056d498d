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
/* TAG[PID]: and the message, at the beginning of rest; adds nothing when there is no tag. */
bool text_add_tagged(struct text_line *ret, struct str rest);
/* A line that begins with <PRI>. */
bool text_priority(struct str line, struct text_line *ret);

/* text_access.c */
bool text_access(struct str line, struct text_line *ret);
bool text_nginx(struct str line, size_t stamp, struct text_line *ret);
/* The inside of "GET /x HTTP/1.1": method, path, protocol, or the whole as request. */
void text_add_request(struct text_line *ret, struct str request);
/* "1.2.3.4:80", "[::1]:80" and the like: the address without the port. */
struct str text_address(struct str endpoint);

/* text_proxy.c: a line that begins with a digit, and one that begins with an address and a port. */
bool text_squid(struct str line, struct text_line *ret);
bool text_haproxy(struct str line, struct text_line *ret);
/* Behind IIS's stamp. */
bool text_iis(struct str line, size_t stamp, struct text_line *ret);

/* text_header.c: what stands between a stamp and a message. Those that take something add it to *ret, move *rest behind it
 * and return true; after false both are as before. */
enum {
    TEXT_BRACKET_MAX = 256,
    TEXT_LEVEL_MAX = 16,
    TEXT_LOGGER_MAX = 128,
};
enum text_manner {
    TEXT_PLAIN,
    TEXT_LOGGERS,   /* a word before a colon or a dash, behind the level, is a logger */
    TEXT_METHODS,   /* a word with a dot is one, too */
    TEXT_BRACKETED, /* brackets behind the level are the message's */
};
/* All there is, of lines that name a level. True when there was a level; without one *rest still has moved behind separators
 * and what else is known. */
bool text_take_header(struct str *rest, struct text_line *ret, enum text_manner manner);
/* [LEVEL] [PID] and so on; true when a level was among them. *rest has moved anyhow. */
bool text_take_brackets(struct str *rest, struct text_line *ret);
/* A bare level and what separates it from the rest. */
bool text_take_level(struct str *rest, struct text_line *ret);
/* Behind a stamp or a level: spaces, then one of | : , ; - if it stands alone, then spaces. */
struct str text_skip_separator(struct str s);
/* The size of the "[...]" that s begins with, brackets within it included; 0 when it is none or too long. */
size_t text_bracket(struct str s);
size_t text_letters(struct str s);
bool text_is_upper(struct str s);
/* A level in quotes, brackets or the like: any spelling. */
bool text_names_level(struct str s, size_t size_min);

/* text_origin.c: what stands between the level and the message. */
void text_take_origin(struct str *rest, struct text_line *ret, enum text_manner manner);
/* ZooKeeper's [THREAD:CLASS@LINE] and the dash behind it. */
bool text_take_place(struct str *rest, struct text_line *ret);
/* Go's FILE.go:LINE. */
bool text_take_caller(struct str *rest, struct text_line *ret);
/* What may be the name of a Python or Java logger, at the beginning of s: its size. */
size_t text_logger_size(struct str s);
/* com.example.Main, a::b, Outer$Inner */
bool text_is_class(struct str name);

/* text_stamped.c: a time stamp, maybe a level, then a message, in the manners of several loggers. */
bool text_stamped(struct str line, size_t stamp, struct text_line *ret);
/* Adds to what *ret has already: the same of a line whose first bytes are taken. */
void text_add_stamped(struct text_line *ret, struct str line, size_t stamp);
/* A line that begins with '['. */
bool text_bracketed(struct str line, struct text_line *ret);
/* A level first; the time stamp may stand behind it. */
bool text_leveled(struct str line, struct text_line *ret);
/* A line that begins with a time of day. */
bool text_clock(struct str line, struct text_line *ret);
/* What the program said: a request, where it is one of uvicorn's, else the message. */
void text_add_message(struct text_line *ret, struct str text);

/* text_logger.c: behind "STAMP | " and "STAMP - ", and behind "[STAMP: ". Each adds the rest of the line. */
bool text_add_loguru(struct text_line *ret, struct str rest);
bool text_add_dashed(struct text_line *ret, struct str rest);
bool text_add_celery(struct text_line *ret, struct str rest);
/* Behind a stamp and a '|', a tab. */
bool text_add_piped(struct text_line *ret, struct str rest);
bool text_add_tabbed(struct text_line *ret, struct str rest);
/* An id in the form of a UUID, in brackets or before a tab. */
bool text_take_request(struct str *rest, struct text_line *ret);
/* A line that begins with a letter and four digits: klog, of Kubernetes. */
bool text_klog(struct str line, struct text_line *ret);
/* A line that begins with a letter and a comma: Ruby's logger. */
bool text_ruby(struct str line, struct text_line *ret);
/* A line that begins with a digit and has a colon: Redis. */
bool text_redis(struct str line, struct text_line *ret);

/* text_system.c: behind the stamp of the line; each adds the rest of the line. */
bool text_add_logcat(struct text_line *ret, struct str rest);
bool text_add_columns(struct text_line *ret, struct str rest);
bool text_add_mongo(struct text_line *ret, struct str rest);
/* Behind "[STAMP] ". */
bool text_add_proxifier(struct text_line *ret, struct str rest);
/* A line of Android's without a stamp: L/TAG(PID): */
bool text_brief(struct str line, struct text_line *ret);
/* A line that begins with '[': seconds since the start, or since 1970. */
bool text_seconds(struct str line, struct text_line *ret);
/* The kernel's "[    5.123456]" at the beginning of s: its size, or 0. */
size_t text_uptime(struct str s, struct str *ret_seconds);
/* A line of a supercomputer's: its second word, or its fifth, is the time. */
bool text_cluster(struct str line, struct text_line *ret);
bool text_events(struct str line, struct text_line *ret);

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

/* How many digits s begins with. */
static inline size_t text_digits(struct str s)
{
    size_t size = 0;
    while (size < s.size && text_is_digit(s.data[size]))
        size++;
    return size;
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

/* The same, and the spaces behind it: columns are padded. */
static inline struct str text_take_column(struct str *rest)
{
    struct str word = text_take_word(rest);
    *rest = text_skip_spaces(*rest);
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
