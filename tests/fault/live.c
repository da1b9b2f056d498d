/* fault_live: see tests/fault/live.h, and tests/fault/README.md for what it tells.
 *
 *     fault_live --scratch FOLDER --winnow BINARY [--shim LIBRARY] [--seed N] [--kills N] [--files N]
 *                [--command COMMAND] [--readback COMMAND] [--lenient] [--without KIND] [--script GROWTH] [--drain SECONDS]
 *                [--forgive-unseen]
 *
 * Without --command the follower is `winnow run -c FOLDER/winnow.yaml`, which is written here. */
#include "tests/fault/live.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const kind_names[KIND_COUNT] = {
    [KIND_RENAME] = "rename",
    [KIND_COPYTRUNCATE] = "copytruncate",
    [KIND_COPYTRUNCATE_WRITE] = "copytruncate-write",
    [KIND_DELETE] = "delete",
    [KIND_TRUNCATE] = "truncate",
    [KIND_GZIP] = "gzip",
    [KIND_SYMLINK] = "symlink",
    [KIND_HARD_LINK] = "hard-link",
    [KIND_AWAY] = "away",
    [KIND_BRIEF] = "brief",
    [KIND_UNSEEN] = "unseen",
    [KIND_FULL] = "full",
    [KIND_STOP] = "stop",
    [KIND_KILL] = "kill",
    [KIND_TERM] = "term",
};

void live_log(struct live *live, const char *format, ...)
{
    va_list arguments;
    if (live->log == NULL)
        return;
    va_start(arguments, format);
    fprintf(live->log, "%lld ", (long long)now_us());
    vfprintf(live->log, format, arguments);
    fputc('\n', live->log);
    va_end(arguments);
}

/* ---- The loop -------------------------------------------------------------------------------------------------------------- */

void live_touch(struct live *live, enum kind kind)
{
    live_log(live, "%s", kind_names[kind]);
    for (uint32_t i = 0; i < live->files; i++)
        if (live->slots[i].generation != NULL)
            live->slots[i].generation->kinds |= 1U << kind;
    if (live->brief.path != NULL)
        live->brief.generation->kinds |= 1U << kind;
}

static bool wants(const struct live *live, enum kind kind)
{
    return (live->without & 1U << kind) == 0;
}

void live_disturb(struct live *live)
{
    struct follower *follower = &live->follower;
    uint32_t form = random_below(&live->random, 100);
    if (live->is_script)
        return;
    if (follower->state == FOLLOWER_DEAD) {
        if (form < 30)
            follower_start(live);
    } else if (form < 12 && wants(live, KIND_KILL)) {
        follower_kill(live);
    } else if (form < 18 && wants(live, KIND_STOP)) {
        follower_stop(live);
    } else if (form < 30) {
        follower_continue(live);
    } else if (form < 60) {
        nap_us(random_below(&live->random, 4000));
    }
}

static void set_gate(struct live *live, bool full)
{
    struct follower *follower = &live->follower;
    if (follower->gate == NULL || *follower->gate == full)
        return;
    *follower->gate = full;
    follower->since_us = now_us();
    follower->gate_until_us = now_us() + random_below(&live->random, 900000);
    if (full) {
        live->operations[KIND_FULL]++;
        live_touch(live, KIND_FULL);
    }
    live_log(live, "the disk is %s", full ? "full" : "not full any more");
}

/* What is done to the follower, at times: it lives for half a second or so. */
static void act_follower(struct live *live)
{
    uint32_t form = random_below(&live->random, 100);
    if (form < 55 && wants(live, KIND_KILL))
        follower_kill(live);
    else if (form < 65 && wants(live, KIND_STOP))
        follower_stop(live);
    else if (form < 80)
        follower_continue(live);
    else if (form < 85 && wants(live, KIND_TERM))
        follower_term(live, 20);
    else if (form < 90 && wants(live, KIND_FULL))
        set_gate(live, true);
}

