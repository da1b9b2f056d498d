/* Applications' own lines: a time stamp, maybe a level, then a message.
 *
 *     Python     2024-06-03 10:00:00,123 - NAME - LEVEL - MESSAGE      2024-06-03 10:00:00,123 LEVEL NAME: MESSAGE
 *                LEVEL:NAME:MESSAGE
 *     loguru     2024-06-03 10:00:00.123 | LEVEL    | MODULE:FUNCTION:LINE - MESSAGE
 *     Celery     [2024-06-03 10:00:00,123: LEVEL/PROCESS] MESSAGE
 *     uvicorn    LEVEL:     1.2.3.4:50000 - "GET /x HTTP/1.1" 200 OK
 *     Apache     [Fri Nov 20 10:00:00.123456 2026] [MODULE:LEVEL] [pid 1:tid 2] [client 1.2.3.4:5] MESSAGE
 *     PostgreSQL STAMP [PID] USER@DATABASE LEVEL:  MESSAGE              MySQL 8: STAMP THREAD [LEVEL] [CODE] [SUBSYSTEM] MESSAGE
 *     klog       LMMDD hh:mm:ss.uuuuuu  THREAD FILE:LINE] MESSAGE      L is I, W, E or F
 *     others     STAMP or [STAMP], then in any order [LEVEL] [PID] [THREAD], then LEVEL or CHANNEL.LEVEL:, then MESSAGE
 *
 * 1. A bare level is all upper or all lower case, or any case before a colon; prose that begins with "Error" is prose.
 * 2. Without a time stamp only "LEVEL:", an upper case LEVEL and "[LEVEL]" count. */
#include "analyze/text_part.h"

enum {
    BRACKET_SIZE_MAX = 64,
    BRACKETS_MAX = 6,
    LEVEL_SIZE_MAX = 16,
    LOGGER_SIZE_MAX = 128,
};

/* Behind a stamp or a level: spaces, then one of | : , ; - if it stands alone, then spaces. */
static struct str skip_separator(struct str s)
{
    s = text_skip_spaces(s);
    if (s.size == 0 || !strchr("|:,;-", s.data[0]) || s.data[0] == '\0')
        return s;
    if (s.data[0] == '-' && s.size > 1 && !text_is_space(s.data[1]))
        return s;
    return text_skip_spaces(text_from(s, 1));
}

static bool is_level(struct str s, size_t size_min)
{
    return s.size >= size_min && s.size <= LEVEL_SIZE_MAX && text_is_letter(s.data[0]) &&
           level_parse(s) != LEVEL_UNKNOWN;
}

static size_t letters(struct str s)
{
    size_t size = 0;
    while (size < s.size && text_is_letter(s.data[size]))
        size++;
    return size;
}

static bool is_upper(struct str s)
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

/* What may be the name of a Python or Java logger. */
static size_t logger_size(struct str s)
{
    if (s.size == 0 || !(text_is_letter(s.data[0]) || s.data[0] == '_'))
        return 0;
    size_t size = 1;
    while (size < s.size && size < LOGGER_SIZE_MAX) {
        char c = s.data[size];
        if (!text_is_letter(c) && !text_is_digit(c) && c != '_' && c != '.' && c != '-' && c != '$')
            break;
        size++;
    }
    return size;
}

/* uvicorn's access lines: ADDRESS:PORT - "REQUEST" STATUS PHRASE. */
static bool add_uvicorn(struct text_line *ret, struct str text)
{
    if (text.size == 0 || !(text_is_digit(text.data[0]) || text.data[0] == '[' || text.data[0] == ':'))
        return false;
    struct str rest = text, endpoint = text_take_word(&rest), request;
    if (endpoint.size > BRACKET_SIZE_MAX || !str_starts(rest, STR("- \"")))
        return false;
    rest = text_from(rest, 2);
    if (!text_take_quoted(&rest, &request) || !text_at(rest, 0, ' '))
        return false;
    rest = text_from(rest, 1);
    struct str status = text_take_word(&rest);
    if (!text_is_number(status, 3))
        return false;
    text_add(ret, STR("client_ip"), text_address(endpoint));
    text_add_request(ret, request);
    text_add(ret, STR("status"), status);
    return true;
}

static void add_message(struct text_line *ret, struct str text)
{
    if (text.size > 0 && !add_uvicorn(ret, text))
        text_add(ret, STR("message"), text);
}

