/* What a record counts as, and who it is about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/classify.h"
#include "base/buf.h"
#include "base/scope.h"
#include "tests/unit/analyzed.h"

struct classify_case {
    const char *line;
    const char *kinds;     /* in the order of the contract */
    const char *user, *ip; /* NULL: unknown */
};

static void check(const struct classify_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct record rec = analyzed(str_of(cases[i].line));
        SCOPED(buf) kinds = BUF(256);
        analyzed_kinds(rec.kinds, &kinds);
        if (!str_equal(buf_str(&kinds), str_of(cases[i].kinds)))
            fail_msg("%s\ncounts as '%.*s'", cases[i].line, STR_ARG(buf_str(&kinds)));
        struct str user = record_field(&rec, FIELD_USER, &analyzed_arena);
        struct str ip = record_field(&rec, FIELD_CLIENT_IP, &analyzed_arena);
        if (!str_equal(user, str_of(cases[i].user)) || !str_equal(ip, str_of(cases[i].ip)))
            fail_msg("%s\nuser '%.*s', address '%.*s'", cases[i].line, STR_ARG(user), STR_ARG(ip));
        analyzed_forget();
    }
}

#define CASES(name, ...)                                                                                               \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        static const struct classify_case cases[] = {__VA_ARGS__};                                                     \
        check(cases, sizeof cases / sizeof *cases);                                                                    \
    }

#define SSHD "Nov 20 10:00:00 h sshd[12]: "

CASES(ssh, {SSHD "Failed password for root from 192.0.2.1 port 22 ssh2", "auth_failure", "root", "192.0.2.1"},
      {SSHD "Failed password for invalid user admin from 2001:db8::1 port 22 ssh2", "auth_failure", "admin",
       "2001:db8::1"},
      {SSHD "Failed password for invalid user root from 192.0.2.1 from 203.0.113.9 port 22 ssh2", "auth_failure",
       "root from 192.0.2.1", "203.0.113.9"},
      {SSHD "Accepted password for bob from 192.0.2.1 port 22 ssh2", "auth_success", "bob", "192.0.2.1"},
      {SSHD "Accepted publickey for bob from 192.0.2.1 port 22 ssh2: RSA SHA256:x", "auth_success", "bob", "192.0.2.1"},
      {SSHD "message repeated 2 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]", "auth_failure", "root",
       "192.0.2.1"},
      /* what only repeats an attempt, or was no attempt yet */
      {SSHD
       "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root",
       "", "root", "192.0.2.1"},
      {SSHD "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root", "",
       "root", "192.0.2.1"},
      {SSHD "Invalid user admin from 192.0.2.1 port 22", "", "admin", "192.0.2.1"},
      {SSHD "Invalid user admin from 192.0.2.1", "", "admin", "192.0.2.1"},
      {SSHD "Failed publickey for bob from 192.0.2.1 port 22 ssh2: RSA SHA256:x", "", "bob", "192.0.2.1"},
      {SSHD "error: maximum authentication attempts exceeded for root from 192.0.2.1 port 22 ssh2 [preauth]", "",
       "root", "192.0.2.1"},
      {SSHD "error: maximum authentication attempts exceeded for invalid user x from 192.0.2.1 port 22 ssh2 [preauth]",
       "", "x", "192.0.2.1"},
      {SSHD "Invalid user Failed password for root from 192.0.2.7 from 192.0.2.1 port 22", "",
       "Failed password for root from 192.0.2.7", "192.0.2.1"},
      {SSHD "Received disconnect from 192.0.2.1: 11: Accepted password for root from 192.0.2.7 [preauth]", "", NULL,
       "192.0.2.1"},
      {SSHD "Connection closed by authenticating user root 192.0.2.1 port 22 [preauth]", "", "root", "192.0.2.1"},
      {SSHD "Connection closed by invalid user a 192.0.2.7 port 5 192.0.2.1 port 22 [preauth]", "",
       "a 192.0.2.7 port 5", "192.0.2.1"},
      {SSHD "Disconnected from authenticating user root 2001:db8::1 port 22 [preauth]", "", "root", "2001:db8::1"},
      {SSHD "Disconnected from user bob 192.0.2.1 port 22", "", "bob", "192.0.2.1"},
      {SSHD "Connection closed by 192.0.2.1 port 22 [preauth]", "", NULL, "192.0.2.1"},
      {SSHD "Server listening on 0.0.0.0 port 22.", "", NULL, NULL},
      {"Nov 20 10:00:00 h mail[1]: Invalid user admin from 192.0.2.1 port 22", "", NULL, NULL},
      {SSHD "Failed password for invalid user access denied login successful from 192.0.2.1 port 22 ssh2",
       "auth_failure", "access denied login successful", "192.0.2.1"},
      {"Nov 20 10:00:00 h sshd-session[12]: Failed password for root from 192.0.2.1 port 22 ssh2", "auth_failure",
       "root", "192.0.2.1"})

