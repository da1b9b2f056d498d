/* store: where lines are kept. The door of the room.
 *
 *     batch ─▶ store_encode (any thread) ─▶ store_commit (the one writer): ONE transaction writes the block, the pending
 *              records as hot rows, facts, id index and source states
 *     small ─▶ store_commit: the same, but every record becomes a hot row, answerable at once ...
 *         ... store_settle_take ─▶ batch ─▶ store_settle_encode ─▶ store_settle: ONE transaction puts the oldest of these rows
 *              into a block, under the numbers they have, and removes them
 *     ask   ─▶ scan: blocks that can match, hot rows, in record order ─▶ records
 *
 * One SQLite file in WAL mode. Records have numbers that only grow; a block holds a stretch of them, a hot row one; a
 * fact names a record by its number. Within one source, record order is offset order.
 *
 * A struct store belongs to one thread. store_encode touches no store and runs on any thread. At most one process
 * writes a store (ERR_BUSY tells the second one); readers may be any number and never block the writer. Everything
 * read from the file is checked as if an attacker wrote it: damage is ERR_CORRUPT naming the block, never a crash. */
#ifndef WINNOW_STORE_STORE_H
#define WINNOW_STORE_STORE_H

#include <stdbool.h>

#include "base/batch.h"
#include "base/err.h"
#include "base/scope.h"
#include "base/sketch.h"

enum store_mode {
    STORE_READ,  /* must exist */
    STORE_STILL, /* the same, of a file that nobody writes: read as it lies, and nothing is made beside it */
    STORE_WRITE, /* made when missing, with its folder; migrated when older; takes the writer's lock */
    STORE_WRITE_LARGE, /* the same, and if it is made, then for more than STORE_LARGE_BYTES of logs: with large pages, which are
                          written and read sooner, and cost about 66 KB because every table takes one */
};

enum { STORE_LARGE_BYTES = 256 << 20 };

struct store;
/* NULL on failure: ERR_MISSING (no such store), ERR_FORMAT (not a winnow store), ERR_VERSION (made by a newer winnow),
 * ERR_BUSY (somebody else writes it), ERR_IO. */
struct store *store_open(const char *path, enum store_mode mode, struct err *err);
void store_free(struct store *store);
SCOPE_FREE(store)
const char *store_path(const struct store *store);
/* 32 hexadecimal digits, made with the store; a backup has those of its original. Absent when an older winnow made the store and no
 * writer has opened it since. Lives as long as the store is open. */
struct str store_id(struct store *store);

/* ---- Writing ------------------------------------------------------------------------------------------------------- */

struct store_source {
    struct source_state state;
    uint64_t records; /* stored, the pending one included */
    uint64_t unparsed;
    uint64_t raw_bytes;
    uint64_t gaps;              /* stretches known to be lost */
    int64_t time_min, time_max; /* of its records, or TIME_NONE */
    uint64_t pruned_records;    /* gone by store_prune; nothing above counts them */
    int64_t pruned_min, pruned_max;
};
/* All sources, by id, in arena. */
bool store_sources(struct store *store, struct arena *arena, struct store_source **ret_sources, size_t *ret_count,
                   struct err *err);

/* Encodes the batch's records into batch->image. An encoder remembers what encoded well; it belongs to one thread and needs no
 * store. */
struct store_encoder;
struct store_encoder *store_encoder_new(void);
void store_encoder_free(struct store_encoder *encoder);
SCOPE_FREE(store_encoder)
void store_encode(struct store_encoder *encoder, struct batch *batch);
/* Writes the batch in one transaction: all of it or nothing. Replaces a source's pending record when the batch has a run
 * that starts at or before it; so does a later run of the batch itself. With batch->hot every record becomes a hot row; the
 * batch is not encoded before, and records without a time get a neighbour's here. Blocks are in the order of record numbers, so
 * a batch that is not hot may only be committed when store_hot_records is 0. ERR_FULL when the disk is full; the store stays as
 * it was before the call. */
bool store_commit(struct store *store, struct batch *batch, struct err *err);

/* Hot rows that can go into a block: not the pending ones. Bytes with newlines. They are what a scan may have to copy, so whoever
 * writes hot batches settles when there is a block's worth. */
