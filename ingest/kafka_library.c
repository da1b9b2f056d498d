#include "ingest/kafka_library.h"

#include <pthread.h>

#include "base/library.h"
#include "base/must.h"

static struct kafka_library functions;
static bool loaded;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static bool load(struct err *err)
{
    static const struct library rdkafka = {"librdkafka.so.1", "librdkafka1", "2.0"};
    static const struct library_call calls[] = {
#define KAFKA_ROW(function) {"rd_kafka_" #function, &functions.function},
        KAFKA_FUNCTIONS(KAFKA_ROW)
#undef KAFKA_ROW
    };
    return library_load(&rdkafka, calls, sizeof calls / sizeof *calls, err);
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
