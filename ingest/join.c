#include "ingest/join.h"

#include "analyze/analyze.h"
#include "ingest/trace.h"

/* Docker's json-file driver writes {"log":"TEXT\n","stream":"stdout","time":"STAMP"}, and cuts a message after 16 KiB: all
 * parts but the last have no \n. A line that never had one (some shippers take it off) is no part, so short ones wait for
 * one that has it. CRI writes STAMP stdout|stderr P|F[:TAGS] TEXT, P for a part. */
enum {
    DOCKER_PART_BYTES = 16 << 10,
    LOOK_BYTES = 512, /* how much of a docker line's text is decoded */
    STAMP_BYTES_MAX = 40,
    BLANKS_MAX = 2, /* empty lines within a trace */
};

enum wrap { WRAP_NONE, WRAP_DOCKER, WRAP_CRI };

/* What came last in the record, as far as it matters for what may follow. */
enum trace {
    TEXT,
    FRAMES,         /* a trace whose parts need no order */
    EXCEPTION,      /* a class and a message, waiting for a frame */
    PRETTY,         /* within a JSON object */
    PYTHON,         /* between the head and the exception */
    PYTHON_DONE,    /* behind the exception */
    PYTHON_CHAINED, /* behind "During handling of ..." */
    GO,
    NODE_PLACE,  /* behind /srv/app.js:10 */
    NODE_SOURCE, /* a line of source waits for the caret below it */
    NODE,
    PHP,
    RUST_PLACE, /* the message comes next */
    RULED,      /* by the user's expression */
};

const struct join_rules join_rules_auto = {JOIN_AUTO, NULL};

/* ---- What a container runtime wraps a line in ------------------------------------------------------------------------ */

struct piece {
    enum wrap wrap;
    char stream;
    bool partial, cut;
    struct str text; /* what the program wrote; of docker its first bytes only */
    char look[LOOK_BYTES];
};

/* The index of the quote that ends the string whose inside starts at from. */
static size_t string_end(struct str line, size_t from)
{
    for (size_t at = from; at < line.size; at++) {
        const char *quote = memchr(line.data + at, '"', line.size - at);
        if (quote == NULL)
            break;
        at = (size_t)(quote - line.data);
        size_t slash = at;
        while (slash > from && line.data[slash - 1] == '\\')
            slash--;
        if ((at - slash) % 2 == 0)
            return at;
    }
    return STR_NONE;
}

static bool ends_with_newline(struct str inside)
{
    if (!str_ends(inside, STR("\\n")))
        return false;
    size_t slash = inside.size - 1;
    while (slash > 0 && inside.data[slash - 1] == '\\')
        slash--;
    return (inside.size - 1 - slash) % 2 == 1;
}

/* The escapes that matter here; \u003c and its like stay as they are. */
static struct str look_at(struct str inside, char look[LOOK_BYTES])
{
    size_t size = 0;
    for (size_t i = 0; i < inside.size && size < LOOK_BYTES; i++) {
        char c = inside.data[i];
        if (c == '\\' && i + 1 < inside.size && inside.data[i + 1] != 'u') {
            c = inside.data[++i];
            c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        }
        look[size++] = c;
    }
    return str_from(look, size);
}

static bool unwrap_docker(struct str line, struct piece *ret)
{
    static const struct str head = {"{\"log\":\"", 8}, behind = {"\",\"stream\":\"std", 15};
    if (!str_starts(line, head))
        return false;
    size_t end = string_end(line, head.size);
    if (end == STR_NONE || !str_starts(str_slice(line, end, line.size), behind))
        return false;
    struct str inside = str_slice(line, head.size, end);
    ret->wrap = WRAP_DOCKER;
    ret->stream = end + behind.size < line.size ? line.data[end + behind.size] : '\0';
    ret->partial = !ends_with_newline(inside);
    ret->cut = inside.size >= DOCKER_PART_BYTES;
    ret->text = look_at(str_slice(inside, 0, ret->partial ? inside.size : inside.size - 2), ret->look);
    return true;
}

