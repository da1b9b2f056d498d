#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/scope.h"
#include "tests/unit/text_case.h"

struct sample {
    const char *line;
    enum format format;
    const char *pieces; /* name=value, joined by |; NULL: no format fits */
};

#define AT "2024-06-03 10:00:00,123"
#define ISO "2024-06-03T00:00:00.000000+00:00"
#define GET_X "method=GET|path=/x?a=1|protocol=HTTP/1.1"

static const struct sample syslog_samples[] = {
    {"Mar 27 13:06:56 ip-10-77-20-248 sshd[1291]: Server listening on 0.0.0.0 port 22.", FORMAT_SYSLOG,
     "timestamp=Mar 27 13:06:56|host=ip-10-77-20-248|service=sshd|pid=1291|message=Server listening on 0.0.0.0 port 22."},
    {"Mar  7 13:06:56 h CRON[1]: (root) CMD (x)\r", FORMAT_SYSLOG,
     "timestamp=Mar  7 13:06:56|host=h|service=CRON|pid=1|message=(root) CMD (x)"},
    {"Mar 27 13:06:56 h sshd(pam_unix)[19939]: authentication failure", FORMAT_SYSLOG,
     "timestamp=Mar 27 13:06:56|host=h|service=sshd(pam_unix)|pid=19939|message=authentication failure"},
    {"Mar 27 13:06:56 h kernel: [ 1.23] msg", FORMAT_SYSLOG,
     "timestamp=Mar 27 13:06:56|host=h|service=kernel|message=[ 1.23] msg"},
    {"Feb 29 13:06:56 h postfix/smtpd[2]: connect", FORMAT_SYSLOG,
     "timestamp=Feb 29 13:06:56|host=h|service=postfix/smtpd|pid=2|message=connect"},
    {"Mar 27 13:06:56 h gdm-password][2345]: pam", FORMAT_SYSLOG,
     "timestamp=Mar 27 13:06:56|host=h|service=gdm-password]|pid=2345|message=pam"},
    {"Mar 27 13:06:56 h su:", FORMAT_SYSLOG, "timestamp=Mar 27 13:06:56|host=h|service=su|message="},
    {"Mar 27 13:06:56 sshd[9]: no host", FORMAT_SYSLOG, "timestamp=Mar 27 13:06:56|service=sshd|pid=9|message=no host"},
    {ISO " host app[1]: msg", FORMAT_SYSLOG, "timestamp=" ISO "|host=host|service=app|pid=1|message=msg"},
    {"2024-06-03T00:00:00Z fe80::1 app: msg", FORMAT_SYSLOG,
     "timestamp=2024-06-03T00:00:00Z|host=fe80::1|service=app|message=msg"},
    {"<34>Oct 11 22:14:15 mymachine su: 'su root' failed", FORMAT_SYSLOG,
     "priority=2|timestamp=Oct 11 22:14:15|host=mymachine|service=su|message='su root' failed"},
    {"<13>Oct 11 22:14:15 su: no host", FORMAT_SYSLOG,
     "priority=5|timestamp=Oct 11 22:14:15|service=su|message=no host"},
    /* not the whole header */
    {"Mar 27 13:06:56 h last message repeated 2 times", FORMAT_SYSLOG,
     "timestamp=Mar 27 13:06:56|host=h|message=last message repeated 2 times"},
    {"<13>Mar 27 13:06:56 h no tag here", FORMAT_TEXT, "priority=5|timestamp=Mar 27 13:06:56|message=h no tag here"},
    {"2024-06-03T00:00:00Z ERROR main: msg", FORMAT_TEXT,
     "timestamp=2024-06-03T00:00:00Z|level=ERROR|message=main: msg"},
    {"Mar 27 13:06:56 h 10: x", FORMAT_TEXT, "timestamp=Mar 27 13:06:56|message=h 10: x"},
    {"<192>Oct 11 22:14:15 h su: x", FORMAT_NONE, NULL},
    {"<>Oct 11 22:14:15 h su: x", FORMAT_NONE, NULL},
    {"<13", FORMAT_NONE, NULL},
    {"<13>hello", FORMAT_NONE, NULL},
    /* RFC 5424 */
    {"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed", FORMAT_RFC5424,
     "priority=2|timestamp=2003-10-11T22:14:15.003Z|host=mymachine.example.com|service=su|msgid=ID47|message='su root' "
     "failed"},
    {"<165>1 2003-10-11T22:14:15.003Z h evntslog 12 ID47 [ex@1 iut=\"3\" s=\"A \\\"p\\] x\"][b c=\"\"] msg",
     FORMAT_RFC5424,
     "priority=5|timestamp=2003-10-11T22:14:15.003Z|host=h|service=evntslog|pid=12|msgid=ID47|ex@1.iut=3|ex@1.s=A "
     "\\\"p\\] x|b.c=|message=msg"},
    {"<165>1 - - - - - [id]", FORMAT_RFC5424, "priority=5"},
    {"<0>1 - h a - - -", FORMAT_RFC5424, "priority=0|host=h|service=a"},
    {"<0>1 - h a - - [bad x=1] m", FORMAT_RFC5424, "priority=0|host=h|service=a|message=[bad x=1] m"},
    {"<0>1 yesterday h a - - - m", FORMAT_NONE, NULL},
    {"<0>0 - h a - - - m", FORMAT_NONE, NULL},
    /* CRI */
    {"2016-10-06T00:17:09.669794202Z stdout F The content", FORMAT_CRI,
     "timestamp=2016-10-06T00:17:09.669794202Z|stream=stdout|message=The content"},
    {"2016-10-06T00:17:09.669794202Z stderr P:x  part", FORMAT_CRI,
     "timestamp=2016-10-06T00:17:09.669794202Z|stream=stderr|message= part"},
    {"2016-10-06T00:17:09Z stdout F", FORMAT_CRI, "timestamp=2016-10-06T00:17:09Z|stream=stdout|message="},
    {"2016-10-06T00:17:09Z stdout Full", FORMAT_TEXT, "timestamp=2016-10-06T00:17:09Z|message=stdout Full"},
};

