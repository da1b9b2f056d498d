#include "ingest/kafka_intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/analyze.h"
#include "base/must.h"
#include "ingest/kafka_intake_part.h"
#include "ingest/service.h"

enum { TOLD_MAX = 10 };

void kafka_intake_tell(const struct kafka_intake *intake, struct str source, uint64_t count, const char *format, ...)
{
    struct err err;
    char text[ERR_TEXT_MAX];
    va_list arguments;
    if (count > TOLD_MAX)
        return;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    err_set(&err, ERR_FORMAT, 0, "%s%s", text, count == TOLD_MAX ? "; further ones are only counted" : "");
    intake->settings.tell(intake->settings.context, source, &err);
}

/* ---- Making ------------------------------------------------------------------------------------------------------------ */

struct kafka_intake *kafka_intake_new(const struct kafka_intake_settings *settings)
{
    struct kafka_intake *intake = mem_alloc(sizeof *intake);
    intake->settings = *settings;
    intake->raw = BUF(RECORD_BYTES_MAX);
    return intake;
}

void kafka_intake_free(struct kafka_intake *intake)
{
    if (intake == NULL)
        return;
    while (intake->partitions != NULL) {
        struct kafka_partition *partition = intake->partitions;
        intake->partitions = partition->following;
        kafka_partition_free(partition);
    }
    arena_release(&intake->arena);
    map_release(&intake->begun);
    buf_release(&intake->raw);
    free(intake);
}

struct kafka_counts kafka_intake_counts(const struct kafka_intake *intake)
{
    return intake->counts;
}

void kafka_intake_set_defaults(struct kafka_intake *intake, const struct source_defaults *defaults)
{
    intake->settings.defaults = *defaults;
}

void kafka_intake_set_cluster(struct kafka_intake *intake, const char *id)
{
    size_t size = 0;
    for (; id[size] != '\0' && size < KAFKA_CLUSTER_MAX; size++)
        intake->cluster[size] = id[size] > ' ' && id[size] < 0x7f ? id[size] : '_';
    intake->cluster[size] = '\0';
}

/* ---- Giving states ------------------------------------------------------------------------------------------------------ */

static void note_dirty(struct kafka_partition *partition, struct row *row)
{
    partition->dirty = true;
    if (row == NULL || row->dirty)
        return;
    row->dirty = true;
    row->next_dirty = partition->intake->dirty;
    partition->intake->dirty = row;
}

static void bring_up(struct row *row)
{
    struct source_state *state = &row->entry->state;
    state->inode = row->known.sequence;
    state->head_hash = row->known.pending_sequence;
    state->position = kafka_row_position(&row->known, &state->pending_bytes);
    state->read_us = clock_now_us();
}

static void bring_up_partition(struct kafka_partition *partition)
{
    struct source_state *state = &partition->entry->state;
    int size = snprintf(partition->cursor, sizeof partition->cursor, "%" PRIi64 "%s%s",
                        kafka_partition_place(partition), partition->cluster[0] != '\0' ? "@" : "", partition->cluster);
    state->cursor = str_from(partition->cursor, (size_t)size);
    state->inode = (uint64_t)partition->foreign;
    state->size = partition->end > partition->next ? (uint64_t)(partition->end - partition->next) : 0;
    state->read_us = clock_now_us();
}

bool kafka_intake_give(struct kafka_intake *intake, struct frame *frame)
{
    for (struct row *row = intake->dirty; row != NULL; row = intake->dirty) {
        bring_up(row);
        if (!frame_set_source(frame, &row->entry->state))
            return false;
        row->dirty = false;
        intake->dirty = row->next_dirty;
    }
    for (struct kafka_partition *partition = intake->partitions; partition != NULL; partition = partition->following) {
        if (partition->oldest != NULL)
            kafka_parts_lose_before(partition, service_now_us() - KAFKA_DAY_US);
        if (!partition->dirty || partition->next < 0)
            continue;
        bring_up_partition(partition);
        if (!frame_set_source(frame, &partition->entry->state))
            return false;
        partition->dirty = false;
    }
    return true;
}

/* Room for so much more; the batch is handed on with the states as they are when it has none. */
static bool make_room(struct kafka_intake *intake, struct frame *frame, size_t bytes, uint32_t records)
{
    if (frame_has_room(frame, bytes, records))
        return true;
    return kafka_intake_give(intake, frame) && frame_hand_on(frame);
}

