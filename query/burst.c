#include "query/burst.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"

static const uint32_t nobody = UINT32_MAX >> 1;

void bursts_release(struct bursts *bursts)
{
    free(bursts->logins);
    free(bursts->items);
    map_release(&bursts->addresses);
    map_release(&bursts->users);
    *bursts = (struct bursts){0};
}

/* The number of a name; false when there are too many. */
static bool number_of(struct map *names, struct str name, uint32_t *ret)
{
    struct map_entry *entry = map_find(names, name);
    if (!entry) {
        if (names->count == BURST_NAMES_MAX)
            return false;
        entry = map_at(names, name, NULL);
        entry->value = names->count - 1;
    }
    *ret = (uint32_t)entry->value;
    return true;
}

void bursts_add(struct bursts *bursts, int64_t time_us, struct str address, struct str user, bool success)
{
    uint32_t who = nobody, where;
    if (time_us == TIME_NONE || address.size == 0 || bursts->login_count == BURST_LOGINS_MAX ||
        !number_of(&bursts->addresses, address, &where) || (user.size > 0 && !number_of(&bursts->users, user, &who))) {
        bursts->left_out++;
        return;
    }
    if (bursts->login_count == bursts->login_capacity) {
        bursts->login_capacity = bursts->login_capacity ? bursts->login_capacity * 2 : 1024;
        bursts->logins = mem_resize_array(bursts->logins, bursts->login_capacity, sizeof *bursts->logins);
    }
    bursts->logins[bursts->login_count++] = (struct burst_login){time_us, where, who << 1 | success};
}

static bool succeeded(const struct burst_login *login)
{
    return login->user & 1;
}

static uint32_t user_of(const struct burst_login *login)
{
    return login->user >> 1;
}

/* By address and time; what happened in the same moment: failures first. */
static int by_address(const void *a, const void *b)
{
    const struct burst_login *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return (x->user & 1) != (y->user & 1) ? (int)(x->user & 1) - (int)(y->user & 1)
                                          : (x->user > y->user) - (x->user < y->user);
}

/* ---- One address --------------------------------------------------------------------------------------------------------- */

/* Its logins lie in order of time; failures are looked at through two windows that end with the same one. */
struct watch {
    struct bursts *bursts;
    struct burst_login *failures; /* of the address */
    size_t count;
    uint32_t *known;  /* of each user, the number + 1 of the address that it got in from last, of those looked at */
    uint32_t *tries;  /* of each user, in the spraying window; all 0 between addresses */
    uint32_t *seen;   /* of each user, the number + 1 of the burst that counted it last */
    uint32_t *failed; /* of each user, the number + 1 of the address that it failed from last, and never got in from */
    bool shared;      /* as many users, and several, got in from the address as failed and never did */
    size_t begin;     /* failures before it are older than the bursts to come */
};

static struct burst *new_burst(struct bursts *bursts)
{
    if (bursts->count == bursts->capacity) {
        bursts->capacity = bursts->capacity ? bursts->capacity * 2 : 64;
        bursts->items = mem_resize_array(bursts->items, bursts->capacity, sizeof *bursts->items);
    }
    return &bursts->items[bursts->count++];
}

/* The failures from..to are a burst. */
static void add_burst(struct watch *watch, size_t from, size_t to, unsigned kinds)
{
    struct bursts *bursts = watch->bursts;
    const struct burst_login *failures = watch->failures;
    struct burst *burst = new_burst(bursts);
    *burst = (struct burst){.kinds = kinds,
                            .address = bursts->addresses.entries[failures[from].address].key,
                            .first_us = failures[from].time_us,
                            .last_us = failures[to].time_us,
                            .failures = to - from + 1,
                            .success_us = TIME_NONE};
    for (size_t i = from; i <= to; i++) {
        uint32_t user = user_of(&failures[i]);
        if (user == nobody || watch->seen[user] == bursts->count)
            continue;
        watch->seen[user] = (uint32_t)bursts->count;
        burst->user = bursts->users.entries[user].key;
        burst->users++;
    }
    if (burst->users > 1)
        burst->user = STR_ABSENT;
}

/* Who counts as one that was tried. */
static bool is_tried(const struct watch *watch, const struct burst_login *failure)
{
    uint32_t user = user_of(failure);
    return user != nobody && watch->known[user] != failure->address + 1;
}

/* Moves both windows over the failures and joins what they catch. */
static void find_bursts(struct watch *watch)
{
    const struct burst_login *failures = watch->failures;
    size_t force = 0, spray = 0, users = 0, from = 0, to = 0;
    unsigned kinds = 0; /* of the burst from..to; 0: there is none */
    for (size_t i = 0; i < watch->count; i++) {
        int64_t now = failures[i].time_us;
        while (now - failures[force].time_us >= BURST_WINDOW_US)
            force++;
        for (; now - failures[spray].time_us >= BURST_SPRAY_US; spray++)
            if (is_tried(watch, &failures[spray]))
                users -= --watch->tries[user_of(&failures[spray])] == 0;
        bool tried = is_tried(watch, &failures[i]);
        while (spray < i && !is_tried(watch, &failures[spray]))
            spray++;
        if (tried)
            users += watch->tries[user_of(&failures[i])]++ == 0;
        unsigned caught = (i - force + 1 >= BURST_FAILURES ? BURST_FORCE : 0U) |
                          (tried && users >= BURST_USERS && !watch->shared ? BURST_SPRAY : 0U);
        if (!caught)
            continue;
        size_t begin = caught & BURST_SPRAY && spray < force ? spray : force;
        if (!(caught & BURST_FORCE))
            begin = spray;
        if (kinds && begin > to) {
            add_burst(watch, from, to, kinds);
            kinds = 0;
        }
        from = kinds && from < begin ? from : begin;
        to = i;
        kinds |= caught;
    }
    if (kinds)
        add_burst(watch, from, to, kinds);
    for (; spray < watch->count; spray++)
        if (is_tried(watch, &failures[spray]))
            watch->tries[user_of(&failures[spray])] = 0;
}

