/* Templates: a message's first line with what varies replaced by <*>.
 *
 * The line is cut into words at white space, at the marks ,;()[]{}<>"'= and at a ':' with a space or the end behind it. Marks
 * stay, white space becomes one space. What a word becomes:
 *
 *     worker-3          worker-<*>          a name, '-' or '_', and a number
 *     /api/v1/users/42  /api/v1/users/<*>   a path: its segments one by one; version segments stay
 *     12.5ms  10:00:00  0x1f  6a00789b      <*>, like every other word with a digit
 *     deadbeef  UUIDs  fe80::1  a@b.org     <*>, digits or not
 *     "two words"  'x1'                     "<*>"  '<*>': quoted text with a digit or a space
 *     SIGKILL                               itself
 *
 * <*> with only spaces and commas between them become one. At most WORDS_MAX words and TEMPLATE_BYTES_MAX bytes of
 * the line's first LINE_BYTES_MAX; what does not fit ends in " ...". The same message gives the same template in every version that keeps this page: the store
 * holds templates and ids made from them. */
#include "analyze/analyze.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/must.h"

enum {
    LINE_BYTES_MAX = 16 << 10, /* looked at, so that quotes without an end cost little */
    WORDS_MAX = 64,
    TEMPLATE_BYTES_MAX = 1024,
    CONTENT_BYTES_MAX = TEMPLATE_BYTES_MAX - 4, /* room for " ..." */
    HEX_SIZE_MIN = 8,
    UUID_SIZE = 36,
    WORD_SIZE_MAX = 128, /* a longer word is data, not language */
    VERSION_DIGITS_MAX = 2,
};

struct writer {
    char text[TEMPLATE_BYTES_MAX];
    size_t size;
    size_t variable_end; /* behind the last <*>, or STR_NONE */
    size_t words;
    size_t quote_end; /* of quoted text kept as it is: this quote opens nothing */
    bool cut;         /* something did not fit */
};

/* ---- Characters --------------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_space(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

static bool is_mark(char c)
{
    static const bool marks[256] = {
        [','] = true, [';'] = true, ['('] = true, [')'] = true, ['['] = true,  [']'] = true, ['{'] = true,
        ['}'] = true, ['<'] = true, ['>'] = true, ['"'] = true, ['\''] = true, ['='] = true,
    };
    return marks[(unsigned char)c];
}

static bool ends_word(struct str line, size_t at)
{
    return at >= line.size || is_space(line.data[at]) || is_mark(line.data[at]);
}

static bool is_colon_mark(struct str line, size_t at)
{
    return line.data[at] == ':' && (at + 1 == line.size || is_space(line.data[at + 1]));
}

static bool has(struct str s, bool (*is)(char))
{
    for (size_t i = 0; i < s.size; i++) {
        if (is(s.data[i]))
            return true;
    }
    return false;
}

/* ---- Writing ------------------------------------------------------------------------------------------------------ */

static void put(struct writer *w, struct str s)
{
    if (w->cut || s.size > CONTENT_BYTES_MAX - w->size) {
        w->cut = true;
        return;
    }
    memcpy(w->text + w->size, s.data, s.size);
    w->size += s.size;
}

static void put_space(struct writer *w)
{
    if (w->size > 0 && w->text[w->size - 1] != ' ')
        put(w, STR(" "));
}

static void put_variable(struct writer *w)
{
    if (w->cut)
        return;
    if (w->variable_end != STR_NONE) {
        size_t at = w->variable_end;
        while (at < w->size && (w->text[at] == ' ' || w->text[at] == ','))
            at++;
        if (at == w->size) {
            w->size = w->variable_end;
            return;
        }
    }
    put(w, STR("<*>"));
    w->variable_end = w->size;
}

/* ---- Words -------------------------------------------------------------------------------------------------------- */

static bool is_hex_number(struct str s)
{
    if (s.size < HEX_SIZE_MIN)
        return false;
    for (size_t i = 0; i < s.size; i++) {
        if (!is_hex(s.data[i]))
            return false;
    }
    return true;
}

static bool is_uuid(struct str s)
{
    if (s.size != UUID_SIZE)
        return false;
    for (size_t i = 0; i < s.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.data[i] != '-' : !is_hex(s.data[i]))
            return false;
    }
    return true;
}

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
        else if (!is_hex(c) && c != '.' && c != '/')
            return false;
    }
    return colons >= 2 && (s.size == 2 || has(s, is_hex));
}

static bool is_mail(struct str s)
{
    size_t at = str_find_char(s, '@');
    if (at == STR_NONE || at == 0)
        return false;
    size_t dot = str_find_last(s, STR("."));
    return dot != STR_NONE && dot > at + 1 && dot + 1 < s.size;
}

/* The size of "worker-" in "worker-3", "queue_" in "queue_2024-01"; 0 for other words. */
static size_t name_before_number(struct str s)
{
    size_t size = 0;
    while (size < s.size && !is_digit(s.data[size])) {
        if (!is_letter(s.data[size]) && (size == 0 || !strchr("-_", s.data[size]) || s.data[size] == '\0'))
            return 0;
        size++;
    }
    if (size < 2 || is_letter(s.data[size - 1]))
        return 0;
    for (size_t i = size; i < s.size; i++) {
        if (!is_digit(s.data[i]) && (!strchr("-_.:", s.data[i]) || s.data[i] == '\0'))
            return 0;
    }
    return size;
}