#define NGINX "2024/06/03 10:00:00 [error] 12#13: *5 "
#define NGINX_PIECES "timestamp=2024/06/03 10:00:00|level=error|pid=12|connection=5|"

static const struct sample web_samples[] = {
    {"1.2.3.4 - frank [10/Oct/2000:13:55:36 -0700] \"GET /x?a=1 HTTP/1.1\" 200 2326", FORMAT_ACCESS,
     "client_ip=1.2.3.4|user=frank|timestamp=10/Oct/2000:13:55:36 -0700|" GET_X "|status=200|bytes=2326"},
    {"::1 - - [10/Oct/2000:13:55:36 -0700] \"GET /x?a=1 HTTP/1.1\" 404 - \"-\" \"curl \\\"8\\\"\"", FORMAT_ACCESS,
     "client_ip=::1|timestamp=10/Oct/2000:13:55:36 -0700|" GET_X "|status=404|user_agent=curl \\\"8\\\""},
    {"2001:db8::1 - a b [10/Oct/2000:13:55:36 +0000] \"GET /x?a=1 HTTP/1.1\" 200 1 \"http://r/\" \"ua\" 0.123 \"-\" "
     "uct=\"0.1\" rt=2.5 12",
     FORMAT_ACCESS,
     "client_ip=2001:db8::1|user=a b|timestamp=10/Oct/2000:13:55:36 +0000|" GET_X
     "|status=200|bytes=1|referer=http://r/|user_agent=ua|request_time=0.123|uct=0.1|request_time=2.5"},
    {"example.org:443 1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] \"\\x16\\x03\" 400 0", FORMAT_ACCESS,
     "server=example.org:443|client_ip=1.2.3.4|timestamp=10/Oct/2000:13:55:36 +0000|request=\\x16\\x03|status=400|bytes=0"},
    {"host.name - - [10/Oct/2000:13:55:36 +0000] \"-\" 408 0", FORMAT_ACCESS,
     "client_ip=host.name|timestamp=10/Oct/2000:13:55:36 +0000|status=408|bytes=0"},
    {"1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] \"GET /a b\" 200 5", FORMAT_ACCESS,
     "client_ip=1.2.3.4|timestamp=10/Oct/2000:13:55:36 +0000|method=GET|path=/a b|status=200|bytes=5"},
    {"1.2.3.4 - - [99/Oct/2000:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5", FORMAT_NONE, NULL},
    {"1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] \"GET / HTTP/1.1 200 5", FORMAT_NONE, NULL},
    {"1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] \"GET / HTTP/1.1\" ok 5", FORMAT_NONE, NULL},
    /* nginx error log */
    {NGINX "open() \"/a\" failed (2: No such file), client: 1.2.3.4, server: x.org, request: \"GET /x?a=1 HTTP/1.1\", "
           "upstream: \"http://u/\", host: \"h\", referrer: \"r\"",
     FORMAT_NGINX_ERROR,
     NGINX_PIECES "message=open() \"/a\" failed (2: No such file)|client_ip=1.2.3.4|server=x.org|" GET_X
                  "|upstream=http://u/|http_host=h|referer=r"},
    {NGINX "closed, client: ::1, server: ", FORMAT_NGINX_ERROR, NGINX_PIECES "message=closed|client_ip=::1"},
    {"2024/06/03 10:00:00 [notice] 1#1: start", FORMAT_NGINX_ERROR,
     "timestamp=2024/06/03 10:00:00|level=notice|pid=1|message=start"},
    /* a page called like the tail of a line */
    {NGINX "open() \"/x, client: 9.9.9.9, server: y\" failed (2: No), client: 1.2.3.4, server: s", FORMAT_NGINX_ERROR,
     NGINX_PIECES "message=open() \"/x, client: 9.9.9.9, server: y\" failed (2: No)|client_ip=1.2.3.4|server=s"},
    {NGINX "open() \"/x, client: 9.9.9.9, request: \"a\" failed (2: No), client: 1.2.3.4, server: s",
     FORMAT_NGINX_ERROR,
     NGINX_PIECES "message=open() \"/x, client: 9.9.9.9, request: \"a\" failed (2: No)|client_ip=1.2.3.4|server=s"},
    {NGINX "m, client: 1.2.3.4, server: s, request: \"GET /\", client: 9.9.9.9, server: t, request: \"z\"",
     FORMAT_NGINX_ERROR, NGINX_PIECES "message=m|client_ip=1.2.3.4|server=s|method=GET|path=/"},
    {NGINX "m, client: 1.2.3.4, server: s, request: \"GET /?\"quoted\" HTTP/1.1\"", FORMAT_NGINX_ERROR,
     NGINX_PIECES "message=m|client_ip=1.2.3.4"},
    {NGINX "open() \"/x, client: 9.9.9.9, server: y\" failed, client: 1.2.3.4, request: \"GET /?\"q\" HTTP/1.1\"",
     FORMAT_NGINX_ERROR,
     NGINX_PIECES "message=open() \"/x, client: 9.9.9.9, server: y\" failed, client: 1.2.3.4, request: \"GET /?\"q\" "
                  "HTTP/1.1\""},
    {"2024/06/03 10:00:00 [error] no thread", FORMAT_TEXT,
     "timestamp=2024/06/03 10:00:00|level=error|message=no thread"},
    {"2024/06/03 10:00:00 go log", FORMAT_TEXT, "timestamp=2024/06/03 10:00:00|message=go log"},
};

