/* Requests as proxies and IIS log them.
 *
 *     Squid      SECONDS.MS  ELAPSED_MS CLIENT ACTION/STATUS BYTES METHOD URL USER HIERARCHY/PEER TYPE
 *     HAProxy    CLIENT:PORT [STAMP] FRONTEND BACKEND/SERVER TIMERS STATUS BYTES COOKIE COOKIE FLAGS CONNECTIONS QUEUES
 *                [{HEADERS}...] "REQUEST"                    TIMERS are Tq/Tw/Tc/Tr/Tt in milliseconds, the last the whole
 *     IIS        STAMP SERVER METHOD PATH QUERY PORT USER CLIENT USER-AGENT [REFERER] STATUS SUBSTATUS WIN32 [BYTES...] ELAPSED_MS
 *                (W3C extended, the fields it logs by default; blanks in values are '+') */
#include "analyze/text_part.h"

enum {
    STAMP_SIZE_MAX = 40,
    METHOD_SIZE_MAX = 16,
};

static bool is_status(struct str s)
{
    return s.size == 3 && text_is_number(s, 3);
}

static bool is_method(struct str s)
{
    for (size_t i = 0; i < s.size; i++) {
        if ((s.data[i] < 'A' || s.data[i] > 'Z') && s.data[i] != '_' && s.data[i] != '-')
            return false;
    }
    return s.size > 2 && s.size <= METHOD_SIZE_MAX;
}

bool text_squid(struct str line, struct text_line *ret)
{
    struct str rest = line, seconds = text_take_column(&rest), elapsed = text_take_column(&rest);
    struct str client = text_take_column(&rest), action = text_take_column(&rest), bytes = text_take_column(&rest);
    struct str method = text_take_column(&rest), url = text_take_column(&rest), user = text_take_column(&rest);
    size_t slash = str_find_char(action, '/');
    struct str status = slash == STR_NONE ? STR_ABSENT : text_from(action, slash + 1);
    if (seconds.size != 14 || seconds.data[10] != '.' || !text_is_number(elapsed, 12) || !is_status(status) ||
        !text_is_number(bytes, 20) || !is_method(method) || url.size == 0)
        return false;
    text_begin(ret, FORMAT_ACCESS);
    text_add(ret, STR("timestamp"), seconds);
    text_add(ret, STR("elapsed_ms"), elapsed);
    text_add_known(ret, STR("client_ip"), client);
    text_add(ret, STR("cache"), str_slice(action, 0, slash));
    text_add(ret, STR("status"), status);
    text_add(ret, STR("bytes"), bytes);
    text_add(ret, STR("method"), method);
    text_add(ret, STR("path"), url);
    text_add_known(ret, STR("user"), user);
    text_add_known(ret, STR("upstream"), text_take_column(&rest));
    text_add_known(ret, STR("content_type"), text_take_column(&rest));
    return true;
}

bool text_haproxy(struct str line, struct text_line *ret)
{
    struct str rest = line, client = text_take_word(&rest), inside = text_from(rest, 1);
    size_t close = text_at(rest, 0, '[') ? str_find_char(str_slice(inside, 0, STAMP_SIZE_MAX), ']') : STR_NONE;
    if (close == STR_NONE || text_stamp(inside) != close || !text_at(inside, close + 1, ' '))
        return false;
    rest = text_from(inside, close + 2);
    struct str frontend = text_take_word(&rest), server = text_take_word(&rest), timers = text_take_word(&rest);
    struct str status = text_take_word(&rest), bytes = text_take_word(&rest);
    size_t slash = str_find_last(timers, STR("/")), quote = str_find(rest, STR(" \""));
    struct str elapsed = slash == STR_NONE ? STR_ABSENT : text_from(timers, slash + 1);
    struct str behind = text_from(rest, quote == STR_NONE ? rest.size : quote + 1), request;
    if (elapsed.size > 0 && elapsed.data[0] == '+') /* option logasap */
        elapsed = text_from(elapsed, 1);
    if (!text_is_number(elapsed, 12) || str_find_char(server, '/') == STR_NONE || !is_status(status) ||
        !text_take_quoted(&behind, &request))
        return false;
    text_begin(ret, FORMAT_ACCESS);
    text_add(ret, STR("client_ip"), text_address(client));
    text_add(ret, STR("timestamp"), str_slice(inside, 0, close));
    text_add(ret, STR("frontend"), frontend);
    text_add(ret, STR("upstream"), server);
    text_add(ret, STR("elapsed_ms"), elapsed);
    text_add(ret, STR("status"), status);
    text_add_known(ret, STR("bytes"), bytes);
    text_add_request(ret, request);
    return true;
}

/* Takes the last word; a line's end has them one by one. */
static struct str take_last(struct str *rest)
{
    size_t space = str_find_last(*rest, STR(" "));
    struct str word = space == STR_NONE ? *rest : text_from(*rest, space + 1);
    *rest = str_slice(*rest, 0, space == STR_NONE ? 0 : space);
    return word;
}

/* STATUS SUBSTATUS WIN32 [BYTES [BYTES]] ELAPSED: the numbers at the end, at most six. */
static size_t take_numbers(struct str *rest, struct str numbers[6])
{
    size_t count = 0;
    while (count < 6) {
        struct str before = *rest, word = take_last(&before);
        if (!text_is_number(word, 20))
            break;
        numbers[count++] = word;
        *rest = before;
    }
    return count;
}

bool text_iis(struct str line, size_t stamp, struct text_line *ret)
{
    struct str rest = text_from(line, stamp + 1), server = text_take_word(&rest), method = text_take_word(&rest);
    struct str path = text_take_word(&rest), query = text_take_word(&rest), port = text_take_word(&rest);
    if (!text_at(line, stamp, ' ') || !is_method(method) || !text_at(path, 0, '/') || !text_is_number(port, 5))
        return false;
    struct str user = text_take_word(&rest), client = text_take_word(&rest), agent = text_take_word(&rest), numbers[6];
    struct str tail = rest;
    size_t count = take_numbers(&tail, numbers);
    if (count < 4 || !is_status(numbers[count - 1]))
        return false;
    text_begin(ret, FORMAT_ACCESS);
    text_add(ret, STR("timestamp"), str_slice(line, 0, stamp));
    text_add_known(ret, STR("server"), server);
    text_add(ret, STR("method"), method);
    text_add(ret, STR("path"), path);
    text_add_known(ret, STR("query"), query);
    text_add(ret, STR("port"), port);
    text_add_known(ret, STR("user"), user);
    text_add_known(ret, STR("client_ip"), client);
    text_add_known(ret, STR("user_agent"), agent);
    text_add_known(ret, STR("referer"), tail);
    text_add(ret, STR("status"), numbers[count - 1]);
    text_add(ret, STR("elapsed_ms"), numbers[0]);
    return true;
}
