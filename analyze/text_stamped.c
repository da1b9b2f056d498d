/* Applications' own lines: a time stamp, maybe a level, then a message. Which of the ways to write them it is, the bytes around
 * the stamp tell; what stands between it and the message is text_header.c's and text_origin.c's.
 *
 *     STAMP HEADER MESSAGE        STAMP,HEADER MESSAGE          [STAMP] HEADER MESSAGE
 *     LEVEL:NAME:MESSAGE          LEVEL STAMP HEADER MESSAGE    LEVEL [THREAD] STAMP FILE:LINE - MESSAGE (Cassandra)
 *     uvicorn    LEVEL:     1.2.3.4:50000 - "GET /x HTTP/1.1" 200 OK
 *     Apache     [Fri Nov 20 10:00:00.123456 2026] [MODULE:LEVEL] [pid 1:tid 2] [client 1.2.3.4:5] MESSAGE
 *     Kafka      [STAMP] LEVEL MESSAGE (LOGGER)
 *     Flask      [STAMP] LEVEL in MODULE: MESSAGE
 *     Elastic    [STAMP][LEVEL][LOGGER] [NODE] MESSAGE
 *     Rust       [STAMP LEVEL TARGET] MESSAGE
 *     PHP        [STAMP] PHP LEVEL:  MESSAGE
 *     Django     [STAMP] "REQUEST" STATUS BYTES
 *     logback    hh:mm:ss.mmm [THREAD] LEVEL LOGGER - MESSAGE           no date: the record has no time
 *
 * Without a time stamp only "LEVEL:", an upper case LEVEL, LEVEL[0000] and "[LEVEL]" count. */
#include "analyze/text_part.h"

enum {
    ENDPOINT_SIZE_MAX = 64,
    CLOCK_SIZE = 8, /* hh:mm:ss */
};

