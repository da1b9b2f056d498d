/* joined: what a record of several lines means. */
#include "analyze/joined.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "tests/unit/analyzed.h"

#define CRI "2026-11-20T09:00:00.000000000Z "
#define STAMP "2026-11-20 09:00:00 "
#define PYTHON "Traceback (most recent call last):\n  File \"a.py\", line 1, in x\n    f()\n"

static const struct {
    const char *raw;
    enum format format;
    enum level level;
    const char *shown;    /* the canonical fields */
    const char *template; /* of the message */
} cases[] = {
    {STAMP "ERROR failed\n\tat a.B.c(B.java:7)", FORMAT_TEXT, LEVEL_ERROR,
     "time=2026-11-20 09:00:00 level=ERROR message=failed\n\tat a.B.c(B.java:7)", "failed @ a.B.c"},
    {STAMP "INFO options\r\n  a: 1\r", FORMAT_TEXT, LEVEL_INFO,
     "time=2026-11-20 09:00:00 level=INFO message=options\r\n  a: 1", "options"},
    /* A trace is an error unless its line says another level. */
    {STAMP "failed\n" PYTHON "KeyError: 'id'", FORMAT_TEXT, LEVEL_ERROR,
     "time=2026-11-20 09:00:00 message=failed\n" PYTHON "KeyError: 'id'", "failed | KeyError @ a.py:x"},
    {STAMP "WARN retried\n" PYTHON "KeyError: 'id'", FORMAT_TEXT, LEVEL_WARNING,
     "time=2026-11-20 09:00:00 level=WARN message=retried\n" PYTHON "KeyError: 'id'", "retried | KeyError @ a.py:x"},
    {STAMP "options\n  at 10 o'clock", FORMAT_TEXT, LEVEL_UNKNOWN,
     "time=2026-11-20 09:00:00 message=options\n  at 10 o'clock", "options"},
    {PYTHON "KeyError: 'id 17'", FORMAT_NONE, LEVEL_ERROR, "", "KeyError: <*> @ a.py:x"},
    {PYTHON "KeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\n" PYTHON
            "ValueError: bad",
     FORMAT_NONE, LEVEL_ERROR, "", "ValueError: <*> @ a.py:x"},
    {"panic: boom\n\ngoroutine 1 [running]:\nmain.main()", FORMAT_NONE, LEVEL_ERROR, "", "panic: boom @ main.main"},
    {"text\n  more", FORMAT_NONE, LEVEL_UNKNOWN, "", "text"},
    /* Where the message is not the end of the first line, or there is none. */
    {STAMP "ERROR\n  what happened", FORMAT_TEXT, LEVEL_ERROR,
     "time=2026-11-20 09:00:00 level=ERROR message=  what happened", "what happened"},
    {"level=error msg=failed caller=a.go:1\n  more", FORMAT_LOGFMT, LEVEL_ERROR, "level=error message=failed",
     "failed"},
    {"Nov 20 09:00:00 host app[1]: failed\n  more", FORMAT_SYSLOG, LEVEL_UNKNOWN,
     "time=Nov 20 09:00:00 service=app host=host message=failed\n  more", "failed"},
    {"{\n  \"level\": \"error\",\n  \"message\": \"failed\"\n}", FORMAT_JSON, LEVEL_ERROR, "level=error message=failed",
     "failed"},
    /* What a container runtime cut, or wrote line by line. */
    {CRI "stdout P {\"level\":\"error\",\n" CRI "stdout F \"message\":\"failed\"}", FORMAT_CRI, LEVEL_ERROR,
     "time=2026-11-20T09:00:00.000000000Z level=error message=failed", "failed"},
    {CRI "stderr F panic: boom\n" CRI "stderr F \n" CRI "stderr P goroutine 1 \n" CRI "stderr F [running]:\r",
     FORMAT_CRI, LEVEL_ERROR,
     "time=2026-11-20T09:00:00.000000000Z message=panic: boom\n\ngoroutine 1 [running]:", "panic: boom"},
    {CRI "stderr F one\nno line of a runtime", FORMAT_CRI, LEVEL_UNKNOWN,
     "time=2026-11-20T09:00:00.000000000Z message=one\nno line of a runtime", "one"},
    {"{\"log\":\"{\\\"level\\\":\\\"error\\\",\",\"stream\":\"stdout\"}\n"
     "{\"log\":\"\\\"message\\\":\\\"failed\\\"}\\n\",\"stream\":\"stdout\"}",
     FORMAT_JSON, LEVEL_ERROR, "level=error message=failed", "failed"},
    {"{\"log\":\"ERROR: failed\\n\",\"stream\":\"stdout\"}\n{\"log\":\"\\tat a.B.c(B.java:7)\\n\",\"stream\":\"stdout\"}",
     FORMAT_JSON, LEVEL_ERROR, "level=ERROR message=failed\n\tat a.B.c(B.java:7)", "failed @ a.B.c"},
    {"{\"log\":\"a\\n\",\"stream\":\"stdout\"}\n{\"log\":\"\\u0062\",\"stream\":\"stdout\"}\n{\"log\":\"\",\"stream\":\"stdout\"}",
     FORMAT_JSON, LEVEL_UNKNOWN, "message=a\nb", "a"},
};

static void meanings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record rec = analyzed(str_of(cases[i].raw));
        SCOPED(buf) shown = BUF(4096);
        analyzed_show(&rec, &shown);
        if (!str_equal(buf_str(&shown), str_of(cases[i].shown)))
            print_error("%s\n  is %s\n", cases[i].raw, buf_str(&shown).data);
        assert_true(str_equal(buf_str(&shown), str_of(cases[i].shown)));
        struct str template = record_template(&rec, &analyzed_arena);
        if (!str_equal(template, str_of(cases[i].template)))
            print_error("%s\n  is '%.*s'\n", cases[i].raw, STR_ARG(template));
        assert_true(str_equal(template, str_of(cases[i].template)));
        assert_int_equal(rec.format, cases[i].format);
        assert_int_equal(rec.level, cases[i].level);
        assert_int_equal(!(rec.flags & RECORD_UNPARSED), rec.format != FORMAT_NONE);
        analyzed_forget();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(meanings)};
    return cmocka_run_group_tests(tests, analyzed_open, analyzed_close);
}
