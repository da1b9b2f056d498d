#include "ingest/kafka_intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/analyze.h"
#include "base/must.h"
#include "ingest/kafka_row.h"
#include "ingest/service.h"

enum { NAME_BYTES_MAX = 512, TOLD_MAX = 10 };

/* A record of which parts are missing. Those of a partition are a list, in the order in which they began. */
struct parts {
    struct row *row;
    struct kafka_partition *partition;
    struct parts *before, *after;
    struct buf raw;
    int64_t since_us; /* monotonic */
    uint64_t bytes;   /* of the partition's messages, when it began */
    uint64_t sequence;
    int64_t first; /* offset of the message that began it */
    uint32_t taken, count;
};

struct row {
    struct kafka_row known;
    struct catalog_entry *entry;
    struct str key;      /* "AGENT FILE" */
    struct parts *parts; /* NULL: none are missing */
    struct row *next_dirty;
    bool dirty;
};

struct kafka_partition {
    struct kafka_intake *intake;
    struct kafka_partition *following;
    struct catalog_entry *entry;
    struct str topic;
    int32_t number;
    int64_t next;                            /* -1: nowhere yet */
    int64_t end;                             /* behind its last message, as far as known */
    int64_t foreign;                         /* foreign messages before it are stored */
    char cluster[KAFKA_CLUSTER_MAX + 1];     /* that it is of; "": not known */
    char cursor[24 + KAFKA_CLUSTER_MAX + 2]; /* what the entry's state views */
    struct map rows;                         /* by key: index + 1 */
    struct row **list;
    size_t count, capacity;
    struct row *last; /* of the message before */
    struct parts *oldest, *newest;
    uint64_t bytes; /* of all messages taken */
    bool dirty;
};

struct kafka_intake {
    struct kafka_intake_settings settings;
    char cluster[KAFKA_CLUSTER_MAX + 1];
    struct kafka_partition *partitions;
    struct row *dirty; /* a list */
    struct map begun;  /* sources of each agent, and their sum, since */
    size_t begun_sum;
    int64_t begun_us; /* monotonic */
    size_t parts_bytes;
    struct kafka_counts counts;
    struct arena arena; /* reset with each message */
    struct buf raw;     /* scratch: a value unpacked */
};

__attribute__((format(printf, 4, 5))) static void tell(const struct kafka_intake *intake, struct str source,
                                                       uint64_t count, const char *format, ...)
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

static void drop_parts(struct row *row)
{
    struct parts *parts = row->parts;
    if (parts == NULL)
        return;
    struct kafka_partition *partition = parts->partition;
    *(parts->before != NULL ? &parts->before->after : &partition->oldest) = parts->after;
    *(parts->after != NULL ? &parts->after->before : &partition->newest) = parts->before;
    partition->intake->parts_bytes -= parts->raw.size + KAFKA_PARTS_BYTES_MORE;
    buf_release(&parts->raw);
    free(parts);
    row->parts = NULL;
}

static void free_row(struct row *row)
{
    drop_parts(row);
    kafka_row_release(&row->known);
    free(row);
}

static void free_partition(struct kafka_partition *partition)
{
    struct kafka_intake *intake = partition->intake;
    if (partition->entry != NULL) { /* another may be made with the same catalog */
        struct source_state *state = &partition->entry->state;
        state->cursor = arena_str(&intake->settings.catalog->arena, state->cursor);
        partition->entry->claimed = false;
    }
    for (size_t i = 0; i < partition->count; i++)
        free_row(partition->list[i]);
    free(partition->list);
    map_release(&partition->rows);
    free((void *)(uintptr_t)partition->topic.data);
    free(partition);
}

