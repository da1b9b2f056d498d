/* Templates cut into pieces: words and marks, where
 *
 *     12 KB  5 ms  <1 sec        a number's sign and unit belong to it
 *     512 bytes (0.5 KB)         so does the same size told once more
 *     1 file, 2 files            the word behind a number is the same word
 *     is true, a: no, ( on off ) what can be one of two is a variable, and so are directions (x+)
 *     a=  b ()                   nothing at all is a piece too
 *     [HUP, INT]  a,b,c          a list is one piece
 *     a=Name{b c=1}  a=[b c]     a structure is a variable
 */
#include <stdlib.h>

#include "analyze/lexicon.h"
#include "analyze/pattern_part.h"
#include "base/must.h"

enum {
    PIECES_MAX = 512, /* of a template; its rest is one piece */
    CONTEXT_PAIRS_MIN = 3,
    STRUCTURE_PIECES_MAX = 40,
    WORDS_TOLD_MAX = 100000, /* more different words are noise: they count as names */
};

static const struct str variable = {"<*>", 3};

struct cutter {
    struct cutting *cutting;
    struct str text; /* the template */
    size_t start;    /* its first piece */
};

static bool is_mark(char c)
{
    static const bool marks[256] = {
        [','] = true, [';'] = true, ['('] = true, [')'] = true, ['['] = true,  [']'] = true, ['{'] = true,
        ['}'] = true, ['<'] = true, ['>'] = true, ['"'] = true, ['\''] = true, ['='] = true, ['|'] = true,
    };
    return marks[(unsigned char)c];
}

/* ---- Pieces ------------------------------------------------------------------------------------------------------- */

static struct piece *last(const struct cutter *c, size_t back)
{
    size_t count = c->cutting->piece_count - c->start;
    return back < count ? &c->cutting->pieces[c->cutting->piece_count - 1 - back] : NULL;
}

static struct str text_of(const struct cutter *c, const struct piece *piece)
{
    return str_slice(c->text, piece->from, piece->to);
}

static bool is_sign(const struct cutter *c, size_t back, char sign)
{
    const struct piece *piece = last(c, back);
    return piece && piece->to - piece->from == 1 && c->text.data[piece->from] == sign;
}

static bool is_variable(const struct cutter *c, size_t back)
{
    const struct piece *piece = last(c, back);
    return piece && piece->word == WORD_VARIABLE;
}

static void add_piece(struct cutter *c, uint32_t word, size_t from, size_t to)
{
    struct cutting *cutting = c->cutting;
    if (cutting->piece_count == cutting->piece_capacity) {
        cutting->piece_capacity = cutting->piece_capacity ? cutting->piece_capacity * 2 : 1024;
        cutting->pieces = mem_resize_array(cutting->pieces, cutting->piece_capacity, sizeof *cutting->pieces);
    }
    cutting->pieces[cutting->piece_count++] = (struct piece){.word = word, .from = (uint16_t)from, .to = (uint16_t)to};
}

static uint32_t intern(struct cutter *c, struct str word, enum piece_kind kind)
{
    bool is_new;
    struct map_entry *entry = map_at(&c->cutting->words, word, &is_new);
    if (is_new)
        entry->value = kind;
    return (uint32_t)(entry - c->cutting->words.entries);
}

static void add_mark(struct cutter *c, size_t from, size_t to)
{
    add_piece(c, intern(c, str_slice(c->text, from, to), PIECE_MARK), from, to);
}

/* A run of variables is one. */
static void add_variable(struct cutter *c, size_t from, size_t to)
{
    if (is_variable(c, 0)) {
        last(c, 0)->to = (uint16_t)to;
    } else if (is_sign(c, 0, ',') && is_variable(c, 1)) {
        c->cutting->piece_count--;
        last(c, 0)->to = (uint16_t)to;
    } else if ((is_sign(c, 0, '<') || is_sign(c, 0, '>')) && last(c, 0)->to == from) {
        struct piece *sign = last(c, 0); /* <1 sec */
        bool alone = sign->from == 0 || c->text.data[sign->from - 1] == ' ';
        bool closed = to < c->text.size && c->text.data[to] == '>';
        if (!alone || closed) {
            add_piece(c, WORD_VARIABLE, from, to);
            return;
        }
        from = sign->from;
        c->cutting->piece_count--;
        add_variable(c, from, to);
    } else {
        add_piece(c, WORD_VARIABLE, from, to);
    }
}

