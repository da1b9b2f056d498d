#include "ingest/source_kafka.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/must.h"
#include "base/stop.h"
#include "ingest/config_kafka.h"
#include "ingest/kafka_library.h"
#include "ingest/kafka_settings.h"
#include "ingest/service.h"

enum {
    POLL_MESSAGES = 1024, /* taken from the library at once */
    FEED_BYTES = 2 << 20, /* in one call */
    HEADERS_MAX = 64,     /* of a message; further ones are not looked at */
    FETCH_BYTES = 8 << 20,
    NAME_MAX_BYTES = 512,
    QUIET_WAIT_MS = 100,
    BEHIND_WAIT_MS = 10,
};
#define BEHIND_US (TIME_SECOND / 10)
#define COMMIT_US (5 * TIME_SECOND)
#define LOOK_US TIME_SECOND
#define TELL_US TIME_MINUTE
#define SILENT_US (30 * TIME_SECOND)

/* A partition it reads. */
struct slot {
    struct kafka_partition *partition;
    char *topic;
    int32_t number;
    int64_t snapshot;    /* place in the store once puts has reached the mark */
    int64_t committed;   /* to the group */
    int64_t begin, end;  /* of a bounded one */
    bool assigned, done; /* done: of a bounded one */
};

struct source_kafka {
    struct source_kafka_ask ask;
    const struct kafka_library *kafka;
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    int event;
    struct kafka_intake *intake;
    struct slot *slots;
    size_t count, capacity;
    const void *last_topic; /* of the message before: its handle */
    size_t last;            /* and its slot */
    size_t ahead, wake_at;  /* messages fetched ahead, when it was looked last; so few, and fetching is woken */

    struct frame *frame; /* while it feeds */
    int64_t now_us;      /* monotonic */
    bool over;           /* no more batches are given */
    bool leaving;        /* nothing is taken any more */
    bool joined;         /* its group has given it something once */
    int64_t leave_by_us; /* or 0 */
    bool cluster_known;  /* and told to the intake */
    uint64_t bytes;      /* of the values read, in a bounded one */
    struct frame *home;  /* that it fed last */
    uint64_t needs;      /* what was given is committed once its home has handed on so many batches */
    uint64_t mark;       /* the same, of the snapshot; 0: none is under way */
    int64_t commit_due_us, look_due_us;

    struct kafka_counts told; /* at most once a minute */
    int64_t count_due_us;

    int told_error; /* the code told last */
    int64_t told_us;
    char error[256]; /* why brokers do not answer; "" when they do */
    int64_t heard_us;
    rd_kafka_message_t *messages[POLL_MESSAGES];
};

static void tell_err(const struct source_kafka *source, struct str name, const struct err *err)
{
    source->ask.tell(source->ask.context, name, err);
}

