/* traces LOG COUNT SEED COMMAND...: are the lines that `COMMAND... ID` answers those of the log in which the id stands as a whole
 * token, for COUNT ids drawn at random from the log?
 *
 * What is right is found in another way than winnow's: the ids go into a hash table by their first word (a run of letters,
 * digits and underscores), and one pass over the log looks each of its words up there. Of every id the lines, their bytes and
 * the sum of their hashes are compared, so that lines may come in any order, but none may be missing, doubled or changed. The log
 * must have one record per line.
 *
 * An id is the value of one of id_keys. Exit status 0: all answers are right; 1: some are not, each is told. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ID_BYTES_MAX = 128, ARGUMENTS_MAX = 16, DRAWS_MAX = 1000, TOLD_MAX = 20 };

extern char **environ;

static const char *const id_keys[] = {"\"query_id\": \"", "\"request_id\": \"", "\"trace_id\": \"", "\"task_id\": \"",
                                      "\"session_id\": \""};

struct answer {
    uint64_t lines, bytes, sum;
};

struct id {
    char text[ID_BYTES_MAX];
    size_t size;
    struct answer right;
    uint64_t last_line; /* in which it was found, counted from 1 */
    size_t next;        /* of the same hash, counted from 1; 0: none */
};

struct check {
    const char *log;
    size_t size;
    struct id *ids;
    size_t count;
    size_t *table; /* by hash: the first id, counted from 1 */
    size_t mask;
};