CASES(
    pam,
    {"Nov 20 10:00:00 h sudo: pam_unix(sudo:auth): authentication failure; logname=a uid=1 euid=0 tty=/dev/pts/0 ruser=bob rhost=  user=bob",
     "auth_failure", "bob", NULL},
    {"Nov 20 10:00:00 h sudo: bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
     "", NULL, NULL},
    {"Nov 20 10:00:00 h login[1]: FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure", "", NULL, NULL},
    {"Nov 20 10:00:00 h vsftpd[1]: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=x rhost=192.0.2.1"
     "  user=x rhost=203.0.113.9",
     "auth_failure", "x rhost=203.0.113.9", "192.0.2.1"},
    {"Nov 20 10:00:00 h dovecot: imap-login: Aborted login (auth failed, 1 attempts in 2 secs): user=<bob>, method=PLAIN, rip=192.0.2.1, "
     "lip=192.0.2.2",
     "auth_failure", "bob", "192.0.2.1"},
    {"Nov 20 10:00:00 h CRON[9]: (root) CMD (echo login failed)", "", NULL, NULL},
    {"Nov 20 10:00:00 h sudo:   bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh", "denial",
     "bob", NULL},
    {"Nov 20 10:00:00 h sudo:   bob : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh", "denial",
     "bob", NULL},
    {"Nov 20 10:00:00 h ftp:   bob : command not allowed ; x", "", NULL, NULL},
    {"type=USER_LOGIN msg=audit(1700474400.123:458): pid=1 msg='op=login acct=\"bob\" addr=192.0.2.1 res=failed'",
     "auth_failure", "bob", "192.0.2.1"},
    {"Nov 20 10:00:00 h CRON[1]: pam_unix(cron:session): session opened for user root by (uid=0)", "", NULL, NULL})

CASES(
    statuses, {"{\"status\":401,\"user\":\"bob\",\"ip\":\"192.0.2.1\"}", "auth_failure", "bob", "192.0.2.1"},
    {"{\"status\":\"403\"}", "denial", NULL, NULL}, {"{\"status\":429}", "rate_limit", NULL, NULL},
    {"{\"status\":500}", "error", NULL, NULL}, {"{\"status\":503}", "error", NULL, NULL},
    {"{\"status\":599}", "error", NULL, NULL}, {"{\"status\":499}", "", NULL, NULL},
    {"{\"status\":200}", "", NULL, NULL}, {"{\"status\":400}", "", NULL, NULL}, {"{\"status\":404}", "", NULL, NULL},
    {"{\"status\":402}", "", NULL, NULL}, {"{\"status\":600}", "", NULL, NULL},
    {"{\"pid\":401,\"bytes\":429,\"message\":\"403\"}", "", NULL, NULL},
    {"192.0.2.1 - bob [20/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 401 5 \"-\" \"curl\"", "auth_failure", "bob",
     "192.0.2.1"},
    {"192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 429 5 \"-\" \"curl\"", "rate_limit", NULL,
     "192.0.2.1"},
    {"192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 502 5 \"-\" \"curl\"", "error", NULL, "192.0.2.1"},
    /* what a visitor types counts for nothing */
    {"192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \"GET /login-failed?too+many+requests HTTP/1.1\" 200 5 \"access denied\" \"login failed\"",
     "", NULL, "192.0.2.1"},
    {"{\"log\":\"192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] \\\"GET /login-failed HTTP/1.1\\\" 200 5 \\\"-\\\" \\\"access denied\\\"\\n\","
     "\"stream\":\"stdout\",\"time\":\"2026-11-20T10:00:00Z\"}",
     "", NULL, "192.0.2.1"},
    {"{\"message\":\"ok\",\"user_agent\":\"login failed\",\"url\":\"/access denied\",\"q\":\"too many requests\"}", "",
     NULL, NULL})

