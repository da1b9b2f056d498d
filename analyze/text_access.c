/* Web servers' logs.
 *
 *     common     CLIENT IDENT USER [dd/Mon/yyyy:hh:mm:ss +zzzz] "REQUEST" STATUS BYTES
 *     combined   the same and "REFERER" "USER-AGENT", then whatever the administrator added
 *     vhost      SERVER[:PORT] before CLIENT (Apache's vhost_combined)
 *     error      yyyy/mm/dd hh:mm:ss [LEVEL] PID#TID: *CONNECTION MESSAGE, client: A, server: B, request: "R",
 *                upstream: "U", host: "H", referrer: "F" (nginx; any of the tail may be missing)
 *
 * 1. Quotes inside quoted values are escaped in access logs (Apache \", nginx \x22), but not in nginx's error log.
 * 2. MESSAGE and the quoted values of the error log hold what a client sent. A tail is believed where it fits the
 *    grammar to the line's end, else only the client of the line's single ", client: ", so that nobody can write
 *    somebody else's address by asking for a page of that name. */
#include "analyze/text_part.h"

enum {
    HEAD_SIZE_MAX = 512, /* client, ident and user */
    STAMP_SIZE_MAX = 40,
    METHOD_SIZE_MAX = 32,
    TAILS_MAX = 16, /* places tried as the beginning of an nginx tail */
};

struct str text_address(struct str endpoint)
{
    if (text_at(endpoint, 0, '[')) {
        size_t close = str_find_char(endpoint, ']');
        return close == STR_NONE ? endpoint : str_slice(endpoint, 1, close);
    }
    size_t colon = str_find_last(endpoint, STR(":"));
    if (colon == STR_NONE || !text_is_number(text_from(endpoint, colon + 1), 5))
        return endpoint;
    struct str address = str_slice(endpoint, 0, colon);
    /* a lone IPv6 address ends like one with a port; the forms with a port that we know have eight groups before it */
    size_t groups = 0;
    for (size_t i = 0; i < address.size; i++) {
        if (address.data[i] == ':')
            groups++;
    }
    return groups == 0 || groups == 7 ? address : endpoint;
}

