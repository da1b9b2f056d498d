/* Where a message comes from, as loggers write it between the level and the message.
 *
 *     PID --- [APP] [THREAD] LOGGER : M      Spring Boot; [APP,TRACE,SPAN] before PID with Sleuth
 *     [THREAD:CLASS@LINE] - M                ZooKeeper
 *     [LOGGER] (THREAD) M                    JBoss, Quarkus             (THREAD) [LOGGER] M      Home Assistant
 *     LOGGER [req-ID USER PROJECT - - -] M   OpenStack; [-] without a request
 *     [THREAD] LOGGER: M                     Hadoop, log4j; also LOGGER - M, LOGGER:LINE - M
 *     [THREAD] CLASS.METHOD M                Tomcat
 *     FILE:LINE: M                           Go
 *     <0.222.0> M                            Erlang
 *
 * A word before a colon may be the first of the message. It is a logger in lines whose stamp is a logging framework's
 * (text_manner), else only when it looks like a class: com.example.Main, a::b, Outer$Inner. */
#include "analyze/text_part.h"

enum {
    PAREN_SIZE_MAX = 128,
    SPRING_BRACKETS_MAX = 3,
};

size_t text_logger_size(struct str s)
{
    if (s.size == 0 || !(text_is_letter(s.data[0]) || s.data[0] == '_'))
        return 0;
    size_t size = 1;
    while (size < s.size && size < TEXT_LOGGER_MAX) {
        char c = s.data[size];
        if (!text_is_letter(c) && !text_is_digit(c) && c != '_' && c != '.' && c != '-' && c != '$')
            break;
        size++;
    }
    return size;
}

/* The same with "::" in it. */
static size_t path_size(struct str s)
{
    size_t size = text_logger_size(s);
    while (size > 0 && text_at(s, size, ':') && text_at(s, size + 1, ':')) {
        size_t more = text_logger_size(text_from(s, size + 2));
        if (more == 0)
            break;
        size += 2 + more;
    }
    return size;
}

bool text_is_class(struct str name)
{
    if (str_find_char(name, '$') != STR_NONE || str_find(name, STR("::")) != STR_NONE)
        return true;
    size_t dot = str_find_last(name, STR("."));
    return dot != STR_NONE && dot > 0 && dot + 1 < name.size && name.data[dot + 1] >= 'A' && name.data[dot + 1] <= 'Z';
}

static bool is_upper_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* ":12" behind a name: its size, or 0. */
static size_t line_size(struct str s)
{
    size_t size = 1;
    while (text_at(s, 0, ':') && size < s.size && size < 8 && text_is_digit(s.data[size]))
        size++;
    return size > 1 ? size : 0;
}

/* What stands behind a name and ends it: ": ", " - ", ":12 - ", maybe after blanks for padding. */
static size_t logger_end(struct str s)
{
    if (str_starts(s, STR(": ")))
        return 2;
    if (str_equal(s, STR(":")))
        return 1;
    size_t spaces = line_size(s);
    while (text_at(s, spaces, ' '))
        spaces++;
    struct str behind = text_from(s, spaces);
    if (spaces > 0 && str_starts(behind, STR("- ")))
        return spaces + 2;
    if (spaces > 1 && str_starts(behind, STR(": ")))
        return spaces + 2;
    return 0;
}

static bool take_logger(struct str *rest, struct text_line *ret, enum text_manner manner)
{
    size_t size = path_size(*rest), end = logger_end(text_from(*rest, size));
    struct str name = str_slice(*rest, 0, size);
    if (size == 0 || end == 0 || !(manner == TEXT_LOGGERS || text_is_class(name)))
        return false;
    text_add(ret, STR("logger"), name);
    *rest = text_skip_spaces(text_from(*rest, size + end));
    return true;
}

/* "[THREAD] " and a logger: without the logger the brackets are the message's. */
static bool take_thread(struct str *rest, struct text_line *ret, enum text_manner manner)
{
    size_t size = text_bracket(*rest);
    if (size < 3 || !text_at(*rest, size, ' '))
        return false;
    uint32_t place = ret->count;
    struct str behind = text_skip_spaces(text_from(*rest, size));
    text_add(ret, STR("thread"), str_trim(str_slice(*rest, 1, size - 1)));
    if (take_logger(&behind, ret, manner)) {
        *rest = behind;
        return true;
    }
    size = text_logger_size(behind);
    struct str name = str_slice(behind, 0, size);
    if (manner == TEXT_METHODS && text_at(behind, size, ' ') && str_find_char(name, '.') != STR_NONE) {
        text_add(ret, STR("logger"), name);
        *rest = text_from(behind, size + 1);
        return true;
    }
    ret->count = place;
    return false;
}

