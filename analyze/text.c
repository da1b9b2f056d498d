/* Which format to try: the first bytes of a line leave few. */
#include "analyze/text.h"

#include "analyze/text_part.h"
#include "base/clock.h"

/* Only the size of a stamp is asked here, not its time; but the year-less 29 February needs a leap year. */
#define REFERENCE_US (INT64_C(1735603200) * TIME_SECOND) /* 2024-12-31 */

enum {
    STAMP_SIZE_MAX = 64,
    COMPOSE_NAME_MAX = 128,
    ALERT_SIZE_MAX = 32,
};

size_t text_stamp(struct str text)
{
    int64_t unused;
    size_t size = clock_parse_prefix(str_slice(text, 0, STAMP_SIZE_MAX), REFERENCE_US, &unused);
    if (size == 0 || size >= text.size)
        return size;
    char next = text.data[size];
    return text_is_digit(next) || text_is_letter(next) ? 0 : size;
}

bool text_is_level(struct str word)
{
    static const struct str plain[] = {{"error", 5}, {"warn", 4},  {"warning", 7},  {"info", 4},
                                       {"debug", 5}, {"fatal", 5}, {"critical", 8}, {"notice", 6}};
    bool upper = word.size >= 3 && word.size <= 16;
    for (size_t i = 0; i < word.size && upper; i++)
        upper = word.data[i] >= 'A' && word.data[i] <= 'Z';
    if (upper)
        return level_parse(word) != LEVEL_UNKNOWN;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (word.size == plain[i].size && str_equal_nocase(word, plain[i]))
            return true;
    }
    return false;
}

/* "Mar 27 ...", "Fri Nov 20 ...", "Fri, 20 Nov ...": three letters of the right case, then a space or a comma. */
static bool named_date(struct str line)
{
    return line.size > 14 && line.data[0] >= 'A' && line.data[0] <= 'Z' && line.data[1] >= 'a' && line.data[2] >= 'a' &&
           (line.data[3] == ' ' || line.data[3] == ',');
}

static bool match_stamp(struct str line, struct text_line *ret)
{
    size_t stamp = text_stamp(line);
    if (stamp == 0)
        return false;
    if (text_is_digit(line.data[0])) {
        if (text_at(line, 4, '/') && text_nginx(line, stamp, ret))
            return true;
        if (stamp == 19 && text_at(line, 4, '-') && text_at(line, 10, ' ') && text_iis(line, stamp, ret))
            return true;
        if (text_at(line, 10, 'T') && text_cri(line, stamp, ret))
            return true;
        if (!text_at(line, 10, 'T'))
            return text_stamped(line, stamp, ret);
    }
    return text_syslog(line, stamp, ret) || text_stamped(line, stamp, ret);
}

/* "web-1" and "web_1", as compose names containers by itself. */
static bool is_numbered(struct str name)
{
    size_t digits = name.size;
    while (digits > 0 && text_is_digit(name.data[digits - 1]))
        digits--;
    return digits < name.size && digits >= 2 && (name.data[digits - 1] == '-' || name.data[digits - 1] == '_');
}

/* docker compose: "NAME-1  | LINE". The rest is the message, which may be a line of its own; under any other name it has to
 * be JSON or a request. */
static bool match_compose(struct str line, struct text_line *ret)
{
    struct str rest = line, name = text_take_word(&rest);
    rest = text_skip_spaces(rest);
    if (name.size > COMPOSE_NAME_MAX || (!str_starts(rest, STR("| ")) && !str_equal(rest, STR("|"))))
        return false;
    rest = text_from(rest, rest.size > 1 ? 2 : 1);
    if (!is_numbered(name) && !text_at(rest, 0, '{') && !text_access(rest, ret))
        return false;
    text_begin(ret, FORMAT_TEXT);
    text_add(ret, STR("container_name"), name);
    text_add(ret, STR("message"), rest);
    return true;
}

/* OpenStack's tools put the file's name before each line: "nova-api.log.1 STAMP ...". */
static bool match_named(struct str line, struct text_line *ret)
{
    size_t space = str_find_char(str_slice(line, 0, COMPOSE_NAME_MAX), ' ');
    struct str name = str_slice(line, 0, space), rest = text_from(line, space == STR_NONE ? line.size : space + 1);
    if (name.size < 5 || rest.size == 0 || !text_is_digit(rest.data[0]) || str_find(name, STR(".log")) == STR_NONE)
        return false;
    size_t stamp = text_stamp(rest);
    if (stamp == 0)
        return false;
    text_begin(ret, FORMAT_TEXT);
    text_add(ret, STR("file"), name);
    text_add_stamped(ret, rest, stamp);
    return true;
}

