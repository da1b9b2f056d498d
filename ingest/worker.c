#include "ingest/worker.h"

#include <stdlib.h>

#include "analyze/analyze.h"
#include "base/mem.h"
#include "store/store.h"

struct worker {
    struct analyzer *analyzer;
    struct store_encoder *encoder;
};

static void *worker_new(void *fields)
{
    struct worker *worker = mem_alloc(sizeof *worker);
    worker->analyzer = analyzer_new(fields);
    worker->encoder = store_encoder_new();
    return worker;
}

static void worker_work(void *context, struct batch *batch)
{
    struct worker *worker = context;
    analyzer_batch(worker->analyzer, batch);
    store_encode(worker->encoder, batch);
}

static void worker_free(void *context)
{
    struct worker *worker = context;
    analyzer_free(worker->analyzer);
    store_encoder_free(worker->encoder);
    free(worker);
}

struct crew_steps worker_steps(const struct field_table *fields)
{
    /* Only ever handed to analyzer_new, which takes it as const. */
    return (struct crew_steps){(void *)(uintptr_t)fields, worker_new, worker_work, worker_free};
}