static bool is_bytes(const struct cutter *c, size_t back)
{
    const struct piece *piece = last(c, back);
    return piece && str_equal(text_of(c, piece), STR("bytes"));
}

/* "512 bytes (0.5 KB": the bracket tells the size once more. */
static bool repeats_size(const struct cutter *c)
{
    return is_variable(c, 0) && is_sign(c, 1, '(') && is_bytes(c, 2) && is_variable(c, 3);
}

/* Adds a word behind "a," without a space to a list that is one piece. */
static bool extend_list(struct cutter *c, size_t from, size_t to)
{
    struct piece *item = last(c, 1);
    if (!item || !is_sign(c, 0, ',') || last(c, 0)->to != from || item->to != last(c, 0)->from ||
        cutting_kind(c->cutting, item->word) == PIECE_MARK)
        return false;
    c->cutting->piece_count--;
    item->to = (uint16_t)to;
    if (item->word != WORD_VARIABLE)
        item->word = intern(c, text_of(c, item), PIECE_LIST);
    return true;
}

static void add_word(struct cutter *c, size_t from, size_t to)
{
    struct str word = str_slice(c->text, from, to);
    if (memchr(word.data, '*', word.size) && str_find(word, variable) != STR_NONE) {
        if (extend_list(c, from, to))
            last(c, 0)->word = WORD_VARIABLE;
        else
            add_variable(c, from, to);
        return;
    }
    if (extend_list(c, from, to))
        return;
    bool counted = is_variable(c, 0);
    if (counted && word_is_unit(word, false)) {
        bool closes = to < c->text.size && c->text.data[to] == ')';
        if (closes && word_is_unit(word, true) && repeats_size(c)) {
            c->cutting->piece_count -= 2;
            last(c, 0)->to = (uint16_t)(to + 1);
        } else {
            last(c, 0)->to = (uint16_t)to;
        }
        return;
    }
    bool ends = to == c->text.size || strchr(",;)]}\"'", c->text.data[to]);
    bool value = ends && (is_sign(c, 0, '=') || is_sign(c, 0, ':'));
    if (word_is_boolean(word) || word_is_direction(word) || (value && word_is_switch(word))) {
        add_variable(c, from, to);
        return;
    }
    if (counted && word.size > 3 && word.data[word.size - 1] == 's')
        word.size--;
    add_piece(c, intern(c, word, PIECE_NAME), from, to);
}

/* ---- Templates ---------------------------------------------------------------------------------------------------- */

/* "a=" and "b ()" with nothing where a value would stand. */
static bool is_left_empty(const struct cutter *c, size_t at)
{
    if (c->text.data[at] == '(')
        return at > 0 && c->text.data[at - 1] == ' ' && at + 1 < c->text.size && c->text.data[at + 1] == ')';
    if (c->text.data[at] != '=' || at == 0 || c->text.data[at - 1] == ' ' || is_mark(c->text.data[at - 1]))
        return false;
    return at + 1 == c->text.size || strchr(" ,;)]}", c->text.data[at + 1]);
}

/* At a closing bracket: makes a variable of "( on off". */
static void close_switches(struct cutter *c)
{
    size_t items = 0;
    while (last(c, items) && word_is_switch(text_of(c, last(c, items))))
        items++;
    if (items == 0 || !(is_sign(c, items, '(') || is_sign(c, items, '[')))
        return;
    size_t from = last(c, items - 1)->from, to = last(c, 0)->to;
    c->cutting->piece_count -= items;
    add_piece(c, WORD_VARIABLE, from, to);
}

/* At a closing bracket: the pieces since the one that opens it, with it; 0 when it is not near. */
static size_t opened_before(const struct cutter *c, char open, char close)
{
    size_t depth = 0;
    for (size_t back = 0; back < STRUCTURE_PIECES_MAX && last(c, back); back++) {
        if (is_sign(c, back, close))
            depth++;
        else if (is_sign(c, back, open) && depth-- == 0)
            return back + 1;
    }
    return 0;
}

