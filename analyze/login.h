/* Who and from where, as programs write it into a log-in message: sshd, PAM, PostgreSQL, MySQL and free text. Pure. */
#ifndef WINNOW_ANALYZE_LOGIN_H
#define WINNOW_ANALYZE_LOGIN_H

#include <stdbool.h>

#include "base/str.h"

struct login {
    struct str user, client_ip; /* views into the message, or absent */
};
struct login login_parse(struct str message);

/* Who and from where a line of sshd that stands for no attempt is about: "Invalid user", "Connection closed by", PAM's and
 * the like. Both absent for any other line. */
struct login login_about(struct str message);

/* Programs whose own messages repeat what PAM has said of the same attempt. */
bool login_repeats_pam(struct str service);
/* Those, sshd and cron: what they write is prose, never a line of another format. */
bool login_program(struct str service);

/* sudo's refusals: "NAME : user NOT in sudoers ; ..." and "NAME : command not allowed ; ..."; the name, else absent. */
struct str login_refused_by_sudo(struct str message);
/* "(root) CMD (...)": cron tells what it starts, and the command may hold any words. */
bool login_is_cron_command(struct str service, struct str message);

enum login_line { LOGIN_OTHER, LOGIN_FAILED, LOGIN_ACCEPTED };
/* What a message of OpenSSH's sshd is: only its "Failed ... for" and "Accepted ... for" lines stand for an attempt; PAM's and
 * the others repeat it. A refused key of a known user is no failure, as in fail2ban's default: agents offer one key after
 * the other. "message repeated N times: [ ... ]" counts as what it repeats. */
enum login_line login_of_sshd(struct str message);

#endif