static bool unwrap_cri(struct str line, struct piece *ret)
{
    if (line.size < 20 || line.data[4] != '-' || line.data[10] != 'T')
        return false;
    size_t space = str_find_char(str_slice(line, 0, STAMP_BYTES_MAX), ' ');
    if (space == STR_NONE)
        return false;
    struct str rest = str_slice(line, space, line.size);
    if (rest.size < 9 || !(str_starts(rest, STR(" stdout ")) || str_starts(rest, STR(" stderr "))))
        return false;
    size_t tag = 9;
    while (tag < rest.size && rest.data[tag] != ' ')
        tag++;
    if ((rest.data[8] != 'F' && rest.data[8] != 'P') || (tag > 9 && rest.data[9] != ':'))
        return false;
    ret->wrap = WRAP_CRI;
    ret->stream = rest.data[4];
    ret->partial = rest.data[8] == 'P';
    ret->cut = true;
    ret->text = str_slice(rest, tag + 1, rest.size);
    return true;
}

static void unwrap(struct str line, struct piece *ret)
{
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    ret->wrap = WRAP_NONE;
    ret->stream = '\0';
    ret->partial = ret->cut = false;
    ret->text = line;
    if (line.size == 0)
        return;
    bool wrapped = line.data[0] == '{' ? unwrap_docker(line, ret)
                                       : line.data[0] >= '0' && line.data[0] <= '9' && unwrap_cri(line, ret);
    if (wrapped && ret->text.size > 0 && ret->text.data[ret->text.size - 1] == '\r')
        ret->text.size--;
}

/* ---- The first line -------------------------------------------------------------------------------------------------- */

static bool begin_auto(struct join *join, struct str text)
{
    join->state = TEXT;
    switch (trace_line_of(text)) {
    case TRACE_EMPTY:
    case TRACE_JSON:
    case TRACE_INDENTED: /* every line of its source may be so */
        return false;
    case TRACE_FRAME: /* a syntax error has no head */
        join->state = str_starts(str_trim(text), STR("File \"")) ? PYTHON : FRAMES;
        return true;
    case TRACE_PYTHON_GROUP:
    case TRACE_PYTHON_THREAD:
        join->state = FRAMES;
        return true;
    case TRACE_OPEN:
        join->state = PRETTY;
        return true;
    case TRACE_PYTHON:
        join->state = PYTHON;
        return true;
    case TRACE_GO_PANIC:
    case TRACE_GOROUTINE:
        join->state = GO;
        return true;
    case TRACE_NODE:
        join->state = NODE_PLACE;
        return true;
    case TRACE_PHP:
        join->state = PHP;
        return true;
    case TRACE_RUST:
        join->state = text.data[text.size - 1] == ':' ? RUST_PLACE : FRAMES;
        return true;
    default:
        return !trace_is_access(text);
    }
}

static bool begin_text(struct join *join, struct str text)
{
    if (join->rules->mode == JOIN_AUTO)
        return begin_auto(join, text);
    join->state = RULED;
    return trace_line_of(text) != TRACE_JSON;
}

bool join_begin(struct join *join, const struct join_rules *rules, struct str line)
{
    if (join_is_object(line))
        return false;
    *join = (struct join){.rules = rules, .lines = 1};
    if (rules->mode == JOIN_OFF)
        return false;
    struct piece piece;
    unwrap(line, &piece);
    join->wrap = (uint8_t)piece.wrap;
    join->stream = piece.stream;
    join->partial = piece.partial;
    join->cut = piece.cut;
    join->complete = !begin_text(join, piece.text);
    return piece.partial || !join->complete;
}

/* ---- The lines that follow ------------------------------------------------------------------------------------------- */

/* The first line of the record, as the program wrote it. */
static bool has_header(struct str record)
{
    struct piece piece;
    size_t newline = str_find_char(record, '\n');
    unwrap(str_slice(record, 0, newline), &piece);
    return piece.wrap != WRAP_NONE || trace_is_header(piece.text);
}

