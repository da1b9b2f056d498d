#include "base/place.h"

#include <stdlib.h>
#include <unistd.h>

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