/* ---- Foreign messages --------------------------------------------------------------------------------------------------- */

static bool put_foreign(struct kafka_partition *partition, struct frame *frame, const struct kafka_message *message,
                        struct str raw, uint8_t flags)
{
    struct source_state *state = &partition->entry->state;
    if (!make_room(partition->intake, frame, raw.size, 1))
        return false;
    struct frame_given given = {
        .source = state->id,
        .raw = raw,
        .offset = state->position,
        .flags = flags,
        .told = message->time_us != TIME_NONE ? TOLD_IF_NONE : TOLD_NONE,
        .told_us = message->time_us,
        .reference_us = message->time_us != TIME_NONE ? message->time_us : clock_now_us(),
    };
    uint64_t lines = frame_record(frame, &given);
    if (lines == 0)
        return false;
    state->position += raw.size + record_has_newline(flags);
    state->tail_hash -= raw.size + record_has_newline(flags);
    state->lines += flags & RECORD_PIECE ? 0 : lines;
    return true;
}

/* What is longer than a record may be is kept in pieces. tail_hash tells what of it is missing, should a batch end between. */
static bool take_foreign(struct kafka_partition *partition, struct frame *frame, const struct kafka_message *message)
{
    struct source_state *state = &partition->entry->state;
    struct str rest = message->value;
    if (message->offset < partition->foreign)
        return true;
    uint64_t missing = state->tail_hash;
    if (message->offset == partition->foreign && missing > 0 && missing <= rest.size + 1)
        rest = str_slice(rest, rest.size + 1 - (size_t)missing, rest.size);
    state->tail_hash = rest.size + 1;
    partition->foreign = message->offset;
    partition->dirty = true;
    while (rest.size > frame->limits.record_bytes) {
        struct str piece = str_slice(rest, 0, frame->limits.record_bytes);
        if (!put_foreign(partition, frame, message, piece, RECORD_PIECE | RECORD_NO_NEWLINE))
            return false;
        partition->dirty = true;
        rest = str_slice(rest, piece.size, rest.size);
    }
    if (!put_foreign(partition, frame, message, rest, 0))
        return false;
    partition->dirty = true;
    partition->foreign = message->offset + 1;
    return true;
}

/* ---- Messages of agents -------------------------------------------------------------------------------------------------- */

static struct catalog_entry *new_entry(const struct kafka_partition *partition, const struct message_head *head,
                                       struct str key)
{
    const struct kafka_intake *intake = partition->intake;
    struct arena *arena = &partition->intake->arena;
    struct str cursor =
        arena_printf(arena, "%.*s/%" PRIi32 " %.*s", STR_ARG(partition->topic), partition->number, STR_ARG(key));
    struct str name = head->source;
    if (intake->settings.by_host && head->host.data != NULL)
        name = arena_printf(arena, "%.*s:%.*s", STR_ARG(head->host), STR_ARG(head->source));
    return catalog_new_agents(intake->settings.catalog, name, cursor);
}

/* Whether an agent may begin one more source. An agent that does nothing else would fill memory and store. */
static bool may_begin(struct kafka_intake *intake, struct str agent)
{
    int64_t now_us = service_now_us();
    if (intake->begun_sum == 0 || now_us - intake->begun_us > KAFKA_DAY_US) {
        map_reset(&intake->begun);
        intake->begun_sum = 0;
        intake->begun_us = now_us;
    }
    if (intake->begun_sum >= KAFKA_SOURCES_MAX)
        return false;
    struct map_entry *own = map_at(&intake->begun, agent, NULL);
    if (own->value >= KAFKA_AGENT_SOURCES_MAX)
        return false;
    intake->begun_sum++;
    if (++own->value == KAFKA_AGENT_SOURCES_MAX)
        kafka_intake_tell(intake, agent, 0,
                          "has begun %d sources within a day; what it sends of others is kept without its source",
                          KAFKA_AGENT_SOURCES_MAX);
    if (intake->begun_sum == KAFKA_SOURCES_MAX)
        kafka_intake_tell(
            intake, agent, 0,
            "agents have begun %d sources within a day; what they send of others is kept without its source",
            KAFKA_SOURCES_MAX);
    return true;
}

static bool is_row_of(const struct row *row, const struct message_head *head)
{
    size_t size = head->agent.size;
    return row->file == head->file && row->key.size > size && row->key.data[size] == ' ' &&
           str_starts(row->key, head->agent);
}