bool text_take_place(struct str *rest, struct text_line *ret)
{
    size_t size = text_bracket(*rest);
    if (size < 3 || !str_starts(text_from(*rest, size), STR(" - ")))
        return false;
    struct str inside = str_slice(*rest, 1, size - 1);
    size_t at = str_find_last(inside, STR("@"));
    struct str line = at == STR_NONE ? STR_ABSENT : text_from(inside, at + 1);
    inside = str_slice(inside, 0, at);
    size_t colon = str_find_last(inside, STR(":"));
    struct str class = colon == STR_NONE ? inside : text_from(inside, colon + 1);
    if (!text_is_number(line, 7) || class.size == 0 || text_logger_size(class) != class.size)
        return false;
    if (colon != STR_NONE && colon > 0)
        text_add(ret, STR("thread"), str_slice(inside, 0, colon));
    text_add(ret, STR("logger"), class);
    text_add(ret, STR("line"), line);
    *rest = text_from(*rest, size + 3);
    return true;
}

/* ---- Spring Boot -------------------------------------------------------------------------------------------------- */

/* "app,trace,span"; empty parts are left out. */
static void add_sleuth(struct text_line *ret, struct str inside)
{
    static const struct str names[] = {{"service", 7}, {"trace_id", 8}, {"span_id", 7}};
    for (size_t i = 0; i < sizeof names / sizeof *names && inside.size > 0; i++)
        text_add_known(ret, names[i], str_cut(&inside, ','));
}

static bool take_spring(struct str *rest, struct text_line *ret)
{
    uint32_t place = ret->count;
    struct str behind = *rest;
    size_t bracket = text_at(behind, 0, '[') ? text_bracket(behind) : 0;
    if (bracket > 0) {
        add_sleuth(ret, str_slice(behind, 1, bracket - 1));
        behind = text_skip_spaces(text_from(behind, bracket));
    }
    struct str pid = text_take_word(&behind), inside[SPRING_BRACKETS_MAX];
    size_t count = 0;
    if (text_is_number(pid, 10) && str_starts(behind, STR("--- "))) {
        text_add(ret, STR("pid"), pid);
        behind = text_skip_spaces(text_from(behind, 4));
        while (count < SPRING_BRACKETS_MAX && text_at(behind, 0, '[') && (bracket = text_bracket(behind)) > 0) {
            inside[count++] = str_trim(str_slice(behind, 1, bracket - 1));
            behind = text_skip_spaces(text_from(behind, bracket));
        }
    }
    struct str logger = text_take_column(&behind); /* Tomcat's have brackets: "o.a.c.c.C.[.[.[/]" */
    if (count == 0 || logger.size == 0 || logger.size > TEXT_LOGGER_MAX || !text_at(behind, 0, ':')) {
        ret->count = place;
        return false;
    }
    if (count > 1)
        text_add_known(ret, STR("service"), inside[0]);
    text_add_known(ret, STR("thread"), inside[count > 1]);
    text_add(ret, STR("logger"), logger);
    *rest = text_skip_spaces(text_from(behind, 1));
    return true;
}

/* ---- OpenStack ---------------------------------------------------------------------------------------------------- */

static void add_request(struct text_line *ret, struct str inside)
{
    static const struct str names[] = {{"request_id", 10}, {"user_id", 7}, {"project_id", 10}};
    if (str_starts(inside, STR("None "))) /* the global request id */
        inside = text_from(inside, 5);
    for (size_t i = 0; i < sizeof names / sizeof *names && inside.size > 0; i++) {
        struct str word = text_take_word(&inside);
        if (!str_equal(word, STR("None")))
            text_add_known(ret, names[i], word);
    }
}

static bool take_openstack(struct str *rest, struct text_line *ret)
{
    size_t size = text_logger_size(*rest);
    struct str behind = text_from(*rest, size);
    if (size == 0 ||
        !(str_starts(behind, STR(" [-]")) || str_starts(behind, STR(" [req-")) || str_starts(behind, STR(" [None "))))
        return false;
    behind = text_from(behind, 1);
    size_t bracket = text_bracket(behind);
    if (bracket == 0)
        return false;
    text_add(ret, STR("logger"), str_slice(*rest, 0, size));
    add_request(ret, str_slice(behind, 1, bracket - 1));
    *rest = text_skip_spaces(text_from(behind, bracket));
    return true;
}

