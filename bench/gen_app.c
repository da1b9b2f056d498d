/* gen_app BYTES SEED TRUTH.json >app.jsonl: web-platform logs as JSON lines, with a file that says what is in them.
 *
 * An API, its task workers and its audit log write lines of about 430 bytes: requests that share a query id over five to
 * eight lines, 40 kinds of errors (half of them with stack traces), rate limits, logins, and bursts of failed logins. The
 * same BYTES and SEED give the same bytes with every compiler: numbers are drawn one statement at a time, because C
 * does not say in which order the arguments of a call are evaluated. */
#include "bench/gen_random.h"
#include "bench/gen_truth.h"
#include "bench/gen_words.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REQUESTS_OPEN 48
#define FIRST_SECOND 1717372800.0 /* 2024-06-03T00:00:00Z */

static struct truth truth;
static double now = FIRST_SECOND;
static const char *const level_names[LEVELS] = {"INFO", "WARNING", "ERROR", "DEBUG"};
static const unsigned needle_queries[NEEDLES] = {1000, 30000, 100000, 250000, 330000};

static unsigned error_until[ERRORS]; /* of a million: kind k is drawn in proportion to 1 / (k + 1) */

static const char *draw_person(void)
{
    return people[below(COUNT(people))];
}

static const char *draw_table(void)
{
    return tables[below(COUNT(tables))];
}

static void addresses_init(void)
{
    for (int i = 0; i < ADDRESSES; i++) {
        unsigned d = 1 + below(254), c = below(256), b = below(256);
        if (i % 5 == 0)
            snprintf(truth.addresses[i], sizeof truth.addresses[i], "10.%u.%u.%u", b, c, d);
        else
            snprintf(truth.addresses[i], sizeof truth.addresses[i], "%u.%u.%u.%u", 11 + below(200), b, c, d);
    }
}

static void errors_init(void)
{
    double all = 0, sum = 0;
    for (size_t i = 0; i < ERRORS; i++)
        all += 1.0 / (double)(i + 1);
    for (size_t i = 0; i < ERRORS; i++) {
        sum += 1.0 / (double)(i + 1);
        error_until[i] = (unsigned)(sum / all * 1000000);
    }
    error_until[ERRORS - 1] = 1000000;
}

static void bursts_init(void)
{
    for (unsigned i = 0; i < BURSTS; i++) {
        uint64_t from = 30000 + UINT64_C(180000) * i;
        truth.bursts[i] =
            (struct burst){.from = from, .to = from + 12500, .address = 1900 - i * 9, .distributed = i % 4 == 3};
        truth.bursts[i].person = below(COUNT(people));
    }
}

static struct burst *burst_now(void)
{
    for (size_t i = 0; i < BURSTS; i++) {
        if (truth.lines >= truth.bursts[i].from && truth.lines < truth.bursts[i].to)
            return &truth.bursts[i];
    }
    return NULL;
}

static void failure_noted(unsigned address)
{
    struct failures *f = &truth.failures[address];
    f->recent[f->count % BURST_FAILURES] = now;
    f->count++;
    if (f->count >= BURST_FAILURES && now - f->recent[f->count % BURST_FAILURES] <= BURST_SECONDS)
        f->flagged = true;
}

/* ---- Requests: a query id has a few lines of many services ---- */

struct request {
    struct uuid id;
    unsigned query, user, address, lines_left, resource, object, method, host, pid;
};

static struct request requests[REQUESTS_OPEN];
static unsigned next_query = 1;

static void request_open(struct request *r)
{
    r->id = draw_uuid();
    r->query = next_query++;
    r->lines_left = 5 + below(4);
    r->user = 1 + skewed(50000);
    r->address = skewed(ADDRESSES);
    r->resource = skewed(COUNT(resources));
    r->object = 1 + below(99999);
    r->method = below(COUNT(methods));
    r->host = 1 + below(6);
    r->pid = 1000 + r->host * 37 + below(8);
    for (size_t i = 0; i < COUNT(needle_queries); i++) {
        if (needle_queries[i] == r->query)
            truth.needles[truth.needle_count++] = (struct needle){.query = r->query, .request = r->id};
    }
}

