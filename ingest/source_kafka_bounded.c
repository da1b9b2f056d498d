/* Each partition to the end it has when reading begins; without a group's other members. */
#include <inttypes.h>

#include "base/stop.h"
#include "ingest/service.h"
#include "ingest/source_kafka_part.h"

enum { QUIET_WAIT_MS = 100 };
#define SILENT_US (30 * TIME_SECOND)

/* What the library told last names the broker, its result does not. */
static void fail(const struct source_kafka *source, const char *result, struct err *err)
{
    if (source->error[0] != '\0')
        err_set(err, ERR_IO, 0, "%s", source->error);
    else
        err_set(err, ERR_IO, 0, "%s: %s", source->ask.kafka->brokers, result);
}

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
    size_t unused = 0;
    if (fine)
        source_kafka_learn_cluster(source);
    else
        (void)source_kafka_take_some(source, 0, &unused); /* why, as the library tells it */
    if (stop_asked())
        err_set(err, ERR_INTERRUPTED, 0, "interrupted");
    else if (!fine)
        fail(source, kafka->err2str(result), err);
    for (int i = 0; fine && i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *found = &metadata->topics[i];
        if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR || found->partition_cnt == 0)
            fine = err_set(err, ERR_MISSING, 0, "%s: topic '%s': %s", source->ask.kafka->brokers, topic,
                           kafka->err2str(found->err));
        for (int k = 0; fine && k < found->partition_cnt; k++)
            fine = source_kafka_ensure_slot(source, topic, found->partitions[k].id, err) != NULL ||
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
    int64_t place = source_kafka_start_offset(source, slot, of_group);
    if (place >= 0 && (place < low || place > high)) {
        source_kafka_tell(source, kafka_partition_name(slot->partition), ERR_MISSING,
                          "offset %" PRIi64 " is gone, and maybe other messages with it; goes on at %" PRIi64, place,
                          low);
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
    source_kafka_ask_group(source, list);
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
        (void)source_kafka_take_some(source, QUIET_WAIT_MS, &bytes);
    source->bytes += bytes;
    source->over = source->over || (done && !kafka_intake_give(source->intake, frame));
    source->frame = NULL;
    if (source->over)
        return FEED_OVER;
    if (!done && source->error[0] != '\0' && source->now_us - source->heard_us > SILENT_US) {
        fail(source, source->error, err);
        return FEED_OVER;
    }
    return done ? FEED_IDLE : FEED_MORE;
}

bool source_kafka_commit(struct source_kafka *source, struct err *err)
{
    source_kafka_snapshot(source);
    return source_kafka_commit_list(source, true, err);
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
