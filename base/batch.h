/* struct batch: what one pipeline step hands to the next.
 *
 *     ingest fills raw, records, runs and sources ─▶ analyze fills each record's meaning and facts ─▶ store encodes the
 *     image (any thread) ─▶ store commits image, facts and source states in ONE transaction ─▶ the batch is reset
 *
 * A batch is owned by one thread at a time; passing it on passes everything. Views in it point into raw or arena and die
 * at batch_reset. Limits: BATCH_RECORDS_MAX records, raw closes at BATCH_BYTES_TARGET except for one longer line. */
#ifndef WINNOW_BASE_BATCH_H
#define WINNOW_BASE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

enum {
    RECORD_BYTES_MAX = 16 << 20,  /* a longer line is kept in pieces of this size */
    BATCH_BYTES_TARGET = 8 << 20, /* a batch is handed on once its raw bytes reach this */
    BATCH_RECORDS_MAX = 16384,
};

/* Where a record can begin in its source at most, so that what ends behind it is still a signed number. */
#define RECORD_OFFSET_MAX ((uint64_t)INT64_MAX - RECORD_BYTES_MAX - 1)

/* ---- What a line can mean --------------------------------------------------------------------------------------- */

/* The contract's names, in order of severity. */
enum level {
    LEVEL_UNKNOWN = 0,
    LEVEL_TRACE,
    LEVEL_DEBUG,
    LEVEL_INFO,
    LEVEL_NOTICE,
    LEVEL_WARNING,
    LEVEL_ERROR,
    LEVEL_CRITICAL,
};
const char *level_name(enum level level); /* "" for unknown */
/* A level's name or a common spelling of it ("warn", "ERR", "fatal", "E"); LEVEL_UNKNOWN when it is none. */
enum level level_parse(struct str text);

/* What a record counts as; bits, stored in the file: never renumber. */
enum kind {
    KIND_AUTH_FAILURE = 1,
    KIND_AUTH_SUCCESS = 2,
    KIND_RATE_LIMIT = 4,
    KIND_DENIAL = 8,
    KIND_ERROR = 16,
};
enum { KIND_COUNT = 5 };
const char *kind_name(unsigned bit_index); /* 0..KIND_COUNT-1: "auth_failure" ... */

/* Stored in the file: never renumber. */
enum format {
    FORMAT_NONE = 0, /* no format fitted: unparsed */
    FORMAT_JSON,
    FORMAT_SYSLOG, /* RFC 3164 and its RFC 3339-stamped variant */
    FORMAT_RFC5424,
    FORMAT_ACCESS, /* common and combined access logs; Squid, HAProxy, IIS */
    FORMAT_NGINX_ERROR,
    FORMAT_LOGFMT,
    FORMAT_CRI,  /* Kubernetes container runtime */
    FORMAT_TEXT, /* a leading time stamp, maybe a level, then a message */
    FORMAT_COUNT,
};
const char *format_name(enum format format);

/* The canonical fields, in the order of the contract's JSON keys. */
enum field {
    FIELD_TIME,
    FIELD_LEVEL,
    FIELD_SERVICE,
    FIELD_HOST,
    FIELD_UNIT,
    FIELD_LOGGER,
    FIELD_MESSAGE,
    FIELD_EVENT,
    FIELD_REQUEST_ID,
    FIELD_QUERY_ID,
    FIELD_TRACE_ID,
    FIELD_SESSION,
    FIELD_USER,
    FIELD_CLIENT_IP,
    FIELD_METHOD,
    FIELD_PATH,
    FIELD_STATUS,
    FIELD_DURATION,
    FIELD_CONTRACT_COUNT, /* the fields below serve classification and are not keys of their own */
    FIELD_OUTCOME = FIELD_CONTRACT_COUNT,
    FIELD_ERROR_CODE,
    FIELD_REASON,
    FIELD_COUNT,
};
const char *field_name(enum field field); /* "time", "level", ..., "duration_ms", "outcome", "error_code", "reason" */
/* FIELD_COUNT when the name is no canonical field. */
enum field field_by_name(struct str name);

/* ---- Shapes: the fixed text of a line and the slots in it ------------------------------------------------------ */

enum slot_kind {
    SLOT_STRING, /* what stands between two quotes of JSON, escapes as they were */
    SLOT_NUMBER, /* a JSON number, as it was */
    SLOT_WORD,   /* true, false or null */
    SLOT_JSON,   /* an array or object kept whole (nested too deep to open) */
    SLOT_TEXT,   /* a piece of a text format */
    SLOT_BARE,   /* of a shape only: a number, true, false or null, as each record has it */
};

