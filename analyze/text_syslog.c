/* Syslog and what looks like it.
 *
 *     RFC 3164   [<PRI>]Mmm dd hh:mm:ss HOST TAG[PID]: MESSAGE
 *     the same with an RFC 3339 stamp, as rsyslog and journald write files
 *     RFC 5424   <PRI>VERSION STAMP HOST APP-NAME PROCID MSGID STRUCTURED-DATA [MESSAGE]
 *                STRUCTURED-DATA = "-" or one or more [SDID PARAM="VALUE" ...], VALUE escaping \" \\ \]
 *     CRI        STAMP stdout|stderr F|P[:tags] MESSAGE (Kubernetes container runtime interface, logging format)
 *
 * 1. PRI is 0..191, its severity PRI mod 8.
 * 2. HOST may be missing when the line says otherwise that it is syslog: with a PRI or a [PID].
 * 3. A tag has a letter, no space, and ends at ": " or ":" and the end. A level in HOST's place is no host. Behind a host it
 *    may have spaces as well: "Google Chrome Helper[35628]:", "Server Administrator:", "syslogd 1.4.1:", "-- root[2421]:".
 *    The colon may be missing behind a host and a "TAG[PID]" in digits, as macOS leaves it out at times.
 * 4. launchd's "TAG[PID] (JOB[PID]):" is a tag. What tells of repeated messages has none. */
#include "analyze/text_part.h"

enum {
    PRI_MAX = 191,
    HOST_SIZE_MAX = 255,
    TAG_SIZE_MAX = 128,
    PID_SIZE_MAX = 32,
    JOB_SIZE_MAX = 256,
    TAG_WORDS_MAX = 5,
};

static bool tag_char(char c)
{
    static const bool more[256] = {
        ['_'] = true, ['.'] = true, ['/'] = true, ['('] = true, [')'] = true, ['-'] = true, ['@'] = true,
        ['%'] = true, ['+'] = true, ['*'] = true, [']'] = true, ['#'] = true, [':'] = true,
    };
    return text_is_letter(c) || text_is_digit(c) || more[(unsigned char)c];
}

static bool pid_char(char c)
{
    return text_is_letter(c) || text_is_digit(c) || c == '.' || c == '-' || c == '_';
}

/* At '[' behind a tag: the size of "[PID]", or 0. */
static size_t pid_size(struct str rest)
{
    size_t size = 1;
    while (size < rest.size && size <= PID_SIZE_MAX && pid_char(rest.data[size]))
        size++;
    return size > 1 && text_at(rest, size, ']') ? size + 1 : 0;
}

static bool tag_ends(struct str rest, size_t at)
{
    return text_at(rest, at, ':') && (at + 1 == rest.size || text_is_space(rest.data[at + 1]));
}

/* Takes "TAG[PID]: "; pid stays absent without one. */
static bool take_tag(struct str *rest, struct str *ret_tag, struct str *ret_pid)
{
    bool letter = false;
    *ret_pid = STR_ABSENT;
    size_t size = 0;
    for (; size < rest->size && size <= TAG_SIZE_MAX; size++) {
        char c = rest->data[size];
        if (c == '[' || tag_ends(*rest, size))
            break;
        if (!tag_char(c))
            return false;
        if (text_is_letter(c))
            letter = true;
    }
    if (!letter)
        return false;
    size_t end = size;
    if (text_at(*rest, size, '[')) {
        size_t bracket = pid_size(text_from(*rest, size));
        if (bracket == 0)
            return false;
        *ret_pid = str_slice(*rest, size + 1, size + bracket - 1);
        end = size + bracket;
    }
    if (!tag_ends(*rest, end))
        return false;
    *ret_tag = str_slice(*rest, 0, size);
    *rest = text_from(*rest, end + 1);
    return true;
}

/* ---- Tags with spaces --------------------------------------------------------------------------------------------- */

