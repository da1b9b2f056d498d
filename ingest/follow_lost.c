/* What became of a source whose file is another one now. */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "ingest/beside.h"
#include "ingest/content.h"
#include "ingest/follow_part.h"

enum { ERRAND_TRIES_MAX = 3 };

static void add_note(struct follow *follow, const struct follow_note *note)
{
    if (follow->note_count == follow->note_capacity) {
        follow->note_capacity = follow->note_capacity ? 2 * follow->note_capacity : 16;
        follow->notes = mem_resize_array(follow->notes, follow->note_capacity, sizeof *follow->notes);
    }
    follow->notes[follow->note_count++] = *note;
}

void follow_note_gap(struct follow *follow, struct catalog_entry *entry, enum gap_reason reason, uint64_t offset,
                     uint64_t bytes)
{
    add_note(follow,
             &(struct follow_note){.entry = entry, .gap = true, .reason = reason, .offset = offset, .bytes = bytes});
    if (reason != GAP_SKIPPED)
        LOG_EVENT(LEVEL_WARNING,
                  reason == GAP_TRUNCATED ? "cut in place: what was written last may be missing"
                  : bytes > 0             ? "gone before it was read to its end"
                                          : "gone: what was written to it last may be missing",
                  log_str("source", entry->state.name), log_number("position", (int64_t)entry->state.position),
                  log_number("bytes_missing", (int64_t)bytes));
}

void follow_note_state(struct follow *follow, struct catalog_entry *entry)
{
    add_note(follow, &(struct follow_note){.entry = entry});
}

bool follow_write_notes(struct follow *follow, struct frame *frame)
{
    for (size_t i = 0; i < follow->note_count; i++) {
        const struct follow_note *note = &follow->notes[i];
        if (!frame_set_source(frame, &note->entry->state))
            return false;
        struct batch_gap gap = {
            .source = note->entry->state.id,
            .offset = note->offset,
            .bytes = note->bytes,
            .reason = note->reason,
            .found_us = clock_now_us(),
        };
        if (note->gap && !frame_add_gap(frame, &gap))
            return false;
    }
    follow->note_count = 0;
    return true;
}

/* Nothing lies under its name: whoever moved it away may move it back. */
static bool may_come_back(struct catalog_entry *entry, int64_t now_us)
{
    struct stat info;
    if (stat(entry->state.name.data, &info) == 0)
        return false;
    if (entry->absent_us == 0)
        entry->absent_us = now_us;
    return now_us - entry->absent_us < FOLLOW_ABSENT_US;
}

void follow_lose(struct follow *follow, struct catalog_entry *entry, uint64_t device, uint64_t inode,
                 enum gap_reason reason, int64_t now_us)
{
    struct mark mark;
    bool unsure;
    struct source *rest = beside_find(entry, device, inode, &mark, &unsure);
    if (rest != NULL && follow_tail_of(follow, rest->device, rest->inode) != NULL) {
        /* somebody else's, equal up to there */
        source_free(rest);
        rest = NULL;
    }
    uint64_t end = content_length(&entry->state);
    bool known = entry->state.kind == SOURCE_FILE && entry->state.size > end;
    uint64_t missing = known ? entry->state.size - end : 0;
    if (rest == NULL && (unsure || may_come_back(entry, now_us)))
        return; /* met again at the next look: it is neither claimed nor replaced */
    if (rest == NULL) {
        entry->state.replaced = true;
        follow_note_gap(follow, entry, reason, end, missing);
        return;
    }
    LOG_EVENT(LEVEL_INFO, "reading what rotation left", log_str("source", entry->state.name),
              log_text("file", rest->real_path), log_number("position", (int64_t)entry->state.position));
    /* What was written between the copying and the cutting nobody can have read. */
    if (reason == GAP_TRUNCATED)
        follow_note_gap(follow, entry, reason, rest->kind == SOURCE_FILE ? rest->size : end, 0);
    bool same_file = rest->device == entry->state.device && rest->inode == entry->state.inode;
    entry->claimed = true;
    entry->state.kind = rest->kind;
    entry->state.read_us = TIME_NONE;
    catalog_set_file(follow->catalog, entry, rest->device, rest->inode);
    follow_add(follow, tail_new(entry, same_file ? TAIL_AWAY : TAIL_REMAINS, rest, &mark, now_us));
}

