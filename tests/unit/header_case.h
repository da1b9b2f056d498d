/* A line and what an analyzed record says of it, the message above all. */
#ifndef WINNOW_TESTS_UNIT_HEADER_CASE_H
#define WINNOW_TESTS_UNIT_HEADER_CASE_H

#include "base/buf.h"
#include "base/scope.h"
#include "tests/unit/analyzed.h"
#include "tests/unit/text_case.h"

struct header_case {
    const char *line;
    const char *said; /* "FORMAT TIME LEVEL|name=value|..."; "-": unknown; NULL: no format fits */
};

static inline bool header_case_add(void *context, const struct record_value *value)
{
    struct buf *out = context;
    if (value->field == FIELD_TIME || value->field == FIELD_LEVEL)
        return true;
    buf_add_char(out, '|');
    buf_add_str(out, value->path);
    buf_add_char(out, '=');
    buf_add_str(out, value->text);
    return true;
}

static inline void header_case_check(const struct header_case *header)
{
    struct record rec = analyzed(str_of(header->line));
    if ((rec.flags & RECORD_UNPARSED) != 0) {
        if (header->said)
            fail_msg("%s: no format fits", header->line);
        return;
    }
    SCOPED(buf) said = BUF(1 << 20);
    char time[CLOCK_TEXT_MAX];
    buf_printf(&said, "%s %s %s", format_name((enum format)rec.format),
               rec.time_us == TIME_NONE ? "-" : clock_print_utc(rec.time_us, time),
               rec.level == LEVEL_UNKNOWN ? "-" : level_name((enum level)rec.level));
    record_visit(&rec, &analyzed_arena, header_case_add, &said);
    if (!header->said || !str_equal(buf_str(&said), str_of(header->said)))
        fail_msg("%s:\n%.*s\n%s", header->line, STR_ARG(buf_str(&said)), header->said ? header->said : "(none)");
}

static inline void header_case_check_all(const struct header_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        header_case_check(&cases[i]);
        text_case_hostile(str_of(cases[i].line));
    }
    analyzed_forget();
}

static inline int header_case_open(void **state)
{
    return clock_set_zone("UTC") ? analyzed_open(state) : -1;
}

#endif
