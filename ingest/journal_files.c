#include "ingest/journal_files.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/must.h"
#include "base/scope.h"

static void look(const char *path, uint64_t *ret_device, uint64_t *ret_inode)
{
    struct stat info;
    bool there = stat(path, &info) == 0;
    *ret_device = there ? info.st_dev : 0;
    *ret_inode = there ? info.st_ino : 0;
}

static void add_place(struct journal_files *files, const char *path)
{
    must(files->place_count < JOURNAL_PLACES_MAX);
    files->places[files->place_count].path = path;
    look(path, &files->places[files->place_count].device, &files->places[files->place_count].inode);
    files->place_count++;
}

void journal_files_look(struct journal_files *files, const struct journal_choice *choice, const char *machine)
{
    map_reset(&files->known);
    files->place_count = 0;
    files->any_machine = choice->directory != NULL;
    if (choice->file != NULL)
        return;
    if (choice->directory != NULL) {
        add_place(files, choice->directory);
        return;
    }
    snprintf(files->folder, sizeof files->folder, "%s%s%s", machine, choice->namespace ? "." : "",
             choice->namespace ? choice->namespace : "");
    add_place(files, "/var/log/journal");
    add_place(files, "/run/log/journal");
}

void journal_files_release(struct journal_files *files)
{
    map_release(&files->known);
    files->place_count = 0;
}

bool journal_files_moved(const struct journal_files *files)
{
    for (size_t i = 0; i < files->place_count; i++) {
        uint64_t device, inode;
        look(files->places[i].path, &device, &inode);
        if (device != files->places[i].device || inode != files->places[i].inode)
            return true;
    }
    return false;
}

static bool is_file(struct str name)
{
    return str_ends(name, STR(".journal")) || str_ends(name, STR(".journal~"));
}

static bool is_folder(const struct journal_files *files, const char *name)
{
    static const char hex[] = "0123456789abcdef";
    return files->any_machine ? strspn(name, hex) == JOURNAL_ID_SIZE - 1 : strcmp(name, files->folder) == 0;
}

static void visit_folder(struct journal_files *files, const char *path, bool top,
                         void (*visit)(void *context, const char *path), void *context)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return; /* what is wrong with it the library tells */
    SCOPED(buf) inside = BUF(PATH_MAX);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        bool unknown;
        buf_reset(&inside);
        if (!buf_printf(&inside, "%s/%s", path, entry->d_name))
            continue;
        if (is_file(str_of(entry->d_name))) {
            map_at(&files->known, buf_str(&inside), &unknown);
            if (unknown)
                visit(context, inside.data);
        } else if (top && is_folder(files, entry->d_name)) {
            visit_folder(files, inside.data, false, visit, context);
        }
    }
    closedir(folder);
}

void journal_files_visit(struct journal_files *files, void (*visit)(void *context, const char *path), void *context)
{
    if (files->known.count > JOURNAL_FILES_KNOWN_MAX)
        map_reset(&files->known);
    for (size_t i = 0; i < files->place_count; i++)
        visit_folder(files, files->places[i].path, true, visit, context);
}
