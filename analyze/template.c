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
#include "analyze/template_word.h"
#include "analyze/trace.h"
#include "base/hash.h"
#include "base/must.h"

enum {
    WORDS_MAX = 64,
    FRAME_BYTES_MAX = 128,
    HEADLINE_BYTES_MAX = TEMPLATE_BYTES_MAX - 2 * FRAME_BYTES_MAX - 8, /* before an exception and a frame */
};

/* ---- The line ----------------------------------------------------------------------------------------------------- */

static bool ends_word(struct str line, size_t at)
{
    return at >= line.size || template_is(line.data[at], CHAR_SPACE | CHAR_MARK);
}

/* At a quote: the offset of the one that closes it, or STR_NONE. An apostrophe within a word opens nothing. */
static size_t find_close(struct str line, size_t open)
{
    char quote = line.data[open];
    if (quote == '\'' && open > 0 && !template_is(line.data[open - 1], CHAR_SPACE) &&
        !strchr("=([{,:<", line.data[open - 1]))
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
static bool take_quoted(struct template_text *w, struct str line, size_t *at)
{
    size_t close = *at == w->quote_end ? STR_NONE : find_close(line, *at);
    if (close == STR_NONE)
        return false;
    struct str inside = str_slice(line, *at + 1, close);
    if (!template_has(inside, CHAR_SPACE)) {
        w->quote_end = close;
        return false;
    }
    template_put(w, str_slice(line, *at, *at + 1));
    if (!is_labelled(line, *at))
        template_put(w, request_method(inside));
    template_put_variable(w, STR(""));
    template_put(w, str_slice(line, close, close + 1));
    *at = close + 1;
    return true;
}

/* Is the word's first ':', at at, one between a name and a value: size:0, path:/x, but neither http://x nor std::string? */
static bool is_colon_mark(struct str word, size_t at)
{
    if (at == 0 || at + 1 >= word.size || template_has(str_slice(word, 0, at), CHAR_NUMBER | CHAR_SEPARATOR) ||
        !template_is(word.data[0], CHAR_LETTER))
        return false;
    size_t next = at + 1;
    if (word.data[next] == '-' && next + 1 < word.size)
        next++;
    return template_is(word.data[next], CHAR_NUMBER) ||
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
    if (colon != STR_NONE && is_colon_mark(word, colon) && !template_is_address6(word))
        return from + colon;
    return at;
}

static void take_mark(struct template_text *w, struct str line, size_t *at)
{
    char c = line.data[*at];
    if ((c == '"' || c == '\'') && take_quoted(w, line, at)) {
        w->words++;
    } else {
        template_put(w, str_slice(line, *at, *at + 1));
        *at += 1;
    }
}

static void take_word(struct template_text *w, struct str line, size_t *at)
{
    size_t from = *at, end = from;
    while (end < line.size && !template_is(line.data[end], CHAR_SPECIAL))
        end++;
    bool plain = ends_word(line, end);
    if (plain && end - from <= TEMPLATE_WORD_MAX) {
        template_put(w, str_slice(line, from, end));
        w->words++;
        *at = end;
        return;
    }
    bool any_address = str_starts(str_slice(line, from, line.size), STR("::")) && ends_word(line, from + 2);
    end = any_address ? from + 2 : word_end(line, from);
    if (end > from) {
        template_put_word(w, str_slice(line, from, end));
        w->words++;
    }
    if (end < line.size && line.data[end] == ':') {
        template_put(w, STR(":"));
        end++;
    }
    *at = end;
}

static struct str template_of_line(struct str message, struct arena *arena)
{
    struct folded f;
    fold(message, &f);
    struct str line = str_from(f.text, f.size);
    struct template_text w;
    w.size = w.words = w.variable_from = 0;
    w.variable_end = w.quote_end = STR_NONE;
    w.cut = false;
    for (size_t at = 0; at < line.size && !w.cut;) {
        if (line.data[at] == ' ') {
            if (w.size > 0 && w.text[w.size - 1] != ' ')
                template_put(&w, STR(" "));
            at++;
        } else if (w.words == WORDS_MAX) {
            w.cut = true;
        } else if (template_is(line.data[at], CHAR_NUMBER) && ends_word(line, at + 1)) {
            template_put_variable(&w, STR(""));
            w.words++;
            at++;
        } else if (template_is(line.data[at], CHAR_MARK)) {
            take_mark(&w, line, &at);
        } else {
            take_word(&w, line, &at);
        }
    }
    while (w.size > 0 && w.text[w.size - 1] == ' ')
        w.size--;
    if (w.cut || f.longer) {
        must(w.size <= TEMPLATE_CONTENT_MAX);
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
        if (template_is(text[i], CHAR_SPACE | CHAR_NUMBER))
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