uint64_t store_hot_records(const struct store *store);
uint64_t store_hot_bytes(const struct store *store);
/* Fills an empty batch with the oldest of them: at most BATCH_RECORDS_MAX numbers, and raw bytes up to bytes_max (at most
 * BATCH_BYTES_TARGET) and one record. One slot for each number; a number whose record is pending, or was replaced, is a slot
 * flagged RECORD_TAIL without text. *ret_any is false when there are none. Other batches may be committed between this and
 * store_settle, but no other one may be settled. */
bool store_settle_take(struct store *store, struct batch *batch, size_t bytes_max, bool *ret_any, struct err *err);
/* Encodes the batch, which the analyzer has been through, so that it knows the records' shapes. What the rows say of the records,
 * and the facts say too, stays: time, level, kinds, format, flags. */
void store_settle_encode(struct store_encoder *encoder, struct batch *batch);
/* One transaction: the block in, the rows out. Numbers, facts, counts and positions stay as they are. */
bool store_settle(struct store *store, struct batch *batch, struct err *err);

/* What a commit means: that it survives winnow and every other program, even killed; or the machine's power going, too. */
enum store_durability {
    STORE_NORMAL, /* after a power failure the store is whole, but the last seconds may be missing: positions too, so what
                   * they cover is read again */
    STORE_FULL,   /* each commit waits for the disk */
};
/* STORE_NORMAL unless set. */
bool store_set_durability(struct store *store, enum store_durability durability, struct err *err);

/* Bytes the write-ahead log had grown to when it was last found that another program's read keeps it from starting anew; 0: that
 * never happened. Winnow's own reads are short, so the log stays below 64 MiB and one transaction (store.c). */
uint64_t store_log_held(const struct store *store);

/* ---- Reading ------------------------------------------------------------------------------------------------------- */

struct scan_record {
    uint64_t number;
    int64_t source;
    struct record record; /* raw, offset, time_us, flags, level, kinds, format; shape and slots are not set */
    bool sure;            /* the judge's verdict was SCAN_YES */
};

/* The raw line holds one of these texts. With ignore_case they are in lower case, and their ASCII letters stand for both cases. */
struct scan_need {
    const struct str *any;
    size_t count;
    bool ignore_case;
    bool late; /* looked for only where the judge is unsure: a record it is sure of holds one anyway */
};

/* A block of a scan as it lies: its lines are literal text and values in turn, of one skeleton where only the values differ, and a
 * value is one of its column's distinct texts. Who can tell by these which records are wanted saves putting lines together. Views
 * live as long as the judge is being asked. */
struct scan_block {
    uint64_t first_record;
    uint32_t slots, skeleton_count, column_count;
    const uint32_t *skeletons; /* of each slot */
    const uint8_t *flags, *levels, *kinds,
        *formats; /* of each slot, as in struct record, flags with others among them */
    const int64_t *times;
    struct block *inside;
};
struct scan_piece {
    struct str literal; /* behind it stands a value of */
    uint32_t column;
    uint8_t kind; /* enum slot_kind; SLOT_TEXT: the line is kept as a whole */
};
/* The source of the slot and of those behind it, up to *ret_end. */
int64_t scan_block_source(const struct scan_block *block, uint32_t slot, uint32_t *ret_end);
uint32_t scan_block_pieces(const struct scan_block *block, uint32_t skeleton);
struct scan_piece scan_block_piece(const struct scan_block *block, uint32_t skeleton, uint32_t index);
struct str scan_block_tail(const struct scan_block *block, uint32_t skeleton);

#define SCAN_CODE_NONE UINT32_MAX
#define SCAN_CODE_SEVERAL (UINT32_MAX - 1)
/* For each slot the code of its value, below *ret_count; SCAN_CODE_NONE where it has none, SCAN_CODE_SEVERAL where it has more than one.
 * Equal codes are equal texts; few texts have several codes. False when the block is damaged, here and below. */
bool scan_block_codes(const struct scan_block *block, uint32_t column, const uint32_t **ret_codes, uint32_t *ret_count);
/* Appends the text of a code. */
bool scan_block_text(const struct scan_block *block, uint32_t column, uint32_t code, struct buf *out);
/* Which texts may begin with one of these bytes, no letters, digits or signs: one flag for each code; NULL: none does. */
bool scan_block_begins(const struct scan_block *block, uint32_t column, struct str bytes, const uint8_t **ret_flags);

