#include "ingest/live.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "ingest/pattern_ids.h"
#include "ingest/settle.h"
#include "ingest/worker.h"

enum {
    FEEDERS_MAX = 256,
    CREW_MAX = 4,           /* threads, one per processor, */
    BATCHES = CREW_MAX + 3, /* one for each, one that waits for them, one being filled and one it continues in */
};

#define PACE_US INT64_C(40000)          /* between two rounds, so that many small writes are read together */
#define RETRY_US INT64_C(1000000)       /* of a commit that failed */
#define RETENTION_US INT64_C(600000000) /* between two times */
#define SLICE_US INT64_C(150000)        /* of retention at a stretch */
#define CREW_IDLE_US INT64_C(10000000)  /* then its threads and their memory go */

struct live {
    struct store *store;
    struct service *service;
    const struct live_hooks *hooks; /* while it runs */
    struct analyzer *analyzer;
    struct store_encoder *encoder;
    struct frame frame;
    struct batch *batches[BATCHES];
    bool lent[BATCHES]; /* from being taken to being committed */
    size_t batch_count; /* at most BATCHES */
    const struct field_table *fields;
    struct crew *crew;    /* that makes batches ready for blocks; NULL: there were none lately */
    size_t under_way;     /* batches that the crew has */
    unsigned crew_count;  /* its threads */
    int64_t crew_used_us; /* monotonic */
    struct feeder feeders[FEEDERS_MAX];
    bool more[FEEDERS_MAX];
    size_t feeder_count;
    bool waiting; /* the store refuses to be written, and that was told */
    bool failed;
    struct err err;
    uint64_t records;     /* committed */
    int64_t flushed_us;   /* monotonic */
    int64_t hot_since_us; /* monotonic: since when there are hot rows; 0: there are none */
    int64_t keep_us, bytes_max;
    bool outputs_ignored;
    bool held; /* by an output, and that was told */
    struct pattern_ids ids;
    bool ids_wait;            /* something was committed since */
    int64_t retention_due_us; /* monotonic */
    int64_t slice_end_us;
};

/* ---- Committing ------------------------------------------------------------------------------------------------------------ */

/* Waits a while, alive. False when a stop is asked: then there is no use in trying on. */
static bool wait_to_retry(struct live *live)
{
    int64_t until_us = service_now_us() + RETRY_US;
    for (;;) {
        int64_t now_us = service_now_us();
        service_tick(live->service, now_us);
        if (service_stop_asked(live->service))
            return false;
        if (now_us >= until_us)
            return true;
        struct pollfd fd = {.fd = service_descriptor(live->service), .events = POLLIN};
        (void)poll(&fd, 1, (int)((until_us - now_us) / 1000) + 1);
    }
}

static bool may_pass(const struct err *err)
{
    return err->kind == ERR_FULL || err->kind == ERR_BUSY || err->kind == ERR_IO;
}

/* A step of the store failed: waits, if it may pass. */
static bool try_again(void *context, const struct err *err)
{
    struct live *live = context;
    if (!live->waiting)
        LOG_EVENT(LEVEL_ERROR, "the store cannot be written; reading waits", log_text("why", err->text));
    live->waiting = true;
    service_status(live->service, service_now_us(), "waiting: %s", err->text);
    return may_pass(err) && wait_to_retry(live);
}

/* After a step: notes how it ended. */
static bool note_step(struct live *live, bool fine, const struct err *err)
{
    if (!fine) {
        live->failed = true;
        live->err = *err;
    } else if (live->waiting) {
        live->waiting = false;
        LOG_EVENT(LEVEL_NOTICE, "the store can be written again");
    }
    live->hot_since_us = store_hot_records(live->store) == 0 ? 0
                         : live->hot_since_us > 0            ? live->hot_since_us
                                                             : service_now_us();
    return fine;
}

