/* Regular expressions: PCRE2 behind re_new, re_match, re_literals. The contract is in analyze.h. */
#include "analyze/analyze.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"

enum {
    PATTERN_BYTES_MAX = 64 << 10,
    /* What one match may cost. They are far above what a sane pattern needs on a line, and low enough that a pattern
     * of the (a+)+$ sort gives up after some milliseconds. */
    MATCH_LIMIT = 1000000,
    DEPTH_LIMIT = 250000,
    HEAP_LIMIT_KIB = 64 << 10,
    JIT_STACK_MIN = 32 << 10,
    JIT_STACK_MAX = 4 << 20,
    LITERAL_SIZE_MIN = 3, /* a shorter one would rule out too few lines to be worth a search */
    LITERALS_MAX = 16,
};

struct re {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack; /* NULL when this machine has no JIT */
    uint64_t limit_hits;
    bool ignore_case;
    struct arena arena; /* the literals' */
    struct str literals[LITERALS_MAX];
    size_t literal_count; /* 0 when none are known */
};

/* ---- The literals of which every match contains one ----------------------------------------------------------------------------- */

/* A walk over one alternative of the pattern's top level. It knows just enough syntax never to be wrong; what it does not know ends it
 * without an answer. Bytes that must follow each other gather in `run`; the longest run becomes `best`. */
struct walk {
    struct str pattern;
    size_t at;
    bool utf, ignore_case;
    char *run, *best;
    size_t run_size, best_size;
};

enum atom { ATOM_LITERAL, ATOM_OTHER, ATOM_UNKNOWN };

