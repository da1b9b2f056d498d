#include "tests/fault/live.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TOLD_MAX = 20, FOREIGN_TOLD_MAX = 4 };

struct check {
    struct live *live;
    bool quiet;
    struct tally rows[KIND_COUNT + 2]; /* one per kind, then nothing of the kind, then all */
    uint64_t foreign, disordered, silent, untold, unreadable;
    uint32_t told; /* faults described so far */
};

static void tell(struct check *check, const char *what, const struct generation *generation, uint32_t line)
{
    if (check->quiet || check->told++ >= TOLD_MAX)
        return;
    printf("%s: line %u of %u in generation %x (%s)", what, line, generation->lines, generation->number,
           generation->path);
    for (int kind = 0; kind < KIND_COUNT; kind++)
        if (generation->kinds & 1U << kind)
            printf(" +%s", kind_names[kind]);
    printf("\n");
}

static void tell_foreign(struct check *check, const char *source, const char *data, size_t size)
{
    if (check->foreign++ >= FOREIGN_TOLD_MAX || check->quiet)
        return;
    printf("foreign: in %s: ", source);
    for (size_t i = 0; i < size && i < 120; i++)
        printf(data[i] >= ' ' && data[i] <= '~' ? "%c" : "\\x%02x", (unsigned char)data[i]);
    printf(" (%zu bytes)\n", size);
}

/* ---- Reading back ------------------------------------------------------------------------------------------------------- */

static void found(struct check *check, struct generation *generation, uint32_t line)
{
    if (generation->found[line] < 255)
        generation->found[line]++;
    if (generation->found[line] > 1) {
        if (line == 0 || generation->found[line - 1] < 2)
            tell(check, "doubled", generation, line);
    } else if (line < generation->order) {
        check->disordered++;
        if (line == 0 || generation->found[line - 1] == 0)
            tell(check, "disordered", generation, line);
    }
    if (line >= generation->order)
        generation->order = line + 1;
}

/* What was printed up to a newline or the end. An end without a newline may have the next source's first line behind it. */
static void take(struct check *check, const char *source, const char *data, size_t size, bool newline)
{
    struct live *live = check->live;
    uint32_t number, line;
    while (line_find(data, size, &number, &line) && number < live->books.count) {
        struct generation *generation = live->books.list[number];
        if (line >= generation->lines)
            break;
        bool open_end = generation->open_end && line == generation->lines - 1;
        size_t wanted;
        const char *bytes = line_make(&live->books, number, line, &wanted);
        if (live->lenient) {
            found(check, generation, line);
            return;
        }
        if (size >= wanted && memcmp(data, bytes, wanted) == 0) {
            if (size == wanted && !newline && !open_end)
                break; /* its newline is missing */
            found(check, generation, line);
            if (size == wanted)
                return;
            if (!open_end)
                break;
            data += wanted;
            size -= wanted;
            continue;
        }
        if (size < wanted && memcmp(data, bytes, size) == 0 && line >= generation->excused_from)
            return;
        break;
    }
    if (!live->lenient || memmem(data, size, "@L", 2) != NULL)
        tell_foreign(check, source, data, size);
}

static void read_back(struct check *check, const char *source, char *const command[])
{
    int ends[2];
    if (pipe(ends) != 0)
        fail("pipe");
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0) {
        int notes = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (dup2(ends[1], 1) < 0 || dup2(notes, 2) < 0)
            _exit(127);
        close(ends[0]);
        close(ends[1]);
        execvp(command[0], command);
        _exit(127);
    }
    close(ends[1]);
    FILE *file = fdopen(ends[0], "r");
    char *data = NULL;
    size_t capacity = 0;
    ssize_t size;
    if (file == NULL)
        fail("fdopen");
    while ((size = getline(&data, &capacity, file)) > 0) {
        bool newline = data[size - 1] == '\n';
        take(check, source, data, (size_t)size - newline, newline);
    }
    free(data);
    fclose(file);
    int status;
    if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) <= 1)
        return;
    check->unreadable++;
    if (!check->quiet)
        printf("%s: what is stored of it cannot be read (status %x)\n", source, (unsigned)status);
}