/* Marks the users of a burst's failures, or takes the marks back. */
static void mark_users(struct watch *watch, const struct burst *burst, uint32_t mark)
{
    while (watch->failures[watch->begin].time_us < burst->first_us)
        watch->begin++;
    for (size_t i = watch->begin; i < watch->count && watch->failures[i].time_us <= burst->last_us; i++)
        if (user_of(&watch->failures[i]) != nobody)
            watch->tries[user_of(&watch->failures[i])] = mark;
}

/* The first success that belongs to the burst, from a given one on, or NULL. From a shared address it must be of a user who failed
 * in the burst. */
static const struct burst_login *find_breach(struct watch *watch, const struct burst *burst,
                                             const struct burst_login *successes, size_t count)
{
    const struct burst_login *found = NULL;
    if (watch->shared)
        mark_users(watch, burst, 1);
    for (size_t i = 0; i < count && !found && successes[i].time_us - burst->last_us <= BURST_BREACH_US; i++)
        if (!watch->shared || (user_of(&successes[i]) != nobody && watch->tries[user_of(&successes[i])]))
            found = &successes[i];
    if (watch->shared)
        mark_users(watch, burst, 0);
    return found;
}

/* Both are in order of time. */
static void find_breaches(struct watch *watch, size_t first_burst, const struct burst_login *successes, size_t count)
{
    struct bursts *bursts = watch->bursts;
    size_t at = 0;
    for (size_t i = first_burst; i < bursts->count; i++) {
        struct burst *burst = &bursts->items[i];
        while (at < count && successes[at].time_us < burst->first_us)
            at++;
        const struct burst_login *success = find_breach(watch, burst, successes + at, count - at);
        if (success == NULL)
            continue;
        burst->kinds |= BURST_BREACH;
        burst->success_us = success->time_us;
        if (user_of(success) != nobody)
            burst->user = bursts->users.entries[user_of(success)].key;
    }
}

/* The logins of one address: its failures in front, its successes behind, both still in order of time. */
static size_t part(struct burst_login *logins, size_t count, struct burst_login *spare)
{
    size_t failures = 0, successes = 0;
    for (size_t i = 0; i < count; i++) {
        if (succeeded(&logins[i]))
            spare[successes++] = logins[i];
        else
            logins[failures++] = logins[i];
    }
    for (size_t i = 0; i < successes; i++)
        logins[failures + i] = spare[i];
    return failures;
}

/* Notes who got in from the address, and whether it is a shared one. */
static void know(struct watch *watch, const struct burst_login *successes, size_t count)
{
    uint64_t in = 0, out = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t user = user_of(&successes[i]), address = successes[i].address + 1;
        if (user == nobody)
            continue;
        in += watch->known[user] != address;
        watch->known[user] = address;
    }
    for (size_t i = 0; i < watch->count; i++) {
        uint32_t user = user_of(&watch->failures[i]), address = watch->failures[i].address + 1;
        if (!is_tried(watch, &watch->failures[i]))
            continue;
        out += watch->failed[user] != address;
        watch->failed[user] = address;
    }
    watch->shared = in >= BURST_USERS && in >= out;
    watch->begin = 0;
}

/* ---- All ----------------------------------------------------------------------------------------------------------------- */

static int by_weight(const void *a, const void *b)
{
    const struct burst *x = a, *y = b;
    unsigned breach_x = x->kinds & BURST_BREACH, breach_y = y->kinds & BURST_BREACH;
    if (breach_x != breach_y)
        return breach_x > breach_y ? -1 : 1;
    if (x->failures != y->failures)
        return x->failures > y->failures ? -1 : 1;
    if (x->first_us != y->first_us)
        return x->first_us < y->first_us ? -1 : 1;
    return str_compare(x->address, y->address);
}

void bursts_find(struct bursts *bursts, int64_t since_us)
{
    struct burst_login *logins = bursts->logins;
    size_t kept = 0;
    if (bursts->login_count == 0)
        return;
    qsort(logins, bursts->login_count, sizeof *logins, by_address);
    struct burst_login *spare = mem_resize_array(NULL, bursts->login_count, sizeof *spare);
    struct watch watch = {.bursts = bursts,
                          .tries = mem_alloc((bursts->users.count + 1) * sizeof *watch.tries),
                          .failed = mem_alloc((bursts->users.count + 1) * sizeof *watch.failed),
                          .known = mem_alloc((bursts->users.count + 1) * sizeof *watch.known),
                          .seen = mem_alloc((bursts->users.count + 1) * sizeof *watch.seen)};
    for (size_t from = 0, to; from < bursts->login_count; from = to) {
        for (to = from + 1; to < bursts->login_count && logins[to].address == logins[from].address;)
            to++;
        size_t first_burst = bursts->count;
        watch.failures = logins + from;
        watch.count = part(logins + from, to - from, spare);
        know(&watch, logins + from + watch.count, to - from - watch.count);
        find_bursts(&watch);
        find_breaches(&watch, first_burst, logins + from + watch.count, to - from - watch.count);
    }
    free(watch.seen);
    free(watch.failed);
    free(watch.known);
    free(watch.tries);
    free(spare);
    for (size_t i = 0; i < bursts->count; i++)
        if (bursts->items[i].last_us >= since_us)
            bursts->items[kept++] = bursts->items[i];
    bursts->count = kept;
    if (kept > 0)
        qsort(bursts->items, kept, sizeof *bursts->items, by_weight);
}
