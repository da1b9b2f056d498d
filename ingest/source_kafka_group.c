/* Which partitions it has and where they begin, and what their group is told. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "ingest/service.h"
#include "ingest/source_kafka_part.h"

#define COMMIT_US (5 * TIME_SECOND)

/* ---- Partitions ---------------------------------------------------------------------------------------------------------- */

struct slot *source_kafka_slot(const struct source_kafka *source, const char *topic, int32_t number)
{
    for (size_t i = 0; i < source->count; i++)
        if (source->slots[i].number == number && strcmp(source->slots[i].topic, topic) == 0)
            return &source->slots[i];
    return NULL;
}

/* While brokers are there, which they are when partitions are known. Old ones have no id. */
void source_kafka_learn_cluster(struct source_kafka *source)
{
    char *id = source->cluster_known ? NULL : source->kafka->clusterid(source->client, KAFKA_WAIT_MS);
    if (id == NULL)
        return;
    kafka_intake_set_cluster(source->intake, id);
    source->cluster_known = true;
    source->kafka->mem_free(source->client, id);
}

struct slot *source_kafka_ensure_slot(struct source_kafka *source, const char *topic, int32_t number, struct err *err)
{
    struct slot *slot = source_kafka_slot(source, topic, number);
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
void source_kafka_ask_group(const struct source_kafka *source, rd_kafka_topic_partition_list_t *list)
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

int64_t source_kafka_start_offset(const struct source_kafka *source, struct slot *slot, int64_t of_group)
{
    int64_t place = kafka_partition_place(slot->partition);
    if (of_group > place && of_group >= 0) {
        if (place >= 0)
            source_kafka_tell(source, kafka_partition_name(slot->partition), ERR_MISSING,
                              "the group is at offset %" PRIi64 ", the store at %" PRIi64
                              ": goes on behind what others took",
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
        struct slot *slot = source_kafka_slot(source, list->elems[i].topic, list->elems[i].partition);
        if (slot != NULL)
            slot->committed = fine ? list->elems[i].offset : -1;
    }
}

void source_kafka_on_commit(rd_kafka_t *client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                            void *opaque)
{
    (void)client;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && list != NULL)
        note_committed(opaque, list, false); /* and comes again */
}

bool source_kafka_commit_list(struct source_kafka *source, bool wait, struct err *err)
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

void source_kafka_snapshot(struct source_kafka *source)
{
    for (size_t i = 0; i < source->count; i++)
        source->slots[i].snapshot = kafka_partition_place(source->slots[i].partition);
}

static bool are_committed(const struct source_kafka *source, uint64_t batches)
{
    return source->home == NULL || frame_has_committed(source->home, batches);
}

/* What was given is known to be committed a while later. */
void source_kafka_commit_if_due(struct source_kafka *source)
{
    if (source->mark > 0 && are_committed(source, source->mark)) {
        source->mark = 0;
        (void)source_kafka_commit_list(source, false, NULL);
    }
    if (source->mark == 0 && source->now_us >= source->commit_due_us) {
        source->commit_due_us = source->now_us + COMMIT_US;
        source_kafka_snapshot(source);
        source->mark = source->needs > 0 ? source->needs : 1;
    }
}

/* ---- Coming and going of partitions -------------------------------------------------------------------------------------- */

bool source_kafka_give(struct source_kafka *source)
{
    struct frame *frame = source->frame;
    source->over = source->over || !kafka_intake_give(source->intake, frame);
    if (frame->batch != NULL && frame->batch->record_count + frame->batch->source_count > 0)
        source->needs = frame->puts + 1;
    return !source->over;
}

/* True when all that was taken is committed in the store. While it does not feed, its owner sees to that. */
bool source_kafka_flush(struct source_kafka *source)
{
    if (source->frame != NULL)
        source->over = !source_kafka_give(source) || !frame_flush(source->frame);
    return !source->over && are_committed(source, source->needs);
}

bool source_kafka_is_cooperative(const struct source_kafka *source)
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
    if (!source_kafka_flush(source))
        return;
    source_kafka_learn_cluster(source);
    source_kafka_ask_group(source, list);
    for (int i = 0; i < list->cnt; i++) {
        struct err err;
        rd_kafka_topic_partition_t *part = &list->elems[i];
        struct slot *slot = source_kafka_ensure_slot(source, part->topic, part->partition, &err);
        int64_t of_group = part->offset;
        if (slot == NULL) { /* its messages are passed over */
            source_kafka_tell_err(source, source_kafka_brokers(source), &err);
            part->offset = RD_KAFKA_OFFSET_END;
            continue;
        }
        part->offset = source_kafka_start_offset(source, slot, of_group);
        slot->assigned = true;
        slot->committed = of_group;
        slot->snapshot = -1;
    }
    pause_commits(source);
    if (source_kafka_is_cooperative(source))
        kafka->error_destroy(kafka->incremental_assign(source->client, list));
    else
        (void)kafka->assign(source->client, list);
}

static void let_go(struct source_kafka *source, rd_kafka_topic_partition_list_t *list)
{
    struct err err;
    const struct kafka_library *kafka = source->kafka;
    if (source_kafka_flush(source) && !source->ask.bounded && !kafka->assignment_lost(source->client)) {
        source_kafka_snapshot(source);
        if (!source_kafka_commit_list(source, true, &err))
            source_kafka_tell_err(source, source_kafka_brokers(source), &err);
    }
    for (int i = 0; i < list->cnt; i++) {
        struct slot *slot = source_kafka_slot(source, list->elems[i].topic, list->elems[i].partition);
        if (slot != NULL)
            slot->assigned = false;
    }
    pause_commits(source);
    if (source_kafka_is_cooperative(source))
        kafka->error_destroy(kafka->incremental_unassign(source->client, list));
    else
        (void)kafka->assign(source->client, NULL);
}

void source_kafka_on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                               void *opaque)
{
    struct source_kafka *source = opaque;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        source->joined = true;
        assign(source, list);
    } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        let_go(source, list);
    } else {
        source_kafka_note_error(source, code, source->kafka->err2str(code));
        (void)source->kafka->assign(client, NULL);
    }
}