static const struct sample text_samples[] = {
    /* Python and friends */
    {AT " - app.db - ERROR - it - broke", FORMAT_TEXT, "timestamp=" AT "|logger=app.db|level=ERROR|message=it - broke"},
    {AT " - INFO - up", FORMAT_TEXT, "timestamp=" AT "|level=INFO|message=up"},
    {AT " - some words", FORMAT_TEXT, "timestamp=" AT "|message=some words"},
    {AT " WARNING app.db: slow", FORMAT_TEXT, "timestamp=" AT "|level=WARNING|logger=app.db|message=slow"},
    {AT " [main] INFO  com.x.Y - up", FORMAT_TEXT, "timestamp=" AT "|thread=main|level=INFO|logger=com.x.Y|message=up"},
    {"2024-06-03 10:00:00.123 | INFO     | app.mod:func:12 - msg", FORMAT_TEXT,
     "timestamp=2024-06-03 10:00:00.123|level=INFO|logger=app.mod|function=func|line=12|message=msg"},
    {"ERROR:root:it broke", FORMAT_TEXT, "level=ERROR|logger=root|message=it broke"},
    {"INFO:     127.0.0.1:50000 - \"GET /x?a=1 HTTP/1.1\" 200 OK", FORMAT_TEXT,
     "level=INFO|client_ip=127.0.0.1|" GET_X "|status=200"},
    {"INFO:     [::1]:50000 - \"GET /x?a=1 HTTP/1.1\" 404", FORMAT_TEXT,
     "level=INFO|client_ip=::1|" GET_X "|status=404"},
    {"INFO:     Started server process [1]", FORMAT_TEXT, "level=INFO|message=Started server process [1]"},
    {"[" AT ": INFO/MainProcess] msg", FORMAT_TEXT, "timestamp=" AT "|level=INFO|process=MainProcess|message=msg"},
    {"[" AT ": WARNING/ForkPoolWorker-1] x[1]: y", FORMAT_TEXT,
     "timestamp=" AT "|level=WARNING|process=ForkPoolWorker-1|message=x[1]: y"},
    /* others */
    {"2024-06-03 10:00:00 started", FORMAT_TEXT, "timestamp=2024-06-03 10:00:00|message=started"},
    {"2024-06-03 10:00:00", FORMAT_TEXT, "timestamp=2024-06-03 10:00:00"},
    {"[2024-06-03 10:00:00] [error] m", FORMAT_TEXT, "timestamp=2024-06-03 10:00:00|level=error|message=m"},
    {"[2024-06-03 10:00:00] production.ERROR: m", FORMAT_TEXT,
     "timestamp=2024-06-03 10:00:00|logger=production|level=ERROR|message=m"},
    {"2024-06-03T10:00:00.000Z\tinfo\tserver\tup", FORMAT_TEXT,
     "timestamp=2024-06-03T10:00:00.000Z|level=info|logger=server|message=up"},
    {"2024-06-03 10:00:00.369 CEST [58151] LOG:  done", FORMAT_TEXT,
     "timestamp=2024-06-03 10:00:00.369 CEST|pid=58151|level=LOG|message=done"},
    {"[Fri Nov 20 10:00:00.123456 2026] [core:error] [pid 12:tid 34] [client 1.2.3.4:567] AH00128: x", FORMAT_TEXT,
     "timestamp=Fri Nov 20 10:00:00.123456 2026|logger=core|level=error|pid=12|client_ip=1.2.3.4|message=AH00128: x"},
    {"2024-06-03 10:00:00 Error in the first word", FORMAT_TEXT,
     "timestamp=2024-06-03 10:00:00|message=Error in the first word"},
    {"2024-06-03 10:00:00 Error: in colon", FORMAT_TEXT, "timestamp=2024-06-03 10:00:00|level=Error|message=in colon"},
    {"2024-06-03 10:00:00 context lost", FORMAT_TEXT, "timestamp=2024-06-03 10:00:00|message=context lost"},
    {"2024-06-03 10:00:00 [x] y", FORMAT_TEXT, "timestamp=2024-06-03 10:00:00|message=[x] y"},
    {"2024-06-03 10:00:00.123 UTC [12] bob@db ERROR:  no table", FORMAT_TEXT,
     "timestamp=2024-06-03 10:00:00.123 UTC|pid=12|user=bob|database=db|level=ERROR|message=no table"},
    {"2024-06-03 10:00:00.123 UTC [12] bob@db said ERROR:  x", FORMAT_TEXT,
     "timestamp=2024-06-03 10:00:00.123 UTC|pid=12|message=bob@db said ERROR:  x"},
    {"2024-06-03T10:00:00.123456Z 8 [ERROR] [MY-012345] [Server] bad", FORMAT_TEXT,
     "timestamp=2024-06-03T10:00:00.123456Z|thread=8|level=ERROR|error_code=MY-012345|logger=Server|message=bad"},
    {"2024-06-03 10:00:00 3 error reports", FORMAT_TEXT, "timestamp=2024-06-03 10:00:00|message=3 error reports"},
    {"E0603 10:00:00.123456       1 x.go:5] msg", FORMAT_TEXT,
     "level=E|timestamp=0603 10:00:00.123456|thread=1|caller=x.go:5|message=msg"},
    {"E0603 10:00:00.123456 x.go:5] msg", FORMAT_NONE, NULL},
    {"web-1  | x", FORMAT_TEXT, "container_name=web-1|message=x"},
    {"web  | x", FORMAT_NONE, NULL},
    {"web  | y 1.2.3.4 - - [03/Jun/2024:10:00:00 +0000] z", FORMAT_NONE, NULL},
    {"[ERROR] m", FORMAT_TEXT, "level=ERROR|message=m"},
    {"[ warn ] m", FORMAT_TEXT, "level=warn|message=m"},
    {"WARN  m", FORMAT_TEXT, "level=WARN|message=m"},
    {"error: m", FORMAT_TEXT, "level=error|message=m"},
    /* free text */
    {"", FORMAT_NONE, NULL},
    {"\r", FORMAT_NONE, NULL},
    {"hello world", FORMAT_NONE, NULL},
    {"Error handling is hard", FORMAT_NONE, NULL},
    {"Information: none", FORMAT_NONE, NULL},
    {"context: x", FORMAT_NONE, NULL},
    {"    at Foo.bar(Foo.java:12)", FORMAT_NONE, NULL},
    {"  File \"x.py\", line 3", FORMAT_NONE, NULL},
    {"Traceback (most recent call last):", FORMAT_NONE, NULL},
    {"Mark 27 is a score", FORMAT_NONE, NULL},
    {"2024-06-03", FORMAT_NONE, NULL},
    {"2024-06-03 10:00:00abc", FORMAT_NONE, NULL},
    {"12 apples", FORMAT_NONE, NULL},
    {"[x] y", FORMAT_NONE, NULL},
    {"[2024-06-03 10:00:00 y", FORMAT_NONE, NULL},
    /* logfmt */
    {"time=2024-06-03T10:00:00Z level=info msg=\"a \\\"b\\\" c\" n= x.y=1", FORMAT_LOGFMT,
     "time=2024-06-03T10:00:00Z|level=info|msg=a \\\"b\\\" c|n=|x.y=1"},
    {"type=USER_LOGIN msg=audit(1700474400.123:458): uid=0 msg='acct=\"bob\" hostname=? addr=1.2.3.4 res=failed'\x1d"
     "UID=\"root\"",
     FORMAT_LOGFMT,
     "type=USER_LOGIN|timestamp=1700474400.123|serial=458|uid=0|user=bob|client_ip=1.2.3.4|res=failed|UID=root"},
    {"type=USER_LOGIN msg=audit(1700474400.123", FORMAT_NONE, NULL},
    {"a=1  b=\"\" c=x=y ", FORMAT_LOGFMT, "a=1|b=|c=x=y"},
    {"a=1 b=2", FORMAT_NONE, NULL},
    {"a=1 b=2 and c=3", FORMAT_NONE, NULL},
    {"a=1 b=2 c=\"open", FORMAT_NONE, NULL},
    {"a=1 b=2 c=\"x\"y", FORMAT_NONE, NULL},
    {"a=1 b=2 c=x\"y", FORMAT_NONE, NULL},
    {"a=1 b=2 =3", FORMAT_NONE, NULL},
};

