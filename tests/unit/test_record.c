/* What an analyzed record answers: its fields, what is left of it, and the record inside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/json.h"
#include "analyze/record.h"
#include "base/buf.h"
#include "base/scope.h"
#include "tests/unit/analyzed.h"

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        "" literal, sizeof(literal) - 1                                                                                \
    }

static void check_field(const char *line, enum field field, const char *expected)
{
    struct record rec = analyzed(str_of(line));
    struct str found = record_field(&rec, field, &analyzed_arena);
    if (!str_equal(found, str_of(expected)) || !found.data != !expected)
        fail_msg("%s: %s is '%.*s'", line, field_name(field), STR_ARG(found));
}

static void fields(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum field field;
        const char *value;
    } cases[] = {
        {"{\"user\":\"bob\"}", FIELD_USER, "bob"},
        {"{\"user\":17}", FIELD_USER, "17"},
        {"{\"user\":18446744073709551617}", FIELD_USER, "18446744073709551617"},
        {"{\"user\":true}", FIELD_USER, "true"},
        {"{\"user\":\"b\\u00f6b \\\"x\\\"\"}", FIELD_USER,
         "b\xc3\xb6"
         "b \"x\""},
        {"{\"user\":null,\"user_id\":7}", FIELD_USER, "7"},
        {"{\"user\":\"\",\"user_id\":7}", FIELD_USER, "7"},
        {"{\"user\":\"-\",\"user_id\":7}", FIELD_USER, "7"},
        {"{\"user\":{},\"user_id\":7}", FIELD_USER, "7"},
        {"{\"user\":\"null\",\"user_id\":7}", FIELD_USER, "null"},
        {"{\"user\":\" \",\"user_id\":7}", FIELD_USER, " "},
        {"{\"user\":null}", FIELD_USER, NULL},
        {"{\"user\":\"\"}", FIELD_USER, NULL},
        {"{\"user\":\"a\",\"user\":\"b\"}", FIELD_USER, "b"},
        {"{\"user\":\"a\",\"user\":null}", FIELD_USER, "a"},
        {"{\"message\":\"-\"}", FIELD_MESSAGE, "-"},
        {"{\"message\":\"\",\"msg\":\"m\"}", FIELD_MESSAGE, "m"},
        {"{\"user\":{\"name\":\"n\",\"id\":1}}", FIELD_USER, "n"},
        {"{\"a\":{\"b\":{\"request_id\":\"deep\"}}}", FIELD_REQUEST_ID, "deep"},
        {"{\"a\":[{\"request_id\":\"first\"},{\"request_id\":\"second\"}]}", FIELD_REQUEST_ID, "second"},
        {"{\"level\":\"whatever\",\"severity\":\"WARN\"}", FIELD_LEVEL, "WARN"},
        {"{\"level\":\"whatever\"}", FIELD_LEVEL, NULL},
        {"{\"level\":\"Metadata\",\"message\":\"m\"}", FIELD_MESSAGE, "m"},
        {"{\"status\":\"ok\",\"status_code\":201}", FIELD_STATUS, "201"},
        {"{\"status\":\"ok\"}", FIELD_STATUS, NULL},
        {"[1,2]", FIELD_MESSAGE, NULL},
        {"\"text\"", FIELD_MESSAGE, NULL},
        {"no format at all", FIELD_MESSAGE, NULL},
        {"", FIELD_MESSAGE, NULL},
        {"192.0.2.1 - bob [20/Nov/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" 200 5", FIELD_USER, "bob"},
        {"192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" 200 5", FIELD_USER, NULL},
        {"level=info user=bob msg=\"a b\"", FIELD_USER, "bob"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_field(cases[i].line, cases[i].field, cases[i].value);
}

static void client_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *address;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1:5000", "192.0.2.1"},
        {"2001:db8::1", "2001:db8::1"},
        {"[2001:db8::1]:5000", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::FFFF:192.0.2.1", "192.0.2.1"},
        {"host.example", NULL},
        {"192.0.2.256", NULL},
        {"unix:", NULL},
        {"fe80::1%eth0", "fe80::1%eth0"},
        {"::1", "::1"},
        {"192.0.2.1, 10.0.0.1", "192.0.2.1"},
        {" 192.0.2.1 ,10.0.0.1", "192.0.2.1"},
        {"[2001:db8::1]:5, 10.0.0.1", "2001:db8::1"},
        {"[unclosed", NULL},
        {"[local]", NULL},
        {"-", NULL},
        {"host.example:80", NULL},
        {"localhost", NULL},
        {"AWS Internal", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) line = BUF(1024);
        buf_printf(&line, "{\"client_ip\":\"%s\"}", cases[i].text);
        check_field(line.data, FIELD_CLIENT_IP, cases[i].address);
    }
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *member;
        double ms; /* negative: none */
    } cases[] = {
        {"\"duration_ms\":12", 12},
        {"\"duration_ms\":0", 0},
        {"\"duration_ms\":1.5e3", 1500},
        {"\"duration_ms\":\"12.5\"", 12.5},
        {"\"duration_us\":1500", 1.5},
        {"\"duration_ns\":2500000", 2.5},
        {"\"duration\":0.25", 250},
        {"\"duration\":\"0.25\"", 250},
        {"\"duration\":\"250ms\"", 250}, /* its own unit counts */
        {"\"duration\":\"1.5s\"", 1500},
        {"\"duration\":\"2m30s\"", 150000},
        {"\"duration\":\"3us\"", 0.003},
        {"\"latency\":\"0.000012\"", 0.012},
        {"\"event\":{\"duration\":1000000}", 1},
        {"\"duration_ms\":null,\"duration\":2", 2000},
        {"\"duration_ms\":\"soon\",\"duration\":2", 2000},
        {"\"duration_ms\":\"soon\"", -1},
        {"\"duration_ms\":true", -1},
        {"\"duration_ms\":\"\"", -1},
        {"\"duration_s\":1e308", -1}, /* milliseconds have no number for it */
        {"\"other\":1", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) line = BUF(1024);
        buf_printf(&line, "{%s}", cases[i].member);
        struct record rec = analyzed(buf_str(&line));
        double ms = -1;
        bool known = record_duration_ms(&rec, &analyzed_arena, &ms);
        if (known != (cases[i].ms >= 0) || (known && (ms < cases[i].ms - 1e-9 || ms > cases[i].ms + 1e-9)))
            fail_msg("%s: %g", cases[i].member, ms);
    }
}