/* A batch that is free, made if need be; BATCHES: all there may be are lent. */
static size_t find_free(struct live *live)
{
    size_t i = 0;
    while (i < live->batch_count && live->lent[i])
        i++;
    if (i == live->batch_count)
        return BATCHES;
    if (live->batches[i] == NULL)
        live->batches[i] = batch_new();
    return i;
}

/* Hot rows become blocks: one, or all. */
static bool settle(struct live *live, bool all)
{
    struct err err;
    bool any;
    size_t i = find_free(live);
    struct settle settle = {
        .store = live->store,
        .analyzer = live->analyzer,
        .encoder = live->encoder,
        .batch = i < BATCHES ? live->batches[i] : batch_new(),
        .bytes_max = LIVE_SETTLE_BYTES,
        .again = try_again,
        .context = live,
    };
    bool fine = all ? settle_all(&settle, &err) : settle_some(&settle, &any, &err);
    if (i == BATCHES)
        batch_free(settle.batch);
    live->hot_since_us = 0; /* what is left is newer */
    return note_step(live, fine, &err);
}

static void settle_if_due(struct live *live, int64_t now_us)
{
    if (live->failed || live->hot_since_us == 0)
        return;
    if (store_hot_bytes(live->store) >= LIVE_SETTLE_BYTES || store_hot_records(live->store) >= LIVE_SETTLE_RECORDS ||
        now_us - live->hot_since_us >= LIVE_SETTLE_US)
        (void)settle(live, false);
}

/* It is analyzed, and encoded unless it is to become hot rows. */
static void commit(struct live *live, struct batch *batch)
{
    struct err err;
    bool fine;
    if (live->failed || (!batch->hot && store_hot_records(live->store) > 0 && !settle(live, true)))
        return;
    while (!(fine = store_commit(live->store, batch, &err)))
        if (!try_again(live, &err))
            break;
    if (note_step(live, fine, &err)) {
        live->records += batch->record_count;
        live->ids_wait = true;
        if (live->hooks != NULL && live->hooks->committed != NULL)
            live->hooks->committed(live->hooks->context);
    }
}

static void give_back(struct live *live, struct batch *batch)
{
    size_t i = 0;
    while (i < BATCHES && live->batches[i] != batch)
        i++;
    must(i < BATCHES && live->lent[i]);
    batch_reset(batch);
    live->lent[i] = false;
}

/* Commits the next one that the crew has. False when none is ready; with wait, when it has none. */
static bool commit_next(struct live *live, bool wait)
{
    struct batch *batch = live->under_way > 0 ? crew_next(live->crew, wait) : NULL;
    if (batch == NULL)
        return false;
    commit(live, batch);
    live->under_way--;
    give_back(live, batch);
    return true;
}

static bool flush(void *context)
{
    struct live *live = context;
    while (commit_next(live, true))
        ;
    return !live->failed;
}

static size_t under_way(void *context)
{
    return ((const struct live *)context)->under_way;
}

static struct batch *take(void *context)
{
    struct live *live = context;
    size_t i;
    while ((i = find_free(live)) == BATCHES)
        must(commit_next(live, true));
    if (live->failed)
        return NULL;
    live->lent[i] = true;
    return live->batches[i];
}

/* False when the system refuses threads: then there are none. */
static bool has_crew(struct live *live)
{
    struct err err;
    struct crew_steps steps = worker_steps(live->fields);
    live->crew_used_us = service_now_us();
    if (live->crew == NULL)
        live->crew = crew_new(live->crew_count, BATCHES, &steps, &err);
    return live->crew != NULL;
}

/* Its threads go when they have had nothing to do for a while. */
static void dismiss_crew(struct live *live, int64_t now_us)
{
    if (live->crew == NULL || live->under_way > 0 || now_us < live->crew_used_us + CREW_IDLE_US)
        return;
    crew_free(live->crew);
    live->crew = NULL;
}

