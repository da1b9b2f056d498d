/* Templates: a message's first line with what is lexically variable replaced by <*>.
 *
 * Two steps. The first folds the line: of letters and digits side by side, those with a digit among them become one byte, NUMBER, and so
 * do eight or more that are all hex digits; a version after a slash (/v1/) and terms such as IPv6 stay, white space becomes one space, \042 a quote. The
 * second sees the folded line alone, so lines that fold alike have the same template, which template_sketch.c makes use of.
 *
 * The second step cuts into words at spaces, at the marks ,;()[]{}<>"'=| and at a ':' that ends the word or stands between a name
 * and a value (size:0, path:/x). Marks stay. What a word becomes:
 *
 *     worker-3  blk_-17  core.12   worker-<*>  blk_<*>  core.<*>   a name that ends in a sign, and what follows it
 *     /api/v1/users/42?full=yes    /api/v1/users/<*>?<*>           a path: its segments one by one
 *     12.5ms  10:00:00  6a00789b   <*>                             any other word with a digit
 *     fe80::1  a@b.org  host.example.com  <*>                      digits or not
 *     enabled.....1                enabled.....<*>                 a dotted leader
 *     "two words"                  "<*>"                           quoted text with a space; of a request line that is
 *     "GET /a HTTP/1.1"            "GET <*>"                       nobody's value (request: "GET /a") the method stays
 *     SIGKILL                      itself
 *
 * A month or weekday before a variable belongs to it. Equal variables (<*>, blk_<*>) with only spaces and commas between them
 * become one. At most WORDS_MAX words and TEMPLATE_BYTES_MAX bytes of the line's first LINE_BYTES_MAX; what does not fit ends
 * in " ...".
 *
 * A message of several lines with a stack trace is known by the exception's type and the innermost frame of the application
 * (trace.h), and by its first line when that says something else:
 *
 *     KeyError: <*> @ orders.py:load        order <*> failed | KeyError @ orders.py:load        panic: boom @ main.load
 *
 * The same message gives the same template in every version that keeps this page: the store
 * holds templates and ids made from them. */
#include "analyze/analyze.h"

#include <inttypes.h>
#include <stdio.h>

#include "analyze/fold.h"
#include "analyze/joined.h"
#include "analyze/trace.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/must.h"

enum {
    WORDS_MAX = 64,
    TEMPLATE_BYTES_MAX = 1024,
    CONTENT_BYTES_MAX = TEMPLATE_BYTES_MAX - 4, /* room for " ..." */
    WORD_SIZE_MAX = 128,                        /* a longer word is data, not language */
    FRAME_BYTES_MAX = 128,
    HEADLINE_BYTES_MAX = TEMPLATE_BYTES_MAX - 2 * FRAME_BYTES_MAX - 8, /* before an exception and a frame */
};

/* ---- Characters --------------------------------------------------------------------------------------------------- */

enum {
    DIGIT = 1,
    LETTER = 2,
    HEX_LETTER = 4, /* a letter too */
    SPACE = 8,
    MARK = 16,
    SEPARATOR = 32, /* of a path's segments */
    JOINT = 64,     /* ends the name before a number */
    NUMBER = 128,   /* what folding made of letters and digits */
    DOT = 256,      /* of names, addresses and keys */
    SPECIAL = SPACE | MARK | SEPARATOR | NUMBER | DOT,
};

static const uint16_t classes[256] = {
    [0] = SPACE,
    [FOLD_NUMBER] = NUMBER,
    [2 ... ' '] = SPACE,
    [0x7f] = SPACE,
    ['0' ... '9'] = DIGIT,
    ['a' ... 'f'] = LETTER | HEX_LETTER,
    ['g' ... 'z'] = LETTER,
    ['A' ... 'F'] = LETTER | HEX_LETTER,
    ['G' ... 'Z'] = LETTER,
    [','] = MARK,
    [';'] = MARK,
    ['('] = MARK,
    [')'] = MARK,
    ['['] = MARK,
    [']'] = MARK,
    ['{'] = MARK,
    ['}'] = MARK,
    ['<'] = MARK,
    ['>'] = MARK,
    ['"'] = MARK,
    ['\''] = MARK,
    ['='] = MARK,
    ['|'] = MARK,
    ['/'] = SEPARATOR,
    ['\\'] = SEPARATOR,
    ['?'] = SEPARATOR,
    ['&'] = SEPARATOR,
    ['-'] = JOINT,
    ['_'] = JOINT,
    ['.'] = JOINT | DOT,
    ['#'] = JOINT,
    ['@'] = JOINT | DOT,
    [':'] = JOINT | DOT,
};