/* ---- Parentheses and others --------------------------------------------------------------------------------------- */

static size_t paren_size(struct str s)
{
    size_t close = text_at(s, 0, '(') ? str_find_char(str_slice(s, 0, PAREN_SIZE_MAX), ')') : STR_NONE;
    return close == STR_NONE || close == 1 ? 0 : close + 1;
}

/* "[LOGGER]" or "[LOGGER  ]": the bracket's size, or 0. */
static size_t logger_bracket(struct str s, struct str *ret_logger)
{
    size_t size = text_at(s, 0, '[') ? text_bracket(s) : 0;
    *ret_logger = size > 0 ? str_trim(str_slice(s, 1, size - 1)) : STR_ABSENT;
    return ret_logger->size > 0 && text_logger_size(*ret_logger) == ret_logger->size ? size : 0;
}

static bool take_parenthesis(struct str *rest, struct text_line *ret)
{
    struct str logger, behind;
    size_t size = logger_bracket(*rest, &logger), paren;
    if (size > 0 && text_at(*rest, size, ' ')) { /* [LOGGER] (THREAD) */
        behind = text_from(*rest, size + 1);
        paren = paren_size(behind);
        if (paren == 0 || !text_at(behind, paren, ' '))
            return false;
        text_add(ret, STR("logger"), logger);
        text_add(ret, STR("thread"), str_slice(behind, 1, paren - 1));
        *rest = text_skip_spaces(text_from(behind, paren));
        return true;
    }
    paren = paren_size(*rest);
    behind = text_from(*rest, paren + 1);
    size = logger_bracket(behind, &logger);
    if (paren == 0 || !text_at(*rest, paren, ' ') || size == 0 || !text_at(behind, size, ' '))
        return false;
    text_add(ret, STR("thread"), str_slice(*rest, 1, paren - 1));
    text_add(ret, STR("logger"), logger);
    *rest = text_skip_spaces(text_from(behind, size));
    return true;
}

static bool take_erlang(struct str *rest, struct text_line *ret)
{
    size_t close = str_find_char(str_slice(*rest, 0, TEXT_LEVEL_MAX), '>');
    if (close == STR_NONE || !text_at(*rest, close + 1, ' '))
        return false;
    for (size_t i = 1; i < close; i++) {
        if (!text_is_digit(rest->data[i]) && rest->data[i] != '.')
            return false;
    }
    text_add(ret, STR("process"), str_slice(*rest, 1, close));
    *rest = text_skip_spaces(text_from(*rest, close + 1));
    return true;
}

bool text_take_caller(struct str *rest, struct text_line *ret)
{
    struct str word = *rest;
    size_t size = 0;
    while (size < word.size && size < TEXT_LOGGER_MAX && !text_is_space(word.data[size]))
        size++;
    size_t dot = str_find(str_slice(word, 0, size), STR(".go:"));
    if (dot == STR_NONE)
        return false;
    size_t digits = dot + 4;
    while (digits < size && text_is_digit(word.data[digits]))
        digits++;
    if (digits == dot + 4 || !(digits == size || (digits + 1 == size && word.data[digits] == ':')))
        return false;
    text_add(ret, STR("caller"), str_slice(word, 0, digits));
    *rest = text_skip_spaces(text_from(word, size));
    return true;
}

/* In the order in which few bytes tell them apart. */
void text_take_origin(struct str *rest, struct text_line *ret, enum text_manner manner)
{
    char first = rest->size > 0 ? rest->data[0] : '\0';
    if (first == '[') {
        if (!text_take_place(rest, ret) && !take_parenthesis(rest, ret) && !take_spring(rest, ret) &&
            manner != TEXT_BRACKETED)
            take_thread(rest, ret, manner);
    } else if (first == '(') {
        take_parenthesis(rest, ret);
    } else if (first == '<') {
        take_erlang(rest, ret);
    } else if (text_is_digit(first)) {
        take_spring(rest, ret);
    } else if (!take_openstack(rest, ret) && !take_logger(rest, ret, manner)) {
        size_t size = text_logger_size(*rest);
        struct str name = str_slice(*rest, 0, size);
        /* SQLAlchemy's: LOGGER M */
        if (manner == TEXT_LOGGERS && text_at(*rest, size, ' ') && size > 2 && !is_upper_letter(first) &&
            text_is_class(name)) {
            text_add(ret, STR("logger"), name);
            *rest = text_from(*rest, size + 1);
        } else {
            text_take_caller(rest, ret);
        }
    }
}
