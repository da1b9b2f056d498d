/* gen_days FOLDER: three days of a small web platform, and a file that says what is in them.
 *
 *     2026-11-17  quiet       a dozen kinds of errors at their usual rates
 *     2026-11-18  incident    at night somebody tries passwords, over and over, then many names, and gets in; from 13:10 to 14:25
 *                             the database is down: requests fail and are slow, a kind of error comes that was never seen before,
 *                             another surges; one user runs into the rate limit all day; some lines are cut short
 *     2026-11-19  recovery    all as usual, but one kind of error, which a release has mended, is gone
 *
 * FOLDER/app.jsonl: the platform's services, as JSON lines with trace ids. access.log: a web server before them. auth.log: logins
 * at the gate. truth.json: what a reader must count, day by day; quantiles are those of rank q * (n - 1), rounded down. Times are
 * UTC. The same bytes everywhere: numbers are drawn one statement at a time, and only what IEEE 754 rounds alike is computed. */
#include "bench/gen_days.h"
#include "bench/gen_random.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 512, TEXT_MAX = 1600, MINUTES = 1440 };
enum day { QUIET, INCIDENT, RECOVERY };
enum { OUTAGE_FROM = 13 * 60 + 10, OUTAGE_TO = 14 * 60 + 25 };

/* Lines of one minute of one file, written in the order of their times. */
struct minute {
    FILE *file;
    unsigned count;
    struct line {
        unsigned ms, order;
        char text[TEXT_MAX];
    } lines[LINES_MAX];
};
static struct minute app, access_log, auth;
static struct truth truth;
static unsigned today, now; /* day 0.., minute of the day */

static struct truth_day *counts(void)
{
    return &truth.days[today];
}

static void __attribute__((format(printf, 3, 4))) add_line(struct minute *minute, unsigned ms, const char *format, ...)
{
    if (minute->count == LINES_MAX) {
        fputs("gen_days: too many lines in a minute\n", stderr);
        exit(2);
    }
    struct line *line = &minute->lines[minute->count];
    line->ms = ms;
    line->order = minute->count++;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line->text, sizeof line->text, format, arguments);
    va_end(arguments);
}

static int by_time(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->ms != y->ms)
        return x->ms < y->ms ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void write_minute(struct minute *minute)
{
    qsort(minute->lines, minute->count, sizeof *minute->lines, by_time);
    for (unsigned i = 0; i < minute->count; i++)
        fputs(minute->lines[i].text, minute->file);
    minute->count = 0;
}

/* "2026-11-17T08:05:03.120" */
static const char *stamp(unsigned ms)
{
    static char text[40];
    (void)snprintf(text, sizeof text, "2026-11-%02uT%02u:%02u:%02u.%03u", 17 + today, now / 60, now % 60, ms / 1000,
                   ms % 1000);
    return text;
}

static bool in_outage(void)
{
    return today == INCIDENT && now >= OUTAGE_FROM && now < OUTAGE_TO;
}

/* ---- Errors ---------------------------------------------------------------------------------------------------------------- */

/* Once in so many requests; 0: never by itself. */
static const struct kind {
    const char *service, *logger;
    const char *message; /* with two numbers */
    unsigned once[3];    /* of the days */
    unsigned in_outage;
} kinds[KINDS] = {
    {"api", "app.db", "database connection to the primary failed after %u attempts (pool %u)", {0, 0, 0}, 3},
    {"api", "app.upstream", "upstream request to search-%u timed out after %u ms", {90, 90, 90}, 4},
    {"api", "app.validation", "validation failed for field 'limit': value %u exceeds maximum %u", {150, 150, 150}, 150},
    {"api", "app.export", "export worker lost lease on chunk %u, attempt %u", {120, 110, 0}, 120},
    {"search", "search.index", "index segment %u is corrupt at offset %u", {700, 700, 700}, 700},
    {"search", "search.query", "query parse error at position %u near token %u", {260, 260, 260}, 260},
    {"billing",
     "billing.gateway",
     "payment provider returned an unknown state for invoice %u (try %u)",
     {400, 400, 400},
     90},
    {"billing", "billing.mail", "mail relay refused recipient batch %u: code %u", {900, 900, 900}, 900},
    {"api", "app.cache", "redis node cache-%u reset the connection, retry in %u ms", {300, 300, 300}, 40},
    {"worker", "worker.pdf", "could not render <b>report</b> %u: page %u overflows", {500, 500, 500}, 500},
};