enum scan_verdict {
    SCAN_NO,
    SCAN_UNSURE, /* the line must be asked */
    SCAN_YES,    /* wanted, whatever the line says */
    SCAN_TOLD,   /* the same, and what there is to tell of it is in the result: it is not handed out */
};
enum { SCAN_WORKERS_MAX = 4 };
struct scan_judge {
    /* Lowers or confirms the verdicts, one for each slot: SCAN_YES where all that is known else lets the record pass, SCAN_UNSURE
     * where something else must be looked for in the line, SCAN_NO where it is not wanted. Called on any thread, several at a time
     * with different workers, 0..SCAN_WORKERS_MAX-1. */
    bool (*judge)(void *context, unsigned worker, const struct scan_block *block, uint8_t *verdicts, void **ret_result);
    /* Takes the result of a block, if it is not NULL, on the scan's thread, in record order. */
    bool (*take)(void *context, void *result, struct err *err);
    /* Frees a result, taken or not. Any thread. */
    void (*drop)(void *result);
    void *context;
};

struct scan_ask {
    int64_t since_us,
        until_us;   /* since <= time < until; TIME_NONE = open. Records without a time match only if both are open */
    uint64_t after; /* only records with a higher number; 0: all */
    const int64_t *sources; /* ids, or NULL for all */
    size_t source_count;
    struct str word;               /* a word every wanted record contains (see store_word_indexable), or absent */
    struct str literal;            /* bytes every wanted record's raw line contains, or absent */
    const struct scan_need *needs; /* what every wanted record's raw line holds: all of them */
    size_t need_count;
    /* Decides by what is known of a record without its text: raw is absent, and offset not set. NULL: nothing. Called on any
     * thread, several at a time. */
    bool (*wants)(void *context, const struct scan_record *rec);
    void *context;
    const struct scan_judge *judge; /* or NULL */
    bool offsets;                   /* record.offset is wanted; else it may be 0 */
    bool
        textless; /* record.raw is not wanted; it may be absent, but of a pending record, or when a judge is not sure of it */
    bool
        newest_first; /* records that are not in blocks, then the blocks from the last to the first; record order in each */
    bool alone;       /* no threads run ahead: less memory, a block at a time */
};

struct scan;
/* Starts over a snapshot of what is stored now; later commits are not seen. */
struct scan *scan_new(struct store *store, const struct scan_ask *ask, struct err *err);
void scan_free(struct scan *scan);
SCOPE_FREE(scan)
/* The next record in record order, valid until the next call: 1; 0 at the end; -1 on an error. Damaged blocks are skipped and
 * counted. The records are a superset for word, literal and needs, exact for
 * the rest. Of a word, literal or need no more may be looked at than its first 256 bytes. */
int scan_next(struct scan *scan, struct scan_record *ret, struct err *err);
/* Newest first: true when the record given last is the first one given of its block. Then *ret_left_us is the latest time in it and
 * in all blocks to come, or TIME_NONE. */
bool scan_enters_block(const struct scan *scan, int64_t *ret_left_us);
enum { SCAN_DAMAGED_MAX = 8 };
struct scan_counts {
    uint64_t blocks, blocks_read, blocks_damaged; /* not ruled out by the index, looked into, not readable */
    int64_t damaged[SCAN_DAMAGED_MAX];            /* the first few of them, or 0 where the id is not known */
    uint64_t blocks_gone;                         /* pruned since the scan began */
    uint64_t records_without_time;                /* left out because a time range was asked */
    bool index_used;
};
struct scan_counts scan_counts(const struct scan *scan);
/* The highest number given when the scan began: to ask later for what came after. A pending record's number is among them, but
 * when the record grows it gets a higher one. */
uint64_t scan_last_number(const struct scan *scan);
/* The highest number given so far, for who waits for new records: no more than a look at one row. */
bool store_last_number(struct store *store, uint64_t *ret, struct err *err);

/* One record by number; keeps a few decoded blocks. Without `offset` record.offset may be 0, which is faster. The views live until
 * the next call. False: err, or ERR_MISSING. */
bool store_fetch(struct store *store, uint64_t number, bool offset, struct scan_record *ret, struct err *err);

/* True when the id index covers this word (so that scan_ask.word prunes): a run of [A-Za-z0-9_], an IPv4 address, or the '-' and twelve
 * digits that end a UUID. */
bool store_word_indexable(struct str word);