CASES(levels, {"{\"level\":\"error\"}", "error", NULL, NULL}, {"{\"level\":\"ERROR\"}", "error", NULL, NULL},
      {"{\"level\":\"Err\"}", "error", NULL, NULL}, {"{\"levelname\":\"CRITICAL\"}", "error", NULL, NULL},
      {"{\"severity\":\"FATAL\"}", "error", NULL, NULL}, {"{\"s\":\"E\"}", "error", NULL, NULL},
      {"{\"s\":\"F\"}", "error", NULL, NULL}, {"{\"log\":{\"level\":\"panic\"}}", "error", NULL, NULL},
      {"{\"log.level\":\"emerg\"}", "error", NULL, NULL}, {"{\"PRIORITY\":\"3\"}", "error", NULL, NULL},
      {"{\"PRIORITY\":\"0\"}", "error", NULL, NULL}, {"{\"level\":50}", "error", NULL, NULL},
      {"{\"level\":60}", "error", NULL, NULL}, {"{\"Level\":2}", "error", NULL, NULL},
      {"{\"Level\":1}", "error", NULL, NULL}, {"{\"level\":\"SEVERE\"}", "error", NULL, NULL},
      {"{\"level\":\"alert\"}", "error", NULL, NULL}, {"{\"level\":40}", "", NULL, NULL},
      {"{\"Level\":3}", "", NULL, NULL}, {"{\"Level\":0}", "", NULL, NULL}, {"{\"PRIORITY\":\"4\"}", "", NULL, NULL},
      {"{\"level\":\"warning\"}", "", NULL, NULL}, {"{\"level\":\"info\",\"message\":\"ERROR: x\"}", "", NULL, NULL},
      {"{\"level\":\"no-error\"}", "", NULL, NULL}, {"{\"s\":\"errors\"}", "", NULL, NULL},
      {"<11>Nov 20 10:00:00 h p: x", "error", NULL, NULL}, {"<12>Nov 20 10:00:00 h p: x", "", NULL, NULL},
      {"2026-11-20 10:00:00 ERROR x", "error", NULL, NULL})

CASES(
    rate_limits, {"{\"event\":\"rate_limit_exceeded\"}", "rate_limit", NULL, NULL},
    {"{\"event\":\"RATE-LIMIT\"}", "rate_limit", NULL, NULL},
    {"{\"message\":\"Rate limit exceeded for user bob\"}", "rate_limit", "bob", NULL},
    {"{\"message\":\"Too Many Requests\",\"client_ip\":\"192.0.2.1\"}", "rate_limit", NULL, "192.0.2.1"},
    {"{\"errorCode\":\"ThrottlingException\",\"eventName\":\"x\"}", "rate_limit", NULL, NULL},
    {"{\"errorCode\":\"Client.RequestLimitExceeded\"}", "rate_limit", NULL, NULL},
    {"{\"errorCode\":\"SlowDown\"}", "rate_limit", NULL, NULL},
    {"2026/11/20 10:00:00 [error] 1#1: *5 limiting requests, excess: 5.1 by zone \"one\", client: 192.0.2.1, server: _, request: \"GET / "
     "HTTP/1.1\", host: \"a\"",
     "rate_limit error", NULL, "192.0.2.1"},
    /* words that are near it */
    {"{\"level\":\"error\",\"message\":\"RateLimitError: upstream quota\"}", "error", NULL, NULL},
    {"{\"message\":\"openai.RateLimitError raised\"}", "", NULL, NULL},
    {"{\"message\":\"rate limiter started\"}", "", NULL, NULL},
    {"{\"message\":\"rate limit is 5 per second\"}", "", NULL, NULL},
    {"{\"event\":\"rate_limit_check\"}", "", NULL, NULL},
    {"{\"message\":\"first rate, limit exceeded\"}", "", NULL, NULL},
    {"{\"message\":\"corporate limit exceeded\"}", "", NULL, NULL},
    {"{\"errorCode\":\"LimitExceeded\"}", "", NULL, NULL},
    {"{\"errorCode\":\"Client.VpcLimitExceeded\"}", "", NULL, NULL})

CASES(denials,
      {"{\"errorCode\":\"AccessDenied\",\"userIdentity\":{\"userName\":\"bob\"},\"sourceIPAddress\":\"192.0.2.1\"}",
       "denial", "bob", "192.0.2.1"},
      {"{\"errorCode\":\"Client.UnauthorizedOperation\"}", "denial", NULL, NULL},
      {"{\"errorCode\":\"AccessDeniedException\"}", "denial", NULL, NULL},
      {"{\"message\":\"RBAC: access denied\"}", "denial", NULL, NULL},
      {"{\"message\":\"Permission denied for user bob\"}", "denial", "bob", NULL},
      {"{\"event\":\"permission_denied\",\"user\":\"bob\"}", "denial", "bob", NULL},
      {"{\"event\":\"data_read\",\"outcome\":\"denied\"}", "denial", NULL, NULL},
      {"{\"decision\":\"deny\"}", "denial", NULL, NULL},
      {"{\"event\":\"data_read\",\"outcome\":\"allowed\"}", "", NULL, NULL},
      {"{\"message\":\"open '/x': Permission denied\"}", "", NULL, NULL}, /* the system's EACCES */
      {"{\"errorCode\":\"NoSuchBucketPolicy\"}", "", NULL, NULL}, {"{\"x\":{\"outcome\":\"denied\"}}", "", NULL, NULL})

