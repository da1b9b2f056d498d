/* The live fault harness: a driver that writes numbered lines into files, does to the files and to the follower of them
 * (`winnow run`, or another one) what happens in life, and then checks that each line was kept exactly once.
 *
 *     live.c         options, and the loop of random actions
 *     live_lines.c   what line N of generation G is, and the books: written, excused, found
 *     live_files.c   the files and what is done to them
 *     live_child.c   the follower: started, stopped, killed, asked
 *     live_check.c   reads back what was kept, and tells
 *     live_script.c  the fixed scenario for faults at the n-th system call
 *
 * A *generation* is one stream of bytes from an empty file to its end, whatever names it goes under: a file that is
 * truncated or made anew begins another one. Each line is a function of (seed, generation, number) and carries a tag with
 * both, so what comes back is compared byte by byte, and nothing depends on names or on what the follower says.
 *
 * 1. A line is lost when it is not found and not excused. It is excused only when its bytes are in no file any more (or
 *    never were in one the follower could see), the follower had no descriptor for them, and it was not given
 *    SAFE_AFTER_US of undisturbed running since the line was written.
 * 2. Excused lines are the end of their generation: the follower reads in order, so a hole before a line found is a loss.
 * 3. A line found twice is doubled; nothing excuses that. One found before an earlier one of its generation is disordered.
 * 4. Whatever else is found is foreign, but for the begin of an excused line.
 * 5. Lines of a generation the follower knew that are excused by a truncation must be told: as many gaps of its source as
 *    such generations, or the rest is silent. */
#ifndef WINNOW_TESTS_FAULT_LIVE_H
#define WINNOW_TESTS_FAULT_LIVE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum kind { /* what may happen; the order is that of the table */
            KIND_RENAME,
            KIND_COPYTRUNCATE,
            KIND_COPYTRUNCATE_WRITE,
            KIND_DELETE,
            KIND_TRUNCATE,
            KIND_GZIP,
            KIND_SYMLINK,
            KIND_HARD_LINK,
            KIND_AWAY,
            KIND_BRIEF,
            KIND_UNSEEN,
            KIND_FULL,
            KIND_STOP,
            KIND_KILL,
            KIND_TERM,
            KIND_COUNT,
};
extern const char *const kind_names[KIND_COUNT];

enum {
    LINE_MAX_BYTES = 300 * 1024,
    CHAIN_MAX = 200, /* rotated files of one name */
    CHAIN_KEPT = 4,  /* so many stay, whatever was read of them */
    ORPHAN_MAX = 4096,
    SAFE_AFTER_US = 3000000,
};

/* ---- live_lines.c ------------------------------------------------------------------------------------------------------ */

struct random {
    uint64_t state;
};
uint64_t random_next(struct random *random);
uint32_t random_below(struct random *random, uint32_t limit);
bool random_chance(struct random *random, uint32_t percent);

enum excuse { EXCUSE_NONE, EXCUSE_TRUNCATED, EXCUSE_VANISHED };

struct generation {
    uint32_t number;
    char *path;     /* where it began */
    uint32_t lines; /* written whole */
    uint32_t kinds; /* a bit for each that touched it */
    bool open_end;  /* its last line has no newline */
    enum excuse excuse;
    uint32_t excused_from; /* lines from this one on may be missing */
    uint32_t safe;         /* these were given time enough */
    uint32_t mark_lines;   /* will be safe when nothing happens until SAFE_AFTER_US after mark_us; 0: no mark */
    int64_t mark_us;
    uint8_t *found; /* per line, by the check */
    uint32_t order; /* the check expects no line below this one */
};

struct books {
    uint64_t seed;
    struct generation **list;
    uint32_t count, capacity;
};

void fail(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn)); /* the harness itself cannot go on */
int64_t now_us(void);
void nap_us(int64_t us);
char *text(const char *format, ...) __attribute__((format(printf, 1, 2))); /* free() it */

struct generation *books_begin(struct books *books, const char *path);
/* The line without its newline; a static buffer. The tag is within its first LINE_TAG_END bytes. */
enum { LINE_TAG_END = 160 };
const char *line_make(const struct books *books, uint32_t generation, uint32_t number, size_t *ret_size);
void line_tag(uint32_t generation, uint32_t number, char ret[32]);
/* Which line stands at the begin of these bytes, if its tag can be read there. */
bool line_find(const char *data, size_t size, uint32_t *ret_generation, uint32_t *ret_number);
/* Its lines from `from` on, but for the safe ones, may be missing. */
void generation_excuse(struct generation *generation, enum excuse excuse, uint32_t from);
/* With a follower undisturbed since since_us (INT64_MAX: not running): what has been written long enough ago is safe. */
void books_tick(struct books *books, int64_t since_us);

/* ---- live_child.c ------------------------------------------------------------------------------------------------------ */

