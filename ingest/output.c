#include "ingest/output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "ingest/config_kafka.h"
#include "ingest/output_part.h"
#include "ingest/service.h"

static const char *const states[] = {
    [OUTPUT_STARTING] = "starting", [OUTPUT_DELIVERING] = "delivering", [OUTPUT_IDLE] = "idle",
    [OUTPUT_WAITING] = "waiting",   [OUTPUT_BLOCKED] = "blocked",       [OUTPUT_STOPPED] = "stopped",
};

static void ring_bell(int fd)
{
    static const uint64_t one = 1;
    ssize_t ignored = write(fd, &one, sizeof one); /* full: it is readable anyway */
    (void)ignored;
}

/* ---- Starting -------------------------------------------------------------------------------------------------------------- */

bool output_first_number(struct store *store, uint64_t *ret, struct err *err)
{
    struct scan_ask ask = {.since_us = TIME_NONE, .until_us = TIME_NONE};
    SCOPED_FREE(scan) *scan = scan_new(store, &ask, err);
    struct scan_record first;
    int found = scan != NULL ? scan_next(scan, &first, err) : -1;
    if (found == 1)
        *ret = first.number;
    else if (found == 0)
        *ret = scan_last_number(scan) + 1;
    return found >= 0;
}

/* What the store knows of the output, or how a new one begins. */
static bool load_row(struct output *output, struct store *store, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct store_output *rows;
    size_t count;
    if (!store_outputs(store, &arena, &rows, &count, err))
        return false;
    struct output_progress *progress = &output->progress;
    *progress = (struct output_progress){.error_us = TIME_NONE, .caught_up_us = TIME_NONE};
    for (size_t i = 0; i < count; i++) {
        if (!str_equal(rows[i].name, output->name))
            continue;
        progress->position = rows[i].position;
        output->delivered_before = rows[i].delivered;
        progress->delivered = rows[i].delivered;
        progress->missed = rows[i].missed;
        progress->error_us = rows[i].error_us;
        progress->caught_up_us = rows[i].caught_up_us;
        struct str error = str_slice(rows[i].error, 0, sizeof progress->error - 1);
        if (error.data != NULL)
            memcpy(progress->error, error.data, error.size);
        return true;
    }
    if (output->config.from != CONFIG_KAFKA_BEGINNING)
        return store_last_number(store, &progress->position, err);
    uint64_t first = 1;
    bool fine = output_first_number(store, &first, err);
    progress->position = first - 1; /* what was pruned before is nothing to miss */
    return fine;
}

static bool load_aheads(struct output *output, struct store *store, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct store_ahead *aheads;
    size_t count;
    if (!store_output_aheads(store, output->name, &arena, &aheads, &count, err))
        return false;
    output_aheads_init(&output->aheads, aheads, count);
    return true;
}

static void name_it(struct output *output, const struct output_ask *ask)
{
    struct arena *arena = &output->arena;
    output->config = config_kafka_copy(ask->config, arena);
    output->store_path = arena_str(arena, str_of(ask->store_path)).data;
    output->name = str_of(output->config.name);
    output->target = arena_printf(arena, "%s %s", output->config.brokers, output->config.topic);
    output->agent = arena_printf(arena, "%.*s/%s", STR_ARG(ask->store_id), output->config.name);
    output->host = arena_str(arena, ask->host);
    if (output->config.transactional)
        output->group = arena_printf(arena, "winnow-%.*s-%s", STR_ARG(ask->store_id), output->config.name).data;
}

struct output *output_new(struct store *store, const struct output_ask *ask, struct err *err)
{
    struct output *output = mem_alloc(sizeof *output);
    name_it(output, ask);
    output->fields = ask->fields;
    output->told = ask->told;
    output->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(output->wake >= 0 && pthread_mutex_init(&output->mutex, NULL) == 0);
    output->over = true; /* until there is a thread */
    bool fine = load_row(output, store, err) && load_aheads(output, store, err);
    output->position = output->progress.position;
    output->changed = true;
    if (fine && output_tell(output, store, err)) {
        output->over = false;
        must(pthread_create(&output->thread, NULL, output_run, output) == 0);
        return output;
    }
    output_free(output);
    return NULL;
}

void output_free(struct output *output)
{
    if (output == NULL)
        return;
    if (output->thread != 0)
        (void)pthread_join(output->thread, NULL);
    close(output->wake);
    (void)pthread_mutex_destroy(&output->mutex);
    output_aheads_release(&output->aheads);
    arena_release(&output->arena);
    free(output);
}

const struct config_kafka *output_config(const struct output *output)
{
    return &output->config;
}

/* ---- Telling --------------------------------------------------------------------------------------------------------------- */

void output_wake(struct output *output)
{
    ring_bell(output->wake);
}

void output_stop(struct output *output)
{
    if (output->stop_us == 0)
        output->stop_us = service_now_us();
    ring_bell(output->wake);
}

void output_owner_wake(struct output *output)
{
    ring_bell(output->told);
}

bool output_is_over(struct output *output)
{
    return output->over;
}

static bool is_same(const struct output_progress *a, const struct output_progress *b)
{
    return a->state == b->state && a->position == b->position && a->delivered == b->delivered &&
           a->missed == b->missed && a->error_us == b->error_us && strcmp(a->error, b->error) == 0;
}

void output_publish(struct output *output, const struct output_progress *progress)
{
    must(pthread_mutex_lock(&output->mutex) == 0);
    output_aheads_pass(&output->aheads, progress->position);
    bool news = !is_same(&output->progress, progress) || output->aheads.changed.count > 0;
    bool first = news && !output->changed;
    output->progress = *progress;
    output->changed = output->changed || news;
    must(pthread_mutex_unlock(&output->mutex) == 0);
    if (first)
        ring_bell(output->told);
}

static struct store_output make_row(const struct output *output, const struct output_progress *progress)
{
    return (struct store_output){
        .name = output->name,
        .kind = STR("kafka"),
        .target = output->target,
        .state = str_of(states[progress->state]),
        .error = progress->error[0] != '\0' ? str_of(progress->error) : STR_ABSENT,
        .position = progress->position,
        .delivered = progress->delivered,
        .missed = progress->missed,
        .error_us = progress->error_us,
        .caught_up_us = progress->caught_up_us,
        .updated_us = clock_now_us(),
        .active = true,
    };
}

/* The position and what was sent ahead in one transaction: what ends with a final record stays until that is passed. */
bool output_tell(struct output *output, struct store *store, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct store_ahead *aheads = NULL;
    must(pthread_mutex_lock(&output->mutex) == 0);
    bool changed = output->changed;
    struct output_progress progress = output->progress;
    size_t count = changed ? output_aheads_changes(&output->aheads, &arena, &aheads) : 0;
    output->changed = false;
    must(pthread_mutex_unlock(&output->mutex) == 0);
    if (!changed)
        return true;
    const struct store_output row = make_row(output, &progress);
    if (store_output_set_ahead(store, &row, aheads, count, err))
        return true;
    must(pthread_mutex_lock(&output->mutex) == 0);
    output->changed = true;
    output_aheads_unchange(&output->aheads, aheads, count);
    must(pthread_mutex_unlock(&output->mutex) == 0);
    return false;
}
