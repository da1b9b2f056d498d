/* What the files of struct follow share: follow.c (turns), follow_look.c (finding and adopting), follow_lost.c (what became of
 * sources whose files are others now). */
#ifndef WINNOW_INGEST_FOLLOW_PART_H
#define WINNOW_INGEST_FOLLOW_PART_H

#include "ingest/expand.h"
#include "ingest/follow.h"
#include "ingest/tail.h"
#include "ingest/watch.h"

/* A file that is not adopted now. */
struct held {
    char *path;
    uint64_t device, inode, size;
    int64_t modified_us; /* what was seen when it was decided */
    int64_t since_us;    /* monotonic: when it last changed */
    bool refused;        /* is no log, or cannot be read: until it changes */
    bool seen;           /* by this look */
};

/* To be written with the next batch. */
struct follow_note {
    struct catalog_entry *entry;
    bool gap;
    uint64_t bytes; /* of the gap */
    enum gap_reason reason;
    uint64_t offset;
};

struct follow {
    const struct config *config;
    struct catalog *catalog;
    const char *store_path;
    struct watch watch;
    struct tail **tails;
    size_t tail_count, tail_capacity;
    struct map by_path; /* path -> index of a tail that is HERE + 1 */
    struct map by_file; /* device and inode -> index of a tail + 1 */
    struct held *held;
    size_t held_count, held_capacity;
    struct follow_note *notes;
    size_t note_count, note_capacity;
    bool look_due, started;
    bool reconfigured; /* since the last look */
    int64_t looked_us; /* monotonic: when names were last looked through */
    size_t turn;       /* the tail whose turn is next */
    size_t descriptors_max;
};

/* Looks through the patterns. */
void follow_look(struct follow *follow, int64_t now_us);
void follow_forget_held(struct follow *follow);
/* Fills by_path and by_file. */
void follow_index(struct follow *follow);
struct tail *follow_add(struct follow *follow, struct tail *tail);
/* The config source whose pattern names this path, or NULL. */
const struct config_source *follow_wants(const struct follow *follow, const char *path);

/* What its records are read with is what the configuration says of this path. */
void follow_set_defaults(struct follow *follow, struct catalog_entry *entry, const char *path);

/* The entry's file is another one now, the one with this device and inode (0, 0: none). */
void follow_lose(struct follow *follow, struct catalog_entry *entry, uint64_t device, uint64_t inode,
                 enum gap_reason reason, int64_t now_us);
/* The sources the store knows whose files are not where they were, once everything that is there has been adopted. */
void follow_lose_absent(struct follow *follow, int64_t now_us);
void follow_note_gap(struct follow *follow, struct catalog_entry *entry, enum gap_reason reason, uint64_t offset,
                     uint64_t bytes);
/* Only the state is to be written. */
void follow_note_state(struct follow *follow, struct catalog_entry *entry);
/* False when no more batches are given. */
bool follow_write_notes(struct follow *follow, struct frame *frame);

#endif
