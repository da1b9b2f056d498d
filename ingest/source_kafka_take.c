/* What the library has: messages, errors, ends of partitions. */
#include <inttypes.h>

#include "ingest/source_kafka_part.h"

enum { HEADERS_MAX = 64 }; /* of a message; further ones are not looked at */

static struct slot *slot_of(struct source_kafka *source, const rd_kafka_message_t *from)
{
    if (from->rkt == source->last_topic && source->last < source->count &&
        source->slots[source->last].number == from->partition)
        return &source->slots[source->last];
    if (from->rkt == NULL)
        return NULL;
    struct slot *slot = source_kafka_slot(source, source->kafka->topic_name(from->rkt), from->partition);
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
    if (source_kafka_is_cooperative(source)) {
        kafka->error_destroy(kafka->incremental_unassign(source->client, list));
        kafka->error_destroy(kafka->incremental_assign(source->client, list));
        return;
    }
    rd_kafka_topic_partition_list_t *all;
    if (kafka->assignment(source->client, &all) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    for (int i = 0; i < all->cnt; i++) {
        const struct slot *slot = source_kafka_slot(source, all->elems[i].topic, all->elems[i].partition);
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
        source_kafka_tell(source, kafka_partition_name(slot->partition), ERR_MISSING,
                          "offset %" PRIi64 " is gone, and maybe other messages with it; goes on at %" PRIi64, place,
                          low);
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
        source_kafka_note_error(
            source, from->err, from->payload != NULL ? (const char *)from->payload : source->kafka->err2str(from->err));
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
ssize_t source_kafka_take_some(struct source_kafka *source, int wait_ms, size_t *bytes)
{
    ssize_t count = source->kafka->consume_batch_queue(source->queue, wait_ms, source->messages, KAFKA_POLL_MESSAGES);
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