/* Behind a closing bracket: makes a variable of what stands behind "a=": Name{...}, {...} or [...]. */
static void close_structure(struct cutter *c, char open, char close)
{
    size_t size = opened_before(c, open, close);
    if (size == 0)
        return;
    const struct piece *first = last(c, size - 1), *name = last(c, size);
    bool named = open == '{' && name && name->to == first->from && !is_sign(c, size, '=');
    if (!is_sign(c, size + named, '='))
        return;
    size_t from = named ? name->from : first->from, to = last(c, 0)->to + 1U;
    c->cutting->piece_count -= size + named;
    add_piece(c, WORD_VARIABLE, from, to);
}

/* At a closing bracket: makes one piece of "[a, b, c". */
static void close_list(struct cutter *c)
{
    size_t items = 0;
    for (;; items++) {
        const struct piece *item = last(c, 2 * items), *before = last(c, 2 * items + 1);
        if (!item || !before || cutting_kind(c->cutting, item->word) == PIECE_MARK)
            return;
        struct str mark = text_of(c, before);
        if (str_equal(mark, STR("[")) || str_equal(mark, STR("(")) || str_equal(mark, STR("{")))
            break;
        if (!str_equal(mark, STR(",")))
            return;
    }
    if (items == 0)
        return;
    size_t from = last(c, 2 * items)->from, to = last(c, 0)->to;
    c->cutting->piece_count -= 2 * items + 1;
    add_piece(c, intern(c, str_slice(c->text, from, to), PIECE_LIST), from, to);
}

static size_t word_end(const struct cutter *c, size_t at)
{
    while (at < c->text.size && c->text.data[at] != ' ') {
        if (!is_mark(c->text.data[at]))
            at++;
        else if (c->text.data[at] == '<' && str_starts(str_slice(c->text, at, c->text.size), variable))
            at += variable.size;
        else
            break;
    }
    return at;
}

/* The size of "action" in "action:android.intent"; the whole size for other words. */
static size_t key_size(struct str word)
{
    size_t colon = str_find_char(word, ':');
    if (colon == STR_NONE || colon < 2 || colon + 1 >= word.size || strchr(":/\\", word.data[colon + 1]))
        return word.size;
    for (size_t i = 0; i < colon; i++)
        if (!((word.data[i] | 0x20) >= 'a' && (word.data[i] | 0x20) <= 'z') && word.data[i] != '_')
            return word.size;
    return colon;
}

static void cut_word(struct cutter *c, size_t from, size_t end)
{
    size_t to = end;
    while (to > from && strchr(".:!?", c->text.data[to - 1]))
        to--;
    size_t leader = str_find(str_slice(c->text, from, to), STR("..")); /* enabled.....<*> */
    if (leader != STR_NONE && leader > 0) {
        add_word(c, from, from + leader);
        from += leader;
        size_t dots = from;
        while (from < to && c->text.data[from] == '.')
            from++;
        add_mark(c, dots, from);
    }
    size_t key = from + key_size(str_slice(c->text, from, to));
    if (key < to) {
        add_word(c, from, key);
        add_mark(c, key, key + 1);
        from = key + 1;
    }
    if (to > from)
        add_word(c, from, to);
    if (end > to)
        add_mark(c, to, end);
}

/* Where what a stack trace left begins (template.c): " @ orders.py:load" and the exception before it. The size of templates
 * without. */
static size_t trace_start(struct str text)
{
    size_t at = str_find_last(text, STR(" @ "));
    if (at == STR_NONE || str_find_char(str_slice(text, at + 3, text.size), ' ') != STR_NONE)
        return text.size;
    struct str before = str_slice(text, 0, at);
    size_t bar = str_find_last(before, STR(" | "));
    if (bar != STR_NONE && str_find_char(str_slice(before, bar + 3, at), ' ') == STR_NONE)
        return bar + 1;
    bool exception = str_ends(before, STR(": <*>")) && str_find_char(before, ' ') == at - 4;
    return exception ? 0 : at + 1;
}