void follow_lose_later(struct follow *follow, const struct follow_errand *errand)
{
    if (follow->errand_count == follow->errand_capacity) {
        follow->errand_capacity = follow->errand_capacity ? 2 * follow->errand_capacity : 16;
        follow->errands = mem_resize_array(follow->errands, follow->errand_capacity, sizeof *follow->errands);
    }
    follow->errands[follow->errand_count++] = *errand;
}

void follow_run_errand(struct follow *follow, int64_t now_us)
{
    must(follow_has_errand(follow));
    struct follow_errand errand = follow->errands[follow->errand_first++];
    if (!follow_has_errand(follow))
        follow->errand_first = follow->errand_count = 0;
    if (errand.unseen) {
        bool done = follow_find_unseen(follow, errand.entry, errand.since_us, now_us);
        if (!done && ++errand.tries < ERRAND_TRIES_MAX)
            follow_lose_later(follow, &errand);
    } else if (!errand.entry->claimed && !errand.entry->state.replaced) {
        follow_lose(follow, errand.entry, errand.device, errand.inode, errand.reason, now_us);
    }
}

/* The file lies where it was and is nobody else's: it waits to be adopted, or could not be opened just now. */
static bool is_in_place(const struct follow *follow, const struct catalog_entry *entry)
{
    struct stat info;
    const struct source_state *state = &entry->state;
    return follow_tail_of(follow, state->device, state->inode) == NULL && stat(state->name.data, &info) == 0 &&
           info.st_dev == state->device && info.st_ino == state->inode;
}

/* Is it one that this run follows, by its name or by a link that led to it? */
static bool is_wanted(const struct follow *follow, const struct catalog_entry *entry)
{
    const struct str texts[] = {entry->state.name, entry->state.cursor};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) /* the catalog's own copies, with a NUL behind them */
        if (texts[i].size > 0 && memchr(texts[i].data, '\0', texts[i].size) == NULL &&
            follow_wants(follow, texts[i].data) != NULL)
            return true;
    return false;
}

/* A link led to the file and leads to another one now: what was written to it before is read. */
static void read_on(struct follow *follow, struct catalog_entry *entry, int64_t now_us)
{
    struct err ignored;
    struct mark mark;
    struct input input = {.kind = INPUT_FILE, .path = entry->state.name.data};
    struct source *source = source_open(&input, &ignored);
    if (source == NULL)
        return;
    if (source->kind == SOURCE_STREAM || content_same(source, &entry->state, &mark, &ignored) != SOURCE_DATA ||
        source_seek(source, entry->state.position, &ignored) != SOURCE_DATA) {
        source_free(source);
        return;
    }
    entry->claimed = true;
    follow_add(follow, tail_new(entry, TAIL_AWAY, source, &mark, now_us));
}

bool follow_lose_absent(struct follow *follow, size_t *at, int64_t now_us)
{
    while (*at < follow->catalog->entry_count) {
        struct catalog_entry *entry = follow->catalog->entries[(*at)++];
        if (entry->claimed || entry->state.replaced ||
            (entry->state.kind != SOURCE_FILE && entry->state.kind != SOURCE_GZIP) || !is_wanted(follow, entry))
            continue;
        if (!is_in_place(follow, entry))
            follow_lose(follow, entry, 0, 0, GAP_VANISHED, now_us);
        else if (entry->state.cursor.size > 0)
            read_on(follow, entry, now_us);
        return true;
    }
    return false;
}