static void fail(const char *what)
{
    fprintf(stderr, "traces: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void *must_alloc(size_t count, size_t each)
{
    void *memory = calloc(count, each);
    if (memory == NULL)
        fail("memory");
    return memory;
}

static uint64_t hash_of(const char *bytes, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return hash ^ hash >> 29;
}

static void add_line(struct answer *answer, const char *line, size_t size)
{
    answer->lines++;
    answer->bytes += size + 1;
    answer->sum += hash_of(line, size);
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t word_size(const char *text, size_t size)
{
    size_t end = 0;
    while (end < size && is_word(text[end]))
        end++;
    return end;
}

static size_t line_end(const struct check *check, size_t at)
{
    const char *end = memchr(check->log + at, '\n', check->size - at);
    return end ? (size_t)(end - check->log) : check->size;
}

/* ---- Drawing ids ----------------------------------------------------------------------------------------------------- */

static uint64_t random_state;

static uint64_t below(uint64_t end)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    uint64_t z = random_state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % end;
}

/* The value of a random key in a random line. False when there is none. */
static bool draw(const struct check *check, struct id *ret)
{
    size_t at = below(check->size);
    const char *before = memrchr(check->log, '\n', at);
    size_t from = before ? (size_t)(before - check->log) + 1 : 0, to = line_end(check, from);
    const char *key = id_keys[below(sizeof id_keys / sizeof *id_keys)];
    const char *found = memmem(check->log + from, to - from, key, strlen(key));
    if (found == NULL)
        return false;
    found += strlen(key);
    const char *end = memchr(found, '"', (size_t)(check->log + to - found));
    size_t size = end ? (size_t)(end - found) : 0;
    if (size < 4 || size >= ID_BYTES_MAX || !is_word(found[0]))
        return false;
    *ret = (struct id){.size = size};
    memcpy(ret->text, found, size);
    return true;
}

static size_t *place_of(const struct check *check, const char *text, size_t word)
{
    return &check->table[hash_of(text, word) & check->mask];
}

static void draw_all(struct check *check)
{
    while (check->mask < check->count * 2)
        check->mask = check->mask * 2 + 1;
    check->table = must_alloc(check->mask + 1, sizeof *check->table);
    for (size_t i = 0; i < check->count; i++) {
        struct id *id = &check->ids[i];
        unsigned draws = 0;
        while (!draw(check, id))
            if (++draws == DRAWS_MAX) {
                fprintf(stderr, "traces: hardly any line of the log has an id\n");
                exit(2);
            }
        size_t *place = place_of(check, id->text, word_size(id->text, id->size));
        id->next = *place;
        *place = i + 1;
    }
}

/* ---- The log --------------------------------------------------------------------------------------------------------- */

static void look_up(struct check *check, size_t from, size_t to, size_t at, size_t word, uint64_t line)
{
    for (size_t i = *place_of(check, check->log + at, word); i > 0; i = check->ids[i - 1].next) {
        struct id *id = &check->ids[i - 1];
        if (id->last_line == line || id->size > to - at || memcmp(id->text, check->log + at, id->size) != 0)
            continue;
        if (at + id->size < to && is_word(id->text[id->size - 1]) && is_word(check->log[at + id->size]))
            continue;
        id->last_line = line;
        add_line(&id->right, check->log + from, to - from);
    }
}

static void read_log(struct check *check)
{
    uint64_t line = 0;
    for (size_t from = 0; from < check->size;) {
        size_t to = line_end(check, from);
        line++;
        for (size_t at = from; at < to;) {
            size_t word = word_size(check->log + at, to - at);
            if (word > 0)
                look_up(check, from, to, at, word, line);
            at += word ? word : 1;
        }
        from = to + 1;
    }
}

/* ---- Asking ---------------------------------------------------------------------------------------------------------- */

static struct answer read_answer(int fd)
{
    static char *bytes;
    static size_t capacity;
    struct answer answer = {0};
    size_t size = 0;
    for (ssize_t got = 1; got > 0; size += (size_t)(got > 0 ? got : 0)) {
        if (capacity - size < 1 << 16 && !(bytes = realloc(bytes, capacity = capacity * 2 + (1 << 20))))
            fail("memory");
        got = read(fd, bytes + size, capacity - size);
    }
    for (size_t from = 0; from < size;) {
        const char *end = memchr(bytes + from, '\n', size - from);
        size_t to = end ? (size_t)(end - bytes) : size;
        add_line(&answer, bytes + from, to - from);
        from = to + 1;
    }
    return answer;
}

/* *ret_ms: from before the process's start to after its end. */
static struct answer ask(char **command, double *ret_ms)
{
    struct timespec start, end;
    posix_spawn_file_actions_t actions;
    int fds[2], status;
    pid_t pid;
    if (pipe2(fds, O_CLOEXEC) != 0)
        fail("pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    clock_gettime(CLOCK_MONOTONIC, &start);
    if ((errno = posix_spawnp(&pid, command[0], &actions, NULL, command, environ)) != 0)
        fail(command[0]);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    struct answer answer = read_answer(fds[0]);
    close(fds[0]);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            fail("waitpid");
    clock_gettime(CLOCK_MONOTONIC, &end);
    *ret_ms = (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        answer.lines = UINT64_MAX;
    return answer;
}

static bool same(const struct answer *a, const struct answer *b)
{
    return a->lines == b->lines && a->bytes == b->bytes && a->sum == b->sum;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static uint64_t ask_all(struct check *check, char **command, int argument)
{
    double *ms = must_alloc(check->count, sizeof *ms);
    uint64_t wrong = 0, lines = 0, bytes = 0;
    for (size_t i = 0; i < check->count; i++) {
        struct id *id = &check->ids[i];
        command[argument] = id->text;
        struct answer given = ask(command, &ms[i]);
        lines += id->right.lines;
        bytes += id->right.bytes;
        if (same(&given, &id->right))
            continue;
        if (wrong++ < TOLD_MAX)
            printf("%s: %" PRId64 " lines, %" PRIu64 " bytes; in the log %" PRIu64 " lines, %" PRIu64 " bytes\n",
                   id->text, (int64_t)given.lines, given.bytes, id->right.lines, id->right.bytes);
    }
    qsort(ms, check->count, sizeof *ms, by_size);
    printf("%zu ids, %" PRIu64 " lines, %" PRIu64 " bytes: %" PRIu64 " answers are wrong; "
           "%.1f ms each in the median, %.1f at least, %.1f for 99 of 100\n",
           check->count, lines, bytes, wrong, ms[check->count / 2], ms[0], ms[check->count * 99 / 100]);
    free(ms);
    return wrong;
}

static void map_log(struct check *check, const char *path)
{
    struct stat stat_buf;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat_buf) != 0)
        fail(path);
    check->size = (size_t)stat_buf.st_size;
    check->log = mmap(NULL, check->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (check->log == MAP_FAILED)
        fail(path);
    close(fd);
}

int main(int argc, char **argv)
{
    struct check check = {.mask = 1023};
    char *command[ARGUMENTS_MAX + 2] = {0};
    int arguments = argc - 4;
    if (arguments < 1 || arguments > ARGUMENTS_MAX || (check.count = strtoul(argv[2], NULL, 10)) == 0) {
        fprintf(stderr, "usage: traces LOG COUNT SEED COMMAND...\n");
        return 2;
    }
    random_state = strtoull(argv[3], NULL, 10);
    memcpy(command, argv + 4, (size_t)arguments * sizeof *command);
    map_log(&check, argv[1]);
    check.ids = must_alloc(check.count, sizeof *check.ids);
    draw_all(&check);
    read_log(&check);
    uint64_t wrong = ask_all(&check, command, arguments);
    free(check.table);
    free(check.ids);
    return wrong > 0;
}
