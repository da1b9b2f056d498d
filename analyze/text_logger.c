/* Loggers that write their lines in a manner of their own.
 *
 *     Python     STAMP - NAME - LEVEL - MESSAGE      STAMP - LEVEL - MESSAGE
 *     cloud-init STAMP - FILE[LEVEL]: MESSAGE
 *     ZooKeeper  STAMP - LEVEL  [THREAD:CLASS@LINE] - MESSAGE
 *     loguru     STAMP | LEVEL    | MODULE:FUNCTION:LINE - MESSAGE
 *     NLog       STAMP|LEVEL|NAME|MESSAGE            HealthApp's STAMP|NAME|PID|MESSAGE: any order
 *     zap        STAMP<tab>LEVEL<tab>[NAME<tab>][FILE.go:LINE<tab>]MESSAGE[<tab>{JSON}]
 *     AWS Lambda STAMP<tab>REQUEST<tab>LEVEL<tab>MESSAGE
 *     Celery     [STAMP: LEVEL/PROCESS] MESSAGE
 *     klog       LMMDD hh:mm:ss.uuuuuu  THREAD FILE:LINE] MESSAGE      L is I, W, E or F
 *     Ruby       L, [STAMP #PID]  LEVEL -- NAME: MESSAGE               L is D, I, W, E, F or A
 *     Redis      PID:ROLE STAMP SIGN MESSAGE         ROLE is M, S, C or X; SIGN . - * # stands for a level */
#include "analyze/text_part.h"

enum { UUID_SIZE = 36 };

bool text_add_loguru(struct text_line *ret, struct str rest)
{
    size_t size = text_letters(rest);
    struct str level = str_slice(rest, 0, size);
    rest = text_skip_spaces(text_from(rest, size));
    if (size < 4 || size > TEXT_LEVEL_MAX || !text_is_upper(level) || !str_starts(rest, STR("| ")))
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
    text_add_message(ret, text_from(rest, 2));
    return true;
}

/* Behind "- LEVEL": the place of ZooKeeper's, or a dash and the message. */
static bool take_dash(struct str *rest, struct text_line *ret)
{
    if (text_at(*rest, 0, '[') && text_take_place(rest, ret))
        return true;
    if (rest->size > 0 && !str_starts(*rest, STR("- ")) && !str_equal(*rest, STR("-")))
        return false;
    *rest = text_from(*rest, 2);
    return true;
}

/* FILE[LEVEL]: MESSAGE */
static bool add_cloud_init(struct text_line *ret, struct str word, struct str message)
{
    size_t open = str_find_char(word, '[');
    struct str level = open == STR_NONE ? STR_ABSENT : str_slice(word, open + 1, word.size - 2);
    if (open == 0 || !text_names_level(level, 3) || text_logger_size(word) != open)
        return false;
    text_add(ret, STR("logger"), str_slice(word, 0, open));
    text_add(ret, STR("level"), level);
    text_add_message(ret, message);
    return true;
}

bool text_add_dashed(struct text_line *ret, struct str rest)
{
    struct str logger = STR_ABSENT, word = text_take_word(&rest);
    if (str_ends(word, STR("]:")))
        return add_cloud_init(ret, word, rest);
    if (!text_names_level(word, 3)) {
        if (word.size == 0 || text_logger_size(word) != word.size || !str_starts(rest, STR("- ")))
            return false;
        logger = word;
        rest = text_from(rest, 2);
        word = text_take_word(&rest);
        if (!text_names_level(word, 3))
            return false;
    }
    rest = text_skip_spaces(rest); /* %(levelname)-8s */
    if (logger.data)
        text_add(ret, STR("logger"), logger);
    text_add(ret, STR("level"), word);
    if (!take_dash(&rest, ret))
        return false;
    text_add_message(ret, rest);
    return true;
}

bool text_add_celery(struct text_line *ret, struct str rest)
{
    size_t size = text_letters(rest);
    struct str level = str_slice(rest, 0, size);
    size_t close = str_find_char(str_slice(rest, 0, TEXT_LOGGER_MAX), ']');
    if (!text_names_level(level, 3) || !text_at(rest, size, '/') || close == STR_NONE)
        return false;
    text_add(ret, STR("level"), level);
    text_add(ret, STR("process"), str_slice(rest, size + 1, close));
    text_add_message(ret, text_skip_spaces(text_from(rest, close + 1)));
    return true;
}

/* ---- Columns ------------------------------------------------------------------------------------------------------ */

bool text_add_piped(struct text_line *ret, struct str rest)
{
    bool level = false, number = false, logger = false;
    for (;;) {
        struct str behind = rest, column = str_trim(str_cut(&behind, '|'));
        if (!behind.data || column.size == 0)
            break;
        if (!level && text_names_level(column, 3)) {
            text_add(ret, STR("level"), column);
            level = true;
        } else if (!number && text_is_number(column, 10)) {
            text_add(ret, STR("pid"), column);
            number = true;
        } else if (!logger && text_logger_size(column) == column.size) {
            text_add(ret, STR("logger"), column);
            logger = true;
        } else {
            break;
        }
        rest = behind;
    }
    text_add_message(ret, rest);
    return true;
}