static bool walk_at(const struct walk *w, char c)
{
    return w->at < w->pattern.size && w->pattern.data[w->at] == c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void run_end(struct walk *w)
{
    if (w->run_size > w->best_size) {
        memcpy(w->best, w->run, w->run_size);
        w->best_size = w->run_size;
    }
    w->run_size = 0;
}

/* Behind "\x" or "\p": {...} or the given number of characters at most. */
static bool skip_operand(struct walk *w, size_t size_max)
{
    if (walk_at(w, '{')) {
        size_t close = str_find_char(str_slice(w->pattern, w->at, w->pattern.size), '}');
        if (close == STR_NONE)
            return false;
        w->at += close + 1;
        return true;
    }
    while (size_max-- > 0 && w->at < w->pattern.size &&
           (is_digit(w->pattern.data[w->at]) || is_letter(w->pattern.data[w->at]))) {
        w->at++;
    }
    return true;
}

/* At a backslash. */
static enum atom walk_escape(struct walk *w, char *ret_byte)
{
    if (++w->at >= w->pattern.size)
        return ATOM_UNKNOWN;
    char c = w->pattern.data[w->at++];
    if ((unsigned char)c >= 0x80 || is_digit(c))
        return ATOM_UNKNOWN;
    if (!is_letter(c)) {
        *ret_byte = c;
        return ATOM_LITERAL;
    }
    switch (c) {
    case 'n':
        *ret_byte = '\n';
        return ATOM_LITERAL;
    case 'r':
        *ret_byte = '\r';
        return ATOM_LITERAL;
    case 't':
        *ret_byte = '\t';
        return ATOM_LITERAL;
    case 'x': /* at most two digits, but a literal one behind them may be lost without harm only if all are skipped */
        return skip_operand(w, 2) ? ATOM_OTHER : ATOM_UNKNOWN;
    case 'p':
    case 'P':
        return skip_operand(w, 1) ? ATOM_OTHER : ATOM_UNKNOWN;
    default:
        return strchr("dDwWsShHvVRXbBAZzG", c) ? ATOM_OTHER : ATOM_UNKNOWN;
    }
}

/* At '[': moves behind the class. */
static bool skip_class(struct walk *w)
{
    w->at++;
    if (walk_at(w, '^'))
        w->at++;
    if (walk_at(w, ']'))
        w->at++;
    while (w->at < w->pattern.size) {
        char c = w->pattern.data[w->at];
        if (c == ']') {
            w->at++;
            return true;
        }
        if (c == '\\') {
            char unused;
            if (walk_escape(w, &unused) == ATOM_UNKNOWN)
                return false;
            continue;
        }
        w->at++;
        if (c != '[' || !(walk_at(w, ':') || walk_at(w, '.') || walk_at(w, '=')))
            continue;
        struct str rest = str_slice(w->pattern, w->at + 1, w->pattern.size);
        size_t size = rest.size && rest.data[0] == '^' ? 1 : 0;
        while (size < rest.size && is_letter(rest.data[size]))
            size++;
        if (!walk_at(w, ':') || !str_starts(str_slice(rest, size, rest.size), STR(":]")))
            return false;
        w->at += 1 + size + 2;
    }
    return false;
}

/* Whether what stands behind '(' leaves the rest of the pattern meaning what it meant: plain and named groups and
 * assertions do; options, comments, verbs, callouts, conditions and recursion may not. */
static bool group_known(struct str inside)
{
    if (inside.size == 0 || inside.data[0] == '*')
        return false;
    if (inside.data[0] != '?')
        return true;
    if (inside.size < 2)
        return false;
    char c = inside.data[1];
    if (c == 'P')
        return inside.size > 2 && inside.data[2] == '<';
    return c != '\0' && strchr(":=!<>|'", c) != NULL;
}

/* At '(': moves behind its ')'. */
static bool skip_group(struct walk *w)
{
    size_t depth = 0;
    while (w->at < w->pattern.size) {
        char c = w->pattern.data[w->at];
        if (c == '\\') {
            char unused;
            if (walk_escape(w, &unused) == ATOM_UNKNOWN)
                return false;
        } else if (c == '[') {
            if (!skip_class(w))
                return false;
        } else {
            w->at++;
            if (c == '(') {
                if (!group_known(str_slice(w->pattern, w->at, w->pattern.size)))
                    return false;
                depth++;
            }
            if (c == ')' && --depth == 0)
                return true;
        }
    }
    return false;
}

/* Takes one atom; a literal's bytes go to ret_bytes. */
static enum atom walk_atom(struct walk *w, char ret_bytes[4], size_t *ret_size)
{
    char c = w->pattern.data[w->at];
    *ret_size = 1;
    switch (c) {
    case '\\':
        return walk_escape(w, ret_bytes);
    case '[':
        return skip_class(w) ? ATOM_OTHER : ATOM_UNKNOWN;
    case '(':
        return skip_group(w) ? ATOM_OTHER : ATOM_UNKNOWN;
    case '|':
    case ')':
    case '*':
    case '+':
    case '?':
        return ATOM_UNKNOWN;
    case '.':
    case '^':
    case '$':
    case '{':
        w->at++;
        return ATOM_OTHER;
    default:
        break;
    }
    if (w->utf && (unsigned char)c >= 0x80) {
        uint32_t point;
        *ret_size = utf8_decode(str_slice(w->pattern, w->at, w->pattern.size), &point);
        must(*ret_size > 0);
    }
    memcpy(ret_bytes, w->pattern.data + w->at, *ret_size);
    w->at += *ret_size;
    return ATOM_LITERAL;
}

/* Takes "{3}", "{2,}", "{,5}" and tells whether it asks for at least one; a '{' that is no quantifier is left. */
static bool walk_braces(struct walk *w, bool *ret_required)
{
    size_t at = w->at + 1;
    bool nonzero = false, comma = false;
    for (; at < w->pattern.size && w->pattern.data[at] != '}'; at++) {
        char c = w->pattern.data[at];
        if (c == ',' && !comma)
            comma = true;
        else if (c != ' ' && !is_digit(c))
            return false; /* newer versions allow the spaces */
        if (!comma && c >= '1' && c <= '9')
            nonzero = true;
    }
    if (at >= w->pattern.size || at == w->at + 1)
        return false;
    w->at = at + 1;
    *ret_required = nonzero;
    return true;
}

/* Takes all quantifiers behind an atom: whether there was one, and whether the atom must still occur. */
static bool walk_quantifiers(struct walk *w, bool *ret_required)
{
    bool any = false;
    *ret_required = true;
    while (w->at < w->pattern.size) {
        char c = w->pattern.data[w->at];
        bool required = c == '+';
        if (c == '{') {
            if (!walk_braces(w, &required))
                break;
        } else if (c == '*' || c == '+' || c == '?') {
            w->at++;
        } else {
            break;
        }
        if (walk_at(w, '?') || walk_at(w, '+'))
            w->at++; /* lazy, possessive */
        if (!required)
            *ret_required = false;
        any = true;
    }
    return any;
}

/* Adds what must stand in the line. Ignoring case, ASCII letters are taken in lower case, and other characters not at all: they may
 * have any number of forms. */
static void run_add(struct walk *w, const char *bytes, size_t size)
{
    if (w->ignore_case && (unsigned char)bytes[0] >= 0x80) {
        run_end(w);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        bool upper = w->ignore_case && bytes[i] >= 'A' && bytes[i] <= 'Z';
        w->run[w->run_size++] = (char)(bytes[i] + (upper ? 'a' - 'A' : 0));
    }
}

/* Moves the longest required literal of an alternative to w->best; false when the pattern has syntax the walk does not know. */
static bool walk_alternative(struct walk *w)
{
    w->best_size = w->run_size = 0;
    while (w->at < w->pattern.size && !walk_at(w, '|')) {
        char bytes[4];
        size_t size;
        enum atom atom = walk_atom(w, bytes, &size);
        if (atom == ATOM_UNKNOWN)
            return false;
        bool required;
        bool quantified = walk_quantifiers(w, &required);
        if (atom == ATOM_OTHER || !required) {
            run_end(w);
            continue;
        }
        run_add(w, bytes, size);
        if (quantified)
            run_end(w);
    }
    run_end(w);
    return true;
}

static void add_literal(struct re *re, struct str text)
{
    re->literals[re->literal_count++] = arena_str(&re->arena, text);
}

/* A long s and a Kelvin sign are case forms of ASCII letters, the only ones. */
static void add_case_forms(struct re *re)
{
    bool s = false, k = false;
    for (size_t i = 0; i < re->literal_count; i++) {
        s = s || str_find_char(re->literals[i], 's') != STR_NONE;
        k = k || str_find_char(re->literals[i], 'k') != STR_NONE;
    }
    if (s)
        add_literal(re, STR("\xc5\xbf"));
    if (k)
        add_literal(re, STR("\xe2\x84\xaa"));
}

static void literals_find(struct re *re, struct str pattern, bool utf)
{
    enum { CASE_FORMS = 2 };
    struct walk w = {.pattern = pattern, .utf = utf, .ignore_case = re->ignore_case};
    w.run = mem_alloc(pattern.size + 1);
    w.best = mem_alloc(pattern.size + 1);
    bool known = true;
    for (bool more = true; more && known; w.at++) {
        known =
            walk_alternative(&w) && w.best_size >= LITERAL_SIZE_MIN && re->literal_count < LITERALS_MAX - CASE_FORMS;
        more = walk_at(&w, '|');
        if (known)
            add_literal(re, str_from(w.best, w.best_size));
    }
    free(w.run);
    free(w.best);
    if (!known)
        re->literal_count = 0;
    if (re->ignore_case && utf)
        add_case_forms(re);
}

/* ---- Compiling and matching --------------------------------------------------------------------------------------- */

static bool compile_failed(struct str pattern, bool utf, int code, size_t offset, struct err *err)
{
    PCRE2_UCHAR text[256];
    if (pcre2_get_error_message(code, text, sizeof text) < 0)
        text[0] = '\0';
    size_t characters = offset;
    if (utf) {
        characters = 0;
        for (size_t i = 0; i < offset && i < pattern.size; i++) {
            if (((unsigned char)pattern.data[i] & 0xc0) != 0x80)
                characters++;
        }
    }
    return err_set(err, ERR_USAGE, 0, "regular expression: %s at character offset %zu", (const char *)text, characters);
}

struct re *re_new(struct str pattern, bool ignore_case, struct err *err)
{
    if (pattern.size > PATTERN_BYTES_MAX) {
        err_set(err, ERR_USAGE, 0, "regular expression: longer than %d bytes at character offset %d", PATTERN_BYTES_MAX,
                PATTERN_BYTES_MAX);
        return NULL;
    }
    if (!pattern.data)
        pattern = STR("");
    bool utf = utf8_valid(pattern); /* otherwise the user looks for bytes */
    /* ^ and $ are those of lines, of which a record may have several; . does not go beyond one. */
    uint32_t options =
        PCRE2_MULTILINE | (utf ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : 0u) | (ignore_case ? PCRE2_CASELESS : 0u);
    int code;
    PCRE2_SIZE offset;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)(const void *)pattern.data, pattern.size, options, &code, &offset, NULL);
    if (!compiled) {
        compile_failed(pattern, utf, code, offset, err);
        return NULL;
    }
    struct re *re = mem_alloc(sizeof *re);
    re->code = compiled;
    re->data = pcre2_match_data_create(1, NULL); /* only the whole match is asked for */
    re->context = pcre2_match_context_create(NULL);
    must(re->data && re->context);
    pcre2_set_match_limit(re->context, MATCH_LIMIT);
    pcre2_set_depth_limit(re->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(re->context, HEAP_LIMIT_KIB);
    if (pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE) == 0) {
        re->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
        if (re->stack)
            pcre2_jit_stack_assign(re->context, NULL, re->stack);
    }
    re->ignore_case = ignore_case;
    literals_find(re, pattern, utf);
    return re;
}