/* A batch worth a block goes to the crew; others wait until that has none any more, so that all are committed in order. */
static void put(void *context, struct batch *batch)
{
    struct live *live = context;
    batch->hot = batch->raw.size < LIVE_DIRECT_BYTES && batch->record_count < LIVE_DIRECT_RECORDS;
    live->flushed_us = service_now_us();
    if (!batch->hot && has_crew(live)) {
        crew_put(live->crew, batch);
        live->under_way++;
        while (commit_next(live, false))
            ;
        return;
    }
    if (flush(live)) {
        analyzer_batch(live->analyzer, batch);
        if (!batch->hot)
            store_encode(live->encoder, batch);
        commit(live, batch);
    }
    give_back(live, batch);
}

/* ---- Retention -------------------------------------------------------------------------------------------------------------- */

void live_keep(struct live *live, int64_t keep_us, int64_t bytes_max, bool outputs_ignored)
{
    live->keep_us = keep_us;
    live->bytes_max = bytes_max;
    live->outputs_ignored = outputs_ignored;
    live->retention_due_us = 0;
}

static bool go_on(void *context, uint64_t blocks_done, uint64_t blocks)
{
    const struct live *live = context;
    (void)blocks_done, (void)blocks;
    return service_now_us() < live->slice_end_us;
}

/* Told once, and once more when it is over: an output may be behind for days. */
static void tell_held(struct live *live, const struct prune_result *result)
{
    uint64_t records, bytes;
    struct err err;
    if (result->held_blocks > 0 && !live->held &&
        store_output_lag(live->store, result->held_position, &records, &bytes, &err))
        LOG_EVENT(LEVEL_WARNING, "retention waits for an output", log_str("output", result->held_by),
                  log_number("blocks", (int64_t)result->held_blocks), log_number("lag_records", (int64_t)records),
                  log_number("lag_bytes", (int64_t)bytes),
                  log_text("remedy", "let it deliver, remove it, or set 'retention: {outputs: ignore}'"));
    else if (result->held_blocks == 0 && live->held)
        LOG_EVENT(LEVEL_NOTICE, "retention waits for no output any more");
    live->held = result->held_blocks > 0;
}

static void retain(struct live *live, int64_t now_us)
{
    struct err err;
    if ((live->keep_us == 0 && live->bytes_max == 0) || now_us < live->retention_due_us || live->failed)
        return;
    live->slice_end_us = now_us + SLICE_US;
    struct prune_ask ask = {
        .before_us = live->keep_us > 0 ? clock_now_us() - live->keep_us : TIME_NONE,
        .bytes_max = (uint64_t)live->bytes_max,
        .outputs_ignored = live->outputs_ignored,
        .now_us = clock_now_us(),
        .go_on = go_on,
        .context = live,
    };
    struct prune_result result;
    bool fine = store_prune(live->store, &ask, &result, &err);
    live->retention_due_us = fine && result.stopped ? now_us + 2 * SLICE_US : now_us + RETENTION_US;
    if (!fine)
        LOG_EVENT(LEVEL_ERROR, "retention failed", log_text("why", err.text));
    else if (result.blocks > 0)
        LOG_EVENT(LEVEL_INFO, "retention", log_number("records", (int64_t)result.records),
                  log_number("raw_bytes", (int64_t)result.raw_bytes));
    if (fine && !result.stopped)
        tell_held(live, &result);
}

/* ---- Ids of patterns ---------------------------------------------------------------------------------------------------------- */

/* A failure loses nothing: the ids are remembered at the next turn, or the next start. */
static void remember_ids(struct live *live, int64_t now_us)
{
    struct err err;
    if (live->failed || live->waiting || !live->ids_wait || now_us < live->ids.due_us)
        return;
    live->ids_wait = false;
    if (!pattern_ids_tick(&live->ids, live->store, now_us, &err))
        LOG_EVENT(LEVEL_ERROR, "ids of patterns cannot be kept", log_text("why", err.text));
}

