#include "analyze/login.h"

enum { QUOTED_BYTES_MAX = 1024 }; /* a longer quoted value is none, so that open quotes cost little */

/* rsyslog folds equal lines: "message repeated 2 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]" */
static struct str unfold(struct str message)
{
    if (!str_starts(message, STR("message repeated ")))
        return message;
    size_t open = str_find(message, STR(": ["));
    if (open == STR_NONE)
        return message;
    struct str inside = str_trim(str_slice(message, open + 3, message.size));
    return str_ends(inside, STR("]")) ? str_slice(inside, 0, inside.size - 1) : inside;
}

static bool is_end(char c)
{
    return c == ' ' || c == ',' || c == ';' || c == ')' || c == '\t' || c == '\n' || c == '\r';
}

/* The value at the start of `rest`: quoted, in <>, or up to white space or punctuation; a final ':' or '.' does not belong to
 * it. */
static struct str take_value(struct str rest)
{
    if (rest.size && strchr("\"'<", rest.data[0]) && rest.data[0]) {
        struct str inside = str_slice(rest, 1, QUOTED_BYTES_MAX);
        size_t close = str_find_char(inside, rest.data[0] == '<' ? '>' : rest.data[0]);
        return close == STR_NONE ? STR_ABSENT : str_slice(inside, 0, close);
    }
    size_t end = 0;
    while (end < rest.size && !is_end(rest.data[end]))
        end++;
    while (end > 0 && (rest.data[end - 1] == ':' || rest.data[end - 1] == '.'))
        end--;
    return end ? str_slice(rest, 0, end) : STR_ABSENT;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Words that stand behind "user" in prose and are no name: "user not found", "user login failed". */
static bool is_prose(struct str value)
{
    static const struct str words[] = {STR("a"),
                                       STR("account"),
                                       STR("agent"),
                                       STR("and"),
                                       STR("attempted"),
                                       STR("auth"),
                                       STR("authenticated"),
                                       STR("authentication"),
                                       STR("can"),
                                       STR("could"),
                                       STR("did"),
                                       STR("does"),
                                       STR("failed"),
                                       STR("from"),
                                       STR("has"),
                                       STR("id"),
                                       STR("in"),
                                       STR("is"),
                                       STR("logged"),
                                       STR("login"),
                                       STR("logon"),
                                       STR("name"),
                                       STR("not"),
                                       STR("or"),
                                       STR("password"),
                                       STR("service"),
                                       STR("session"),
                                       STR("sign"),
                                       STR("signed"),
                                       STR("signin"),
                                       STR("to"),
                                       STR("was"),
                                       STR("with")};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal(value, words[i]))
            return true;
    return false;
}

/* The value behind the last `key` that begins a word. */
static struct str value_after(struct str message, struct str key)
{
    for (size_t limit = message.size; limit > 0;) {
        size_t at = str_find_last(str_slice(message, 0, limit), key);
        if (at == STR_NONE)
            return STR_ABSENT;
        if (at == 0 || !is_word(message.data[at - 1])) {
            struct str value = take_value(str_slice(message, at + key.size, message.size));
            bool bare = value.data == message.data + at + key.size && key.data[key.size - 1] == ' ';
            if (value.size && !(bare && is_prose(value)))
                return value;
        }
        limit = at + key.size - 1;
    }
    return STR_ABSENT;
}

static bool ends_in_equals(struct str key)
{
    return key.data[key.size - 1] == '=';
}

/* An IPv4 address, or something with two colons made of hex digits; a port behind IPv4 is left out. */
static struct str as_address(struct str value)
{
    unsigned dots = 0, colons = 0;
    size_t end = value.size;
    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];
        if (c == '.') {
            dots++;
        } else if (c == ':') {
            colons++;
            if (dots == 3 && colons == 1)
                end = i;
        } else if (!(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'f' && dots == 0)) {
            return STR_ABSENT;
        }
    }
    if (dots == 3 && colons <= 1)
        return str_slice(value, 0, end);
    return colons >= 2 ? value : STR_ABSENT;
}

/* "Failed password for invalid user NAME from ADDRESS port 22 ssh2": the name may hold anything, so the last " from "
 * counts: sshd writes the address, the client chose the name. */
