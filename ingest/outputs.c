#include "ingest/outputs.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "ingest/config_kafka.h"
#include "ingest/output.h"

#define RETRY_US INT64_C(1000000)

struct entry {
    struct output *output; /* NULL: not running */
    struct arena arena;
    struct config_kafka wanted; /* in arena; what is to run once `output` has ended */
    bool waits;                 /* wanted is to be started */
};

struct outputs {
    struct store *store;
    const struct field_table *fields;
    int told; /* eventfd */
    char host[HOST_NAME_MAX + 1];
    struct entry entries[CONFIG_OUTPUTS_MAX * 2]; /* those that end beside those that begin */
    size_t count;
    bool changed, failed; /* there is something to write; the last writing failed, and that was told */
    int64_t due_us;
};

struct outputs *outputs_new(struct store *store, const struct field_table *fields)
{
    struct outputs *outputs = mem_alloc(sizeof *outputs);
    outputs->store = store;
    outputs->fields = fields;
    outputs->told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(outputs->told >= 0);
    if (gethostname(outputs->host, sizeof outputs->host) != 0)
        outputs->host[0] = '\0';
    outputs->host[sizeof outputs->host - 1] = '\0';
    return outputs;
}

void outputs_free(struct outputs *outputs)
{
    if (outputs == NULL)
        return;
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->entries[i].output != NULL)
            output_stop(outputs->entries[i].output);
    }
    for (size_t i = 0; i < outputs->count; i++) {
        output_free(outputs->entries[i].output);
        arena_release(&outputs->entries[i].arena);
    }
    close(outputs->told);
    free(outputs);
}

/* ---- Rows of outputs that are no more -------------------------------------------------------------------------------------- */

static bool is_wanted(const struct outputs *outputs, struct str name)
{
    for (size_t i = 0; i < outputs->count; i++) {
        const struct entry *entry = &outputs->entries[i];
        if ((entry->waits && str_equal(str_of(entry->wanted.name), name)) ||
            (entry->output != NULL && str_equal(str_of(output_config(entry->output)->name), name)))
            return true;
    }
    return false;
}

static bool mark_removed(struct outputs *outputs, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct store_output *rows;
    size_t count;
    if (!store_outputs(outputs->store, &arena, &rows, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].active || is_wanted(outputs, rows[i].name))
            continue;
        rows[i].active = false;
        rows[i].state = STR("removed");
        rows[i].updated_us = clock_now_us();
        if (!store_output_set(outputs->store, &rows[i], err))
            return false;
    }
    return true;
}

/* ---- Starting and ending --------------------------------------------------------------------------------------------------- */

static bool start(struct outputs *outputs, struct entry *entry, struct err *err)
{
    const struct output_ask ask = {
        .store_path = store_path(outputs->store),
        .store_id = store_id(outputs->store),
        .host = outputs->host[0] != '\0' ? str_of(outputs->host) : STR_ABSENT,
        .fields = outputs->fields,
        .config = &entry->wanted,
        .told = outputs->told,
    };
    entry->output = output_new(outputs->store, &ask, err);
    entry->waits = entry->output == NULL;
    if (entry->output == NULL)
        return err_within(err, "output '%s'", entry->wanted.name);
    LOG_EVENT(LEVEL_INFO, "sending", log_text("output", entry->wanted.name), log_text("topic", entry->wanted.topic));
    return true;
}

static struct entry *find_entry(struct outputs *outputs, const char *name)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (strcmp(outputs->entries[i].wanted.name, name) == 0)
            return &outputs->entries[i];
    }
    return NULL;
}

/* The one of the configuration begins now, or when that of the same name has ended. */
static bool configure_one(struct outputs *outputs, const struct config_kafka *config, struct err *err)
{
    struct entry *entry = find_entry(outputs, config->name);
    if (entry != NULL && config_kafka_is_same(&entry->wanted, config) && (entry->waits || entry->output != NULL)) {
        entry->waits = entry->waits || entry->output == NULL;
        return true;
    }
    if (entry == NULL) {
        must(outputs->count < sizeof outputs->entries / sizeof *outputs->entries);
        entry = &outputs->entries[outputs->count++];
        *entry = (struct entry){0};
    }
    arena_reset(&entry->arena);
    entry->wanted = config_kafka_copy(config, &entry->arena);
    entry->waits = true;
    if (entry->output == NULL)
        return start(outputs, entry, err);
    output_stop(entry->output);
    return true;
}

