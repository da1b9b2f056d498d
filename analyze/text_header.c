/* What stands between a time stamp and a message, as far as it needs no knowledge of the program that wrote it.
 *
 *     [LEVEL]  [PID]  [pid PID:tid TID]  [client ADDRESS]  [LOGGER:LEVEL]     in any order
 *     [THREAD] LEVEL    [THREAD] [LEVEL]    PID LEVEL    PID TID LEVEL    LOGGER LEVEL    LEVEL    CHANNEL.LEVEL:
 *     USER@DATABASE LEVEL:    [N-N] user=U,db=D,... LEVEL:                    PostgreSQL
 *     THREAD [LEVEL] [CODE] [SUBSYSTEM]                                       MySQL
 *     [ THREAD ] {QUERY} <LEVEL> LOGGER:                                      ClickHouse
 *
 * then what text_take_origin (text_origin.c) knows, if there was a level.
 *
 * 1. A bare level is all upper or all lower case, or any case before a colon; prose that begins with "Error" is prose.
 * 2. Behind a number or a name only an upper case level counts. */
#include "analyze/text_part.h"

enum {
    BRACKETS_MAX = 6,
    NUMBERS_MAX = 2,
    PREFIX_SIZE_MAX = 512, /* PostgreSQL's log_line_prefix */
};

struct str text_skip_separator(struct str s)
{
    s = text_skip_spaces(s);
    if (s.size == 0 || !strchr("|:,;-", s.data[0]) || s.data[0] == '\0')
        return s;
    if (s.data[0] == '-' && s.size > 1 && !text_is_space(s.data[1]))
        return s;
    return text_skip_spaces(text_from(s, 1));
}

bool text_names_level(struct str s, size_t size_min)
{
    return s.size >= size_min && s.size <= TEXT_LEVEL_MAX && text_is_letter(s.data[0]) &&
           level_parse(s) != LEVEL_UNKNOWN;
}

size_t text_letters(struct str s)
{
    size_t size = 0;
    while (size < s.size && text_is_letter(s.data[size]))
        size++;
    return size;
}

bool text_is_upper(struct str s)
{
    for (size_t i = 0; i < s.size; i++) {
        if (s.data[i] < 'A' || s.data[i] > 'Z')
            return false;
    }
    return s.size > 0;
}

static bool one_case(struct str s)
{
    for (size_t i = 1; i < s.size; i++) {
        if ((s.data[i] >= 'a') != (s.data[0] >= 'a'))
            return false;
    }
    return true;
}

size_t text_bracket(struct str s)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.size && i < TEXT_BRACKET_MAX; i++) {
        if (s.data[i] == '[')
            depth++;
        else if (s.data[i] == ']' && --depth == 0)
            return i + 1;
    }
    return 0;
}

bool text_take_level(struct str *rest, struct text_line *ret)
{
    size_t size = text_letters(*rest);
    struct str word = str_slice(*rest, 0, size);
    struct str logger = STR_ABSENT;
    if (text_at(*rest, size, '.')) { /* production.ERROR: */
        size_t more = text_letters(text_from(*rest, size + 1));
        logger = word;
        word = str_slice(*rest, size + 1, size + 1 + more);
        size += 1 + more;
        if (!text_is_upper(word) || !text_at(*rest, size, ':'))
            return false;
    }
    if (!text_is_level(word))
        return false;
    bool colon = text_at(*rest, size, ':');
    bool ends = size == rest->size || colon || text_is_space(rest->data[size]) || rest->data[size] == '|' ||
                rest->data[size] == ',' || rest->data[size] == ';';
    if (!ends || !(colon || one_case(word)))
        return false;
    if (logger.size > 0)
        text_add(ret, STR("logger"), logger);
    text_add(ret, STR("level"), word);
    *rest = text_skip_separator(text_from(*rest, size));
    return true;
}

/* The same behind something that prose may have as well: upper case, and a space or a colon behind it. */
static bool take_upper_level(struct str *rest, struct text_line *ret)
{
    size_t size = text_letters(*rest);
    bool ends = text_at(*rest, size, ' ') || text_at(*rest, size, ':') || text_at(*rest, size, '\t');
    return size > 2 && ends && text_is_upper(str_slice(*rest, 0, size)) && text_take_level(rest, ret);
}

/* ---- Brackets ----------------------------------------------------------------------------------------------------- */