void kafka_intake_free(struct kafka_intake *intake)
{
    if (intake == NULL)
        return;
    while (intake->partitions != NULL) {
        struct kafka_partition *partition = intake->partitions;
        intake->partitions = partition->following;
        free_partition(partition);
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

/* ---- What the store knows ---------------------------------------------------------------------------------------------- */

static struct row *add_row(struct kafka_partition *partition, struct str key, struct catalog_entry *entry)
{
    struct map_entry *at = map_at(&partition->rows, key, NULL);
    if (partition->count == partition->capacity) {
        partition->capacity = partition->capacity > 0 ? 2 * partition->capacity : 16;
        partition->list = mem_resize_array(partition->list, partition->capacity, sizeof(struct row *));
    }
    struct row *row = mem_alloc(sizeof *row);
    row->entry = entry;
    row->key = map_find(&partition->rows, key)->key;
    partition->list[partition->count++] = row;
    at->value = partition->count;
    return row;
}

/* The row of an agent's source that the store has, when it is of this partition. */
static void know_row(struct kafka_partition *partition, struct catalog_entry *entry)
{
    char place[NAME_BYTES_MAX];
    int size = snprintf(place, sizeof place, "%.*s/%" PRIi32 " ", STR_ARG(partition->topic), partition->number);
    struct str cursor = entry->state.cursor;
    if (!str_starts(cursor, str_from(place, (size_t)size)))
        return;
    struct str key = str_slice(cursor, (size_t)size, cursor.size);
    if (map_find(&partition->rows, key) != NULL)
        return; /* a damaged store */
    struct row *row = add_row(partition, key, entry);
    row->known.sequence = entry->state.inode;
    row->known.pending_sequence = entry->state.head_hash;
    row->known.end = entry->state.position;
}

static void know_place(struct kafka_partition *partition)
{
    const struct source_state *state = &partition->entry->state;
    struct str rest = state->cursor, offset = str_cut(&rest, '@');
    if (!str_to_i64(offset, &partition->next) || partition->next < 0)
        partition->next = -1; /* a damaged store */
    partition->foreign = state->inode <= (uint64_t)INT64_MAX ? (int64_t)state->inode : 0;
}

/* Rows that the store knows come in the order of their ids. */
static struct row *row_of_source(const struct kafka_partition *partition, int64_t source)
{
    size_t from = 0, to = partition->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (partition->list[middle]->entry->state.id < source)
            from = middle + 1;
        else
            to = middle;
    }
    bool found = from < partition->count && partition->list[from]->entry->state.id == source;
    return found ? partition->list[from] : NULL;
}

static void know_pending(const struct kafka_partition *partition, const struct scan_record *found)
{
    const struct record *rec = &found->record;
    struct row *row = rec->flags & RECORD_TAIL ? row_of_source(partition, found->source) : NULL;
    if (row == NULL)
        return;
    struct kafka_record record = {.raw = rec->raw,
                                  .offset = rec->offset,
                                  .time_us = rec->time_us,
                                  .flags = rec->flags & (uint8_t)~RECORD_UNPARSED};
    kafka_row_know(&row->known, &record);
}

/* Pending records are rows of their own: those that are not in blocks come first. */
static bool know_pendings(struct kafka_partition *partition, struct store *store, struct err *err)
{
    struct scan_ask ask = {.since_us = TIME_NONE, .until_us = TIME_NONE, .offsets = true, .newest_first = true};
    bool wanted = false;
    for (size_t i = 0; i < partition->count; i++)
        wanted = wanted || partition->list[i]->entry->state.pending_bytes > 0;
    if (!wanted || store == NULL)
        return true;
    SCOPED_FREE(scan) *scan = scan_new(store, &ask, err);
    struct scan_record found;
    int64_t left_us;
    int step = scan == NULL ? -1 : 0;
    while (scan != NULL && (step = scan_next(scan, &found, err)) == 1 && !scan_enters_block(scan, &left_us))
        know_pending(partition, &found);
    return step >= 0;
}

static void claim_named(void *context, struct catalog_entry *entry)
{
    struct kafka_partition *partition = context;
    if (entry->state.kind == SOURCE_KAFKA && partition->entry == NULL)
        partition->entry = entry;
}

void kafka_intake_set_cluster(struct kafka_intake *intake, const char *id)
{
    size_t size = 0;
    for (; id[size] != '\0' && size < KAFKA_CLUSTER_MAX; size++)
        intake->cluster[size] = id[size] > ' ' && id[size] < 0x7f ? id[size] : '_';
    intake->cluster[size] = '\0';
}

static bool is_cluster(struct str text)
{
    bool fine = text.data != NULL && text.size > 0 && text.size <= KAFKA_CLUSTER_MAX;
    for (size_t i = 0; fine && i < text.size; i++)
        fine = text.data[i] > ' ' && text.data[i] < 0x7f;
    return fine;
}

/* The cluster that the store has it from is that of the messages, as far as both are known. */
static bool know_cluster(struct kafka_partition *partition, struct err *err)
{
    const char *here = partition->intake->cluster;
    struct str stored = partition->entry != NULL ? partition->entry->state.cursor : STR_ABSENT;
    (void)str_cut(&stored, '@');
    snprintf(partition->cluster, sizeof partition->cluster, "%s", here);
    if (!is_cluster(stored))
        return true;
    if (here[0] == '\0')
        snprintf(partition->cluster, sizeof partition->cluster, "%.*s", STR_ARG(stored));
    if (str_equal(stored, str_of(partition->cluster)))
        return true;
    err_set(err, ERR_USAGE, 0,
            "%.*s: the store has it from cluster %.*s, this one is cluster %s and its offsets are of other messages; "
            "nothing of it is read: use another store (--store) for this cluster",
            STR_ARG(partition->entry->state.name), STR_ARG(stored), here);
    partition->entry = NULL;
    return false;
}

static bool know(struct kafka_partition *partition, struct str name, struct store *store, struct err *err)
{
    struct catalog *catalog = partition->intake->settings.catalog;
    catalog_with_name(catalog, name, claim_named, partition);
    if (!know_cluster(partition, err))
        return false;
    if (partition->entry != NULL && partition->entry->claimed) {
        partition->entry = NULL;
        return err_set(err, ERR_USAGE, 0, "%.*s: is already read", STR_ARG(name));
    }
    if (partition->entry != NULL)
        know_place(partition);
    else
        partition->entry = catalog_new(catalog, name, SOURCE_KAFKA);
    partition->entry->claimed = true;
    (void)catalog_set_defaults(catalog, partition->entry, &partition->intake->settings.defaults);
    for (size_t i = 0; i < catalog->entry_count; i++)
        if (source_is_agents(&catalog->entries[i]->state))
            know_row(partition, catalog->entries[i]);
    return know_pendings(partition, store, err);
}

struct kafka_partition *kafka_intake_partition(struct kafka_intake *intake, struct store *store, const char *topic,
                                               int32_t number, struct err *err)
{
    char name[NAME_BYTES_MAX];
    for (struct kafka_partition *at = intake->partitions; at != NULL; at = at->following)
        if (at->number == number && str_equal(at->topic, str_of(topic)))
            return at;
    int size = snprintf(name, sizeof name, "kafka://%s/%" PRIi32, topic, number);
    must(size > 0 && (size_t)size < sizeof name); /* Kafka's names have 249 bytes at most */
    struct kafka_partition *partition = mem_alloc(sizeof *partition);
    *partition = (struct kafka_partition){.intake = intake, .number = number, .next = -1};
    partition->topic = str_of(strdup(topic));
    must(partition->topic.data != NULL);
    if (know(partition, str_from(name, (size_t)size), store, err)) {
        partition->following = intake->partitions;
        return intake->partitions = partition;
    }
    free_partition(partition);
    return NULL;
}

/* ---- Places ------------------------------------------------------------------------------------------------------------- */

struct str kafka_partition_name(const struct kafka_partition *partition)
{
    return partition->entry->state.name;
}

int64_t kafka_partition_next(const struct kafka_partition *partition)
{
    return partition->next;
}

uint64_t kafka_partition_lines(const struct kafka_partition *partition)
{
    uint64_t lines = catalog_lines(partition->entry);
    for (size_t i = 0; i < partition->count; i++)
        lines += catalog_lines(partition->list[i]->entry);
    return lines;
}

int64_t kafka_partition_place(const struct kafka_partition *partition)
{
    return partition->oldest != NULL ? partition->oldest->first : partition->next;
}

void kafka_partition_set_next(struct kafka_partition *partition, int64_t offset)
{
    while (partition->oldest != NULL)
        drop_parts(partition->oldest->row);
    partition->next = offset;
    partition->dirty = true;
}

void kafka_partition_set_end(struct kafka_partition *partition, int64_t end)
{
    partition->dirty = partition->dirty || (partition->next >= 0 && partition->end != end);
    partition->end = end;
}

bool kafka_partition_add_gap(struct kafka_partition *partition, struct frame *frame, int64_t low, int64_t high)
{
    bool passed_by = kafka_partition_place(partition) < low && partition->foreign <= high;
    struct batch_gap gap = {
        .source = partition->entry->state.id,
        .offset = partition->entry->state.position,
        .reason = GAP_CURSOR_GONE,
        .found_us = clock_now_us(),
    };
    kafka_partition_set_next(partition, low);
    if (!passed_by || partition->foreign < low) {
        partition->foreign = low;
        partition->entry->state.tail_hash = 0;
    }
    return kafka_intake_give(partition->intake, frame) && frame_add_gap(frame, &gap);
}

static void lose_parts_before(struct kafka_partition *partition, int64_t since_us);

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
            lose_parts_before(partition, service_now_us() - KAFKA_DAY_US);
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
        tell(intake, agent, 0, "has begun %d sources within a day; what it sends of others is kept without its source",
             KAFKA_AGENT_SOURCES_MAX);
    if (intake->begun_sum == KAFKA_SOURCES_MAX)
        tell(intake, agent, 0,
             "agents have begun %d sources within a day; what they send of others is kept without its source",
             KAFKA_SOURCES_MAX);
    return true;
}