static void requests_init(void)
{
    for (size_t i = 0; i < REQUESTS_OPEN; i++) {
        request_open(&requests[i]);
        requests[i].lines_left = 1 + below(requests[i].lines_left);
    }
}

static const struct request *draw_request(void)
{
    struct request *r = &requests[below(REQUESTS_OPEN)];
    if (r->lines_left == 0)
        request_open(r);
    r->lines_left--;
    truth.query_lines++;
    for (size_t i = 0; i < truth.needle_count; i++) {
        struct needle *needle = &truth.needles[i];
        if (needle->query != r->query)
            continue;
        if (needle->lines++ == 0)
            needle->first = truth.lines + 1;
        needle->last = truth.lines + 1;
    }
    return r;
}

/* ---- The line being written ---- */

static char text[16384];
static size_t text_size;
static char timestamp[sizeof truth.last_timestamp];

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_size += (size_t)vsnprintf(text + text_size, sizeof text - text_size, format, arguments);
    va_end(arguments);
}

static void timestamp_set(double seconds_back)
{
    double at = now - seconds_back;
    time_t second = (time_t)at;
    struct tm tm;
    gmtime_r(&second, &tm);
    snprintf(timestamp, sizeof timestamp, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)((at - (double)second) * 1e6));
}

static void put_head(enum level level, const char *logger)
{
    truth.levels[level]++;
    text_size = 0;
    put("{\"timestamp\": \"%s\", \"level\": \"%s\", \"logger\": \"%s\", \"message\": \"", timestamp, level_names[level],
        logger);
}

static void put_ids(const struct request *r)
{
    truth.key_sets[KEYS_API]++;
    put("\", \"request_id\": \"%s\", \"query_id\": \"q_2024_%06u\", \"user_id\": %u, ", r->id.text, r->query, r->user);
}

static void put_place(const struct request *r)
{
    put("\"environment\": \"production\", \"host\": \"api-%u\", \"pid\": %u}\n", r->host, r->pid);
}

static void put_request(const struct request *r, int status, double duration_ms) /* status 0: not known yet */
{
    char known[16] = "null";
    if (status != 0)
        snprintf(known, sizeof known, "%d", status);
    put_ids(r);
    put("\"client_ip\": \"%s\", \"method\": \"%s\", \"path\": \"/api/v1/%s/%u\", \"status\": %s, \"duration_ms\": %.3f, ",
        truth.addresses[r->address], methods[r->method], resources[r->resource], r->object, known, duration_ms);
    put_place(r);
}

static void put_step(const struct request *r, double duration_ms)
{
    put_ids(r);
    put("\"duration_ms\": %.3f, ", duration_ms);
    put_place(r);
}

/* ---- Kinds of lines ---- */

static void write_completed(const struct request *r, double duration_ms)
{
    int status = 200;
    if (below(100) >= 90)
        status = below(3) == 0 ? 404 : below(2) ? 201 : 304;
    put_head(LEVEL_INFO, "app.middleware.request");
    put("Request completed with status %d in %.2fms, %u bytes", status, duration_ms, below(200000));
    put_request(r, status, duration_ms);
}

static void write_select(const struct request *r, double duration_ms)
{
    unsigned rows = below(100), limit = 10 * (1 + below(10));
    const char *fourth = draw_table(), *third = draw_table(), *second = draw_table(), *first = draw_table();
    put_head(LEVEL_INFO, "sqlalchemy.engine");
    put("SELECT %s.id, %s.created_at FROM %s WHERE %s.owner_id = %u AND state IN ('ready', 'running') LIMIT %u"
        " [%u rows, %.3f ms]",
        first, second, third, fourth, r->user, limit, rows, duration_ms);
    put_step(r, duration_ms);
}