void re_free(struct re *re)
{
    if (!re)
        return;
    pcre2_jit_stack_free(re->stack);
    pcre2_match_context_free(re->context);
    pcre2_match_data_free(re->data);
    pcre2_code_free(re->code);
    arena_release(&re->arena);
    free(re);
}

bool re_match(struct re *re, struct str subject, struct str *ret_match)
{
    PCRE2_SPTR data = (PCRE2_SPTR)(const void *)(subject.data ? subject.data : "");
    int result = pcre2_match(re->code, data, subject.size, 0, 0, re->data, re->context);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) {
        result = pcre2_match(re->code, data, subject.size, 0, PCRE2_NO_JIT, re->data, re->context);
    }
    if (result == PCRE2_ERROR_NOMATCH)
        return false;
    if (result < 0) { /* match, depth, heap or recursion limit; invalid UTF-8 is none with MATCH_INVALID_UTF */
        re->limit_hits++;
        return false;
    }
    if (ret_match) {
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(re->data);
        size_t from = ends[0], to = ends[1] < from ? from : ends[1]; /* \K can put the start behind the end */
        must(to <= subject.size);
        *ret_match = str_from((const char *)data + from, to - from);
    }
    return true;
}

uint64_t re_limit_hits(const struct re *re)
{
    return re->limit_hits;
}

size_t re_literals(const struct re *re, const struct str **ret_literals)
{
    *ret_literals = re->literals;
    return re->literal_count;
}

bool re_ignores_case(const struct re *re)
{
    return re->ignore_case;
}
