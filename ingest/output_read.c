#include "ingest/output_read.h"

#include "base/log.h"
#include "base/must.h"
#include "ingest/service.h"

void output_read_drop(struct output_sender *sender)
{
    scan_free(sender->scan);
    sender->scan = NULL;
    sender->holds = sender->holds && sender->ahead; /* a pending one is a copy */
}

static void note_missed(struct output_sender *sender, uint64_t records)
{
    sender->progress.missed += records;
    LOG_EVENT(LEVEL_WARNING, "records were pruned before they were delivered", log_str("output", sender->output->name),
              log_number("records", (int64_t)records));
}

static bool count_pruned(struct store *store, uint64_t *ret, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct store_source *sources;
    size_t count;
    *ret = 0;
    if (!store_sources(store, &arena, &sources, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        *ret += sources[i].pruned_records;
    return true;
}

/* `next` comes behind `seen` with others between them. These were pending ones that others have replaced, unless something was
 * pruned since, and nothing before them is left. */
static bool look_into_gap(struct output_sender *sender, uint64_t seen, uint64_t next, struct err *err)
{
    uint64_t pruned, first;
    if (!count_pruned(sender->store, &pruned, err))
        return false;
    uint64_t missed = pruned - sender->pruned;
    if (pruned == sender->pruned)
        return true;
    if (!output_first_number(sender->store, &first, err))
        return false;
    sender->pruned = pruned;
    if (missed > next - 1 - seen)
        missed = next - 1 - seen;
    if (first >= next)
        note_missed(sender, missed);
    return true;
}

/* Begins where the last one ended, if there is more. */
static bool begin_scan(struct output_sender *sender, struct err *err)
{
    uint64_t last;
    if (!store_last_number(sender->store, &last, err))
        return false;
    sender->caught_up = last <= sender->ring.seen;
    if (sender->caught_up)
        return true;
    struct scan_ask ask = {
        .since_us = TIME_NONE, .until_us = TIME_NONE, .after = sender->ring.seen, .offsets = true, .alone = true};
    sender->scan = scan_new(sender->store, &ask, err);
    sender->gone_blocks = 0;
    sender->scanned = false;
    sender->last_scanned = sender->ring.seen;
    output_pendings_stir(&sender->pendings, service_now_us());
    return sender->scan != NULL;
}

static void end_scan(struct output_sender *sender)
{
    output_ring_pass(&sender->ring, scan_last_number(sender->scan));
    output_read_drop(sender);
}

/* A final record: false when it was sent ahead as it is. */
static bool end_ahead(struct output_sender *sender, struct str *key, bool *ret_has_key)
{
    struct output_aheads *aheads = &sender->output->aheads;
    *ret_has_key = false;
    if (!output_aheads_concern(aheads, sender->rec.source))
        return true;
    bool same = output_aheads_have(aheads, &sender->rec);
    struct str sent;
    if (!same && output_aheads_key(aheads, &sender->rec, &sent)) {
        *ret_has_key = true;
        *key = output_message_copy_key(sender->message, sent);
    }
    must(pthread_mutex_lock(&sender->output->mutex) == 0);
    output_aheads_end(aheads, &sender->rec);
    must(pthread_mutex_unlock(&sender->output->mutex) == 0);
    return !same;
}

/* Takes the record at hand up. False: the store cannot be read. */
static bool take_record(struct output_sender *sender, const struct str *key, struct err *err)
{
    bool wanted;
    if (!output_message_set(sender->message, &sender->rec, key, &wanted, err))
        return false;
    if (!wanted) {
        if (!sender->ahead)
            output_ring_pass(&sender->ring, sender->rec.number);
        return true;
    }
    sender->parts = output_message_cut(sender->message, kafka_producer_bytes_max(sender->producer));
    sender->part = 0;
    sender->begun = false;
    sender->holds = true;
    return true;
}

/* Of the records between the one that was given last and `next` those that were pruned. */
static bool count_missed(struct output_sender *sender, uint64_t next, struct err *err)
{
    uint64_t gone = scan_counts(sender->scan).blocks_gone, seen = sender->last_scanned;
    bool pruned = gone > sender->gone_blocks, begins = !sender->scanned;
    sender->gone_blocks = gone;
    sender->scanned = true;
    if (pruned)
        note_missed(sender, next - 1 - seen);
    return pruned || !begins || next == seen + 1 || look_into_gap(sender, seen, next, err);
}

int output_read_next(struct output_sender *sender, struct err *err)
{
    if (sender->scan == NULL && !begin_scan(sender, err))
        return -1;
    if (sender->scan == NULL)
        return 0;
    int found = scan_next(sender->scan, &sender->rec, err);
    if (found < 0)
        return -1;
    if (!count_missed(sender, found ? sender->rec.number : scan_last_number(sender->scan) + 1, err))
        return -1;
    if (found == 0) {
        end_scan(sender);
        return 1; /* there may be more by now */
    }
    sender->last_scanned = sender->rec.number;
    sender->ahead = false;
    if (sender->rec.record.flags & RECORD_TAIL)
        return 1;
    struct str key;
    bool has_key;
    if (!end_ahead(sender, &key, &has_key)) {
        output_ring_pass(&sender->ring, sender->rec.number);
        return 1;
    }
    return take_record(sender, has_key ? &key : NULL, err) ? 1 : -1;
}

int output_read_pending(struct output_sender *sender, struct err *err)
{
    struct output_aheads *aheads = &sender->output->aheads;
    if (sender->output->group != NULL)
        return 0;
    int found = output_pendings_next(&sender->pendings, sender->store, aheads, sender->ring.seen, &sender->rec, err);
    if (found <= 0)
        return found;
    struct str key;
    sender->ahead = true;
    bool has_key = output_aheads_key(aheads, &sender->rec, &key);
    return take_record(sender, has_key ? &key : NULL, err) ? 1 : -1;
}
