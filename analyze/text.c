/* Which format to try: the first bytes of a line leave few. */
#include "analyze/text.h"

#include "analyze/text_part.h"
#include "base/clock.h"

/* Only the size of a stamp is asked here, not its time; but the year-less 29 February needs a leap year. */
#define REFERENCE_US (INT64_C(1735603200) * TIME_SECOND) /* 2024-12-31 */

enum { STAMP_SIZE_MAX = 64 };

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
        if (text_at(line, 10, 'T') && text_cri(line, stamp, ret))
            return true;
        if (!text_at(line, 10, 'T'))
            return text_stamped(line, stamp, ret);
    }
    return text_syslog(line, stamp, ret) || text_stamped(line, stamp, ret);
}

bool text_match(struct str line, struct text_line *ret)
{
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    if (line.size == 0)
        return false;
    char first = line.data[0];
    if (text_is_space(first))
        return false;
    if (first == '<')
        return text_priority(line, ret);
    if (first == '[')
        return text_bracketed(line, ret);
    if ((text_is_digit(first) || named_date(line)) && match_stamp(line, ret))
        return true;
    if (text_access(line, ret))
        return true;
    if (text_is_letter(first) && text_leveled(line, ret))
        return true;
    return text_logfmt(line, ret);
}
