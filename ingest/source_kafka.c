#include "ingest/source_kafka.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/must.h"
#include "ingest/config_kafka.h"
#include "ingest/kafka_reason.h"
#include "ingest/kafka_settings.h"
#include "ingest/service.h"
#include "ingest/source_kafka_part.h"

enum {
    FEED_BYTES = 2 << 20, /* in one call */
    FETCH_BYTES = 8 << 20,
    LEAVE_WAIT_MS = 100,
    BEHIND_WAIT_MS = 10,
};
#define BEHIND_US (TIME_SECOND / 10)
#define LOOK_US TIME_SECOND

void source_kafka_tell_err(const struct source_kafka *source, struct str name, const struct err *err)
{
    source->ask.tell(source->ask.context, name, err);
}

void source_kafka_tell(const struct source_kafka *source, struct str name, enum err_kind kind, const char *format, ...)
{
    struct err err;
    char text[ERR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    err_set(&err, kind, 0, "%s", text);
    source_kafka_tell_err(source, name, &err);
}

/* What ends the finding of partitions is told as that. That all brokers are down says less than why one is. */
void source_kafka_note_error(struct source_kafka *source, int code, const char *text)
{
    struct err why;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && source->error[0] != '\0')
        return;
    kafka_reason(text, &why);
    snprintf(source->error, sizeof source->error, "%.*s", (int)sizeof source->error - 1, why.text);
    if (source->ask.bounded && source->count == 0)
        return;
    if (code == source->told_error && source->now_us - source->told_us < KAFKA_TELL_US)
        return;
    source->told_error = code;
    source->told_us = source->now_us;
    source_kafka_tell(source, source_kafka_brokers(source), ERR_IO, "%s; it is tried again", source->error);
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    (void)client;
    source_kafka_note_error(opaque, code, reason);
}

/* ---- Making ---------------------------------------------------------------------------------------------------------------- */

static bool has_property(const struct config_kafka *config, const char *name)
{
    for (size_t i = 0; i < config->properties.count; i++)
        if (strcmp(config->properties.items[i].name, name) == 0)
            return true;
    return false;
}

static void set_unless(rd_kafka_conf_t *conf, const struct config_kafka *config, const char *name, const char *value)
{
    if (!has_property(config, name))
        kafka_settings_set(conf, name, value);
}

/* A static member: whoever comes back is known, and has its partitions at once. A new one would wait until the one that was killed is
 * given up, and the others with it. */
static void set_instance(const struct source_kafka *source, rd_kafka_conf_t *conf)
{
    char text[64];
    struct str id = store_id(source->ask.store);
    if (source->ask.bounded || id.size == 0 || has_property(source->ask.kafka, "group.instance.id"))
        return;
    snprintf(text, sizeof text, "winnow-%.*s-%u", STR_ARG(id), source->ask.ordinal);
    kafka_settings_set(conf, "group.instance.id", text);
}

static rd_kafka_conf_t *make_settings(struct source_kafka *source, struct err *err)
{
    char text[32];
    const struct config_kafka *config = source->ask.kafka;
    rd_kafka_conf_t *conf = kafka_settings_new(config, err);
    if (conf == NULL)
        return NULL;
    kafka_settings_set(conf, "group.id", config->group != NULL ? config->group : "winnow");
    set_instance(source, conf);
    kafka_settings_set(conf, "enable.auto.commit", "false");
    kafka_settings_set(conf, "enable.auto.offset.store", "false");
    kafka_settings_set(conf, "auto.offset.reset", "error");
    kafka_settings_set(conf, "isolation.level", "read_committed");
    kafka_settings_set(conf, "partition.assignment.strategy", "cooperative-sticky");
    kafka_settings_set(conf, "enable.partition.eof", source->ask.bounded ? "true" : "false");
    snprintf(text, sizeof text, "%d", KAFKA_FETCH_KBYTES);
    kafka_settings_set(conf, "queued.max.messages.kbytes", text);
    if (!has_property(config,
                      "fetch.queue.backoff.ms")) /* 2.0 has no such thing; newer ones wait so long with a full queue */
        (void)source->kafka->conf_set(conf, "fetch.queue.backoff.ms", "20", text, sizeof text);
    if (!has_property(config, "session.timeout.ms")) /* members that come and go are heard of sooner */
        set_unless(conf, config, "heartbeat.interval.ms", "1000");
    set_unless(conf, config, "topic.metadata.refresh.interval.ms", "30000");
    set_unless(conf, config, "max.poll.interval.ms", "3600000"); /* a full disk may last */
    if (!has_property(config, "message.max.bytes")) {
        snprintf(text, sizeof text, "%d", FETCH_BYTES);
        set_unless(conf, config, "fetch.max.bytes", text);
    }
    source->kafka->conf_set_opaque(conf, source);
    source->kafka->conf_set_error_cb(conf, on_error);
    source->kafka->conf_set_rebalance_cb(conf, source_kafka_on_rebalance);
    source->kafka->conf_set_offset_commit_cb(conf, source_kafka_on_commit);
    return conf;
}

