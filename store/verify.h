/* verify: proves that the store holds what was written to it. The entry is in store.h; these are its parts.
 *
 *     what is there (one short read) ─▶ tables and indexes ─▶ each block: digest, runs, [content] ─▶ sources ─▶ [facts]
 *
 * The words of findings:
 *
 *     head      the chain does not end, or begin, where the store says
 *     missing   a block is not there
 *     block     a block is not what was written, or cannot be read
 *     index     a copy of a block's columns, or the id index, does not fit the block
 *     run       a row of run is wrong or belongs to no block
 *     source    a source's row is not readable, or its counts are not those of its records
 *     gap       bytes of a source before its position are in no block, and no gap is recorded
 *     overlap   bytes of a source are stored twice
 *     position  a source's position is not where its stored bytes end
 *     hot       a record that is not in a block is not readable
 *     fact      facts are not those of the records
 *     count     counts of errors are not those of the facts, or other counts or lists are not readable
 *     counter   the record counter would give a number again
 *     output    an output's row is not readable, or its position is behind the last record
 *     table     SQLite finds a table or index damaged
 *     kept      the link kept elsewhere is not in the chain
 *
 * Who can rewrite the whole file can make a chain of his own; only a link kept elsewhere tells. */
#ifndef WINNOW_STORE_VERIFY_H
#define WINNOW_STORE_VERIFY_H

#include "store/block.h"
#include "store/chain.h"
#include "store/segment.h"

struct verify_run {
    int64_t block;
    struct run_row row;
    bool seen; /* its block was looked at */
};

/* Of the facts the records say there are, less those there are: a count, and a sum that does not depend on the order. */
struct verify_facts {
    uint64_t count, sum;
};

struct verify_hot {
    uint64_t number, offset, size;
    int64_t source;
    bool unparsed, pending;
    struct verify_facts facts;
};

/* A stretch that was told to be missing. */
struct verify_gap {
    int64_t source;
    uint64_t offset;
    bool lost; /* not skipped by wish */
};

struct verify_pruned {
    int64_t first, last; /* blocks */
    uint8_t digest[DIGEST_SIZE];
};

struct verify_pruned_run {
    int64_t source;
    uint64_t offset_from, offset_to;
};

/* A block as it was found, for what is compared with it later. */
struct verify_block {
    int64_t id;
    uint64_t first_record;
    uint32_t slots;
    bool decoded;
    struct verify_facts facts;
};

struct verify {
    struct store *store;
    const struct verify_ask *ask;
    struct verify_result *result;
    struct arena arena;
    uint64_t next_record, raw_total;
    struct store_source *sources;
    size_t source_count;
    struct verify_run *runs; /* by source, block, first */
    size_t run_count;
    struct verify_run **by_block; /* the same by block, first */
    struct verify_hot *hots;      /* by source, offset */
    size_t hot_count;
    struct verify_gap *gaps; /* by source, offset */
    size_t gap_count;
    struct verify_pruned *pruned; /* by block */
    size_t pruned_count;
    struct verify_pruned_run *pruned_runs; /* by source, offset */
    size_t pruned_run_count;
    bool lists_whole; /* the lists of what belongs to sources could all be read */
    struct verify_block *blocks;
    size_t block_count;
    struct block block;
    struct words *segment; /* fingerprints of each block of segment segment_number, or NULL */
    int64_t segment_number;
};

/* Tells a finding: of a block or blocks (with the ranges their runs name), of a stretch of a source, or of neither (block 0). */
void verify_find_blocks(struct verify *v, const char *what, int64_t first, int64_t last, struct str text);
void verify_find(struct verify *v, const char *what, int64_t block, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void verify_find_range(struct verify *v, const char *what, int64_t source, uint64_t from, uint64_t to,
                       const char *format, ...) __attribute__((format(printf, 6, 7)));
/* What a failed read means: damage is told and true comes back; else false, with err. */
bool verify_damage(struct verify *v, const char *what, int64_t block, const struct err *why, struct err *err);
/* The runs of blocks: a stretch of by_block. */
struct verify_run **verify_runs_of(const struct verify *v, int64_t first, int64_t last, size_t *ret_count);
/* NULL when the store does not have it. */
const struct store_source *verify_source_of(const struct verify *v, int64_t id);

/* verify_list.c: fills the lists, in one short read. */
bool verify_list(struct verify *v, struct err *err);
void verify_list_release(struct verify *v);
/* verify_block.c: the block after `previous`, whose digest becomes `previous`; or all that are missing from *id on up to last,
 * and then *id is the last of them. False: err. */
bool verify_block_check(struct verify *v, int64_t *id, int64_t last, uint8_t previous[DIGEST_SIZE], bool *ret_certain,
                        struct err *err);
/* verify_source.c */
void verify_sources(struct verify *v);
/* verify_output.c: how far outputs are, and the store's id. */
bool verify_outputs(struct verify *v, struct err *err);
/* verify_fact.c: adds what a record says, and a decoded block, then takes off the facts there are and compares. */
void verify_facts_add(struct verify_facts *facts, const struct scan_record *rec);
void verify_facts_expect(struct verify_block *at, const struct block *block);
bool verify_facts(struct verify *v, struct err *err);
/* verify_count.c: what is counted, and the lists that go with it. */
bool verify_counts(struct verify *v, struct err *err);

#endif