static inline bool is(char c, unsigned class)
{
    return (classes[(unsigned char)c] & class) != 0;
}

static bool has(struct str s, unsigned class)
{
    for (size_t i = 0; i < s.size; i++)
        if (is(s.data[i], class))
            return true;
    return false;
}

static bool ends_word(struct str line, size_t at)
{
    return at >= line.size || is(line.data[at], SPACE | MARK);
}

/* ---- Writing ------------------------------------------------------------------------------------------------------ */

struct writer {
    char text[TEMPLATE_BYTES_MAX];
    size_t size;
    size_t variable_from; /* where the last variable's name begins */
    size_t variable_end;  /* behind the last <*>, or STR_NONE */
    size_t words;
    size_t quote_end; /* of quoted text kept as it is: this quote opens nothing */
    bool cut;         /* something did not fit */
};

static void put(struct writer *w, struct str s)
{
    if (w->cut || s.size > CONTENT_BYTES_MAX - w->size) {
        w->cut = true;
        return;
    }
    memcpy(w->text + w->size, s.data, s.size);
    w->size += s.size;
}

static bool is_calendar_word(const char *word)
{
    static const char words[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
                                    "Nov", "Dec", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (memcmp(word, words[i], 3) == 0)
            return true;
    return false;
}

/* Takes back "Sun Jul " before a number. */
static void take_back_calendar(struct writer *w)
{
    while (w->size >= 4 && w->text[w->size - 1] == ' ') {
        size_t end = w->size - 1;
        if (w->text[end - 1] == ',')
            end--;
        if (end < 3 || !is_calendar_word(w->text + end - 3) || (end > 3 && is(w->text[end - 4], LETTER)))
            return;
        w->size = end - 3;
    }
}

/* A variable with a name before it, which may be empty. */
static void put_variable(struct writer *w, struct str name)
{
    if (w->cut)
        return;
    if (name.size == 0)
        take_back_calendar(w);
    if (w->variable_end != STR_NONE && w->variable_end <= w->size) {
        size_t at = w->variable_end;
        while (at < w->size && (w->text[at] == ' ' || w->text[at] == ','))
            at++;
        struct str last = str_from(w->text + w->variable_from, w->variable_end - w->variable_from - 3);
        if (at == w->size && str_equal(last, name)) {
            w->size = w->variable_end;
            return;
        }
    }
    size_t from = w->size;
    put(w, name);
    put(w, STR("<*>"));
    if (!w->cut) {
        w->variable_from = from;
        w->variable_end = w->size;
    }
}

/* ---- Words -------------------------------------------------------------------------------------------------------- */

/* With a prefix length, a port or a zone too; "::" alone is the address of every interface. */
static bool is_address6(struct str s)
{
    size_t colons = 0;
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        if (c == ':')
            colons++;
        else if (c == '%')
            break;
        else if (!is(c, NUMBER | HEX_LETTER) && c != '.' && c != '/')
            return false;
    }
    return colons >= 2 && (s.size == 2 || has(s, NUMBER | HEX_LETTER));
}

static bool is_mail(struct str s)
{
    size_t at = str_find_char(s, '@');
    if (at == STR_NONE || at == 0)
        return false;
    size_t dot = str_find_last(s, STR("."));
    return dot != STR_NONE && dot > at + 1 && dot + 1 < s.size;
}

/* The last label of a name, when it consists of labels of letters, digits and '-'. */
static struct str last_label(struct str s, size_t *ret_dots)
{
    size_t from = 0, dots = 0;
    for (size_t i = 0; i < s.size; i++) {
        if (s.data[i] == '.') {
            if (i == from)
                return STR_ABSENT;
            dots++;
            from = i + 1;
        } else if (!is(s.data[i], LETTER | DIGIT | NUMBER) && s.data[i] != '-') {
            return STR_ABSENT;
        }
    }
    *ret_dots = dots;
    return dots > 0 ? str_slice(s, from, s.size) : STR_ABSENT;
}