void text_add_request(struct text_line *ret, struct str request)
{
    struct str rest = request;
    struct str method = text_take_word(&rest);
    bool known = method.size > 0 && method.size <= METHOD_SIZE_MAX && rest.size > 0;
    for (size_t i = 0; known && i < method.size; i++) {
        char c = method.data[i];
        known = (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    }
    if (!known) {
        text_add_known(ret, STR("request"), request);
        return;
    }
    text_add(ret, STR("method"), method);
    size_t space = str_find_last(rest, STR(" "));
    if (space != STR_NONE && str_starts(text_from(rest, space + 1), STR("HTTP/"))) {
        text_add(ret, STR("path"), str_slice(rest, 0, space));
        text_add(ret, STR("protocol"), text_from(rest, space + 1));
    } else {
        text_add(ret, STR("path"), rest);
    }
}

/* ---- Access logs -------------------------------------------------------------------------------------------------- */

/* The offset of the '[' before an access log's stamp, or STR_NONE. */
static size_t find_stamp(struct str line)
{
    struct str head = str_slice(line, 0, HEAD_SIZE_MAX);
    size_t at = str_find_char(head, '[');
    if (at == STR_NONE || at < 6 || line.data[at - 1] != ' ')
        return STR_NONE;
    if (!text_at(line, at + 3, '/') || !text_at(line, at + 7, '/') || !text_at(line, at + 12, ':'))
        return STR_NONE;
    return at;
}

static bool add_client(struct text_line *ret, struct str head)
{
    struct str first = text_take_word(&head), second = text_take_word(&head);
    bool vhost = str_find_char(second, '.') != STR_NONE || str_find_char(second, ':') != STR_NONE;
    if (vhost && head.size > 0 && str_find_char(head, ' ') != STR_NONE) { /* SERVER CLIENT IDENT USER */
        text_add(ret, STR("server"), first);
        first = second;
        text_take_word(&head);
    }
    if (first.size == 0 || head.size == 0 || str_find_char(second, '|') != STR_NONE ||
        str_find_char(head, '|') != STR_NONE)
        return false;
    text_add_known(ret, STR("client_ip"), first);
    text_add_known(ret, STR("user"), head); /* may have spaces */
    return true;
}

/* What the administrator added: key=value words and a lone decimal fraction, the usual ways to log the time taken. */
static void add_extras(struct text_line *ret, struct str rest)
{
    for (rest = text_skip_spaces(rest); rest.size > 0; rest = text_skip_spaces(rest)) {
        struct str value;
        if (rest.data[0] == '"') {
            if (!text_take_quoted(&rest, &value))
                return;
            continue;
        }
        size_t size = 0;
        while (size < rest.size && !text_is_space(rest.data[size]) && rest.data[size] != '=')
            size++;
        struct str word = str_slice(rest, 0, size);
        rest = text_from(rest, size);
        double number;
        if (text_at(rest, 0, '=')) {
            rest = text_from(rest, 1);
            if (!text_take_quoted(&rest, &value))
                value = text_take_word(&rest);
            if (str_equal(word, STR("rt")))
                word = STR("request_time");
            if (word.size > 0)
                text_add_known(ret, word, value);
        } else if (text_is_digit(word.data[0]) && str_find_char(word, '.') != STR_NONE &&
                   str_to_double(word, &number)) {
            text_add(ret, STR("request_time"), word);
        }
    }
}

bool text_access(struct str line, struct text_line *ret)
{
    size_t open = find_stamp(line);
    if (open == STR_NONE)
        return false;
    struct str rest = text_from(line, open + 1);
    size_t close = str_find_char(str_slice(rest, 0, STAMP_SIZE_MAX), ']');
    if (close == STR_NONE || text_stamp(rest) != close)
        return false;
    text_begin(ret, FORMAT_ACCESS);
    if (!add_client(ret, str_slice(line, 0, open - 1)))
        return false;
    text_add(ret, STR("timestamp"), str_slice(rest, 0, close));
    rest = text_from(rest, close + 1);
    struct str value;
    if (!text_at(rest, 0, ' '))
        return false;
    rest = text_from(rest, 1);
    if (!text_take_quoted(&rest, &value) || !text_at(rest, 0, ' '))
        return false;
    text_add_request(ret, value);
    rest = text_from(rest, 1);
    value = text_take_word(&rest);
    if (!text_is_number(value, 3) && !str_equal(value, STR("-")))
        return false;
    text_add_known(ret, STR("status"), value);
    if (rest.size > 0 && rest.data[0] != '"') {
        value = text_take_word(&rest);
        if (!text_is_number(value, 20) && !str_equal(value, STR("-")))
            return false;
        text_add_known(ret, STR("bytes"), value);
    }
    if (!text_take_quoted(&rest, &value)) {
        add_extras(ret, rest);
        return true;
    }
    text_add_known(ret, STR("referer"), value);
    rest = text_skip_spaces(rest);
    if (text_take_quoted(&rest, &value))
        text_add_known(ret, STR("user_agent"), value);
    add_extras(ret, rest);
    return true;
}

/* ---- nginx error log ---------------------------------------------------------------------------------------------- */

struct tail_key {
    struct str written; /* with the comma before and the colon behind */
    struct str name;
};

static const struct tail_key tail_keys[] = {
    {{", client: ", 10}, {"client_ip", 9}}, {{", server: ", 10}, {"server", 6}},
    {{", request: ", 11}, {"request", 7}},  {{", upstream: ", 12}, {"upstream", 8}},
    {{", host: ", 8}, {"http_host", 9}},    {{", referrer: ", 12}, {"referer", 7}},
    {{", subrequest: ", 14}, {NULL, 0}},    {{", login: ", 9}, {"user", 4}},
};
enum { TAIL_KEYS = sizeof tail_keys / sizeof tail_keys[0] };

/* Up to the next comma; nginx writes no spaces, quotes or brackets of prose there. */
static bool take_plain(struct str *rest, struct str *ret_value)
{
    size_t size = 0;
    for (; size < rest->size && rest->data[size] != ','; size++) {
        if (rest->data[size] == ' ' || rest->data[size] == '"')
            return false;
    }
    *ret_value = str_slice(*rest, 0, size);
    *rest = text_from(*rest, size);
    return true;
}

static bool take_value(struct str *rest, struct str *ret_value)
{
    if (!text_at(*rest, 0, '"'))
        return take_plain(rest, ret_value);
    size_t close = str_find_char(text_from(*rest, 1), '"');
    if (close == STR_NONE)
        return false;
    *ret_value = str_slice(*rest, 1, 1 + close);
    *rest = text_from(*rest, close + 2);
    return true;
}

/* Takes one ", key: value"; which key in *ret_key. */
static bool take_tail_key(struct str *rest, size_t *ret_key, struct str *ret_value)
{
    for (size_t i = 0; i < TAIL_KEYS; i++) {
        if (!str_starts(*rest, tail_keys[i].written))
            continue;
        *rest = text_from(*rest, tail_keys[i].written.size);
        *ret_key = i;
        return take_value(rest, ret_value);
    }
    return false;
}

/* Adds the tail when it fits the grammar to its end; of a repeated key the first counts. */
static bool add_tail(struct text_line *ret, struct str tail)
{
    uint32_t count = ret->count;
    unsigned seen = 0;
    while (tail.size > 0) {
        size_t key;
        struct str value;
        if (!take_tail_key(&tail, &key, &value)) {
            ret->count = count;
            return false;
        }
        if (seen & 1u << key)
            continue;
        seen |= 1u << key;
        if (str_equal(tail_keys[key].name, STR("request")))
            text_add_request(ret, value);
        else if (tail_keys[key].name.data)
            text_add_known(ret, tail_keys[key].name, value);
    }
    return true;
}

static void add_message(struct text_line *ret, struct str text)
{
    const struct str mark = tail_keys[0].written;
    uint32_t place = ret->count;
    text_add(ret, STR("message"), text);
    size_t at = str_find(text, mark), first = at, tails = 0;
    while (at != STR_NONE && tails++ < TAILS_MAX) {
        ret->pieces[place].value = str_slice(text, 0, at);
        if (add_tail(ret, text_from(text, at)))
            return;
        size_t next = str_find(text_from(text, at + mark.size), mark);
        at = next == STR_NONE ? STR_NONE : at + mark.size + next;
    }
    ret->pieces[place].value = text;
    struct str rest = text_from(text, first + mark.size), value;
    if (first == STR_NONE || tails != 1 || !take_plain(&rest, &value))
        return;
    ret->pieces[place].value = str_slice(text, 0, first);
    text_add_known(ret, STR("client_ip"), value);
}

bool text_nginx(struct str line, size_t stamp, struct text_line *ret)
{
    struct str rest = text_from(line, stamp);
    if (!str_starts(rest, STR(" [")))
        return false;
    rest = text_from(rest, 2);
    size_t close = str_find_char(str_slice(rest, 0, 16), ']');
    if (close == STR_NONE || level_parse(str_slice(rest, 0, close)) == LEVEL_UNKNOWN)
        return false;
    struct str level = str_slice(rest, 0, close);
    rest = text_from(rest, close + 1);
    if (!text_at(rest, 0, ' '))
        return false;
    rest = text_from(rest, 1);
    struct str thread = text_take_word(&rest), pid = str_cut(&thread, '#');
    if (!text_is_number(pid, 10) || thread.size < 2 || thread.data[thread.size - 1] != ':')
        return false;
    text_begin(ret, FORMAT_NGINX_ERROR);
    text_add(ret, STR("timestamp"), str_slice(line, 0, stamp));
    text_add(ret, STR("level"), level);
    text_add(ret, STR("pid"), pid);
    if (text_at(rest, 0, '*')) {
        struct str message = text_from(rest, 1), connection = text_take_word(&message);
        if (text_is_number(connection, 20)) {
            text_add(ret, STR("connection"), connection);
            rest = message;
        }
    }
    add_message(ret, rest);
    return true;
}
