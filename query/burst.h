/* burst: attempts to get in, told from the logins of a stretch of time. The rule:
 *
 *     brute force     at least BURST_FAILURES failed logins from one address within BURST_WINDOW_US
 *     spraying        from one address, failed logins of at least BURST_USERS different users within BURST_SPRAY_US; those who ever
 *                     got in from there, in the stretch, do not count: people behind one address mistype, and get in. Where as many
 *                     users (BURST_USERS or more) got in as failed and never did, the address is a shared one: no spraying
 *     breach          a successful login from the address of one of these, from its first failure that counted until
 *                     BURST_BREACH_US after its last; from a shared address only of a user who failed in it
 *
 * A window slides: it begins with any failure and ends BURST_WINDOW_US (BURST_SPRAY_US) later, its end not in it. The failures of
 * windows that share one are one burst, so an address that goes on all day is one burst, and one that comes back in the evening
 * is two. Brute force and spraying that share a failure are one burst as well. A login without an address or a time is not
 * judged; a failure without a user counts, but as no different user.
 *
 * Pure. Time: that of sorting the logins. Memory: 16 bytes a login, at most BURST_LOGINS_MAX of them, and the names of at most
 * BURST_NAMES_MAX addresses and users; what is beyond is counted and not judged. One thread. */
#ifndef WINNOW_QUERY_BURST_H
#define WINNOW_QUERY_BURST_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/map.h"

#define BURST_WINDOW_US (10 * TIME_MINUTE)
#define BURST_SPRAY_US TIME_HOUR
#define BURST_BREACH_US TIME_HOUR
enum { BURST_FAILURES = 5, BURST_USERS = 5, BURST_LOGINS_MAX = 2000000, BURST_NAMES_MAX = 200000 };

enum burst_kind { BURST_FORCE = 1, BURST_SPRAY = 2, BURST_BREACH = 4 };

struct burst {
    unsigned kinds;            /* bits of enum burst_kind; not BURST_BREACH alone */
    struct str address;        /* views live as long as the bursts */
    int64_t first_us, last_us; /* of its failures */
    uint64_t failures;         /* from the first to the last */
    uint64_t users;            /* different ones among them */
    struct str user;           /* who got in; else the one user it tried; absent when there are several or none */
    int64_t success_us;        /* of the first success, or TIME_NONE */
};

struct burst_login {
    int64_t time_us;
    uint32_t address;
    uint32_t user; /* shifted by one; the low bit: it succeeded */
};

/* Zero-initialised = empty. */
struct bursts {
    struct burst_login *logins;
    size_t login_count, login_capacity;
    struct map addresses, users;
    uint64_t left_out; /* logins beyond the limits, or without an address or a time */
    struct burst *items;
    size_t count, capacity;
};

void bursts_release(struct bursts *bursts);
/* In any order. */
void bursts_add(struct bursts *bursts, int64_t time_us, struct str address, struct str user, bool success);
/* Finds them all: breaches first, then those with the most failures. Only those whose last failure is not before since_us. Nothing
 * may be added afterwards. */
void bursts_find(struct bursts *bursts, int64_t since_us);

#endif