/* Takes what is before the next tab; false when that is missing or what follows is zap's JSON. */
static bool take_tabbed(struct str *rest, struct str *ret_column)
{
    size_t tab = str_find_char(str_slice(*rest, 0, TEXT_LOGGER_MAX), '\t');
    if (tab == STR_NONE || text_at(*rest, tab + 1, '{'))
        return false;
    *ret_column = str_slice(*rest, 0, tab);
    *rest = text_from(*rest, tab + 1);
    return true;
}

bool text_take_request(struct str *rest, struct text_line *ret)
{
    bool bracket = text_at(*rest, 0, '[');
    struct str id = str_slice(*rest, bracket, bracket + UUID_SIZE);
    if (id.size != UUID_SIZE || id.data[8] != '-' || id.data[13] != '-' || id.data[18] != '-' || id.data[23] != '-' ||
        (bracket ? !str_starts(text_from(*rest, 1 + UUID_SIZE), STR("] ")) : !text_at(*rest, UUID_SIZE, '\t')))
        return false;
    text_add(ret, STR("request_id"), id);
    *rest = text_from(*rest, UUID_SIZE + (bracket ? 3 : 1));
    return true;
}

bool text_add_tabbed(struct text_line *ret, struct str rest)
{
    struct str column, behind;
    text_take_request(&rest, ret);
    if (!take_tabbed(&rest, &column) || !text_names_level(column, 3))
        return false;
    text_add(ret, STR("level"), column);
    behind = rest;
    if (take_tabbed(&behind, &column) && column.size > 0 && text_logger_size(column) == column.size) {
        text_add(ret, STR("logger"), column);
        rest = behind;
    }
    text_take_caller(&rest, ret);
    struct str message = rest;
    size_t json = str_ends(rest, STR("}")) ? str_find(rest, STR("\t{")) : STR_NONE;
    if (json != STR_NONE)
        message = str_slice(rest, 0, json);
    text_add(ret, STR("message"), message);
    if (json != STR_NONE)
        text_add(ret, STR("context"), text_from(rest, json + 1));
    return true;
}

/* ---- A letter or a number first ----------------------------------------------------------------------------------- */

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
    size_t close = str_find(str_slice(rest, 0, TEXT_LOGGER_MAX), STR("]"));
    if (!text_is_number(thread, 20) || close == STR_NONE || close == 0)
        return false;
    text_add(ret, STR("thread"), thread);
    text_add(ret, STR("caller"), str_slice(rest, 0, close));
    text_add_message(ret, text_skip_spaces(text_from(rest, close + 1)));
    return true;
}

bool text_ruby(struct str line, struct text_line *ret)
{
    struct str rest = text_from(line, 4);
    size_t stamp = text_at(line, 3, '[') && strchr("DIWEFA", line.data[0]) ? text_stamp(rest) : 0;
    struct str pid = text_from(rest, stamp);
    if (stamp == 0 || !str_starts(pid, STR(" #")))
        return false;
    text_begin(ret, FORMAT_TEXT);
    text_add(ret, STR("timestamp"), str_slice(rest, 0, stamp));
    pid = text_from(pid, 2);
    size_t digits = text_digits(pid);
    rest = text_skip_spaces(text_from(pid, digits + 1));
    size_t size = text_letters(rest);
    if (digits == 0 || !text_at(pid, digits, ']') || !str_starts(text_from(rest, size), STR(" -- ")))
        return false;
    text_add(ret, STR("pid"), str_slice(pid, 0, digits));
    text_add(ret, STR("level"), str_slice(rest, 0, size));
    rest = text_from(rest, size + 4);
    size_t colon = str_find(str_slice(rest, 0, TEXT_LOGGER_MAX), STR(": "));
    if (colon == STR_NONE)
        return false;
    if (colon > 0)
        text_add(ret, STR("logger"), str_slice(rest, 0, colon));
    rest = text_from(rest, colon + 2);
    text_take_request(&rest, ret); /* as Rails tags its lines */
    text_add_message(ret, rest);
    return true;
}

bool text_redis(struct str line, struct text_line *ret)
{
    static const char signs[] = ".-*#", severities[] = "7754"; /* as in syslog */
    size_t digits = text_digits(line);
    struct str rest = text_from(line, digits);
    if (digits > 10 || rest.size < 4 || rest.data[0] != ':' || !strchr("MSCX", rest.data[1]) || rest.data[2] != ' ')
        return false;
    struct str role = str_slice(rest, 1, 2);
    rest = text_from(rest, 3);
    size_t stamp = text_stamp(rest);
    struct str behind = text_from(rest, stamp);
    const char *sign = behind.size > 2 && behind.data[1] != '\0' ? strchr(signs, behind.data[1]) : NULL;
    if (stamp == 0 || !sign || behind.data[0] != ' ' || behind.data[2] != ' ')
        return false;
    text_begin(ret, FORMAT_TEXT);
    text_add(ret, STR("priority"), str_from(&severities[sign - signs], 1));
    text_add(ret, STR("pid"), str_slice(line, 0, digits));
    text_add(ret, STR("role"), role);
    text_add(ret, STR("timestamp"), str_slice(rest, 0, stamp));
    text_add_message(ret, text_from(behind, 3));
    return true;
}
