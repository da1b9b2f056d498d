#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_load(const char *file, const struct library_call *calls, size_t count, struct err *err)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return err_set(err, ERR_MISSING, 0, "%s cannot be loaded: %s", file, dlerror());
    for (size_t i = 0; i < count; i++) {
        void *function = dlsym(library, calls[i].name);
        if (function == NULL)
            return err_set(err, ERR_MISSING, 0, "%s has no %s; it is too old", file, calls[i].name);
        memcpy(calls[i].at, &function, sizeof function);
    }
    return true;
}
