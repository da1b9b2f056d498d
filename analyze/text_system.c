/* Logs of operating systems and clusters that are not syslog.
 *
 *     Android     [STAMP] PID TID L TAG: M (threadtime)   [STAMP ]L/TAG( PID): M (time, brief)   L is V, D, I, W, E or F
 *     Windows     STAMP, LEVEL                  COMPONENT    M                (servicing: CBS.log)
 *     Proxifier   [STAMP] PROGRAM [*64] - M
 *     MongoDB     STAMP L COMPONENT  [CONTEXT] M                              (up to 4.2)
 *     kernel      [    5.123456] M                                            (dmesg: seconds since the start)
 *     Nagios      [1700000000] M
 *     Blue Gene   ALERT EPOCH YYYY.MM.DD NODE YYYY-MM-DD-hh.mm.ss.uuuuuu NODE TYPE COMPONENT LEVEL M
 *     Thunderbird ALERT EPOCH YYYY.MM.DD HOST Mmm dd hh:mm:ss PLACE TAG[PID]: M, Spirit and Liberty too
 *     HPC         NUMBER NODE COMPONENT STATE EPOCH FLAG M                    (Los Alamos)
 *
 * ALERT is "-" for lines that are none. EPOCH is the time; the local time beside it names no zone. */
#include "analyze/text_part.h"

enum {
    TAG_SIZE_MAX = 128,
    EPOCH_SIZE = 10,
    DATE_SIZE = 10,
    ALERT_SIZE_MAX = 32,
    WORD_SIZE_MAX = 64,
    UPTIME_DIGITS = 6, /* of the fraction */
    PID_WIDTH = 5,     /* to which Android pads it; tells "I/O error (5): " from a header */
};

static bool is_logcat_level(struct str s)
{
    return s.size == 1 && s.data[0] != '\0' && strchr("VDIWEF", s.data[0]);
}

/* ---- Android ------------------------------------------------------------------------------------------------------ */

/* "TAG: M", the tag padded and free to have spaces. */
static bool add_tag(struct text_line *ret, struct str rest)
{
    struct str head = str_slice(rest, 0, TAG_SIZE_MAX);
    size_t colon = str_find(head, STR(": ")), behind = colon + 2;
    if (colon == STR_NONE && str_ends(head, STR(":")) && head.size == rest.size)
        behind = (colon = rest.size - 1) + 1;
    if (colon == STR_NONE)
        return false;
    struct str tag = str_trim(str_slice(rest, 0, colon));
    if (tag.size > 0)
        text_add(ret, STR("logger"), tag);
    text_add(ret, STR("message"), text_from(rest, behind));
    return true;
}

/* L/TAG( PID): M */
static bool add_brief(struct text_line *ret, struct str rest)
{
    struct str level = str_slice(rest, 0, 1), tag = str_slice(rest, 2, TAG_SIZE_MAX);
    size_t end = str_find(tag, STR("): ")), open = str_find_last(str_slice(tag, 0, end), STR("("));
    if (!is_logcat_level(level) || !text_at(rest, 1, '/') || end == STR_NONE || open == STR_NONE)
        return false;
    struct str pid = str_trim(str_slice(tag, open + 1, end));
    if (end - open <= PID_WIDTH || !text_is_number(pid, 10))
        return false;
    text_add(ret, STR("level"), level);
    if (open > 0)
        text_add(ret, STR("logger"), str_trim(str_slice(tag, 0, open)));
    text_add(ret, STR("pid"), pid);
    text_add(ret, STR("message"), text_from(rest, 2 + end + 3));
    return true;
}

bool text_brief(struct str line, struct text_line *ret)
{
    text_begin(ret, FORMAT_TEXT);
    return add_brief(ret, line);
}

bool text_add_logcat(struct text_line *ret, struct str rest)
{
    rest = text_skip_spaces(rest);
    if (text_at(rest, 1, '/'))
        return add_brief(ret, rest);
    struct str pid = text_take_column(&rest), thread = text_take_column(&rest), level = text_take_column(&rest);
    if (!text_is_number(pid, 10) || !text_is_number(thread, 10) || !is_logcat_level(level))
        return false;
    text_add(ret, STR("pid"), pid);
    text_add(ret, STR("thread"), thread);
    text_add(ret, STR("level"), level);
    return add_tag(ret, rest);
}

