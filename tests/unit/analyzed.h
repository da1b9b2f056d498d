/* One analyzer for a test program: analyzed(line) says what a line means. What it returns lives until analyzed_forget. */
#ifndef WINNOW_TESTS_UNIT_ANALYZED_H
#define WINNOW_TESTS_UNIT_ANALYZED_H

#include "analyze/analyze.h"

static struct field_table *analyzed_table;
static struct analyzer *analyzed_by;
static struct arena analyzed_arena;

#define ANALYZED_REFERENCE INT64_C(1795219200000000) /* 2026-11-21T00:00:00Z */

static inline int analyzed_open(void **state)
{
    (void)state;
    struct err err = {0};
    analyzed_table = field_table_new(STR_ABSENT, NULL, &err);
    analyzed_by = analyzed_table ? analyzer_new(analyzed_table) : NULL;
    return analyzed_by ? 0 : -1;
}

static inline int analyzed_close(void **state)
{
    (void)state;
    analyzer_free(analyzed_by);
    field_table_free(analyzed_table);
    arena_release(&analyzed_arena);
    return 0;
}

static inline void analyzed_forget(void)
{
    arena_reset(&analyzed_arena);
}

/* Twice: once by the judge, once (for most JSON) by the shape that was learned; both must say the same. */
static inline struct record analyzed(struct str line)
{
    struct record first = {.raw = line, .time_us = TIME_NONE}, rec = {.raw = line, .time_us = TIME_NONE};
    analyzer_record(analyzed_by, &first, ANALYZED_REFERENCE, &analyzed_arena);
    analyzer_record(analyzed_by, &rec, ANALYZED_REFERENCE, &analyzed_arena);
    assert_int_equal(first.kinds, rec.kinds);
    assert_int_equal(first.level, rec.level);
    assert_int_equal(first.format, rec.format);
    assert_true(first.time_us == rec.time_us);
    return rec;
}

/* "name=value name=value" of the canonical fields that are there. */
static inline void analyzed_show(const struct record *rec, struct buf *out)
{
    for (unsigned f = 0; f < FIELD_COUNT; f++) {
        struct str value = record_field(rec, (enum field)f, &analyzed_arena);
        if (!value.data)
            continue;
        buf_printf(out, "%s%s=", out->size ? " " : "", field_name((enum field)f));
        buf_add_str(out, value);
    }
}

/* "auth_failure error" */
static inline void analyzed_kinds(unsigned kinds, struct buf *out)
{
    for (unsigned i = 0; i < KIND_COUNT; i++)
        if (kinds >> i & 1)
            buf_printf(out, "%s%s", out->size ? " " : "", kind_name(i));
}

#endif
