#include "base/place.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

bool place_store(const char *option, struct buf *ret_path, struct err *err)
{
    if (option != NULL && option[0] == '\0')
        return err_set(err, ERR_USAGE, 0, "--store needs the path of a store");
    const char *path = option != NULL ? option : variable("WINNOW_STORE");
    const char *state = variable("XDG_STATE_HOME");
    const char *home = variable("HOME");
    if (path != NULL)
        buf_add_text(ret_path, path);
    else if (geteuid() == 0)
        buf_add_text(ret_path, "/var/lib/winnow/winnow.db");
    else if (state != NULL && state[0] == '/') /* the XDG specification: relative paths are to be ignored */
        buf_printf(ret_path, "%s/winnow/winnow.db", state);
    else if (home != NULL)
        buf_printf(ret_path, "%s/.local/state/winnow/winnow.db", home);
    else
        return err_set(err, ERR_USAGE, 0, "no store is named: use --store PATH, or set WINNOW_STORE or HOME");
    if (ret_path->full)
        return err_set(err, ERR_LIMIT, 0, "the store's path is longer than %zu bytes", ret_path->size_max);
    return true;
}

/* ---- Configuration ------------------------------------------------------------------------------------------------------- */

struct listing {
    struct arena *arena;
    struct place_file *files;
    size_t count;
    struct map seen; /* device and inode of the files */
};

static void add_file(struct listing *listing, const char *path, bool needed, bool adds)
{
    struct stat info;
    bool fresh = true; /* of one that is not there, reading it will tell */
    if (stat(path, &info) == 0) {
        char id[64];
        int size =
            snprintf(id, sizeof id, "%llu:%llu", (unsigned long long)info.st_dev, (unsigned long long)info.st_ino);
        (void)map_at(&listing->seen, str_from(id, (size_t)size), &fresh);
    } else if (!needed && (errno == ENOENT || errno == ENOTDIR)) {
        return;
    }
    if (fresh)
        listing->files[listing->count++] = (struct place_file){arena_str(listing->arena, str_of(path)).data, adds};
}

static int is_yaml(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && str_ends(str_of(entry->d_name), STR(".yaml"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool add_folder(struct listing *listing, const char *folder, struct err *err)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_yaml, by_name);
    if (count < 0)
        return errno == ENOENT || errno == ENOTDIR || err_set(err, ERR_IO, errno, "read the folder '%s'", folder);
    for (int i = 0; i < count; i++) {
        if (i < PLACE_FILES_MAX)
            add_file(listing, arena_printf(listing->arena, "%s/%s", folder, entries[i]->d_name).data, true, true);
        free(entries[i]);
    }
    free(entries);
    return count <= PLACE_FILES_MAX ||
           err_set(err, ERR_LIMIT, 0, "more than %d files in '%s'", PLACE_FILES_MAX, folder);
}

bool place_configuration(const char *named, struct arena *arena, struct place_file **ret_files, size_t *ret_count,
                         struct err *err)
{
    struct listing listing = {.arena = arena, .files = ARENA_ARRAY(arena, struct place_file, PLACE_FILES_MAX + 4)};
    const char *system = variable("WINNOW_CONFIG_DIR"), *user = variable("XDG_CONFIG_HOME"), *home = variable("HOME");
    const char *own = variable("WINNOW_CONFIG");
    if (system == NULL)
        system = "/etc/winnow";
    add_file(&listing, arena_printf(arena, "%s/winnow.yaml", system).data, false, false);
    bool good = add_folder(&listing, arena_printf(arena, "%s/conf.d", system).data, err);
    if (user != NULL && user[0] == '/') /* the XDG specification: relative paths are to be ignored */
        add_file(&listing, arena_printf(arena, "%s/winnow/winnow.yaml", user).data, false, false);
    else if (home != NULL)
        add_file(&listing, arena_printf(arena, "%s/.config/winnow/winnow.yaml", home).data, false, false);
    if (own != NULL)
        add_file(&listing, own, true, false);
    if (named != NULL)
        add_file(&listing, named, true, false);
    map_release(&listing.seen);
    *ret_files = listing.files;
    *ret_count = listing.count;
    return good;
}
