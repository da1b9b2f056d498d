/* A store that takes what an intake or a source of Kafka gives, as `winnow run` would, and can be killed at a commit. */
#ifndef WINNOW_TESTS_UNIT_KAFKA_CASE_H
#define WINNOW_TESTS_UNIT_KAFKA_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/analyze.h"
#include "base/must.h"
#include "ingest/catalog.h"
#include "ingest/frame.h"
#include "tests/unit/scratch.h"

struct kafka_case {
    struct store *store;
    struct catalog catalog;
    struct frame frame;
    struct field_table *fields;
    struct analyzer *analyzer;
    struct batch *batches[2];
    bool lent[2];
    uint64_t commits, commits_max; /* commits_max > 0: what comes after so many is lost, as the process is */
    unsigned told;
    char text[ERR_TEXT_MAX]; /* told last */
};

static inline void kafka_case_tell(void *context, struct str source, const struct err *err)
{
    struct kafka_case *c = context;
    (void)source;
    c->told++;
    memcpy(c->text, err->text, sizeof c->text);
}

static inline bool kafka_case_killed(const struct kafka_case *c)
{
    return c->commits_max > 0 && c->commits >= c->commits_max;
}

static inline struct batch *kafka_case_take(void *context)
{
    struct kafka_case *c = context;
    size_t i = 0;
    if (kafka_case_killed(c))
        return NULL;
    while (i < 2 && c->lent[i])
        i++;
    must(i < 2);
    if (c->batches[i] == NULL)
        c->batches[i] = batch_new();
    c->lent[i] = true;
    return c->batches[i];
}

static inline void kafka_case_put(void *context, struct batch *batch)
{
    struct kafka_case *c = context;
    struct err err = {0};
    if (!kafka_case_killed(c)) {
        batch->hot = true;
        analyzer_batch(c->analyzer, batch);
        if (!store_commit(c->store, batch, &err))
            fail_msg("commit: %s", err.text);
        c->commits++;
    }
    c->lent[batch == c->batches[1]] = false;
    batch_reset(batch);
}

static inline void kafka_case_begin(struct kafka_case *c, const char *path, const struct frame_limits *limits)
{
    struct err err = {0};
    *c = (struct kafka_case){0};
    c->fields = field_table_new(STR_ABSENT, NULL, &err);
    c->analyzer = analyzer_new(c->fields);
    c->store = store_open(path, STORE_WRITE, &err);
    if (c->store == NULL || !catalog_load(&c->catalog, c->store, &err))
        fail_msg("%s", err.text);
    frame_init(&c->frame, limits, (struct frame_batches){.take = kafka_case_take, .put = kafka_case_put, .context = c});
}

static inline void kafka_case_end(struct kafka_case *c)
{
    catalog_release(&c->catalog);
    analyzer_free(c->analyzer);
    field_table_free(c->fields);
    for (size_t i = 0; i < 2; i++)
        batch_free(c->batches[i]);
    store_free(c->store);
}

static inline void kafka_case_found(void *context, const struct verify_finding *finding)
{
    (void)context;
    fail_msg("verify: %s: %.*s", finding->what, STR_ARG(finding->text));
}

static inline int kafka_case_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A line for each record, "NAME OFFSET TIME [pending ]RAW", sorted; and the store is sound. */
static inline void kafka_case_dump(struct kafka_case *c, struct buf *out)
{
    struct err err = {0};
    struct arena arena = {0};
    struct verify_ask verify = {.deep = true, .find = kafka_case_found};
    struct verify_result result;
    if (!store_verify(c->store, &verify, &result, &err))
        fail_msg("verify: %s", err.text);
    struct store_source *sources;
    size_t source_count, count = 0;
    assert_true(store_sources(c->store, &arena, &sources, &source_count, &err));
    struct scan_ask ask = {.since_us = TIME_NONE, .until_us = TIME_NONE, .offsets = true};
    struct scan *scan = scan_new(c->store, &ask, &err);
    struct scan_record found;
    const char *lines[20000];
    while (scan_next(scan, &found, &err) == 1) {
        size_t s = 0;
        while (s < source_count && sources[s].state.id != found.source)
            s++;
        assert_true(s < source_count && count < 20000);
        const struct record *rec = &found.record;
        lines[count++] = arena_printf(&arena, "%.*s %08llu %lld %s%.*s", STR_ARG(sources[s].state.name),
                                      (unsigned long long)rec->offset, (long long)rec->time_us,
                                      rec->flags & RECORD_TAIL ? "pending " : "", STR_ARG(rec->raw))
                             .data;
    }
    scan_free(scan);
    if (count > 0)
        qsort(lines, count, sizeof *lines, kafka_case_compare);
    for (size_t i = 0; i < count; i++)
        must(buf_printf(out, "%s\n", lines[i]));
    arena_release(&arena);
}

#endif