/* NULL: there are too many. */
static struct row *find_row(struct kafka_partition *partition, const struct message_head *head)
{
    char text[MESSAGE_TEXT_MAX + 24];
    int size = snprintf(text, sizeof text, "%.*s %" PRIu64, STR_ARG(head->agent), head->file);
    struct str key = str_from(text, (size_t)size);
    if (partition->last != NULL && str_equal(partition->last->key, key))
        return partition->last;
    const struct map_entry *at = map_find(&partition->rows, key);
    if (at != NULL)
        return partition->last = partition->list[at->value - 1];
    if (!may_begin(partition->intake, head->agent))
        return NULL;
    struct row *row = add_row(partition, key, new_entry(partition, head, key));
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

/* ---- Parts --------------------------------------------------------------------------------------------------------------- */

static void lose_parts(struct row *row, const char *why)
{
    const struct parts *parts = row->parts;
    must(parts != NULL);
    struct kafka_intake *intake = parts->partition->intake;
    parts->partition->dirty = true; /* its place moves */
    tell(intake, row->entry->state.name, ++intake->counts.lost,
         "record %" PRIu64 " of %.*s came in %" PRIu32 " parts of which %" PRIu32 " were taken: %s; it is not stored",
         parts->sequence, STR_ARG(row->key), parts->count, parts->taken, why);
    drop_parts(row);
}

/* Of records that the partition would wait for for ever: what is sent behind them would be read again by each run. */
static void lose_parts_behind(struct kafka_partition *partition, int64_t offset)
{
    const struct parts *oldest;
    while ((oldest = partition->oldest) != NULL && (offset - oldest->first > KAFKA_PARTS_MESSAGES_MAX ||
                                                    partition->bytes - oldest->bytes > KAFKA_PARTS_BEHIND_MAX))
        lose_parts(oldest->row, "too much came before the rest");
}

static void lose_parts_before(struct kafka_partition *partition, int64_t since_us)
{
    while (partition->oldest != NULL && partition->oldest->since_us < since_us)
        lose_parts(partition->oldest->row, "the rest did not come within a day");
}

static struct str agent_of(const struct row *row)
{
    return str_slice(row->key, 0, str_find_char(row->key, ' '));
}

/* The agent whose unfinished records, but for that of keep, are the largest together. Views its row's key. */
static struct str largest_agent(const struct kafka_intake *intake, const struct row *keep)
{
    struct map bytes = {0};
    struct str found = STR("");
    uint64_t most = 0;
    for (const struct kafka_partition *at = intake->partitions; at != NULL; at = at->following)
        for (const struct parts *parts = at->oldest; parts != NULL; parts = parts->after) {
            if (parts->row == keep)
                continue;
            struct map_entry *entry = map_at(&bytes, agent_of(parts->row), NULL);
            entry->value += parts->raw.size + KAFKA_PARTS_BYTES_MORE;
            if (entry->value > most) {
                most = entry->value;
                found = agent_of(parts->row);
            }
        }
    map_release(&bytes);
    return found;
}

/* Makes room for more of keep. Some more than is needed goes, so that it is seldom looked for. */
static void make_parts_room(struct kafka_intake *intake, const struct row *keep, size_t bytes)
{
    enum { ROOM = KAFKA_PARTS_BYTES_MAX / 8 };
    if (intake->parts_bytes + bytes <= KAFKA_PARTS_BYTES_MAX)
        return;
    while (intake->parts_bytes + bytes > KAFKA_PARTS_BYTES_MAX - ROOM) {
        struct str agent = arena_str(&intake->arena, largest_agent(intake, keep));
        if (agent.size == 0)
            return; /* keep is all there is */
        for (struct kafka_partition *at = intake->partitions; at != NULL; at = at->following)
            for (struct parts *parts = at->oldest, *after; parts != NULL; parts = after) {
                after = parts->after;
                if (parts->row != keep && str_equal(agent_of(parts->row), agent) &&
                    intake->parts_bytes + bytes > KAFKA_PARTS_BYTES_MAX - ROOM)
                    lose_parts(parts->row, "too many records are unfinished");
            }
    }
}

/* Parts that wait for others meet what comes next of their source. */
static void meet_parts(struct row *row, const struct message_head *head)
{
    if (row->parts == NULL)
        return;
    if (head->sequence > row->parts->sequence)
        lose_parts(row, "the next record came before the rest");
    else if (head->part <= 1 || head->sequence < row->parts->sequence)
        drop_parts(row); /* the agent sends it again */
}

static void begin_parts(struct kafka_partition *partition, struct row *row, const struct message_head *head,
                        int64_t offset)
{
    struct parts *parts = row->parts = mem_alloc(sizeof *row->parts);
    *parts = (struct parts){.row = row,
                            .partition = partition,
                            .before = partition->newest,
                            .raw = BUF(RECORD_BYTES_MAX),
                            .since_us = service_now_us(),
                            .bytes = partition->bytes,
                            .sequence = head->sequence,
                            .first = offset,
                            .count = head->parts};
    *(parts->before != NULL ? &parts->before->after : &partition->oldest) = parts;
    partition->newest = parts;
    partition->intake->parts_bytes += KAFKA_PARTS_BYTES_MORE;
}

/* True when the record is whole; then *line is all of it. */
static bool add_part(struct kafka_partition *partition, struct row *row, const struct message_head *head,
                     int64_t offset, struct str *line)
{
    struct kafka_intake *intake = partition->intake;
    struct parts *parts;
    if (head->part == 1)
        begin_parts(partition, row, head, offset);
    parts = row->parts;
    if (parts == NULL || head->part != parts->taken + 1 || head->parts != parts->count)
        return false; /* a part sent again, or one whose first was not seen: all come again */
    make_parts_room(intake, row, line->size);
    if (!buf_add_str(&parts->raw, *line)) {
        lose_parts(row, "they are too long");
        return false;
    }
    intake->parts_bytes += line->size;
    *line = buf_str(&parts->raw);
    return ++parts->taken == parts->count;
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
    meet_parts(row, head);
    if (head->parts > 0 && !add_part(partition, row, head, message->offset, &record.raw))
        return TAKEN;
    enum kafka_verdict verdict = kafka_row_judge(&row->known, &record);
    bool wanted = verdict == KAFKA_NEW || verdict == KAFKA_REUSED;
    if (verdict == KAFKA_REUSED)
        tell(intake, row->entry->state.name, ++intake->counts.reused,
             "record %" PRIu64
             " of %.*s is numbered as one before it, but lies behind what is stored: the agent's store was put back "
             "or copied, or another one sends in its name; it is stored",
             head->sequence, STR_ARG(row->key));
    bool fine = !wanted || store_record(partition, row, frame, &record);
    intake->counts.known += verdict == KAFKA_KNOWN;
    if (head->parts > 0)
        drop_parts(row);
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
    lose_parts_behind(partition, message->offset);
    enum message_kind kind = message_head_read(message->headers, message->header_count, &intake->arena, &head, &why);
    enum taken taken = NOT_AGENTS;
    if (message->value.data == NULL) {
        intake->counts.tombstones++;
        taken = TAKEN;
    } else if (kind == MESSAGE_AGENTS) {
        taken = take_agents(partition, frame, &head, message, &why);
    }
    if (taken == NOT_AGENTS && kind != MESSAGE_FOREIGN)
        tell(intake, kafka_partition_name(partition), ++intake->counts.damaged,
             "the message at offset %" PRIi64 " is not what an agent sends (%s); it is kept as it is", message->offset,
             why);
    if (taken == NO_BATCH || (taken == NOT_AGENTS && !take_foreign(partition, frame, message)))
        return false;
    partition->next = message->offset + 1;
    partition->dirty = true;
    return true;
}