CASES(
    logins,
    {"{\"event\":\"login_failed\",\"user\":\"bob\",\"ip\":\"192.0.2.1:5\"}", "auth_failure", "bob", "192.0.2.1"},
    {"{\"event\":\"auth.failure\"}", "auth_failure", NULL, NULL},
    {"{\"event\":\"LOGIN-SUCCESS\"}", "auth_success", NULL, NULL},
    {"{\"event\":\"user.login\",\"outcome\":\"success\"}", "auth_success", NULL, NULL},
    {"{\"event\":\"user.login\",\"outcome\":\"failure\"}", "auth_failure", NULL, NULL},
    {"{\"event\":\"login\",\"success\":true}", "auth_success", NULL, NULL},
    {"{\"event\":\"login\",\"success\":false}", "auth_failure", NULL, NULL},
    {"{\"event\":{\"action\":\"logon\",\"outcome\":\"Failure\"}}", "auth_failure", NULL, NULL},
    {"{\"event\":\"login\"}", "", NULL, NULL}, {"{\"event\":\"login\",\"outcome\":\"pending\"}", "", NULL, NULL},
    {"{\"event\":\"upload\",\"outcome\":\"failure\"}", "", NULL, NULL},
    {"{\"event\":\"blogin\",\"outcome\":\"failure\"}", "", NULL, NULL},
    {"{\"message\":\"login successful, 3 failed logins since\",\"user\":\"bob\"}", "auth_success", "bob", NULL},
    {"{\"event\":\"login_success\",\"message\":\"login failed before\"}", "auth_success", NULL,
     NULL}, /* a code says more than prose */
    {"{\"message\":\"login failed, then login successful\"}", "auth_failure", NULL, NULL},
    {"{\"message\":\"User bob logged in successfully from 192.0.2.1\"}", "auth_success", "bob", "192.0.2.1"},
    {"{\"message\":\"Invalid credentials for user \\\"bob\\\"\",\"user\":\"alice\"}", "auth_failure", "alice",
     NULL}, /* a field says more */
    {"{\"eventName\":\"ConsoleLogin\",\"responseElements\":{\"ConsoleLogin\":\"Success\"},\"userIdentity\":{\"userName\":\"bob\"}}",
     "auth_success", "bob", NULL},
    {"{\"eventName\":\"ConsoleLogin\",\"responseElements\":{\"ConsoleLogin\":\"Failure\"},\"errorMessage\":\"Failed authentication\"}",
     "auth_failure", NULL, NULL},
    {"{\"EventID\":4624,\"TargetUserName\":\"bob\",\"IpAddress\":\"-\"}", "auth_success", "bob", NULL},
    {"{\"EventID\":4625,\"TargetUserName\":\"bob\",\"IpAddress\":\"192.0.2.1\"}", "auth_failure", "bob", "192.0.2.1"},
    {"{\"EventID\":\"4625\"}", "auth_failure", NULL, NULL}, {"{\"EventID\":46250}", "", NULL, NULL},
    {"{\"EventID\":4634}", "", NULL, NULL}, {"{\"id\":4625,\"message\":\"4625\"}", "", NULL, NULL},
    {"{\"message\":\"login failedover\"}", "", NULL, NULL}, {"{\"message\":\"plugin failed\"}", "", NULL, NULL},
    {"{\"message\":\"see /docs/auth\"}", "", NULL, NULL})

CASES(
    databases,
    {"2026-11-20T10:00:00.000000Z 12 [Note] Access denied for user 'root'@'192.0.2.1' (using password: YES)",
     "auth_failure", "root", "192.0.2.1"},
    {"{\"message\":\"Access denied for user 'root'@'192.0.2.1' (using password: NO)\"}", "auth_failure", "root",
     "192.0.2.1"},
    {"{\"error_severity\":\"FATAL\",\"user\":\"bob\",\"remote_host\":\"192.0.2.1\",\"message\":\"password authentication failed for user "
     "\\\"bob\\\"\"}",
     "auth_failure error", "bob", "192.0.2.1"},
    {"2026-11-20 10:00:00.000 UTC [12] FATAL:  password authentication failed for user \"bob\"", "auth_failure error",
     "bob", NULL},
    {"{\"error_severity\":\"LOG\",\"message\":\"connection authorized: user=bob database=d\"}", "auth_success", "bob",
     NULL},
    {"{\"error_severity\":\"FATAL\",\"message\":\"no pg_hba.conf entry for host \\\"192.0.2.1\\\", user \\\"bob\\\", database \\\"d\\\"\"}",
     "auth_failure error", "bob", "192.0.2.1"},
    {"{\"error_severity\":\"ERROR\",\"message\":\"permission denied for table t\"}", "denial error", NULL, NULL},
    {"{\"t\":{\"$date\":\"2026-11-20T10:00:00Z\"},\"s\":\"I\",\"c\":\"ACCESS\",\"msg\":\"Authentication succeeded\",\"attr\":{\"principalName\":"
     "\"bob\",\"remote\":\"192.0.2.1:5000\"}}",
     "auth_success", "bob", "192.0.2.1"})