static bool is_version(struct str s)
{
    if (s.size < 2 || s.size > 1 + VERSION_DIGITS_MAX || s.data[0] != 'v')
        return false;
    return is_digit(s.data[1]) && is_digit(s.data[s.size - 1]);
}

static void put_part(struct writer *w, struct str s)
{
    if (is_uuid(s) || is_hex_number(s) || is_mail(s) || s.size > WORD_SIZE_MAX) {
        put_variable(w);
    } else if (!has(s, is_digit)) {
        put(w, s);
    } else {
        put(w, str_slice(s, 0, name_before_number(s)));
        put_variable(w);
    }
}

static bool is_separator(char c)
{
    return c == '/' || c == '\\' || c == '?' || c == '&';
}

static void put_path(struct writer *w, struct str s)
{
    for (size_t from = 0, at = 0; at <= s.size; at++) {
        if (at < s.size && !is_separator(s.data[at]))
            continue;
        struct str segment = str_slice(s, from, at);
        if (is_version(segment))
            put(w, segment);
        else if (segment.size > 0)
            put_part(w, segment);
        if (at < s.size)
            put(w, str_slice(s, at, at + 1));
        from = at + 1;
    }
}

static void put_word(struct writer *w, struct str word)
{
    if (is_address6(word)) {
        put_variable(w);
        return;
    }
    size_t size = word.size; /* without the punctuation of the sentence */
    while (size > 0 && word.data[size - 1] != '\0' && strchr(".!?:", word.data[size - 1]))
        size--;
    struct str core = str_slice(word, 0, size);
    if (is_address6(core))
        put_variable(w);
    else if (!has(core, is_digit) && core.size <= WORD_SIZE_MAX && !has(core, is_separator))
        put_part(w, core);
    else if (has(core, is_digit) && (is_digit(core.data[0]) || !has(core, is_letter)))
        put_variable(w);
    else if (has(core, is_separator))
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
    if (quote == '\'' && open > 0 && !is_space(line.data[open - 1]) && !strchr("=([{,:<", line.data[open - 1]))
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

/* Takes quoted text with a digit or a space; false leaves the quote to be a mark like any other. */
static bool take_quoted(struct writer *w, struct str line, size_t *at)
{
    size_t close = *at == w->quote_end ? STR_NONE : find_close(line, *at);
    if (close == STR_NONE)
        return false;
    struct str inside = str_slice(line, *at + 1, close);
    if (!has(inside, is_digit) && !has(inside, is_space)) {
        w->quote_end = close;
        return false;
    }
    put(w, str_slice(line, *at, *at + 1));
    put_variable(w);
    put(w, str_slice(line, close, close + 1));
    *at = close + 1;
    return true;
}

/* Takes one mark, quoted text or word. */
static void take_one(struct writer *w, struct str line, size_t *at)
{
    char c = line.data[*at];
    bool any_address = c == ':' && *at + 1 < line.size && line.data[*at + 1] == ':' && ends_word(line, *at + 2);
    if (!any_address && (is_mark(c) || is_colon_mark(line, *at))) {
        if ((c == '"' || c == '\'') && take_quoted(w, line, at)) {
            w->words++;
            return;
        }
        put(w, str_slice(line, *at, *at + 1));
        *at += 1;
        return;
    }
    size_t from = *at;
    if (any_address)
        *at += 2;
    while (!ends_word(line, *at) && !is_colon_mark(line, *at))
        *at += 1;
    put_word(w, str_slice(line, from, *at));
    w->words++;
}

struct str template_of(struct str message, struct arena *arena)
{
    if (!message.data)
        return STR_ABSENT;
    struct str line = str_trim(message);
    line = str_slice(line, 0, str_find_char(line, '\n'));
    struct writer w;
    w.size = w.words = 0;
    w.variable_end = w.quote_end = STR_NONE;
    w.cut = false;
    bool longer = line.size > LINE_BYTES_MAX;
    line = str_slice(line, 0, LINE_BYTES_MAX);
    for (size_t at = 0; at < line.size && !w.cut;) {
        if (is_space(line.data[at])) {
            put_space(&w);
            at++;
        } else if (w.words == WORDS_MAX) {
            w.cut = true;
        } else {
            take_one(&w, line, &at);
        }
    }
    while (w.size > 0 && w.text[w.size - 1] == ' ')
        w.size--;
    if (w.cut || longer) {
        must(w.size <= CONTENT_BYTES_MAX);
        memcpy(w.text + w.size, " ...", 4);
        w.size += 4;
    }
    return arena_str(arena, str_from(w.text, w.size));
}

const char *pattern_id(struct str template, char text[PATTERN_ID_SIZE])
{
    snprintf(text, PATTERN_ID_SIZE, "p%016" PRIx64, hash_bytes(template.data, template.size, 0));
    return text;
}