/* A capital letter and what may follow it at once: another kind of line each. */
static bool match_capital(struct str line, struct text_line *ret)
{
    switch (line.size > 1 ? line.data[1] : '\0') {
    case ',':
        return text_ruby(line, ret);
    case '/':
        return text_brief(line, ret);
    default:
        break;
    }
    size_t space = str_find_char(str_slice(line, 0, ALERT_SIZE_MAX), ' ');
    return space != STR_NONE && space + 1 < line.size && text_is_digit(line.data[space + 1]) && text_cluster(line, ret);
}

/* What begins with a digit and no time stamp. */
static bool match_digit(struct str line, struct text_line *ret)
{
    if (text_at(line, 2, ':') && text_at(line, 5, ':'))
        return text_clock(line, ret);
    if (text_at(line, 10, '.') && text_squid(line, ret))
        return true;
    size_t digits = text_digits(str_slice(line, 0, ALERT_SIZE_MAX));
    if (text_at(line, digits, ' '))
        return text_events(line, ret);
    return (text_at(line, digits, ':') && text_redis(line, ret)) || text_haproxy(line, ret);
}

/* What begins with a letter or, if it is a container's name, a digit. */
static bool match_lettered(struct str line, struct text_line *ret)
{
    bool digit = text_is_digit(line.data[0]);
    if (!digit && text_is_digit(line.size > 1 ? line.data[1] : '\0') && text_klog(line, ret))
        return true;
    if (digit ? match_digit(line, ret) : line.data[0] <= 'Z' && match_capital(line, ret))
        return true;
    if (str_starts(line, STR("type=")) && text_audit(line, ret))
        return true;
    if (match_named(line, ret))
        return true;
    return str_find(str_slice(line, 0, 2 * COMPOSE_NAME_MAX), STR(" | ")) != STR_NONE && match_compose(line, ret);
}

static bool match_line(struct str line, struct text_line *ret)
{
    if (line.size == 0)
        return false;
    char first = line.data[0];
    if (text_is_space(first))
        return false;
    if (first == '<')
        return text_priority(line, ret);
    if (first == '[')
        return text_bracketed(line, ret) || (text_at(line, 1, ':') && text_haproxy(line, ret));
    if (first == '-' && text_at(line, 1, ' ') && text_cluster(line, ret))
        return true;
    if ((text_is_digit(first) || named_date(line)) && match_stamp(line, ret))
        return true;
    if ((text_is_letter(first) || text_is_digit(first)) && match_lettered(line, ret))
        return true;
    if (text_access(line, ret))
        return true;
    if (text_is_letter(first) && text_leveled(line, ret))
        return true;
    return text_logfmt(line, ret);
}

static struct str without_return(struct str line)
{
    return line.size > 0 && line.data[line.size - 1] == '\r' ? str_slice(line, 0, line.size - 1) : line;
}

/* The lines behind the first one belong to the message, if that ends the first one or there is none. */
static void add_continuation(struct text_line *ret, struct str first, struct str lines)
{
    struct text_piece *last = ret->count > 0 ? &ret->pieces[ret->count - 1] : NULL;
    bool message = last != NULL && str_equal(last->name, STR("message"));
    if (message && last->value.data + last->value.size == first.data + first.size) {
        last->value.size = (size_t)(lines.data + lines.size - last->value.data);
        return;
    }
    for (uint32_t i = 0; i < ret->count; i++)
        message = message || str_equal(ret->pieces[i].name, STR("message"));
    struct str rest = text_from(lines, (size_t)(first.data + first.size - lines.data));
    rest = text_from(rest, str_find_char(rest, '\n') + 1);
    text_add(ret, message || ret->format != FORMAT_TEXT ? STR("continuation") : STR("message"), rest);
}

bool text_match(struct str line, struct text_line *ret)
{
    struct str lines = without_return(line), first = lines;
    size_t newline = str_find_char(lines, '\n');
    if (newline != STR_NONE)
        first = without_return(str_slice(lines, 0, newline));
    if (!match_line(first, ret))
        return false;
    if (newline != STR_NONE)
        add_continuation(ret, first, lines);
    return true;
}
