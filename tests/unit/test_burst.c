/* burst: the rule in its header, at its edges, and against a plain reading of it. */
#include "query/burst.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/scope.h"

static void print_bursts(const struct bursts *bursts, struct buf *out)
{
    for (size_t i = 0; i < bursts->count; i++) {
        const struct burst *burst = &bursts->items[i];
        buf_printf(out, "%s%s%s %.*s %lld..%lld %llu/%llu %.*s", burst->kinds & BURST_FORCE ? "F" : "",
                   burst->kinds & BURST_SPRAY ? "S" : "", burst->kinds & BURST_BREACH ? "B" : "",
                   STR_ARG(burst->address), (long long)(burst->first_us / TIME_SECOND),
                   (long long)(burst->last_us / TIME_SECOND), (unsigned long long)burst->failures,
                   (unsigned long long)burst->users, (int)burst->user.size, burst->user.data ? burst->user.data : "");
        if (burst->success_us != TIME_NONE)
            buf_printf(out, "+%lld", (long long)(burst->success_us / TIME_SECOND));
        buf_add_char(out, '\n');
    }
}

enum { TRIES_MAX = 16 };
static const struct {
    const char *expected;
    int64_t since;      /* seconds */
    const char *logins; /* "ADDRESS USER SECOND[+], ...": + is a success, - no user */
} cases[] = {
    {"", 0, "a u 0, a u 1, a u 2, a u 3"},
    {"F a 0..4 5/1 u\n", 0, "a u 0, a u 1, a u 2, a u 3, a u 4"},
    /* One moment counts as well; the order in which they come does not. */
    {"F a 7..7 5/0 \n", 0, "a - 7, a - 7, a - 7, a - 7, a - 7"},
    {"F a 1..5 5/1 u\n", 0, "a u 5, a u 1, a u 3, a u 2, a u 4"},
    /* The end of the window is not in it. */
    {"F a 0..599 5/1 u\n", 0, "a u 0, a u 1, a u 2, a u 3, a u 599"},
    {"", 0, "a u 0, a u 1, a u 2, a u 3, a u 600"},
    /* Two addresses, each too few. */
    {"", 0, "a u 0, b u 1, a u 2, b u 3, a u 4, b u 4"},
    /* Five users within the hour; four, or one beyond, are none. */
    {"S a 0..3599 5/5 \n", 0, "a u 0, a v 900, a w 1800, a x 2700, a y 3599"},
    {"", 0, "a u 0, a v 900, a w 1800, a x 2700, a y 3600"},
    {"", 0, "a u 0, a v 900, a w 1800, a x 2700, a x 3599"},
    {"FS a 0..4 5/5 \n", 0, "a u 0, a v 1, a w 2, a x 3, a y 4"},
    /* Five people behind one address, who all get in; four of them and one who does not; and with five more. */
    {"", 0, "a u 0, a u 9+, a v 900, a v 909+, a w 1800, a w 1809+, a x 2700, a x 2709+, a y 3599, a y 9999+"},
    {"", 0, "a u 0, a u 9+, a v 900, a v 909+, a w 1800, a w 1809+, a x 2700, a x 2709+, a y 3599"},
    {"FSB a 1000..1400 5/5 u+1401\n", 0, "a u 0, a u 9+, a q 1000, a r 1100, a s 1200, a t 1300, a p 1400, a u 1401+"},
    /* An address that many share: five never get in, but five others do; with four it is none. */
    {"", 0, "a u 0, a v 900, a w 1800, a x 2700, a y 3599, a p 1+, a q 2+, a r 3+, a s 4+, a t 9000+"},
    {"SB a 0..3599 5/5 p+1\n", 0, "a u 0, a v 900, a w 1800, a x 2700, a y 3599, a p 1+, a q 2+, a r 3+, a s 4+"},
    /* From there somebody gets in all the time: it must be one who failed. */
    {"F a 1..5 5/5 \n", 0, "a p 1, a q 2, a r 3, a s 4, a t 5, a u 6+, a v 7+, a w 8+, a x 9+, a y 10+"},
    {"FB a 1..5 5/5 r+9\n", 0, "a p 1, a q 2, a r 3, a s 4, a t 5, a u 6+, a v 7+, a w 8+, a r 9+, a y 10+"},
    /* Success within, behind, at the edge, too late, before. */
    {"FB a 0..4 5/1 u+3\n", 0, "a u 0, a u 1, a u 2, a u 3+, a u 3, a u 4"},
    {"FB a 0..4 5/1 v+3604\n", 0, "a u 0, a u 1, a u 2, a u 3, a u 4, a v 3604+"},
    {"F a 1..5 5/1 u\n", 0, "a u 0+, a u 1, a u 2, a u 3, a u 4, a u 5, a u 3606+"},
    {"F a 0..4 5/1 u\n", 0, "a u 0, a u 1, a u 2, a u 3, a u 4, b u 5+"},
    /* A success after few failures is everyday. */
    {"", 0, "a u 0, a u 1, a u 2+"},
    /* Apart: two; the one that got in comes first. */
    {"FB a 5000..5004 5/1 u+5010\nF a 0..5 6/1 u\n", 0,
     "a u 0, a u 1, a u 2, a u 3, a u 4, a u 5, a u 5000, a u 5001, a u 5002, a u 5003, a u 5004, a u 5010+"},
    /* Windows that share a failure are one: 0..400 and 400..900. */
    {"F a 0..900 9/1 u\n", 0, "a u 0, a u 100, a u 200, a u 300, a u 400, a u 700, a u 750, a u 800, a u 900"},
    /* What ended before is none of it; what only began before is. */
    {"", 5, "a u 0, a u 1, a u 2, a u 3, a u 4"},
    {"F a 0..5 5/1 u\n", 5, "a u 0, a u 1, a u 2, a u 3, a u 5"},
};