static void cut_template(struct cutter *c)
{
    size_t trace = trace_start(c->text);
    for (size_t at = 0; at < c->text.size;) {
        if (at == trace || c->cutting->piece_count - c->start >= PIECES_MAX) {
            add_mark(c, at, c->text.size);
            return;
        }
        char first = c->text.data[at];
        size_t end = word_end(c, at);
        if (first == ' ') {
            at++;
        } else if (end > at) {
            cut_word(c, at, end);
            at = end;
        } else {
            if (first == ']' || first == ')' || first == '}') {
                close_switches(c);
                close_list(c);
                if (first != ')')
                    close_structure(c, first == ']' ? '[' : '{', first);
            }
            bool empty = is_left_empty(c, at);
            /* A structure, or what repeated a size, took its bracket with it. */
            if (!last(c, 0) || last(c, 0)->to <= at)
                add_mark(c, at, at + 1);
            at++;
            if (empty)
                add_piece(c, WORD_EMPTY, at, at);
        }
    }
}

/* The pieces of ", key: value" or ", key: "value"" that end before back; 0 when there are none. */
static size_t context_size(const struct cutter *c, size_t back)
{
    size_t size = is_sign(c, back, '"') && is_sign(c, back + 2, '"') ? 3 : 1;
    const struct piece *key = last(c, back + size + 1);
    const struct piece *value = last(c, back + size / 2);
    if (!key || !is_sign(c, back + size, ':') || !is_sign(c, back + size + 2, ','))
        return 0;
    bool marks =
        cutting_kind(c->cutting, key->word) == PIECE_MARK || cutting_kind(c->cutting, value->word) == PIECE_MARK;
    return marks ? 0 : size + 3;
}

/* What a line ends with to tell its context (", client: <*>, server: <*>, request: "<*>"") is one variable: which keys there are
 * varies. */
static void close_context(struct cutter *c)
{
    size_t size = 0, pairs = 0;
    for (size_t more; (more = context_size(c, size)) > 0; pairs++)
        size += more;
    if (pairs < CONTEXT_PAIRS_MIN)
        return;
    size_t from = last(c, size - 2)->from;
    c->cutting->piece_count -= size - 1;
    add_piece(c, WORD_VARIABLE, from, c->text.size);
}

/* Tells the kinds of words, unless there are so many that they are noise. */
static void tell_words(struct cutting *cutting)
{
    if (cutting->words.count > WORDS_TOLD_MAX)
        return;
    SCOPED_FREE(lexicon) *lexicon = lexicon_new();
    for (size_t i = WORD_COUNT; i < cutting->words.count; i++) {
        struct map_entry *entry = &cutting->words.entries[i];
        if (entry->value == PIECE_NAME)
            entry->value = word_kind(lexicon, entry->key);
    }
}

void cutting_make(struct cutting *cutting, const struct str *templates, size_t count)
{
    struct cutter c = {.cutting = cutting};
    cutting->template_count = count;
    cutting->templates = ARENA_ARRAY(&cutting->arena, struct str, count);
    cutting->first = ARENA_ARRAY(&cutting->arena, uint32_t, count + 1);
    map_at(&cutting->words, STR("<*>"), NULL)->value = PIECE_VARIABLE;
    map_at(&cutting->words, STR(""), NULL)->value = PIECE_EMPTY;
    for (size_t i = 0; i < count; i++) {
        cutting->templates[i] = arena_str(&cutting->arena, str_slice(templates[i], 0, UINT16_MAX));
        cutting->first[i] = (uint32_t)cutting->piece_count;
        c.text = cutting->templates[i];
        c.start = cutting->piece_count;
        cut_template(&c);
        close_context(&c);
    }
    cutting->first[count] = (uint32_t)cutting->piece_count;
    tell_words(cutting);
}

void cutting_release(struct cutting *cutting)
{
    map_release(&cutting->words);
    arena_release(&cutting->arena);
    free(cutting->pieces);
    *cutting = (struct cutting){0};
}