/* ---- Sources ------------------------------------------------------------------------------------------------------------- */

struct told_source {
    char *name;
    uint64_t gaps;
};

struct told_sources {
    struct told_source *list;
    size_t count;
};

static void add_source(struct told_sources *sources, char *name, uint64_t gaps)
{
    for (size_t i = 0; i < sources->count; i++) {
        if (strcmp(sources->list[i].name, name) == 0) {
            sources->list[i].gaps += gaps;
            free(name);
            return;
        }
    }
    sources->list = realloc(sources->list, (sources->count + 1) * sizeof sources->list[0]);
    if (sources->list == NULL)
        fail("no memory");
    sources->list[sources->count++] = (struct told_source){name, gaps};
}

/* Each name once, with its gaps, from what `winnow status -o json` prints. */
static struct told_sources sources_of(struct live *live, enum tell how)
{
    struct told_sources sources = {0};
    char *command = text("exec '%s' status --store '%s' -o json", live->winnow, live->store);
    char *words[] = {text("/bin/sh"), text("-c"), command, NULL};
    size_t size;
    int status;
    char *output = command_output(words, &size, &status);
    if (status != 0 && how != TELL_NOTHING)
        fail("winnow status ended with status %x", (unsigned)status);
    for (char *at = output; (at = strstr(at, "{\"source\":\"")) != NULL;) {
        at += strlen("{\"source\":\"");
        char *name = text("%.*s", (int)strcspn(at, "\""), at), *gaps = strstr(at, "\"gaps\":");
        add_source(&sources, name, gaps ? strtoull(gaps + strlen("\"gaps\":"), NULL, 10) : 0);
    }
    free(output);
    free(words[0]);
    free(words[1]);
    free(command);
    return sources;
}

static void read_all(struct check *check, const struct told_sources *sources)
{
    struct live *live = check->live;
    if (live->readback != NULL) {
        char *words[] = {text("/bin/sh"), text("-c"), text("%s", live->readback), NULL};
        read_back(check, "what was kept", words);
        for (int i = 0; i < 3; i++)
            free(words[i]);
        return;
    }
    for (size_t i = 0; i < sources->count; i++) {
        char *command = text("exec '%s' search --store '%s' --source '%s' -n all -o raw", live->winnow, live->store,
                             sources->list[i].name);
        char *words[] = {text("/bin/sh"), text("-c"), command, NULL};
        read_back(check, sources->list[i].name, words);
        for (int k = 0; k < 3; k++)
            free(words[k]);
    }
}

/* ---- Counting ------------------------------------------------------------------------------------------------------------- */

static void add(struct tally *to, const struct tally *more)
{
    to->generations++;
    to->written += more->written;
    to->lost += more->lost;
    to->doubled += more->doubled;
    to->excused += more->excused;
}

static void count(struct check *check, struct generation *generation)
{
    struct tally tally = {.written = generation->lines};
    uint32_t last = 0; /* behind the last line found */
    for (uint32_t i = 0; i < generation->lines; i++)
        if (generation->found[i] > 0)
            last = i + 1;
    for (uint32_t i = 0; i < generation->lines; i++) {
        tally.doubled += generation->found[i] > 1 ? generation->found[i] - 1U : 0;
        if (generation->found[i] > 0)
            continue;
        bool excused = i >= generation->excused_from && i >= last;
        tally.excused += excused;
        tally.lost += !excused;
        if (!excused && (i == 0 || generation->found[i - 1] > 0 || i == generation->excused_from))
            tell(check, "lost", generation, i);
    }
    for (int kind = 0; kind < KIND_COUNT; kind++)
        if (generation->kinds & 1U << kind)
            add(&check->rows[kind], &tally);
    if (generation->kinds == 0)
        add(&check->rows[KIND_COUNT], &tally);
    add(&check->rows[KIND_COUNT + 1], &tally);
}

