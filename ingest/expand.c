#include "ingest/expand.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/must.h"
#include "base/str.h"

void expand_init(struct expand *expand, void (*report)(void *context, const struct err *err), void *context)
{
    *expand = (struct expand){.report = report, .context = context};
}

void expand_release(struct expand *expand)
{
    free(expand->inputs);
    map_release(&expand->files);
    map_release(&expand->ignored);
    arena_release(&expand->arena);
    *expand = (struct expand){0};
}

static void report(struct expand *expand, enum err_kind kind, int sys, const char *path, const char *text)
{
    struct err err;
    err_set(&err, sys == ENOENT ? ERR_MISSING : kind, sys, "%s%s", path, text);
    expand->failures++;
    expand->report(expand->context, &err);
}

static void add(struct expand *expand, struct input input)
{
    if (expand->count == expand->capacity) {
        expand->capacity = expand->capacity ? 2 * expand->capacity : 16;
        expand->inputs = mem_resize_array(expand->inputs, expand->capacity, sizeof *expand->inputs);
    }
    input.path = arena_str(&expand->arena, str_of(input.path)).data;
    expand->inputs[expand->count++] = input;
}

static void add_file(struct expand *expand, const char *path, const struct stat *info, bool named)
{
    uint64_t file[2] = {info->st_dev, info->st_ino};
    struct str key = str_from((const char *)file, sizeof file);
    if (!named && map_find(&expand->ignored, key) != NULL)
        return;
    struct map_entry *at = map_at(&expand->files, key, NULL);
    if (at->value == 0) {
        add(expand, (struct input){INPUT_FILE, path, named, file[0], file[1], (uint64_t)info->st_size});
        at->value = expand->count;
    }
    struct input *input = &expand->inputs[at->value - 1];
    input->named = input->named || named;
}

void expand_ignore_store(struct expand *expand, const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", "-lock"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        struct stat info;
        if (stat(arena_printf(&expand->arena, "%s%s", path, suffixes[i]).data, &info) != 0)
            continue;
        uint64_t file[2] = {info.st_dev, info.st_ino};
        map_at(&expand->ignored, str_from((const char *)file, sizeof file), NULL);
    }
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return str_compare(str_of((*a)->d_name), str_of((*b)->d_name));
}

static void expand_folder(struct expand *expand, const char *path, unsigned depth);

static void expand_entry(struct expand *expand, const char *folder, const char *name, unsigned depth)
{
    bool slash = str_ends(str_of(folder), STR("/"));
    const char *path = arena_printf(&expand->arena, "%s%s%s", folder, slash ? "" : "/", name).data;
    struct stat link, info;
    if (lstat(path, &link) != 0 || stat(path, &info) != 0) {
        /* A file that is gone by now and a dangling link were not asked for by name. */
        if (errno != ENOENT)
            report(expand, ERR_IO, errno, path, "");
    } else if (S_ISREG(info.st_mode)) {
        add_file(expand, path, &info, false);
    } else if (S_ISDIR(info.st_mode) && !S_ISLNK(link.st_mode)) {
        expand_folder(expand, path, depth + 1);
    }
}

static void expand_folder(struct expand *expand, const char *path, unsigned depth)
{
    if (depth > EXPAND_DEPTH_MAX) {
        report(expand, ERR_LIMIT, 0, path, ": folders are nested too deep; name this one itself");
        return;
    }
    struct dirent **entries;
    int count = scandir(path, &entries, not_hidden, by_name);
    if (count < 0) {
        report(expand, ERR_IO, errno, path, "");
        return;
    }
    for (int i = 0; i < count; i++) {
        expand_entry(expand, path, entries[i]->d_name, depth);
        free(entries[i]);
    }
    free(entries);
}

static void expand_found(struct expand *expand, const char *path, const struct stat *info, bool named)
{
    if (S_ISREG(info->st_mode))
        add_file(expand, path, info, named);
    else if (S_ISDIR(info->st_mode))
        expand_folder(expand, path, 0);
    else if (S_ISFIFO(info->st_mode) || S_ISCHR(info->st_mode)) {
        if (named)
            add(expand, (struct input){.kind = INPUT_PIPE, .path = path, .named = true});
    } else if (named)
        report(expand, ERR_FORMAT, 0, path, ": not a file, folder or pipe");
}

static void expand_pattern(struct expand *expand, const char *pattern)
{
    glob_t found = {0};
    int result = glob(pattern, 0, NULL, &found);
    if (result != 0 && result != GLOB_NOMATCH) {
        report(expand, ERR_IO, result == GLOB_NOSPACE ? ENOMEM : EIO, pattern, "");
    } else if (result == GLOB_NOMATCH) {
        report(expand, ERR_MISSING, 0, pattern, ": no file has a name like this");
    }
    for (size_t i = 0; result == 0 && i < found.gl_pathc; i++) {
        struct stat info;
        if (stat(found.gl_pathv[i], &info) == 0)
            expand_found(expand, found.gl_pathv[i], &info, false);
        else
            report(expand, ERR_IO, errno, found.gl_pathv[i], "");
    }
    globfree(&found);
}

void expand_operand(struct expand *expand, const char *operand)
{
    struct stat info;
    if (strcmp(operand, "-") == 0) {
        bool known = false;
        for (size_t i = 0; i < expand->count; i++)
            known = known || expand->inputs[i].kind == INPUT_STDIN;
        if (!known)
            add(expand, (struct input){.kind = INPUT_STDIN, .path = operand, .named = true});
    } else if (str_starts(str_of(operand), STR("kafka://"))) {
        add(expand, (struct input){.kind = INPUT_KAFKA, .path = operand, .named = true});
    } else if (stat(operand, &info) == 0) {
        expand_found(expand, operand, &info, true);
    } else if (errno == ENOENT && strpbrk(operand, "*?[") != NULL) {
        expand_pattern(expand, operand);
    } else {
        report(expand, ERR_IO, errno, operand, "");
    }
}
