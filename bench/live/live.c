/* live: what following costs, and how soon a written line is answerable.
 *
 *     live --winnow BINARY --scratch FOLDER [--files N] [--rate BYTES-PER-SECOND] [--seconds N]
 *
 * 1. idle: N files that get nothing; processor time of `winnow run` in that time.
 * 2. load: lines are written into the N files in turn at the rate; processor time and largest resident set (VmHWM).
 * 3. latency: 20 lines a second carry a number, and `winnow search --service probe -S TIME` asks again and again for those since
 *    the second before the oldest that was not answered yet. A line is answerable when the search that prints it has
 *    ended; its age then is what counts. So the time that searching takes is in it, and how often is asked.
 * 4. latency under load: both. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NUMBERED_MAX = 200000, NUMBERED_PER_SECOND = 20, OUTPUT_MAX = 1 << 20, BUCKETS = 10 };

struct bench {
    const char *winnow, *scratch;
    char *store;
    int files;
    long rate, seconds;
    int *fds;
    pid_t pid;
    uint64_t bytes, line;
    int64_t written_s[NUMBERED_MAX], written_us[NUMBERED_MAX], seen_us[NUMBERED_MAX]; /* 0: not yet */
    size_t numbered, unseen; /* those before `unseen` have been seen */
    uint64_t asked;
};

static void fail(const char *format, ...)
{
    va_list arguments;
    int number = errno;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (%s)\n", strerror(number));
    exit(2);
}

static int64_t now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void nap_us(int64_t us)
{
    struct timespec time = {us / 1000000, us % 1000000 * 1000};
    if (us > 0)
        nanosleep(&time, NULL);
}

static char *path_of(const struct bench *bench, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", bench->scratch, name) < 0)
        fail("no memory");
    return path;
}

/* ---- The follower --------------------------------------------------------------------------------------------------------- */

static void start(struct bench *bench)
{
    char *config = path_of(bench, "winnow.yaml"), *log = path_of(bench, "follower.log");
    FILE *file = fopen(config, "w");
    if (file == NULL)
        fail("%s", config);
    fprintf(file, "store: %s\nsources:\n  - file: %s/logs/*.log\n", bench->store, bench->scratch);
    if (fclose(file) != 0)
        fail("%s", config);
    bench->pid = fork();
    if (bench->pid < 0)
        fail("fork");
    if (bench->pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (fd < 0 || dup2(fd, 2) < 0)
            _exit(127);
        execl(bench->winnow, bench->winnow, "run", "-c", config, (char *)NULL);
        _exit(127);
    }
    free(config);
    free(log);
}

static int64_t processor_us(const struct bench *bench)
{
    char path[64], line[1024], *at;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)bench->pid);
    FILE *file = fopen(path, "r");
    unsigned long user, system;
    if (file == NULL || fgets(line, sizeof line, file) == NULL || (at = strrchr(line, ')')) == NULL ||
        sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        fail("%s", path);
    fclose(file);
    return (int64_t)(user + system) * 1000000 / sysconf(_SC_CLK_TCK);
}

static long memory_kib(const struct bench *bench)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)bench->pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail("%s", path);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    fclose(file);
    return kib;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------------------- */

static void put(struct bench *bench, int file, const char *line, size_t size)
{
    if (write(bench->fds[file], line, size) != (ssize_t)size)
        fail("write");
    bench->bytes += size;
}

static void write_line(struct bench *bench)
{
    char line[512];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t n = bench->line++;
    int size = snprintf(
        line, sizeof line,
        "{\"ts\":%lld.%06ld,\"level\":\"%s\",\"service\":\"api-%llu\",\"request_id\":\"%016llx\",\"user\":\"user%llu\","
        "\"status\":%d,\"duration_ms\":%llu.%llu,\"msg\":\"request %llu served from cache %llu\"}\n",
        (long long)now.tv_sec, now.tv_nsec / 1000, n % 50 ? "info" : "error", (unsigned long long)(n % 7),
        (unsigned long long)(n * 0x9e3779b97f4a7c15U), (unsigned long long)(n % 997), n % 50 ? 200 : 500,
        (unsigned long long)(n % 300), (unsigned long long)(n % 10), (unsigned long long)n,
        (unsigned long long)(n % 13));
    put(bench, (int)(n % (uint64_t)bench->files), line, (size_t)size);
}