enum follower_state { FOLLOWER_DEAD, FOLLOWER_RUNS, FOLLOWER_STOPPED };

struct live;
struct follower {
    char **command; /* NULL-terminated */
    const char *preload;
    char *log_path;
    enum follower_state state;
    pid_t pid;
    int64_t since_us; /* undisturbed since then */
    int64_t restart_us;
    unsigned char *gate; /* shared with the shim: 1 = the disk is full */
    char *gate_path;
    int64_t gate_until_us;
    struct orphan {
        struct generation *generation;
        bool rude; /* killed without mercy while it may still be unread */
    } orphans[ORPHAN_MAX];
    size_t orphan_count;
    uint64_t starts, exits, crashes, hangs;
    int last_status; /* of waitpid */
};

void follower_start(struct live *live);
void follower_tick(struct live *live); /* has it ended? is it to be started again? */
void follower_kill(struct live *live);
void follower_stop(struct live *live);
void follower_continue(struct live *live);
/* SIGTERM, and it must end: false (and killed) when it does not within seconds. */
bool follower_term(struct live *live, int seconds);
bool follower_has_ended(const struct live *live); /* by itself; not noticed yet */
bool follower_has_open(const struct live *live, int fd);
/* True when the last line of the generation can be found in the store. */
bool store_holds(const struct live *live, const struct generation *generation);
/* True when its first line can be. One that cannot be asked is taken to know everything. */
bool store_knows(const struct live *live, const struct generation *generation);
/* The largest lag_bytes in what `winnow status` tells; UINT64_MAX when it cannot be asked. */
uint64_t store_lag(const struct live *live);
/* Runs a command; its output, of which *ret_size bytes, is to be freed. NULL when it cannot be run. */
char *command_output(char *const command[], size_t *ret_size, int *ret_status);

/* ---- live_files.c ------------------------------------------------------------------------------------------------------ */

enum slot_form { SLOT_FILE, SLOT_LINK };

struct slot {
    enum slot_form form;
    char *path;   /* what the follower is told of, by a pattern */
    char *target; /* SLOT_LINK: where it leads */
    char *away;   /* where it is meanwhile, or NULL */
    char *second; /* a hard link, or NULL */
    int fd;
    struct generation *generation;
    size_t half;     /* bytes of the next line that are written already */
    uint32_t linger; /* so many writes into a file that has another name now, before its path is opened anew; 0: none */
    uint32_t targets; /* made so far */
    struct rotated {
        struct generation *generation;
        bool gzip;
    } chain[CHAIN_MAX]; /* chain[0] is PATH.1 */
    size_t chain_count;
};

void slots_make(struct live *live);
void slot_write(struct live *live, struct slot *slot);
/* One operation of a kind; false when it is not possible now. */
bool slot_operate(struct live *live, struct slot *slot, enum kind kind);
/* All halves written, all that is away back, all ends closed. */
void slots_finish(struct live *live);
void brief_tick(struct live *live); /* deletes the brief file when its time has come */
void generation_begun(struct live *live, struct slot *slot, const char *path);
void slot_line(struct live *live, struct slot *slot);

/* ---- live_check.c ------------------------------------------------------------------------------------------------------- */

struct tally {
    uint64_t operations, generations, written, lost, doubled, excused;
};

/* Reads back, compares and prints; true when nothing is wrong. May be done again, also while the follower works. */
enum tell { TELL_NOTHING, TELL_FAULTS, TELL_TABLE };
bool check(struct live *live, enum tell tell);

/* ---- live_script.c ------------------------------------------------------------------------------------------------------ */

/* The fixed scenario, for each n and each fault. True when nothing is wrong. */
bool script_run(struct live *live);

/* ---- live.c -------------------------------------------------------------------------------------------------------------- */

struct live {
    const char *winnow, *scratch, *store, *readback, *followed, *shim;
    bool forgives_unseen; /* what was rotated out of the pattern before any of it was stored is excused */
    bool lenient;         /* bytes may differ: lines are told by their tags */
    bool asks;            /* there is a store to ask */
    bool verbose, is_script;
    uint32_t script_growth; /* percent; 0: at every call of the follower */
    uint32_t kills_wanted, files, without, drain_s;
    struct random random;
    struct books books;
    struct follower follower;
    struct slot *slots;
    struct slot brief; /* a file that appears and vanishes; path NULL: none now */
    uint32_t brief_count;
    int64_t brief_until_us;
    uint64_t operations[KIND_COUNT];
    uint64_t inodes_reused;
    FILE *log;
};

void live_log(struct live *live, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Makes the folder with all that is needed in it, and takes it as the scratch folder. */
void live_prepare(struct live *live, const char *folder);
/* In the midst of an operation: perhaps the follower is killed, stopped or started just now. */
void live_disturb(struct live *live);
/* A kind of fault of the follower touches whatever is being written. */
void live_touch(struct live *live, enum kind kind);

#endif