__attribute__((format(printf, 4, 5))) static void tell(const struct source_kafka *source, struct str name,
                                                       enum err_kind kind, const char *format, ...)
{
    struct err err;
    char text[ERR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    err_set(&err, kind, 0, "%s", text);
    tell_err(source, name, &err);
}

static struct str brokers(const struct source_kafka *source)
{
    return str_of(source->ask.kafka->brokers);
}

/* The same error is told once a minute at most. */
static void note_error(struct source_kafka *source, int code, const char *text)
{
    snprintf(source->error, sizeof source->error, "%s", text);
    if (code == source->told_error && source->now_us - source->told_us < TELL_US)
        return;
    source->told_error = code;
    source->told_us = source->now_us;
    tell(source, brokers(source), ERR_IO, "%s; it is tried again", text);
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    (void)client;
    note_error(opaque, code, reason);
}

/* ---- Partitions ---------------------------------------------------------------------------------------------------------- */

static struct slot *find_slot(const struct source_kafka *source, const char *topic, int32_t number)
{
    for (size_t i = 0; i < source->count; i++)
        if (source->slots[i].number == number && strcmp(source->slots[i].topic, topic) == 0)
            return &source->slots[i];
    return NULL;
}

/* While brokers are there, which they are when partitions are known. Old ones have no id. */
static void learn_cluster(struct source_kafka *source)
{
    char *id = source->cluster_known ? NULL : source->kafka->clusterid(source->client, KAFKA_WAIT_MS);
    if (id == NULL)
        return;
    kafka_intake_set_cluster(source->intake, id);
    source->cluster_known = true;
    source->kafka->mem_free(source->client, id);
}

static struct slot *ensure_slot(struct source_kafka *source, const char *topic, int32_t number, struct err *err)
{
    struct slot *slot = find_slot(source, topic, number);
    if (slot != NULL)
        return slot;
    struct kafka_partition *partition = kafka_intake_partition(source->intake, source->ask.store, topic, number, err);
    if (partition == NULL)
        return NULL;
    if (source->count == source->capacity) {
        source->capacity = source->capacity > 0 ? 2 * source->capacity : 16;
        source->slots = mem_resize_array(source->slots, source->capacity, sizeof *source->slots);
    }
    slot = &source->slots[source->count++];
    *slot = (struct slot){
        .partition = partition, .topic = strdup(topic), .number = number, .snapshot = -1, .committed = -1};
    must(slot->topic != NULL);
    return slot;
}

/* What the group has of each, or RD_KAFKA_OFFSET_INVALID. */
static void ask_group(const struct source_kafka *source, rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = RD_KAFKA_OFFSET_INVALID;
    if (source->ask.kafka->group != NULL)
        (void)source->kafka->committed(source->client, list, KAFKA_WAIT_MS);
}

/* Where a partition begins that neither the store nor the group knows. An end is remembered, so that a restart does not begin at
 * another one. */
static int64_t first_offset(const struct source_kafka *source, struct slot *slot)
{
    int64_t low, high;
    if (source->ask.kafka->from == CONFIG_KAFKA_BEGINNING)
        return RD_KAFKA_OFFSET_BEGINNING;
    if (source->kafka->query_watermark_offsets(source->client, slot->topic, slot->number, &low, &high, KAFKA_WAIT_MS) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
        return RD_KAFKA_OFFSET_END;
    kafka_partition_set_next(slot->partition, high);
    return high;
}

static int64_t start_offset(const struct source_kafka *source, struct slot *slot, int64_t of_group)
{
    int64_t place = kafka_partition_place(slot->partition);
    if (of_group > place && of_group >= 0) {
        if (place >= 0)
            tell(source, kafka_partition_name(slot->partition), ERR_MISSING,
                 "the group is at offset %" PRIi64 ", the store at %" PRIi64 ": goes on behind what others took",
                 of_group, place);
        place = of_group;
    }
    if (place < 0)
        return first_offset(source, slot);
    kafka_partition_set_next(slot->partition, place);
    return place;
}

/* ---- Committing to the group --------------------------------------------------------------------------------------------- */

/* Those offsets count as committed, or do not. */
static void note_committed(struct source_kafka *source, const rd_kafka_topic_partition_list_t *list, bool fine)
{
    for (int i = 0; i < list->cnt; i++) {
        struct slot *slot = find_slot(source, list->elems[i].topic, list->elems[i].partition);
        if (slot != NULL)
            slot->committed = fine ? list->elems[i].offset : -1;
    }
}

static void on_commit(rd_kafka_t *client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    (void)client;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && list != NULL)
        note_committed(opaque, list, false); /* and comes again */
}

static bool commit_list(struct source_kafka *source, bool wait, struct err *err)
{
    const struct kafka_library *kafka = source->kafka;
    rd_kafka_topic_partition_list_t *list = kafka->topic_partition_list_new((int)source->count + 1);
    for (size_t i = 0; i < source->count; i++) {
        const struct slot *slot = &source->slots[i];
        if (slot->assigned && slot->snapshot >= 0 && slot->snapshot != slot->committed)
            kafka->topic_partition_list_add(list, slot->topic, slot->number)->offset = slot->snapshot;
    }
    rd_kafka_resp_err_t result = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (list->cnt > 0 && source->ask.kafka->group != NULL)
        result = kafka->commit(source->client, list, wait ? 0 : 1);
    note_committed(source, list, result == RD_KAFKA_RESP_ERR_NO_ERROR);
    kafka->topic_partition_list_destroy(list);
    return result == RD_KAFKA_RESP_ERR_NO_ERROR || err_set(err, ERR_IO, 0, "group %s does not take offsets: %s",
                                                           source->ask.kafka->group, kafka->err2str(result));
}

static void snapshot(struct source_kafka *source)
{
    for (size_t i = 0; i < source->count; i++)
        source->slots[i].snapshot = kafka_partition_place(source->slots[i].partition);
}

static bool are_committed(const struct source_kafka *source, uint64_t batches)
{
    return source->home == NULL || frame_has_committed(source->home, batches);
}

/* What was given is known to be committed a while later. */
static void commit_if_due(struct source_kafka *source)
{
    if (source->mark > 0 && are_committed(source, source->mark)) {
        source->mark = 0;
        (void)commit_list(source, false, NULL);
    }
    if (source->mark == 0 && source->now_us >= source->commit_due_us) {
        source->commit_due_us = source->now_us + COMMIT_US;
        snapshot(source);
        source->mark = source->needs > 0 ? source->needs : 1;
    }
}

/* ---- Coming and going of partitions -------------------------------------------------------------------------------------- */

static bool give(struct source_kafka *source)
{
    struct frame *frame = source->frame;
    source->over = source->over || !kafka_intake_give(source->intake, frame);
    if (frame->batch != NULL && frame->batch->record_count + frame->batch->source_count > 0)
        source->needs = frame->puts + 1;
    return !source->over;
}

/* True when all that was taken is committed in the store. While it does not feed, its owner sees to that. */
static bool flush(struct source_kafka *source)
{
    if (source->frame != NULL)
        source->over = !give(source) || !frame_flush(source->frame);
    return !source->over && are_committed(source, source->needs);
}

static bool is_cooperative(const struct source_kafka *source)
{
    const char *protocol = source->kafka->rebalance_protocol(source->client);
    return protocol != NULL && strcmp(protocol, "COOPERATIVE") == 0;
}

/* Offsets that reach the group while its members join anew are refused, and their sender loses its partitions. */
static void pause_commits(struct source_kafka *source)
{
    source->last_topic = NULL; /* handles of topics may be others from now on */
    source->mark = 0;
    source->commit_due_us = service_now_us() + COMMIT_US;
}

static void assign(struct source_kafka *source, rd_kafka_topic_partition_list_t *list)
{
    const struct kafka_library *kafka = source->kafka;
    if (!flush(source))
        return;
    learn_cluster(source);
    ask_group(source, list);
    for (int i = 0; i < list->cnt; i++) {
        struct err err;
        rd_kafka_topic_partition_t *part = &list->elems[i];
        struct slot *slot = ensure_slot(source, part->topic, part->partition, &err);
        int64_t of_group = part->offset;
        if (slot == NULL) { /* its messages are passed over */
            tell_err(source, brokers(source), &err);
            part->offset = RD_KAFKA_OFFSET_END;
            continue;
        }
        part->offset = start_offset(source, slot, of_group);
        slot->assigned = true;
        slot->committed = of_group;
        slot->snapshot = -1;
    }
    pause_commits(source);
    if (is_cooperative(source))
        kafka->error_destroy(kafka->incremental_assign(source->client, list));
    else
        (void)kafka->assign(source->client, list);
}

static void let_go(struct source_kafka *source, rd_kafka_topic_partition_list_t *list)
{
    struct err err;
    const struct kafka_library *kafka = source->kafka;
    if (flush(source) && !source->ask.bounded && !kafka->assignment_lost(source->client)) {
        snapshot(source);
        if (!commit_list(source, true, &err))
            tell_err(source, brokers(source), &err);
    }
    for (int i = 0; i < list->cnt; i++) {
        struct slot *slot = find_slot(source, list->elems[i].topic, list->elems[i].partition);
        if (slot != NULL)
            slot->assigned = false;
    }
    pause_commits(source);
    if (is_cooperative(source))
        kafka->error_destroy(kafka->incremental_unassign(source->client, list));
    else
        (void)kafka->assign(source->client, NULL);
}

static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                         void *opaque)
{
    struct source_kafka *source = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        source->joined = true;
        assign(source, list);
    } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        let_go(source, list);
    } else {
        note_error(source, code, source->kafka->err2str(code));
        (void)source->kafka->assign(client, NULL);
    }
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

