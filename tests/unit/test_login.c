/* Who and from where, read from what programs write; names chosen by an attacker move nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "analyze/login.h"
#include "base/buf.h"
#include "base/scope.h"
#include "tests/unit/slow_build.h"

static void parse(void **state)
{
    (void)state;
    static const struct {
        const char *message, *user, *address; /* NULL: absent */
    } cases[] = {
        /* sshd */
        {"Failed password for root from 192.0.2.1 port 22 ssh2", "root", "192.0.2.1"},
        {"Failed password for invalid user admin from 2001:db8::1 port 22 ssh2", "admin", "2001:db8::1"},
        {"Failed none for invalid user x from 192.0.2.1 port 22 ssh2", "x", "192.0.2.1"},
        {"Accepted publickey for bob from 192.0.2.1 port 22 ssh2: RSA SHA256:abc", "bob", "192.0.2.1"},
        {"Accepted keyboard-interactive/pam for bob from host.example port 22 ssh2", "bob", "host.example"},
        {"Failed password for invalid user  from 192.0.2.1 port 22 ssh2", "", "192.0.2.1"},
        {"Failed password for  from 192.0.2.1 port 22 ssh2", "", "192.0.2.1"},
        {"Failed password for invalid user root from 192.0.2.1 from 203.0.113.9 port 22 ssh2", "root from 192.0.2.1",
         "203.0.113.9"},
        {"Failed password for invalid user a from 192.0.2.1 port 22 ssh2 from 203.0.113.9 port 1 ssh2",
         "a from 192.0.2.1 port 22 ssh2", "203.0.113.9"},
        {"Failed password for invalid user a for b from 192.0.2.1 port 22 ssh2", "a for b", "192.0.2.1"},
        {"Failed password for invalid user invalid user x from 192.0.2.1 port 22 ssh2", "invalid user x", "192.0.2.1"},
        {"Failed password for invalid user rhost=192.0.2.9 from 192.0.2.1 port 22 ssh2", "rhost=192.0.2.9",
         "192.0.2.1"},
        {"message repeated 3 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]", "root", "192.0.2.1"},
        {"message repeated 3 times: [ Failed password for ] from 192.0.2.1 port 22 ssh2]", "]", "192.0.2.1"},
        /* PAM */
        {"pam_unix(su:auth): authentication failure; logname=a uid=0 euid=0 tty=pts/0 ruser=eve rhost=  user=root",
         "root", NULL},
        {"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root",
         "root", "192.0.2.1"},
        {"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=host.example", NULL,
         "host.example"},
        {"pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=x rhost=192.0.2.1  user=x "
         "rhost=203.0.113.9 user=root",
         "x rhost=203.0.113.9 user=root", "192.0.2.1"},
        /* data bases */
        {"password authentication failed for user \"bob\"", "bob", NULL},
        {"password authentication failed for user \"two words\"", "two words", NULL},
        {"no pg_hba.conf entry for host \"192.0.2.1\", user \"bob\", database \"d\", no encryption", "bob",
         "192.0.2.1"},
        {"connection authorized: user=bob database=d application_name=psql", "bob", NULL},
        {"Access denied for user 'root'@'192.0.2.1' (using password: YES)", "root", "192.0.2.1"},
        {"Access denied for user ''@'localhost' (using password: NO)", NULL, "localhost"},
        /* others */
        {"Authentication failed for user bob.", "bob", NULL},
        {"login failed: user=bob, client=192.0.2.1:5000", "bob", "192.0.2.1"},
        {"user login failed username='bob smith' ip=2001:db8::1", "bob smith", "2001:db8::1"},
        {"imap-login: Aborted login (auth failed, 1 attempts): user=<bob>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2",
         "bob", "192.0.2.1"},
        {"warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: x, sasl_username=bob@example.com",
         "bob@example.com", "192.0.2.1"},
        {"op=login acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.1 terminal=ssh res=failed", "root",
         "192.0.2.1"},
        {"login failed from the office", NULL, NULL},
        {"User bob logged in from 192.0.2.1", "bob", "192.0.2.1"},
        {"user logged in", NULL, NULL},
        {"user login failed for user bob", "bob", NULL},
        {"login failed for user bob: user not found", "bob", NULL},
        {"login failed, user=login", "login", NULL},
        {"login failed for user \"not\"", "not", NULL},
        {"invalid credentials from 192.0.2.1:5000", NULL, "192.0.2.1"},
        {"superuser=yes", NULL, NULL}, /* "user=" does not begin a word */
        {"user=", NULL, NULL},
        {"user=\"open", NULL, NULL},
        {"user \"", NULL, NULL},
        {"'@'", NULL, NULL},
        {"x[", NULL, NULL},
        {"Failed ", NULL, NULL},
        {"Failed password for", NULL, NULL},
        {"Accepted from for ", NULL, NULL},
        {"message repeated 2 times: [", NULL, NULL},
        {"message repeated ", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct login login = login_parse(str_of(cases[i].message));
        if (!str_equal(login.user, str_of(cases[i].user)) || !login.user.data != !cases[i].user)
            fail_msg("%s: user '%.*s'", cases[i].message, STR_ARG(login.user));
        if (!str_equal(login.client_ip, str_of(cases[i].address)) || !login.client_ip.data != !cases[i].address)
            fail_msg("%s: address '%.*s'", cases[i].message, STR_ARG(login.client_ip));
    }
}