CASES(free_text, {"Login failed for user bob from 192.0.2.1", "auth_failure", "bob", "192.0.2.1"},
      {"nothing to see", "", NULL, NULL}, {"", "", NULL, NULL},
      {"\xff\xfe login failed \xff", "auth_failure", NULL, NULL}, {"login\tfailed", "", NULL, NULL})

/* Of a line without a format only the beginning is searched; of a message all of it. */
static void long_text(void **state)
{
    (void)state;
    SCOPED(buf) line = BUF(1 << 20);
    buf_add_text(&line, "login failed ");
    for (int i = 0; i < 10000; i++)
        buf_add_text(&line, "x ");
    assert_int_equal(analyzed(buf_str(&line)).kinds, KIND_AUTH_FAILURE);
    buf_reset(&line);
    for (int i = 0; i < 10000; i++)
        buf_add_text(&line, "x ");
    buf_add_text(&line, "login failed");
    assert_int_equal(analyzed(buf_str(&line)).kinds, 0);
    SCOPED(buf) json = BUF(1 << 20);
    buf_printf(&json, "{\"message\":\"%s\"}", line.data);
    assert_int_equal(analyzed(buf_str(&json)).kinds, KIND_AUTH_FAILURE);
}

static void check_fact(const char *line, const char *expected)
{
    struct record rec = analyzed(str_of(line));
    struct fact fact = {0};
    classify_fact(&rec, &analyzed_arena, &fact);
    SCOPED(buf) found = BUF(4096);
    const struct str parts[] = {fact.user,   fact.client_ip, fact.service, fact.logger,
                                fact.method, fact.path,      fact.template};
    analyzed_kinds(fact.kinds, &found);
    buf_printf(&found, "|%s|%u", level_name((enum level)fact.level), fact.status);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_add_char(&found, '|');
        buf_add_str(&found, parts[i].data ? parts[i] : STR("~"));
    }
    assert_string_equal(found.data, expected);
}

static void facts(void **state)
{
    (void)state;
    check_fact(
        "{\"level\":\"error\",\"service\":\"s\",\"logger\":\"l\",\"message\":\"took 12 ms\",\"user\":\"bob\",\"ip\":\"192.0.2.1:5\","
        "\"method\":\"GET\",\"path\":\"/x\",\"status\":500}",
        "error|error|500|bob|192.0.2.1|s|l|GET|/x|took <*> ms");
    check_fact("{\"event\":\"login_failed\",\"error_code\":\"E1\"}", "auth_failure||0|~|~|~|~|~|~|login_failed");
    check_fact("{\"event\":\"login_failed\"}", "auth_failure||0|~|~|~|~|~|~|login_failed");
    check_fact(SSHD "Failed password for root from 192.0.2.1 port 22 ssh2",
               "auth_failure||0|root|192.0.2.1|sshd|~|~|~|Failed password for root from <*> port <*> ssh2");
    check_fact(SSHD "Failed password for invalid user  from 192.0.2.1 port 22 ssh2", /* known to be empty */
               "auth_failure||0||192.0.2.1|sshd|~|~|~|Failed password for invalid user from <*> port <*> ssh2");
    check_fact("login failed", "auth_failure||0|~|~|~|~|~|~|login failed");
    check_fact("{\"status\":503}", "error||503|~|~|~|~|~|~|~");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ssh),       cmocka_unit_test(pam),         cmocka_unit_test(statuses),
        cmocka_unit_test(levels),    cmocka_unit_test(rate_limits), cmocka_unit_test(denials),
        cmocka_unit_test(logins),    cmocka_unit_test(databases),   cmocka_unit_test(free_text),
        cmocka_unit_test(long_text), cmocka_unit_test(facts),
    };
    return cmocka_run_group_tests_name("classify", tests, analyzed_open, analyzed_close);
}