static void write_cache(const struct request *r, double duration_ms)
{
    unsigned ttl = 30 * (1 + below(40)), version = below(9);
    put_head(LEVEL_INFO, "app.cache.redis");
    put("cache %s key=%s:%u:v%u ttl=%u", below(4) ? "hit" : "miss", resources[r->resource], r->object, version, ttl);
    put_step(r, duration_ms);
}

static void write_plan(const struct request *r, double duration_ms)
{
    unsigned stages = 1 + below(9);
    put_head(LEVEL_INFO, "app.services.query_runner");
    put("Query plan for \\\"%s\\\" uses %u stages, estimated cost %.1f", draw_table(), stages, duration_ms * 17);
    put_step(r, duration_ms);
}

static void write_retrieval(const struct request *r, double duration_ms)
{
    const char *person = draw_person();
    double score = unit();
    put_head(LEVEL_INFO, "app.services.retrieval");
    put("Retrieved %u documents (top score %.4f) for user %s", below(50), score, person);
    put_step(r, duration_ms);
}

static void write_api(void)
{
    const struct request *r = draw_request();
    double x = unit(), y = unit(), z = unit(), duration_ms = 0.3 + 200 * x * y * z;
    switch (below(6)) {
    case 0:
        put_head(LEVEL_INFO, "app.middleware.request");
        put("Request started %s /api/v1/%s/%u from %s", methods[r->method], resources[r->resource], r->object,
            truth.addresses[r->address]);
        put_request(r, 0, 0);
        break;
    case 1:
        write_completed(r, duration_ms * 3);
        break;
    case 2:
        write_select(r, duration_ms);
        break;
    case 3:
        write_cache(r, duration_ms / 20);
        break;
    case 4:
        write_plan(r, duration_ms);
        break;
    default:
        write_retrieval(r, duration_ms);
    }
}

static void write_task(void)
{
    truth.key_sets[KEYS_TASK]++;
    const struct request *r = draw_request();
    struct uuid id = draw_uuid();
    const char *task = tasks[below(COUNT(tasks))];
    double x = unit(), y = unit(), duration_ms = 5 + 8000 * x * y;
    put_head(LEVEL_INFO, "celery.worker");
    unsigned step = below(3);
    if (step == 0) {
        put("Task %s[%s] received", task, id.text);
    } else if (step == 1) {
        put("Task %s[%s] succeeded in %.6fs: {'rows': %u, 'ok': True}", task, id.text, duration_ms / 1000,
            below(10000));
    } else {
        unsigned items = below(500);
        put("Task %s[%s] progress %u%% (%u/%u items)", task, id.text, below(100), items, 500);
    }
    unsigned pid = 2000 + below(16), retries = below(20) ? 0 : 1 + below(3);
    put("\", \"service\": \"celery-worker\", \"task_id\": \"%s\", \"task_name\": \"%s\", \"query_id\": \"q_2024_%06u\", "
        "\"queue\": \"%s\", \"retries\": %u, \"duration_ms\": %.3f, \"environment\": \"production\", "
        "\"host\": \"worker-%u\", \"pid\": %u}\n",
        id.text, task, r->query, queues[below(COUNT(queues))], retries, duration_ms, 1 + r->host % 4, pid);
}

static void write_rate_limit(const struct request *r, double duration_ms)
{
    truth.rate_limits++;
    put_head(LEVEL_WARNING, "app.middleware.ratelimit");
    put("rate_limit_exceeded: client %s made %u requests in 60s (limit 100)", truth.addresses[r->address],
        101 + below(900));
    put_request(r, 429, duration_ms);
}

static void write_slow_query(const struct request *r, double duration_ms)
{
    truth.slow_queries++;
    unsigned rows = below(5000000);
    put_head(LEVEL_WARNING, "sqlalchemy.slow");
    put("Slow query took %.1f ms on table %s (%u rows examined)", duration_ms, draw_table(), rows);
    put_step(r, duration_ms);
}

static void write_retry(const struct request *r, double duration_ms)
{
    double backoff = unit() * 8;
    unsigned attempt = 1 + below(4);
    put_head(LEVEL_WARNING, "app.services.retry");
    put("Retrying call to search-%u, attempt %u of 5, backoff %.2fs", 1 + below(4), attempt, backoff);
    put_step(r, duration_ms);
}

