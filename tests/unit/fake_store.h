/* A store in memory that believes nothing: it gives out batches and takes them back, checks what the store would have
 * to rely on (order, contiguity, positions, hashes) and puts the bytes of each source together again. */
#ifndef WINNOW_TESTS_FAKE_STORE_H
#define WINNOW_TESTS_FAKE_STORE_H

#include <stdlib.h>

#include "base/batch.h"
#include "base/hash.h"
#include "base/must.h"
#include "ingest/frame.h"

enum { FAKE_SOURCES = 64, FAKE_BATCHES = 2, FAKE_BYTES_MAX = 64 << 20 };

struct fake_source {
    bool known;
    struct source_state state;
    char name[4096], cursor[4096];
    uint64_t gaps;
    struct buf bytes;    /* what the records are, tails included */
    struct buf begins;   /* of each record in bytes: its offset, eight bytes */
    uint64_t tail_bytes; /* length of the tail records at its end, or 0 */
    uint64_t tails;      /* how many they are */
    uint64_t records, pieces;
    uint64_t joined; /* lines beyond the first of their records */
    int64_t reference_us;
};

struct fake_store {
    struct batch *batches[FAKE_BATCHES];
    bool lent[FAKE_BATCHES];
    struct fake_source sources[FAKE_SOURCES]; /* by id */
    uint64_t puts;
    uint64_t puts_max; /* 0 = no limit; else nothing is taken any more after so many */
    bool refused;      /* and it was asked */
};

static inline struct batch *fake_take(void *context)
{
    struct fake_store *store = context;
    store->refused = store->puts_max > 0 && store->puts >= store->puts_max;
    if (store->refused)
        return NULL;
    size_t i = 0;
    while (i < FAKE_BATCHES && store->lent[i])
        i++;
    must(i < FAKE_BATCHES); /* a frame holds two at most */
    if (store->batches[i] == NULL)
        store->batches[i] = batch_new();
    store->lent[i] = true;
    return store->batches[i];
}

static inline void fake_run(struct fake_store *store, const struct batch *batch, const struct batch_run *run)
{
    struct fake_source *source = &store->sources[run->source];
    if (source->bytes.size_max == 0)
        source->bytes = BUF(FAKE_BYTES_MAX);
    if (source->begins.size_max == 0)
        source->begins = BUF(FAKE_BYTES_MAX);
    if (source->tail_bytes > 0 && run->offset <= source->bytes.size - source->tail_bytes) {
        must(run->offset == source->bytes.size - source->tail_bytes);
        for (size_t at = (size_t)run->offset; at + 1 < source->bytes.size; at++)
            source->joined -= source->bytes.data[at] == '\n';
        source->bytes.size -= source->tail_bytes; /* the tails are replaced */
        source->begins.size -= sizeof(uint64_t) * source->tails;
        source->records -= source->tails;
        source->joined += source->tails - 1;
        source->tail_bytes = source->tails = 0;
    }
    source->reference_us = run->reference_us;
    uint32_t joined = 0;
    must(run->count > 0);
    if (source->state.kind == SOURCE_STREAM && !(batch->records[run->first].flags & RECORD_TAIL))
        source->tail_bytes = source->tails = 0; /* what was the end of an earlier stream stays as it is */
    must(run->offset == source->bytes.size);
    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        const struct record *record = &batch->records[i];
        must(record->offset == source->bytes.size);
        must(record->raw.data >= batch->raw.data &&
             record->raw.data + record->raw.size <= batch->raw.data + batch->raw.size);
        must(record->flags & RECORD_TAIL || source->tails == 0); /* nothing stands behind a tail but others */
        must(buf_add(&source->begins, (const char *)&record->offset, sizeof record->offset));
        must(buf_add_str(&source->bytes, record->raw));
        if (!(record->flags & RECORD_NO_NEWLINE))
            must(buf_add_char(&source->bytes, '\n'));
        if (record->flags & RECORD_TAIL) {
            source->tails++;
            source->tail_bytes += record->raw.size + record_has_newline(record->flags);
        }
        for (size_t at = 0; at < record->raw.size; at++)
            joined += record->raw.data[at] == '\n';
        source->pieces += (record->flags & RECORD_PIECE) != 0;
        source->records++;
    }
    must(run->end == source->bytes.size);
    must(run->joined == joined);
    source->joined += joined;
}