static bool is_version(struct str word)
{
    for (size_t i = 0; i < word.size; i++) {
        if (!text_is_digit(word.data[i]) && word.data[i] != '.')
            return false;
    }
    return word.size > 2 && text_is_digit(word.data[0]);
}

/* "NAME VERSION", or names that all begin with a capital: "Server Administrator". */
static bool is_title(struct str tag)
{
    struct str first = text_take_word(&tag);
    if (is_version(tag))
        return true;
    for (struct str word = first; word.size > 0; word = text_take_word(&tag)) {
        if (word.data[0] < 'A' || word.data[0] > 'Z')
            return false;
    }
    return tag.size == 0;
}

/* " (JOB[PID])" before the colon. */
static size_t job_size(struct str rest)
{
    size_t close = str_starts(rest, STR(" (")) ? str_find(str_slice(rest, 0, JOB_SIZE_MAX), STR("):")) : STR_NONE;
    return close == STR_NONE || close == 2 ? 0 : close + 1;
}

struct tag {
    struct str name, pid, job; /* absent: none */
};

static bool take_long_tag(struct str *rest, struct tag *ret)
{
    struct str behind = str_starts(*rest, STR("-- ")) ? text_from(*rest, 3) : *rest;
    size_t words = 1, size = 0;
    *ret = (struct tag){STR_ABSENT, STR_ABSENT, STR_ABSENT};
    for (; size < behind.size && size <= TAG_SIZE_MAX && words <= TAG_WORDS_MAX; size++) {
        char c = behind.data[size];
        if (c == '[' || tag_ends(behind, size))
            break;
        if (!tag_char(c) && c != ' ')
            return false;
        words += c == ' ';
    }
    struct str name = str_slice(behind, 0, size);
    if (size == 0 || name.data[size - 1] == ' ' || text_letters(name) == 0)
        return false;
    size_t end = size;
    if (text_at(behind, size, '[')) {
        size_t bracket = pid_size(text_from(behind, size));
        ret->pid = str_slice(behind, size + 1, size + bracket - 1);
        if (bracket == 0 || !text_is_number(ret->pid, 10))
            return false;
        end += bracket;
        size_t job = job_size(text_from(behind, end));
        if (job > 0)
            ret->job = str_slice(behind, end + 2, end + job - 1);
        end += job;
    } else if (words < 2 || !is_title(name)) {
        return false;
    }
    bool bare = words == 1 && end > size && text_at(behind, end, ' ');
    if (!bare && !tag_ends(behind, end))
        return false;
    ret->name = name;
    *rest = text_from(behind, end + 1);
    return true;
}

/* ---- The header --------------------------------------------------------------------------------------------------- */

static bool host_char(char c)
{
    static const bool more[256] = {
        ['.'] = true, ['-'] = true, ['_'] = true, [':'] = true, ['%'] = true, ['/'] = true, ['['] = true, [']'] = true,
    };
    return text_is_letter(c) || text_is_digit(c) || more[(unsigned char)c];
}

static bool take_host(struct str *rest, struct str *ret_host)
{
    struct str word = text_take_word(rest);
    if (word.size == 0 || word.size > HOST_SIZE_MAX || word.data[word.size - 1] == ':')
        return false;
    for (size_t i = 0; i < word.size; i++) {
        if (!host_char(word.data[i]))
            return false;
    }
    if (text_is_level(word))
        return false;
    *ret_host = word;
    return true;
}

static void add_tag(struct text_line *ret, const struct tag *tag, struct str rest)
{
    text_add(ret, STR("service"), tag->name);
    if (tag->pid.data)
        text_add(ret, STR("pid"), tag->pid);
    if (tag->job.data)
        text_add(ret, STR("job"), tag->job);
    rest = text_skip_spaces(rest);
    struct str seconds;
    size_t uptime = text_at(rest, 0, '[') && str_equal(tag->name, STR("kernel")) ? text_uptime(rest, &seconds) : 0;
    if (uptime > 0) {
        text_add(ret, STR("uptime"), seconds);
        rest = text_skip_spaces(text_from(rest, uptime));
    }
    text_add(ret, STR("message"), rest);
}

