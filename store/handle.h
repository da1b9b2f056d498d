/* struct store from the inside. Only store/ includes it. */
#ifndef WINNOW_STORE_HANDLE_H
#define WINNOW_STORE_HANDLE_H

#include "base/map.h"
#include "store/digest.h"
#include "store/sql.h"
#include "store/store.h"

enum { STORE_ID_SIZE = 32 };
enum { SCHEMA_VERSION = 1 }; /* user_version of the file: the number of the last migration */

struct fetch_cache;
struct codec_text;

/* Errors of one hour and trait that the running transaction has met; see error_tally.c. */
struct error_change {
    int64_t hour, trait;
    int64_t added, taken, pruned;
    int64_t first, last; /* moments of those added, or TIME_NONE */
    uint64_t first_record, last_record;
};
struct error_tally {
    struct map places; /* hour and trait -> index into changes */
    struct error_change *changes;
    size_t count, capacity;
};

/* What the writer knows without asking the file; it is the only one who changes it. A commit works on a copy and puts it
 * back only when the transaction is durable, so a failure leaves it as it was. */
struct writer_state {
    uint64_t next_record;        /* a number is given once, ever */
    int64_t last_block;          /* id, 0 when there is none */
    uint8_t digest[DIGEST_SIZE]; /* of the last block; zeros when there is none */
    uint64_t hot_records;        /* hot rows that can go into a block */
    uint64_t hot_bytes;          /* of them, with newlines */
};

/* A list that only grows, as the writer remembers it; see roll.h. */
struct roll {
    struct map texts; /* all of them, in their order */
    size_t written;
    bool loaded;
};

struct store {
    char *path;
    enum store_mode mode;
    int lock_fd; /* -1: none */
    struct sql sql;
    struct writer_state writer;
    struct map names;   /* text -> id in name, 0 when it was met but has none; see name.c */
    struct map traits;  /* its columns -> id in trait; see trait.c */
    struct map counted; /* ids of traits that are counted as themselves -> their template; see trait.c */
    bool names_loaded, traits_loaded;
    struct roll templates, endpoints, patterns;
    uint32_t *origins; /* of TEMPLATE_ORIGINS: templates met; NULL until first used; see keep.c */
    struct map given;  /* hashes of templates and of ids, so many of either; see known.c */
    size_t given_templates, given_patterns;
    struct error_tally errors;
    struct codec_text *codec;  /* NULL until first used */
    struct request_rows *rows; /* NULL until first used; see request_write.c */
    struct map last_times;     /* id of a source -> time of its last record, of those that came in hot batches */
    uint32_t page_size;        /* of a writer's, in bytes */
    uint64_t wal_pages;        /* in the write-ahead log after the last commit */
    uint64_t wal_patience;     /* store_checkpoint waits for readers from this many on */
    uint64_t wal_held;         /* see store_log_held */
    struct fetch_cache *cache; /* NULL until first used */
    bool has_outputs;          /* the tables of outputs.sql were found */
    char id[STORE_ID_SIZE];    /* zeros until first asked for */
    struct buf held_by;        /* see prune_result */
};

/* Commits have grown the write-ahead log: brings it into the database when it is long enough. See store.c for the bound. */
void store_checkpoint(struct store *store);
void fetch_cache_free(struct fetch_cache *cache); /* NULL is fine */

#endif