static ssize_t take_some(struct source_kafka *source, int wait_ms, size_t *bytes);

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
    source->kafka->conf_set_rebalance_cb(conf, on_rebalance);
    source->kafka->conf_set_offset_commit_cb(conf, on_commit);
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
    while (flush(source) && service_now_us() < until_us) {
        snapshot(source);
        if (commit_list(source, true, NULL))
            break;
        (void)take_some(source, QUIET_WAIT_MS, &bytes);
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

/* ---- Messages ------------------------------------------------------------------------------------------------------------- */

static struct slot *slot_of(struct source_kafka *source, const rd_kafka_message_t *from)
{
    if (from->rkt == source->last_topic && source->last < source->count &&
        source->slots[source->last].number == from->partition)
        return &source->slots[source->last];
    if (from->rkt == NULL)
        return NULL;
    struct slot *slot = find_slot(source, source->kafka->topic_name(from->rkt), from->partition);
    if (slot != NULL) {
        source->last_topic = from->rkt;
        source->last = (size_t)(slot - source->slots);
    }
    return slot;
}

/* A partition that the library has given up does not take a new place: it is let go and taken again. */
static void begin_anew(struct source_kafka *source, const rd_kafka_topic_partition_list_t *list)
{
    const struct kafka_library *kafka = source->kafka;
    if (is_cooperative(source)) {
        kafka->error_destroy(kafka->incremental_unassign(source->client, list));
        kafka->error_destroy(kafka->incremental_assign(source->client, list));
        return;
    }
    rd_kafka_topic_partition_list_t *all;
    if (kafka->assignment(source->client, &all) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    for (int i = 0; i < all->cnt; i++) {
        const struct slot *slot = find_slot(source, all->elems[i].topic, all->elems[i].partition);
        all->elems[i].offset = slot != NULL ? kafka_partition_next(slot->partition) : RD_KAFKA_OFFSET_END;
        if (all->elems[i].offset < 0)
            all->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    (void)kafka->assign(source->client, all);
    kafka->topic_partition_list_destroy(all);
}

/* The place is gone, or there was none and the library asks where to begin. */
static void find_place(struct source_kafka *source, struct slot *slot)
{
    int64_t low = 0, high = 0;
    const struct kafka_library *kafka = source->kafka;
    int64_t place = kafka_partition_place(slot->partition);
    rd_kafka_resp_err_t result =
        kafka->query_watermark_offsets(source->client, slot->topic, slot->number, &low, &high, KAFKA_WAIT_MS);
    int64_t to = place >= 0 || source->ask.kafka->from == CONFIG_KAFKA_BEGINNING ? low : high;
    if (result == RD_KAFKA_RESP_ERR_NO_ERROR && place >= 0 && (place < low || place > high)) {
        tell(source, kafka_partition_name(slot->partition), ERR_MISSING,
             "offset %" PRIi64 " is gone, and maybe other messages with it; goes on at %" PRIi64, place, low);
        source->over = source->over || !kafka_partition_add_gap(slot->partition, source->frame, low, high);
    } else if (place >= 0) {
        to = place;
    }
    rd_kafka_topic_partition_list_t *list = kafka->topic_partition_list_new(1);
    kafka->topic_partition_list_add(list, slot->topic, slot->number)->offset = result == RD_KAFKA_RESP_ERR_NO_ERROR ? to
                                                                               : place >= 0 ? place
                                                                                            : RD_KAFKA_OFFSET_BEGINNING;
    begin_anew(source, list);
    kafka->topic_partition_list_destroy(list);
}

static void take_event(struct source_kafka *source, const rd_kafka_message_t *from)
{
    struct slot *slot = slot_of(source, from);
    if (from->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        source->heard_us = source->now_us;
        if (slot != NULL && from->offset >= slot->end)
            slot->done = true;
    } else if (slot != NULL && (from->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                                from->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)) {
        find_place(source, slot);
    } else {
        note_error(source, from->err,
                   from->payload != NULL ? (const char *)from->payload : source->kafka->err2str(from->err));
    }
}

static size_t take_headers(const struct source_kafka *source, const rd_kafka_message_t *from,
                           struct message_header headers[HEADERS_MAX])
{
    size_t count = 0, size;
    const char *name;
    const void *value;
    rd_kafka_headers_t *list;
    if (source->kafka->message_headers(from, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    while (count < HEADERS_MAX &&
           source->kafka->header_get_all(list, count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR)
        headers[count++] = (struct message_header){str_of(name), str_from(value, value != NULL ? size : 0)};
    return count;
}

static int64_t time_of(const struct source_kafka *source, const rd_kafka_message_t *from)
{
    rd_kafka_timestamp_type_t type;
    int64_t time_ms = source->kafka->message_timestamp(from, &type);
    bool told = type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && time_ms > 0 && time_ms < INT64_C(253402300800000);
    return told ? time_ms * 1000 : TIME_NONE;
}

static void take_message(struct source_kafka *source, const rd_kafka_message_t *from)
{
    struct message_header headers[HEADERS_MAX];
    struct slot *slot = slot_of(source, from);
    source->heard_us = source->now_us;
    source->error[0] = '\0';
    if (slot == NULL || !slot->assigned || source->leaving || from->offset < 0)
        return;
    if (source->ask.bounded && from->offset >= slot->end) {
        slot->done = true;
        return;
    }
    struct kafka_message message = {
        .offset = from->offset,
        .value = from->payload != NULL ? str_from(from->payload, from->len) : STR_ABSENT,
        .time_us = time_of(source, from),
        .headers = headers,
        .header_count = take_headers(source, from, headers),
    };
    source->over = source->over || !kafka_intake_take(source->intake, slot->partition, source->frame, &message);
    slot->done = slot->done || (source->ask.bounded && from->offset + 1 >= slot->end);
}

/* Asks the partitions' brokers for something and does not wait for the answer. */
static void wake_fetching(const struct source_kafka *source)
{
    const struct kafka_library *kafka = source->kafka;
    rd_kafka_topic_partition_list_t *list = kafka->topic_partition_list_new((int)source->count);
    for (size_t i = 0; i < source->count; i++)
        if (source->slots[i].assigned)
            kafka->topic_partition_list_add(list, source->slots[i].topic, source->slots[i].number)->offset =
                RD_KAFKA_OFFSET_END;
    (void)kafka->offsets_for_times(source->client, list, 0);
    kafka->topic_partition_list_destroy(list);
}

/* A fetching thread of librdkafka that finds enough fetched ahead looks again a second later only, unless it has something else to do
 * meanwhile. So it is given something when half of what was ahead is taken and nothing came, and again at each further half. */
static void keep_fetching(struct source_kafka *source, size_t taken)
{
    size_t ahead = source->kafka->queue_length(source->queue);
    if (ahead + taken > source->ahead)
        source->wake_at = ahead / 2;
    else if (taken > 0 && ahead <= source->wake_at) {
        wake_fetching(source);
        source->wake_at = ahead / 2;
    }
    source->ahead = ahead;
}

/* Takes what is there. Returns how many came, -1 when there are none. */
static ssize_t take_some(struct source_kafka *source, int wait_ms, size_t *bytes)
{
    ssize_t count = source->kafka->consume_batch_queue(source->queue, wait_ms, source->messages, POLL_MESSAGES);
    for (ssize_t i = 0; i < count; i++) {
        rd_kafka_message_t *from = source->messages[i];
        if (!source->over && !source->leaving && from->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            take_event(source, from);
        else if (!source->over && from->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            take_message(source, from);
        *bytes += from->len;
        source->kafka->message_destroy(from);
    }
    if (count >= 0)
        keep_fetching(source, (size_t)count);
    return count;
}

static void tell_count(const struct source_kafka *source, uint64_t before, uint64_t now, const char *what)
{
    if (now > before)
        tell(source, brokers(source), ERR_FORMAT, "%s: %" PRIu64, what, now - before);
}

/* What is not stored as it came does not go unsaid. */
static void tell_counts(struct source_kafka *source)
{
    struct kafka_counts now = kafka_intake_counts(source->intake), *told = &source->told;
    if (source->now_us < source->count_due_us)
        return;
    source->count_due_us = source->now_us + TELL_US;
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
    commit_if_due(source);
    while (!source->over && count > 0 && bytes < FEED_BYTES)
        count = take_some(source, 0, &bytes);
    bool more = count > 0 || expects_more(source);
    if (more && count == 0)
        (void)take_some(source, BEHIND_WAIT_MS, &bytes);
    look_at_ends(source);
    tell_counts(source);
    (void)give(source);
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

/* ---- Bounded ---------------------------------------------------------------------------------------------------------------- */

static bool find_partitions(struct source_kafka *source, const char *topic, struct err *err)
{
    const struct kafka_library *kafka = source->kafka;
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = kafka->topic_new(source->client, topic, NULL);
    rd_kafka_resp_err_t result = RD_KAFKA_RESP_ERR__FAIL;
    for (int waited_ms = 0; handle != NULL && waited_ms < 2 * KAFKA_WAIT_MS && !stop_asked(); waited_ms += 1000) {
        result = kafka->metadata(source->client, 0, handle, &metadata, 1000);
        if (result == RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
    }
    bool fine = result == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (fine)
        learn_cluster(source);
    if (stop_asked())
        err_set(err, ERR_INTERRUPTED, 0, "interrupted");
    else if (!fine)
        err_set(err, ERR_IO, 0, "%s: %s", source->ask.kafka->brokers, kafka->err2str(result));
    for (int i = 0; fine && i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *found = &metadata->topics[i];
        if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR || found->partition_cnt == 0)
            fine = err_set(err, ERR_MISSING, 0, "%s: topic '%s': %s", source->ask.kafka->brokers, topic,
                           kafka->err2str(found->err));
        for (int k = 0; fine && k < found->partition_cnt; k++)
            fine = ensure_slot(source, topic, found->partitions[k].id, err) != NULL ||
                   err_within(err, "%s", source->ask.kafka->brokers);
    }
    if (metadata != NULL)
        kafka->metadata_destroy(metadata);
    if (handle != NULL)
        kafka->topic_destroy(handle);
    return fine;
}

/* Its beginning and end. A place that is not between them is gone. */
static bool bound_slot(struct source_kafka *source, struct slot *slot, int64_t of_group, struct frame *frame,
                       struct err *err)
{
    int64_t low, high;
    rd_kafka_resp_err_t result =
        source->kafka->query_watermark_offsets(source->client, slot->topic, slot->number, &low, &high, KAFKA_WAIT_MS);
    if (result != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_IO, 0, "%.*s: %s", STR_ARG(kafka_partition_name(slot->partition)),
                       source->kafka->err2str(result));
    int64_t place = start_offset(source, slot, of_group);
    if (place >= 0 && (place < low || place > high)) {
        tell(source, kafka_partition_name(slot->partition), ERR_MISSING,
             "offset %" PRIi64 " is gone, and maybe other messages with it; goes on at %" PRIi64, place, low);
        source->over = source->over || !kafka_partition_add_gap(slot->partition, frame, low, high);
        place = low;
    }
    slot->begin = place >= 0 ? place : low;
    slot->end = high;
    slot->assigned = true;
    slot->done = slot->begin >= high;
    kafka_partition_set_end(slot->partition, high);
    return true;
}

bool source_kafka_find(struct source_kafka *source, struct frame *frame, struct err *err)
{
    const struct kafka_library *kafka = source->kafka;
    const struct config_list *topics = &source->ask.kafka->topics;
    for (size_t i = 0; i < topics->count; i++)
        if (!find_partitions(source, topics->items[i], err))
            return false;
    rd_kafka_topic_partition_list_t *list = kafka->topic_partition_list_new((int)source->count);
    rd_kafka_topic_partition_list_t *wanted = kafka->topic_partition_list_new((int)source->count);
    for (size_t i = 0; i < source->count; i++)
        kafka->topic_partition_list_add(list, source->slots[i].topic, source->slots[i].number);
    ask_group(source, list);
    bool fine = true;
    for (size_t i = 0; i < source->count && fine; i++) {
        struct slot *slot = &source->slots[i];
        fine = bound_slot(source, slot, list->elems[i].offset, frame, err);
        if (fine && !slot->done)
            kafka->topic_partition_list_add(wanted, slot->topic, slot->number)->offset = slot->begin;
    }
    rd_kafka_resp_err_t result = fine && wanted->cnt > 0 ? kafka->assign(source->client, wanted) : 0;
    kafka->topic_partition_list_destroy(wanted);
    kafka->topic_partition_list_destroy(list);
    if (fine && result != RD_KAFKA_RESP_ERR_NO_ERROR)
        return err_set(err, ERR_IO, 0, "%s: %s", source->ask.kafka->brokers, kafka->err2str(result));
    return fine;
}

enum feed source_kafka_read(struct source_kafka *source, struct frame *frame, struct err *err)
{
    size_t bytes = 0;
    source->frame = frame;
    source->now_us = service_now_us();
    err->kind = ERR_NONE;
    bool done = true;
    for (size_t i = 0; i < source->count; i++)
        done = done && source->slots[i].done;
    if (!done)
        (void)take_some(source, QUIET_WAIT_MS, &bytes);
    source->bytes += bytes;
    source->over = source->over || (done && !kafka_intake_give(source->intake, frame));
    source->frame = NULL;
    if (source->over)
        return FEED_OVER;
    if (!done && source->error[0] != '\0' && source->now_us - source->heard_us > SILENT_US) {
        err_set(err, ERR_IO, 0, "%s: %s", source->ask.kafka->brokers, source->error);
        return FEED_OVER;
    }
    return done ? FEED_IDLE : FEED_MORE;
}

bool source_kafka_commit(struct source_kafka *source, struct err *err)
{
    snapshot(source);
    return commit_list(source, true, err);
}

bool source_kafka_end(struct source_kafka *source, struct frame *frame)
{
    return !source->over && kafka_intake_give(source->intake, frame);
}

uint64_t source_kafka_bytes(const struct source_kafka *source)
{
    return source->bytes;
}

size_t source_kafka_partitions(const struct source_kafka *source)
{
    return source->count;
}

uint64_t source_kafka_lines(const struct source_kafka *source)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < source->count; i++)
        lines += kafka_partition_lines(source->slots[i].partition);
    return lines;
}