static void statuses(void **state)
{
    (void)state;
    static const struct {
        const char *member;
        unsigned status;
    } cases[] = {
        {"\"status\":200", 200},
        {"\"status\":\"404\"", 404},
        {"\"status\":\"\\u0035\\u00303\"", 503},
        {"\"status\":100", 100},
        {"\"status\":599", 599},
        {"\"status\":99", 0},
        {"\"status\":600", 0},
        {"\"status\":0", 0},
        {"\"status\":\"active\"", 0},
        {"\"status\":200.0", 0},
        {"\"status\":-200", 0},
        {"\"status\":99999999999999999999200", 0},
        {"\"status\":null,\"code\":302", 302},
        {"\"status\":7,\"http\":{\"status\":204}", 204},
        {"\"x\":200", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) line = BUF(1024);
        buf_printf(&line, "{%s}", cases[i].member);
        struct record rec = analyzed(buf_str(&line));
        if (record_status(&rec) != cases[i].status)
            fail_msg("%s: %u", cases[i].member, record_status(&rec));
    }
}

/* ---- What is left ------------------------------------------------------------------------------------------------------ */

static void leftovers(void **state)
{
    (void)state;
    static const struct {
        struct str line;
        const char *left; /* NULL: nothing */
    } cases[] = {
        {TEXT("{\"message\":\"m\",\"a\":1}"), "{\"a\":1}"},
        {TEXT("{\"a\":1,\"message\":\"m\"}"), "{\"a\":1}"},
        {TEXT("{\"message\":\"m\"}"), NULL},
        {TEXT("{}"), NULL},
        {TEXT("{ \"a\" : 1.50 , \"b\" : \"\\u0041\\/\" , \"c\" : null }"),
         "{\"a\":1.50,\"b\":\"\\u0041\\/\",\"c\":null}"},
        {TEXT("{\"a\":[ 1, {\"x\" : [] } ],\"b\":{ }}"), "{\"a\":[ 1, {\"x\" : [] } ],\"b\":{}}"},
        {TEXT("{\"http\":{\"status\":200,\"version\":\"1.1\",\"request\":{\"method\":\"GET\"}}}"),
         "{\"http\":{\"version\":\"1.1\"}}"},
        {TEXT("{\"http\":{\"request\":{\"method\":\"GET\"}},\"z\":0}"), "{\"z\":0}"},
        {TEXT("{\"http\":{\"status\":200}}"), NULL},
        {TEXT("{\"user\":\"\",\"user_id\":7}"), "{\"user\":\"\"}"}, /* what was passed over stays */
        {TEXT("{\"user\":\"a\",\"user\":\"b\"}"), "{\"user\":\"a\"}"},
        {TEXT("{\"a\":1,\"a\":2}"), "{\"a\":1,\"a\":2}"},
        {TEXT("{\"level\":\"odd\"}"), "{\"level\":\"odd\"}"},
        {TEXT("{\"a\":\"}\\\"{\",\"b\":[\"]\",\"\\\\\"]}"), "{\"a\":\"}\\\"{\",\"b\":[\"]\",\"\\\\\"]}"},
        {TEXT("{\"k\\\"\\u00e9\":1}"), "{\"k\\\"\\u00e9\":1}"},
        {TEXT("{\"\":{\"\":\"\"}}"), "{\"\":{\"\":\"\"}}"},
        {TEXT("\xef\xbb\xbf{\"a\":1}\r"), "{\"a\":1}"},
        {TEXT("\t{\"a\":\r\n12345678901234567890123}"), "{\"a\":12345678901234567890123}"},
        {TEXT("{\"items\":[{\"request_id\":\"r\"}]}"), "{\"items\":[{\"request_id\":\"r\"}]}"}, /* arrays stay whole */
        {TEXT("{\"outcome\":\"ok\"}"), "{\"outcome\":\"ok\"}"}, /* serves classification only */
        {TEXT("[1,2]"), NULL},
        {TEXT("\"a\""), NULL},
        {TEXT("no format"), NULL},
        {TEXT("level=info msg=x a=1 b=\"two words\""), "{\"a\":\"1\",\"b\":\"two words\"}"},
        {TEXT("192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" 200 5"),
         "{\"protocol\":\"HTTP/1.1\",\"bytes\":\"5\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) out = BUF(4096);
        struct record rec = analyzed(cases[i].line);
        buf_add_text(&out, ">");
        bool any = record_fields_json(&rec, &out);
        assert_int_equal(any, cases[i].left != NULL);
        if (strcmp(out.data + 1, any ? cases[i].left : "") != 0 || out.data[0] != '>')
            fail_msg("%.*s: %s", STR_ARG(cases[i].line), out.data);
        assert_true(!any || json_valid(str_of(out.data + 1)));
    }
}

/* Deeper than is opened, wider than is opened: nothing gets lost. */
static void leftovers_of_large_lines(void **state)
{
    (void)state;
    for (unsigned depth = JSON_DEPTH_MAX - 2; depth < JSON_DEPTH_MAX + 4; depth++) {
        SCOPED(buf) line = BUF(65536);
        SCOPED(buf) out = BUF(65536);
        for (unsigned i = 0; i < depth; i++)
            buf_add_text(&line, "{\"a\":");
        buf_add_text(&line, "[\"}\"]");
        for (unsigned i = 0; i < depth; i++)
            buf_add_char(&line, '}');
        struct record rec = analyzed(buf_str(&line));
        assert_true(record_fields_json(&rec, &out));
        assert_string_equal(out.data, line.data);
    }
    SCOPED(buf) line = BUF(1 << 20);
    SCOPED(buf) out = BUF(1 << 20);
    buf_add_text(&line, "{");
    for (unsigned i = 0; i < JSON_SLOTS_MAX + 9; i++)
        buf_printf(&line, "%s\"k%u\":%u", i ? "," : "", i, i);
    buf_add_text(&line, "}");
    struct record rec = analyzed(buf_str(&line));
    assert_true(record_fields_json(&rec, &out));
    assert_string_equal(out.data, line.data);
}

/* ---- Records inside records --------------------------------------------------------------------------------------------- */

static void inner_records(void **state)
{
    (void)state;
    static const struct {
        const char *name, *line;
        enum format outer, inner; /* FORMAT_NONE: none inside */
        const char *fields;
        const char *left;
    } cases[] = {
        {"docker, JSON",
         "{\"log\":\"{\\\"level\\\":\\\"error\\\",\\\"msg\\\":\\\"in \\\\\\\"q\\\\\\\"\\\",\\\"a\\\":1}\\n\",\"stream\":\"stdout\",\"time\":"
         "\"2026-11-20T10:00:00Z\"}",
         FORMAT_JSON, FORMAT_JSON, "time=2026-11-20T10:00:00Z level=error message=in \"q\"",
         "{\"stream\":\"stdout\",\"a\":1}"},
        {"docker, access log",
         "{\"log\":\"192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \\\"GET /x HTTP/1.1\\\" 404 5 \\\"-\\\" \\\"curl\\\"\\n\",\"stream\":\"stdout\","
         "\"time\":\"2026-11-20T10:00:01Z\"}",
         FORMAT_JSON, FORMAT_ACCESS,
         "time=20/Nov/2026:10:00:00 +0000 client_ip=192.0.2.1 method=GET path=/x status=404", NULL},
        {"docker, free text", "{\"log\":\"just text\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-20T10:00:00Z\"}",
         FORMAT_JSON, FORMAT_NONE, "time=2026-11-20T10:00:00Z message=just text\n", "{\"stream\":\"stderr\"}"},
        {"no docker: text is not opened",
         "{\"message\":\"192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \\\"GET /x HTTP/1.1\\\" 404 5\",\"stream\":\"stdout\"}",
         FORMAT_JSON, FORMAT_NONE, "message=192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" 404 5",
         "{\"stream\":\"stdout\"}"},
        {"JSON in a message",
         "{\"host\":\"h\",\"user\":\"outer\",\"message\":\"{\\\"user\\\":\\\"inner\\\",\\\"b\\\":{\\\"c\\\":[1]}}\"}",
         FORMAT_JSON, FORMAT_JSON, "host=h user=inner", "{\"user\":\"outer\",\"b\":{\"c\":[1]}}"},
        {"not quite JSON in a message", "{\"message\":\"{not json}\"}", FORMAT_JSON, FORMAT_NONE, "message={not json}",
         NULL},
        {"syslog, JSON", "Nov 20 10:00:00 web app[12]: {\"level\":\"warn\",\"msg\":\"m\",\"request_id\":\"r\"}",
         FORMAT_SYSLOG, FORMAT_JSON, "time=Nov 20 10:00:00 level=warn service=app host=web message=m request_id=r",
         "{\"pid\":\"12\"}"},
        {"syslog, @cee", "Nov 20 10:00:00 web app: @cee: {\"msg\":\"m\",\"user\":\"bob\"}", FORMAT_SYSLOG, FORMAT_JSON,
         "time=Nov 20 10:00:00 service=app host=web message=m user=bob", NULL},
        {"CRI, JSON", "2026-11-20T10:00:00.000000000Z stdout F {\"level\":\"info\",\"msg\":\"m\"}", FORMAT_CRI,
         FORMAT_JSON, "time=2026-11-20T10:00:00.000000000Z level=info message=m", "{\"stream\":\"stdout\"}"},
        {"CRI, logfmt", "2026-11-20T10:00:00.000000000Z stderr F level=error msg=\"a b\" user=bob", FORMAT_CRI,
         FORMAT_LOGFMT, "time=2026-11-20T10:00:00.000000000Z level=error message=a b user=bob",
         "{\"stream\":\"stderr\"}"},
        {"syslog, access log",
         "Nov 20 10:00:00 h nginx: 192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET /a HTTP/1.1\" 429 12 \"-\" \"-\"",
         FORMAT_SYSLOG, FORMAT_ACCESS,
         "time=20/Nov/2026:10:00:00 +0000 service=nginx host=h client_ip=192.0.2.1 method=GET path=/a status=429",
         NULL},
        {"journald, uvicorn",
         "{\"__REALTIME_TIMESTAMP\":\"1795168800000000\",\"PRIORITY\":\"6\",\"MESSAGE\":\"INFO:     192.0.2.1:5000 - \\\"POST "
         "/items HTTP/1.1\\\" 500 Internal Server Error\"}",
         FORMAT_JSON, FORMAT_TEXT,
         "time=1795168800000000 level=INFO client_ip=192.0.2.1 method=POST path=/items status=500", NULL},
        {"no journald", "{\"MESSAGE\":\"ERROR:root:boom\"}", FORMAT_JSON, FORMAT_NONE, "message=ERROR:root:boom", NULL},
        {"syslog, Celery", "Nov 20 10:00:00 h w: [2026-11-20 10:00:00,123: ERROR/ForkPoolWorker-1] Task raised",
         FORMAT_SYSLOG, FORMAT_TEXT, "time=2026-11-20 10:00:00,123 level=ERROR service=w host=h message=Task raised",
         NULL},
        {"RFC 5424, Python", "<14>1 2026-11-20T10:00:00Z h app 1 - - ERROR:root:boom", FORMAT_RFC5424, FORMAT_TEXT,
         "time=2026-11-20T10:00:00Z level=ERROR service=app host=h logger=root message=boom", NULL},
        {"syslog, logfmt", "Nov 20 10:00:00 h app[1]: level=error msg=\"x\" user=bob", FORMAT_SYSLOG, FORMAT_LOGFMT,
         "time=Nov 20 10:00:00 level=error service=app host=h message=x user=bob", NULL},
        {"syslog, brackets", "Nov 20 10:00:00 h app: [error] x", FORMAT_SYSLOG, FORMAT_TEXT,
         "time=Nov 20 10:00:00 level=error service=app host=h message=x", NULL},
        {"syslog, prose", "Nov 20 10:00:00 h app: error: x", FORMAT_SYSLOG, FORMAT_NONE,
         "time=Nov 20 10:00:00 service=app host=h message=error: x", NULL},
        {"syslog, capitals", "Nov 20 10:00:00 h app: ERROR codes are listed", FORMAT_SYSLOG, FORMAT_NONE,
         "time=Nov 20 10:00:00 service=app host=h message=ERROR codes are listed", NULL},
        {"syslog, a stamp alone", "Nov 20 10:00:00 h app: 2026-11-20 09:00:00 is late", FORMAT_SYSLOG, FORMAT_NONE,
         "time=Nov 20 10:00:00 service=app host=h message=2026-11-20 09:00:00 is late", NULL},
        {"compose, access log",
         "web-1  | 192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET /a HTTP/1.1\" 429 12 \"-\" \"-\"", FORMAT_TEXT,
         FORMAT_ACCESS,
         "time=20/Nov/2026:10:00:00 +0000 service=web-1 client_ip=192.0.2.1 method=GET path=/a status=429", NULL},
        {"compose, named", "web  | {\"level\":\"info\",\"msg\":\"m\"}", FORMAT_TEXT, FORMAT_JSON,
         "level=info service=web message=m", NULL},
        {"compose, prose", "web_12 | just text", FORMAT_TEXT, FORMAT_NONE, "service=web_12 message=just text", NULL},
        {"sshd writes prose", "Nov 20 10:00:00 h sshd[1]: ERROR:root:boom", FORMAT_SYSLOG, FORMAT_NONE,
         "time=Nov 20 10:00:00 service=sshd host=h message=ERROR:root:boom", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) shown = BUF(4096);
        SCOPED(buf) left = BUF(4096);
        struct record rec = analyzed(str_of(cases[i].line));
        if (rec.format != cases[i].outer || (rec.inner ? rec.inner->format : FORMAT_NONE) != cases[i].inner)
            fail_msg("%s: %s in %s", cases[i].name, rec.inner ? format_name((enum format)rec.inner->format) : "nothing",
                     format_name((enum format)rec.format));
        analyzed_show(&rec, &shown);
        if (!str_equal(buf_str(&shown), str_of(cases[i].fields)))
            fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_str(&shown)));
        bool any = record_fields_json(&rec, &left);
        if (cases[i].left && (!any || strcmp(left.data, cases[i].left) != 0))
            fail_msg("%s: left %s", cases[i].name, any ? left.data : "nothing");
        assert_true(!any || json_valid(buf_str(&left)));
    }
}

