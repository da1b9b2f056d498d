/* kafka://HOST:PORT[,HOST:PORT]/TOPIC[,TOPIC...]: each partition to the end it has when reading begins. */
#include "ingest/reader.h"

#include <limits.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/stop.h"
#include "ingest/config_kafka.h"
#include "ingest/kafka_settings.h"
#include "ingest/source_kafka.h"

enum { TOPICS_MAX = 1000 };

/* One operand. What it names lives in the arena. */
struct reader_kafka {
    struct config_kafka config;
    struct source_kafka *source;
    struct arena arena;
    struct reader_kafka *next;
};

static void tell(void *context, struct str source, const struct err *err)
{
    struct err within = *err;
    (void)context;
    (void)err_within(&within, "%.*s", STR_ARG(source));
    log_note("%s", within.text);
}

static bool parse(const char *text, struct arena *arena, struct config_kafka *ret, struct err *err)
{
    struct str rest = str_slice(str_of(text), strlen(READER_KAFKA), SIZE_MAX);
    struct str brokers = str_cut(&rest, '/');
    if (brokers.size == 0 || rest.data == NULL || rest.size == 0)
        return err_set(err, ERR_USAGE, 0, "%s: Kafka is named kafka://HOST:PORT[,HOST:PORT]/TOPIC[,TOPIC...]", text);
    ret->brokers = arena_str(arena, brokers).data;
    ret->topics.items = ARENA_ARRAY(arena, const char *, TOPICS_MAX);
    while (rest.data != NULL) {
        struct str topic = str_cut(&rest, ',');
        if (ret->topics.count == TOPICS_MAX)
            return err_set(err, ERR_LIMIT, 0, "%s: more than %d topics", text, TOPICS_MAX);
        ret->topics.items[ret->topics.count] = arena_str(arena, topic).data;
        if (!config_check_topic(topic, err))
            return err_within(err, "%s", text);
        for (size_t i = 0; i < ret->topics.count; i++)
            if (strcmp(ret->topics.items[i], ret->topics.items[ret->topics.count]) == 0)
                return err_set(err, ERR_USAGE, 0, "%s: topic %s is named twice", text, ret->topics.items[i]);
        ret->topics.count++;
    }
    return config_check_brokers(brokers, err) || err_within(err, "%s", text);
}

/* NAME=VALUE words. */
static bool set_properties(const struct reader *reader, struct arena *arena, struct config_kafka *ret, struct err *err)
{
    size_t count = reader->kafka_property_count;
    ret->properties.items = ARENA_ARRAY(arena, struct config_property, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct str value = str_of(reader->kafka_properties[i]), name = str_cut(&value, '=');
        if (value.data == NULL || name.size == 0)
            return err_set(err, ERR_USAGE, 0, "--property '%s': is not NAME=VALUE", reader->kafka_properties[i]);
        struct config_property *property = &ret->properties.items[ret->properties.count++];
        *property = (struct config_property){arena_str(arena, name).data, value.data, 0};
        if (!kafka_settings_check_one(property, false, err))
            return err_within(err, "--property");
    }
    return true;
}

static bool open_source(struct reader *reader, struct reader_kafka *kafka, const char *path, struct err *err)
{
    kafka->config = (struct config_kafka){.from = CONFIG_KAFKA_BEGINNING, .group = reader->kafka_group};
    if (!parse(path, &kafka->arena, &kafka->config, err) || !set_properties(reader, &kafka->arena, &kafka->config, err))
        return false;
    SCOPED_FREE(store) *store = store_open(reader->store_path, STORE_READ, err);
    if (store == NULL)
        return false;
    struct source_kafka_ask ask = {
        .kafka = &kafka->config,
        .catalog = reader->catalog,
        .store = store,
        .tell = tell,
        .bounded = true,
    };
    kafka->source = source_kafka_new(&ask, err);
    if (kafka->source == NULL || !source_kafka_find(kafka->source, &reader->frame, err))
        return false;
    reader->sources += source_kafka_partitions(kafka->source);
    reader->skipped_lines += source_kafka_lines(kafka->source);
    return true;
}

/* False when no more batches are given. */
static bool read_on(struct reader *reader, struct source_kafka *source, const char *path)
{
    struct err err;
    enum feed feed;
    while ((feed = source_kafka_read(source, &reader->frame, &err)) == FEED_MORE) {
        if (stop_asked()) {
            reader->interrupted = true;
            return source_kafka_end(source, &reader->frame);
        }
        progress_show(reader->progress, path, source_kafka_bytes(source), 0);
    }
    if (feed == FEED_OVER && err.kind != ERR_NONE) {
        reader_fail(reader, &err);
        return source_kafka_end(source, &reader->frame);
    }
    return feed != FEED_OVER;
}

static void tell_count(const char *path, uint64_t count, const char *what)
{
    if (count > 0)
        log_note("%s: %s: %llu", path, what, (unsigned long long)count);
}

/* A record that is lost is a failure: what was sent is not stored. */
static void tell_counts(struct reader *reader, const struct source_kafka *source, const char *path)
{
    struct kafka_counts counts = source_kafka_counts(source);
    tell_count(path, counts.known, "messages of records that are stored already");
    tell_count(path, counts.reused, "records stored though their agent had given their number before");
    tell_count(path, counts.damaged,
               "messages that say an agent sent them, but are not what agents send (they are kept as they are)");
    struct err err;
    if (counts.lost > 0) {
        err_set(&err, ERR_MISSING, 0, "%s: records that came in parts that are not all there, and are not stored: %llu",
                path, (unsigned long long)counts.lost);
        reader_fail(reader, &err);
    }
}

bool reader_read_kafka(struct reader *reader, const struct input *input)
{
    struct err err;
    struct reader_kafka *kafka = mem_alloc(sizeof *kafka);
    kafka->next = reader->kafka;
    reader->kafka = kafka;
    if (!open_source(reader, kafka, input->path, &err)) {
        reader_fail(reader, &err);
        return true;
    }
    bool more = read_on(reader, kafka->source, input->path);
    tell_counts(reader, kafka->source, input->path);
    return more;
}

void reader_end_kafka(struct reader *reader, bool committed)
{
    struct err err;
    while (reader->kafka != NULL) {
        struct reader_kafka *kafka = reader->kafka;
        reader->kafka = kafka->next;
        if (committed && kafka->source != NULL && !source_kafka_commit(kafka->source, &err))
            reader_fail(reader, &err);
        source_kafka_free(kafka->source);
        arena_release(&kafka->arena);
        free(kafka);
    }
}
