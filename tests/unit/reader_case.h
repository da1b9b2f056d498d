/* Runs of a reader over files of a scratch folder into a store in memory, and what that must hold then. */
#ifndef WINNOW_TESTS_READER_CASE_H
#define WINNOW_TESTS_READER_CASE_H

#include "ingest/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fake_store.h"
#include "tests/unit/scratch.h"

static struct fake_store *store; /* stands for the store's file: what it holds outlives a run */
static uint64_t skipped;
static bool failed;

static inline int enter(void **state)
{
    store = fake_new();
    return scratch_enter(state);
}

static inline int leave(void **state)
{
    fake_free(store);
    return scratch_leave(state);
}

static inline void ignore_failure(void *context, const struct err *err)
{
    (void)context, (void)err;
}

/* One run over the operands, as a fresh process would do it; puts_max as in struct fake_store. */
static inline void run_with(const struct frame_limits *limits, uint64_t puts_max, bool any_content,
                            const char *const *operands)
{
    struct catalog catalog = {0};
    for (size_t i = 0; i < FAKE_SOURCES; i++)
        if (store->sources[i].known)
            catalog_know(&catalog, &store->sources[i].state, 0);
    struct expand expand;
    expand_init(&expand, ignore_failure, NULL);
    for (; *operands != NULL; operands++)
        expand_operand(&expand, *operands);
    struct progress progress;
    struct reader reader;
    reader_init(&reader, &catalog, fake_batches(store), &progress);
    frame_init(&reader.frame, limits, fake_batches(store));
    reader.any_content = any_content;
    store->puts = 0;
    store->refused = false;
    store->puts_max = puts_max;
    progress_begin(&progress, false, 0);
    reader_run(&reader, expand.inputs, expand.count);
    progress_end(&progress);
    skipped = reader.skipped_lines;
    failed = reader.failed || expand.failures > 0;
    fake_kill(store);
    reader_release(&reader);
    expand_release(&expand);
    catalog_release(&catalog);
}

#define RUN(...) run_with(&frame_limits_default, 0, false, (const char *const[]){__VA_ARGS__, NULL})

/* Source id holds exactly this, under this name (in the scratch folder). */
static inline void expect(int64_t id, const char *name, const char *content)
{
    const struct fake_source *source = &store->sources[id];
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", scratch_path, name);
    assert_true(source->known);
    assert_string_equal(source->name, path);
    assert_int_equal(source->bytes.size, strlen(content));
    assert_memory_equal(buf_str(&source->bytes).data, content, strlen(content));
}

static inline void expect_count(size_t count)
{
    size_t known = 0;
    for (size_t i = 0; i < FAKE_SOURCES; i++)
        known += store->sources[i].known;
    assert_int_equal(known, count);
}

static inline void write_text(const char *path, const char *content)
{
    scratch_write(path, str_of(content));
}

static inline void append_text(const char *path, const char *content)
{
    scratch_append(path, str_of(content));
}

#endif
