/* Who and from where, as programs write it into a log-in message: sshd, PAM, PostgreSQL, MySQL and free text. Pure. */
#ifndef WINNOW_ANALYZE_LOGIN_H
#define WINNOW_ANALYZE_LOGIN_H

#include "base/str.h"

struct login {
    struct str user, client_ip; /* views into the message, or absent */
};
struct login login_parse(struct str message);

enum login_line { LOGIN_OTHER, LOGIN_FAILED, LOGIN_ACCEPTED };
/* What a message of OpenSSH's sshd is: only its "Failed ... for" and "Accepted ... for" lines stand for an attempt; PAM's and
 * the others repeat it. A refused key of a known user is no failure, as in fail2ban's default: agents offer one key after
 * the other. "message repeated N times: [ ... ]" counts as what it repeats. */
enum login_line login_of_sshd(struct str message);

#endif