static struct login parse_sshd(struct str message)
{
    struct login login = {STR_ABSENT, STR_ABSENT};
    size_t at = str_find(message, STR(" for "));
    size_t from = str_find_last(message, STR(" from "));
    if (at == STR_NONE || from == STR_NONE || from < at + 4)
        return login;
    struct str user = from < at + 5 ? STR("") : str_slice(message, at + 5, from);
    if (str_starts(user, STR("invalid user ")))
        user = str_slice(user, 13, user.size);
    else if (str_equal(user, STR("invalid user")))
        user = STR("");
    login.user = user;
    login.client_ip = take_value(str_slice(message, from + 6, message.size));
    return login;
}

/* pam_unix: "authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=ADDRESS  user=NAME": the name comes last and
 * may hold anything, "rhost=" too. */
static bool parse_pam(struct str message, struct login *ret)
{
    size_t at = str_find(message, STR("; logname="));
    struct str said = str_slice(message, 0, at);
    if (at == STR_NONE || !(str_ends(said, STR("authentication failure")) || str_ends(said, STR("failures"))))
        return false;
    struct str pairs = str_slice(message, at, message.size);
    size_t user = str_find(pairs, STR("  user="));
    struct str before = str_slice(pairs, 0, user);
    size_t host = str_find_last(before, STR(" rhost="));
    *ret = (struct login){STR_ABSENT, STR_ABSENT};
    if (user != STR_NONE)
        ret->user = str_trim(str_slice(pairs, user + 7, pairs.size));
    if (host != STR_NONE)
        ret->client_ip = take_value(str_slice(before, host + 7, before.size));
    return true;
}

/* Postfix: "unknown[192.0.2.1]: SASL LOGIN authentication failed" */
static struct str bracketed_address(struct str message)
{
    size_t open = str_find_char(message, '[');
    struct str inside = open == STR_NONE ? STR_ABSENT : str_slice(message, open + 1, message.size);
    size_t close = str_find(inside, STR("]:"));
    return close == STR_NONE ? STR_ABSENT : as_address(str_slice(inside, 0, close));
}

enum login_line login_of_sshd(struct str message)
{
    struct str line = unfold(message);
    bool failed = str_starts(line, STR("Failed "));
    if (!failed && !str_starts(line, STR("Accepted ")))
        return LOGIN_OTHER;
    if (str_find(line, STR(" for ")) == STR_NONE || str_find(line, STR(" from ")) == STR_NONE)
        return LOGIN_OTHER;
    if (str_starts(line, STR("Failed publickey for ")) && !str_starts(line, STR("Failed publickey for invalid user ")))
        return LOGIN_OTHER;
    return failed ? LOGIN_FAILED : LOGIN_ACCEPTED;
}

struct login login_parse(struct str message)
{
    struct str line = unfold(message);
    if (str_starts(line, STR("Failed ")) || str_starts(line, STR("Accepted "))) {
        struct login sshd = parse_sshd(line);
        if (sshd.user.data)
            return sshd;
    }
    struct login login = {STR_ABSENT, STR_ABSENT};
    bool equals = str_find_char(line, '=') != STR_NONE; /* prose has none, and most of what follows looks for one */
    if (equals && parse_pam(line, &login))
        return login;
    static const struct str user_keys[] = {STR("user="), STR("username="), STR("sasl_username="),
                                           STR("acct="), STR("for user "), STR("user "),
                                           STR("User "), STR("ruser="),    STR("principal ")};
    static const struct str address_keys[] = {STR("rhost="), STR("client="), STR("client: "),   STR("client_ip="),
                                              STR("src="),   STR("ip="),     STR("rip="),       STR("addr="),
                                              STR("host="),  STR("from "),   STR("from host "), STR("host ")};
    for (size_t i = 0; i < sizeof user_keys / sizeof *user_keys && !login.user.data; i++)
        login.user = equals || !ends_in_equals(user_keys[i]) ? value_after(line, user_keys[i]) : STR_ABSENT;
    for (size_t i = 0; i < sizeof address_keys / sizeof *address_keys && !login.client_ip.data; i++) {
        struct str value = equals || !ends_in_equals(address_keys[i]) ? value_after(line, address_keys[i]) : STR_ABSENT;
        login.client_ip = value.data ? as_address(value) : STR_ABSENT;
    }
    if (!login.client_ip.data)
        login.client_ip = bracketed_address(line);
    size_t at = str_find(line, STR("'@'")); /* MySQL: user 'root'@'192.0.2.1' */
    if (!login.client_ip.data && at != STR_NONE)
        login.client_ip = take_value(str_slice(line, at + 2, line.size));
    return login;
}