static void add_logins(struct bursts *bursts, struct str rest)
{
    while (rest.data) {
        struct str time = str_trim(str_cut(&rest, ','));
        struct str address = str_cut(&time, ' '), user = str_cut(&time, ' ');
        bool success = str_ends(time, STR("+"));
        uint64_t seconds;
        assert_true(str_to_u64(str_slice(time, 0, time.size - success), &seconds));
        bursts_add(bursts, (int64_t)seconds * TIME_SECOND, address, user.data[0] == '-' ? STR_ABSENT : user, success);
    }
}

static void rule(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(bursts) bursts = {0};
        SCOPED(buf) text = BUF(1 << 16);
        add_logins(&bursts, str_of(cases[i].logins));
        bursts_find(&bursts, cases[i].since * TIME_SECOND);
        print_bursts(&bursts, &text);
        if (str_compare(buf_str(&text), str_of(cases[i].expected)) != 0)
            fail_msg("case %zu: %s instead of %s", i, text.data, cases[i].expected);
    }
}

static void left_out(void **unused)
{
    (void)unused;
    SCOPED(bursts) bursts = {0};
    bursts_find(&bursts, 0);
    assert_int_equal(bursts.count, 0);
    for (int i = 0; i < 9; i++) {
        bursts_add(&bursts, TIME_NONE, STR("a"), STR("u"), false);
        bursts_add(&bursts, i, STR_ABSENT, STR("u"), false);
    }
    assert_int_equal(bursts.left_out, 18);
    bursts_find(&bursts, 0);
    assert_int_equal(bursts.count, 0);
}

/* Random logins of few addresses and users: each failure that a full window holds is in a burst, and bursts begin and end with
 * such ones. */
enum { LOGINS = 400 };
static struct {
    int64_t time_us;
    unsigned address, user;
    bool success;
} drawn[LOGINS];

static unsigned draw(unsigned *state, unsigned bound)
{
    *state = *state * 1664525U + 1013904223U;
    return (*state >> 8) % bound;
}

static bool got_in(unsigned address, unsigned user)
{
    for (size_t i = 0; i < LOGINS; i++)
        if (drawn[i].success && drawn[i].address == address && drawn[i].user == user)
            return true;
    return false;
}

