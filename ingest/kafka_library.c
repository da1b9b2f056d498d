#include "ingest/kafka_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#define LIBRARY "librdkafka.so.1"

static struct kafka_library functions;
static struct err failure; /* why not; kind ERR_NONE: it is there */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
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
    if (library == NULL) {
        err_set(&failure, ERR_MISSING, 0, "%s is not installed (Debian: librdkafka1)", LIBRARY);
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *function = dlsym(library, rows[i].name);
        if (function == NULL) {
            err_set(&failure, ERR_MISSING, 0, "%s is too old: it has no %s; 2.0 or newer is needed", LIBRARY,
                    rows[i].name);
            return;
        }
        memcpy((char *)&functions + rows[i].offset, &function, sizeof function);
    }
}

const struct kafka_library *kafka_library(struct err *err)
{
    (void)pthread_once(&once, load);
    if (failure.kind == ERR_NONE)
        return &functions;
    if (err != NULL)
        *err = failure;
    return NULL;
}
