#include "analyze/template_word.h"

#include "analyze/fold.h"

const uint16_t template_classes[256] = {
    [0] = CHAR_SPACE,
    [FOLD_NUMBER] = CHAR_NUMBER,
    [2 ... ' '] = CHAR_SPACE,
    [0x7f] = CHAR_SPACE,
    ['0' ... '9'] = CHAR_DIGIT,
    ['a' ... 'f'] = CHAR_LETTER | CHAR_HEX_LETTER,
    ['g' ... 'z'] = CHAR_LETTER,
    ['A' ... 'F'] = CHAR_LETTER | CHAR_HEX_LETTER,
    ['G' ... 'Z'] = CHAR_LETTER,
    [','] = CHAR_MARK,
    [';'] = CHAR_MARK,
    ['('] = CHAR_MARK,
    [')'] = CHAR_MARK,
    ['['] = CHAR_MARK,
    [']'] = CHAR_MARK,
    ['{'] = CHAR_MARK,
    ['}'] = CHAR_MARK,
    ['<'] = CHAR_MARK,
    ['>'] = CHAR_MARK,
    ['"'] = CHAR_MARK,
    ['\''] = CHAR_MARK,
    ['='] = CHAR_MARK,
    ['|'] = CHAR_MARK,
    ['/'] = CHAR_SEPARATOR,
    ['\\'] = CHAR_SEPARATOR,
    ['?'] = CHAR_SEPARATOR,
    ['&'] = CHAR_SEPARATOR,
    ['-'] = CHAR_JOINT,
    ['_'] = CHAR_JOINT,
    ['.'] = CHAR_JOINT | CHAR_DOT,
    ['#'] = CHAR_JOINT,
    ['@'] = CHAR_JOINT | CHAR_DOT,
    [':'] = CHAR_JOINT | CHAR_DOT,
};

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
static void take_back_calendar(struct template_text *w)
{
    while (w->size >= 4 && w->text[w->size - 1] == ' ') {
        size_t end = w->size - 1;
        if (w->text[end - 1] == ',')
            end--;
        if (end < 3 || !is_calendar_word(w->text + end - 3) || (end > 3 && template_is(w->text[end - 4], CHAR_LETTER)))
            return;
        w->size = end - 3;
    }
}

void template_put_variable(struct template_text *w, struct str name)
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
    template_put(w, name);
    template_put(w, STR("<*>"));
    if (!w->cut) {
        w->variable_from = from;
        w->variable_end = w->size;
    }
}

/* ---- Words -------------------------------------------------------------------------------------------------------- */

bool template_is_address6(struct str s)
{
    size_t colons = 0;
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        if (c == ':')
            colons++;
        else if (c == '%')
            break;
        else if (!template_is(c, CHAR_NUMBER | CHAR_HEX_LETTER) && c != '.' && c != '/')
            return false;
    }
    return colons >= 2 && (s.size == 2 || template_has(s, CHAR_NUMBER | CHAR_HEX_LETTER));
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
        } else if (!template_is(s.data[i], CHAR_LETTER | CHAR_DIGIT | CHAR_NUMBER) && s.data[i] != '-') {
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
    while (size < s.size && template_is(s.data[size], CHAR_LETTER | CHAR_DIGIT | CHAR_JOINT))
        size++;
    if (size == s.size || !template_is(s.data[size], CHAR_NUMBER))
        return 0;
    while (size > 2 && s.data[size - 1] == '-' && template_is(s.data[size - 2], CHAR_JOINT)) /* a minus */
        size--;
    return size >= 2 && template_is(s.data[0], CHAR_LETTER) && template_is(s.data[size - 1], CHAR_JOINT) ? size : 0;
}

static void put_part(struct template_text *w, struct str s)
{
    if (s.size > TEMPLATE_WORD_MAX || is_mail(s) || is_domain_name(str_slice(s, 0, str_find_char(s, ':'))))
        template_put_variable(w, STR(""));
    else if (template_has(s, CHAR_NUMBER))
        template_put_variable(w, str_slice(s, 0, name_before_number(s)));
    else
        template_put(w, s);
}

static void put_path(struct template_text *w, struct str s)
{
    for (size_t from = 0, at = 0; at <= s.size; at++) {
        if (at < s.size && !template_is(s.data[at], CHAR_SEPARATOR))
            continue;
        struct str segment = str_slice(s, from, at);
        if (segment.size > 0)
            put_part(w, segment);
        if (at < s.size)
            template_put(w, str_slice(s, at, at + 1));
        from = at + 1;
        if (from < s.size && s.data[at] == '?') {
            template_put_variable(w, STR(""));
            return;
        }
    }
}

/* Where the value starts in "enabled.....1"; 0 when there is no leader. */
static size_t leader_end(struct str s)
{
    size_t at = str_find(s, STR(".."));
    if (at == STR_NONE || at == 0 || template_has(str_slice(s, 0, at), CHAR_NUMBER | CHAR_SEPARATOR))
        return 0;
    while (at < s.size && s.data[at] == '.')
        at++;
    return at < s.size ? at : 0;
}

void template_put_word(struct template_text *w, struct str word)
{
    if (template_is_address6(word)) {
        template_put_variable(w, STR(""));
        return;
    }
    size_t value = leader_end(word);
    template_put(w, str_slice(word, 0, value));
    word = str_slice(word, value, word.size);
    size_t size = word.size; /* without the punctuation of the sentence */
    while (size > 0 && strchr(".!?:", word.data[size - 1]))
        size--;
    struct str core = str_slice(word, 0, size);
    if (template_is_address6(core))
        template_put_variable(w, STR(""));
    else if (template_has(core, CHAR_NUMBER) &&
             (template_is(core.data[0], CHAR_NUMBER) || !template_has(core, CHAR_LETTER)))
        template_put_variable(w, STR(""));
    else if (template_has(core, CHAR_SEPARATOR))
        put_path(w, core);
    else
        put_part(w, core);
    template_put(w, str_slice(word, size, word.size));
}