/* How a key path's bare numbers are meant. */
enum unit {
    UNIT_NONE,
    UNIT_NANOSECONDS,
    UNIT_MICROSECONDS,
    UNIT_MILLISECONDS,
    UNIT_SECONDS,
    UNIT_WINDOWS_LEVEL, /* 1 critical, 2 error, 3 warning, 4 information, 5 verbose */
};

struct shape_slot {
    struct str path; /* keys joined by '.', array elements by their index: "items.0.id" */
    uint8_t kind;    /* enum slot_kind */
    uint8_t field;   /* enum field it may be, or FIELD_COUNT */
    uint8_t unit;    /* enum unit its path implies */
    int16_t next;    /* the slot to try next for the same field, or -1 */
};

/* raw = literals[0] slot[0] literals[1] slot[1] ... literals[slot_count]. Text formats have literals == NULL: their
 * slots are views in order, the bytes between them vary. Owned by the analyzer that made it; lives until that analyzer
 * is freed or reset (analyzer_batch never resets while a batch's records point to shapes). */
struct shape {
    enum format format;
    uint32_t slot_count;
    const struct shape_slot *slots;
    const struct str *literals;
    int16_t field_slot[FIELD_COUNT]; /* the slot to try first for this canonical field, or -1 */
    const uint16_t *watched;         /* the slots whose values alone may make a record count (schemas/signals.yml) */
    uint32_t watched_count;
};

/* ---- Records ----------------------------------------------------------------------------------------------------- */

/* Stored in the file: never renumber. */
enum record_flag {
    RECORD_UNPARSED = 1,
    RECORD_NO_NEWLINE = 2, /* no newline stands behind it in its source */
    RECORD_PIECE = 4,      /* a piece of a line longer than RECORD_BYTES_MAX; the line goes on in the next record */
    RECORD_TAIL = 8,       /* pending: the end of a source, which may still grow: kept in a hot row, not in a block */
    RECORD_TIME_BORROWED = 16 /* it has no time of its own; time_us is that of a neighbour in its source */
};
/* Of a pending record, too: its line may have ended, and the record still grow by the next one. */
static inline bool record_has_newline(uint8_t flags)
{
    return (flags & (RECORD_NO_NEWLINE | RECORD_PIECE)) == 0;
}

/* What a source's records are read with where their lines do not tell it. */
struct source_defaults {
    struct str service;  /* absent: none */
    struct str timezone; /* of stamps that name none, loaded with clock_zone_load; absent: the process's */
    uint8_t format;      /* enum format: a line in any other is unparsed; FORMAT_NONE: any */
};

/* A moment told beside the line, as Kafka does. */
enum told {
    TOLD_NONE,
    TOLD_IF_NONE, /* of a line that names none itself */
    TOLD_EXACT,   /* whatever the line says: the record was analyzed where it came from. TIME_NONE: it had none */
};

struct record {
    struct str raw;             /* the line, or lines that belong together, without the last newline; a '\r' before a
                                   newline belongs to it */
    uint64_t offset;            /* of its first byte in its source (in the uncompressed bytes of a gzip file): at most
                                   RECORD_OFFSET_MAX; within a source it only grows, and bytes may be left out only where the
                                   source has a gap, or is an agent's (struct source_state) */
    int64_t time_us;            /* TIME_NONE when nothing near it has a time */
    uint8_t flags;              /* enum record_flag */
    uint8_t level;              /* enum level */
    uint8_t kinds;              /* enum kind bits */
    uint8_t format;             /* enum format */
    uint8_t told;               /* enum told */
    int64_t told_us;            /* unless TOLD_NONE */
    uint32_t run;               /* index into the batch's runs */
    bool plain;                 /* no backslash in raw: a string of JSON stands there as it is */
    const struct shape *shape;  /* NULL when unparsed */
    const struct str *slots;    /* shape->slot_count views into raw */
    const struct record *inner; /* the record carried inside its message (docker, syslog, journald), or NULL */
    uint32_t inner_slot;        /* the slot that carries it */
    const struct str *derived;  /* FIELD_COUNT values found in the message text, or NULL */
    const struct source_defaults *defaults; /* of its source, or NULL */
};