/* ---- The loop ---------------------------------------------------------------------------------------------------------------- */

/* One for each processor. */
static unsigned count_crew(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > CREW_MAX ? CREW_MAX : (unsigned)online;
}

static const struct frame_limits live_limits = {
    .batch_bytes = LIVE_BATCH_BYTES,
    .record_bytes = RECORD_BYTES_MAX,
    .join_bytes = JOIN_BYTES_MAX,
    .chunk_bytes = 256 << 10,
    .records = BATCH_RECORDS_MAX,
};

struct live *live_new(struct store *store, const struct field_table *fields, struct service *service)
{
    struct live *live = mem_alloc(sizeof *live);
    live->store = store;
    live->service = service;
    live->fields = fields;
    live->crew_count = count_crew();
    live->batch_count = BATCHES - CREW_MAX + live->crew_count;
    live->analyzer = analyzer_new(fields);
    live->encoder = store_encoder_new();
    live->hot_since_us = store_hot_records(store) > 0 ? service_now_us() : 0;
    live->ids_wait = true;
    frame_init(
        &live->frame, &live_limits,
        (struct frame_batches){.take = take, .put = put, .context = live, .flush = flush, .under_way = under_way});
    return live;
}

void live_free(struct live *live)
{
    if (live == NULL)
        return;
    for (size_t i = 0; i < live->feeder_count; i++)
        live->feeders[i].ops->free(live->feeders[i].self);
    crew_free(live->crew);
    for (size_t i = 0; i < BATCHES; i++)
        batch_free(live->batches[i]);
    store_encoder_free(live->encoder);
    analyzer_free(live->analyzer);
    free(live);
}

void live_add(struct live *live, struct feeder feeder)
{
    must(live->feeder_count < FEEDERS_MAX);
    live->more[live->feeder_count] = true;
    live->feeders[live->feeder_count++] = feeder;
}

/* Those with these operations; unless self is NULL, that one of them. */
static void drop(struct live *live, const struct feeder_ops *ops, const void *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < live->feeder_count; i++) {
        if (live->feeders[i].ops == ops && (self == NULL || live->feeders[i].self == self)) {
            ops->free(live->feeders[i].self);
            continue;
        }
        live->more[kept] = live->more[i];
        live->feeders[kept++] = live->feeders[i];
    }
    live->feeder_count = kept;
}

void live_drop(struct live *live, const struct feeder_ops *ops)
{
    drop(live, ops, NULL);
}

void live_drop_one(struct live *live, const struct feeder *feeder)
{
    must(feeder->self != NULL);
    drop(live, feeder->ops, feeder->self);
}

/* A round: every feeder feeds, and what came of it is committed. False when there is no more to read now. */
static bool round_of(struct live *live)
{
    bool more = false;
    for (size_t i = 0; i < live->feeder_count && !live->failed; i++) {
        const struct feeder *feeder = &live->feeders[i];
        enum feed result = feeder->ops->feed(feeder->self, &live->frame, service_now_us());
        live->more[i] = result == FEED_MORE;
        more = more || live->more[i];
    }
    /* While there is more, a batch may fill up, so that it becomes a block. */
    int64_t now_us = service_now_us();
    if (!live->failed && (!more || now_us - live->flushed_us >= LIVE_FLUSH_US)) {
        (void)frame_flush(&live->frame);
        live->flushed_us = now_us;
    }
    return more && !live->failed;
}

void live_flush(struct live *live)
{
    if (!live->failed)
        (void)frame_flush(&live->frame);
}