static void act_file(struct live *live)
{
    static const enum kind kinds[] = {
        KIND_RENAME,  KIND_RENAME, KIND_RENAME,    KIND_COPYTRUNCATE, KIND_COPYTRUNCATE_WRITE,
        KIND_DELETE,  KIND_GZIP,   KIND_TRUNCATE,  KIND_GZIP,         KIND_SYMLINK,
        KIND_SYMLINK, KIND_AWAY,   KIND_HARD_LINK, KIND_BRIEF};
    enum kind kind = kinds[random_below(&live->random, sizeof kinds / sizeof kinds[0])];
    for (int attempts = 0; attempts < 4; attempts++)
        if (slot_operate(live, &live->slots[random_below(&live->random, live->files)], kind))
            return;
}

static void run(struct live *live)
{
    int64_t act_us = 0, tick_us = 0, report_us = now_us();
    bool kills = wants(live, KIND_KILL);
    uint64_t steps = 0;
    while (kills ? live->operations[KIND_KILL] < live->kills_wanted : steps < live->kills_wanted * 40U) {
        int64_t now = now_us();
        follower_tick(live);
        brief_tick(live);
        if (now >= live->follower.gate_until_us)
            set_gate(live, false);
        if (now >= tick_us) {
            bool undisturbed =
                live->follower.state == FOLLOWER_RUNS && (live->follower.gate == NULL || *live->follower.gate == 0);
            books_tick(&live->books, undisturbed ? live->follower.since_us : INT64_MAX);
            tick_us = now + 100000;
        }
        if (now >= act_us) {
            act_follower(live);
            bool long_life = random_chance(&live->random, 3);
            act_us = now_us() + random_below(&live->random, long_life ? 6000000 : 300000);
        }
        if (random_chance(&live->random, 18))
            act_file(live);
        else
            slot_write(live, &live->slots[random_below(&live->random, live->files)]);
        nap_us(random_below(&live->random, 6000));
        steps++;
        if (live->verbose && now - report_us > 10000000) {
            report_us = now;
            fprintf(stderr, "live: %llu kills, %u generations\n", (unsigned long long)live->operations[KIND_KILL],
                    live->books.count);
        }
    }
}

/* It knows all files before anything happens to them. */
static void begin(struct live *live)
{
    for (uint32_t i = 0; i < live->files; i++)
        slot_line(live, &live->slots[i]);
    follower_start(live);
    for (int tries = 0; tries < 100; tries++) {
        nap_us(100000);
        if (!live->asks ? tries > 20 : store_lag(live) == 0 && check(live, TELL_NOTHING))
            return;
    }
    printf("note: the first lines were not stored within ten seconds\n");
}

/* What one wants of the follower in the end: it has read everything, says so, and ends when told to. It has drain_s for that;
 * one that cannot be asked is not told earlier. */
static void drain(struct live *live)
{
    int64_t until = now_us() + (int64_t)live->drain_s * 1000000;
    bool done = false;
    set_gate(live, false);
    follower_continue(live);
    slots_finish(live);
    live->brief_until_us = 0;
    while (!done && now_us() < until) {
        follower_tick(live);
        brief_tick(live);
        if (live->brief.path != NULL)
            live->brief_until_us = 0;
        nap_us(200000);
        done = live->asks && live->follower.state == FOLLOWER_RUNS && live->brief.path == NULL &&
               store_lag(live) == 0 && check(live, TELL_NOTHING);
    }
    if (live->asks && !done)
        printf("note: not complete after %u s; a lag of %llu bytes is told\n", live->drain_s,
               (unsigned long long)store_lag(live));
    follower_term(live, 20);
}

/* ---- Options ---------------------------------------------------------------------------------------------------------------- */

static void make_gate(struct live *live)
{
    struct follower *follower = &live->follower;
    follower->preload = live->shim;
    follower->gate_path = text("%s/gate", live->scratch);
    int fd = open(follower->gate_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, 4096) != 0)
        fail("%s", follower->gate_path);
    follower->gate = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (follower->gate == MAP_FAILED)
        fail("mmap");
    close(fd);
    setenv("FAULT_GATE", follower->gate_path, 1);
}

