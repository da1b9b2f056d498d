#include "ingest/kafka_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"

#define LIBRARY "librdkafka.so.1"

static struct kafka_library functions;
static bool loaded;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* dlopen tells this of a library that is nowhere, and of one that another needs as well, by its name. */
static bool fail(struct err *err)
{
    const char *why = dlerror();
    if (why == NULL || str_starts(str_of(why), STR(LIBRARY ": cannot open shared object file")))
        return err_set(err, ERR_MISSING, 0, "%s is not installed (Debian: librdkafka1)", LIBRARY);
    return err_set(err, ERR_MISSING, 0, "%s cannot be loaded: %.500s", LIBRARY, why);
}

static bool load(struct err *err)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
#define KAFKA_ROW(function) {"rd_kafka_" #function, offsetof(struct kafka_library, function)},
        KAFKA_FUNCTIONS(KAFKA_ROW)
#undef KAFKA_ROW
    };
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return fail(err);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *function = dlsym(library, rows[i].name);
        if (function == NULL) {
            (void)dlclose(library);
            return err_set(err, ERR_MISSING, 0, "%s is too old: it has no %s; 2.0 or newer is needed", LIBRARY,
                           rows[i].name);
        }
        memcpy((char *)&functions + rows[i].offset, &function, sizeof function);
    }
    return true;
}

const struct kafka_library *kafka_library(struct err *err)
{
    struct err ignored;
    must(pthread_mutex_lock(&mutex) == 0);
    loaded = loaded || load(err != NULL ? err : &ignored);
    bool there = loaded;
    must(pthread_mutex_unlock(&mutex) == 0);
    return there ? &functions : NULL;
}