static inline void fake_state(struct fake_store *store, const struct source_state *state)
{
    must(state->id >= 1 && state->id < FAKE_SOURCES && state->name.size < sizeof store->sources[0].name);
    struct fake_source *source = &store->sources[state->id];
    source->known = true;
    source->state = *state;
    memcpy(source->name, state->name.data, state->name.size);
    source->name[state->name.size] = '\0';
    source->state.name = str_of(source->name);
    if (state->cursor.data != NULL) {
        must(state->cursor.size < sizeof source->cursor);
        memcpy(source->cursor, state->cursor.data, state->cursor.size);
        source->cursor[state->cursor.size] = '\0';
        source->state.cursor = str_of(source->cursor);
    }
    const char *bytes = buf_str(&source->bytes).data;
    if (state->kind == SOURCE_STREAM && state->pending_bytes == 0) {
        must(state->position == source->bytes.size);
    } else {
        must(state->pending_bytes == source->tail_bytes);
        must(state->position + state->pending_bytes == source->bytes.size);
    }
    if (state->kind == SOURCE_STREAM || state->kind == SOURCE_JOURNAL)
        return;
    must(state->head_size == (source->bytes.size < 1024 ? source->bytes.size : 1024) ||
         (state->position >= 1024 && state->head_size == 1024) || state->head_size >= state->position);
    must(state->head_hash == hash_bytes(bytes, state->head_size, 0));
    must(state->tail_size == (state->position < 256 ? state->position : 256));
    must(state->tail_hash == hash_bytes(bytes + state->position - state->tail_size, state->tail_size, 0));
}

static inline void fake_put(void *context, struct batch *batch)
{
    struct fake_store *store = context;
    store->puts++;
    uint32_t records = 0;
    for (uint32_t i = 0; i < batch->run_count; i++) {
        must(batch->runs[i].first == records);
        records += batch->runs[i].count;
        fake_run(store, batch, &batch->runs[i]);
    }
    must(records == batch->record_count);
    for (uint32_t i = 0; i < batch->source_count; i++)
        fake_state(store, &batch->sources[i]);
    for (uint32_t i = 0; i < batch->gap_count; i++) {
        const struct fake_source *source = &store->sources[batch->gaps[i].source];
        must(source->known && batch->gaps[i].offset <= source->bytes.size);
        store->sources[batch->gaps[i].source].gaps++;
    }
    for (uint32_t i = 0; i < batch->run_count; i++) { /* every run's source has its state here */
        bool found = false;
        for (uint32_t k = 0; k < batch->source_count; k++)
            found = found || batch->sources[k].id == batch->runs[i].source;
        must(found);
    }
    batch_reset(batch);
    for (size_t i = 0; i < FAKE_BATCHES; i++)
        if (store->batches[i] == batch)
            store->lent[i] = false;
}

/* Everything that is lent is lost: the process was killed. */
static inline void fake_kill(struct fake_store *store)
{
    for (size_t i = 0; i < FAKE_BATCHES; i++) {
        if (store->batches[i] != NULL)
            batch_reset(store->batches[i]);
        store->lent[i] = false;
    }
    store->puts_max = 0;
}

static inline struct frame_batches fake_batches(struct fake_store *store)
{
    return (struct frame_batches){.take = fake_take, .put = fake_put, .context = store};
}

static inline struct fake_store *fake_new(void)
{
    return mem_alloc(sizeof(struct fake_store));
}

static inline void fake_free(struct fake_store *store)
{
    for (size_t i = 0; i < FAKE_BATCHES; i++)
        batch_free(store->batches[i]);
    for (size_t i = 0; i < FAKE_SOURCES; i++)
        if (store->sources[i].bytes.size_max > 0)
            buf_release(&store->sources[i].bytes);
    for (size_t i = 0; i < FAKE_SOURCES; i++)
        if (store->sources[i].begins.size_max > 0)
            buf_release(&store->sources[i].begins);
    free(store);
}

#endif
