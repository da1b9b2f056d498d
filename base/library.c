#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

#include "base/str.h"

/* dlopen tells the same of a library that is nowhere and of one that another needs as well, by its name. */
static bool is_nowhere(const struct library *library, const char *why)
{
    struct str text = str_of(why), name = str_of(library->file);
    return str_starts(text, name) &&
           str_starts(str_slice(text, name.size, text.size), STR(": cannot open shared object file"));
}

static bool fail(const struct library *library, struct err *err)
{
    const char *why = dlerror();
    if (why == NULL || is_nowhere(library, why))
        return err_set(err, ERR_MISSING, 0, "%s is not installed (Debian: %s)", library->file, library->package);
    return err_set(err, ERR_MISSING, 0, "%s cannot be loaded: %.500s", library->file, why);
}

bool library_load(const struct library *library, const struct library_call *calls, size_t count, struct err *err)
{
    void *loaded = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
    if (loaded == NULL)
        return fail(library, err);
    for (size_t i = 0; i < count; i++) {
        void *function = dlsym(loaded, calls[i].name);
        if (function == NULL) {
            (void)dlclose(loaded);
            return err_set(err, ERR_MISSING, 0, "%s is too old: it has no %s; %s or newer is needed", library->file,
                           calls[i].name, library->oldest);
        }
        memcpy(calls[i].at, &function, sizeof function);
    }
    return true;
}