/* A host's full name: it ends in one of the usual domains, or in a country's after two dots. */
static bool is_domain_name(struct str s)
{
    static const struct str domains[] = {{"com", 3},  {"net", 3},   {"org", 3},      {"edu", 3},
                                         {"gov", 3},  {"mil", 3},   {"info", 4},     {"biz", 3},
                                         {"arpa", 4}, {"local", 5}, {"internal", 8}, {"lan", 3}};
    static const char others[][3] = {"so", "py", "sh", "pl", "rs", "md", "cc", "js", "ts",
                                     "go", "rb", "ps", "gz", "id", "is", "in", "to"};
    size_t dots = 0;
    struct str top = last_label(s, &dots);
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
        if (str_equal(top, domains[i]))
            return true;
    if (top.size != 2 || dots < 2 || top.data[0] < 'a' || top.data[0] > 'z' || top.data[1] < 'a' || top.data[1] > 'z')
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (memcmp(top.data, others[i], 2) == 0)
            return false;
    return true;
}

/* The size of "worker-" in "worker-3", "blk_" in "blk_-17"; 0 for other words. */
static size_t name_before_number(struct str s)
{
    size_t size = 0;
    while (size < s.size && is(s.data[size], LETTER | DIGIT | JOINT))
        size++;
    if (size == s.size || !is(s.data[size], NUMBER))
        return 0;
    while (size > 2 && s.data[size - 1] == '-' && is(s.data[size - 2], JOINT)) /* a minus */
        size--;
    return size >= 2 && is(s.data[0], LETTER) && is(s.data[size - 1], JOINT) ? size : 0;
}

static void put_part(struct writer *w, struct str s)
{
    if (s.size > WORD_SIZE_MAX || is_mail(s) || is_domain_name(str_slice(s, 0, str_find_char(s, ':'))))
        put_variable(w, STR(""));
    else if (has(s, NUMBER))
        put_variable(w, str_slice(s, 0, name_before_number(s)));
    else
        put(w, s);
}

static void put_path(struct writer *w, struct str s)
{
    for (size_t from = 0, at = 0; at <= s.size; at++) {
        if (at < s.size && !is(s.data[at], SEPARATOR))
            continue;
        struct str segment = str_slice(s, from, at);
        if (segment.size > 0)
            put_part(w, segment);
        if (at < s.size)
            put(w, str_slice(s, at, at + 1));
        from = at + 1;
        if (from < s.size && s.data[at] == '?') {
            put_variable(w, STR(""));
            return;
        }
    }
}

/* Where the value starts in "enabled.....1"; 0 when there is no leader. */
static size_t leader_end(struct str s)
{
    size_t at = str_find(s, STR(".."));
    if (at == STR_NONE || at == 0 || has(str_slice(s, 0, at), NUMBER | SEPARATOR))
        return 0;
    while (at < s.size && s.data[at] == '.')
        at++;
    return at < s.size ? at : 0;
}

static void put_word(struct writer *w, struct str word)
{
    if (is_address6(word)) {
        put_variable(w, STR(""));
        return;
    }
    size_t value = leader_end(word);
    put(w, str_slice(word, 0, value));
    word = str_slice(word, value, word.size);
    size_t size = word.size; /* without the punctuation of the sentence */
    while (size > 0 && strchr(".!?:", word.data[size - 1]))
        size--;
    struct str core = str_slice(word, 0, size);
    if (is_address6(core))
        put_variable(w, STR(""));
    else if (has(core, NUMBER) && (is(core.data[0], NUMBER) || !has(core, LETTER)))
        put_variable(w, STR(""));
    else if (has(core, SEPARATOR))
        put_path(w, core);
    else
        put_part(w, core);
    put(w, str_slice(word, size, word.size));
}

/* ---- The line ----------------------------------------------------------------------------------------------------- */