static void write_numbered(struct bench *bench)
{
    char line[256];
    struct timespec now;
    if (bench->numbered == NUMBERED_MAX)
        fail("too long");
    clock_gettime(CLOCK_REALTIME, &now);
    int size = snprintf(line, sizeof line,
                        "{\"ts\":%lld.%06ld,\"level\":\"info\",\"service\":\"probe\",\"msg\":\"number=%zu;\"}\n",
                        (long long)now.tv_sec, now.tv_nsec / 1000, bench->numbered);
    bench->written_s[bench->numbered] = now.tv_sec;
    bench->written_us[bench->numbered] = now_us();
    put(bench, (int)(bench->numbered * 37 % (size_t)bench->files), line, (size_t)size);
    bench->numbered++;
}

/* ---- Asking ------------------------------------------------------------------------------------------------------------------ */

struct question {
    pid_t pid;
    int fd;
    size_t size;
};

static void ask(struct bench *bench, struct question *question)
{
    int ends[2];
    char since[32];
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail("pipe");
    size_t oldest = bench->unseen < bench->numbered ? bench->unseen : bench->numbered - 1;
    snprintf(since, sizeof since, "@%lld", (long long)bench->written_s[oldest] - 1);
    question->pid = fork();
    if (question->pid < 0)
        fail("fork");
    if (question->pid == 0) {
        int nothing = open("/dev/null", O_WRONLY);
        if (dup2(ends[1], 1) < 0 || dup2(nothing, 2) < 0)
            _exit(127);
        execl(bench->winnow, bench->winnow, "search", "--store", bench->store, "--service", "probe", "-S", since, "-o",
              "raw", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    question->fd = ends[0];
    question->size = 0;
    fcntl(question->fd, F_SETFL, O_NONBLOCK);
    bench->asked++;
}

static void take(struct bench *bench, char *text)
{
    int64_t now = now_us();
    for (char *at = text; (at = strstr(at, "number=")) != NULL;) {
        size_t number = strtoull(at + strlen("number="), &at, 10);
        if (number < bench->numbered && bench->seen_us[number] == 0)
            bench->seen_us[number] = now;
    }
    while (bench->unseen < bench->numbered && bench->seen_us[bench->unseen] != 0)
        bench->unseen++;
}

/* Reads what there is; at its end the answer is taken, and the next question asked. */
static void look(struct bench *bench, struct question *question)
{
    static char output[OUTPUT_MAX];
    int status;
    ssize_t got;
    if (question->pid == 0)
        ask(bench, question);
    while ((got = read(question->fd, output + question->size, sizeof output - 1 - question->size)) > 0)
        question->size += (size_t)got;
    if (got < 0)
        return;
    close(question->fd);
    waitpid(question->pid, &status, 0);
    output[question->size] = '\0';
    take(bench, output);
    ask(bench, question);
}

static void end_question(struct question *question)
{
    int status;
    close(question->fd);
    kill(question->pid, SIGKILL);
    waitpid(question->pid, &status, 0);
}

/* ---- Measuring ------------------------------------------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static void print_latency(const struct bench *bench, const char *what, size_t from)
{
    static int64_t ages[NUMBERED_MAX];
    static const int bounds_ms[BUCKETS] = {50, 100, 150, 200, 300, 400, 500, 750, 1000, 2000};
    size_t count = 0, missing = 0, counts[BUCKETS + 1] = {0};
    for (size_t i = from; i < bench->numbered; i++) {
        if (bench->seen_us[i] == 0) {
            missing++;
            continue;
        }
        ages[count++] = bench->seen_us[i] - bench->written_us[i];
        int bucket = 0;
        while (bucket < BUCKETS && ages[count - 1] > bounds_ms[bucket] * INT64_C(1000))
            bucket++;
        counts[bucket]++;
    }
    if (count == 0)
        fail("%s: no numbered line was ever answered", what);
    qsort(ages, count, sizeof ages[0], compare);
    printf(
        "%s: %zu lines answerable after p50 %lld ms, p90 %lld ms, p99 %lld ms, at most %lld ms; %zu never; asked %llu times\n",
        what, count, (long long)ages[count / 2] / 1000, (long long)ages[count * 9 / 10] / 1000,
        (long long)ages[count * 99 / 100] / 1000, (long long)ages[count - 1] / 1000, missing,
        (unsigned long long)bench->asked);
    for (int i = 0; i <= BUCKETS; i++) {
        printf(i < BUCKETS ? "  up to %4d ms %6zu " : "  later        %.0d%6zu ", i < BUCKETS ? bounds_ms[i] : 0,
               counts[i]);
        for (size_t bar = 0; bar < (counts[i] * 60 + count - 1) / count; bar++)
            putchar('#');
        putchar('\n');
    }
}

/* Writes at a rate for some seconds, numbered lines among it if asked is set; then waits for those. */
static void run(struct bench *bench, const char *what, long rate, bool asked)
{
    struct question question = {0};
    int64_t begun = now_us(), end = begun + bench->seconds * 1000000, before = processor_us(bench);
    size_t from = bench->numbered;
    uint64_t bytes = bench->bytes;
    bench->asked = 0;
    for (int64_t now = begun; now < end; now = now_us()) {
        uint64_t due = (uint64_t)((double)rate * (double)(now - begun) / 1e6);
        while (bench->bytes - bytes < due)
            write_line(bench);
        if (asked && (int64_t)(bench->numbered - from) * 1000000 / NUMBERED_PER_SECOND < now - begun)
            write_numbered(bench);
        if (asked && bench->numbered > 0)
            look(bench, &question);
        nap_us(2000);
    }
    int64_t processor = processor_us(bench) - before, took = now_us() - begun;
    printf("%s: %ld s, %.2f MB/s into %d files: %.2f %% of a core, VmHWM %.1f MiB\n", what, bench->seconds,
           (double)(bench->bytes - bytes) / (double)took, bench->files, 100.0 * (double)processor / (double)took,
           (double)memory_kib(bench) / 1024);
    if (!asked)
        return;
    for (int64_t until = now_us() + 10000000; bench->unseen < bench->numbered && now_us() < until; nap_us(2000))
        look(bench, &question);
    end_question(&question);
    print_latency(bench, what, from);
}

static void prepare(struct bench *bench)
{
    char *logs = path_of(bench, "logs");
    struct rlimit limit = {(rlim_t)bench->files + 64, (rlim_t)bench->files + 64};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)bench->files + 64) {
        limit.rlim_cur = (rlim_t)bench->files + 64;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            fail("more descriptors: ulimit -n %d", bench->files + 64);
    }
    if (mkdir(logs, 0755) != 0)
        fail("mkdir %s", logs);
    bench->fds = calloc((size_t)bench->files, sizeof *bench->fds);
    for (int i = 0; bench->fds != NULL && i < bench->files; i++) {
        char *path;
        if (asprintf(&path, "%s/app%04d.log", logs, i) < 0)
            fail("no memory");
        bench->fds[i] = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (bench->fds[i] < 0)
            fail("%s", path);
        free(path);
    }
    free(logs);
}