/* The inside of "[...]"; false when it says nothing we know. */
static bool add_bracket(struct text_line *ret, struct str inside, bool *level)
{
    struct str module = inside, rest = inside;
    inside = str_trim(inside);
    if (!*level && text_names_level(inside, 1)) {
        text_add(ret, STR("level"), inside);
        return *level = true;
    }
    if (text_is_number(inside, 10)) {
        text_add(ret, STR("pid"), inside);
        return true;
    }
    if (str_starts(rest, STR("pid "))) {
        rest = text_from(rest, 4);
        text_add(ret, STR("pid"), str_cut(&rest, ':'));
        return true;
    }
    if (str_starts(rest, STR("client "))) {
        text_add(ret, STR("client_ip"), text_address(text_from(rest, 7)));
        return true;
    }
    size_t colon = str_find_char(module, ':');
    if (*level || colon == STR_NONE || !text_names_level(text_from(module, colon + 1), 3))
        return false;
    if (colon > 0)
        text_add(ret, STR("logger"), str_slice(module, 0, colon));
    text_add(ret, STR("level"), text_from(module, colon + 1));
    return *level = true;
}

static bool at_level_bracket(struct str s)
{
    size_t size = text_at(s, 0, '[') ? text_bracket(s) : 0;
    return size > 2 && text_names_level(str_trim(str_slice(s, 1, size - 1)), 3);
}

bool text_take_brackets(struct str *rest, struct text_line *ret)
{
    bool level = false;
    for (size_t i = 0; i < BRACKETS_MAX && text_at(*rest, 0, '['); i++) {
        size_t size = text_bracket(*rest);
        if (size == 0)
            break;
        struct str inside = str_slice(*rest, 1, size - 1), behind = text_skip_separator(text_from(*rest, size));
        if (!add_bracket(ret, inside, &level)) {
            /* [THREAD] LEVEL and [THREAD] [LEVEL]; anything else in brackets begins the message */
            uint32_t place = ret->count;
            text_add(ret, STR("thread"), str_trim(inside));
            bool next = at_level_bracket(behind);
            if (level || inside.size == 0 || !(next || text_take_level(&behind, ret))) {
                ret->count = place;
                break;
            }
            level = !next;
        }
        *rest = behind;
    }
    return level;
}

/* ---- Numbers and names before the level --------------------------------------------------------------------------- */

/* MySQL, behind THREAD. */
static bool take_mysql(struct str *rest, struct text_line *ret, struct str thread)
{
    size_t size = text_bracket(*rest);
    struct str level = size ? str_slice(*rest, 1, size - 1) : STR_ABSENT;
    bool system = str_equal(level, STR("System")); /* as bad as it was, no more */
    if (!system && !text_names_level(level, 3))
        return false;
    text_add(ret, STR("thread"), thread);
    text_add(ret, system ? STR("category") : STR("level"), level);
    *rest = text_skip_separator(text_from(*rest, size));
    size = text_bracket(*rest);
    if (!str_starts(*rest, STR("[MY-")) || size == 0 || !str_starts(text_from(*rest, size), STR(" [")))
        return true;
    text_add(ret, STR("error_code"), str_slice(*rest, 1, size - 1));
    *rest = text_from(*rest, size + 1);
    size = text_bracket(*rest);
    if (size > 2)
        text_add(ret, STR("logger"), str_slice(*rest, 1, size - 1));
    *rest = text_skip_spaces(text_from(*rest, size));
    return true;
}

/* PID LEVEL, PID TID LEVEL, THREAD [LEVEL] */
static bool take_numbered(struct str *rest, struct text_line *ret)
{
    static const struct str names[NUMBERS_MAX] = {{"pid", 3}, {"thread", 6}};
    uint32_t place = ret->count;
    struct str behind = *rest;
    for (size_t i = 0; i < NUMBERS_MAX && behind.size > 0 && text_is_digit(behind.data[0]); i++) {
        struct str word = text_take_word(&behind);
        if (!text_is_number(word, 20))
            break;
        behind = text_skip_spaces(behind);
        if (i == 0 && text_at(behind, 0, '[') && take_mysql(&behind, ret, word)) {
            *rest = behind;
            return true;
        }
        text_add(ret, names[i], word);
        if (take_upper_level(&behind, ret)) {
            *rest = behind;
            return true;
        }
    }
    ret->count = place;
    return false;
}

/* LOGGER LEVEL, as Python's documentation shows it, and fail2ban's LOGGER [PID]: LEVEL; the name may be padded. */
static bool take_named(struct str *rest, struct text_line *ret, enum text_manner manner)
{
    struct str behind = *rest, name = text_take_word(&behind);
    if (name.size == 0 || text_logger_size(name) != name.size || !(manner == TEXT_LOGGERS || text_is_class(name)))
        return false;
    uint32_t place = ret->count;
    text_add(ret, STR("logger"), name);
    behind = text_skip_spaces(behind);
    size_t bracket = text_at(behind, 0, '[') ? text_bracket(behind) : 0;
    if (bracket > 0 && str_starts(text_from(behind, bracket), STR(": "))) {
        if (text_is_number(str_slice(behind, 1, bracket - 1), 10))
            text_add(ret, STR("pid"), str_slice(behind, 1, bracket - 1));
        behind = text_skip_spaces(text_from(behind, bracket + 1));
    }
    if (!take_upper_level(&behind, ret)) {
        ret->count = place;
        return false;
    }
    *rest = behind;
    return true;
}