/* Did as many users get in from the address as failed and never did? */
static bool is_shared(unsigned address)
{
    unsigned in = 0, out = 0;
    for (size_t i = 0; i < LOGINS; i++)
        if (drawn[i].address == address) {
            in |= got_in(address, drawn[i].user) ? 1U << drawn[i].user : 0;
            out |= got_in(address, drawn[i].user) ? 0 : 1U << drawn[i].user;
        }
    return __builtin_popcount(in) >= BURST_USERS && __builtin_popcount(in) >= __builtin_popcount(out);
}

static bool caught(size_t login)
{
    bool shared = is_shared(drawn[login].address);
    for (size_t first = 0; first < LOGINS; first++) {
        unsigned failures = 0, users = 0, seen = 0;
        bool in_force = false, in_spray = false;
        if (drawn[first].success || drawn[first].address != drawn[login].address)
            continue;
        for (size_t i = 0; i < LOGINS; i++) {
            int64_t since = drawn[i].time_us - drawn[first].time_us;
            if (drawn[i].success || drawn[i].address != drawn[login].address || since < 0)
                continue;
            in_force |= i == login && since < BURST_WINDOW_US;
            in_spray |= i == login && since < BURST_SPRAY_US && !got_in(drawn[i].address, drawn[i].user);
            failures += since < BURST_WINDOW_US;
            if (since < BURST_SPRAY_US && !got_in(drawn[i].address, drawn[i].user) && !(seen & 1U << drawn[i].user)) {
                seen |= 1U << drawn[i].user;
                users++;
            }
        }
        if ((in_force && failures >= BURST_FAILURES) || (in_spray && users >= BURST_USERS && !shared))
            return true;
    }
    return false;
}

static bool is_of(const struct burst *burst, size_t login)
{
    char address[16];
    snprintf(address, sizeof address, "a%u", drawn[login].address);
    return str_equal(burst->address, str_of(address));
}

static bool in_burst(const struct bursts *bursts, size_t login)
{
    for (size_t i = 0; i < bursts->count; i++)
        if (is_of(&bursts->items[i], login) && drawn[login].time_us >= bursts->items[i].first_us &&
            drawn[login].time_us <= bursts->items[i].last_us)
            return true;
    return false;
}

static bool ends_caught(const struct burst *burst, int64_t time_us)
{
    for (size_t i = 0; i < LOGINS; i++)
        if (!drawn[i].success && drawn[i].time_us == time_us && is_of(burst, i) && caught(i))
            return true;
    return false;
}

static void plain_reading(void **unused)
{
    (void)unused;
    unsigned state = 7;
    for (int round = 0; round < 60; round++) {
        SCOPED(bursts) bursts = {0};
        unsigned hours = 1 + draw(&state, 40), users = 1 + draw(&state, 9), successes = 4 + draw(&state, 80);
        for (size_t i = 0; i < LOGINS; i++) {
            drawn[i].time_us = draw(&state, hours * 3600) * TIME_SECOND;
            drawn[i].address = draw(&state, 8);
            drawn[i].user = draw(&state, users);
            drawn[i].success = draw(&state, successes) == 0;
            char address[16], user[16];
            snprintf(address, sizeof address, "a%u", drawn[i].address);
            snprintf(user, sizeof user, "u%u", drawn[i].user);
            bursts_add(&bursts, drawn[i].time_us, str_of(address), str_of(user), drawn[i].success);
        }
        bursts_find(&bursts, INT64_MIN + 1);
        for (size_t i = 0; i < LOGINS; i++)
            if (!drawn[i].success && caught(i))
                assert_true(in_burst(&bursts, i));
        for (size_t i = 0; i < bursts.count; i++) {
            assert_true(ends_caught(&bursts.items[i], bursts.items[i].first_us));
            assert_true(ends_caught(&bursts.items[i], bursts.items[i].last_us));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule),
        cmocka_unit_test(left_out),
        cmocka_unit_test(plain_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