/* At a quote: the offset of the one that closes it, or STR_NONE. An apostrophe within a word opens nothing. */
static size_t find_close(struct str line, size_t open)
{
    char quote = line.data[open];
    if (quote == '\'' && open > 0 && !is(line.data[open - 1], SPACE) && !strchr("=([{,:<", line.data[open - 1]))
        return STR_NONE;
    for (size_t at = open + 1; at < line.size; at++) {
        if (line.data[at] == '\\')
            at++;
        else if (line.data[at] == quote &&
                 (quote == '"' || ends_word(line, at + 1) || strchr(".:!?", line.data[at + 1])))
            return at;
    }
    return STR_NONE;
}

/* The method and the space behind it of a request line: "GET /a" or "GET http://a". */
static struct str request_method(struct str inside)
{
    size_t size = 0;
    while (size < inside.size && inside.data[size] >= 'A' && inside.data[size] <= 'Z')
        size++;
    struct str rest = str_slice(inside, size, inside.size);
    bool is_request = size >= 3 && size <= 9 && (str_starts(rest, STR(" /")) || str_starts(rest, STR(" http")));
    return str_slice(inside, 0, is_request ? size + 1 : 0);
}

/* Is the quote at at the value of a key: request: "GET /a"? */
static bool is_labelled(struct str line, size_t at)
{
    if (at > 0 && line.data[at - 1] == ' ')
        at--;
    return at > 0 && (line.data[at - 1] == ':' || line.data[at - 1] == '=');
}

/* Takes quoted text with a space; false leaves the quote to be a mark like any other. */
static bool take_quoted(struct writer *w, struct str line, size_t *at)
{
    size_t close = *at == w->quote_end ? STR_NONE : find_close(line, *at);
    if (close == STR_NONE)
        return false;
    struct str inside = str_slice(line, *at + 1, close);
    if (!has(inside, SPACE)) {
        w->quote_end = close;
        return false;
    }
    put(w, str_slice(line, *at, *at + 1));
    if (!is_labelled(line, *at))
        put(w, request_method(inside));
    put_variable(w, STR(""));
    put(w, str_slice(line, close, close + 1));
    *at = close + 1;
    return true;
}

/* Is the word's first ':', at at, one between a name and a value: size:0, path:/x, but neither http://x nor std::string? */
static bool is_colon_mark(struct str word, size_t at)
{
    if (at == 0 || at + 1 >= word.size || has(str_slice(word, 0, at), NUMBER | SEPARATOR) || !is(word.data[0], LETTER))
        return false;
    size_t next = at + 1;
    if (word.data[next] == '-' && next + 1 < word.size)
        next++;
    return is(word.data[next], NUMBER) ||
           (word.data[next] == '/' && !str_starts(str_slice(word, next, word.size), STR("//")));
}

static size_t word_end(struct str line, size_t from)
{
    size_t at = from;
    bool path = false, query = false; /* the '=' in /a?b=c ends nothing */
    while ((!ends_word(line, at) || (query && at < line.size && line.data[at] == '=')) &&
           !(line.data[at] == ':' && (at + 1 == line.size || line.data[at + 1] == ' '))) {
        path = path || line.data[at] == '/';
        query = query || (path && line.data[at] == '?');
        at++;
    }
    struct str word = str_slice(line, from, at);
    size_t colon = str_find_char(word, ':');
    if (colon != STR_NONE && is_colon_mark(word, colon) && !is_address6(word))
        return from + colon;
    return at;
}

static void take_mark(struct writer *w, struct str line, size_t *at)
{
    char c = line.data[*at];
    if ((c == '"' || c == '\'') && take_quoted(w, line, at)) {
        w->words++;
    } else {
        put(w, str_slice(line, *at, *at + 1));
        *at += 1;
    }
}

static void take_word(struct writer *w, struct str line, size_t *at)
{
    size_t from = *at, end = from;
    while (end < line.size && !is(line.data[end], SPECIAL))
        end++;
    bool plain = ends_word(line, end);
    if (plain && end - from <= WORD_SIZE_MAX) {
        put(w, str_slice(line, from, end));
        w->words++;
        *at = end;
        return;
    }
    bool any_address = str_starts(str_slice(line, from, line.size), STR("::")) && ends_word(line, from + 2);
    end = any_address ? from + 2 : word_end(line, from);
    if (end > from) {
        put_word(w, str_slice(line, from, end));
        w->words++;
    }
    if (end < line.size && line.data[end] == ':') {
        put(w, STR(":"));
        end++;
    }
    *at = end;
}