/* Facts of the kinds asked, in record order. */
struct fact_row {
    uint64_t record;
    int64_t time_us;
    int64_t source;
    uint8_t kinds; /* the one bit of this row */
    uint8_t level;
    uint16_t status;
    struct str user, client_ip, service, logger, method, path, template; /* absent when unknown */
    const struct scan_record *pending; /* the record, when it is pending: a commit may replace it soon. Else NULL */
};
struct fact_ask {
    uint8_t kinds;
    int64_t since_us, until_us;
    uint64_t after;            /* only of records with a higher number; 0: all */
    bool final;                /* not of pending records, which get a higher number when they grow */
    uint64_t *ret_last_number; /* NULL, or gets the highest number given when the reading began */
    const int64_t *sources;
    size_t source_count;
};
/* Calls visit for each row, views valid during the call, until it returns false. */
bool store_facts(struct store *store, const struct fact_ask *ask, bool (*visit)(void *context, const struct fact_row *),
                 void *context, struct err *err);

/* How many facts there are of each kind, by its bit's index, since <= time < until; both must be given. */
bool store_fact_counts(struct store *store, int64_t since_us, int64_t until_us, uint64_t ret_counts[KIND_COUNT],
                       struct err *err);

/* ---- What ingest counts ---------------------------------------------------------------------------------------------- */

/* Kept in the transaction that keeps the records, so that it is exact at any moment; pending records count, until they are
 * replaced. Each call reads what the store holds then, in short reads; views given to visit die with its call, and when it returns
 * false nothing more is read. */

/* All distinct templates, in the order in which they came; in arena. What is told once keeps its place. */
bool store_templates(struct store *store, struct arena *arena, struct str **ret, size_t *ret_count, struct err *err);

/* Errors by hour of UTC and what they have in common: the counts add up to the facts of errors there are. */
struct error_count {
    int64_t hour_us; /* its beginning; TIME_NONE: errors without a time */
    int64_t source;
    uint8_t level;
    uint16_t status;
    struct str service, logger, method, template; /* absent when unknown */
    bool other;                                   /* of all templates that are not kept: template is "other" */
    uint64_t count;
};
/* Hours that overlap since <= time < until (TIME_NONE: open), upwards; errors without a time only when both are open, first. */
bool store_error_counts(struct store *store, int64_t since_us, int64_t until_us,
                        bool (*visit)(void *context, const struct error_count *), void *context, struct err *err);

/* What an error's template has had ever: pruning takes nothing of it. Of a record that was pending, and has grown since, the number
 * may be told as the last until the template comes again. */
struct error_template {
    struct str template;                /* absent: of errors without any */
    bool other;                         /* of all templates that are not kept: template is "other" */
    int64_t first_us, last_us;          /* TIME_NONE: unknown */
    uint64_t first_record, last_record; /* in the order of storing */
    uint64_t count;
};
/* In the order of the texts, "other" first. */
bool store_error_templates(struct store *store, bool (*visit)(void *context, const struct error_template *),
                           void *context, struct err *err);

/* Requests (struct batch_request) by minute of UTC and endpoint. */
enum {
    ENDPOINTS_MAX = 1000,  /* of them so many are told apart; of what comes later only */
    ENDPOINTS_OTHER = 100, /* so many services, each with method and route absent; then nothing */
};
struct request_count {
    int64_t minute_us;                 /* its beginning; TIME_NONE: requests without a time */
    struct str service, method, route; /* absent when unknown */
    bool other;                        /* of endpoints beyond the bound */
    uint64_t requests;
    uint64_t failed;         /* of them, with a status from 500 on */
    uint64_t refused;        /* 400 .. 499 */
    uint64_t timed;          /* that tell a duration */
    struct str durations_ms; /* of those, for sketch_merge_packed */
    uint32_t endpoint;       /* equal ones are equal service, method and route; or REQUEST_ENDPOINT_NONE */
};
#define REQUEST_ENDPOINT_NONE UINT32_MAX
/* Minutes that overlap since <= time < until, upwards; requests without a time only when both are open, first. An endpoint may come
 * more than once for a minute: the counts add up, and the sketches are to be merged. */
bool store_request_counts(struct store *store, int64_t since_us, int64_t until_us,
                          bool (*visit)(void *context, const struct request_count *), void *context, struct err *err);