/* A stretch of consecutive records of one source within a batch. */
struct batch_run {
    int64_t source;        /* store id of the source */
    uint32_t first, count; /* records[first .. first+count-1] */
    uint64_t offset;       /* of the first byte covered */
    uint64_t end;          /* behind the last byte covered, newline included */
    uint64_t stored;       /* of what begins before this offset, lines that end there were stored before as a tail */
    uint32_t joined;       /* lines in it that continue a record: it has that many more lines than records */
    int64_t reference_us;  /* latest moment its year-less stamps can mean: the file's modification time, or now */
};

/* One security, limit or error event, to be kept as a row. The strings are decoded and live in the batch's arena. */
struct fact {
    uint32_t record; /* index into records */
    uint8_t kinds;
    uint8_t level;
    uint16_t status; /* 0 = unknown */
    struct str user, client_ip, service, logger, method, path;
    struct str template; /* of the message */
};

/* What requests are told apart by: a service, a method and a route, the path's template. Absent when unknown. */
struct batch_endpoint {
    struct str service, method, route;
};

/* A record with an HTTP status and a path. */
struct batch_request {
    uint32_t record;   /* index into records */
    uint32_t endpoint; /* index into endpoints */
    uint32_t user;     /* index into users, or BATCH_NO_USER */
    uint16_t status;
    double duration_ms; /* negative: unknown */
};
#define BATCH_NO_USER UINT32_MAX

/* Stored in the file: never renumber. */
enum source_kind { SOURCE_FILE = 1, SOURCE_GZIP = 2, SOURCE_STREAM = 3, SOURCE_JOURNAL = 4, SOURCE_KAFKA = 5 };

/* A source and how far it is stored; written in the same transaction as the records it covers.
 * Identity of a file: device and inode, and the hash of its first head_size bytes, and the hash of the tail_size bytes
 * just before position. All of them are over uncompressed bytes. hash = hash_bytes(bytes, size, 0).
 * Of Kafka there are two kinds of sources, told apart by a space in the cursor (source_is_agents):
 *   kafka://TOPIC/PARTITION: cursor is the next Kafka offset, decimal, and "@CLUSTER" when the id of its cluster is known; inode the offset of the first foreign message that is not
 *     stored, tail_hash the bytes of it that are still to be stored, when it is kept in pieces, else 0
 *   a source of an agent, as a partition carries it: cursor is "TOPIC/PARTITION AGENT FILE"; inode the highest sequence that was
 *     stored of it, head_hash that of its pending records (head_size is 0). Offsets are the agent's, with holes where it sent
 *     nothing. */
struct source_state {
    int64_t id;      /* >= 1, given by the reader: one above the highest of store_sources */
    struct str name; /* the contract's source name */
    enum source_kind kind;
    uint64_t device, inode;
    uint32_t head_size, tail_size;
    uint64_t head_hash, tail_hash;
    uint64_t position;      /* a record boundary: everything before it is in blocks or hot; of an agent's source, whose
                             * records may leave bytes out between them, where the pending one begins, else the last one ends */
    uint64_t pending_bytes; /* of the pending records kept behind position, a newline behind the last included; or 0 */
    uint64_t lines;         /* before position; a line kept in pieces is one */
    uint64_t pending_lines; /* in the pending records, an unterminated one included */
    uint64_t size; /* of the file when last looked at, as it lies on the disk; of a partition the messages that were
                             * known to be behind its position then, of an agent's source 0 */
    int64_t modified_us; /* its modification time then */
    int64_t read_us;     /* when it was last read to its end, or TIME_NONE */
    bool replaced;       /* the file under this name has since become another source */
    struct str cursor; /* of a journal or a partition (digits): where it is read on; of an agent's source where it comes
                             * from: "TOPIC/PARTITION AGENT FILE"; of a file: the link that led to it; else absent */
    uint64_t rotations;   /* how often it was seen renamed or replaced, */
    uint64_t truncations; /* and cut, ever */
    struct source_defaults defaults;
};

/* A source that an agent read and sent by Kafka. */
static inline bool source_is_agents(const struct source_state *state)
{
    return state->kind == SOURCE_KAFKA && str_find_char(state->cursor, ' ') != STR_NONE;
}

/* Stored in the file: never renumber. */
enum gap_reason {
    GAP_TRUNCATED = 1, /* the file was cut before it was read to its end */
    GAP_CURSOR_GONE =
        2,            /* the journal, or the partition, no longer has what comes behind the place it was read up to */
    GAP_VANISHED = 3, /* the file was gone before it was read to its end */
    GAP_SKIPPED = 4,  /* nothing was lost: it was to be read from behind these bytes only. Not counted as a gap */
};