int main(int argc, char *argv[])
{
    static struct bench bench = {.files = 1000, .rate = 5000000, .seconds = 60};
    static const struct option options[] = {
        {"winnow", required_argument, NULL, 'w'},  {"scratch", required_argument, NULL, 's'},
        {"files", required_argument, NULL, 'f'},   {"rate", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 't'}, {0}};
    int option, status;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'w':
            bench.winnow = optarg;
            break;
        case 's':
            bench.scratch = optarg;
            break;
        case 'f':
            bench.files = (int)strtol(optarg, NULL, 10);
            break;
        case 'r':
            bench.rate = strtol(optarg, NULL, 10);
            break;
        case 't':
            bench.seconds = strtol(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    }
    if (bench.winnow == NULL || bench.scratch == NULL || bench.files < 1 || bench.rate < 1 || bench.seconds < 1)
        fail("--winnow and --scratch are needed");
    setvbuf(stdout, NULL, _IOLBF, 0);
    bench.store = path_of(&bench, "winnow.db");
    prepare(&bench);
    start(&bench);
    for (int i = 0; i < bench.files; i++)
        write_line(&bench);
    nap_us(5000000);
    run(&bench, "idle", 0, false);
    run(&bench, "latency", 0, true);
    run(&bench, "load", bench.rate, false);
    run(&bench, "latency under load", bench.rate, true);
    kill(bench.pid, SIGTERM);
    if (waitpid(bench.pid, &status, 0) != bench.pid || status != 0)
        fail("the follower ended with status %x", (unsigned)status);
    return 0;
}