/* Requests by hour of UTC and user; those without a user are not here. */
enum { HOUR_USERS_MAX = 1000 };
struct user_count {
    int64_t hour_us; /* its beginning; TIME_NONE: requests without a time */
    struct str user; /* absent: all those that came when the hour had HOUR_USERS_MAX */
    uint64_t requests;
};
/* Hours as above. A user may come more than once for an hour. */
bool store_user_counts(struct store *store, int64_t since_us, int64_t until_us,
                       bool (*visit)(void *context, const struct user_count *), void *context, struct err *err);

/* A pattern's id, "p" and the 16 hexadecimal digits of hash_bytes(text, size, 0) of its text, and one of its templates, by which it is
 * found again when it has become another pattern: an index of store_templates. */
struct store_pattern {
    uint64_t hash;
    uint32_t template;
};
enum { PATTERNS_MAX = 50000 }; /* what would be more is not remembered */
/* Remembers the ids of the patterns that all templates make, in one transaction. An id that is a template's own, or remembered already,
 * takes no space. To be done before other templates come, for whoever may have seen these. Keeps mined, too, in the place of what was
 * kept before, unless it is absent. */
bool store_patterns_given(struct store *store, const struct store_pattern *patterns, size_t count, struct str mined,
                          struct err *err);
/* What was kept last, in arena, or absent: whatever templates it was of. */
bool store_patterns_mined(struct store *store, struct arena *arena, struct str *ret, struct err *err);
/* Whether templates have come since ids were remembered last. */
bool store_patterns_due(struct store *store, bool *ret, struct err *err);
/* Which template an id was given for, in arena; absent when it is unknown. */
bool store_pattern_known(struct store *store, struct str id, struct arena *arena, struct str *ret_template,
                         struct err *err);

struct store_summary {
    uint64_t file_bytes; /* database and write-ahead log */
    uint64_t raw_bytes, records, unparsed, blocks;
    int64_t time_min, time_max; /* TIME_NONE when empty */
};
bool store_summary(struct store *store, struct store_summary *ret, struct err *err);

/* ---- Outputs ---------------------------------------------------------------------------------------------------------- */

/* What is told of an output, which passes records on as they are stored (the pending ones, which may still grow, apart). */
struct store_output {
    struct str name, kind;                      /* kind: "kafka" */
    struct str target;                          /* where to, for people: "BROKERS TOPIC"; no secrets */
    struct str state;                           /* starting delivering idle waiting blocked stopped removed */
    struct str error;                           /* the last one; absent: none */
    uint64_t position;                          /* all records numbered up to it are delivered or not wanted */
    uint64_t delivered, missed;                 /* records, ever; missed: pruned before they were delivered */
    int64_t error_us, caught_up_us, updated_us; /* or TIME_NONE; caught up: had nothing left to deliver */
    bool active;                                /* configured in the latest run: pruning waits for it */
};
/* All outputs, by name, in arena. */
bool store_outputs(struct store *store, struct arena *arena, struct store_output **ret, size_t *ret_count,
                   struct err *err);
/* Inserts it, or replaces that of its name, in one small transaction. */
bool store_output_set(struct store *store, const struct store_output *output, struct err *err);

/* A pending record that was delivered, so that it is not delivered again unless it grows. */
struct store_ahead {
    int64_t source;
    uint64_t number, offset, size, hash; /* size and hash are of its bytes */
    struct str key;                      /* it was delivered with; absent: none */
};
/* Those of an output, by source, in arena. */
bool store_output_aheads(struct store *store, struct str name, struct arena *arena, struct store_ahead **ret,
                         size_t *ret_count, struct err *err);
/* store_output_set, and in the same transaction those of these sources are replaced; size 0 removes. */
bool store_output_set_ahead(struct store *store, const struct store_output *output, const struct store_ahead *aheads,
                            size_t count, struct err *err);

/* How many records there are behind a position, and their bytes, newlines included. Pending ones are not counted, nor what a block
 * that cannot be read has behind a position inside it. */
bool store_output_lag(struct store *store, uint64_t position, uint64_t *ret_records, uint64_t *ret_bytes,
                      struct err *err);

/* Calls visit for each pending record, in record order, views valid during the call, until it returns false. Each is read by
 * itself, in a short read: one that is replaced meanwhile is left out. */
bool store_pendings(struct store *store, bool (*visit)(void *context, const struct scan_record *), void *context,
                    struct err *err);

/* ---- Keeping ------------------------------------------------------------------------------------------------------- */