static void write_deprecated(const struct request *r, double duration_ms)
{
    unsigned patch = below(10);
    put_head(LEVEL_WARNING, "app.api.deprecation");
    put("Deprecated endpoint /api/v1/%s/%u called by client version 2.%u.%u", resources[r->resource], r->object,
        below(20), patch);
    put_request(r, 200, duration_ms);
}

static void write_pool(const struct request *r, double duration_ms)
{
    unsigned waiting = below(40), used = 80 + below(20);
    put_head(LEVEL_WARNING, "app.db.pool");
    put("Connection pool at %u%% (%u of 100 in use, %u waiting)", 80 + below(20), used, waiting);
    put_step(r, duration_ms);
}

static void write_truncated(const struct request *r, double duration_ms)
{
    unsigned model = 1 + below(3);
    put_head(LEVEL_WARNING, "app.services.embedding");
    put("Response truncated to %u tokens for model text-embed-%u", 256 * (1 + below(32)), model);
    put_step(r, duration_ms);
}

static void write_warning(void)
{
    truth.warnings++;
    const struct request *r = draw_request();
    double duration_ms = 20 + 900 * unit();
    unsigned kind = unit() * 6 < 1 ? 0 : 1 + below(5);
    switch (kind) {
    case 0:
        write_rate_limit(r, duration_ms / 100);
        break;
    case 1:
        write_slow_query(r, duration_ms * 4);
        break;
    case 2:
        write_retry(r, duration_ms);
        break;
    case 3:
        write_deprecated(r, duration_ms);
        break;
    case 4:
        write_pool(r, duration_ms);
        break;
    default:
        write_truncated(r, duration_ms);
    }
}

static void put_stack(const char *type, const char *message)
{
    put("\", \"error_type\": \"%s\", \"exc_info\": \"Traceback (most recent call last):", type);
    unsigned depth = 3 + below(5);
    for (unsigned i = 0; i < depth; i++) {
        const struct frame *frame = &frames[below(COUNT(frames))];
        put("\\n  File \\\"%s\\\", line %u, in %s\\n    %s", frame->file, 10 + below(600), frame->function,
            frame->code);
    }
    put("\\n%s: %s\\n", type, message);
}

static void write_error(void)
{
    truth.errors++;
    const struct request *r = draw_request();
    unsigned x = below(1000000), kind = 0;
    while (error_until[kind] <= x && kind < ERRORS - 1)
        kind++;
    const struct error *error = &errors[kind];
    truth.error_counts[kind]++;

    char message[512];
    unsigned second = 1 + below(5000), first = 1 + below(kind % 3 == 0 ? 9 : 99999);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(message, sizeof message, error->message, first, second);
#pragma GCC diagnostic pop
    put_head(LEVEL_ERROR, kind < 20 ? "app.api.errors" : "app.services.errors");
    put("%s: %s", error->type, message);
    if (below(2)) {
        truth.traces++;
        truth.error_traces[kind]++;
        put_stack(error->type, message);
    } else {
        put("\", \"error_type\": \"%s", error->type);
    }
    double y = unit(), z = unit();
    put_request(r, kind % 4 == 2 ? 422 : 500, 10 + 3000 * y * z);
}

static void put_login(bool succeeded, const char *person, const char *address, const char *request)
{
    truth.key_sets[KEYS_AUDIT]++;
    unsigned pid = 1000 + below(60), host = 1 + below(6);
    const char *mfa = below(2) ? "true" : "false";
    put("\", \"service\": \"audit\", \"event\": \"%s\", \"username\": \"%s\", \"client_ip\": \"%s\", \"user_agent\": \"%s\", "
        "\"request_id\": \"%s\", \"reason\": %s, \"mfa\": %s, \"environment\": \"production\", \"host\": \"api-%u\", "
        "\"pid\": %u}\n",
        succeeded ? "login_success" : "login_failed", person, address, agents[below(COUNT(agents))], request,
        succeeded ? "null" : "\"invalid_password\"", mfa, host, pid);
}