/* The worse of the two. */
static void inner_levels(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum level level;
    } cases[] = {
        {"<14>1 2026-11-20T10:00:00Z h app 1 - - ERROR:root:boom", LEVEL_ERROR},
        {"<11>1 2026-11-20T10:00:00Z h app 1 - - INFO:root:up", LEVEL_ERROR},
        {"{\"level\":\"error\",\"message\":\"{\\\"level\\\":\\\"info\\\"}\"}", LEVEL_ERROR},
        {"{\"level\":\"info\",\"message\":\"{\\\"level\\\":\\\"warn\\\"}\"}", LEVEL_WARNING},
        {"{\"message\":\"{\\\"level\\\":\\\"info\\\"}\"}", LEVEL_INFO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (analyzed(str_of(cases[i].line)).level != cases[i].level)
            fail_msg("%s: another level", cases[i].line);
}

static void times(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t time_s; /* 0: none */
    } cases[] = {
        {"{\"timestamp\":\"2026-11-20T10:00:00Z\"}", 1795168800},
        {"{\"timestamp\":\"soon\",\"time\":1795168800}", 1795168800},
        {"{\"timestamp\":null,\"ts\":1795168800.5}", 1795168800},
        {"{\"time\":1795168800000}", 1795168800},
        {"{\"time\":17}", 0},
        {"{\"message\":\"x\"}", 0},
        {"Nov 20 10:00:00 h p: {\"timestamp\":\"2026-11-20T09:00:00Z\",\"msg\":\"m\"}",
         1795165200}, /* the inner knows best */
        {"Nov 20 10:00:00 h p: {\"timestamp\":\"soon\",\"msg\":\"m\"}", 1795168800},
        {"free text", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record rec = analyzed(str_of(cases[i].line));
        int64_t time_s = rec.time_us == TIME_NONE ? 0 : rec.time_us / TIME_SECOND;
        if (time_s != cases[i].time_s)
            fail_msg("%s: %lld", cases[i].line, (long long)time_s);
    }
    struct record known = {.raw = str_of(cases[0].line), .time_us = 5};
    analyzer_record(analyzed_by, &known, ANALYZED_REFERENCE, &analyzed_arena);
    assert_true(known.time_us == 5); /* a time the reader knows is kept */
}

/* ---- Visiting, paths, templates ------------------------------------------------------------------------------------------ */

struct visits {
    struct buf text;
    unsigned left; /* visits until it says stop */
};

static bool note_visit(void *context, const struct record_value *value)
{
    struct visits *visits = context;
    static const char kinds[] = {
        [SLOT_STRING] = 's', [SLOT_NUMBER] = 'n', [SLOT_WORD] = 'w', [SLOT_JSON] = 'j', [SLOT_TEXT] = 't'};
    assert_true(value->kind < sizeof kinds);
    buf_printf(&visits->text, "%s%.*s:%c=%.*s", visits->text.size ? " " : "", STR_ARG(value->path), kinds[value->kind],
               STR_ARG(value->text));
    if (value->field != FIELD_COUNT)
        buf_printf(&visits->text, "(%s)", field_name(value->field));
    return --visits->left > 0;
}

static void visit(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        unsigned stop_after;
        const char *visited;
    } cases[] = {
        {"{\"a\":1,\"b\":{\"c\":[\"x\\ty\",true]},\"user\":\"bob\",\"n\":null}", 99,
         "a:n=1 b.c.0:s=x\ty b.c.1:w=true user:s=bob(user) n:w="},
        {"{\"a\":1,\"b\":2,\"c\":3}", 2, "a:n=1 b:n=2"},
        {"{\"k\":\"o\",\"message\":\"{\\\"i\\\":-1}\"}", 99, "k:s=o message:s={\"i\":-1}(message) i:n=-1"},
        {"{\"k\":\"o\",\"message\":\"{\\\"i\\\":-1}\"}", 2, "k:s=o message:s={\"i\":-1}(message)"},
        {"level=info msg=m a=1", 99, "level:t=info(level) msg:t=m(message) a:t=1"},
        {"no format", 99, ""},
        {"{}", 99, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct visits visits = {.text = BUF(4096), .left = cases[i].stop_after};
        struct record rec = analyzed(str_of(cases[i].line));
        record_visit(&rec, &analyzed_arena, note_visit, &visits);
        bool same = str_equal(buf_str(&visits.text), str_of(cases[i].visited));
        if (!same)
            print_error("%s: %.*s\n", cases[i].line, STR_ARG(buf_str(&visits.text)));
        buf_release(&visits.text);
        assert_true(same);
    }
}

static void paths(void **state)
{
    (void)state;
    static const struct {
        const char *asked, *path;
        bool matches;
    } cases[] = {
        {"a", "a", true},
        {"a.b", "a.b", true},
        {"items.id", "items.0.id", true},
        {"items.id", "items.12.0.id", true},
        {"items.0.id", "items.0.id", true},
        {"items", "items.0", true},
        {"id", "0.id", true},
        {"items.1.id", "items.0.id", false},
        {"a", "b", false},
        {"a", "a.b", false},
        {"a.b", "a", false},
        {"a.b", "b", false},
        {"b", "a.b", false},
        {"a", "ab", false},
        {"", "", true},
        {"a", "", false},
        {"", "a", false},
        {"items.0", "items", false},
        {"items.id", "items.0", false},
        {"a.x1", "a.x1", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (path_matches(str_of(cases[i].asked), str_of(cases[i].path)) != cases[i].matches)
            fail_msg("'%s' and '%s'", cases[i].asked, cases[i].path);
}

static void templates(void **state)
{
    (void)state;
    static const struct {
        const char *line, *other; /* a line with the same template */
        const char *part;         /* of the template; NULL: it has none */
    } cases[] = {
        {"{\"message\":\"took 12 ms\"}", "{\"msg\":\"took 7 ms\"}", "took <*>"},
        {"192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET /x/12?q=1 HTTP/1.1\" 500 5",
         "192.0.2.2 - - [20/Nov/2026:10:00:01 +0000] \"GET /x/13?q=2 HTTP/1.1\" 500 6", "GET /x/"},
        {"{\"event\":\"pool of 12 exhausted\",\"level\":\"error\"}", "{\"event\":\"pool of 3 exhausted\"}",
         "pool of <*> exhausted"},
        {"panic in thread 12", "panic in thread 13", "panic in thread <*>"},
        {"{\"a\":1}", "{\"a\":2}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record rec = analyzed(str_of(cases[i].line)), other = analyzed(str_of(cases[i].other));
        struct str template = record_template(&rec, &analyzed_arena);
        assert_int_equal(template.data != NULL, cases[i].part != NULL);
        assert_true(str_equal(template, record_template(&other, &analyzed_arena)));
        if (cases[i].part && str_find(template, str_of(cases[i].part)) == STR_NONE)
            fail_msg("%s: %.*s", cases[i].line, STR_ARG(template));
    }
    struct record bad = analyzed(STR("192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" 500 5"));
    struct record good = analyzed(STR("192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" 200 5"));
    assert_false(str_equal(record_template(&bad, &analyzed_arena), record_template(&good, &analyzed_arena)));
}

static int forget(void **state)
{
    (void)state;
    analyzed_forget();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(fields, forget),        cmocka_unit_test_teardown(client_addresses, forget),
        cmocka_unit_test_teardown(durations, forget),     cmocka_unit_test_teardown(statuses, forget),
        cmocka_unit_test_teardown(leftovers, forget),     cmocka_unit_test_teardown(leftovers_of_large_lines, forget),
        cmocka_unit_test_teardown(inner_records, forget), cmocka_unit_test_teardown(inner_levels, forget),
        cmocka_unit_test_teardown(times, forget),         cmocka_unit_test_teardown(visit, forget),
        cmocka_unit_test_teardown(paths, forget),         cmocka_unit_test_teardown(templates, forget),
    };
    return cmocka_run_group_tests_name("record", tests, analyzed_open, analyzed_close);
}