/* ---- PostgreSQL --------------------------------------------------------------------------------------------------- */

/* USER@DATABASE before "LEVEL:", as Debian sets it up; nothing is taken without that level. */
static bool take_postgres(struct str *rest, struct text_line *ret)
{
    struct str behind = *rest, word = text_take_word(&behind);
    size_t at = str_find_char(word, '@'), size = text_letters(behind);
    if (at == STR_NONE || word.size > TEXT_LOGGER_MAX || !text_at(behind, size, ':') ||
        !text_is_upper(str_slice(behind, 0, size)))
        return false;
    uint32_t place = ret->count;
    if (at > 0)
        text_add(ret, STR("user"), str_slice(word, 0, at));
    if (at + 1 < word.size)
        text_add(ret, STR("database"), text_from(word, at + 1));
    if (!text_take_level(&behind, ret)) {
        ret->count = place;
        return false;
    }
    *rest = behind;
    return true;
}

static void add_setting(struct text_line *ret, struct str setting)
{
    static const struct text_piece names[] = {{{"user", 4}, {"user", 4}},
                                              {{"db", 2}, {"database", 8}},
                                              {{"app", 3}, {"client_app", 10}},
                                              {{"client", 6}, {"client_ip", 9}}};
    struct str value = setting, key = str_cut(&value, '=');
    for (size_t i = 0; i < sizeof names / sizeof *names && value.size > 0; i++) {
        if (str_equal(key, names[i].name))
            text_add(ret, names[i].value, value);
    }
}

/* [LINE-TRANSACTION] user=U,db=D,app=A,client=C LEVEL:, as pgBadger asks for it. */
static bool take_settings(struct str *rest, struct text_line *ret)
{
    struct str behind = *rest;
    size_t bracket = text_at(behind, 0, '[') ? text_bracket(behind) : 0;
    behind = text_skip_spaces(text_from(behind, bracket));
    if (!str_starts(behind, STR("user=")))
        return false;
    size_t end = str_find(str_slice(behind, 0, PREFIX_SIZE_MAX), STR(":  "));
    size_t space = end == STR_NONE ? STR_NONE : str_find_last(str_slice(behind, 0, end), STR(" "));
    if (space == STR_NONE || !text_is_level(str_slice(behind, space + 1, end)))
        return false;
    struct str settings = str_slice(behind, 0, space);
    while (settings.size > 0)
        add_setting(ret, str_cut(&settings, ','));
    text_add(ret, STR("level"), str_slice(behind, space + 1, end));
    *rest = text_from(behind, end + 3);
    return true;
}

/* {QUERY} <LEVEL> LOGGER: */
static bool take_clickhouse(struct str *rest, struct text_line *ret)
{
    size_t close = str_find(str_slice(*rest, 0, TEXT_LOGGER_MAX), STR("} <"));
    struct str behind = text_from(*rest, close == STR_NONE ? rest->size : close + 3);
    size_t size = text_letters(behind);
    if (!text_at(*rest, 0, '{') || !str_starts(text_from(behind, size), STR("> ")) ||
        !text_names_level(str_slice(behind, 0, size), 3))
        return false;
    if (close > 1)
        text_add(ret, STR("query_id"), str_slice(*rest, 1, close));
    text_add(ret, STR("level"), str_slice(behind, 0, size));
    *rest = text_from(behind, size + 2);
    return true;
}

/* ---- All of it ---------------------------------------------------------------------------------------------------- */

bool text_take_header(struct str *rest, struct text_line *ret, enum text_manner manner)
{
    *rest = text_skip_separator(*rest);
    uint32_t place = ret->count;
    bool level = text_take_brackets(rest, ret);
    if (level && manner == TEXT_PLAIN && str_equal(ret->pieces[place].name, STR("thread")))
        manner = TEXT_LOGGERS;
    bool braces = text_at(*rest, 0, '{');
    if (!level && rest->size > 0) {
        if (text_is_digit(rest->data[0]))
            level = take_numbered(rest, ret);
        else if (braces)
            level = take_clickhouse(rest, ret);
        else
            level = text_take_level(rest, ret) || take_settings(rest, ret) || take_postgres(rest, ret) ||
                    take_named(rest, ret, manner);
    }
    if (level)
        text_take_origin(rest, ret, braces ? TEXT_LOGGERS : manner);
    return level;
}