static void write_error(unsigned kind, unsigned ms, const char *trace)
{
    const struct kind *k = &kinds[kind];
    char message[400];
    unsigned a = below(90), b = 1 + below(9000);
    bool stack = below(3) == 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(message, sizeof message, k->message, a, b);
#pragma GCC diagnostic pop
    add_line(
        &app, ms,
        "{\"ts\":\"%sZ\",\"level\":\"error\",\"service\":\"%s\",\"logger\":\"%s\",\"msg\":\"%s\",\"trace_id\":\"%s\"%s}\n",
        stamp(ms), k->service, k->logger, message, trace,
        stack ? ",\"exc_info\":\"Traceback (most recent call last):\\n  File \\\"/app/run.py\\\", line 12, in call\\n"
                "    return self.next(x)\\nRuntimeError: gave up\""
              : "");
    counts()->kinds[kind]++;
    counts()->errors++;
    counts()->errors_by_hour[now / 60]++;
}

static void draw_errors(unsigned ms, const char *trace)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        unsigned once = in_outage() ? kinds[kind].in_outage : kinds[kind].once[today];
        if (once > 0 && below(once) == 0)
            write_error(kind, ms, trace);
    }
}

/* ---- Requests -------------------------------------------------------------------------------------------------------------- */

static const char *const users[] = {"ada",   "bob",   "carol", "dmitri",   "eve",
                                    "farid", "grace", "hugo",  "importer", "j\\u00f6rg"};
static const char *const methods[] = {"GET", "GET", "GET", "GET", "POST", "PUT", "DELETE"};
static const char *const resources[] = {"reports", "users", "dashboards", "exports", "projects"};

static struct truth_class *class_of(const char *service, const char *method)
{
    if (strcmp(service, "search") == 0)
        return &counts()->classes[CLASS_SEARCH];
    return &counts()->classes[strcmp(method, "GET") == 0 ? CLASS_READS : CLASS_WRITES];
}

/* In tenths of a millisecond. */
static unsigned draw_duration(bool searching)
{
    double x = unit(), tail = x * x * x;
    double base = searching ? 900 : 150;
    double slow = in_outage() ? 12 : 1;
    return (unsigned)(base * slow * (0.4 + 5 * tail * tail + x));
}

static unsigned draw_status(const char *method, const char *user)
{
    unsigned percent = below(100), limited = below(10);
    if (in_outage() && percent < 35)
        return percent < 30 ? 503 : 500;
    if (today == INCIDENT && strcmp(user, "importer") == 0 && limited < 4)
        return 429;
    return percent < 1                   ? 404
           : percent < 2 && limited < 3  ? 403
           : percent < 2 && limited < 5  ? 429
           : strcmp(method, "POST") == 0 ? 201
                                         : 200;
}

static void count_request(struct truth_class *class, unsigned status, unsigned duration)
{
    struct truth_day *day = counts();
    class->requests++;
    class->failed += status >= 500;
    class->refused += status >= 400 && status < 500;
    day->requests++;
    day->failed += status >= 500;
    day->rate_limits += status == 429;
    day->denials += status == 403;
    if (status >= 500) {
        day->errors++;
        day->failed_requests++;
        day->errors_by_hour[now / 60]++;
    }
    if (duration != TRUTH_UNTIMED)
        truth_add_duration(class, duration);
}

static void write_request(unsigned ms)
{
    static unsigned next;
    bool searching = below(4) == 0;
    const char *service = searching ? "search" : "api";
    const char *method = searching ? "GET" : methods[below(COUNT(methods))];
    unsigned user = skewed(COUNT(users));
    unsigned resource = skewed(COUNT(resources)), id = below(4000);
    unsigned status = draw_status(method, users[user]);
    unsigned duration = draw_duration(searching);
    struct uuid trace = draw_uuid();
    char path[80];
    if (searching)
        (void)snprintf(path, sizeof path, "/api/v1/search?q=term%u", id);
    else
        (void)snprintf(path, sizeof path, "/api/v1/%s/%u", resources[resource], id);
    const char *level = status >= 500 ? "error" : status >= 400 ? "warning" : "info";
    const char *message = status >= 500   ? "request failed"
                          : status == 429 ? "rate limit exceeded"
                          : status == 403 ? "request refused"
                                          : "request finished";
    add_line(
        &app, ms,
        "{\"ts\":\"%sZ\",\"level\":\"%s\",\"service\":\"%s\",\"logger\":\"http\",\"msg\":\"%s\",\"request_id\":\"r-%06u\","
        "\"trace_id\":\"%s\",\"user\":\"%s\",\"client_ip\":\"10.1.%u.%u\",\"method\":\"%s\",\"path\":\"%s\",\"status\":%u,"
        "\"duration_ms\":%u.%u}\n",
        stamp(ms), level, service, message, next++, trace.text, users[user], user, id % 200 + 1, method, path, status,
        duration / 10, duration % 10);
    count_request(class_of(service, method), status, duration);
    counts()->users[user]++;
    draw_errors(ms, trace.text);
}

