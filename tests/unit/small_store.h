/* What the tests of integrity and retention share: a store of four small blocks, and what verify finds in it. */
#ifndef WINNOW_TESTS_UNIT_SMALL_STORE_H
#define WINNOW_TESTS_UNIT_SMALL_STORE_H

#include "store_case.h"

/* ---- Findings as text: "block 2|gap 0|" ------------------------------------------------------------------------------ */

struct heard {
    char text[4096], ranges[4096];
    struct verify_result result;
};

static inline void hear(void *context, const struct verify_finding *finding)
{
    struct heard *heard = context;
    size_t at = strlen(heard->text);
    snprintf(heard->text + at, sizeof heard->text - at, "%s %lld|", finding->what, (long long)finding->block);
    at = strlen(heard->ranges);
    for (size_t i = 0; i < finding->range_count; i++)
        at += (size_t)snprintf(heard->ranges + at, sizeof heard->ranges - at, "%.*s %llu-%llu|",
                               (int)finding->ranges[i].source.size, finding->ranges[i].source.data,
                               (unsigned long long)finding->ranges[i].offset_from,
                               (unsigned long long)finding->ranges[i].offset_to);
    assert_true(finding->text.size > 0);
}

static inline struct heard verify(struct store *store, bool deep, const struct store_link *kept)
{
    struct heard heard = {0};
    struct err err = {0};
    struct verify_ask ask = {.deep = deep, .kept = kept, .context = &heard, .find = hear};
    if (!store_verify(store, &ask, &heard.result, &err))
        fail_msg("store_verify: %s", err.text);
    return heard;
}

static inline void expect(struct store *store, bool deep, const char *findings)
{
    struct heard heard = verify(store, deep, NULL);
    assert_string_equal(heard.text, findings);
}

/* ---- A small store: four blocks of two sources, facts, and an unterminated end ---------------------------------------- */

/* Block n + 1. tail: source 2 has an unterminated end behind it. */
static inline void put_block_with(struct store *store, struct batch *batch, uint64_t n, bool tail)
{
    char line[64];
    put_run(batch, 1, "/a", n * 18);
    for (unsigned i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "a%u_%05llu", i, (unsigned long long)n); /* nine bytes with the newline */
        put_line(batch, str_of(line), 0, T0 + (int64_t)n * 1000 + i);
    }
    put_fact(batch, KIND_AUTH_FAILURE | KIND_AUTH_SUCCESS | KIND_ERROR)->user = STR("eve");
    batch->sources[0].position = n * 18 + 18;
    put_run(batch, 2, "/b", n * 4);
    put_line(batch, STR("bbb"), RECORD_UNPARSED, TIME_NONE);
    batch->sources[1].position = n * 4 + 4;
    if (tail) {
        put_line(batch, STR("tail"), RECORD_TAIL | RECORD_NO_NEWLINE, TIME_NONE);
        batch->sources[1].pending_bytes = 4;
    }
    put_commit(store, batch);
}

static inline void put_block(struct store *store, struct batch *batch, uint64_t n)
{
    put_block_with(store, batch, n, false);
}

static inline struct store *small_store(const struct store_case *test_case)
{
    struct store *store = store_case_open(test_case, STORE_WRITE);
    for (uint64_t n = 0; n < 4; n++)
        put_block_with(store, test_case->batch, n, n == 3);
    return store;
}

#endif