/* ---- Windows, MongoDB --------------------------------------------------------------------------------------------- */

bool text_add_columns(struct text_line *ret, struct str rest)
{
    struct str level = text_take_word(&rest);
    if (!text_names_level(level, 3) || !text_at(rest, 0, ' '))
        return false;
    text_add(ret, STR("level"), level);
    rest = text_skip_spaces(rest);
    struct str behind = rest, component = text_take_word(&behind);
    if (text_is_upper(component) && component.size <= TEXT_LEVEL_MAX && text_at(behind, 0, ' ')) {
        text_add(ret, STR("logger"), component);
        rest = text_skip_spaces(behind);
    }
    text_add(ret, STR("message"), rest);
    return true;
}

bool text_add_mongo(struct text_line *ret, struct str rest)
{
    struct str word = text_take_word(&rest), level = str_slice(word, 0, 1), component = text_take_column(&rest);
    size_t size = text_at(rest, 0, '[') ? text_bracket(rest) : 0;
    if (level.size == 0 || level.data[0] == '\0' || !strchr("FEWID", level.data[0]) ||
        (word.size > 1 && !text_is_digit(word.data[1])) || component.size > TEXT_LEVEL_MAX || size < 3 ||
        !(text_is_upper(component) || str_equal(component, STR("-"))))
        return false;
    text_add(ret, STR("level"), level);
    text_add_known(ret, STR("logger"), component);
    text_add(ret, STR("thread"), str_slice(rest, 1, size - 1));
    text_add(ret, STR("message"), text_skip_spaces(text_from(rest, size)));
    return true;
}

bool text_add_proxifier(struct text_line *ret, struct str rest)
{
    struct str head = str_slice(rest, 0, TAG_SIZE_MAX);
    size_t dash = str_find(head, STR(" - "));
    struct str program = str_slice(rest, 0, dash == STR_NONE ? 0 : dash), bits = STR_ABSENT;
    size_t star = str_find(program, STR(" *"));
    if (star != STR_NONE) {
        bits = text_from(program, star + 1);
        program = str_slice(program, 0, star);
    }
    if (program.size == 0)
        return false;
    text_add(ret, STR("service"), program);
    if (bits.data)
        text_add(ret, STR("bits"), bits);
    text_add(ret, STR("message"), text_from(rest, dash + 3));
    return true;
}

/* ---- [seconds] ---------------------------------------------------------------------------------------------------- */

/* At '[': the size of "[ SECONDS]" with the digits and the point in *ret_inside, or 0. */
static size_t take_seconds(struct str s, struct str *ret_inside)
{
    struct str inside = text_skip_spaces(text_from(s, 1));
    size_t end = text_digits(inside);
    if (end > 0 && text_at(inside, end, '.'))
        end += 1 + text_digits(text_from(inside, end + 1));
    *ret_inside = str_slice(inside, 0, end);
    return end > 0 && text_at(inside, end, ']') ? s.size - inside.size + end + 1 : 0;
}

size_t text_uptime(struct str s, struct str *ret_seconds)
{
    size_t size = take_seconds(s, ret_seconds), point = str_find_char(*ret_seconds, '.');
    return size > 0 && point < EPOCH_SIZE && ret_seconds->size == point + 1 + UPTIME_DIGITS ? size : 0;
}

bool text_seconds(struct str line, struct text_line *ret)
{
    struct str seconds;
    size_t size = text_uptime(line, &seconds);
    bool uptime = size > 0;
    if (!uptime)
        size = take_seconds(line, &seconds);
    if (size == 0 || !text_at(line, size, ' ') ||
        (!uptime && str_find_char(seconds, '.') != EPOCH_SIZE && seconds.size != EPOCH_SIZE))
        return false;
    text_begin(ret, FORMAT_TEXT);
    text_add(ret, uptime ? STR("uptime") : STR("timestamp"), seconds);
    text_add(ret, STR("message"), text_from(line, size + 1));
    return true;
}