bool text_add_tagged(struct text_line *ret, struct str rest)
{
    struct tag tag = {STR_ABSENT, STR_ABSENT, STR_ABSENT};
    if (!take_tag(&rest, &tag.name, &tag.pid) && !take_long_tag(&rest, &tag))
        return false;
    add_tag(ret, &tag, rest);
    return true;
}

/* "last message repeated 2 times", which no program said. */
static bool is_repetition(struct str rest)
{
    if (rest.size == 0 || (rest.data[0] != '-' && rest.data[0] != 'l'))
        return false;
    if (str_starts(rest, STR("--- ")))
        rest = text_from(rest, 4);
    return str_starts(rest, STR("last message repeated ")) || str_equal(rest, STR("-- MARK --"));
}

/* What follows the stamp. */
static bool add_header(struct text_line *ret, struct str rest, bool priority)
{
    if (!text_at(rest, 0, ' '))
        return false;
    rest = text_skip_spaces(rest);
    struct str host, hostless = rest;
    struct tag tag = {STR_ABSENT, STR_ABSENT, STR_ABSENT};
    if (!is_repetition(rest) && take_host(&rest, &host)) {
        rest = text_skip_spaces(rest);
        bool tagged = take_tag(&rest, &tag.name, &tag.pid) || take_long_tag(&rest, &tag);
        if (!tagged && !is_repetition(rest))
            return false;
        text_add(ret, STR("host"), host);
        if (!tagged)
            text_add(ret, STR("message"), rest);
        else
            add_tag(ret, &tag, rest);
        return true;
    }
    rest = hostless;
    if (!take_tag(&rest, &tag.name, &tag.pid) || (!priority && !tag.pid.data) || text_is_level(tag.name))
        return false;
    add_tag(ret, &tag, rest);
    return true;
}

bool text_syslog(struct str line, size_t stamp, struct text_line *ret)
{
    text_begin(ret, FORMAT_SYSLOG);
    text_add(ret, STR("timestamp"), str_slice(line, 0, stamp));
    return add_header(ret, text_from(line, stamp), false);
}

bool text_cri(struct str line, size_t stamp, struct text_line *ret)
{
    struct str rest = text_from(line, stamp);
    if (!str_starts(rest, STR(" stdout ")) && !str_starts(rest, STR(" stderr ")))
        return false;
    if (rest.size < 9 || (rest.data[8] != 'F' && rest.data[8] != 'P'))
        return false;
    struct str message = text_from(rest, 8), flags = text_take_word(&message);
    if (flags.size > 1 && flags.data[1] != ':')
        return false;
    text_begin(ret, FORMAT_CRI);
    text_add(ret, STR("timestamp"), str_slice(line, 0, stamp));
    text_add(ret, STR("stream"), str_slice(rest, 1, 7));
    text_add(ret, STR("message"), message);
    return true;
}

/* ---- RFC 5424 ----------------------------------------------------------------------------------------------------- */

static void add_param(struct text_line *ret, struct str id, struct str name, struct str value)
{
    size_t size = id.size + 1 + name.size;
    if (size > TEXT_NAMES_MAX - ret->names_size)
        return;
    char *to = ret->names + ret->names_size;
    memcpy(to, id.data, id.size);
    to[id.size] = '.';
    memcpy(to + id.size + 1, name.data, name.size);
    ret->names_size += (uint32_t)size;
    text_add(ret, str_from(to, size), value);
}

/* SD-NAME: printable ASCII without space, '=', ']' and '"'; at most 32 in the RFC, which not all writers heed. */
static struct str take_sd_name(struct str *rest)
{
    size_t size = 0;
    while (size < rest->size && rest->data[size] > ' ' && rest->data[size] < 0x7f && rest->data[size] != '=' &&
           rest->data[size] != ']' && rest->data[size] != '"') {
        size++;
    }
    struct str name = str_slice(*rest, 0, size);
    *rest = text_from(*rest, size);
    return name;
}

