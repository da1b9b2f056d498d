/* struct catalog: every source the store knows and those this run has met, in memory. Entries never move and live as
 * long as the catalog. One thread (the reader's). */
#ifndef WINNOW_INGEST_CATALOG_H
#define WINNOW_INGEST_CATALOG_H

#include <stdbool.h>

#include "base/batch.h"
#include "base/map.h"
#include "base/mem.h"
#include "ingest/mark.h"
#include "store/store.h"

struct join_rules;
struct tail;
struct catalog_entry {
    struct source_state state;      /* as the reader last made it; name is in the catalog's arena */
    uint64_t pruned;                /* records that were stored once and let go before the run began */
    const struct join_rules *rules; /* what joins its lines; NULL: join_rules_auto */
    int64_t seen_us;                /* real time: when its file was last seen under its name in this run, or 0 */
    int64_t absent_us;              /* monotonic: when nothing was first found under its name in this run, or 0 */
    struct tail *tail;              /* that reads it in a live run, or NULL; kept by tail.c */
    bool claimed;                   /* met in this run: its file is known to be the one in state */
    bool at_home;                   /* the file under its name was looked at in this run, and holds what was read */
};

struct catalog_link; /* one entry under one key */
struct catalog {
    struct arena arena;
    int64_t last_id;
    struct map by_file; /* device and inode -> newest link + 1 */
    struct map by_name;
    struct map by_head; /* head's size and hash; files known when the run began or at the last refresh */
    uint32_t head_sizes[MARK_HEAD_MAX + 1U]; /* entries in by_head with a head of this size */
    struct catalog_link *links;
    size_t link_count, link_capacity;
    struct catalog_entry **entries; /* all, in order of their ids */
    size_t entry_count, entry_capacity;
};

void catalog_release(struct catalog *catalog); /* zero-initialised = empty */
/* Every source of the store, into an empty catalog. */
bool catalog_load(struct catalog *catalog, struct store *store, struct err *err);
/* A source from the store. */
struct catalog_entry *catalog_know(struct catalog *catalog, const struct source_state *state, uint64_t pruned);
/* A source met for the first time: the next id, nothing read. */
struct catalog_entry *catalog_new(struct catalog *catalog, struct str name, enum source_kind kind);
/* A source of an agent met for the first time, under its cursor (base/batch.h). It is not found by its name. */
struct catalog_entry *catalog_new_agents(struct catalog *catalog, struct str name, struct str cursor);
/* Says what its records are read with. False when that is so already. Loads a zone: before threads are started. */
bool catalog_set_defaults(struct catalog *catalog, struct catalog_entry *entry, const struct source_defaults *defaults);
/* Says where the entry's file lies now. */
void catalog_set_file(struct catalog *catalog, struct catalog_entry *entry, uint64_t device, uint64_t inode);
/* Calls visit for each entry whose state has this device and inode, or this name. */
void catalog_with_file(const struct catalog *catalog, uint64_t device, uint64_t inode,
                       void (*visit)(void *context, struct catalog_entry *), void *context);
void catalog_with_name(const struct catalog *catalog, struct str name,
                       void (*visit)(void *context, struct catalog_entry *), void *context);
/* Lines of it in the store. What was pruned is left out, so far as is known: records are counted then, not lines. */
uint64_t catalog_lines(const struct catalog_entry *entry);
/* The same until visit returns false; then false. */
bool catalog_visit_name(const struct catalog *catalog, struct str name,
                        bool (*visit)(void *context, struct catalog_entry *), void *context);
bool catalog_has_file(const struct catalog *catalog, uint64_t device, uint64_t inode);
/* For a run that goes on: all entries are found by the heads they have now, and nothing is at home for sure any more. */
void catalog_refresh(struct catalog *catalog);
/* Calls visit for each file known from the store whose head has this size and hash, the newest first, until it returns
 * false. Those that are claimed or at home are left out, and forgotten under this key. */
void catalog_with_head(struct catalog *catalog, uint32_t size, uint64_t hash,
                       bool (*visit)(void *context, struct catalog_entry *), void *context);

#endif
