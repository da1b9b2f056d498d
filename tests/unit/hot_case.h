/* What the tests of hot rows share: small batches kept as rows, and settling them as winnow does. */
#ifndef WINNOW_TESTS_UNIT_HOT_CASE_H
#define WINNOW_TESTS_UNIT_HOT_CASE_H

#include <sqlite3.h>

#include "small_store.h"

/* The last run has ended where its records do, but for a pending record. */
static inline void put_position(struct batch *batch)
{
    const struct batch_run *run = &batch->runs[batch->run_count - 1];
    const struct record *last = &batch->records[run->first + run->count - 1];
    for (uint32_t i = 0; i < batch->source_count; i++) {
        if (batch->sources[i].id != run->source)
            continue;
        bool pending = (last->flags & RECORD_TAIL) != 0;
        batch->sources[i].position = pending ? last->offset : run->end;
        batch->sources[i].pending_bytes = pending ? run->end - last->offset : 0;
    }
}

static inline void commit_hot(struct store *store, struct batch *batch)
{
    struct err err = {0};
    batch->hot = true;
    if (!store_commit(store, batch, &err))
        fail_msg("store_commit: %s", err.text);
    batch_reset(batch);
}

/* One line of a source as a hot batch; returns where the next one begins. */
static inline uint64_t put_hot(struct store *store, struct batch *batch, int64_t source, const char *name,
                               uint64_t offset, const char *line, uint8_t flags)
{
    put_run(batch, source, name, offset);
    put_line(batch, str_of(line), flags, T0 + (int64_t)offset);
    put_position(batch);
    uint64_t position = batch->sources[0].position;
    commit_hot(store, batch);
    return position;
}

/* Puts the oldest hot rows into a block; false when there are none. */
static inline bool settle_some(struct store *store, size_t bytes_max)
{
    struct err err = {0};
    bool any;
    struct batch *batch = batch_new();
    struct store_encoder *encoder = store_encoder_new();
    if (!store_settle_take(store, batch, bytes_max, &any, &err))
        fail_msg("store_settle_take: %s", err.text);
    if (any)
        store_settle_encode(encoder, batch);
    if (any && !store_settle(store, batch, &err))
        fail_msg("store_settle: %s", err.text);
    store_encoder_free(encoder);
    batch_free(batch);
    return any;
}

static inline void settle_all(struct store *store)
{
    while (settle_some(store, BATCH_BYTES_TARGET))
        ;
    assert_int_equal(store_hot_records(store), 0);
    assert_int_equal(store_hot_bytes(store), 0);
}

/* As another program asks: winnow's own connections run no views. */
static inline int64_t ask_view(const struct store_case *test_case, const char *text)
{
    struct sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(test_case->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    int64_t value = first_number(db, text);
    sqlite3_close(db);
    return value;
}

#endif