static enum join_verdict more(struct join *join, enum trace state)
{
    join->state = (uint8_t)state;
    return JOIN_MORE;
}

static enum join_verdict wait_as(struct join *join, enum trace state)
{
    join->state = (uint8_t)state;
    return JOIN_WAIT;
}

/* Begins with a blank, whatever it is. */
static enum join_verdict judge_indented(struct join *join, enum trace_line line, struct str text)
{
    bool caret = str_trim(text).data[0] == '^';
    switch ((enum trace)join->state) {
    case NODE_SOURCE:
        return caret ? more(join, NODE) : JOIN_NEW;
    case NODE_PLACE:
        return more(join, caret ? NODE : NODE_PLACE);
    case EXCEPTION:
    case RUST_PLACE:
    case PYTHON_CHAINED:
        return more(join, FRAMES);
    case TEXT:
        return more(join, line == TRACE_INDENTED ? TEXT : FRAMES);
    default:
        return JOIN_MORE;
    }
}

/* What a trace of one language has at the beginning of a line, and no other. */
static enum join_verdict judge_state(struct join *join, enum trace_line line, struct str text)
{
    bool near = join->waits == 0;
    switch ((enum trace)join->state) {
    case PYTHON:
        if (line == TRACE_PYTHON || !near)
            return JOIN_NEW;
        return line == TRACE_RUBY || trace_ends_python(text) ? more(join, PYTHON_DONE) : JOIN_NEW;
    case PYTHON_CHAINED:
        return line == TRACE_PYTHON ? more(join, PYTHON) : JOIN_NEW;
    case GO:
        return line == TRACE_GO_CALL || line == TRACE_GO_NOTE || (line == TRACE_GO_PANIC && near) ? JOIN_MORE
                                                                                                  : JOIN_NEW;
    case NODE_PLACE:
        if (!near)
            return line == TRACE_EXCEPTION ? more(join, NODE) : JOIN_NEW;
        return line == TRACE_OTHER || line == TRACE_GO_CALL || line == TRACE_CLOSE ? wait_as(join, NODE_SOURCE)
                                                                                   : JOIN_NEW;
    case NODE_SOURCE:
        return str_starts(text, STR("^")) ? more(join, NODE) : JOIN_NEW;
    case NODE:
        return line == TRACE_EXCEPTION ? more(join, FRAMES) : JOIN_NEW;
    case PHP:
        return line == TRACE_PHP_STEP ? JOIN_MORE : JOIN_NEW;
    case RUST_PLACE:
        return near && !trace_is_header(text) ? more(join, FRAMES) : JOIN_NEW;
    case PYTHON_DONE:
        return line == TRACE_PYTHON_NOTE ? JOIN_MORE : JOIN_NEW;
    default:
        return JOIN_NEW;
    }
}

/* A line with no blank before it that may continue any text. */
static enum join_verdict judge_any(struct join *join, enum trace_line line, struct str record, struct str text)
{
    bool near = join->waits == 0, single = join->lines == 1;
    switch (line) {
    case TRACE_PYTHON:
        return near && join->state == TEXT && has_header(record) ? more(join, PYTHON) : JOIN_NEW;
    case TRACE_EXCEPTION:
        return near && join->state == TEXT && has_header(record) ? wait_as(join, EXCEPTION) : JOIN_NEW;
    case TRACE_PYTHON_CHAIN:
        return !single && join->state != PYTHON ? more(join, PYTHON_CHAINED) : JOIN_NEW;
    case TRACE_PYTHON_THREAD:
        return more(join, FRAMES);
    case TRACE_PYTHON_NOTE:
        return join->state == TEXT ? JOIN_NEW : JOIN_MORE;
    case TRACE_GOROUTINE:
        return more(join, GO);
    case TRACE_CAUSE:
    case TRACE_DOTNET:
        return near ? more(join, FRAMES) : JOIN_NEW;
    case TRACE_RUBY: /* ... (RuntimeError) begins a trace */
        return (single && has_header(record)) || !(single || str_ends(text, STR(")"))) ? more(join, FRAMES) : JOIN_NEW;
    case TRACE_CLOSE:
        return near && !single ? JOIN_MORE : JOIN_NEW;
    case TRACE_NODE_VERSION:
        return join->state == FRAMES || join->state == NODE ? JOIN_MORE : JOIN_NEW;
    case TRACE_PHP:
        return near || join->state == PHP ? more(join, PHP) : JOIN_NEW;
    case TRACE_RUST_NOTE:
        return near && join->state != TEXT ? JOIN_MORE : JOIN_NEW;
    default:
        return JOIN_NEW;
    }
}