static const struct {
    const struct sample *samples;
    size_t count;
} tables[] = {
    {syslog_samples, sizeof syslog_samples / sizeof *syslog_samples},
    {web_samples, sizeof web_samples / sizeof *web_samples},
    {text_samples, sizeof text_samples / sizeof *text_samples},
};

static void check_samples(const struct sample *samples, size_t count)
{
    static struct text_line text;
    for (size_t i = 0; i < count; i++) {
        const struct sample *s = &samples[i];
        bool fits = text_match(str_of(s->line), &text);
        if (fits != (s->pieces != NULL))
            fail_msg("%s: fits %d", s->line, fits);
        if (!fits)
            continue;
        SCOPED(buf) pieces = BUF(1 << 20);
        for (uint32_t k = 0; k < text.count; k++) {
            if (k > 0)
                buf_add_char(&pieces, '|');
            buf_add_str(&pieces, text.pieces[k].name);
            buf_add_char(&pieces, '=');
            buf_add_str(&pieces, text.pieces[k].value);
        }
        if (text.format != s->format || !str_equal(buf_str(&pieces), str_of(s->pieces)))
            fail_msg("%s:\n%s %.*s\n%s %s", s->line, format_name(text.format), STR_ARG(buf_str(&pieces)),
                     format_name(s->format), s->pieces);
    }
}