/* uvicorn's access lines: ADDRESS:PORT - "REQUEST" STATUS PHRASE. */
static bool add_uvicorn(struct text_line *ret, struct str text)
{
    if (text.size == 0 || !(text_is_digit(text.data[0]) || text.data[0] == '[' || text.data[0] == ':'))
        return false;
    struct str rest = text, endpoint = text_take_word(&rest), request;
    if (endpoint.size > ENDPOINT_SIZE_MAX || !str_starts(rest, STR("- \"")))
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

void text_add_message(struct text_line *ret, struct str text)
{
    if (text.size > 0 && !add_uvicorn(ret, text))
        text_add(ret, STR("message"), text);
}

/* Logging frameworks write ",123"; Spark and HDFS have two digits for the year; "03-Jun-2024 " is Tomcat; Rust's tracing writes
 * microseconds and Z. */
static enum text_manner manner_of(struct str line, size_t stamp)
{
    if (text_at(line, 19, ',') || (stamp == 27 && text_at(line, 26, 'Z')))
        return TEXT_LOGGERS;
    if (text_at(line, 2, '-') && text_at(line, 6, '-'))
        return TEXT_METHODS;
    bool slashes = text_at(line, 2, '/') && text_at(line, 5, '/');
    bool compact = text_digits(str_slice(line, 0, 6)) >= 5;
    return slashes || compact ? TEXT_LOGGERS : TEXT_PLAIN;
}

/* ":LEVEL:NAME:MESSAGE" */
static bool add_coloned(struct text_line *ret, struct str rest)
{
    size_t size = text_letters(rest), name;
    struct str level = str_slice(rest, 0, size), behind = text_from(rest, size + 1);
    if (!text_at(rest, size, ':') || !text_is_upper(level) || !text_is_level(level))
        return false;
    name = text_logger_size(behind);
    if (name == 0 || !text_at(behind, name, ':'))
        return false;
    text_add(ret, STR("level"), level);
    text_add(ret, STR("logger"), str_slice(behind, 0, name));
    text_add_message(ret, text_skip_spaces(text_from(behind, name + 1)));
    return true;
}

/* The ways that a byte or two behind the stamp announce. */
static bool add_announced(struct text_line *ret, struct str rest)
{
    char first = rest.size > 1 ? rest.data[0] : '\0', second = rest.size > 1 ? rest.data[1] : '\0';
    switch (first) {
    case '|':
        return text_add_piped(ret, text_from(rest, 1));
    case ':':
        return add_coloned(ret, text_from(rest, 1));
    case '\t':
        return text_add_tabbed(ret, text_from(rest, 1));
    case ',':
        return second == ' ' && text_add_columns(ret, text_from(rest, 2));
    case ' ':
        break;
    default:
        return false;
    }
    if (second == '|' && text_at(rest, 2, ' '))
        return text_add_loguru(ret, text_from(rest, 3));
    if (second == '-' && text_at(rest, 2, ' '))
        return text_add_dashed(ret, text_from(rest, 3));
    if (text_at(rest, 2, ' ') || text_at(rest, 3, ' ')) {
        if (text_add_mongo(ret, text_from(rest, 1)))
            return true;
    }
    return (text_at(rest, 2, '/') || second == ' ' || text_is_digit(second)) && text_add_logcat(ret, rest);
}

void text_add_stamped(struct text_line *ret, struct str line, size_t stamp)
{
    text_add(ret, STR("timestamp"), str_slice(line, 0, stamp));
    struct str rest = text_from(line, stamp);
    uint32_t place = ret->count;
    if (add_announced(ret, rest))
        return;
    ret->count = place;
    text_take_header(&rest, ret, manner_of(line, stamp));
    if (ret->count == place)
        text_take_caller(&rest, ret);
    text_add_message(ret, rest);
}

bool text_stamped(struct str line, size_t stamp, struct text_line *ret)
{
    text_begin(ret, FORMAT_TEXT);
    text_add_stamped(ret, line, stamp);
    if (str_find_char(str_slice(line, 0, stamp), ':') != STR_NONE)
        return true;
    for (uint32_t i = 0; i < ret->count; i++) { /* two numbers may be anything: "081109 203615" needs a level */
        if (str_equal(ret->pieces[i].name, STR("level")))
            return true;
    }
    return str_find_char(str_slice(line, 0, stamp), '.') != STR_NONE;
}

/* ---- [STAMP] ------------------------------------------------------------------------------------------------------ */

/* " (LOGGER)" at the end. */
static void add_kafka(struct text_line *ret, struct str text)
{
    size_t open = str_ends(text, STR(")")) ? str_find_last(text, STR(" (")) : STR_NONE;
    struct str logger = open == STR_NONE ? STR_ABSENT : str_slice(text, open + 2, text.size - 1);
    bool known = logger.size > 0 && text_logger_size(logger) == logger.size && str_find_char(logger, '.') != STR_NONE &&
                 !text_is_digit(logger.data[logger.size - 1]);
    text_add_message(ret, known ? str_slice(text, 0, open) : text);
    if (known)
        text_add(ret, STR("logger"), logger);
}

/* "in MODULE: MESSAGE" */
static bool add_flask(struct text_line *ret, struct str rest)
{
    struct str module = str_starts(rest, STR("in ")) ? text_from(rest, 3) : STR_ABSENT;
    size_t size = text_logger_size(module);
    if (size == 0 || !str_starts(text_from(module, size), STR(": ")))
        return false;
    text_add(ret, STR("logger"), str_slice(module, 0, size));
    text_add_message(ret, text_from(module, size + 2));
    return true;
}

/* "[LEVEL ][LOGGER ] [NODE] MESSAGE", without a space before it. */
static bool add_elastic(struct text_line *ret, struct str rest)
{
    size_t size = text_bracket(rest), more = text_at(rest, size, '[') ? text_bracket(text_from(rest, size)) : 0;
    if (size < 3 || more < 3)
        return false;
    struct str level = str_trim(str_slice(rest, 1, size - 1));
    struct str logger = str_trim(str_slice(rest, size + 1, size + more - 1));
    if (!text_names_level(level, 3) || text_logger_size(logger) != logger.size)
        return false;
    text_add(ret, STR("level"), level);
    text_add(ret, STR("logger"), logger);
    rest = text_skip_spaces(text_from(rest, size + more));
    size = text_at(rest, 0, '[') ? text_bracket(rest) : 0;
    if (size > 0 && text_at(rest, size, ' ')) {
        text_add_known(ret, STR("host"), str_trim(str_slice(rest, 1, size - 1)));
        rest = text_skip_spaces(text_from(rest, size));
    }
    text_add_message(ret, rest);
    return true;
}

/* " LEVEL TARGET] MESSAGE", behind the stamp within the brackets. */
static bool add_rust(struct text_line *ret, struct str rest)
{
    rest = text_skip_spaces(rest);
    size_t size = text_letters(rest);
    struct str level = str_slice(rest, 0, size);
    size_t close = str_find_char(str_slice(rest, 0, TEXT_LOGGER_MAX), ']');
    if (close == STR_NONE || !text_is_upper(level) || !text_is_level(level))
        return false;
    struct str target = str_trim(str_slice(rest, size, close));
    text_add(ret, STR("level"), level);
    text_add_known(ret, STR("logger"), target);
    text_add_message(ret, text_skip_spaces(text_from(rest, close + 1)));
    return true;
}

/* "PHP Fatal error:  MESSAGE" */
static bool add_php(struct text_line *ret, struct str rest)
{
    size_t colon = str_find(str_slice(rest, 0, ENDPOINT_SIZE_MAX), STR(": "));
    if (!str_starts(rest, STR("PHP ")) || colon == STR_NONE)
        return false;
    struct str words = str_slice(rest, 4, colon), level = text_take_word(&words);
    if (!text_names_level(level, 3))
        level = words; /* "Parse error" */
    if (!text_names_level(level, 3))
        return false;
    text_add(ret, STR("service"), str_slice(rest, 0, 3));
    text_add(ret, STR("level"), level);
    text_add_message(ret, text_skip_spaces(text_from(rest, colon + 1)));
    return true;
}

/* "REQUEST" STATUS BYTES, of Django's own server. */
static bool add_django(struct text_line *ret, struct str rest)
{
    struct str request;
    if (!text_take_quoted(&rest, &request) || !text_at(rest, 0, ' '))
        return false;
    rest = text_from(rest, 1);
    struct str status = text_take_word(&rest);
    if (status.size != 3 || !text_is_number(status, 3) || !text_is_number(rest, 20))
        return false;
    text_add_request(ret, request);
    text_add(ret, STR("status"), status);
    text_add(ret, STR("bytes"), rest);
    return true;
}

/* Behind "[STAMP": a zone by its name, as PHP writes it, is passed over. */
static struct str skip_zone_name(struct str rest)
{
    size_t close = text_at(rest, 0, ' ') ? str_find_char(str_slice(rest, 0, ENDPOINT_SIZE_MAX), ']') : STR_NONE;
    struct str zone = close == STR_NONE ? STR_ABSENT : str_slice(rest, 1, close);
    size_t slash = str_find_char(zone, '/');
    bool name = slash != STR_NONE && slash > 0 && text_letters(zone) == slash && str_find_char(zone, ' ') == STR_NONE;
    return name ? text_from(rest, close) : rest;
}

static bool add_behind_stamp(struct text_line *ret, struct str line, size_t stamp)
{
    text_add(ret, STR("timestamp"), str_slice(line, 0, stamp));
    struct str rest = text_from(line, stamp);
    uint32_t place = ret->count;
    if (str_starts(rest, STR(": ")) && text_add_celery(ret, text_from(rest, 2)))
        return true;
    rest = skip_zone_name(rest);
    if (!text_at(rest, 0, ']'))
        return text_at(rest, 0, ' ') && add_rust(ret, rest);
    rest = text_from(rest, 1);
    if (text_at(rest, 0, '[') && add_elastic(ret, rest))
        return true;
    ret->count = place;
    struct str behind = text_skip_separator(rest);
    if (text_at(line, 2, '.') && text_add_proxifier(ret, behind))
        return true;
    if (text_at(behind, 0, '"') && add_django(ret, behind))
        return true;
    if (text_at(behind, 0, 'P') && add_php(ret, behind))
        return true;
    bool level = text_take_header(&rest, ret, TEXT_BRACKETED);
    if (!level || !text_at(line, 19, ','))
        text_add_message(ret, rest);
    else if (!add_flask(ret, rest))
        add_kafka(ret, rest);
    return true;
}

/* ---- LEVEL and [LEVEL] -------------------------------------------------------------------------------------------------------- */

/* "STAMP HEADER", "[STAMP] HEADER" and "[THREAD] STAMP FILE:LINE - ", behind a level. */
static bool add_later_stamp(struct text_line *ret, struct str rest)
{
    rest = text_skip_spaces(rest);
    if (rest.size == 0 || !(rest.data[0] == '[' || text_is_digit(rest.data[0])))
        return false;
    size_t bracket = rest.data[0] == '[' ? text_bracket(rest) : 0;
    struct str inside = str_slice(rest, 1, bracket > 0 ? bracket - 1 : 0);
    if (bracket > 0 && text_stamp(inside) == inside.size && inside.size > 0) {
        text_add(ret, STR("timestamp"), inside);
        rest = text_from(rest, bracket);
    } else {
        struct str behind = text_skip_spaces(text_from(rest, bracket));
        size_t stamp = behind.size > 0 && text_is_digit(behind.data[0]) ? text_stamp(behind) : 0;
        if (stamp == 0)
            return false;
        if (bracket > 0)
            text_add(ret, STR("thread"), inside);
        text_add(ret, STR("timestamp"), str_slice(behind, 0, stamp));
        rest = text_from(behind, stamp);
    }
    rest = text_skip_separator(rest);
    if (!text_take_request(&rest, ret))
        text_take_origin(&rest, ret, TEXT_LOGGERS);
    text_add_message(ret, rest);
    return true;
}

bool text_bracketed(struct str line, struct text_line *ret)
{
    text_begin(ret, FORMAT_TEXT);
    struct str rest = text_from(line, 1);
    size_t stamp = text_stamp(rest);
    if (stamp > 0)
        return add_behind_stamp(ret, rest, stamp);
    size_t close = str_find_char(str_slice(rest, 0, TEXT_LEVEL_MAX), ']');
    if (close == STR_NONE || !text_names_level(str_trim(str_slice(rest, 0, close)), 3))
        return text_seconds(line, ret);
    text_add(ret, STR("level"), str_trim(str_slice(rest, 0, close)));
    rest = text_from(rest, close + 1);
    if (!add_later_stamp(ret, rest))
        text_add_message(ret, text_skip_separator(rest));
    return true;
}

/* LEVEL[0000], as logrus writes it to a terminal. */
static bool add_logrus(struct text_line *ret, struct str rest)
{
    size_t size = text_bracket(rest);
    if (size == 0 || !text_is_number(str_slice(rest, 1, size - 1), 10) || !text_at(rest, size, ' '))
        return false;
    text_add(ret, STR("uptime"), str_slice(rest, 1, size - 1));
    text_add_message(ret, text_skip_spaces(text_from(rest, size)));
    return true;
}

bool text_leveled(struct str line, struct text_line *ret)
{
    size_t size = text_letters(line);
    struct str level = str_slice(line, 0, size), rest = text_from(line, size);
    if (rest.size == 0 || !text_is_level(level))
        return false;
    text_begin(ret, FORMAT_TEXT);
    text_add(ret, STR("level"), level);
    if (rest.data[0] == '[')
        return text_is_upper(level) && add_logrus(ret, rest);
    if (text_is_space(rest.data[0])) {
        if (!text_is_upper(level))
            return false;
        if (!add_later_stamp(ret, rest))
            text_add_message(ret, text_skip_separator(rest));
        return true;
    }
    if (rest.data[0] != ':')
        return false;
    rest = text_from(rest, 1);
    if (rest.size > 0 && !text_is_space(rest.data[0])) { /* LEVEL:NAME:MESSAGE */
        size_t name = text_logger_size(rest);
        if (!text_is_upper(level) || name == 0 || !text_at(rest, name, ':'))
            return false;
        text_add(ret, STR("logger"), str_slice(rest, 0, name));
        rest = text_from(rest, name + 1);
    }
    text_add_message(ret, text_skip_spaces(rest));
    return true;
}

/* ---- No date ------------------------------------------------------------------------------------------------------ */

bool text_clock(struct str line, struct text_line *ret)
{
    size_t size = CLOCK_SIZE;
    if (text_at(line, size, '.') || text_at(line, size, ','))
        size += 1 + text_digits(text_from(line, size + 1));
    struct str hour = str_slice(line, 0, 2), minute = str_slice(line, 3, 5), second = str_slice(line, 6, CLOCK_SIZE);
    if (!text_at(line, 2, ':') || !text_at(line, 5, ':') || !text_at(line, size, ' ') || !text_is_number(hour, 2) ||
        !text_is_number(minute, 2) || !text_is_number(second, 2))
        return false;
    text_begin(ret, FORMAT_TEXT);
    text_add(ret, STR("clock"), str_slice(line, 0, size));
    struct str rest = text_from(line, size);
    if (!text_take_header(&rest, ret, TEXT_LOGGERS))
        return false;
    text_add_message(ret, rest);
    return true;
}