/* ---- Clusters ----------------------------------------------------------------------------------------------------- */

static bool is_epoch(struct str s)
{
    return s.size == EPOCH_SIZE && text_is_number(s, EPOCH_SIZE) && s.data[0] != '0';
}

/* Behind NODE: Blue Gene's own stamp, the node again, and TYPE COMPONENT LEVEL. */
static bool add_blue_gene(struct text_line *ret, struct str rest, struct str node)
{
    struct str stamp = text_take_word(&rest), again = text_take_word(&rest);
    if (text_stamp(stamp) != stamp.size)
        return false;
    text_add(ret, STR("local_time"), stamp);
    if (!str_equal(again, node))
        text_add_known(ret, STR("location"), again);
    struct str behind = rest, type = text_take_word(&behind), component = text_take_word(&behind);
    struct str level = text_take_word(&behind);
    if (text_is_upper(type) && text_is_upper(component) && text_names_level(level, 3)) {
        text_add(ret, STR("reporter"), type);
        text_add(ret, STR("service"), component);
        text_add(ret, STR("level"), level);
        rest = behind;
    }
    text_add(ret, STR("message"), rest);
    return true;
}

/* Behind HOST: a syslog stamp, PLACE and what syslog writes. */
static bool add_thunderbird(struct text_line *ret, struct str rest)
{
    size_t stamp = text_stamp(rest);
    if (stamp == 0 || !text_at(rest, stamp, ' '))
        return false;
    text_add(ret, STR("local_time"), str_slice(rest, 0, stamp));
    rest = text_from(rest, stamp + 1);
    struct str behind = rest, place = text_take_word(&behind);
    bool known = str_find_char(place, '/') != STR_NONE || str_find_char(place, '@') != STR_NONE;
    if (known && !str_ends(place, STR(":"))) {
        text_add(ret, STR("location"), place);
        rest = text_skip_spaces(behind);
    }
    if (!text_add_tagged(ret, rest))
        text_add(ret, STR("message"), rest);
    return true;
}

bool text_cluster(struct str line, struct text_line *ret)
{
    struct str rest = line, alert = text_take_word(&rest), epoch = text_take_word(&rest);
    struct str date = text_take_word(&rest), node = text_take_word(&rest);
    if (alert.size == 0 || alert.size > ALERT_SIZE_MAX || !is_epoch(epoch) || date.size != DATE_SIZE ||
        date.data[4] != '.' || date.data[7] != '.' || rest.size == 0)
        return false;
    text_begin(ret, FORMAT_TEXT);
    text_add_known(ret, STR("alert"), alert);
    text_add(ret, STR("timestamp"), epoch);
    if (!str_equal(node, STR("NULL")))
        text_add_known(ret, STR("host"), node);
    return text_is_digit(rest.data[0]) ? add_blue_gene(ret, rest, node) : add_thunderbird(ret, rest);
}

bool text_events(struct str line, struct text_line *ret)
{
    struct str rest = line, number = text_take_word(&rest), node = text_take_word(&rest);
    struct str component = text_take_word(&rest), state = text_take_word(&rest), epoch = text_take_word(&rest);
    struct str flag = text_take_word(&rest);
    if (!text_is_number(number, 9) || !is_epoch(epoch) || !text_is_number(flag, 2) || node.size > WORD_SIZE_MAX ||
        component.size == 0 || component.size > WORD_SIZE_MAX || state.size == 0 || state.size > WORD_SIZE_MAX)
        return false;
    text_begin(ret, FORMAT_TEXT);
    text_add(ret, STR("serial"), number);
    text_add_known(ret, STR("host"), node);
    text_add_known(ret, STR("service"), component);
    text_add_known(ret, STR("state"), state);
    text_add(ret, STR("timestamp"), epoch);
    text_add(ret, STR("flag"), flag);
    text_add(ret, STR("message"), rest);
    return true;
}