static void syslog_and_cri(void **state)
{
    (void)state;
    check_samples(syslog_samples, sizeof syslog_samples / sizeof *syslog_samples);
}

static void web_servers(void **state)
{
    (void)state;
    check_samples(web_samples, sizeof web_samples / sizeof *web_samples);
}

static void stamped_and_logfmt(void **state)
{
    (void)state;
    check_samples(text_samples, sizeof text_samples / sizeof *text_samples);
}

static void hostile_lines(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        for (size_t i = 0; i < tables[t].count; i++)
            text_case_hostile(str_of(tables[t].samples[i].line));
    }
}

static void many_pieces(void **state)
{
    (void)state;
    static struct text_line text;
    SCOPED(buf) line = BUF(1 << 20);
    for (int i = 0; i < 100; i++)
        buf_printf(&line, "%sk%d=%d", i ? " " : "", i, i);
    assert_true(text_match(buf_str(&line), &text));
    assert_int_equal(text.count, TEXT_PIECES_MAX);
    buf_add_text(&line, " word"); /* beyond the last piece, and still not logfmt */
    assert_false(text_match(buf_str(&line), &text));

    buf_reset(&line);
    buf_add_text(&line, "<0>1 - h a - - [");
    for (int i = 0; i < 200; i++)
        buf_add_text(&line, "abcdefghij");
    for (int i = 0; i < 5; i++)
        buf_printf(&line, " p%d=\"v\"", i);
    buf_add_text(&line, "] m");
    assert_true(text_match(buf_str(&line), &text));
    assert_int_equal(text.count, 3 + 2 + 1); /* two of the long names fit */
    assert_true(str_equal(text.pieces[5].name, STR("message")));
    assert_true(str_equal(text.pieces[5].value, STR("m")));
}

/* Quadratic work would take minutes here. */
static void long_lines(void **state)
{
    (void)state;
    static const char *const heads[] = {NGINX "x", "<0>1 - h a - - ", "", "Mar 27 13:06:56 h ", AT " "};
    static const char *const units[] = {", client: 1, server: x", "[a b=\"\"]", "a=\"\" ", "a:", "[1] "};
    SCOPED(buf) line = BUF(8 << 20);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        buf_reset(&line);
        buf_add_text(&line, heads[i]);
        while (line.size < 4 << 20)
            buf_add_text(&line, units[i]);
        text_case_check(buf_str(&line));
        buf_add_text(&line, "\" x");
        text_case_check(buf_str(&line));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syslog_and_cri), cmocka_unit_test(web_servers), cmocka_unit_test(stamped_and_logfmt),
        cmocka_unit_test(hostile_lines),  cmocka_unit_test(many_pieces), cmocka_unit_test(long_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