static void sshd_lines(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        enum login_line line;
    } cases[] = {
        {"Failed password for root from 192.0.2.1 port 22 ssh2", LOGIN_FAILED},
        {"Failed password for invalid user x from 192.0.2.1 port 22 ssh2", LOGIN_FAILED},
        {"Failed keyboard-interactive/pam for root from 192.0.2.1 port 22 ssh2", LOGIN_FAILED},
        {"Failed publickey for invalid user x from 192.0.2.1 port 22 ssh2: RSA SHA256:a", LOGIN_FAILED},
        {"Failed publickey for root from 192.0.2.1 port 22 ssh2: RSA SHA256:a", LOGIN_OTHER},
        {"message repeated 2 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]", LOGIN_FAILED},
        {"Accepted password for root from 192.0.2.1 port 22 ssh2", LOGIN_ACCEPTED},
        {"Accepted publickey for root from 192.0.2.1 port 22 ssh2: RSA SHA256:a", LOGIN_ACCEPTED},
        {"Invalid user x from 192.0.2.1 port 22", LOGIN_OTHER},
        {"Invalid user Failed password for root from 192.0.2.1 port 22", LOGIN_OTHER},
        {"pam_unix(sshd:auth): authentication failure; logname= rhost=192.0.2.1  user=root", LOGIN_OTHER},
        {"pam_unix(sshd:session): session opened for user root by (uid=0)", LOGIN_OTHER},
        {"error: maximum authentication attempts exceeded for root from 192.0.2.1 port 22 ssh2 [preauth]", LOGIN_OTHER},
        {"PAM 2 more authentication failures; logname= rhost=192.0.2.1  user=root", LOGIN_OTHER},
        {"Disconnecting authenticating user root 192.0.2.1 port 22: Too many authentication failures [preauth]",
         LOGIN_OTHER},
        {"Connection closed by invalid user x 192.0.2.1 port 22 [preauth]", LOGIN_OTHER},
        {"Failed to allocate internet-domain X11 display socket.", LOGIN_OTHER},
        {"Accepted ", LOGIN_OTHER},
        {"", LOGIN_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (login_of_sshd(str_of(cases[i].message)) != cases[i].line)
            fail_msg("%s", cases[i].message);
}

/* A message of megabytes made of what is looked for takes no time out of proportion. */
static void long_messages(void **state)
{
    (void)state;
    static const char *const pieces[] = {"user=",     "user=,",
                                         " user=\"",  " user='x user=\"",
                                         "from ",     " from (",
                                         " for ",     "Failed ",
                                         "[",         "]:",
                                         "'@'",       " rhost=",
                                         "  user=",   "message repeated : [",
                                         " user=<",   "user not ",
                                         "user='a\"", "host 1:"};
    static const char *const starts[] = {"", "Failed ", "authentication failure; logname="};
    clock_t begin = clock();
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces * 3; i++) {
        SCOPED(buf) text = BUF(4 << 20);
        buf_add_text(&text, starts[i % 3]);
        while (text.size < (SLOW_BUILD ? 16 << 10 : 1 << 20))
            buf_add_text(&text, pieces[i / 3]);
        login_parse(buf_str(&text));
        login_of_sshd(buf_str(&text));
    }
    if (!SLOW_BUILD)
        assert_in_range((clock() - begin) / CLOCKS_PER_SEC, 0, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse),
        cmocka_unit_test(sshd_lines),
        cmocka_unit_test(long_messages),
    };
    return cmocka_run_group_tests_name("login", tests, NULL, NULL);
}
