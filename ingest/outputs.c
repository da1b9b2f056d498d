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
    bool stops;                 /* the output was asked to */
};

/* At most so many run at a time, those that end included. What begins beside them waits for its turn; it is in the configuration. */
enum { RUNNING_MAX = 2 * CONFIG_OUTPUTS_MAX, ENTRIES_MAX = RUNNING_MAX + CONFIG_OUTPUTS_MAX };

struct outputs {
    struct store *store;
    const struct field_table *fields;
    int told; /* eventfd */
    char host[HOST_NAME_MAX + 1];
    struct entry entries[ENTRIES_MAX]; /* each runs, or waits */
    size_t count;
    bool stale;           /* rows may have to be marked as removed */
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

static void stop(struct entry *entry)
{
    if (entry->output != NULL)
        output_stop(entry->output);
    entry->stops = entry->output != NULL;
}

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

/* The one of the configuration is to begin, at once or when that of the same name has ended. */
static void configure_one(struct outputs *outputs, const struct config_kafka *config)
{
    struct entry *entry = find_entry(outputs, config->name);
    if (entry != NULL && config_kafka_is_same(&entry->wanted, config)) {
        entry->waits = entry->waits || entry->stops;
        return;
    }
    if (entry == NULL) {
        must(outputs->count < ENTRIES_MAX);
        entry = &outputs->entries[outputs->count++];
        *entry = (struct entry){0};
    }
    arena_reset(&entry->arena);
    entry->wanted = config_kafka_copy(config, &entry->arena);
    entry->waits = true;
    stop(entry);
}

static bool is_configured(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->output_count; i++) {
        if (strcmp(config->outputs[i].kafka.name, name) == 0)
            return true;
    }
    return false;
}

/* Those that have ended, and are not to begin anew, leave. */
static bool sweep(struct outputs *outputs, struct err *err)
{
    bool fine = true;
    size_t kept = 0;
    for (size_t i = 0; i < outputs->count; i++) {
        struct entry *entry = &outputs->entries[i];
        if (entry->output != NULL && output_is_over(entry->output)) {
            fine = output_tell(entry->output, outputs->store, err) && fine;
            output_free(entry->output);
            entry->output = NULL;
            entry->stops = false;
            outputs->stale = true;
        }
        if (entry->output == NULL && !entry->waits)
            arena_release(&entry->arena);
        else
            outputs->entries[kept++] = *entry;
    }
    outputs->count = kept;
    return fine;
}

static bool start_waiting(struct outputs *outputs, struct err *err)
{
    bool fine = true;
    size_t running = 0;
    for (size_t i = 0; i < outputs->count; i++)
        running += outputs->entries[i].output != NULL;
    for (size_t i = 0; i < outputs->count && running < RUNNING_MAX; i++) {
        struct entry *entry = &outputs->entries[i];
        if (entry->output != NULL || !entry->waits)
            continue;
        fine = start(outputs, entry, err) && fine;
        running += entry->output != NULL;
    }
    return fine;
}

/* Every entry does what it is to do; what fails is tried again. */
static bool tend(struct outputs *outputs, struct err *err)
{
    bool fine = sweep(outputs, err);
    fine = start_waiting(outputs, err) && fine;
    if (outputs->stale) {
        outputs->stale = !mark_removed(outputs, err);
        fine = fine && !outputs->stale;
    }
    return fine;
}

static void note_result(struct outputs *outputs, bool fine, int64_t now_us)
{
    outputs->failed = outputs->changed = !fine;
    outputs->due_us = now_us + (fine ? OUTPUTS_PACE_US : RETRY_US);
}

bool outputs_configure(struct outputs *outputs, const struct config *config, struct err *err)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct entry *entry = &outputs->entries[i];
        if (is_configured(config, entry->wanted.name))
            continue;
        entry->waits = false;
        stop(entry);
    }
    bool fine = sweep(outputs, err);
    for (size_t i = 0; i < config->output_count; i++)
        configure_one(outputs, &config->outputs[i].kafka);
    outputs->stale = true;
    fine = tend(outputs, err) && fine;
    if (!fine)
        note_result(outputs, false, service_now_us());
    return fine;
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
    note_result(outputs, fine, now_us);
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