static void make_command(struct live *live)
{
    struct follower *follower = &live->follower;
    char *config = text("%s/winnow.yaml", live->scratch);
    FILE *file = fopen(config, "w");
    if (file == NULL)
        fail("%s", config);
    fprintf(file, "store: %s\nsources:\n  - file: %s/logs/*.log\n  - file: %s/all/*\n", live->store, live->scratch,
            live->scratch);
    if (fclose(file) != 0)
        fail("%s", config);
    follower->command = calloc(5, sizeof(char *));
    if (follower->command == NULL)
        fail("no memory");
    if (live->followed != NULL) {
        follower->command[0] = text("/bin/sh");
        follower->command[1] = text("-c");
        follower->command[2] = text("%s", live->followed);
        free(config);
    } else {
        follower->command[0] = text("%s", live->winnow);
        follower->command[1] = text("run");
        follower->command[2] = text("-c");
        follower->command[3] = config;
    }
    char *log = text("%s/driver.log", live->scratch);
    live->log = fopen(log, "w");
    follower->log_path = text("%s/follower.log", live->scratch);
    if (live->log == NULL)
        fail("%s", log);
    setvbuf(live->log, NULL, _IOLBF, 1 << 16);
    free(log);
}

void live_prepare(struct live *live, const char *folder)
{
    static const char *const names[] = {"", "/logs", "/all", "/data", "/away", "/store"};
    live->scratch = folder;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = text("%s%s", folder, names[i]);
        if (mkdir(path, 0755) != 0)
            fail("mkdir %s", path);
        free(path);
    }
    live->store = text("%s/store/winnow.db", folder);
    setenv("LIVE_FOLDER", folder, 1);
    setenv("LIVE_STORE", live->store, 1);
    make_command(live);
}

static uint32_t kind_of(const char *name)
{
    for (uint32_t kind = 0; kind < KIND_COUNT; kind++)
        if (strcmp(kind_names[kind], name) == 0)
            return 1U << kind;
    fail("--without %s: no such kind", name);
}

static void parse(struct live *live, int argc, char *argv[])
{
    static const struct option options[] = {
        {"scratch", required_argument, NULL, 's'},
        {"winnow", required_argument, NULL, 'w'},
        {"shim", required_argument, NULL, 'p'},
        {"seed", required_argument, NULL, 'e'},
        {"kills", required_argument, NULL, 'k'},
        {"files", required_argument, NULL, 'f'},
        {"command", required_argument, NULL, 'c'},
        {"readback", required_argument, NULL, 'r'},
        {"lenient", no_argument, NULL, 'l'},
        {"without", required_argument, NULL, 'o'},
        {"script", required_argument, NULL, 't'},
        {"drain", required_argument, NULL, 'd'},
        {"verbose", no_argument, NULL, 'v'},
        {"forgive-unseen", no_argument, NULL, 'u'},
        {0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            live->scratch = optarg;
            break;
        case 'w':
            live->winnow = optarg;
            break;
        case 'p':
            live->shim = optarg;
            break;
        case 'e':
            live->books.seed = strtoull(optarg, NULL, 10);
            break;
        case 'k':
            live->kills_wanted = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'f':
            live->files = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'c':
            live->followed = optarg;
            break;
        case 'r':
            live->readback = optarg;
            break;
        case 'l':
            live->lenient = true;
            break;
        case 'o':
            live->without |= kind_of(optarg);
            break;
        case 't':
            live->is_script = true;
            live->script_growth = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'd':
            live->drain_s = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'u':
            live->forgives_unseen = true;
            break;
        case 'v':
            live->verbose = true;
            break;
        default:
            exit(2);
        }
    }
    if (optind < argc || live->scratch == NULL || (live->winnow == NULL && live->readback == NULL) || live->files == 0)
        fail("--scratch and --winnow are needed");
}

int main(int argc, char *argv[])
{
    static struct live live = {.kills_wanted = 40, .files = 8, .drain_s = 60, .books = {.seed = 1}};
    parse(&live, argc, argv);
    live.random.state = live.books.seed;
    live.asks = live.readback == NULL;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (live.is_script)
        return script_run(&live) ? 0 : 1;
    live_prepare(&live, text("%s/live", live.scratch));
    if (live.shim != NULL)
        make_gate(&live);
    slots_make(&live);
    begin(&live);
    run(&live);
    drain(&live);
    bool good = check(&live, TELL_TABLE);
    printf("seed %llu: %s\n", (unsigned long long)live.books.seed, good ? "every line exactly once" : "FAILED");
    return good ? 0 : 1;
}