/* A stretch of a source that is not in the store and never will be. */
struct batch_gap {
    int64_t source;
    uint64_t offset; /* where it begins */
    uint64_t bytes;  /* known to be missing; 0: not known how many */
    uint8_t reason;  /* enum gap_reason */
    int64_t found_us;
};

/* What store_encode made of the batch; bytes only the store understands. */
struct batch_image {
    struct buf directory;
    struct buf body;
    struct buf index;           /* fingerprints of the id-like words */
    int64_t time_min, time_max; /* TIME_NONE when no record has a time */
    uint32_t records;           /* without tails */
    uint32_t unparsed;
    uint64_t raw_bytes;
};

/* Rows of hot on their way into a block; only the store understands it. */
struct batch_settle;

/* Of all distinct templates the store keeps so many, ever. Those that no security, limit or error event had may fill it up to so many
 * only, and a process adds no more of one origin (a service's logger) than so many: statements of a database are without number. */
enum { TEMPLATES_MAX = 20000, TEMPLATES_QUIET_MAX = 15000, TEMPLATES_ORIGIN_MAX = 2000, TEMPLATE_ORIGINS = 4096 };
struct batch_template {
    struct str text;
    uint32_t origin; /* below TEMPLATE_ORIGINS: the same for the same origin, and for some others */
};

/* What analysis tells of a batch beside its records and facts, for the store to count. Views into the batch's arena. */
struct batch_told {
    struct batch_template *templates; /* the distinct ones of its records, in the order in which they come */
    uint32_t template_count, template_capacity;
    struct batch_endpoint *endpoints; /* distinct */
    uint32_t endpoint_count, endpoint_capacity;
    struct str *users; /* distinct */
    uint32_t user_count, user_capacity;
    struct batch_request *requests; /* in the order of records, one for a record at most */
    uint32_t request_count, request_capacity;
};

struct batch {
    uint64_t sequence; /* 0, 1, 2, ... in reading order */
    bool hot;          /* its records are to be kept as hot rows, answerable at once, instead of a block: not encoded */
    struct buf raw;    /* the bytes records point into; must not grow once records point into it */
    struct record *records; /* BATCH_RECORDS_MAX of them */
    uint32_t record_count;
    struct batch_run *runs;
    uint32_t run_count, run_capacity;
    struct source_state *sources; /* states to write with this batch, in arena; at most one per source */
    uint32_t source_count, source_capacity;
    struct fact *facts;
    uint32_t fact_count, fact_capacity;
    struct batch_told told;
    struct batch_gap *gaps; /* in arena */
    uint32_t gap_count, gap_capacity;
    struct batch_settle *settle; /* in arena; NULL unless store_settle_take filled the batch */
    struct batch_image image;
    struct arena arena;
};

struct batch *batch_new(void);
void batch_free(struct batch *batch); /* NULL is fine */
void batch_reset(struct batch *batch);

/* Starts a run; the records added next belong to it. */
void batch_run_begin(struct batch *batch, int64_t source, uint64_t offset, int64_t reference_us);
/* Adds a record to the current run. newline tells whether one stood behind it; the run's end moves behind it.
 * The caller checks batch_full first. */
void batch_add(struct batch *batch, struct str raw, uint8_t flags);
static inline bool batch_full(const struct batch *batch)
{
    return batch->record_count == BATCH_RECORDS_MAX;
}
/* Sets the state that is to be written for its source; a later one replaces an earlier one. Its texts are copied. */
void batch_set_source(struct batch *batch, const struct source_state *state);
/* The state that is to be written for a source, or NULL. */
const struct source_state *batch_source(const struct batch *batch, int64_t source);
/* A zeroed fact at the end of facts; valid until the next call. */
struct fact *batch_add_fact(struct batch *batch);
/* Each adds to told and returns the index; texts live in the batch's arena. The caller sees to it that they are distinct. */
uint32_t batch_tell_template(struct batch *batch, struct str text, uint32_t origin);
uint32_t batch_tell_endpoint(struct batch *batch, const struct batch_endpoint *endpoint);
uint32_t batch_tell_user(struct batch *batch, struct str user);
uint32_t batch_tell_request(struct batch *batch, const struct batch_request *request);
/* Records a gap with the batch: it is written in the same transaction, and counted in its source, whose state must be stored or
 * come with the batch. */
void batch_add_gap(struct batch *batch, const struct batch_gap *gap);

#endif