static void write_page(unsigned ms)
{
    static const char *const months[] = {"Nov"};
    unsigned page = below(300), address = below(250), known = below(3);
    unsigned status = below(50) == 0 ? 404 : 200;
    add_line(
        &access_log, ms,
        "198.51.100.%u - %s [%02u/%s/2026:%02u:%02u:%02u +0000] \"GET /page/%u HTTP/1.1\" %u %u \"-\" \"curl/8.5\"\n",
        address, known ? "-" : "bob", 17 + today, months[0], now / 60, now % 60, ms / 1000, page, status, 200 + page);
    count_request(&counts()->classes[CLASS_PAGES], status, TRUTH_UNTIMED);
    if (!known)
        counts()->users[1]++;
}

/* ---- Logins ---------------------------------------------------------------------------------------------------------------- */

static void write_login(unsigned ms, bool success, const char *user, const char *address)
{
    unsigned pid = 1000 + below(9000), port = 20000 + below(40000);
    add_line(&auth, ms, "%s+00:00 gate sshd[%u]: %s password for %s from %s port %u ssh2\n", stamp(ms), pid,
             success ? "Accepted" : "Failed", user, address, port);
    counts()->successes += success;
    counts()->failed_logins += !success;
}

static void write_logins(void)
{
    static const char *const names[] = {"root", "admin", "oracle", "git", "backup", "deploy", "test"};
    char address[32];
    unsigned mistyped = below(40), in = below(6);
    if (mistyped == 0) /* somebody of the office mistypes, and gets in */
        write_login(20000 + below(1000), false, users[now % 8], "10.0.0.7");
    if (mistyped == 0 || in == 0)
        write_login(30000 + below(1000), true, users[now % 8], "10.0.0.7");
    if (today != INCIDENT)
        return;
    if (now >= 135 && now < 143) /* one name, over and over */
        for (unsigned i = 0; i < 22; i++)
            write_login(i * 2500, false, "root", "203.0.113.8");
    if (now >= 180 && now < 222 && now % 6 == 0) { /* a name every six minutes */
        (void)snprintf(address, sizeof address, "203.0.113.%u", 77);
        write_login(5000, false, names[(now - 180) / 6], address);
    }
    if (now == 224)
        write_login(9000, true, "deploy", "203.0.113.77");
}

/* ---- Days ------------------------------------------------------------------------------------------------------------------ */

static void write_requests(void)
{
    /* Quiet at night, busiest at noon. */
    unsigned from_noon = now > 720 ? now - 720 : 720 - now;
    unsigned requests = 2 + (720 - from_noon) / 90 + below(3), pages = 1 + below(2);
    for (unsigned i = 0; i < requests; i++)
        write_request(i * 60000 / requests + below(60000 / requests));
    for (unsigned i = 0; i < pages; i++)
        write_page(i * 20000 + below(20000));
    if (today == INCIDENT && now >= OUTAGE_FROM && now < OUTAGE_FROM + 3) { /* cut short by a full disk */
        add_line(&app, 59999, "{\"ts\":\"%sZ\",\"level\":\"err\n", stamp(59999));
        counts()->unparsed++;
    }
}

static FILE *create(const char *folder, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    if (!file) {
        fprintf(stderr, "gen_days: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    return file;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: gen_days FOLDER\n", stderr);
        return 2;
    }
    draw_init(20261117);
    app.file = create(argv[1], "app.jsonl");
    access_log.file = create(argv[1], "access.log");
    auth.file = create(argv[1], "auth.log");
    for (today = 0; today < DAYS; today++) {
        for (now = 0; now < MINUTES; now++) {
            write_requests();
            write_logins();
            write_minute(&app);
            write_minute(&access_log);
            write_minute(&auth);
        }
    }
    truth.days[INCIDENT].bursts = 2;
    for (unsigned i = 0; i < KINDS; i++)
        truth.begins[i] = kinds[i].message;
    truth.users = users;
    FILE *file = create(argv[1], "truth.json");
    truth_print_days(&truth, file);
    bool failed = fclose(app.file) != 0;
    failed = fclose(access_log.file) != 0 || failed;
    failed = fclose(auth.file) != 0 || failed;
    failed = fclose(file) != 0 || failed;
    if (failed)
        perror("gen_days");
    return failed ? 2 : 0;
}