static struct str template_of_line(struct str message, struct arena *arena)
{
    struct folded f;
    fold(message, &f);
    struct str line = str_from(f.text, f.size);
    struct writer w;
    w.size = w.words = w.variable_from = 0;
    w.variable_end = w.quote_end = STR_NONE;
    w.cut = false;
    for (size_t at = 0; at < line.size && !w.cut;) {
        if (line.data[at] == ' ') {
            if (w.size > 0 && w.text[w.size - 1] != ' ')
                put(&w, STR(" "));
            at++;
        } else if (w.words == WORDS_MAX) {
            w.cut = true;
        } else if (is(line.data[at], NUMBER) && ends_word(line, at + 1)) {
            put_variable(&w, STR(""));
            w.words++;
            at++;
        } else if (is(line.data[at], MARK)) {
            take_mark(&w, line, &at);
        } else {
            take_word(&w, line, &at);
        }
    }
    while (w.size > 0 && w.text[w.size - 1] == ' ')
        w.size--;
    if (w.cut || f.longer) {
        must(w.size <= CONTENT_BYTES_MAX);
        memcpy(w.text + w.size, " ...", 4);
        w.size += 4;
    }
    return arena_str(arena, str_from(w.text, w.size));
}

/* ---- Messages of several lines ------------------------------------------------------------------------------------ */

/* "orders.py:load". The frame is one word, whatever the trace says. */
static struct str frame_text(const struct trace *trace, struct arena *arena)
{
    struct str file = str_slice(trace->file, 0, FRAME_BYTES_MAX / 2);
    struct str function = str_slice(trace->function, 0, FRAME_BYTES_MAX / 2);
    char *text = arena_alloc(arena, FRAME_BYTES_MAX + 1);
    size_t size = 0;
    for (size_t i = 0; i < file.size; i++)
        text[size++] = file.data[i];
    if (size > 0)
        text[size++] = ':';
    for (size_t i = 0; i < function.size; i++)
        text[size++] = function.data[i];
    for (size_t i = 0; i < size; i++)
        if (is(text[i], SPACE | NUMBER))
            text[i] = '_';
    return str_from(text, size);
}

static struct str template_of_lines(struct str message, struct arena *arena)
{
    struct str headline = joined_headline(message);
    struct trace trace;
    if (!trace_of(message, &trace))
        return template_of_line(headline, arena);
    struct str frame = frame_text(&trace, arena), type = str_slice(trace.exception, 0, FRAME_BYTES_MAX);
    if (type.data && (trace.in_first_line || str_starts(headline, type)))
        return arena_printf(arena, "%.*s: <*> @ %.*s", STR_ARG(type), STR_ARG(frame));
    struct str told = str_slice(template_of_line(headline, arena), 0, HEADLINE_BYTES_MAX);
    if (!type.data)
        return arena_printf(arena, "%.*s @ %.*s", STR_ARG(told), STR_ARG(frame));
    return arena_printf(arena, "%.*s | %.*s @ %.*s", STR_ARG(told), STR_ARG(type), STR_ARG(frame));
}

/* ---- The door -------------------------------------------------------------------------------------------------------- */

static bool has_lines(struct str trimmed)
{
    return str_find_char(trimmed, '\n') != STR_NONE;
}

struct str template_of(struct str message, struct arena *arena)
{
    if (!message.data)
        return STR_ABSENT;
    struct str trimmed = str_trim(message);
    return has_lines(trimmed) ? template_of_lines(trimmed, arena) : template_of_line(trimmed, arena);
}

const char *pattern_id(struct str template, char text[PATTERN_ID_SIZE])
{
    snprintf(text, PATTERN_ID_SIZE, "p%016" PRIx64, hash_bytes(template.data, template.size, 0));
    return text;
}