/* NULL: there are too many. */
static struct row *find_row(struct kafka_partition *partition, const struct message_head *head)
{
    if (partition->last != NULL && is_row_of(partition->last, head))
        return partition->last;
    char text[MESSAGE_TEXT_MAX + 24];
    int size = snprintf(text, sizeof text, "%.*s %" PRIu64, STR_ARG(head->agent), head->file);
    struct str key = str_from(text, (size_t)size);
    const struct map_entry *at = map_find(&partition->rows, key);
    if (at != NULL)
        return partition->last = partition->list[at->value - 1];
    if (!may_begin(partition->intake, head->agent))
        return NULL;
    struct row *row = kafka_partition_add_row(partition, key, new_entry(partition, head, key));
    /* Times come as they were found, so the zone has no use here. */
    struct source_defaults defaults = {.service = head->defaults.service, .format = head->defaults.format};
    (void)catalog_set_defaults(partition->intake->settings.catalog, row->entry, &defaults);
    return partition->last = row;
}

/* A record of the row goes into the batch, which has room. */
static bool put_record(struct row *row, struct frame *frame, const struct kafka_record *record, uint8_t flags,
                       uint64_t stored)
{
    struct source_state *state = &row->entry->state;
    struct frame_given given = {
        .source = state->id,
        .raw = record->raw,
        .offset = record->offset,
        .stored = stored,
        .flags = flags,
        .told = TOLD_EXACT,
        .told_us = record->time_us,
        .reference_us = record->time_us != TIME_NONE ? record->time_us : 0,
    };
    uint64_t lines = frame_record(frame, &given);
    if (flags & RECORD_TAIL)
        state->pending_lines += lines;
    else
        state->lines += flags & RECORD_PIECE ? 0 : lines;
    return lines > 0;
}

/* The first so many pending records are final: they are stored anew, and with them those that stay pending, since a run that begins
 * before them replaces these. */
static bool settle(struct kafka_partition *partition, struct row *row, struct frame *frame, size_t finals)
{
    struct kafka_row *known = &row->known;
    if (finals == 0)
        return true;
    if (!make_room(partition->intake, frame, known->pending_bytes, (uint32_t)known->pending_count))
        return false;
    row->entry->state.pending_lines = 0;
    uint64_t stored = kafka_record_end(&known->pendings[known->pending_count - 1]);
    for (size_t i = 0; i < known->pending_count; i++) {
        const struct kafka_record *record = &known->pendings[i];
        uint8_t flags = i < finals ? record->flags & (uint8_t)~RECORD_TAIL : record->flags;
        if (!put_record(row, frame, record, flags, stored))
            return false;
    }
    kafka_row_settle(known, finals);
    note_dirty(partition, row);
    return true;
}

/* Pending records that stand behind a record just put at or before them are stored again. */
static bool put_again(struct row *row, struct frame *frame, uint64_t from)
{
    const struct kafka_row *known = &row->known;
    for (size_t i = 0; i < known->pending_count; i++) {
        const struct kafka_record *record = &known->pendings[i];
        if (record->offset >= from && !put_record(row, frame, record, record->flags, kafka_record_end(record)))
            return false;
    }
    return true;
}

static uint64_t pending_lines(const struct kafka_row *known, uint64_t before)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < known->pending_count && known->pendings[i].offset < before; i++) {
        struct str rest = known->pendings[i].raw;
        lines++;
        while (str_cut(&rest, '\n').data != NULL && rest.data != NULL)
            lines++;
    }
    return lines;
}

/* What of the record was stored as pending before. */
static uint64_t stored_of(const struct kafka_row *known, const struct kafka_record *record)
{
    uint64_t stored = 0, end = kafka_record_end(record);
    for (size_t i = 0; i < known->pending_count; i++) {
        const struct kafka_record *pending = &known->pendings[i];
        if (pending->offset >= record->offset && pending->offset < end && kafka_record_end(pending) > stored)
            stored = kafka_record_end(pending);
    }
    return stored;
}

static bool store_record(struct kafka_partition *partition, struct row *row, struct frame *frame,
                         const struct kafka_record *record)
{
    struct kafka_row *known = &row->known;
    if (!settle(partition, row, frame, kafka_row_finals(known, record)))
        return false;
    if (!make_room(partition->intake, frame, record->raw.size + known->pending_bytes,
                   (uint32_t)known->pending_count + 1))
        return false;
    uint64_t stored = stored_of(known, record);
    row->entry->state.pending_lines = pending_lines(known, record->offset);
    if (!put_record(row, frame, record, record->flags, stored))
        return false;
    kafka_row_take(known, record);
    note_dirty(partition, row);
    return put_again(row, frame, kafka_record_end(record));
}