static void write_login(void)
{
    struct burst *burst = burst_now();
    struct uuid request = draw_uuid();
    bool succeeded = false;
    char person[64];
    unsigned address;
    if (burst != NULL && below(10) < 8) {
        address = burst->address + (burst->distributed ? below(6) : 0);
        const char *victim = burst->distributed ? people[burst->person] : below(2) ? "admin" : "root";
        snprintf(person, sizeof person, "%s", victim);
        burst->failures++;
        truth.burst_failures++;
    } else {
        address = skewed(1800);
        succeeded = below(10) < 8;
        unsigned number = below(2000);
        snprintf(person, sizeof person, "%s%u", draw_person(), number);
    }
    timestamp_set(0);
    if (succeeded) {
        truth.logins++;
        put_head(LEVEL_INFO, "app.auth");
        put("login success for user %s from %s", person, truth.addresses[address]);
    } else {
        truth.login_failures++;
        failure_noted(address);
        put_head(LEVEL_WARNING, "app.auth");
        put("authentication failed for user %s from %s: invalid password", person, truth.addresses[address]);
    }
    put_login(succeeded, person, truth.addresses[address], request.text);
}

static void write_debug(void)
{
    truth.debugs++;
    const struct request *r = draw_request();
    const char *cached = below(2) ? "True" : "False";
    unsigned shard = below(16);
    double elapsed_ms = unit() * 30;
    unsigned part = below(40);
    put_head(LEVEL_DEBUG, "app.services.trace");
    put("span=%s.%u elapsed=%.3fms attrs={'shard': %u, 'cached': %s}", resources[below(COUNT(resources))], part,
        elapsed_ms, shard, cached);
    put_step(r, unit() * 30);
}

static void write_audit(void)
{
    truth.audits++;
    truth.key_sets[KEYS_AUDIT]++;
    const struct request *r = draw_request();
    const char *action = actions[below(COUNT(actions))], *resource = resources[r->resource];
    put_head(LEVEL_INFO, "audit");
    put("user %u performed %s on %s/%u", r->user, action, resource, r->object);
    put("\", \"service\": \"audit\", \"event\": \"data_%s\", \"actor_id\": %u, \"client_ip\": \"%s\", \"resource\": \"%s/%u\", "
        "\"action\": \"%s\", \"outcome\": \"%s\", \"request_id\": \"%s\", \"query_id\": \"q_2024_%06u\", ",
        action, r->user, truth.addresses[r->address], resource, r->object, action, below(30) ? "allowed" : "denied",
        r->id.text, r->query);
    put_place(r);
}

static void write_line(void)
{
    now += 0.0005 + 0.066 * unit();
    timestamp_set(below(200) == 0 ? unit() * 0.02 : 0); /* some arrive late */
    double percent = unit() * 100;
    if (percent < 80) {
        truth.infos++;
        if (below(10) < 8)
            write_api();
        else
            write_task();
    } else if (percent < 86) {
        write_warning();
    } else if (percent < 90) {
        write_error();
    } else if (percent < 92) {
        write_login();
    } else if (percent < 97) {
        write_debug();
    } else {
        write_audit();
    }
    fwrite(text, 1, text_size, stdout);
    truth.bytes += text_size;
    truth.lines++;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: gen_app BYTES SEED TRUTH.json >app.jsonl\n", stderr);
        return 2;
    }
    uint64_t bytes_wanted = strtoull(argv[1], NULL, 10);
    draw_init(strtoull(argv[2], NULL, 10));
    addresses_init();
    errors_init();
    bursts_init();
    requests_init();
    while (truth.bytes < bytes_wanted && !ferror(stdout))
        write_line();
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("gen_app: standard output");
        return 2;
    }
    truth.queries = next_query - 1;
    memcpy(truth.last_timestamp, timestamp, sizeof timestamp);
    if (!truth_print(&truth, argv[3])) {
        perror(argv[3]);
        return 2;
    }
    return 0;
}