/* Takes a bare level and what separates it from the rest. */
static bool take_level(struct str *rest, struct text_line *ret)
{
    size_t size = letters(*rest);
    struct str word = str_slice(*rest, 0, size);
    struct str logger = STR_ABSENT;
    if (text_at(*rest, size, '.')) { /* production.ERROR: */
        size_t more = letters(text_from(*rest, size + 1));
        logger = word;
        word = str_slice(*rest, size + 1, size + 1 + more);
        size += 1 + more;
        if (!is_upper(word) || !text_at(*rest, size, ':'))
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
    *rest = skip_separator(text_from(*rest, size));
    return true;
}

/* The inside of "[...]"; false when it says nothing we know. */
static bool add_bracket(struct text_line *ret, struct str inside, bool *level)
{
    struct str module = inside, rest = inside;
    inside = str_trim(inside);
    if (!*level && is_level(inside, 1)) {
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
    if (*level || colon == STR_NONE || !is_level(text_from(module, colon + 1), 3))
        return false;
    if (colon > 0)
        text_add(ret, STR("logger"), str_slice(module, 0, colon));
    text_add(ret, STR("level"), text_from(module, colon + 1));
    return *level = true;
}

static bool take_brackets(struct str *rest, struct text_line *ret)
{
    bool level = false;
    for (size_t i = 0; i < BRACKETS_MAX && text_at(*rest, 0, '['); i++) {
        size_t close = str_find_char(str_slice(*rest, 0, BRACKET_SIZE_MAX), ']');
        if (close == STR_NONE)
            break;
        struct str inside = str_slice(*rest, 1, close), behind = skip_separator(text_from(*rest, close + 1));
        if (!add_bracket(ret, inside, &level)) {
            /* [THREAD] LEVEL; anything else in brackets begins the message */
            uint32_t place = ret->count;
            text_add(ret, STR("thread"), inside);
            if (level || inside.size == 0 || !take_level(&behind, ret)) {
                ret->count = place;
                break;
            }
            level = true;
        }
        *rest = behind;
    }
    return level;
}

/* "NAME: " and "NAME - " behind a level, in the loggers whose stamps have a comma. */
static void take_logger(struct str *rest, struct text_line *ret)
{
    size_t size = logger_size(*rest);
    struct str behind = text_from(*rest, size);
    if (size == 0)
        return;
    if (str_starts(behind, STR(": ")))
        behind = text_from(behind, 2);
    else if (str_starts(behind, STR(" - ")))
        behind = text_from(behind, 3);
    else
        return;
    text_add(ret, STR("logger"), str_slice(*rest, 0, size));
    *rest = behind;
}

/* loguru, behind "STAMP | ". */
static bool add_loguru(struct text_line *ret, struct str rest)
{
    size_t size = letters(rest);
    struct str level = str_slice(rest, 0, size);
    rest = text_skip_spaces(text_from(rest, size));
    if (size < 4 || size > LEVEL_SIZE_MAX || !is_upper(level) || !str_starts(rest, STR("| ")))
        return false;
    rest = text_from(rest, 2);
    struct str origin = text_take_word(&rest);
    if (!str_starts(rest, STR("- ")))
        return false;
    struct str module = str_cut(&origin, ':'), function = str_cut(&origin, ':');
    text_add(ret, STR("level"), level);
    if (module.size > 0)
        text_add(ret, STR("logger"), module);
    if (function.size > 0)
        text_add(ret, STR("function"), function);
    if (origin.size > 0)
        text_add(ret, STR("line"), origin);
    add_message(ret, text_from(rest, 2));
    return true;
}

/* Python, behind "STAMP - ": [NAME - ]LEVEL - MESSAGE. */
static bool add_dashed(struct text_line *ret, struct str rest)
{
    struct str logger = STR_ABSENT, word = text_take_word(&rest);
    if (!is_level(word, 3)) {
        if (word.size == 0 || logger_size(word) != word.size || !str_starts(rest, STR("- ")))
            return false;
        logger = word;
        rest = text_from(rest, 2);
        word = text_take_word(&rest);
        if (!is_level(word, 3))
            return false;
    }
    rest = text_skip_spaces(rest); /* %(levelname)-8s */
    if (rest.size > 0 && !str_starts(rest, STR("- ")) && !str_equal(rest, STR("-")))
        return false;
    if (logger.data)
        text_add(ret, STR("logger"), logger);
    text_add(ret, STR("level"), word);
    add_message(ret, text_from(rest, 2));
    return true;
}

/* USER@DATABASE before "LEVEL:", as Debian sets up PostgreSQL; nothing is taken without that level. */
static bool take_postgres(struct str *rest, struct text_line *ret)
{
    struct str behind = *rest, word = text_take_word(&behind);
    size_t at = str_find_char(word, '@'), size = letters(behind);
    if (at == STR_NONE || word.size > LOGGER_SIZE_MAX || !text_at(behind, size, ':') ||
        !is_upper(str_slice(behind, 0, size)))
        return false;
    uint32_t place = ret->count;
    if (at > 0)
        text_add(ret, STR("user"), str_slice(word, 0, at));
    if (at + 1 < word.size)
        text_add(ret, STR("database"), text_from(word, at + 1));
    if (!take_level(&behind, ret)) {
        ret->count = place;
        return false;
    }
    *rest = behind;
    return true;
}

/* THREAD before "[LEVEL]", MySQL's. */
static bool take_mysql(struct str *rest, struct text_line *ret)
{
    struct str behind = *rest, word = text_take_word(&behind);
    size_t close = str_find_char(str_slice(behind, 0, LEVEL_SIZE_MAX), ']');
    if (!text_is_number(word, 20) || !text_at(behind, 0, '[') || close == STR_NONE ||
        !is_level(str_slice(behind, 1, close), 3))
        return false;
    text_add(ret, STR("thread"), word);
    text_add(ret, STR("level"), str_slice(behind, 1, close));
    *rest = skip_separator(text_from(behind, close + 1));
    return true;
}

void text_add_stamped(struct text_line *ret, struct str line, size_t stamp)
{
    text_add(ret, STR("timestamp"), str_slice(line, 0, stamp));
    struct str rest = text_from(line, stamp);
    if (str_starts(rest, STR(" | ")) && add_loguru(ret, text_from(rest, 3)))
        return;
    if (str_starts(rest, STR(" - ")) && add_dashed(ret, text_from(rest, 3)))
        return;
    rest = skip_separator(rest);
    bool level = take_brackets(&rest, ret);
    if (!level)
        level = take_level(&rest, ret) || take_postgres(&rest, ret) || take_mysql(&rest, ret);
    if (level && text_at(line, 19, ','))
        take_logger(&rest, ret);
    add_message(ret, rest);
}

bool text_stamped(struct str line, size_t stamp, struct text_line *ret)
{
    text_begin(ret, FORMAT_TEXT);
    text_add_stamped(ret, line, stamp);
    return true;
}

/* Celery, behind "[STAMP: ". */
static bool add_celery(struct text_line *ret, struct str rest)
{
    size_t size = letters(rest);
    struct str level = str_slice(rest, 0, size);
    size_t close = str_find_char(str_slice(rest, 0, 2 * BRACKET_SIZE_MAX), ']');
    if (!is_level(level, 3) || !text_at(rest, size, '/') || close == STR_NONE)
        return false;
    text_add(ret, STR("level"), level);
    text_add(ret, STR("process"), str_slice(rest, size + 1, close));
    add_message(ret, text_skip_spaces(text_from(rest, close + 1)));
    return true;
}

bool text_bracketed(struct str line, struct text_line *ret)
{
    text_begin(ret, FORMAT_TEXT);
    struct str rest = text_from(line, 1);
    size_t stamp = text_stamp(rest);
    if (stamp > 0) {
        text_add(ret, STR("timestamp"), str_slice(rest, 0, stamp));
        rest = text_from(rest, stamp);
        if (str_starts(rest, STR(": ")) && add_celery(ret, text_from(rest, 2)))
            return true;
        if (!text_at(rest, 0, ']'))
            return false;
        rest = skip_separator(text_from(rest, 1));
        if (!take_brackets(&rest, ret))
            take_level(&rest, ret);
        add_message(ret, rest);
        return true;
    }
    size_t close = str_find_char(str_slice(rest, 0, LEVEL_SIZE_MAX), ']');
    if (close == STR_NONE || !is_level(str_trim(str_slice(rest, 0, close)), 3))
        return false;
    text_add(ret, STR("level"), str_trim(str_slice(rest, 0, close)));
    add_message(ret, skip_separator(text_from(rest, close + 1)));
    return true;
}

bool text_leveled(struct str line, struct text_line *ret)
{
    size_t size = letters(line);
    struct str level = str_slice(line, 0, size), rest = text_from(line, size);
    if (!text_is_level(level) || rest.size == 0)
        return false;
    text_begin(ret, FORMAT_TEXT);
    text_add(ret, STR("level"), level);
    if (text_is_space(rest.data[0])) {
        if (!is_upper(level))
            return false;
        add_message(ret, skip_separator(rest));
        return true;
    }
    if (rest.data[0] != ':')
        return false;
    rest = text_from(rest, 1);
    if (rest.size > 0 && !text_is_space(rest.data[0])) { /* LEVEL:NAME:MESSAGE */
        size_t name = logger_size(rest);
        if (!is_upper(level) || name == 0 || !text_at(rest, name, ':'))
            return false;
        text_add(ret, STR("logger"), str_slice(rest, 0, name));
        rest = text_from(rest, name + 1);
    }
    add_message(ret, text_skip_spaces(rest));
    return true;
}

bool text_klog(struct str line, struct text_line *ret)
{
    if (!strchr("IWEF", line.data[0]) || !text_is_number(str_slice(line, 1, 5), 4) || !text_at(line, 5, ' '))
        return false;
    struct str rest = text_from(line, 1);
    size_t stamp = text_stamp(rest);
    if (stamp == 0 || !text_at(rest, stamp, ' '))
        return false;
    text_begin(ret, FORMAT_TEXT);
    text_add(ret, STR("level"), str_slice(line, 0, 1));
    text_add(ret, STR("timestamp"), str_slice(rest, 0, stamp));
    rest = text_skip_spaces(text_from(rest, stamp));
    struct str thread = text_take_word(&rest);
    size_t close = str_find(str_slice(rest, 0, LOGGER_SIZE_MAX), STR("]"));
    if (!text_is_number(thread, 20) || close == STR_NONE || close == 0)
        return false;
    text_add(ret, STR("thread"), thread);
    text_add(ret, STR("caller"), str_slice(rest, 0, close));
    add_message(ret, text_skip_spaces(text_from(rest, close + 1)));
    return true;
}