enum { STORE_DIGEST_SIZE = 32 };

/* A link of the integrity chain: a block's number and its digest. Block 0: before the first. */
struct store_link {
    int64_t block;
    uint8_t digest[STORE_DIGEST_SIZE];
};

struct verify_range {
    struct str source; /* its name; absent when the store knows none */
    uint64_t offset_from, offset_to;
};

/* Something that is not as it was written. Valid during the call. */
struct verify_finding {
    const char *what;           /* one word for scripts, see store/verify.h */
    int64_t block;              /* 0: none */
    int64_t time_min, time_max; /* of the records concerned, or TIME_NONE */
    struct str text;            /* what is wrong, for people */
    const struct verify_range *ranges;
    size_t range_count;
};

struct verify_ask {
    bool deep;                     /* decode every block, compare facts and id index with it, check SQLite's indexes */
    const struct store_link *kept; /* a link that must be in the chain, or NULL; its block may be unknown: -1 */
    void *context;
    void (*find)(void *context, const struct verify_finding *);
    void (*progress)(void *context, uint64_t done, uint64_t total); /* raw bytes; may be NULL */
};

struct verify_result {
    uint64_t blocks, records, raw_bytes; /* checked */
    uint64_t findings;
    uint64_t pages_unsummed; /* pages read that another program wrote, without a checksum */
    struct store_link head;  /* the end of the chain; block -1: not known */
    uint64_t pruned_blocks;  /* gone from the chain, by its own account */
    int64_t pruned_us;       /* when the last of them went, or TIME_NONE */
};
/* Proves that the store holds what was written to it. Reads are short, one for each block, so that a writer is not kept
 * waiting; what is committed after the beginning is not looked at. False when it cannot be done; damage is a finding. */
bool store_verify(struct store *store, const struct verify_ask *ask, struct verify_result *ret, struct err *err);

/* Retention: whole blocks go, oldest first, with their facts, names that only these had, and their share of index and counts. Positions stay, so that what
 * is gone is not read again, and so do record numbers, the chain's proof (what went, and the last digest) and unterminated
 * ends. The file does not shrink: what becomes free is overwritten with zeros and used for what comes. */
struct prune_ask {
    int64_t before_us;    /* a block goes when its newest record is older; TIME_NONE: none goes by time */
    uint64_t bytes_max;   /* blocks go until what is in use of the file is at most this; 0: none goes by size */
    bool dry;             /* only tells; a reader will do */
    bool outputs_ignored; /* blocks go that active outputs have not delivered; else they stay */
    int64_t now_us;
    bool (*go_on)(void *context, uint64_t blocks_done, uint64_t blocks); /* asked between transactions; may be NULL */
    void *context;
};
struct prune_result {
    uint64_t blocks, records, raw_bytes;
    uint64_t freed_bytes;       /* of the file, for use by what comes; when dry, about */
    uint64_t used_bytes;        /* of the file, now */
    uint64_t blocks_timeless;   /* that --keep cannot judge, since no record has a time */
    int64_t time_min, time_max; /* of what went, or TIME_NONE */
    bool stopped;               /* go_on said no */
    uint64_t held_blocks;       /* that stay only because an output has not delivered them */
    struct str held_by; /* the name of the active output that is furthest behind, when there are any; lives until the
                                 * next call */
    uint64_t held_position; /* its position */
};
/* On failure ret tells what went before it. */
bool store_prune(struct store *store, const struct prune_ask *ask, struct prune_result *ret, struct err *err);

struct backup_ask {
    const char *path; /* of the copy; its folder must exist */
    bool replace;     /* what stands there is replaced, once the copy is whole */
    void *context;
    bool (*go_on)(void *context, uint64_t bytes_done, uint64_t bytes); /* false: stop; may be NULL */
};
struct backup_result {
    uint64_t bytes; /* of the copy */
    uint64_t records;
    struct store_link head;
};
/* Copies the store as it is at one moment, also while somebody writes it; meanwhile the write-ahead log cannot start anew. The
 * copy is made as PATH.partial, verified as store_verify does, made durable, and only then gets its name; on a failure nothing
 * is left. ERR_USAGE when something stands there, ERR_CORRUPT when the copy is not sound, ERR_INTERRUPTED when go_on said no. */
bool store_backup(struct store *store, const struct backup_ask *ask, struct backup_result *ret, struct err *err);

#endif