static bool is_configured(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->output_count; i++) {
        if (strcmp(config->outputs[i].kafka.name, name) == 0)
            return true;
    }
    return false;
}

/* Those that have ended make room, or begin anew. */
static bool tend(struct outputs *outputs, struct err *err)
{
    bool fine = true;
    size_t kept = 0;
    for (size_t i = 0; i < outputs->count; i++) {
        struct entry *entry = &outputs->entries[i];
        if (entry->output != NULL && output_is_over(entry->output)) {
            fine = output_tell(entry->output, outputs->store, err) && fine;
            output_free(entry->output);
            entry->output = NULL;
            fine = (entry->waits ? start(outputs, entry, err) : mark_removed(outputs, err)) && fine;
        }
        if (entry->output == NULL && !entry->waits)
            arena_release(&entry->arena);
        else
            outputs->entries[kept++] = *entry;
    }
    outputs->count = kept;
    return fine;
}

bool outputs_configure(struct outputs *outputs, const struct config *config, struct err *err)
{
    struct err why;
    for (size_t i = 0; i < outputs->count; i++) {
        struct entry *entry = &outputs->entries[i];
        if (is_configured(config, entry->wanted.name))
            continue;
        entry->waits = false;
        if (entry->output != NULL)
            output_stop(entry->output);
    }
    bool fine = tend(outputs, err);
    for (size_t i = 0; i < config->output_count; i++) {
        if (configure_one(outputs, &config->outputs[i].kafka, &why))
            continue;
        if (fine)
            *err = why;
        fine = false;
    }
    return fine ? mark_removed(outputs, err) : false;
}

/* ---- Writing --------------------------------------------------------------------------------------------------------------- */

static bool write_all(struct outputs *outputs, struct err *err)
{
    bool fine = tend(outputs, err);
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->entries[i].output != NULL)
            fine = output_tell(outputs->entries[i].output, outputs->store, err) && fine;
    }
    return fine;
}

static void write_if_due(struct outputs *outputs, int64_t now_us)
{
    uint64_t ignored;
    struct err err;
    if (read(outputs->told, &ignored, sizeof ignored) > 0)
        outputs->changed = true;
    if (!outputs->changed || now_us < outputs->due_us)
        return;
    bool fine = write_all(outputs, &err);
    if (!fine && !outputs->failed)
        LOG_EVENT(LEVEL_ERROR, "positions of outputs cannot be written", log_text("why", err.text));
    outputs->failed = outputs->changed = !fine;
    outputs->due_us = now_us + (fine ? OUTPUTS_PACE_US : RETRY_US);
}

void outputs_wake(struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->entries[i].output != NULL)
            output_wake(outputs->entries[i].output);
    }
}

static bool are_over(const struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->entries[i].output != NULL && !output_is_over(outputs->entries[i].output))
            return false;
    }
    return true;
}

void outputs_finish(struct outputs *outputs, struct service *service)
{
    struct err err;
    for (size_t i = 0; i < outputs->count; i++) {
        outputs->entries[i].waits = true; /* it is no less configured */
        if (outputs->entries[i].output != NULL)
            output_stop(outputs->entries[i].output);
    }
    while (!are_over(outputs)) {
        struct pollfd fd = {.fd = outputs->told, .events = POLLIN};
        uint64_t ignored;
        service_tick(service, service_now_us());
        if (poll(&fd, 1, 100) > 0 && read(fd.fd, &ignored, sizeof ignored) < 0)
            must(errno == EAGAIN || errno == EINTR);
    }
    for (size_t i = 0; i < outputs->count; i++) {
        struct output *output = outputs->entries[i].output;
        if (output != NULL && !output_tell(output, outputs->store, &err))
            LOG_EVENT(LEVEL_ERROR, "positions of outputs cannot be written", log_text("why", err.text));
    }
}

/* ---- As a feeder ------------------------------------------------------------------------------------------------------------- */

static int descriptor(void *self)
{
    return ((struct outputs *)self)->told;
}

static int64_t due_us(void *self)
{
    const struct outputs *outputs = self;
    return outputs->changed ? outputs->due_us : INT64_MAX;
}

static enum feed feed(void *self, struct frame *frame, int64_t now_us)
{
    (void)frame;
    write_if_due(self, now_us);
    return FEED_IDLE;
}

static void let_go(void *self)
{
    (void)self;
}

const struct feeder_ops outputs_feeder = {descriptor, due_us, feed, let_go};