/* Waits for something to do, at least until the pace allows another round. */
static void wait_for(struct live *live, int64_t earliest_us)
{
    struct pollfd fds[FEEDERS_MAX + 1];
    nfds_t count = 0;
    int64_t now_us = service_now_us(), until_us = service_due_us(live->service);
    fds[count++] = (struct pollfd){.fd = service_descriptor(live->service), .events = POLLIN};
    if (now_us < earliest_us) {
        until_us = earliest_us < until_us ? earliest_us : until_us;
    } else {
        for (size_t i = 0; i < live->feeder_count; i++) {
            const struct feeder *feeder = &live->feeders[i];
            int64_t due_us = feeder->ops->due_us(feeder->self);
            until_us = due_us < until_us ? due_us : until_us;
            fds[count++] = (struct pollfd){.fd = feeder->ops->descriptor(feeder->self), .events = POLLIN};
        }
        if ((live->keep_us > 0 || live->bytes_max > 0) && live->retention_due_us < until_us)
            until_us = live->retention_due_us;
        if (live->hot_since_us > 0 && live->hot_since_us + LIVE_SETTLE_US < until_us)
            until_us = live->hot_since_us + LIVE_SETTLE_US;
        if (live->ids_wait && live->ids.due_us < until_us)
            until_us = live->ids.due_us;
        if (live->crew != NULL && live->crew_used_us + CREW_IDLE_US < until_us)
            until_us = live->crew_used_us + CREW_IDLE_US;
    }
    int64_t wait_us = until_us > now_us ? until_us - now_us : 0;
    int timeout_ms = wait_us > 3600 * TIME_SECOND ? 3600000 : (int)((wait_us + 999) / 1000);
    (void)poll(fds, count, timeout_ms);
}

static bool is_due(const struct live *live, int64_t now_us)
{
    for (size_t i = 0; i < live->feeder_count; i++) {
        const struct feeder *feeder = &live->feeders[i];
        struct pollfd fd = {.fd = feeder->ops->descriptor(feeder->self), .events = POLLIN};
        if (live->more[i] || feeder->ops->due_us(feeder->self) <= now_us || poll(&fd, 1, 0) > 0)
            return true;
    }
    return false;
}

static void tell(struct live *live, const struct live_hooks *hooks, int64_t now_us)
{
    char text[SERVICE_STATUS_MAX];
    if (hooks->status == NULL || live->failed)
        return;
    hooks->status(hooks->context, text, sizeof text);
    service_status(live->service, now_us, "%s, %llu records stored since start", text,
                   (unsigned long long)live->records);
}

static void drain(struct live *live)
{
    int64_t until_us = service_now_us() + LIVE_DRAIN_US;
    service_stopping(live->service);
    LOG_EVENT(LEVEL_NOTICE, "stopping: what is there is read, for 20 s at most; another signal ends it at once");
    while (service_now_us() < until_us && round_of(live))
        service_tick(live->service, service_now_us());
    if (!live->failed)
        (void)frame_flush(&live->frame);
    live->ids.due_us = 0;
    remember_ids(live, service_now_us());
}

bool live_run(struct live *live, const struct live_hooks *hooks, struct err *err)
{
    int64_t earliest_us = 0;
    bool ready = false;
    live->hooks = hooks;
    while (!live->failed) {
        int64_t now_us = service_now_us();
        service_tick(live->service, now_us);
        if (service_stop_asked(live->service))
            break;
        if (service_reload_asked(live->service)) {
            service_reloading(live->service);
            (void)flush(live); /* what a reload changes no thread looks at then */
            hooks->reload(hooks->context);
            service_ready(live->service);
        }
        bool more = false;
        if (now_us >= earliest_us && is_due(live, now_us)) {
            more = round_of(live);
            earliest_us = more ? 0 : service_now_us() + PACE_US;
            settle_if_due(live, now_us);
            tell(live, hooks, now_us);
        }
        if (!ready && !live->failed)
            service_ready(live->service);
        ready = true;
        settle_if_due(live, now_us);
        retain(live, now_us);
        remember_ids(live, now_us);
        dismiss_crew(live, now_us);
        if (!more)
            wait_for(live, earliest_us);
    }
    if (!live->failed)
        drain(live);
    live->hooks = NULL;
    if (live->failed)
        *err = live->err;
    return !live->failed;
}
