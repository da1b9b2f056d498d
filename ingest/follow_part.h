/* What the files of struct follow share: follow.c (turns), follow_look.c (patterns), follow_adopt.c (which files become tails),
 * follow_unseen.c (what no look has seen), follow_lost.c (what became of sources whose files are others now). */
#ifndef WINNOW_INGEST_FOLLOW_PART_H
#define WINNOW_INGEST_FOLLOW_PART_H

#include "ingest/expand.h"
#include "ingest/follow.h"
#include "ingest/tail.h"
#include "ingest/watch.h"

/* A file that is not adopted now. */
struct held {
    uint64_t device, inode, size;
    int64_t modified_us; /* what was seen when it was decided */
    int64_t since_us;    /* monotonic: when it last changed */
    bool refused;        /* is no log, or cannot be read: until it changes */
    bool seen;           /* by this look */
};

/* What a source of the configuration says about joining lines, made ready once; lives as long as the follow. */
struct follow_rule {
    struct join_rules rules;
    char *pattern;
    struct follow_rule *next;
};

/* To be written with the next batch. */
struct follow_note {
    struct catalog_entry *entry;
    bool gap;
    uint64_t bytes; /* of the gap */
    enum gap_reason reason;
    uint64_t offset;
};

/* A search in a folder, which may take long. It is put off until what was adopted before has been read and committed. */
struct follow_errand {
    struct catalog_entry *entry;
    bool unseen; /* for what was begun under its name after since_us; else the entry is lost, as with follow_lose */
    int64_t since_us; /* real time */
    uint64_t device, inode;
    enum gap_reason reason;
    unsigned tries; /* so far, that failed */
};

/* A look goes through these, a file or source at a time. */
enum look_stage {
    LOOK_NONE,   /* there is none */
    LOOK_KNOWN,  /* files that lie where one was read before */
    LOOK_OTHERS, /* the others */
    LOOK_ABSENT, /* sources whose files are not where they were */
};

struct follow {
    const struct config *config;
    struct catalog *catalog;
    const char *store_path;
    follow_holds *holds;
    void *context;
    struct watch watch;
    struct tail **tails;
    size_t tail_count, tail_capacity;
    struct map by_path; /* path -> index of a tail that is HERE + 1 */
    struct map by_file; /* device and inode -> index of a tail + 1 */
    struct held *held;
    size_t held_count, held_capacity;
    struct map held_by_file; /* device and inode -> index + 1 */
    struct follow_rule *rules;
    struct follow_note *notes;
    size_t note_count, note_capacity;
    struct follow_errand *errands;
    size_t errand_first, errand_count, errand_capacity; /* first: those before are done */
    enum look_stage stage;
    struct expand expand; /* what the patterns show in this look */
    size_t look_next;     /* input, or source of the catalog, in this stage */
    bool look_due, started;
    bool reconfigured; /* since the last look */
    bool refreshed;    /* the catalog, in this look */
    bool waiting;      /* a file is held that may be adopted soon */
    int64_t looked_us; /* monotonic: when names were last looked through */
    int64_t look_took_us;
    int64_t swept_us;             /* and when every file was looked at, whether or not anything told of it */
    size_t turn;                  /* the tail whose turn is next */
    size_t descriptors_max, open; /* files open at most, and now */
};

/* That follows this file, or NULL. */
struct tail *follow_tail_of(const struct follow *follow, uint64_t device, uint64_t inode);
/* Begins to look through the patterns. */
void follow_look_begin(struct follow *follow, int64_t now_us);
/* Decides on one file or source. False when the look is over. */
bool follow_look_on(struct follow *follow, int64_t now_us);
void follow_look_stop(struct follow *follow);
void follow_watch_folder_of(struct follow *follow, const char *real_path);
/* Calls visit for each source that is followed under a path, or known by a name, from which this path goes on (content_goes_on),
 * until it returns false; for some twice. */
void follow_originals(const struct follow *follow, const char *path,
                      bool (*visit)(void *context, struct catalog_entry *), void *context);
/* Opens a file that is not followed yet and decides what becomes of it. */
void follow_consider(struct follow *follow, const struct input *input, int64_t now_us);
/* Those not seen by this look. */
void follow_forget_held(struct follow *follow);

/* What was begun under the successor's name after since_us (real time) and rotated away before anybody looked. False when the
 * folder could not be read to its end. */
bool follow_find_unseen(struct follow *follow, struct catalog_entry *successor, int64_t since_us, int64_t now_us);
/* False when it is known, a copy or no log. */
bool follow_adopt_unseen(struct follow *follow, const struct input *input, struct catalog_entry *successor,
                         int64_t now_us);
/* Is the file, all of it, a beginning of a source that is stored and whose name its own goes on from? The source stands at its
 * beginning before and after. */
bool follow_is_stored(struct follow *follow, struct source *source);
/* Fills by_path and by_file. */
void follow_index(struct follow *follow);
struct tail *follow_add(struct follow *follow, struct tail *tail);
/* Beyond the limit of descriptors a file is open for its turn only: puts it to sleep, unless it is a gzip file, which would have
 * to be read from its beginning again. */
void follow_spare(struct follow *follow, struct tail *tail);
/* The config source whose pattern names this path, or NULL. */
const struct config_source *follow_wants(const struct follow *follow, const char *path);

/* What its records are read with is what the configuration says of this path. */
void follow_set_defaults(struct follow *follow, struct catalog_entry *entry, const char *path);

/* The entry's file is another one now, the one with this device and inode (0, 0: none). */
void follow_lose(struct follow *follow, struct catalog_entry *entry, uint64_t device, uint64_t inode,
                 enum gap_reason reason, int64_t now_us);
/* The same as an errand. */
void follow_lose_later(struct follow *follow, const struct follow_errand *errand);
/* Runs the first errand. */
void follow_run_errand(struct follow *follow, int64_t now_us);
static inline bool follow_has_errand(const struct follow *follow)
{
    return follow->errand_first < follow->errand_count;
}
/* The next source, from index *at on, the store knows and whose file is not where it was, once everything that is there has been
 * adopted. False when there is none. */
bool follow_lose_absent(struct follow *follow, size_t *at, int64_t now_us);
void follow_note_gap(struct follow *follow, struct catalog_entry *entry, enum gap_reason reason, uint64_t offset,
                     uint64_t bytes);
/* Only the state is to be written. */
void follow_note_state(struct follow *follow, struct catalog_entry *entry);
/* False when no more batches are given. */
bool follow_write_notes(struct follow *follow, struct frame *frame);

#endif