/* Takes one [SDID PARAM="VALUE" ...]. */
static bool take_element(struct text_line *ret, struct str *rest)
{
    *rest = text_from(*rest, 1);
    struct str id = take_sd_name(rest);
    if (id.size == 0)
        return false;
    while (text_at(*rest, 0, ' ')) {
        *rest = text_skip_spaces(*rest);
        if (text_at(*rest, 0, ']'))
            break;
        struct str name = take_sd_name(rest), value;
        if (name.size == 0 || !text_at(*rest, 0, '='))
            return false;
        *rest = text_from(*rest, 1);
        if (!text_take_quoted(rest, &value))
            return false;
        add_param(ret, id, name, value);
    }
    if (!text_at(*rest, 0, ']'))
        return false;
    *rest = text_from(*rest, 1);
    return true;
}

static void add_structured(struct text_line *ret, struct str *rest)
{
    if (text_at(*rest, 0, '-') && (rest->size == 1 || text_at(*rest, 1, ' '))) {
        *rest = text_from(*rest, 1);
        return;
    }
    while (text_at(*rest, 0, '[')) {
        struct str before = *rest;
        uint32_t count = ret->count, names_size = ret->names_size;
        if (take_element(ret, rest))
            continue;
        *rest = before; /* not structured data after all: it stays in the message */
        ret->count = count;
        ret->names_size = names_size;
        return;
    }
}

/* What follows <PRI>; *ret has the priority. */
static bool add_rfc5424(struct text_line *ret, struct str rest)
{
    struct str version = text_take_word(&rest);
    if (!text_is_number(version, 3) || version.data[0] == '0')
        return false;
    struct str stamp = text_take_word(&rest);
    if (!str_equal(stamp, STR("-")) && (stamp.size == 0 || text_stamp(stamp) != stamp.size))
        return false;
    text_add_known(ret, STR("timestamp"), stamp);
    text_add_known(ret, STR("host"), text_take_word(&rest));
    text_add_known(ret, STR("service"), text_take_word(&rest));
    text_add_known(ret, STR("pid"), text_take_word(&rest));
    text_add_known(ret, STR("msgid"), text_take_word(&rest));
    if (rest.size == 0)
        return false;
    add_structured(ret, &rest);
    if (text_at(rest, 0, ' '))
        rest = text_from(rest, 1);
    if (str_starts(rest, STR("\xef\xbb\xbf")))
        rest = text_from(rest, 3);
    if (rest.size > 0)
        text_add(ret, STR("message"), rest);
    return true;
}

bool text_priority(struct str line, struct text_line *ret)
{
    static const char severities[] = "01234567";
    unsigned pri = 0;
    size_t at = 1;
    for (; at < 4 && at < line.size && text_is_digit(line.data[at]); at++) {
        pri = pri * 10 + (unsigned)(line.data[at] - '0');
    }
    if (at == 1 || !text_at(line, at, '>') || pri > PRI_MAX)
        return false;
    struct str rest = text_from(line, at + 1), priority = str_from(&severities[pri % 8], 1);
    text_begin(ret, FORMAT_RFC5424);
    text_add(ret, STR("priority"), priority);
    if (add_rfc5424(ret, rest))
        return true;
    size_t stamp = text_stamp(rest);
    if (stamp == 0)
        return false;
    text_begin(ret, FORMAT_SYSLOG);
    text_add(ret, STR("priority"), priority);
    text_add(ret, STR("timestamp"), str_slice(rest, 0, stamp));
    if (add_header(ret, text_from(rest, stamp), true))
        return true;
    text_begin(ret, FORMAT_TEXT);
    text_add(ret, STR("priority"), priority);
    text_add_stamped(ret, rest, stamp);
    return true;
}
