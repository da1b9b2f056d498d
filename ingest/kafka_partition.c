/* What the store knows of a partition, and the partition's place. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "ingest/kafka_intake_part.h"

enum { NAME_BYTES_MAX = 512 };

static void free_row(struct row *row)
{
    kafka_parts_drop(row);
    kafka_row_release(&row->known);
    free(row);
}

void kafka_partition_free(struct kafka_partition *partition)
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

/* ---- What the store knows ---------------------------------------------------------------------------------------------- */

struct row *kafka_partition_add_row(struct kafka_partition *partition, struct str key, struct catalog_entry *entry)
{
    struct map_entry *at = map_at(&partition->rows, key, NULL);
    if (partition->count == partition->capacity) {
        partition->capacity = partition->capacity > 0 ? 2 * partition->capacity : 16;
        partition->list = mem_resize_array(partition->list, partition->capacity, sizeof(struct row *));
    }
    struct row *row = mem_alloc(sizeof *row);
    row->entry = entry;
    row->key = map_find(&partition->rows, key)->key;
    struct str file = row->key;
    (void)str_cut(&file, ' ');
    if (!str_to_u64(file, &row->file))
        row->file = UINT64_MAX; /* a damaged store; no message says so */
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
    struct row *row = kafka_partition_add_row(partition, key, entry);
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
    kafka_partition_free(partition);
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
        kafka_parts_drop(partition->oldest->row);
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
