/* Records that come in parts: those that are not all there yet. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/must.h"
#include "ingest/kafka_intake_part.h"
#include "ingest/service.h"

void kafka_parts_drop(struct row *row)
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

static void lose_parts(struct row *row, const char *why)
{
    const struct parts *parts = row->parts;
    must(parts != NULL);
    struct kafka_intake *intake = parts->partition->intake;
    parts->partition->dirty = true; /* its place moves */
    kafka_intake_tell(intake, row->entry->state.name, ++intake->counts.lost,
                      "record %" PRIu64 " of %.*s came in %" PRIu32 " parts of which %" PRIu32
                      " were taken: %s; it is not stored",
                      parts->sequence, STR_ARG(row->key), parts->count, parts->taken, why);
    kafka_parts_drop(row);
}

/* Of records that the partition would wait for for ever: what is sent behind them would be read again by each run. */
void kafka_parts_lose_behind(struct kafka_partition *partition, int64_t offset)
{
    const struct parts *oldest;
    while ((oldest = partition->oldest) != NULL && (offset - oldest->first > KAFKA_PARTS_MESSAGES_MAX ||
                                                    partition->bytes - oldest->bytes > KAFKA_PARTS_BEHIND_MAX))
        lose_parts(oldest->row, "too much came before the rest");
}

void kafka_parts_lose_before(struct kafka_partition *partition, int64_t since_us)
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
void kafka_parts_meet(struct row *row, const struct message_head *head)
{
    if (row->parts == NULL)
        return;
    if (head->sequence > row->parts->sequence)
        lose_parts(row, "the next record came before the rest");
    else if (head->part <= 1 || head->sequence < row->parts->sequence)
        kafka_parts_drop(row); /* the agent sends it again */
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
bool kafka_parts_add(struct kafka_partition *partition, struct row *row, const struct message_head *head,
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