static enum join_verdict judge_pretty(const struct join *join, enum trace_line line, struct str text)
{
    if (line == TRACE_CLOSE)
        return join->waits == 0 && str_equal(text, STR("}")) ? JOIN_LAST : JOIN_NEW;
    return line == TRACE_INDENTED || line == TRACE_FRAME || (line == TRACE_JSON && text.data[0] != '{') ? JOIN_MORE
                                                                                                        : JOIN_NEW;
}

static enum join_verdict judge_auto(struct join *join, struct str record, struct str text)
{
    enum trace_line line = trace_line_of(text);
    if (join->state == PRETTY)
        return judge_pretty(join, line, text);
    switch (line) {
    case TRACE_JSON:
    case TRACE_OPEN:
        return JOIN_NEW;
    case TRACE_EMPTY:
        if (join->blanks == BLANKS_MAX || join->state == EXCEPTION || join->state == NODE_SOURCE)
            return JOIN_NEW;
        join->blanks++;
        return JOIN_WAIT;
    case TRACE_INDENTED:
    case TRACE_FRAME:
    case TRACE_PYTHON_GROUP:
        return judge_indented(join, line, text);
    default:
        break;
    }
    enum join_verdict verdict = judge_state(join, line, text);
    if (verdict != JOIN_NEW)
        return verdict;
    if (join->state == EXCEPTION && line != TRACE_CAUSE)
        return JOIN_NEW;
    return judge_any(join, line, record, text);
}

static enum join_verdict judge_ruled(const struct join *join, struct str text)
{
    if (trace_line_of(text) == TRACE_JSON)
        return JOIN_NEW;
    bool matches = re_match(join->rules->re, text, NULL);
    return matches == (join->rules->mode == JOIN_CONTINUE) ? JOIN_MORE : JOIN_NEW;
}

/* The message before has no end yet. */
static enum join_verdict judge_part(const struct join *join, const struct piece *piece)
{
    if (piece->partial)
        return join->cut ? JOIN_MORE : JOIN_WAIT;
    return join->complete ? JOIN_LAST : JOIN_MORE;
}

enum join_verdict join_line(struct join *join, struct str record, struct str line)
{
    struct piece piece;
    if (join->lines == JOIN_LINES_MAX)
        return JOIN_NEW;
    unwrap(line, &piece);
    if (piece.wrap != (enum wrap)join->wrap || piece.stream != join->stream)
        return JOIN_NEW;
    enum join_verdict verdict;
    if (join->partial) {
        verdict = judge_part(join, &piece);
    } else {
        verdict = join->state == RULED ? judge_ruled(join, piece.text) : judge_auto(join, record, piece.text);
        join->complete = false;
    }
    if (verdict == JOIN_WAIT && join->waits == JOIN_WAITS_MAX)
        return JOIN_NEW;
    join->partial = piece.partial;
    join->cut = piece.cut;
    join->lines++;
    join->waits = verdict == JOIN_WAIT ? (uint8_t)(join->waits + 1) : 0;
    if (verdict != JOIN_WAIT)
        join->blanks = 0;
    return verdict;
}