static bool subscribe(struct source_kafka *source, struct err *err)
{
    const struct kafka_library *kafka = source->kafka;
    const struct config_list *topics = &source->ask.kafka->topics;
    rd_kafka_topic_partition_list_t *list = kafka->topic_partition_list_new((int)topics->count);
    for (size_t i = 0; i < topics->count; i++)
        kafka->topic_partition_list_add(list, topics->items[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t result = kafka->subscribe(source->client, list);
    kafka->topic_partition_list_destroy(list);
    return result == RD_KAFKA_RESP_ERR_NO_ERROR ||
           err_set(err, ERR_USAGE, 0, "%s: %s", source->ask.kafka->brokers, kafka->err2str(result));
}

static bool make_client(struct source_kafka *source, struct err *err)
{
    char text[512];
    static const uint64_t one = 1;
    rd_kafka_conf_t *conf = make_settings(source, err);
    if (conf == NULL)
        return false;
    source->client = source->kafka->new (RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (source->client == NULL) {
        source->kafka->conf_destroy(conf);
        return err_set(err, ERR_USAGE, 0, "%s: %s", source->ask.kafka->brokers, text);
    }
    (void)source->kafka->poll_set_consumer(source->client);
    source->queue = source->kafka->queue_get_consumer(source->client);
    if (source->ask.bounded)
        return true;
    source->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (source->event < 0)
        return err_set(err, ERR_IO, errno, "eventfd");
    source->kafka->queue_io_event_enable(source->queue, source->event, &one, sizeof one);
    return subscribe(source, err);
}

bool source_kafka_is_available(struct err *err)
{
    return kafka_library(err) != NULL;
}

struct source_kafka *source_kafka_new(const struct source_kafka_ask *ask, struct err *err)
{
    const struct kafka_library *kafka = kafka_library(err);
    if (kafka == NULL)
        return NULL;
    struct source_kafka *source = mem_alloc(sizeof *source);
    source->ask = *ask;
    source->kafka = kafka;
    source->event = -1;
    source->heard_us = source->now_us = service_now_us();
    struct kafka_intake_settings settings = {
        .catalog = ask->catalog,
        .defaults = ask->defaults,
        .by_host = ask->kafka->names == CONFIG_KAFKA_BY_HOST,
        .tell = ask->tell,
        .context = ask->context,
    };
    source->intake = kafka_intake_new(&settings);
    if (make_client(source, err))
        return source;
    source_kafka_free(source);
    return NULL;
}

static bool same_defaults(const struct source_defaults *a, const struct source_defaults *b)
{
    return str_equal(a->service, b->service) && str_equal(a->timezone, b->timezone) && a->format == b->format;
}

bool source_kafka_keep(struct source_kafka *source, const struct source_kafka_ask *ask)
{
    if (source->ask.ordinal != ask->ordinal || !config_kafka_is_same(source->ask.kafka, ask->kafka) ||
        !same_defaults(&source->ask.defaults, &ask->defaults))
        return false;
    if (source->error[0] != '\0' && ask->kafka->properties.count > 0)
        return false; /* a secret that is read from a file may be another one by now */
    source->ask = *ask;
    kafka_intake_set_defaults(source->intake, &ask->defaults);
    return true;
}

void source_kafka_leave_by(struct source_kafka *source, int64_t until_us)
{
    source->leave_by_us = until_us;
}

/* While the group's members are being arranged it takes no offsets; who left then would leave others what is stored here. */
static void leave(struct source_kafka *source)
{
    int64_t until_us =
        source->leave_by_us != 0 ? source->leave_by_us : service_now_us() + (int64_t)KAFKA_WAIT_MS * 1000;
    size_t bytes = 0;
    source->leaving = true;
    while (source_kafka_flush(source) && service_now_us() < until_us) {
        source_kafka_snapshot(source);
        if (source_kafka_commit_list(source, true, NULL))
            break;
        (void)source_kafka_take_some(source, LEAVE_WAIT_MS, &bytes);
    }
    (void)source->kafka->consumer_close(source->client); /* revokes, so commits */
}

/* One that has not got through joining its group yet is left as it is, closed: librdkafka 2.0 may abort when it is destroyed (its
 * assignor insists on a state that it does not have before). */
void source_kafka_free(struct source_kafka *source)
{
    if (source == NULL)
        return;
    if (source->client != NULL) {
        if (!source->ask.bounded)
            leave(source);
        if (source->queue != NULL)
            source->kafka->queue_destroy(source->queue);
        if (source->joined || source->ask.bounded)
            source->kafka->destroy(source->client);
    }
    if (source->event >= 0)
        close(source->event);
    for (size_t i = 0; i < source->count; i++)
        free(source->slots[i].topic);
    free(source->slots);
    kafka_intake_free(source->intake);
    free(source);
}

struct kafka_counts source_kafka_counts(const struct source_kafka *source)
{
    return kafka_intake_counts(source->intake);
}

/* ---- Feeding --------------------------------------------------------------------------------------------------------------- */

static void tell_count(const struct source_kafka *source, uint64_t before, uint64_t now, const char *what)
{
    if (now > before)
        source_kafka_tell(source, source_kafka_brokers(source), ERR_FORMAT, "%s: %" PRIu64, what, now - before);
}

/* What is not stored as it came does not go unsaid. */
static void tell_counts(struct source_kafka *source)
{
    struct kafka_counts now = kafka_intake_counts(source->intake), *told = &source->told;
    if (source->now_us < source->count_due_us)
        return;
    source->count_due_us = source->now_us + KAFKA_TELL_US;
    tell_count(source, told->known, now.known, "messages of records that are stored already");
    tell_count(source, told->reused, now.reused, "records stored though their agent had given their number before");
    tell_count(source, told->damaged, now.damaged, "messages kept as they are, since they are not what agents send");
    tell_count(source, told->lost, now.lost, "records not stored, since not all of their parts came");
    *told = now;
}

/* What the brokers said last, for status. */
static void look_at_ends(struct source_kafka *source)
{
    int64_t low, high;
    if (source->now_us < source->look_due_us)
        return;
    source->look_due_us = source->now_us + LOOK_US;
    for (size_t i = 0; i < source->count; i++) {
        struct slot *slot = &source->slots[i];
        if (slot->assigned && source->kafka->get_watermark_offsets(source->client, slot->topic, slot->number, &low,
                                                                   &high) == RD_KAFKA_RESP_ERR_NO_ERROR)
            kafka_partition_set_end(slot->partition, high);
    }
}

/* What comes is on its way: some came a moment ago, and brokers have more. */
static bool expects_more(const struct source_kafka *source)
{
    int64_t low, high;
    if (source->over || source->now_us - source->heard_us > BEHIND_US)
        return false;
    for (size_t i = 0; i < source->count; i++) {
        const struct slot *slot = &source->slots[i];
        if (slot->assigned &&
            source->kafka->get_watermark_offsets(source->client, slot->topic, slot->number, &low, &high) ==
                RD_KAFKA_RESP_ERR_NO_ERROR &&
            kafka_partition_next(slot->partition) < high)
            return true;
    }
    return false;
}

/* Of many messages no small batches are made because the next ones are not here yet. */
static enum feed feed(void *self, struct frame *frame, int64_t now_us)
{
    struct source_kafka *source = self;
    uint64_t events;
    size_t bytes = 0;
    ssize_t count = 1;
    source->frame = source->home = frame;
    source->now_us = now_us;
    (void)!read(source->event, &events, sizeof events);
    source_kafka_commit_if_due(source);
    while (!source->over && count > 0 && bytes < FEED_BYTES)
        count = source_kafka_take_some(source, 0, &bytes);
    bool more = count > 0 || expects_more(source);
    if (more && count == 0)
        (void)source_kafka_take_some(source, BEHIND_WAIT_MS, &bytes);
    look_at_ends(source);
    tell_counts(source);
    (void)source_kafka_give(source);
    source->frame = NULL;
    return source->over ? FEED_OVER : more ? FEED_MORE : FEED_IDLE;
}

static int descriptor(void *self)
{
    return ((const struct source_kafka *)self)->event;
}

/* The library wants to be asked now and then. */
static int64_t due_us(void *self)
{
    return ((const struct source_kafka *)self)->now_us + TIME_SECOND;
}

static void free_feeder(void *self)
{
    source_kafka_free(self);
}

const struct feeder_ops source_kafka_feeder = {
    .descriptor = descriptor,
    .due_us = due_us,
    .feed = feed,
    .free = free_feeder,
};