/* Excused by a truncation, of a source the follower knew: told as gaps? Each name has its generations in a row of lists. */
static void count_silent(struct check *check, const struct told_sources *sources)
{
    const struct books *books = &check->live->books;
    for (uint32_t slot = 0; slot < check->live->files; slot++) {
        const char *path = check->live->slots[slot].path;
        uint64_t truncated = 0, vanished = 0, gaps = 0;
        for (uint32_t i = 0; i < books->count; i++) {
            const struct generation *generation = books->list[i];
            if (strcmp(generation->path, path) != 0 || generation->order == 0 || generation->order == generation->lines)
                continue;
            truncated += generation->excuse == EXCUSE_TRUNCATED;
            vanished += generation->excuse == EXCUSE_VANISHED;
        }
        for (size_t i = 0; i < sources->count; i++)
            if (strncmp(sources->list[i].name, path, strlen(path)) == 0)
                gaps += sources->list[i].gaps;
        check->silent += truncated > gaps ? truncated - gaps : 0;
        gaps -= truncated > gaps ? gaps : truncated;
        check->untold += vanished > gaps ? vanished - gaps : 0;
    }
}

static void print(const struct check *check)
{
    const struct live *live = check->live;
    printf("%-24s %10s %11s %9s %6s %8s %8s\n", "fault", "operations", "generations", "lines", "lost", "doubled",
           "excused");
    for (int kind = 0; kind < KIND_COUNT + 2; kind++) {
        const struct tally *row = &check->rows[kind];
        const char *name = kind < KIND_COUNT ? kind_names[kind] : kind == KIND_COUNT ? "none of these" : "all";
        printf("%-24s ", name);
        if (kind < KIND_COUNT)
            printf("%10llu ", (unsigned long long)live->operations[kind]);
        else
            printf("%10s ", "");
        printf("%11llu %9llu %6llu %8llu %8llu\n", (unsigned long long)row->generations,
               (unsigned long long)row->written, (unsigned long long)row->lost, (unsigned long long)row->doubled,
               (unsigned long long)row->excused);
    }
}

bool check(struct live *live, enum tell how)
{
    struct check check = {.live = live, .quiet = how == TELL_NOTHING};
    struct told_sources sources = {0};
    for (uint32_t i = 0; i < live->books.count; i++) {
        struct generation *generation = live->books.list[i];
        generation->found = calloc(generation->lines + 1U, 1);
        generation->order = 0;
        if (generation->found == NULL)
            fail("no memory");
    }
    if (live->readback == NULL)
        sources = sources_of(live, how);
    read_all(&check, &sources);
    for (uint32_t i = 0; i < live->books.count; i++)
        count(&check, live->books.list[i]);
    if (live->readback == NULL)
        count_silent(&check, &sources);
    const struct tally *all = &check.rows[KIND_COUNT + 1];
    const struct follower *follower = &live->follower;
    bool good = all->lost + all->doubled + check.foreign + check.disordered + check.silent + check.unreadable == 0 &&
                (!live->asks || follower->crashes + follower->hangs == 0);
    if (how == TELL_TABLE) {
        print(&check);
        printf("foreign %llu, disordered %llu, truncations without a gap %llu, vanished without a gap %llu\n",
               (unsigned long long)check.foreign, (unsigned long long)check.disordered,
               (unsigned long long)check.silent, (unsigned long long)check.untold);
        printf(
            "follower: %llu starts, %llu ends of its own, %llu crashes, %llu not ended on SIGTERM; %llu inodes reused\n",
            (unsigned long long)follower->starts, (unsigned long long)follower->exits,
            (unsigned long long)follower->crashes, (unsigned long long)follower->hangs,
            (unsigned long long)live->inodes_reused);
    }
    for (size_t i = 0; i < sources.count; i++)
        free(sources.list[i].name);
    free(sources.list);
    for (uint32_t i = 0; i < live->books.count; i++)
        free(live->books.list[i]->found);
    return good;
}