/* ---- sshd's other lines ---------------------------------------------------------------------------------------------- */

/* "NAME ADDRESS port N": the name may hold anything, so the last " port " with an address before it counts. */
static struct login name_and_peer(struct str rest)
{
    struct login none = {STR_ABSENT, STR_ABSENT};
    size_t port = str_find_last(rest, STR(" port "));
    struct str before = str_slice(rest, 0, port);
    size_t space = port == STR_NONE ? STR_NONE : str_find_last(before, STR(" "));
    if (space == STR_NONE)
        return none;
    struct str address = as_address(str_slice(before, space + 1, before.size));
    return address.data ? (struct login){str_slice(before, 0, space), address} : none;
}

/* "NAME from ADDRESS ..." */
static struct login name_from_peer(struct str rest)
{
    struct login none = {STR_ABSENT, STR_ABSENT};
    size_t from = str_find_last(rest, STR(" from "));
    if (from == STR_NONE)
        return none;
    struct str address = as_address(take_value(str_slice(rest, from + 6, rest.size)));
    return address.data ? (struct login){str_slice(rest, 0, from), address} : none;
}

static struct login only_peer(struct str rest)
{
    return (struct login){STR_ABSENT, as_address(take_value(rest))};
}

struct login login_about(struct str message)
{
    static const struct {
        struct str begins;
        struct login (*parse)(struct str rest);
    } forms[] = {
        {STR("Invalid user "), name_from_peer},
        {STR("error: maximum authentication attempts exceeded for invalid user "), name_from_peer},
        {STR("error: maximum authentication attempts exceeded for "), name_from_peer},
        {STR("maximum authentication attempts exceeded for invalid user "), name_from_peer},
        {STR("maximum authentication attempts exceeded for "), name_from_peer},
        {STR("Connection closed by authenticating user "), name_and_peer},
        {STR("Connection closed by invalid user "), name_and_peer},
        {STR("Connection reset by authenticating user "), name_and_peer},
        {STR("Connection reset by invalid user "), name_and_peer},
        {STR("Disconnected from authenticating user "), name_and_peer},
        {STR("Disconnected from invalid user "), name_and_peer},
        {STR("Disconnected from user "), name_and_peer},
        {STR("Disconnecting authenticating user "), name_and_peer},
        {STR("Disconnecting invalid user "), name_and_peer},
        {STR("Connection closed by "), only_peer},
        {STR("Connection reset by "), only_peer},
        {STR("Disconnected from "), only_peer},
        {STR("Received disconnect from "), only_peer},
        {STR("Did not receive identification string from "), only_peer},
    };
    struct str line = unfold(message);
    struct login login = {STR_ABSENT, STR_ABSENT};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (str_starts(line, forms[i].begins))
            return forms[i].parse(str_slice(line, forms[i].begins.size, line.size));
    if (str_starts(line, STR("Failed ")))
        return parse_sshd(line);
    if (str_starts(line, STR("pam_")) || str_starts(line, STR("PAM ")))
        (void)parse_pam(line, &login);
    return login;
}

/* ---- Programs ---------------------------------------------------------------------------------------------------------- */

bool login_repeats_pam(struct str service)
{
    return str_equal(service, STR("sudo")) || str_equal(service, STR("su")) || str_equal(service, STR("login"));
}

static bool is_cron(struct str service)
{
    return str_equal(service, STR("CRON")) || str_equal(service, STR("cron")) || str_equal(service, STR("crond"));
}

bool login_program(struct str service)
{
    return str_starts(service, STR("sshd")) || login_repeats_pam(service) || is_cron(service);
}

struct str login_refused_by_sudo(struct str message)
{
    size_t at = str_find(message, STR(" : "));
    struct str rest = at == STR_NONE ? STR_ABSENT : str_slice(message, at + 3, message.size);
    bool refused = str_starts(rest, STR("user NOT in sudoers ;")) || str_starts(rest, STR("command not allowed ;"));
    return refused ? str_trim(str_slice(message, 0, at)) : STR_ABSENT;
}

bool login_is_cron_command(struct str service, struct str message)
{
    if (!is_cron(service) || !str_starts(message, STR("(")))
        return false;
    size_t close = str_find(message, STR(") CMD ("));
    return close != STR_NONE && str_find_char(str_slice(message, 0, close), ' ') == STR_NONE;
}