/* The line that the value carries; absent when it carries none. */
static struct str unpack(struct kafka_intake *intake, const struct message_head *head, struct str value)
{
    struct str line;
    if (!head->json)
        return value;
    if (json_member(value, STR("raw"), &intake->arena, &line))
        return line;
    buf_reset(&intake->raw);
    if (json_member(value, STR("raw_base64"), &intake->arena, &line) && buf_add_unbase64(&intake->raw, line))
        return buf_str(&intake->raw);
    return STR_ABSENT;
}

/* ---- A message ----------------------------------------------------------------------------------------------------------- */

enum taken { TAKEN, NOT_AGENTS, NO_BATCH };

static enum taken take_agents(struct kafka_partition *partition, struct frame *frame, const struct message_head *head,
                              const struct kafka_message *message, const char **ret_why)
{
    struct kafka_intake *intake = partition->intake;
    struct row *row = find_row(partition, head);
    *ret_why = "too many sources within a day";
    if (row == NULL)
        return NOT_AGENTS;
    struct kafka_record record = {
        .raw = STR(""),
        .offset = head->offset,
        .sequence = head->sequence,
        .time_us = head->time_us,
        .flags = head->flags,
    };
    if (kafka_row_knows(&row->known, head->sequence, head->offset)) {
        intake->counts.known++;
        return TAKEN;
    }
    *ret_why = "value";
    record.raw = unpack(intake, head, message->value);
    if (record.raw.data == NULL || record.raw.size > frame->limits.record_bytes)
        return NOT_AGENTS;
    kafka_parts_meet(row, head);
    if (head->parts > 0 && !kafka_parts_add(partition, row, head, message->offset, &record.raw))
        return TAKEN;
    enum kafka_verdict verdict = kafka_row_judge(&row->known, &record);
    bool wanted = verdict == KAFKA_NEW || verdict == KAFKA_REUSED;
    if (verdict == KAFKA_REUSED)
        kafka_intake_tell(
            intake, row->entry->state.name, ++intake->counts.reused,
            "record %" PRIu64
            " of %.*s is numbered as one before it, but lies behind what is stored: the agent's store was put back "
            "or copied, or another one sends in its name; it is stored",
            head->sequence, STR_ARG(row->key));
    bool fine = !wanted || store_record(partition, row, frame, &record);
    intake->counts.known += verdict == KAFKA_KNOWN;
    if (head->parts > 0)
        kafka_parts_drop(row);
    *ret_why = "winnow-offset";
    return !fine ? NO_BATCH : verdict == KAFKA_ASTRAY ? NOT_AGENTS : TAKEN;
}

bool kafka_intake_take(struct kafka_intake *intake, struct kafka_partition *partition, struct frame *frame,
                       const struct kafka_message *message)
{
    struct message_head head;
    const char *why;
    must(message->offset >= 0 && message->offset < INT64_MAX);
    if (message->offset < partition->next)
        return true;
    if (partition->next < 0)
        partition->next = message->offset;
    arena_reset(&intake->arena);
    intake->counts.messages++;
    partition->bytes += message->value.size;
    kafka_parts_lose_behind(partition, message->offset);
    enum message_kind kind = message_head_read(message->headers, message->header_count, &intake->arena, &head, &why);
    enum taken taken = NOT_AGENTS;
    if (message->value.data == NULL) {
        intake->counts.tombstones++;
        taken = TAKEN;
    } else if (kind == MESSAGE_AGENTS) {
        taken = take_agents(partition, frame, &head, message, &why);
    }
    if (taken == NOT_AGENTS && kind != MESSAGE_FOREIGN)
        kafka_intake_tell(intake, kafka_partition_name(partition), ++intake->counts.damaged,
                          "the message at offset %" PRIi64 " is not what an agent sends (%s); it is kept as it is",
                          message->offset, why);
    if (taken == NO_BATCH || (taken == NOT_AGENTS && !take_foreign(partition, frame, message)))
        return false;
    partition->next = message->offset + 1;
    partition->dirty = true;
    return true;
}
